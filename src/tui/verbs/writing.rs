//! The write box: opened, fed, drained. It is bound to its incident; drafts are kept as it asks.

use std::sync::Arc;

use crate::domain::Entry;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Status;
use crate::replica::snapshot::Answer;
use crate::text::clock;
use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::keys;
use crate::tui::look::Look;
use crate::tui::model::Model;
use crate::tui::panes::timeline;
use crate::tui::presenting;
use crate::tui::reopen;
use crate::tui::theme::Tone;
use crate::tui::update;
use crate::tui::verbs;
use crate::tui::verbs::drafts;
use crate::tui::verbs::record;
use crate::tui::verbs::slash;
use crate::tui::verbs::vocabulary::vocabulary;
use crate::tui::words;
use crate::tui::write;
use crate::tui::write::DraftState;
use crate::tui::write::Earlier;
use crate::tui::write::Here;
use crate::tui::write::Purpose;
use crate::tui::write::Stamp;
use crate::tui::write::Target;
use crate::tui::write::WriteBox;
use crate::tui::write::WriteEffect;
use crate::tui::write::WriteInput;

/// What I wrote that can be brought back: so many entries, looked for in so many lines of each incident.
const EARLIER_MAX: usize = 200;
const LINES_LOOKED_AT: usize = 5_000;

/// Opens the box on the incident in hand, with the draft that was kept for it.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.in_hand.filter(|id| model.header(*id).is_some()) else {
        verbs::in_hand(model);
        return Vec::new();
    };
    open_box(model, id, Purpose::Entry)
}

/// Opens the box that was open when the program ended, on the words that were in it.
pub fn open_again(model: &mut Model, key: &str) {
    let known = model.snapshot.drafts.iter().find(|draft| draft.key == key).and_then(|draft| draft.incident);
    if let (Some(id), Some(draft)) = (known, drafts::kept_box(model, key)) {
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

fn as_it_stands(entry: &Entry) -> Earlier {
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

fn place_box(model: &mut Model, mut editor: WriteBox) -> Vec<Effect> {
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
    let code = header.code_text();
    let ended = match (header.status, header.merged_into) {
        (Status::Merged, Some(into)) => {
            Some(format!("{code} goes on as {}; what is written here still stays in {code}.", model.code_of(into)))
        }
        (status, _) if !status.is_open() => Some(format!("{code} is {status}; what is written here still goes on its record.")),
        _ => None,
    };
    Some(Target { incident: id, code, priority, marks, ended })
}

/// The incident's code, priority or status changed: the box says so, and stays where it is.
pub fn relabel(model: &mut Model) {
    let target = model.write.as_ref().and_then(WriteBox::incident).and_then(|id| target(model, id));
    if let (Some(editor), Some(target)) = (&mut model.write, target) {
        editor.relabel(target);
    }
}

/// What the box reads beside its own state.
pub fn here<'a>(model: &Model, look: &'a Look) -> Here<'a> {
    Here { now_ms: model.now().millis(), zone: model.clockface.zone(look.local), keymap: &look.keymap }
}

/// The incident an entry of a draft's key is in, where that is held.
pub fn incident_of(model: &Model, key: &str) -> Option<IncidentId> {
    let (what, id) = key.split_once(':')?;
    if what == "write" {
        return id.parse().ok();
    }
    let entry = id.parse().ok()?;
    model.board().iter().find(|held| held.timeline.find(entry).is_some()).map(|held| held.id)
}

/// A key for the box.
pub fn key(model: &mut Model, chord: Chord) -> Vec<Effect> {
    // Whoever begins a name gets those known now.
    let begins_name = matches!(chord.key, Key::Char('/' | '@' | '^' | '>')) && chord.typed().is_some();
    if begins_name && let Some(id) = model.write.as_ref().and_then(WriteBox::incident) {
        let vocabulary = vocabulary(model, id);
        model.write.as_mut().into_iter().for_each(|editor| editor.learn(Arc::clone(&vocabulary)));
    }
    feed(model, WriteInput::Key(chord))
}

/// Text that arrived at once; opens the box when none is open.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.write.is_none() {
        effects.extend(verbs::perform(model, Intent::Write));
        if model.write.is_none() {
            model.say_no(format!(
                "{} pasted and nowhere to write it: no incident is in hand; D declares one",
                words::count(text.chars().count(), "character", "characters")
            ));
        }
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
    let why = match answer {
        Answer::Refused(refusal) => {
            let line = format!("not recorded: {refusal}");
            model.note(line);
            refusal.reason
        }
        Answer::NotSaved(why) => {
            let line = format!("NOT SAVED: {why}");
            model.note(line.clone());
            line
        }
        _ => {
            if let Some(key) = drafts::key_of_box(model) {
                drafts::recorded(model, key);
            }
            return feed(model, WriteInput::Recorded);
        }
    };
    feed(model, WriteInput::Refused(why))
}

