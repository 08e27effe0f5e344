//! Times as people type them: `14:02`, `14:02:30`, `-5m`, `-1h30m`, `now`, or RFC 3339.

use chrono::DateTime;
use chrono::Days;
use chrono::LocalResult;
use chrono::NaiveDate;
use chrono::NaiveTime;
use chrono::TimeZone;
use chrono::Utc;
use chrono_tz::Tz;

use crate::text::Safe;

/// How far back a time of day is looked for: a day on which the clock skipped it has one before that did not.
const DAYS_BACK: u64 = 7;

/// Why what was typed is not a time, as a sentence that says what to type instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    #[error("no time is given: write 14:02, 14:02:30, -5m or 2026-11-21T14:02:30Z")]
    Empty,
    #[error("`{0}` is not a time: write 14:02, 14:02:30, -5m, -1h30m or 2026-11-21T14:02:30Z")]
    Unreadable(String),
    #[error("`{0}` is not a time of day: hours go from 00 to 23, minutes and seconds from 00 to 59")]
    NoSuchTimeOfDay(String),
    #[error("`{0}` is not a span back in time: write a minus and numbers with d, h, m or s, as in -5m, -90s or -1h30m")]
    NoSuchSpan(String),
    #[error("`{0}` is not a date and time of RFC 3339: write it as in 2026-11-21T14:02:30Z or 2026-11-21T15:02:30+01:00")]
    NoSuchDate(String),
    #[error("`{0}` lies further back than 1970, which is where this program starts to count")]
    TooFar(String),
}

/// Reads a time as typed. A time of day is the latest such time in `zone` that is not in the future.
///
/// Where a clock was set back, the later of the two equal times that have passed is meant; on a day on which the clock
/// skipped the time, the day before is.
pub fn read_time(typed: &str, now_ms: i64, zone: Tz) -> Result<i64, TimeError> {
    let text = typed.trim();
    if text.is_empty() {
        return Err(TimeError::Empty);
    }
    if text == "now" {
        return Ok(now_ms);
    }
    let named = || Safe::clipped(text, 40).to_string();
    if let Some(span) = text.strip_prefix('-') {
        let back_ms = read_span(span).ok_or_else(|| TimeError::NoSuchSpan(named()))?;
        return now_ms.checked_sub(back_ms).filter(|&at| at >= 0).ok_or_else(|| TimeError::TooFar(named()));
    }
    if text.len() >= 11 && text.as_bytes()[4] == b'-' {
        let date = DateTime::parse_from_rfc3339(text).map_err(|_| TimeError::NoSuchDate(named()))?;
        return Ok(date.timestamp_millis());
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':' || byte == b'.') || !text.contains(':') {
        return Err(TimeError::Unreadable(named()));
    }
    let time = read_time_of_day(text).ok_or_else(|| TimeError::NoSuchTimeOfDay(named()))?;
    latest(time, now_ms, zone).ok_or_else(|| TimeError::TooFar(named()))
}

