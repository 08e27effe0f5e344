//! What a copy needs that does not hold the whole log: where it begins, the heads of all incidents, and proofs for what it fetches later.

use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::Position;
use crate::wire::Head;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

/// The answer of `GET /v1/base`: a place from which a copy can begin, and grow the tree from there to what is signed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Base {
    /// The last record that such a copy does without.
    #[schema(value_type = Object)]
    pub position: Position,
    /// When the server took it; absent at the very beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub received_at: Option<Timestamp>,
    /// The roots of the complete subtrees of the tree up to there, the largest first.
    #[schema(value_type = Vec<String>)]
    pub peaks: Vec<Hash>,
    /// Where the log stands.
    pub head: Head,
}

impl Base {
    /// The right edge of the tree at the base, if it is that of its root.
    pub fn frontier(&self) -> Option<Frontier> {
        let bytes: Vec<u8> = self.peaks.iter().flat_map(|peak| peak.0).collect();
        Frontier::from_bytes(self.position.seq, &bytes).ok().filter(|frontier| frontier.root() == self.position.root)
    }
}

/// The answer of `GET /v1/heads`: what every incident comes to, without its records.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HeadsPage {
    /// The version of the fold that made them.
    pub fold: u32,
    /// By id, which is nearly by the time they were declared. Each names the last record of its incident in `seq`.
    #[schema(value_type = Vec<Object>)]
    pub heads: Vec<Header>,
    /// The `after` of the next page, if there is more.
    #[schema(value_type = Option<String>)]
    pub next: Option<IncidentId>,
    /// Where the log stood.
    pub head: Head,
}
