//! Which box opens, and on which words: those that were kept, those of a line, or none.

use std::sync::Arc;

use crate::domain::Entry;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Status;
use crate::text::clock;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::model::Model;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::confirm::Yes;
use crate::tui::presenting;
use crate::tui::theme::Tone;
use crate::tui::update;
use crate::tui::verbs;
use crate::tui::verbs::drafts;
use crate::tui::verbs::vocabulary::vocabulary;
use crate::tui::words;
use crate::tui::write::DraftState;
use crate::tui::write::Earlier;
use crate::tui::write::Purpose;
use crate::tui::write::Stamp;
use crate::tui::write::Target;
use crate::tui::write::WriteBox;

/// Opens the box on the incident in hand, with the draft that was kept for it.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.in_hand.filter(|id| model.header(*id).is_some()) else {
        verbs::in_hand(model);
        return Vec::new();
    };
    open_in(model, id)
}

/// Opens the box on an incident.
pub fn open_in(model: &mut Model, id: IncidentId) -> Vec<Effect> {
    open_box(model, id, Purpose::Entry)
}

/// Opens the box that was open when the program ended, on the words that were in it.
pub fn open_again(model: &mut Model, key: &str) {
    let known = model.snapshot.drafts.iter().find(|draft| draft.key == key).and_then(|draft| draft.incident);
    if let (Some(id), Some(draft)) = (known, drafts::kept_box(model, key)) {
        if is_hidden(model, &draft) {
            let opens = model.look.keymap.hint(Intent::Write, "opens them");
            model.say(format!("your words are kept, and hidden while presenting; {opens}"), Tone::Info);
            return;
        }
        model.write = Some(restored(model, id, draft));
        let (zone, now_ms) = (model.clockface.zone(model.look.local), model.now().millis());
        let kept_ms = drafts::kept_at(model, key).unwrap_or(now_ms);
        let is_today = clock::day_number(kept_ms, zone) == clock::day_number(now_ms, zone);
        let day = if is_today { String::new() } else { format!("{} ", clock::day(kept_ms, zone)) };
        let keeps = model.look.keymap.key(Place::Write, Intent::Back);
        let words = format!("your words of {day}{} are open again; {keeps} keeps them", clock::clock_min(kept_ms, zone));
        model.say(words, Tone::Info);
    }
}

/// Opens a box on words that were kept.
pub fn resume(model: &mut Model, id: IncidentId, draft: DraftState) -> Vec<Effect> {
    let editor = restored(model, id, draft);
    place_box(model, editor)
}

fn restored(model: &Model, id: IncidentId, draft: DraftState) -> WriteBox {
    let (target, vocabulary) = (target(model, id), vocabulary(model, id));
    let key = drafts::key_of(id, &draft.purpose);
    let is_on_disk = drafts::kept_box(model, &key).as_ref() == Some(&draft);
    let kept_at = drafts::kept_at(model, &key).filter(|_| is_on_disk);
    let amended = match &draft.purpose {
        Purpose::Amend { entry, .. } => model.incident(id).and_then(|held| held.timeline.find(*entry)),
        Purpose::Entry | Purpose::Reply { .. } => None,
    };
    let editor = match amended {
        Some(entry) => WriteBox::amend(draft, as_it_stands(entry), target, vocabulary),
        None => WriteBox::restore(draft, target, vocabulary),
    };
    kept_at.into_iter().fold(editor, WriteBox::kept_since)
}

/// The words of a line and what stands before them.
pub fn as_it_stands(entry: &Entry) -> Earlier {
    let audience = entry.audience.as_deref().map(str::to_owned);
    Earlier { text: entry.text.to_string(), stamp: Stamp { kind: entry.kind, outcome: entry.outcome, audience, at: None } }
}

/// Opens the box to answer an entry.
pub fn reply(model: &mut Model, incident: &Arc<Incident>, entry: &Entry) -> Vec<Effect> {
    let to = clock::clock_s(entry.at.millis(), model.clockface.zone(model.look.local));
    open_box(model, incident.id, Purpose::Reply { entry: entry.id, to })
}

/// Opens the box with the words of an entry, to change them.
pub fn amend(model: &mut Model, incident: &Arc<Incident>, entry: &Entry) -> Vec<Effect> {
    amend_with(model, incident, entry, None)
}