/// Reads a span such as `10m`, `90s`, `1h30m` or `2d`, in milliseconds; `None` if it is not one.
pub fn read_span(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text;
    let mut smaller_than = i64::MAX;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count: i64 = rest[..digits].parse().ok()?;
        let unit = match rest.as_bytes().get(digits)? {
            b'd' => 86_400_000,
            b'h' => 3_600_000,
            b'm' => 60_000,
            b's' => 1_000,
            _ => return None,
        };
        if unit >= smaller_than {
            return None;
        }
        smaller_than = unit;
        total = total.checked_add(count.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    (!text.is_empty()).then_some(total)
}

/// Reads until when something is to be done, in milliseconds: a span from now (`10m`, `1h30m`, a bare number in minutes) or a time of
/// day, which is the next such time in `zone`. `None` for nothing: no time-box.
///
/// # Errors
/// What to write instead, as a sentence.
pub fn read_due(typed: &str, now_ms: i64, zone: Tz) -> Result<Option<i64>, String> {
    let text = typed.trim().trim_start_matches('+');
    if text.is_empty() {
        return Ok(None);
    }
    let unreadable = || {
        let named = Safe::clipped(text, 40);
        Err(format!("`{named}` is not a time-box: write 10m, 90s, 1h30m, a time of day such as 14:30, or nothing for none"))
    };
    if text.contains(':') {
        let Some(time) = read_time_of_day(text) else { return unreadable() };
        let today = DateTime::<Utc>::from_timestamp_millis(now_ms).map(|now| now.with_timezone(&zone).date_naive());
        let days = today.into_iter().flat_map(|today| (0..=DAYS_BACK).filter_map(move |ahead| today.checked_add_days(Days::new(ahead))));
        let next = days.flat_map(|date| zone.from_local_datetime(&date.and_time(time)).earliest()).map(|at| at.timestamp_millis());
        return Ok(next.into_iter().find(|at| *at > now_ms));
    }
    let bare = text.bytes().all(|byte| byte.is_ascii_digit());
    let span = if bare { read_span(&format!("{text}m")) } else { read_span(text) };
    match span.filter(|span_ms| *span_ms > 0).and_then(|span_ms| now_ms.checked_add(span_ms)) {
        Some(due_ms) => Ok(Some(due_ms)),
        None => unreadable(),
    }
}

fn read_time_of_day(text: &str) -> Option<NaiveTime> {
    ["%H:%M:%S%.f", "%H:%M:%S", "%H:%M"].iter().find_map(|format| NaiveTime::parse_from_str(text, format).ok())
}

fn latest(time: NaiveTime, now_ms: i64, zone: Tz) -> Option<i64> {
    let today: NaiveDate = DateTime::<Utc>::from_timestamp_millis(now_ms)?.with_timezone(&zone).date_naive();
    (0..=DAYS_BACK).filter_map(|back| today.checked_sub_days(Days::new(back))).find_map(|date| latest_on(date, time, now_ms, zone))
}

fn latest_on(date: NaiveDate, time: NaiveTime, now_ms: i64, zone: Tz) -> Option<i64> {
    let candidates = match zone.from_local_datetime(&date.and_time(time)) {
        LocalResult::None => [None, None],
        LocalResult::Single(only) => [Some(only), None],
        LocalResult::Ambiguous(earlier, later) => [Some(earlier), Some(later)],
    };
    candidates.into_iter().flatten().map(|at| at.timestamp_millis()).filter(|&at| at <= now_ms).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rfc3339(at_ms: i64) -> String {
        DateTime::from_timestamp_millis(at_ms).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    }

    fn check(typed: &str, now: &str, zone: Tz, expected: &str) {
        let now_ms = DateTime::parse_from_rfc3339(now).unwrap().timestamp_millis();
        assert_eq!(read_time(typed, now_ms, zone).map(rfc3339).as_deref(), Ok(expected), "{typed} at {now}");
    }

    const BERLIN: Tz = chrono_tz::Europe::Berlin;

    #[test]
    fn a_time_of_day_is_the_latest_not_in_the_future() {
        check("14:02", "2026-11-21T14:03:27Z", Tz::UTC, "2026-11-21T14:02:00.000Z");
        check("14:02:30", "2026-11-21T14:02:30Z", Tz::UTC, "2026-11-21T14:02:30.000Z");
        check("14:04", "2026-11-21T14:03:27Z", Tz::UTC, "2026-11-20T14:04:00.000Z");
        check("9:05", "2026-11-21T14:03:27Z", Tz::UTC, "2026-11-21T09:05:00.000Z");
        check("14:02:03.113", "2026-11-21T14:03:27Z", Tz::UTC, "2026-11-21T14:02:03.113Z");
        check("14:02", "2026-11-21T14:03:27Z", BERLIN, "2026-11-21T13:02:00.000Z");
        check("23:59", "2026-11-21T23:30:00Z", BERLIN, "2026-11-21T22:59:00.000Z");
    }

    #[test]
    fn a_clock_set_back_has_the_time_twice() {
        // 2026-10-25: 03:00 CEST becomes 02:00 CET at 01:00Z.
        check("02:30", "2026-10-25T00:45:00Z", BERLIN, "2026-10-25T00:30:00.000Z");
        check("02:30", "2026-10-25T01:15:00Z", BERLIN, "2026-10-25T00:30:00.000Z");
        check("02:30", "2026-10-25T01:45:00Z", BERLIN, "2026-10-25T01:30:00.000Z");
    }

    #[test]
    fn a_time_the_clock_skipped_is_the_day_before() {
        // 2026-03-29: 02:00 CET becomes 03:00 CEST at 01:00Z.
        check("02:30", "2026-03-29T05:00:00Z", BERLIN, "2026-03-28T01:30:00.000Z");
        check("03:10", "2026-03-29T05:00:00Z", BERLIN, "2026-03-29T01:10:00.000Z");
    }

    #[test]
    fn spans_and_dates() {
        let now = "2026-11-21T14:03:27Z";
        check("-5m", now, Tz::UTC, "2026-11-21T13:58:27.000Z");
        check("-90s", now, Tz::UTC, "2026-11-21T14:01:57.000Z");
        check("-1h30m", now, Tz::UTC, "2026-11-21T12:33:27.000Z");
        check(" now ", now, Tz::UTC, "2026-11-21T14:03:27.000Z");
        check("2026-11-20T10:00:00+01:00", now, BERLIN, "2026-11-20T09:00:00.000Z");
        check("2026-11-20 10:00:00.5Z", now, BERLIN, "2026-11-20T10:00:00.500Z");
    }

    #[test]
    fn a_time_box_is_a_span_or_the_next_such_time_of_day() {
        let now = DateTime::parse_from_rfc3339("2026-11-21T14:03:27Z").unwrap().timestamp_millis();
        let due = |typed: &str, zone: Tz| read_due(typed, now, zone).unwrap().map(rfc3339);
        assert_eq!(due("10m", Tz::UTC).as_deref(), Some("2026-11-21T14:13:27.000Z"));
        assert_eq!(due(" +15 ", Tz::UTC).as_deref(), Some("2026-11-21T14:18:27.000Z"));
        assert_eq!(due("14:30", Tz::UTC).as_deref(), Some("2026-11-21T14:30:00.000Z"));
        assert_eq!(due("15:30", BERLIN).as_deref(), Some("2026-11-21T14:30:00.000Z"));
        assert_eq!(due("14:00", Tz::UTC).as_deref(), Some("2026-11-22T14:00:00.000Z"), "tomorrow");
        assert_eq!(due("", Tz::UTC), None);
        for bad in ["soon", "0", "-5m", "25:00", "1m1h", "99999999999999999999"] {
            assert!(read_due(bad, now, Tz::UTC).unwrap_err().contains("1h30m, a time of day such as 14:30"), "{bad}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_told_what_one_is() {
        let told = |typed: &str| read_time(typed, 1_795_263_363_113, Tz::UTC).unwrap_err().to_string();
        assert_eq!(told("  "), "no time is given: write 14:02, 14:02:30, -5m or 2026-11-21T14:02:30Z");
        assert!(told("25:00").contains("`25:00` is not a time of day: hours go from 00 to 23"));
        assert!(told("-5x").contains("as in -5m, -90s or -1h30m"));
        assert!(told("-").contains("not a span"));
        assert!(told("-30m1h").contains("not a span"));
        assert!(told("2026-13-01T00:00:00Z").contains("RFC 3339"));
        assert!(told("noon\u{1b}[2J").contains("`noon␛[2J` is not a time"));
        assert!(told("-99999999999d").contains("further back"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_time_of_day_lies_in_the_past_and_shows_as_typed(
            now_ms in 0i64..4_000_000_000_000, hour in 0u32..24, minute in 0u32..60, zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
        ) {
            let typed = format!("{hour:02}:{minute:02}");
            let at = read_time(&typed, now_ms, zone).unwrap();
            prop_assert!(at <= now_ms);
            prop_assert!(now_ms - at <= 3 * 86_400_000);
            prop_assert_eq!(crate::text::clock::clock_min(at, zone), typed);
        }

        #[test]
        fn reading_never_panics(typed in any::<String>(), now_ms in any::<i64>()) {
            let _ = read_time(&typed, now_ms, BERLIN);
        }
    }
}
