//! Keys that fill lines of their own: PEM and its relatives, PuTTY files. Found also where line ends are written `\n`, as in JSON, or became spaces.

use crate::secret::Find;
use crate::secret::Secret;
use std::ops::Range;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
/// A label is one short line; looking no further keeps many beginnings linear.
const LABEL_MAX: usize = 80;
/// A word of the body of a key is long; words of sentences are not.
const BODY_WORD_MIN: usize = 16;
/// Lines of headers, at most.
const HEADERS_MAX: usize = 8;

/// Where such keys stand.
pub fn find(text: &str) -> Vec<Find> {
    let mut finds: Vec<Find> = pem(text).into_iter().map(|range| Find::sure(Secret::PrivateKey, range)).collect();
    finds.extend(putty(text).map(|range| Find::sure(Secret::PrivateKey, range)));
    finds
}

fn pem(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut from) = (Vec::new(), 0);
    let mut ends = text.match_indices(END).map(|(at, _)| at).peekable();
    // Of what was cut off above, the end is left.
    if let Some(end) = text.find(END).filter(|end| !text[..*end].contains(BEGIN)) {
        let (start, after) = (body_begin(&text[..end]), after_dashes(text, end + END.len()));
        if start < end && text[end..after].contains("PRIVATE KEY") {
            found.push(start..after);
            from = after;
        }
    }
    while let Some(begin) = text[from..].find(BEGIN).map(|at| from + at) {
        from = begin + BEGIN.len();
        let near = &text[from..text.floor_char_boundary(from + LABEL_MAX)];
        let label = near.split(['\n', '\\']).next().unwrap_or(near);
        let Some(dashes) = label.find("-----").filter(|dashes| label[..*dashes].contains("PRIVATE KEY")) else { continue };
        let body = from + dashes + "-----".len();
        while ends.next_if(|end| *end < body).is_some() {}
        let next_begin = text[body..].find(BEGIN).map_or(text.len(), |at| body + at);
        let end = match ends.peek().filter(|end| **end < next_begin) {
            Some(end) => after_dashes(text, end + END.len()),
            // Half a key is a secret too; a label that people only speak of is none.
            None => match body_end(&text[body..next_begin]) {
                0 => continue,
                len => body + len,
            },
        };
        found.push(begin..end);
        from = end;
    }
    found
}

/// Behind the dashes that end an end line.
fn after_dashes(text: &str, label: usize) -> usize {
    let near = &text[label..text.floor_char_boundary(label + LABEL_MAX)];
    let line = near.split('\n').next().unwrap_or(near);
    label + line.find("-----").map_or(line.len(), |dashes| dashes + "-----".len())
}

/// Where the lines of a key begin that has no beginning: the last words of base64, of which only the very last may be short.
fn body_begin(before: &str) -> usize {
    let mut begin = before.len();
    for word in before.split([' ', '\n', '\r', '\t', '\\']).rev() {
        let bare = word.strip_prefix('n').filter(|_| before[..start_in(before, word)].ends_with('\\')).unwrap_or(word);
        if is_body(bare) || (begin == before.len() && !bare.is_empty() && is_base64(bare)) {
            begin = start_in(before, bare);
        } else if !bare.is_empty() {
            break;
        }
    }
    begin
}

fn start_in(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

fn is_body(word: &str) -> bool {
    word.len() >= BODY_WORD_MIN && is_base64(word)
}

fn is_base64(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// How far the lines of a key go that has no end: long words of base64, and the headers before them.
fn body_end(rest: &str) -> usize {
    // Headers of several words stand before an empty line.
    let headers: usize =
        rest.split_inclusive('\n').take(HEADERS_MAX).take_while(|line| line.trim().is_empty() || line.contains(": ")).map(str::len).sum();
    let mut end = 0;
    for word in rest[headers..].split_inclusive([' ', '\n', '\r', '\t', '\\']) {
        // The n of a line end that is written `\n` sticks to the word behind it.
        let bare = word.trim_end_matches(['\\', '\r', '\n', ' ', '\t']);
        let is_header = bare.ends_with(':') || bare.contains(',') || matches!(bare, "" | "n" | "4" | "4,ENCRYPTED");
        if is_body(bare) {
            end = start_in(rest, word) + bare.len();
        } else if !is_header {
            break;
        }
    }
    end
}

/// The private lines of a PuTTY key file: to its MAC, or to the end.
fn putty(text: &str) -> Option<Range<usize>> {
    let begin = text.find("Private-Lines:").filter(|_| text.contains("PuTTY-User-Key-File"))?;
    let mac = text[begin..].find("Private-MAC:").map(|at| begin + at);
    let end = mac.map_or(text.len(), |mac| text[mac..].find('\n').map_or(text.len(), |line| mac + line));
    Some(begin..end)
}
