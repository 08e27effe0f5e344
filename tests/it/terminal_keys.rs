//! Keys as terminals send them: merged, enhanced, pasted, in bursts, and by mouse.

use crate::stage::Home;
use crate::stage::Tty;
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_warroom");

fn with_incident() -> (Home, Tty) {
    let home = Home::new();
    home.ok(&["declare", "Signer is offline"]);
    let tty = Tty::open(&home, &[PROGRAM], "Signer is offline");
    (home, tty)
}

#[test]
fn an_unbound_alt_key_is_escape_and_then_the_key() {
    let (_home, mut tty) = with_incident();
    tty.press("?");
    tty.wait_for("Keys:");
    tty.press("\x1bq");
    assert_eq!(tty.ended().1, 0, "Esc closed the list and q quit");
}

#[test]
fn new_lines_come_from_every_key_that_means_one() {
    let (_home, mut tty) = with_incident();
    tty.press("i");
    tty.wait_for("Write to");
    for (word, key) in [("one", "\x1b[13;2u"), ("two", "\x1b\r"), ("three", "\\\r")] {
        tty.type_words(word);
        tty.press(key);
        std::thread::sleep(Duration::from_millis(60));
    }
    tty.type_words("four");
    tty.wait("four rows in the box", |screen| {
        let rows: Vec<&str> = screen.lines().collect();
        let first = rows.iter().position(|row| row.starts_with("│ one"));
        first.is_some_and(|at| ["two", "three", "four"].iter().zip(at + 1..).all(|(word, at)| rows[at].starts_with(&format!("│ {word}"))))
    });
    tty.press("\r");
    tty.wait("recorded as one entry", |screen| screen.lines().any(|line| line.contains("one") && !line.starts_with('│')));
}

#[test]
fn a_paste_outside_a_box_is_no_command_but_opens_one() {
    let (_home, mut tty) = with_incident();
    tty.press("\x1b[200~quit now\rDq\x1b[201~");
    tty.wait_for("│ quit now");
    tty.wait_for("│ Dq");
}

#[test]
fn a_burst_is_a_paste_even_where_nothing_brackets_it() {
    let (_home, mut tty) = with_incident();
    tty.press("qDx burst\rof words");
    tty.wait_for("│ qDx burst");
    tty.wait_for("│ of words");
}

#[test]
fn the_mouse_is_taken_where_it_is_wanted_and_given_back() {
    let home = Home::new();
    let config = home.file("config.toml", "mouse = true\n");
    let home = home.with("WARROOM_CONFIG", config.to_str().expect("a path"));
    home.ok(&["declare", "Signer is offline"]);
    let mut tty = Tty::open(&home, &[PROGRAM], "Signer is offline");
    assert!(tty.sent(b"\x1b[?1000h") && tty.sent(b"\x1b[?1006h"));
    let row = tty.seen().screen().contents().lines().nth(1).expect("tabs").to_owned();
    let column = row.find("3 Matrix").expect("a tab") + 2;
    tty.press(&format!("\x1b[<0;{column};2M\x1b[<0;{column};2m"));
    tty.wait_for("3 MATRIX");
    tty.press("q");
    tty.ended();
    tty.is_restored();
    let (_home, quiet) = with_incident();
    assert!(!quiet.sent(b"\x1b[?1000h"), "off where nobody asked for it");
}

#[test]
fn a_theme_and_keys_change_while_the_program_runs() {
    let home = Home::new();
    let theme = home.file("mine.toml", "inherits = \"dark\"\n");
    let keys = home.file("keys.toml", "");
    let config = format!("theme = {theme:?}\nkeymap = {keys:?}\n");
    let config = home.file("config.toml", config);
    let home = home.with("WARROOM_CONFIG", config.to_str().expect("a path")).with("COLORTERM", "truecolor");
    home.ok(&["declare", "Signer is offline"]);
    let mut tty = Tty::open(&home, &[PROGRAM], "Signer is offline");
    let colour = b"48;2;1;2;3";
    assert!(!tty.sent(colour));
    home.file("mine.toml", "inherits = \"dark\"\n[styles]\nheader = { fg = \"text\", bg = \"#010203\" }\n");
    crate::stage::eventually("the new colour", || tty.sent(colour).then_some(()));
    home.file("mine.toml", "inherits = \"dark\"\n[styles]\nheadr = { bold = true }\n");
    tty.wait_for("mine.toml:3");
    home.file("keys.toml", "[everywhere]\nwrite = [\"w\"]\n");
    tty.wait_for("keys read anew");
    tty.press("w");
    tty.wait_for("Write to");
}

#[test]
fn a_long_text_that_is_copied_is_in_a_file_that_only_its_owner_reads() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.ok(&["declare", "Signer is offline"]);
    home.ok(&["log", &"long words ".repeat(600)]);
    let mut tty = Tty::open(&home, &[PROGRAM], "Signer is offline");
    tty.press("2");
    tty.wait_for("long words");
    for keys in ["y", "3"] {
        tty.press(keys);
        std::thread::sleep(Duration::from_millis(100));
    }
    tty.wait_for("all of it is in");
    assert!(tty.sent(b"\x1b]52;c;"));
    let path = home.folder().join("copied.md");
    assert!(std::fs::read_to_string(&path).expect("a file").contains("long words long words"));
    assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_only_the_war_room_reads_of_the_configuration_is_refused_with_its_place_before_it_opens() {
    let home = Home::new();
    for (text, told) in [
        (
            "person = \"ana\"\ntheme = \"drak\"\n",
            ["config.toml, line 2: theme: \"drak\" is not a theme; expected one of dark, light, mono"],
        ),
        ("[views]\nmine = \"is:open\"\ncustody = \"svc:custody\"\n", ["config.toml, line 3: views.custody: svc: is nothing to filter by"]),
        ("views.late = \"since:whenever\"\n", ["config.toml, line 1: views.late: since:whenever filters nothing"]),
    ] {
        let config = home.file("config.toml", text);
        let home = Home::new().with("WARROOM_CONFIG", config.to_str().expect("a path"));
        let tty = Tty::open(&home, &[env!("CARGO_BIN_EXE_warroom")], "config.toml");
        let shown = || tty.seen().screen().contents().replace('\n', "");
        told.iter().for_each(|words| assert!(shown().contains(words), "{words}: {}", shown()));
        // Commands that have no use for it go on.
        home.ok(&["list"]);
    }
}
