//! Private keys in base58: WIF and BIP-38 by their checksum, extended keys and Tezos keys by their prefix.

use sha2::Digest;
use sha2::Sha256;

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Prefixes of serialised extended private keys (BIP-32, SLIP-132).
const EXTENDED: [&str; 12] = ["xprv", "yprv", "zprv", "tprv", "uprv", "vprv", "Yprv", "Zprv", "Uprv", "Vprv", "Ltpv", "Mtpv"];
/// An extended key has 111 digits; one that lost a few is a secret still.
const EXTENDED_MIN: usize = 90;

/// The first byte of a WIF key: Bitcoin, its test networks, Litecoin, Dogecoin and its test network, Dash, Mina. Addresses have twenty bytes behind
/// theirs.
const WIF_VERSIONS: [u8; 7] = [0x80, 0xef, 0xb0, 0x9e, 0xf1, 0xcc, 0x5a];

/// The digits of the XRP Ledger, in the order of those of Bitcoin.
const RIPPLE: &[u8; 58] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/// Tezos keys: the prefix, and how many digits the whole has.
const TEZOS: [(&str, usize); 7] = [("edsk", 54), ("edsk", 98), ("spsk", 54), ("p2sk", 54), ("edesk", 88), ("spesk", 88), ("p2esk", 88)];

/// What a word of letters and digits is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// A key beyond doubt.
    Yes,
    /// A WIF key by its length and first letter, with a checksum that does not hold: mistyped, or something else.
    Perhaps,
    /// No key.
    No,
}

/// Whether a word is a private key in base58.
pub fn key(word: &str) -> Key {
    let (len, is_sure) = (word.len(), |yes| if yes { Key::Yes } else { Key::No });
    if len >= EXTENDED_MIN && EXTENDED.iter().any(|prefix| word.starts_with(prefix)) {
        return is_sure(is_base58(word));
    }
    if TEZOS.iter().any(|(prefix, digits)| len == *digits && word.starts_with(prefix)) {
        return is_sure(is_base58(word));
    }
    match len {
        51 | 52 => match check(word) {
            Some(payload) => is_sure(WIF_VERSIONS.contains(&payload[0]) && matches!(payload.len(), 33 | 34)),
            None if word.starts_with(if len == 51 { ['5', '9'] } else { ['K', 'L'] }) && is_base58(word) && is_mixed(word) => Key::Perhaps,
            None => Key::No,
        },
        58 if word.starts_with("6P") => is_sure(check(word).is_some_and(|payload| payload.len() == 39)),
        _ => Key::No,
    }
}

/// Whether a word is a seed of the XRP Ledger: sixteen bytes behind `s` or `sEd`, and their checksum.
pub fn is_ripple_seed(word: &str) -> bool {
    let digit = |letter: u8| RIPPLE.iter().position(|digit| *digit == letter).map(|at| char::from(ALPHABET[at]));
    let is_seed = |bytes: &[u8]| matches!(bytes, [0x21, rest @ ..] | [0x01, 0xe1, 0x4b, rest @ ..] if rest.len() == 16);
    word.starts_with('s')
        && word.bytes().map(digit).collect::<Option<String>>().and_then(|word| check(&word)).is_some_and(|bytes| is_seed(&bytes))
}

/// Whether every letter is a digit of base58.
pub fn is_base58(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() && !matches!(byte, b'0' | b'O' | b'I' | b'l'))
}

fn is_mixed(word: &str) -> bool {
    let any = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    any(u8::is_ascii_digit) && any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase)
}

/// The bytes before a checksum that holds (base58check).
pub fn check(word: &str) -> Option<Vec<u8>> {
    let mut bytes = decode(word)?;
    let body = bytes.len().checked_sub(4).filter(|body| *body > 0)?;
    let sum = Sha256::digest(Sha256::digest(&bytes[..body]));
    (bytes[body..] == sum[..4]).then(|| {
        bytes.truncate(body);
        bytes
    })
}

/// The bytes of a short word of base58; the cost grows with the square of its length, so callers look at the length first.
pub fn decode(word: &str) -> Option<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::with_capacity(word.len());
    for letter in word.bytes() {
        let mut carry = ALPHABET.iter().position(|digit| *digit == letter)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.insert(0, carry as u8);
            carry >>= 8;
        }
    }
    let zeros = word.bytes().take_while(|letter| *letter == b'1').count();
    bytes.splice(0..0, std::iter::repeat_n(0, zeros));
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_tells_a_key_from_its_look() {
        let wif = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ";
        assert_eq!(key(wif), Key::Yes);
        assert_eq!(key(&wif.replace("8r", "9r")), Key::Perhaps);
        // The first address that ever got anything: twenty bytes behind its version.
        assert_eq!(check("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa").map(|bytes| bytes.len()), Some(21));
        assert_eq!(decode("11"), Some(vec![0, 0]));
        assert_eq!(decode("0"), None);
    }
}
