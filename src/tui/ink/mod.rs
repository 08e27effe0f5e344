//! What changed between two screens, as few bytes as a terminal needs to show it.
//!
//! Only what every terminal does alike is used: absolute and relative moves inside the screen, colours and attributes, and erasing with the terminal's
//! own ground; with a colour only where the terminal is known to do that. Nothing here relies on repeating a character, or on where the cursor stands
//! after the last column.

mod pen;

use ratatui::buffer::Buffer;
use ratatui::buffer::Cell;
use ratatui::buffer::CellWidth;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::style::Modifier;

use crate::tui::ink::pen::Look;
use crate::tui::ink::pen::ON_BLANK;
use crate::tui::ink::pen::PLAIN;
use crate::tui::ink::pen::Pen;

/// Unchanged cells between two changed ones up to this many are written again: a move costs as much.
const GAP_MAX: u16 = 3;
/// Fewer blanks than these are written; more are erased, where the terminal can.
const ERASED_FROM: u16 = 9;
/// The screen as the terminal shows it, and how to bring it to another.
pub struct Ink {
    shown: Buffer,
    is_known: bool,
    /// Signs of two columns are on screen.
    has_wide: bool,
    erases: Erases,
    /// Where the cursor was left, or hidden; unknown at first.
    cursor: Option<Option<Position>>,
}

/// What a terminal can do with ECH and EL, which clear cells without writing them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Erases {
    /// It does not know them.
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

/// Neighbouring cells of one row that are written in one go.
#[derive(Debug, Clone, Copy)]
struct Run {
    y: u16,
    x: u16,
    /// The column behind it.
    end: u16,
    /// `None` for blanks.
    look: Option<Look>,
    ground: Color,
}

impl Ink {
    /// Nothing is known of the screen yet.
    pub fn new(erases: Erases) -> Self {
        Self { shown: Buffer::empty(Rect::ZERO), is_known: false, has_wide: false, erases, cursor: None }
    }

    /// Somebody else wrote to the screen: the next frame begins from nothing.
    pub fn forget(&mut self) {
        self.is_known = false;
        self.cursor = None;
    }

