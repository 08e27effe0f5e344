//! What a person must see at once, in one line under the header that takes no keys and moves nothing: command taken from someone, an
//! offer or its answer, a role or a task given to me, another's judgement of an incident of mine, who speaks to me, what is overdue.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::Handover;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Turn;
use crate::replica::snapshot::Snapshot;
use crate::text::Safe;
use crate::text::mention;
use crate::tui::attention;
use crate::tui::calls;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::model::Model;
use crate::tui::theme::Tone;

/// After this long it was read, or it is in the list of what needs attention.
const SHOWN_MS: u64 = 60_000;
/// How far back, in entries, words to me are looked for.
const REACH: usize = 20_000;
/// So much of the words to me stands in a line.
const WORDS_MAX: usize = 200;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOut {
    pub incident: IncidentId,
    pub words: String,
    pub tone: Tone,
    /// What needs attention has it too, with the way there.
    pub is_listed: bool,
    /// When it goes by itself, on the monotonic clock.
    until_ms: u64,
}

/// Says it on screen and in the log, and calls for it.
pub fn call_out(model: &mut Model, incident: IncidentId, words: String, tone: Tone) -> Vec<Effect> {
    model.note(words.clone());
    show(model, incident, words.clone(), tone, false);
    calls::call(model, words)
}

/// Says it on screen only.
pub fn show(model: &mut Model, incident: IncidentId, words: String, tone: Tone, is_listed: bool) {
    let until_ms = model.moment.mono_ms + SHOWN_MS;
    model.callouts.push(CallOut { incident, words, tone, is_listed, until_ms });
}

/// The line to show: the loudest, of those the newest; and how many others wait behind it. Nothing is said of an incident that is not shown.
pub fn shown(model: &Model) -> Option<(&CallOut, usize)> {
    let is_told = |line: &&CallOut| line.incident == IncidentId::ORG || model.header(line.incident).is_some();
    let lines = || model.callouts.iter().filter(is_told);
    let loudest = lines().max_by_key(|line| (line.tone == Tone::Alarm, line.tone == Tone::Loud))?;
    Some((loudest, lines().count() - 1))
}

/// Takes away what was on screen long enough.
pub fn expire(model: &mut Model) {
    let now_ms = model.moment.mono_ms;
    model.callouts.retain(|line| line.until_ms > now_ms);
}

