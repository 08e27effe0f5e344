//! What could not be saved here goes straight to the server, by one key: the very next one, so that it is what was just refused and nothing else.

use crate::replica::snapshot::Answer;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::asked::Given;
use crate::tui::chord::Chord;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::model::Model;
use crate::tui::msg::Ticket;
use crate::tui::overlays::Overlay;
use crate::tui::theme::Tone;
use crate::tui::verbs::submitted;

/// A command that could not be saved, and what waits for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsaved {
    given: Given,
    asked: Asked,
}

/// The answer as it came; where a command could not be saved and there is a server, with the offer to send it there.
pub fn or_direct(model: &mut Model, ticket: Ticket, asked: &Asked, answer: Answer) -> Answer {
    let Some(given) = model.given.remove(&ticket) else { return answer };
    let is_one = matches!(asked, Asked::Write | Asked::Form(_) | Asked::Assess(..) | Asked::Declared | Asked::Says(_));
    match answer {
        Answer::NotSaved(why) if is_one && !model.is_alone() => {
            model.unsaved = Some(Unsaved { given, asked: asked.clone() });
            let key = model.look.keymap.key(Place::Everywhere, Intent::SendDirect);
            Answer::NotSaved(format!("{key} sends it straight to the server; {why}"))
        }
        answer => answer,
    }
}

/// What to do with words that are still being written, and cannot be kept: half a sentence goes to nobody, a finished one by the same key as ever.
pub fn before_recording(model: &Model) -> String {
    let key = model.look.keymap.key(Place::Everywhere, Intent::SendDirect);
    match model.is_alone() {
        true => "copy it before you close this".to_owned(),
        false => format!("finish and record it, then {key} sends it to the server; or copy it before you close this"),
    }
}

/// Takes the key that sends it; any other one goes its own way.
pub fn key(model: &mut Model, chord: Chord) -> Option<Vec<Effect>> {
    let Unsaved { given, asked } = model.unsaved.take()?;
    if model.look.keymap.intent(Place::Everywhere, chord) != Some(Intent::SendDirect) {
        return None;
    }
    model.notice = None;
    match (&asked, model.overlays.last_mut(), &mut model.write) {
        (Asked::Write, _, Some(editor)) => editor.wait_again(),
        (Asked::Assess(..), Some(Overlay::Assess(form)), _) => (form.is_waiting, form.error) = (true, String::new()),
        (Asked::Form(_) | Asked::Declared, _, _) => submitted::waiting(model, true, ""),
        _ => {}
    }
    Some(vec![asked::send_direct(model, given, asked)])
}

/// The key came when there was nothing to send.
pub fn nothing(model: &mut Model) -> Vec<Effect> {
    model.say("nothing was NOT SAVED a moment ago; this key sends such words straight to the server", Tone::Dim);
    Vec::new()
}
