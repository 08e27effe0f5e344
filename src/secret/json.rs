//! Keys as programs keep them in JSON: Solana keypairs, validators' keys, encrypted keystores.

use crate::secret::Find;
use crate::secret::Secret;
use std::ops::Range;

/// A Solana keypair is a list of so many bytes.
const KEYPAIR_BYTES: usize = 64;
/// How far behind the name of a key's type its value stands.
const VALUE_WITHIN: usize = 160;
/// More than any of these values has.
const VALUE_MAX: usize = 4096;

/// Where such keys stand.
pub fn find(text: &str) -> Vec<Find> {
    let mut ranges: Vec<Range<usize>> = text.match_indices('[').filter_map(|(at, _)| keypair(text, at)).collect();
    // `{"type": "tendermint/PrivKeyEd25519", "value": "…"}`
    ranges.extend(text.match_indices("/PrivKey").filter_map(|(at, _)| {
        let near = &text[at..text.floor_char_boundary(at + VALUE_WITHIN)];
        string_after(text, at + near.find("\"value\"")? + "\"value\"".len())
    }));
    let named = |name: &'static str| text.match_indices(name).map(move |(at, _)| at + name.len());
    // The same with its value first.
    ranges.extend(named("\"priv_key\"").filter_map(|at| {
        let near = &text[at..text.floor_char_boundary(at + VALUE_WITHIN)];
        let (before, _) =
            near.split_once("\"value\"").filter(|(before, _)| before.trim_matches([' ', '\n', '\r', '\t', ':', '{']).is_empty())?;
        string_after(text, at + before.len() + "\"value\"".len())
    }));
    if text.contains("\"kdf\"") {
        ranges.extend(named("\"ciphertext\"").filter_map(|at| string_after(text, at)));
        // A validator's keystore (EIP-2335): of its three messages the one of the cipher.
        ranges.extend(named("\"cipher\"").filter_map(|at| {
            let near = &text[at..text.floor_char_boundary(at + VALUE_WITHIN * 2)];
            string_after(text, at + near.find("\"message\"")? + "\"message\"".len())
        }));
    }
    if text.contains("SigningKey") {
        ranges.extend(named("\"cborHex\"").filter_map(|at| string_after(text, at)));
    }
    // RFC 7517: the private half of a key, in one letter.
    if text.contains("\"kty\"") {
        ranges.extend(named("\"d\"").filter_map(|at| string_after(text, at)));
    }
    ranges.into_iter().map(|range| Find::sure(Secret::PrivateKey, range)).collect()
}

/// A list of sixty-four bytes in decimal digits.
fn keypair(text: &str, open: usize) -> Option<Range<usize>> {
    let (mut count, mut number, mut digits) = (0, 0_u32, 0);
    for (at, byte) in text.as_bytes().iter().enumerate().skip(open + 1) {
        match byte {
            b'0'..=b'9' if digits < 3 => (number, digits) = (number * 10 + u32::from(byte - b'0'), digits + 1),
            b',' | b']' if digits > 0 && number < 256 && count < KEYPAIR_BYTES => {
                (count, number, digits) = (count + 1, 0, 0);
                if *byte == b']' {
                    return (count == KEYPAIR_BYTES).then_some(open..at + 1);
                }
            }
            // Behind the last comma nothing need follow.
            b']' if count == KEYPAIR_BYTES => return Some(open..at + 1),
            b' ' | b'\n' | b'\r' | b'\t' => {}
            _ => return None,
        }
    }
    None
}

/// The string behind a colon.
fn string_after(text: &str, from: usize) -> Option<Range<usize>> {
    let near = &text[from..text.floor_char_boundary(from + VALUE_MAX)];
    let rest = near.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let start = from + (rest.as_ptr() as usize - near.as_ptr() as usize);
    let len = rest.find('"').filter(|len| *len >= 16 && !rest.starts_with('['))?;
    Some(start..start + len)
}
