//! What changed between two screens, as few bytes as a terminal needs to show it.
//!
//! Only what every terminal does alike is used: absolute and relative moves inside the screen, colours and attributes; erasing with the terminal's own
//! ground, with a colour only where the terminal is known to do that; lines taken out and put in. Nothing here relies on repeating a character, on
//! margins at the sides, on how new lines look, or on where the cursor stands after the last column.

mod cells;
mod pen;
mod runs;
mod shift;

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use ratatui::style::Color;

use crate::tui::ink::pen::Pen;
use crate::tui::ink::pen::Rest;
use crate::tui::ink::runs::ERASED_FROM;
use crate::tui::ink::runs::Run;
use crate::tui::ink::shift::Shift;

/// Shorter frames than this are not looked through for rows that moved.
const SHIFTED_FROM_BYTES: usize = 1_000;

/// The screen as the terminal shows it, and how to bring it to another.
pub struct Ink {
    shown: Buffer,
    /// The rows in which the frame before was another.
    uneven: Vec<u16>,
    is_known: bool,
    /// Signs of two columns are on screen.
    has_wide: bool,
    erases: Erases,
    rest: Rest,
    /// Whether the cursor can be seen; unknown at first.
    has_cursor: Option<bool>,
}

/// What a terminal can do with ECH and EL, which clear cells without writing them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Erases {
    /// It does not know them, nor IL and DL, which move lines.
    Nothing,
    /// What they clear has the terminal's own ground, as in GNU screen.
    Plain,
    /// What they clear has the ground of the pen (`bce` in terminfo).
    Coloured,
}

impl Erases {
    /// What a terminal with this `TERM` can do; `in_screen` says whether GNU screen stands between.
    pub fn of(term: &str, in_screen: bool) -> Self {
        const COLOURED: [&str; 11] =
            ["xterm", "tmux", "alacritty", "kitty", "foot", "wezterm", "ghostty", "linux", "rxvt", "konsole", "iterm"];
        match term {
            "" | "dumb" | "vt100" => Self::Nothing,
            _ if !in_screen && COLOURED.iter().any(|name| term.contains(name)) => Self::Coloured,
            _ => Self::Plain,
        }
    }
}

impl Ink {
    /// Nothing is known of the screen yet.
    pub fn new(erases: Erases) -> Self {
        Self {
            shown: Buffer::empty(Rect::ZERO),
            uneven: Vec::new(),
            is_known: false,
            has_wide: false,
            erases,
            rest: Rest::PLAIN,
            has_cursor: None,
        }
    }

    /// Somebody else wrote to the screen: the next frame begins from nothing.
    pub fn forget(&mut self) {
        self.is_known = false;
        self.has_cursor = None;
    }

    /// Appends what brings the terminal from the last frame to this one, its cursor (hidden where there is none) included. Appends nothing where
    /// nothing changed. `next` comes back as the frame before, to be drawn over.
    pub fn frame(&mut self, next: &mut Buffer, cursor: Option<Position>, out: &mut Vec<u8>) {
        let all = 0..next.area.height;
        self.frame_of(next, &[all], cursor, out);
    }

    /// Brings the frame before, as the last call gave it back, up to what is shown, so that a part of it can be drawn over. Answers whether that
    /// could be done: not where the screen is unknown, or of another size.
    pub fn bring(&mut self, before: &mut Buffer) -> bool {
        if !self.is_known || self.shown.area != before.area {
            return false;
        }
        let width = usize::from(before.area.width);
        for row in self.uneven.drain(..) {
            let cells = usize::from(row) * width..(usize::from(row) + 1) * width;
            before.content[cells.clone()].clone_from_slice(&self.shown.content[cells]);
        }
        true
    }

    /// Like [`Ink::frame`], for a frame that was brought up to the last and drawn over in these rows only.
    pub fn frame_of(&mut self, next: &mut Buffer, rows: &[Range<u16>], cursor: Option<Position>, out: &mut Vec<u8>) {
        let width = usize::from(next.area.width);
        let is_part = rows.iter().map(Range::len).sum::<usize>() < usize::from(next.area.height);
        let mut has_wide = is_part && self.has_wide;
        for rows in rows {
            for cell in &mut next.content[usize::from(rows.start) * width..usize::from(rows.end) * width] {
                cells::settle(cell);
                has_wide |= cells::columns(cell) > 1;
            }
        }
        if !self.is_known || self.shown.area != next.area {
            self.shown.resize(next.area);
            self.shown.reset();
            (self.is_known, self.has_wide, self.rest) = (true, false, Rest::PLAIN);
            out.extend_from_slice(b"\x1b[m\x1b[2J");
        }
        let is_wide = has_wide || self.has_wide;
        let (mut pen, mut uneven) = self.written(next, rows, None, is_wide);
        if !is_part
            && pen.out.len() >= SHIFTED_FROM_BYTES
            && self.erases > Erases::Nothing
            && let Some(shift) = Shift::between(&self.shown, next)
        {
            let (shifted, _) = self.written(next, rows, Some(shift), is_wide);
            // What stands beside the rows moves with them until it is written back, which is worth it only for much.
            if shifted.out.len() < pen.out.len() / 5 * 4 {
                pen = shifted;
                uneven = (0..next.area.height).collect();
            }
        }
        if let Some(at) = cursor {
            pen.go(at.x, at.y);
        }
        if self.has_cursor != Some(cursor.is_some()) {
            pen.out.extend_from_slice(if cursor.is_some() { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
        out.append(&mut pen.out);
        (self.has_wide, self.rest, self.has_cursor) = (has_wide, pen.rest, Some(cursor.is_some()));
        self.uneven = uneven;
        std::mem::swap(&mut self.shown, next);
    }

    /// What brings the terminal to these rows of the next frame, and the rows that change.
    fn written(&self, next: &Buffer, rows: &[Range<u16>], shift: Option<Shift>, is_wide: bool) -> (Pen, Vec<u16>) {
        let runs = runs::runs(&self.shown, shift, next, rows, is_wide);
        let mut changed: Vec<u16> = runs.iter().map(|run| run.y).collect();
        changed.dedup();
        let runs = runs::parted(runs, next, |ground| self.can_erase(ground));
        let mut pen = Pen::new(self.rest, runs.len() * 24, next.area.width);
        if let Some(shift) = shift {
            shift.write(&mut pen, next.area.height);
        }
        // Half of a wide sign that is written over takes its other half with it, so there the order matters.
        let runs = if is_wide { runs } else { runs::gathered(&runs, pen.rest.look) };
        for run in runs {
            self.write(&mut pen, next, run);
        }
        (pen, changed)
    }

    fn write(&self, pen: &mut Pen, next: &Buffer, run: Run) {
        pen.go(run.x, run.y);
        match run.look {
            Some(look) => pen.look(look),
            None => pen.ground(run.ground),
        }
        let cells = run.end - run.x;
        match run.look {
            None if cells >= ERASED_FROM && self.can_erase(run.ground) => pen.erase(run.end, cells),
            _ => (run.x..run.end).for_each(|x| pen.put(&next[(x, run.y)])),
        }
    }

    fn can_erase(&self, ground: Color) -> bool {
        self.erases >= if ground == Color::Reset { Erases::Plain } else { Erases::Coloured }
    }
}
