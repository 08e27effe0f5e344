//! Where somebody stands in a log's history.

use crate::domain::LogId;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use serde::Deserialize;
use serde::Serialize;

/// A place in one log's history: what was read up to, and the root that proves it is this history.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Position {
    /// Which log.
    pub log: LogId,
    /// Which of its lives; raised by a restore.
    pub epoch: u64,
    /// The last record.
    pub seq: u64,
    /// The root of the tree of the first `seq` records.
    pub root: Hash,
}

impl Position {
    /// The beginning of a log.
    pub fn start(log: LogId, epoch: u64) -> Self {
        Self { log, epoch, seq: 0, root: Frontier::default().root() }
    }
}
