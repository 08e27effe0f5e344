//! A record as it goes to one reader: whole, or without its event where the incident is restricted and the reader is not among those
//! who may see it. The header goes to everyone: it is a leaf of the tree that all can prove.

use crate::domain::IncidentId;
use crate::domain::Principal;
use crate::ledger::EventBytes;
use crate::ledger::Hash;
use crate::ledger::RecordBytes;
use crate::server::shelf::Shelf;
use crate::store::Stored;
use axum::body::Bytes;
use serde::Deserialize;

/// A record for everyone, made once for all streams.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    whole: Bytes,
    /// Where what comes after the header begins.
    header_ends: usize,
    /// Whose event it is; `None` once it was redacted.
    incident: Option<IncidentId>,
}

#[derive(Deserialize)]
struct OnlyIncident {
    incident: IncidentId,
}

impl Frame {
    /// A record as an SSE event. The bytes hold neither CR nor LF, so one `data` line carries them exactly.
    pub(super) fn new(seq: u64, record: &RecordBytes, event: Option<&EventBytes>, incident: Option<IncidentId>) -> Self {
        let mut text = begun(seq, record);
        let header_ends = text.len();
        text.push_str(&rest(event.map(EventBytes::as_str), None));
        text.push_str(END);
        Self { whole: text.into(), header_ends, incident }
    }

    /// How many bytes it takes.
    pub(super) fn len(&self) -> usize {
        self.whole.len()
    }

    fn withheld(&self) -> Bytes {
        let header = &self.whole[..self.header_ends];
        [header, rest(None, self.incident).as_bytes(), END.as_bytes()].concat().into()
    }
}

/// What ends an SSE event.
const END: &str = "\n\n";

fn begun(seq: u64, record: &RecordBytes) -> String {
    format!("event: record\nid: {seq}\ndata: {{\"record\":{}", record.as_str())
}

/// What follows the header in a pair.
fn rest(event: Option<&str>, withheld: Option<IncidentId>) -> String {
    let event = event.unwrap_or("null");
    match withheld {
        Some(incident) => format!(",\"event\":null,\"withheld\":\"{incident}\"}}"),
        None => format!(",\"event\":{event}}}"),
    }
}

/// Frames as they go to a reader, in one piece. The frames must be published before this is asked: what they say of who may see what counts.
pub(super) fn frames(shelf: &Shelf, who: &Principal, frames: Vec<Frame>) -> Bytes {
    let withheld = shelf.withheld(who, frames.iter().map(|frame| frame.incident));
    let mut pieces: Vec<Bytes> = Vec::with_capacity(frames.len());
    for (place, frame) in frames.into_iter().enumerate() {
        let is_withheld = withheld.get(place).is_some_and(Option::is_some);
        pieces.push(if is_withheld { frame.withheld() } else { frame.whole });
    }
    match <[Bytes; 1]>::try_from(pieces) {
        Ok([only]) => only,
        Err(several) => several.concat().into(),
    }
}

/// Stored records as pairs, `{"record":…,"event":…}`: built from the stored bytes, so that nobody ever serialises a record again. Where there are
/// `paths`, one for each record, they stand beside it.
pub(super) fn pairs(shelf: &Shelf, who: &Principal, records: &[Stored], paths: &[Vec<Hash>]) -> Vec<String> {
    let withheld = of_stored(shelf, who, records);
    let pair = |(place, stored): (usize, &Stored)| {
        let withheld = withheld.get(place).copied().flatten();
        let path = paths.get(place).map(|path| path.iter().map(|hash| format!("\"{hash}\"")).collect::<Vec<_>>().join(","));
        let path = path.map_or_else(String::new, |path| format!(",\"path\":[{path}]"));
        format!("{{\"record\":{}{path}{}", stored.record.as_str(), rest(stored.event.as_ref().map(EventBytes::as_str), withheld))
    };
    records.iter().enumerate().map(pair).collect()
}

/// Stored records as SSE events.
pub(super) fn stored_frames(shelf: &Shelf, who: &Principal, records: &[Stored]) -> Bytes {
    let withheld = of_stored(shelf, who, records);
    let mut text = String::new();
    for (place, stored) in records.iter().enumerate() {
        text.push_str(&begun(stored.seq, &stored.record));
        text.push_str(&rest(stored.event.as_ref().map(EventBytes::as_str), withheld.get(place).copied().flatten()));
        text.push_str(END);
    }
    text.into()
}

fn of_stored(shelf: &Shelf, who: &Principal, records: &[Stored]) -> Vec<Option<IncidentId>> {
    // A redacted record has no incident any more; nothing of it is left to withhold.
    shelf.withheld(who, records.iter().map(|stored| stored.event.as_ref().and_then(incident_of)))
}

/// The incident an event is about, read from nothing else of it.
pub(super) fn incident_of(event: &EventBytes) -> Option<IncidentId> {
    serde_json::from_str::<OnlyIncident>(event.as_str()).ok().map(|read| read.incident)
}
