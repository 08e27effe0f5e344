//! Who is there: told by each client now and then, passed on by the server, and written nowhere. It says when and where, never what.

use crate::domain::DeviceId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

/// How long a client that reported may be silent, in seconds, before it counts as gone.
pub const PRESENCE_LASTS_SECONDS: u64 = 150;

/// The body of `POST /v1/presence`: what the token's person does at one device.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PresenceReport {
    /// At which; a stream that names the same one tells by its end that the person left.
    #[schema(value_type = String)]
    pub device: DeviceId,
    /// The incident in hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub incident: Option<IncidentId>,
    /// How long ago the last key was pressed.
    pub key_age_ms: u64,
    /// Whether a write box is open.
    #[serde(default)]
    pub writing: bool,
}

/// The data of a `presence` event of the stream: people whose presence changed; everyone, when the stream begins.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PresenceNews {
    /// By name.
    pub people: Vec<PresenceOf>,
}

/// One person's presence, over all their devices; times by the server's clock.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PresenceOf {
    /// Who.
    #[schema(value_type = String)]
    pub person: Person,
    /// The last key, to the half minute.
    #[schema(value_type = String, format = DateTime)]
    pub last_key_at: Timestamp,
    /// The incident in hand where it was pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub incident: Option<IncidentId>,
    /// Whether a write box is open there.
    #[serde(default)]
    pub writing: bool,
    /// When they left, once they are gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub left_at: Option<Timestamp>,
}