/// Calls for entries that came since `before` and speak to me; calls out what others did with roles and tasks, as far as it is about me, and
/// command taken from someone in any case.
pub fn changes(model: &mut Model, before: &Snapshot) -> Vec<Effect> {
    let me = model.me().clone();
    let (mut spoken, mut unheard, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for incident in model.board().iter() {
        let Some(old) = before.board.get(incident.id) else {
            // Read for the first time, not new: who spoke to me while nobody was here waits in the list of what needs attention, and calls nobody.
            unheard.extend(last_to_me(model, incident, &me).map(|said| (incident.id, said)));
            continue;
        };
        if Arc::ptr_eq(old, incident) {
            continue;
        }
        spoken.extend(speaks_to(incident, old, &me));
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
        said.extend(judged(model, incident, old, &me).into_iter().map(|words| (incident.id, words, Tone::Warn)));
    }
    let known: BTreeSet<EventId> = before.parked.iter().map(|parked| parked.event).collect();
    // Of two takings while apart the first stands, and whoever lost must not believe that they command.
    let lost = model.snapshot.parked.iter().filter(|parked| matches!(parked.code.as_str(), "command_held" | "no_offer"));
    let lost = lost.filter(|parked| !known.contains(&parked.event));
    said.extend(lost.map(|parked| {
        (parked.incident, format!("{}: you do NOT have command: {}", model.code_of(parked.incident), parked.reason), Tone::Alarm)
    }));
    let mut effects = Vec::new();
    if model.snapshot.alarm != before.alarm {
        effects.extend(alarm(model));
    }
    let is_spoken_to = !spoken.is_empty() || !unheard.is_empty();
    model.calls.mentions.extend(unheard);
    for (id, by, words) in spoken {
        let code = model.code_of(id);
        let called = format!("{by} speaks to you in {code}");
        model.note(called.clone());
        show(model, id, format!("{code} {by} to you: {words}"), Tone::Loud, true);
        model.calls.mentions.insert(id, (by, words));
        // The desktop shows it over whatever else is there: it says who and where, and not the words.
        effects.extend(calls::call(model, called));
    }
    if is_spoken_to {
        model.attention = attention::items(model);
    }
    effects.extend(said.into_iter().flat_map(|(id, words, tone)| call_out(model, id, words, tone)));
    effects
}

/// Finds who spoke to me while nobody was here, in what is held already.
pub fn listen(model: &mut Model) {
    let me = model.me().clone();
    let unheard = model.board().iter().filter_map(|incident| Some((incident.id, last_to_me(model, incident, &me)?)));
    let unheard: Vec<_> = unheard.collect();
    model.calls.mentions.extend(unheard);
}

/// What happened to the log or to the copy held here; it stays in the list of what needs attention until it was read.
pub fn alarm(model: &mut Model) -> Vec<Effect> {
    model.callouts.retain(|line| line.incident != IncidentId::ORG);
    let Some(words) = model.snapshot.alarm.clone() else { return Vec::new() };
    model.note(words.clone());
    show(model, IncidentId::ORG, words.clone(), Tone::Alarm, true);
    calls::call(model, words.split_inclusive(". ").next().unwrap_or_default().trim().to_owned())
}

/// An incident is looked at: who spoke to me there was heard.
pub fn heard(model: &mut Model, incident: IncidentId) {
    if model.calls.mentions.remove(&incident).is_some() {
        model.attention = attention::items(model);
    }
}

/// The entries that are new since `old` and name this person: where, whose, and their words.
fn speaks_to(incident: &Incident, old: &Incident, me: &Person) -> Vec<(IncidentId, Person, String)> {
    let new = incident.timeline.added_since(&old.timeline).into_iter();
    let to_me = new.filter(|entry| is_to(me, entry));
    to_me.map(|entry| (incident.id, entry.by().clone(), Safe::clipped(&entry.text, WORDS_MAX).into())).collect()
}

/// Who last spoke to this person in an open incident since it was last looked at, and their words.
fn last_to_me(model: &Model, incident: &Incident, me: &Person) -> Option<(Person, String)> {
    let seen_seq = model.seen.get(&incident.id).map_or(0, |seen| seen.seq);
    if !incident.status.value.is_open() || incident.seq <= seen_seq {
        return None;
    }
    let mut newest_first = incident.timeline.iter().rev().take(REACH);
    let last = newest_first.find(|entry| entry.state.seq().is_some_and(|seq| seq > seen_seq) && is_to(me, entry))?;
    Some((last.by().clone(), Safe::clipped(&last.text, WORDS_MAX).into()))
}

/// Whether somebody else wrote this and names the person in it.
fn is_to(me: &Person, entry: &Entry) -> bool {
    let is_me = |name: &str| name.to_lowercase() == me.as_str().to_lowercase();
    !is_me(entry.by().as_str()) && mention::mentions(&entry.text).into_iter().any(is_me)
}

/// What others said of an incident that I command or have in hand: another priority, or that it goes on elsewhere.
fn judged(model: &Model, incident: &Incident, old: &Incident, me: &Person) -> Vec<String> {
    let is_mine = old.commander().is_some_and(|holding| holding.person == *me);
    let (code, mut said) = (incident.code_text(), Vec::new());
    let known = old.ratings.last().map(|change| change.event);
    if let Some(change) = incident.ratings.last().filter(|change| is_mine && change.by != *me && Some(change.event) != known) {
        let (matrix, now) = (&model.org().matrix, model.now());
        let [was, is] = [old, incident].map(|incident| matrix.rate(&incident.assessment, now).label());
        said.extend((was != is).then(|| format!("{code}: {} rated it {is}, it was {was}", change.by)));
    }
    let is_near = is_mine || model.in_hand == Some(incident.id);
    if let Some(into) = incident.merged_into.filter(|_| is_near && old.merged_into.is_none() && incident.status.by != *me) {
        said.push(format!("{code}: {} merged it into {}", incident.status.by, model.code_of(into)));
    }
    said
}

fn of_turn(model: &Model, incident: &Incident, turn: &Handover, me: &Person) -> Option<(String, Tone)> {
    let (code, is_me) = (incident.code_text(), turn.person == *me);
    let offered_by_me =
        || incident.handovers.iter().rev().any(|offer| offer.turn == Turn::Offered && offer.by == *me && offer.person == turn.person);
    let key = |intent| model.look.keymap.key(Place::Everywhere, intent);
    match turn.turn {
        Turn::Assumed => Some((format!("{code}: {}", turn.words()), if turn.from.as_ref() == Some(me) { Tone::Alarm } else { Tone::Loud })),
        Turn::Offered if is_me => {
            // The key for taking command is about the incident in hand, which may be another by the time it is pressed.
            Some((format!("{code}: {} offers you command; {} answers", turn.by, key(Intent::Attention)), Tone::Loud))
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

/// Calls out tasks that became overdue: mine, and those of an incident I command. The first look only learns which were.
pub fn overdue(model: &mut Model, is_first: bool) -> Vec<Effect> {
    let (me, now) = (model.me().clone(), model.now());
    let mut late = Vec::new();
    let mut next = None;
    for row in model.incidents.open.iter().filter(|row| row.header.next_due_at.is_some()) {
        let Some(incident) = model.incident(row.header.id) else { continue };
        let is_commander = incident.commander().is_some_and(|holding| holding.person == me);
        for task in incident.tasks.iter().filter(|task| task.is_open()) {
            let code = incident.code_text();
            match task.due_at {
                Some(due) if due > now => next = Some(next.map_or(due, |known| due.min(known))),
                Some(_) if task.person == me => late.push((task.id, incident.id, format!("your task in {code} is overdue"), Tone::Loud)),
                Some(_) if is_commander => {
                    let words = format!("{code}: {} is OVERDUE with {}", task.person, task.text);
                    late.push((task.id, incident.id, words, Tone::Warn));
                }
                _ => {}
            }
        }
    }
    model.next_due = next;
    let known = std::mem::replace(&mut model.calls.overdue, late.iter().map(|(task, ..)| *task).collect());
    let new = late.into_iter().filter(|(task, ..)| !is_first && !known.contains(task));
    new.flat_map(|(_, incident, words, tone)| call_out(model, incident, words, tone)).collect()
}
