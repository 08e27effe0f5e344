//! The parts of a post-mortem: title, summary, timelines, and whatever else it says.

use crate::import::Finding;
use crate::import::markdown::layout::Kind;
use crate::import::markdown::layout::Line;
use crate::import::markdown::timeline::is_about_times;
use crate::import::markdown::zones::Zone;

/// What a section with the course of things is called.
const TIMELINES: &[&str] = &["timeline", "time line", "chronology", "sequence of events", "course of events", "event log"];
const SUMMARIES: &[&str] = &["summary", "overview", "abstract", "what happened", "description"];
/// What a template says where nobody wrote a title.
const NO_TITLES: &[&str] = &["issue name", "title", "incident title", "post-mortem", "postmortem"];

/// A document in its parts.
#[derive(Debug, Default)]
pub(super) struct Document<'a> {
    pub title: String,
    pub summary: String,
    /// Each with its heading.
    pub timelines: Vec<(&'a str, &'a [Line<'a>])>,
    /// Heading and text of every other section.
    pub others: Vec<(String, String)>,
    /// The zone that it says all its times are in.
    pub zone: Option<Zone>,
    pub findings: Vec<Finding>,
}

impl<'a> Document<'a> {
    /// Takes a document apart. `name` stands in for a title that is missing.
    pub fn read(lines: &'a [Line<'a>], name: &str) -> Self {
        let mut document = Self::default();
        let is_title = |line: &Line<'_>| matches!(line.kind, Kind::Heading(1)) && section_of(line.text) == Section::Other;
        let titled = lines.iter().position(is_title);
        let written = titled.map(|place| lines[place].text.trim()).filter(|title| !NO_TITLES.contains(&title.to_lowercase().as_str()));
        document.title = written.map_or_else(|| title_of(name), str::to_owned);
        if written.is_none() {
            let says = format!("it has no title: called after its name, `{}`", document.title);
            document.findings.push(Finding { line: titled.map_or(1, |place| lines[place].number), says, is_left_out: false });
        }
        let mut at = 0;
        while at < lines.len() {
            let head = match lines[at].kind {
                Kind::Heading(level) => Some((level, lines[at].text)),
                _ => None,
            };
            let body = at + usize::from(head.is_some());
            let section = head.map_or(Section::Other, |(_, text)| section_of(text));
            let ends = |line: &Line<'_>| match (&line.kind, head) {
                (Kind::Heading(below), Some((level, _))) => section != Section::Timeline || *below <= level,
                (Kind::Heading(_), None) => true,
                _ => false,
            };
            let end = lines[body..].iter().position(ends).map_or(lines.len(), |length| body + length);
            let part = &lines[body..end];
            document.zone = document.zone.or_else(|| zone_in(part).filter(|_| section != Section::Timeline));
            match section {
                Section::Timeline => document.timelines.push((head.map_or("", |(_, text)| text), part)),
                Section::Summary if document.summary.is_empty() => document.summary = text_of(part),
                // What stands below the title, before any section, says what it is about.
                Section::Other if (head.is_none() || Some(at) == titled) && document.summary.is_empty() => document.summary = text_of(part),
                _ if part.is_empty() => {}
                _ => document.others.push((head.map_or("", |(_, text)| text).to_owned(), text_of(part))),
            }
            at = end.max(at + 1);
        }
        if document.timelines.is_empty() {
            // A table of times is a timeline without being called so.
            let has_times = |line: &Line<'_>| matches!(&line.kind, Kind::Columns(names) if names.iter().any(|name| name.to_lowercase().contains("time")));
            if let Some(place) = lines.iter().position(has_times) {
                let end = lines[place..].iter().position(|line| !matches!(line.kind, Kind::Columns(_) | Kind::Row(_)));
                document.timelines.push(("", &lines[place..end.map_or(lines.len(), |length| place + length)]));
            }
        }
        document
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Section {
    Timeline,
    Summary,
    Other,
}

fn section_of(heading: &str) -> Section {
    let lower = heading.to_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if is(TIMELINES) {
        Section::Timeline
    } else if is(SUMMARIES) {
        Section::Summary
    } else {
        Section::Other
    }
}

/// The text of some lines, with the empty lines between them as there were.
fn text_of(lines: &[Line<'_>]) -> String {
    let mut text = String::new();
    let mut last = lines.first().map_or(0, |line| line.number);
    for line in lines {
        if !text.is_empty() {
            text.push_str(if line.number > last + 1 { "\n\n" } else { "\n" });
        }
        text.push_str(line.text);
        last = line.number;
    }
    text
}

fn zone_in(lines: &[Line<'_>]) -> Option<Zone> {
    lines.iter().filter(|line| is_about_times(line.text)).find_map(|line| Zone::find(line.text))
}

/// A file's name as a title: `2021-05-09-negative-values` is called "negative values".
fn title_of(name: &str) -> String {
    let words = name.trim_start_matches(|sign: char| sign.is_ascii_digit() || matches!(sign, '-' | '_' | '.' | ' '));
    let words = words.replace(['-', '_'], " ");
    if words.trim().is_empty() { name.to_owned() } else { words.trim().to_owned() }
}
