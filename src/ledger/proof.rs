//! Proofs over the tree (RFC 6962, section 2.1): that a record is in it, and that one tree is the beginning of another.
//!
//! A tree is read through `Nodes`: hashes of complete subtrees by their position in the tlog layout, wherever they are kept.

use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::tree::join;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::collections::HashMap;
use tlog_tiles::HashReader;

/// Stored hashes by position; `None` where one is missing.
pub trait Nodes {
    /// The hashes at these positions, in this order.
    fn nodes(&self, positions: &[u64]) -> Option<Vec<Hash>>;
}

impl<F: Fn(&[u64]) -> Option<Vec<Hash>>> Nodes for F {
    fn nodes(&self, positions: &[u64]) -> Option<Vec<Hash>> {
        self(positions)
    }
}

/// The root of the first `size` records.
pub fn root(size: u64, nodes: &impl Nodes) -> Option<Hash> {
    tlog_tiles::tree_hash(size, &Reader(nodes)).ok().map(ours)
}

/// The right edge of the tree of the first `size` records.
pub fn frontier(size: u64, nodes: &impl Nodes) -> Option<Frontier> {
    let peaks = (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1);
    // What lies before a peak is a whole number of peaks of its size.
    let positions: Vec<u64> = peaks.map(|level| node_position(level, (size >> level) - 1)).collect();
    let bytes: Vec<u8> = nodes.nodes(&positions)?.iter().flat_map(|peak| peak.0).collect();
    Frontier::from_bytes(size, &bytes).ok()
}

/// Where the root of a complete subtree of 2^level leaves stands in the tlog layout, counted from the left.
pub fn node_position(level: u32, place: u64) -> u64 {
    tlog_tiles::stored_hash_index(level as u8, place)
}

/// The complete subtree of a right edge in which a record stands: its level, and its root.
pub fn peak_of(edge: &Frontier, seq: u64) -> Option<(u32, Hash)> {
    let index = seq.checked_sub(1)?;
    let mut before = 0;
    let levels = (0..u64::BITS).rev().filter(|level| edge.size() >> level & 1 == 1);
    levels.zip(edge.peaks()).find_map(|(level, peak)| {
        before += 1 << level;
        (index < before).then_some((level, *peak))
    })
}

/// Where the hash beside a record's way stands at a level of the tree, in the tlog layout.
pub fn beside(level: u32, seq: u64) -> u64 {
    node_position(level, ((seq - 1) >> level) ^ 1)
}

/// The root of the complete subtree that a record with this leaf stands in, from the hashes beside its way, lowest first.
pub fn climb(seq: u64, leaf: Hash, beside: &[Hash]) -> Hash {
    let step = |node: Hash, (level, other): (u32, &Hash)| if (seq - 1) >> level & 1 == 0 { join(node, *other) } else { join(*other, node) };
    (0..).zip(beside).fold(leaf, step)
}

/// That record `seq` is in the tree of the first `size`: the hashes beside its way to the root, lowest first.
pub fn prove_inclusion(size: u64, seq: u64, nodes: &impl Nodes) -> Option<Vec<Hash>> {
    let index = seq.checked_sub(1).filter(|index| *index < size)?;
    Some(tlog_tiles::prove_record(size, index, &Reader(nodes)).ok()?.into_iter().map(ours).collect())
}

/// Whether a path proves that the record with this leaf is record `seq` of the tree of `size` with this root.
pub fn check_inclusion(path: &[Hash], size: u64, root: Hash, seq: u64, leaf: Hash) -> bool {
    let Some(index) = seq.checked_sub(1).filter(|index| *index < size) else { return false };
    tlog_tiles::check_record(&theirs(path), size, tlog_tiles::Hash(root.0), index, tlog_tiles::Hash(leaf.0)).is_ok()
}

/// That the tree of the first `from` records is the beginning of the tree of the first `to`.
pub fn prove_consistency(from: u64, to: u64, nodes: &impl Nodes) -> Option<Vec<Hash>> {
    match from {
        // Every tree begins with the empty one.
        0 => Some(Vec::new()),
        _ => Some(tlog_tiles::prove_tree(to, from, &Reader(nodes)).ok()?.into_iter().map(ours).collect()),
    }
}

/// Whether a proof shows that the tree of `from` with one root is the beginning of the tree of `to` with the other.
pub fn check_consistency(proof: &[Hash], (from, old): (u64, Hash), (to, new): (u64, Hash)) -> bool {
    match from {
        0 => proof.is_empty() && old == Frontier::default().root() && (to > 0 || new == old),
        _ => tlog_tiles::check_tree(&theirs(proof), to, tlog_tiles::Hash(new.0), from, tlog_tiles::Hash(old.0)).is_ok(),
    }
}

/// Inclusion proofs where no hashes are stored: what they need is asked first, then gathered while every leaf passes by once.
#[derive(Debug, Default)]
pub struct Gather {
    size: u64,
    wanted: BTreeSet<u64>,
    found: HashMap<u64, Hash>,
    frontier: Frontier,
}

impl Gather {
    /// For proofs of these records in the tree of the first `size`.
    pub fn new(size: u64, seqs: impl IntoIterator<Item = u64>) -> Self {
        let wanted = RefCell::new(BTreeSet::new());
        for seq in seqs {
            // Only where they are is asked here, not what they are.
            let _ = prove_inclusion(size, seq, &|positions: &[u64]| {
                wanted.borrow_mut().extend(positions);
                Some(vec![Hash([0; 32]); positions.len()])
            });
        }
        Self { size, wanted: wanted.into_inner(), ..Self::default() }
    }

    /// The same where the leaves that pass come after a right edge. What is asked of records before it needs the hashes of `put`.
    pub fn after(edge: Frontier, size: u64, seqs: impl IntoIterator<Item = u64>) -> Self {
        let mut gather = Self::new(size, seqs);
        let levels = (0..u64::BITS).rev().filter(|level| edge.size() >> level & 1 == 1);
        for (level, peak) in levels.zip(edge.peaks()) {
            // What lies before a peak is a whole number of peaks of its size.
            gather.found.insert(node_position(level, (edge.size() >> level) - 1), *peak);
        }
        Self { frontier: edge, ..gather }
    }

    /// Where hashes are wanted.
    pub fn wanted(&self) -> impl Iterator<Item = u64> {
        self.wanted.iter().copied()
    }

    /// A hash that was kept.
    pub fn put(&mut self, position: u64, hash: Hash) {
        self.found.entry(position).or_insert(hash);
    }

    /// The next leaf, from the first record on.
    pub fn push(&mut self, leaf: Hash) {
        let first = Frontier::stored_position(self.frontier.size());
        for (position, hash) in (first..).zip(self.frontier.push(leaf)) {
            if self.wanted.contains(&position) {
                self.found.insert(position, hash);
            }
        }
    }

    /// The tree of what was pushed.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The proof of a record that was asked for, once all leaves have passed.
    pub fn prove(&self, seq: u64) -> Option<Vec<Hash>> {
        prove_inclusion(self.size, seq, &|positions: &[u64]| positions.iter().map(|position| self.found.get(position).copied()).collect())
    }
}

struct Reader<'a, N>(&'a N);

impl<N: Nodes> HashReader for Reader<'_, N> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let found = self.0.nodes(indexes).filter(|found| found.len() == indexes.len());
        found.map(|found| theirs(&found)).ok_or(tlog_tiles::Error::IndexesNotInTree)
    }
}

fn ours(hash: tlog_tiles::Hash) -> Hash {
    Hash(hash.0)
}

fn theirs(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().map(|hash| tlog_tiles::Hash(hash.0)).collect()
}
