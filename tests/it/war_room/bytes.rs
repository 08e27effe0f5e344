//! The bytes for the terminal: what a terminal makes of them is what was drawn, cell for cell.

use super::room::Room;
use super::withdrawals;
use crate::stage::Home;
use crate::stage::Screen;
use proptest::prelude::*;
use proptest::sample::select;
use ratatui::buffer::Buffer;
use ratatui::buffer::Cell;
use ratatui::buffer::CellWidth;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::style::Modifier;
use ratatui::style::Style;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;
use warroom::tui::ink::Erases;
use warroom::tui::ink::Ink;

const SIGNS: &[&str] = &[" ", "    ", "             ", "a", "word", "│", "─────", "é", "资金", "e\u{301}", "▌", "x y z", "9"];
const COLOURS: &[Color] =
    &[Color::Reset, Color::Reset, Color::Red, Color::LightBlue, Color::Indexed(8), Color::Indexed(200), Color::Rgb(1, 22, 255)];
const MODIFIERS: &[Modifier] = &[
    Modifier::empty(),
    Modifier::empty(),
    Modifier::BOLD,
    Modifier::DIM,
    Modifier::ITALIC,
    Modifier::UNDERLINED,
    Modifier::REVERSED,
    Modifier::BOLD.union(Modifier::DIM),
    Modifier::BOLD.union(Modifier::ITALIC).union(Modifier::UNDERLINED),
];

/// A terminal and what is sent to it.
struct Sent {
    ink: Ink,
    /// The frame before the last, as the program keeps it.
    spare: Buffer,
    parser: vt100::Parser,
    bytes: usize,
}

impl Sent {
    fn new(area: Rect, erases: Erases) -> Self {
        Self { ink: Ink::new(erases), spare: Buffer::empty(area), parser: vt100::Parser::new(area.height, area.width, 0), bytes: 0 }
    }

    /// Sends a frame and compares what the terminal shows with it.
    fn frame(&mut self, frame: &Buffer, cursor: Option<Position>) {
        let mut bytes = Vec::new();
        self.spare.content.clone_from(&frame.content);
        self.ink.frame(&mut self.spare, cursor, &mut bytes);
        self.shows(&bytes, frame, cursor);
    }

    /// Sends a frame of which only these rows are unlike the last, drawn over that one.
    fn part(&mut self, frame: &Buffer, rows: Range<u16>, cursor: Option<Position>) {
        assert!(self.ink.bring(&mut self.spare), "the last frame is known");
        let width = usize::from(frame.area.width);
        let cells = usize::from(rows.start) * width..usize::from(rows.end) * width;
        self.spare.content[cells.clone()].clone_from_slice(&frame.content[cells]);
        let mut bytes = Vec::new();
        self.ink.frame_of(&mut self.spare, &[rows], cursor, &mut bytes);
        self.shows(&bytes, frame, cursor);
    }

    fn shows(&mut self, bytes: &[u8], frame: &Buffer, cursor: Option<Position>) {
        self.parser.process(bytes);
        self.bytes = bytes.len();
        let screen = self.parser.screen();
        assert_eq!(screen.hide_cursor(), cursor.is_none());
        if let Some(at) = cursor {
            assert_eq!(screen.cursor_position(), (at.y, at.x));
        }
        if let Some(why) = difference(frame, screen) {
            panic!("{why}");
        }
    }
}

/// The first cell that a terminal shows otherwise than it was drawn.
fn difference(frame: &Buffer, screen: &vt100::Screen) -> Option<String> {
    for y in 0..frame.area.height {
        let mut x = 0;
        while x < frame.area.width {
            if let Some(why) = unlike(frame, screen, x, y) {
                return Some(why);
            }
            x += frame[(x, y)].cell_width().max(1);
        }
    }
    None
}

fn unlike(frame: &Buffer, screen: &vt100::Screen, x: u16, y: u16) -> Option<String> {
    let (drawn, shown) = (&frame[(x, y)], screen.cell(y, x).expect("a cell"));
    let sign = if shown.has_contents() { shown.contents() } else { " " };
    let has = |modifier| drawn.modifier.contains(modifier);
    let on_blank =
        shown.bgcolor() == colour(drawn.bg) && shown.inverse() == has(Modifier::REVERSED) && shown.underline() == has(Modifier::UNDERLINED);
    // The parser knows one weight at a time; the later code wins there.
    let weighs = (shown.bold() || shown.dim()) == (has(Modifier::BOLD) || has(Modifier::DIM))
        && (has(Modifier::BOLD.union(Modifier::DIM)) || shown.bold() == has(Modifier::BOLD));
    let on_signs = shown.fgcolor() == colour(drawn.fg) && shown.italic() == has(Modifier::ITALIC) && weighs;
    // The rest does not show on a blank.
    let is_like = sign == drawn.symbol() && on_blank && (sign == " " || on_signs);
    (!is_like).then(|| format!("{x},{y}: {drawn:?}, shown {shown:?}"))
}

