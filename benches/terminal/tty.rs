//! A program on a real pseudo-terminal: keys go in, every piece of its output is stamped the moment it can be read.

use crate::screen::Seen;
use portable_pty::Child;
use portable_pty::CommandBuilder;
use portable_pty::MasterPty;
use portable_pty::PtySize;
use portable_pty::native_pty_system;
use std::io::Read;
use std::io::Write;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use std::time::Instant;

pub const COLUMNS: u16 = 200;
pub const ROWS: u16 = 50;

/// A frame is whole when the terminal was silent for so long; the silence itself is in no figure.
const SILENCE: Duration = Duration::from_millis(3);
const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";
/// A key that shows nothing for so long is an error of the program or of this bench.
const PATIENCE: Duration = Duration::from_secs(10);

/// The program and its terminal; both end with it.
pub struct Tty {
    pieces: Receiver<(Instant, Vec<u8>)>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    parser: vt100::Parser,
    started: Instant,
    _master: Box<dyn MasterPty + Send>,
}

/// What one key cost.
#[derive(Clone, Copy)]
pub struct Cost {
    /// From the moment the key was written to the moment the last byte of the frame that shows it was read.
    pub time: Duration,
    /// To the last byte of the first frame after the key: what is shown before a disk has answered.
    pub answered: Duration,
    /// Everything the terminal was sent meanwhile.
    pub bytes: usize,
}

impl Tty {
    /// Starts a program on a terminal of 200×50 with this environment and no other.
    pub fn start(program: &[&str], environment: &[(String, String)]) -> Self {
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program[0]);
        command.args(&program[1..]);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("PATH", std::env::var("PATH").unwrap_or_default());
        environment.iter().for_each(|(name, value)| command.env(name, value));
        let mut output = pair.master.try_clone_reader().expect("its output");
        let (send, pieces) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                if send.send((Instant::now(), bytes[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().expect("its input");
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        Self { pieces, keys, child, parser: vt100::Parser::new(ROWS, COLUMNS, 0), started, _master: pair.master }
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// What stands on the screen, as far as it was looked at.
    pub fn seen(&self) -> Seen<'_> {
        Seen(self.parser.screen())
    }

    /// Waits until the screen is as wished and silent; answers the time from the start of the program to the last byte of that.
    pub fn wait(&mut self, what: &str, wished: impl Fn(Seen<'_>) -> bool) -> Duration {
        let started = self.started;
        self.drain();
        if wished(self.seen()) {
            return started.elapsed();
        }
        self.until(started, what, Instant::now() + PATIENCE * 6, wished).time
    }

    /// Reads what has come meanwhile.
    pub fn drain(&mut self) -> usize {
        let pieces: Vec<_> = self.pieces.try_iter().collect();
        pieces.iter().map(|(_, piece)| self.take(piece)).sum()
    }

    /// Writes keys without looking at what they do.
    pub fn send(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).and_then(|()| self.keys.flush()).expect("a terminal that takes keys");
    }

    /// Presses a key and waits for the frame that shows it.
    pub fn press(&mut self, name: &str, key: &[u8], shows: impl Fn(&vt100::Screen, Seen<'_>) -> bool) -> Cost {
        self.drain();
        let before = self.parser.screen().clone();
        let pressed = Instant::now();
        self.send(key);
        self.until(pressed, name, pressed + PATIENCE, |seen| shows(&before, seen))
    }

    /// Presses a key of a program of which nothing is known: the first output that ends in silence is its answer, if there is one.
    pub fn press_blindly(&mut self, key: &[u8]) -> Option<Cost> {
        self.drain();
        let pressed = Instant::now();
        self.send(key);
        self.watch(pressed, pressed + PATIENCE / 20, |_| true)
    }

    fn until(&mut self, from: Instant, what: &str, end: Instant, shows: impl Fn(Seen<'_>) -> bool) -> Cost {
        let seen = self.watch(from, end, shows);
        seen.unwrap_or_else(|| panic!("{what}: never shown\n{}", self.parser.screen().contents()))
    }

    /// What was read is stamped already: this looks on only now and then, and reads it only in the silence, so that looking takes no processor from
    /// the program that is measured by it.
    fn watch(&mut self, from: Instant, end: Instant, shows: impl Fn(Seen<'_>) -> bool) -> Option<Cost> {
        let (mut bytes, mut heard, mut answered) = (0, Vec::new(), None);
        while Instant::now() < end {
            std::thread::sleep(SILENCE / 3);
            heard.extend(self.pieces.try_iter());
            let Some(at) = heard.last().map(|(at, _)| *at).filter(|at| at.elapsed() >= SILENCE) else {
                continue;
            };
            answered = answered.or(Some(first_frame_end(&heard) - from));
            bytes += heard.drain(..).map(|(_, piece)| self.take(&piece)).sum::<usize>();
            if shows(self.seen()) {
                return Some(Cost { time: at - from, answered: answered.unwrap_or_default(), bytes });
            }
        }
        None
    }

    fn take(&mut self, piece: &[u8]) -> usize {
        self.parser.process(piece);
        piece.len()
    }
}

/// When the last byte of the first frame was read. A longer one is marked as a synchronized update; a shorter one comes in one piece.
fn first_frame_end(pieces: &[(Instant, Vec<u8>)]) -> Instant {
    let mut frame = Vec::new();
    for (at, piece) in pieces {
        frame.extend_from_slice(piece);
        if !frame.starts_with(FRAME_BEGINS) || frame.windows(FRAME_ENDS.len()).any(|bytes| bytes == FRAME_ENDS) {
            return *at;
        }
    }
    pieces.last().expect("a piece").0
}

impl Drop for Tty {
    fn drop(&mut self) {
        // How it ends does not matter here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
