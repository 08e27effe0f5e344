//! Zones as people name them beside a time.

use crate::import::zone::Moment;
use crate::import::zone::moment;
use chrono::FixedOffset;
use chrono::NaiveDateTime;

use chrono::TimeZone;
use chrono_tz::OffsetName;
use chrono_tz::Tz;

/// What a name of a zone means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Zone {
    /// So far from UTC, always.
    Fixed(FixedOffset),
    /// The clock of a region, by the name that was written.
    Region(Tz, &'static str),
    /// A name that several zones have.
    Doubtful(&'static str, &'static str),
}

/// Names beside times, with the region whose clock they mean. Those with a time of year in them are checked against it.
const REGIONS: &[(&str, Tz)] = &[
    ("PT", Tz::America__Los_Angeles),
    ("PST", Tz::America__Los_Angeles),
    ("PDT", Tz::America__Los_Angeles),
    ("PACIFIC", Tz::America__Los_Angeles),
    ("MT", Tz::America__Denver),
    ("MST", Tz::America__Denver),
    ("MDT", Tz::America__Denver),
    ("CT", Tz::America__Chicago),
    ("CDT", Tz::America__Chicago),
    ("ET", Tz::America__New_York),
    ("EST", Tz::America__New_York),
    ("EDT", Tz::America__New_York),
    ("EASTERN", Tz::America__New_York),
    ("CET", Tz::Europe__Berlin),
    ("CEST", Tz::Europe__Berlin),
    ("JST", Tz::Asia__Tokyo),
    ("SGT", Tz::Asia__Singapore),
    ("HKT", Tz::Asia__Hong_Kong),
    ("KST", Tz::Asia__Seoul),
    ("AEST", Tz::Australia__Sydney),
    ("AEDT", Tz::Australia__Sydney),
];
const DOUBTFUL: &[(&str, &str)] = &[
    ("CST", "central North America, China or Cuba"),
    ("IST", "India, Israel or Ireland"),
    ("BST", "Britain or Bangladesh"),
    ("AST", "the Atlantic coast or Arabia"),
];

impl Zone {
    /// Reads a name at the beginning of a text; answers it and how many bytes it takes.
    pub fn read(text: &str) -> Option<(Self, usize)> {
        let end = text.find(|sign: char| !sign.is_ascii_alphabetic() && sign != '/' && sign != '_').unwrap_or(text.len());
        let word = &text[..end];
        if matches!(word, "UTC" | "GMT" | "Z" | "utc" | "gmt") || (word.is_empty() && text.starts_with(['+', '-'])) {
            let (offset, length) = read_offset(&text[end..]).unwrap_or((0, 0));
            if word.is_empty() && length < 5 {
                return None;
            }
            return FixedOffset::east_opt(offset).map(|offset| (Self::Fixed(offset), end + length));
        }
        let upper = word.to_uppercase();
        // Short names are names only in capitals: `et` and `mt` are words.
        let is_name = word.len() > 4 || word == upper;
        if let Some((name, zone)) = REGIONS.iter().find(|(name, _)| *name == upper && is_name) {
            return Some((Self::Region(*zone, name), end));
        }
        if let Some((name, means)) = DOUBTFUL.iter().find(|(name, _)| *name == upper && is_name) {
            return Some((Self::Doubtful(name, means), end));
        }
        let zone: Tz = word.parse().ok().filter(|_| word.contains('/'))?;
        Some((Self::Region(zone, zone.name()), end))
    }

    /// The first zone that is named anywhere in a heading.
    pub fn find(text: &str) -> Option<Self> {
        let begins = |at: usize| at == 0 || text[..at].ends_with(|sign: char| !sign.is_alphanumeric());
        let places = text.char_indices().filter(|(at, sign)| sign.is_ascii_alphabetic() && begins(*at));
        places.filter_map(|(at, _)| Self::read(&text[at..])).map(|(zone, _)| zone).next()
    }

    /// What its clock showed, as a moment; `decided` is the zone that a person gave for names that say too little.
    ///
    /// # Errors
    /// Why it cannot be told, in words.
    pub fn moment(self, shown: NaiveDateTime, decided: Option<Tz>) -> Result<Moment, String> {
        match (self, decided) {
            (Self::Fixed(offset), _) => Ok(Moment { at: (shown - offset).and_utc().into(), doubt: None }),
            (Self::Region(zone, name), _) => {
                let found = moment(shown, zone);
                let season = season_of(zone, shown).filter(|season| is_other(name, season));
                let doubt =
                    season.map(|season| format!("{name} is written, and the clocks there keep {season} on that day: taken as they showed"));
                Ok(Moment { doubt: found.doubt.or(doubt), ..found })
            }
            (Self::Doubtful(name, _), Some(zone)) if may_be(name, zone) => Ok(moment(shown, zone)),
            (Self::Doubtful(name, means), _) => Err(format!("{name} may be {means}: --zone decides")),
        }
    }
}

/// Whether a zone goes by a name that several have.
fn may_be(name: &str, zone: Tz) -> bool {
    let seasons = [1, 7].map(|month| chrono::NaiveDate::from_ymd_opt(2024, month, 1).and_then(|day| season_of(zone, day.into())));
    seasons.into_iter().flatten().any(|season| season == name)
}

/// `PST` or `PDT`.
fn season_of(zone: Tz, shown: NaiveDateTime) -> Option<String> {
    zone.from_local_datetime(&shown).earliest().and_then(|at| at.offset().abbreviation().map(str::to_owned))
}

/// Whether a name speaks of another time of year than the clocks keep.
fn is_other(name: &str, season: &str) -> bool {
    let named = name.len() >= 3 && name.ends_with('T') && name == name.to_uppercase() && !name.contains('/');
    named && season.chars().all(|sign| sign.is_ascii_uppercase()) && name != season
}

/// `+8`, `+08:00`, `-0700`, in seconds, and its length in bytes.
fn read_offset(text: &str) -> Option<(i32, usize)> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = text[1..].bytes().take_while(u8::is_ascii_digit).count();
    let (hours, mut minutes, mut length) = match digits {
        1 | 2 => (text[1..1 + digits].parse::<i32>().ok()?, 0, 1 + digits),
        4 => (text[1..3].parse().ok()?, text[3..5].parse().ok()?, 5),
        _ => return None,
    };
    if digits == 2
        && text[3..].starts_with(':')
        && let Some(more) = text.get(4..6).and_then(|more| more.parse::<i32>().ok())
    {
        (minutes, length) = (more, 6);
    }
    (hours <= 14 && minutes < 60).then_some((sign * (hours * 3600 + minutes * 60), length))
}
