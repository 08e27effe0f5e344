//! Checkpoints and proofs as they cross the network. Hashes are SHA-256 in hexadecimal; the notes are as C2SP has them.

use crate::ledger::Hash;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

/// The body of `POST /v1/checkpoint`: the last checkpoint of this log that the caller saw.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Witness {
    /// The signed note.
    pub checkpoint: String,
}

/// The answer: where the log stands now, and that it still begins as it did.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Witnessed {
    /// The newest checkpoint, a signed note.
    pub checkpoint: String,
    /// The consistency proof from the one to the other; absent where the newest is of a later epoch.
    #[schema(value_type = Option<Vec<String>>)]
    pub proof: Option<Vec<Hash>>,
}

/// The answer of `GET /v1/proof/inclusion`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct InclusionProof {
    /// The record.
    pub seq: u64,
    /// In the tree of so many records …
    pub size: u64,
    /// … with this root.
    #[schema(value_type = String)]
    pub root: Hash,
    /// The hash of the record's header.
    #[schema(value_type = String)]
    pub leaf: Hash,
    /// The hashes beside the way from the leaf to the root, lowest first.
    #[schema(value_type = Vec<String>)]
    pub path: Vec<Hash>,
    /// The signed note over this root, where it is the newest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

/// The answer of `GET /v1/proof/consistency`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConsistencyProof {
    /// So many records at first …
    pub from: u64,
    /// … and so many later.
    pub to: u64,
    /// The root then.
    #[schema(value_type = String)]
    pub from_root: Hash,
    /// The root later.
    #[schema(value_type = String)]
    pub to_root: Hash,
    /// The proof (RFC 6962, section 2.1.2).
    #[schema(value_type = Vec<String>)]
    pub proof: Vec<Hash>,
    /// The signed note over the later root, where it is the newest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}
