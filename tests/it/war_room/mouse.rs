//! Clicks and the wheel, where they are wanted.

use super::room::Room;
use super::withdrawals;
use warroom::domain::EntryKind;
use warroom::domain::Scope;
use warroom::tui::effect::Effect;
use warroom::tui::input::Input;
use warroom::tui::input::Touch;
use warroom::tui::input::Touched;
use warroom::tui::layout::Pane;
use warroom::tui::msg::Msg;
use warroom::tui::overlays::Overlay;
use warroom::tui::overlays::pick::ListOf;

fn room(size: (u16, u16)) -> Room {
    let (story, _) = withdrawals();
    Room::with(story, "ana", size, |setup| setup.custom.has_mouse = true)
}

fn touch(room: &mut Room, what: Touched, x: u16, y: u16) {
    room.tell(Msg::Input(Input::Mouse(Touch { what, x, y })));
}

/// Clicks the first cell of the first row that holds these words.
fn click(room: &mut Room, words: &str) {
    let (x, y) = place(room, words);
    touch(room, Touched::Click, x, y);
}

fn place(room: &Room, words: &str) -> (u16, u16) {
    let screen = room.screen();
    let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains(words)).unwrap_or_else(|| panic!("`{words}` in\n{screen}"));
    let before = line.split(words).next().expect("words");
    (unicode_width::UnicodeWidthStr::width(before) as u16, y as u16)
}

#[test]
fn it_is_off_until_it_is_wanted() {
    let (story, _) = withdrawals();
    let mut room = Room::new(story, "ana", (120, 36));
    assert!(!room.done.contains(&Effect::Mouse(true)), "selecting text works");
    let before = room.screen();
    click(&mut room, "INC-2 eth");
    assert_eq!(room.screen(), before);
    room.press(&[":", "mouse", "Enter"]);
    assert!(room.done.contains(&Effect::Mouse(true)));
    room.shows(&["Shift"]);
    click(&mut room, "INC-2 eth");
    room.shows(&["2 Timeline ─ INC-2"]);
    room.press(&[":", "mouse", "Enter"]);
    assert!(room.done.contains(&Effect::Mouse(false)));
}

#[test]
fn a_click_selects_and_a_second_one_opens() {
    let mut room = room((120, 36));
    assert!(room.done.contains(&Effect::Mouse(true)), "as configured");
    click(&mut room, "Suspend withdrawals");
    assert_eq!(room.model.focus, Pane::Timeline);
    let (_, y) = place(&room, "Suspend withdrawals");
    assert!(room.screen().lines().nth(usize::from(y)).expect("a row").contains('▌'), "{}", room.screen());
    assert!(room.model.overlays.is_empty());
    click(&mut room, "Suspend withdrawals");
    assert_eq!(room.model.overlays.len(), 1, "opened in detail");
    room.press(&["Esc"]);
    click(&mut room, "4 Roles");
    assert_eq!(room.model.focus, Pane::Roles);
}

#[test]
fn the_wheel_moves_what_is_under_it_and_leaves_the_hands_where_they_are() {
    let mut room = room((120, 36));
    room.press(&["1"]);
    let (x, y) = place(&room, "Outflow back");
    for _ in 0..3 {
        touch(&mut room, Touched::WheelUp, x, y);
    }
    assert_eq!(room.model.focus, Pane::Incidents);
    assert!(room.model.timeline.selected.is_some(), "the timeline left its end");
    room.press(&["?"]);
    let before = room.screen();
    touch(&mut room, Touched::WheelDown, 60, 18);
    assert_ne!(room.screen(), before, "a list over the panes scrolls too");
}

#[test]
fn a_click_on_a_row_of_a_list_chooses_it() {
    let mut room = room((80, 24));
    room.press(&["s"]);
    click(&mut room, "contained");
    assert!(room.model.overlays.len() <= 1);
    room.shows_not("Status of");
    let mut room = self::room((120, 36));
    room.press(&["y"]);
    click(&mut room, "a link to it");
    assert!(room.done.iter().any(|effect| matches!(effect, Effect::Copy(link) if link.starts_with("warroom://"))));
}

