//! This copy as a witness: the key it knows the server by, the last checkpoint that was found true here, and what it refuses because of them.

use crate::domain::Timestamp;
use crate::ledger::Checkpoint;
use crate::ledger::Frontier;
use crate::ledger::Position;
use crate::ledger::PublicKey;
use crate::ledger::proof;
use crate::ledger::succession;
use crate::replica::database::Database;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::sync::Met;
use crate::replica::sync::Recalled;
use rusqlite::params;

/// Of so many records one checkpoint is kept.
const CHECKPOINT_EVERY: u64 = 1024;
/// How often the last checkpoint is kept while no records come.
const KEPT_EVERY_MS: i64 = 5_000;

/// What is known of the server's signature.
#[derive(Clone, Default, Debug)]
pub(super) struct Trust {
    /// The key it signs with, since the first contact or as `connect` was told.
    pub key: Option<PublicKey>,
    /// The keys before it, each of which vouched for the next: what they signed still counts.
    pub older: Vec<PublicKey>,
    /// The newest checkpoint whose tree is the one held here.
    pub seen: Option<Checkpoint>,
    /// A newer one, whose tree is compared once the records up to it are here.
    ahead: Option<Checkpoint>,
    doubt: Doubt,
    kept_at: Timestamp,
}

/// A server whose key is replaced while this copy works with it signs with one that it did not name when it was met.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Doubt {
    #[default]
    No,
    /// It is asked again who it is …
    Asked,
    /// … and has to sign with the key it named then.
    Answered,
}

impl Trust {
    pub fn read(&mut self, database: &Database) -> Result<(), Fault> {
        let key = database.fact::<String>("key")?.and_then(|key| key.parse().ok());
        if self.key != key {
            *self = Self { key, ..Self::default() };
        }
        let older = database.fact::<String>("older_keys")?.unwrap_or_default();
        self.older = older.split(' ').filter_map(|key| key.parse().ok()).collect();
        let keys = self.keys();
        let note = database.fact::<String>("checkpoint")?.filter(|note| self.seen.as_ref().is_none_or(|seen| seen.note() != note));
        let kept = note.and_then(|note| Checkpoint::open_any(&note, &keys).ok());
        // What is in memory may be newer than what was last kept.
        let reach = |seen: &Checkpoint| (seen.position.epoch, seen.position.seq);
        self.seen = [self.seen.take(), kept].into_iter().flatten().max_by_key(reach);
        Ok(())
    }

    /// Every key whose signature counts.
    pub fn keys(&self) -> Vec<PublicKey> {
        self.key.into_iter().chain(self.older.iter().copied()).collect()
    }

    /// Keeps what was last found true; inside a transaction.
    pub fn keep(&self, database: &Database) -> Result<(), Fault> {
        let Some(seen) = &self.seen else { return Ok(()) };
        database.keep_fact("checkpoint", seen.note())?;
        let at = seen.position;
        let mut keep =
            database.sql().prepare_cached("INSERT OR REPLACE INTO checkpoint (epoch, bucket, seq, note) VALUES (?1, ?2, ?3, ?4)")?;
        keep.execute(params![at.epoch as i64, (at.seq / CHECKPOINT_EVERY) as i64, at.seq as i64, seen.note()])?;
        Ok(())
    }

    /// Compares the tree as it grows with what was promised for this size.
    pub fn compare(&mut self, frontier: &Frontier) -> Result<(), Fault> {
        let Some(ahead) = self.ahead.take_if(|ahead| ahead.position.seq <= frontier.size()) else { return Ok(()) };
        let at = ahead.position;
        if at.seq < frontier.size() {
            return Ok(());
        }
        if at.root != frontier.root() {
            let ours = frontier.root();
            return Err(Fault::Untrue(format!(
                "the records it sent up to {} lead to the root {ours}, and it signed {} for them",
                at.seq, at.root
            )));
        }
        self.seen = Some(ahead);
        Ok(())
    }
}

impl Local {
    /// The last checkpoint that was found true here, to be shown to the server.
    pub(super) fn seen_note(&self) -> Option<String> {
        self.trust.seen.as_ref().map(|seen| seen.note().to_owned())
    }

