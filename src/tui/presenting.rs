//! Presenting: restricted incidents, what commands printed, and what evidence says, are hidden from whoever looks over the shoulder.
//!
//! Hiding happens once, where a snapshot comes in: views, lists, searches, copies and notices read what is left and cannot forget it. The
//! log is untouched, and what would write hidden words back is refused at the one door that all commands pass (`guard`).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::More;
use crate::domain::Revision;
use crate::replica::snapshot::Hit;
use crate::replica::snapshot::Parked;
use crate::replica::snapshot::Snapshot;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::reopen;
use crate::tui::theme::Tone;
use crate::tui::update;
use crate::tui::verbs;

/// What stands where words are hidden.
pub const HIDDEN: &str = "[hidden while presenting]";

/// Whether an entry's words are hidden while presenting. What it once was counts, too: its history would tell.
pub fn is_hidden(entry: &Entry) -> bool {
    hides(entry.kind) || entry.history.iter().any(|revision| hides(revision.kind))
}

/// Whether entries of a kind have words to hide.
pub fn hides(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::Command | EntryKind::Evidence)
}

/// Begins or ends presenting.
pub fn toggle(model: &mut Model) -> Vec<Effect> {
    let mut effects = verbs::drafts::keep_now(model);
    // What is open was drawn from what is to be hidden, or from what hides it.
    model.overlays.clear();
    model.write = None;
    let begins = model.presented.is_none();
    set(model, begins);
    update::refresh(model);
    if begins {
        // What one was called for may have been about what is hidden now.
        model.calls.unseen = None;
        effects.extend(update::leave_what_is_gone(model));
    }
    effects.extend(reopen::keep(model));
    let words = if begins {
        "presenting: restricted incidents and the words of commands and evidence are hidden here; the same command shows them again"
    } else {
        "no longer presenting: everything is shown"
    };
    model.say(words, Tone::Warn);
    effects
}

/// Presents from now on, or no longer.
pub fn set(model: &mut Model, presents: bool) {
    match (presents, model.presented.take()) {
        (true, whole) => {
            let whole = whole.unwrap_or_else(|| Arc::clone(&model.snapshot));
            model.snapshot = Arc::new(hidden(&whole, None));
            model.presented = Some(whole);
        }
        (false, Some(whole)) => model.snapshot = whole,
        (false, None) => {}
    }
}

/// A new snapshot as it is shown.
pub fn admit(model: &mut Model, whole: Arc<Snapshot>) -> Arc<Snapshot> {
    let Some(before) = model.presented.replace(Arc::clone(&whole)) else {
        model.presented = None;
        return whole;
    };
    Arc::new(hidden(&whole, Some((&before, &model.snapshot))))
}

/// What a search found, as it is shown. An entry that is not held here may be of any kind.
pub fn hits(model: &Model, hits: Vec<Hit>) -> Vec<Hit> {
    let Some(whole) = &model.presented else { return hits };
    let hits = hits.into_iter().filter(|hit| model.header(hit.incident).is_some());
    let is_open =
        |hit: &Hit| hit.entry.0 == hit.incident.0 || entry_of(whole, hit.incident, hit.entry).is_some_and(|entry| !is_hidden(entry));
    hits.map(|hit| if is_open(&hit) { hit } else { Hit { excerpt: HIDDEN.into(), ..hit } }).collect()
}

/// A line of this program's log, as it is shown: what it said of a restricted incident is hidden.
pub fn told<'a>(model: &'a Model, line: &'a str) -> &'a str {
    let restricted = model.presented.iter().flat_map(|whole| whole.headers.values()).filter(|header| header.restricted);
    let is_of = |header: &Arc<Header>| line.contains(&header.code_text()) || line.contains(&header.title);
    if restricted.into_iter().any(is_of) { HIDDEN } else { line }
}

/// Takes restricted incidents out of a snapshot, with all that is about them.
fn without_restricted(shown: &mut Snapshot) {
    let restricted: BTreeSet<IncidentId> = shown.headers.values().filter(|header| header.restricted).map(|header| header.id).collect();
    if restricted.is_empty() {
        return;
    }
    let is_shown = |id: IncidentId| !restricted.contains(&id);
    let headers = shown.headers.iter().filter(|(id, _)| is_shown(**id));
    shown.headers = Arc::new(headers.map(|(id, header)| (*id, Arc::clone(header))).collect());
    restricted.iter().for_each(|id| shown.board.forget(*id));
    shown.parked = Arc::new(shown.parked.iter().filter(|parked| is_shown(parked.incident)).cloned().collect());
    shown.drafts = Arc::new(shown.drafts.iter().filter(|draft| draft.incident.is_none_or(is_shown)).cloned().collect());
    for seen in Arc::make_mut(&mut shown.presence).values_mut() {
        seen.incident = seen.incident.filter(|id| is_shown(*id));
    }
}

/// The snapshot with every hidden word replaced; what did not change since `before` (as it came, and as it was shown) is the same `Arc`.
fn hidden(whole: &Snapshot, before: Option<(&Snapshot, &Snapshot)>) -> Snapshot {
    let mut shown = whole.clone();
    without_restricted(&mut shown);
    for incident in shown.board.clone().iter() {
        let known = before.and_then(|(came, shown)| {
            let same = Arc::ptr_eq(came.board.get(incident.id)?, incident);
            shown.board.get(incident.id).filter(|_| same)
        });
        shown.board.put(known.map_or_else(|| hidden_incident(incident), Arc::clone));
    }
    if !shown.parked.is_empty() {
        shown.parked = Arc::new(shown.parked.iter().map(|parked| hidden_parked(whole, parked)).collect());
    }
    shown
}

fn hidden_incident(incident: &Arc<Incident>) -> Arc<Incident> {
    let amendments = |entry: &Entry| entry.history.iter().map(|revision| revision.amendment).chain([entry.id]).collect::<Vec<_>>();
    let touched: BTreeSet<EventId> = incident.timeline.iter().filter(|entry| is_hidden(entry)).flat_map(amendments).collect();
    if touched.is_empty() {
        return Arc::clone(incident);
    }
    let mut shown = Incident::clone(incident);
    shown.timeline = incident.timeline.with(|entry| is_hidden(entry).then(|| hidden_entry(entry)));
    for conflict in &mut shown.conflicts {
        if touched.contains(&conflict.winner) || touched.contains(&conflict.loser) {
            (conflict.stands, conflict.lost) = (HIDDEN.into(), HIDDEN.into());
        }
    }
    Arc::new(shown)
}

fn hidden_entry(entry: &Entry) -> Entry {
    let history = entry.history.iter().map(|revision| Revision { text: HIDDEN.into(), ..revision.clone() }).collect();
    let mut hidden = entry.clone().with(More { history, ..More::clone(entry) });
    hidden.text = HIDDEN.into();
    hidden
}

fn hidden_parked(whole: &Snapshot, parked: &Parked) -> Parked {
    let is_shown = match entry_of(whole, parked.incident, parked.event) {
        Some(entry) => !is_hidden(entry),
        // An amendment has the words of an entry that is named elsewhere.
        None => !parked.kind.starts_with("entry."),
    };
    if is_shown {
        return parked.clone();
    }
    Parked { words: HIDDEN.into(), text: parked.text.as_ref().map(|_| HIDDEN.into()), ..parked.clone() }
}

fn entry_of(whole: &Snapshot, incident: IncidentId, entry: EventId) -> Option<&Entry> {
    whole.board.get(incident)?.timeline.find(entry)
}
