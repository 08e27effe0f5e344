//! Text that would give away custody or access: found before it is recorded for ever, and masked.
//!
//! * [`find`] gives every place, in order; [`mask`] puts `[private key masked]` there; [`masked`] does both for those who can ask nobody.
//! * Where a format carries a checksum (BIP-39, base58check, Stellar) the checksum decides, so that no address and no transaction id is taken
//!   for a key. Where it does not (bare hexadecimal digits) the words around it decide; what stays open is found, but not [`Find::is_sure`].
//! * Each file knows one family of formats and reads a text once, in steps that grow with its length and nothing else.
//!
//! Absent by intent: entropy guesses, regular expressions, and every other room.

mod base58;
mod block;
mod digits;
mod issued;
mod joined;
mod json;
mod link;
mod named;
mod phrase;
mod program;
mod surroundings;
#[cfg(test)]
mod tests;
mod value;

use std::borrow::Cow;
use std::ops::Range;

/// What a find looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Secret {
    /// Whoever has it signs or decrypts.
    PrivateKey,
    /// The words of a wallet.
    SeedPhrase,
    /// Whoever shows it is let in.
    Token,
    /// What a person or a program logs in with.
    Password,
}

impl Secret {
    /// `a private key`, `a seed phrase`, `an access token`, `a password`.
    pub fn words(self) -> &'static str {
        match self {
            Self::PrivateKey => "a private key",
            Self::SeedPhrase => "a seed phrase",
            Self::Token => "an access token",
            Self::Password => "a password",
        }
    }

    /// The same without its article.
    pub fn word(self) -> &'static str {
        self.words().split_once(' ').map_or("", |(_, word)| word)
    }
}

/// Where in a text something looks like a secret, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// What it looks like.
    pub secret: Secret,
    /// The bytes to mask.
    pub range: Range<usize>,
    /// Whether it can hardly be anything else: sixty-four hexadecimal digits alone are a key or a hash, and only a person knows.
    pub is_sure: bool,
}

impl Find {
    fn sure(secret: Secret, range: Range<usize>) -> Self {
        Self { secret, range, is_sure: true }
    }
}

/// Everything in the text that looks like a secret, in order, without overlaps.
pub fn find(text: &str) -> Vec<Find> {
    let text = &uncoloured(text);
    let mut finds = block::find(text);
    finds.extend(digits::find(text));
    finds.extend(issued::find(text));
    finds.extend(json::find(text));
    finds.extend(link::find(text));
    finds.extend(named::find(text));
    finds.extend(phrase::find(text));
    finds.extend(program::find(text));
    finds.sort_by_key(|find| (find.range.start, std::cmp::Reverse(find.range.end)));
    let mut apart: Vec<Find> = Vec::with_capacity(finds.len());
    for find in finds {
        match apart.last_mut() {
            // Two readings of one place are one find, as wide as both and as sure as the surer.
            Some(last) if find.range.start < last.range.end => {
                if find.is_sure && !last.is_sure {
                    last.secret = find.secret;
                }
                last.is_sure |= find.is_sure;
                last.range.end = last.range.end.max(find.range.end);
            }
            _ => apart.push(find),
        }
    }
    apart
}

/// The text with blanks for what colours it, as a terminal gets it or as a script writes it (`\\033[31m`): else its last letter began the word behind it.
fn uncoloured(text: &str) -> Cow<'_, str> {
    const LEADS: [&str; 8] = ["\u{1b}", "\\033", "\\e", "\\E", "\\x1b", "\\x1B", "\\u001b", "\\u001B"];
    let mut plain = Cow::Borrowed(text);
    for (at, _) in text.match_indices('[') {
        let Some(start) = LEADS.iter().find_map(|lead| text[..at].strip_suffix(lead)).map(str::len) else { continue };
        let rest = text[at + 1..].trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        if rest.starts_with('m') {
            let end = text.len() - rest.len() + 1;
            plain.to_mut().replace_range(start..end, &" ".repeat(end - start));
        }
    }
    plain
}

/// The text with each find replaced by `[private key masked]`.
pub fn mask(text: &str, finds: &[Find]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for find in finds {
        masked.push_str(&text[done..find.range.start]);
        masked.push_str(&format!("[{} masked]", find.secret.word()));
        done = find.range.end;
    }
    masked.push_str(&text[done..]);
    masked
}

/// The text with what is surely a secret masked, and what that was; `None` where nothing is. For imports and programs, where nobody can be asked.
pub fn masked(text: &str) -> Option<(String, Vec<Find>)> {
    let mut finds = find(text);
    finds.retain(|find| find.is_sure);
    (!finds.is_empty()).then(|| (mask(text, &finds), finds))
}

/// The maximal runs of characters that belong to a word, with their offsets.
fn runs(text: &str, belongs: impl Fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    text.split(move |c| !belongs(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}
