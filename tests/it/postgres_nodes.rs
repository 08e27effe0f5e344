//! Several servers on one PostgreSQL database: a client may speak to any, and all of them tell the same log in the same order.

use crate::restricted::restriction;
use crate::restricted::written;
use crate::server::*;
use crate::server_stream::follow;
use crate::server_stream::records;
use crate::stage::Home;
use crate::stage::postgres;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use uuid::Uuid;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::ledger::Frontier;
use warroom::ledger::Record;
use warroom::ledger::RecordBytes;
use warroom::store::*;
use warroom::wire::EventsPage;
use warroom::wire::OutcomeWord::Accepted;
use warroom::wire::OutcomeWord::Duplicate;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_goes_from_node_to_node_without_gap_or_repeat() {
    let Some(cluster) = postgres::shared() else { return };
    let database = cluster.database();
    let (one, two) = (House::open_on(&database).await, House::open_on(&database).await);
    let ana = one.token("ana", Scope::Commander);
    let (incident, declared) = declaration("ana", "Seen by both");
    for round in 0..5_u64 {
        let (written, other) = if round % 2 == 0 { (&one, &two) } else { (&two, &one) };
        let events = if round == 0 { vec![declared.clone()] } else { vec![entry("ana", incident, &format!("entry {round}"))] };
        let seq = round * 2 + 1;
        assert_eq!(words(&written.push(&ana, &events).await), [(Accepted, Some(seq))]);
        // What one node answered for is at no other node an unknown future.
        assert_eq!(other.get(&ana, &format!("/v1/events?after={seq}")).send().await.unwrap().status(), 200);
        assert_eq!(words(&other.push(&ana, &events).await), [(Duplicate, Some(seq))]);
        let plain = other.post(&ana, "/v1/incidents/INC-1/entries", json!({"text": "by its code"}).to_string());
        assert_eq!(plain.send().await.unwrap().status(), 201);
    }
    assert_eq!(one.get(&ana, "/v1/events?after=10").send().await.unwrap().status(), 200, "it hears of the last record");
    assert_eq!(one.log(&ana).await, two.log(&ana).await);

    let mut stream = follow(&one, &ana, "?after=0").await;
    assert_eq!(records(&mut stream, 10).await, (1..=10).collect::<Vec<_>>());
    let mut stream = follow(&two, &ana, "?after=10").await;
    one.push(&ana, &[entry("ana", incident, "live at the other node")]).await;
    two.push(&ana, &[entry("ana", incident, "live here")]).await;
    assert_eq!(records(&mut stream, 2).await, [11, 12]);

    // Two incidents declared at once at two nodes have two codes.
    let declare = async |house: &House| {
        let answer = house.post(&ana, "/v1/incidents", json!({"title": "at once"}).to_string()).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["code"].as_str().unwrap().to_owned()
    };
    let (first, second) = tokio::join!(declare(&one), declare(&two));
    assert_eq!(BTreeSet::from([first, second]), BTreeSet::from(["INC-2".to_owned(), "INC-3".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reader_skips_a_record_while_several_nodes_write() {
    const WRITERS: usize = 4;
    const PUSHES: usize = 25;
    let Some(cluster) = postgres::shared() else { return };
    let database = cluster.database();
    let houses: Arc<[House]> = [House::open_on(&database).await, House::open_on(&database).await, House::open_on(&database).await].into();
    let ana = houses[0].token("ana", Scope::Commander);
    let (incident, declared) = declaration("ana", "Hot");
    houses[0].push(&ana, &[declared]).await;
    let all = 1 + 3 * WRITERS * PUSHES * 2;

    // Readers who go by seq alone, as fast as they can, straight at the database: whoever sees a later record before an earlier one fails.
    let done = Arc::new(AtomicBool::new(false));
    let readers = [1, 7, 1000].map(|limit| {
        let (done, database) = (done.clone(), database.clone());
        std::thread::spawn(move || {
            let reader = PostgresStore::open(&database).unwrap().reader();
            let (mut last, mut looks) = (0, 0_u64);
            while !done.load(Ordering::SeqCst) || last < all as u64 {
                for stored in reader.page(last, limit, usize::MAX).unwrap() {
                    assert_eq!(stored.seq, last + 1, "a record was skipped");
                    last = stored.seq;
                }
                looks += 1;
            }
            (last, looks)
        })
    });
    let mut streams = Vec::new();
    for house in houses.iter() {
        streams.push(follow(house, &ana, "?after=1").await);
    }
    let writers: Vec<_> = (0..3 * WRITERS)
        .map(|writer| {
            let (houses, ana) = (houses.clone(), ana.clone());
            tokio::spawn(async move {
                let mut seqs = Vec::new();
                for push in 0..PUSHES {
                    let events = ["a", "b"].map(|half| entry("ana", incident, &format!("{writer}.{push}.{half}")));
                    let pushed = houses[(writer + push) % 3].push(&ana, &events).await;
                    seqs.extend(words(&pushed).into_iter().map(|(word, seq)| (word == Accepted).then_some(seq).flatten().unwrap()));
                }
                seqs
            })
        })
        .collect();
    let mut seqs = BTreeSet::new();
    for writer in writers {
        seqs.extend(writer.await.unwrap());
    }
    assert_eq!(seqs, (2..=all as u64).collect(), "every answer has a place of its own");
    for stream in &mut streams {
        assert_eq!(records(stream, all - 1).await, (2..=all as u64).collect::<Vec<_>>());
    }
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        let (last, looks) = tokio::task::spawn_blocking(|| reader.join().unwrap()).await.unwrap();
        assert_eq!(last, all as u64);
        assert!(looks > 3, "it looked while they wrote");
    }
    let log = houses[0].log(&ana).await;
    assert_eq!((log.len(), &log), (all, &houses[2].log(&ana).await));
    let mut tree = Frontier::default();
    for (record, _) in &log {
        tree.push(RecordBytes::stored(record).leaf());
    }
    let store = tokio::task::spawn_blocking(move || PostgresStore::open(&database).unwrap()).await.unwrap();
    assert_eq!((store.head().frontier.root(), store.reader().root_at(all as u64).unwrap()), (tree.root(), Some(tree.root())));
}

/// Writes what nobody is told of, as a node does whose word was lost: the first declares an incident. Answers where the log ends.
async fn write_in_silence(database: &str, incident: IncidentId, events: Vec<EventBytes>) -> u64 {
    let database = database.to_owned();
    let written = tokio::task::spawn_blocking(move || {
        let mut store = PostgresStore::open(&database).unwrap();
        let head = store.append(&Ask::default(), &mut |_, _| Ok(()), &mut |under| {
            let write = |(seq, event): (u64, &EventBytes)| {
                let record = Record {
                    v: 1,
                    seq,
                    epoch: under.head().epoch,
                    received_at: Timestamp::from_millis(1_790_000_000_000),
                    person: "bo".into(),
                    event_sha256: event.sha256_hex(),
                    code: (seq == 1).then_some(Code(1)),
                    before: Some(seq - 1),
                };
                let id = event.read().unwrap().id;
                Write::Record(NewRecord { id, incident, record: record.write().unwrap(), event: event.clone() })
            };
            Ok((under.head().seq() + 1..).zip(&events).map(write).collect())
        });
        head.unwrap().seq()
    });
    written.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lags_neither_hides_a_record_nor_shows_what_is_withheld() {
    let Some(cluster) = postgres::shared() else { return };
    let database = cluster.database();
    let house = House::open_on(&database).await;
    let [bo, cy] = ["bo", "cy"].map(|who| house.token(who, Scope::Responder));
    let (secret, begun) = declaration("bo", "Keys were copied");
    let restricted = written("bo", secret, restriction(&["bo"], &[]));
    let said = entry("bo", secret, "the badge log is missing");
    assert_eq!(write_in_silence(&database, secret, vec![begun, restricted, said]).await, 3);
    let only = async |token: &str, query: &str| house.get(token, query).send().await.unwrap().json::<EventsPage>().await.unwrap().records;
    // Asked by their places before this node has heard of the restriction.
    let held_back = only(&cy, "/v1/events?only=1,3").await;
    assert!(held_back.len() == 2 && held_back.iter().all(|pair| pair.event.is_none() && pair.withheld == Some(secret)), "{held_back:?}");
    assert!(only(&bo, "/v1/events?only=1,3").await.iter().all(|pair| pair.event.is_some()));
    // A copy that asks whether the last record it holds is still there is not told that the log ends before it.
    let more = entry("bo", secret, "it was found");
    assert_eq!(write_in_silence(&database, secret, vec![more]).await, 4);
    assert_eq!(only(&bo, "/v1/events?after=3&limit=1&only=4").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_announced_is_found_by_looking() {
    let Some(cluster) = postgres::shared() else { return };
    let database = cluster.database();
    let house = House::open_on(&database).await;
    let ana = house.token("ana", Scope::Viewer);
    let mut stream = follow(&house, &ana, "?after=0").await;
    let (incident, event) = declaration("bo", "Silent");
    assert_eq!(write_in_silence(&database, incident, vec![event]).await, 1);
    assert_eq!(records(&mut stream, 1).await, [1]);
    assert_eq!(house.get(&ana, "/v1/incidents/INC-1").send().await.unwrap().status(), 200, "and it is on the board");
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_warns_of_a_database_that_stands_alone() {
    let Some(cluster) = postgres::shared() else { return };
    let house = House::open_on(&cluster.database()).await;
    let ready = house.http.get(house.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let text = ready.text().await.unwrap();
    assert!(text.starts_with("ready\nwarning: ") && text.contains("synchronous_standby_names"), "{text}");
}

#[test]
fn a_log_moves_from_sqlite_with_the_same_seqs_hashes_and_tokens() {
    let Some(cluster) = postgres::shared() else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (file, target, home) = (runtime.block_on(House::open()), cluster.database(), Home::new());
    let ana = file.token("ana", Scope::Commander);
    let before = runtime.block_on(async {
        let (incident, declared) = declaration("ana", "Moves");
        let entries: Vec<_> = (0..20).map(|number| entry("ana", incident, &number.to_string())).collect();
        file.push(&ana, &[vec![declared], entries].concat()).await;
        let keyed = file.post(&ana, "/v1/incidents/INC-1/entries", json!({"text": "once"}).to_string()).header("idempotency-key", "k1");
        let answer = keyed.send().await.unwrap().text().await.unwrap();
        let alerts = file.token("alerts", Scope::Intake);
        assert_eq!(file.post(&alerts, "/v1/intake/generic", "unreadable").send().await.unwrap().status(), 202);
        let me: Value = file.get(&ana, "/v1/me").send().await.unwrap().json().await.unwrap();
        (file.log(&ana).await, answer, me["log"].clone())
    });
    let source = file.database();
    assert!(home.fails(1, &["migrate-database", &source, &target]).contains("in use"), "its server must be stopped");
    let mut file = file;
    runtime.block_on(file.running.take().unwrap().shutdown());
    // Redacted bytes stay redacted, and prove all the same.
    rusqlite::Connection::open(source.trim_start_matches("sqlite:"))
        .unwrap()
        .execute("UPDATE record SET event = NULL WHERE seq = 7", [])
        .unwrap();
    assert!(home.fails(2, &["migrate-database", &target, &source]).contains("no other way"));
    assert!(home.fails(3, &["migrate-database", "sqlite:/nowhere/x.db", &target]).contains("no database"));
    let told = home.ok(&["migrate-database", &source, &target]);
    assert!(told.contains("24 records"), "{told}");
    assert!(home.fails(1, &["migrate-database", &source, &target]).contains("holds a log already"));

    assert!(told.contains("server.key"), "{told}");
    std::fs::copy(file.folder.path().join("server").join("server.key"), House::shared_key(&target)).unwrap();
    let moved = runtime.block_on(House::open_on(&target));
    runtime.block_on(async {
        let (mut log, answer, id) = before;
        log[6].1 = String::new();
        assert_eq!(moved.log(&ana).await, log, "with the same token");
        let me: Value = moved.get(&ana, "/v1/me").send().await.unwrap().json().await.unwrap();
        assert_eq!((&me["log"], &me["epoch"]), (&id, &json!(1)), "replicas go on as if nothing had happened");
        let keyed = moved.post(&ana, "/v1/incidents/INC-1/entries", json!({"text": "once"}).to_string()).header("idempotency-key", "k1");
        assert_eq!(keyed.send().await.unwrap().text().await.unwrap(), answer);
    });
    let nodes = |sql: &str| cluster.sql(&target, sql);
    let from_file = rusqlite::Connection::open(source.trim_start_matches("sqlite:")).unwrap();
    let sum = "SELECT count(*), max(position) FROM tree";
    let there: (i64, i64) = from_file.query_row(sum, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(nodes("SELECT count(*), max(position) FROM warroom.tree"), format!("{}|{}", there.0, there.1));
    let mut rows = from_file.prepare("SELECT lower(hex(hash)) FROM tree ORDER BY position").unwrap();
    let hashes: Vec<String> = rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(nodes("SELECT string_agg(encode(hash, 'hex'), ',' ORDER BY position) FROM warroom.tree"), hashes.join(","));
}

#[test]
fn tokens_of_a_database_are_made_listed_and_revoked_from_the_command_line() {
    let Some(cluster) = postgres::shared() else { return };
    let (home, database) = (Home::new(), cluster.database());
    let token = home.ok(&["token", "create", "ana", "--scope", "commander", "--database", &database]);
    assert!(token.starts_with("wr_"), "{token}");
    assert!(home.fails(4, &["token", "create", "ana", "--scope", "viewer", "--database", &database]).contains("exists already"));
    home.ok(&["token", "revoke", "ana", "--database", &database]);
    assert!(home.ok(&["token", "list", "--database", &database]).contains("revoked"));
    let gone = home.fails(1, &["token", "list", "--database", "postgres://ana:secret@127.0.0.1:1/log"]);
    assert!(gone.contains("postgres://127.0.0.1:1/log cannot be used") && !gone.contains("secret"), "{gone}");
    assert!(home.fails(2, &["token", "list", "--database", "postgres://ana@db.example/log?sslmode=prefer"]).contains("verify-full"));
}

#[test]
fn two_nodes_may_meet_a_new_database_at_once() {
    let Some(cluster) = postgres::shared() else { return };
    let database = cluster.database();
    let opening: Vec<_> = (0..6)
        .map(|_| {
            let database = database.clone();
            std::thread::spawn(move || PostgresStore::open(&database).unwrap().head().log)
        })
        .collect();
    let logs: BTreeSet<Uuid> = opening.into_iter().map(|opened| opened.join().unwrap().0).collect();
    assert_eq!(logs.len(), 1, "one log: {logs:?}");
    assert_eq!(cluster.sql(&database, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'warroom_before%'"), "0", "nothing to keep");
    cluster.sql(&database, "UPDATE warroom.meta SET version = 99");
    let why = PostgresStore::open(&database).err().unwrap().to_string();
    assert!(why.contains("newer warroom (store version 99, this program knows 2)"), "{why}");
}

#[tokio::test]
async fn an_older_database_is_kept_as_it_was_and_brought_up_to_date() {
    let Some(cluster) = postgres::shared() else { return };
    let database = cluster.database();
    let mut house = House::open_on(&database).await;
    let ana = house.token("ana", Scope::Admin);
    let (incident, declared) = declaration("ana", "Withdrawals suspended");
    house.push(&ana, &[declared, entry("ana", incident, "said before")]).await;
    let log = house.log(&ana).await;
    house.running.take().unwrap().shutdown().await;
    let older = "DROP TABLE warroom.head; ALTER TABLE warroom.meta DROP COLUMN heads_at; UPDATE warroom.meta SET version = 1";
    cluster.sql(&database, older);
    house.running = Some(warroom::server::start(house.config()).await.unwrap());
    assert_eq!(house.log(&ana).await, log);
    assert_eq!(words(&house.push(&ana, &[entry("ana", incident, "said after")]).await), [(Accepted, Some(3))]);
    let kept = "SELECT (SELECT version FROM warroom_before_2.meta) || ' ' || (SELECT count(*) FROM warroom_before_2.record)";
    assert_eq!(cluster.sql(&database, kept), "1 2");
}