    /// Takes a checkpoint that came with records or alone: it must be signed by the key that is known here, and say what is held here.
    ///
    /// # Errors
    /// `Untrue` when it is not.
    pub fn witness(&mut self, note: &str, now: Timestamp) -> Result<(), Fault> {
        let Some(key) = self.trust.key else { return Ok(()) };
        if self.trust.seen.as_ref().is_some_and(|seen| seen.note() == note) {
            return Ok(());
        }
        let signed = self.alarmed(now, |local| local.open_note(note, key))?;
        let at = signed.position;
        if Some(at.log) != self.log || at.epoch < self.epoch {
            return Err(Fault::Untrue(format!(
                "it shows {}, which is older than what was seen of it here (epoch {})",
                at.origin(),
                self.epoch
            )));
        }
        // A later life of the log is told by a resync, and its checkpoints count from then on.
        if at.epoch == self.epoch && at.seq >= self.seq() {
            self.trust.ahead = Some(signed);
            let before = self.trust.seen.as_ref().map(|seen| seen.position);
            self.alarmed(now, |local| local.trust.compare(&local.frontier))?;
            self.dirty |= before != self.trust.seen.as_ref().map(|seen| seen.position);
            if now.since_ms(self.trust.kept_at) >= KEPT_EVERY_MS {
                self.trust.kept_at = now;
                let trust = self.trust.clone();
                // It is fetched and found true again if it is lost.
                self.database.wait_for_disk(false)?;
                let kept = if self.read_only { Ok(()) } else { self.small_write(now, |database| trust.keep(database)) };
                self.database.wait_for_disk(true)?;
                kept?;
            }
        }
        Ok(())
    }

    fn open_note(&mut self, note: &str, key: PublicKey) -> Result<Checkpoint, Fault> {
        let opened = Checkpoint::open(note, &key);
        self.trust.doubt = match (&opened, self.trust.doubt) {
            (Ok(_), _) => Doubt::No,
            (Err(why), Doubt::Answered) => return Err(Fault::Untrue(why.to_string())),
            (Err(_), _) => Doubt::Asked,
        };
        opened.map_err(|why| Fault::Unfit(format!("{why}; it is asked again which key it signs with")))
    }

    /// What a server says of itself at the beginning: the key must be the one that is known here, and its log must begin as it did.
    ///
    /// # Errors
    /// `Untrue` when it does not.
    pub(super) fn recognise(&mut self, met: &Met, now: Timestamp) -> Result<(), Fault> {
        match (self.trust.key, met.me.key) {
            (None, None) => return Ok(()),
            (None, Some(key)) => self.trust_key(key, now)?,
            (Some(known), None) => {
                return Err(Fault::Untrue(format!("it no longer signs, and was known here by the key {}", known.fingerprint())));
            }
            (Some(known), Some(key)) if known != key => {
                if succession::follow(known, met.me.log, &met.me.succession) != key {
                    return Err(other_key(known, key));
                }
                self.succeed(key, now)?;
                // It may be replaced once more before this one signs anything.
                self.trust.doubt = Doubt::No;
            }
            _ => {}
        }
        if self.trust.doubt == Doubt::Asked {
            self.trust.doubt = Doubt::Answered;
        }
        let (Some(Recalled { shown, answer }), Some(key)) = (&met.recalled, self.trust.key) else { return Ok(()) };
        let keys = self.trust.keys();
        // What was shown under a key that a person has replaced since says nothing of this one.
        let Ok(Checkpoint { position: seen, .. }) = Checkpoint::open_any(shown, &keys) else { return Ok(()) };
        let untrue = |why: String| Err(Fault::Untrue(why));
        let answer = match answer {
            Ok(answer) => answer,
            Err(why) => return untrue(format!("it signed record {} with root {}, and says: {why}", seen.seq, seen.root)),
        };
        let signed = self.open_note(&answer.checkpoint, key)?;
        let at = signed.position;
        if at.log != seen.log || at.epoch < seen.epoch {
            return untrue(format!("it shows {}, and showed {} before", at.origin(), seen.origin()));
        }
        if at.epoch == seen.epoch {
            let proof = answer.proof.as_deref().unwrap_or_default();
            if !proof::check_consistency(proof, (seen.seq, seen.root), (at.seq, at.root)) {
                return untrue(format!(
                    "its {} records do not begin with the {} that it signed before: the first that differs is at or before {}",
                    at.seq, seen.seq, seen.seq
                ));
            }
            self.trust.ahead = Some(signed);
            let frontier = self.frontier.clone();
            self.trust.compare(&frontier)?;
        }
        Ok(())
    }

