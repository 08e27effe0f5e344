//! One moment: UTC milliseconds. Durations are plain `i64` milliseconds with the unit in the name.

use chrono::DateTime;
use chrono::SecondsFormat;
use chrono::Utc;
use serde::Deserialize;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// Milliseconds since 1970-01-01T00:00:00Z, kept within the years 0000 to 9999 so that it always prints as RFC 3339.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Timestamp(i64);

const FIRST_MS: i64 = -62_167_219_200_000;
const LAST_MS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// A moment from milliseconds since the epoch; what lies outside the years 0000 to 9999 is moved to the nearer end.
    pub const fn from_millis(millis: i64) -> Self {
        Self(if millis < FIRST_MS {
            FIRST_MS
        } else if millis > LAST_MS {
            LAST_MS
        } else {
            millis
        })
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This moment moved by `delta_ms` (negative: earlier).
    pub const fn plus_ms(self, delta_ms: i64) -> Self {
        Self::from_millis(self.0.saturating_add(delta_ms))
    }

    /// How long after `earlier` this is, in milliseconds; negative when it is before.
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(moment: DateTime<Utc>) -> Self {
        Self::from_millis(moment.timestamp_millis())
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(moment: Timestamp) -> Self {
        DateTime::from_timestamp_millis(moment.0).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&DateTime::<Utc>::from(*self).to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Timestamp {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(|moment| moment.to_utc().into())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(|why| serde::de::Error::custom(format!("`{text}` is not an RFC 3339 time: {why}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_rfc_3339_with_milliseconds() {
        let moment: Timestamp = "2026-11-21T15:02:51.3+01:00".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-11-21T14:02:51.300Z");
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_millis(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
    }
}
