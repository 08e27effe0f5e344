//! Real screens at the sizes people have.

use super::room::Room;
use super::withdrawals;

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

fn check(name: &str, keys: &[&str]) {
    for (columns, rows) in SIZES {
        let (story, _) = withdrawals();
        let mut room = Room::new(story, "ana", (columns, rows));
        room.press(keys);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), room.screen());
        dump(&room, &format!("{name}_{columns}x{rows}"));
    }
}

/// With WARROOM_DRAW_SCREENS naming a folder, every frame is written there with its colours.
fn dump(room: &Room, name: &str) {
    let Ok(folder) = std::env::var("WARROOM_DRAW_SCREENS") else { return };
    let path = std::path::Path::new(&folder).join(format!("{name}.ansi"));
    std::fs::write(path, super::room::ansi_of(&room.frame())).expect("a file");
}

#[test]
fn the_war_room() {
    check("war_room", &["2"]);
}

#[test]
fn the_write_box() {
    check("write", &["i", "= ", "Resume BTC withdrawals at 25 % after a second validation"]);
}

#[test]
fn the_assessment() {
    check("assess", &["p", "Tab", "Tab"]);
}

#[test]
fn the_incidents() {
    check("incidents", &["1"]);
}

#[test]
fn the_matrix() {
    check("matrix", &["3"]);
}

#[test]
fn the_roles() {
    check("roles", &["4"]);
}

#[test]
fn the_status_list() {
    check("status", &["s"]);
}

#[test]
fn what_needs_attention() {
    check("attention", &["!"]);
}

#[test]
fn help_for_the_timeline() {
    check("help", &["2", "?"]);
}

#[test]
fn an_entry_in_detail() {
    check("detail", &["2", "k", "k", "Enter"]);
}

#[test]
fn the_offer_with_its_briefing() {
    check("offer", &["o", "bo", "Enter"]);
}

#[test]
fn a_declaration_half_written() {
    check("declare", &["D", "Validators at risk of double signing"]);
}

#[test]
fn the_palette() {
    check("palette", &[":", "com"]);
}

/// A new P1 while one reads: one line, no keys taken, nothing else moved.
#[test]
fn a_new_p1() {
    for (columns, rows) in SIZES {
        let (story, _) = withdrawals();
        let mut room = Room::new(story, "ana", (columns, rows));
        room.press(&["2"]);
        let bo = crate::story::person("bo", warroom::domain::Scope::Commander);
        let new = room.story.declares(&bo, "Validators at risk of double signing");
        let severity = warroom::domain::Severity::new(1).expect("1");
        let rated = warroom::domain::Command::SetSeverity { severity, reason: String::new() };
        room.story.does(&bo, new, rated).expect("rated");
        room.publish();
        insta::assert_snapshot!(format!("new_p1_{columns}x{rows}"), room.screen());
        dump(&room, &format!("new_p1_{columns}x{rows}"));
    }
}

#[test]
fn an_empty_room_says_what_to_do_first() {
    for (columns, rows) in SIZES {
        let room = Room::new(crate::story::Story::new(), "ana", (columns, rows));
        insta::assert_snapshot!(format!("empty_{columns}x{rows}"), room.screen());
        dump(&room, &format!("empty_{columns}x{rows}"));
    }
}
