//! Whether what is held is what was written: cheap looks at opening, a whole walk on demand, and a head kept apart.

use crate::domain::EventId;
use crate::domain::Timestamp;
use crate::ledger::Hash;
use crate::ledger::Position;
use crate::ledger::PublicKey;
use crate::ledger::audit;
use crate::ledger::audit::Rows;
use crate::ledger::audit::Sound;
use crate::ledger::audit::Walk;
use crate::replica::audit::walk;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::outbox::Outbox;
use crate::replica::outbox::State;
use rusqlite::params;
use std::os::unix::fs::FileExt;

/// Two numbers of twenty digits, so that a write replaces exactly what was there.
const HEAD_BYTES: usize = 42;

/// What a whole walk found in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    /// Records whose bytes, hashes and order are those of the tree kept for them.
    pub records: u64,
    /// Events that were redacted, whose header still proves.
    pub redacted: u64,
    /// The last record under a signature of the server; 0 where nothing was signed.
    pub signed: u64,
    /// Events that wait to be sent.
    pub waiting: usize,
    /// Events that were not sent and are not as they were written: kept, and never sent.
    pub damaged: Vec<EventId>,
    /// The last record before the first one of the walk: of those up to it only the root is known here, and it led to what was signed.
    pub base: u64,
    /// Records from before the base that are held, each proven by its way to that root.
    pub old: u64,
    /// Incidents of which only the head is held, which nothing here proves.
    pub heads_alone: u64,
}

/// What a copy knows of its server's signature.
#[derive(Clone, PartialEq, Debug)]
pub struct Signatures {
    /// Where the copy stands.
    pub position: Option<Position>,
    /// The key the server is known by.
    pub key: Option<PublicKey>,
    /// The keys it was known by before, which vouched for it.
    pub older: Vec<PublicKey>,
    /// Checkpoints that were found true here, as signed notes, oldest first.
    pub notes: Vec<String>,
}

impl Local {
    /// The database must not end before what its own head, kept apart, says was committed: a `-wal` file that was removed leaves no other trace.
    pub(super) fn check_head(&mut self, now: Timestamp) -> Result<(), Fault> {
        let last: i64 = self.database.sql().query_row("SELECT coalesce(max(seq), 0) FROM record", [], |row| row.get(0))?;
        if (last as u64).max(self.beginning.seq()) != self.seq() {
            return Err(Fault::Damaged(format!("the log held here ends at {last}, its tree at {}", self.seq())));
        }
        let Some((seq, changed)) = self.kept_head() else { return Ok(()) };
        let missing = (seq.saturating_sub(self.seq()), changed.saturating_sub(self.outbox_changed as u64));
        if missing != (0, 0) {
            let alarm = format!(
                "This home's database is older than what was last written here: {} records and {} changes of the outbox are missing, as if its -wal file had been removed or an old copy put in its place. Records are fetched again; words that were never sent are lost unless the newer file is put back.",
                missing.0, missing.1
            );
            self.alarm = Some(alarm.clone());
            // From now on the older state is what counts.
            self.small_write(now, |database| database.keep_fact("alarm", alarm))?;
            self.keep_head();
        }
        Ok(())
    }

    fn kept_head(&self) -> Option<(u64, u64)> {
        let mut bytes = [0; HEAD_BYTES];
        self.head_file.as_ref()?.read_exact_at(&mut bytes, 0).ok()?;
        let mut words = std::str::from_utf8(&bytes).ok()?.split_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    }

    /// Writes where the database stands beside it; after a commit that waited for the disk, so that it is never ahead of it.
    pub(super) fn keep_head(&self) {
        let line = format!("{:020} {:020}\n", self.seq(), self.outbox_changed.max(0));
        if let Some(file) = &self.head_file {
            // Only a check of a check: where it cannot be written, nothing is lost.
            let _ = file.write_all_at(line.as_bytes(), 0);
        }
    }

    /// Walks everything held: the file's own structure, every record's bytes against its hash, all of them against the tree, and that against what the
    /// server signed.
    ///
    /// # Errors
    /// The first thing that is not as it was written.
    pub fn verify(&self) -> Result<Verified, Fault> {
        let sound: String = self.database.sql().query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            return Err(Fault::Damaged(sound));
        }
        let is_signed = self.trust.key.is_some();
        let checkpoints = if is_signed { audit::open_all(&self.signatures()?.notes, &self.trust.keys())? } else { Vec::new() };
        let mut query =
            self.database.sql().prepare_cached("SELECT seq, header, event, leaf FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
        let walked: Result<Sound, Fault> = walk(Walk::new(self.beginning.edge.clone(), self.epoch, checkpoints), |after, most| {
            let mut walked = Rows::default();
            let rows = query.query_map(params![after as i64, most as i64], |row| {
                walked.push(row.get::<_, i64>(0)? as u64, row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str_or_null()?);
                walked.keep(row.get::<_, Option<[u8; 32]>>(3)?.map(Hash).as_slice());
                Ok(())
            })?;
            rows.collect::<Result<(), _>>()?;
            Ok(walked)
        });
        let sound = walked?;
        if sound.frontier != self.frontier {
            return Err(Fault::Damaged(format!("the root of {} records is not the one kept for them", sound.records)));
        }
        self.database.check_past()?;
        let outbox = Outbox::load(&self.database)?;
        let damaged: Vec<EventId> = outbox.iter().filter(|row| row.state == State::Damaged).map(|row| row.event.id).collect();
        Ok(Verified {
            records: sound.records,
            redacted: sound.redacted,
            // A base that nothing was compared with is not proven by itself.
            signed: if sound.signed > self.beginning.seq() { sound.signed } else { 0 },
            waiting: outbox.iter().count() - damaged.len() + self.past.count,
            damaged,
            base: self.beginning.seq(),
            old: self.verify_old()?,
            heads_alone: self.database.heads_alone()?,
        })
    }

