//! What a clock on a wall showed, as a moment.

use crate::domain::Timestamp;
use chrono::LocalResult;
use chrono::NaiveDateTime;
use chrono::TimeDelta;
use chrono::TimeZone;
use chrono::Utc;
use chrono_tz::Tz;

/// A moment, and what is uncertain about it.
pub(super) struct Moment {
    /// When it was.
    pub at: Timestamp,
    /// What the zone's clock leaves open, in words.
    pub doubt: Option<String>,
}

/// What a clock of a zone showed. In the hour that comes twice the first one is taken, in the hour that is skipped the time as it was before; both are said.
pub(super) fn moment(shown: NaiveDateTime, zone: Tz) -> Moment {
    let (at, doubt) = match zone.from_local_datetime(&shown) {
        LocalResult::Single(at) => (at.to_utc(), None),
        LocalResult::Ambiguous(first, _) => {
            (first.to_utc(), Some(format!("{shown} came twice in {zone}, as the clock was set back: taken as the first")))
        }
        LocalResult::None => {
            let before = zone.from_local_datetime(&(shown - TimeDelta::hours(3))).earliest().map(|at| at.to_utc() + TimeDelta::hours(3));
            (
                before.unwrap_or_else(|| Utc.from_utc_datetime(&shown)),
                Some(format!("{shown} never was in {zone}, as the clock was set forward: taken as if it had not been")),
            )
        }
    };
    Moment { at: at.into(), doubt }
}

/// The same in milliseconds, as if the clock had shown UTC: for order, not for time.
pub(super) fn shown_ms(shown: NaiveDateTime) -> i64 {
    shown.and_utc().timestamp_millis()
}