/// Hands something to the open box and does what it asks for.
pub fn feed(model: &mut Model, input: WriteInput) -> Vec<Effect> {
    let look = Arc::clone(&model.look);
    let here = here(model, &look);
    let Some(editor) = &mut model.write else {
        return Vec::new();
    };
    let asked = write::update(editor, input, &here);
    asked.into_iter().flat_map(|effect| act(model, effect)).collect()
}

fn act(model: &mut Model, effect: WriteEffect) -> Vec<Effect> {
    match effect {
        WriteEffect::DraftChanged => {
            drafts::due(model);
            Vec::new()
        }
        WriteEffect::Submit(submission) => record::submit(model, *submission),
        WriteEffect::SlashCommand { word, args } => slash::run(model, &word, &args),
        WriteEffect::OpenEditor(text) => {
            // Nobody rings the draft's timer while another program has the terminal.
            let mut effects = drafts::keep_now(model);
            effects.push(Effect::Edit(text));
            effects
        }
        WriteEffect::AmendLast => amend_last(model),
        WriteEffect::AskEarlier => {
            let lines = earlier(model);
            feed(model, WriteInput::Earlier(lines))
        }
        WriteEffect::Closed { typed_ahead } => {
            let mut effects = drafts::keep_now(model);
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
    let own = model.look.keymap.intent(Place::Write, chord);
    match own.or_else(|| model.look.keymap.intent(Place::Timeline, chord)) {
        Some(Intent::Help) => verbs::lists::help(model, Place::Write),
        Some(Intent::Redraw) => vec![Effect::Redraw],
        Some(intent @ (Intent::PageUp | Intent::PageDown | Intent::HalfUp | Intent::HalfDown)) => {
            update::with_ground(model, |timeline, ground| timeline::update::moved(timeline, intent, ground));
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn amend_last(model: &mut Model) -> Vec<Effect> {
    let id = model.write.as_ref().and_then(WriteBox::incident);
    let Some(incident) = id.and_then(|id| model.incident(id)).map(Arc::clone) else {
        return Vec::new();
    };
    match last_of_mine(model, &incident).cloned() {
        Some(entry) => amend(model, &incident, &entry),
        None => {
            model.say("you have written nothing here that could be amended", Tone::Dim);
            Vec::new()
        }
    }
}

/// The newest entry of mine that stands.
pub fn last_of_mine<'a>(model: &Model, incident: &'a Incident) -> Option<&'a Entry> {
    incident.timeline.iter().rev().find(|entry| entry.by() == model.me() && entry.kind.is_written() && entry.stands())
}

/// What I wrote, newest first: in the incident of the box, then in the others that are held.
fn earlier(model: &Model) -> Vec<Earlier> {
    let here = model.write.as_ref().and_then(WriteBox::incident);
    let mine = |entry: &&Entry| {
        let is_shown = model.presented.is_none() || !presenting::is_hidden(entry);
        entry.by() == model.me() && entry.kind.is_written() && is_shown
    };
    let of =
        |held: &Arc<Incident>| held.timeline.iter().rev().take(LINES_LOOKED_AT).filter(mine).take(EARLIER_MAX).cloned().collect::<Vec<_>>();
    let own = here.and_then(|id| model.incident(id)).map(of).unwrap_or_default();
    let mut others: Vec<Entry> = model.board().iter().filter(|held| Some(held.id) != here).flat_map(of).collect();
    others.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    own.iter().chain(&others).take(EARLIER_MAX).map(as_it_stands).collect()
}
