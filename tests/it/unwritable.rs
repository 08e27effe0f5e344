//! Homes that are not written: because nobody wants it, or because nobody can.

use crate::stage::Home;
use crate::stage::Screen;
use crate::stage::Server;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

/// Every file below a folder, with its bytes and when it was changed.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let changed = entry.metadata().and_then(|meta| meta.modified()).expect("a time");
            found.insert(path.clone(), (std::fs::read(&path).expect("bytes"), changed));
        }
    }
    found
}

/// A key that is not taken for the beginning of another.
fn pressed_alone(screen: &mut Screen, key: &str) {
    screen.press(key);
    std::thread::sleep(std::time::Duration::from_millis(300));
}

#[test]
fn a_read_only_session_sees_the_news_and_leaves_every_file_as_it_was() {
    let server = Server::start();
    let ana = server.home_of("ana", "commander");
    ana.ok(&["declare", "Withdrawals", "suspended", "--severity", "1"]);
    ana.ok(&["log", "kept here"]);
    let before = files(&ana.folder());
    let mut screen = Screen::open(&ana, &["--read-only"]);
    screen.wait_for(&["READ-ONLY", "INC-1 Withdrawals suspended", "kept here", "live"]);
    server.home_of("bo", "responder").ok(&["log", "news from bo"]);
    screen.wait_for(&["news from bo"]);
    screen.press("i");
    screen.wait_for(&["this is a read-only session"]);
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    for (arguments, code) in [
        (&["list", "--read-only"][..], 0),
        (&["show", "--read-only"], 0),
        (&["log", "x", "--read-only"], 4),
        (&["use", "INC-1", "--read-only"], 4),
    ] {
        assert_eq!(ana.run(arguments).code, code, "{arguments:?}");
    }
    let after = files(&ana.folder());
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (path, was) in &before {
        assert!(after[path] == *was, "{} was written", path.display());
    }
}

#[test]
fn a_read_only_session_beside_an_open_war_room_reads_what_that_has_just_written() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    let mut first = Screen::open(&home, &[]);
    first.wait_for(&["NEW-", "one"]);
    first.press("i");
    first.wait_for(&["Write to"]);
    first.type_words("said a moment ago");
    // Right behind the words Enter would be part of a paste.
    first.wait_for(&["Write to", "said a moment ago"]);
    first.press("\r");
    first.wait("the entry", |text| text.lines().any(|line| line.contains("said a moment ago") && line.contains("ana")));
    let second = Screen::open(&home, &["--read-only"]);
    second.wait_for(&["READ-ONLY", "NEW-", "said a moment ago"]);
}

#[test]
fn a_home_that_cannot_be_made_is_held_in_memory_under_a_banner() {
    let server = Server::start();
    let ana = server.home_of("ana", "commander");
    let file = ana.file("in-the-way", "a file");
    let folder = file.join("home");
    let mut screen = Screen::open(&ana, &["--home", folder.to_str().expect("a plain path")]);
    screen.wait_for(&["NOT ON DISK", "NOT SAVED", "live"]);
    screen.press("D");
    screen.type_words("Signer down");
    screen.press("\r");
    screen.wait_for(&["INC-1 Signer down", "NOT ON DISK"]);
    pressed_alone(&mut screen, "\u{1b}");
    pressed_alone(&mut screen, "!");
    screen.wait_for(&["everything is held in memory only"]);
    screen.press("\r");
    screen.wait_for(&["what the server does not have when this ends is lost", "--home DIR"]);
    pressed_alone(&mut screen, "\u{1b}");
    pressed_alone(&mut screen, "\u{1b}");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    assert!(server.viewer().ok(&["list"]).contains("Signer down"), "the server has it");
    assert!(ana.run(&["list", "--home", folder.to_str().expect("a plain path")]).err.contains("--home DIR"), "a command says what to do");
}

#[test]
fn a_home_on_a_read_only_file_system_is_read_into_memory() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    let folder = home.folder().to_str().expect("a plain path").to_owned();
    // A mount of its own, seen by this process and its children alone.
    let tried = std::process::Command::new("unshare").args(["-m", "true"]).status();
    if !tried.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: this machine lets nobody mount a folder read-only");
        return;
    }
    let program = env!("CARGO_BIN_EXE_warroom");
    let script = format!("mount --bind '{folder}' '{folder}' && mount -o remount,bind,ro '{folder}' && exec '{program}'");
    let mut screen = Screen::run(&home, "unshare", &["-m", "sh", "-c", &script]);
    screen.wait_for(&["NOT ON DISK", "one", "NEW-"]);
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}
