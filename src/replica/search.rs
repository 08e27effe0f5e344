//! Full text: rows follow outside the commit that recorded the words, and what people type is quoted.

use crate::domain::Body;
use crate::domain::EntryKind;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::query::Narrow;
use crate::query::Query;
use crate::query::Sought;
use crate::query::fold;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::request::Order;
use rusqlite::OptionalExtension;
use rusqlite::params;

/// Beginnings up to so many letters have lists of their own in the index.
const LISTED_LETTERS: usize = 3;
/// A longer beginning stands for the words that go on from it, up to so many. The lists of more words are joined, which reads all of them; they are
/// short.
const SPELLED_OUT: usize = 64;
/// Above so many places of one word, ranking by relevance costs more than it tells: the newest come first instead.
const COMMON_WORD: i64 = 5_000;
/// So many places that hold the words are held against the other terms.
const CANDIDATES: usize = 20_000;

/// Letters that people do not type: they begin the marks that stand behind an entry's words, and part what is inside of them.
const MARK: char = '\u{e000}';
const PART: char = '\u{e001}';
/// The bits of a row's id below its time in milliseconds.
const TIME_SHIFT: u32 = 12;
const IN_A_MILLISECOND: i64 = (1 << TIME_SHIFT) - 1;
/// What is dated later than this, some 35 000 years from now, stands there.
const LAST_MS: i64 = 1 << 50;
/// So much later than it happened may an event of a very full millisecond stand.
const SPILL_MS: i64 = 1_000;

/// A place where words were found: the incident, and the entry in it.
pub(super) type Place = (IncidentId, EventId);

/// What a search of the index gave.
pub(super) struct Searched {
    pub places: Vec<Place>,
    /// The order they are in: the newest come first where a word is too common to be ranked.
    pub order: Order,
    /// Whether everything that could fit was looked at, or enough was found.
    pub is_whole: bool,
}

/// The words of an event to be found again, the entry they belong to, and the kind that line has; `None` where another event may say that.
pub(super) fn searchable(event: &Event) -> Option<(String, EventId, Option<EntryKind>)> {
    let own = |words: Vec<&str>, kind| Some((words.join("\n"), event.id, Some(kind)));
    match &event.body {
        Body::IncidentDeclared(data) => own(vec![&data.title, &data.summary], EntryKind::Incident),
        Body::IncidentEdited(data) => {
            let words: Vec<&str> = [data.title.as_deref(), data.summary.as_deref()].into_iter().flatten().collect();
            (!words.is_empty()).then(|| (words.join("\n"), EventId(event.incident.0), Some(EntryKind::Incident)))
        }
        Body::EntryAdded(data) => {
            let mut words = vec![data.text.as_str()];
            words.extend(data.audience.as_deref());
            words.extend(data.components.iter().map(String::as_str));
            own(words, data.kind.kind())
        }
        Body::EntryAmended(data) => data.text.as_ref().map(|text| (text.clone(), data.entry, None)),
        Body::StatusChanged(data) if !data.reason.is_empty() => own(vec![&data.reason], EntryKind::Status),
        Body::TaskGiven(data) => own(vec![&data.text], EntryKind::Task),
        Body::TaskDone(data) if !data.result.is_empty() => own(vec![&data.result], EntryKind::Task),
        Body::AlertFired(data) => own(vec![&data.title, &data.summary], EntryKind::Alert),
        _ => None,
    }
}

/// The mark of a kind; of any where it may change.
fn of_kind(kind: Option<EntryKind>) -> String {
    format!("{MARK}k{}", kind.map_or("any", EntryKind::word))
}

/// The mark of an author, or of how one begins.
fn of_author(folded: &str) -> String {
    let name: String = folded.chars().map(|letter| if letter.is_alphanumeric() { letter } else { PART }).collect();
    format!("{MARK}b{name}")
}

const ANY_AUTHOR: &str = "\u{e000}a";

/// The ids of rows in the time that is asked for.
fn ids(narrowed: &[Narrow]) -> (i64, i64) {
    narrowed.iter().fold((0, i64::MAX), |(from, to), narrow| match narrow {
        Narrow::Since(at) => (from.max(first_id(*at)), to),
        Narrow::Until(at) => (from, to.min(first_id(at.plus_ms(SPILL_MS)))),
        _ => (from, to),
    })
}

