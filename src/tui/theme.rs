//! Named styles as data: what a thing is decides how it looks, and each look has a fallback for fewer colours.

use std::collections::BTreeMap;

use ratatui::style::Color;
use ratatui::style::Modifier;
use ratatui::style::Style;
use serde::Deserialize;
use toml::Spanned;

use crate::tui::colour;
use crate::tui::colour::Depth;

/// The themes that ship with the program.
pub const SHIPPED: [(&str, &str); 3] = [
    ("dark", include_str!("../../assets/themes/dark.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
    ("mono", include_str!("../../assets/themes/mono.toml")),
];

macro_rules! tones {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// What a piece of text is. Names are those of the theme files.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Tone {
            $($(#[$doc])* $variant),+
        }

        impl Tone {
            /// Every tone.
            pub const ALL: &'static [Tone] = &[$(Tone::$variant),+];

            /// The name in theme files.
            pub fn name(self) -> &'static str {
                match self {
                    $(Tone::$variant => $name),+
                }
            }
        }
    };
}

tones! {
    /// What lies behind everything; without a colour it is the terminal's own.
    Ground = "ground",
    Text = "text",
    /// What people should read first.
    Strong = "strong",
    /// Second to text.
    Dim = "dim",
    /// Barely there: separators, the dot of an empty cell.
    Faint = "faint",
    Border = "border",
    BorderFocus = "border-focus",
    Title = "title",
    TitleFocus = "title-focus",
    Header = "header",
    Footer = "footer",
    /// A key in footer and help.
    KeyName = "key",
    /// The selected row where the hands are.
    Selection = "selection",
    /// The selected row of a pane the hands are not in.
    SelectionAway = "selection-away",
    P1 = "p1",
    P2 = "p2",
    P3 = "p3",
    P4 = "p4",
    P5 = "p5",
    PUnknown = "p-unknown",
    /// Acts now or something breaks.
    Alarm = "alarm",
    Warn = "warn",
    Good = "good",
    Info = "info",
    /// Text that a person in need of it will look for: `VACANT`, `OVERDUE`.
    Loud = "loud",
    Drill = "drill",
    /// Committed here, not yet accepted.
    Local = "local",
    Refused = "refused",
    Struck = "struck",
    Amended = "amended",
    Live = "live",
    Stale = "stale",
    /// What I wrote or hold.
    Mine = "mine",
    /// New or changed since it was last looked at.
    Fresh = "fresh",
    /// What the filter or search found.
    Match = "match",
    Link = "link",
    /// A list, form or page over the panes.
    Overlay = "overlay",
    OverlayBorder = "overlay-border",
    Field = "field",
    FieldFocus = "field-focus",
    Question = "question",
    KindObservation = "kind-observation",
    KindAction = "kind-action",
    KindDecision = "kind-decision",
    KindHypothesis = "kind-hypothesis",
    KindCommunication = "kind-communication",
    KindCommand = "kind-command",
    KindEvidence = "kind-evidence",
    KindValidation = "kind-validation",
    KindNote = "kind-note",
    /// Lines drawn from events nobody typed.
    KindEvent = "kind-event",
    KindAlert = "kind-alert",
}

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {why}")]
pub struct ThemeError {
    pub file: String,
    pub line: usize,
    pub why: String,
}

/// Styles by tone, already brought down to what the terminal shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    name: String,
    styles: Vec<Style>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(default)]
    palette: BTreeMap<String, Spanned<Paint>>,
    styles: BTreeMap<Spanned<String>, Spanned<Look>>,
}

/// A colour with its stand-in on a terminal of sixteen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paint {
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
}

impl Theme {
    /// A shipped theme by name, for a terminal of this depth.
    ///
    /// # Errors
    /// Names the themes there are when this is none of them.
    pub fn shipped(name: &str, depth: Depth) -> Result<Self, ThemeError> {
        // Without colours the theme made for that says more than a coloured one with its colours taken away.
        let name = if depth == Depth::None { "mono" } else { name };
        let names = SHIPPED.map(|(known, _)| known).join(", ");
        let found = SHIPPED.iter().find(|(known, _)| *known == name);
        let (_, text) = found.ok_or_else(|| ThemeError {
            file: "theme".into(),
            line: 1,
            why: format!("\"{name}\" is not a theme; expected one of {names}"),
        })?;
        Self::read(name, text, depth)
    }

