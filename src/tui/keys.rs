//! Who gets a key: what lies on top, then the write box, then a filter being typed, then the pane.

use crate::domain::Command;
use crate::domain::IncidentId;
use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::edit::readline;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::confirm::Answered;
use crate::tui::overlays::confirm::Yes;
use crate::tui::overlays::form::FormTold;
use crate::tui::overlays::list::Told;
use crate::tui::overlays::page::PageOf;
use crate::tui::overlays::pick::FormOf;
use crate::tui::panes::matrix;
use crate::tui::panes::matrix::keys::AssessTold;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::filtering;
use crate::tui::write::WriteBox;

/// Takes a key to where the hands are.
pub fn key(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let chord = as_meant(model, chord);
    if let Some(effects) = verbs::direct::key(model, chord) {
        return effects;
    }
    // What was said stays until somebody was there to read it.
    model.notice = None;
    model.calls.unseen = None;
    if model.overlays.is_empty() && model.write.is_some() {
        return verbs::writing::key(model, chord);
    }
    let place = model.place();
    let is_edit = is_typing(model) && readline::takes(chord);
    if chord.alt && !is_edit && model.look.keymap.intent(place, chord).is_none() {
        // Terminals and slow links merge Esc and the key after it.
        let mut effects = key(model, Chord::plain(Key::Esc));
        effects.extend(key(model, Chord { alt: false, ..chord }));
        return effects;
    }
    if !model.overlays.is_empty() {
        return overlay_key(model, chord);
    }
    if filtering::is_typing(model) {
        return filtering::key(model, chord);
    }
    match model.look.keymap.intent(place, chord) {
        Some(intent) => verbs::perform(model, intent),
        None => {
            let help = model.look.keymap.key(place, Intent::Help);
            model.say(format!("{chord} does nothing here; {help} shows the keys"), Tone::Dim);
            Vec::new()
        }
    }
}

/// Some terminals send Enter as the byte of Ctrl-J. A Ctrl-J where it means nothing, before any Enter was seen, tells which this is.
fn as_meant(model: &mut Model, chord: Chord) -> Chord {
    let enter = Chord::plain(Key::Enter);
    if chord == enter {
        model.enter_is_ctrl_j.get_or_insert(false);
    }
    if chord != Chord::ctrl('j') {
        return chord;
    }
    if model.enter_is_ctrl_j.is_none() && model.look.keymap.intent(model.place(), chord).is_none() {
        model.enter_is_ctrl_j = Some(true);
    }
    if model.enter_is_ctrl_j == Some(true) { enter } else { chord }
}

/// Takes text that arrived at once. Outside of a box it is not commands: the box opens with it.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let org = std::sync::Arc::clone(model.org());
    match model.overlays.last_mut() {
        Some(Overlay::List(list)) => {
            list.paste(text);
            return verbs::lists::typed(model);
        }
        Some(Overlay::Form(form)) => {
            form.paste(text);
            return Vec::new();
        }
        Some(Overlay::Assess(form)) => {
            if !matrix::keys::paste(form, text, &org.matrix) {
                model.say("pasted text is an amount or a reason; choose the line first", Tone::Warn);
            }
            return Vec::new();
        }
        Some(Overlay::Page(_) | Overlay::Confirm(_)) => {
            model.say("pasted text is not an answer here", Tone::Warn);
            return Vec::new();
        }
        None => {}
    }
    if model.write.is_none() && filtering::is_typing(model) {
        return filtering::paste(model, text);
    }
    verbs::writing::paste(model, text)
}

fn overlay_key(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let (body, look, mono_ms) = (model.areas().body, std::sync::Arc::clone(&model.look), model.moment.mono_ms);
    let current = match model.overlays.last() {
        Some(Overlay::Assess(assess)) => model.incident(assess.incident).map(std::sync::Arc::clone),
        _ => None,
    };
    let (org, me) = (std::sync::Arc::clone(model.org()), model.me().clone());
    match model.overlays.last_mut() {
        Some(Overlay::List(list)) => {
            let told = list.key(chord, &look, body);
            let mut effects = list_told(model, told);
            effects.extend(verbs::themes::preview(model));
            effects
        }
        Some(Overlay::Form(form)) => match form.key(chord, &look) {
            FormTold::Nothing => Vec::new(),
            FormTold::Submit => verbs::submitted::submit(model),
            FormTold::Help => verbs::lists::help(model, Place::Form),
            FormTold::Leave => {
                let effects = verbs::drafts::keep_now(model);
                if matches!(model.overlays.last(), Some(Overlay::Form(form)) if matches!(form.of, FormOf::AmendReason(..))) {
                    return verbs::record::reasoned(model, None);
                }
                model.overlays.pop();
                effects
            }
        },
        Some(Overlay::Page(page)) => match look.keymap.intent(Place::Page, chord) {
            Some(intent) if page.scroll(intent, body) => Vec::new(),
            Some(intent) => {
                let text = if intent == Intent::Copy { page.text() } else { String::new() };
                let of = page.of;
                page_intent(model, intent, of, text)
            }
            None => Vec::new(),
        },
        Some(Overlay::Confirm(confirm)) => match confirm.key(chord, &look, mono_ms, body) {
            Answered::NotYet => Vec::new(),
            Answered::TooSoon => {
                model.say("that came before it could be read: once more, if you mean it", Tone::Warn);
                Vec::new()
            }
            Answered::No => {
                model.overlays.pop();
                // A command typed in the box is asked for here; without a yes its words stay in the box.
                verbs::record::refuse(model, "you did not say yes")
            }
            Answered::Decline => {
                model.overlays.pop();
                verbs::command::decline(model)
            }
            Answered::Yes => {
                let yes = confirm.yes.clone();
                model.overlays.pop();
                match yes {
                    Yes::Give(commands, says) => give(model, commands, says),
                    Yes::Show(incident, draft) => verbs::opening::show(model, incident, draft),
                }
            }
        },
        Some(Overlay::Assess(form)) => match current {
            Some(incident) => {
                let ground = matrix::keys::Ground { incident: &incident, matrix: &org.matrix, me: &me, look: &look };
                match matrix::keys::key(form, chord, &ground) {
                    AssessTold::Unbound => beyond_assess(model, chord),
                    told => assess_told(model, told),
                }
            }
            None => close(model),
        },
        None => Vec::new(),
    }
}

