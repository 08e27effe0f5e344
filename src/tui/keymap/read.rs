//! Reads key map files and merges a person's own over the shipped one.

use std::collections::BTreeMap;
use std::collections::HashMap;

use serde::Deserialize;
use toml::Spanned;

use crate::tui::chord::Chord;
use crate::tui::keymap::Binding;
use crate::tui::keymap::DEFAULT_NAME;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Keymap;
use crate::tui::keymap::Place;

/// Why a key map cannot be used. Every form names file and line.
#[derive(Debug, thiserror::Error)]
pub enum KeymapError {
    #[error("{file}:{line}: {why}")]
    Unreadable { file: String, line: usize, why: String },
    #[error(
        "{file}:{line}: {chord} in [{place}] would mean both \"{one}\" and \"{other}\" (from {other_file}); give one of them another key"
    )]
    Conflict { file: String, line: usize, chord: Chord, place: &'static str, one: &'static str, other: &'static str, other_file: String },
}

type Tables = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<Line>>>;

/// `write = ["i"]` or `write = { keys = ["i"], says = "…", short = "…" }`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a list of keys such as [\"j\", \"Down\"], or { keys = [\"j\"] }")]
enum Line {
    Keys(Vec<String>),
    Whole(Whole),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    keys: Vec<String>,
    says: Option<String>,
    short: Option<String>,
}

/// One line of a file with where it stands in it.
struct Placed {
    place: Place,
    intent: Intent,
    keys: Vec<Chord>,
    says: Option<String>,
    short: Option<String>,
    at: usize,
    file: String,
    line: usize,
}

/// Reads the shipped text and lays a person's own over it.
pub(super) fn keymap(shipped: &str, own: Option<(&str, &str)>) -> Result<Keymap, KeymapError> {
    let mut lines = file_lines(DEFAULT_NAME, shipped)?;
    for over in own.map(|(file, text)| file_lines(file, text)).transpose()?.unwrap_or_default() {
        match lines.iter_mut().find(|line| line.place == over.place && line.intent == over.intent) {
            Some(line) => *line = merged(line, over),
            None => lines.push(over),
        }
    }
    check(&lines)?;
    Ok(Keymap::of_bindings(lines.into_iter().map(binding).collect()))
}

fn merged(under: &Placed, over: Placed) -> Placed {
    Placed { says: over.says.or_else(|| under.says.clone()), short: over.short.or_else(|| under.short.clone()), at: under.at, ..over }
}

fn binding(line: Placed) -> Binding {
    let says = line.says.unwrap_or_else(|| line.intent.name().replace('-', " "));
    Binding { place: line.place, intent: line.intent, keys: line.keys, says, short: line.short.unwrap_or_default() }
}

fn file_lines(file: &str, text: &str) -> Result<Vec<Placed>, KeymapError> {
    let unreadable = |at: usize, why: String| KeymapError::Unreadable { file: file.to_owned(), line: line_of(text, at), why };
    let tables: Tables = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let message = error.message();
        let why = if message.contains("expected") { message.to_owned() } else { format!("{message}; expected tables of keys") };
        unreadable(at, why)
    })?;
    let mut lines = Vec::new();
    for (table, entries) in tables {
        let known = Place::ALL.into_iter().find(|place| place.name() == table.get_ref());
        let place = known.ok_or_else(|| {
            let names = Place::ALL.map(Place::name).join(", ");
            unreadable(table.span().start, format!("[{}] is not a place; expected one of {names}", table.get_ref()))
        })?;
        for (name, line) in entries {
            let at = name.span().start;
            let intent = Intent::named(name.get_ref()).ok_or_else(|| {
                let names = Intent::ALL.iter().map(|intent| intent.name()).collect::<Vec<_>>().join(", ");
                unreadable(at, format!("\"{}\" is not something a key can do; expected one of {names}", name.get_ref()))
            })?;
            let (keys, says, short) = match line.into_inner() {
                Line::Keys(keys) => (keys, None, None),
                Line::Whole(whole) => (whole.keys, whole.says, whole.short),
            };
            let keys = keys.iter().map(|key| Chord::parse(key)).collect::<Result<_, _>>().map_err(|why| unreadable(at, why))?;
            lines.push(Placed { place, intent, keys, says, short, at, file: file.to_owned(), line: line_of(text, at) });
        }
    }
    // The tables arrive sorted by name; help and footer want the order of the file.
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}

/// Without one of these somebody sits in a place and cannot leave it, or has words and cannot record them.
const NEEDED: [(Place, Intent); 10] = [
    (Place::Everywhere, Intent::Palette),
    (Place::List, Intent::Back),
    (Place::List, Intent::Choose),
    (Place::Page, Intent::Back),
    (Place::Form, Intent::Back),
    (Place::Form, Intent::Submit),
    (Place::Assess, Intent::Back),
    (Place::Confirm, Intent::No),
    (Place::Write, Intent::Back),
    (Place::Write, Intent::Submit),
];

/// What only an own map can get wrong: keys that nobody could do without, and letters where letters are text.
fn check_way_out(line: &Placed) -> Result<(), KeymapError> {
    let (place, name) = (line.place.name(), line.intent.name());
    let unusable = |why: String| Err(KeymapError::Unreadable { file: line.file.clone(), line: line.line, why });
    let is_text = matches!(line.place, Place::Write | Place::Form);
    if let Some(letter) = line.keys.iter().find(|chord| is_text && chord.typed().is_some()) {
        return unusable(format!("{letter} for \"{name}\" in [{place}] is text there; expected a key such as Enter, Esc, F5 or Ctrl-g"));
    }
    // In a list, letters turn to text as soon as it is searched.
    let is_key = |chord: &Chord| line.place != Place::List || chord.typed().is_none();
    if NEEDED.contains(&(line.place, line.intent)) && !line.keys.iter().any(is_key) {
        return unusable(format!(
            "\"{name}\" in [{place}] has no key left that always works; expected one such as Enter, Esc, F5 or Ctrl-g"
        ));
    }
    Ok(())
}

fn check(lines: &[Placed]) -> Result<(), KeymapError> {
    let mut taken: HashMap<(Place, Chord), &Placed> = HashMap::new();
    // A person's own lines come last in blame: they are what can be changed.
    let (shipped, own): (Vec<&Placed>, Vec<&Placed>) = lines.iter().partition(|line| line.file == DEFAULT_NAME);
    for line in &own {
        check_way_out(line)?;
    }
    for line in shipped.into_iter().chain(own) {
        for chord in &line.keys {
            if let Some(other) = taken.insert((line.place, *chord), line) {
                return Err(KeymapError::Conflict {
                    file: line.file.clone(),
                    line: line.line,
                    chord: *chord,
                    place: line.place.name(),
                    one: line.intent.name(),
                    other: other.intent.name(),
                    other_file: format!("{}:{}", other.file, other.line),
                });
            }
        }
    }
    Ok(())
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    before.bytes().filter(|byte| *byte == b'\n').count() + 1
}
