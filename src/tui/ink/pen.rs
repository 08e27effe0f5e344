//! The terminal's own pen: moved, coloured and put down in the fewest bytes.

use ratatui::buffer::Cell;
use ratatui::style::Color;
use ratatui::style::Modifier;

use crate::tui::ink::is_one_column;

/// Attributes that show on a blank.
pub(super) const ON_BLANK: Modifier =
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

/// How a cell looks, its sign aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub fg: Color,
    pub bg: Color,
    pub modifier: Modifier,
}

pub(super) const PLAIN: Look = Look { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

/// Where the terminal's own pen is, as far as that is sure.
pub(super) struct Pen {
    pub out: Vec<u8>,
    at: Option<(u16, u16)>,
    look: Look,
    columns: u16,
}

impl Pen {
    /// A pen that was put down nowhere yet, on a screen of so many columns.
    pub fn new(bytes: usize, columns: u16) -> Self {
        Self { out: Vec::with_capacity(bytes), at: None, look: PLAIN, columns }
    }

    pub fn put(&mut self, cell: &Cell) {
        self.out.extend_from_slice(cell.symbol().as_bytes());
        // After the last column some terminals wait there and some went on.
        self.at = self.at.map(|(x, y)| (x + 1, y)).filter(|(x, _)| *x < self.columns && is_one_column(cell));
    }

    pub fn erase(&mut self, end: u16, cells: u16) {
        match end == self.columns {
            true => self.out.extend_from_slice(b"\x1b[K"),
            false => control(&mut self.out, &[cells], b'X'),
        }
    }

    pub fn go(&mut self, x: u16, y: u16) {
        if self.at == Some((x, y)) {
            return;
        }
        let mut shortest = Vec::with_capacity(12);
        go_to(&mut shortest, x, y);
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
    pub fn ground(&mut self, ground: Color) {
        let modifier = self.look.modifier - ON_BLANK;
        self.look(Look { bg: ground, modifier, ..self.look });
    }

    pub fn look(&mut self, look: Look) {
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

/// Moves to a place of the screen, wherever the pen was.
pub(super) fn go_to(out: &mut Vec<u8>, x: u16, y: u16) {
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
