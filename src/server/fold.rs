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

/// Takes in what other nodes wrote, and publishes it.
pub(super) fn follow(shelf: &Shelf, tail: &Tail, reader: &dyn LogReader, head: &Head, records: &[Stored]) -> Result<(), StoreError> {
    let (mut frames, mut gone) = (Vec::with_capacity(records.len()), Vec::new());
    shelf.try_change(|folded| {
        for stored in records {
            let id = take_in(folded, stored)?;
            if let Some(incident) = id.and_then(|id| folded.board.get(id)).cloned() {
                folded.index(&incident);
            }
            gone.extend(redaction(stored));
            frames.push(Frame::new(stored.seq, &stored.record, stored.event.as_ref(), id));
        }
        for (_, id) in &gone {
            refold(reader, &mut folded.board, *id);
        }
        Ok::<_, StoreError>(())
    })?;
    for (seq, _) in gone {
        if let Some(stored) = seq.checked_sub(1).and_then(|after| reader.page(after, 1, usize::MAX).ok()?.pop()) {
            tail.replace(seq, Frame::new(seq, &stored.record, None, None));
        }
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

/// An incident folded anew from what the store still has of it: nothing of the words that were deleted stays in memory.
pub(super) fn refold(reader: &dyn LogReader, board: &mut Board, id: IncidentId) {
    let folded = reader.incident(id).map(|records| {
        let mut folded = Board::new(board.org.clone());
        for stored in &records {
            let read = stored.folded().and_then(|event| Some((event.read().ok()?, stored.record.read().ok()?)));
            if let Some((event, record)) = read {
                folded.apply(&event, Some(&record.acceptance()));
            }
        }
        folded.get(id).cloned()
    });
    match folded {
        Ok(Some(incident)) => board.put(incident),
        Ok(None) => {}
        // The words are gone from the disk; what is in memory goes with the next start.
        Err(why) => tracing::error!(%why, "an incident could not be folded anew after a redaction; restart the server"),
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