    /// Appends what brings the terminal from the last frame to this one, its cursor (hidden where there is none) included. Appends nothing where
    /// nothing changed. `next` comes back as the frame before, to be drawn over.
    pub fn frame(&mut self, next: &mut Buffer, cursor: Option<Position>, out: &mut Vec<u8>) {
        let before = out.len();
        let mut has_wide = false;
        for cell in &mut next.content {
            settle(cell);
            has_wide |= is_wide(cell);
        }
        if !self.is_known || self.shown.area != next.area {
            self.shown.resize(next.area);
            self.shown.reset();
            (self.is_known, self.has_wide) = (true, false);
            out.extend_from_slice(b"\x1b[m\x1b[2J");
        }
        if self.has_wide {
            self.let_go_of_halves(next);
        }
        let runs = if has_wide || self.has_wide { runs(self.shown.diff_iter(next), next) } else { runs(self.changed(next), next) };
        let as_read = self.written(next, &runs);
        // Half of a wide sign that is written over takes its other half with it, so there the order matters.
        let by_look = if has_wide || self.has_wide { None } else { Some(self.written(next, &gathered(&runs))) };
        out.extend_from_slice(&by_look.filter(|by_look| by_look.len() < as_read.len()).unwrap_or(as_read));
        self.has_wide = has_wide;
        if let Some(at) = cursor.filter(|_| out.len() > before || self.cursor != Some(cursor)) {
            pen::go_to(out, at.x, at.y);
        }
        if self.cursor.is_none_or(|left| left.is_some() != cursor.is_some()) {
            out.extend_from_slice(if cursor.is_some() { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
        self.cursor = Some(cursor);
        std::mem::swap(&mut self.shown, next);
    }

    /// The cells that differ, where each is one column: nearly always.
    fn changed<'a>(&self, next: &'a Buffer) -> impl Iterator<Item = (u16, u16, &'a Cell)> {
        let pairs = self.shown.content.iter().zip(&next.content).enumerate();
        pairs.filter(|(_, (old, new))| !is_same(old, new)).map(|(at, (_, new))| {
            let (x, y) = next.pos_of(at);
            (x, y, new)
        })
    }

    /// What a terminal puts where the second half of a wide sign was is its own affair: that cell is written anew.
    fn let_go_of_halves(&mut self, next: &Buffer) {
        let columns = usize::from(next.area.width).max(1);
        for at in 1..next.content.len() {
            let (head, new) = (&self.shown.content[at - 1], &next.content[at - 1]);
            if at % columns != 0 && is_wide(head) && head != new {
                // A bold blank is in no frame.
                self.shown.content[at].set_symbol(" ").modifier = Modifier::BOLD;
            }
        }
    }

    fn written(&self, next: &Buffer, runs: &[Run]) -> Vec<u8> {
        let mut pen = Pen::new(runs.len() * 24, next.area.width);
        for run in runs {
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
        pen.look(PLAIN);
        pen.out
    }

    fn can_erase(&self, ground: Color) -> bool {
        self.erases >= if ground == Color::Reset { Erases::Plain } else { Erases::Coloured }
    }
}

/// What does not show is not compared: a blank has no colour but its ground.
fn settle(cell: &mut Cell) {
    if cell.symbol().is_empty() {
        cell.set_symbol(" ");
    }
    if is_blank(cell) {
        cell.fg = Color::Reset;
        cell.modifier = Modifier::empty();
    }
    cell.underline_color = Color::Reset;
}

/// Whether two settled cells show the same. Nearly every symbol is one byte, which needs no call to be compared.
fn is_same(one: &Cell, other: &Cell) -> bool {
    let is_alike = one.fg == other.fg && one.bg == other.bg && one.modifier == other.modifier;
    is_alike
        && match (one.symbol().as_bytes(), other.symbol().as_bytes()) {
            ([one], [other]) => one == other,
            ([_], _) | (_, [_]) => false,
            (one, other) => one == other,
        }
}

fn is_blank(cell: &Cell) -> bool {
    matches!(cell.symbol().as_bytes(), b" ") && !cell.modifier.intersects(ON_BLANK)
}

fn is_wide(cell: &Cell) -> bool {
    match cell.symbol().as_bytes() {
        // ASCII; lines, blocks and shapes (U+2500 to U+25BF), which frames are made of.
        [_] | [0xE2, 0x94..=0x96, _] => false,
        _ => cell.cell_width() > 1,
    }
}

/// Whether the terminal's column after the cell is surely the next one.
fn is_one_column(cell: &Cell) -> bool {
    let mut chars = cell.symbol().chars();
    chars.next().is_some() && chars.next().is_none() && cell.cell_width() == 1
}

/// What a cell needs of the pen: nothing but the ground, where it is blank.
fn fits(cell: &Cell, look: Look) -> bool {
    if is_blank(cell) { cell.bg == look.bg && !look.modifier.intersects(ON_BLANK) } else { look_of(cell) == look }
}

fn look_of(cell: &Cell) -> Look {
    Look { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
}

/// The changed cells, row by row.
fn runs<'a>(changed: impl Iterator<Item = (u16, u16, &'a Cell)>, next: &Buffer) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut is_open = false;
    for (x, y, cell) in changed {
        let joins = is_open && runs.last_mut().is_some_and(|run| joined(run, next, x, y, cell));
        if !joins {
            runs.push(Run { y, x, end: x + 1, look: (!is_blank(cell)).then(|| look_of(cell)), ground: cell.bg });
        }
        // Behind a wide or joined sign terminals may disagree; what follows is placed anew.
        is_open = is_one_column(cell);
    }
    runs
}

/// Lets the run go on to a cell, over a gap that is cheaper to write than to jump. A blank run takes the look of the first sign in it.
fn joined(run: &mut Run, next: &Buffer, x: u16, y: u16, cell: &Cell) -> bool {
    if run.y != y || x < run.end || x - run.end > GAP_MAX {
        return false;
    }
    let cells = || (run.end..=x).map(|x| &next[(x, y)]);
    let ground = run.ground;
    let look = match run.look {
        None if cells().all(|cell| is_blank(cell) && cell.bg == ground) => None,
        // Many blanks are erased, so they stay a run of their own.
        None if x - run.x >= ERASED_FROM => return false,
        Some(look) if fits(cell, look) => Some(look),
        Some(_) => return false,
        None => Some(look_of(cell)),
    };
    if !cells().take(usize::from(x - run.end)).all(|cell| is_one_column(cell) && look.is_none_or(|look| fits(cell, look))) {
        return false;
    }
    // What stands in the run was held against its look when it came in; only blanks that take one now were not.
    if let (None, Some(look)) = (run.look, look)
        && !(run.x..run.end).all(|x| fits(&next[(x, y)], look))
    {
        return false;
    }
    (run.end, run.look) = (x + 1, look);
    true
}

/// The same runs, those that look alike together: colours cost more than moves on a screen of columns.
fn gathered(runs: &[Run]) -> Vec<Run> {
    let mut looks: Vec<(Option<Look>, Color)> = vec![(None, Color::Reset)];
    let mut placed: Vec<(usize, Run)> = Vec::with_capacity(runs.len());
    for run in runs {
        let place = looks.iter().position(|look| *look == (run.look, run.ground)).unwrap_or_else(|| {
            looks.push((run.look, run.ground));
            looks.len() - 1
        });
        placed.push((place, *run));
    }
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, run)| run).collect()
}
