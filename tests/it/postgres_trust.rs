//! What several servers on one PostgreSQL database owe those who trust the log: deleted words are gone at every node, all at once or not
//! at all, and one key signs.

use crate::server::*;
use crate::server_stream::follow;
use crate::server_stream::records;
use crate::stage::Home;
use crate::stage::postgres;
use serde_json::json;
use std::path::Path;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::ledger::Hash;
use warroom::ledger::Record;
use warroom::server::Running;
use warroom::server::StartError;
use warroom::server::start;
use warroom::store::*;

const SECRET: &str = "hunter2hunter2";

/// The deletion of an event's words.
fn redacted(incident: IncidentId, event: &EventBytes, seq: u64) -> EventBytes {
    let of = event.read().unwrap();
    let stub = EventBytes::write(&of.stub().unwrap()).unwrap().as_str().to_owned();
    let data = EventRedacted { event: of.id, seq, reason: "a key stood in it".into(), stub };
    EventBytes::write(&self::event("ana", Some(incident), data)).unwrap()
}

#[test]
fn words_redacted_at_one_node_are_gone_at_every_other_and_every_proof_holds() {
    let Some(cluster) = postgres::shared() else { return };
    let (runtime, database) = (tokio::runtime::Runtime::new().unwrap(), cluster.database());
    let (one, two) = runtime.block_on(async { (House::open_on(&database).await, House::open_on(&database).await) });
    let ana = one.token("ana", Scope::Admin);
    let bo = Home::at(&two.url(""), &two.token("bo", Scope::Viewer));
    let (incident, declared) = declaration("ana", "Withdrawals suspended");
    let words = entry("ana", incident, &format!("the key is {SECRET}"));
    runtime.block_on(async {
        one.push(&ana, &[declared, words.clone()]).await;
        let keyed = one.post(&ana, "/v1/incidents/INC-1/entries", json!({"text": format!("again {SECRET}")}).to_string());
        assert_eq!(keyed.header("idempotency-key", "k1").send().await.unwrap().status(), 201);
        let mut stream = follow(&two, &ana, "?after=0").await;
        assert_eq!(records(&mut stream, 3).await, [1, 2, 3]);
    });
    bo.ok(&["sync"]);
    assert_eq!(bo.json(&["search", SECRET]).len(), 2, "the other node told the words");
    runtime.block_on(async {
        let again = EventBytes::take(one.log(&ana).await[2].1.as_bytes()).unwrap().0;
        // With what comes after in the same news: the other node folds the incident anew up to where it follows.
        let pushed = [redacted(incident, &words, 2), redacted(incident, &again, 3), entry("ana", incident, "after it")];
        one.push(&ana, &pushed).await;
        for house in [&two, &one] {
            assert_eq!(house.get(&ana, "/v1/events?after=6").send().await.unwrap().status(), 200, "it hears of the last record");
            let log = house.log(&ana).await;
            assert!(log.len() == 6 && log[1].1.is_empty() && log[2].1.is_empty(), "{log:?}");
            let mut told = format!("{log:?}");
            for path in ["", "/INC-1", "/INC-1/timeline"] {
                let answer = house.get(&ana, &format!("/v1/incidents{path}")).send().await.unwrap();
                assert_eq!(answer.status(), 200);
                told.push_str(&answer.text().await.unwrap());
            }
            assert!(!told.contains(SECRET) && told.contains("[redacted]") && told.contains("after it"), "{told}");
            // From its memory, where the frames of both were kept with their words.
            let mut stream = follow(house, &ana, "?after=0").await;
            for seq in 1..=6_u64 {
                let event = futures_util::StreamExt::next(&mut stream).await.unwrap();
                assert!(!event.data.contains(SECRET), "{seq}: {}", event.data);
            }
        }
        let timelines = [&one, &two].map(|house| house.get(&ana, "/v1/incidents/INC-1/timeline").send());
        let [first, second] = timelines.map(|sent| async { sent.await.unwrap().text().await.unwrap() });
        assert_eq!(first.await, second.await, "both nodes fold the same");
    });
    let left = "SELECT (SELECT count(*) FROM warroom.record r WHERE r::text LIKE '%hunter2%') + (SELECT count(*) FROM warroom.answer a WHERE a::text LIKE '%hunter2%')";
    assert_eq!(cluster.sql(&database, left), "0");
    let chi = Home::at(&two.url(""), &two.token("chi", Scope::Viewer));
    for home in [&bo, &chi] {
        home.ok(&["sync"]);
        assert!(home.json(&["search", SECRET]).is_empty());
        let verified = &home.json(&["verify"])[0];
        assert_eq!((verified["redacted"].as_u64(), verified["signed"].as_u64()), (Some(2), Some(6)), "{verified}");
    }
    assert!(bo.ok(&["doctor"]).contains("until VACUUM"), "what stays in a database is said");
    // Nothing was said of the database being served meanwhile; and whoever changes it is found out.
    let url = &database;
    let verified = &chi.json(&["verify", "--database", url])[0];
    assert_eq!(
        (&verified["what"], verified["signed"].as_u64(), &verified["key_known"]),
        (&json!("database"), Some(6), &json!(true)),
        "{verified}"
    );
    cluster.sql(&database, "UPDATE warroom.record SET header = replace(header, '\"seq\":4', '\"seq\": 4') WHERE seq = 4");
    let said = chi.fails(6, &["verify", "--database", url]);
    assert!(said.contains("record 4") && !said.contains("password"), "{said}");
    assert!(chi.fails(2, &["verify", "--database", &cluster.database()]).contains("is not a server's database"), "another database");
}

