//! A server without HTTP: the same rules, the same bytes, the same answers, and a backup it can be restored from.

use crate::domain::Board;
use crate::domain::Body;
use crate::domain::Code;
use crate::domain::EventId;
use crate::domain::LogId;
use crate::domain::Principal;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::Position;
use crate::ledger::Record;
use crate::ledger::RecordBytes;
use crate::replica::sync::Fail;
use crate::replica::sync::Place;
use crate::wire::EventsPage;
use crate::wire::Head;
use crate::wire::Me;
use crate::wire::Outcome;
use crate::wire::OutcomeWord;
use crate::wire::Pair;
use crate::wire::Pushed;
use crate::wire::builtin_org;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Small, so that catching up takes several pages.
const PAGE_RECORDS: usize = 5;

pub struct Server {
    pub log: Vec<(RecordBytes, EventBytes)>,
    pub board: Board,
    pub epoch: u64,
    pub version: u32,
    pub up: bool,
    id: LogId,
    frontier: Frontier,
    /// The root after each seq.
    roots: Vec<Hash>,
    seqs: HashMap<EventId, u64>,
    codes: u32,
}

impl Server {
    pub fn new() -> Self {
        let board = Board::new(Arc::new(builtin_org()));
        let roots = vec![Frontier::default().root()];
        let id = LogId(Uuid::from_u128(7));
        let (log, seqs) = (Vec::new(), HashMap::new());
        Self { log, board, epoch: 1, version: 1, up: true, id, frontier: Frontier::default(), roots, seqs, codes: 0 }
    }

    pub fn position(&self) -> Position {
        Position { log: self.id, epoch: self.epoch, seq: self.log.len() as u64, root: self.frontier.root() }
    }

    pub fn me(&self, who: &Principal, now: Timestamp) -> Me {
        Me {
            token: format!("{}-{}", who.person, who.scope),
            person: who.person.clone(),
            scope: who.scope,
            log: self.id,
            epoch: self.epoch,
            now,
            protocol: 1,
            version: self.version.to_string(),
            expires_at: None,
            key: None,
            succession: Vec::new(),
        }
    }

    /// Whether a position is of this log's history, as it is now.
    pub fn knows(&self, position: &Place) -> bool {
        let root = self.roots.get(position.seq as usize);
        position.log == self.id && position.epoch == self.epoch && root.is_some_and(|root| position.root.is_none_or(|known| known == *root))
    }

    /// A record as it goes to somebody now.
    pub fn pair(&self, who: &Principal, seq: u64) -> Option<Pair> {
        let (record, event) = self.log.get(seq.checked_sub(1)? as usize)?;
        let incident = event.read().expect("bytes that were read before").incident;
        let withheld = self.board.get(incident).filter(|incident| !incident.is_seen_by(who)).map(|incident| incident.id);
        Some(Pair { record: record.to_raw(), event: withheld.is_none().then(|| event.to_raw()), withheld, path: None })
    }

    pub fn records(&self, who: &Principal, places: &[u64], now: Timestamp) -> EventsPage {
        let records = places.iter().filter_map(|place| self.pair(who, *place)).collect();
        EventsPage { records, next: None, head: Head { position: self.position(), now, checkpoint: None } }
    }

    pub fn page(&self, who: &Principal, position: &Place, now: Timestamp) -> Result<EventsPage, Fail> {
        if !self.knows(position) {
            return Err(Fail::Resync);
        }
        let records: Vec<_> = (position.seq + 1..).map_while(|seq| self.pair(who, seq)).take(PAGE_RECORDS).collect();
        let last = position.seq + records.len() as u64;
        let next = (last < self.log.len() as u64).then_some(last);
        Ok(EventsPage { records, next, head: Head { position: self.position(), now, checkpoint: None } })
    }

    pub fn push(&mut self, who: &Principal, events: &[EventBytes], now: Timestamp) -> Pushed {
        Pushed { outcomes: events.iter().map(|bytes| self.take(who, bytes, now)).collect() }
    }

    fn take(&mut self, who: &Principal, bytes: &EventBytes, now: Timestamp) -> Outcome {
        let event = bytes.read().expect("bytes of a replica");
        let outcome = |outcome, seq| Outcome { id: event.id, outcome, seq, code: None, reason: None, retry: None };
        if let Some(seq) = self.seqs.get(&event.id) {
            let same = self.log[*seq as usize - 1].1 == *bytes;
            assert!(same, "a replica sent other bytes for {}", event.id);
            return outcome(OutcomeWord::Duplicate, Some(*seq));
        }
        if let Err(refusal) = self.board.admit(&event, who, now) {
            let (code, reason) = (Some(refusal.code.to_owned()), Some(refusal.reason));
            return Outcome { code, reason, retry: Some(refusal.retry), ..outcome(OutcomeWord::Refused, None) };
        }
        let declares = matches!(event.body, Body::IncidentDeclared(_));
        self.codes += u32::from(declares);
        let record = Record {
            v: 1,
            seq: self.log.len() as u64 + 1,
            epoch: self.epoch,
            received_at: now,
            person: who.person.clone(),
            event_sha256: bytes.sha256_hex(),
            code: declares.then_some(Code(self.codes)),
            before: None,
        };
        self.put(record, bytes.clone());
        outcome(OutcomeWord::Accepted, Some(self.log.len() as u64))
    }

    fn put(&mut self, record: Record, bytes: EventBytes) {
        let event = bytes.read().expect("bytes that were read before");
        let header = record.write().expect("a header");
        self.frontier.push(header.leaf());
        self.roots.push(self.frontier.root());
        self.board.apply(&event, Some(&record.acceptance()));
        self.seqs.insert(event.id, record.seq);
        self.log.push((header, bytes));
    }

    /// Goes back to an old backup and begins a new epoch.
    pub fn restore(&mut self, seq: usize) {
        let kept: Vec<_> = self.log.drain(..).take(seq).collect();
        let mut fresh = Self { epoch: self.epoch + 1, version: self.version, up: self.up, codes: 0, ..Self::new() };
        for (header, bytes) in kept {
            let record = header.read().expect("a header");
            fresh.codes = fresh.codes.max(record.code.map_or(0, |code| code.0));
            fresh.put(record, bytes);
        }
        *self = fresh;
    }
}
