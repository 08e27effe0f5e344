//! Which clock the timeline shows, and how a moment is written on it.

use chrono_tz::Tz;

use crate::domain::Timestamp;
use crate::text::clock;
use crate::text::span;

/// What `t` walks through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clockface {
    #[default]
    Utc,
    Local,
    /// Time since the incident was opened.
    SinceStart,
}

impl Clockface {
    /// The next one.
    pub fn next(self) -> Self {
        match self {
            Self::Utc => Self::Local,
            Self::Local => Self::SinceStart,
            Self::SinceStart => Self::Utc,
        }
    }

    /// The zone of days and of times that are typed; T+ is never typed.
    pub fn zone(self, local: Tz) -> Tz {
        if self == Self::Local { local } else { Tz::UTC }
    }

    /// `UTC`, `CET`, `T+`: what stands beside the times.
    pub fn name(self, at: Timestamp, local: Tz) -> String {
        match self {
            Self::SinceStart => "since declared".into(),
            _ => clock::zone_name(at.millis(), self.zone(local)),
        }
    }

    /// A moment in at most `cells` cells: `12:16:03.113`, `12:16:03`, `12:16` or `T+1h47`.
    pub fn write(self, at: Timestamp, opened_at: Timestamp, local: Tz, cells: usize) -> String {
        let zone = self.zone(local);
        match (self, cells) {
            (Self::SinceStart, _) if at < opened_at => {
                format!("T-{}", span::age(opened_at.since_ms(at)))
            }
            (Self::SinceStart, _) => span::since_start(opened_at.millis(), at.millis()),
            (_, 12..) => clock::clock_ms(at.millis(), zone),
            (_, 8..) => clock::clock_s(at.millis(), zone),
            _ => clock::clock_min(at.millis(), zone),
        }
    }
}
