//! The write box: opened, fed, drained. It is bound to its incident; drafts are kept as it asks.

use std::sync::Arc;

use crate::domain::Command;
use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::NewEntry;
use crate::replica::request::Request;
use crate::replica::snapshot::Answer;
use crate::text::clock;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::chord::Chord;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::keys;
use crate::tui::model::Model;
use crate::tui::presenting;
use crate::tui::reopen;
use crate::tui::theme::Tone;
use crate::tui::update;
use crate::tui::verbs;
use crate::tui::verbs::people;
use crate::tui::verbs::slash;
use crate::tui::words;
use crate::tui::write;
use crate::tui::write::DraftState;
use crate::tui::write::Purpose;
use crate::tui::write::Stamp;
use crate::tui::write::Submission;
use crate::tui::write::Target;
use crate::tui::write::Vocabulary;
use crate::tui::write::WriteBox;
use crate::tui::write::WriteEffect;
use crate::tui::write::WriteInput;

/// A draft is kept this long after the first key that changed it: well within the second it may cost.
const DRAFT_AFTER_MS: u64 = 400;
/// Words people usually speak to, offered after `>`.
const AUDIENCES: [&str; 6] = ["customers", "management", "regulator", "partners", "internal", "press"];

/// Opens the box on the incident in hand, with the draft that was kept for it.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.in_hand.filter(|id| model.header(*id).is_some()) else {
        verbs::in_hand(model);
        return Vec::new();
    };
    open_box(model, id, Purpose::Entry)
}

/// Opens the box that was open when the program ended, on the words that were in it.
pub fn open_again(model: &mut Model, id: IncidentId, key: &str) {
    if let Some(draft) = kept(model, key).filter(|draft| key_of(id, &draft.purpose) == key) {
        let target = target(model, id);
        model.write = Some(WriteBox::restore(draft, target, vocabulary(model)));
    }
}

/// Opens the box to answer an entry.
pub fn reply(model: &mut Model, incident: &Arc<Incident>, entry: &Entry) -> Vec<Effect> {
    let to = clock::clock_s(entry.at.millis(), model.clockface.zone(model.look.local));
    open_box(model, incident.id, Purpose::Reply { entry: entry.id, to })
}

/// Opens the box with the words of an entry, to change them.
pub fn amend(model: &mut Model, incident: &Arc<Incident>, entry: &Entry) -> Vec<Effect> {
    if model.presented.is_some() && presenting::is_hidden(entry) {
        model.say_no("its words are hidden while presenting; `:` present shows them, then they can be amended");
        return Vec::new();
    }
    let time = clock::clock_s(entry.at.millis(), model.clockface.zone(model.look.local));
    let whose = if entry.by == *model.me() { "my" } else { entry.by.as_str() };
    let what = format!("{whose} {} of {time}", entry.kind);
    let purpose = Purpose::Amend { entry: entry.id, what: what.clone() };
    if let Some(draft) = kept(model, &key_of(incident.id, &purpose)) {
        return place_box(model, WriteBox::restore(draft, target(model, incident.id), vocabulary(model)));
    }
    let audience = entry.audience.as_deref().map(str::to_owned);
    let stamp = Stamp { kind: entry.kind, outcome: entry.outcome, audience, at: None };
    let Some(target) = target(model, incident.id) else { return Vec::new() };
    let vocabulary = vocabulary(model);
    place_box(model, WriteBox::amend(entry.id, what, entry.text.to_string(), stamp, target, vocabulary))
}

fn open_box(model: &mut Model, id: IncidentId, purpose: Purpose) -> Vec<Effect> {
    let (target, vocabulary) = (target(model, id), vocabulary(model));
    let draft = kept(model, &key_of(id, &purpose));
    let is_other_reply = |draft: &DraftState| draft.purpose != purpose && purpose != Purpose::Entry;
    let editor = match draft {
        // Words meant as an answer to another line stay words; the line they answer is the one just chosen.
        Some(draft) if is_other_reply(&draft) => WriteBox::restore(DraftState { purpose, ..draft }, target, vocabulary),
        Some(draft) => WriteBox::restore(draft, target, vocabulary),
        None => WriteBox::new(purpose, target, vocabulary),
    };
    place_box(model, editor)
}

fn place_box(model: &mut Model, editor: WriteBox) -> Vec<Effect> {
    // Another box may be open (amending the last entry from an empty one): its words are kept first.
    let effects = keep_now(model);
    model.write = Some(editor);
    update::settle(model);
    effects
}

fn key_of(incident: IncidentId, purpose: &Purpose) -> String {
    match purpose {
        Purpose::Amend { entry, .. } => format!("amend:{entry}"),
        _ => format!("write:{incident}"),
    }
}

