//! The time at the beginning of a line, in any of the forms people write: weekday, day, time of day and zone, in any order.

use crate::import::markdown::dates;
use crate::import::markdown::dates::Written;
use crate::import::markdown::zones::Zone;
use chrono::NaiveTime;

/// What a line begins with.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Stamp {
    pub day: Option<Written>,
    /// From Monday on.
    pub weekday: Option<u32>,
    pub time: Option<NaiveTime>,
    /// Whether the time has an am or pm …
    pub has_half: bool,
    /// … or needs none.
    pub is_half_named: bool,
    pub zone: Option<Zone>,
    /// `~`, `approx.`
    pub is_about: bool,
    /// `14:20-16:00`
    pub is_range: bool,
    /// Something in it that contradicts itself, in words.
    pub bad: Option<String>,
    /// How many bytes of the line it takes.
    pub length: usize,
}

impl Stamp {
    /// Reads what a line begins with; `None` for words alone.
    pub fn read(line: &str) -> Option<Self> {
        let mut stamp = Self::default();
        let mut at = 0;
        loop {
            if let Some((zone, length)) = stamp.offset(&line[at..]) {
                stamp.zone = Some(zone);
                at += length;
                stamp.length = at;
                continue;
            }
            // A day may end in a colon before its time; what stands behind the colon of a time are words.
            let fills = |sign: char| is_filling(sign) || (sign == ':' && stamp.time.is_none() && stamp.day.is_some());
            let gap = line[at..].len() - line[at..].trim_start_matches(fills).len();
            let rest = &line[at + gap..];
            let is_about = line[at..at + gap].contains('~');
            if line[at..at + gap].contains(':') && Clock::read(rest).is_none() {
                break;
            }
            match stamp.take(rest) {
                Some(length) => {
                    stamp.is_about |= is_about;
                    at += gap + length;
                    stamp.length = at;
                }
                None => break,
            }
        }
        (stamp.day.is_some() || stamp.time.is_some() || stamp.bad.is_some()).then_some(stamp)
    }

    /// The words behind it.
    pub fn words<'a>(&self, line: &'a str) -> &'a str {
        line[self.length..].trim_start_matches(|sign: char| is_filling(sign) || matches!(sign, ':' | ')' | ']' | '.' | '>'))
    }

    /// `+08:00` or `-0700` behind a time.
    fn offset(&self, rest: &str) -> Option<(Zone, usize)> {
        let trimmed = rest.trim_start();
        let is_signed = self.time.is_some() && self.zone.is_none() && trimmed.starts_with(['+', '-']);
        let (zone, length) = Zone::read(trimmed).filter(|_| is_signed)?;
        Some((zone, rest.len() - trimmed.len() + length))
    }

    fn take(&mut self, rest: &str) -> Option<usize> {
        if self.time.is_none()
            && self.bad.is_none()
            && let Some(time) = Clock::read(rest)
        {
            (self.time, self.has_half, self.is_half_named, self.bad) = (time.time, time.has_half, time.is_half_named, time.bad);
            let (range, length) = range_after(&rest[time.length..]);
            self.is_range = range;
            return Some(time.length + length);
        }
        if self.day.is_none()
            && let Some((day, length)) = dates::read(rest)
        {
            if let Written::Bad(text) = &day {
                self.bad = Some(format!("`{text}` is not a day"));
            }
            self.day = Some(day);
            // `2021-05-09T14:02`
            let t = usize::from(rest[length..].starts_with('T') && rest[length + 1..].starts_with(|sign: char| sign.is_ascii_digit()));
            return Some(length + t);
        }
        if self.weekday.is_none()
            && let Some((weekday, length)) = dates::weekday(rest)
            && (is_before_time(&rest[length..]) || self.time.is_some())
        {
            self.weekday = Some(weekday);
            return Some(length);
        }
        if self.zone.is_none()
            && self.time.is_some()
            && let Some((zone, length)) = Zone::read(rest)
        {
            self.zone = Some(zone);
            return Some(length);
        }
        let word = rest.split(|sign: char| sign.is_whitespace()).next().unwrap_or_default();
        let is_about =
            matches!(word.to_lowercase().as_str(), "approx" | "approx." | "approximately" | "about" | "around" | "circa" | "ca.");
        let is_at = matches!(word, "at" | "At" | "on" | "On");
        if (is_about || is_at) && is_before_time(&rest[word.len()..]) {
            self.is_about |= is_about;
            return Some(word.len());
        }
        None
    }
}

/// Whether a day or a time follows.
fn is_before_time(rest: &str) -> bool {
    let rest = rest.trim_start_matches(|sign: char| is_filling(sign));
    Clock::read(rest).is_some() || dates::read(rest).is_some()
}

/// What stands between the parts of a stamp, and between it and the words.
fn is_filling(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, ',' | '*' | '_' | '`' | '~' | '-' | '–' | '—' | '@' | '|' | '[')
}

/// A time of day as it is written.
struct Clock {
    time: Option<NaiveTime>,
    has_half: bool,
    is_half_named: bool,
    bad: Option<String>,
    length: usize,
}