/// Gives the commands a question was asked about.
fn give(model: &mut Model, commands: Vec<(IncidentId, Command)>, says: String) -> Vec<Effect> {
    let goes_on = commands.iter().find_map(|(id, command)| match command {
        Command::Merge { into } if Some(*id) == model.in_hand => Some(*into),
        _ => None,
    });
    let mut effects = match commands.as_slice() {
        [(incident, command)] if model.write.as_ref().is_some_and(WriteBox::is_recording) => {
            verbs::record::give(model, *incident, command.clone())
        }
        _ => verbs::bulk::confirmed(model, commands, says),
    };
    // What is written next belongs where the incident goes on.
    effects.extend(goes_on.into_iter().flat_map(|into| verbs::go::switch(model, Some(into))));
    effects
}

/// Takes the top away.
pub fn close(model: &mut Model) -> Vec<Effect> {
    let effects = verbs::themes::put_back(model);
    model.overlays.pop();
    effects
}

/// Does what a key or a click meant to the list on top.
pub fn list_told(model: &mut Model, told: Told) -> Vec<Effect> {
    match told {
        Told::Nothing => Vec::new(),
        Told::Typed => verbs::lists::typed(model),
        Told::Chosen(pick) => verbs::chosen::chosen(model, pick),
        Told::Unmatched => match verbs::chosen::typed_person(model) {
            Some(pick) => verbs::chosen::chosen(model, pick),
            None => Vec::new(),
        },
        Told::Asked(Intent::Back | Intent::Quit, _) => close(model),
        Told::Asked(Intent::Help, _) => verbs::lists::help(model, Place::List),
        Told::Asked(intent, pick) => verbs::chosen::asked(model, intent, pick),
    }
}

fn page_intent(model: &mut Model, intent: Intent, of: PageOf, text: String) -> Vec<Effect> {
    match intent {
        Intent::Back => close(model),
        Intent::Help => verbs::lists::help(model, Place::Page),
        Intent::Copy => verbs::copying::send(model, text),
        _ => match of {
            PageOf::Entry(incident, entry) => verbs::entries::on_page(model, intent, incident, entry),
            PageOf::Briefing(_) | PageOf::Words => {
                model.say("there is no entry on this page", Tone::Dim);
                Vec::new()
            }
        },
    }
}

/// A key that means nothing in the form does what it does in a pane, where nothing in the form would be left behind: after a declaration
/// the form is there before anybody asked for it.
fn beyond_assess(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let is_changed = matches!(model.overlays.last(), Some(Overlay::Assess(form)) if form.is_changed());
    let intent = model.look.keymap.intent(Place::Everywhere, chord).filter(|_| !is_changed && model.overlays.len() == 1);
    match intent {
        Some(intent) => {
            model.overlays.pop();
            verbs::perform(model, intent)
        }
        None => Vec::new(),
    }
}

fn assess_told(model: &mut Model, told: AssessTold) -> Vec<Effect> {
    match told {
        AssessTold::Nothing => Vec::new(),
        AssessTold::Leave => verbs::rating::leave(model),
        AssessTold::Help => verbs::lists::help(model, Place::Assess),
        AssessTold::Severity(severity) => verbs::rating::severity(model, severity),
        AssessTold::Record => verbs::rating::record(model),
        AssessTold::Unbound => Vec::new(),
    }
}

/// Whether the hands are in a line of text.
fn is_typing(model: &Model) -> bool {
    match model.overlays.last() {
        Some(Overlay::Form(_)) => true,
        Some(Overlay::List(list)) => list.query.is_some(),
        Some(_) => false,
        None => filtering::is_typing(model),
    }
}
