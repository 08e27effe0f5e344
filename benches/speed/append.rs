//! Durable events over HTTP, the load generator on the same machine, against bare commits of the same bytes in groups, in SQLite and in
//! PostgreSQL.

use crate::calibration::ms;
use crate::calibration::percentile;
use crate::stage::postgres;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::server;

/// Writers, and events a request.
const LOADS: [(usize, usize); 4] = [(1, 1), (16, 1), (64, 1), (4, 100)];
const RUN: Duration = Duration::from_secs(5);

pub fn run() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let bare = bare_rows_per_second(folder.path(), 64);
    println!("bare SQLite, groups of 64: {bare:.0} rows/s; alone: {:.0} rows/s", bare_rows_per_second(folder.path(), 1));
    for (writers, batch) in LOADS {
        let database = format!("sqlite:{}", folder.path().join(format!("{writers}x{batch}.sqlite")).display());
        measure(&runtime, database, writers, batch, bare);
    }
    let Some(cluster) = postgres::shared() else { return };
    let bare = runtime.block_on(bare_postgres_rows_per_second(&cluster.database(), 64));
    let alone = runtime.block_on(bare_postgres_rows_per_second(&cluster.database(), 1));
    println!("bare PostgreSQL, groups of 64: {bare:.0} rows/s; alone: {alone:.0} rows/s");
    for (writers, batch) in LOADS {
        measure(&runtime, cluster.database(), writers, batch, bare);
    }
}

fn measure(runtime: &tokio::runtime::Runtime, database: String, writers: usize, batch: usize, bare: f64) {
    let token = crate::stage::token(&database, Scope::Admin);
    let (events, mut samples, seconds) = runtime.block_on(async {
        let running = server::start(crate::stage::config(&database)).await.expect("a server");
        let measured = load(&running.url(), &token, writers, batch).await;
        running.shutdown().await;
        measured
    });
    let rate = events as f64 / seconds;
    let (p50, p99) = (percentile(&mut samples, 0.5), percentile(&mut samples, 0.99));
    println!(
        "{writers:>2} writers × {batch:>3}: {rate:>6.0} events/s, {:.2} of bare groups, p50 {}, p99 {}",
        rate / bare,
        ms(p50),
        ms(p99)
    );
}

async fn load(url: &str, token: &str, writers: usize, batch: usize) -> (usize, Vec<Duration>, f64) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let post = move |client: reqwest::Client, url: String, token: String, body: String| async move {
        let sent =
            client.post(url).bearer_auth(token).header("content-type", "application/json").body(body).send().await.expect("an answer");
        let text = sent.text().await.expect("a body");
        assert!(!text.contains("refused") && text.contains("accepted"), "{text}");
    };
    let (address, incident) = (format!("{url}/v1/events"), event(0, None));
    post(client.clone(), address.clone(), token.to_owned(), body(&[incident.1])).await;
    let (count, started) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let tasks = (0..writers).map(|writer| {
        let (client, address, token, count) = (client.clone(), address.clone(), token.to_owned(), count.clone());
        tokio::spawn(async move {
            let mut samples = Vec::new();
            for round in 0_u64.. {
                if started.elapsed() > RUN {
                    break;
                }
                let first = 1 + (writer as u64) * 1_000_000_000 + round * batch as u64;
                let events: Vec<_> = (first..first + batch as u64).map(|number| event(number, Some(incident.0)).1).collect();
                let text = body(&events);
                let sent = Instant::now();
                post(client.clone(), address.clone(), token.clone(), text).await;
                samples.push(sent.elapsed());
                count.fetch_add(batch, Ordering::Relaxed);
            }
            samples
        })
    });
    let mut samples = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        samples.extend(task.await.expect("a writer"));
    }
    (count.load(Ordering::Relaxed), samples, started.elapsed().as_secs_f64())
}

fn event(number: u64, incident: Option<IncidentId>) -> (IncidentId, EventBytes) {
    let id = EventId(uuid::Uuid::from_u128(u128::from(number) + (7 << 76)));
    let body: Body = match incident {
        None => IncidentDeclared::titled("load").into(),
        Some(_) => EntryAdded::plain(
            WrittenKind::new(EntryKind::Observation).expect("written"),
            format!("Outflow back to baseline, block {number}"),
        )
        .into(),
    };
    let incident = incident.unwrap_or(id.into());
    let event = Event {
        id,
        incident,
        at: Timestamp::from_millis(1_790_000_000_000),
        by: "ana".into(),
        device: DeviceId(uuid::Uuid::from_u128(1)),
        index: number,
        salt: format!("{number:032x}"),
        replaces: None,
        body,
    };
    (incident, EventBytes::write(&event).expect("bytes"))
}

fn body(events: &[EventBytes]) -> String {
    let all: Vec<_> = events.iter().map(EventBytes::as_str).collect();
    format!("{{\"events\":[{}]}}", all.join(","))
}

fn bare_rows_per_second(folder: &std::path::Path, group: usize) -> f64 {
    let mut bare = rusqlite::Connection::open(folder.join(format!("bare{group}.sqlite"))).expect("a database");
    bare.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE bare(id INTEGER PRIMARY KEY, bytes TEXT)")
        .expect("a table");
    let (text, started, mut rows) = ("x".repeat(600), Instant::now(), 0);
    while started.elapsed() < Duration::from_secs(2) {
        let transaction = bare.transaction().expect("a transaction");
        for _ in 0..group {
            transaction.execute("INSERT INTO bare(bytes) VALUES (?1)", [&text]).expect("a row");
        }
        transaction.commit().expect("a commit");
        rows += group;
    }
    rows as f64 / started.elapsed().as_secs_f64()
}

async fn bare_postgres_rows_per_second(database: &str, group: usize) -> f64 {
    let (bare, driver) = tokio_postgres::connect(database, tokio_postgres::NoTls).await.expect("a database");
    let driving = tokio::spawn(driver);
    bare.batch_execute("CREATE TABLE bare(id BIGSERIAL PRIMARY KEY, bytes TEXT)").await.expect("a table");
    let put = bare.prepare("INSERT INTO bare(bytes) SELECT * FROM UNNEST($1::text[])").await.expect("a statement");
    let (texts, started, mut rows) = (vec!["x".repeat(600); group], Instant::now(), 0);
    while started.elapsed() < Duration::from_secs(2) {
        bare.execute(&put, &[&texts]).await.expect("a commit");
        rows += group;
    }
    let rate = rows as f64 / started.elapsed().as_secs_f64();
    drop(bare);
    let _ = driving.await;
    rate
}
