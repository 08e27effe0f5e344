//! What changed between two screens, as few bytes as a terminal needs to show it.
//!
//! Only what every terminal does alike is used: absolute and relative moves inside the screen, colours and attributes, and erasing with the terminal's
//! own ground; with a colour only where the terminal is known to do that. Nothing here relies on repeating a character, or on where the cursor stands
//! after the last column.

use ratatui::buffer::Buffer;
use ratatui::buffer::Cell;
use ratatui::buffer::CellWidth;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::style::Modifier;

/// Unchanged cells between two changed ones up to this many are written again: a move costs as much.
const GAP_MAX: u16 = 3;
/// Fewer blanks than these are written; more are erased, where the terminal can.
const ERASED_FROM: u16 = 9;
/// Attributes that show on a blank.
const ON_BLANK: Modifier =
    Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::SLOW_BLINK).union(Modifier::RAPID_BLINK).union(Modifier::CROSSED_OUT);
/// Attributes with the code that sets and the code that ends each. Bold and dim end together.
const ATTRIBUTES: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

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

/// How a cell looks, its sign aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
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

const PLAIN: Look = Look { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

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
        next.content.iter_mut().for_each(settle);
        let has_wide = next.content.iter().any(is_wide);
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
            absolute(out, at.x, at.y);
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
        pairs.filter(|(_, (old, new))| old != new).map(|(at, (_, new))| {
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
        let mut pen = Pen { out: Vec::with_capacity(runs.len() * 24), at: None, look: PLAIN, columns: next.area.width };
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

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && !cell.modifier.intersects(ON_BLANK)
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
    if let Some(look) = look
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

/// Where the terminal's own pen is, as far as that is sure.
struct Pen {
    out: Vec<u8>,
    at: Option<(u16, u16)>,
    look: Look,
    columns: u16,
}

impl Pen {
    fn put(&mut self, cell: &Cell) {
        self.out.extend_from_slice(cell.symbol().as_bytes());
        // After the last column some terminals wait there and some went on.
        self.at = self.at.map(|(x, y)| (x + 1, y)).filter(|(x, _)| *x < self.columns && is_one_column(cell));
    }

    fn erase(&mut self, end: u16, cells: u16) {
        match end == self.columns {
            true => self.out.extend_from_slice(b"\x1b[K"),
            false => control(&mut self.out, &[cells], b'X'),
        }
    }

    fn go(&mut self, x: u16, y: u16) {
        if self.at == Some((x, y)) {
            return;
        }
        let mut shortest = Vec::with_capacity(12);
        absolute(&mut shortest, x, y);
        if let Some((from, row)) = self.at.filter(|(_, row)| *row <= y) {
            let mut relative = Vec::with_capacity(12);
            if y > row {
                control(&mut relative, &[y - row], b'B');
            }
            if x < from && from - x <= 3 {
                relative.resize(relative.len() + usize::from(from - x), b'\x08');
            } else if x < from {
                relative.push(b'\r');
            }
            let column = if x < from && from - x > 3 { 0 } else { from };
            if x > column {
                control(&mut relative, &[x - column], b'C');
            }
            if relative.len() < shortest.len() {
                shortest = relative;
            }
        }
        self.out.append(&mut shortest);
        self.at = Some((x, y));
    }

    /// Takes the ground of a blank; of the rest only what shows on a blank has to be right.
    fn ground(&mut self, ground: Color) {
        let modifier = self.look.modifier - ON_BLANK;
        self.look(Look { bg: ground, modifier, ..self.look });
    }

    fn look(&mut self, look: Look) {
        if self.look == look {
            return;
        }
        let (from_here, from_plain) = (codes(self.look, look), codes(PLAIN, look));
        let mut codes = from_here;
        if look == PLAIN {
            codes = String::new();
        } else if from_plain.len() + 2 <= codes.len() {
            codes = format!("0;{from_plain}");
        }
        self.out.extend_from_slice(format!("\x1b[{codes}m").as_bytes());
        self.look = look;
    }
}

/// The codes that lead from one look to another.
fn codes(from: Look, to: Look) -> String {
    let mut codes: Vec<String> = Vec::new();
    let gone = from.modifier - to.modifier;
    let mut kept = from.modifier & to.modifier;
    for (attribute, _, end) in ATTRIBUTES.iter().filter(|(attribute, ..)| gone.contains(*attribute)) {
        let code = end.to_string();
        if codes.last() != Some(&code) {
            codes.push(code);
        }
        // A code that ends one of a pair ends the other too.
        for (other, ..) in ATTRIBUTES.iter().filter(|(_, _, ends)| ends == end) {
            kept -= *other;
        }
        kept -= *attribute;
    }
    let new = to.modifier - kept;
    codes.extend(ATTRIBUTES.iter().filter(|(attribute, ..)| new.contains(*attribute)).map(|(_, code, _)| code.to_string()));
    if from.fg != to.fg {
        codes.push(colour(to.fg, 3));
    }
    if from.bg != to.bg {
        codes.push(colour(to.bg, 4));
    }
    codes.join(";")
}

/// The codes of a colour; `ground` is 3 for what is written and 4 for what lies behind.
fn colour(colour: Color, ground: u8) -> String {
    let plain = |index: u8| format!("{ground}{index}");
    // The second eight: a terminal of sixteen knows these codes, and need not know those of 256.
    let bright = |index: u8| format!("{}{index}", ground + 6);
    match colour {
        Color::Reset => plain(9),
        Color::Rgb(red, green, blue) => format!("{ground}8;2;{red};{green};{blue}"),
        Color::Indexed(index) => format!("{ground}8;5;{index}"),
        Color::Black => plain(0),
        Color::Red => plain(1),
        Color::Green => plain(2),
        Color::Yellow => plain(3),
        Color::Blue => plain(4),
        Color::Magenta => plain(5),
        Color::Cyan => plain(6),
        Color::Gray => plain(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
    }
}

fn absolute(out: &mut Vec<u8>, x: u16, y: u16) {
    match (x, y) {
        (0, 0) => control(out, &[], b'H'),
        (0, _) => control(out, &[y + 1], b'H'),
        _ => control(out, &[y + 1, x + 1], b'H'),
    }
}

/// A control sequence; a single number 1 goes without saying.
fn control(out: &mut Vec<u8>, numbers: &[u16], end: u8) {
    out.extend_from_slice(b"\x1b[");
    if numbers != [1] {
        let numbers: Vec<String> = numbers.iter().map(u16::to_string).collect();
        out.extend_from_slice(numbers.join(";").as_bytes());
    }
    out.push(end);
}
