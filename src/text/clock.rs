//! Points in time, in the words of the screens. Times are milliseconds since the Unix epoch.

use chrono::DateTime;
use chrono::Utc;
use chrono_tz::OffsetName;
use chrono_tz::Tz;

/// 0001-01-01 and 9999-12-31 in milliseconds: what RFC 3339 can write. Times beyond are shown as these.
const RANGE_MS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// `12:16:03.113`
pub fn clock_ms(at_ms: i64, zone: Tz) -> String {
    zoned(at_ms, zone).format("%H:%M:%S%.3f").to_string()
}

/// `12:16:03`; cut, not rounded, so that it is never in the future.
pub fn clock_s(at_ms: i64, zone: Tz) -> String {
    zoned(at_ms, zone).format("%H:%M:%S").to_string()
}

/// `12:16`
pub fn clock_min(at_ms: i64, zone: Tz) -> String {
    zoned(at_ms, zone).format("%H:%M").to_string()
}

/// `Sat 21 Nov 2026`
pub fn day(at_ms: i64, zone: Tz) -> String {
    zoned(at_ms, zone).format("%a %-d %b %Y").to_string()
}

/// The number of the day in the zone: two times are on one day exactly when it is the same.
pub fn day_number(at_ms: i64, zone: Tz) -> i32 {
    use chrono::Datelike;
    zoned(at_ms, zone).num_days_from_ce()
}

/// The short name of the zone at that time: `UTC`, `CET`; an offset such as `-03:00` where it has no name.
pub fn zone_name(at_ms: i64, zone: Tz) -> String {
    use chrono::Offset;
    let moment = zoned(at_ms, zone);
    let offset = moment.offset();
    match offset.abbreviation() {
        Some(name) => name.to_string(),
        None => offset.fix().to_string(),
    }
}

fn zoned(at_ms: i64, zone: Tz) -> DateTime<Tz> {
    let within = at_ms.clamp(*RANGE_MS.start(), *RANGE_MS.end());
    DateTime::<Utc>::from_timestamp_millis(within).unwrap_or_default().with_timezone(&zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T12:16:03.113Z, a Saturday.
    const AT: i64 = 1_795_263_363_113;

    #[test]
    fn times_are_written_as_the_screens_show_them() {
        assert_eq!(clock_ms(AT, Tz::UTC), "12:16:03.113");
        assert_eq!(clock_s(AT + 886, Tz::UTC), "12:16:03");
        assert_eq!(clock_min(AT, Tz::UTC), "12:16");
        assert_eq!(day(AT, Tz::UTC), "Sat 21 Nov 2026");
    }

    #[test]
    fn zones_say_their_name() {
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(clock_ms(AT, berlin), "13:16:03.113");
        assert_eq!((zone_name(AT, Tz::UTC), zone_name(AT, berlin)), ("UTC".into(), "CET".into()));
        assert_eq!(zone_name(AT, chrono_tz::America::Sao_Paulo), "-03:00");
        assert_ne!(day_number(AT, Tz::UTC), day_number(AT, chrono_tz::Pacific::Kiritimati));
    }

    #[test]
    fn times_out_of_range_are_shown_as_the_end_of_it() {
        assert_eq!((clock_ms(i64::MAX, Tz::UTC), day(i64::MIN, Tz::UTC)), ("23:59:59.999".into(), "Mon 1 Jan 0001".into()));
        assert_eq!(clock_s(i64::MAX, chrono_tz::Pacific::Kiritimati), "13:59:59");
    }
}