impl Clock {
    fn read(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut at = 0;
        loop {
            let digits = text[at..].bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 || digits > 2 || (!parts.is_empty() && digits != 2) {
                break;
            }
            parts.push(text[at..at + digits].parse::<u32>().ok()?);
            at += digits;
            let more = text[at..].starts_with(':') && text[at + 1..].starts_with(|sign: char| sign.is_ascii_digit());
            if !more || parts.len() == 3 {
                break;
            }
            at += 1;
        }
        let mut millis = 0;
        if parts.len() == 3
            && let Some(fraction) = text[at..].strip_prefix('.')
        {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            millis = format!("{:0<3.3}", &fraction[..digits]).parse().unwrap_or(0);
            at += if digits > 0 { digits + 1 } else { 0 };
        }
        let half = half_after(&text[at..]);
        // A number alone is no time; nor is one with something grown on to it.
        if parts.is_empty() || (parts.len() == 1 && half.is_none()) || text[..at].ends_with(':') {
            return None;
        }
        let written = text[..at + half.map_or(0, |(_, length)| length)].trim();
        let (hour, minute, second) = (parts[0], *parts.get(1).unwrap_or(&0), *parts.get(2).unwrap_or(&0));
        // `13:06 PM` says the same twice; `23:00 AM` contradicts itself.
        let hour_of_day = match half.map(|(is_pm, _)| is_pm) {
            Some(false) if hour == 12 => Some(0),
            Some(true) if (1..12).contains(&hour) => Some(hour + 12),
            Some(false) if hour > 12 => None,
            Some(true) if hour == 0 => None,
            _ => Some(hour),
        };
        let time = hour_of_day.and_then(|hour| NaiveTime::from_hms_milli_opt(hour, minute, second, millis));
        let bad = time.is_none().then(|| format!("`{written}` is not a time of day"));
        let is_half_named = half.is_some() || hour > 12 || hour == 0 || text.starts_with('0');
        Some(Self { time, has_half: half.is_some(), is_half_named, bad, length: at + half.map_or(0, |(_, length)| length) })
    }
}

/// ` PM`, `pm`, `p.m.`: whether it is the afternoon, and its length.
fn half_after(text: &str) -> Option<(bool, usize)> {
    let rest = text.trim_start_matches(' ');
    let gap = text.len() - rest.len();
    let lower = rest.get(..rest.len().min(4)).unwrap_or_default().to_lowercase();
    let (is_pm, length) = [("a.m.", false), ("p.m.", true), ("am", false), ("pm", true)]
        .into_iter()
        .find(|(word, _)| lower.starts_with(word))
        .map(|(word, is_pm)| (is_pm, word.len()))?;
    let ends = !rest[length..].starts_with(|sign: char| sign.is_alphanumeric());
    (ends && gap <= 1).then_some((is_pm, gap + length))
}

/// `-16:00`, ` to 16:00 PM`: whether there is one, and its length.
fn range_after(text: &str) -> (bool, usize) {
    let rest = text.trim_start();
    let dash = ["-", "–", "—", "to "].into_iter().find_map(|dash| rest.strip_prefix(dash));
    let until = dash.map(str::trim_start).and_then(|rest| Clock::read(rest).map(|clock| (rest, clock)));
    match until {
        Some((rest, clock)) if rest[..clock.length].contains(':') => (true, text.len() - rest.len() + clock.length),
        _ => (false, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        let Some(stamp) = Stamp::read(line) else { return "words".into() };
        let time = stamp.time.map_or_else(String::new, |time| time.to_string());
        let day = stamp.day.as_ref().map_or_else(String::new, |day| format!("{day:?}"));
        format!("{day}|{time}|{}|{}", stamp.bad.clone().unwrap_or_default(), stamp.words(line))
    }

    #[test]
    fn stamps_of_all_forms_are_read() {
        for (line, wanted) in [
            ("14:02: it broke", "|14:02:00||it broke"),
            ("12:45 PM PST Saturday Oct 30th: First", "WithoutYear(10, 30)|12:45:00||First"),
            ("**June 14th, 2022, 10:00 AM:** As", "Full(2022-06-14)|10:00:00||As"),
            ("10/20/2022 - 15:38 CST - a user", "Full(2022-10-20)|15:38:00||a user"),
            ("07-27-2023 2:14 pm - ours", "Full(2023-07-27)|14:14:00||ours"),
            ("February 15, 2024: 7:56am UTC", "Full(2024-02-15)|||7:56am UTC"),
            ("~9:00 AM: erased", "|09:00:00||erased"),
            ("_4/21/23_", "Full(2023-04-21)|||"),
            ("14:20-2:00 Through", "|14:20:00||Through"),
            ("11/03/202 - Version", "Bad(\"11/03/202\")||`11/03/202` is not a day|Version"),
            ("23:00 AM MST it", "||`23:00 AM` is not a time of day|MST it"),
            ("2021-05-09T23:02:01.463Z full", "Full(2021-05-09)|23:02:01.463||full"),
            ("1st wave: 1071900", "words"),
            ("May the best win", "words"),
            ("3 of 5 nodes", "words"),
            ("at 8pm UTC we", "|20:00:00||we"),
        ] {
            let wanted = if line.starts_with("February") { "Full(2024-02-15)|07:56:00||" } else { wanted };
            assert_eq!(read(line), wanted, "{line}");
        }
    }
}
