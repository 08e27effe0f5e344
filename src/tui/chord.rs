//! One key press, spelt the way people write it: `j`, `G`, `Ctrl-d`, `Shift-Tab`, `PgDn`.

use std::fmt;

use crossterm::event::KeyCode;
use crossterm::event::KeyEvent;
use crossterm::event::KeyModifiers;

/// A key without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A character as typed: shift is already in it.
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// A key with what is held down. `shift` is only kept where the key itself does not tell (`Shift-Tab`, `Shift-Enter`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord {
    pub key: Key,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

const NAMED: [(&str, Key); 22] = [
    ("Enter", Key::Enter),
    ("Esc", Key::Esc),
    ("Tab", Key::Tab),
    ("Space", Key::Char(' ')),
    ("Backspace", Key::Backspace),
    ("Delete", Key::Delete),
    ("Del", Key::Delete),
    ("Insert", Key::Insert),
    ("Left", Key::Left),
    ("Right", Key::Right),
    ("Up", Key::Up),
    ("Down", Key::Down),
    ("Home", Key::Home),
    ("End", Key::End),
    ("PgUp", Key::PageUp),
    ("PageUp", Key::PageUp),
    ("PgDn", Key::PageDown),
    ("PageDown", Key::PageDown),
    ("Escape", Key::Esc),
    ("Return", Key::Enter),
    ("Minus", Key::Char('-')),
    ("Plus", Key::Char('+')),
];

impl Chord {
    /// The plain key.
    pub const fn plain(key: Key) -> Self {
        Self { key, ctrl: false, alt: false, shift: false }
    }

    /// A plain character.
    pub const fn char(c: char) -> Self {
        Self::plain(Key::Char(c))
    }

    /// A character with Ctrl held.
    pub const fn ctrl(c: char) -> Self {
        Self { key: Key::Char(c), ctrl: true, alt: false, shift: false }
    }

    /// The character this types into a text, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// Reads `Ctrl-d`, `Shift-Tab`, `G`, `!`. The error says what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut chord = Self::char(' ');
        let mut rest = text;
        loop {
            let held = [("Ctrl-", 0), ("Alt-", 1), ("Shift-", 2)]
                .into_iter()
                .find_map(|(prefix, which)| rest.strip_prefix(prefix).map(|tail| (tail, which)));
            match held {
                Some((tail, which)) if !tail.is_empty() => {
                    match which {
                        0 => chord.ctrl = true,
                        1 => chord.alt = true,
                        _ => chord.shift = true,
                    }
                    rest = tail;
                }
                _ => break,
            }
        }
        chord.key =
            key_of(rest).ok_or_else(|| format!("\"{text}\" is not a key; expected one like j, G, Ctrl-d, Shift-Tab, PgDn, F5 or Space"))?;
        Ok(chord.normal())
    }

    /// What the terminal sent, or `None` for keys the program does not know.
    pub fn of_event(event: &KeyEvent) -> Option<Self> {
        let mut chord = Self {
            key: Key::Char(' '),
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
            shift: event.modifiers.contains(KeyModifiers::SHIFT),
        };
        chord.key = match event.code {
            KeyCode::Char(c) => Key::Char(c),
            KeyCode::Enter => Key::Enter,
            KeyCode::Esc => Key::Esc,
            KeyCode::Tab => Key::Tab,
            KeyCode::BackTab => {
                chord.shift = true;
                Key::Tab
            }
            KeyCode::Backspace => Key::Backspace,
            KeyCode::Delete => Key::Delete,
            KeyCode::Insert => Key::Insert,
            KeyCode::Left => Key::Left,
            KeyCode::Right => Key::Right,
            KeyCode::Up => Key::Up,
            KeyCode::Down => Key::Down,
            KeyCode::Home => Key::Home,
            KeyCode::End => Key::End,
            KeyCode::PageUp => Key::PageUp,
            KeyCode::PageDown => Key::PageDown,
            KeyCode::F(n) => Key::F(n),
            _ => return None,
        };
        Some(chord.normal())
    }

    /// Terminals disagree on shift and case; one form is kept.
    fn normal(mut self) -> Self {
        if let Key::Char(c) = self.key {
            if self.shift && c.is_ascii_lowercase() {
                self.key = Key::Char(c.to_ascii_uppercase());
            } else if self.ctrl && c.is_ascii_uppercase() && !self.shift {
                self.key = Key::Char(c.to_ascii_lowercase());
            }
            self.shift = false;
        }
        self
    }
}

fn key_of(name: &str) -> Option<Key> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control()).then_some(Key::Char(c));
    }
    if let Some(number) = name.strip_prefix('F').and_then(|n| n.parse::<u8>().ok()) {
        return (1..=24).contains(&number).then_some(Key::F(number));
    }
    NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, key)| *key)
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "Ctrl-"), (self.alt, "Alt-"), (self.shift, "Shift-")] {
            if held {
                f.write_str(name)?;
            }
        }
        match self.key {
            Key::Char(' ') => f.write_str("Space"),
            Key::Char(c) => write!(f, "{c}"),
            Key::F(n) => write!(f, "F{n}"),
            key => {
                let name = NAMED.iter().find(|(_, known)| *known == key).map_or("?", |(name, _)| name);
                f.write_str(name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_and_reading_agree() {
        for spelling in ["j", "G", "Ctrl-d", "Shift-Tab", "PgDn", "Space", "Alt-Enter", "!", "[", "-", "F5", "Ctrl-_"] {
            let chord = Chord::parse(spelling).unwrap();
            assert_eq!(chord.to_string(), spelling);
        }
    }

    #[test]
    fn shift_is_kept_only_where_the_key_does_not_tell() {
        let event = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Chord::of_event(&event), Some(Chord::char('G')));
        let event = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(Chord::of_event(&event), Chord::parse("Shift-Tab").ok());
    }

    #[test]
    fn nonsense_is_refused_with_what_is_expected() {
        assert!(Chord::parse("Hyper-Q").unwrap_err().contains("expected"));
        assert!(Chord::parse("").is_err());
        assert!(Chord::parse("F99").is_err());
    }
}
