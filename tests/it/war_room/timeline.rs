//! Reading a timeline: what is new, what is held, what is filtered, one entry in full, and two versions made one.

use super::room::Room;
use super::withdrawals;
use crate::story::Story;
use crate::story::person;
use proptest::prelude::*;
use warroom::domain::*;
use warroom::replica::snapshot::Link;
use warroom::tui::effect::Effect;
use warroom::tui::msg::Msg;
use warroom::tui::timers::Timer;

fn room(size: (u16, u16)) -> (Room, IncidentId) {
    let (story, id) = withdrawals();
    let mut room = Room::new(story, "ana", size);
    room.press(&["2"]);
    (room, id)
}

fn bo() -> Author {
    person("bo", Scope::Commander)
}

/// The row of the screen that holds some words.
fn row_of(room: &Room, words: &str) -> usize {
    let screen = room.screen();
    screen.lines().position(|line| line.contains(words)).unwrap_or_else(|| panic!("`{words}` is not on screen:\n{screen}"))
}

/// Somebody else writes a few entries, a minute apart.
fn meanwhile(room: &mut Room, id: IncidentId, entries: usize) {
    for number in 0..entries {
        room.story.writes(&bo(), id, EntryKind::Observation, &format!("news {number}"));
        room.story.wait(1);
    }
}

#[test]
fn one_who_was_away_is_told_what_came_and_reads_from_there() {
    let (mut room, id) = room((120, 36));
    room.press(&["j"]);
    room.story.wait(7);
    room.story.does(&bo(), id, Command::TakeCommand { reason: "ana is away".into() }).unwrap();
    meanwhile(&mut room, id, 13);
    room.wait(1);
    room.shows(&["back after 21 min: 14 entries, command ana → bo", "Enter reads from there", "new since 16:48"]);
    room.press(&["Enter"]);
    room.shows(&["bo assumes command from ana", "▌", "new since"]);
    room.shows_not("back after");
    assert!(room.model.overlays.is_empty(), "Enter read on, it opened nothing");
    room.press(&["Enter"]);
    room.shows(&["INC-3 role by bo"]);
    room.press(&["Esc", "G"]);
    room.shows_not("new since");
    room.shows(&["entries per"]);
}

#[test]
fn a_short_look_away_is_no_gap() {
    let (mut room, id) = room((120, 36));
    room.press(&["j"]);
    meanwhile(&mut room, id, 2);
    room.wait(1);
    room.shows(&["news 1"]);
    room.shows_not("back after");
}

#[test]
fn what_is_new_is_known_after_the_program_was_closed() {
    let (mut first, id) = room((80, 24));
    first.press(&["j"]);
    first.tell(Msg::Input(warroom::tui::input::Input::Key("q".parse_chord())));
    let Room { mut story, drafts, .. } = first;
    story.wait(40);
    let late = NewEntry { at: Some(story.now.plus_ms(-50 * 60_000)), ..NewEntry::new(EntryKind::Note, "remembered later") };
    story.does(&bo(), id, Command::AddEntry(late)).unwrap();
    for number in 0..3 {
        story.writes(&bo(), id, EntryKind::Note, &format!("news {number}"));
    }
    let second = Room::opened(story, "ana", (80, 24), drafts);
    second.shows(&["back after 40 min: 4 entries (1 late)", "new since", "◆"]);
    let (line, first) = (row_of(&second, "new since"), row_of(&second, "news 0"));
    assert_eq!(line + 1, first, "{}", second.screen());
}

#[test]
fn what_was_written_while_the_link_was_gone_is_new() {
    let (mut room, id) = room((120, 36));
    room.press(&["j"]);
    room.link = Link::Offline { since: room.story.now, why: "no route".into(), retry_at: room.story.now };
    room.publish();
    for _ in 0..6 {
        room.wait(2);
        room.press(&["j"]);
    }
    meanwhile(&mut room, id, 3);
    room.link = Link::Live { round_trip_ms: 9, skew_ms: 0, heard_at: room.story.now };
    room.publish();
    room.shows(&["back after 15 min: 3 entries", "new since 16:48"]);
}

