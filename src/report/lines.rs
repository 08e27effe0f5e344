//! The timeline in a document: every line to the millisecond, who acted in which role, what was amended and struck.

use chrono_tz::Tz;

use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::Org;
use crate::domain::Timestamp;
use crate::report::Subject;
use crate::report::escape::block;
use crate::report::escape::inline;
use crate::text::clock;

/// The blanks that keep a further line inside its list item, and inside an item of that.
const INSIDE: usize = 2;
const INSIDE_TWICE: usize = 4;

/// Adds the timeline, a heading a day.
pub fn add_timeline(document: &mut String, subject: &Subject<'_>) {
    document.push_str("\n## Timeline\n");
    let mut day = None;
    for entry in subject.incident.timeline.iter() {
        let at_ms = entry.at.millis();
        let number = clock::day_number(at_ms, Tz::UTC);
        if day != Some(number) {
            day = Some(number);
            document.push_str(&format!("\n### {} (UTC)\n\n", clock::day(at_ms, Tz::UTC)));
        }
        add_entry(document, entry, subject);
    }
}

fn add_entry(document: &mut String, entry: &Entry, subject: &Subject<'_>) {
    let state = |state| subject.mark(state);
    let text = block(&entry.text, INSIDE);
    let text = if entry.struck.is_some() { format!("~~{text}~~") } else { text };
    let time = clock::clock_ms(entry.at.millis(), Tz::UTC);
    document.push_str(&format!("- `{time}` **{}** {text} — {}{}\n", kind(entry), who(entry, subject.org), state(entry.state)));
    for (index, revision) in entry.history.iter().enumerate() {
        let retimed = (revision.at != next_at(entry, index)).then(|| format!(" at {}", time_of(revision.at, entry.at)));
        document.push_str(&format!(
            "  - amended {} by {}{}{}; before{}: {} {}\n",
            time_of(revision.amended_at, entry.at),
            inline(revision.by.as_str()),
            reason(&revision.reason),
            state(revision.state),
            retimed.unwrap_or_default(),
            revision.kind,
            block(&revision.text, INSIDE_TWICE),
        ));
    }
    if let Some(strike) = &entry.struck {
        let moved = strike.moved_to.map(|place| format!(", moved to incident {}", place.incident)).unwrap_or_default();
        document.push_str(&format!(
            "  - **struck** {} by {}{}{moved}{}\n",
            time_of(strike.at, entry.at),
            inline(strike.by.as_str()),
            reason(&strike.reason),
            state(strike.state),
        ));
    }
}

/// When the version after this one was said to have happened.
fn next_at(entry: &Entry, index: usize) -> Timestamp {
    entry.history.get(index + 1).map_or(entry.at, |next| next.at)
}

fn kind(entry: &Entry) -> String {
    let audience = entry.audience.as_deref().map(|audience| format!(" to {}", inline(audience)));
    let outcome = entry.outcome.map(|outcome| format!(" {outcome}"));
    let kind = if entry.kind == EntryKind::Rating { "assessment" } else { entry.kind.word() };
    format!("{kind}{}{}", outcome.unwrap_or_default(), audience.unwrap_or_default())
}

fn who(entry: &Entry, org: &Org) -> String {
    let roles: Vec<String> = entry.roles().iter().map(|role| inline(org.role_name(role))).collect();
    let roles = if roles.is_empty() { String::new() } else { format!(" ({})", roles.join(", ")) };
    let recorded = entry.recorded_by.as_ref().map(|person| format!(", recorded by {}", inline(person.as_str())));
    let about = if entry.components.is_empty() { String::new() } else { format!("; about {}", inline(&entry.components.join(", "))) };
    format!("{}{roles}{}{about}", inline(entry.by().as_str()), recorded.unwrap_or_default())
}

fn reason(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(" ({})", inline(words)) }
}

/// A time of day, with its day where that is another than the line's.
fn time_of(at: Timestamp, line: Timestamp) -> String {
    let time = clock::clock_ms(at.millis(), Tz::UTC);
    match clock::day_number(at.millis(), Tz::UTC) == clock::day_number(line.millis(), Tz::UTC) {
        true => time,
        false => format!("{} {time}", clock::day(at.millis(), Tz::UTC)),
    }
}
