//! Themes by numbers: every pair of colours can be read, and what must be told apart stays apart for every eye.

use super::room::Room;
use super::screens;
use super::withdrawals;
use ratatui::buffer::Cell;
use ratatui::style::Color;
use ratatui::style::Modifier;
use ratatui::style::Style;
use std::collections::BTreeMap;
use warroom::tui::colour::Depth;
use warroom::tui::theme::Theme;
use warroom::tui::theme::Tone;

type Rgb = (u8, u8, u8);

/// xterm's own sixteen (XTerm-col.ad) and those of the Linux console (drivers/tty/vt/vt.c).
const XTERM: [u32; 16] = [
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff,
    0xff00ff, 0x00ffff, 0xffffff,
];
const CONSOLE: [u32; 16] = [
    0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff,
    0xff55ff, 0x55ffff, 0xffffff,
];

/// A terminal: what it is called here, how many colours it has, and what its sixteen look like.
const TERMINALS: [(&str, Depth, &[u32; 16]); 4] = [
    ("millions", Depth::True, &XTERM),
    ("256", Depth::Ansi256, &XTERM),
    ("16 of xterm", Depth::Ansi16, &XTERM),
    ("16 of the Linux console", Depth::Ansi16, &CONSOLE),
];

/// WCAG 2.1, 1.4.3 and 1.4.11: text, and what only has to be seen.
const TEXT: f64 = 4.5;
const SEEN: f64 = 3.0;
/// The frames of the Linux console: its only grey. Frames are not read.
const CONSOLE_FRAME: f64 = 2.8;

fn rgb(colour: Color, sixteen: &[u32; 16]) -> Option<Rgb> {
    let of = |value: u32| ((value >> 16) as u8, (value >> 8) as u8, value as u8);
    let named = |at: usize| Some(of(sixteen[at]));
    match colour {
        Color::Rgb(r, g, b) => Some((r, g, b)),
        Color::Indexed(index @ 232..) => Some((8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232))),
        Color::Indexed(index @ 16..) => {
            let step = |at: u8| [0, 95, 135, 175, 215, 255][usize::from(at)];
            Some((step((index - 16) / 36), step((index - 16) / 6 % 6), step((index - 16) % 6)))
        }
        Color::Indexed(index) => named(usize::from(index)),
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
        Color::Reset => None,
    }
}