#[test]
fn one_who_scrolled_for_long_is_told_at_the_end() {
    let (mut room, id) = room((120, 36));
    room.press(&["j", "g"]);
    room.shows(&["G follows"]);
    meanwhile(&mut room, id, 8);
    room.wait(1);
    room.shows_not("back after");
    room.press(&["k", "G"]);
    room.shows(&["back after 9 min: 8 entries"]);
    room.press(&["Esc"]);
    room.shows_not("new since");
}

#[test]
fn late_entries_above_leave_the_selected_one_where_it_stands() {
    let (mut room, id) = room((80, 16));
    room.press(&["k", "k", "k"]);
    let before = (room.screen(), row_of(&room, "▌"));
    let opened = room.story.incident(id).opened_at;
    for minutes in [1, 3, 5, 27, 31, 60] {
        let late = NewEntry { at: Some(opened.plus_ms(minutes * 60_000)), ..NewEntry::new(EntryKind::Note, "late") };
        room.story.does(&bo(), id, Command::AddEntry(late)).unwrap();
        room.publish();
        let row = row_of(&room, "▌");
        assert_eq!(row, before.1, "{}\n{}", before.0, room.screen());
        let line = |screen: &str| screen.lines().nth(row).map(str::to_owned);
        assert_eq!(line(&room.screen()), line(&before.0));
    }
    room.shows(&["late"]);
}

#[test]
fn filters_ask_by_kind_person_role_and_words_and_say_what_they_cannot_mean() {
    let (mut room, _) = room((120, 36));
    room.press(&["/", "kind:decision", "Enter"]);
    room.shows(&["Suspend withdrawals on BTC", "1 of 16"]);
    room.shows_not("Outflow back");
    room.press(&["/", "Ctrl-u", "by:chi", "Space", "-kind:command", "Enter"]);
    room.shows(&["Balances on 4 nodes", "1 of 16"]);
    room.press(&["/", "Ctrl-u", "role:deputy", "Enter"]);
    room.shows(&["Outflow back", "1 of 16"]);
    room.press(&["/", "Ctrl-u", "kind:nonsense", "Enter"]);
    room.shows(&["16 of 16", "nonsense"]);
    room.press(&["/", "Ctrl-u", "no such words", "Enter"]);
    room.shows(&["nothing fits", "0 of 16"]);
    room.press(&["Esc", "Esc"]);
    room.shows(&["Outflow back", "entries per"]);
}

#[test]
fn a_filter_keeps_up_with_what_arrives() {
    let (mut room, id) = room((120, 36));
    room.press(&["/", "signer", "Enter"]);
    room.shows(&["3 of 16"]);
    room.story.writes(&bo(), id, EntryKind::Note, "the signer is back");
    room.story.writes(&bo(), id, EntryKind::Note, "nothing of the kind");
    room.publish();
    room.shows(&["4 of 18", "the signer is back"]);
    room.shows_not("nothing of the kind");
    room.press(&["Esc", "n"]);
    room.shows(&["nothing of the kind"]);
    room.press(&["N"]);
    room.shows(&["follows"]);
}

#[test]
fn earlier_filters_are_recalled_completed_and_put_back_as_over_incidents() {
    let (story, _) = withdrawals();
    let mut room = Room::new(story, "ana", (120, 36));
    room.press(&["2", "/", "by:chi", "Enter", "/", "Ctrl-u", "ki", "Tab", "com"]);
    room.shows(&["/kind:com", "2 of "]);
    // Esc puts back what stood there; without anything there, it takes the filter away.
    room.press(&["Esc"]);
    room.shows(&["/by:chi", "2 of "]);
    room.press(&["/", "Ctrl-u", "signer", "Enter", "/", "Up"]);
    room.shows(&["/signer"]);
    room.press(&["Up"]);
    room.shows(&["/by:chi"]);
    room.press(&["Down", "Down"]);
    room.shows(&["/signer"]);
    room.press(&["Esc", "Esc"]);
    assert!(room.model.timeline.filter.line.is_none(), "{}", room.screen());
    // In another incident, and after a restart.
    room.press(&["]", "2", "/", "Up"]);
    room.shows(&["/signer"]);
    room.press(&["Esc"]);
    let mut again = Room::opened(room.story, "ana", (120, 36), room.drafts);
    again.press(&["2", "/", "Up", "Up"]);
    again.shows(&["/by:chi"]);
}

