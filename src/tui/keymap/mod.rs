//! Keys as data: which chord means what, where, and the words that help and footer show.

mod intent;
mod read;

use std::collections::HashMap;

pub use crate::tui::keymap::intent::Intent;
pub use crate::tui::keymap::read::KeymapError;

use crate::tui::chord::Chord;

/// The key map that ships with the program.
pub const DEFAULT: &str = include_str!("../../../assets/keymap.toml");
/// What errors call it.
pub const DEFAULT_NAME: &str = "the built-in key map";

/// Where the hands are. Each place has its own keys; panes also have those of [`Place::Everywhere`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    Everywhere,
    Incidents,
    Timeline,
    Matrix,
    Roles,
    /// A list over the panes: picker, help, attention, log, search, palette.
    List,
    /// A page of text over the panes: detail, briefing.
    Page,
    /// Fields to fill in.
    Form,
    /// The assessment form.
    Assess,
    /// A question answered by yes or no.
    Confirm,
    /// The write box. Its keys are its own; the map only describes them.
    Write,
}

impl Place {
    /// Every place, in the order of help.
    pub const ALL: [Place; 11] = [
        Place::Everywhere,
        Place::Incidents,
        Place::Timeline,
        Place::Matrix,
        Place::Roles,
        Place::List,
        Place::Page,
        Place::Form,
        Place::Assess,
        Place::Confirm,
        Place::Write,
    ];

    /// The name of its table in the key map.
    pub fn name(self) -> &'static str {
        match self {
            Place::Everywhere => "everywhere",
            Place::Incidents => "incidents",
            Place::Timeline => "timeline",
            Place::Matrix => "matrix",
            Place::Roles => "roles",
            Place::List => "list",
            Place::Page => "page",
            Place::Form => "form",
            Place::Assess => "assess",
            Place::Confirm => "confirm",
            Place::Write => "write",
        }
    }

    /// Panes inherit the keys of everywhere; what lies over them does not.
    pub fn is_pane(self) -> bool {
        matches!(self, Place::Incidents | Place::Timeline | Place::Matrix | Place::Roles)
    }
}

/// One line of the key map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    pub place: Place,
    pub intent: Intent,
    pub keys: Vec<Chord>,
    /// One line, for help and the palette.
    pub says: String,
    /// One or two words for the footer; empty keeps it out of there.
    pub short: String,
}

impl Binding {
    /// The first key as people write it, or nothing when it is only in the palette.
    pub fn key_text(&self) -> String {
        self.keys.first().map(ToString::to_string).unwrap_or_default()
    }

    /// All its keys, blank between.
    pub fn keys_text(&self) -> String {
        self.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
}

/// A whole key map, checked: no chord means two things in one place.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<Binding>,
    by_chord: HashMap<(Place, Chord), Intent>,
}

impl Keymap {
    /// The map that ships with the program.
    ///
    /// # Errors
    /// Never for the shipped file; a test reads it.
    pub fn standard() -> Result<Self, KeymapError> {
        Self::with_overrides(None)
    }

    /// The shipped map with a person's own lines over it. `overrides` is the file's name, for errors, and its text.
    ///
    /// # Errors
    /// Names the file and line and what is expected there; a chord given to two intents names both.
    pub fn with_overrides(overrides: Option<(&str, &str)>) -> Result<Self, KeymapError> {
        read::keymap(DEFAULT, overrides)
    }

    fn of_bindings(bindings: Vec<Binding>) -> Self {
        let by_chord =
            bindings.iter().flat_map(|binding| binding.keys.iter().map(|chord| ((binding.place, *chord), binding.intent))).collect();
        Self { bindings, by_chord }
    }

    /// What a chord means in a place; panes fall back on everywhere.
    pub fn intent(&self, place: Place, chord: Chord) -> Option<Intent> {
        let own = self.by_chord.get(&(place, chord));
        let inherited = || self.by_chord.get(&(Place::Everywhere, chord)).filter(|_| place.is_pane());
        own.or_else(inherited).copied()
    }

