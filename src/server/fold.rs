//! Folding records that are in the log already: all of them at start, and those that other nodes write as they come.

use crate::domain::Event;
use crate::domain::IncidentId;
use crate::ledger::Malformed;
use crate::server::shelf::Folded;
use crate::server::shelf::Shelf;
use crate::server::shown::Frame;
use crate::server::tail::Tail;
use crate::store::Head;
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
pub(super) fn follow(shelf: &Shelf, tail: &Tail, head: &Head, records: &[Stored]) -> Result<(), StoreError> {
    let mut frames = Vec::with_capacity(records.len());
    shelf.try_change(|folded| {
        for stored in records {
            let id = take_in(folded, stored)?;
            if let Some(incident) = id.and_then(|id| folded.board.get(id)).cloned() {
                folded.index(&incident);
            }
            frames.push(Frame::new(stored.seq, &stored.record, stored.event.as_ref(), id));
        }
        Ok::<_, StoreError>(())
    })?;
    // Who may see what was said above, before anyone is shown it.
    tail.publish(frames, head);
    Ok(())
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
    let event: Option<Event> = stored.event.as_ref().map(|bytes| bytes.read()).transpose().map_err(damaged)?;
    if let Some(event) = &event {
        folded.board.apply(event, Some(&acceptance));
    }
    Ok(event.map(|event| event.incident))
}
