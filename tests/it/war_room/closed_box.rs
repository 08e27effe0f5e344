//! The place of the write box on tall screens, while nobody writes.

use super::room::Room;
use super::withdrawals;
use warroom::tui::input::Input;
use warroom::tui::input::Touch;
use warroom::tui::input::Touched;
use warroom::tui::layout::Pane;
use warroom::tui::msg::Msg;

const TALL: (u16, u16) = (200, 50);

fn room(size: (u16, u16)) -> Room {
    let (story, _) = withdrawals();
    Room::with(story, "ana", size, |setup| setup.custom.has_mouse = true)
}

/// The rows inside of the timeline.
fn timeline(room: &Room) -> Vec<String> {
    let (frame, inside) = (room.frame(), room.model.areas().inside(Pane::Timeline));
    inside.rows().map(|row| row.columns().map(|cell| frame[(cell.x, cell.y)].symbol().to_owned()).collect()).collect()
}

#[test]
fn opening_and_leaving_the_box_moves_nothing_one_reads() {
    let mut room = room(TALL);
    let before = timeline(&room);
    room.shows(&["╭ Write to P1 INC-3 ", "i writes what happens"]);
    room.press(&["i"]);
    assert_eq!(timeline(&room), before);
    room.shows(&["Write to P1 INC-3 ─ note", "Enter record"]);
    room.press(&["w", "o", "r", "d", "Esc"]);
    assert_eq!(timeline(&room), before);
    room.shows(&["i goes on with your draft"]);
}

#[test]
fn a_click_on_its_place_opens_the_box() {
    let mut room = room(TALL);
    let place = room.model.areas().write;
    room.tell(Msg::Input(Input::Mouse(Touch { what: Touched::Click, x: place.x + 2, y: place.y + 1 })));
    assert!(room.model.write.is_some());
}

#[test]
fn it_has_no_place_where_rows_are_few_or_nobody_may_write() {
    assert_eq!(room((120, 36)).model.areas().write.height, 0);
    let (story, _) = withdrawals();
    let reader = Room::with(story, "ana", TALL, |setup| setup.is_read_only = true);
    assert_eq!(reader.model.areas().write.height, 0);
}

#[test]
fn its_title_has_the_marks_of_every_title() {
    let mut room = room(TALL);
    room.press(&[":", "present", "Enter"]);
    room.shows(&["Write to PRESENTING P1 INC-3"]);
}
