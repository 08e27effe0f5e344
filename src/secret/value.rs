//! What a value looks like: made by a machine, chosen by a person, or a word.

/// Words that stand where a secret would, and say that none is there.
const PLACEHOLDERS: [&str; 13] =
    ["null", "none", "nil", "true", "false", "undefined", "redacted", "masked", "hidden", "empty", "changed", "example", "placeholder"];

/// Whether a value stands for another: `***`, `${PASSWORD}`, `<your key>`, `[password masked]`, `null`.
pub fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    value.starts_with(['$', '<', '[', '{', '(', '%', '&', '|', '@'])
        || value.chars().all(|c| "*x.X-_•".contains(c))
        || PLACEHOLDERS.contains(&lower.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
}

/// Whether there are small and capital letters and digits in it.
pub fn is_mixed(word: &str) -> bool {
    let any = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    any(u8::is_ascii_digit) && any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase)
}

/// Whether somewhere in it eight characters in a row are not all small letters: `sk-learn-and-friends-of-machine-learning` is a name.
pub fn is_random(rest: &str) -> bool {
    let segments = rest.split(|c: char| !c.is_ascii_alphanumeric());
    let is_word = |segment: &&str| segment.len() >= 6 && !segment.bytes().all(|byte| byte.is_ascii_lowercase());
    segments.filter(is_word).any(|segment| segment.bytes().any(|byte| byte.is_ascii_digit()) || is_scattered(segment))
}

/// Capital letters inside, other than one at the start of each long part: `AbCdEf`, not `HotWallet`.
fn is_scattered(segment: &str) -> bool {
    let capitals = segment.bytes().filter(u8::is_ascii_uppercase).count();
    let small = segment.bytes().filter(u8::is_ascii_lowercase).count();
    segment.len() >= 12 && capitals * 6 >= segment.len() && small > 0
}

/// Whether a value that is called a key or a token is one: letters and digits in one part of it, not the name of something.
pub fn is_opaque(value: &str, fewest: usize) -> bool {
    if value.len() < fewest || is_placeholder(value) {
        return false;
    }
    let segments = || value.split(|c: char| !c.is_ascii_alphanumeric());
    let has_digit = |segment: &str| segment.bytes().any(|byte| byte.is_ascii_digit());
    let has_letter = |segment: &str| segment.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_dense = |segment: &str| segment.len() >= 6 && has_digit(segment) && has_letter(segment);
    // `hot-wallet-tls-7d9f8b6c5d` is a name with a suffix, as clusters give them.
    let words = segments().filter(|segment| segment.len() >= 3 && segment.bytes().all(|byte| byte.is_ascii_lowercase())).count();
    let is_name = words >= 2 || (words == 1 && value.len() < 24 && value.contains(['-', '/']) && !has_upper(value));
    !is_name && (segments().any(is_dense) || segments().any(is_scattered) || value.len() >= 20 && has_upper(value) && has_digit(value))
}

fn has_upper(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Whether it could be a password that a person chose: not a bare word, a number, a time or a version.
pub fn is_chosen(value: &str) -> bool {
    let any = |is: fn(&u8) -> bool| value.bytes().any(|byte| is(&byte));
    let has_mark =
        value.trim_end_matches(['.', ',', ';', ':', ')', '!', '?', '-', '"', '\'']).contains(|c: char| "!#$%^&*+=?~@".contains(c));
    let letters = any(u8::is_ascii_alphabetic);
    value.len() >= 6 && !is_placeholder(value) && letters && (any(u8::is_ascii_digit) || has_mark)
}
