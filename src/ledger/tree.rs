//! The Merkle tree of RFC 6962 over record headers, kept as its right edge so that an append and a root cost a few hashes.

use crate::domain::json_as_shown;
use sha2::Digest;
use sha2::Sha256;
use std::fmt;
use std::str::FromStr;

/// A SHA-256 hash that prints as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || format!("`{text}` is not a SHA-256 hash of 64 hexadecimal digits");
        if text.len() != 64 || !text.is_ascii() {
            return Err(bad());
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| bad())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| bad())?;
        }
        Ok(Self(bytes))
    }
}

json_as_shown!(Hash);

/// SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// SHA-256 of bytes, in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    sha256(bytes).to_string()
}

/// The leaf hash of a record header's bytes.
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    Hash(tlog_tiles::record_hash(bytes).0)
}

/// The right edge of a tree: the roots of its complete subtrees, largest first. Enough to append and to know the root.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its complete subtrees, the largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Appends a leaf. Answers the node hashes that are complete with it, leaf first: in the tlog layout they are stored at
    /// consecutive positions from `stored_position(size before)`.
    pub fn push(&mut self, leaf: Hash) -> Vec<Hash> {
        let mut complete = vec![leaf];
        let mut node = leaf;
        // Each trailing one bit of the old size is a complete left neighbour that joins with the new node.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            node = join(left, node);
            complete.push(node);
        }
        self.peaks.push(node);
        self.size += 1;
        complete
    }

    /// The root; of an empty tree, the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(last) = peaks.next() else { return Hash(tlog_tiles::EMPTY_HASH.0) };
        peaks.fold(last, |right, left| join(left, right))
    }

    /// Where the hashes that come with leaf `size` (counted from 0) begin in the tlog layout.
    pub fn stored_position(size: u64) -> u64 {
        tlog_tiles::stored_hash_index(0, size)
    }

    /// As bytes: the peaks one after another.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.peaks.iter().flat_map(|peak| peak.0).collect()
    }

    /// From the bytes of `to_bytes` and the size.
    ///
    /// # Errors
    /// When the number of peaks does not fit the size.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self, String> {
        let (chunks, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || chunks.len() != size.count_ones() as usize {
            return Err(format!("{} bytes are not the right edge of a tree of {size} leaves", bytes.len()));
        }
        Ok(Self { size, peaks: chunks.iter().map(|chunk| Hash(*chunk)).collect() })
    }
}

/// The node above two.
pub(super) fn join(left: Hash, right: Hash) -> Hash {
    Hash(tlog_tiles::node_hash(tlog_tiles::Hash(left.0), tlog_tiles::Hash(right.0)).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tlog_tiles::HashReader;

    struct Stored(Vec<tlog_tiles::Hash>);

    impl HashReader for Stored {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
            Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
        }
    }

    #[test]
    fn agrees_with_the_reference_at_every_size() {
        let (mut frontier, mut stored) = (Frontier::default(), Stored(Vec::new()));
        for size in 0..200_u64 {
            assert_eq!(frontier.root().0, tlog_tiles::tree_hash(size, &stored).unwrap().0, "size {size}");
            assert_eq!(stored.0.len() as u64, Frontier::stored_position(size));
            let complete = frontier.push(leaf_hash(format!("leaf {size}").as_bytes()));
            stored.0.extend(complete.iter().map(|hash| tlog_tiles::Hash(hash.0)));
            let again = Frontier::from_bytes(frontier.size(), &frontier.to_bytes()).unwrap();
            assert_eq!(again, frontier);
        }
        assert!(Frontier::from_bytes(3, &[0; 32]).is_err());
    }
}
