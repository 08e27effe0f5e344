//! Stretches of time, in the words of the screens. All arguments are milliseconds; all words are short enough for a
//! column and cut rather than rounded, so that "12 min" is never said before twelve minutes have passed.

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// `0h32`, `5h10`, from a day on `2d03h`; what is negative counts as nothing.
pub fn age(span_ms: i64) -> String {
    let span = span_ms.max(0);
    if span >= DAY { format!("{}d{:02}h", span / DAY, span % DAY / HOUR) } else { format!("{}h{:02}", span / HOUR, span % HOUR / MINUTE) }
}

/// `T+1h47`: the time since an incident was opened.
pub fn since_start(opened_ms: i64, now_ms: i64) -> String {
    format!("T+{}", age(now_ms.saturating_sub(opened_ms)))
}

/// `now`, `40 s ago`, `12 min ago`, `3 h ago`, `2 days ago`; what lies ahead is `in 5 min`.
pub fn ago(at_ms: i64, now_ms: i64) -> String {
    let span = now_ms.saturating_sub(at_ms);
    if span.saturating_abs() < 10 * SECOND {
        "now".to_string()
    } else if span < 0 {
        format!("in {}", words(span.saturating_neg()))
    } else {
        format!("{} ago", words(span))
    }
}

/// `0.3 s ago`: for what happened just before, such as the keeping of a draft.
pub fn moments_ago(at_ms: i64, now_ms: i64) -> String {
    let span = now_ms.saturating_sub(at_ms).max(0);
    if span < 10 * SECOND { format!("{}.{} s ago", span / SECOND, span % SECOND / 100) } else { format!("{} ago", words(span)) }
}

/// `4 min left`, or `OVERDUE 2 min` from the millisecond on at which it was due.
pub fn left(due_ms: i64, now_ms: i64) -> String {
    let span = due_ms.saturating_sub(now_ms);
    if span > 0 { format!("{} left", words(span)) } else { format!("OVERDUE {}", words(span.saturating_neg())) }
}

/// `21 min without an entry`
pub fn silence(span_ms: i64) -> String {
    let minutes = span_ms.max(0) / MINUTE;
    if minutes < 180 { format!("{minutes} min without an entry") } else { format!("{} without an entry", words(span_ms)) }
}

/// `40 s`, `12 min`, `3 h`, `2 days`: one unit, the largest that fits.
pub fn words(span_ms: i64) -> String {
    match span_ms.max(0) {
        span if span < MINUTE => format!("{} s", span / SECOND),
        span if span < 2 * HOUR => format!("{} min", span / MINUTE),
        span if span < 2 * DAY => format!("{} h", span / HOUR),
        span => format!("{} days", span / DAY),
    }
}

/// `1 h 47 min 12 s`: a duration in full, for documents.
pub fn in_full(span_ms: i64) -> String {
    let span = span_ms.max(0);
    let parts = [(span / DAY, "d"), (span % DAY / HOUR, "h"), (span % HOUR / MINUTE, "min"), (span % MINUTE / SECOND, "s")];
    let said: Vec<String> = parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    if said.is_empty() { "0 s".to_string() } else { said.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_fit_a_column() {
        assert_eq!(age(32 * MINUTE), "0h32");
        assert_eq!(age(5 * HOUR + 10 * MINUTE + 59 * SECOND), "5h10");
        assert_eq!(age(DAY - 1), "23h59");
        assert_eq!(age(2 * DAY + 3 * HOUR), "2d03h");
        assert_eq!(age(-5), "0h00");
        assert_eq!(since_start(0, HOUR + 47 * MINUTE), "T+1h47");
        assert_eq!(since_start(i64::MIN, i64::MAX), since_start(0, i64::MAX));
    }

    #[test]
    fn nearness_is_said_in_one_unit() {
        assert_eq!(ago(0, 9 * SECOND), "now");
        assert_eq!(ago(0, 40 * SECOND), "40 s ago");
        assert_eq!(ago(0, 12 * MINUTE + 59 * SECOND), "12 min ago");
        assert_eq!(ago(0, 3 * HOUR), "3 h ago");
        assert_eq!(ago(0, 3 * DAY), "3 days ago");
        assert_eq!(ago(5 * MINUTE, 0), "in 5 min");
        assert_eq!(moments_ago(0, 312), "0.3 s ago");
        assert_eq!(moments_ago(0, 65 * SECOND), "1 min ago");
    }

    #[test]
    fn what_is_due_is_left_or_overdue() {
        assert_eq!(left(4 * MINUTE, 0), "4 min left");
        assert_eq!(left(30 * SECOND, 0), "30 s left");
        assert_eq!(left(0, 0), "OVERDUE 0 s");
        assert_eq!(left(0, 2 * MINUTE), "OVERDUE 2 min");
        assert_eq!(silence(21 * MINUTE), "21 min without an entry");
        assert_eq!(silence(4 * HOUR), "4 h without an entry");
        assert_eq!(in_full(HOUR + 47 * MINUTE + 12 * SECOND), "1 h 47 min 12 s");
    }
}
