//! Folding records that are in the log already: at the start what no kept head tells, later what other nodes write as they come, and one
//! incident whenever it is needed and not in hand.

use crate::domain::Board;
use crate::domain::Body;
use crate::domain::Event;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Org;
use crate::ledger::EventBytes;
use crate::ledger::Malformed;
use crate::server::heads;
use crate::server::heads::Card;
use crate::server::shelf::Folded;
use crate::server::shelf::Shelf;
use crate::server::shown;
use crate::server::shown::Frame;
use crate::server::tail::Tail;
use crate::store::Head;
use crate::store::KeptHeads;
use crate::store::LogReader;
use crate::store::LogStore;
use crate::store::StoreError;
use crate::store::Stored;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::LazyLock;

/// What a start has to know of a log up to the store's head: the settings, the head of every incident, and what is restricted. Folds only
/// what changed since heads were kept, or all of it where they do not fit the log.
pub(super) fn fold(store: &dyn LogStore, org: &Org) -> Result<Folded, StoreError> {
    let (reader, last) = (store.reader(), store.head().seq());
    let folded = fold_with(&*reader, org, last, reader.heads()?)?;
    // Every declaration got the next code: heads that were lost leave a gap.
    if folded.len() == folded.last_code as usize {
        return Ok(folded);
    }
    tracing::warn!(heads = folded.len(), codes = folded.last_code, "the heads that were kept do not fit the log; it is folded anew");
    fold_with(&*reader, org, last, KeptHeads::default())
}

fn fold_with(reader: &dyn LogReader, org: &Org, last: u64, kept: KeptHeads) -> Result<Folded, StoreError> {
    let mut folded = Folded::new(org.clone());
    for stored in reader.incident(IncidentId::ORG)?.iter().filter(|stored| stored.seq <= last) {
        take_in(&mut folded, stored)?;
    }
    if let Some(newest) = reader.page(last.saturating_sub(1), 1, usize::MAX)?.first().filter(|stored| stored.seq == last) {
        folded.received_at = newest.record.read().map_err(damaged(last))?.received_at;
    }
    let mut to_fold: BTreeSet<IncidentId> = reader.incidents_after(kept.at)?.into_iter().collect();
    to_fold.remove(&IncidentId::ORG);
    let cards = heads::decode(&kept.heads);
    let read: BTreeSet<IncidentId> = cards.iter().map(|card| card.head.id).collect();
    to_fold.extend(kept.heads.iter().map(|head| head.incident).filter(|id| !read.contains(id)));
    to_fold.extend(cards.iter().filter(|card| card.head.restricted).map(|card| card.head.id));
    cards.into_iter().filter(|card| !to_fold.contains(&card.head.id)).for_each(|card| folded.file(card));
    for id in to_fold {
        let Some(incident) = incident(reader, id, last)? else { continue };
        // Who may see a restricted one is asked of it all the time; of the others the head is enough until somebody writes.
        if incident.readers.value.is_some() {
            let seq = incident.seq;
            folded.put(incident, seq);
        } else {
            folded.unkept.touch(id, incident.seq);
            folded.file(Arc::new(Card::of(&incident)));
        }
    }
    Ok(folded)
}

/// An incident as its records up to `last` say; other nodes may have written on. `None` where it was not declared by then.
pub(super) fn incident(reader: &dyn LogReader, id: IncidentId, last: u64) -> Result<Option<Arc<Incident>>, StoreError> {
    // An incident folds the same whatever the settings are; reading them from their files would cost more than the fold.
    static ORG: LazyLock<Arc<Org>> = LazyLock::new(|| Arc::new(crate::wire::builtin_org()));
    let mut board = Board::new(ORG.clone());
    for stored in reader.incident(id)?.iter().filter(|stored| stored.seq <= last) {
        let (record, event) = read(stored)?;
        if let Some(event) = event {
            board.apply(&event, Some(&record.acceptance()));
        }
    }
    Ok(board.get(id).cloned())
}

/// Records that come after those that were folded, before anything is published.
pub(super) fn take_all(reader: &dyn LogReader, folded: &mut Folded, records: &[Stored]) -> Result<(), StoreError> {
    let Some(last) = records.last() else { return Ok(()) };
    for incident in missing(reader, folded, records, last.seq)? {
        let seq = incident.seq;
        folded.put(incident, seq);
    }
    for stored in records {
        take_in(folded, stored)?;
    }
    Ok(())
}

