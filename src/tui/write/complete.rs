//! Completion: what the word before the cursor may go on as, best first.

use crate::domain::EntryKind;
use crate::text::mention;
use crate::tui::fuzzy;
use crate::tui::write::Vocabulary;

/// What a word may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    Command,
    Person,
    Service,
    Audience,
    Status,
    Severity,
    Role,
    Incident,
    Dimension,
}

/// A word that completes, and what to say beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    pub word: String,
    pub note: String,
}

impl Word {
    /// A word with a note beside it.
    pub fn new(word: impl Into<String>, note: impl Into<String>) -> Self {
        Self { word: word.into(), note: note.into() }
    }
}

/// The words on offer for what is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Where the word being typed starts, its sign included.
    pub from: usize,
    /// What stands before each word once it is taken.
    pub sign: &'static str,
    /// The best first; never empty.
    pub words: Vec<Word>,
    pub selected: usize,
    /// Whether a blank follows a word that is taken.
    pub goes_on: bool,
}

/// A word longer than this is not being looked up.
const WORD_BYTES_MAX: usize = 80;
/// What it counts that a word begins with what was typed.
const STARTS: u32 = 10_000;
/// Words on offer at once.
const WORDS_MAX: usize = 50;

/// What is on offer behind `head`, the text up to the cursor; `is_typed` says that its first word was typed key by key.
///
/// `/word`, its arguments and `>audience` complete at the start of the text only, `@person` and `^service` everywhere.
pub fn offer(head: &str, is_typed: bool, vocabulary: &Vocabulary) -> Option<Offer> {
    let near = head.floor_char_boundary(head.len().saturating_sub(WORD_BYTES_MAX));
    let blank = head[near..].char_indices().rev().find(|(_, c)| c.is_whitespace());
    let from = match blank {
        Some((at, c)) => near + at + c.len_utf8(),
        None if near == 0 => 0,
        None => return None,
    };
    let word = &head[from..];
    let (topic, sign, goes_on) = match word.chars().next() {
        Some('/') if is_typed && from == 0 => (Topic::Command, "/", true),
        Some('>') if is_typed && from == 0 => (Topic::Audience, ">", true),
        _ if is_typed && head.starts_with('/') && head.len() < 2 * WORD_BYTES_MAX => argument(&head[..from], vocabulary)?,
        Some('@') if !word[1..].starts_with(|c: char| c.is_ascii_digit() || c == '-') => (Topic::Person, "@", false),
        Some('^') => (Topic::Service, "^", false),
        _ => return None,
    };
    let begun = word.trim_start_matches(['/', '>', '@', '^']);
    let words = fitting(begun, vocabulary.of(topic));
    let is_done = matches!(&words[..], [only] if only.word == begun);
    (!words.is_empty() && !is_done).then_some(Offer { from, sign, words, selected: 0, goes_on })
}

/// What the argument behind `before` is about, where it starts with a command.
fn argument(before: &str, vocabulary: &Vocabulary) -> Option<(Topic, &'static str, bool)> {
    let (word, args) = command(before, vocabulary)?;
    let topics = vocabulary.arguments.iter().find(|(known, _)| known == word).map(|(_, topics)| topics)?;
    let place = args.split_whitespace().count();
    // Dimensions are scored one after the other, as many as one likes.
    let topic = topics.get(place).or(topics.last().filter(|topic| **topic == Topic::Dimension))?;
    Some((*topic, "", *topic != Topic::Dimension))
}

/// The words that fit, the best first: the beginning of a word before its middle, the word before what is said beside it.
fn fitting(begun: &str, known: &[Word]) -> Vec<Word> {
    let begun = begun.to_lowercase();
    let mut finder = fuzzy::Finder::new(&begun);
    let mut score = |word: &Word| {
        let starts = word.word.to_lowercase().starts_with(&begun);
        let own = finder.fit(&word.word).map(|fit| 1 + fit.score + if starts { STARTS } else { 0 });
        own.or_else(|| word.note.to_lowercase().contains(&begun).then_some(0))
    };
    let mut fitting: Vec<(u32, &Word)> = known.iter().filter_map(|word| Some((score(word)?, word))).collect();
    fitting.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    fitting.into_iter().take(WORDS_MAX).map(|(_, word)| word.clone()).collect()
}

/// The components a text names with `^`, each once, in order, and the text as it is recorded: known ones stay in it as plain words.
///
/// In commands and evidence only what is known is meant: a `^` there belongs to what was copied.
pub fn components(text: &str, kind: EntryKind, vocabulary: &Vocabulary) -> (Vec<String>, String) {
    let mut found: Vec<String> = Vec::new();
    let mut plain = String::with_capacity(text.len());
    let mut done = 0;
    let is_copied = matches!(kind, EntryKind::Command | EntryKind::Evidence);
    for (at, name) in mention::named(text, '^') {
        let known = vocabulary.of(Topic::Service).iter().find(|known| known.word.eq_ignore_ascii_case(name));
        if known.is_some() {
            plain.push_str(&text[done..at]);
            done = at + 1;
        }
        // `^C` is a key.
        let is_meant = known.is_some() || (!is_copied && name.chars().nth(1).is_some());
        let name = known.map_or(name, |known| &known.word);
        if is_meant && !found.iter().any(|earlier| earlier == name) {
            found.push(name.to_owned());
        }
    }
    plain.push_str(&text[done..]);
    (found, plain)
}

