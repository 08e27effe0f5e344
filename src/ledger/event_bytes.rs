//! An event as bytes: written once by its author, then stored, sent and hashed as they are.

use crate::domain::Body;
use crate::domain::DeviceId;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Refusal;
use crate::domain::Timestamp;
use crate::ledger::check_shape;
use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The longest event, in bytes.
pub const EVENT_MAX_BYTES: usize = 256 * 1024;

/// The bytes of one event: compact JSON on one line. A clone is cheap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventBytes(Arc<str>);

/// Why bytes are not an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "not a warroom event: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// Field order is frozen; a golden vector in the tests holds it.
#[derive(Serialize)]
struct Written<'a> {
    v: u8,
    id: EventId,
    incident: IncidentId,
    kind: &'a str,
    at: Timestamp,
    by: &'a Person,
    device: DeviceId,
    index: u64,
    salt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<EventId>,
    data: &'a Body,
}

#[derive(Deserialize)]
struct Read<'a> {
    v: u8,
    id: EventId,
    incident: IncidentId,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    at: Timestamp,
    by: Person,
    device: DeviceId,
    index: u64,
    #[serde(borrow)]
    salt: Cow<'a, str>,
    #[serde(default)]
    replaces: Option<EventId>,
    #[serde(borrow)]
    data: &'a RawValue,
}

impl EventBytes {
    /// Writes an event, once and for ever.
    ///
    /// # Errors
    /// When it is longer than `EVENT_MAX_BYTES`, or of a kind this program does not know.
    pub fn write(event: &Event) -> Result<Self, Refusal> {
        let written = Written {
            v: 1,
            id: event.id,
            incident: event.incident,
            kind: event.body.kind(),
            at: event.at,
            by: &event.by,
            device: event.device,
            index: event.index,
            salt: &event.salt,
            replaces: event.replaces,
            data: &event.body,
        };
        let text = serde_json::to_string(&written).map_err(|why| Refusal::never("malformed", why.to_string()))?;
        if text.len() > EVENT_MAX_BYTES {
            let reason = format!(
                "{} KiB is too long for one event (at most {} KiB); split it, or keep it in a file and name the file",
                text.len() / 1024,
                EVENT_MAX_BYTES / 1024
            );
            return Err(Refusal::never("too_long", reason));
        }
        Ok(Self(text.into()))
    }

    /// Takes bytes written elsewhere, as they are. They need not be of a known kind.
    ///
    /// # Errors
    /// When they are too long, not well-formed, or lack what every event has.
    pub fn take(bytes: &[u8]) -> Result<(Self, Event), Malformed> {
        if bytes.len() > EVENT_MAX_BYTES {
            return Err(Malformed(format!("{} bytes, at most {EVENT_MAX_BYTES}", bytes.len())));
        }
        let taken = Self(check_shape(bytes).map_err(Malformed)?.into());
        let event = taken.read()?;
        Ok((taken, event))
    }

    /// Bytes that passed `take` or `write` before, from our own store.
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }

    /// Reads the event.
    ///
    /// # Errors
    /// When it lacks what every event has, or its data does not have the shape of its kind.
    pub fn read(&self) -> Result<Event, Malformed> {
        let read: Read<'_> = serde_json::from_str(&self.0).map_err(|why| Malformed(why.to_string()))?;
        if read.v != 1 {
            return Err(Malformed(format!("version {} is newer than this program; update it", read.v)));
        }
        let mut data = serde_json::Deserializer::from_str(read.data.get());
        let body = Body::read(&read.kind, &mut data).map_err(|why| Malformed(format!("{}: {why}", read.kind)))?;
        Ok(Event {
            id: read.id,
            incident: read.incident,
            at: read.at,
            by: read.by,
            device: read.device,
            index: read.index,
            salt: read.salt.into_owned(),
            replaces: read.replaces,
            body,
        })
    }

    /// The bytes as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For a JSON document that holds these bytes exactly.
    pub fn to_raw(&self) -> Box<RawValue> {
        // The bytes were parsed as one JSON value when they were taken, so this cannot fail; `null` keeps it total.
        RawValue::from_string(self.0.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned())
    }

    /// SHA-256 of the bytes, in hexadecimal.
    pub fn sha256_hex(&self) -> String {
        crate::ledger::sha256_hex(self.0.as_bytes())
    }
}
