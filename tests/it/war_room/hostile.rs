//! Any key, any size, any text: no panic, no byte that acts on a terminal, a layout that holds.

use super::room::Room;
use super::room::text_of;
use super::withdrawals;
use crate::story::Story;
use crate::story::person;
use proptest::prelude::*;
use warroom::domain::*;
use warroom::tui::chord::Chord;
use warroom::tui::glyphs::GlyphSet;
use warroom::tui::input::Input;
use warroom::tui::keymap::Keymap;
use warroom::tui::msg::Msg;

const HOSTILE: &str = "\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}[2J\u{202e}drowssap\u{2066}\u{9b}31m\u{e0041}资金被盗👩‍👩‍👧‍👦e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\tx\r\ny";

fn hostile_room(size: (u16, u16)) -> Room {
    let mut story = Story::new();
    let ana = person("ana", Scope::Commander);
    let id = story.declares(&ana, HOSTILE);
    story.does(&ana, id, Command::TakeCommand { reason: String::new() }).expect("command");
    story.writes(&ana, id, EntryKind::Observation, HOSTILE);
    story.writes(&ana, id, EntryKind::Evidence, &HOSTILE.repeat(300));
    let mut said = NewEntry::new(EntryKind::Communication, HOSTILE);
    said.audience = Some(HOSTILE.chars().filter(|c| !c.is_whitespace()).take(60).collect());
    // A server may refuse such an audience; what came from elsewhere is shown all the same.
    let _ = story.does(&ana, id, Command::AddEntry(said));
    let task = Command::GiveTask { person: Person::new("ana"), text: HOSTILE.into(), due_at: None };
    story.does(&ana, id, task).expect("a task");
    Room::new(story, "ana", size)
}

fn is_harmless(screen: &str) -> bool {
    screen.chars().all(|c| {
        c == '\n'
            || !(c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}'))
    })
}

#[test]
fn hostile_text_is_shown_harmless_and_keeps_the_layout() {
    for size in [(120, 36), (80, 24), (40, 12), (1, 1), (1000, 300), (39, 9)] {
        let ways = [&["2"][..], &["2", "g", "Enter"], &["1"], &["4"], &["3"], &["!"], &["E"], &["s"], &["p"], &["i"], &[":"]];
        // A frame of 300 000 cells is looked at twice, not eleven times.
        for keys in ways.into_iter().take(if size.0 > 500 { 2 } else { ways.len() }) {
            let mut room = hostile_room(size);
            room.press(keys);
            let screen = room.screen();
            assert!(is_harmless(&screen), "{size:?} {keys:?}\n{screen:?}");
            let plain = Room::new(Story::new(), "ana", size);
            assert_eq!(screen.lines().count(), plain.screen().lines().count());
        }
    }
    let room = hostile_room((120, 36));
    room.shows(&["␛]52", "<U+202E>"]);
    let frames = room.screen().lines().filter(|line| line.ends_with('│') || line.ends_with('╮') || line.ends_with('╯')).count();
    assert_eq!(frames, 34, "every row of the body ends at its frame:\n{}", room.screen());
}

#[test]
fn a_resize_storm_ends_in_the_right_frame() {
    let (story, _) = withdrawals();
    let mut room = Room::new(story, "ana", (120, 36));
    room.press(&["2", "i", "still here"]);
    let before = room.frame();
    for step in 0..400u16 {
        room.resize(step * 37 % 310, step * 17 % 101);
        let _ = room.frame();
    }
    room.resize(120, 36);
    assert_eq!(room.frame(), before);
}

#[test]
fn small_terminals_get_one_honest_line() {
    let (story, _) = withdrawals();
    let room = Room::new(story, "ana", (38, 9));
    room.shows(&["P1 INC-3 mitigating"]);
    assert_eq!(room.screen().trim_end().lines().count(), 1);
}

#[test]
fn ascii_and_no_colour_lose_no_word() {
    let (story, _) = withdrawals();
    let mut room = Room::with(story, "ana", (120, 36), |setup| setup.look.glyphs = GlyphSet::Ascii);
    room.is_online = false;
    room.press(&["i", "by hand", "Enter", "Esc"]);
    room.shows(&["o not sent", "VACANT", "OVERDUE"]);
    let screen = room.screen();
    assert!(screen.is_ascii(), "{screen}");
}

fn any_chord() -> impl Strategy<Value = Chord> {
    let map = Keymap::standard().expect("a key map");
    let known: Vec<Chord> = map.bindings().iter().flat_map(|binding| binding.keys.clone()).collect();
    let digits = (0u8..10).prop_map(|digit| Chord::char(char::from(b'0' + digit)));
    prop_oneof![8 => prop::sample::select(known), 2 => digits, 2 => any::<char>().prop_map(Chord::char)]
}

#[derive(Debug, Clone)]
enum Step {
    Key(Chord),
    Paste(String),
    Resize(u16, u16),
    News,
    Offline(bool),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => any_chord().prop_map(Step::Key),
        1 => any::<String>().prop_map(Step::Paste),
        1 => (0u16..300, 0u16..100).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
        1 => Just(Step::News),
        1 => any::<bool>().prop_map(Step::Offline),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_keys_at_any_size_never_panic_and_never_leak(steps in prop::collection::vec(any_step(), 1..250)) {
        let (story, id) = withdrawals();
        let mut room = Room::new(story, "ana", (80, 24));
        let bo = person("bo", Scope::Commander);
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Key(chord) => room.tell(Msg::Input(Input::Key(chord))),
                Step::Paste(text) => room.tell(Msg::Input(Input::Paste(text))),
                Step::Resize(columns, rows) => room.resize(columns, rows),
                Step::Offline(is_offline) => room.is_online = !is_offline && room.unsent.is_empty(),
                Step::News => {
                    // The incident may be merged or closed by now; then there is no news.
                    let note = Command::AddEntry(NewEntry::new(EntryKind::Note, format!("news {number} {HOSTILE}")));
                    let _ = room.story.does(&bo, id, note);
                    room.publish();
                }
            }
            if number % 5 == 0 {
                let screen = text_of(&room.frame());
                prop_assert!(is_harmless(&screen), "{:?}", screen);
            }
        }
    }
}

#[test]
fn a_terminal_that_changed_its_size_before_the_program_was_told_is_drawn_all_the_same() {
    let sizes = [(1, 1), (1, 2), (300, 100), (39, 9), (2, 50), (120, 2), (40, 10), (250, 24), (80, 24), (120, 36)];
    for keys in [&[][..], &["i", "words"], &["p"], &["?"], &["2", "Enter"], &["D"], &["z"], &["/", "x"], &["3"]] {
        for told in sizes {
            let (story, _) = withdrawals();
            let mut room = Room::new(story, "ana", (120, 36));
            room.press(keys);
            room.resize(told.0, told.1);
            for (columns, rows) in sizes {
                room.drawn(ratatui::layout::Rect::new(0, 0, columns, rows));
            }
        }
    }
}