/// The command of a text, if its first word is one: the word and the rest of the text.
pub fn command<'t>(text: &'t str, vocabulary: &Vocabulary) -> Option<(&'t str, &'t str)> {
    let body = text.strip_prefix('/')?;
    let (word, args) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
    vocabulary.of(Topic::Command).iter().any(|known| known.word == word).then(|| (word, args.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn vocabulary() -> Vocabulary {
        let words = |list: &[&str]| list.iter().map(|word| Word::new(*word, "")).collect();
        let mut by_topic = HashMap::from([
            (Topic::Command, words(&["status", "assign", "task", "move", "assess"])),
            (Topic::Person, words(&["ana", "andrew", "bo", "joanna"])),
            (Topic::Service, words(&["withdrawals", "hot-wallet"])),
            (Topic::Audience, words(&["customers", "regulator"])),
            (Topic::Status, words(&["triage", "contained", "monitoring"])),
            (Topic::Dimension, words(&["service=", "loss="])),
        ]);
        by_topic.insert(Topic::Role, vec![Word::new("ops", "Operations"), Word::new("ic", "Incident commander")]);
        by_topic.insert(Topic::Incident, vec![Word::new("INC-41", "eth-mainnet node lag"), Word::new("INC-4", "bridge")]);
        let arguments = [
            ("status", vec![Topic::Status]),
            ("assign", vec![Topic::Role, Topic::Person]),
            ("task", vec![Topic::Person]),
            ("move", vec![Topic::Incident]),
            ("assess", vec![Topic::Dimension]),
        ];
        Vocabulary { words: by_topic, arguments: arguments.map(|(word, topics)| (word.to_owned(), topics)).into() }
    }

    #[test]
    fn words_go_on_after_their_sign_best_first() {
        for (head, expected) in [
            ("/st", &["status"][..]),
            ("/", &["status", "assign", "task", "move", "assess"]),
            ("ask @an", &["ana", "andrew", "joanna"]),
            ("ask @ana", &["ana", "joanna"]),
            ("ask @bo", &[]),
            ("ask @", &["ana", "andrew", "bo", "joanna"]),
            ("down: ^wi", &["withdrawals"]),
            ("^wal", &["hot-wallet", "withdrawals"]),
            (">cu", &["customers"]),
            ("x >cu", &[]),
            ("x /st", &[]),
            ("@14:0", &[]),
            ("@-5", &[]),
            ("st", &[]),
            ("", &[]),
            ("@é", &[]),
            ("/status con", &["contained"]),
            ("/status ", &["triage", "contained", "monitoring"]),
            ("/assign op", &["ops"]),
            ("/assign comm", &["ic"]),
            ("/assign ops @bo", &[]),
            ("/assign ops b", &["bo"]),
            ("/assign ops bo x", &[]),
            ("/move node", &["INC-41"]),
            ("/move INC-4", &["INC-41", "INC-4"]),
            ("/assess loss=4 ser", &["service="]),
            ("/etc/pas", &[]),
        ] {
            let offered = offer(head, true, &vocabulary()).map(|offer| offer.words).unwrap_or_default();
            let offered: Vec<&str> = offered.iter().map(|word| word.word.as_str()).collect();
            assert_eq!(offered, expected, "{head}");
        }
        assert_eq!(offer("/st", false, &vocabulary()), None, "a paste commands nothing");
    }

    #[test]
    fn components_and_commands_are_read_from_the_text() {
        let read = |text: &str, kind| components(text, kind, &vocabulary());
        let (found, text) = read("^Withdrawals and ^hot-wallet, again ^withdrawals. ^ ^éa! ^C", EntryKind::Note);
        assert_eq!(found, ["withdrawals", "hot-wallet", "éa"]);
        assert_eq!(text, "Withdrawals and hot-wallet, again withdrawals. ^ ^éa! ^C");
        let (found, text) = read("grep ^ERROR ^hot-wallet", EntryKind::Command);
        assert_eq!((found.len(), text.as_str()), (1, "grep ^ERROR hot-wallet"));
        assert_eq!(command("/status contained", &vocabulary()), Some(("status", "contained")));
        assert_eq!(command("/move", &vocabulary()), Some(("move", "")));
        assert_eq!(command("/etc/passwd was read", &vocabulary()), None);
    }
}
