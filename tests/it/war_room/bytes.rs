//! The bytes for the terminal: what a terminal makes of them is what was drawn, cell for cell.

use super::room::Room;
use super::withdrawals;
use proptest::prelude::*;
use proptest::sample::select;
use ratatui::buffer::Buffer;
use ratatui::buffer::CellWidth;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::style::Modifier;
use ratatui::style::Style;
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
    parser: vt100::Parser,
    bytes: usize,
}

impl Sent {
    fn new(area: Rect, erases: Erases) -> Self {
        Self { ink: Ink::new(erases), parser: vt100::Parser::new(area.height, area.width, 0), bytes: 0 }
    }

    /// Sends a frame and compares what the terminal shows with it.
    fn frame(&mut self, frame: &Buffer, cursor: Option<Position>) {
        let mut bytes = Vec::new();
        self.ink.frame(&mut frame.clone(), cursor, &mut bytes);
        self.parser.process(&bytes);
        self.bytes = bytes.len();
        let screen = self.parser.screen();
        assert_eq!(screen.hide_cursor(), cursor.is_none());
        if let Some(at) = cursor {
            assert_eq!(screen.cursor_position(), (at.y, at.x));
        }
        for y in 0..frame.area.height {
            let mut x = 0;
            while x < frame.area.width {
                check(frame, screen, x, y);
                x += frame[(x, y)].cell_width().max(1);
            }
        }
    }
}

fn check(frame: &Buffer, screen: &vt100::Screen, x: u16, y: u16) {
    let (drawn, shown) = (&frame[(x, y)], screen.cell(y, x).expect("a cell"));
    let sign = if shown.has_contents() { shown.contents() } else { " " };
    let has = |modifier| drawn.modifier.contains(modifier);
    let place = format!("{x},{y}: {drawn:?}, shown {shown:?}");
    assert_eq!(sign, drawn.symbol(), "{place}");
    assert_eq!(shown.bgcolor(), colour(drawn.bg), "{place}");
    assert_eq!(shown.inverse(), has(Modifier::REVERSED), "{place}");
    assert_eq!(shown.underline(), has(Modifier::UNDERLINED), "{place}");
    // The rest does not show on a blank.
    if sign != " " {
        assert_eq!(shown.fgcolor(), colour(drawn.fg), "{place}");
        assert_eq!(shown.italic(), has(Modifier::ITALIC), "{place}");
        // The parser knows one weight at a time; the later code wins there.
        assert_eq!(shown.bold() || shown.dim(), has(Modifier::BOLD) || has(Modifier::DIM), "{place}");
        assert!(has(Modifier::BOLD.union(Modifier::DIM)) || shown.bold() == has(Modifier::BOLD), "{place}");
    }
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
    (0..40_u16, 0..8_u16, select(SIGNS), select(COLOURS), select(COLOURS), select(MODIFIERS))
        .prop_map(|(x, y, sign, fg, bg, modifier)| (x, y, sign, Style::new().fg(fg).bg(bg).add_modifier(modifier)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn any_frame_after_any_other_is_shown_as_drawn(
        frames in proptest::collection::vec((proptest::collection::vec(stroke(), 0..30), any::<bool>(), 0..40_u16, 0..8_u16), 1..5),
        erases in select(&[Erases::Nothing, Erases::Plain, Erases::Coloured][..]),
    ) {
        let area = Rect::new(0, 0, 40, 8);
        let mut sent = Sent::new(area, erases);
        let mut frame = Buffer::empty(area);
        for (strokes, starts_over, x, y) in frames {
            if starts_over {
                frame.reset();
            }
            for (x, y, sign, style) in strokes {
                // A sign that is half overwritten leaves no half behind, as on every screen the views draw.
                if x > 0 && frame[(x - 1, y)].cell_width() > 1 {
                    frame[(x - 1, y)].reset();
                }
                frame.set_stringn(x, y, sign, 40 - usize::from(x), style);
            }
            sent.frame(&frame, starts_over.then_some(Position { x, y }));
            sent.frame(&frame, starts_over.then_some(Position { x, y }));
            prop_assert_eq!(sent.bytes, 0, "nothing changed, nothing is sent");
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
