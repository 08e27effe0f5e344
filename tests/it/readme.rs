//! The README's tables and pictures are made by the program itself. After a change: `WARROOM_WRITE_README=1 cargo test readme`.

use crate::war_room::room::Room;
use crate::war_room::withdrawals;
use std::fmt::Write;
use std::path::Path;
use std::sync::Mutex;
use warroom::tui::keymap::Keymap;
use warroom::tui::keymap::Place;

/// One test writes at a time.
static FILE: Mutex<()> = Mutex::new(());

/// Holds the text between two headings of the README to what it is made from, or writes it there.
pub fn section(from: &str, to: &str, made: &str) {
    let _alone = FILE.lock().expect("no test died while writing");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).expect("the README");
    let (before, rest) = text.split_once(&format!("{from}\n")).unwrap_or_else(|| panic!("a section `{from}`"));
    let (_, after) = rest.split_once(&format!("{to}\n")).unwrap_or_else(|| panic!("a section `{to}`"));
    let wanted = format!("{before}{from}\n\n{made}\n{to}\n{after}");
    if std::env::var_os("WARROOM_WRITE_README").is_some() {
        std::fs::write(&path, &wanted).expect("the README written");
        return;
    }
    assert!(text == wanted, "`{from}` of the README is not what the program makes; run `WARROOM_WRITE_README=1 cargo test readme`");
}

#[test]
fn the_key_table_is_the_keymap() {
    let keymap = Keymap::standard().expect("the built-in keys");
    let mut table = String::from(
        "`?` or F1 shows those of where you are; lists, pages and forms show their own at their foot. All of them can be changed; see\n`assets/keymap.toml`.\n",
    );
    let told = [Place::Everywhere, Place::Incidents, Place::Timeline, Place::Matrix, Place::Roles, Place::Write];
    for place in told {
        writeln!(table, "\n| {} | |\n|---|---|", place.name()).expect("text");
        for binding in keymap.bindings().iter().filter(|binding| binding.place == place && !binding.keys.is_empty()) {
            let keys = binding.keys_text().replace('|', "\\|");
            writeln!(table, "| `{keys}` | {} |", binding.says).expect("text");
        }
    }
    section("## Keys", "## Licence", &table);
}

#[test]
fn the_first_picture_is_what_the_screen_shows() {
    let (story, _) = withdrawals();
    let mut room = Room::new(story, "ana", (120, 36));
    room.press(&["i", "= ", "Resume BTC withdrawals at 25 % after a second validation"]);
    let made = format!("```text\n{}\n```\n", room.screen().trim_end());
    section("validators, custody, DeFi protocols.", "## Two commands", &made);
}

#[test]
fn the_gallery_is_what_the_screens_show() {
    let screens: [(&str, (u16, u16), &[&str]); 4] = [
        ("Assessing: one digit a level, the priority it would give is shown before it is recorded", (100, 30), &["p", "Tab", "Tab", "3"]),
        ("Offering command: the briefing that is recorded with it", (100, 30), &["o", "bo", "Enter"]),
        ("What needs a person now", (80, 24), &["!"]),
        ("The same room on a phone", (40, 12), &["2"]),
    ];
    let mut made = String::from("Drawn by the tests from the program's own screens.\n");
    for (says, size, keys) in screens {
        let (story, _) = withdrawals();
        let mut room = Room::new(story, "ana", size);
        room.press(keys);
        write!(made, "\n{says}:\n\n```text\n{}\n```\n", room.screen().trim_end()).expect("text");
    }
    section("## Screens", "## Keys", &made);
}
