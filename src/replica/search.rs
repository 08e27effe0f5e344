//! Full text: rows follow outside the commit that recorded the words, and what people type is quoted.

use crate::domain::Body;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use rusqlite::params;
use std::fmt::Write;

/// Above so many places of one word, ranking by relevance costs more than it tells: the newest come first instead.
const COMMON_WORD: i64 = 5_000;
const CANDIDATES: usize = 256;

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

/// What people type as an FTS5 query: every word quoted, all wanted, the last one as a beginning.
pub(super) fn quoted(typed: &str) -> Option<String> {
    let words: Vec<&str> = typed.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).collect();
    let (last, before) = words.split_last()?;
    let mut query = String::new();
    for word in before {
        // Writing into a string does not fail.
        let _ = write!(query, "{} ", quote(word));
    }
    let _ = write!(query, "{}", quote(last));
    // A space after the last word says that it is whole.
    if !typed.ends_with(char::is_whitespace) {
        query.push('*');
    }
    Some(query)
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

    /// Places that hold all the words, best first; the newest first where a word is very common.
    pub fn search_words(&self, typed: &str, limit: usize) -> Result<Vec<Place>, Fault> {
        let Some(query) = quoted(typed) else { return Ok(Vec::new()) };
        let order = if self.is_common(typed)? { "words.rowid DESC" } else { "rank" };
        let select = format!(
            "SELECT found.incident, found.entry FROM words JOIN found ON found.id = words.rowid WHERE words MATCH ?1 ORDER BY {order} LIMIT ?2"
        );
        let mut statement = self.sql().prepare_cached(&select)?;
        let rows = statement.query_map(params![query, limit.clamp(1, CANDIDATES) as i64 * 2], |row| {
            Ok((IncidentId(row.get::<_, Key>(0)?.0), EventId(row.get::<_, Key>(1)?.0)))
        })?;
        let mut places: Vec<Place> = Vec::new();
        for place in rows {
            let place = place?;
            // An entry and its amendment are one place.
            if !places.contains(&place) && places.len() < limit {
                places.push(place);
            }
        }
        Ok(places)
    }

    fn is_common(&self, typed: &str) -> Result<bool, Fault> {
        let mut count = self.sql().prepare_cached("SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ?1 LIMIT ?2)")?;
        for (place, word) in typed.split_whitespace().enumerate() {
            let last = place + 1 == typed.split_whitespace().count();
            let Some(query) = quoted(&format!("{word}{}", if last && !typed.ends_with(char::is_whitespace) { "" } else { " " })) else {
                continue;
            };
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
        assert_eq!(quoted("signer-3 le").as_deref(), Some("\"signer-3\" \"le\"*"));
        assert_eq!(quoted("a\"b OR NEAR( ").as_deref(), Some("\"a\"\"b\" \"OR\" \"NEAR(\""));
        assert_eq!(quoted(" - * "), None);
    }
}
