//! Pushing events, pulling records, and who one is to a server.

use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::domain::Person;
use crate::domain::Retry;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::ledger::Hash;
use crate::ledger::Position;
use crate::ledger::PublicKey;
use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The body of `POST /v1/events`: each event's bytes exactly as its author wrote them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Push {
    /// At most `PUSH_MAX_EVENTS`.
    #[schema(value_type = Vec<Object>, max_items = 500)]
    pub events: Vec<Box<RawValue>>,
}

/// The answer: one outcome for each event, in order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Pushed {
    /// In the order of the push.
    pub outcomes: Vec<Outcome>,
}

/// What became of one event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// Which event.
    #[schema(value_type = String)]
    pub id: EventId,
    /// What became of it.
    pub outcome: OutcomeWord,
    /// Its place, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The rule that refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub retry: Option<Retry>,
}

/// `accepted`, `duplicate` or `refused`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeWord {
    /// It is in the log now, on disk.
    Accepted,
    /// It was there before.
    Duplicate,
    /// A rule said no.
    Refused,
}

/// One record as stored: the header's bytes, and the event's unless it was redacted or is withheld.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Pair {
    /// The header's bytes.
    #[schema(value_type = Object)]
    pub record: Box<RawValue>,
    /// The event's bytes.
    #[schema(value_type = Option<Object>)]
    pub event: Option<Box<RawValue>>,
    /// The incident it belongs to, where that is restricted and the reader is not among those who may see it: what the reader holds of it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub withheld: Option<IncidentId>,
    /// That it is in the tree that was named in the question: the hashes beside the way from the leaf to the root, lowest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub path: Option<Vec<Hash>>,
}

/// The answer of `GET /v1/events`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventsPage {
    /// In seq order, without gaps; of one incident, without a gap in that.
    pub records: Vec<Pair>,
    /// Where to go on, if there is more: the next `after`, or of one incident the next `before`.
    pub next: Option<u64>,
    /// Where the log stands.
    pub head: Head,
}

/// Where the log stands, with the server's clock.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Head {
    /// Log, epoch, seq and root.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub position: Position,
    /// The server's time, to see skew.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
    /// The signed note over the position (c2sp.org/tlog-checkpoint). An older server gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

/// The answer of `GET /v1/me`: who this token is, and to which log it speaks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The token's name.
    pub token: String,
    /// The person it stands for.
    #[schema(value_type = String)]
    pub person: Person,
    /// What it permits.
    #[schema(value_type = String)]
    pub scope: Scope,
    /// The log.
    #[schema(value_type = String)]
    pub log: LogId,
    /// Its epoch.
    pub epoch: u64,
    /// The server's time.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
    /// `PROTOCOL` of the server.
    pub protocol: u32,
    /// The server's program version.
    pub version: String,
    /// When the token expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// The key that signs the log's checkpoints. An older server names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub key: Option<PublicKey>,
    /// How it came from the keys before: notes in which each signs the next, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub succession: Vec<String>,
}
