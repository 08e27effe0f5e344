//! `warroom verify`: the log held here, a server's database or an exported file, offline, against what the server signed.

mod export;
mod stored;

use crate::cli::database;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::ledger::Checkpoint;
use crate::ledger::PublicKey;
use crate::ledger::audit::Bad;
use crate::replica::Mend;
use crate::replica::Signatures;
use crate::store::Database;
use crate::text::Safe;
use clap::Args;
use serde::Serialize;
use std::fmt::Display;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

/// How every SQLite file begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Check the log, or a file, against what the server signed.
///
/// The log held here, a server's database or an incident exported as JSON. Names the first bad record, and exits with 6 where there is one. Needs
/// no network.
#[derive(Args, Debug)]
pub struct Verify {
    /// An incident exported as JSON, or a server's database [default: the log held here]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// A server's database: sqlite:PATH or postgres://…
    #[arg(long, value_name = "DB", conflicts_with = "file")]
    database: Option<String>,
    /// The server's public key (64 hexadecimal digits) or its fingerprint, as its owner told it; may be repeated [default: the key this home knows]
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
}

/// What was found in order.
#[derive(Serialize)]
struct Found {
    /// `replica`, `database` or `export`.
    what: &'static str,
    /// Records that were walked.
    records: u64,
    /// Of these, records whose words were redacted.
    redacted: u64,
    /// The last record under a signature of the server; 0 where none is.
    signed: u64,
    /// The fingerprint of the key that signed.
    key: Option<String>,
    /// Whether that key was told or is known here.
    key_known: bool,
    /// The last record before those that were walked; 0 where all were.
    base: u64,
    /// Records from before it that are held, each proven by itself.
    old: u64,
    /// Incidents of which only the head is held, which nothing here proves.
    heads_alone: u64,
    /// Events that were not sent and are not as they were written.
    damaged: Vec<String>,
    /// What else is to be said.
    notes: Vec<String>,
}

/// The keys that count, and what this home has seen signed.
struct Known {
    told: Vec<String>,
    here: Option<Signatures>,
}

impl Verify {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let home = session.home()?;
        let is_here = home.folder().join("replica.db").exists();
        let database = match (&self.database, &self.file) {
            (Some(name), _) => Some(database::existing(session, Some(name))?),
            (None, Some(path)) if is_database(path)? => Some(Database::Sqlite(path.clone())),
            (None, _) => None,
        };
        if self.file.is_none() && database.is_none() && !is_here {
            return Err(Failure::Missing("no log is held here yet; `warroom connect URL` fetches one, or name a FILE".into()));
        }
        let desk =
            if is_here { Some(Desk::open_at(session, home.clone(), session.connection(&home)?, Mend::Nothing.into())?) } else { None };
        let here = desk.as_ref().map(|desk| desk.here.replica.signatures()).transpose()?;
        let known = Known { told: self.keys.iter().map(|key| key.trim().to_owned()).collect(), here };
        let found = match (&database, &self.file, &desk) {
            (Some(database), ..) => stored::verify(database, &known)?,
            (None, Some(path), _) => export::verify(path, &known)?,
            (None, None, Some(desk)) => replica(desk, &known)?,
            (None, None, None) => return Ok(()),
        };
        say(session, &found)?;
        found.damaged.first().map_or(Ok(()), |_| Err(turned(&found.damaged)))
    }
}

/// What was not sent and is not what was written.
pub(super) fn turned(events: &[impl Display]) -> Failure {
    let events: Vec<String> = events.iter().map(ToString::to_string).collect();
    Failure::Damaged(format!(
        "{} of the events that were not sent are not as they were written, so they are kept and never sent: {}; check the disk, and open the war room (`!`) to see what they said",
        events.len(),
        events.join(", ")
    ))
}

fn say(session: &Session, found: &Found) -> Result<(), Failure> {
    if session.output.json {
        return session.output.object(found);
    }
    let signed = match (&found.key, found.signed) {
        (None, _) | (_, 0) => "nothing of it is under a server's signature".to_owned(),
        (Some(_), signed) if signed >= found.base + found.records || found.what == "export" => {
            "all of it is what the server signed".to_owned()
        }
        (Some(_), signed) => {
            format!("up to record {signed} it is what the server signed, {} came later", found.base + found.records - signed)
        }
    };
    session.output.line(format!("{}: {} records are as they were written; {signed}", found.what, found.records))?;
    if let Some(key) = &found.key {
        let whose = if found.key_known { "the key known here" } else { "NOT known here: compare it with what the server's owner says" };
        session.output.line(format!("signed by {key}, {whose}"))?;
    }
    if found.redacted > 0 {
        session.output.line(format!("{} of them were redacted: their words are gone, their headers still prove", found.redacted))?;
    }
    found.notes.iter().try_for_each(|note| session.output.line(Safe::line(note).as_str()))
}

