//! The terminal taken over and given back: on return, error, panic and signals alike.

use std::fs::File;
use std::io;
use std::io::Write;
use std::os::fd::AsFd;
use std::panic;
use std::sync::Once;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use crossterm::cursor;
use crossterm::event;
use crossterm::event::KeyboardEnhancementFlags;
use crossterm::queue;
use crossterm::terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::clipboard;
use crate::tui::header;
use crate::tui::ink::Erases;
use crate::tui::ink::Ink;
use crate::tui::model::Model;
use crate::tui::view;

/// Whether the terminal is ours, so that whoever gives it back first does it once.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);
static HAS_FANCY_MODES: AtomicBool = AtomicBool::new(false);
static HAS_MOUSE: AtomicBool = AtomicBool::new(false);
static PANIC_HOOK: Once = Once::new();

/// Clicks and the wheel, but no movement: a mouse that is only passing by costs nothing. Places as numbers (SGR), so that wide screens work.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// A whole frame is one write: fewer wake-ups on a slow link, and no half frames.
const FRAME_BYTES: usize = 16 * 1024;

/// Shorter frames than this arrive whole anyway and are not worth the marks around a synchronized update.
const SYNCHRONIZED_FROM_BYTES: usize = 256;

/// The screen while the program runs. Dropping it gives the terminal back.
pub struct Screen {
    ink: Ink,
    /// The frame before the last one, drawn over by the next.
    spare: Buffer,
    file: File,
    title: String,
    /// The room a frame is written into before it is sent.
    bytes: Vec<u8>,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// When standard output is no terminal or cannot be put into raw mode.
    pub fn enter() -> io::Result<Self> {
        install_panic_hook();
        // Consoles that are not emulators print what they do not know; everything else ignores it.
        let term = std::env::var("TERM").unwrap_or_default();
        HAS_FANCY_MODES.store(!clipboard::is_plain(&term), Ordering::SeqCst);
        take()?;
        let file = stdout_file().inspect_err(|_| restore())?;
        let ink = Ink::new(Erases::of(&term, std::env::var_os("STY").is_some()));
        Ok(Self { ink, spare: Buffer::empty(Rect::ZERO), file, title: String::new(), bytes: Vec::with_capacity(FRAME_BYTES) })
    }

