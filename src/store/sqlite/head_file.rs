//! Where the log stood, kept apart from the database: two slots written in turn, so that a torn write leaves the other one.
//!
//! It is written after each commit and fsynced once a second, so it is never ahead of the database and at most a second behind.

use crate::ledger::Position;
use crate::ledger::sha256_hex;
use crate::store::Head;
use crate::store::StoreError;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

const SLOT_BYTES: usize = 512;
const SYNC_EVERY: Duration = Duration::from_secs(1);

pub(super) struct HeadFile {
    file: File,
    slot: u64,
    synced_at: Instant,
}

impl HeadFile {
    /// Opens the file, or makes it.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = super::open::private_file(path)?;
        Ok(Self { file, slot: 0, synced_at: Instant::now() })
    }

    /// What the newest intact slot says.
    pub(super) fn read(&mut self) -> Option<Position> {
        let slots = [0, 1].map(|slot| {
            let mut bytes = [0; SLOT_BYTES];
            self.file.read_exact_at(&mut bytes, slot * SLOT_BYTES as u64).ok()?;
            parse(&bytes)
        });
        let newest = slots.into_iter().zip(0..).filter_map(|(found, slot)| found.map(|found| (found, slot)));
        let (found, slot) = newest.max_by_key(|(found, _)| (found.epoch, found.seq))?;
        self.slot = slot + 1;
        Some(found)
    }

    /// Notes where the log stands. Failing here loses no record, only a safeguard, so it is only logged.
    pub(super) fn write(&mut self, head: &Head) {
        let line = line(&head.position());
        let mut bytes = [b' '; SLOT_BYTES];
        bytes[..line.len()].copy_from_slice(line.as_bytes());
        bytes[SLOT_BYTES - 1] = b'\n';
        let mut done = self.file.write_all_at(&bytes, (self.slot % 2) * SLOT_BYTES as u64);
        self.slot += 1;
        if self.synced_at.elapsed() >= SYNC_EVERY {
            done = done.and_then(|()| self.file.sync_data());
            self.synced_at = Instant::now();
        }
        if let Err(why) = done {
            tracing::warn!(%why, "the head file could not be written");
        }
    }
}

impl Drop for HeadFile {
    fn drop(&mut self) {
        // Best effort at the end: the file is only ever a lower bound.
        let _ = self.file.sync_data();
    }
}

fn line(at: &Position) -> String {
    let words = format!("warroom-head 1 {} {} {} {}", at.log, at.epoch, at.seq, at.root);
    let check = sha256_hex(words.as_bytes());
    format!("{words} {check}")
}

fn parse(bytes: &[u8]) -> Option<Position> {
    let text = std::str::from_utf8(bytes).ok()?.trim_end();
    let (words, check) = text.rsplit_once(' ')?;
    if sha256_hex(words.as_bytes()) != check {
        return None;
    }
    let mut parts = words.strip_prefix("warroom-head 1 ")?.split(' ');
    Some(Position {
        log: parts.next()?.parse().ok()?,
        epoch: parts.next()?.parse().ok()?,
        seq: parts.next()?.parse().ok()?,
        root: parts.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LogId;
    use crate::ledger::Frontier;
    use crate::ledger::leaf_hash;

    #[test]
    fn a_torn_slot_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head");
        let mut head = Head { log: LogId(uuid::Uuid::now_v7()), epoch: 1, frontier: Frontier::default() };
        let mut file = HeadFile::open(&path).unwrap();
        assert_eq!(file.read(), None);
        for seq in 1..=3_u64 {
            head.frontier.push(leaf_hash(&seq.to_le_bytes()));
            file.write(&head);
        }
        let mut file = HeadFile::open(&path).unwrap();
        assert_eq!(file.read().unwrap(), head.position());
        file.file.write_all_at(b"torn", 40).unwrap();
        assert_eq!(file.read().unwrap().seq, 2, "record 3 went to the first slot, which is torn now");
    }
}
