//! What an exported incident carries, so that a reader with only the file and the server's public key can check it: its records as they are in the
//! log, for each the way from it to the signed root, and the signature.
//!
//! Bytes stand as JSON strings: whoever formats the file anew leaves them as they were.

use crate::ledger::Checkpoint;
use crate::ledger::PublicKey;
use crate::ledger::Record;
use crate::ledger::RecordBytes;
use crate::ledger::audit::Bad;
use crate::ledger::audit::examine;
use crate::ledger::proof;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeSet;

/// Proof of an incident.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// The server's public key, 64 hexadecimal digits: to be compared with what the server's owner says.
    pub key: PublicKey,
    /// The same as signed notes write it.
    pub verifier: String,
    /// The signed note (c2sp.org/tlog-checkpoint).
    pub checkpoint: String,
    /// Every record of the incident, in order.
    pub records: Vec<Exhibit>,
    /// Events that were in no log yet when it was written: nothing proves them.
    #[serde(default)]
    pub unsent: Vec<String>,
}

/// One record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Exhibit {
    /// Its place in the log; the leaf's index is one less.
    pub seq: u64,
    /// The header's bytes: the leaf is SHA-256 of a zero byte and these.
    pub record: String,
    /// The event's bytes; the header holds their SHA-256. Null once they were redacted.
    pub event: Option<String>,
    /// The hashes beside the way from the leaf to the root (RFC 6962, 2.1.1), lowest first. Absent for a record that came after the checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Vec<crate::ledger::Hash>>,
}

/// What evidence proves.
#[derive(Clone, PartialEq, Debug)]
pub struct Proved {
    /// The signature.
    pub checkpoint: Checkpoint,
    /// The headers in order.
    pub records: Vec<Record>,
    /// How many records came after the checkpoint.
    pub later: usize,
    /// Whether a record that was left out would be noticed: older logs do not chain the records of an incident.
    pub is_chained: bool,
}

impl Evidence {
    /// Checks the signature, every record and its way to the root, and that none of the incident's records before the last was left out.
    ///
    /// # Errors
    /// The first bad record.
    pub fn check(&self, key: &PublicKey) -> Result<Proved, Bad> {
        let checkpoint = Checkpoint::open(&self.checkpoint, key).map_err(|why| Bad::at(0, why.to_string()))?;
        let (size, root) = (checkpoint.position.seq, checkpoint.position.root);
        let (mut records, mut places, mut later, mut is_chained) = (Vec::new(), BTreeSet::from([0]), 0, true);
        for exhibit in &self.records {
            let seq = exhibit.seq;
            examine(seq, &exhibit.record, exhibit.event.as_deref())?;
            let (header, record) = RecordBytes::take(exhibit.record.as_bytes()).map_err(|why| Bad::at(seq, why.to_string()))?;
            match &exhibit.path {
                Some(path) if proof::check_inclusion(path, size, root, seq, header.leaf()) => {}
                None if seq > size => later += 1,
                _ => return Err(Bad::at(seq, "it is not in the log that was signed")),
            }
            let before = record.before.unwrap_or(0);
            if !places.contains(&before) {
                return Err(Bad::at(before, format!("it is missing: record {seq} follows it in this incident")));
            }
            // Between the one before and this one there is nothing else of the incident.
            let last = places.last().copied().unwrap_or(0);
            if seq <= last || (record.before.is_some() && before != last) {
                return Err(Bad::at(seq, "it is not in its place"));
            }
            is_chained &= record.before.is_some();
            places.insert(seq);
            records.push(record);
        }
        Ok(Proved { checkpoint, records, later, is_chained })
    }
}
