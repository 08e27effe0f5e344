//! Copies that hold only the last days, against a real server with a long past: they show what whole copies show, fetch the rest when somebody
//! wants it, and take nothing that was not signed.

use crate::replica_desk::Desk;
use crate::restricted::restriction;
use crate::restricted::written;
use crate::server::*;
use crate::stage::past::Past;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use warroom::domain::*;
use warroom::ledger::Frontier;
use warroom::ledger::proof;
use warroom::query::About;
use warroom::query::Ground;
use warroom::query::Query;
use warroom::replica::Exchanged;
use warroom::replica::Remote;
use warroom::replica::Replica;
use warroom::replica::request::Order;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;
use warroom::store::Database;

const PAST: Past = Past { incidents: 60, events_each: 6, days: 200, open_each: 10 };
const LIMIT: Duration = Duration::from_secs(20);

/// A server with a long past.
struct Field {
    runtime: Runtime,
    house: House,
    now: Timestamp,
}

impl Field {
    fn open() -> Self {
        let runtime = Runtime::new().unwrap();
        let now: Timestamp = chrono::Utc::now().into();
        let house = runtime.block_on(async {
            let mut house = House::open().await;
            house.running.take().unwrap().shutdown().await;
            PAST.write(&mut *house.database().parse::<Database>().unwrap().open().unwrap(), now);
            house.running = Some(warroom::server::start(house.config()).await.unwrap());
            house
        });
        Self { runtime, house, now }
    }

    fn id(&self, number: u64) -> IncidentId {
        PAST.id(number, self.now)
    }

    fn remote(&self, person: &str, scope: Scope) -> Remote {
        Remote::new(&self.house.url("/"), &self.house.token(person, scope)).unwrap()
    }

    fn push(&self, person: &str, events: &[warroom::ledger::EventBytes]) {
        let token = self.house.token(person, Scope::Admin);
        let pushed = self.runtime.block_on(self.house.push(&token, events));
        assert!(pushed.outcomes.iter().all(|outcome| outcome.seq.is_some()), "{pushed:?}");
    }

    /// Ends the server, changes its database, and starts it again.
    fn change(&mut self, restored: bool, change: impl FnOnce(&std::path::Path)) {
        let running = self.house.running.take().unwrap();
        self.runtime.block_on(running.shutdown());
        let path = self.house.database().trim_start_matches("sqlite:").to_owned();
        change(path.as_ref());
        let config = warroom::server::Config { accept_restored: restored, ..self.house.config() };
        self.house.running = Some(self.runtime.block_on(warroom::server::start(config)).unwrap());
    }
}

/// A copy of so many days.
fn copy(desk: &Desk, person: &str, days: u32) -> Replica {
    let replica = desk.open(person);
    replica.hold_days(days);
    replica
}

fn sync(replica: &Replica, remote: &Remote) -> Exchanged {
    let done = replica.exchange_once(remote, LIMIT).unwrap();
    replica.read_closed().unwrap();
    done
}

fn synced(replica: &Replica, remote: &Remote) {
    let done = sync(replica, remote);
    assert_eq!(done.trouble, None, "{done:?}");
}

/// The whole of what a copy knows of an incident, once it is asked for.
fn opened(replica: &Replica, remote: &Remote, id: IncidentId) -> Arc<Incident> {
    if replica.ask(Request::Open(id)) != Answer::Done {
        synced(replica, remote);
        assert_eq!(replica.ask(Request::Open(id)), Answer::Done);
    }
    replica.snapshot().board.get(id).expect("it is open").clone()
}

