//! What the terminal sends, on a thread of its own: keys, pastes and sizes. A burst faster than a hand is a paste.

use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crossterm::event;
use crossterm::event::Event as TerminalEvent;
use crossterm::event::EventStream;
use crossterm::event::KeyEventKind;
use crossterm::event::MouseButton;
use crossterm::event::MouseEventKind;

use crate::tui::chord::Chord;
use crate::tui::chord::Key;

/// One thing the terminal sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Key(Chord),
    /// Text that arrived at once: bracketed, or faster than anyone types. Line ends are `\n`.
    Paste(String),
    /// Columns and rows.
    Resize(u16, u16),
    Mouse(Touch),
}

/// What the mouse did, and over which cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touch {
    pub what: Touched,
    pub x: u16,
    pub y: u16,
}

/// The part of a mouse that counts here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    Click,
    WheelUp,
    WheelDown,
}

/// Keys closer together than this were not typed by a hand.
const BURST_GAP: Duration = Duration::from_millis(5);
/// How long one looks whether more came with a key: given no time, the library does not look at all, and the time is spent on every key.
const GLANCE: Duration = Duration::from_micros(10);
/// A glance may pass while the machine does something else.
const GLANCES: usize = 2;
/// Two keys may roll over each other; this many in one burst are a paste.
const BURST_KEYS_MIN: usize = 4;

/// Lets the reader be sent away from the terminal while another program has it: two readers would share the keys.
#[derive(Clone)]
pub struct Gate {
    inner: Arc<(Mutex<Door>, Condvar)>,
}

struct Door {
    is_closed: bool,
    is_away: bool,
    /// Dropped to wake whoever waits for the terminal: the library has no other bell.
    bell: Option<EventStream>,
}

impl Gate {
    /// An open gate. Made before anybody reads.
    pub fn open() -> Self {
        let door = Door { is_closed: false, is_away: false, bell: Some(EventStream::new()) };
        Self { inner: Arc::new((Mutex::new(door), Condvar::new())) }
    }

