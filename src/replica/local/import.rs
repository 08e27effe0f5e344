//! Past incidents that are told afterwards: many events at once, each written by nobody here, and each only once.

use crate::domain::Board;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::Refusal;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::outbox::Waiting;
use crate::replica::past::Past;
use std::collections::BTreeSet;
use std::sync::Arc;

/// So many events of a past are in the outbox at most, sent or not.
const OUTBOX_MOST: usize = 4_000;

/// What became of past incidents.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Imported {
    /// Events that are durable here now.
    pub added: usize,
    /// Incidents that were not held here before.
    pub incidents: usize,
    /// Events that were held here already, byte for byte.
    pub known: usize,
    /// Events held here under the same id with other words: what is held stays as it is.
    pub differing: Vec<EventId>,
    /// Incidents of which a rule lets something not in: nothing new of them was added.
    pub refused: Vec<(IncidentId, Refusal)>,
}

impl Imported {
    /// Adds what became of more of them.
    pub fn add(&mut self, more: Self) {
        self.added += more.added;
        self.incidents += more.incidents;
        self.known += more.known;
        self.differing.extend(more.differing);
        self.refused.extend(more.refused);
    }
}

/// An incident with new events on top.
struct Grown {
    events: Vec<(Event, EventBytes)>,
    header: Header,
    is_new: bool,
}

/// An event and its bytes, or why it cannot be written.
type Written = (Event, Result<EventBytes, Refusal>);

impl Local {
    /// Records the events of past incidents, those of one incident beside each other and in order. What is held already is passed over; of an
    /// incident all that is new goes in, or nothing. One transaction: durable when this returns, or nothing of it remains.
    ///
    /// # Errors
    /// When it is not on disk.
    pub fn import(&mut self, incidents: &[Vec<Event>], now: Timestamp) -> Result<Imported, Fault> {
        let begun = self.database.begin();
        let done = begun.and_then(|()| {
            let written = self.catch_up(now).and_then(|_| self.write_past(incidents, now));
            self.database.finish(written)
        });
        let (imported, heads, past) = self.note(done)?;
        if past != self.past {
            // Another process of this home reads all heads again.
            self.cuts += 1;
        }
        self.past = past;
        let held: BTreeSet<IncidentId> = heads.iter().map(|header| header.id).collect();
        heads.into_iter().for_each(|header| self.list(Arc::new(header)));
        self.rebase_held(&held);
        Ok(imported)
    }

    fn write_past(&mut self, incidents: &[Vec<Event>], now: Timestamp) -> Result<(Imported, Vec<Header>, Past), Fault> {
        let (mut imported, mut heads, mut past) = (Imported::default(), Vec::new(), self.past.clone());
        if past.count > 0 && (&past.log, &past.person) != (&self.log, &self.me.person) {
            let words = format!("{} events that {} imported wait to be sent first", past.count, past.person);
            imported.refused = incidents
                .iter()
                .flat_map(|events| events.first())
                .map(|first| (first.incident, Refusal::later("other_person", words.clone())))
                .collect();
            return Ok((imported, heads, past));
        }
        for events in incidents {
            let before = imported.known;
            if let Some(first) = events.first()
                && self.is_away(first.incident)?
            {
                // Told and sent from another copy, longer ago than this one reaches back.
                imported.known += events.len();
                continue;
            }
            let fresh = self.fresh(events, &mut imported)?;
            if fresh.is_empty() {
                continue;
            }
            match self.grow(fresh, now)? {
                Ok(grown) => {
                    imported.added += grown.events.len();
                    imported.incidents += usize::from(grown.is_new);
                    for (event, bytes) in &grown.events {
                        self.database.put_past(event.id, event.incident, bytes)?;
                        self.database.index_words(event)?;
                    }
                    self.database.keep_head(&grown.header)?;
                    heads.push(grown.header);
                }
                Err(refusal) => {
                    imported.known = before;
                    imported.refused.extend(events.first().map(|event| (event.incident, refusal)));
                }
            }
        }
        if imported.added > 0 {
            past = Past { count: past.count + imported.added, log: self.log, person: self.me.person.clone() };
            self.database.keep_past(&past)?;
            self.database.keep_fact("cuts", self.cuts + 1)?;
        }
        Ok((imported, heads, past))
    }