fn colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Reset => vt100::Color::Default,
        Color::Red => vt100::Color::Idx(1),
        Color::LightBlue => vt100::Color::Idx(12),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
        other => panic!("{other} is not in these frames"),
    }
}

/// Something written over a frame: where, what, how.
fn stroke() -> impl Strategy<Value = (u16, u16, &'static str, Style)> {
    (0..400_u16, 0..400_u16, select(SIGNS), select(COLOURS), select(COLOURS), select(MODIFIERS))
        .prop_map(|(x, y, sign, fg, bg, modifier)| (x, y, sign, Style::new().fg(fg).bg(bg).add_modifier(modifier)))
}

/// What becomes of a frame before the next one is sent.
#[derive(Debug, Clone)]
enum Change {
    Nothing,
    Emptied,
    /// Every row says something of its own from here on.
    Filled(u16),
    /// The rows of a part of the screen move by so many: two columns, two rows, the way.
    Moved([u16; 4], i32),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        1 => Just(Change::Nothing),
        1 => Just(Change::Emptied),
        2 => (0..1000_u16).prop_map(Change::Filled),
        4 => (prop::array::uniform4(0..400_u16), -6..7_i32).prop_map(|(part, by)| Change::Moved(part, by)),
    ]
}

impl Change {
    fn make(&self, frame: &mut Buffer) {
        let (width, height) = (frame.area.width, frame.area.height);
        match *self {
            Self::Nothing => {}
            Self::Emptied => frame.reset(),
            Self::Filled(seed) => {
                for y in 0..height {
                    let (at, style) = (seed + y, Style::new().fg(COLOURS[usize::from(seed + y) % COLOURS.len()]));
                    let words = format!("{at} │ signer {} of {} signs 资金 again at {} as e\u{301}v", at % 7, at * 3, at * 31).repeat(3);
                    frame.set_stringn(0, y, words, usize::from(width), style);
                }
            }
            Self::Moved([x, other_x, y, other_y], by) => {
                // Whole rows as often as a part of them.
                let (left, right) =
                    if x > 200 { (0, width) } else { ((x % width).min(other_x % width), (x % width).max(other_x % width) + 1) };
                let (top, bottom) = ((y % height).min(other_y % height), (y % height).max(other_y % height) + 1);
                let before = frame.clone();
                for y in top..bottom {
                    let from = i32::from(y) - by;
                    let from = u16::try_from(from).ok().filter(|from| (top..bottom).contains(from));
                    (left..right).for_each(|x| frame[(x, y)] = from.map_or_else(Cell::default, |from| before[(x, from)].clone()));
                }
            }
        }
    }
}

