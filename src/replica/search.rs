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

/// The words and narrowings as an FTS5 query; `None` where there is neither.
fn matched(sought: &[Sought<'_>], narrowed: &[Narrow]) -> Option<String> {
    let one_of = |marks: Vec<String>| format!("({})", marks.join(" OR "));
    let marks = narrowed.iter().filter_map(|narrow| match narrow {
        Narrow::Kind(kinds) => {
            let asked = kinds.iter().map(|kind| Some(*kind)).chain([None]);
            Some(one_of(asked.map(|kind| quote(&of_kind(kind))).collect()))
        }
        Narrow::By(names) => {
            let asked = names.iter().map(|name| format!("{}*", quote(&of_author(name))));
            Some(one_of(asked.chain([quote(ANY_AUTHOR)]).collect()))
        }
        Narrow::Since(_) | Narrow::Until(_) => None,
    });
    let parts: Vec<String> = quoted(sought).into_iter().chain(marks).collect();
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

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

/// What is sought as an FTS5 query: every word and phrase quoted, all wanted, one that is still typed as a beginning.
pub(super) fn quoted(sought: &[Sought<'_>]) -> Option<String> {
    let quoted = sought.iter().filter(|sought| sought.words.chars().any(char::is_alphanumeric));
    let quoted = quoted.map(|sought| format!("{}{}", quote(sought.words), if sought.is_begun { "*" } else { "" }));
    Some(quoted.collect::<Vec<_>>().join(" AND ")).filter(|query| !query.is_empty())
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
        let words = quoted(&sought);
        // What has no letter and no digit is in no index.
        if words.is_none() && !sought.is_empty() {
            return Ok(searched);
        }
        if words.is_some() && order == Order::Best && !self.is_common(&sought)? {
            searched.order = Order::Best;
        }
        let matched = matched(&sought, &narrowed);
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

    fn is_common(&self, sought: &[Sought<'_>]) -> Result<bool, Fault> {
        let mut count = self.sql().prepare_cached("SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ?1 LIMIT ?2)")?;
        // Whole words first: of a beginning, every word that goes on from it is read.
        let whole = sought.iter().map(|one| Sought { is_begun: false, ..*one });
        for one in whole.chain(sought.iter().copied().filter(|one| one.is_begun)) {
            let Some(query) = quoted(&[one]) else { continue };
            let places: i64 = count.query_row(params![query, COMMON_WORD], |row| row.get(0))?;
            if places >= COMMON_WORD {
                return Ok(true);
            }
        }
        Ok(false)
    }
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

    #[test]
    fn what_people_type_is_quoted() {
        let sought = |words, is_begun| Sought { words, is_begun };
        assert_eq!(quoted(&[sought("signer-3", false), sought("le", true)]).as_deref(), Some("\"signer-3\" AND \"le\"*"));
        assert_eq!(
            quoted(&[sought("a\"b", false), sought("OR", false), sought("NEAR(", false)]).as_deref(),
            Some("\"a\"\"b\" AND \"OR\" AND \"NEAR(\"")
        );
        assert_eq!(quoted(&[sought("-", false), sought("*", true)]), None);
    }

    #[test]
    fn as_many_as_one_likes_happen_in_one_millisecond_and_all_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Database::open(&Home::prepare(folder.path()).unwrap()).unwrap();
        let now = Timestamp::from_millis(1_790_000_000_000);
        let count = IN_A_MILLISECOND + 900;
        database.begin().unwrap();
        let at = |id: u128, at| Event {
            id: EventId(Uuid::from_u128(id | (7 << 76))),
            incident: IncidentId(Uuid::from_u128(1)),
            at,
            by: "ana".into(),
            device: DeviceId(Uuid::from_u128(1)),
            index: 0,
            salt: String::new(),
            replaces: None,
            body: TaskGiven { person: "bo".into(), text: "quorum".into(), due_at: None }.into(),
        };
        (0..count).for_each(|number| database.index_words(&at(number as u128, now)).unwrap());
        for odd in [i64::MIN, -1, i64::MAX] {
            database.index_words(&at(u128::from(odd.cast_unsigned()), Timestamp::from_millis(odd))).unwrap();
        }
        database.finish(Ok::<(), Fault>(())).unwrap();
        let (me, zone) = (Person::new("ana"), chrono_tz::Tz::UTC);
        let found = |typed: String| {
            let query = Query::parse(&typed, &Ground { about: About::Everything, now, zone, roles: &[], me: &me });
            assert!(query.problems.is_empty(), "{typed}");
            let searched = database.search_words(&query, Order::Newest, usize::MAX, |_| Some(true)).unwrap();
            assert!(searched.is_whole);
            searched.places.len() as i64
        };
        assert_eq!(found("quorum".into()), count + 3);
        assert_eq!((found(format!("quorum since:{now}")), found(format!("quorum until:{now}"))), (count + 1, count + 2));
    }
}
