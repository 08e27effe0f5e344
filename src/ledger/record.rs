//! What the server adds to an event it accepts: a header, written once. Its bytes are the leaf of the Merkle tree.

use crate::domain::Acceptance;
use crate::domain::Code;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::ledger::Hash;
use crate::ledger::Malformed;
use crate::ledger::check_shape;
use crate::ledger::leaf_hash;
use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;

/// The header of an accepted event. Field order is frozen. It holds the event's hash and not its text, so that a redacted event still proves.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Version of this format, 1.
    pub v: u8,
    /// Place in the log, from 1, without gaps.
    pub seq: u64,
    /// Raised when the server was restored from a backup.
    pub epoch: u64,
    /// When the server took it.
    pub received_at: Timestamp,
    /// Who acted, from the token.
    pub person: Person,
    /// SHA-256 of the event's bytes, in hexadecimal.
    pub event_sha256: String,
    /// On a declaration: the incident's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The record before it of the same incident, from 0 where there is none: so that none can be left out unseen. Absent in records of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// The bytes of a header. A clone is cheap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordBytes(Arc<str>);

impl Record {
    /// What the domain needs of it.
    pub fn acceptance(&self) -> Acceptance {
        Acceptance { seq: self.seq, received_at: self.received_at, person: self.person.clone(), code: self.code }
    }

    /// Writes the header, once and for ever.
    ///
    /// # Errors
    /// Never in practice; a header holds nothing that JSON cannot.
    pub fn write(&self) -> Result<RecordBytes, Malformed> {
        serde_json::to_string(self).map(|text| RecordBytes(text.into())).map_err(|why| Malformed(why.to_string()))
    }
}

impl RecordBytes {
    /// Takes a header's bytes as they are.
    ///
    /// # Errors
    /// When they are not a header.
    pub fn take(bytes: &[u8]) -> Result<(Self, Record), Malformed> {
        let taken = Self(check_shape(bytes).map_err(Malformed)?.into());
        let record = taken.read()?;
        Ok((taken, record))
    }

    /// Bytes from our own store.
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }

    /// Reads the header.
    ///
    /// # Errors
    /// When it is not one, or of a newer version.
    pub fn read(&self) -> Result<Record, Malformed> {
        let record: Record = serde_json::from_str(&self.0).map_err(|why| Malformed(why.to_string()))?;
        if record.v == 1 {
            Ok(record)
        } else {
            Err(Malformed(format!("record version {} is newer than this program; update it", record.v)))
        }
    }

    /// The bytes as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The leaf of the Merkle tree (RFC 6962): the hash of these bytes with a zero byte before them.
    pub fn leaf(&self) -> Hash {
        leaf_hash(self.0.as_bytes())
    }

    /// For a JSON document that holds these bytes exactly.
    pub fn to_raw(&self) -> Box<RawValue> {
        RawValue::from_string(self.0.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned())
    }
}
