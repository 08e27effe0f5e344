//! Keys that are letters and digits without a prefix: hexadecimal, WIF and other base58, Stellar seeds, Solana keypairs.

use crate::secret::Find;
use crate::secret::Secret;
use crate::secret::base58;
use crate::secret::base58::Key;
use crate::secret::runs;
use crate::secret::surroundings;
use crate::secret::surroundings::Says;

/// Hexadecimal digits of a key of 32 bytes, and of one of 64 that holds its public half, too.
const HEX_DIGITS: [usize; 2] = [64, 128];
/// Digits of 64 bytes in base58: a Solana keypair, or a Solana signature.
const BASE58_OF_64: std::ops::RangeInclusive<usize> = 85..=88;

/// Where such keys stand.
pub fn find(text: &str) -> Vec<Find> {
    let mut finds = Vec::new();
    for (start, word) in runs(text, |c| c.is_ascii_alphanumeric()) {
        let range = start..start + word.len();
        let sureness = match word.len() {
            56 if is_stellar(word) => Some(true),
            29 | 31 if base58::is_ripple_seed(word) => Some(true),
            len if HEX_DIGITS.contains(&len.saturating_sub(prefix(word))) => hex(text, start, word),
            len if BASE58_OF_64.contains(&len) && base58::is_base58(word) => near(text, start, word),
            51..=52 | 54 | 58 | 88 | 90..=120 => match base58::key(word) {
                Key::Yes => Some(true),
                Key::Perhaps => Some(false),
                Key::No => None,
            },
            _ => None,
        };
        finds.extend(sureness.map(|is_sure| Find { secret: Secret::PrivateKey, range, is_sure }));
    }
    finds
}

fn prefix(word: &str) -> usize {
    if word.starts_with("0x") { 2 } else { 0 }
}

/// Digits of a key or of a hash: the words around them say it, and where they do not, people are asked about what may well be a key.
fn hex(text: &str, start: usize, word: &str) -> Option<bool> {
    let prefix = prefix(word);
    let digits = &word.as_bytes()[prefix..];
    if !digits.iter().all(u8::is_ascii_hexdigit) || digits.iter().all(|digit| *digit == digits[0]) {
        return None;
    }
    let end = start + word.len();
    match surroundings::says(text, start, end) {
        Says::Secret => Some(true),
        Says::Public => None,
        Says::Perhaps => Some(false),
        Says::Nothing if digits.len() > 64 => None,
        // A transaction wears `0x` far more often than a key does.
        Says::Nothing if prefix > 0 => surroundings::is_alone(text, start, end).then_some(false),
        Says::Nothing => (!surroundings::is_called_public(text, end)).then_some(false),
    }
}

/// A keypair only where it is called one: the signatures of a chain look the same.
fn near(text: &str, start: usize, word: &str) -> Option<bool> {
    (surroundings::says(text, start, start + word.len()) == Says::Secret).then_some(true)
}

/// A Stellar seed: base32 of a version, 32 bytes and their CRC-16/XMODEM (SEP-23).
fn is_stellar(word: &str) -> bool {
    if !word.starts_with('S') {
        return false;
    }
    let (mut bytes, mut held, mut bits) = (Vec::with_capacity(35), 0_u32, 0);
    for letter in word.bytes() {
        let digit = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return false,
        };
        (held, bits) = (held << 5 | u32::from(digit), bits + 5);
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    let crc = bytes[..33].iter().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 })
    });
    bytes[33..] == crc.to_le_bytes()
}
