//! A clock that jumps: a machine that slept, a time server that sets it back. Nothing is lost, nothing counts below zero, timers go on.

use super::room::Room;
use super::withdrawals;
use warroom::domain::*;
use warroom::tui::msg::Msg;
use warroom::tui::timers::Timer;

const MINUTE_MS: i64 = 60_000;

#[test]
fn whatever_the_wall_clock_does_words_are_kept_and_spans_make_sense() {
    for jump_minutes in [90, -90, 36 * 60, -36 * 60, 400 * 24 * 60, -400 * 24 * 60] {
        for size in [(120, 36), (80, 24), (40, 12)] {
            let (story, id) = withdrawals();
            let mut room = Room::new(story, "ana", size);
            room.press(&["i", "half a sentence"]);
            let opened_at = room.story.incident(id).opened_at;
            room.story.now = room.story.now.plus_ms(jump_minutes * MINUTE_MS);
            room.tell(Msg::Rang(Timer::Clock));
            // The draft's timer is of the clock that never jumps.
            room.tell(Msg::Rang(Timer::Draft));
            room.publish();
            assert!(room.drafts.values().any(|draft| draft.body.contains("half a sentence")), "{jump_minutes} {size:?}");
            room.press(&["Enter", "Esc"]);
            let incident = room.story.incident(id);
            let entry = incident.timeline.iter().find(|entry| &*entry.text == "half a sentence").expect("recorded").clone();
            assert!(entry.at.since_ms(room.story.now).abs() <= 2_000, "written when the clock says so: {}", entry.at);
            for pane in ["1", "2", "3", "4", "z", "z", "!", "Esc", "L", "Esc"] {
                room.press(&[pane]);
                let screen = room.screen();
                let has_negative = ["-1 min", "T+-", "T--", "--h", " -1h", "-0h"].iter().any(|wrong| screen.contains(wrong));
                assert!(!has_negative, "after {jump_minutes} min at {size:?}, opened {opened_at}:\n{screen}");
            }
        }
    }
}

#[test]
fn a_notice_goes_when_its_time_on_the_steady_clock_is_over_and_not_before() {
    let (story, _) = withdrawals();
    let mut room = Room::new(story, "ana", (120, 36));
    room.press(&["t"]);
    let until = room.model.notice.as_ref().and_then(|notice| notice.until_ms);
    room.story.now = room.story.now.plus_ms(-300 * MINUTE_MS);
    room.tell(Msg::Rang(Timer::Clock));
    room.publish();
    assert_eq!(room.model.notice.as_ref().and_then(|notice| notice.until_ms), until);
    let priority = room.model.in_hand.and_then(|id| room.model.rating(id)).and_then(|rating| rating.priority);
    assert_eq!(priority.map(Priority::level), Some(1), "a clock that is set back takes no priority away");
}