fn count(desk: &Desk, sql: &str) -> i64 {
    rusqlite::Connection::open(desk.home().join("replica.db")).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The hashes kept beside ways, by their positions.
fn proofs_kept(desk: &Desk) -> BTreeSet<u64> {
    let connection = rusqlite::Connection::open(desk.home().join("replica.db")).unwrap();
    let mut query = connection.prepare("SELECT position FROM node").unwrap();
    query.query_map([], |row| Ok(row.get::<_, i64>(0)? as u64)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Those beside the ways of the records before the base that are held.
fn proofs_needed(desk: &Desk) -> BTreeSet<u64> {
    let connection = rusqlite::Connection::open(desk.home().join("replica.db")).unwrap();
    let fact = |name: &str| format!("SELECT value FROM meta WHERE name = '{name}'");
    let base = connection.query_row(&fact("base"), [], |row| row.get::<_, i64>(0)).unwrap() as u64;
    let edge: Vec<u8> = connection.query_row(&fact("base_frontier"), [], |row| row.get(0)).unwrap();
    let edge = Frontier::from_bytes(base, &edge).unwrap();
    let mut query = connection.prepare("SELECT seq FROM record WHERE seq <= ?1").unwrap();
    let old = query.query_map([base as i64], |row| Ok(row.get::<_, i64>(0)? as u64)).unwrap().map(Result::unwrap);
    old.flat_map(|seq| (0..proof::peak_of(&edge, seq).unwrap().0).map(move |level| proof::beside(level, seq))).collect()
}

/// Both show the same: every head, and every incident that is open, in full.
fn agree(whole: &Replica, part: &Replica) {
    let (whole, part) = (whole.snapshot(), part.snapshot());
    assert_eq!(whole.position, part.position);
    let heads = |headers: &BTreeMap<IncidentId, Arc<Header>>| headers.values().map(|header| Header::clone(header)).collect::<Vec<_>>();
    assert_eq!(heads(&whole.headers), heads(&part.headers));
    let open = |board: &Board| board.iter().filter(|incident| incident.status.value.is_open()).cloned().collect::<Vec<_>>();
    assert_eq!(open(&whole.board), open(&part.board));
    assert!(open(&part.board).len() >= 6);
}

#[test]
fn a_copy_of_the_last_days_shows_what_a_whole_one_shows_and_fetches_the_rest_proven() {
    let field = Field::open();
    let (whole_desk, part_desk) = (Desk::new(), Desk::new());
    let (whole, part) = (copy(&whole_desk, "ana", 0), copy(&part_desk, "bo", 90));
    let (to_ana, to_bo) = (field.remote("ana", Scope::Responder), field.remote("bo", Scope::Responder));
    synced(&whole, &to_ana);
    synced(&part, &to_bo);
    agree(&whole, &part);
    let total = whole.snapshot().position.unwrap().seq;
    assert_eq!(count(&whole_desk, "SELECT count(*) FROM record"), total as i64);
    let held = part.verify().unwrap();
    assert!(held.base > 150 && held.base + held.records == total && held.signed == total, "{held:?}");
    // Of the incidents before the base, three are open and three were written to again.
    let before = (0..60).filter(|number| whole.snapshot().headers[&field.id(*number)].seq <= held.base).count();
    assert!(before > 20 && held.heads_alone > 20 && held.heads_alone < 40, "{before} {held:?}");
    assert_eq!(whole.verify().unwrap().heads_alone, 0);
    assert_eq!(held.old as i64, count(&part_desk, &format!("SELECT count(*) FROM record WHERE seq <= {}", held.base)));

    // An old one is known by its head, says so, and comes when it is opened: the same to the last line, and it stays.
    let old = field.id(13);
    assert!(part.snapshot().board.get(old).is_none());
    let Answer::Refused(why) = part.ask(Request::Open(old)) else { panic!("it was held") };
    assert_eq!(
        (why.code, why.reason.contains("the history of INC-14 is older than what is held here")),
        ("history_not_held", true),
        "{why}"
    );
    let me = Person::new("ana");
    let ground = Ground { about: About::Everything, now: field.now, zone: chrono_tz::Tz::UTC, roles: &[], me: &me };
    let query = Query::parse("\"block 13 of\"", &ground);
    let found = |replica: &Replica| match replica.ask(Request::Search { query: query.clone(), order: Order::Best, limit: 9 }) {
        Answer::Found(found) => found.hits.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!((found(&whole), found(&part)), (4, 0));
    assert_eq!(opened(&part, &to_bo, old), opened(&whole, &to_ana, old));
    assert_eq!(found(&part), 4);
    let more = part.verify().unwrap();
    assert_eq!((more.old, more.heads_alone), (held.old + 6, held.heads_alone - 1));
    drop(part);
    let part = copy(&part_desk, "bo", 90);
    assert_eq!(part.ask(Request::Open(old)), Answer::Done, "also after a start, and without the server");
    synced(&part, &to_bo);
    agree(&whole, &part);

    // The proof of an incident is the same from either copy: of an old one, of one that is open since long ago, of a new one.
    for number in [13, 10, 58] {
        opened(&whole, &to_ana, field.id(number));
        opened(&part, &to_bo, field.id(number));
        let [of_whole, of_part] = [&whole, &part].map(|replica| replica.evidence(field.id(number)).unwrap().unwrap());
        let proved = of_part.check(&of_part.key).unwrap();
        assert_eq!((of_part.records, proved.is_chained, proved.later), (of_whole.records, true, 0), "incident {number}");
    }

    // What is away is not written to blindly; once it is here, it is, and everyone sees it.
    let away = field.id(17);
    let say = |text: &str| Command::AddEntry(NewEntry::new(EntryKind::Note, text));
    match part.ask(Request::Command { incident: away, command: say("after years"), draft: None }) {
        Answer::Refused(refusal) => assert_eq!(refusal.code, "history_not_held"),
        other => panic!("{other:?}"),
    }
    synced(&part, &to_bo);
    part_desk.log(&part, away, "after years");
    synced(&part, &to_bo);
    // Somebody else reopens what this copy knows by its head only: it comes whole.
    field.push("root", &[written("root", field.id(23), StatusChanged { status: Status::Investigating, reason: "again".into() })]);
    synced(&whole, &to_ana);
    synced(&part, &to_bo);
    agree(&whole, &part);
    assert_eq!(part.snapshot().board.get(field.id(23)).unwrap().timeline.len(), 7);
    part.verify().unwrap();
    drop(part);
    let part = copy(&part_desk, "bo", 90);
    part.read_closed().unwrap();
    part_desk.until(&part, |now| now.board.iter().filter(|incident| incident.status.value.is_open()).count() == 7);
    agree(&whole, &part);
}

#[test]
fn an_old_record_that_was_forged_or_left_out_is_refused() {
    let mut field = Field::open();
    let desk = Desk::new();
    let part = copy(&desk, "bo", 90);
    synced(&part, &field.remote("bo", Scope::Viewer));
    let (forged, torn, cut) = (field.id(13), field.id(17), field.id(23));
    field.change(false, |path| {
        let database = rusqlite::Connection::open(path).unwrap();
        let forge = "UPDATE record SET header = replace(header, '\"person\":\"ana\"', '\"person\":\"eve\"') WHERE seq = (SELECT min(seq) + 4 FROM record WHERE incident = ?1)";
        assert_eq!(database.execute(forge, [forged.0.as_bytes().as_slice()]).unwrap(), 1);
        for (id, place) in [(torn, 2), (cut, 0)] {
            let sql = format!("DELETE FROM record WHERE seq = (SELECT seq FROM record WHERE incident = ?1 ORDER BY seq LIMIT 1 OFFSET {place})");
            assert_eq!(database.execute(&sql, [id.0.as_bytes().as_slice()]).unwrap(), 1);
        }
    });
    let remote = field.remote("bo", Scope::Viewer);
    for (id, words) in [(forged, "is not in the log of which it signed"), (torn, "it leaves out record"), (cut, "it leaves out record")] {
        part.ask(Request::DismissAlarm);
        assert!(matches!(part.ask(Request::Open(id)), Answer::Refused(_)));
        let trouble = sync(&part, &remote).trouble.unwrap_or_default();
        assert!(trouble.contains("CANNOT BE TRUSTED") && trouble.contains(words), "{trouble}");
        assert!(part.snapshot().alarm.as_ref().unwrap().contains(words));
        assert!(part.snapshot().board.get(id).is_none());
        part.verify().unwrap();
        // Nobody waits for it any more.
        rusqlite::Connection::open(desk.home().join("replica.db")).unwrap().execute("DELETE FROM history_wanted", []).unwrap();
    }
    // One that is wanted and never comes true holds no dropping back.
    drop(part);
    let wish = rusqlite::Connection::open(desk.home().join("replica.db")).unwrap();
    wish.execute("INSERT INTO history_wanted (incident) VALUES (?1)", [cut.0.as_bytes().as_slice()]).unwrap();
    drop(wish);
    let mut part = copy(&desk, "bo", 30);
    let base = count(&desk, "SELECT value FROM meta WHERE name = 'base'");
    part.exchange(remote).unwrap();
    desk.until(&part, |_| count(&desk, "SELECT value FROM meta WHERE name = 'base'") > base + 64);
    assert_eq!(count(&desk, "SELECT count(*) FROM history_wanted"), 1);
    part.verify().unwrap();
    // What is held of the old is looked at as closely as the rest.
    drop(part);
    let touched = rusqlite::Connection::open(desk.home().join("replica.db")).unwrap();
    let sql = "UPDATE record SET header = replace(header, '\"person\":\"ana\"', '\"person\":\"eve\"'), leaf = NULL WHERE seq = (SELECT min(seq) FROM record)";
    assert_eq!(touched.execute(sql, []).unwrap(), 1);
    drop(touched);
    let why = copy(&desk, "bo", 90).verify().unwrap_err().to_string();
    assert!(why.contains("does not lead to the root of the base"), "{why}");
}

#[test]
fn what_is_restricted_is_in_no_copy_of_who_may_not_see_it() {
    let field = Field::open();
    let (early, late) = (field.id(4), field.id(14));
    field.push("root", &[written("root", early, restriction(&["ana"], &[]))]);
    let (in_desk, out_desk) = (Desk::new(), Desk::new());
    let (inside, outside) = (copy(&in_desk, "ana", 90), copy(&out_desk, "bo", 90));
    let (to_ana, to_bo) = (field.remote("ana", Scope::Responder), field.remote("bo", Scope::Responder));
    synced(&inside, &to_ana);
    synced(&outside, &to_bo);
    assert!(inside.snapshot().headers.contains_key(&early) && !outside.snapshot().headers.contains_key(&early));
    assert!(matches!(outside.ask(Request::Open(early)), Answer::Refused(refusal) if refusal.code == "unknown_incident"));

    // One whose history a copy had fetched, and one of which it has the head: both go once they are restricted, and come back.
    opened(&outside, &to_bo, late);
    let head_only = field.id(24);
    assert!(outside.snapshot().headers.contains_key(&head_only));
    field.push("root", &[late, head_only].map(|id| written("root", id, restriction(&["ana"], &[]))));
    synced(&outside, &to_bo);
    for id in [early, late, head_only] {
        assert!(!outside.snapshot().headers.contains_key(&id) && outside.snapshot().board.get(id).is_none());
        let hex = id.0.simple();
        assert_eq!(count(&out_desk, &format!("SELECT count(event) FROM record WHERE incident = x'{hex}'")), 0);
        assert_eq!(count(&out_desk, &format!("SELECT count(*) FROM found WHERE incident = x'{hex}'")), 0);
    }
    outside.verify().unwrap();
    field.push("root", &[early, late, head_only].map(|id| written("root", id, RestrictionLifted { reason: "over".into() })));
    synced(&outside, &to_bo);
    synced(&inside, &to_ana);
    agree(&inside, &outside);
    for id in [early, late, head_only] {
        assert_eq!(opened(&outside, &to_bo, id), opened(&inside, &to_ana, id));
    }
    assert_eq!(
        outside.verify().unwrap().old as i64,
        count(&out_desk, "SELECT count(*) FROM record WHERE seq <= (SELECT value FROM meta WHERE name = 'base')")
    );
}

#[test]
fn a_whole_copy_lets_go_of_what_is_too_old_and_proves_what_stays() {
    let field = Field::open();
    let (whole_desk, part_desk) = (Desk::new(), Desk::new());
    let (whole, part) = (copy(&whole_desk, "ana", 0), copy(&part_desk, "bo", 0));
    let (to_ana, to_bo) = (field.remote("ana", Scope::Responder), field.remote("bo", Scope::Responder));
    synced(&whole, &to_ana);
    synced(&part, &to_bo);
    let (drafted, seen, old) = (field.id(13), field.id(17), field.id(14));
    let keep = Request::KeepDraft { key: format!("write:{drafted}"), incident: Some(drafted), body: "words".into() };
    assert!(matches!(part.ask(keep), Answer::Kept(_)));
    drop(part);
    assert_eq!(count(&part_desk, "PRAGMA auto_vacuum"), 2);
    let whole_size = count(&part_desk, "SELECT count(*) FROM record");

    // What is open in this process, or holds a draft, stays with what is open; the rest is let go of, twice.
    let mut part = copy(&part_desk, "bo", 0);
    part_desk.until(&part, |now| now.board.iter().count() >= 6);
    assert_eq!(part.ask(Request::Open(seen)), Answer::Done);
    let mut base = 0;
    for days in [120, 60] {
        part.hold_days(days);
        part.exchange(to_bo.clone()).unwrap();
        let before = field.now.plus_ms(-i64::from(days) * 86_400_000 - 8 * 86_400_000);
        part_desk.until(&part, |now| now.held_since.is_some_and(|since| since > before));
        let held = part.verify().unwrap();
        assert!(held.base > base && held.old > 30 && held.heads_alone > 15, "{held:?}");
        base = held.base;
        let left = count(&part_desk, "SELECT count(*) FROM record");
        assert!(left == (held.records + held.old) as i64 && left < whole_size - 100, "{left} of {whole_size}");
        assert_eq!(count(&part_desk, "SELECT count(*) FROM found WHERE incident NOT IN (SELECT incident FROM record)"), 0);
        part.read_closed().unwrap();
        agree(&whole, &part);
        for id in [drafted, seen] {
            assert_eq!(part.ask(Request::Open(id)), Answer::Done);
            assert_eq!(part.snapshot().board.get(id), Some(&opened(&whole, &to_ana, id)));
        }
        for number in [10, 11, 17] {
            opened(&part, &to_bo, field.id(number));
            let evidence = part.evidence(field.id(number)).unwrap().unwrap();
            assert!(evidence.check(&evidence.key).unwrap().is_chained, "incident {number} at base {base}");
        }
    }
    assert_eq!(count(&part_desk, "PRAGMA freelist_count"), 0, "the file became smaller");
    assert_eq!(proofs_kept(&part_desk), proofs_needed(&part_desk));
    // What was kept for a draft and for a reader goes with the next days, and its proofs with it.
    assert!(matches!(part.ask(Request::DropDraft { key: format!("write:{drafted}") }), Answer::Done));
    drop(part);
    let before = proofs_kept(&part_desk);
    let mut part = copy(&part_desk, "bo", 15);
    part.exchange(to_bo.clone()).unwrap();
    part_desk.until(&part, |now| now.held_since.is_some_and(|since| since > field.now.plus_ms(-30 * 86_400_000)));
    assert_eq!(
        count(
            &part_desk,
            &format!("SELECT count(*) FROM record WHERE hex(incident) = '{}'", drafted.0.simple().to_string().to_uppercase())
        ),
        0
    );
    assert_eq!(proofs_kept(&part_desk), proofs_needed(&part_desk));
    assert!(before.difference(&proofs_kept(&part_desk)).count() > 0, "they went");
    part.verify().unwrap();
    // What went comes back when it is wanted, while the exchange goes on.
    assert!(matches!(part.ask(Request::Open(old)), Answer::Refused(refusal) if refusal.code == "history_not_held"));
    part_desk.until(&part, |now| now.board.get(old).is_some());
    assert_eq!(part.snapshot().board.get(old), Some(&opened(&whole, &to_ana, old)));
    part.verify().unwrap();
    drop(part);
    let part = copy(&part_desk, "bo", 60);
    synced(&part, &to_bo);
    agree(&whole, &part);
}

#[test]
fn a_restored_server_takes_nothing_from_a_copy_of_the_last_days() {
    let mut field = Field::open();
    let desk = Desk::new();
    let part = copy(&desk, "bo", 90);
    synced(&part, &field.remote("bo", Scope::Responder));
    let base = part.verify().unwrap().base;
    let backup = desk.home().join("backup.db");
    warroom::store::backup(field.house.database().trim_start_matches("sqlite:").as_ref(), &backup).unwrap();
    let again = field.id(58);
    opened(&part, &field.remote("bo", Scope::Responder), again);
    let said = desk.log(&part, again, "after the backup");
    synced(&part, &field.remote("bo", Scope::Responder));

    // A backup of a moment ago, and one from before the base.
    for lost in [
        "",
        "DELETE FROM record WHERE seq > 100; DELETE FROM tree WHERE position >= 197; DELETE FROM head; DELETE FROM checkpoint WHERE seq > 100;",
    ] {
        field.change(true, |path| {
            std::fs::copy(&backup, path).unwrap();
            for tail in ["-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{tail}", path.display()));
            }
            if !lost.is_empty() {
                cut(path, lost);
            }
        });
        let remote = field.remote("bo", Scope::Responder);
        synced(&part, &remote);
        let now = part.snapshot();
        assert!(now.alarm.as_ref().is_some_and(|alarm| alarm.contains("restored from a backup")), "{:?}", now.alarm);
        part.ask(Request::DismissAlarm);
        let whole_desk = Desk::new();
        let whole = copy(&whole_desk, "eve", 0);
        synced(&whole, &field.remote("eve", Scope::Viewer));
        assert_eq!(now.position, whole.snapshot().position);
        let is_back = |replica: &Replica| {
            replica.ask(Request::Open(again));
            replica.snapshot().board.get(again).is_some_and(|held| held.timeline.find(said).is_some())
        };
        if lost.is_empty() {
            assert!(is_back(&part) && is_back(&whole), "what bo said is there again");
            assert_eq!(part.verify().unwrap().base, base);
            agree(&whole, &part);
        } else {
            // Its incident was lost with it: what was said waits for a person, and nothing of it is gone.
            assert!(now.parked.iter().any(|parked| parked.event == said) || now.unsent_total == 1, "{:?}", now.parked);
            assert_eq!(now.position.unwrap().seq, 100);
            assert_eq!(whole.snapshot().headers.len(), now.headers.len(), "no head of what was lost stays");
        }
        part.verify().unwrap();
    }
}

/// A log that ends at record 100, as an old backup does.
fn cut(path: &std::path::Path, sql: &str) {
    let database = rusqlite::Connection::open(path).unwrap();
    let mut edge = warroom::ledger::Frontier::default();
    let mut rows = database.prepare("SELECT header FROM record WHERE seq <= 100 ORDER BY seq").unwrap();
    let mut rows = rows.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        edge.push(warroom::ledger::RecordBytes::stored(&row.get::<_, String>(0).unwrap()).leaf());
    }
    database.execute_batch(sql).unwrap();
    database.execute("UPDATE meta SET size = 100, frontier = ?1, heads_at = 0", [edge.to_bytes()]).unwrap();
}
