//! A server's database: every record, every stored hash, and every checkpoint that is kept in it or was seen here.

use crate::cli::database::failure;
use crate::cli::failure::Failure;
use crate::cli::verify::Found;
use crate::cli::verify::Known;
use crate::cli::verify::bad;
use crate::domain::Body;
use crate::domain::IncidentId;
use crate::ledger::Checkpoint;
use crate::ledger::Frontier;
use crate::ledger::PublicKey;
use crate::ledger::SecretKey;
use crate::ledger::audit::Bad;
use crate::ledger::audit::Walk;
use crate::ledger::succession;
use crate::replica;
use crate::store;
use crate::store::Database;
use crate::store::StoreError;

/// Why a walk ended early.
enum Stop {
    Bad(Bad),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(why: StoreError) -> Self {
        Self::Store(why)
    }
}

impl From<Bad> for Stop {
    fn from(bad: Bad) -> Self {
        Self::Bad(bad)
    }
}

/// Walks a server's database.
pub(super) fn verify(database: &Database, known: &Known) -> Result<Found, Failure> {
    let reader = database.open_reader().map_err(|why| match why {
        StoreError::Foreign(path) => Failure::Usage(format!(
            "{} is not a server's database; the log of a home is checked by `warroom --home DIR verify`",
            path.display()
        )),
        other => failure(other),
    })?;
    let (head, notes) = (reader.head().map_err(failure)?, reader.checkpoints().map_err(failure)?);
    let mut keys = known.keys();
    if keys.is_empty() {
        keys.extend(key_beside(database));
    }
    let replaced = replaced(&*reader)?;
    for key in keys.clone() {
        keys.extend(succession::before(key, head.log, &replaced));
        keys.push(succession::follow(key, head.log, &replaced));
    }
    let mut checkpoints = known.seen_of(head.log);
    for note in notes.iter().filter(|_| !keys.is_empty()) {
        checkpoints.push(open(note, &keys).map_err(|found| bad(database, &found))?);
    }
    let key = checkpoints.last().and_then(|last| keys.iter().find(|key| Checkpoint::open(last.note(), key).is_ok()));
    let walked: Result<_, Stop> = replica::walk(Walk::new(Frontier::default(), head.epoch, checkpoints.clone()), |after, most| {
        Ok(store::audit_rows(&*reader, after, most)?)
    });
    let sound = walked.map_err(|stop| match stop {
        Stop::Bad(found) => bad(database, &found),
        Stop::Store(why) => failure(why),
    })?;
    if sound.frontier != head.frontier {
        let found = Bad { seq: sound.signed + 1, up_to: sound.records, what: "the root kept for all records is not theirs".into() };
        return Err(bad(database, &found));
    }
    let mut notes = vec![format!("log {}, epoch {}", head.log, head.epoch)];
    if keys.is_empty() {
        notes.push("the server's key is not known here: give it with --key to check its signatures".into());
    }
    Ok(Found {
        what: "database",
        records: sound.records,
        redacted: sound.redacted,
        signed: sound.signed,
        key: key.map(PublicKey::fingerprint),
        key_known: key.is_some_and(|key| {
            known.relies_on(key) || succession::before(*key, head.log, &replaced).iter().any(|before| known.relies_on(before))
        }),
        base: 0,
        old: 0,
        heads_alone: 0,
        damaged: Vec::new(),
        notes,
    })
}

/// What the log says of keys that were replaced. A key counts because one that is known vouches for it, whatever else the log says.
fn replaced(reader: &dyn store::LogReader) -> Result<Vec<String>, Failure> {
    let records = reader.incident(IncidentId::ORG).map_err(failure)?;
    let events = records.iter().filter_map(|stored| stored.event.as_ref()?.read().ok());
    Ok(events.filter_map(|event| if let Body::KeyReplaced(data) = event.body { Some(data.note) } else { None }).collect())
}

fn open(note: &str, keys: &[PublicKey]) -> Result<Checkpoint, Bad> {
    Checkpoint::open_any(note, keys).map_err(|_| {
        let place = Checkpoint::claimed(note).map_or(0, |at| at.seq);
        Bad::at(place, "the checkpoint kept for it is not signed by the server's key")
    })
}

/// The key of a server whose files lie together.
fn key_beside(database: &Database) -> Option<PublicKey> {
    let Database::Sqlite(path) = database else { return None };
    let line = std::fs::read_to_string(path.with_file_name("server.key")).ok()?;
    SecretKey::from_line(&line).ok().map(|key| key.public())
}
