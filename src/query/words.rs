//! A query cut into its terms: `-key:value,value`, `"a phrase"`, a word. No text is wrong here.

use std::fmt;
use std::ops::Range;

/// One term as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub is_not: bool,
    /// The letters before the colon, in lower case; `None` for a word or phrase.
    pub key: Option<String>,
    /// What stands behind the colon, cut at commas; for a word or phrase itself one.
    pub values: Vec<String>,
    /// It stood in quotes, so that it is nothing but words.
    pub is_quoted: bool,
    /// Where it stands in the query, in bytes.
    pub place: Range<usize>,
}

/// The terms of a text, in order. A quote that is not closed runs to the end, as it does while one types.
pub fn cut(text: &str) -> Vec<Written> {
    let mut terms = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        let (is_not, after) = match rest.strip_prefix('-') {
            Some(after) if after.starts_with(|c: char| !c.is_whitespace()) => (true, after),
            _ => (false, rest),
        };
        let (key, after) = match key_of(after) {
            Some((key, after)) => (Some(key.to_ascii_lowercase()), after),
            None => (None, after),
        };
        let (value, is_quoted, left) = value_of(after);
        let values = match (&key, is_quoted) {
            (Some(_), false) => value.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            _ => vec![value],
        };
        terms.push(Written { is_not, key, values, is_quoted, place: start..text.len() - left.len() });
        rest = left.trim_start();
    }
    terms
}

/// A key is letters before a colon; `12:30` and `https://` have none.
fn key_of(text: &str) -> Option<(&str, &str)> {
    let (key, after) = text.split_once(':')?;
    let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic()) && !after.starts_with("//");
    is_key.then_some((key, after))
}

/// A value, whether it was quoted, and what follows it.
fn value_of(text: &str) -> (String, bool, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return (text[..end].to_owned(), false, &text[end..]);
    };
    let mut value = String::new();
    let mut is_escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if is_escaped => {
                value.push(c);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return (value, true, &quoted[at + 1..]),
            c => value.push(c),
        }
    }
    (value, true, "")
}

/// The value as it must be written to be read as the same: quoted where anything in it would mean more.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

impl fmt::Display for Written {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.is_not { "-" } else { "" };
        let key = self.key.as_ref().map(|key| format!("{key}:")).unwrap_or_default();
        let value = if self.is_quoted { quoted(&self.values.concat()) } else { self.values.join(",") };
        // Right behind the colon these would begin a phrase or an address; behind a comma they are what they are.
        let is_other = self.key.is_some() && !self.is_quoted && (value.starts_with('"') || value.starts_with("//"));
        let comma = if is_other { "," } else { "" };
        write!(out, "{not}{key}{comma}{value}")
    }
}