    /// Draws one frame: only what changed, in one write, with the name of the window where that changed too. While the panes are still, the frame is
    /// the last one with the box and the edges drawn anew. The name of the window holds no control characters.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, model: &Model) -> io::Result<()> {
        let area = Rect::new(0, 0, model.size.0, model.size.1);
        let title = model.custom.notify.title.then(|| header::title(model));
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        queue!(bytes, terminal::BeginSynchronizedUpdate)?;
        let begun = bytes.len();
        if model.are_panes_still && self.spare.area == area && self.ink.bring(&mut self.spare) {
            let (cursor, rows) = view::draw_typed(model, &mut self.spare);
            self.ink.frame_of(&mut self.spare, &rows, cursor, &mut bytes);
        } else {
            self.spare.resize(area);
            let cursor = view::draw(model, &mut self.spare);
            self.ink.frame(&mut self.spare, cursor, &mut bytes);
        }
        let is_fancy = HAS_FANCY_MODES.load(Ordering::SeqCst);
        let is_long = bytes.len() - begun >= SYNCHRONIZED_FROM_BYTES && is_fancy;
        if is_long {
            queue!(bytes, terminal::EndSynchronizedUpdate)?;
        }
        if let Some(title) = title.filter(|title| *title != self.title && is_fancy) {
            queue!(bytes, terminal::SetTitle(&title))?;
            self.title = title;
        }
        let frame = if is_long { &bytes[..] } else { &bytes[begun..] };
        // Nothing changed, nothing is written: a terminal is not even asked.
        let written = if frame.is_empty() { Ok(()) } else { self.file.write_all(frame) };
        self.bytes = bytes;
        written
    }

    /// Columns and rows of the last frame.
    pub fn size(&self) -> (u16, u16) {
        (self.spare.area.width, self.spare.area.height)
    }

    /// Sends bytes that are not part of a frame: a bell, a clipboard escape.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Asks the terminal for clicks and the wheel, or no longer.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn set_mouse(&mut self, is_on: bool) -> io::Result<()> {
        if HAS_MOUSE.swap(is_on, Ordering::SeqCst) == is_on || !HAS_FANCY_MODES.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.file.write_all(if is_on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Forgets what is on screen, so that the next frame draws every cell.
    pub fn forget(&mut self) {
        self.ink.forget();
    }

    /// Gives the terminal to another program while `work` runs it.
    ///
    /// # Errors
    /// When the terminal is gone after coming back.
    pub fn lend<T>(&mut self, work: impl FnOnce() -> T) -> io::Result<T> {
        restore();
        let result = work();
        take()?;
        self.title.clear();
        self.forget();
        Ok(result)
    }

    /// Gives the terminal to the shell, stops, and takes it again when the shell says `fg`.
    ///
    /// # Errors
    /// When the terminal is gone after coming back.
    pub fn suspend(&mut self) -> io::Result<()> {
        restore();
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        take()?;
        self.title.clear();
        self.forget();
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn stdout_file() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

fn take() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    IS_TAKEN.store(true, Ordering::SeqCst);
    let mut bytes = Vec::new();
    queue!(bytes, terminal::EnterAlternateScreen, cursor::Hide)?;
    if HAS_FANCY_MODES.load(Ordering::SeqCst) {
        // XTWINOPS 22/23: the window's own title is put aside and comes back at the end.
        bytes.extend_from_slice(b"\x1b[22;0t");
        let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES;
        queue!(bytes, event::EnableBracketedPaste, event::PushKeyboardEnhancementFlags(flags))?;
        if HAS_MOUSE.load(Ordering::SeqCst) {
            bytes.extend_from_slice(MOUSE_ON);
        }
    }
    queue!(bytes, terminal::Clear(terminal::ClearType::All))?;
    stdout_file().and_then(|mut file| file.write_all(&bytes)).inspect_err(|_| restore())
}

/// Whether the terminal is ours now, and not lent to another program.
pub fn is_taken() -> bool {
    IS_TAKEN.load(Ordering::SeqCst)
}

/// Gives the terminal back. May be called from any thread, any number of times.
pub fn restore() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut bytes = Vec::new();
    if HAS_FANCY_MODES.load(Ordering::SeqCst) {
        // A frame may have been cut off inside a synchronized update.
        let queued = queue!(bytes, terminal::EndSynchronizedUpdate, event::PopKeyboardEnhancementFlags, event::DisableBracketedPaste);
        debug_assert!(queued.is_ok(), "writing to memory cannot fail");
        if HAS_MOUSE.load(Ordering::SeqCst) {
            bytes.extend_from_slice(MOUSE_OFF);
        }
        bytes.extend_from_slice(b"\x1b[23;0t");
    }
    let queued = queue!(bytes, crossterm::style::ResetColor, terminal::LeaveAlternateScreen, cursor::Show);
    debug_assert!(queued.is_ok(), "writing to memory cannot fail");
    // Whatever fails here, the terminal is gone and there is nobody left to tell.
    let _ = stdout_file().and_then(|mut file| file.write_all(&bytes));
    let _ = terminal::disable_raw_mode();
}

fn install_panic_hook() {
    PANIC_HOOK.call_once(|| {
        let ui_thread = std::thread::current().id();
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let was_taken = IS_TAKEN.load(Ordering::SeqCst);
            restore();
            previous(info);
            // A program that lost one of its threads would show a screen that is no longer true.
            if was_taken && std::thread::current().id() != ui_thread {
                std::process::exit(101);
            }
        }));
    });
}
