//! Markdown as toned words. What marks a thing stays beside its look, so that nothing rests on colour alone.

use pulldown_cmark::CodeBlockKind;
use pulldown_cmark::Event;
use pulldown_cmark::HeadingLevel;
use pulldown_cmark::Options;
use pulldown_cmark::Parser;
use pulldown_cmark::Tag;
use pulldown_cmark::TagEnd;

use crate::text::Safe;
use crate::tui::prose::Para;
use crate::tui::prose::Run;
use crate::tui::prose::run;
use crate::tui::theme::Tone;

/// Quotes and lists within each other beyond this are drawn as deep as this.
const DEPTH_MAX: usize = 6;

/// What is being put together.
#[derive(Default)]
struct Page {
    paras: Vec<Para>,
    words: Vec<Run>,
    /// What quotes and lists put before every row.
    leads: Vec<String>,
    /// The sign of a list item that has no words yet.
    sign: Option<String>,
    /// The next number of each list that is open, `None` for a list of points.
    lists: Vec<Option<u64>>,
    /// The tones of what is open: strong, a link, struck.
    tones: Vec<Tone>,
    /// Where each open link goes, and how many runs there were before it.
    links: Vec<(String, usize)>,
    code: Option<String>,
    is_tight: bool,
}

/// Text from a person as paragraphs. Line breaks stay where they were typed.
pub fn markdown(text: &str) -> Vec<Para> {
    let mut page = Page::default();
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    for event in Parser::new_ext(text, options) {
        page.take(event);
    }
    page.flush();
    page.paras
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.put(&text, self.tone()),
            },
            Event::Code(code) => self.put(&format!("`{code}`"), Tone::KindCommand),
            Event::SoftBreak | Event::HardBreak => self.words.push(("\n".into(), Tone::Text)),
            Event::Html(html) | Event::InlineHtml(html) => self.put(&html, Tone::Dim),
            Event::InlineMath(math) | Event::DisplayMath(math) => self.put(&math, Tone::Text),
            Event::FootnoteReference(name) => self.put(&format!("[{name}]"), Tone::Dim),
            Event::TaskListMarker(is_done) => self.put(if is_done { "[x] " } else { "[ ] " }, Tone::Strong),
            Event::Rule => {
                self.block();
                self.put("────────", Tone::Faint);
                self.flush();
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.block(),
            Tag::Heading { level, .. } => {
                self.block();
                let depth = HeadingLevel::H1 as usize..=level as usize;
                self.put(&format!("{} ", "#".repeat(depth.count())), Tone::Faint);
                self.tones.push(Tone::Strong);
            }
            Tag::BlockQuote(_) => {
                self.block();
                self.leads.push("│ ".into());
            }
            Tag::CodeBlock(kind) => {
                self.block();
                if let CodeBlockKind::Fenced(language) = &kind
                    && !language.is_empty()
                {
                    self.put(language, Tone::Faint);
                    self.flush();
                }
                self.code = Some(String::new());
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.block();
                }
                self.flush();
                self.lists.push(first);
                self.is_tight = true;
            }
            Tag::Item => {
                self.flush();
                let sign = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                };
                self.leads.push(" ".repeat(sign.len()));
                self.sign = Some(sign);
            }
            Tag::Emphasis => self.tones.push(Tone::Strong),
            Tag::Strong => self.tones.push(Tone::Strong),
            Tag::Strikethrough => {
                self.put("~~", Tone::Struck);
                self.tones.push(Tone::Struck);
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push((dest_url.to_string(), self.words.len()));
                self.tones.push(Tone::Link);
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.tones.pop();
                self.flush();
            }
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.flush(),
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.leads.pop();
            }
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                let text = Safe::lines(code.trim_end_matches('\n')).into();
                let mut lead = self.lead();
                lead.push(("  ".into(), Tone::Text));
                self.paras.push(Para::Exact { lead, text, tone: Tone::KindCommand });
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                self.is_tight = !self.lists.is_empty();
            }
            TagEnd::Item => {
                if self.sign.is_some() {
                    self.put(" ", Tone::Text);
                }
                self.flush();
                self.leads.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong => drop(self.tones.pop()),
            TagEnd::Strikethrough => {
                self.tones.pop();
                self.put("~~", Tone::Struck);
            }
            TagEnd::Link | TagEnd::Image => {
                self.tones.pop();
                if let Some((url, from)) = self.links.pop() {
                    let said: String = self.words[from.min(self.words.len())..].iter().map(|(words, _)| words.as_str()).collect();
                    let bare = url.strip_prefix("mailto:").unwrap_or(&url);
                    if said != bare {
                        self.put(&format!(" <{url}>"), Tone::Link);
                    }
                }
            }
            _ => {}
        }
    }

    fn tone(&self) -> Tone {
        self.tones.last().copied().unwrap_or(Tone::Text)
    }

    fn put(&mut self, text: &str, tone: Tone) {
        self.words.push(run(text, tone));
    }

    /// An empty row before a paragraph that follows another; the items of a list stand close.
    fn block(&mut self) {
        self.flush();
        if !self.paras.is_empty() && !self.is_tight && self.sign.is_none() {
            self.paras.push(Para::gap());
        }
    }

    fn lead(&mut self) -> Vec<Run> {
        let sign = self.sign.take();
        let shown = self.leads.len().min(DEPTH_MAX);
        let (before, last) = self.leads[..shown].split_at(shown - usize::from(sign.is_some() && shown > 0));
        let mut lead = vec![(before.concat(), Tone::Faint)];
        lead.push(match sign {
            Some(sign) => (sign, Tone::Strong),
            None => (last.concat(), Tone::Faint),
        });
        lead
    }

    fn flush(&mut self) {
        if self.words.is_empty() {
            return;
        }
        let words = std::mem::take(&mut self.words);
        let lead = self.lead();
        self.paras.push(Para::Words { lead, words });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::prose::lay;

    fn check(text: &str, rows: &[&str]) {
        let laid = lay(&markdown(text), 30);
        let laid: Vec<String> = laid.iter().map(|row| row.iter().map(|(words, _)| words.as_str()).collect::<String>()).collect();
        assert_eq!(laid.iter().map(|row| row.trim_end()).collect::<Vec<_>>(), rows, "{text:?}");
    }

    #[test]
    fn what_people_write_is_laid_out() {
        check("one\ntwo\n\nthree", &["one", "two", "", "three"]);
        check("# Cause\nkey *leaked* by `ci`", &["# Cause", "", "key leaked by `ci`"]);
        check("- one\n- two words that go on and on\n  1. inner\n", &["- one", "- two words that go on and on", "  1. inner"]);
        check("3. a\n4. b", &["3. a", "4. b"]);
        check("> quoted\n> words", &["│ quoted", "│ words"]);
        check("```sh\nkubectl  get pods\n```\nafter", &["sh", "  kubectl  get pods", "", "after"]);
        check("[log](https://x.y/z) <https://a.b>", &["log <https://x.y/z>", "https://a.b"]);
        check("a <b>c</b> ~~gone~~", &["a <b>c</b> ~~gone~~"]);
    }

    #[test]
    fn hostile_text_stays_harmless() {
        let laid = lay(&markdown("a&#27;[2J \u{202e}b [x\u{1b}](http://\u{9b}31m) \n\n```\n\u{1b}]52;c\u{7}\n```"), 60);
        let all: String = laid.iter().flatten().map(|(words, _)| words.as_str()).collect();
        assert!(!all.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{all:?}");
        assert_eq!(markdown(&"> ".repeat(3_000)).len(), 0);
        lay(&markdown(&format!("{}x", "- ".repeat(300))), 20);
    }
}
