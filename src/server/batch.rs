//! Deciding one batch on top of the board as it advances, under the head lock. Nothing here is seen by anyone before it is committed.

use crate::domain::Acceptance;
use crate::domain::Author;
use crate::domain::Board;
use crate::domain::Body;
use crate::domain::Code;
use crate::domain::DeviceId;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::EventRedacted;
use crate::domain::IncidentId;
use crate::domain::Principal;
use crate::domain::Refusal;
use crate::domain::Source;
use crate::domain::Stamp;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::Hash;
use crate::ledger::Malformed;
use crate::ledger::Record;
use crate::ledger::RecordBytes;
use crate::server::fold;
use crate::server::job::PlainCommand;
use crate::server::job::Pushed;
use crate::server::job::Reply;
use crate::server::shelf::Folded;
use crate::store::Answer;
use crate::store::AnswerKey;
use crate::store::Locked;
use crate::store::LogReader;
use crate::store::NewRecord;
use crate::store::RawBody;
use crate::store::Redaction;
use crate::store::StoreError;
use crate::store::Write;
use crate::wire::Outcome;
use crate::wire::OutcomeWord;
use std::collections::HashMap;
use std::collections::HashSet;
use std::fmt::Write as _;
use uuid::Uuid;

/// A batch while it is decided.
pub(super) struct Batch<'a> {
    folded: &'a Folded,
    under: &'a dyn Locked,
    reader: &'a dyn LogReader,
    device: DeviceId,
    /// Only the incidents this batch is about, as they advance.
    pub(super) board: Board,
    now: Timestamp,
    last_code: u32,
    placed: HashMap<EventId, (u64, String)>,
    answers: HashMap<AnswerKey, Answer>,
    bodies: HashSet<Hash>,
    sources: HashMap<Source, IncidentId>,
    pub(super) frames: Vec<(u64, RecordBytes, EventBytes, IncidentId)>,
    pub(super) writes: Vec<Write>,
    /// Records whose words go with this batch.
    pub(super) redacted: Vec<Redacted>,
}

/// A record whose words go.
pub(super) struct Redacted {
    pub(super) seq: u64,
    pub(super) incident: IncidentId,
    pub(super) record: RecordBytes,
}

/// What became of one event.
pub(super) enum Offered {
    Accepted(Acceptance),
    Duplicate(u64),
    Refused(Refusal),
}

impl<'a> Batch<'a> {
    /// An empty batch. `now` is raised to the last record's time, so that times never go back.
    pub(super) fn new(folded: &'a Folded, under: &'a dyn Locked, reader: &'a dyn LogReader, device: DeviceId, now: Timestamp) -> Self {
        Self {
            folded,
            under,
            reader,
            device,
            board: Board::new(folded.board.org.clone()),
            now: now.max(folded.received_at),
            last_code: folded.last_code,
            placed: HashMap::new(),
            answers: HashMap::new(),
            bodies: HashSet::new(),
            sources: HashMap::new(),
            frames: Vec::new(),
            writes: Vec::new(),
            redacted: Vec::new(),
        }
    }