fn first_id(at: Timestamp) -> i64 {
    at.millis().clamp(0, LAST_MS) << TIME_SHIFT
}

fn quote(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

impl Database {
    /// Makes the words of an event findable; inside a transaction. An event that is findable already stays as it is.
    pub fn index_words(&self, event: &Event) -> Result<(), Fault> {
        if let Body::EntryAmended(data) = &event.body
            && (data.kind.is_some() || data.happened_at.is_some())
        {
            self.index_anew(data.entry, data.happened_at)?;
        }
        let Some((text, entry, kind)) = searchable(event) else { return Ok(()) };
        // Who amends is not who wrote.
        let author = if entry == event.id { of_author(&fold(event.by.as_str())) } else { ANY_AUTHOR.to_owned() };
        self.put_words(event, entry, event.at, &format!("{text} {} {author}", of_kind(kind)))
    }

    /// An entry that was written down as of another kind or time is found under both kinds, and at its time.
    fn index_anew(&self, entry: EventId, at: Option<Timestamp>) -> Result<(), Fault> {
        let sql = "SELECT event FROM record WHERE event_id = ?1 UNION ALL SELECT event FROM outbox WHERE event_id = ?1
            UNION ALL SELECT event FROM past WHERE event_id = ?1";
        let text: Option<Option<String>> = self.sql().prepare_cached(sql)?.query_row([Key(entry.0)], |row| row.get(0)).optional()?;
        let Some(event) = text.flatten().and_then(|text| EventBytes::stored(&text).read().ok()) else { return Ok(()) };
        let Some((text, ..)) = searchable(&event).filter(|(_, of, _)| *of == entry) else { return Ok(()) };
        self.forget_words(entry)?;
        let author = of_author(&fold(event.by.as_str()));
        self.put_words(&event, entry, at.unwrap_or(event.at), &format!("{text} {} {author}", of_kind(None)))
    }

    fn put_words(&self, event: &Event, entry: EventId, at: Timestamp, text: &str) -> Result<(), Fault> {
        let mut held = self.sql().prepare_cached("SELECT 1 FROM found WHERE event_id = ?1")?;
        if held.exists([Key(event.id.0)])? {
            return Ok(());
        }
        // Of one millisecond they follow each other as they come. Once it is full they go into the next: one look each, however many there are.
        let mut last = self.sql().prepare_cached("SELECT id FROM found WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1")?;
        let mut row = first_id(at);
        while let Some(taken) = last.query_row([row, row | IN_A_MILLISECOND], |row| row.get::<_, i64>(0)).optional()? {
            row = taken + 1;
            if row & IN_A_MILLISECOND != 0 {
                break;
            }
        }
        let mut found = self.sql().prepare_cached("INSERT INTO found (id, event_id, incident, entry) VALUES (?1, ?2, ?3, ?4)")?;
        found.execute(params![row, Key(event.id.0), Key(event.incident.0), Key(entry.0)])?;
        self.sql().prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?.execute(params![row, text])?;
        Ok(())
    }

    /// Makes the words of an event unfindable; inside a transaction.
    pub fn forget_words(&self, event: EventId) -> Result<(), Fault> {
        let mut words = self.sql().prepare_cached("DELETE FROM words WHERE rowid = (SELECT id FROM found WHERE event_id = ?1)")?;
        words.execute([Key(event.0)])?;
        self.sql().prepare_cached("DELETE FROM found WHERE event_id = ?1")?.execute([Key(event.0)])?;
        Ok(())
    }

    /// Places that hold all the words and fit, in the order that is asked for as far as it can be had.
    pub fn search_words(
        &self,
        query: &Query,
        order: Order,
        limit: usize,
        mut fits: impl FnMut(Place) -> Option<bool>,
    ) -> Result<Searched, Fault> {
        let (sought, narrowed) = (query.sought(), query.narrowed());
        let mut searched = Searched { places: Vec::new(), order: Order::Newest, is_whole: true };
        let words = self.words(&sought)?;
        // What has no letter and no digit is in no index.
        if words.is_empty() && !sought.is_empty() {
            return Ok(searched);
        }
        if !words.is_empty() && order == Order::Best && !self.is_common(&words)? {
            searched.order = Order::Best;
        }
        let parts = [words, self.marks(&narrowed)?].concat();
        let matched = (!parts.is_empty()).then(|| parts.join(" AND "));
        let by = if searched.order == Order::Best { "rank" } else { "words.rowid DESC" };
        let select = match &matched {
            Some(_) => format!(
                "SELECT found.incident, found.entry FROM words CROSS JOIN found ON found.id = words.rowid
                    WHERE words MATCH ?1 AND words.rowid BETWEEN ?2 AND ?3 ORDER BY {by}"
            ),
            None => "SELECT incident, entry FROM found WHERE ?1 IS NULL AND id BETWEEN ?2 AND ?3 ORDER BY id DESC".to_owned(),
        };
        let (from, to) = ids(&narrowed);
        let mut statement = self.sql().prepare_cached(&select)?;
        let mut rows = statement.query(params![matched, from, to])?;
        let mut looked_at = 0;
        while searched.places.len() < limit
            && let Some(row) = rows.next()?
        {
            looked_at += 1;
            if looked_at > CANDIDATES {
                searched.is_whole = false;
                break;
            }
            let place = (IncidentId(row.get::<_, Key>(0)?.0), EventId(row.get::<_, Key>(1)?.0));
            // An entry and its amendment are one place.
            if searched.places.contains(&place) {
                continue;
            }
            match fits(place) {
                Some(true) => searched.places.push(place),
                Some(false) => {}
                None => searched.is_whole = false,
            }
        }
        Ok(searched)
    }

    fn is_common(&self, words: &[String]) -> Result<bool, Fault> {
        let mut count = self.sql().prepare_cached("SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ?1 LIMIT ?2)")?;
        for word in words {
            let places: i64 = count.query_row(params![word, COMMON_WORD], |row| row.get(0))?;
            if places >= COMMON_WORD {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is sought as FTS5 expressions that must all match: every word and phrase quoted, one that is still typed as a beginning.
    fn words(&self, sought: &[Sought<'_>]) -> Result<Vec<String>, Fault> {
        let sought = sought.iter().filter(|sought| sought.words.chars().any(char::is_alphanumeric));
        sought.map(|sought| if sought.is_begun { self.begun(sought.words) } else { Ok(quote(sought.words)) }).collect()
    }

    /// What is narrowed to as FTS5 expressions that must all match.
    fn marks(&self, narrowed: &[Narrow]) -> Result<Vec<String>, Fault> {
        let mut marks = Vec::new();
        for narrow in narrowed {
            match narrow {
                Narrow::Kind(kinds) => {
                    let asked = kinds.iter().map(|kind| Some(*kind)).chain([None]);
                    marks.push(one_of(asked.map(|kind| quote(&of_kind(kind)))));
                }
                Narrow::By(names) => {
                    let asked: Vec<String> = names.iter().map(|name| self.begun(&of_author(name))).collect::<Result<_, _>>()?;
                    marks.push(one_of(asked.into_iter().chain([quote(ANY_AUTHOR)])));
                }
                Narrow::Since(_) | Narrow::Until(_) => {}
            }
        }
        Ok(marks)
    }

    /// A beginning as an FTS5 expression. Where the index has no list of it, and folding is sure to be what the index does, it is spelled out as the
    /// words that there are: their lists are read as far as needed, while that of a beginning is joined as a whole first.
    fn begun(&self, word: &str) -> Result<String, Fault> {
        let beginning = Ok(format!("{}*", quote(word)));
        let is_plain = word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == MARK || letter == PART);
        if !is_plain || word.chars().count() <= LISTED_LETTERS {
            return beginning;
        }
        let word = word.to_ascii_lowercase();
        let mut next = self.sql().prepare_cached("SELECT term FROM vocabulary WHERE term >= ?1 LIMIT 1")?;
        let (mut terms, mut from) = (Vec::new(), word.clone());
        while let Some(term) = next.query_row([&from], |row| row.get::<_, String>(0)).optional()?
            && term.starts_with(&word)
        {
            if terms.len() == SPELLED_OUT {
                return beginning;
            }
            from = format!("{term}\u{1}");
            terms.push(quote(&term));
        }
        Ok(if terms.is_empty() { quote(&word) } else { one_of(terms.into_iter()) })
    }
}

fn one_of(expressions: impl Iterator<Item = String>) -> String {
    format!("({})", expressions.collect::<Vec<_>>().join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DeviceId;
    use crate::domain::Person;
    use crate::domain::TaskGiven;
    use crate::query::About;
    use crate::query::Ground;
    use crate::replica::home::Home;
    use uuid::Uuid;

    fn database() -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Database::open(&Home::prepare(folder.path()).unwrap()).unwrap();
        database.begin().unwrap();
        (folder, database)
    }

    fn task(id: u128, at: Timestamp, text: &str) -> Event {
        Event {
            id: EventId(Uuid::from_u128(id | (7 << 76))),
            incident: IncidentId(Uuid::from_u128(1)),
            at,
            by: "ana".into(),
            device: DeviceId(Uuid::from_u128(1)),
            index: 0,
            salt: String::new(),
            replaces: None,
            body: TaskGiven { person: "bo".into(), text: text.into(), due_at: None }.into(),
        }
    }

    fn count(database: &Database, typed: &str) -> usize {
        let (me, zone, now) = (Person::new("ana"), chrono_tz::Tz::UTC, Timestamp::from_millis(1_790_000_000_000));
        let query = Query::parse(typed, &Ground { about: About::Everything, now, zone, roles: &[], me: &me });
        assert!(query.problems.is_empty(), "{typed}");
        let searched = database.search_words(&query, Order::Newest, usize::MAX, |_| Some(true)).unwrap();
        assert!(searched.is_whole);
        searched.places.len()
    }

    #[test]
    fn a_beginning_finds_every_word_that_goes_on_from_it() {
        let (_folder, database) = database();
        let mut texts: Vec<String> = (0..SPELLED_OUT * 2).map(|number| format!("signer{number} is back")).collect();
        let others = ["Outflow", "outflows", "OUTFLÖW", "out flow", "où", "o", "signe", "sign", "a\"b OR c", "NEAR(signing"];
        texts.extend(others.map(str::to_owned));
        for (number, text) in texts.iter().enumerate() {
            database.index_words(&task(number as u128, Timestamp::from_millis(number as i64), text)).unwrap();
        }
        for typed in
            ["o", "ou", "où", "out", "outf", "Outflow", "OUTFLOWS", "outflö", "s", "sign", "signe", "signer", "signer1", "signers", "back"]
        {
            let begins =
                |text: &&String| text.split(|letter: char| !letter.is_alphanumeric()).any(|word| fold(word).starts_with(&fold(typed)));
            assert_eq!(count(&database, typed), texts.iter().filter(begins).count(), "{typed}");
        }
        let counts = |asked: &[&str]| asked.iter().map(|typed| count(&database, typed)).collect::<Vec<_>>();
        assert_eq!(counts(&["\"a\"b", "\"OR\"", "NEAR(", "signer1 ", "back by:an"]), [1, 1, 1, 1, SPELLED_OUT * 2]);
        assert_eq!(counts(&["-", "*", "outf by:bo", "outfl by:anabel"]), [0; 4]);
    }

    #[test]
    fn as_many_as_one_likes_happen_in_one_millisecond_and_all_are_found() {
        let (_folder, database) = database();
        let now = Timestamp::from_millis(1_790_000_000_000);
        let all = (IN_A_MILLISECOND + 900) as usize;
        let at = |id: u128, at| task(id, at, "quorum");
        (0..all).for_each(|number| database.index_words(&at(number as u128, now)).unwrap());
        for odd in [i64::MIN, -1, i64::MAX] {
            database.index_words(&at(u128::from(odd.cast_unsigned()), Timestamp::from_millis(odd))).unwrap();
        }
        assert_eq!(count(&database, "quorum"), all + 3);
        let counts = (count(&database, &format!("quorum since:{now}")), count(&database, &format!("quorum until:{now}")));
        assert_eq!(counts, (all + 1, all + 2));
    }
}
