//! Folding records that are in the log already: all of them at start, and those that other nodes write as they come.

use crate::domain::Board;
use crate::domain::Body;
use crate::domain::Event;
use crate::domain::IncidentId;
use crate::ledger::Malformed;
use crate::server::shelf::Folded;
use crate::server::shelf::Shelf;
use crate::server::shown::Frame;
use crate::server::tail::Tail;
use crate::store::Head;
use crate::store::LogReader;
use crate::store::LogStore;
use crate::store::StoreError;
use crate::store::Stored;

const PAGE_RECORDS: usize = 1000;
const PAGE_BYTES: usize = 8 * 1024 * 1024;

/// Folds the whole log up to the store's head, in order.
pub(super) fn fold(store: &dyn LogStore, mut folded: Folded) -> Result<Folded, StoreError> {
    let (reader, last) = (store.reader(), store.head().seq());
    let mut seq = 0;
    while seq < last {
        let page = reader.page(seq, PAGE_RECORDS, PAGE_BYTES)?;
        // Other nodes may have written on; what comes after the head is followed later.
        for stored in page.iter().filter(|stored| stored.seq <= last) {
            take_in(&mut folded, stored)?;
        }
        let Some(end) = page.last() else {
            return Err(StoreError::Malformed(format!("the log ends at record {seq} and its head says {last}")));
        };
        seq = end.seq;
    }
    let incidents: Vec<_> = folded.board.iter().cloned().collect();
    for incident in incidents {
        folded.index(&incident);
    }
    Ok(folded)
}

/// Records that come after those that were folded, before anything is published.
pub(super) fn take_all(folded: &mut Folded, records: &[Stored]) -> Result<(), StoreError> {
    for stored in records {
        if let Some(incident) = take_in(folded, stored)?.and_then(|id| folded.board.get(id)).cloned() {
            folded.index(&incident);
        }
    }
    Ok(())
}

/// Takes in what other nodes wrote, and publishes it.
pub(super) fn follow(shelf: &Shelf, tail: &Tail, reader: &dyn LogReader, head: &Head, records: &[Stored]) -> Result<(), StoreError> {
    // Everything is read before anything is changed: what fails is tried again from where it began.
    let gone = records.iter().filter_map(redaction).map(|(seq, id)| Ok((header(reader, seq)?, reader.incident(id)?, id)));
    let gone: Vec<_> = gone.collect::<Result<_, StoreError>>()?;
    let mut frames = Vec::with_capacity(records.len());
    shelf.try_change(|folded| {
        for stored in records {
            let id = take_in(folded, stored)?;
            if let Some(incident) = id.and_then(|id| folded.board.get(id)).cloned() {
                folded.index(&incident);
            }
            frames.push(Frame::new(stored.seq, &stored.record, stored.event.as_ref(), id));
        }
        for (_, left, id) in &gone {
            put_left(&mut folded.board, *id, left, head.seq());
        }
        Ok::<_, StoreError>(())
    })?;
    for (stored, ..) in gone {
        tail.replace(stored.seq, Frame::new(stored.seq, &stored.record, None, None));
    }
    // Who may see what was said above, before anyone is shown it.
    tail.publish(frames, head);
    Ok(())
}

/// The record and the incident whose words a record deletes.
fn redaction(stored: &Stored) -> Option<(u64, IncidentId)> {
    let event = stored.event.as_ref()?.read().ok()?;
    if let Body::EventRedacted(redacted) = &event.body { Some((redacted.seq, event.incident)) } else { None }
}

fn header(reader: &dyn LogReader, seq: u64) -> Result<Stored, StoreError> {
    let found = reader.page(seq.saturating_sub(1), 1, usize::MAX)?.pop();
    found.ok_or_else(|| StoreError::Malformed(format!("record {seq} was redacted and is not there")))
}

/// An incident folded anew from what the store still has of it up to a head: nothing of the words that were deleted stays in memory.
pub(super) fn refold(reader: &dyn LogReader, board: &mut Board, id: IncidentId, last: u64) {
    match reader.incident(id) {
        Ok(left) => put_left(board, id, &left, last),
        // The words are gone from the disk; what is in memory goes with the next start.
        Err(why) => tracing::error!(%why, "an incident could not be folded anew after a redaction; restart the server"),
    }
}

/// Puts an incident onto the board as its records up to `last` say. Other nodes may have written on; that is followed later.
fn put_left(board: &mut Board, id: IncidentId, left: &[Stored], last: u64) {
    let mut folded = Board::new(board.org.clone());
    for stored in left.iter().filter(|stored| stored.seq <= last) {
        let read = stored.folded().and_then(|event| Some((event.read().ok()?, stored.record.read().ok()?)));
        if let Some((event, record)) = read {
            folded.apply(&event, Some(&record.acceptance()));
        }
    }
    if let Some(incident) = folded.get(id) {
        board.put(incident.clone());
    }
}

