//! What the appender needs of a store, and what readers may ask it. Blocking: whoever is async calls it from a thread of its own.

use crate::domain::DeviceId;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::ledger::Checkpoint;
use crate::ledger::EventBytes;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::Position;
use crate::ledger::RecordBytes;
use crate::store::StoreError;
use crate::store::Token;
use crate::store::TokenHash;
use std::sync::Arc;

/// Of so many records one checkpoint is kept: a tree that was made anew differs from the signed one within so many.
pub const CHECKPOINT_EVERY: u64 = 1024;

/// Where a log stands: its name, its life, and the right edge of its tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// Which log.
    pub log: LogId,
    /// Which of its lives.
    pub epoch: u64,
    /// The tree of all records.
    pub frontier: Frontier,
}

impl Head {
    /// The last record, 0 when there is none.
    pub fn seq(&self) -> u64 {
        self.frontier.size()
    }

    /// The same as a position.
    pub fn position(&self) -> Position {
        Position { log: self.log, epoch: self.epoch, seq: self.seq(), root: self.frontier.root() }
    }
}

/// A record as it lies on disk.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its place.
    pub seq: u64,
    /// The header's bytes.
    pub record: RecordBytes,
    /// The event's bytes, unless it was redacted.
    pub event: Option<EventBytes>,
    /// Once it was redacted: the event without its words, for folding. It is no part of the log.
    pub stub: Option<EventBytes>,
}

impl Stored {
    /// What it takes on the way to a reader, nearly.
    pub(super) fn bytes(&self) -> usize {
        self.record.as_str().len() + self.event.as_ref().map_or(0, |event| event.as_str().len())
    }

    /// What folds at this place.
    pub fn folded(&self) -> Option<&EventBytes> {
        self.stub.as_ref().or(self.event.as_ref())
    }
}

/// A record to be written. Its place is the next one: `Head::seq` plus its place among the records of the batch.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// The event's id, unique in the log.
    pub id: EventId,
    /// The incident it belongs to.
    pub incident: IncidentId,
    /// The header's bytes; they hold the seq the plan gave it.
    pub record: RecordBytes,
    /// The event's bytes.
    pub event: EventBytes,
}

/// Where an event that is in the log already stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// Its place.
    pub seq: u64,
    /// The hash of its bytes, in hexadecimal.
    pub event_sha256: String,
}

/// What makes two plain requests the same request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AnswerKey {
    /// Who asked.
    pub person: Person,
    /// Method and path.
    pub route: String,
    /// The sender's `Idempotency-Key`.
    pub key: String,
}

/// What was answered to a plain request, kept so that asking again answers the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The hash of the request's body.
    pub request: Hash,
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// A body that was authentic and could not be read: kept whole, by its digest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawBody {
    /// SHA-256 of the bytes.
    pub sha256: Hash,
    /// Which integration sent it.
    pub source: String,
    /// When it came.
    pub received_at: Timestamp,
    /// The bytes as they came.
    pub bytes: Vec<u8>,
}

/// The deletion of an event's words: nothing of them stays in the store, nor in its free pages.
#[derive(Clone, Debug)]
pub struct Redaction {
    /// The record.
    pub seq: u64,
    /// The event.
    pub event: EventId,
    /// Its incident: answers that were kept about either are forgotten.
    pub incident: IncidentId,
    /// What folds in its place.
    pub stub: EventBytes,
    /// The raw body that was kept with it.
    pub raw: Option<Hash>,
}

/// The head of an incident as it is kept, so that a start does not fold the log. It can always be made again from the records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptHead {
    /// Whose.
    pub incident: IncidentId,
    /// Which version of the fold made it.
    pub fold: u32,
    /// The head, opaque here; `None` once words were deleted from the incident's records.
    pub json: Option<String>,
}

/// Every head that is kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeptHeads {
    /// Incidents with records after this one have to be folded; the heads of all others are as the log has them.
    pub at: u64,
    /// The heads, by id.
    pub heads: Vec<KeptHead>,
}

/// One thing to put on disk. All writes of a batch become durable together or not at all.
#[derive(Clone, Debug)]
pub enum Write {
    /// The next record.
    Record(NewRecord),
    /// An answer to remember.
    Answer(AnswerKey, Answer, Timestamp),
    /// A body to keep.
    Body(RawBody),
    /// Words to delete.
    Redact(Redaction),
    /// What was signed over the log with this batch's records in it. Of each 1024 records the newest is kept.
    Checkpoint(Checkpoint),
    /// Heads to keep in the place of older ones; `at` only ever rises.
    Heads(KeptHeads),
}

/// What a plan may look at while the head is locked.
pub trait Locked {
    /// Where the log stands.
    fn head(&self) -> &Head;

    /// Whether an event is in the log. Only for what was named in the `Ask`, as all that follows.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn known(&self, id: EventId) -> Result<Option<Known>, StoreError>;

    /// The record of an event, if it is in the log.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn stored(&self, id: EventId) -> Result<Option<Stored>, StoreError>;

    /// What was answered to a request before.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn answered(&self, key: &AnswerKey) -> Result<Option<Answer>, StoreError>;

    /// Whether a raw body is kept already.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn holds_body(&self, sha256: Hash) -> Result<bool, StoreError>;
}

