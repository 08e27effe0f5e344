//! Who is there, beside their names, as far as it is known.

use crate::war_room::room::Room;
use crate::war_room::withdrawals;
use warroom::domain::*;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Link;
use warroom::replica::snapshot::Presence;
use warroom::tui::effect::Effect;
use warroom::tui::msg::Msg;
use warroom::tui::timers::Timer;

#[test]
fn the_roster_says_who_is_there_and_nothing_where_that_is_not_known() {
    let (story, id) = withdrawals();
    let mut room = Room::new(story, "ana", (120, 36));
    let now = room.story.now;
    let other = room.story.board.iter().map(|incident| incident.id).find(|other| *other != id).expect("another incident");
    let seen = |minutes: i64, incident, is_writing, left: Option<i64>| Presence {
        last_key_at: now.plus_ms(-minutes * 60_000),
        incident,
        is_writing,
        left_at: left.map(|minutes| now.plus_ms(-minutes * 60_000)),
    };
    for (name, presence, says) in [
        ("bo", seen(12, Some(id), true, None), "quiet 12 min"),
        ("bo", seen(1, Some(id), true, None), "writing"),
        ("bo", seen(1, Some(id), false, None), "here"),
        ("bo", seen(1, Some(other), false, None), "in INC-"),
        ("bo", seen(1, None, false, None), "online"),
        ("bo", seen(20, Some(id), false, Some(3)), "away since "),
    ] {
        room.presence = [(Person::new(name), presence)].into();
        room.publish();
        let screen = room.screen();
        let row = screen.lines().find(|line| line.contains("│ Deputy")).expect("the deputy's row");
        assert!(row.contains(says), "`{says}` is not in:\n{row}");
    }
    room.presence.clear();
    room.publish();
    room.shows_not("away since");
    let screen = room.screen();
    assert!(screen.lines().any(|line| line.contains("│ Deputy") && line.contains("ack 16:48")), "{screen}");
}

#[test]
fn the_header_says_who_else_has_the_incident_in_hand() {
    let (story, id) = withdrawals();
    let mut room = Room::new(story, "ana", (140, 36));
    let last_key_at = room.story.now;
    for (name, is_writing, incident) in [("ana", false, id), ("bo", true, id), ("chi", false, id), ("dee", false, IncidentId::ORG)] {
        let presence = Presence { last_key_at, incident: Some(incident), is_writing, left_at: None };
        room.presence.insert(Person::new(name), presence);
    }
    room.publish();
    room.shows(&["with bo writing, chi"]);
    room.wait(3);
    room.shows_not("with bo");
}

/// What the server was told: the incident, how long ago the last key was, whether the box is open.
fn told(room: &Room) -> Vec<(Option<IncidentId>, u64, bool)> {
    let asked = room.asked.iter().filter_map(|request| match request {
        Request::Here { incident, key_age_ms, is_writing } => Some((*incident, *key_age_ms, *is_writing)),
        _ => None,
    });
    asked.collect()
}

#[test]
fn the_server_is_told_of_keys_four_times_a_minute_at_most_and_not_while_the_hands_are_still() {
    let (story, id) = withdrawals();
    let mut room = Room::new(story, "ana", (120, 36));
    let begun = room.done.iter().any(|effect| matches!(effect, Effect::Ask(_, Request::Here { incident, .. }) if *incident == Some(id)));
    assert!(begun, "opening the program says so");
    let before = told(&room).len();
    room.press(&["j", "k", "i"]);
    assert_eq!(told(&room).len(), before, "too soon after");
    room.wait(1);
    assert_eq!(told(&room)[before..].len(), 1);
    let (incident, age_ms, is_writing) = told(&room)[before];
    assert_eq!((incident, is_writing), (Some(id), true));
    assert!(age_ms >= 60_000, "the last key was a minute ago: {age_ms}");
    for _ in 0..10 {
        room.wait(1);
        room.tell(Msg::Rang(Timer::Presence));
    }
    assert_eq!(told(&room).len(), before + 1, "still hands tell nothing");
    room.press(&["x"]);
    assert_eq!(told(&room).len(), before + 2, "the first key after is told at once");
    assert_eq!(told(&room)[before + 1].1, 0);
}

#[test]
fn an_offline_header_says_since_when_and_when_it_is_tried_again() {
    for (size, retry) in [
        ((200, 60), "offline 2 min, retry in 5 s"),
        ((120, 36), "offline 2 min, retry in 5 s"),
        ((100, 30), "offline 2 min"),
        ((80, 24), "offline"),
    ] {
        let (story, id) = withdrawals();
        let mut room = Room::new(story, "ana", size);
        let now = room.story.now;
        let (why, retry_at) = ("connection refused".to_owned(), now.plus_ms(4_800));
        room.link = Link::Offline { since: now.plus_ms(-120_000), why, retry_at };
        room.unsent.insert(id, 2);
        room.publish();
        room.shows(&[retry, "2 unsent"]);
        room.press(&["!"]);
        room.shows(&["out of reach for 2 min: connection refused"]);
    }
}
