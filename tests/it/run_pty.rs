//! `warroom run` on a terminal: the command has one of the same size, keys reach it, and every mode is put back.

use crate::stage::Home;
use crate::stage::Tty;

fn home() -> Home {
    let home = Home::new().with("WARROOM_AS", "ana");
    home.ok(&["declare", "Withdrawals suspended"]);
    home
}

fn record(home: &Home) -> String {
    home.ok(&["export", "--format", "json"])
}

const WARROOM: &str = env!("CARGO_BIN_EXE_warroom");

#[test]
fn the_command_is_on_a_terminal_of_the_same_size_and_follows_it() {
    let home = home();
    let script = "stty size; test -t 0 && test -t 1 && test -t 2 && echo on a terminal; trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done";
    let mut tty = Tty::open(&home, &[WARROOM, "run", "--", "sh", "-c", script], "ready");
    assert!(tty.sent(b"24 80") && tty.sent(b"on a terminal"));
    tty.resize(100, 30);
    tty.wait_for("30 100");
    assert_eq!(tty.ended().1, 0);
    assert!(record(&home).contains("30 100"));
}

#[test]
fn keys_and_ctrl_c_reach_the_command_and_the_modes_come_back() {
    let home = home();
    // The shell around it says what modes the terminal has before and behind.
    let script = format!(
        "stty -a > before; {WARROOM} run -- sh -c 'read word; echo got $word; trap \"echo interrupted; exit 7\" INT; echo ready; while :; do sleep 0.05; done'; \
         echo code $?; stty -a > behind; cmp before behind && echo same"
    );
    let folder = home.folder();
    std::fs::create_dir_all(&folder).expect("a folder");
    let script = format!("cd {}; {script}", folder.display());
    let mut tty = Tty::open(&home, &["/bin/sh", "-c", &script], "");
    tty.press("hello\r");
    tty.wait_for("got hello");
    tty.wait_for("ready");
    tty.press("\u{3}");
    tty.wait_for("code 7");
    tty.wait_for("same");
    tty.ended();
    assert!(record(&home).contains("interrupted") && record(&home).contains("exit 7"));
}

#[test]
fn what_could_not_be_started_is_told_and_recorded() {
    let home = home();
    let mut tty = Tty::open(&home, &[WARROOM, "run", "--", "no-such-program"], "command not found");
    assert_eq!(tty.ended().1, 127);
    assert!(record(&home).contains("exit 127"));
}

#[test]
fn a_secret_is_on_the_terminal_and_not_in_the_record() {
    let home = home();
    let mut tty = Tty::open(&home, &[WARROOM, "run", "--", "sh", "-c", "echo PASSWORD=hunter2hunter2"], "hunter2hunter2");
    assert_eq!(tty.ended().1, 0);
    assert!(!record(&home).contains("hunter2hunter2") && record(&home).contains("PASSWORD=[password masked]"));
}

#[test]
fn a_terminal_taken_away_ends_the_command_and_keeps_the_record() {
    let home = home();
    let mut tty = Tty::open(&home, &[WARROOM, "run", "--", "sh", "-c", "echo ready; while :; do echo x; sleep 0.05; done"], "ready");
    tty.take_away();
    tty.ended();
    home.ok(&["list"]);
    assert!(record(&home).contains("echo ready"));
}
