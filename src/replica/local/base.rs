//! Where this copy begins. One that is to hold only the last days takes the tree of what came before them from the server as its right edge, and the
//! heads of all incidents; everything after that it holds, proves and shows as a whole copy does. The edge is proven once the tree that grew
//! from it has the root that was signed.

use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::ledger::Frontier;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::standing::Begins;
use crate::replica::standing::Standing;
use crate::wire::Base;
use crate::wire::HeadsPage;
use rusqlite::params;

/// The last incident whose head came, of a copy that has not begun yet.
const HEADS_AFTER: &str = "heads_after";

/// What this copy does without.
#[derive(Clone, Default, Debug)]
pub(super) struct Beginning {
    /// The tree of the records before the first one that is held in order; empty where all are.
    pub edge: Frontier,
    /// When the last of them was received.
    pub at: Option<Timestamp>,
}

impl Beginning {
    pub fn read(database: &Database) -> Result<Self, Fault> {
        let peaks: Vec<u8> = database.fact("base_frontier")?.unwrap_or_default();
        let edge = Frontier::from_bytes(database.number("base")?, &peaks).map_err(Fault::Damaged)?;
        Ok(Self { edge, at: database.fact::<i64>("base_at")?.map(Timestamp::from_millis) })
    }

    /// The last record that is not held in order.
    pub fn seq(&self) -> u64 {
        self.edge.size()
    }
}

impl Local {
    /// Holds so many days in full from now on; with 0, everything that is held or comes.
    pub fn hold_days(&mut self, days: u32) {
        (self.days, self.looked_for_old_at) = (days, None);
    }

    /// How a copy is to begin that holds nothing yet.
    pub(super) fn begins(&self) -> Option<Begins> {
        if self.seq() > 0 || self.log.is_none() || self.days == 0 {
            return None;
        }
        // What cannot be read now is asked for again.
        let after = self.database.fact::<Key>(HEADS_AFTER).ok().flatten().map(|key| IncidentId(key.0));
        Some(Begins { days: self.days, after })
    }

    /// Keeps heads of incidents whose records are not held. Answers after which incident to go on.
    ///
    /// # Errors
    /// When they are not kept; they are fetched again.
    pub fn keep_heads(&mut self, page: &HeadsPage) -> Result<Option<IncidentId>, Fault> {
        // Lost by a power cut, they are fetched again: the copy has not begun before all are here.
        self.database.wait_for_disk(false)?;
        let kept = self.database.begin().and_then(|()| {
            let kept = page.heads.iter().try_for_each(|header| self.database.keep_head_of(header, page.fold));
            // Whatever is written to an incident from now on comes with the records: they begin long before this.
            let kept = kept.and_then(|()| self.database.keep_fact(HEADS_AFTER, page.next.map(|id| Key(id.0))));
            self.database.finish(kept)
        });
        self.database.wait_for_disk(true)?;
        self.note(kept)?;
        Ok(page.next)
    }

    /// Begins at a place of the log. A copy that has begun meanwhile stays as it is.
    ///
    /// # Errors
    /// When the place does not fit itself or this log, or it is not on disk.
    pub fn begin_at(&mut self, base: &Base, now: Timestamp) -> Result<Standing, Fault> {
        if self.log != Some(base.position.log) {
            return Err(Fault::OtherLog);
        }
        let Some(edge) = base.frontier() else {
            return Err(Fault::Unfit(format!("the tree of {} records at which to begin has not the root it says", base.position.seq)));
        };
        let begun = self.database.begin();
        let written = begun.and_then(|()| {
            let written = self.catch_up(now).and_then(|_| if self.seq() == 0 { self.write_beginning(base, &edge) } else { Ok(()) });
            self.database.finish(written)
        });
        self.note(written)?;
        self.read_all(now)?;
        self.keep_head();
        if let Some(note) = &base.head.checkpoint {
            self.witness(note, now)?;
        }
        Ok(self.standing())
    }