/// Takes in what other nodes wrote, and publishes it.
pub(super) fn follow(shelf: &Shelf, tail: &Tail, reader: &dyn LogReader, head: &Head, records: &[Stored]) -> Result<(), StoreError> {
    // Everything is read before anything is changed: what fails is tried again from where it began.
    let gone = records.iter().filter_map(redaction).map(|(seq, id)| Ok((header(reader, seq)?, incident(reader, id, head.seq())?)));
    let gone: Vec<_> = gone.collect::<Result<_, StoreError>>()?;
    let missing = missing(reader, &shelf.read(), records, head.seq())?;
    let mut frames = Vec::with_capacity(records.len());
    shelf.try_change(|folded| {
        for incident in missing {
            let seq = incident.seq;
            folded.put(incident, seq);
        }
        for stored in records {
            let id = take_in(folded, stored)?;
            frames.push(Frame::new(stored.seq, &stored.record, stored.event.as_ref(), id));
        }
        for bare in gone.iter().filter_map(|(_, bare)| bare.as_ref()) {
            folded.put_bare(bare.clone(), bare.seq);
        }
        Ok::<_, StoreError>(())
    })?;
    for (stored, bare) in gone {
        bare.iter().for_each(|bare| shelf.forget_read(bare.id));
        tail.replace(stored.seq, Frame::new(stored.seq, &stored.record, None, None));
    }
    // Who may see what was said above, before anyone is shown it.
    tail.publish(frames, head);
    Ok(())
}

/// The incidents that records are about and that are known and not in hand, as they are after them.
fn missing(reader: &dyn LogReader, folded: &Folded, records: &[Stored], last: u64) -> Result<Vec<Arc<Incident>>, StoreError> {
    let of = |stored: &Stored| stored.folded().and_then(shown::incident_of);
    let ids: BTreeSet<IncidentId> =
        records.iter().filter_map(of).filter(|id| folded.knows(*id) && folded.board.get(*id).is_none()).collect();
    ids.into_iter().filter_map(|id| incident(reader, id, last).transpose()).collect()
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

fn damaged(seq: u64) -> impl Fn(Malformed) -> StoreError {
    move |why| StoreError::Malformed(format!("record {seq} cannot be read: {why}"))
}

/// A record and what folds at its place, once both are what they say.
fn read(stored: &Stored) -> Result<(crate::ledger::Record, Option<Event>), StoreError> {
    let record = stored.record.read().map_err(damaged(stored.seq))?;
    if stored.event.as_ref().is_some_and(|bytes| bytes.sha256_hex() != record.event_sha256) {
        let what = format!("the event of record {} does not have the hash its header says", stored.seq);
        return Err(StoreError::Malformed(what));
    }
    let event = stored.folded().map(EventBytes::read).transpose().map_err(damaged(stored.seq))?;
    Ok((record, event))
}

/// One record onto the board, where its incident is in hand or declared with it. Answers the incident it is about, unless it was redacted.
fn take_in(folded: &mut Folded, stored: &Stored) -> Result<Option<IncidentId>, StoreError> {
    let (record, event) = read(stored)?;
    let acceptance = record.acceptance();
    folded.received_at = folded.received_at.max(acceptance.received_at);
    let Some(event) = event else { return Ok(None) };
    if let Body::KeyReplaced(replaced) = &event.body {
        folded.succession.push(replaced.note.clone());
    }
    folded.board.apply(&event, Some(&acceptance));
    if let Some(incident) = folded.board.get(event.incident).cloned() {
        folded.put(incident, stored.seq);
    }
    Ok(Some(event.incident))
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
        event(number, EntryAdded::plain(kind, text))
    }

    /// The log as a node reads it that follows only its first records, while others wrote on.
    #[test]
    fn a_redaction_is_followed_up_to_the_head_that_is_followed_and_no_further() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open(&folder.path().join("log.db")).unwrap();
        let declared = IncidentDeclared { severity: Severity::new(2), ..IncidentDeclared::titled("Withdrawals") };
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
