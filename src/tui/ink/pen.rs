//! The terminal's own pen: moved, coloured and put down in the fewest bytes.

use ratatui::buffer::Cell;
use ratatui::style::Color;
use ratatui::style::Modifier;

use crate::tui::ink::cells::is_one_column;

/// Attributes that show on a blank.
pub(super) const ON_BLANK: Modifier =
    Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::SLOW_BLINK).union(Modifier::RAPID_BLINK).union(Modifier::CROSSED_OUT);
/// Attributes with the code that sets and the code that ends each. Bold and dim end together.
const ATTRIBUTES: [(Modifier, u16, u16); 9] = [
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
/// Up to so many rows down or columns back, a byte for each is no longer than a number.
const STEPS_MAX: u16 = 4;

/// How a cell looks, its sign aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub fg: Color,
    pub bg: Color,
    pub modifier: Modifier,
}

impl Look {
    pub const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    pub fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }
}

/// How the pen lies between two frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rest {
    /// Where, as far as that is sure.
    pub at: Option<(u16, u16)>,
    pub look: Look,
}

impl Rest {
    /// After `CSI m`, wherever that was.
    pub const PLAIN: Self = Self { at: None, look: Look::PLAIN };
}

/// The terminal's own pen in hand.
pub(super) struct Pen {
    pub out: Vec<u8>,
    pub rest: Rest,
    columns: u16,
}

impl Pen {
    /// Takes the pen up from where it lies, on a screen of so many columns.
    pub fn new(rest: Rest, bytes: usize, columns: u16) -> Self {
        Self { out: Vec::with_capacity(bytes), rest, columns }
    }

    pub fn put(&mut self, cell: &Cell) {
        self.out.extend_from_slice(cell.symbol().as_bytes());
        // After the last column some terminals wait there and some went on.
        self.rest.at = self.rest.at.map(|(x, y)| (x + 1, y)).filter(|(x, _)| *x < self.columns && is_one_column(cell));
    }

    /// Clears so many cells up to a column, with the ground of the pen; the pen stays where it is.
    pub fn erase(&mut self, end: u16, cells: u16) {
        match end == self.columns {
            true => self.out.extend_from_slice(b"\x1b[K"),
            false => control(&mut self.out, &[cells], b'X'),
        }
    }

    /// Takes lines out at the pen, at the start of its row; what is below moves up.
    pub fn take_lines(&mut self, lines: u16) {
        control(&mut self.out, &[lines], b'M');
    }

    /// Puts lines in at the pen, at the start of its row; what is there and below moves down.
    pub fn put_lines(&mut self, lines: u16) {
        control(&mut self.out, &[lines], b'L');
    }

    pub fn go(&mut self, x: u16, y: u16) {
        if self.rest.at == Some((x, y)) {
            return;
        }
        let start = self.out.len();
        go_to(&mut self.out, x, y);
        if let Some(from) = self.rest.at {
            let middle = self.out.len();
            step(&mut self.out, from, (x, y));
            if self.out.len() - middle < middle - start {
                self.out.drain(start..middle);
            } else {
                self.out.truncate(middle);
            }
        }
        self.rest.at = Some((x, y));
    }

    /// Takes the ground of a blank; of the rest only what shows on a blank has to be right.
    pub fn ground(&mut self, ground: Color) {
        let modifier = self.rest.look.modifier - ON_BLANK;
        self.look(Look { bg: ground, modifier, ..self.rest.look });
    }

    pub fn look(&mut self, look: Look) {
        let before = self.rest.look;
        if before == look {
            return;
        }
        self.out.extend_from_slice(b"\x1b[");
        let start = self.out.len();
        if look != Look::PLAIN {
            codes(&mut self.out, before, look);
            let middle = self.out.len();
            self.out.extend_from_slice(b"0;");
            codes(&mut self.out, Look::PLAIN, look);
            if self.out.len() - middle < middle - start {
                self.out.drain(start..middle);
            } else {
                self.out.truncate(middle);
            }
        }
        self.out.push(b'm');
        self.rest.look = look;
    }
}