#[test]
fn a_redaction_that_fails_half_way_deletes_nothing_and_one_that_does_not_deletes_all() {
    let Some(cluster) = postgres::shared() else { return };
    let database = cluster.database();
    let mut store = PostgresStore::open(&database).unwrap();
    let (incident, event) = declaration("bo", SECRET);
    let (id, sha256, now) = (EventId(incident.0), Hash([7; 32]), Timestamp::from_millis(1_790_000_000_000));
    let stub = EventBytes::write(&event.read().unwrap().stub().unwrap()).unwrap();
    let key = AnswerKey { person: "bo".into(), route: "POST /v1/incidents".into(), key: "k1".into() };
    let answer = Answer { request: sha256, status: 201, body: json!({"id": id, "title": SECRET}).to_string() };
    let body = RawBody { sha256, source: "generic".into(), received_at: now, bytes: SECRET.into() };
    let mut write = |writes: &dyn Fn(&Head) -> Vec<Write>| {
        store.append(&Ask::default(), &mut |_, _| Ok(()), &mut |under| Ok(writes(under.head()))).map(|head| head.seq())
    };
    let first = write(&|head| {
        let record = Record {
            v: 1,
            seq: 1,
            epoch: head.epoch,
            received_at: now,
            person: "bo".into(),
            event_sha256: event.sha256_hex(),
            code: Some(Code(1)),
            before: None,
        };
        let new = NewRecord { id, incident, record: record.write().unwrap(), event: event.clone() };
        vec![Write::Record(new), Write::Answer(key.clone(), answer.clone(), now), Write::Body(body.clone())]
    });
    assert_eq!(first.unwrap(), 1);
    let redact = |_: &Head| vec![Write::Redact(Redaction { seq: 1, event: id, incident, stub: stub.clone(), raw: Some(sha256) })];
    let left = || {
        let of = ["record WHERE event IS NOT NULL", "answer", "raw_body"];
        of.map(|rows| cluster.sql(&database, &format!("SELECT count(*) FROM warroom.{rows}")))
    };
    for table in ["answer", "raw_body"] {
        let refuse = format!(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
             CREATE TRIGGER refuse BEFORE DELETE ON warroom.{table} FOR EACH ROW EXECUTE FUNCTION refuse()"
        );
        cluster.sql(&database, &refuse);
        let why = write(&redact).unwrap_err();
        assert!(matches!(why, StoreError::Unknown(_)), "{why}");
        assert_eq!(left(), ["1", "1", "1"], "while {table} could not be deleted from");
        cluster.sql(&database, &format!("DROP TRIGGER refuse ON warroom.{table}"));
    }
    write(&redact).unwrap();
    assert_eq!(left(), ["0", "0", "0"]);
    assert_eq!(cluster.sql(&database, "SELECT stub FROM warroom.record"), stub.as_str());
}

/// Starts a node with the key in a file.
async fn node(house: &House, key: &Path, change: impl FnOnce(&mut warroom::server::Config)) -> Result<Running, StartError> {
    let mut config = house.config();
    config.key_file = Some(key.to_owned());
    change(&mut config);
    start(config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_another_key_does_not_start() {
    let Some(cluster) = postgres::shared() else { return };
    let mut house = House::open_on(&cluster.database()).await;
    let (right, other) = (house.key_file().unwrap(), house.folder.path().join("other.key"));
    let refused = async |house: &House, key: &Path| node(house, key, |_| {}).await.expect_err("another key").to_string();

    // Before there is any record, while another node runs: the first has signed already.
    let why = refused(&house, &other).await;
    assert!(why.contains("other.key") && why.contains("--key-file") && why.contains("--accept-restored"), "{why}");
    let renewed = node(&house, &other, |config| config.new_key = true).await.expect_err("nobody lets a stranger name the next key");
    assert_eq!((renewed.to_string(), other.with_file_name("other.key.next").exists()), (why, false));
    let ana = house.token("ana", Scope::Commander);
    let (incident, declared) = declaration("ana", "One key");
    house.push(&ana, &[declared]).await;
    refused(&house, &other).await;

    // A key that was replaced is that of the log no longer; a copy of it stands for a node that was not told.
    let old = house.folder.path().join("old.key");
    std::fs::copy(&right, &old).unwrap();
    house.running.take().unwrap().shutdown().await;
    house.running = Some(node(&house, &right, |config| config.new_key = true).await.unwrap());
    let why = refused(&house, &old).await;
    assert!(why.contains("old.key"), "{why}");
    drop(node(&house, &right, |_| {}).await.unwrap());
    house.push(&ana, &[entry("ana", incident, "signed with the new key")]).await;
    refused(&house, &old).await;
    drop(node(&house, &right, |_| {}).await.unwrap());

    // The key is lost: said once, and every node goes on with the other.
    house.running.take().unwrap().shutdown().await;
    house.running = Some(node(&house, &other, |config| config.accept_restored = true).await.unwrap());
    drop(node(&house, &other, |_| {}).await.unwrap());
    refused(&house, &right).await;
}

#[test]
fn of_two_nodes_with_two_keys_that_meet_a_new_database_at_once_one_starts() {
    let Some(cluster) = postgres::shared() else { return };
    let (runtime, database) = (tokio::runtime::Runtime::new().unwrap(), cluster.database());
    let folder = tempfile::tempdir().unwrap();
    let starting = ["one", "two", "three", "four"].map(|name| {
        let config = warroom::server::Config::new("127.0.0.1:0", database.clone());
        let config = warroom::server::Config { key_file: Some(folder.path().join(name)), ..config };
        runtime.spawn(start(config))
    });
    let started = runtime.block_on(futures_util::future::join_all(starting));
    assert_eq!(started.into_iter().filter(|started| started.as_ref().unwrap().is_ok()).count(), 1);
}
