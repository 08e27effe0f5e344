//! Streams: from any place on, live, with heads that prove, and an end that says why.

use crate::server::*;
use eventsource_stream::Eventsource;
use futures_util::Stream;
use futures_util::StreamExt;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::timeout;
use warroom::domain::*;
use warroom::ledger::Frontier;
use warroom::ledger::RecordBytes;
use warroom::wire::Head;
use warroom::wire::Pair;

pub type Events = Pin<Box<dyn Stream<Item = eventsource_stream::Event>>>;

pub async fn follow(house: &House, token: &str, query: &str) -> Events {
    let response = house.get(token, &format!("/v1/stream{query}")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["content-type"].as_bytes()), (200, &b"text/event-stream"[..]));
    Box::pin(response.bytes_stream().eventsource().filter_map(|event| async { event.ok() }))
}

async fn next(events: &mut Events) -> Option<eventsource_stream::Event> {
    timeout(Duration::from_secs(10), events.next()).await.expect("something within ten seconds")
}

/// The next records, heads passed over.
pub async fn records(events: &mut Events, count: usize) -> Vec<u64> {
    let mut seqs = Vec::new();
    while seqs.len() < count {
        let event = next(events).await.expect("the stream goes on");
        if event.event == "record" {
            let pair: Pair = serde_json::from_str(&event.data).unwrap();
            let seq = RecordBytes::stored(pair.record.get()).read().unwrap().seq;
            assert_eq!(event.id, seq.to_string());
            seqs.push(seq);
        }
    }
    seqs
}

#[tokio::test]
async fn a_stream_goes_from_a_place_into_the_live_log() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Stream");
    house.push(&ana, &[declared, entry("ana", incident, "one"), entry("ana", incident, "two")]).await;
    let mut events = follow(&house, &ana, "?after=1").await;
    assert_eq!(records(&mut events, 2).await, [2, 3]);
    let head: Head = loop {
        let event = next(&mut events).await.unwrap();
        if event.event == "head" {
            break serde_json::from_str(&event.data).unwrap();
        }
    };
    assert_eq!(head.position.seq, 3);

    let live = entry("ana", incident, "three");
    house.push(&ana, std::slice::from_ref(&live)).await;
    let event = loop {
        let event = next(&mut events).await.unwrap();
        if event.event == "record" {
            break event;
        }
    };
    let pair: Pair = serde_json::from_str(&event.data).unwrap();
    assert_eq!(pair.event.unwrap().get(), live.as_str());
    let mut tree = Frontier::default();
    for (record, _) in house.log(&ana).await {
        tree.push(RecordBytes::stored(&record).leaf());
    }
    let event = next(&mut events).await.unwrap();
    let head: Head = serde_json::from_str(&event.data).unwrap();
    assert_eq!((head.position.seq, head.position.root), (4, tree.root()), "after each batch a head that proves it");

    let resumed = house.get(&ana, "/v1/stream?after=0").header("last-event-id", "3").send().await.unwrap();
    let mut events: Events = Box::pin(resumed.bytes_stream().eventsource().filter_map(|event| async { event.ok() }));
    assert_eq!(records(&mut events, 1).await, [4]);
}

#[tokio::test]
async fn a_strange_position_is_told_to_resync_and_let_go() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    house.push(&ana, &[declaration("ana", "Here").1]).await;
    for query in ["?after=7", "?after=1&epoch=3", &format!("?after=1&root={}", "0".repeat(64))] {
        let mut events = follow(&house, &ana, query).await;
        let event = next(&mut events).await.unwrap();
        assert_eq!(event.event, "resync");
        assert!(event.data.contains("\"code\":\"resync\""), "{}", event.data);
        assert!(next(&mut events).await.is_none(), "and then it ends");
    }
}

