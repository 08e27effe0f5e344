//! Days as people write them: `Oct 31`, `June 14th, 2022`, `10/14/2022`, `2021-05-09`.

use chrono::Datelike;
use chrono::NaiveDate;

const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
/// What a document tells lies no further behind the day in its name.
const LATE_DAYS: i64 = 31;
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A day as it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Written {
    Full(NaiveDate),
    /// Month and day.
    WithoutYear(u32, u32),
    /// `10/11/2022`: two numbers either of which may be the month, and the year.
    Either(u32, u32, i32),
    /// It looks like a day, and is none.
    Bad(String),
}

/// Reads a day at the beginning of a text; answers it and how many bytes it takes.
pub(super) fn read(text: &str) -> Option<(Written, usize)> {
    named(text).or_else(|| numbers(text))
}

/// Every day anywhere in a text.
pub(super) fn find(text: &str) -> Vec<Written> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let is_begun = at == 0 || !text[..at].ends_with(|sign: char| sign.is_alphanumeric() || matches!(sign, '/' | '.'));
        match read(&text[at..]).filter(|_| is_begun) {
            Some((day, length)) => {
                found.push(day);
                at += length;
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

/// The weekday at the beginning of a text, from Monday on, and how many bytes it takes.
pub(super) fn weekday(text: &str) -> Option<(u32, usize)> {
    let word = word_of(text);
    let lower = word.to_lowercase();
    let place = WEEKDAYS.iter().position(|day| lower.len() >= 3 && day.starts_with(lower.as_str()))?;
    Some((place as u32, word.len()))
}

/// `Oct 31`, `October 31st, 2021`, `31 October 2021`.
fn named(text: &str) -> Option<(Written, usize)> {
    if let Some((month, length)) = month(text) {
        let (day, more) = day_of(text[length..].trim_start_matches(['.', ' ']))?;
        let mut at = text.len() - text[length..].trim_start_matches(['.', ' ']).len() + more;
        let year = year_after(&text[at..]);
        at += year.map_or(0, |(_, length)| length);
        return Some((written(year.map(|(year, _)| year), month, day), at));
    }
    let (day, length) = day_of(text)?;
    let rest = text[length..].strip_prefix(' ')?;
    let (month, more) = month(rest.strip_prefix("of ").unwrap_or(rest))?;
    let mut at = text.len() - rest.strip_prefix("of ").unwrap_or(rest).len() + more;
    let year = year_after(&text[at..]);
    at += year.map_or(0, |(_, length)| length);
    Some((written(year.map(|(year, _)| year), month, day), at))
}

fn written(year: Option<i32>, month: u32, day: u32) -> Written {
    let Some(year) = year else { return Written::WithoutYear(month, day) };
    NaiveDate::from_ymd_opt(year, month, day).map_or_else(|| Written::Bad(format!("{year}-{month}-{day}")), Written::Full)
}

/// `2021-05-09`, `10/14/2022`, `07-27-2023`, `4/21/23`, `31.10.2021`.
fn numbers(text: &str) -> Option<(Written, usize)> {
    let (first, rest) = digits(text)?;
    let sign = rest.chars().next().filter(|sign| matches!(sign, '/' | '-' | '.'))?;
    let (second, rest) = digits(&rest[1..])?;
    let (third, rest) = digits(rest.strip_prefix(sign)?)?;
    // A version, an address or a part of something longer.
    if rest.starts_with(['.', '/']) && rest[1..].starts_with(|sign: char| sign.is_ascii_digit()) {
        return None;
    }
    let (length, bad) = (text.len() - rest.len(), |text: &str| Written::Bad(text.to_owned()));
    let number = |digits: &str| digits.parse::<u32>().unwrap_or(u32::MAX);
    if first.len() == 4 {
        let day = NaiveDate::from_ymd_opt(number(first) as i32, number(second), number(third));
        return Some((day.map_or_else(|| bad(&text[..length]), Written::Full), length));
    }
    if first.len() > 2 || second.len() > 2 || third.len() > 4 || (sign == '.' && third.len() < 4) {
        return None;
    }
    let year = match third.len() {
        4 => number(third) as i32,
        2 => 2000 + number(third) as i32,
        _ => return Some((bad(&text[..length]), length)),
    };
    let (a, b) = (number(first), number(second));
    let full = |month, day| NaiveDate::from_ymd_opt(year, month, day).map_or_else(|| bad(&text[..length]), Written::Full);
    Some((
        match (sign, a, b) {
            ('.', ..) => full(b, a),
            (_, 1..=12, 1..=12) if a != b => Written::Either(a, b, year),
            (_, 13.., _) => full(b, a),
            _ => full(a, b),
        },
        length,
    ))
}

/// Which of two numbers is the month, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Order {
    pub month_first: bool,
    pub day_first: bool,
}

impl Order {
    /// What the numbers of a document show: some leave no choice.
    pub fn shown(text: &str) -> Self {
        let mut order = Self::default();
        for (at, sign) in text.char_indices() {
            let is_begun = at == 0 || !text[..at].ends_with(|sign: char| sign.is_alphanumeric() || matches!(sign, '/' | '-' | '.'));
            let Some((first, rest)) = digits(&text[at..]).filter(|_| is_begun && sign.is_ascii_digit()) else { continue };
            let Some((second, after)) = rest.get(1..).and_then(digits).filter(|_| rest.starts_with(['/', '-'])) else { continue };
            let Some((third, _)) = after.get(1..).and_then(digits).filter(|_| after.starts_with(&rest[..1])) else { continue };
            if first.len() > 2 || second.len() > 2 || !matches!(third.len(), 2 | 4) {
                continue;
            }
            let (first, second) = (first.parse::<u32>().unwrap_or(0), second.parse::<u32>().unwrap_or(0));
            order.month_first |= first <= 12 && (13..=31).contains(&second);
            order.day_first |= second <= 12 && (13..=31).contains(&first);
        }
        order
    }

    /// What the day in a document's name shows, where the numbers leave the choice: one of them may be that very day, or lie long behind it.
    pub fn shown_by_name(text: &str, written_on: NaiveDate) -> Self {
        let either = find(text).into_iter().filter_map(|day| match day {
            Written::Either(first, second, year) => Some((first, second, year)),
            _ => None,
        });
        let either: Vec<_> = either.collect();
        let [by_month, by_day] = [Self { month_first: true, day_first: false }, Self { month_first: false, day_first: true }];
        let days = |order: Self| either.iter().map(move |(first, second, year)| order.decide(*first, *second, *year));
        let is_named = |order: Self| days(order).any(|day| day == Some(written_on));
        let is_late = |order: Self| days(order).any(|day| day.is_none_or(|day| (day - written_on).num_days() > LATE_DAYS));
        match (is_named(by_month), is_named(by_day), is_late(by_month), is_late(by_day)) {
            (true, false, ..) | (false, false, false, true) => by_month,
            (false, true, ..) | (false, false, true, false) => by_day,
            _ => Self::default(),
        }
    }

    /// Whether it is known.
    pub fn is_known(self) -> bool {
        self.month_first != self.day_first
    }

    /// The day two numbers mean.
    pub fn decide(self, first: u32, second: u32, year: i32) -> Option<NaiveDate> {
        match (self.month_first, self.day_first) {
            (true, false) => NaiveDate::from_ymd_opt(year, first, second),
            (false, true) => NaiveDate::from_ymd_opt(year, second, first),
            _ => None,
        }
    }
}

/// Whether a day falls on a weekday, from Monday on.
pub(super) fn falls_on(day: NaiveDate, weekday: u32) -> bool {
    day.weekday().num_days_from_monday() == weekday
}

fn month(text: &str) -> Option<(u32, usize)> {
    let word = word_of(text);
    let lower = word.to_lowercase();
    let place = MONTHS
        .iter()
        .position(|month| lower.len() >= 3 && (month.starts_with(lower.as_str()) || (lower == "sept" && *month == "september")))?;
    Some((place as u32 + 1, word.len()))
}

/// `31`, `31st`.
fn day_of(text: &str) -> Option<(u32, usize)> {
    let (number, rest) = digits(text)?;
    let day = number.parse().ok().filter(|day| (1..=31).contains(day) && number.len() <= 2)?;
    let suffix = word_of(rest);
    match suffix {
        "st" | "nd" | "rd" | "th" => Some((day, number.len() + 2)),
        "" if !rest.starts_with(':') => Some((day, number.len())),
        _ => None,
    }
}

/// `, 2021` or ` 2021`.
fn year_after(text: &str) -> Option<(i32, usize)> {
    let rest = text.trim_start_matches([',', ' ']);
    let (number, after) = digits(rest).filter(|(number, _)| number.len() == 4)?;
    let year = number.parse().ok().filter(|year| {
        (1970..=2999).contains(year) && !after.strip_prefix(':').is_some_and(|after| after.starts_with(|sign: char| sign.is_ascii_digit()))
    })?;
    (rest.len() < text.len()).then_some((year, text.len() - after.len()))
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    (end > 0).then(|| text.split_at(end))
}

fn word_of(text: &str) -> &str {
    &text[..text.find(|sign: char| !sign.is_ascii_alphabetic()).unwrap_or(text.len())]
}
