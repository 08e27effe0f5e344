//! How many colours the terminal has, and the nearest one it has.

use ratatui::style::Color;

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// `NO_COLOR`, or a terminal without any: only bold, underline and reverse.
    None,
    Ansi16,
    Ansi256,
    True,
}

/// What the person asked for with `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourWish {
    #[default]
    Auto,
    Always,
    Never,
}

/// Decides from the environment: `NO_COLOR`, `COLORTERM`, `TERM`, `TERM_PROGRAM`. `env` looks one variable up.
pub fn depth(wish: ColourWish, env: impl Fn(&str) -> Option<String>) -> Depth {
    let var = |name: &str| env(name).unwrap_or_default();
    let is_off = wish == ColourWish::Never || (wish == ColourWish::Auto && !var("NO_COLOR").is_empty());
    if is_off {
        return Depth::None;
    }
    let term = var("TERM");
    let found = match (var("COLORTERM").as_str(), term.as_str()) {
        ("truecolor" | "24bit", _) => Depth::True,
        (_, "dumb" | "" | "vt100" | "vt220") => Depth::None,
        (_, "linux") => Depth::Ansi16,
        (_, term) if term.ends_with("-direct") => Depth::True,
        (_, term) if ["kitty", "ghostty", "alacritty", "foot", "wezterm"].iter().any(|name| term.contains(name)) => Depth::True,
        (_, term) if term.contains("256") => Depth::Ansi256,
        _ if matches!(var("TERM_PROGRAM").as_str(), "iTerm.app" | "WezTerm" | "vscode" | "ghostty") => Depth::True,
        _ => Depth::Ansi16,
    };
    if wish == ColourWish::Always { found.max(Depth::Ansi16) } else { found }
}

/// Reads `#rrggbb`.
pub fn hex(text: &str) -> Option<(u8, u8, u8)> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some((byte(0)?, byte(2)?, byte(4)?))
}

/// The sixteen by name, with the values xterm gives them (XTerm-col.ad); people repaint them, so these only rank.
const SIXTEEN: [(&str, Color, (u8, u8, u8)); 16] = [
    ("black", Color::Black, (0, 0, 0)),
    ("red", Color::Red, (205, 0, 0)),
    ("green", Color::Green, (0, 205, 0)),
    ("yellow", Color::Yellow, (205, 205, 0)),
    ("blue", Color::Blue, (0, 0, 238)),
    ("magenta", Color::Magenta, (205, 0, 205)),
    ("cyan", Color::Cyan, (0, 205, 205)),
    ("white", Color::Gray, (229, 229, 229)),
    ("bright-black", Color::DarkGray, (127, 127, 127)),
    ("bright-red", Color::LightRed, (255, 0, 0)),
    ("bright-green", Color::LightGreen, (0, 255, 0)),
    ("bright-yellow", Color::LightYellow, (255, 255, 0)),
    ("bright-blue", Color::LightBlue, (92, 92, 255)),
    ("bright-magenta", Color::LightMagenta, (255, 0, 255)),
    ("bright-cyan", Color::LightCyan, (0, 255, 255)),
    ("bright-white", Color::White, (255, 255, 255)),
];

/// Reads the sixteen names, `red` to `bright-white`.
pub fn ansi(name: &str) -> Option<Color> {
    SIXTEEN.iter().find(|(known, ..)| *known == name).map(|(_, colour, _)| *colour)
}

/// The nearest of the sixteen.
pub fn nearest_16(rgb: (u8, u8, u8)) -> Color {
    SIXTEEN.iter().min_by_key(|(.., known)| distance(rgb, *known)).map_or(Color::Reset, |(_, colour, _)| *colour)
}

/// The nearest of the 216 cube colours and 24 greys of a 256-colour terminal.
pub fn nearest_256(rgb: (u8, u8, u8)) -> Color {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest_step = |value: u8| (0..6).min_by_key(|&i| STEPS[i].abs_diff(value)).unwrap_or(0);
    let (r, g, b) = (nearest_step(rgb.0), nearest_step(rgb.1), nearest_step(rgb.2));
    let cube = (STEPS[r], STEPS[g], STEPS[b]);
    let mean = (u16::from(rgb.0) + u16::from(rgb.1) + u16::from(rgb.2)) / 3;
    let grey_index = (mean.saturating_sub(3) / 10).min(23) as u8;
    let level = 8 + 10 * grey_index;
    if distance(rgb, (level, level, level)) < distance(rgb, cube) {
        return Color::Indexed(232 + grey_index);
    }
    Color::Indexed((16 + 36 * r + 6 * g + b) as u8)
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    square(a.0, b.0) + square(a.1, b.1) + square(a.2, b.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth_with(vars: &[(&str, &str)], wish: ColourWish) -> Depth {
        depth(wish, |name| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn environment_decides_the_depth() {
        let auto = ColourWish::Auto;
        assert_eq!(depth_with(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], auto), Depth::True);
        assert_eq!(depth_with(&[("TERM", "tmux-256color")], auto), Depth::Ansi256);
        assert_eq!(depth_with(&[("TERM", "linux")], auto), Depth::Ansi16);
        assert_eq!(depth_with(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], auto), Depth::None);
        assert_eq!(depth_with(&[("TERM", "xterm"), ("NO_COLOR", "1")], ColourWish::Always), Depth::Ansi16);
        assert_eq!(depth_with(&[("TERM", "xterm-256color")], ColourWish::Never), Depth::None);
    }

    #[test]
    fn nearest_hits_exact_cube_and_grey() {
        assert_eq!(nearest_256((255, 0, 0)), Color::Indexed(196));
        assert_eq!(nearest_256((8, 8, 8)), Color::Indexed(232));
        assert_eq!(nearest_256((0, 0, 0)), Color::Indexed(16));
    }
}
