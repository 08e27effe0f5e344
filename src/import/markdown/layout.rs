//! A document line by line, each with what it is.

use pulldown_cmark::Event;
use pulldown_cmark::Options;
use pulldown_cmark::Parser;
use pulldown_cmark::Tag;
use pulldown_cmark::TagEnd;

/// A line that is not empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line<'a> {
    /// Its number, from 1.
    pub number: u64,
    /// As it stands, without the white space around it.
    pub text: &'a str,
    pub kind: Kind,
}

/// What a line is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Its level: 1 is the title's.
    Heading(u8),
    /// The row that names a table's columns.
    Columns(Vec<String>),
    /// A row below it.
    Row(Vec<String>),
    /// Code, which is never read for times.
    Code,
    Text,
}

/// Words that make a line in bold a heading.
const HEADS: &[&str] = &["timeline", "summary", "root cause", "resolution", "impact", "lessons"];
/// A heading in bold is no longer than this, in bytes.
const BOLD_HEADING_MAX: usize = 100;

/// The lines of a document.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line_of = |at: usize| starts.partition_point(|start| *start <= at) - 1;
    let mut kinds = vec![Kind::Text; starts.len()];
    let mut cells: Option<Vec<String>> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        let line = line_of(range.start);
        match event {
            Event::Start(Tag::Heading { level, .. }) => kinds[line] = Kind::Heading(level as u8),
            Event::Start(Tag::CodeBlock(_)) => {
                let last = line_of(range.end.saturating_sub(1).max(range.start));
                kinds[line..=last].fill(Kind::Code);
            }
            Event::Start(Tag::TableHead | Tag::TableRow) => cells = Some(Vec::new()),
            Event::Start(Tag::TableCell) => {
                if let Some(cells) = &mut cells {
                    cells.push(text[range].trim().trim_matches('|').trim().to_owned());
                }
            }
            Event::End(TagEnd::TableHead) => kinds[line] = Kind::Columns(cells.take().unwrap_or_default()),
            Event::End(TagEnd::TableRow) => kinds[line] = Kind::Row(cells.take().unwrap_or_default()),
            _ => {}
        }
    }
    let numbered = (1..).zip(text.lines()).zip(kinds).filter(|((_, text), _)| !text.trim().is_empty());
    let lines = numbered.map(|((number, raw), kind)| {
        let text = raw.trim();
        match kind {
            Kind::Heading(_) => Line { number, text: text.trim_matches('#').trim(), kind },
            Kind::Text if is_bold_heading(text) => Line { number, text: text.trim_matches('*').trim(), kind: Kind::Heading(2) },
            kind => Line { number, text, kind },
        }
    });
    lines.filter(|line| !is_rule(line)).collect()
}

fn is_bold_heading(text: &str) -> bool {
    let inner =
        text.strip_prefix("**").and_then(|text| text.trim_end_matches(':').strip_suffix("**")).filter(|inner| !inner.contains("**"));
    inner.is_some_and(|inner| inner.len() <= BOLD_HEADING_MAX && HEADS.iter().any(|head| inner.to_lowercase().contains(head)))
}

/// A line under a heading, between columns and rows, or between parts.
fn is_rule(line: &Line<'_>) -> bool {
    line.kind == Kind::Text && line.text.chars().all(|sign| matches!(sign, '-' | '=' | '*' | '_' | '|' | ':' | ' '))
}