    fn write_beginning(&self, base: &Base, edge: &Frontier) -> Result<(), Fault> {
        let (database, seq) = (&self.database, edge.size());
        database.keep_number("base", seq)?;
        database.keep_fact("base_frontier", edge.to_bytes())?;
        database.keep_fact("base_at", base.received_at.map(Timestamp::millis))?;
        database.keep_number("indexed", seq)?;
        database.keep_fact("cuts", self.cuts + 1)?;
        self.keep_position(edge, base.position.epoch)?;
        let sql = database.sql();
        // What was declared later comes with its records.
        sql.execute("DELETE FROM head WHERE json ->> '$.state.accepted.seq' > ?1", [seq as i64])?;
        sql.execute(
            "INSERT OR IGNORE INTO history_wanted SELECT incident FROM head WHERE open = 1 AND json ->> '$.state.accepted.seq' <= ?1",
            [seq as i64],
        )?;
        database.want(IncidentId::ORG)
    }

    /// Lets go of all records, and of what is findable of them: the server lost even what came before the base. The copy begins anew with the next contact; inside a transaction.
    pub(super) fn write_end(&self) -> Result<(), Fault> {
        self.database.sql().execute_batch(
            "DELETE FROM words WHERE rowid IN (SELECT id FROM found WHERE event_id IN (SELECT event_id FROM record));
             DELETE FROM found WHERE event_id IN (SELECT event_id FROM record);
             DELETE FROM record; DELETE FROM node; DELETE FROM history_wanted;
             DELETE FROM head WHERE json ->> '$.state.accepted.seq' IS NOT NULL;
             DELETE FROM meta WHERE name IN ('base', 'base_frontier', 'base_at');",
        )?;
        Ok(())
    }

    /// Every record that is held, with its header and its event; for the simulation.
    #[cfg(test)]
    pub(in crate::replica) fn held(&self) -> Vec<(u64, String, Option<String>)> {
        let mut query = self.database.sql().prepare_cached("SELECT seq, header, event FROM record ORDER BY seq").expect("a query");
        let rows = query.query_map([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?, row.get(2)?))).expect("rows");
        rows.collect::<Result<_, _>>().expect("a record")
    }

    /// Whether an incident is known by its head, and its history is not held here.
    pub(in crate::replica) fn is_away(&self, id: IncidentId) -> Result<bool, Fault> {
        if self.beginning.seq() == 0 || id == IncidentId::ORG || self.withheld.contains_key(&id) {
            return Ok(false);
        }
        let declared = self.database.head(id)?.and_then(|head| head.state.seq());
        Ok(declared.is_some_and(|seq| seq <= self.beginning.seq()) && !self.database.holds_declaration(id)?)
    }
}

impl Database {
    /// Whether the record with which an incident begins is held: then all of it is, as records are held from the newest back.
    pub(super) fn holds_declaration(&self, id: IncidentId) -> Result<bool, Fault> {
        // An incident is called as the event that declares it.
        let mut query = self.sql().prepare_cached("SELECT EXISTS (SELECT 1 FROM record WHERE event_id = ?1 AND incident = ?1)")?;
        Ok(query.query_row([Key(id.0)], |row| row.get(0))?)
    }

    /// Notes that an incident's history is to be fetched; inside a transaction.
    pub(super) fn want(&self, id: IncidentId) -> Result<(), Fault> {
        self.sql().prepare_cached("INSERT OR IGNORE INTO history_wanted (incident) VALUES (?1)")?.execute([Key(id.0)])?;
        Ok(())
    }

