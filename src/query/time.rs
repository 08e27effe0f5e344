//! Times in a query: what the write box reads, whole days, and spans without their minus.

use chrono::DateTime;
use chrono::Days;
use chrono::NaiveDate;
use chrono::NaiveDateTime;
use chrono::TimeZone;
use chrono::Utc;
use chrono_tz::Tz;

use crate::domain::Timestamp;
use crate::text::moment;

/// The moment that is meant: of a whole day its first, or with `is_end` its last.
pub fn read(typed: &str, is_end: bool, now: Timestamp, zone: Tz) -> Option<Timestamp> {
    let today = DateTime::<Utc>::from(now).with_timezone(&zone).date_naive();
    let day = match typed {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        date => NaiveDate::parse_from_str(date, "%Y-%m-%d").ok(),
    };
    if let Some(day) = day {
        let first = first_of(if is_end { day.checked_add_days(Days::new(1))? } else { day }, zone)?;
        return Some(if is_end { first.plus_ms(-1) } else { first });
    }
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"].iter().find_map(|form| NaiveDateTime::parse_from_str(typed, form).ok());
    if let Some(local) = local {
        return zone.from_local_datetime(&local).earliest().map(|at| at.to_utc().into());
    }
    if let Some(back_ms) = moment::read_span(typed) {
        return Some(now.plus_ms(back_ms.saturating_neg()));
    }
    moment::read_time(typed, now.millis(), zone).ok().map(Timestamp::from_millis)
}

/// The first moment of a day, where the clock may have skipped midnight.
fn first_of(day: NaiveDate, zone: Tz) -> Option<Timestamp> {
    let hours = (0..4).filter_map(|hour| day.and_hms_opt(hour, 0, 0));
    let first = hours.filter_map(|time| zone.from_local_datetime(&time).earliest()).next()?;
    Some(first.to_utc().into())
}
