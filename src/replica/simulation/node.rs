//! A server node without HTTP: the same rules, the same bytes, the same answers. Several share one log; each knows of it as far as it followed.

use crate::domain::Board;
use crate::domain::Body;
use crate::domain::EventRedacted;
use crate::domain::IncidentId;
use crate::domain::Principal;
use crate::domain::Refusal;
use crate::domain::Timestamp;
use crate::ledger::Checkpoint;
use crate::ledger::EventBytes;
use crate::ledger::Position;
use crate::replica::simulation::log::Log;
use crate::replica::sync::Fail;
use crate::replica::sync::Place;
use crate::wire::EventsPage;
use crate::wire::Head;
use crate::wire::Me;
use crate::wire::Outcome;
use crate::wire::OutcomeWord;
use crate::wire::Pair;
use crate::wire::Pushed;
use crate::wire::Witnessed;

/// Small, so that catching up takes several pages.
const PAGE_RECORDS: usize = 5;

pub struct Node {
    pub up: bool,
    /// How far it followed the log, in which of its lives.
    pub seq: u64,
    pub epoch: u64,
    pub version: u32,
    /// How far its clock is off.
    pub skew_ms: i64,
    board: Board,
}

impl Node {
    /// A node that has just read the log.
    pub fn start(log: &Log, version: u32, skew_ms: i64) -> Self {
        Self { up: true, seq: log.end(), epoch: log.epoch, version, skew_ms, board: log.fold(log.end()) }
    }

    /// Takes in what other nodes wrote; answers whether there was anything.
    pub fn follow(&mut self, log: &Log) -> bool {
        let before = self.seq;
        if self.epoch != log.epoch {
            (self.seq, self.epoch, self.board) = (log.end(), log.epoch, log.fold(log.end()));
            return true;
        }
        let mut anew = Vec::new();
        for line in &log.lines[self.seq as usize..] {
            self.board.apply(&line.folded, Some(&line.header.acceptance()));
            if matches!(line.folded.body, Body::EventRedacted(_)) {
                anew.push(line.folded.incident);
            }
        }
        self.seq = log.end();
        for id in anew {
            self.fold_anew(log, id);
        }
        self.seq != before
    }

    fn fold_anew(&mut self, log: &Log, id: IncidentId) {
        let mut folded = Board::new(self.board.org.clone());
        for line in log.lines[..self.seq as usize].iter().filter(|line| line.folded.incident == id) {
            folded.apply(&line.folded, Some(&line.header.acceptance()));
        }
        self.board.put(folded.get(id).expect("an incident with a record").clone());
    }

    pub fn catch_up_to(&mut self, log: &Log, epoch: u64, seq: u64) {
        if seq > self.seq || epoch > self.epoch {
            self.follow(log);
        }
    }

    pub fn position(&self, log: &Log) -> Position {
        log.position_at(self.seq)
    }

    pub fn head(&self, log: &Log, now: Timestamp) -> Head {
        let position = self.position(log);
        Head { position, now, checkpoint: Some(log.sign(position)) }
    }

    pub fn me(&self, log: &Log, who: &Principal, now: Timestamp) -> Me {
        Me {
            token: format!("{}-{}", who.person, who.scope),
            person: who.person.clone(),
            scope: who.scope,
            log: log.id,
            epoch: self.epoch,
            now,
            protocol: 1,
            version: self.version.to_string(),
            expires_at: None,
            key: Some(log.key.public()),
            succession: log.successions().map(|(_, note)| note.to_owned()).collect(),
        }
    }

    /// What it says to a checkpoint that it is shown: the proof, or that it disowns what was signed.
    pub fn witness(&mut self, log: &Log, note: &str) -> Result<Witnessed, String> {
        let seen = Checkpoint::open_any(note, &log.keys).map_err(|why| why.to_string())?.position;
        self.catch_up_to(log, seen.epoch, seen.seq);
        let here = self.position(log);
        let checkpoint = log.sign(here);
        if seen.epoch < here.epoch {
            return Ok(Witnessed { checkpoint, proof: None });
        }
        let is_here = seen.epoch == here.epoch && seen.seq <= here.seq && log.position_at(seen.seq).root == seen.root;
        let proof = if is_here { log.prove(seen.seq, here.seq) } else { None };
        proof.map(|proof| Witnessed { checkpoint, proof: Some(proof) }).ok_or_else(|| "not in the log".into())
    }

    /// Whether a position is of this log's history, as it is now.
    pub fn knows(&mut self, log: &Log, place: &Place) -> bool {
        self.catch_up_to(log, place.epoch, place.seq);
        let is_here = place.log == log.id && place.epoch == self.epoch && place.seq <= self.seq;
        is_here && place.root.is_none_or(|known| known == log.position_at(place.seq).root)
    }

