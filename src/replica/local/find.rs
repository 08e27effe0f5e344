//! Searching, and keeping the words findable.

use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Rating;
use crate::domain::Refusal;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::query::Listed;
use crate::query::Query;
use crate::query::Sought;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::request::Order;
use crate::replica::search::Searched;
use crate::replica::search::searchable;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Found;
use crate::replica::snapshot::Hit;
use rusqlite::OptionalExtension;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many records become findable in one go.
const PIECE_RECORDS: u64 = 200;
/// Of incidents that are not held in full at most so many are read for one search, those of the best hits.
const READ_MAX: usize = 200;
/// Kept once all of a past that waits is findable; what is imported later is so at once.
pub(super) const PAST_INDEXED: &str = "past_indexed";
/// The width of an excerpt, in characters before the hit and in all.
const BEFORE_CHARS: usize = 30;
const EXCERPT_CHARS: usize = 160;

/// What a search knows of an incident.
enum Judged {
    /// Nothing in it can fit.
    Unfit,
    /// It would have to be read, and enough were.
    Unread,
    /// Its head, how it is rated, what of it is unsent, and all of it.
    Held(Box<(Arc<Header>, Rating, usize, Arc<Incident>)>),
}

impl Local {
    /// Finds in everything held here what has all the words of a query and fits its other terms.
    pub fn search(&mut self, query: &Query, order: Order, limit: usize, now: Timestamp) -> Answer {
        // What was written a moment ago is found. A failure leaves newer words unfindable for now; what is findable is still answered.
        let _ = self.index_ahead();
        let behind = self.unfindable();
        if query.is_empty() {
            return Answer::Found(Found { hits: Vec::new(), order, is_whole: true, behind });
        }
        let mut judged: BTreeMap<IncidentId, Judged> = BTreeMap::new();
        let mut read = 0;
        let fits = |place| if query.asks_beyond_words() { self.fits(query, place, now, &mut judged, &mut read) } else { Some(true) };
        match self.database.search_words(query, order, limit, fits) {
            Ok(Searched { places, order, is_whole }) => {
                let sought = query.sought();
                let hits = places.into_iter().filter_map(|place| self.hit(place, &sought)).collect();
                Answer::Found(Found { hits, order, is_whole, behind })
            }
            Err(fault) => Answer::Refused(Refusal::later("unreadable", fault.to_string())),
        }
    }

    /// Whether a place fits the terms of a query that are no words; `None` where that is not known. Incidents that are not held in full are
    /// read for it.
    fn fits(
        &self,
        query: &Query,
        (id, entry): (IncidentId, EventId),
        now: Timestamp,
        judged: &mut BTreeMap<IncidentId, Judged>,
        read: &mut usize,
    ) -> Option<bool> {
        let judge = || {
            let Some(header) = self.head_of(id) else { return Judged::Unfit };
            let rating = header.rate(&self.base.org.matrix, now);
            let unsent = self.outbox.of(id).count();
            let listed = Listed { header: &header, rating: &rating, unsent, is_new: false, is_quiet: false };
            if !query.admits(&listed) {
                return Judged::Unfit;
            }
            let held = self.view.get(id).cloned().or_else(|| {
                *read += 1;
                if *read > READ_MAX { None } else { self.folded(id).ok().flatten() }
            });
            held.map_or(Judged::Unread, |held| Judged::Held(Box::new((header, rating, unsent, held))))
        };
        match judged.entry(id).or_insert_with(judge) {
            Judged::Unfit => Some(false),
            Judged::Unread => None,
            Judged::Held(held) => {
                let (header, rating, unsent, held) = &**held;
                let listed = Listed { header, rating, unsent: *unsent, is_new: false, is_quiet: false };
                Some(held.timeline.find(entry).is_some_and(|entry| query.matches_found(&listed, entry)))
            }
        }
    }

    /// The head of an incident, also of one that is not listed.
    fn head_of(&self, id: IncidentId) -> Option<Arc<Header>> {
        let kept = || self.database.head(id).ok().flatten().map(Arc::new);
        self.headers.get(&id).cloned().or_else(kept)
    }

