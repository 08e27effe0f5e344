//! Walking a log: every header and event against its hash, every hash against the tree, and the tree against what was signed. Names the first bad record.

use crate::ledger::Checkpoint;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::PublicKey;
use crate::ledger::leaf_hash;
use crate::ledger::sha256;
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt;

/// What is wrong, and where it begins.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Bad {
    /// The first bad record; of several that may be, the first.
    pub seq: u64,
    /// The last that may be the first bad one.
    pub up_to: u64,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Bad {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seq < self.up_to {
            write!(out, "one of the records {} to {} is the first bad one: {}", self.seq, self.up_to, self.what)
        } else {
            write!(out, "record {}: {}", self.seq, self.what)
        }
    }
}

impl std::error::Error for Bad {}

impl Bad {
    /// At one record.
    pub fn at(seq: u64, what: impl Into<String>) -> Self {
        Self { seq, up_to: seq, what: what.into() }
    }
}

/// A record as far as it can be judged by itself.
#[derive(Clone, Copy, Debug)]
pub struct Examined {
    /// Its place.
    pub seq: u64,
    epoch: u64,
    leaf: Hash,
    /// Its words are gone; the header still proves.
    redacted: bool,
}

/// What a header must have; the rest of it is of no account here.
#[derive(Deserialize)]
struct Essential<'a> {
    seq: u64,
    epoch: u64,
    #[serde(borrow)]
    event_sha256: Cow<'a, str>,
}

/// A record as it lies somewhere.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Its place.
    pub seq: u64,
    /// The header.
    pub header: &'a str,
    /// The event, unless it was redacted.
    pub event: Option<&'a str>,
    /// The hashes that were kept when it came, as far as any were: the header's, then those of the subtrees it completed.
    pub kept: &'a [Hash],
}

/// Records in order, in one piece of memory: a walk takes a million of them, and strings of their own would cost as much as the hashing.
#[derive(Clone, Default, Debug)]
pub struct Rows {
    text: String,
    records: Vec<Ends>,
    hashes: Vec<Hash>,
    /// Where the hashes of each record end.
    kept: Vec<usize>,
}

/// Where a record's parts end.
#[derive(Clone, Copy, Debug)]
struct Ends {
    seq: u64,
    header: usize,
    event: Option<usize>,
}

impl Rows {
    /// Puts a record behind the others.
    pub fn push(&mut self, seq: u64, header: &str, event: Option<&str>) {
        self.text.push_str(header);
        let header = self.text.len();
        self.text.push_str(event.unwrap_or_default());
        self.records.push(Ends { seq, header, event: event.map(|_| self.text.len()) });
    }

    /// The hashes that were kept with the first record of which none were told yet.
    pub fn keep(&mut self, hashes: &[Hash]) {
        self.hashes.extend_from_slice(hashes);
        self.kept.push(self.hashes.len());
    }

    /// The place of the last record.
    pub fn last(&self) -> Option<u64> {
        self.records.last().map(|last| last.seq)
    }

    /// The places of the records.
    pub fn places(&self) -> Vec<u64> {
        self.records.iter().map(|record| record.seq).collect()
    }

    /// The records.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        let (mut text, mut hash) = (0, 0);
        self.records.iter().enumerate().map(move |(place, ends)| {
            let kept = self.kept.get(place).copied().unwrap_or(hash);
            let event = ends.event.map(|end| &self.text[ends.header..end]);
            let row = Row { seq: ends.seq, header: &self.text[text..ends.header], event, kept: &self.hashes[hash..kept] };
            (text, hash) = (ends.event.unwrap_or(ends.header), kept);
            row
        })
    }
}

/// Judges a record by itself: it says its place, and its event has the hash it says.
///
/// # Errors
/// What is wrong with it.
pub fn examine(seq: u64, header: &str, event: Option<&str>) -> Result<Examined, Bad> {
    let hash = leaf_hash(header.as_bytes());
    let read: Essential<'_> = serde_json::from_str(header).map_err(|why| Bad::at(seq, format!("its header cannot be read ({why})")))?;
    if read.seq != seq {
        return Err(Bad::at(seq, format!("its header is that of record {}", read.seq)));
    }
    if event.is_some_and(|event| !is_written(sha256(event.as_bytes()), &read.event_sha256)) {
        return Err(Bad::at(seq, "the event's bytes are not those of its hash"));
    }
    Ok(Examined { seq, epoch: read.epoch, leaf: hash, redacted: event.is_none() })
}