    /// Lines of one place, in file order.
    pub fn of_place(&self, place: Place) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| binding.place == place)
    }

    /// Every line.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The line for an intent where the hands are.
    pub fn binding(&self, place: Place, intent: Intent) -> Option<&Binding> {
        let at = |place: Place| self.of_place(place).find(|binding| binding.intent == intent);
        at(place).or_else(|| at(Place::Everywhere))
    }

    /// A hint such as `D declares one`, with the key this person has for it; without one, its name in the palette.
    pub fn hint(&self, intent: Intent, says: &str) -> String {
        let key = self.key(Place::Everywhere, intent);
        if key.is_empty() { format!(":{} {says}", intent.name()) } else { format!("{key} {says}") }
    }

    /// The first key of an intent, for hints such as `p assesses`.
    pub fn key(&self, place: Place, intent: Intent) -> String {
        self.binding(place, intent).map(Binding::key_text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_map_reads_and_every_line_speaks() {
        let map = Keymap::standard().unwrap();
        for binding in map.bindings() {
            assert!(!binding.says.is_empty(), "{:?}", binding.intent);
        }
        assert_eq!(map.intent(Place::Incidents, Chord::char('j')), Some(Intent::Down));
        assert_eq!(map.intent(Place::Confirm, Chord::char('D')), None);
    }

    #[test]
    fn own_lines_replace_the_shipped_keys() {
        let own = "[everywhere]\nwrite = { keys = [\"w\"] }\n";
        let map = Keymap::with_overrides(Some(("keys.toml", own))).unwrap();
        assert_eq!(map.intent(Place::Timeline, Chord::char('w')), Some(Intent::Write));
        assert_eq!(map.intent(Place::Timeline, Chord::char('i')), None);
    }

    #[test]
    fn hints_name_the_key_that_works() {
        let own = "[everywhere]\nwrite = [\"w\"]\nassess = []\n";
        let map = Keymap::with_overrides(Some(("keys.toml", own))).unwrap();
        assert_eq!(map.hint(Intent::Write, "writes one"), "w writes one");
        assert_eq!(map.hint(Intent::Assess, "rates"), ":assess rates");
    }

    #[test]
    fn a_conflict_names_both_sides_and_where_they_stand() {
        let own = "[everywhere]\n\nwrite = [\"D\"]\n";
        let error = Keymap::with_overrides(Some(("keys.toml", own))).unwrap_err().to_string();
        for part in ["keys.toml:3", "write", "declare", "D", DEFAULT_NAME] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_map_that_would_lock_somebody_in_is_refused() {
        for (own, name) in [
            ("[list]\nback = []\n", "back"),
            ("[list]\nback = [\"x\"]\n", "back"),
            ("[confirm]\nno = []\n", "no"),
            ("[write]\nsubmit = [\"a\"]\n", "submit"),
            ("[write]\nback = []\n", "back"),
            ("[form]\nnext-field = [\"n\"]\n", "next-field"),
            ("[everywhere]\npalette = []\n", "palette"),
        ] {
            let error = Keymap::with_overrides(Some(("keys.toml", own))).unwrap_err().to_string();
            assert!(error.starts_with("keys.toml:2") && error.contains(name) && error.contains("expected"), "{error}");
        }
        assert!(Keymap::with_overrides(Some(("keys.toml", "[write]\nback = [\"Ctrl-g\"]\n[everywhere]\nquit = []\n"))).is_ok());
    }

    #[test]
    fn errors_name_file_line_and_what_is_expected() {
        for (own, line) in [
            ("[everywhere]\nwrite = [\"Hyper-Q\"]\n", 2),
            ("[everywhere]\ndown = [\"x\"]\nfly = [\"f\"]\n", 3),
            ("[nowhere]\ndown = [\"x\"]\n", 1),
            ("[everywhere]\nwrite = 3\n", 2),
            ("[everywhere]\nwrite = [\n", 2),
        ] {
            let error = Keymap::with_overrides(Some(("keys.toml", own))).unwrap_err().to_string();
            assert!(error.starts_with(&format!("keys.toml:{line}")), "{error}");
            assert!(error.contains("expected"), "{error}");
        }
    }
}