/// A sign of two columns that is cut leaves no half behind, as on every screen the views draw.
fn mend(frame: &mut Buffer) {
    for (x, y) in frame.area.positions().map(|at| (at.x, at.y)) {
        if frame[(x, y)].cell_width() > 1 && (x + 1 >= frame.area.width || frame[(x + 1, y)].symbol() != " ") {
            frame[(x, y)].reset();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn any_frame_after_any_other_is_shown_as_drawn(
        (width, height) in select(&[(40, 8), (120, 30), (80, 24), (33, 50), (2, 3), (1, 1)][..]),
        frames in proptest::collection::vec(
            (change(), proptest::collection::vec(stroke(), 0..30), any::<bool>(), 0..400_u16, 0..400_u16, any::<Option<(u16, u16)>>()),
            1..8,
        ),
        erases in select(&[Erases::Nothing, Erases::Plain, Erases::Coloured][..]),
    ) {
        let area = Rect::new(0, 0, width, height);
        let mut sent = Sent::new(area, erases);
        let mut frame = Buffer::empty(area);
        for (number, (change, strokes, has_cursor, x, y, part)) in frames.into_iter().enumerate() {
            let before = frame.clone();
            change.make(&mut frame);
            for (x, y, sign, style) in strokes {
                frame.set_stringn(x % width, y % height, sign, usize::from(width - x % width), style);
            }
            mend(&mut frame);
            let cursor = has_cursor.then_some(Position { x: x % width, y: y % height });
            match part.filter(|_| number > 0) {
                Some((one, other)) => {
                    let rows = (one % height).min(other % height)..(one % height).max(other % height) + 1;
                    for at in area.positions().filter(|at| !rows.contains(&at.y)) {
                        frame[at] = before[at].clone();
                    }
                    sent.part(&frame, rows, cursor);
                }
                None => sent.frame(&frame, cursor),
            }
            sent.frame(&frame, cursor);
            prop_assert_eq!(sent.bytes, 0, "nothing changed, nothing is sent");
        }
    }
}

/// Rows that have nothing in common, from a number on.
fn rows(area: Rect, first: u16) -> Buffer {
    let mut frame = Buffer::empty(area);
    for y in 1..area.height - 1 {
        let number = u32::from(first + y).wrapping_mul(2_654_435_761);
        let words: String = (0..8).map(|place| format!(" {:x}", number.rotate_left(place * 5) ^ place)).collect();
        frame.set_stringn(0, y, words, usize::from(area.width), Style::new());
    }
    frame
}

#[test]
fn rows_that_move_are_moved_by_the_terminal() {
    let area = Rect::new(0, 0, 80, 24);
    for (erases, is_moved) in [(Erases::Coloured, true), (Erases::Plain, true), (Erases::Nothing, false)] {
        for (from, to) in [(100, 101), (101, 100), (100, 107), (109, 100)] {
            let mut sent = Sent::new(area, erases);
            sent.frame(&rows(area, from), None);
            let whole = sent.bytes;
            sent.frame(&rows(area, to), None);
            assert_eq!(sent.bytes < whole * 2 / 3, is_moved, "{erases:?} {from} to {to}: {} of {whole} bytes", sent.bytes);
        }
    }
}

#[test]
fn every_key_sends_what_it_draws() {
    let area = Rect::new(0, 0, 120, 36);
    let (story, _) = withdrawals();
    let mut room = Room::new(story, "ana", (area.width, area.height));
    let mut sent = Sent::new(area, Erases::Coloured);
    let keys = "2 k k g G 3 4 1 j k z z ? w Esc : s t Esc p 1 Esc i a b c Esc / n o Esc s Esc ! Esc L Esc D x Esc";
    let mut all = 0;
    for key in keys.split(' ') {
        room.press(&[key]);
        let (frame, cursor) = room.drawn(area);
        sent.frame(&frame, cursor);
        all += sent.bytes;
    }
    assert!(all > 1_000, "something was drawn");
}

#[test]
fn a_screen_somebody_wrote_on_is_drawn_whole() {
    let area = Rect::new(0, 0, 80, 24);
    let (story, _) = withdrawals();
    let room = Room::new(story, "ana", (area.width, area.height));
    let (frame, cursor) = room.drawn(area);
    let mut sent = Sent::new(area, Erases::Coloured);
    sent.frame(&frame, cursor);
    sent.parser.process(b"\x1b[31;44mgarbage\x1b[2J");
    sent.ink.forget();
    sent.frame(&frame, cursor);
}

#[test]
fn tmux_shows_what_was_drawn() {
    if !Path::new("/usr/bin/tmux").exists() {
        assert!(std::env::var_os("CI").is_none(), "tmux is not installed");
        println!("skipped: tmux is not installed");
        return;
    }
    let area = Rect::new(0, 0, 120, 36);
    let home = Home::new().with("TMUX_TMPDIR", "/tmp");
    let folder = tempfile::tempdir().expect("a folder");
    let (name, path) = (format!("warroom-bytes-{}", std::process::id()), folder.path().join("sent"));
    let mut file = std::fs::File::create(&path).expect("a file");
    // It reads on as the file grows.
    let reads = format!("stty raw -echo; exec tail -c +1 -f '{}'", path.display());
    let opens = ["-u", "-T", "RGB", "-L", &name, "-f", "/dev/null", "set-option", "-g", "status", "off", ";", "new-session", &reads];
    let screen = Screen::run(&home, "/usr/bin/tmux", &opens);
    let mut ink = Ink::new(Erases::Coloured);
    let mut shows = |frame: &Buffer, cursor| {
        let mut bytes = Vec::new();
        ink.frame(&mut frame.clone(), cursor, &mut bytes);
        file.write_all(&bytes).expect("a file that grows");
        let end = Instant::now() + Duration::from_secs(20);
        while let Some(why) = difference(frame, &screen.shown()) {
            assert!(Instant::now() < end, "{why}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let (story, _) = withdrawals();
    let mut room = Room::new(story, "ana", (area.width, area.height));
    for keys in [&["2", "k", "g"][..], &["z", "k"], &["z", "i", "words"], &["Esc", "?"], &["Esc", "j"]] {
        room.press(keys);
        let (frame, cursor) = room.drawn(area);
        shows(&frame, cursor);
    }
    for first in [100, 101, 95, 120, 100] {
        shows(&rows(area, first), None);
    }
    let ended = Command::new("/usr/bin/tmux").env("TMUX_TMPDIR", "/tmp").args(["-L", &name, "kill-server"]).status();
    assert!(ended.is_ok_and(|ended| ended.success()));
}
