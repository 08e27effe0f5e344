//! What templates can do with the values of a document beyond what the engine brings.

use crate::domain::Timestamp;
use crate::report::escape;
use crate::text::clock;
use crate::text::span;
use chrono_tz::Tz;
use minijinja::Environment;
use minijinja::Error;
use minijinja::ErrorKind;
use minijinja::Value;

/// Adds the filters `moment`, `clock`, `day`, `span`, `block` and `paragraph`.
pub fn add(environment: &mut Environment<'_>) {
    environment.add_filter("moment", |at: &str| read(at).map(moment));
    environment.add_filter("clock", clock_beside);
    environment.add_filter("day", |at: &str| read(at).map(|at| clock::day(at.millis(), Tz::UTC)));
    environment.add_filter("span", span::in_full);
    environment.add_filter("block", |text: &str, indent: usize| Value::from_safe_string(escape::block(text, indent.min(16))));
    environment.add_filter("paragraph", |text: &str| Value::from_safe_string(escape::paragraph(text)));
}

/// `Sat 21 Nov 2026 12:16:03.113 UTC`
fn moment(at: Timestamp) -> String {
    format!("{} {} UTC", clock::day(at.millis(), Tz::UTC), clock::clock_ms(at.millis(), Tz::UTC))
}

/// A time of day; with its day where that is another than the one of the time it stands beside.
fn clock_beside(at: &str, beside: Option<&str>) -> Result<String, Error> {
    let at = read(at)?;
    let time = clock::clock_ms(at.millis(), Tz::UTC);
    let other = beside.map(read).transpose()?;
    let is_other = other.is_some_and(|other| clock::day_number(at.millis(), Tz::UTC) != clock::day_number(other.millis(), Tz::UTC));
    Ok(if is_other { format!("{} {time}", clock::day(at.millis(), Tz::UTC)) } else { time })
}

fn read(at: &str) -> Result<Timestamp, Error> {
    at.parse().map_err(|_| Error::new(ErrorKind::InvalidOperation, format!("`{at}` is not a time of this document")))
}