#[tokio::test]
async fn many_streams_see_the_same_and_end_with_the_server() {
    let mut house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Many");
    house.push(&ana, &[declared]).await;
    let mut streams = Vec::new();
    for _ in 0..50 {
        streams.push(follow(&house, &ana, "?after=0").await);
    }
    for number in 0..10 {
        house.push(&ana, &[entry("ana", incident, &number.to_string())]).await;
    }
    for events in &mut streams {
        assert_eq!(records(events, 11).await, (1..=11).collect::<Vec<u64>>());
    }
    house.running.take().unwrap().shutdown().await;
    for events in &mut streams {
        let mut last = None;
        while let Some(event) = next(events).await {
            assert!(matches!(event.event.as_str(), "head" | "leaving"), "{event:?}");
            last = Some(event);
        }
        let last = last.expect("last words");
        assert_eq!((last.event.as_str(), last.retry), ("leaving", Some(Duration::from_millis(250))));
    }
}

#[tokio::test]
async fn a_revoked_token_is_cut_off_within_five_seconds() {
    let house = House::open().await;
    let new = warroom::server::NewToken { name: "bo".into(), scope: Scope::Viewer, person: None, expires_at: None };
    let bo = warroom::server::create_token(&house.database(), new).unwrap();
    let soon = Timestamp::from(chrono::Utc::now()).plus_ms(2500);
    let new = warroom::server::NewToken { name: "cy".into(), scope: Scope::Viewer, person: None, expires_at: Some(soon) };
    let cy = warroom::server::create_token(&house.database(), new).unwrap();
    let mut streams = [follow(&house, &bo, "").await, follow(&house, &cy, "").await];
    warroom::server::revoke_token(&house.database(), "bo").unwrap();
    let began = std::time::Instant::now();
    for events in &mut streams {
        while next(events).await.is_some() {}
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    check_problem(house.get(&bo, "/v1/me").send().await.unwrap(), 401, "token_revoked").await;
    check_problem(house.get(&cy, "/v1/me").send().await.unwrap(), 401, "token_expired").await;
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut_and_slows_nobody() {
    let house = House::open_with(|config| {
        config.limits.stall_timeout = Duration::from_secs(1);
        config.limits.tail_records = 64;
    })
    .await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Slow");
    house.push(&ana, &[declared]).await;
    let _slow = house.get(&ana, "/v1/stream?after=0").send().await.unwrap();
    let mut quick = follow(&house, &ana, "?after=0").await;
    // Far more than sockets and channels can hold back for the slow one.
    let text = "x".repeat(100_000);
    let mut cut = false;
    for number in 0..200 {
        house.push(&ana, &[entry("ana", incident, &text)]).await;
        assert_eq!(records(&mut quick, 1).await, [number + 1]);
    }
    records(&mut quick, 1).await;
    for _ in 0..100 {
        let metrics = house.http.get(house.url("/metrics")).send().await.unwrap().text().await.unwrap();
        cut = metrics.contains("warroom_streams 1\n");
        if cut {
            assert!(metrics.contains("warroom_streams_cut_total 1\n"), "{metrics}");
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(cut, "the slow reader is gone, the quick one is not");
}

#[tokio::test]
async fn a_quiet_stream_shows_that_it_lives() {
    let house = House::open_with(|config| config.limits.heartbeat = Duration::from_millis(300)).await;
    let ana = house.token("ana", Scope::Viewer);
    let response = house.get(&ana, "/v1/stream").send().await.unwrap();
    let mut bytes = response.bytes_stream();
    let mut text = String::new();
    while text.matches(": alive\n\n").count() < 2 {
        let chunk = timeout(Duration::from_secs(5), bytes.next()).await.expect("a beat").unwrap().unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let heads: Vec<Head> =
        text.lines().filter_map(|line| line.strip_prefix("data: ")).map(|data| serde_json::from_str(data).unwrap()).collect();
    assert!(heads.len() >= 2 && heads[0].now < heads[1].now, "a head on connecting and with each beat, with the server's clock");
}