    /// What this copy knows of the server's signature.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn signatures(&self) -> Result<Signatures, Fault> {
        let mut query = self.database.sql().prepare_cached("SELECT note FROM checkpoint ORDER BY epoch, seq")?;
        let mut notes: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        // The newest is kept only now and then.
        notes.extend(self.seen_note().filter(|newest| !notes.contains(newest)));
        Ok(Signatures { position: self.position(), key: self.trust.key, older: self.trust.older.clone(), notes })
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::Command;
    use crate::domain::EntryKind;
    use crate::domain::IncidentId;
    use crate::domain::NewEntry;
    use crate::domain::Person;
    use crate::domain::Timestamp;
    use crate::replica::fault::Fault;
    use crate::replica::local::Closed;
    use crate::replica::local::Config;
    use crate::replica::local::Local;
    use crate::replica::snapshot::Answer;
    use crate::wire::builtin_org;

    fn open(home: &tempfile::TempDir) -> Local {
        let config = Config {
            home: home.path().to_owned(),
            person: Person::new("ana"),
            read_only: false,
            unwritable: None,
            closed: Closed::All,
            org: builtin_org(),
        };
        Local::open(&config, Timestamp::from_millis(1)).unwrap()
    }

    fn declare(local: &mut Local) -> IncidentId {
        let (title, summary) = ("Full".to_owned(), String::new());
        let declare = Command::Declare { title, summary, services: vec![], severity: None, at: None, drill: false };
        match local.command(IncidentId::ORG, declare, None, Timestamp::from_millis(2)) {
            Answer::Recorded { incident, .. } => incident,
            other => panic!("{other:?}"),
        }
    }

    fn log(local: &mut Local, incident: IncidentId, length: usize) -> Answer {
        let command = Command::AddEntry(NewEntry::new(EntryKind::Note, "x".repeat(length)));
        local.command(incident, command, Some("write"), Timestamp::from_millis(3))
    }

    #[test]
    fn a_full_disk_is_said_until_there_is_room_and_keeps_the_draft() {
        let home = tempfile::tempdir().unwrap();
        let mut local = open(&home);
        let incident = declare(&mut local);
        local.keep_draft("write", Some(incident), "my words", Timestamp::from_millis(3));
        let pages: i64 = local.database.sql().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        local.database.sql().execute_batch(&format!("PRAGMA max_page_count = {pages}")).unwrap();
        let Answer::NotSaved(why) = log(&mut local, incident, 100_000) else { panic!("it was saved") };
        let snapshot = local.snapshot();
        assert!(why.contains("disk is full") && snapshot.trouble.as_deref() == Some(&*why));
        assert_eq!((snapshot.unsent_total, snapshot.drafts[0].body.as_str()), (1, "my words"));
        local.database.sql().execute_batch("PRAGMA max_page_count = 100000").unwrap();
        local.try_saving(Timestamp::from_millis(4));
        assert_eq!(local.snapshot().trouble, None);
        assert!(matches!(log(&mut local, incident, 100_000), Answer::Recorded { .. }));
        assert!(local.snapshot().drafts.is_empty());
    }

    #[test]
    fn after_a_write_that_was_not_confirmed_nothing_is_acknowledged() {
        let home = tempfile::tempdir().unwrap();
        let mut local = open(&home);
        let incident = declare(&mut local);
        let unconfirmed: Result<(), Fault> = Err(Fault::Unconfirmed("input/output error".into()));
        local.database.begin().unwrap();
        assert!(local.database.finish(unconfirmed).is_err());
        for _ in 0..2 {
            let Answer::NotSaved(why) = log(&mut local, incident, 10) else { panic!("it was acknowledged") };
            assert!(why.contains("failed to confirm a write"), "{why}");
        }
        local.try_saving(Timestamp::from_millis(4));
        assert!(local.snapshot().trouble.is_some());
        assert_eq!(local.snapshot().board.get(incident).unwrap().timeline.len(), 1);
    }
}
