//! The one log of the simulation, as the database under several server nodes holds it, with every history it ever had and the backups it is restored from.

use crate::domain::Board;
use crate::domain::Body;
use crate::domain::Code;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::domain::Org;
use crate::domain::Principal;
use crate::domain::Timestamp;
use crate::ledger::Checkpoint;
use crate::ledger::EventBytes;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::Position;
use crate::ledger::PublicKey;
use crate::ledger::Record;
use crate::ledger::RecordBytes;
use crate::ledger::SecretKey;
use crate::ledger::proof;
use crate::ledger::proof::Nodes;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// One record as it lies on the server's disk.
#[derive(Clone, Debug)]
pub struct Line {
    pub record: RecordBytes,
    pub header: Record,
    /// Its bytes, unless it was redacted.
    pub event: Option<EventBytes>,
    /// What folds at this place.
    pub folded: Arc<Event>,
    /// The redaction that deleted its words, and what a backup from before still has of them.
    pub redacted: Option<(u64, EventBytes, Arc<Event>)>,
}

pub struct Log {
    pub id: LogId,
    pub epoch: u64,
    pub lines: Vec<Line>,
    pub key: SecretKey,
    /// Every key it ever signed with.
    pub keys: Vec<PublicKey>,
    org: Arc<Org>,
    frontier: Frontier,
    hashes: Vec<Hash>,
    seqs: HashMap<EventId, u64>,
    codes: u32,
    /// Per epoch, the event and the root after each seq; at place 0 what an empty log has.
    pub histories: BTreeMap<u64, Vec<(EventId, Hash)>>,
    signed: RefCell<HashMap<(u64, u64, Hash), String>>,
}

impl Log {
    pub fn new(org: Arc<Org>) -> Self {
        let key = SecretKey::from_seed([7; 32]);
        let start = (EventId(Uuid::nil()), Frontier::default().root());
        Self {
            id: LogId(Uuid::from_u128(7)),
            epoch: 1,
            lines: Vec::new(),
            keys: vec![key.public()],
            key,
            org,
            frontier: Frontier::default(),
            hashes: Vec::new(),
            seqs: HashMap::new(),
            codes: 0,
            histories: BTreeMap::from([(1, vec![start])]),
            signed: RefCell::default(),
        }
    }

    pub fn end(&self) -> u64 {
        self.lines.len() as u64
    }

    /// The line at a place that the log has.
    pub fn line(&self, seq: u64) -> Option<&Line> {
        self.lines.get(seq.checked_sub(1)? as usize)
    }

    pub fn position(&self) -> Position {
        self.position_at(self.end())
    }

    /// Where a node stands that knows so many records.
    pub fn position_at(&self, seq: u64) -> Position {
        Position { log: self.id, epoch: self.epoch, seq, root: self.histories[&self.epoch][seq as usize].1 }
    }

    pub fn seq_of(&self, id: EventId) -> Option<u64> {
        self.seqs.get(&id).copied()
    }

    /// A position as a signed note; signing takes its time, so that each is signed once.
    pub fn sign(&self, at: Position) -> String {
        let mut signed = self.signed.borrow_mut();
        signed.entry((at.epoch, at.seq, at.root)).or_insert_with(|| Checkpoint::sign(at, &self.key).note().to_owned()).clone()
    }

    /// Signs with another key from now on.
    pub fn sign_with(&mut self, key: SecretKey) {
        self.keys.push(key.public());
        self.key = key;
        self.signed.borrow_mut().clear();
    }

    /// What it says of keys that were replaced, each with its place.
    pub fn successions(&self) -> impl Iterator<Item = (u64, &str)> {
        self.lines.iter().filter_map(|line| match &line.folded.body {
            Body::KeyReplaced(replaced) => Some((line.header.seq, replaced.note.as_str())),
            _ => None,
        })
    }

    /// The hashes of its tree, by their positions.
    pub fn nodes(&self) -> impl Nodes {
        |places: &[u64]| places.iter().map(|place| self.hashes.get(*place as usize).copied()).collect::<Option<Vec<_>>>()
    }

