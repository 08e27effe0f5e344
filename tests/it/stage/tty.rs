//! A real pseudo-terminal whose every byte is kept, for what happens at its edges.

use crate::stage::Home;
use portable_pty::Child;
use portable_pty::MasterPty;
use portable_pty::PtySize;
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
pub struct Tty {
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<std::thread::JoinHandle<()>>,
    is_leaving: Arc<AtomicBool>,
    parser: vt100::Parser,
}

impl Tty {
    /// Starts a program on a terminal of 80 × 24 and waits for the first words.
    pub fn open(home: &Home, program: &[&str], first: &str) -> Self {
        let (master, child) = home.on_terminal(program, (80, 24));
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let mut output = master.try_clone_reader().expect("its output");
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
        let keys = Some(master.take_writer().expect("its input"));
        let parser = vt100::Parser::new(24, 80, 0);
        let tty = Self { master: Some(master), keys, child, bytes, reader: Some(reader), is_leaving, parser };
        tty.wait_for(first);
        tty
    }

    /// The war room of an empty home.
    pub fn warroom(home: &Home) -> Self {
        Self::open(home, &[env!("CARGO_BIN_EXE_warroom")], "no incident")
    }

    /// Every byte the program sent so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().expect("bytes").clone()
    }

    /// Whether these bytes were sent.
    pub fn sent(&self, wanted: &[u8]) -> bool {
        self.bytes().windows(wanted.len()).any(|window| window == wanted)
    }

    /// The process that was started.
    pub fn id(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().expect("a terminal").resize(size).expect("a size");
    }

    /// Types words as a person does: key by key, so that they are not taken for a paste.
    pub fn type_words(&mut self, words: &str) {
        for letter in words.chars() {
            self.press(letter.encode_utf8(&mut [0; 4]));
            std::thread::sleep(Duration::from_millis(15));
        }
    }

    /// What stands on the terminal.
    pub fn seen(&self) -> vt100::Parser {
        let mut parser = vt100::Parser::new(24, 80, 0);
        parser.process(&self.bytes.lock().expect("bytes"));
        parser
    }

    /// Waits until these words stand there.
    pub fn wait_for(&self, words: &str) {
        self.wait(words, |screen| screen.contains(words));
    }

    /// Waits until what stands there is as wished.
    pub fn wait(&self, what: &str, wished: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !wished(&self.seen().screen().contents()) {
            assert!(began.elapsed() < PATIENCE, "never on screen: {what}\n{}", self.seen().screen().contents());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends keys as a terminal does.
    pub fn press(&mut self, keys: &str) {
        self.send(keys.as_bytes());
    }

    /// Sends bytes, be they a part of a key.
    pub fn send(&mut self, bytes: &[u8]) {
        let writer = self.keys.as_mut().expect("a terminal");
        writer.write_all(bytes).and_then(|()| writer.flush()).expect("keys");
    }

    /// Sends a signal, by its name without SIG.
    pub fn signal(&self, name: &str) {
        let pid = self.child.process_id().expect("a process").to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill");
        assert!(sent.success());
    }

    /// Takes the terminal away, as a closed window does.
    pub fn take_away(&mut self) {
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
    pub fn ended(&mut self) -> (Duration, u32) {
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
    pub fn is_restored(&mut self) {
        std::thread::sleep(Duration::from_millis(50));
        self.parser.process(&self.bytes.lock().expect("bytes"));
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor(), "modes are left behind");
        let bytes = self.bytes.lock().expect("bytes").clone();
        let count = |wanted: &[u8]| bytes.windows(wanted.len()).filter(|window| *window == wanted).count();
        assert_eq!(count(b"\x1b[>1u"), count(b"\x1b[<1u"), "keyboard flags are pushed and popped alike");
        assert!(count(b"\x1b[?1000h") <= count(b"\x1b[?1000l"), "the mouse is given back");
        assert_eq!(count(b"\x1b[?2026h"), count(b"\x1b[?2026l").min(count(b"\x1b[?2026h")), "no synchronized update is left open");
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