    /// The known key vouched for this one.
    fn succeed(&mut self, key: PublicKey, now: Timestamp) -> Result<(), Fault> {
        let older = self.trust.keys();
        let words: Vec<String> = older.iter().map(ToString::to_string).collect();
        if !self.read_only {
            self.small_write(now, |database| {
                database.keep_fact("older_keys", words.join(" "))?;
                database.keep_fact("key", key.to_string())
            })?;
        }
        tracing::warn!(key = key.fingerprint(), "the server signs with a new key, for which the one known here vouched");
        (self.trust.key, self.trust.older) = (Some(key), older);
        self.dirty = true;
        Ok(())
    }

    /// Knows the server by this key from now on.
    ///
    /// # Errors
    /// When it is not on disk.
    pub fn trust_key(&mut self, key: PublicKey, now: Timestamp) -> Result<(), Fault> {
        if !self.read_only {
            self.small_write(now, |database| {
                database.keep_fact("key", key.to_string())?;
                database.keep_fact("older_keys", Option::<String>::None)?;
                database.sql().execute("DELETE FROM checkpoint", [])?;
                database.keep_fact("checkpoint", Option::<String>::None)
            })?;
        }
        self.trust = Trust { key: Some(key), ..Trust::default() };
        self.dirty = true;
        Ok(())
    }

    /// What was signed is not given up because a server of the same epoch no longer has it.
    pub(super) fn may_cut_back(&self, seq: u64, epoch: u64) -> Result<(), Fault> {
        let Some(Position { seq: signed, root, .. }) = self.trust.seen.as_ref().map(|seen| seen.position).filter(|at| at.epoch == epoch)
        else {
            return Ok(());
        };
        if seq >= signed {
            return Ok(());
        }
        Err(Fault::Untrue(format!(
            "it signed {signed} records with the root {root}, and of these it has only the first {seq} now: record {} is missing or another",
            seq + 1
        )))
    }

    /// Runs a check; what it finds untrue is an alarm that stays until it was read.
    pub(super) fn alarmed<T>(&mut self, now: Timestamp, check: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let done = check(self);
        if let Err(fault @ Fault::Untrue(_)) = &done {
            let words = fault.to_string();
            if self.alarm.as_ref() != Some(&words) {
                self.alarm = Some(words.clone());
                self.dirty = true;
                // It is raised again by the next look at the server, should it be lost.
                let _ = self.small_write(now, |database| database.keep_fact("alarm", words));
            }
        }
        done
    }
}

fn other_key(known: PublicKey, key: PublicKey) -> Fault {
    Fault::Untrue(format!(
        "it signs with the key {}, and is known here by {}. If its key was replaced on purpose, ask its owner for the fingerprint and run `warroom connect URL --key FINGERPRINT`",
        key.fingerprint(),
        known.fingerprint()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Scope;
    use crate::ledger::SecretKey;
    use crate::ledger::succession::Succession;
    use crate::replica::local::base::tests::LOG;
    use crate::replica::local::base::tests::NOW;
    use crate::replica::local::base::tests::copy;
    use crate::replica::local::base::tests::met;

    fn note(key: &SecretKey) -> String {
        let nothing = Frontier::default();
        Checkpoint::sign(Position { log: LOG, epoch: 1, seq: 0, root: nothing.root() }, key).note().to_owned()
    }

    #[test]
    fn a_key_may_be_replaced_while_the_one_before_is_asked_for_and_no_other_may_sign() {
        let keys = [3, 4, 5, 6].map(|seed| SecretKey::from_seed([seed; 32]));
        let notes: Vec<String> = keys.windows(2).map(|pair| Succession::sign(LOG, &pair[0], &pair[1].public())).collect();
        let (_home, mut local) = copy();
        local.join(&met(Scope::Responder, &keys[0], &[]), NOW).unwrap();
        for next in 1..3 {
            let why = local.witness(&note(&keys[next]), NOW).unwrap_err();
            assert!(matches!(why, Fault::Unfit(_)), "it is asked again: {why}");
            local.join(&met(Scope::Responder, &keys[next], &notes[..next]), NOW).unwrap();
        }
        local.witness(&note(&keys[2]), NOW).unwrap();
        assert!(matches!(local.witness(&note(&keys[3]), NOW).unwrap_err(), Fault::Unfit(_)));
        local.join(&met(Scope::Responder, &keys[2], &notes[..2]), NOW).unwrap();
        assert!(matches!(local.witness(&note(&keys[3]), NOW).unwrap_err(), Fault::Untrue(_)), "it named another key than it signs with");
    }
}
