//! The timeline of a post-mortem: which lines are entries, and when they were.

use crate::domain::Timestamp;
use crate::import::Finding;
use crate::import::markdown::dates;
use crate::import::markdown::dates::Order;
use crate::import::markdown::dates::Written;
use crate::import::markdown::layout::Kind;
use crate::import::markdown::layout::Line;
use crate::import::markdown::stamp::Stamp;
use crate::import::markdown::zones::Zone;
use crate::import::zone::moment;
use chrono::Datelike;
use chrono::NaiveDate;
use chrono::NaiveDateTime;
use chrono::NaiveTime;
use chrono_tz::Tz;

/// What is known beside the lines themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Ground {
    /// The zone a person gave for times that name none.
    pub decided: Option<Tz>,
    /// Which of two numbers is the month.
    pub order: Order,
    /// The day the document's name says.
    pub written_on: Option<NaiveDate>,
    /// The day its title says.
    pub title_day: Option<NaiveDate>,
    /// The zone that the document says all times are in, outside the timeline.
    pub zone: Option<Zone>,
}

/// A line of the timeline with its time.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Timed {
    pub line: u64,
    /// What the clock showed.
    pub shown: NaiveDateTime,
    pub at: Timestamp,
    pub text: String,
    /// Only the day is known: `at` is its beginning.
    pub is_day: bool,
}

/// A timeline as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub timed: Vec<Timed>,
    /// Lines without a time that can be told: kept as words.
    pub untimed: Vec<String>,
    pub findings: Vec<Finding>,
}

/// Reads the lines below a timeline's heading.
pub(super) fn read(heading: &str, lines: &[Line<'_>], ground: &Ground) -> Read {
    let mut reader = Reader::new(heading, lines, ground);
    let mut columns: Option<Columns> = None;
    for (place, line) in lines.iter().enumerate() {
        match &line.kind {
            Kind::Columns(names) => columns = Columns::of(names),
            Kind::Row(cells) => reader.row(line.number, cells, columns.as_ref()),
            Kind::Code => reader.words(line),
            Kind::Heading(_) | Kind::Text => {
                let next = lines.get(place + 1).filter(|next| next.number == line.number + 1 && next.kind == Kind::Text);
                let goes_on = next.is_some_and(|next| Stamp::read(unmarked(next.text)).is_none());
                reader.line(line, goes_on);
            }
        }
    }
    reader.read
}

/// The columns of a table that say when.
struct Columns {
    time: Option<usize>,
    day: Option<usize>,
    /// `Day`, which says no more than the date.
    weekday: Option<usize>,
    zone: Option<Zone>,
    year: Option<i32>,
}

impl Columns {
    fn of(names: &[String]) -> Option<Self> {
        let named = |word: &str| names.iter().position(|name| name.to_lowercase().contains(word));
        let (time, day) = (named("time").or_else(|| named("when")), named("date"));
        let weekday = names.iter().position(|name| matches!(name.to_lowercase().as_str(), "day" | "weekday"));
        let heads = || [time, day].into_iter().flatten().filter_map(|place| names.get(place));
        let zone = heads().find_map(|name| Zone::find(name));
        let year = heads().find_map(|name| year_in(name));
        (time.is_some() || day.is_some()).then_some(Self { time, day, weekday, zone, year })
    }
}

struct Reader<'a> {
    ground: &'a Ground,
    /// The zone that heading, columns or the first words name.
    zone: Option<Zone>,
    year: Option<i32>,
    /// The day of lines that name none.
    day: Option<NaiveDate>,
    last: Option<NaiveDateTime>,
    /// Some times say whether they are before or after noon.
    has_halves: bool,
    /// Whether the words of the last line belong to an entry, or to what is untimed.
    in_entry: bool,
    told_name: bool,
    read: Read,
}

