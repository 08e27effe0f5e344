//! What a server tells a copy that does not hold the whole log: where to begin, what all incidents come to, and old records with their proof.

use crate::restricted::restriction;
use crate::restricted::written;
use crate::server::*;
use crate::stage::past::Past;
use crate::stage::postgres;
use std::collections::BTreeMap;
use std::sync::Arc;
use warroom::domain::*;
use warroom::ledger::Frontier;
use warroom::ledger::Record;
use warroom::ledger::RecordBytes;
use warroom::ledger::proof;
use warroom::store::Database;
use warroom::wire::Base;
use warroom::wire::EventsPage;
use warroom::wire::HeadsPage;
use warroom::wire::builtin_org;

const PAST: Past = Past { incidents: 60, events_each: 6, days: 200, open_each: 10 };

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_may_begin_late_in_sqlite() {
    let mut house = House::open().await;
    house.running.take().unwrap().shutdown().await;
    begins_late(house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_may_begin_late_in_postgresql() {
    let Some(cluster) = postgres::shared() else { return };
    let mut house = House::open_on(&cluster.database()).await;
    house.running.take().unwrap().shutdown().await;
    begins_late(house).await;
}

async fn ask<T: serde::de::DeserializeOwned>(house: &House, token: &str, path: &str) -> T {
    let response = house.get(token, path).send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{path}: {why}: {text}"))
}

/// All heads somebody is told of, a few at a time.
async fn heads(house: &House, token: &str) -> Vec<Header> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page: HeadsPage = ask(house, token, &format!("/v1/heads?limit=7{after}")).await;
        assert!(page.fold == Header::FOLD_VERSION && page.heads.len() <= 7);
        all.extend(page.heads);
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

async fn begins_late(mut house: House) {
    let now: Timestamp = chrono::Utc::now().into();
    let size = PAST.write(&mut *house.database().parse::<Database>().unwrap().open().unwrap(), now);
    assert_eq!(size, 60 * 6 + 6);
    house.running = Some(warroom::server::start(house.config()).await.unwrap());
    let (root, bo) = (house.token("root", Scope::Admin), house.token("bo", Scope::Viewer));

    // The base is the last record before the days begin, and its edge is that of the tree.
    let log = house.log(&bo).await;
    let mut edges = vec![Frontier::default()];
    let mut board = Board::new(Arc::new(builtin_org()));
    let mut came = vec![Timestamp::default()];
    for (record, event) in &log {
        let (bytes, record) = RecordBytes::take(record.as_bytes()).unwrap();
        let mut edge = edges.last().unwrap().clone();
        edge.push(bytes.leaf());
        edges.push(edge);
        came.push(record.received_at);
        board.apply(&warroom::ledger::EventBytes::stored(event).read().unwrap(), Some(&record.acceptance()));
    }
    for days in [0, 1, 90, 150, 5_000] {
        let base: Base = ask(&house, &bo, &format!("/v1/base?days={days}")).await;
        let seq = base.position.seq as usize;
        let since = now.plus_ms(-days * 86_400_000);
        let before = if days == 0 { 0 } else { came[1..].iter().filter(|at| **at < since).count() };
        assert_eq!(seq, before, "{days} days");
        assert_eq!(base.frontier().as_ref(), Some(&edges[seq]));
        assert_eq!(base.received_at, (seq > 0).then(|| came[seq]));
        let mut edge = base.frontier().unwrap();
        let page: EventsPage = ask(&house, &bo, &format!("/v1/events?after={seq}&root={}", base.position.root)).await;
        page.records.iter().for_each(|pair| drop(edge.push(RecordBytes::stored(pair.record.get()).leaf())));
        assert_eq!(edge.root(), page.head.position.root, "what follows leads to what is signed");
    }
    check_problem(house.get(&bo, "/v1/base").send().await.unwrap(), 400, "bad_query").await;
    check_problem(house.get(&bo, "/v1/base?days=4000000000").send().await.unwrap(), 400, "bad_query").await;

    // Every head is what folding the whole log comes to.
    let all = heads(&house, &bo).await;
    assert_eq!(all, board.iter().map(|incident| Header::of(incident)).collect::<Vec<_>>());
    assert_eq!(all.iter().filter(|head| head.status.is_open()).count(), 6);

    // The records of an incident, whole by their chain, each proven against the base or against what is signed.
    let base: Base = ask(&house, &bo, "/v1/base?days=90").await;
    let at = base.position;
    let (number, id) = (11, PAST.id(11, now));
    for (inc, size, root) in [(Past::code(number), Some(at.seq), at.root), (id.to_string(), None, edges[log.len()].root())] {
        let (mut chain, mut before, mut pages) = (BTreeMap::new(), String::new(), 0);
        loop {
            let of = size.map_or_else(String::new, |size| format!("&size={size}"));
            let page: EventsPage = ask(&house, &bo, &format!("/v1/events?incident={inc}&limit=3{of}{before}")).await;
            for pair in &page.records {
                let (bytes, record) = RecordBytes::take(pair.record.get().as_bytes()).unwrap();
                let path = pair.path.as_deref().expect("a path");
                let size = size.unwrap_or(page.head.position.seq);
                assert!(proof::check_inclusion(path, size, root, record.seq, bytes.leaf()), "record {}", record.seq);
                assert_eq!(log[record.seq as usize - 1], (pair.record.get().to_owned(), pair.event.as_ref().unwrap().get().to_owned()));
                chain.insert(record.seq, record);
            }
            pages += 1;
            match page.next {
                Some(next) => before = format!("&before={next}"),
                None => break,
            }
        }
        let links: Vec<u64> = chain.values().map(|record: &Record| record.before.unwrap()).collect();
        let seqs: Vec<u64> = std::iter::once(0).chain(chain.keys().copied()).collect();
        assert_eq!(links, seqs[..seqs.len() - 1], "none is left out");
        assert_eq!((chain.len(), pages), if size.is_some() { (6, 2) } else { (7, 3) }, "what is said today is after the base");
    }
    let none: EventsPage = ask(&house, &bo, "/v1/events?incident=INC-1&size=0").await;
    assert!(none.records.is_empty() && none.next.is_none());
    let org: EventsPage = ask(&house, &bo, &format!("/v1/events?incident={}", IncidentId::ORG)).await;
    assert!(org.records.is_empty());

    // What is restricted is in no head and no history of who may not see it.
    let hidden = PAST.id(4, now);
    let pushed = house.push(&root, &[written("root", hidden, restriction(&["ana"], &[]))]).await;
    assert_eq!(pushed.outcomes[0].seq, Some(size + 1), "{pushed:?}");
    assert_eq!((heads(&house, &bo).await.len(), heads(&house, &root).await.len()), (59, 60));
    let unknown = check_problem(house.get(&bo, "/v1/events?incident=INC-900").send().await.unwrap(), 404, "unknown_incident").await;
    for inc in ["INC-5", &hidden.to_string()] {
        let said =
            check_problem(house.get(&bo, &format!("/v1/events?incident={inc}")).send().await.unwrap(), 404, "unknown_incident").await;
        assert_eq!(said.replace(inc, "INC-900"), unknown);
    }
    let seen: EventsPage = ask(&house, &root, "/v1/events?incident=INC-5").await;
    assert!(seen.records.len() == 7 && seen.records.iter().all(|pair| pair.event.is_some()));
}