/// What a plan is going to ask, named before the head is locked: a store across a network then fetches all of it in one go.
#[derive(Clone, Default, Debug)]
pub struct Ask {
    /// For `Locked::known`.
    pub events: Vec<EventId>,
    /// For `Locked::answered`.
    pub answers: Vec<AnswerKey>,
    /// For `Locked::holds_body`.
    pub bodies: Vec<Hash>,
    /// For `Locked::stored`.
    pub records: Vec<EventId>,
}

/// Takes in records that others wrote, in order, with the head after them. They are committed, whatever becomes of what follows.
pub type Follow<'a> = dyn FnMut(&Head, &[Stored]) -> Result<(), StoreError> + 'a;

/// Decides under the head lock what is written.
pub type Plan<'a> = dyn FnMut(&dyn Locked) -> Result<Vec<Write>, StoreError> + 'a;

/// Says that others may have written. Called from any thread, more often than needed.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The log for one who writes to it. Several may have the same log open; each follows what the others write.
pub trait LogStore: Send {
    /// Where the log stood after the last append or what was followed last, or when it was opened.
    fn head(&self) -> &Head;

    /// The device under which this server writes events of its own.
    fn device(&self) -> DeviceId;

    /// Locks the head, follows what others wrote up to it, asks the plan, and writes what it says in one transaction. When this
    /// returns `Ok`, it is on disk.
    ///
    /// # Errors
    /// `Unavailable`: nothing was written, it may be tried again. `Unknown`: it may be on disk or not; sent again it is taken once.
    /// `Broken`: the same, and the store must be opened anew. `Rewound`: as for `catch_up`. An error of the plan comes back as it is,
    /// and nothing was written.
    fn append(&mut self, ask: &Ask, follow: &mut Follow<'_>, plan: &mut Plan<'_>) -> Result<Head, StoreError>;

    /// Follows what others wrote, without locking anyone out.
    ///
    /// # Errors
    /// When the store cannot be read. `Rewound`: it no longer holds what was read from it; `begin_epoch` and fold it anew.
    fn catch_up(&mut self, _follow: &mut Follow<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    /// Forgets what was read and takes the log as it is now, in an epoch above this one; it begins here unless another began it.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    fn begin_epoch(&mut self, above: u64) -> Result<(), StoreError>;

    /// Whether other servers may write to the same log.
    fn is_shared(&self) -> bool {
        false
    }

    /// Whom to tell when others may have written.
    fn wake(&mut self, _wake: Wake) {}

    /// For everyone who only reads, and for tokens.
    fn reader(&self) -> Arc<dyn LogReader>;
}

/// The room a log takes, as far as it is known, in bytes.
#[derive(Clone, Copy, Default, Debug)]
pub struct Room {
    /// The database.
    pub database_bytes: Option<u64>,
    /// What a file may still take of the disk.
    pub disk_available_bytes: Option<u64>,
    /// The disk.
    pub disk_bytes: Option<u64>,
}

/// The log for readers, from any thread. Never keeps the writer waiting.
pub trait LogReader: Send + Sync {
    /// Records after a place in order, at most `limit` of them and, from the second on, at most `bytes_max` bytes.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn page(&self, after: u64, limit: usize, bytes_max: usize) -> Result<Vec<Stored>, StoreError>;

    /// Shows the records after a place in order, at most `limit` of them: place, header and event.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn each(&self, after: u64, limit: usize, take: &mut dyn FnMut(u64, &str, Option<&str>)) -> Result<(), StoreError> {
        for stored in self.page(after, limit, usize::MAX)? {
            take(stored.seq, stored.record.as_str(), stored.event.as_ref().map(EventBytes::as_str));
        }
        Ok(())
    }

    /// Where the log stands.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn head(&self) -> Result<Head, StoreError>;

    /// The records of an incident in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn incident(&self, id: IncidentId) -> Result<Vec<Stored>, StoreError>;

    /// The last records of an incident before a place, in order: at most `limit` of them and, but for one, at most `bytes_max` bytes.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn incident_before(&self, id: IncidentId, before: u64, limit: usize, bytes_max: usize) -> Result<Vec<Stored>, StoreError>;

    /// Every head that is kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn heads(&self) -> Result<KeptHeads, StoreError>;

    /// The incidents that have records after a place.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn incidents_after(&self, seq: u64) -> Result<Vec<IncidentId>, StoreError>;

    /// The root of the tree of the first `seq` records; `None` when there are fewer.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn root_at(&self, seq: u64) -> Result<Option<Hash>, StoreError>;

    /// Hashes of the tree by their positions in the tlog layout, in the order asked; `None` when one is missing.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn nodes(&self, positions: &[u64]) -> Result<Option<Vec<Hash>>, StoreError>;

    /// The signed checkpoints that are kept, as notes, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn checkpoints(&self) -> Result<Vec<String>, StoreError>;

    /// A token by the hash of what was shown.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn token(&self, hash: TokenHash) -> Result<Option<Token>, StoreError>;

    /// Every token there is, revoked ones too.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn tokens(&self) -> Result<Vec<Token>, StoreError>;

    /// Notes when tokens were last used.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn touch_tokens(&self, used: &[(TokenHash, Timestamp)]) -> Result<(), StoreError>;

    /// How much room the log takes, and how much is left; asks the disk or the database.
    fn room(&self) -> Room {
        Room::default()
    }

    /// What works and yet endangers the log, in sentences for whoever runs the server.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}