    /// How many incidents are known by their heads alone.
    pub(super) fn heads_alone(&self) -> Result<u64, Fault> {
        let sql = "SELECT count(*) FROM head WHERE NOT EXISTS (SELECT 1 FROM record WHERE record.event_id = head.incident)
            AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.event_id = head.incident)";
        Ok(self.sql().query_row(sql, params![], |row| row.get::<_, i64>(0))?.max(0) as u64)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::Board;
    use crate::domain::Body;
    use crate::domain::DeviceId;
    use crate::domain::Event;
    use crate::domain::EventId;
    use crate::domain::Header;
    use crate::domain::IncidentDeclared;
    use crate::domain::LogId;
    use crate::domain::Person;
    use crate::domain::Scope;
    use crate::domain::Status;
    use crate::ledger::Checkpoint;
    use crate::ledger::EventBytes;
    use crate::ledger::Position;
    use crate::ledger::Record;
    use crate::ledger::RecordBytes;
    use crate::ledger::SecretKey;
    use crate::replica::local::Closed;
    use crate::replica::local::Config;
    use crate::replica::sync::Met;
    use crate::wire::Head;
    use crate::wire::Me;
    use crate::wire::Pair;
    use crate::wire::builtin_org;
    use std::sync::Arc;
    use uuid::Uuid;

    pub const LOG: LogId = LogId(Uuid::from_u128(7));
    pub const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn declared(seq: u64, title: &str) -> (RecordBytes, EventBytes) {
        written(seq, IncidentId(Uuid::from_u128(seq.into())), IncidentDeclared::titled(title))
    }

    /// A record of an incident, called as its declaration.
    pub fn written(seq: u64, incident: IncidentId, body: impl Into<Body>) -> (RecordBytes, EventBytes) {
        let id = EventId(Uuid::from_u128(seq.into()));
        let (device, salt) = (DeviceId(Uuid::nil()), "00112233445566778899aabbccddeeff".into());
        let event = Event { id, incident, at: NOW, by: "ana".into(), device, index: seq, salt, replaces: None, body: body.into() };
        let bytes = EventBytes::write(&event).unwrap();
        let (event_sha256, person) = (bytes.sha256_hex(), Person::new("ana"));
        let record = Record { v: 1, seq, epoch: 1, received_at: NOW, person, event_sha256, code: None, before: Some(0) };
        (record.write().unwrap(), bytes)
    }

    fn pair((record, event): &(RecordBytes, EventBytes)) -> Pair {
        Pair { record: record.to_raw(), event: Some(event.to_raw()), withheld: None, path: None }
    }