    /// Does `work` while nobody here reads the terminal.
    pub fn closed_during<T>(&self, work: impl FnOnce() -> T) -> T {
        let (door, changed) = &*self.inner;
        let mut held = locked(door);
        held.is_closed = true;
        held.bell = None;
        // A reader that ended with its terminal never comes to the gate.
        let patience = Instant::now() + READER_LEAVES;
        while !held.is_away && Instant::now() < patience {
            held = changed.wait_timeout(held, READER_LEAVES).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(held);
        let done = work();
        let mut held = locked(door);
        held.is_closed = false;
        held.bell = Some(EventStream::new());
        changed.notify_all();
        done
    }

    /// Waits outside while the gate is closed.
    fn pass(&self) {
        let (door, changed) = &*self.inner;
        let mut held = locked(door);
        while held.is_closed {
            held.is_away = true;
            changed.notify_all();
            held = changed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        held.is_away = false;
    }
}

fn locked(door: &Mutex<Door>) -> MutexGuard<'_, Door> {
    door.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a reader may take to come to the gate.
const READER_LEAVES: Duration = Duration::from_millis(500);
/// Nothing comes for longer than anybody waits.
const LONG: Duration = Duration::from_secs(24 * 3600);

/// Reads the terminal until `send` says that nobody listens (returns false) or the terminal is gone.
pub fn read_forever(gate: &Gate, mut send: impl FnMut(Input) -> bool) {
    let mut burst = Burst::default();
    loop {
        gate.pass();
        let input = match event::poll(if burst.is_open() { BURST_GAP } else { LONG }) {
            Ok(false) => None,
            Ok(true) => match event::read() {
                Ok(event) => Some(event),
                Err(_) => return,
            },
            Err(_) => return,
        };
        let inputs = match input {
            None => burst.close(),
            Some(event) => burst.take(event, Instant::now()),
        };
        for input in inputs {
            if !send(input) {
                return;
            }
        }
    }
}

/// Collects keys that came too fast, until the terminal has shown that it brackets its pastes.
#[derive(Debug, Default)]
struct Burst {
    is_bracketing: bool,
    held: Vec<Chord>,
    last: Option<Instant>,
}

impl Burst {
    fn is_open(&self) -> bool {
        !self.held.is_empty()
    }

    fn take(&mut self, event: TerminalEvent, now: Instant) -> Vec<Input> {
        match event {
            TerminalEvent::Paste(text) => {
                self.is_bracketing = true;
                let mut inputs = self.close();
                inputs.push(Input::Paste(lines_of(&text)));
                inputs
            }
            TerminalEvent::Resize(columns, rows) => {
                let mut inputs = self.close();
                inputs.push(Input::Resize(columns, rows));
                inputs
            }
            TerminalEvent::Mouse(mouse) => {
                let what = match mouse.kind {
                    MouseEventKind::Down(MouseButton::Left) => Touched::Click,
                    MouseEventKind::ScrollUp => Touched::WheelUp,
                    MouseEventKind::ScrollDown => Touched::WheelDown,
                    _ => return Vec::new(),
                };
                let mut inputs = self.close();
                inputs.push(Input::Mouse(Touch { what, x: mouse.column, y: mouse.row }));
                inputs
            }
            TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => match Chord::of_event(&key) {
                Some(chord) => self.key(chord, now),
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn key(&mut self, chord: Chord, now: Instant) -> Vec<Input> {
        // A tab is text only in the middle of other text.
        let is_text = text_of(chord).is_some() && (chord.key != Key::Tab || self.is_open());
        if self.is_bracketing || !is_text {
            let mut inputs = self.close();
            inputs.push(Input::Key(chord));
            return inputs;
        }
        let is_quick = self.last.is_some_and(|last| now.duration_since(last) < BURST_GAP);
        let mut inputs = if is_quick { Vec::new() } else { self.close() };
        self.last = Some(now);
        // The first key of a pause is answered at once; it is held back only when a second one follows on its heels.
        if !is_quick && !event_waits() {
            inputs.push(Input::Key(chord));
            return inputs;
        }
        self.held.push(chord);
        inputs
    }

    fn close(&mut self) -> Vec<Input> {
        let held = std::mem::take(&mut self.held);
        // A held-down key on a slow link arrives in lumps too; a paste has different letters in it.
        let is_repeat = held.windows(2).all(|pair| pair[0] == pair[1]);
        if held.len() >= BURST_KEYS_MIN && !is_repeat {
            return vec![Input::Paste(held.into_iter().filter_map(text_of).collect())];
        }
        held.into_iter().map(Input::Key).collect()
    }
}

fn event_waits() -> bool {
    (0..GLANCES).any(|_| matches!(event::poll(GLANCE), Ok(true)))
}

fn text_of(chord: Chord) -> Option<char> {
    match chord.key {
        Key::Enter if !chord.alt && !chord.ctrl && !chord.shift => Some('\n'),
        Key::Tab if !chord.alt && !chord.ctrl && !chord.shift => Some('\t'),
        _ => chord.typed(),
    }
}

fn lines_of(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(text: &str) -> Burst {
        let held = text.chars().map(|c| if c == '\n' { Chord::plain(Key::Enter) } else { Chord::char(c) }).collect();
        Burst { held, ..Burst::default() }
    }

    #[test]
    fn a_burst_is_a_paste_and_its_enter_a_new_line() {
        assert_eq!(held("quit\nnow").close(), vec![Input::Paste("quit\nnow".into())]);
    }

    #[test]
    fn a_lump_of_one_repeated_key_stays_keys() {
        assert_eq!(held("jjjjjj").close().len(), 6);
    }

    #[test]
    fn two_keys_rolling_over_each_other_stay_keys() {
        assert_eq!(held("ab").close().len(), 2);
    }

    #[test]
    fn a_bracketed_paste_confirms_bracketing_and_ends_guessing() {
        let mut burst = Burst::default();
        let pasted = burst.take(TerminalEvent::Paste("a\r\nb\rc".into()), Instant::now());
        assert_eq!(pasted, vec![Input::Paste("a\nb\nc".into())]);
        assert!(burst.is_bracketing);
    }
}