    /// Those that are not held here, with their bytes; the others are counted.
    fn fresh(&self, events: &[Event], imported: &mut Imported) -> Result<Vec<Written>, Fault> {
        let mut fresh = Vec::new();
        for event in events {
            let bytes = EventBytes::write(event);
            match (self.told_before(event.id)?, &bytes) {
                (None, _) => fresh.push((event.clone(), bytes)),
                // Words that were deleted stay deleted.
                (Some(None), _) => imported.known += 1,
                (Some(Some(held)), Ok(bytes)) if held == *bytes => imported.known += 1,
                _ => imported.differing.push(event.id),
            }
        }
        Ok(fresh)
    }

    /// The bytes held of an event, if it is held; none where its words were deleted.
    fn told_before(&self, id: EventId) -> Result<Option<Option<EventBytes>>, Fault> {
        if let Some(row) = self.outbox.get(id) {
            return Ok(Some(Some(row.bytes.clone())));
        }
        if let Some(bytes) = self.database.past_bytes(id)? {
            return Ok(Some(Some(bytes)));
        }
        Ok(self.database.event_of(id)?.map(|(_, text)| text.map(|text| EventBytes::stored(&text))))
    }

    /// The incident with these events on top, as the rules let them in one after the other.
    fn grow(&self, fresh: Vec<(Event, Result<EventBytes, Refusal>)>, now: Timestamp) -> Result<Result<Grown, Refusal>, Fault> {
        let id = fresh[0].0.incident;
        let mut board = Board::new(self.view.org.clone());
        let held = self.folded(id)?;
        let is_new = held.is_none();
        held.into_iter().for_each(|incident| board.put(incident));
        let mut events = Vec::with_capacity(fresh.len());
        for (event, bytes) in fresh {
            match board.admit(&event, &self.me, now).and(bytes) {
                Ok(bytes) => {
                    board.apply(&event, None);
                    events.push((event, bytes));
                }
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        match board.get(id) {
            Some(incident) => Ok(Ok(Grown { events, header: Header::of(incident), is_new })),
            None => Ok(Err(Refusal::never("bad_declaration", "its declaration is missing"))),
        }
    }

    /// How many events of a past that was told here gave way to what somebody else had told of the same record.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn gave_way(&self) -> Result<u64, Fault> {
        self.database.gave_way()
    }

    /// What waits behind the outbox belongs to a log and a person from now on.
    pub(super) fn own_past(&mut self, past: Past, now: Timestamp) -> Result<(), Fault> {
        self.small_write(now, |database| database.keep_past(&past))?;
        self.past = past;
        Ok(())
    }

    /// Moves the next events of a past into the outbox, once less than a batch waits there.
    pub fn refill(&mut self, most: usize, now: Timestamp) {
        if self.may_refill() && self.outbox.waiting() < most && !self.read_only {
            // What could not be moved is moved with the next batch.
            let moved = self.move_past(most, now);
            let _ = self.note(moved);
        }
    }

    /// Whether more of a past may go into the outbox. What was sent stays there until its record comes, so that both stay small.
    pub(super) fn may_refill(&self) -> bool {
        self.past.is_sendable(self.log, &self.me.person) && self.outbox.len() < OUTBOX_MOST
    }

    fn move_past(&mut self, most: usize, now: Timestamp) -> Result<(), Fault> {
        let begun = self.database.begin();
        let moved = begun.and_then(|()| {
            let moved = self.catch_up(now).and_then(|_| self.write_moved(most));
            self.database.finish(moved)
        });
        let (rows, past, change) = moved?;
        (self.past, self.outbox_changed) = (past, change);
        rows.into_iter().for_each(|row| self.outbox.put(row));
        self.keep_head();
        Ok(())
    }

    fn write_moved(&self, most: usize) -> Result<(Vec<Waiting>, Past, i64), Fault> {
        let change = self.database.next_change()?;
        let mut rows: Vec<Waiting> = Vec::new();
        for (place, bytes) in (self.database.next_place()?..).zip(self.database.first_past(most)?) {
            let event = bytes.read().map_err(|why| Fault::Damaged(format!("past: {why}")))?;
            self.database.delete_past(event.id)?;
            let with = rows.iter().rposition(|row| row.event.incident != event.incident).map_or(0, |last| last + 1);
            let row = self.outbox.row(place, Arc::new(event), bytes, self.log, self.me.person.clone(), &rows[with..]);
            self.database.put_waiting(&row, change)?;
            rows.push(row);
        }
        // Without any left the count was wrong: some were lost with a damaged file.
        let count = if rows.is_empty() { 0 } else { self.past.count - rows.len().min(self.past.count) };
        let past = Past { count, ..self.past.clone() };
        self.database.keep_past(&past)?;
        Ok((rows, past, change))
    }
}
