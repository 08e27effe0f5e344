//! The versions of an entry: what each amendment changed, word by word, and two that stand against each other.

use crate::domain::Conflict;
use crate::domain::Entry;
use crate::domain::EntryState;
use crate::domain::Incident;
use crate::domain::Person;
use crate::domain::Revision;
use crate::text::diff;
use crate::text::diff::Change;
use crate::tui::glyphs::PENDING;
use crate::tui::panes::timeline::detail::Subject;
use crate::tui::prose::Para;
use crate::tui::prose::Run;
use crate::tui::prose::run;
use crate::tui::theme::Tone;

/// Longer texts are not compared word by word on screen.
const COMPARED_MAX_BYTES: usize = 16 * 1024;

/// Two versions of an entry, and the words both of them changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions<'a> {
    pub base: &'a str,
    /// What stands now, and whose it is.
    pub stands: (&'a str, &'a Person),
    /// What was overtaken, and whose it is.
    pub lost: (&'a str, &'a Person),
}

/// The two versions that stand against each other, if there are two.
pub fn crossed<'a>(incident: &'a Incident, entry: &'a Entry) -> Option<Versions<'a>> {
    let Conflict { loser, loser_by, .. } = incident.crossing(entry)?;
    let overtaken = entry.history.iter().position(|revision| revision.amendment == *loser);
    // The overtaken version replaced this one; where it is the entry as it was written, nothing came before.
    let base = overtaken.map_or("", |at| &entry.history[at].text);
    let lost = entry.text_at(*loser)?;
    let author = entry.history.last().map_or(entry.by(), |revision| &revision.by);
    Some(Versions { base, stands: (&entry.text, author), lost: (lost, loser_by) })
}

/// Both versions beside each other, and the keys that end it.
pub fn versions(subject: &Subject<'_>) -> Option<Vec<Para>> {
    let both = crossed(subject.ground.incident, subject.entry)?;
    let side = |(text, by): (&str, &Person), word: &str, tone: Tone| {
        vec![Para::words(&format!("{by}'s version {word}"), tone), Para::runs(changes(both.base, text))]
    };
    let [merge, keep, take] = subject.merge_keys;
    let says = format!(
        "Two versions: neither had seen the other. {merge} merges them in the box, {keep} keeps {}'s, {take} takes {}'s.",
        both.stands.1, both.lost.1
    );
    let beside = Para::Beside(side(both.stands, "stands", Tone::Good), side(both.lost, "was overtaken", Tone::Warn));
    Some(vec![Para::words(&says, Tone::Warn), Para::gap(), beside])
}

/// Every version with its author and time, the newest first.
pub fn paras(subject: &Subject<'_>) -> Vec<Para> {
    let entry = subject.entry;
    let mut paras = Vec::new();
    for (at, revision) in entry.history.iter().enumerate().rev() {
        let next = entry.history.get(at + 1);
        paras.push(Para::gap());
        paras.push(Para::words(&headline(subject, revision), Tone::Amended));
        let (kind, moment) = next.map_or((entry.kind, entry.at), |next| (next.kind, next.at));
        if kind != revision.kind {
            paras.push(Para::words(&format!("  {} → {kind}", revision.kind), Tone::Text));
        }
        if moment != revision.at {
            paras.push(Para::words(&format!("  re-timed {} → {}", subject.at(revision.at), subject.at(moment)), Tone::Text));
        }
        let text = next.map_or(&entry.text, |next| &next.text);
        if *text != revision.text {
            paras.push(Para::led("  ", Tone::Text, changes(&revision.text, text)));
        } else if kind == revision.kind && moment == revision.at {
            paras.push(Para::words("  the words stand as they were", Tone::Dim));
        }
    }
    if let Some(first) = entry.history.first() {
        let written = entry.id.made_at().unwrap_or(first.at);
        paras.push(Para::gap());
        paras.push(Para::words(&format!("written by {} at {} as {}", entry.by(), subject.at(written), first.kind), Tone::Amended));
        paras.push(Para::led("  ", Tone::Text, vec![run(&first.text, Tone::Dim)]));
    }
    paras
}

fn headline(subject: &Subject<'_>, revision: &Revision) -> String {
    let crossed = if revision.conflict { ", without having seen the version before" } else { "" };
    let reason = if revision.reason.is_empty() { String::new() } else { format!(": {}", revision.reason) };
    let state = match revision.state {
        EntryState::Local => format!("{PENDING} not sent, "),
        EntryState::Refused => "refused, ".to_owned(),
        EntryState::Accepted { .. } => String::new(),
    };
    format!("{state}amended by {} at {}{crossed}{reason}", revision.by, subject.at(revision.amended_at))
}

/// What changed from one text to the next, with a sign around each change: colour alone says nothing.
fn changes(before: &str, after: &str) -> Vec<Run> {
    if before.len().max(after.len()) > COMPARED_MAX_BYTES {
        let start = &after[..after.floor_char_boundary(COMPARED_MAX_BYTES)];
        return vec![run(start, Tone::Dim), run("… too long to be compared here", Tone::Warn)];
    }
    let runs = diff::words(before, after).into_iter().map(|(change, words)| match change {
        Change::Kept => run(words, Tone::Dim),
        Change::Out => run(&format!("[-{words}-]"), Tone::Struck),
        Change::In => run(&format!("{{+{words}+}}"), Tone::Good),
    });
    runs.collect()
}
