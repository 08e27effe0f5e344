//! Words compared as people read them: without case, accents or the width of letters.

use std::ops::Range;

/// The text in lower case, accents and full-width forms taken off.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(folded).collect()
}

/// Where a folded word first stands in a text.
pub fn contains(text: &str, folded_word: &str) -> bool {
    if text.is_ascii() {
        return folded_word.is_ascii() && ascii_places(text.as_bytes(), folded_word.as_bytes()).next().is_some();
    }
    fold(text).contains(folded_word)
}

/// Whether a text begins with a folded word.
pub fn starts_with(text: &str, folded_word: &str) -> bool {
    text.chars().flat_map(folded).take(folded_word.chars().count()).eq(folded_word.chars())
}

/// Whether a text is a folded word.
pub fn is(text: &str, folded_word: &str) -> bool {
    text.chars().flat_map(folded).eq(folded_word.chars())
}

/// Every place of a folded word in a text, as bytes of the text, none over another.
pub fn places(text: &str, folded_word: &str) -> Vec<Range<usize>> {
    if folded_word.is_empty() {
        return Vec::new();
    }
    if text.is_ascii() {
        if !folded_word.is_ascii() {
            return Vec::new();
        }
        let mut found: Vec<Range<usize>> = Vec::new();
        for at in ascii_places(text.as_bytes(), folded_word.as_bytes()) {
            if found.last().is_none_or(|last| last.end <= at) {
                found.push(at..at + folded_word.len());
            }
        }
        return found;
    }
    // A folded letter remembers the letter it came from, marks that were taken off included.
    let mut whole = String::with_capacity(text.len());
    let mut origins = Vec::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        for c in folded(letter) {
            whole.push(c);
            origins.extend(std::iter::repeat_n(at, c.len_utf8()));
        }
    }
    origins.push(text.len());
    let found = whole.match_indices(folded_word).map(|(at, word)| {
        let end = at + word.len();
        let same_letter = origins[end..].iter().find(|origin| **origin > origins[end - 1]);
        origins[at]..same_letter.copied().unwrap_or(text.len())
    });
    found.collect()
}

/// Every place of a folded word in ASCII. Most places fall to the first letter, so that alone is looked at first.
fn ascii_places<'a>(text: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let (first, rest) = word.split_first().unwrap_or((&0, &[]));
    let last = if word.is_empty() { 0 } else { (text.len() + 1).saturating_sub(word.len()) };
    let (low, high) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let starts = text[..last].iter().enumerate().filter(move |(_, byte)| **byte == low || **byte == high);
    starts.map(|(at, _)| at).filter(move |at| text[at + 1..=at + rest.len()].eq_ignore_ascii_case(rest))
}

/// One letter as it is compared: nothing for a combining mark, two letters for `ß` and the like.
fn folded(letter: char) -> impl Iterator<Item = char> {
    let narrow = match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        '\u{3000}' | '\u{a0}' => ' ',
        _ => letter,
    };
    let bare = bare(narrow);
    bare.chars().chain(bare.is_empty().then_some(narrow)).filter(|c| !('\u{300}'..='\u{36f}').contains(c)).flat_map(char::to_lowercase)
}

/// The letters under an accent of the Latin blocks; empty for a letter without one.
fn bare(letter: char) -> &'static str {
    match letter {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' | 'Ǎ' | 'ǎ' => "a",
        'Æ' | 'æ' => "ae",
        'Ç' | 'ç' | 'Ć'..='č' => "c",
        'Ď'..='đ' | 'Ð' | 'ð' => "d",
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => "e",
        'Ĝ'..='ģ' => "g",
        'Ĥ'..='ħ' => "h",
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' => "i",
        'Ĵ' | 'ĵ' => "j",
        'Ķ'..='ĸ' => "k",
        'Ĺ'..='ł' => "l",
        'Ñ' | 'ñ' | 'Ń'..='ŋ' => "n",
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' | 'Ō'..='ő' => "o",
        'Œ' | 'œ' => "oe",
        'Ŕ'..='ř' => "r",
        'Ś'..='š' | 'Ș' | 'ș' => "s",
        'ß' | 'ẞ' => "ss",
        'Ţ'..='ŧ' | 'Ț' | 'ț' => "t",
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => "u",
        'Ŵ' | 'ŵ' => "w",
        'Ý' | 'ý' | 'ÿ' | 'Ŷ'..='Ÿ' => "y",
        'Ź'..='ž' => "z",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_as_they_are_read() {
        assert_eq!(fold("Zürich STRAẞE Ｗａｌｌｅｔ"), "zurich strasse wallet");
        assert!(contains("Kurs im Café fällt", "cafe") && contains("Hot Wallet", "wallet") && contains("e\u{301}t\u{e9}", "ete"));
        assert!(!contains("hot wallet", "cold") && starts_with("Élodie", "elo") && is("ANA", "ana") && !is("anatol", "ana"));
    }

    #[test]
    fn places_are_bytes_of_the_text_as_it_stands() {
        let marked = |text: &'static str, word: &str| places(text, word).into_iter().map(|place| &text[place]).collect::<Vec<_>>();
        assert_eq!(marked("a Wallet, a wallet", "wallet"), ["Wallet", "wallet"]);
        assert_eq!(marked("das Café, die CAFE\u{301}S", "cafe"), ["Café", "CAFE\u{301}"]);
        assert_eq!(marked("aaaa", "aa"), ["aa", "aa"]);
        assert_eq!(marked("Straße", "strass"), ["Straß"]);
        assert!(places("plain", "é").is_empty() && places("x", "").is_empty());
    }
}