    fn tree<'a>(records: impl IntoIterator<Item = &'a (RecordBytes, EventBytes)>) -> Frontier {
        let mut tree = Frontier::default();
        records.into_iter().for_each(|(record, _)| drop(tree.push(record.leaf())));
        tree
    }

    fn at(tree: &Frontier) -> Position {
        Position { log: LOG, epoch: 1, seq: tree.size(), root: tree.root() }
    }

    /// A copy of ninety days that met nobody yet, in a home that goes with the test.
    pub fn copy() -> (tempfile::TempDir, Local) {
        let home = tempfile::tempdir().unwrap();
        let (folder, person) = (home.path().to_owned(), Person::new("ana"));
        let config = Config { home: folder, person, read_only: false, unwritable: None, closed: Closed::All, org: builtin_org() };
        let mut local = Local::open(&config, NOW).unwrap();
        local.hold_days(90);
        (home, local)
    }

    /// A server that signs with this key, and was signed for before as these notes say.
    pub fn met(scope: Scope, key: &SecretKey, succession: &[String]) -> Met {
        let me = Me {
            token: "laptop".into(),
            person: Person::new("ana"),
            scope,
            log: LOG,
            epoch: 1,
            now: NOW,
            protocol: 1,
            version: "0.1.0".into(),
            expires_at: None,
            key: Some(key.public()),
            succession: succession.to_vec(),
        };
        Met { me, round_trip_ms: 4, skew_ms: 0, recalled: None }
    }

    fn base(edge: &Frontier, log: &[(RecordBytes, EventBytes)], key: &SecretKey) -> Base {
        let signed = Checkpoint::sign(at(&tree(log)), key);
        let head = Head { position: signed.position, now: NOW, checkpoint: Some(signed.note().to_owned()) };
        Base { position: at(edge), received_at: Some(NOW), peaks: edge.peaks().to_vec(), head }
    }

    /// A copy that begins at this base and is sent what the server has after it.
    fn begins(edge: &Frontier, log: &[(RecordBytes, EventBytes)]) -> Result<Option<u64>, Fault> {
        let ((_home, mut local), key) = (copy(), SecretKey::from_seed([3; 32]));
        let standing = local.join(&met(Scope::Responder, &key, &[]), NOW)?;
        assert_eq!(standing.begins, Some(Begins { days: 90, after: None }));
        let standing = local.begin_at(&base(edge, log, &key), NOW)?;
        assert_eq!((standing.begins, standing.position), (None, Some(at(edge))));
        local.take_page(&log[edge.size() as usize..].iter().map(pair).collect::<Vec<_>>(), NOW)?;
        assert_eq!(local.verify()?.base, edge.size());
        Ok(local.trust.seen.as_ref().map(|seen| seen.position.seq))
    }

    #[test]
    fn a_base_that_is_not_of_the_signed_log_is_found_out() {
        let log: Vec<_> = (1..=10).map(|seq| declared(seq, "as it was")).collect();
        let other: Vec<_> = (1..=5).map(|seq| declared(seq, "as it was not")).collect();
        for size in [1, 5, 8] {
            assert_eq!(begins(&tree(&log[..size]), &log).unwrap(), Some(10), "it is proven by what grew from it");
        }
        let why = begins(&tree(&other), &log).unwrap_err();
        assert!(matches!(&why, Fault::Untrue(what) if what.contains("lead to the root")), "{why}");
    }

    #[test]
    fn a_copy_that_begins_anew_finds_no_words_of_before() {
        let (_home, mut local) = copy();
        local.join(&met(Scope::Responder, &SecretKey::from_seed([3; 32]), &[]), NOW).unwrap();
        let record = declared(1, "as it was");
        let incident = record.1.read().unwrap().incident;
        local.take_page(&[pair(&record)], NOW).unwrap();
        while local.index_ahead().unwrap() {}
        assert_eq!(local.held_of(incident), [1, 1, 1]);
        local.database.begin().unwrap();
        let ended = local.write_end();
        local.database.finish(ended).unwrap();
        assert_eq!(local.held_of(incident), [0, 0, 0]);
    }

    #[test]
    fn what_is_restricted_and_known_by_its_head_alone_is_asked_for_under_another_token() {
        let log: Vec<_> = (1..=4).map(|seq| declared(seq, "as it was")).collect();
        let key = SecretKey::from_seed([3; 32]);
        let mut board = Board::new(Arc::new(builtin_org()));
        let (record, event) = &log[1];
        board.apply(&event.read().unwrap(), Some(&record.read().unwrap().acceptance()));
        let incident = board.iter().next().unwrap();
        let header = Header { restricted: true, status: Status::Closed, ..Header::of(incident) };
        for (scope, is_hidden) in [(Scope::Commander, true), (Scope::Admin, false)] {
            let (_home, mut local) = copy();
            local.join(&met(Scope::Responder, &key, &[]), NOW).unwrap();
            let base = base(&tree(&log), &log, &key);
            let heads = HeadsPage { fold: Header::FOLD_VERSION, heads: vec![header.clone()], next: None, head: base.head.clone() };
            local.keep_heads(&heads).unwrap();
            local.begin_at(&base, NOW).unwrap();
            assert!(local.snapshot().headers.contains_key(&header.id) && local.is_away(header.id).unwrap());
            local.join(&met(scope, &key, &[]), NOW).unwrap();
            assert_eq!(local.snapshot().headers.contains_key(&header.id), !is_hidden, "{scope}");
            assert_eq!(local.wanted_history.contains(&header.id), is_hidden, "{scope}");
        }
    }
}