/// Whether words wait in the box of an incident.
pub fn has_draft(model: &Model, incident: IncidentId) -> bool {
    let key = key_of(incident, &Purpose::Entry);
    let kept = || model.snapshot.drafts.iter().any(|draft| draft.key == key && !draft.leased_elsewhere);
    model.drafts.get(&key).map_or_else(kept, Option::is_some)
}

fn kept(model: &Model, key: &str) -> Option<DraftState> {
    if let Some(newer) = model.drafts.get(key) {
        return newer.clone();
    }
    let draft = model.snapshot.drafts.iter().find(|draft| draft.key == key && !draft.leased_elsewhere)?;
    serde_json::from_str(&draft.body).ok()
}

fn target(model: &Model, id: IncidentId) -> Option<Target> {
    let header = model.header(id)?;
    let priority = words::priority(model.rating(id).and_then(|rating| rating.priority));
    Some(Target { incident: id, code: header.code_text(), priority, is_drill: header.drill, is_presenting: model.presented.is_some() })
}

fn vocabulary(model: &Model) -> Arc<Vocabulary> {
    let mut services: Vec<String> = model.incidents.open.iter().flat_map(|row| row.header.services.iter().cloned()).collect();
    services.sort();
    services.dedup();
    Arc::new(Vocabulary {
        commands: slash::COMMANDS.iter().map(|(word, _)| (*word).to_owned()).collect(),
        people: people::people(model).iter().map(ToString::to_string).collect(),
        services,
        audiences: AUDIENCES.iter().map(|audience| (*audience).to_owned()).collect(),
    })
}

/// The incident's code or priority changed: the box says so, and stays where it is.
pub fn relabel(model: &mut Model) {
    let target = model.write.as_ref().and_then(WriteBox::incident).and_then(|id| target(model, id));
    if let (Some(editor), Some(target)) = (&mut model.write, target) {
        editor.relabel(target);
    }
}

/// A key for the box.
pub fn key(model: &mut Model, chord: Chord) -> Vec<Effect> {
    feed(model, WriteInput::Key(chord))
}

/// Text that arrived at once; opens the box when none is open.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.write.is_none() {
        effects.extend(verbs::perform(model, Intent::Write));
    }
    effects.extend(feed(model, WriteInput::Paste(text.to_owned())));
    effects
}

/// The text came back from `$EDITOR`.
pub fn edited(model: &mut Model, text: String) -> Vec<Effect> {
    let mut effects = feed(model, WriteInput::Edited(text));
    effects.push(Effect::Redraw);
    effects
}

/// What became of what was submitted.
pub fn answered(model: &mut Model, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Refused(refusal) => {
            let line = format!("not recorded: {refusal}");
            model.note(line);
            feed(model, WriteInput::Refused(refusal.reason))
        }
        Answer::NotSaved(why) => {
            let line = format!("NOT SAVED: {why}");
            model.note(line);
            feed(model, WriteInput::Refused(format!("NOT SAVED: {why}")))
        }
        _ => {
            if let Some(key) = draft_key(model) {
                model.drafts.insert(key, None);
            }
            feed(model, WriteInput::Recorded)
        }
    }
}

/// The draft is on disk since then.
pub fn draft_kept(model: &mut Model, key: &str, at: crate::domain::Timestamp) {
    if draft_key(model).as_deref() == Some(key)
        && let Some(editor) = &mut model.write
    {
        let zone = model.clockface.zone(model.look.local);
        write::update(editor, WriteInput::DraftKept(at.millis()), at.millis(), zone);
    }
}

fn feed(model: &mut Model, input: WriteInput) -> Vec<Effect> {
    let (now_ms, zone) = (model.now().millis(), model.clockface.zone(model.look.local));
    let Some(editor) = &mut model.write else {
        return Vec::new();
    };
    let asked = write::update(editor, input, now_ms, zone);
    asked.into_iter().flat_map(|effect| act(model, effect)).collect()
}

fn act(model: &mut Model, effect: WriteEffect) -> Vec<Effect> {
    match effect {
        WriteEffect::DraftChanged => {
            model.draft_due_ms.get_or_insert(model.moment.mono_ms + DRAFT_AFTER_MS);
            Vec::new()
        }
        WriteEffect::Submit(submission) => submit(model, *submission),
        WriteEffect::SlashCommand { word, args } => slash::run(model, &word, &args),
        WriteEffect::OpenEditor(text) => vec![Effect::Edit(text)],
        WriteEffect::AmendLast => amend_last(model),
        WriteEffect::Closed { typed_ahead } => {
            let mut effects = keep_now(model);
            model.write = None;
            if model.kept_view.is_some() {
                effects.extend(reopen::keep(model));
            }
            update::settle(model);
            for input in typed_ahead {
                effects.extend(match input {
                    WriteInput::Key(chord) => keys::key(model, chord),
                    WriteInput::Paste(text) => keys::paste(model, &text),
                    _ => Vec::new(),
                });
            }
            effects
        }
        WriteEffect::Unhandled(chord) => unhandled(model, chord),
    }
}

