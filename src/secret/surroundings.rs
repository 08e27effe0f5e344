//! What the words around a run of digits make of it: the nearest word before it that says something decides.

/// What the words near some digits say of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Says {
    /// That they are a secret.
    Secret,
    /// That everyone may see them: a hash, an id, a public key.
    Public,
    /// That they are one half of a pair of keys, and not which.
    Perhaps,
    /// Nothing.
    Nothing,
}

/// So many words before are listened to, in so many bytes.
const WORDS: usize = 6;
const BEFORE_BYTES: usize = 240;
const AFTER_BYTES: usize = 60;

/// Words that make what follows a secret. A word that ends in one of them does, too: `privkey`, `PRIVATE_KEY`, `signerSecret`.
const SECRET: [&str; 12] =
    ["private", "priv", "privkey", "prvkey", "sk", "suri", "secret", "secrets", "seed", "mnemonic", "wif", "keypair"];

/// Words that make what follows a hash everyone may see.
const PUBLIC: [&str; 52] = [
    "tx",
    "txs",
    "txn",
    "txid",
    "txids",
    "transaction",
    "transactions",
    "hash",
    "hashes",
    "block",
    "sha",
    "sha256",
    "keccak",
    "blake2b",
    "digest",
    "commit",
    "root",
    "image",
    "layer",
    "checksum",
    "sum",
    "merkle",
    "proof",
    "signature",
    "sig",
    "slot",
    "topic",
    "event",
    "id",
    "ids",
    "fingerprint",
    "pub",
    "public",
    "pubkey",
    "calldata",
    "address",
    "contract",
    "leaf",
    "parent",
    "node",
    "peer",
    "trace",
    "container",
    "blob",
    "utxo",
    "outpoint",
    "receipt",
    "withdrawal",
    "deposit",
    "mempool",
    "salt",
    "etag",
];

/// Words before `key` that make it one of an index, not of a lock.
const INDEX: [&str; 17] = [
    "public",
    "pub",
    "idempotency",
    "cache",
    "storage",
    "partition",
    "routing",
    "group",
    "dedup",
    "row",
    "primary",
    "foreign",
    "object",
    "lookup",
    "sort",
    "state",
    "verifying",
];

/// What the words say of the digits at `start..end`.
pub fn says(text: &str, start: usize, end: usize) -> Says {
    let near = &text[text.ceil_char_boundary(start.saturating_sub(BEFORE_BYTES))..start];
    let mut before = words(near).rev().take(WORDS).peekable();
    while let Some(word) = before.next() {
        if SECRET.iter().any(|secret| word == *secret || (secret.len() > 4 && word.ends_with(secret))) {
            return Says::Secret;
        }
        if word == "pk" {
            return Says::Perhaps;
        }
        if matches!(word.as_str(), "key" | "keys") {
            let is_index = before.peek().is_some_and(|of| INDEX.contains(&of.as_str()) || PUBLIC.contains(&of.as_str()));
            return if is_index { Says::Public } else { Says::Secret };
        }
        if PUBLIC.contains(&word.as_str()) {
            return Says::Public;
        }
    }
    let behind = &text[end..text.floor_char_boundary(end + AFTER_BYTES)];
    let mut after = words(behind.lines().next().unwrap_or_default());
    let is_named = after.next().is_some_and(|word| matches!(word.as_str(), "is" | "was"));
    let mut after = after.take(4);
    if is_named && after.any(|word| SECRET.contains(&word.as_str())) { Says::Secret } else { Says::Nothing }
}

/// Whether nothing but the digits stands on their line.
pub fn is_alone(text: &str, start: usize, end: usize) -> bool {
    let is_mark = |c: char| !c.is_alphanumeric();
    let before = &text[text.ceil_char_boundary(start.saturating_sub(BEFORE_BYTES))..start];
    let after = &text[end..text.floor_char_boundary(end + AFTER_BYTES)];
    before.rsplit('\n').next().is_none_or(|line| line.chars().all(is_mark))
        && after.lines().next().is_none_or(|line| line.chars().all(is_mark))
}

/// Whether a word of a hash stands behind the digits, on their line.
pub fn is_called_public(text: &str, end: usize) -> bool {
    let after = &text[end..text.floor_char_boundary(end + AFTER_BYTES)];
    words(after.lines().next().unwrap_or_default()).any(|word| PUBLIC.contains(&word.as_str()))
}

/// The words of a text in lower case; `txHash`, `tx_hash` and `tx-hash` are two each.
fn words(text: &str) -> impl DoubleEndedIterator<Item = String> {
    let mut words: Vec<String> = Vec::new();
    let mut was_lower = false;
    let mut is_open = false;
    for c in text.chars() {
        if !c.is_alphanumeric() {
            is_open = false;
        } else {
            if !is_open || (was_lower && c.is_uppercase()) {
                words.push(String::new());
            }
            is_open = true;
            words.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase()));
        }
        was_lower = c.is_lowercase();
    }
    words.into_iter()
}
