//! The open write box: fed, and what it asks for done. It is bound to its incident; drafts are kept as it asks.

use std::sync::Arc;

use crate::domain::Entry;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::replica::snapshot::Answer;
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
use crate::tui::verbs::opening;
use crate::tui::verbs::record;
use crate::tui::verbs::slash;
use crate::tui::verbs::vocabulary::vocabulary;
use crate::tui::words;
use crate::tui::write;
use crate::tui::write::Earlier;
use crate::tui::write::Here;
use crate::tui::write::Purpose;
use crate::tui::write::WriteBox;
use crate::tui::write::WriteEffect;
use crate::tui::write::WriteInput;

/// What I wrote that can be brought back: so many entries, looked for in so many lines of each incident.
const EARLIER_MAX: usize = 200;
const LINES_LOOKED_AT: usize = 5_000;

/// What the box reads beside its own state.
pub fn here<'a>(model: &Model, look: &'a Look) -> Here<'a> {
    Here { now_ms: model.now().millis(), zone: model.clockface.zone(look.local), keymap: &look.keymap }
}

/// The incident an entry of a draft's key is in, where that is held.
pub fn incident_of(model: &Model, key: &str) -> Option<IncidentId> {
    let (what, id) = key.split_once(':')?;
    if matches!(what, "write" | "assess") {
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
            let why = if model.overlays.is_empty() { "no incident is in hand; D declares one" } else { "this is asked first" };
            let pasted = words::count(text.chars().count(), "character", "characters");
            model.say_no(format!("{pasted} pasted and nowhere to write it: {why}"));
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
        answer => {
            if let Answer::Told(words) = answer {
                model.note(words.clone());
                model.say(words, Tone::Good);
            }
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
            let closed = model.write.take();
            if let Some(id) = closed.filter(|editor| editor.goes_back).and_then(|editor| editor.incident()) {
                effects.extend(opening::open_in(model, id));
            }
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
        Some(entry) => {
            let effects = opening::amend(model, &incident, &entry);
            // Who leaves it, or is done with it, goes on where this began.
            model.write.as_mut().into_iter().for_each(|editor| editor.goes_back = editor.purpose() != &Purpose::Entry);
            effects
        }
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
    own.iter().chain(&others).take(EARLIER_MAX).map(opening::as_it_stands).collect()
}
