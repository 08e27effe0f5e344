//! The formats of the proofs, read from their specifications and from nothing of the program: RFC 6962 and RFC 9162 for the tree, C2SP for signed
//! notes and checkpoints. What the program signs and proves must hold here, where only SHA-256 and Ed25519 are taken from elsewhere.

use ed25519_dalek::Signature;
use ed25519_dalek::VerifyingKey;
use sha2::Digest;
use sha2::Sha256;

pub type Hash = [u8; 32];

/// RFC 6962, 2.1: the hash of a leaf.
pub fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// RFC 6962, 2.1: the tree hash, by its definition.
pub fn tree(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        several => {
            let (left, right) = several.split_at(several.len().next_power_of_two() / 2);
            node(&tree(left), &tree(right))
        }
    }
}

/// RFC 9162, 2.1.3.2: whether a path proves a leaf. `index` counts from 0.
pub fn is_included(index: u64, leaf: Hash, path: &[Hash], size: u64, root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut reached) = (index, size - 1, leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            reached = node(beside, &reached);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            reached = node(&reached, beside);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && reached == root
}

/// RFC 9162, 2.1.4.2: whether one tree is the beginning of another. `first` is at least 1.
pub fn is_beginning(first: u64, first_root: Hash, second: u64, second_root: Hash, proof: &[Hash]) -> bool {
    if first == second {
        return proof.is_empty() && first_root == second_root;
    }
    let mut path: Vec<Hash> = proof.to_vec();
    if path.is_empty() {
        return false;
    }
    if first.is_power_of_two() {
        path.insert(0, first_root);
    }
    let (mut place, mut last) = (first - 1, second - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut old, mut new) = (path[0], path[0]);
    for beside in &path[1..] {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old = node(beside, &old);
            new = node(beside, &new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new = node(&new, beside);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old == first_root && new == second_root
}

/// RFC 4648, section 4, with padding.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let signs = text.trim_end_matches('=');
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for sign in signs.bytes() {
        bits = bits << 6 | SIGNS.iter().position(|known| *known == sign)? as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

/// What a checkpoint says (c2sp.org/tlog-checkpoint).
#[derive(Debug, PartialEq)]
pub struct Said {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

/// c2sp.org/signed-note and c2sp.org/tlog-checkpoint: what a note says, if this key signed it under its origin.
pub fn checkpoint(note: &str, key: &Hash) -> Option<Said> {
    let (text, signatures) = note.split_at(note.rfind("\n\n")? + 1);
    let mut lines = text.split('\n');
    let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
    let id = &Sha256::new().chain_update(origin).chain_update([b'\n', 1]).chain_update(key).finalize()[..4];
    let is_signed = signatures[1..].lines().any(|line| {
        let Some((name, signature)) = line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' ')) else { return false };
        let Some(signature) = base64(signature) else { return false };
        let (Some((by, signature)), true) = (signature.split_first_chunk::<4>(), name == origin) else { return false };
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        by == id && VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(text.as_bytes(), &signature).is_ok())
    });
    let root = base64(root)?.try_into().ok()?;
    is_signed.then(|| Said { origin: origin.to_owned(), size: size.parse().unwrap_or(0), root })
}

/// Hexadecimal digits as the program prints them.
pub fn hash(text: &str) -> Hash {
    assert_eq!(text.len(), 64);
    std::array::from_fn(|place| u8::from_str_radix(&text[2 * place..2 * place + 2], 16).expect("digits"))
}

#[test]
fn the_reading_of_the_specifications_is_itself_right() {
    // RFC 6962's own example of seven leaves, by hashes worked out by hand from its definitions.
    let leaves: Vec<Hash> = (0..7_u8).map(|place| leaf(&[place])).collect();
    let pair = |left, right| node(&leaves[left], &leaves[right]);
    assert_eq!(tree(&leaves), node(&node(&pair(0, 1), &pair(2, 3)), &node(&pair(4, 5), &leaves[6])));
    let path = [leaves[1], pair(2, 3), node(&pair(4, 5), &leaves[6])];
    assert!(is_included(0, leaves[0], &path, 7, tree(&leaves)) && !is_included(1, leaves[0], &path, 7, tree(&leaves)));
    let proof = [leaves[2], leaves[3], pair(0, 1), node(&pair(4, 5), &leaves[6])];
    assert!(
        is_beginning(3, tree(&leaves[..3]), 7, tree(&leaves), &proof) && !is_beginning(2, tree(&leaves[..2]), 7, tree(&leaves), &proof)
    );
    assert_eq!(base64("Zm9vYmE=").as_deref(), Some(&b"fooba"[..]));
}