/// Whether this is how a hash is written; a million of them are compared in a walk, so none is parsed.
fn is_written(hash: Hash, text: &str) -> bool {
    let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
    let digits = hash.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    text.len() == 64 && text.bytes().eq(digits)
}

/// What a whole walk found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sound {
    /// The tree of all records.
    pub frontier: Frontier,
    /// Records walked.
    pub records: u64,
    /// Of these, records whose words were redacted.
    pub redacted: u64,
    /// The last record that a checkpoint covers; 0 where none does.
    pub signed: u64,
}

/// A walk through a log in order.
#[derive(Debug)]
pub struct Walk {
    base: u64,
    frontier: Frontier,
    /// The log's own epoch, which may be later than that of its last record.
    log_epoch: u64,
    epoch: u64,
    redacted: u64,
    /// Still to come, the next one last.
    checkpoints: Vec<Checkpoint>,
    signed: u64,
}

impl Walk {
    /// Begins after what `base` holds the tree of, with the epoch the log is in and every checkpoint there is over it.
    pub fn new(base: Frontier, log_epoch: u64, mut checkpoints: Vec<Checkpoint>) -> Self {
        checkpoints.retain(|checkpoint| checkpoint.position.seq > base.size());
        checkpoints.sort_by_key(|checkpoint| std::cmp::Reverse((checkpoint.position.seq, checkpoint.position.epoch)));
        Self { base: base.size(), signed: base.size(), frontier: base, log_epoch, epoch: 0, redacted: 0, checkpoints }
    }

    /// The next record, with the hashes that were kept when it came.
    ///
    /// # Errors
    /// A record that is missing or out of order, or a tree that is not the signed one.
    pub fn push(&mut self, record: Examined, kept: &[Hash]) -> Result<(), Bad> {
        let place = self.frontier.size() + 1;
        if record.seq != place {
            let what = if record.seq < place { format!("record {} comes again after it", record.seq) } else { "it is missing".into() };
            return Err(Bad::at(place, what));
        }
        if record.epoch < self.epoch {
            return Err(Bad::at(place, format!("it is of epoch {}, after records of epoch {}", record.epoch, self.epoch)));
        }
        self.epoch = record.epoch;
        self.redacted += u64::from(record.redacted);
        let complete = self.frontier.push(record.leaf);
        let wrong = kept.iter().zip(&complete).position(|(kept, hash)| kept != hash);
        match wrong {
            None => {}
            Some(0) => return Err(Bad::at(place, "its header does not have the hash that was kept for it")),
            Some(level) => {
                let what = "the hash kept over them is not theirs".to_owned();
                return Err(Bad { seq: place + 1 - (1 << level), up_to: place, what });
            }
        }
        while let Some(checkpoint) = self.checkpoints.pop_if(|checkpoint| checkpoint.position.seq <= place) {
            let at = checkpoint.position;
            // What was signed over a stretch that a restored server lost says nothing of what came in its place.
            if at.epoch < record.epoch {
                continue;
            }
            if at.root != self.frontier.root() {
                let what = format!("{place} records were signed with the root {}, and these have {}", at.root, self.frontier.root());
                return Err(Bad { seq: self.signed + 1, up_to: place, what });
            }
            self.signed = place;
        }
        Ok(())
    }

    /// The last record that was pushed.
    pub fn seq(&self) -> u64 {
        self.frontier.size()
    }

    /// The end of the log.
    ///
    /// # Errors
    /// When more was signed than there is.
    pub fn finish(self) -> Result<Sound, Bad> {
        let end = self.frontier.size();
        if let Some(missing) = self.checkpoints.iter().find(|checkpoint| checkpoint.position.epoch >= self.epoch.max(self.log_epoch)) {
            return Err(Bad::at(end + 1, format!("it is missing, with all up to {}, which were signed", missing.position.seq)));
        }
        Ok(Sound { records: end - self.base, redacted: self.redacted, signed: self.signed, frontier: self.frontier })
    }
}

/// Opens the notes of a log; one that none of these keys signed is named by the record it claims.
///
/// # Errors
/// A note that is not signed by one of them.
pub fn open_all(notes: &[String], keys: &[PublicKey]) -> Result<Vec<Checkpoint>, Bad> {
    let open = |note: &String| {
        let claimed = Checkpoint::claimed(note).map_or(0, |at| at.seq);
        Checkpoint::open_any(note, keys).map_err(|why| Bad::at(claimed, format!("the checkpoint kept for it is not genuine: {}", why.0)))
    };
    notes.iter().map(open).collect()
}
