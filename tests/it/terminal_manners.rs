//! The terminal as the program leaves it: after quitting, after signals, and when it is taken away.

use crate::stage::Home;
use crate::stage::Tty;
use std::time::Duration;
use std::time::Instant;

#[test]
fn quitting_gives_the_terminal_back() {
    let home = Home::new();
    let mut tty = Tty::warroom(&home);
    assert!(tty.seen().screen().alternate_screen());
    tty.press("q");
    assert_eq!(tty.ended().1, 0);
    tty.is_restored();
}

#[test]
fn signals_give_the_terminal_back_and_keep_the_draft() {
    for name in ["TERM", "HUP", "INT", "QUIT"] {
        let home = Home::new();
        home.ok(&["declare", "Signer is offline"]);
        let mut tty = Tty::open(&home, &[env!("CARGO_BIN_EXE_warroom")], "Signer is offline");
        tty.press("i");
        tty.wait_for("Write to");
        for letter in ["h", "a", "l", "f"] {
            tty.press(letter);
            std::thread::sleep(Duration::from_millis(15));
        }
        tty.wait_for("half");
        tty.signal(name);
        let (took, _) = tty.ended();
        assert!(took < Duration::from_millis(900), "{name}: {took:?}");
        tty.is_restored();
        let mut again = Tty::open(&home, &[env!("CARGO_BIN_EXE_warroom")], "Signer is offline");
        again.press("i");
        again.wait_for("half");
    }
}

#[test]
fn a_terminal_taken_away_ends_the_program_at_once_and_keeps_the_words() {
    let home = Home::new();
    home.ok(&["declare", "Signer is offline"]);
    let mut tty = Tty::open(&home, &[env!("CARGO_BIN_EXE_warroom")], "Signer is offline");
    tty.press("i");
    tty.wait_for("Write to");
    for letter in ["w", "o", "r", "d", "s"] {
        tty.press(letter);
        std::thread::sleep(Duration::from_millis(15));
    }
    tty.take_away();
    let (took, _) = tty.ended();
    assert!(took < Duration::from_millis(900), "{took:?}");
    Tty::open(&home, &[env!("CARGO_BIN_EXE_warroom")], "words?");
}

/// Ticks of a hundredth of a second that a process spent computing; `None` once it is gone.
fn ticks(id: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let behind_name: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let is_zombie = behind_name[0] == "Z";
    (!is_zombie).then_some(behind_name[11].parse::<u64>().ok()? + behind_name[12].parse::<u64>().ok()?)
}

fn child_of(id: u32) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).expect("children");
    children.split_whitespace().next().expect("a child").parse().expect("a number")
}