/// The codes that lead from one look to another.
fn codes(out: &mut Vec<u8>, from: Look, to: Look) {
    let start = out.len();
    let mut code = |codes: &[u16]| {
        if out.len() > start {
            out.push(b';');
        }
        list(out, codes);
    };
    let gone = from.modifier - to.modifier;
    let mut kept = from.modifier & to.modifier;
    let mut ended = 0;
    for (_, _, end) in ATTRIBUTES.iter().filter(|(attribute, ..)| gone.contains(*attribute)) {
        if *end != ended {
            code(&[*end]);
            ended = *end;
        }
        // A code that ends one of a pair ends the other too.
        for (other, ..) in ATTRIBUTES.iter().filter(|(_, _, ends)| ends == end) {
            kept -= *other;
        }
    }
    let new = to.modifier - kept;
    ATTRIBUTES.iter().filter(|(attribute, ..)| new.contains(*attribute)).for_each(|(_, set, _)| code(&[*set]));
    if from.fg != to.fg {
        colour(&mut code, to.fg, 30);
    }
    if from.bg != to.bg {
        colour(&mut code, to.bg, 40);
    }
}

/// The codes of a colour; `ground` is 30 for what is written and 40 for what lies behind.
fn colour(code: &mut impl FnMut(&[u16]), colour: Color, ground: u16) {
    let plain = |index: u16| [ground + index];
    // The second eight: a terminal of sixteen knows these codes, and need not know those of 256.
    let bright = |index: u16| [ground + 60 + index];
    match colour {
        Color::Reset => code(&plain(9)),
        Color::Rgb(red, green, blue) => code(&[ground + 8, 2, red.into(), green.into(), blue.into()]),
        Color::Indexed(index) => code(&[ground + 8, 5, index.into()]),
        Color::Black => code(&plain(0)),
        Color::Red => code(&plain(1)),
        Color::Green => code(&plain(2)),
        Color::Yellow => code(&plain(3)),
        Color::Blue => code(&plain(4)),
        Color::Magenta => code(&plain(5)),
        Color::Cyan => code(&plain(6)),
        Color::Gray => code(&plain(7)),
        Color::DarkGray => code(&bright(0)),
        Color::LightRed => code(&bright(1)),
        Color::LightGreen => code(&bright(2)),
        Color::LightYellow => code(&bright(3)),
        Color::LightBlue => code(&bright(4)),
        Color::LightMagenta => code(&bright(5)),
        Color::LightCyan => code(&bright(6)),
        Color::White => code(&bright(7)),
    }
}

/// Moves to a place of the screen, wherever the pen was.
fn go_to(out: &mut Vec<u8>, x: u16, y: u16) {
    match (x, y) {
        (0, 0) => control(out, &[], b'H'),
        (0, _) => control(out, &[y + 1], b'H'),
        _ => control(out, &[y + 1, x + 1], b'H'),
    }
}

/// Moves from one place of the screen to another, rows first. A line feed scrolls only on the last row, from where no way leads down.
fn step(out: &mut Vec<u8>, (from, row): (u16, u16), (x, y): (u16, u16)) {
    match y.checked_sub(row) {
        None => control(out, &[row - y], b'A'),
        Some(rows @ 0..=STEPS_MAX) => (0..rows).for_each(|_| out.push(b'\n')),
        Some(rows) => control(out, &[rows], b'B'),
    }
    match from.checked_sub(x) {
        None => control(out, &[x - from], b'C'),
        Some(columns @ 0..=STEPS_MAX) => (0..columns).for_each(|_| out.push(b'\x08')),
        Some(columns) if x > 0 => control(out, &[columns], b'D'),
        Some(_) => out.push(b'\r'),
    }
}

/// A control sequence; a single number 1 goes without saying.
fn control(out: &mut Vec<u8>, numbers: &[u16], end: u8) {
    out.extend_from_slice(b"\x1b[");
    if numbers != [1] {
        list(out, numbers);
    }
    out.push(end);
}

fn list(out: &mut Vec<u8>, numbers: &[u16]) {
    for (place, number) in numbers.iter().enumerate() {
        if place > 0 {
            out.push(b';');
        }
        let mut unit = [10_000, 1_000, 100, 10].into_iter().find(|unit| number >= unit).unwrap_or(1);
        while unit > 0 {
            out.push(b'0' + (number / unit % 10) as u8);
            unit /= 10;
        }
    }
}
