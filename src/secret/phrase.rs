//! Seed phrases: runs of words of the English list of BIP-39, whose last bits are a checksum of the rest.

use crate::secret::Find;
use crate::secret::Secret;
use crate::secret::runs;
use sha2::Digest;
use sha2::Sha256;
use std::ops::Range;
use std::sync::LazyLock;

/// The list, in alphabetical order.
static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("../../assets/bip39-english.txt").lines().collect());

/// How many words a phrase may have.
const LENGTHS: [usize; 5] = [12, 15, 18, 21, 24];
/// Algorand has one more, and a checksum of its own.
const ALGORAND: usize = 25;
const WORD_MAX: usize = 8;
/// Words shortly before a run that say what it is, whatever its checksum says: it may be mistyped, or of a wallet with a rule of its own.
const NAMES: [&str; 7] = ["seed", "mnemonic", "recovery", "phrase", "bip39", "bip-39", "backup"];
const NAME_WITHIN: usize = 60;

/// A blank or a line end as addresses and programs write it: it sticks to the word behind.
const ESCAPES: [(char, &str); 9] =
    [('\\', "n"), ('\\', "r"), ('\\', "t"), ('%', "20"), ('%', "0A"), ('%', "0a"), ('%', "09"), ('%', "2C"), ('%', "2c")];

/// A derivation path and a password are no longer than this, in bytes.
const PATH_MAX: usize = 200;

/// Words of the list with nothing but marks and numbers between.
#[derive(Default)]
struct Run {
    words: Vec<(u16, Range<usize>)>,
    /// Commas or other marks stand between the words, as in lists of anything.
    is_listed: bool,
    number_last: bool,
}

/// Where such phrases stand.
pub fn find(text: &str) -> Vec<Find> {
    let mut finds = Vec::new();
    let mut run = Run::default();
    let mut end = 0;
    for (at, word) in runs(text, char::is_alphanumeric) {
        let between = &text[end..at];
        end = at + word.len();
        if !run.joins(between) {
            finds.extend(close(text, std::mem::take(&mut run)));
        }
        let bare = unescaped(between, word);
        let (at, word) = (at + word.len() - bare.len(), bare);
        if let Some(index) = index(word) {
            run.is_listed |= !run.words.is_empty() && !run.number_last && between.contains(|c: char| !c.is_whitespace());
            run.words.push((index, at..at + word.len()));
            run.number_last = false;
        } else if word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit()) {
            run.number_last = true;
        } else {
            finds.extend(close(text, std::mem::take(&mut run)));
        }
    }
    finds.extend(close(text, run));
    finds
}

impl Run {
    /// Whether the marks between two words keep them together. A full stop behind a word ends a sentence; behind a number it does not.
    fn joins(&self, between: &str) -> bool {
        self.number_last || !between.contains(". ")
    }
}

/// What a run is that has come to its end.
fn close(text: &str, run: Run) -> Option<Find> {
    let count = run.words.len();
    if count < LENGTHS[0] {
        return None;
    }
    let (first, last) = (run.words.first()?.1.start, run.words.last()?.1.end);
    // Substrate adds a derivation and a password.
    let near = &text[last..text.floor_char_boundary(last + PATH_MAX)];
    let last = if near.starts_with('/') { last + near.find(char::is_whitespace).unwrap_or(near.len()) } else { last };
    let words: Vec<u16> = run.words.iter().map(|(index, _)| *index).collect();
    let holds = || (0..=count - LENGTHS[0]).any(|at| LENGTHS.iter().any(|len| words.get(at..at + len).is_some_and(checks)));
    let is_phrase = LENGTHS.contains(&count) || count == ALGORAND;
    let sureness = match () {
        () if holds() || is_named(text, first, &words) => Some(true),
        // Typed with a mistake, most likely: nothing else on its lines, and as many words as a phrase has.
        () if is_phrase && is_alone(text, first, last) => Some(!run.is_listed),
        () => is_phrase.then_some(false),
    };
    sureness.map(|is_sure| Find { secret: Secret::SeedPhrase, range: first..last, is_sure })
}

/// The word behind an escape that sticks to it.
fn unescaped<'a>(between: &str, word: &'a str) -> &'a str {
    let bare = ESCAPES.iter().find_map(|(sign, rest)| word.strip_prefix(rest).filter(|_| between.ends_with(*sign)));
    bare.filter(|bare| index(bare).is_some()).unwrap_or(word)
}

fn index(word: &str) -> Option<u16> {
    if word.len() > WORD_MAX || word.len() < 3 {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    WORDS.binary_search(&lower.as_str()).ok().map(|index| index as u16)
}

/// Whether the checksum in the last word is that of the others: eleven bits a word, one in thirty-three of them checks the rest.
fn checks(words: &[u16]) -> bool {
    let mut bits = [0_u8; 33];
    for (at, word) in words.iter().enumerate() {
        for bit in 0..11 {
            if word & (1 << (10 - bit)) != 0 {
                let place = at * 11 + bit;
                bits[place / 8] |= 0x80 >> (place % 8);
            }
        }
    }
    let sum_bits = words.len() / 3;
    let entropy = words.len() * 11 / 33 * 4;
    let keep = 0xff_u8 << (8 - sum_bits);
    bits[entropy] & keep == Sha256::digest(&bits[..entropy])[0] & keep
}

fn is_named(text: &str, first: usize, words: &[u16]) -> bool {
    let before = &text[text.ceil_char_boundary(first.saturating_sub(NAME_WITHIN))..first];
    let is_name = |word: &str| NAMES.contains(&word.to_ascii_lowercase().as_str());
    before.split(|c: char| !(c.is_alphanumeric() || c == '-')).any(is_name)
        || words.iter().take(4).any(|index| is_name(WORDS[usize::from(*index)]))
}

/// Whether no other word stands on the lines of a run.
fn is_alone(text: &str, first: usize, last: usize) -> bool {
    let before = &text[text.ceil_char_boundary(first.saturating_sub(NAME_WITHIN))..first];
    let after = &text[last..text.floor_char_boundary(last + NAME_WITHIN)];
    let says_nothing = |line: Option<&str>| line.is_none_or(|line| !line.contains(char::is_alphabetic));
    says_nothing(before.rsplit('\n').next()) && says_nothing(after.split('\n').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_standards() {
        let digest = Sha256::digest(include_bytes!("../../assets/bip39-english.txt"));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
        assert!(WORDS.len() == 2048 && WORDS.is_sorted());
    }

    #[test]
    fn the_checksums_of_the_standards_examples_hold() {
        let of = |words: &str| words.split(' ').filter_map(index).collect::<Vec<_>>();
        for phrase in [
            "legal winner thank year wave sausage worth useful legal winner thank yellow",
            "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter always",
            "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote",
        ] {
            assert!(checks(&of(phrase)), "{phrase}");
        }
        assert!(!checks(&of("legal winner thank year wave sausage worth useful legal winner thank zoo")));
    }
}