#[test]
fn a_leader_that_ignores_the_hangup_changes_nothing_and_nothing_spins() {
    let home = Home::new();
    let script = format!("trap '' HUP; {}; echo $? > {}", env!("CARGO_BIN_EXE_warroom"), home.folder().join("../ended").display());
    let mut tty = Tty::open(&home, &["/bin/sh", "-c", &script], "no incident");
    let id = child_of(tty.id());
    let before = ticks(id).expect("it runs");
    tty.take_away();
    let (began, mut last) = (Instant::now(), before);
    while let Some(now) = ticks(id) {
        last = now;
        assert!(began.elapsed() < Duration::from_secs(30), "it does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    // Half a second is promised; a busy machine gets five times as much.
    assert!(began.elapsed() < Duration::from_millis(2_500), "{:?}", began.elapsed());
    assert!(last - before < 25, "{} hundredths of a second of computing for an end", last - before);
    tty.ended();
    let code = std::fs::read_to_string(home.folder().join("../ended")).expect("the leader outlived the program");
    assert_ne!(code.trim(), "");
}

/// A program of our own that takes the terminal and loses a thread; see `a_panic_in_any_thread_gives_the_terminal_back`.
#[test]
#[ignore = "started by another test, on a terminal of its own"]
fn panics_on_a_terminal() {
    let wanted = std::env::var("WARROOM_TEST_PANICS").unwrap_or_default();
    let mut screen = warroom::tui::terminal::Screen::enter().expect("a terminal");
    screen.set_mouse(true).expect("a mouse");
    screen.send(b"taken").expect("a terminal");
    std::thread::sleep(Duration::from_millis(300));
    match wanted.as_str() {
        "here" => panic!("in the thread of the screen"),
        _ => drop(std::thread::spawn(|| panic!("in another thread"))),
    }
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_panic_in_any_thread_gives_the_terminal_back() {
    let program = std::env::current_exe().expect("this program");
    let program = program.to_str().expect("a path");
    for (wanted, said) in [("here", "in the thread of the screen"), ("there", "in another thread")] {
        let home = Home::new().with("WARROOM_TEST_PANICS", wanted);
        let arguments = [program, "--exact", "--ignored", "--nocapture", "terminal_manners::panics_on_a_terminal"];
        let mut tty = Tty::open(&home, &arguments, "taken");
        let (_, code) = tty.ended();
        assert_eq!(code, 101, "{wanted}");
        tty.is_restored();
        tty.wait_for(said);
        assert!(tty.sent(b"\x1b[?1000l") && tty.sent(b"\x1b[?2004l") && tty.sent(b"\x1b[?1049l"), "{wanted}");
    }
}

#[test]
fn the_words_in_the_box_are_there_after_stopping_and_coming_back() {
    let home = Home::new();
    home.ok(&["declare", "Signer is offline"]);
    let mut tty = Tty::open(&home, &["/bin/bash", "--norc", "--noprofile", "-i"], "bash");
    tty.press(&format!("{}\n", env!("CARGO_BIN_EXE_warroom")));
    tty.wait_for("Signer is offline");
    tty.press("i");
    tty.wait_for("Write to");
    tty.type_words("half a sent");
    tty.wait_for("half a sent");
    // In the box Ctrl-Z undoes; the shell can stop the program all the same.
    let id = child_of(tty.id());
    let stopped = std::process::Command::new("kill").args(["-TSTP", &id.to_string()]).status().expect("kill");
    assert!(stopped.success());
    tty.wait_for("Stopped");
    tty.press("fg\n");
    tty.wait_for("half a sent");
    tty.type_words("ence");
    tty.wait_for("half a sentence");
    assert!(tty.seen().screen().alternate_screen() && tty.seen().screen().bracketed_paste());
}

#[test]
fn a_storm_of_sizes_ends_in_the_right_picture() {
    let home = Home::new();
    home.ok(&["declare", "Signer is offline"]);
    let tty = Tty::open(&home, &[env!("CARGO_BIN_EXE_warroom")], "Signer is offline");
    for round in 0..60u16 {
        let (columns, rows) = [(1, 1), (300, 100), (39, 9), (2, 50), (120, 2), (40, 10), (250, 24)][usize::from(round % 7)];
        tty.resize(columns, rows + round % 3);
        std::thread::sleep(Duration::from_millis(u64::from(round % 4) * 4));
    }
    tty.resize(80, 24);
    let right = |screen: &str| {
        let rows: Vec<&str> = screen.lines().collect();
        rows.first().is_some_and(|row| row.contains("INC") || row.contains("NEW-"))
            && rows.get(1).is_some_and(|row| row.contains("1 INCIDENTS 1  2 Timeline  3 Matrix  4 Roles"))
            && rows.iter().filter(|row| row.contains("Signer is offline")).count() >= 1
            && rows.get(23).is_some_and(|row| row.contains("i write") && row.contains("? help"))
    };
    tty.wait("a whole picture of 80 × 24", right);
}

#[test]
fn a_screen_asked_for_again_is_drawn_again() {
    let home = Home::new();
    let mut tty = Tty::warroom(&home);
    let before = tty.seen().screen().contents();
    tty.press("\x0c");
    std::thread::sleep(Duration::from_millis(300));
    let strip = |text: &str| text.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_eq!(strip(&tty.seen().screen().contents()), strip(&before));
}

#[test]
fn suspending_gives_the_shell_its_terminal_and_comes_back_whole() {
    let home = Home::new();
    let mut tty = Tty::open(&home, &["/bin/bash", "--norc", "--noprofile", "-i"], "bash");
    tty.press(&format!("{}\n", env!("CARGO_BIN_EXE_warroom")));
    tty.wait_for("no incident");
    tty.press("\x1a");
    tty.wait_for("Stopped");
    assert!(!tty.seen().screen().alternate_screen() && !tty.seen().screen().hide_cursor());
    tty.press("fg\n");
    tty.wait_for("No incident is open");
    assert!(tty.seen().screen().alternate_screen());
    tty.press("2");
    tty.wait_for("TIMELINE");
    tty.press("q");
    std::thread::sleep(Duration::from_millis(300));
    tty.press("exit\n");
    tty.ended();
    tty.is_restored();
}