#[test]
fn the_selected_entry_says_what_to_filter_by() {
    let (mut room, _) = room((120, 36));
    room.press(&["k", "k", "k", "k", "f"]);
    room.shows(&["Show only", "kind:communication", "by:eve", "to:customers"]);
    room.press(&["1"]);
    room.shows(&["1 of 16", "Status page updated"]);
    room.press(&[":", "only this person", "Enter"]);
    room.shows(&["kind:communication by:eve"]);
    room.press(&[":", "clear filter", "Enter"]);
    room.shows(&["Outflow back"]);
    room.shows_not("by:eve");
}

#[test]
fn going_to_a_time_lands_on_the_first_entry_from_then_on() {
    let (mut room, _) = room((80, 14));
    room.press(&["@", "15:10", "Enter"]);
    room.shows(&["the first entry from then on is at 15:11", "▌15:11", "follows"]);
    room.press(&["@", "2026-11-21", "Enter"]);
    room.shows(&["▌15:04"]);
    room.press(&["@", "half past nine", "Enter"]);
    room.shows(&["is not a time", "half past nine"]);
    room.press(&["Ctrl-u", "-0s", "Enter"]);
    room.shows(&["nothing was written at", "Outflow back"]);
}

#[test]
fn the_page_of_an_entry_reads_markdown_and_goes_on_to_the_next() {
    let (mut room, id) = room((120, 36));
    let text = "# Cause\nThe key **leaked** through `ci`.\n\n- rotate it\n- ask [dee](https://wiki/dee)\n\n```\nkubectl  get\n```";
    let first = room.story.writes(&bo(), id, EntryKind::Observation, text);
    let answer = NewEntry { reply_to: Some(first), ..NewEntry::new(EntryKind::Note, "rotated at 14:00") };
    room.story.does(&bo(), id, Command::AddEntry(answer)).unwrap();
    room.publish();
    room.shows(&["↳ re 16:48 rotated at 14:00"]);
    room.press(&["Enter"]);
    room.shows(&["INC-3 note by bo ─ 18 of 18", "answers", "bo observation: # Cause"]);
    room.press(&["N"]);
    room.shows(&[
        "INC-3 observation by bo ─ 17 of 18",
        "The key leaked through `ci`.",
        "- rotate it",
        "dee <https://wiki/dee>",
        "  kubectl  get",
    ]);
    room.shows(&["answered", "bo note: rotated at 14:00", "accepted", "happened", "then Deputy"]);
    room.press(&["N"]);
    room.shows(&["16 of 18"]);
    room.press(&["n", "n", "f"]);
    room.shows(&["17 of 18"]);
    room.press(&["Esc"]);
    room.shows(&["18 of 18"]);
    room.press(&["x", "wrong window", "Enter"]);
    room.shows(&["INC-3 note by bo, struck", "by ana at"]);
}

#[test]
fn the_history_of_an_entry_shows_what_changed_by_the_word() {
    let (mut room, _) = room((120, 36));
    room.press(&["i", "12 ETH gone", "Enter", "Esc", "e", "Ctrl-u", "12.4 ETH are gone", "Enter", "T", "-5m", "Enter"]);
    room.shows(&["▌16:43", "amended"]);
    room.press(&["Enter"]);
    room.shows(&["amended by ana at", "12{+.4+} ETH{+ are+} gone", "re-timed", "the time was wrong", "written by ana at", "12 ETH gone"]);
}