    /// When its records are received.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Brings an incident, and what it was merged into, onto the batch's board; reads it where it is not in hand.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn pull(&mut self, mut id: IncidentId) -> Result<(), StoreError> {
        while self.board.get(id).is_none() {
            let incident = match self.folded.board.get(id) {
                Some(held) => held.clone(),
                None if !self.folded.knows(id) => return Ok(()),
                None => match fold::incident(self.reader, id, self.under.head().seq())? {
                    Some(read) => read,
                    None => return Ok(()),
                },
            };
            let next = incident.merged_into;
            self.board.put(incident);
            match next {
                Some(into) => id = into,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// The newest incident of an alert source, brought onto the batch's board.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn pull_source(&mut self, source: &Source) -> Result<Option<IncidentId>, StoreError> {
        let newest = self.sources.get(source).copied().or_else(|| self.folded.by_source(source));
        newest.map(|newest| self.pull(newest)).transpose()?;
        Ok(newest)
    }

    /// Judges an event and gives it its place.
    ///
    /// # Errors
    /// When the store cannot be read: the whole batch is off.
    pub(super) fn offer(&mut self, principal: &Principal, bytes: EventBytes, event: &Event) -> Result<Offered, StoreError> {
        let sha256 = bytes.sha256_hex();
        let known = match self.placed.get(&event.id) {
            Some((seq, known)) => Some((*seq, known.clone())),
            None => self.under.known(event.id)?.map(|known| (known.seq, known.event_sha256)),
        };
        if let Some((seq, known)) = known {
            if known == sha256 {
                return Ok(Offered::Duplicate(seq));
            }
            let reason = format!("record {seq} has this id with other bytes; an event never changes, write a new one");
            return Ok(Offered::Refused(Refusal::never("conflict", reason)));
        }
        self.judge(principal, bytes, event, sha256)
    }

    /// The same for an event that was minted here just now, whose id nobody can know.
    fn offer_own(&mut self, principal: &Principal, bytes: EventBytes, event: &Event) -> Result<Offered, StoreError> {
        let sha256 = bytes.sha256_hex();
        self.judge(principal, bytes, event, sha256)
    }

    fn judge(&mut self, principal: &Principal, bytes: EventBytes, event: &Event, sha256: String) -> Result<Offered, StoreError> {
        self.pull(event.incident)?;
        match &event.body {
            Body::IncidentMerged(merged) => self.pull(merged.into)?,
            Body::IncidentLinked(linked) => self.pull(linked.other)?,
            _ => {}
        }
        if let Err(refusal) = self.board.admit(event, principal, self.now) {
            return Ok(Offered::Refused(refusal));
        }
        if let Body::EventRedacted(redacted) = &event.body {
            match self.redact(event.incident, redacted)? {
                Ok(write) => self.writes.push(write),
                Err(refusal) => return Ok(Offered::Refused(refusal)),
            }
        }
        Ok(match self.place(principal, bytes, event, sha256) {
            Ok(acceptance) => Offered::Accepted(acceptance),
            Err(refusal) => Offered::Refused(refusal),
        })
    }

    /// The deletion that a redaction asks for, if it says of the event what the log says of it.
    fn redact(&mut self, incident: IncidentId, redacted: &EventRedacted) -> Result<Result<Write, Refusal>, StoreError> {
        let never = |code, reason: &str| Ok(Err(Refusal::never(code, reason)));
        if self.redacted.iter().any(|done| done.seq == redacted.seq) {
            return never("redacted", "its words are deleted already");
        }
        let Some(stored) = self.under.stored(redacted.event)? else {
            return Ok(Err(Refusal::later("unknown_entry", "the event whose words are to be deleted is not in the log yet")));
        };
        let Some(event) = &stored.event else { return never("redacted", "its words are deleted already") };
        let damaged = |why: Malformed| StoreError::Malformed(format!("record {} cannot be read: {why}", stored.seq));
        let event = event.read().map_err(damaged)?;
        let Some(stub) = event.stub() else { return never("no_words", "this event holds no words that could be deleted") };
        let stub = match EventBytes::write(&stub) {
            Ok(stub) => stub,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if (event.incident, stored.seq) != (incident, redacted.seq) || stub.as_str() != redacted.stub {
            return never("bad_stub", "what would stand in its place is not the event without its words; update warroom and try again");
        }
        let raw = if let Body::AlertUnreadable(data) = &event.body { data.sha256.parse().ok() } else { None };
        let redaction = Redaction { seq: stored.seq, event: event.id, incident, stub, raw };
        self.redacted.push(Redacted { seq: stored.seq, incident, record: stored.record });
        Ok(Ok(Write::Redact(redaction)))
    }

    fn place(&mut self, principal: &Principal, bytes: EventBytes, event: &Event, sha256: String) -> Result<Acceptance, Refusal> {
        let declared = matches!(event.body, Body::IncidentDeclared(_));
        let record = Record {
            v: 1,
            seq: self.under.head().seq() + 1 + self.frames.len() as u64,
            epoch: self.under.head().epoch,
            received_at: self.now,
            person: principal.person.clone(),
            event_sha256: sha256.clone(),
            code: declared.then(|| Code(self.last_code + 1)),
            before: (event.incident != IncidentId::ORG).then(|| self.board.get(event.incident).map_or(0, |incident| incident.seq)),
        };
        let header = record.write().map_err(|why| Refusal::never("malformed", why.to_string()))?;
        self.last_code += u32::from(declared);
        let acceptance = record.acceptance();
        self.board.apply(event, Some(&acceptance));
        if let Body::IncidentDeclared(data) = &event.body
            && let Some(source) = &data.source
        {
            self.sources.insert(source.clone(), event.incident);
        }
        self.placed.insert(event.id, (record.seq, sha256));
        self.frames.push((record.seq, header.clone(), bytes.clone(), event.incident));
        self.writes.push(Write::Record(NewRecord { id: event.id, incident: event.incident, record: header, event: bytes }));
        Ok(acceptance)
    }

    /// Events that were decided elsewhere: one outcome each, in order.
    pub(super) fn push(&mut self, principal: &Principal, events: Vec<Pushed>) -> Result<Reply, StoreError> {
        let mut outcomes = Vec::with_capacity(events.len());
        for pushed in events {
            let (id, offered) = match pushed {
                Pushed::Read(_, event) if matches!(event.body, Body::KeyReplaced(_)) => {
                    (event.id, Offered::Refused(Refusal::never("not_permitted", "only the server itself replaces its key")))
                }
                Pushed::Read(bytes, event) => (event.id, self.offer(principal, bytes, &event)?),
                Pushed::Unread(id, why) => (id, Offered::Refused(Refusal::never("malformed", why.to_string()))),
            };
            outcomes.push(outcome(id, offered));
        }
        Ok(Reply::Outcomes(outcomes))
    }

    /// A plain command: decided here, answered from the board after it; asked again with the same key, answered the same.
    pub(super) fn command(&mut self, principal: &Principal, plain: PlainCommand) -> Result<Reply, StoreError> {
        if let Some((key, request)) = &plain.remember {
            match self.answered(key)? {
                Some(answer) if answer.request == *request => return Ok(Reply::Answer { status: answer.status, body: answer.body }),
                Some(_) => {
                    let reason = "this Idempotency-Key was used for another request; use a new key, or send the same body again";
                    return Ok(Reply::Refused(Refusal::never("idempotency_mismatch", reason)));
                }
                None => {}
            }
        }
        self.pull(plain.incident)?;
        let author = Author { principal: principal.clone(), device: self.device };
        let mut stamper = Stamper { index: self.next_index(), failed: None };
        let decided = self.board.decide(plain.incident, plain.command, &author, self.now, &mut || stamper.stamp());
        if let Some(why) = stamper.failed {
            return Err(why);
        }
        let events = match decided {
            Ok(events) => events,
            Err(refusal) => return Ok(Reply::Refused(refusal)),
        };
        let mut done = Vec::with_capacity(events.len());
        for event in events {
            let bytes = match EventBytes::write(&event) {
                Ok(bytes) => bytes,
                Err(refusal) => return Ok(Reply::Refused(refusal)),
            };
            match self.offer_own(principal, bytes, &event)? {
                Offered::Accepted(acceptance) => done.push((event, acceptance)),
                Offered::Refused(refusal) => return Ok(Reply::Refused(refusal)),
                Offered::Duplicate(_) => {}
            }
        }
        let (status, body) = (plain.status, (plain.answer)(&self.board, &done, self.now));
        if let Some((key, request)) = plain.remember {
            let answer = Answer { request, status, body: body.clone() };
            self.remember(key, answer);
        }
        Ok(Reply::Answer { status, body })
    }

    /// What was answered to a request, in this batch or before. Only for what was named in the `Ask`.
    pub(super) fn answered(&self, key: &AnswerKey) -> Result<Option<Answer>, StoreError> {
        match self.answers.get(key) {
            Some(answer) => Ok(Some(answer.clone())),
            None => self.under.answered(key),
        }
    }

    /// Keeps an answer, with what this batch writes.
    pub(super) fn remember(&mut self, key: AnswerKey, answer: Answer) {
        self.writes.push(Write::Answer(key.clone(), answer.clone(), self.now));
        self.answers.insert(key, answer);
    }

    /// An event that the server itself writes, on behalf of whoever sent what caused it.
    pub(super) fn write_own(
        &mut self,
        principal: &Principal,
        incident: Option<IncidentId>,
        at: Timestamp,
        body: Body,
    ) -> Result<(IncidentId, Offered), StoreError> {
        let mut stamper = Stamper { index: self.next_index(), failed: None };
        let stamp = stamper.stamp();
        if let Some(why) = stamper.failed {
            return Err(why);
        }
        let incident = incident.unwrap_or_else(|| stamp.id.into());
        let event = Event {
            id: stamp.id,
            incident,
            at,
            by: principal.person.clone(),
            device: self.device,
            index: stamp.index,
            salt: stamp.salt,
            replaces: None,
            body,
        };
        let offered = match EventBytes::write(&event) {
            Ok(bytes) => self.offer_own(principal, bytes, &event)?,
            Err(refusal) => Offered::Refused(refusal),
        };
        Ok((incident, offered))
    }

    /// Keeps a raw body; `false` when it is kept already.
    pub(super) fn keep_body(&mut self, body: RawBody) -> Result<bool, StoreError> {
        if self.bodies.contains(&body.sha256) || self.under.holds_body(body.sha256)? {
            return Ok(false);
        }
        self.bodies.insert(body.sha256);
        self.writes.push(Write::Body(body));
        Ok(true)
    }

    /// The server's own index is the seq it expects: it rises, which is all that is asked of it.
    fn next_index(&self) -> u64 {
        self.under.head().seq() + 1 + self.frames.len() as u64
    }
}

struct Stamper {
    index: u64,
    failed: Option<StoreError>,
}

impl Stamper {
    fn stamp(&mut self) -> Stamp {
        let mut random = [0; 16];
        if let Err(why) = getrandom::fill(&mut random) {
            self.failed = Some(StoreError::Unavailable(format!("this machine gave no random bytes ({why})")));
        }
        let mut salt = String::with_capacity(32);
        for byte in random {
            // Writing to a string cannot fail.
            let _ = write!(salt, "{byte:02x}");
        }
        let index = self.index;
        self.index += 1;
        Stamp { id: EventId(Uuid::now_v7()), index, salt }
    }
}

fn outcome(id: EventId, offered: Offered) -> Outcome {
    let plain = |outcome, seq| Outcome { id, outcome, seq: Some(seq), code: None, reason: None, retry: None };
    match offered {
        Offered::Accepted(acceptance) => plain(OutcomeWord::Accepted, acceptance.seq),
        Offered::Duplicate(seq) => plain(OutcomeWord::Duplicate, seq),
        Offered::Refused(refusal) => Outcome {
            id,
            outcome: OutcomeWord::Refused,
            seq: None,
            code: Some(refusal.code.to_owned()),
            reason: Some(refusal.reason),
            retry: Some(refusal.retry),
        },
    }
}
