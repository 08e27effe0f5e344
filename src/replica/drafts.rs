//! Words typed and not yet recorded. Each process leases the drafts it holds open; those of a dead process are taken over.

use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::snapshot::Draft;
use crate::replica::snapshot::Held;
use rusqlite::params;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// A process: its id, and when it started, because ids come round again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Lease {
    pub pid: u32,
    pub started: i64,
}

impl Lease {
    /// This process.
    pub fn own() -> Self {
        let pid = std::process::id();
        Self { pid, started: started(pid).unwrap_or(0) }
    }

    /// Whether that process still runs.
    pub fn is_alive(self) -> bool {
        started(self.pid) == Some(self.started)
    }
}

/// When a process started, in the kernel's ticks since boot; none if it does not run.
#[cfg(target_os = "linux")]
fn started(pid: u32) -> Option<i64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; the start time is the 20th word after it (proc(5)).
    let after_name = stat.rsplit_once(") ")?.1;
    let state = after_name.split(' ').next()?;
    let ticks = after_name.split(' ').nth(19)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(ticks)
}

#[cfg(not(target_os = "linux"))]
fn started(pid: u32) -> Option<i64> {
    let told = std::process::Command::new("ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
    let words = String::from_utf8_lossy(&told.stdout);
    let sum = words.trim().bytes().fold(0_i64, |sum, byte| sum.wrapping_mul(31).wrapping_add(i64::from(byte)));
    (!words.trim().is_empty()).then_some(sum)
}

impl Database {
    /// Keeps a draft under this process's lease; inside a transaction.
    pub fn keep_draft(&self, key: &str, incident: Option<IncidentId>, body: &str, lease: Lease, now: Timestamp) -> Result<(), Fault> {
        let mut keep = self
            .sql()
            .prepare_cached("INSERT OR REPLACE INTO draft (key, pid, started, incident, body, kept_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        keep.execute(params![key, lease.pid, lease.started, incident.map(|id| Key(id.0)), body, now.millis()])?;
        Ok(())
    }

    /// Lets a draft go: this process's, or the newest of a dead process; inside a transaction.
    pub fn drop_draft(&self, key: &str, lease: Lease) -> Result<(), Fault> {
        let mut own = self.sql().prepare_cached("DELETE FROM draft WHERE key = ?1 AND pid = ?2 AND started = ?3")?;
        if own.execute(params![key, lease.pid, lease.started])? > 0 {
            return Ok(());
        }
        let mut others = self.sql().prepare_cached("SELECT pid, started FROM draft WHERE key = ?1 ORDER BY kept_at DESC")?;
        let held = others.query_map([key], |row| Ok(Lease { pid: row.get(0)?, started: row.get(1)? }))?;
        let held: Vec<Lease> = held.collect::<Result<_, _>>()?;
        if let Some(dead) = held.into_iter().find(|lease| !lease.is_alive()) {
            own.execute(params![key, dead.pid, dead.started])?;
        }
        Ok(())
    }

    /// All drafts, newest first, and whether some could be taken over from a process that died.
    pub fn drafts(&self, lease: Lease) -> Result<(Vec<Draft>, bool), Fault> {
        let mut query =
            self.sql().prepare_cached("SELECT key, incident, body, kept_at, pid, started FROM draft ORDER BY kept_at DESC, key")?;
        let mut rows = query.query([])?;
        let (mut drafts, mut left, mut alive, mut orphans) = (Vec::<Draft>::new(), Vec::new(), BTreeMap::new(), false);
        while let Some(row) = rows.next()? {
            let holder = Lease { pid: row.get("pid")?, started: row.get("started")? };
            let own = holder == lease;
            let lives = own || *alive.entry(holder).or_insert_with(|| holder.is_alive());
            orphans |= !lives;
            drafts.push(Draft {
                key: row.get("key")?,
                incident: row.get::<_, Option<Key>>("incident")?.map(|key| IncidentId(key.0)),
                body: row.get("body")?,
                kept_at: Timestamp::from_millis(row.get("kept_at")?),
                held: if own { Held::Here } else { Held::Elsewhere },
            });
            left.push(!lives);
        }
        let mut here: BTreeSet<String> = drafts.iter().filter(|draft| draft.held == Held::Here).map(|draft| draft.key.clone()).collect();
        for (draft, _) in drafts.iter_mut().zip(left).filter(|(_, is_left)| *is_left) {
            draft.held = if here.insert(draft.key.clone()) { Held::Here } else { Held::Behind };
        }
        Ok((drafts, orphans))
    }

    /// Takes over what dead processes left, the newest of each key, where this process has no draft of that key; inside a transaction.
    pub fn take_over_drafts(&self, lease: Lease) -> Result<(), Fault> {
        let mut query = self.sql().prepare_cached("SELECT key, pid, started FROM draft ORDER BY kept_at DESC")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, Lease { pid: row.get(1)?, started: row.get(2)? })))?;
        let rows: Vec<(String, Lease)> = rows.collect::<Result<_, _>>()?;
        let mut own: BTreeSet<String> = rows.iter().filter(|(_, holder)| *holder == lease).map(|(key, _)| key.clone()).collect();
        let mut take = self.sql().prepare_cached("UPDATE draft SET pid = ?4, started = ?5 WHERE key = ?1 AND pid = ?2 AND started = ?3")?;
        for (key, holder) in rows {
            if holder != lease && !holder.is_alive() && own.insert(key.clone()) {
                take.execute(params![key, holder.pid, holder.started, lease.pid, lease.started])?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica::home::Home;

    #[test]
    fn a_dead_process_leaves_its_drafts_and_a_live_one_keeps_them() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&Home::prepare(folder.path()).unwrap()).unwrap();
        let (me, at) = (Lease::own(), Timestamp::from_millis);
        let dead = Lease { pid: me.pid, started: me.started - 1 };
        // The process that runs these tests has a parent that lives at least as long.
        let parent = std::os::unix::process::parent_id();
        let alive = Lease { pid: parent, started: started(parent).unwrap() };
        assert!(me.is_alive() && alive.is_alive() && !dead.is_alive());
        for (key, lease, body, when) in
            [("write:1", dead, "old", 1), ("write:2", dead, "lost", 2), ("write:1", me, "mine", 3), ("write:3", alive, "theirs", 4)]
        {
            database.keep_draft(key, None, body, lease, at(when)).unwrap();
        }
        database.take_over_drafts(me).unwrap();
        let (drafts, orphans) = database.drafts(me).unwrap();
        let seen: Vec<_> = drafts.iter().map(|draft| (draft.body.as_str(), draft.held)).collect();
        // Of two drafts of one place, the one of the dead process waits until mine is gone.
        assert_eq!(
            (seen, orphans),
            (vec![("theirs", Held::Elsewhere), ("mine", Held::Here), ("lost", Held::Here), ("old", Held::Behind)], true)
        );
        database.drop_draft("write:1", me).unwrap();
        database.take_over_drafts(me).unwrap();
        let (drafts, orphans) = database.drafts(me).unwrap();
        assert_eq!((drafts.len(), drafts[2].body.as_str(), orphans), (3, "old", false));
    }
}