/// The same with other words in it, such as two versions merged.
pub fn amend_with(model: &mut Model, incident: &Arc<Incident>, entry: &Entry, text: Option<String>) -> Vec<Effect> {
    if model.presented.is_some() && presenting::is_hidden(entry) {
        model.say_no("its words are hidden while presenting; `:` present shows them, then they can be amended");
        return Vec::new();
    }
    let time = clock::clock_s(entry.at.millis(), model.clockface.zone(model.look.local));
    let whose = if entry.by() == model.me() { "my" } else { entry.by().as_str() };
    let what = format!("{whose} {} of {time}", entry.kind);
    let purpose = Purpose::Amend { entry: entry.id, what, version: Some(entry.version()) };
    if let Some(draft) = drafts::kept_box(model, &drafts::key_of(incident.id, &purpose)).filter(|_| text.is_none()) {
        return resume(model, incident.id, draft);
    }
    let stands = as_it_stands(entry);
    let text = text.unwrap_or(stands.text);
    let draft = DraftState { purpose, cursor: text.len(), text, stamp: stands.stamp };
    resume(model, incident.id, draft)
}

fn open_box(model: &mut Model, id: IncidentId, purpose: Purpose) -> Vec<Effect> {
    let editor = match drafts::kept_box(model, &drafts::key_of(id, &purpose)) {
        Some(draft) => restored(model, id, draft),
        None => WriteBox::new(purpose, target(model, id), vocabulary(model, id)),
    };
    place_box(model, editor)
}

/// Opens the box, unless onlookers would see words in it that are hidden everywhere else: then that is asked first.
fn place_box(model: &mut Model, editor: WriteBox) -> Vec<Effect> {
    let draft = editor.draft();
    match editor.incident().filter(|_| is_hidden(model, &draft) && !editor.is_empty()) {
        Some(id) => {
            let words = words::count(draft.text.lines().count(), "line", "lines");
            let question = format!("Show the {} you are writing in {}?", draft.stamp.words(), model.name_of(id));
            let means = format!("You are presenting: onlookers would see it, {words}. Recorded, it is hidden from them.");
            verbs::ask(model, Confirm::of(question, vec![(means, Tone::Warn)], Yes::Show(id, draft)))
        }
        None => put_box(model, editor),
    }
}

/// Opens the box on words although onlookers see them.
pub fn show(model: &mut Model, id: IncidentId, draft: DraftState) -> Vec<Effect> {
    let editor = restored(model, id, draft);
    put_box(model, editor)
}

/// Whether the words of a draft are not for onlookers: of a kind that is hidden, or in the place of a line that is hidden or not held.
pub fn is_hidden(model: &Model, draft: &DraftState) -> bool {
    let was_hidden = match &draft.purpose {
        Purpose::Amend { entry, .. } => {
            let amended = model.board().iter().find_map(|held| held.timeline.find(*entry));
            amended.is_none_or(presenting::is_hidden)
        }
        Purpose::Entry | Purpose::Reply { .. } => false,
    };
    model.presented.is_some() && (was_hidden || presenting::hides(draft.stamp.kind))
}

fn put_box(model: &mut Model, mut editor: WriteBox) -> Vec<Effect> {
    // Another box may be open (amending the last entry from an empty one): its words are kept first.
    let effects = drafts::keep_now(model);
    if drafts::is_elsewhere(model, &editor) {
        editor.say("words for this are open in another warroom of this home, too; each keeps its own");
    }
    model.write = Some(editor);
    update::settle(model);
    effects
}

fn target(model: &Model, id: IncidentId) -> Option<Target> {
    let header = model.header(id)?;
    let priority = words::priority(model.rating(id).and_then(|rating| rating.priority));
    let marks = model.marks(Some(header)).into_iter().map(|(words, tone)| (words.to_owned(), tone)).collect();
    let (code, has_onlookers) = (header.code_text(), model.presented.is_some());
    let ended = match (header.status, header.merged_into) {
        (Status::Merged, Some(into)) => {
            Some(format!("{code} goes on as {}; what is written here still stays in {code}.", model.code_of(into)))
        }
        (status, _) if !status.is_open() => Some(format!("{code} is {status}; what is written here still goes on its record.")),
        _ => None,
    };
    Some(Target { incident: id, code, priority, marks, ended, has_onlookers })
}

/// The incident's code, priority or status changed: the box says so, and stays where it is.
pub fn relabel(model: &mut Model) {
    let target = model.write.as_ref().and_then(WriteBox::incident).and_then(|id| target(model, id));
    if let (Some(editor), Some(target)) = (&mut model.write, target) {
        editor.relabel(target);
    }
}
