//! Text that looks like it would give away custody: private keys, access tokens, seed phrases. A heuristic that is asked
//! once before a line is recorded for ever; transaction and block hashes named as such are let through.

use std::ops::Range;

/// What a find looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret {
    PrivateKey,
    Token,
    SeedPhrase,
}

impl Secret {
    /// The same with its article.
    pub fn words(self) -> &'static str {
        match self {
            Self::PrivateKey => "a private key",
            Self::Token => "an access token",
            Self::SeedPhrase => "a seed phrase",
        }
    }

    /// `private key`, `access token`, `seed phrase`.
    pub fn word(self) -> &'static str {
        match self {
            Self::PrivateKey => "private key",
            Self::Token => "access token",
            Self::SeedPhrase => "seed phrase",
        }
    }
}

/// Where in a text something looks like a secret, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    pub secret: Secret,
    pub range: Range<usize>,
}

/// Beginnings of tokens of well-known issuers, and the fewest characters a real one has.
const TOKEN_PREFIXES: [(&str, usize); 13] = [
    ("wr_", 20),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("xoxb-", 30),
    ("xoxp-", 30),
    ("sk_live_", 20),
    ("sk-", 32),
    ("AKIA", 20),
    ("AIza", 35),
    ("hvs.", 20),
];

/// Words before sixty-four hexadecimal digits that make them a hash everyone may see.
const HASH_WORDS: [&str; 11] = ["tx", "txid", "hash", "block", "sha", "digest", "commit", "root", "image", "transaction", "checksum"];

/// Words of ordinary sentences that are in no list of seed words.
const PROSE: [&str; 18] =
    ["the", "and", "for", "was", "were", "has", "had", "are", "been", "from", "into", "with", "but", "our", "you", "which", "did", "its"];

const SEED_WORDS_MIN: usize = 12;

/// Everything in the text that looks like a secret, in order, without overlaps.
pub fn find(text: &str) -> Vec<Find> {
    let mut finds = pem(text);
    finds.extend(words(text));
    finds.extend(seeds(text));
    finds.sort_by_key(|find| (find.range.start, std::cmp::Reverse(find.range.end)));
    let mut end = 0;
    finds.retain(|find| {
        let stands_alone = find.range.start >= end;
        if stands_alone {
            end = find.range.end;
        }
        stands_alone
    });
    finds
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

fn pem(text: &str) -> Vec<Find> {
    let mut finds = Vec::new();
    let mut from = 0;
    while let Some(begin) = text[from..].find("-----BEGIN ").map(|at| from + at) {
        // A label is one short line; looking no further keeps many beginnings linear.
        let near = &text[begin..text.floor_char_boundary(begin + 80)];
        let label = near.lines().next().unwrap_or(near);
        if !label.contains("PRIVATE KEY") {
            from = begin + "-----BEGIN ".len();
            continue;
        }
        let after = begin + "-----BEGIN ".len();
        let close = text[after..].find("-----END ").map(|at| after + at + "-----END ".len());
        // Without an end the rest of the text is taken for the key: half a key is a secret too.
        let end = close.map_or(text.len(), |close| {
            let tail = text[close..].find("-----").map_or(text.len(), |dashes| close + dashes + 5);
            text[close..].find('\n').map_or(tail, |line| tail.min(close + line))
        });
        finds.push(Find { secret: Secret::PrivateKey, range: begin..end });
        from = end;
    }
    finds
}

fn words(text: &str) -> Vec<Find> {
    let mut finds = Vec::new();
    let mut before = ["", ""];
    for (at, word) in tokens(text, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/')) {
        let bare = word.trim_matches(|c: char| matches!(c, '.' | '/' | '-' | '+'));
        if let Some(secret) = of_word(bare, before) {
            let start = at + word.find(bare).unwrap_or(0);
            finds.push(Find { secret, range: start..start + bare.len() });
        }
        before = [before[1], word];
    }
    finds
}

fn of_word(word: &str, before: [&str; 2]) -> Option<Secret> {
    let is_base58 = || word.bytes().all(|b| b.is_ascii_alphanumeric() && !matches!(b, b'0' | b'O' | b'I' | b'l'));
    let is_mixed = || {
        word.bytes().any(|b| b.is_ascii_digit())
            && word.bytes().any(|b| b.is_ascii_uppercase())
            && word.bytes().any(|b| b.is_ascii_lowercase())
    };
    let hex = word.strip_prefix("0x").unwrap_or(word);
    if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        let is_hash = before.iter().any(|word| {
            let word = word.to_ascii_lowercase();
            HASH_WORDS.iter().any(|hash| word == *hash || (hash.len() > 2 && word.contains(hash)))
        });
        return (!is_hash).then_some(Secret::PrivateKey);
    }
    if ["xprv", "yprv", "zprv", "tprv"].iter().any(|prefix| word.starts_with(prefix)) && word.len() >= 100 && is_base58() {
        return Some(Secret::PrivateKey);
    }
    let is_wif = match word.len() {
        51 => word.starts_with(['5', '9']),
        52 => word.starts_with(['K', 'L', 'c']),
        _ => false,
    };
    if is_wif && is_base58() && is_mixed() {
        return Some(Secret::PrivateKey);
    }
    let parts = word.split('.').count();
    if word.starts_with("eyJ") && parts == 3 && word.split('.').all(|part| part.len() >= 8) {
        return Some(Secret::Token);
    }
    let known = TOKEN_PREFIXES.iter().any(|(prefix, fewest)| word.starts_with(prefix) && word.len() >= *fewest);
    (known && word.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())).then_some(Secret::Token)
}

/// Runs of twelve and more lowercase words of three to eight letters, numbered or not, with nothing else between.
fn seeds(text: &str) -> Vec<Find> {
    let mut finds = Vec::new();
    let mut run: Option<(Range<usize>, usize)> = None;
    let mut close = |run: &mut Option<(Range<usize>, usize)>| {
        if let Some((range, count)) = run.take()
            && count >= SEED_WORDS_MIN
        {
            finds.push(Find { secret: Secret::SeedPhrase, range });
        }
    };
    for (at, word) in tokens(text, |c| !c.is_whitespace()) {
        let is_seed = (3..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase()) && !PROSE.contains(&word);
        let number = word.trim_end_matches(['.', ')', ':']);
        let is_number = !number.is_empty() && number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit());
        if is_seed {
            let (range, count) = run.get_or_insert((at..at, 0));
            range.end = at + word.len();
            *count += 1;
        } else if !(is_number && run.is_some()) {
            close(&mut run);
        }
    }
    close(&mut run);
    finds
}

/// The maximal runs of characters that belong to a word, with their offsets.
fn tokens(text: &str, belongs: impl Fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    text.split(move |c| !belongs(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
