//! What a person set up for their eyes and hands: theme, signs, keys, zone.

use chrono_tz::Tz;
use ratatui::style::Style;

use crate::tui::glyphs::GlyphSet;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Theme;
use crate::tui::theme::Tone;

/// Fixed for the length of a run.
#[derive(Debug, Clone)]
pub struct Look {
    pub theme: Theme,
    pub keymap: Keymap,
    pub glyphs: GlyphSet,
    /// The zone of "local" times.
    pub local: Tz,
}

impl Look {
    /// How this looks.
    pub fn style(&self, tone: Tone) -> Style {
        self.theme.style(tone)
    }
}