/// Keys that are not the box's: reading goes on above it while one writes.
fn unhandled(model: &mut Model, chord: Chord) -> Vec<Effect> {
    match model.look.keymap.intent(Place::Timeline, chord) {
        Some(Intent::Redraw) => vec![Effect::Redraw],
        Some(intent @ (Intent::PageUp | Intent::PageDown | Intent::HalfUp | Intent::HalfDown)) => {
            update::with_ground(model, |timeline, ground| crate::tui::panes::timeline::update::moved(timeline, intent, ground));
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn submit(model: &mut Model, submission: Submission) -> Vec<Effect> {
    let Some(incident) = submission.incident else {
        return Vec::new();
    };
    if model.is_read_only {
        return feed(model, WriteInput::Refused("this is a read-only session".into()));
    }
    model.draft_due_ms = None;
    let Stamp { kind, outcome, audience, at } = submission.stamp;
    let text = submission.text;
    let command = match submission.purpose {
        Purpose::Amend { entry, .. } => match amendment(model, incident, entry, &text, (kind, outcome, audience, at)) {
            Some(command) => command,
            None => {
                return feed(model, WriteInput::Refused("nothing was changed; Esc leaves it as it is".into()));
            }
        },
        purpose => {
            let reply_to = if let Purpose::Reply { entry, .. } = purpose { Some(entry) } else { None };
            Command::AddEntry(NewEntry { at, outcome, audience, components: submission.components, reply_to, ..NewEntry::new(kind, text) })
        }
    };
    let draft = draft_key(model);
    vec![asked::ask(model, Request::Command { incident, command, draft }, Asked::Write)]
}

type Stamped = (crate::domain::EntryKind, Option<crate::domain::Outcome>, Option<String>, Option<crate::domain::Timestamp>);

/// Only what really changed is in an amendment.
fn amendment(model: &Model, incident: IncidentId, id: EventId, text: &str, (kind, outcome, audience, at): Stamped) -> Option<Command> {
    let held = model.incident(incident)?;
    let entry = held.timeline.find(id)?;
    let text = (text != &*entry.text).then(|| text.to_owned());
    let kind = (kind != entry.kind).then_some(kind);
    let outcome = outcome.filter(|_| outcome != entry.outcome);
    let audience = audience.filter(|audience| Some(audience.as_str()) != entry.audience.as_deref());
    let is_change = text.is_some() || kind.is_some() || outcome.is_some() || audience.is_some() || at.is_some();
    let reason = if entry.by == *model.me() { String::new() } else { "corrected in the war room".into() };
    is_change.then_some(Command::AmendEntry { entry: id, text, kind, outcome, audience, happened_at: at, reason })
}

fn amend_last(model: &mut Model) -> Vec<Effect> {
    let id = model.write.as_ref().and_then(WriteBox::incident);
    let Some(incident) = id.and_then(|id| model.incident(id)).map(Arc::clone) else {
        return Vec::new();
    };
    let me = model.me().clone();
    let last = incident.timeline.iter().rev().find(|entry| entry.by == me && entry.kind.is_written() && entry.stands()).map(Arc::clone);
    match last {
        Some(entry) => amend(model, &incident, &entry),
        None => {
            model.say("you have written nothing here that could be amended", Tone::Dim);
            Vec::new()
        }
    }
}

/// The key of the draft in the open box.
pub fn draft_key(model: &Model) -> Option<String> {
    let editor = model.write.as_ref()?;
    Some(key_of(editor.incident()?, editor.purpose()))
}

/// Keeps the words in the open box, or lets an empty draft go.
pub fn keep_now(model: &mut Model) -> Vec<Effect> {
    let is_due = model.draft_due_ms.take().is_some();
    let (Some(key), Some(editor), true) = (draft_key(model), &model.write, is_due) else {
        return Vec::new();
    };
    if editor.is_recording() {
        return Vec::new();
    }
    let incident = editor.incident();
    if editor.is_empty() {
        model.drafts.insert(key.clone(), None);
        return vec![asked::ask(model, Request::DropDraft { key }, Asked::Quiet)];
    }
    let draft = editor.draft();
    let Ok(body) = serde_json::to_string(&draft) else {
        return Vec::new();
    };
    model.drafts.insert(key.clone(), Some(draft));
    let mut effects = vec![asked::ask(model, Request::KeepDraft { key: key.clone(), incident, body }, Asked::Draft(key))];
    effects.extend(reopen::keep(model));
    effects
}