impl<'a> Reader<'a> {
    fn new(heading: &str, lines: &[Line<'_>], ground: &'a Ground) -> Self {
        let said = dates::find(heading).into_iter().filter_map(|day| known(day, ground));
        let days: Vec<NaiveDate> = said.collect();
        let one = days.first().filter(|first| days.iter().all(|day| day == *first)).copied();
        let years: Vec<i32> = days.iter().map(Datelike::year).collect();
        let year = years.first().filter(|first| years.iter().all(|year| year == *first)).copied().filter(|_| !years.is_empty());
        let first_words = lines.iter().take(4).filter(|line| is_about_times(line.text)).find_map(|line| Zone::find(line.text));
        let fallback = ground.title_day.or(ground.written_on);
        let stamps = lines.iter().filter(|line| line.kind == Kind::Text).filter_map(|line| Stamp::read(unmarked(line.text)));
        Self {
            ground,
            zone: Zone::find(heading).or(first_words).or(ground.zone),
            year: year.or_else(|| year_in(heading)).or(fallback.filter(|_| years.is_empty()).map(|day| day.year())),
            day: if days.is_empty() { None } else { one },
            last: None,
            has_halves: stamps.into_iter().any(|stamp| stamp.has_half),
            in_entry: false,
            told_name: !days.is_empty(),
            read: Read::default(),
        }
    }

    fn line(&mut self, line: &Line<'_>, goes_on: bool) {
        let text = unmarked(line.text);
        let Some(stamp) = Stamp::read(text) else {
            return self.words(line);
        };
        let words = stamp.words(text);
        if stamp.time.is_none() && stamp.bad.is_none() && words.is_empty() && !goes_on {
            // A day alone is the day of what follows.
            match stamp.day.clone().ok_or_else(|| "no day".to_owned()).and_then(|day| self.day_of(day)) {
                Ok(day) => self.day = Some(day),
                Err(why) => self.leave(line.number, line.text, &why),
            }
            self.in_entry = false;
            return;
        }
        self.entry(line.number, line.text, &stamp, text, None);
    }

    fn row(&mut self, number: u64, cells: &[String], columns: Option<&Columns>) {
        let Some(columns) = columns else {
            return self.untimed(cells.join(" | "));
        };
        let cell = |place: Option<usize>| place.and_then(|place| cells.get(place)).map_or("", String::as_str);
        let when = if columns.day == columns.time {
            cell(columns.time).to_owned()
        } else {
            format!("{} {}", cell(columns.day), cell(columns.time))
        };
        let when = when.trim();
        let is_when = |place: usize| [columns.time, columns.day, columns.weekday].contains(&Some(place));
        let what: Vec<&str> =
            cells.iter().enumerate().filter(|(place, cell)| !is_when(*place) && !cell.is_empty()).map(|(_, cell)| cell.as_str()).collect();
        let what = what.join(" | ");
        let whole = cells.join(" | ");
        let Some(mut stamp) = Stamp::read(when).filter(|stamp| stamp.words(when).is_empty()) else {
            let why = if when.is_empty() { "it has no time".to_owned() } else { format!("`{when}` is not a time") };
            return self.leave(number, &whole, &why);
        };
        stamp.weekday = stamp.weekday.or_else(|| dates::weekday(cell(columns.weekday)).map(|(weekday, _)| weekday));
        stamp.zone = stamp.zone.or(columns.zone);
        if let (Some(Written::WithoutYear(month, day)), Some(year)) = (&stamp.day, columns.year) {
            stamp.day = NaiveDate::from_ymd_opt(year, *month, *day).map(Written::Full);
        }
        self.entry(number, &whole, &stamp, when, Some(what));
    }

    /// An entry: `raw` begins with its stamp, and goes on with its words unless they stand elsewhere.
    fn entry(&mut self, number: u64, whole: &str, stamp: &Stamp, raw: &str, words: Option<String>) {
        match self.time(number, stamp, raw) {
            Ok((shown, at, is_day)) => {
                let is_loose = is_day || stamp.is_about || stamp.is_range;
                let words = words.unwrap_or_else(|| stamp.words(raw).to_owned());
                // What the record says of the time stays with the words where it says less, or more, than a moment.
                let text =
                    if is_loose { format!("({}) {words}", raw[..stamp.length].trim_matches(['*', '_', '|', ' ', '('])) } else { words };
                self.read.timed.push(Timed { line: number, shown, at, text, is_day });
                self.in_entry = true;
            }
            Err(why) => self.leave(number, whole, &why),
        }
    }

    fn time(&mut self, number: u64, stamp: &Stamp, raw: &str) -> Result<(NaiveDateTime, Timestamp, bool), String> {
        if let Some(bad) = &stamp.bad {
            return Err(bad.clone());
        }
        if self.has_halves && !stamp.is_half_named && stamp.time.is_some() {
            return Err("other times here say am or pm, and this one does not".into());
        }
        let day = match stamp.day.clone() {
            Some(written) => self.day_of(written)?,
            None => self.day_without(number)?,
        };
        if let Some(weekday) = stamp.weekday.filter(|weekday| !dates::falls_on(day, *weekday)) {
            let said = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][weekday as usize % 7];
            self.find(number, format!("{day} was no {said}: taken by its date"));
        }
        let mut shown = day.and_time(stamp.time.unwrap_or(NaiveTime::MIN));
        if let Some(last) = self.last.filter(|last| *last > shown) {
            if stamp.day.is_none() && (last - shown).num_hours() >= 12 {
                shown += chrono::TimeDelta::days(1);
                self.find(number, format!("it goes back and names no day: taken as of the next day, {}", shown.date()));
            } else {
                self.find(number, "it is earlier than the line before it: taken as it is written".into());
            }
        }
        let moment = self.moment(stamp.zone, shown)?;
        moment.doubt.into_iter().for_each(|doubt| self.find(number, doubt));
        self.check_other(number, stamp, raw, moment.at, shown.date());
        if stamp.time.is_none() {
            self.find(number, "only a day is given: stands at its beginning".into());
        }
        (self.day, self.last) = (Some(shown.date()), Some(shown));
        Ok((shown, moment.at, stamp.time.is_none()))
    }

