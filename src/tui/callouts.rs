//! What a person must see at once, in one line under the header that takes no keys and moves nothing: command taken from someone, an
//! offer or its answer, a role or a task given to me, what is overdue.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::EventId;
use crate::domain::Handover;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Turn;
use crate::replica::snapshot::Snapshot;
use crate::tui::calls;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::model::Model;
use crate::tui::theme::Tone;

/// After this long it was read, or it is in the list of what needs attention.
const SHOWN_MS: u64 = 60_000;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOut {
    pub incident: IncidentId,
    pub words: String,
    pub tone: Tone,
    /// When it goes by itself, on the monotonic clock.
    until_ms: u64,
}

/// Says it on screen and in the log, and calls for it.
pub fn call_out(model: &mut Model, incident: IncidentId, words: String, tone: Tone) -> Vec<Effect> {
    model.note(words.clone());
    let until_ms = model.moment.mono_ms + SHOWN_MS;
    model.callouts.push(CallOut { incident, words: words.clone(), tone, until_ms });
    calls::call(model, words)
}

/// The line to show: the loudest, of those the newest; and how many others wait behind it.
pub fn shown(model: &Model) -> Option<(&CallOut, usize)> {
    let loudest = model.callouts.iter().max_by_key(|line| (line.tone == Tone::Alarm, line.tone == Tone::Loud))?;
    Some((loudest, model.callouts.len() - 1))
}

/// Takes away what was on screen long enough.
pub fn expire(model: &mut Model) {
    let now_ms = model.moment.mono_ms;
    model.callouts.retain(|line| line.until_ms > now_ms);
}

/// Calls out what others did with roles and tasks since `before`, as far as it is about me, and command taken from someone in any case.
pub fn changes(model: &mut Model, before: &Snapshot) -> Vec<Effect> {
    let me = model.me().clone();
    let mut said = Vec::new();
    for incident in model.board().iter() {
        // What was not held before is read for the first time, not new.
        let Some(old) = before.board.get(incident.id).filter(|old| !Arc::ptr_eq(old, incident)) else {
            continue;
        };
        let known: BTreeSet<EventId> = old.handovers.iter().map(|turn| turn.event).collect();
        let new = incident.handovers.iter().filter(|turn| turn.by != me && !known.contains(&turn.event));
        said.extend(new.filter_map(|turn| of_turn(model, incident, turn, &me)).map(|(words, tone)| (incident.id, words, tone)));
        let known: BTreeSet<EventId> = old.tasks.iter().map(|task| task.id).collect();
        let tasks = incident.tasks.iter().filter(|task| task.person == me && task.given_by != me && task.is_open());
        let tasks = tasks.filter(|task| !known.contains(&task.id));
        said.extend(tasks.map(|task| {
            let words = format!("{}: {} asks of you: {}", incident.code_text(), task.given_by, task.text);
            (incident.id, words, Tone::Warn)
        }));
    }
    let known: BTreeSet<EventId> = before.parked.iter().map(|parked| parked.event).collect();
    // Of two takings while apart the first stands, and whoever lost must not believe that they command.
    let lost = model.snapshot.parked.iter().filter(|parked| matches!(parked.code.as_str(), "command_held" | "no_offer"));
    let lost = lost.filter(|parked| !known.contains(&parked.event));
    said.extend(lost.map(|parked| {
        (parked.incident, format!("{}: you do NOT have command: {}", model.code_of(parked.incident), parked.reason), Tone::Alarm)
    }));
    said.into_iter().flat_map(|(id, words, tone)| call_out(model, id, words, tone)).collect()
}

fn of_turn(model: &Model, incident: &Incident, turn: &Handover, me: &Person) -> Option<(String, Tone)> {
    let (code, is_me) = (incident.code_text(), turn.person == *me);
    let offered_by_me =
        || incident.handovers.iter().rev().any(|offer| offer.turn == Turn::Offered && offer.by == *me && offer.person == turn.person);
    let key = |intent| model.look.keymap.key(crate::tui::keymap::Place::Everywhere, intent);
    match turn.turn {
        Turn::Assumed => Some((format!("{code}: {}", turn.words()), if turn.from.as_ref() == Some(me) { Tone::Alarm } else { Tone::Loud })),
        Turn::Offered if is_me => {
            Some((format!("{code}: {} offers you command; {} answers", turn.by, key(Intent::TakeCommand)), Tone::Loud))
        }
        Turn::Withdrawn if is_me => Some((format!("{code}: {} withdrew the offer of command", turn.by), Tone::Warn)),
        Turn::Accepted | Turn::Declined if offered_by_me() => Some((format!("{code}: {}", turn.words()), Tone::Warn)),
        Turn::Assigned if is_me => {
            let role = model.org().role_name(&turn.role);
            Some((format!("{code}: {} gave you {role}; {} says that you know", turn.by, key(Intent::Attention)), Tone::Warn))
        }
        Turn::Released if is_me => Some((format!("{code}: {} relieved you of {}", turn.by, model.org().role_name(&turn.role)), Tone::Warn)),
        _ => None,
    }
}