/// Two people amend the same entry, neither having seen the other's words.
pub fn crossed(size: (u16, u16)) -> (Room, IncidentId, EventId) {
    let (story, id) = withdrawals();
    let mut room = Room::new(story, "ana", size);
    let dee = person("dee", Scope::Commander);
    let entry = room.story.writes(&dee, id, EntryKind::Hypothesis, "Key of signer-3 leaked through the build cache");
    let amended = |text: &str| Command::reword(entry, text, "corrected");
    let me = room.me.clone();
    let mine = room.story.decide(&me, id, amended("Key of signer-3 leaked through the CI build cache")).unwrap();
    let theirs = room.story.decide(&bo(), id, amended("Keys of signer-3 leaked through the build cache, not proven")).unwrap();
    mine.into_iter().for_each(|event| room.story.accept(&me, event).unwrap());
    theirs.into_iter().for_each(|event| room.story.accept(&bo(), event).unwrap());
    room.publish();
    room.press(&["2"]);
    (room, id, entry)
}

#[test]
fn two_versions_are_both_visible_and_one_key_merges_them() {
    for size in [(120, 36), (80, 24)] {
        let (mut room, id, entry) = crossed(size);
        room.shows(&["two versions", "Keys of signer-3"]);
        room.press(&["!"]);
        room.shows(&["crossed"]);
        room.press(&["Esc", "Enter"]);
        room.shows(&["bo's version stands", "ana's version was overtaken", "{+CI +}", "{+, not", "m merges them"]);
        room.press(&["m"]);
        room.shows(&["Keys of signer-3 leaked through the CI build cache, not proven", "both changes are in it"]);
        room.press(&["Enter"]);
        room.shows_not("two versions");
        room.press(&["!"]);
        room.shows_not("crossed");
        let merged = room.story.incident(id).timeline.find(entry).unwrap();
        assert_eq!((&*merged.text, merged.conflict), ("Keys of signer-3 leaked through the CI build cache, not proven", false));
        assert!(room.story.incident(id).conflicts.is_empty());
    }
}

#[test]
fn one_of_two_versions_is_taken_by_one_key() {
    for (key, text) in
        [("1", "Keys of signer-3 leaked through the build cache, not proven"), ("2", "Key of signer-3 leaked through the CI build cache")]
    {
        let (mut room, id, entry) = crossed((120, 36));
        room.press(&["Enter", key]);
        room.shows_not("two versions");
        let stands = room.story.incident(id).timeline.find(entry).unwrap();
        assert_eq!((&*stands.text, stands.conflict, room.story.incident(id).conflicts.len()), (text, false, 0), "{key}");
    }
    let (mut room, id, entry) = crossed((120, 36));
    room.press(&["M", "Enter"]);
    assert!(!room.story.incident(id).timeline.find(entry).unwrap().conflict, "{}", room.screen());
}

#[test]
fn two_merges_that_cross_are_told_again() {
    let (mut room, id, entry) = crossed((120, 36));
    let dee = person("dee", Scope::Commander);
    let text = |text: &str| Command::reword(entry, text, "merged");
    let one = room.story.decide(&dee, id, text("one")).unwrap();
    let other = room.story.decide(&bo(), id, text("other")).unwrap();
    one.into_iter().for_each(|event| room.story.accept(&dee, event).unwrap());
    assert!(room.story.incident(id).conflicts.is_empty());
    other.into_iter().for_each(|event| room.story.accept(&bo(), event).unwrap());
    room.publish();
    room.shows(&["two versions", "other"]);
    assert_eq!(room.story.incident(id).conflicts.len(), 1);
}

fn long_story(entries: u32) -> (Story, IncidentId) {
    let mut story = Story::new();
    let ana = person("ana", Scope::Commander);
    let id = story.declares(&ana, "Everything at once");
    for number in 0..entries {
        let text = match number % 5 {
            0 => "short".to_owned(),
            1 => "取引所 ".repeat(number as usize % 40),
            2 => format!("line\n{number}\n\n👩\u{200d}👧 e\u{301}"),
            3 => "words that go on ".repeat(number as usize % 90 + 1),
            _ => "x".repeat(number as usize * 7 % 900 + 1),
        };
        if number.is_multiple_of(6) {
            story.wait(i64::from(number));
        }
        let entry = NewEntry { reply_to: Some(id.into_event()).filter(|_| number % 4 == 1), ..NewEntry::new(EntryKind::Note, text) };
        story.does(&ana, id, Command::AddEntry(entry)).unwrap();
    }
    (story, id)
}