    fn moment(&self, named: Option<Zone>, shown: NaiveDateTime) -> Result<crate::import::zone::Moment, String> {
        match (named.or(self.zone), self.ground.decided) {
            (Some(zone), decided) => zone.moment(shown, decided),
            (None, Some(zone)) => Ok(moment(shown, zone)),
            (None, None) => Err("it names no zone, nor does the timeline: --zone decides".into()),
        }
    }

    /// `12:48 (6:48 PDT)`: the same time in another zone must be the same time.
    fn check_other(&mut self, number: u64, stamp: &Stamp, raw: &str, at: Timestamp, day: NaiveDate) {
        let Some(inner) = raw[stamp.length..].trim_start().strip_prefix('(') else { return };
        let Some(other) = Stamp::read(inner).filter(|other| other.zone.is_some() && inner[other.length..].starts_with(')')) else { return };
        let (Some(time), Some(zone)) = (other.time, other.zone) else { return };
        let near = [day.pred_opt(), Some(day), day.succ_opt()].into_iter().flatten();
        let agrees = near.filter_map(|day| zone.moment(day.and_time(time), self.ground.decided).ok()).any(|other| other.at == at);
        if !agrees {
            let other = inner[..other.length].trim();
            self.find(number, format!("its two times, {} and {other}, are not the same: taken by the first", raw[..stamp.length].trim()));
        }
    }

    fn day_of(&self, written: Written) -> Result<NaiveDate, String> {
        match written {
            Written::WithoutYear(month, day) => {
                let year = self.year.ok_or_else(|| "it names no year, nor does the timeline".to_owned())?;
                NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| format!("{year} has no such day"))
            }
            Written::Either(first, second, year) => known(Written::Either(first, second, year), self.ground)
                .ok_or_else(|| format!("{first}/{second}/{year} may be two days: --day-first or --month-first decides")),
            Written::Bad(text) => Err(format!("`{text}` is not a day")),
            Written::Full(day) => Ok(day),
        }
    }

    fn day_without(&mut self, number: u64) -> Result<NaiveDate, String> {
        if let Some(day) = self.day.or(self.ground.title_day.filter(|_| !self.told_name)) {
            return Ok(day);
        }
        let day = self.ground.written_on.filter(|_| !self.told_name).ok_or("it names no day, nor does anything before it")?;
        self.told_name = true;
        self.find(number, format!("no day is named in the timeline: taken from the document's name, {day}"));
        self.day = Some(day);
        Ok(day)
    }

    /// Words go on with what was before them.
    fn words(&mut self, line: &Line<'_>) {
        match self.read.timed.last_mut().filter(|_| self.in_entry) {
            Some(entry) if entry.text.is_empty() || entry.text.ends_with(") ") => entry.text.push_str(line.text),
            Some(entry) => {
                entry.text.push('\n');
                entry.text.push_str(line.text);
            }
            None => self.untimed(line.text.to_owned()),
        }
    }

    fn leave(&mut self, number: u64, whole: &str, why: &str) {
        self.in_entry = false;
        self.find(number, format!("{why}; kept as words, not as an entry with a time"));
        self.untimed(whole.to_owned());
    }

    fn untimed(&mut self, words: String) {
        self.read.untimed.push(words);
    }

    fn find(&mut self, line: u64, says: String) {
        self.read.findings.push(Finding { line, says, is_left_out: false });
    }
}

/// A day, as far as it is known which it is.
pub(super) fn known(written: Written, ground: &Ground) -> Option<NaiveDate> {
    match written {
        Written::Full(day) => Some(day),
        Written::Either(first, second, year) => ground.order.decide(first, second, year),
        _ => None,
    }
}

/// Whether a line says something of all times: "All times are UTC".
pub(super) fn is_about_times(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["all times", "times are", "times in ", "time zone", "timezone"].iter().any(|words| lower.contains(words))
}

/// A line without the sign of a list.
fn unmarked(text: &str) -> &str {
    let text = text.trim_start_matches('>').trim_start();
    let point = ["- ", "* ", "+ ", "-\t"].into_iter().find_map(|sign| text.strip_prefix(sign));
    let numbered = || {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        text[digits..].strip_prefix(". ").or_else(|| text[digits..].strip_prefix(") ")).filter(|_| (1..=3).contains(&digits))
    };
    point.or_else(numbered).unwrap_or(text).trim_start()
}

fn year_in(text: &str) -> Option<i32> {
    let years = text.split(|sign: char| !sign.is_ascii_digit()).filter(|digits| digits.len() == 4);
    years.filter_map(|digits| digits.parse().ok()).find(|year| (1990..=2999).contains(year))
}
