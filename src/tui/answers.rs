//! What becomes of requests: said, shown in the form that waits, or handed to the write box.

use crate::replica::snapshot::Answer;
use crate::tui::ahead;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::msg::Ticket;
use crate::tui::overlays::Overlay;
use crate::tui::panes::matrix::model::Assess;
use crate::tui::theme::Tone;
use crate::tui::verbs;

/// Takes the answer to a request.
pub fn answered(model: &mut Model, ticket: Ticket, answer: Answer) -> Vec<Effect> {
    let Some(asked) = model.asked.remove(&ticket) else {
        return Vec::new();
    };
    let answer = verbs::direct::or_direct(model, ticket, &asked, answer);
    match asked {
        Asked::Write => verbs::writing::answered(model, answer),
        Asked::Draft(key) => {
            match answer {
                Answer::Kept(at) => verbs::drafts::told(model, &key, Some(at)),
                Answer::Refused(refusal) => {
                    model.say_no(format!("the draft was not kept: {refusal}"));
                    verbs::drafts::told(model, &key, None);
                }
                Answer::NotSaved(why) => {
                    model.say_no(format!("NOT SAVED: {}; {why}", verbs::direct::before_recording(model)));
                    model.leaves_anyway = false;
                    verbs::drafts::told(model, &key, None);
                }
                _ => {}
            }
            Vec::new()
        }
        // It only costs a look around at the next start.
        Asked::View => Vec::new(),
        Asked::Hash(entry) => {
            if let Answer::Hashed(sha256) = answer {
                model.hash = Some((entry, sha256));
                verbs::entries::refresh(model);
            }
            Vec::new()
        }
        Asked::Search(query) => {
            if let Answer::Found(found) = answer {
                verbs::lists::found(model, &query, found);
            }
            Vec::new()
        }
        Asked::Declared => match answer {
            Answer::Recorded { incident, .. } => {
                close_form(model);
                model.awaited = model.header(incident).is_none().then_some(incident);
                let effects = verbs::go::switch(model, Some(incident));
                verbs::go::to_pane(model, Pane::Timeline);
                let take = model.look.keymap.key(model.place(), Intent::TakeCommand);
                model.say(
                    format!("{} declared: one digit says how bad, Esc leaves it open, {take} takes command", model.code_of(incident)),
                    Tone::Good,
                );
                let form = Assess::new(incident, model.incident(incident).map(|held| &**held));
                model.open(Overlay::Assess(form));
                effects
            }
            other => in_form(model, other, ""),
        },
        Asked::OneOf(pass, incident) => verbs::bulk::answered(model, pass, incident, answer),
        Asked::Form(says) => in_form(model, answer, &says),
        Asked::Assess(says, draft) => in_assessment(model, answer, &says, draft),
        Asked::Says(says) => {
            done(model, answer, &says);
            Vec::new()
        }
        Asked::Opened(id) => {
            match answer {
                Answer::Refused(refusal) if model.in_hand == Some(id) => ahead::give_up(model, &refusal.reason),
                Answer::NotSaved(why) => model.say_no(format!("NOT SAVED: {why}")),
                _ => {}
            }
            Vec::new()
        }
        Asked::Quiet => {
            match answer {
                Answer::Refused(refusal) => model.say_no(refusal.reason),
                Answer::NotSaved(why) => model.say_no(format!("NOT SAVED: {why}")),
                _ => {}
            }
            Vec::new()
        }
    }
}

fn done(model: &mut Model, answer: Answer, says: &str) {
    match answer {
        Answer::Refused(refusal) => model.say_no(refusal.reason),
        Answer::NotSaved(why) => model.say_no(format!("NOT SAVED: {why}")),
        Answer::Told(words) => {
            model.note(words.clone());
            model.say(words, Tone::Good);
        }
        _ => {
            model.note(says.to_owned());
            model.say(says, Tone::Good);
        }
    }
}

fn close_form(model: &mut Model) {
    if let Some(Overlay::Form(form)) = model.overlays.last()
        && form.is_waiting
    {
        let key = verbs::drafts::key_of_form(form);
        verbs::drafts::recorded(model, key);
        model.overlays.pop();
    }
}

fn in_form(model: &mut Model, answer: Answer, says: &str) -> Vec<Effect> {
    let why = match answer {
        Answer::Refused(refusal) => refusal.reason,
        Answer::NotSaved(why) => format!("NOT SAVED: {why}. Your words are still here"),
        answer => {
            close_form(model);
            done(model, answer, says);
            return Vec::new();
        }
    };
    if matches!(model.overlays.last(), Some(Overlay::Form(form)) if form.is_waiting) {
        verbs::submitted::waiting(model, false, &why);
    } else {
        model.say_no(why);
    }
    Vec::new()
}

fn in_assessment(model: &mut Model, answer: Answer, says: &str, draft: Option<String>) -> Vec<Effect> {
    let why = match answer {
        Answer::Refused(refusal) => refusal.reason,
        Answer::NotSaved(why) => format!("NOT SAVED: {why}"),
        answer => {
            draft.into_iter().for_each(|key| verbs::drafts::recorded(model, key));
            if matches!(model.overlays.last(), Some(Overlay::Assess(form)) if form.is_waiting) {
                model.overlays.pop();
            }
            done(model, answer, says);
            return Vec::new();
        }
    };
    match model.overlays.last_mut() {
        Some(Overlay::Assess(form)) => {
            form.is_waiting = false;
            form.error = why;
        }
        _ => model.say_no(why),
    }
    Vec::new()
}