    pub fn prove(&self, from: u64, to: u64) -> Option<Vec<Hash>> {
        proof::prove_consistency(from, to, &self.nodes())
    }

    /// Puts an event that was admitted at the end.
    pub fn append(&mut self, who: &Principal, bytes: &EventBytes, event: &Event, now: Timestamp) -> u64 {
        let declares = matches!(event.body, Body::IncidentDeclared(_));
        self.codes += u32::from(declares);
        let before = self.lines.iter().rev().find(|line| line.folded.incident == event.incident).map_or(0, |line| line.header.seq);
        let header = Record {
            v: 1,
            seq: self.end() + 1,
            epoch: self.epoch,
            // Times never go back, whatever the clocks of the nodes say.
            received_at: self.lines.last().map_or(now, |last| last.header.received_at.max(now)),
            person: who.person.clone(),
            event_sha256: bytes.sha256_hex(),
            code: declares.then_some(Code(self.codes)),
            before: (event.incident != IncidentId::ORG).then_some(before),
        };
        let record = header.write().expect("a header");
        self.put(Line { record, header, event: Some(bytes.clone()), folded: Arc::new(event.clone()), redacted: None });
        if let Body::EventRedacted(redacted) = &event.body {
            let by = self.end();
            let line = &mut self.lines[redacted.seq as usize - 1];
            let stub = Arc::new(EventBytes::take(redacted.stub.as_bytes()).expect("a stub").1);
            let words = line.event.take().expect("words");
            line.redacted = Some((by, words, std::mem::replace(&mut line.folded, stub)));
        }
        self.end()
    }

    fn put(&mut self, line: Line) {
        let first = Frontier::stored_position(self.frontier.size()) as usize;
        assert_eq!(first, self.hashes.len());
        self.hashes.extend(self.frontier.push(line.record.leaf()));
        assert!(self.seqs.insert(line.folded.id, line.header.seq).is_none(), "{} is in the log twice", line.folded.id);
        self.histories.entry(self.epoch).or_default().push((line.folded.id, self.frontier.root()));
        self.lines.push(line);
    }

    /// The log as it was after so many records, in a new life of it.
    pub fn restore(&mut self, kept: u64) {
        let epoch = self.epoch + 1;
        self.begin_again(kept, epoch);
    }

    /// Goes back without saying so, and puts other lines in the place of those that were there.
    pub fn forge(&mut self, kept: u64, lines: Vec<Line>) {
        let epoch = self.epoch;
        self.begin_again(kept, epoch);
        for mut line in lines {
            line.header.seq = self.end() + 1;
            line.record = line.header.write().expect("a header");
            self.put(line);
        }
    }

    fn begin_again(&mut self, kept: u64, epoch: u64) {
        let lines: Vec<Line> = self.lines.drain(..).take(kept as usize).collect();
        let histories = std::mem::take(&mut self.histories);
        let signed = std::mem::take(&mut self.signed);
        let fresh = Self { key: self.key.clone(), keys: std::mem::take(&mut self.keys), epoch, ..Self::new(self.org.clone()) };
        *self = fresh;
        self.histories = histories;
        self.signed = signed;
        self.histories.insert(epoch, vec![(EventId(Uuid::nil()), Frontier::default().root())]);
        for mut line in lines {
            if let Some((_, words, event)) = line.redacted.take_if(|(by, ..)| *by > kept) {
                (line.event, line.folded) = (Some(words), event);
            }
            self.codes = self.codes.max(line.header.code.map_or(0, |code| code.0));
            self.put(line);
        }
    }

    /// Everything up to a place, folded from nothing.
    pub fn fold(&self, up_to: u64) -> Board {
        let mut board = Board::new(self.org.clone());
        for line in self.lines.iter().take(up_to as usize) {
            board.apply(&line.folded, Some(&line.header.acceptance()));
        }
        board
    }
}