trait IntoEvent {
    fn into_event(self) -> EventId;
}

impl IntoEvent for IncidentId {
    fn into_event(self) -> EventId {
        EventId(self.0)
    }
}

trait ParseChord {
    fn parse_chord(&self) -> warroom::tui::chord::Chord;
}

impl ParseChord for str {
    fn parse_chord(&self) -> warroom::tui::chord::Chord {
        warroom::tui::chord::Chord::parse(self).expect("a chord")
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_selected_entry_is_on_screen_at_any_size(
        steps in prop::collection::vec((0usize..16, 40u16..200, 10u16..60), 1..30),
    ) {
        let (story, id) = long_story(60);
        let mut room = Room::new(story, "ana", (80, 24));
        room.press(&["2"]);
        let keys = ["j", "k", "g", "G", "PgUp", "PgDn", "Ctrl-d", "Ctrl-u", "k", "k", "n", "z", "i", "Esc", "t", "/"];
        for (key, columns, rows) in steps {
            match keys[key] {
                "/" => room.press(&["/", "short", "Enter"]),
                key => room.press(&[key]),
            }
            if key % 3 == 0 {
                room.resize(columns, rows);
                room.story.writes(&bo(), id, EntryKind::Note, "short news");
                room.publish();
            }
            room.tell(Msg::Rang(Timer::Sift));
            let is_reading = room.model.write.is_none() && room.model.overlays.is_empty();
            let has_entries = room.model.current().is_some_and(|incident| room.model.timeline.selected_entry(incident).is_some());
            if is_reading && has_entries && room.model.place() == warroom::tui::keymap::Place::Timeline {
                prop_assert!(room.screen().contains('▌'), "{}", room.screen());
            }
        }
    }
}

#[test]
fn the_page_of_an_entry_says_which_record_it_is_and_the_hash_of_its_bytes() {
    let (mut room, _) = room((80, 24));
    room.press(&["G", "Enter", "G"]);
    room.shows(&["as record", &format!("sha256     {}", "5ea1".repeat(16))]);
    room.press(&["y"]);
    let copied = room.done.iter().find_map(|effect| if let Effect::Copy(text) = effect { Some(text.as_str()) } else { None });
    assert!(copied.is_some_and(|text| text.contains(&"5ea1".repeat(16))), "{copied:?}");
}

#[test]
fn what_is_told_afterwards_is_marked_names_its_recorder_once_and_is_drawn_up_to_its_end() {
    let text = "# Signer down\n\n## Timeline\n\n- 2024-01-05 08:00 UTC signer-3 answers no more\n- 2024-01-05 08:40 UTC Restarted with the old image\n\
                - 2024-01-05 09:10 UTC It signs again\n";
    let past = warroom::import::markdown::read(text, "2024-01-05-signer-down", Default::default()).expect("a post-mortem").past;
    for size in [(120, 36), (80, 24), (40, 12)] {
        let (mut story, _) = withdrawals();
        for event in past.events.clone() {
            story.accept(&person("ana", Scope::Commander), event).expect("told afterwards");
        }
        let mut room = Room::new(story, "ana", size);
        room.press(&[":", "INC-4", "Enter", "2"]);
        room.shows(&["PAST", "INC-4", "closed", "It signs again"]);
        let screen = room.screen();
        assert_eq!(screen.matches("recorded by ana").count(), usize::from(size.0 > 60), "{screen}");
        assert!(size.0 < 80 || screen.contains("per 5 min"), "the rhythm is of the incident, not of the years since:\n{screen}");
        insta::assert_snapshot!(format!("past_{}x{}", size.0, size.1), screen);
    }
}