/// sRGB to linear light (IEC 61966-2-1).
fn linear(rgb: Rgb) -> [f64; 3] {
    [rgb.0, rgb.1, rgb.2].map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

fn luminance(rgb: Rgb) -> f64 {
    let [r, g, b] = linear(rgb);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    if one > other { one / other } else { other / one }
}

/// Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), severity 1.
const EYES: [(&str, [[f64; 3]; 3]); 4] = [
    ("every cone", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("protanopia", [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    ("deuteranopia", [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    ("tritanopia", [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
];

/// Linear light as these eyes see it, in CIE L*a*b* under D65.
fn lab(rgb: Rgb, eyes: &[[f64; 3]; 3]) -> [f64; 3] {
    let light = linear(rgb);
    let [r, g, b] = eyes.map(|row| row.iter().zip(light).map(|(share, value)| share * value).sum::<f64>().clamp(0.0, 1.0));
    let x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047;
    let y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b;
    let z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883;
    let [x, y, z] = [x, y, z].map(|t| if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// CIE76: 2.3 is just noticeable.
fn difference(one: Rgb, other: Rgb, eyes: &[[f64; 3]; 3]) -> f64 {
    let (one, other) = (lab(one, eyes), lab(other, eyes));
    one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// What a cell shows: its ink and its ground.
fn pair(fg: Color, bg: Color, modifier: Modifier) -> (Color, Color) {
    if modifier.contains(Modifier::REVERSED) { (bg, fg) } else { (fg, bg) }
}

/// What many terminals of sixteen colours make of bold: the brighter one of the pair.
fn brightened(ink: Color, depth: Depth, modifier: Modifier) -> Color {
    let dark = [Color::Black, Color::Red, Color::Green, Color::Yellow, Color::Blue, Color::Magenta, Color::Cyan, Color::Gray];
    let bright = [
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match dark.iter().position(|known| *known == ink) {
        Some(at) if depth == Depth::Ansi16 && modifier.contains(Modifier::BOLD) => bright[at],
        _ => ink,
    }
}

fn needed(tone: Option<Tone>, terminal: &str) -> f64 {
    match tone {
        Some(Tone::Border) if terminal.ends_with("console") => CONSOLE_FRAME,
        Some(Tone::Border | Tone::BorderFocus | Tone::OverlayBorder | Tone::Faint | Tone::Struck) => SEEN,
        _ => TEXT,
    }
}

/// Every tone on every ground it can come to lie on, in every theme with colours, on every kind of terminal.
#[test]
fn every_tone_can_be_read_on_every_ground() {
    let mut bad = BTreeMap::new();
    for (theme_name, (terminal, depth, sixteen)) in
        ["dark", "light"].into_iter().flat_map(|name| TERMINALS.map(|terminal| (name, terminal)))
    {
        let theme = Theme::shipped(theme_name, depth).expect("a theme");
        let text = theme.style(Tone::Ground).patch(theme.style(Tone::Text));
        let over = |tones: &[Tone]| tones.iter().fold(text, |under, tone| under.patch(theme.style(*tone)));
        let grounds = [
            over(&[]),
            over(&[Tone::Header]),
            over(&[Tone::Footer]),
            over(&[Tone::Overlay]),
            over(&[Tone::Selection]),
            over(&[Tone::SelectionAway]),
            over(&[Tone::Overlay, Tone::Selection]),
            over(&[Tone::Field]),
            over(&[Tone::FieldFocus]),
        ];
        for tone in Tone::ALL.iter().copied().filter(|tone| *tone != Tone::Ground) {
            for (at, ground) in grounds.iter().enumerate() {
                // Frames stand on the screen's own ground, those of lists and forms on theirs.
                if (tone == Tone::Border && at > 0) || (tone == Tone::OverlayBorder && at != 3) {
                    continue;
                }
                let style = ground.patch(theme.style(tone));
                let fg = style.fg.expect("an ink");
                for fg in [fg, brightened(fg, depth, style.add_modifier)] {
                    let (ink, under) = pair(fg, style.bg.expect("a ground"), style.add_modifier);
                    let (ink, under) = (rgb(ink, sixteen).expect("a colour"), rgb(under, sixteen).expect("a colour"));
                    let ratio = contrast(ink, under);
                    if ratio < needed(Some(tone), terminal) {
                        bad.insert((theme_name, terminal, tone.name(), at), format!("{ratio:.2} {ink:?} on {under:?}"));
                    }
                }
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}

/// What stands on real screens is what was measured above, and no cell lacks an ink or a ground.
#[test]
fn every_cell_of_every_screen_can_be_read() {
    for (theme_name, (terminal, depth, sixteen)) in
        ["dark", "light"].into_iter().flat_map(|name| TERMINALS.map(|terminal| (name, terminal)))
    {
        let theme = Theme::shipped(theme_name, depth).expect("a theme");
        for (name, keys) in screens::ALL {
            let (story, _) = withdrawals();
            let mut room = Room::with(story, "ana", (120, 36), |setup| setup.look.theme = theme.clone());
            room.press(keys);
            for cell in &room.frame().content {
                check_cell(cell, &theme, (terminal, sixteen), &format!("{theme_name}, {terminal}, {name}"));
            }
        }
    }
}

fn check_cell(cell: &Cell, theme: &Theme, (terminal, sixteen): (&str, &[u32; 16]), place: &str) {
    if cell.symbol().trim().is_empty() {
        return;
    }
    let (ink, ground) = pair(cell.fg, cell.bg, cell.modifier);
    let colours = rgb(ink, sixteen).zip(rgb(ground, sixteen));
    let (ink, ground) = colours.unwrap_or_else(|| panic!("{place}: `{}` has no colour of the theme", cell.symbol()));
    let is = |tone: Tone| theme.style(tone).fg == Some(cell.fg);
    let soft = [Tone::Border, Tone::Faint, Tone::BorderFocus].into_iter().find(|tone| is(*tone));
    let is_line = "╭╮╯╰─│▌".contains(cell.symbol());
    let tone = soft.filter(|tone| is_line || *tone == Tone::Faint);
    let ratio = contrast(ink, ground);
    assert!(ratio >= needed(tone, terminal), "{place}: `{}` {ratio:.2}: {ink:?} on {ground:?}", cell.symbol());
}

/// Pairs that must never be taken for each other. Each also has its own word on screen; colour only says it sooner.
const APART: [(Tone, Tone); 12] = [
    (Tone::P1, Tone::P2),
    (Tone::P1, Tone::P3),
    (Tone::P2, Tone::P3),
    (Tone::P1, Tone::PUnknown),
    (Tone::P2, Tone::PUnknown),
    (Tone::P3, Tone::P4),
    (Tone::Alarm, Tone::Warn),
    (Tone::Good, Tone::Refused),
    (Tone::Good, Tone::Loud),
    (Tone::Good, Tone::Warn),
    (Tone::Live, Tone::Stale),
    (Tone::Local, Tone::Refused),
];
const APART_MIN: f64 = 15.0;

#[test]
fn what_must_be_told_apart_is_apart_for_every_eye() {
    let mut bad = Vec::new();
    for (theme_name, (terminal, depth, sixteen)) in
        ["dark", "light"].into_iter().flat_map(|name| TERMINALS.map(|terminal| (name, terminal)))
    {
        let theme = Theme::shipped(theme_name, depth).expect("a theme");
        for ((one, other), (eyes, matrix)) in APART.into_iter().flat_map(|tones| EYES.map(|eyes| (tones, eyes))) {
            let (one_style, other_style) = (theme.style(one), theme.style(other));
            // A filled ground beside bare words is told apart without any colour.
            if one_style.bg.is_some() != other_style.bg.is_some() {
                continue;
            }
            let loudest = |style: Style| style.bg.or(style.fg).and_then(|colour| rgb(colour, sixteen)).expect("a colour");
            let apart = difference(loudest(one_style), loudest(other_style), &matrix);
            if apart < APART_MIN {
                bad.push(format!("{theme_name}, {terminal}, {eyes}: {} and {} are {apart:.1} apart", one.name(), other.name()));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// In mono nothing but the words and bold, underline and reverse is left; what is loud in colour is loud there too.
#[test]
fn without_colours_what_is_loud_is_still_loud() {
    let theme = Theme::shipped("dark", Depth::None).expect("a theme");
    let plain = theme.style(Tone::Text);
    for tone in
        [Tone::P1, Tone::P2, Tone::PUnknown, Tone::Alarm, Tone::Warn, Tone::Loud, Tone::Refused, Tone::Stale, Tone::Drill, Tone::Selection]
    {
        assert_ne!(theme.style(tone), plain, "{}", tone.name());
    }
    assert!(theme.style(Tone::P1).add_modifier.contains(Modifier::REVERSED), "the loudest of all");
}

/// The formulas are right: black on white is 21, and the reds and greens of a deuteranope lie near each other.
#[test]
fn the_measures_agree_with_their_sources() {
    assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 0.001);
    assert!((contrast((0x77, 0x77, 0x77), (255, 255, 255)) - 4.48).abs() < 0.01);
    let (red, green) = ((0xa0, 0x50, 0x00), (0x60, 0x70, 0x00));
    assert!(difference(red, green, &EYES[2].1) < difference(red, green, &EYES[0].1) / 3.0);
}
