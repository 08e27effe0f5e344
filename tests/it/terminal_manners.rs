//! The terminal as the program leaves it: after quitting, after signals, and when it is taken away.

use crate::stage::Home;
use portable_pty::Child;
use portable_pty::CommandBuilder;
use portable_pty::MasterPty;
use portable_pty::PtySize;
use portable_pty::native_pty_system;
use std::io::Read;
use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

const PATIENCE: Duration = Duration::from_secs(30);

/// The program on a terminal whose every byte is kept.
struct Tty {
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<std::thread::JoinHandle<()>>,
    is_leaving: Arc<AtomicBool>,
    parser: vt100::Parser,
}

impl Tty {
    fn open(home: &Home, program: &[&str], first: &str) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program[0]);
        command.args(&program[1..]);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let mut output = pair.master.try_clone_reader().expect("its output");
        let (kept, is_leaving) = (Arc::clone(&bytes), Arc::new(AtomicBool::new(false)));
        let leaves = Arc::clone(&is_leaving);
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut piece) {
                kept.lock().expect("bytes").extend_from_slice(&piece[..count]);
                if leaves.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let keys = Some(pair.master.take_writer().expect("its input"));
        let parser = vt100::Parser::new(24, 80, 0);
        let tty = Self { master: Some(pair.master), keys, child, bytes, reader: Some(reader), is_leaving, parser };
        tty.wait_for(first);
        tty
    }

    fn warroom(home: &Home) -> Self {
        Self::open(home, &[env!("CARGO_BIN_EXE_warroom")], "no incident")
    }

    fn seen(&self) -> vt100::Parser {
        let mut parser = vt100::Parser::new(24, 80, 0);
        parser.process(&self.bytes.lock().expect("bytes"));
        parser
    }

    fn wait_for(&self, words: &str) {
        let began = Instant::now();
        while !self.seen().screen().contents().contains(words) {
            assert!(began.elapsed() < PATIENCE, "never on screen: {words}\n{}", self.seen().screen().contents());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn press(&mut self, keys: &str) {
        let writer = self.keys.as_mut().expect("a terminal");
        writer.write_all(keys.as_bytes()).and_then(|()| writer.flush()).expect("keys");
    }

    fn signal(&self, name: &str) {
        let pid = self.child.process_id().expect("a process").to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill");
        assert!(sent.success());
    }

    /// Takes the terminal away, as a closed window does.
    fn take_away(&mut self) {
        // The thread that reads holds a copy of the terminal too; one more frame makes it let go.
        self.is_leaving.store(true, Ordering::SeqCst);
        self.press("?");
        if let Some(reader) = self.reader.take() {
            reader.join().expect("a reader");
        }
        self.keys = None;
        self.master = None;
    }

    /// Waits for the end and answers how long it took and the exit code.
    fn ended(&mut self) -> (Duration, u32) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return (began.elapsed(), status.exit_code());
            }
            assert!(began.elapsed() < PATIENCE, "the program does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Every mode is as it was before the program came.
    fn is_restored(&mut self) {
        std::thread::sleep(Duration::from_millis(50));
        self.parser.process(&self.bytes.lock().expect("bytes"));
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor(), "modes are left behind");
        let bytes = self.bytes.lock().expect("bytes").clone();
        let count = |wanted: &[u8]| bytes.windows(wanted.len()).filter(|window| *window == wanted).count();
        assert_eq!(count(b"\x1b[>1u"), count(b"\x1b[<1u"), "keyboard flags are pushed and popped alike");
        assert_eq!(count(b"\x1b[?2026h"), count(b"\x1b[?2026l").min(count(b"\x1b[?2026h")), "no synchronized update is left open");
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
    for name in ["TERM", "HUP", "INT"] {
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

#[test]
fn a_leader_that_ignores_the_hangup_changes_nothing() {
    let home = Home::new();
    let script = format!("trap '' HUP; {}; echo $? > {}", env!("CARGO_BIN_EXE_warroom"), home.folder().join("../ended").display());
    let mut tty = Tty::open(&home, &["/bin/sh", "-c", &script], "no incident");
    tty.take_away();
    let (took, _) = tty.ended();
    assert!(took < Duration::from_millis(1_200), "{took:?}");
    let code = std::fs::read_to_string(home.folder().join("../ended")).expect("the leader outlived the program");
    assert_ne!(code.trim(), "");
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