fn replica(desk: &Desk<'_>, known: &Known) -> Result<Found, Failure> {
    let signatures = desk.here.replica.signatures()?;
    if let Some(key) = signatures.key.filter(|key| !known.told.is_empty() && !known.is_told(key)) {
        let reason = format!("this home knows the server by the key {}, which is none of those given", key.fingerprint());
        return Err(Failure::Refused { code: "other_key".into(), reason });
    }
    let verified = desk.here.replica.verify()?;
    let mut notes = Vec::new();
    if verified.waiting > 0 {
        notes.push(format!("{} written here are in no log yet", verified.waiting));
    }
    if verified.base > 0 {
        let old =
            if verified.old == 0 { String::new() } else { format!("; {} older ones that are held lead to that root, too", verified.old) };
        notes.push(format!(
            "it begins after record {}: of those up to it the root is known, and leads to what was walked{old}",
            verified.base
        ));
    }
    if verified.heads_alone > 0 {
        notes.push(unproven(verified.heads_alone));
    }
    Ok(Found {
        what: "replica",
        records: verified.records,
        redacted: verified.redacted,
        signed: verified.signed,
        key: signatures.key.map(|key| key.fingerprint()),
        key_known: true,
        base: verified.base,
        old: verified.old,
        heads_alone: verified.heads_alone,
        damaged: verified.damaged.iter().map(ToString::to_string).collect(),
        notes,
    })
}

/// That heads are no proof, and how to get one.
pub(super) fn unproven(heads: u64) -> String {
    format!(
        "{heads} older incidents cannot be verified here: only their heads are held, as the server told them. Opening one fetches its records with their proof; `replica_days = 0` in the configuration of a new home fetches everything"
    )
}

impl Known {
    /// Whether a key is one of those that were told.
    fn is_told(&self, key: &PublicKey) -> bool {
        let (digits, fingerprint) = (key.to_string(), key.fingerprint());
        self.told.iter().any(|told| *told == digits || *told == fingerprint || fingerprint.strip_prefix("SHA256:") == Some(told))
    }

    /// The keys that were told in full, else the one this home knows.
    fn keys(&self) -> Vec<PublicKey> {
        let told: Vec<PublicKey> = self.told.iter().filter_map(|told| told.parse().ok()).collect();
        if told.is_empty() {
            self.here.iter().flat_map(|here| here.key.into_iter().chain(here.older.iter().copied())).collect()
        } else {
            told
        }
    }

    /// Whether a key is to be relied on: told, or where none was told, known here.
    fn relies_on(&self, key: &PublicKey) -> bool {
        if self.told.is_empty() {
            self.here.as_ref().is_some_and(|here| here.key == Some(*key) || here.older.contains(key))
        } else {
            self.is_told(key)
        }
    }

    /// What this home has seen signed of a log.
    fn seen_of(&self, log: crate::domain::LogId) -> Vec<Checkpoint> {
        let Some(here) = self.here.as_ref().filter(|here| here.position.is_some_and(|at| at.log == log)) else { return Vec::new() };
        let keys: Vec<PublicKey> = here.key.into_iter().chain(here.older.iter().copied()).collect();
        here.notes.iter().filter_map(|note| Checkpoint::open_any(note, &keys).ok()).collect()
    }
}

/// A file that is not what was signed.
fn bad(name: &dyn Display, bad: &Bad) -> Failure {
    Failure::Damaged(format!("{name} is not what was signed: {bad}. Keep it as it is, and compare it with another copy"))
}

fn is_database(path: &Path) -> Result<bool, Failure> {
    let mut beginning = [0; 16];
    let mut file = std::fs::File::open(path).map_err(|why| Failure::of_file(path, "read", &why))?;
    match file.read_exact(&mut beginning) {
        Ok(()) => Ok(beginning == SQLITE),
        Err(why) if why.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(why) => Err(Failure::of_file(path, "read", &why)),
    }
}
