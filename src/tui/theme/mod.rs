//! Named styles as data: what a thing is decides how it looks, and each look has a fallback for fewer colours.

mod read;
mod tone;

use ratatui::style::Style;

use crate::tui::colour::Depth;
pub use crate::tui::theme::tone::Tone;

/// The themes that ship with the program.
pub const SHIPPED: [(&str, &str); 3] = [
    ("dark", include_str!("../../../assets/themes/dark.toml")),
    ("light", include_str!("../../../assets/themes/light.toml")),
    ("mono", include_str!("../../../assets/themes/mono.toml")),
];

/// Why a theme cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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

impl Theme {
    /// A shipped theme by name, for a terminal of this depth.
    ///
    /// # Errors
    /// Names the themes there are when this is none of them.
    pub fn shipped(name: &str, depth: Depth) -> Result<Self, ThemeError> {
        let text = shipped_text(name).ok_or_else(|| ThemeError { file: "theme".into(), line: 1, why: unknown(name) })?;
        Self::read(name, text, depth)
    }

    /// Reads a theme file; `file` names it in errors. What it does not name is that of the theme it inherits. Without
    /// colours the theme made for that says more than a coloured one with its colours taken away, so it takes its place.
    ///
    /// # Errors
    /// Names file, line and key, and what is expected there.
    pub fn read(file: &str, text: &str, depth: Depth) -> Result<Self, ThemeError> {
        let (name, styles) = read::styles(file, text, depth)?;
        let has_colours = depth != Depth::None || name == "mono";
        let styles = if has_colours { styles } else { read::styles("mono", SHIPPED[2].1, depth)?.1 };
        Ok(Self { name, styles })
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

fn shipped_text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

fn unknown(name: &str) -> String {
    format!("\"{name}\" is not a theme; expected one of {}", SHIPPED.map(|(known, _)| known).join(", "))
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
        for (broken, line, word) in [
            ("[palette]\nred = { rgb = \"ff0000\", ansi = \"red\" }\n", 2, "#rrggbb"),
            ("[palette]\nred = \"#ff000\"\n", 2, "#rrggbb"),
            ("[palette]\nred = { rgb = \"#ff0000\", ansi = \"rot\" }\n", 2, "bright-red"),
            ("[styles]\n\np9 = { bold = true }\n", 3, "p1"),
            ("[styles]\np1 = { fg = \"rad\" }\n", 2, "[palette]"),
            ("[styles]\np1 = { fgg = \"red\" }\n", 2, "fg"),
            ("inherits = \"night\"\n", 1, "dark"),
            ("[styles\n", 1, "expected"),
        ] {
            let error = Theme::read("mine.toml", broken, Depth::True).unwrap_err().to_string();
            assert!(error.starts_with(&format!("mine.toml:{line}: ")) && error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_theme_of_ones_own_names_only_what_it_changes() {
        let own = "inherits = \"dark\"\n[palette]\nember = \"#ff0000\"\n[styles]\np2 = { fg = \"#000000\", bg = \"yellow\" }\n";
        let (mine, dark) = (Theme::read("mine.toml", own, Depth::True).unwrap(), Theme::shipped("dark", Depth::True).unwrap());
        assert_eq!(mine.name(), "mine");
        assert_eq!(mine.style(Tone::P1).bg, Some(ratatui::style::Color::Rgb(255, 0, 0)), "a colour changes all that use it");
        assert_eq!(mine.style(Tone::P2).fg, Some(ratatui::style::Color::Rgb(0, 0, 0)));
        let same = Tone::ALL.iter().filter(|tone| mine.style(**tone) == dark.style(**tone)).count();
        assert_eq!(same, Tone::ALL.len() - 3, "P1, the alarm and P2 changed and nothing else");
        let sixteen = Theme::read("mine.toml", own, Depth::Ansi16).unwrap();
        assert_eq!(sixteen.style(Tone::P1).bg, Some(ratatui::style::Color::LightRed), "the nearest of the sixteen stands in");
        assert_eq!(
            Theme::read("mine.toml", own, Depth::None).unwrap().style(Tone::P1),
            Theme::shipped("mono", Depth::None).unwrap().style(Tone::P1)
        );
    }
}