    /// A record as it goes to somebody now.
    pub fn pair(&self, log: &Log, who: &Principal, seq: u64) -> Option<Pair> {
        let line = log.line(seq).filter(|_| seq <= self.seq)?;
        let event = line.event.as_ref();
        let incident = event.map(|_| line.folded.incident);
        let withheld = incident.filter(|id| self.board.get(*id).is_some_and(|incident| !incident.is_seen_by(who)));
        Some(Pair {
            record: line.record.to_raw(),
            event: event.filter(|_| withheld.is_none()).map(EventBytes::to_raw),
            withheld,
            path: None,
        })
    }

    pub fn page(&mut self, log: &Log, who: &Principal, place: &Place, now: Timestamp) -> Result<EventsPage, Fail> {
        if !self.knows(log, place) {
            return Err(Fail::Resync);
        }
        let records: Vec<_> = (place.seq + 1..).map_while(|seq| self.pair(log, who, seq)).take(PAGE_RECORDS).collect();
        let last = place.seq + records.len() as u64;
        Ok(EventsPage { records, next: (last < self.seq).then_some(last), head: self.head(log, now) })
    }

    /// The records at these places.
    pub fn records(&mut self, log: &Log, who: &Principal, places: &[u64], now: Timestamp) -> EventsPage {
        self.catch_up_to(log, 0, places.iter().copied().max().unwrap_or(0));
        let records = places.iter().filter_map(|place| self.pair(log, who, *place)).collect();
        EventsPage { records, next: None, head: self.head(log, now) }
    }

    /// The record at a place, whatever history it is of: one that lies beyond the end is asked for in vain.
    pub fn record(&mut self, log: &Log, who: &Principal, seq: u64, now: Timestamp) -> EventsPage {
        self.catch_up_to(log, 0, seq);
        let records = self.pair(log, who, seq).into_iter().collect();
        EventsPage { records, next: None, head: self.head(log, now) }
    }

    pub fn push(&mut self, log: &mut Log, who: &Principal, events: &[EventBytes], now: Timestamp) -> Pushed {
        // What others wrote is folded before anything is decided.
        self.follow(log);
        Pushed { outcomes: events.iter().map(|bytes| self.take(log, who, bytes, now)).collect() }
    }

    fn take(&mut self, log: &mut Log, who: &Principal, bytes: &EventBytes, now: Timestamp) -> Outcome {
        let event = bytes.read().expect("bytes of a replica");
        let outcome = |outcome, seq| Outcome { id: event.id, outcome, seq, code: None, reason: None, retry: None };
        if let Some(seq) = log.seq_of(event.id) {
            let same = log.line(seq).is_some_and(|line| line.header.event_sha256 == bytes.sha256_hex());
            assert!(same, "a replica sent other bytes for {}", event.id);
            return outcome(OutcomeWord::Duplicate, Some(seq));
        }
        let redaction = if let Body::EventRedacted(redacted) = &event.body { Some(redacted) } else { None };
        let admitted = self.board.admit(&event, who, now);
        let admitted = admitted.and_then(|()| redaction.map_or(Ok(()), |redacted| may_redact(log, event.incident, redacted)));
        if let Err(refusal) = admitted {
            let (code, reason) = (Some(refusal.code.to_owned()), Some(refusal.reason));
            return Outcome { code, reason, retry: Some(refusal.retry), ..outcome(OutcomeWord::Refused, None) };
        }
        let seq = log.append(who, bytes, &event, now);
        self.follow(log);
        outcome(OutcomeWord::Accepted, Some(seq))
    }

    pub fn board(&self) -> &Board {
        &self.board
    }
}

fn may_redact(log: &Log, incident: IncidentId, redacted: &EventRedacted) -> Result<(), Refusal> {
    let Some(seq) = log.seq_of(redacted.event) else {
        return Err(Refusal::later("unknown_entry", "the event whose words are to be deleted is not in the log yet"));
    };
    let line = &log.lines[seq as usize - 1];
    if line.redacted.is_some() {
        return Err(Refusal::never("redacted", "its words are deleted already"));
    }
    let stub = line.folded.stub().and_then(|stub| EventBytes::write(&stub).ok());
    if (line.folded.incident, seq) != (incident, redacted.seq) || stub.is_none_or(|stub| stub.as_str() != redacted.stub) {
        return Err(Refusal::never("bad_stub", "what would stand in its place is not the event without its words"));
    }
    Ok(())
}
