//! Checkpoints (c2sp.org/tlog-checkpoint): the server's signature under how far its log reached, and with which root.
//!
//! The text is `warroom/LOG/EPOCH`, the number of records and the root in base64, a line each; the name of the key is the first line.

use crate::ledger::Position;
use crate::ledger::PublicKey;
use crate::ledger::SecretKey;
use crate::ledger::note;
use std::fmt;

/// What no checkpoint of ours is longer than.
const CHECKPOINT_MAX_BYTES: usize = 4096;

/// A position with the note that signs it. Only what was checked against a key becomes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// What is signed.
    pub position: Position,
    note: String,
}

/// Why a note is not a checkpoint to be trusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsigned(pub String);

impl fmt::Display for Unsigned {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "not a checkpoint of this log: {}", self.0)
    }
}

impl std::error::Error for Unsigned {}

impl Checkpoint {
    /// Signs a position.
    pub fn sign(position: Position, key: &SecretKey) -> Self {
        let root = tlog_tiles::Hash(position.root.0);
        let origin = position.origin();
        // The origin is of our own making, so that signing under it does not fail; an empty note is refused by whoever reads it.
        let note = note::sign_note(&format!("{origin}\n{}\n{root}\n", position.seq), &origin, key).unwrap_or_default();
        Self { position, note }
    }

    /// Takes a note that this key signed.
    ///
    /// # Errors
    /// When it is not a checkpoint, or not signed by this key.
    pub fn open(note: &str, key: &PublicKey) -> Result<Self, Unsigned> {
        let position = Self::claimed(note)?;
        note::open_note(note, &position.origin(), key).map_err(Unsigned)?;
        Ok(Self { position, note: note.to_owned() })
    }

    /// Takes a note that one of these keys signed.
    ///
    /// # Errors
    /// When it is not a checkpoint, or not signed by one of them.
    pub fn open_any(note: &str, keys: &[PublicKey]) -> Result<Self, Unsigned> {
        let opened = keys.iter().map(|key| Self::open(note, key)).reduce(Result::or);
        opened.unwrap_or_else(|| Err(Unsigned("no key is known".into())))
    }

    /// What a note says, whoever signed it.
    ///
    /// # Errors
    /// When it is not a checkpoint.
    pub fn claimed(note: &str) -> Result<Position, Unsigned> {
        let unreadable = |why: &str| Unsigned(why.to_owned());
        if note.len() > CHECKPOINT_MAX_BYTES {
            return Err(unreadable("it is too long"));
        }
        let text = note::note_text(note).map_err(Unsigned)?;
        let read = tlog_tiles::Checkpoint::from_reader(&mut text.as_bytes(), false).map_err(|why| Unsigned(why.to_string()))?;
        let mut origin = read.origin().strip_prefix("warroom/").unwrap_or_default().splitn(2, '/');
        let log = origin.next().and_then(|log| log.parse().ok()).ok_or_else(|| unreadable("it names no log"))?;
        let epoch = origin.next().and_then(|epoch| epoch.parse().ok()).ok_or_else(|| unreadable("it names no epoch"))?;
        let position = Position { log, epoch, seq: read.size(), root: crate::ledger::Hash(read.hash().0) };
        // One position has one spelling, or two notes could say the same under two names.
        if position.origin() == read.origin() { Ok(position) } else { Err(unreadable("its first line is not written as it should be")) }
    }

    /// The signed note.
    pub fn note(&self) -> &str {
        &self.note
    }
}

impl Position {
    /// The name of the log's signatures in this epoch.
    pub fn origin(&self) -> String {
        format!("warroom/{}/{}", self.log, self.epoch)
    }
}
