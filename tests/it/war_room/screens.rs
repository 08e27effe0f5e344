//! Real screens at the sizes people have.

use super::room::Room;
use super::withdrawals;

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

/// Screens by name and the keys that lead to them.
pub const ALL: [(&str, &[&str]); 39] = [
    ("war_room", &["2"]),
    ("write", &["i", "= ", "Resume BTC withdrawals at 25 % after a second validation"]),
    ("assess", &["p", "Tab", "Tab"]),
    ("incidents", &["1"]),
    ("columns", &["1", "z", "j", "Space", "/", "e"]),
    ("views", &["1", "/", "p:1..2", "Enter", "v"]),
    ("merge", &["1", "j", "m", "withd", "Enter"]),
    ("matrix", &["3"]),
    ("roles", &["4"]),
    ("ratings", &["3", "p", "O", "4", "a false alarm", "Enter", "="]),
    ("duty", &["4", "j", "Enter"]),
    ("handovers", &["4", "="]),
    ("status", &["s"]),
    ("attention", &["!"]),
    ("help", &["2", "?"]),
    ("detail", &["2", "k", "k", "Enter"]),
    ("filter", &["2", "/", "kind:decision,hypothesis,validation", "Enter"]),
    ("offer", &["o", "bo", "Enter"]),
    ("declare", &["D", "Validators at risk of double signing"]),
    ("palette", &[":", "com"]),
    ("assign", &["a"]),
    ("assign_to", &["a", "sec", "Enter"]),
    ("task", &["b", "chi", "Enter", "check signer-3"]),
    ("tasks", &["B"]),
    ("edit", &["E"]),
    ("search", &["F", "signer"]),
    ("log", &["L"]),
    ("copy", &["2", "k", "y"]),
    ("themes", &[":", "theme", "Enter"]),
    ("strike", &["2", "k", "k", "k", "k", "k", "x"]),
    ("retime", &["2", "k", "k", "k", "k", "k", "T"]),
    ("go_to_time", &["2", "@", "15:11"]),
    ("close", &["s", "8"]),
    ("take", &["1", "j", "C"]),
    ("brief", &[":", "read the briefing", "Enter"]),
    ("only", &["2", "f"]),
    ("help_write", &["i", "F1"]),
    ("presenting", &[":", "present", "Enter", "2"]),
    ("marked", &["1", "*", "p"]),
];

#[test]
fn every_pane_and_what_lies_over_it() {
    for (name, keys) in ALL {
        check_keys(name, keys);
    }
}

fn check_keys(name: &str, keys: &[&str]) {
    for (columns, rows) in SIZES {
        let (story, _) = withdrawals();
        let mut room = Room::new(story, "ana", (columns, rows));
        room.press(keys);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), room.screen());
        dump(&mut room, &format!("{name}_{columns}x{rows}"));
    }
}

/// With WARROOM_DRAW_SCREENS naming a folder, every frame is written there with its colours, dark and light.
fn dump(room: &mut Room, name: &str) {
    let Ok(folder) = std::env::var("WARROOM_DRAW_SCREENS") else { return };
    for theme in ["light", "dark"] {
        let look = std::sync::Arc::make_mut(&mut room.model.look);
        look.theme = warroom::tui::theme::Theme::shipped(theme, warroom::tui::colour::Depth::True).expect("a theme");
        let path = std::path::Path::new(&folder).join(format!("{name}_{theme}.ansi"));
        std::fs::write(path, super::room::ansi_of(&room.frame())).expect("a file");
    }
}

#[test]
fn the_words_on_offer() {
    check_keys("write_people", &["i", "! ", "ask @"]);
    check_keys("write_commands", &["i", "/"]);
    check_keys("write_arguments", &["i", "/assign sc"]);
}

#[test]
fn amending_replying_and_what_stops_a_line() {
    check_keys("write_amend", &["i", "Balances agre", "Enter", "Up"]);
    check_keys("write_reply", &["2", "k", "k", "r", "+ok ", "seen on all five nodes"]);
    check_keys("write_secret", &["i", "leaked: c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00", "Enter"]);
    check_keys("write_error", &["i", "/assign captain bo", "Enter"]);
    check_keys("write_retimed", &["i", "@-12m ", ">customers ", "取引所の出金を止めました 👩‍🚒 e\u{301}te\u{301}"]);
    check_keys("drafts", &["i", "half a thought", "Esc", "D", "Validators at risk", "Esc", ":", "drafts", "Enter"]);
}

#[test]
fn what_came_while_one_was_away() {
    for (columns, rows) in SIZES {
        let (story, id) = withdrawals();
        let mut room = Room::new(story, "ana", (columns, rows));
        room.press(&["2"]);
        room.story.wait(7);
        let bo = crate::story::person("bo", warroom::domain::Scope::Commander);
        room.story.does(&bo, id, warroom::domain::Command::TakeCommand { reason: "ana is away".into() }).expect("command");
        room.story.writes(&bo, id, warroom::domain::EntryKind::Action, "Signer-3 is cut off");
        room.wait(14);
        insta::assert_snapshot!(format!("away_{columns}x{rows}"), room.screen());
        dump(&mut room, &format!("away_{columns}x{rows}"));
    }
}

#[test]
fn two_versions_of_an_entry() {
    for size in SIZES {
        let (mut room, ..) = super::timeline::crossed(size);
        room.press(&["Enter"]);
        insta::assert_snapshot!(format!("versions_{}x{}", size.0, size.1), room.screen());
        dump(&mut room, &format!("versions_{}x{}", size.0, size.1));
    }
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
        dump(&mut room, &format!("new_p1_{columns}x{rows}"));
    }
}

#[test]
fn an_empty_room_says_what_to_do_first() {
    for (columns, rows) in SIZES {
        let mut room = Room::new(crate::story::Story::new(), "ana", (columns, rows));
        insta::assert_snapshot!(format!("empty_{columns}x{rows}"), room.screen());
        dump(&mut room, &format!("empty_{columns}x{rows}"));
    }
}
