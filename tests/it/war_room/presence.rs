//! Who is there, beside their names, as far as it is known.

use crate::war_room::room::Room;
use crate::war_room::withdrawals;
use warroom::domain::*;
use warroom::replica::snapshot::Presence;

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
    assert!(screen.lines().any(|line| line.contains("│ Deputy") && line.contains("since")), "{screen}");
}
