//! Full text: rows follow outside the commit that recorded the words, and what people type is quoted.

use crate::domain::Body;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::query::Sought;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use rusqlite::params;

/// Above so many places of one word, ranking by relevance costs more than it tells: the newest come first instead.
const COMMON_WORD: i64 = 5_000;
/// So many places that hold the words are held against the other terms.
const CANDIDATES: i64 = 20_000;

/// A place where words were found: the incident, and the entry in it.
pub(super) type Place = (IncidentId, EventId);

/// The words of an event to be found again, and the entry they belong to.
pub(super) fn searchable(event: &Event) -> Option<(String, EventId)> {
    let own = |words: Vec<&str>| Some((words.join("\n"), event.id));
    match &event.body {
        Body::IncidentDeclared(data) => own(vec![&data.title, &data.summary]),
        Body::IncidentEdited(data) => {
            let words: Vec<&str> = [data.title.as_deref(), data.summary.as_deref()].into_iter().flatten().collect();
            (!words.is_empty()).then(|| (words.join("\n"), EventId(event.incident.0)))
        }
        Body::EntryAdded(data) => {
            let mut words = vec![data.text.as_str()];
            words.extend(data.audience.as_deref());
            words.extend(data.components.iter().map(String::as_str));
            own(words)
        }
        Body::EntryAmended(data) => data.text.as_ref().map(|text| (text.clone(), data.entry)),
        Body::StatusChanged(data) if !data.reason.is_empty() => own(vec![&data.reason]),
        Body::TaskGiven(data) => own(vec![&data.text]),
        Body::TaskDone(data) if !data.result.is_empty() => own(vec![&data.result]),
        Body::AlertFired(data) => own(vec![&data.title, &data.summary]),
        _ => None,
    }
}

/// What is sought as an FTS5 query: every word and phrase quoted, all wanted, one that is still typed as a beginning.
pub(super) fn quoted(sought: &[Sought<'_>]) -> Option<String> {
    let quoted = sought.iter().filter(|sought| sought.words.chars().any(char::is_alphanumeric));
    let quoted = quoted.map(|sought| format!("{}{}", quote(sought.words), if sought.is_begun { "*" } else { "" }));
    Some(quoted.collect::<Vec<_>>().join(" ")).filter(|query| !query.is_empty())
}

fn quote(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

impl Database {
    /// Makes the words of an event findable; inside a transaction. An event that is findable already stays as it is.
    pub fn index_words(&self, event: &Event) -> Result<(), Fault> {
        let Some((text, entry)) = searchable(event) else { return Ok(()) };
        let mut found = self.sql().prepare_cached("INSERT OR IGNORE INTO found (event_id, incident, entry) VALUES (?1, ?2, ?3)")?;
        if found.execute(params![Key(event.id.0), Key(event.incident.0), Key(entry.0)])? > 0 {
            let row = self.sql().last_insert_rowid();
            self.sql().prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?.execute(params![row, text])?;
        }
        Ok(())
    }

    /// Makes the words of an event unfindable; inside a transaction.
    pub fn forget_words(&self, event: EventId) -> Result<(), Fault> {
        let mut words = self.sql().prepare_cached("DELETE FROM words WHERE rowid = (SELECT id FROM found WHERE event_id = ?1)")?;
        words.execute([Key(event.0)])?;
        self.sql().prepare_cached("DELETE FROM found WHERE event_id = ?1")?.execute([Key(event.0)])?;
        Ok(())
    }

    /// Places that hold all the words and fit, best first; the newest first where a word is very common, or none is asked for.
    pub fn search_words(&self, sought: &[Sought<'_>], limit: usize, mut fits: impl FnMut(Place) -> bool) -> Result<Vec<Place>, Fault> {
        let query = quoted(sought);
        let select = match &query {
            Some(_) => {
                let order = if self.is_common(sought)? { "words.rowid DESC" } else { "rank" };
                format!(
                    "SELECT found.incident, found.entry FROM words JOIN found ON found.id = words.rowid WHERE words MATCH ?1 ORDER BY {order} LIMIT ?2"
                )
            }
            None if sought.is_empty() => "SELECT incident, entry FROM found WHERE ?1 IS NULL ORDER BY id DESC LIMIT ?2".to_owned(),
            // What has no letter and no digit is in no index.
            None => return Ok(Vec::new()),
        };
        let mut statement = self.sql().prepare_cached(&select)?;
        let mut rows = statement.query(params![query, CANDIDATES])?;
        let mut places: Vec<Place> = Vec::new();
        while let Some(row) = rows.next()?
            && places.len() < limit
        {
            let place = (IncidentId(row.get::<_, Key>(0)?.0), EventId(row.get::<_, Key>(1)?.0));
            // An entry and its amendment are one place.
            if !places.contains(&place) && fits(place) {
                places.push(place);
            }
        }
        Ok(places)
    }

    fn is_common(&self, sought: &[Sought<'_>]) -> Result<bool, Fault> {
        let mut count = self.sql().prepare_cached("SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ?1 LIMIT ?2)")?;
        for query in sought.iter().filter_map(|one| quoted(std::slice::from_ref(one))) {
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

    #[test]
    fn what_people_type_is_quoted() {
        let sought = |words, is_begun| Sought { words, is_begun };
        assert_eq!(quoted(&[sought("signer-3", false), sought("le", true)]).as_deref(), Some("\"signer-3\" \"le\"*"));
        assert_eq!(
            quoted(&[sought("a\"b", false), sought("OR", false), sought("NEAR(", false)]).as_deref(),
            Some("\"a\"\"b\" \"OR\" \"NEAR(\"")
        );
        assert_eq!(quoted(&[sought("-", false), sought("*", true)]), None);
    }
}