    fn hit(&self, (incident, entry): (IncidentId, EventId), sought: &[Sought<'_>]) -> Option<Hit> {
        let header = self.head_of(incident)?;
        let bytes = self.bytes_of(entry).ok()??;
        let event = bytes.read().ok()?;
        let held = self.view.get(incident).and_then(|held| {
            // Nearly every entry stands where its event was dated; only one that was re-timed is looked for everywhere.
            let dated = held.timeline.iter_from(held.timeline.place_at(event.at)).take_while(|line| line.at == event.at);
            let mut dated = dated.filter(|line| line.id == entry);
            dated.next().or_else(|| held.timeline.find(entry)).cloned()
        });
        let at = held.as_ref().map_or(event.at, |held| held.at);
        let text = match held {
            Some(held) if held.kind.is_written() => held.text.to_string(),
            _ => searchable(&event)?.0,
        };
        Some(Hit {
            incident,
            code: header.code_text(),
            title: header.title.clone(),
            entry,
            at,
            by: event.by.to_string(),
            excerpt: excerpt(&text, sought),
        })
    }

    /// The SHA-256 of an event's bytes.
    pub fn hash(&self, event: EventId) -> Answer {
        match self.bytes_of(event) {
            Ok(Some(bytes)) => Answer::Hashed(bytes.sha256_hex()),
            Ok(None) => Answer::Refused(Refusal::never("not_held", "the bytes of this event are not held here")),
            Err(fault) => Answer::Refused(Refusal::later("unreadable", fault.to_string())),
        }
    }

    fn bytes_of(&self, event: EventId) -> Result<Option<EventBytes>, Fault> {
        if let Some(row) = self.outbox.get(event) {
            return Ok(Some(row.bytes.clone()));
        }
        if self.past.count > 0
            && let Some(bytes) = self.database.past_bytes(event)?
        {
            return Ok(Some(bytes));
        }
        let mut query = self.database.sql().prepare_cached("SELECT event FROM record WHERE event_id = ?1")?;
        let text: Option<Option<String>> = query.query_row([Key(event.0)], |row| row.get(0)).optional()?;
        Ok(text.flatten().map(|text| EventBytes::stored(&text)))
    }

    /// Makes the next records and waiting events findable; answers whether there may be more.
    ///
    /// # Errors
    /// When the rows are not written; they are tried again.
    pub fn index_ahead(&mut self) -> Result<bool, Fault> {
        let from = self.indexed.min(self.seq());
        let up_to = self.seq().min(from + PIECE_RECORDS);
        if from == up_to && self.to_index.is_empty() && self.past_to_index.is_none() {
            return Ok(false);
        }
        // These rows are made again from the log if they are lost: they need not reach the disk before the next durable commit does.
        self.database.wait_for_disk(false)?;
        let written = self.database.begin().and_then(|()| {
            let written = if from == up_to { self.index_past() } else { Ok(self.past_to_index) };
            let written = self.index_piece(from, up_to).and(written);
            self.database.finish(written)
        });
        self.database.wait_for_disk(true)?;
        self.past_to_index = written?;
        self.to_index.clear();
        self.indexed = up_to;
        Ok(self.unfindable() > 0)
    }

    /// How much of what is held cannot be found yet.
    fn unfindable(&self) -> u64 {
        let last = || self.database.sql().query_row("SELECT coalesce(max(place), 0) FROM past", [], |row| row.get::<_, i64>(0));
        let past = self.past_to_index.map_or(0, |behind| last().map_or(self.past.count as u64, |last| (last - behind).max(0) as u64));
        self.seq().saturating_sub(self.indexed) + past
    }

    /// Makes the next events of a past that waits here findable again, whose words went with an older or a damaged file; answers how far that is.
    fn index_past(&self) -> Result<Option<i64>, Fault> {
        let Some(behind) = self.past_to_index else { return Ok(None) };
        let mut query = self.database.sql().prepare_cached("SELECT place, event FROM past WHERE place > ?1 ORDER BY place LIMIT ?2")?;
        let mut rows = query.query([behind, PIECE_RECORDS as i64])?;
        let (mut last, mut count) = (None, 0);
        while let Some(row) = rows.next()? {
            (last, count) = (Some(row.get(0)?), count + 1);
            // What cannot be read is told of where it is sent.
            if let Ok(event) = EventBytes::stored(&row.get::<_, String>(1)?).read() {
                self.database.index_words(&event)?;
            }
        }
        if count == PIECE_RECORDS {
            return Ok(last);
        }
        self.database.keep_fact(PAST_INDEXED, true)?;
        Ok(None)
    }

    fn index_piece(&self, from: u64, up_to: u64) -> Result<(), Fault> {
        for row in self.to_index.iter().filter_map(|id| self.outbox.get(*id)) {
            self.database.index_words(&row.event)?;
        }
        let mut failed = None;
        self.database.each_between(from, up_to, |held| {
            if let Some(event) = &held.event
                && failed.is_none()
            {
                failed = self.database.index_words(event).err();
            }
        })?;
        failed.map_or(Ok(()), Err)?;
        self.database.keep_number("indexed", up_to)
    }

    /// Waiting events that are not findable yet, after a crash between their commit and their words.
    pub(super) fn unindexed(&self) -> Result<Vec<EventId>, Fault> {
        let mut query = self
            .database
            .sql()
            .prepare_cached("SELECT event_id FROM outbox WHERE NOT EXISTS (SELECT 1 FROM found WHERE found.event_id = outbox.event_id)")?;
        let ids = query.query_map([], |row| Ok(EventId(row.get::<_, Key>(0)?.0)))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }
}

/// The words around the first hit, on one line.
fn excerpt(text: &str, sought: &[Sought<'_>]) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= EXCERPT_CHARS {
        return line;
    }
    let lower = line.to_lowercase();
    let place = sought.iter().filter_map(|sought| lower.find(&sought.words.to_lowercase())).min().unwrap_or(0);
    // Lower case may have other lengths: the place is near enough, counted in characters.
    let before = lower[..place].chars().count().saturating_sub(BEFORE_CHARS);
    let mut cut: String = line.chars().skip(before).take(EXCERPT_CHARS).collect();
    if before > 0 {
        cut.insert(0, '…');
    }
    if line.chars().count() > before + EXCERPT_CHARS {
        cut.push('…');
    }
    cut
}
