//! The places the program is used in: inside tmux and screen, on plain consoles, with and without colours.

use crate::stage::Home;
use crate::stage::Tty;
use crate::stage::grammar;
use std::path::Path;
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_warroom");

/// Whether another program is here; says so when a test is skipped for it.
fn is_here(program: &str) -> bool {
    let is_here = Path::new("/usr/bin").join(program).exists();
    if !is_here {
        println!("skipped: {program} is not installed");
    }
    is_here
}

fn tour(tty: &mut Tty) {
    tty.press("2");
    tty.wait_for("2 TIMELINE");
    tty.press("?");
    tty.wait_for("Keys: timeline");
    // One key at a time, as the multiplexer may merge Esc and what follows.
    tty.press("\x1b");
    tty.wait("the list is closed", |screen| !screen.contains("Keys: timeline"));
    tty.press("q");
    tty.ended();
    tty.is_restored();
}

#[test]
fn inside_tmux() {
    if !is_here("tmux") {
        return;
    }
    let home = Home::new().with("TMUX_TMPDIR", "/tmp");
    let name = format!("warroom-test-{}", std::process::id());
    let mut tty = Tty::open(&home, &["/usr/bin/tmux", "-L", &name, "-f", "/dev/null", "new-session", PROGRAM], "no incident");
    tour(&mut tty);
}

#[test]
fn inside_screen() {
    if !is_here("screen") {
        return;
    }
    let home = Home::new();
    let sockets = home.folder().join("../sockets");
    std::fs::create_dir_all(&sockets).expect("a folder");
    std::fs::set_permissions(&sockets, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("private");
    let home = home.with("SCREENDIR", sockets.to_str().expect("a path"));
    let mut tty = Tty::open(&home, &["/usr/bin/screen", "-c", "/dev/null", PROGRAM], "no incident");
    tour(&mut tty);
}

/// Terminals that print what they do not know are told nothing of that kind: no title, no paste marks, no keyboard flags.
#[test]
fn on_consoles_that_print_what_they_do_not_know() {
    for term in ["linux", "dumb", "vt100", ""] {
        let home = Home::new().with("TERM", term);
        let mut tty = Tty::open(&home, &[PROGRAM], "no incident");
        tty.press("2");
        tty.wait_for("2 TIMELINE");
        tty.press("q");
        assert_eq!(tty.ended().1, 0, "{term:?}");
        let spoken = grammar::read(&tty.bytes()).unwrap_or_else(|why| panic!("{term:?}: {why}"));
        assert!(spoken.titles.is_empty(), "{term:?}");
        for unknown in [&b"\x1b[?2004h"[..], b"\x1b[>1u", b"\x1b[22;0t", b"\x1b[?2026h", b"\x1b[?1000h"] {
            assert!(!tty.sent(unknown), "{term:?}: {}", String::from_utf8_lossy(unknown).escape_debug());
        }
        assert_eq!(spoken.has_colour, term == "linux", "{term:?} has its sixteen or none");
    }
}

#[test]
fn as_many_colours_as_the_terminal_has_and_none_where_none_are_wanted() {
    let millions: &[u8] = b"38;2;";
    let few: &[u8] = b"38;5;";
    for (variables, has_millions, has_few, has_any) in [
        (&[("COLORTERM", "truecolor")][..], true, false, true),
        (&[("TERM", "xterm-256color")][..], false, true, true),
        (&[("TERM", "xterm")][..], false, false, true),
        (&[("NO_COLOR", "1")][..], false, false, false),
    ] {
        let home = variables.iter().fold(Home::new(), |home, (name, value)| home.with(name, value));
        let mut tty = Tty::open(&home, &[PROGRAM], "no incident");
        std::thread::sleep(Duration::from_millis(100));
        tty.press("q");
        tty.ended();
        let spoken = grammar::read(&tty.bytes()).unwrap_or_else(|why| panic!("{variables:?}: {why}"));
        assert_eq!((tty.sent(millions), tty.sent(few), spoken.has_colour), (has_millions, has_few, has_any), "{variables:?}");
    }
}
