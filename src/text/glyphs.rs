//! The product's own signs, and what stands for them where only ASCII can be shown (`glyphs = "ascii"`). Box drawing
//! belongs to the theme.

use std::borrow::Cow;

/// Sign and stand-in; each is one cell, so that no layout moves.
const SIGNS: &[(char, char)] = &[
    ('·', '.'),
    ('●', '*'),
    ('○', 'o'),
    ('◌', 'o'),
    ('▌', '>'),
    ('▁', '_'),
    ('▂', '.'),
    ('▃', ':'),
    ('▄', '-'),
    ('▅', '='),
    ('▆', '+'),
    ('▇', '*'),
    ('█', '#'),
    ('→', '>'),
    ('←', '<'),
    ('↑', '^'),
    ('↓', 'v'),
    ('▴', '^'),
    ('▾', 'v'),
    ('▸', '>'),
    ('◂', '<'),
    ('⏎', '/'),
    ('↳', '>'),
    ('▎', '|'),
    ('…', '~'),
    ('×', 'x'),
    ('–', '-'),
    ('✓', '+'),
    ('✗', 'x'),
    ('±', '+'),
    ('≥', '>'),
    ('≤', '<'),
    ('◆', '*'),
    ('◇', 'o'),
    ('⚑', '!'),
];

/// The bars of a sparkline, lowest first.
pub const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The bar for `value` on a scale that ends at `most`; a value above zero always shows.
pub fn bar(value: u64, most: u64) -> &'static str {
    if value == 0 || most == 0 {
        return BARS[0];
    }
    let step = (u128::from(value.min(most)) * 7).div_ceil(u128::from(most));
    BARS[step as usize]
}

/// The text with the product's own signs as ASCII, cell for cell; control pictures become `?`. Letters of other scripts
/// stay: a terminal that shows none of them is shown their names by nobody.
pub fn to_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(ascii_sign).collect())
}

fn ascii_sign(sign: char) -> char {
    if matches!(sign, '\u{2400}'..='\u{2426}') {
        return '?';
    }
    SIGNS.iter().find(|(known, _)| *known == sign).map_or(sign, |(_, plain)| *plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width;

    #[test]
    fn every_sign_keeps_its_cell() {
        for (sign, plain) in SIGNS {
            assert!(plain.is_ascii_graphic(), "{sign}");
            assert_eq!(width::cells(&sign.to_string()), 1, "{sign}");
        }
    }

    #[test]
    fn signs_become_ascii_and_words_stay() {
        assert_eq!(to_ascii("● live → 3 · ◌ not sent…"), "* live > 3 . o not sent~");
        assert_eq!(to_ascii("Müller ␛"), "Müller ?");
    }

    #[test]
    fn bars_climb() {
        let climb: String = (0..=7).map(|value| bar(value, 7)).collect();
        assert_eq!(climb, "▁▂▃▄▅▆▇█");
        assert_eq!(bar(1, 1_000_000), "▂", "something is never shown as nothing");
        assert_eq!(bar(u64::MAX, u64::MAX), "█");
        assert_eq!(bar(3, 0), "▁");
    }
}
