//! Keys that come before the incident they are about: nothing is lost, the order is kept, nothing is done to another incident.

use super::room::Room;
use super::withdrawals;
use std::sync::Arc;
use warroom::domain::IncidentId;
use warroom::domain::Refusal;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;
use warroom::replica::snapshot::Snapshot;
use warroom::tui::chord::Chord;
use warroom::tui::effect::Effect;
use warroom::tui::input::Input;
use warroom::tui::model::Moment;
use warroom::tui::msg::Msg;
use warroom::tui::msg::Ticket;
use warroom::tui::timers::Timer;
use warroom::tui::update;

/// A room whose next incident is known by its head alone and on its way, and the snapshot that brings it.
fn room() -> (Room, Arc<Snapshot>, Ticket) {
    let (story, _) = withdrawals();
    let mut room = Room::new(story, "ana", (120, 36));
    let full = Arc::clone(&room.model.snapshot);
    let in_hand = room.model.in_hand;
    let others: Vec<IncidentId> = full.board.iter().map(|incident| incident.id).filter(|id| Some(*id) != in_hand).collect();
    let mut heads = Snapshot::clone(&full);
    others.into_iter().for_each(|id| heads.board.forget(id));
    tell(&mut room, Msg::Snapshot(Arc::new(heads)));
    let effects = keys(&mut room, "]");
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Ask(ticket, Request::Open(_)) => Some(*ticket),
        _ => None,
    });
    (room, full, asked.expect("the incident was asked for"))
}

fn tell(room: &mut Room, msg: Msg) -> Vec<Effect> {
    let moment = Moment { wall: room.story.now, mono_ms: 60_000 };
    update::update(&mut room.model, msg, moment)
}

fn keys(room: &mut Room, keys: &str) -> Vec<Effect> {
    keys.chars().flat_map(|key| tell(room, Msg::Input(Input::Key(Chord::char(key))))).collect()
}

#[test]
fn what_was_typed_ahead_is_done_once_the_incident_is_there() {
    let (mut room, full, _) = room();
    room.shows(&["INC-2", "loading"]);
    let about = room.model.in_hand;
    keys(&mut room, "p3i");
    tell(&mut room, Msg::Input(Input::Paste("two words".into())));
    assert!(room.model.overlays.is_empty() && room.model.write.is_none());
    let effects = tell(&mut room, Msg::Snapshot(full));
    let rates = |effect: &&Effect| matches!(effect, Effect::Ask(_, Request::Command { incident, .. }) if Some(*incident) == about);
    assert_eq!(effects.iter().filter(rates).count(), 1, "{effects:?}");
}

#[test]
fn what_needs_no_incident_does_not_wait() {
    let (mut room, full, _) = room();
    keys(&mut room, "?");
    room.shows(&["Keys"]);
    tell(&mut room, Msg::Snapshot(full));
    room.shows(&["Keys"]);
}

#[test]
fn what_was_typed_for_an_incident_that_does_not_come_is_done_to_none() {
    let (mut refused, _, ticket) = room();
    keys(&mut refused, "pqi");
    let refusal = Refusal::never("unknown_incident", "no such incident is held here");
    tell(&mut refused, Msg::Answered(ticket, Answer::Refused(refusal)));
    let (mut late, full, _) = room();
    keys(&mut late, "pqi");
    tell(&mut late, Msg::Rang(Timer::Ahead));
    for room in [&refused, &late] {
        room.shows(&["was not done"]);
        assert!(room.model.overlays.is_empty() && room.model.write.is_none());
    }
    tell(&mut late, Msg::Snapshot(full));
    assert!(late.model.overlays.is_empty() && late.model.write.is_none());
    keys(&mut late, "p");
    late.shows(&["Assess INC-2"]);
}