    /// Reads a theme file. `file` names it in errors.
    ///
    /// # Errors
    /// Names file and line and what is expected there.
    pub fn read(file: &str, text: &str, depth: Depth) -> Result<Self, ThemeError> {
        let fail = |at: usize, why: String| {
            let before = text.get(..at.min(text.len())).unwrap_or(text);
            ThemeError { file: file.to_owned(), line: before.matches('\n').count() + 1, why }
        };
        let parsed: File =
            toml::from_str(text).map_err(|error| fail(error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
        for paint in parsed.palette.values() {
            let (at, paint) = (paint.span().start, paint.get_ref());
            if colour::hex(&paint.rgb).is_none() {
                return Err(fail(at, format!("\"{}\" is not a colour; expected #rrggbb", paint.rgb)));
            }
            if colour::ansi(&paint.ansi).is_none() {
                return Err(fail(at, format!("\"{}\" is not one of the sixteen; expected red, bright-red, …", paint.ansi)));
            }
        }
        let mut styles = vec![Style::new(); Tone::ALL.len()];
        for (name, look) in &parsed.styles {
            let index = Tone::ALL.iter().position(|tone| tone.name() == name.get_ref()).ok_or_else(|| {
                let names = Tone::ALL.iter().map(|tone| tone.name()).collect::<Vec<_>>().join(", ");
                fail(name.span().start, format!("\"{}\" is not a style; expected one of {names}", name.get_ref()))
            })?;
            styles[index] = style(look.get_ref(), &parsed.palette, depth).map_err(|why| fail(look.span().start, why))?;
        }
        Ok(Self { name: parsed.name, styles })
    }

    /// What the theme calls itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How this looks.
    pub fn style(&self, tone: Tone) -> Style {
        self.styles[tone as usize]
    }
}

fn style(look: &Look, palette: &BTreeMap<String, Spanned<Paint>>, depth: Depth) -> Result<Style, String> {
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

fn paint(name: &str, palette: &BTreeMap<String, Spanned<Paint>>, depth: Depth) -> Result<Option<Color>, String> {
    let paint = palette.get(name).map(Spanned::get_ref).ok_or_else(|| {
        let names = palette.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("\"{name}\" is not in [palette]; expected one of {names}")
    })?;
    let rgb = colour::hex(&paint.rgb).unwrap_or_default();
    Ok(match depth {
        Depth::None => None,
        Depth::Ansi16 => colour::ansi(&paint.ansi),
        Depth::Ansi256 => Some(colour::nearest_256(rgb)),
        Depth::True => Some(Color::Rgb(rgb.0, rgb.1, rgb.2)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_themes_read_at_every_depth_and_name_every_tone() {
        for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True] {
            for (name, text) in SHIPPED {
                let theme = Theme::read(name, text, depth).unwrap();
                assert_eq!(theme.name(), name);
                for tone in Tone::ALL {
                    assert!(text.contains(&format!("\n{} = ", tone.name())), "{name} lacks {}", tone.name());
                }
            }
        }
    }

    #[test]
    fn without_colours_no_style_has_one() {
        let theme = Theme::shipped("dark", Depth::None).unwrap();
        assert!(Tone::ALL.iter().all(|tone| theme.style(*tone).fg.is_none() && theme.style(*tone).bg.is_none()));
        assert_ne!(theme.style(Tone::P1), theme.style(Tone::Text), "never colour alone");
    }

    #[test]
    fn errors_name_line_and_what_is_expected() {
        let broken = "name = \"x\"\n[palette]\nred = { rgb = \"ff0000\", ansi = \"red\" }\n[styles]\n";
        let error = Theme::read("mine.toml", broken, Depth::True).unwrap_err().to_string();
        assert!(error.starts_with("mine.toml:3") && error.contains("#rrggbb"), "{error}");
        let broken = "name = \"x\"\n[styles]\n\np9 = { bold = true }\n";
        let error = Theme::read("mine.toml", broken, Depth::True).unwrap_err().to_string();
        assert!(error.starts_with("mine.toml:4") && error.contains("p1"), "{error}");
    }
}