/// One record onto the board. Answers the incident it is about, unless it was redacted.
fn take_in(folded: &mut Folded, stored: &Stored) -> Result<Option<IncidentId>, StoreError> {
    let damaged = |why: Malformed| StoreError::Malformed(format!("record {} cannot be read: {why}", stored.seq));
    let record = stored.record.read().map_err(damaged)?;
    if stored.event.as_ref().is_some_and(|bytes| bytes.sha256_hex() != record.event_sha256) {
        let what = format!("the event of record {} does not have the hash its header says", stored.seq);
        return Err(StoreError::Malformed(what));
    }
    let acceptance = record.acceptance();
    folded.received_at = folded.received_at.max(acceptance.received_at);
    folded.last_code = folded.last_code.max(acceptance.code.map_or(0, |code| code.0));
    let event: Option<Event> = stored.folded().map(|bytes| bytes.read()).transpose().map_err(damaged)?;
    if let Some(Event { body: Body::KeyReplaced(replaced), .. }) = &event {
        folded.succession.push(replaced.note.clone());
    }
    if let Some(event) = &event {
        folded.board.apply(event, Some(&acceptance));
    }
    Ok(event.map(|event| event.incident))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DeviceId;
    use crate::domain::EntryAdded;
    use crate::domain::EntryKind;
    use crate::domain::EventId;
    use crate::domain::EventRedacted;
    use crate::domain::IncidentDeclared;
    use crate::domain::Severity;
    use crate::domain::Timestamp;
    use crate::domain::WrittenKind;
    use crate::ledger::EventBytes;
    use crate::ledger::Frontier;
    use crate::ledger::Record;
    use crate::ledger::SecretKey;
    use crate::store::Ask;
    use crate::store::NewRecord;
    use crate::store::Redaction;
    use crate::store::SqliteStore;
    use crate::store::Write;
    use uuid::Uuid;

    fn event(number: u128, body: impl Into<Body>) -> Event {
        Event {
            id: EventId(Uuid::from_u128(number)),
            incident: IncidentId(Uuid::from_u128(1)),
            at: Timestamp::from_millis(1_790_000_000_000),
            by: "ana".into(),
            device: DeviceId(Uuid::nil()),
            index: number as u64,
            salt: "00112233445566778899aabbccddeeff".into(),
            replaces: None,
            body: body.into(),
        }
    }

    fn entry(number: u128, text: &str) -> Event {
        let kind = WrittenKind::new(EntryKind::Observation).unwrap();
        let (components, text) = (Vec::new(), text.to_owned());
        event(number, EntryAdded { kind, text, outcome: None, audience: None, components, reply_to: None, moved_from: None })
    }

    /// The log as a node reads it that follows only its first records, while others wrote on.
    #[test]
    fn a_redaction_is_followed_up_to_the_head_that_is_followed_and_no_further() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open(&folder.path().join("log.db")).unwrap();
        let declared = IncidentDeclared {
            title: "Withdrawals".into(),
            summary: String::new(),
            services: Vec::new(),
            severity: Severity::new(2),
            drill: false,
            source: None,
            follows: None,
            follows_code: String::new(),
        };
        let words = entry(2, "hunter2");
        let stub = EventBytes::write(&words.stub().unwrap()).unwrap();
        let redacted = EventRedacted { event: words.id, seq: 2, reason: "a key".into(), stub: stub.as_str().to_owned() };
        let (id, of) = (words.incident, words.id);
        let events = [event(1, declared), words, event(3, redacted), entry(4, "written on")];
        let write = |head: &Head, place: usize, event: &Event| {
            let bytes = EventBytes::write(event).unwrap();
            let record = Record {
                v: 1,
                seq: head.seq() + 1 + place as u64,
                epoch: head.epoch,
                received_at: event.at,
                person: "ana".into(),
                event_sha256: bytes.sha256_hex(),
                code: None,
                before: None,
            };
            Write::Record(NewRecord { id: event.id, incident: event.incident, record: record.write().unwrap(), event: bytes })
        };
        let mut append = |events: &[Event], redaction: Option<Write>| {
            store
                .append(&Ask::default(), &mut |_, _| Ok(()), &mut |under| {
                    let records = events.iter().enumerate().map(|(place, event)| write(under.head(), place, event));
                    Ok(records.chain(redaction.clone()).collect())
                })
                .unwrap()
        };
        let before = append(&events[..2], None);
        let redaction = Redaction { seq: 2, event: of, incident: id, stub, raw: None };
        let at = append(&events[2..3], Some(Write::Redact(redaction)));
        append(&events[3..], None);

        let reader = store.reader();
        let shelf = Shelf::new(Folded::new(crate::wire::builtin_org()));
        let tail = Tail::new(&Head { frontier: Frontier::default(), ..before.clone() }, 10, SecretKey::from_seed([1; 32]));
        let all = reader.page(0, 10, usize::MAX).unwrap();
        follow(&shelf, &tail, &*reader, &before, &all[..2]).unwrap();
        follow(&shelf, &tail, &*reader, &at, &all[2..3]).unwrap();
        let told = || format!("{:?}", shelf.read().board.get(id).unwrap().timeline);
        assert!(told().contains("[redacted]") && !told().contains("hunter2") && !told().contains("written on"), "{}", told());
        let whole = reader.head().unwrap();
        follow(&shelf, &tail, &*reader, &whole, &all[3..]).unwrap();
        assert_eq!((told().matches("written on").count(), tail.tip().seq), (1, 4));
    }
}
