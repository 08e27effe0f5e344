//! Names that never change: events, incidents, devices, and the codes people say aloud.

use crate::domain::Timestamp;
use crate::domain::json_as_shown;
use serde::Deserialize;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! identifier {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

identifier! {
    /// The name of one event, made by its author: a UUIDv7, or a UUIDv8 where the id is derived from its source.
    EventId
}
identifier! {
    /// The name of an incident: the id of the event that declared it.
    IncidentId
}
identifier! {
    /// One replica on one machine. Orders the events of one author, nothing else.
    DeviceId
}
identifier! {
    /// One log: minted with its database, stands in every position and checkpoint.
    LogId
}

impl EventId {
    /// When its author made it, by the author's clock; none where the id is derived from a source.
    pub fn made_at(self) -> Option<Timestamp> {
        // RFC 9562: the first 48 bits of a UUIDv7 are Unix milliseconds.
        (self.0.get_version_num() == 7).then(|| Timestamp::from_millis((self.0.as_u128() >> 80) as i64))
    }
}

impl EventId {
    /// An id derived from its source: sorts by `millis` as a UUIDv7 does, the other bits are of `hash`, which says what it is (RFC 9562, UUIDv8).
    pub fn derived(millis: i64, hash: &[u8; 16]) -> Self {
        let (millis, hash) = ((millis.max(0) as u128) & 0xffff_ffff_ffff, u128::from_be_bytes(*hash));
        Self(Uuid::from_u128(millis << 80 | 8 << 76 | (hash >> 64 & 0xfff) << 64 | 0b10 << 62 | (hash & (u128::MAX >> 66))))
    }

    /// Whether it is derived from its source, so that telling it twice is telling it once.
    pub fn is_derived(self) -> bool {
        self.0.get_version_num() == 8
    }
}

impl IncidentId {
    /// The reserved stream of the organisation's settings.
    pub const ORG: Self = Self(Uuid::nil());

    /// What stands in for the code until the server has given one: `NEW-` and five Crockford base32 characters of the random tail.
    pub fn provisional_code(&self) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let tail = self.0.as_u128();
        let letters = (0..5).rev().map(|place| char::from(ALPHABET[(tail >> (place * 5)) as usize & 31]));
        "NEW-".chars().chain(letters).collect()
    }

    /// Whether a person who typed `suffix` (hexadecimal, with or without dashes) may mean this incident.
    pub fn ends_with(&self, suffix: &str) -> bool {
        let wanted: String = suffix.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
        wanted.len() >= 4 && self.0.simple().to_string().ends_with(&wanted)
    }
}

impl From<EventId> for IncidentId {
    fn from(id: EventId) -> Self {
        Self(id.0)
    }
}

/// The number in `INC-42`, given by the server in the record of a declaration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Code(pub u32);

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "INC-{}", self.0)
    }
}

impl FromStr for Code {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.get(..4).filter(|head| head.eq_ignore_ascii_case("INC-")).and_then(|_| text[4..].parse().ok());
        number.filter(|n| *n > 0).map(Self).ok_or_else(|| format!("`{text}` is not a code such as INC-42"))
    }
}

json_as_shown!(Code);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_suffixes_read_back() {
        let id: IncidentId = "0190a6f0-1234-7abc-8def-0123456789ab".parse().unwrap();
        assert_eq!(id.provisional_code(), "NEW-PF2DB");
        assert!(id.ends_with("6789AB") && id.ends_with("0123-456789ab") && !id.ends_with("9ab"));
        assert_eq!("inc-42".parse::<Code>().unwrap().to_string(), "INC-42");
        assert!("INC-0".parse::<Code>().is_err() && "INCé4".parse::<Code>().is_err());
    }
}
