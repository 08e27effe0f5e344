//! Reads theme files: a palette, the styles painted with it, and what both are laid over.

use std::collections::BTreeMap;
use std::path::Path;

use ratatui::style::Color;
use ratatui::style::Modifier;
use ratatui::style::Style;
use serde::Deserialize;
use toml::Spanned;

use crate::tui::colour;
use crate::tui::colour::Depth;
use crate::tui::theme::ThemeError;
use crate::tui::theme::Tone;
use crate::tui::theme::shipped_text;
use crate::tui::theme::unknown;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    /// The shipped theme under this one; `dark` when it names none.
    inherits: Option<Spanned<String>>,
    /// Whether bold is kept on a terminal of sixteen colours. Many brighten what is bold there, which no light ground bears.
    bold_at_sixteen: Option<bool>,
    #[serde(default)]
    palette: BTreeMap<String, Spanned<Paint>>,
    #[serde(default)]
    styles: BTreeMap<Spanned<String>, Spanned<Look>>,
}

/// A colour, with its stand-in on a terminal of sixteen; without one the nearest stands in.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected \"#rrggbb\", or { rgb = \"#rrggbb\", ansi = \"bright-red\" }")]
enum Paint {
    Rgb(String),
    Both(Both),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Both {
    rgb: String,
    ansi: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Look {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underlined: bool,
    reversed: bool,
    crossed_out: bool,
    /// What takes the place of all this on a terminal of sixteen colours, where grounds are few.
    sixteen: Option<Box<Look>>,
}

/// A colour as read: its millions and its sixteen.
#[derive(Debug, Clone, Copy)]
struct Ink {
    rgb: (u8, u8, u8),
    ansi: Color,
}

type Palette = BTreeMap<String, Ink>;

/// The name of the theme in a file and its styles, by tone.
pub(super) fn styles(file: &str, text: &str, depth: Depth) -> Result<(String, Vec<Style>), ThemeError> {
    let mut palette = Palette::new();
    let mut styles = vec![Style::new(); Tone::ALL.len()];
    let parsed = parse(file, text)?;
    let name = parsed.name.clone().unwrap_or_else(|| {
        let stem = Path::new(file).file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    });
    // A shipped theme stands on its own feet; any other stands on one of them.
    let mut keeps_bold = None;
    let is_own = shipped_text(file) != Some(text);
    if is_own {
        let under = parsed.inherits.as_ref().map_or("dark", |under| under.get_ref().as_str());
        let at = parsed.inherits.as_ref().map_or(0, |under| under.span().start);
        let under_text = shipped_text(under).ok_or_else(|| fail(file, text, at, unknown(under)))?;
        let below = parse(under, under_text)?;
        take_palette(&below, under, under_text, &mut palette)?;
        take_palette(&parsed, file, text, &mut palette)?;
        take_styles(&below, under, under_text, &palette, depth, &mut styles)?;
        keeps_bold = below.bold_at_sixteen;
    } else {
        take_palette(&parsed, file, text, &mut palette)?;
    }
    take_styles(&parsed, file, text, &palette, depth, &mut styles)?;
    if depth == Depth::Ansi16 && parsed.bold_at_sixteen.or(keeps_bold) == Some(false) {
        styles.iter_mut().for_each(|style| *style = style.remove_modifier(Modifier::BOLD));
    }
    Ok((name, styles))
}

fn fail(file: &str, text: &str, at: usize, why: String) -> ThemeError {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    ThemeError { file: file.to_owned(), line: before.matches('\n').count() + 1, why }
}

fn parse(file: &str, text: &str) -> Result<File, ThemeError> {
    toml::from_str(text).map_err(|error| {
        let why = error.message().replace('\n', ", ");
        fail(file, text, error.span().map_or(0, |span| span.start), why)
    })
}

fn take_palette(parsed: &File, file: &str, text: &str, palette: &mut Palette) -> Result<(), ThemeError> {
    for (name, paint) in &parsed.palette {
        let at = paint.span().start;
        let (hex, ansi) = match paint.get_ref() {
            Paint::Rgb(rgb) => (rgb, None),
            Paint::Both(both) => (&both.rgb, Some(&both.ansi)),
        };
        let rgb = colour::hex(hex).ok_or_else(|| fail(file, text, at, not_a_colour(hex)))?;
        let ansi = match ansi {
            None => colour::nearest_16(rgb),
            Some(ansi) => colour::ansi(ansi).ok_or_else(|| {
                fail(file, text, at, format!("{name}: \"{ansi}\" is not one of the sixteen; expected red, bright-red, …"))
            })?,
        };
        palette.insert(name.clone(), Ink { rgb, ansi });
    }
    Ok(())
}

fn not_a_colour(hex: &str) -> String {
    format!("\"{hex}\" is not a colour; expected #rrggbb")
}

fn take_styles(parsed: &File, file: &str, text: &str, palette: &Palette, depth: Depth, styles: &mut [Style]) -> Result<(), ThemeError> {
    for (name, look) in &parsed.styles {
        let index = Tone::ALL.iter().position(|tone| tone.name() == name.get_ref()).ok_or_else(|| {
            let names = Tone::ALL.iter().map(|tone| tone.name()).collect::<Vec<_>>().join(", ");
            fail(file, text, name.span().start, format!("\"{}\" is not a style; expected one of {names}", name.get_ref()))
        })?;
        let (at, look) = (look.span().start, look.get_ref());
        let told = |why: String| fail(file, text, at, format!("{}: {why}", name.get_ref()));
        // Both are read, so that a mistake in one is told on every terminal.
        let full = style(look, palette, depth).map_err(told)?;
        let sixteen = look.sixteen.as_ref().map(|few| style(few, palette, depth)).transpose().map_err(told)?;
        styles[index] = sixteen.filter(|_| depth == Depth::Ansi16).unwrap_or(full);
    }
    Ok(())
}

fn style(look: &Look, palette: &Palette, depth: Depth) -> Result<Style, String> {
    let mut style = Style::new();
    if let Some(name) = &look.fg {
        style.fg = paint(name, palette, depth)?;
    }
    if let Some(name) = &look.bg {
        style.bg = paint(name, palette, depth)?;
    }
    for (is_set, modifier) in [
        (look.bold, Modifier::BOLD),
        (look.dim, Modifier::DIM),
        (look.italic, Modifier::ITALIC),
        (look.underlined, Modifier::UNDERLINED),
        (look.reversed, Modifier::REVERSED),
        (look.crossed_out, Modifier::CROSSED_OUT),
    ] {
        if is_set {
            style = style.add_modifier(modifier);
        }
    }
    Ok(style)
}

/// A colour by its name in the palette, or as `#rrggbb`.
fn paint(name: &str, palette: &Palette, depth: Depth) -> Result<Option<Color>, String> {
    let direct = || colour::hex(name).map(|rgb| Ink { rgb, ansi: colour::nearest_16(rgb) });
    let ink = palette.get(name).copied().or_else(direct).ok_or_else(|| {
        let names = palette.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("\"{name}\" is not in [palette]; expected #rrggbb or one of {names}")
    })?;
    Ok(match depth {
        Depth::None => None,
        Depth::Ansi16 => Some(ink.ansi),
        Depth::Ansi256 => Some(colour::nearest_256(ink.rgb)),
        Depth::True => Some(Color::Rgb(ink.rgb.0, ink.rgb.1, ink.rgb.2)),
    })
}