#[test]
fn a_click_into_the_box_or_a_field_places_the_cursor() {
    let mut room = room((120, 36));
    room.press(&["i", "Resume withdrawals 取引"]);
    click(&mut room, "withdrawals 取引");
    room.press(&["BTC "]);
    room.shows(&["Resume BTC withdrawals 取引"]);
    click(&mut room, "引");
    room.press(&["x"]);
    room.shows(&["取x引"]);
    room.press(&["Esc", "D", "Validators at risk"]);
    click(&mut room, "at risk");
    room.press(&["all "]);
    room.shows(&["Validators all at risk"]);
}

#[test]
fn while_one_writes_clicks_and_wheel_never_move_the_box_to_another_incident() {
    let mut room = room((120, 36));
    room.press(&["i", "half a sentence"]);
    click(&mut room, "INC-2 eth");
    touch(&mut room, Touched::WheelDown, 5, 5);
    room.press(&[" more"]);
    room.shows(&["Write to P1 INC-3", "half a sentence more", "2 Timeline ─ INC-3"]);
}

#[test]
fn a_tab_of_a_narrow_screen_is_a_place_to_click() {
    let mut room = room((80, 24));
    click(&mut room, "3 Matrix");
    assert_eq!(room.model.focus, Pane::Matrix);
    room.resize(40, 12);
    touch(&mut room, Touched::Click, 3, 1);
    assert_eq!(room.model.focus, Pane::Timeline, "the digit is the tab: {}", room.screen());
}

#[test]
fn a_click_on_the_line_of_a_new_p1_goes_there() {
    let mut room = room((120, 36));
    let bo = crate::story::person("bo", Scope::Commander);
    let new = room.story.declares(&bo, "Validators at risk");
    let rated = warroom::domain::Command::SetSeverity { severity: warroom::domain::Severity::new(1).expect("1"), reason: String::new() };
    room.story.does(&bo, new, rated).expect("rated");
    room.story.writes(&bo, new, EntryKind::Note, "there it is");
    room.publish();
    click(&mut room, "NEW P1");
    assert_eq!(room.model.in_hand, Some(new));
}

#[test]
fn a_click_on_a_cell_of_the_matrix_takes_its_incident_in_hand_and_a_second_one_opens_it() {
    for size in [(120, 36), (80, 24), (40, 12)] {
        let mut room = room(size);
        room.press(&["3"]);
        click(&mut room, "?INC-2");
        assert_eq!(room.model.focus, Pane::Matrix);
        assert_eq!(room.model.in_hand.map(|id| room.model.code_of(id)).as_deref(), Some("INC-2"), "{}", room.screen());
        let (x, y) = place(&room, "▌INC-2");
        touch(&mut room, Touched::Click, x, y);
        let opens = matches!(room.model.overlays.last(), Some(Overlay::List(list)) if matches!(list.of, ListOf::Cell(_)));
        assert!(opens || room.model.focus == Pane::Timeline, "{}", room.screen());
    }
}

#[test]
fn a_click_in_the_assessment_goes_to_the_field_under_it_and_records_nothing() {
    for size in [(120, 36), (80, 24)] {
        let mut room = room(size);
        room.press(&["p"]);
        for field in ["Service criticality", "Severity", "Reason"] {
            click(&mut room, field);
            let (_, y) = place(&room, field);
            let row = room.screen().lines().nth(usize::from(y)).expect("a row").to_owned();
            assert!(row.contains('▌'), "{field}: {}", room.screen());
        }
        room.press(&["clicked here"]);
        room.shows(&["clicked here"]);
        assert!(room.asked.iter().all(|request| !matches!(request, warroom::replica::request::Request::Command { .. })));
    }
}
