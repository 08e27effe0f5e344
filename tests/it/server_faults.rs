//! A store that fails: nothing is acknowledged, the server says so, reads go on, and no cause leaks.

use crate::server::*;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;
use std::time::Duration;
use warroom::domain::*;
use warroom::server::start_on;
use warroom::store::*;

/// What the store does next.
const WORK: u8 = 0;
const DISK_FULL: u8 = 1;
const FSYNC_FAILS: u8 = 2;
const PANIC: u8 = 3;
const SLOW: u8 = 4;

struct Faulty {
    inner: SqliteStore,
    mode: Arc<AtomicU8>,
}

impl LogStore for Faulty {
    fn head(&self) -> &Head {
        self.inner.head()
    }

    fn device(&self) -> DeviceId {
        self.inner.device()
    }

    fn append(&mut self, ask: &Ask, follow: &mut Follow<'_>, plan: &mut Plan<'_>) -> Result<Head, StoreError> {
        match self.mode.load(Ordering::SeqCst) {
            DISK_FULL => Err(StoreError::Unavailable("the disk is full".into())),
            FSYNC_FAILS => {
                // The plan ran and the transaction was written; only the last fsync failed.
                self.inner.append(ask, follow, &mut |under| plan(under).map(|_| Vec::new()))?;
                Err(StoreError::Broken("disk I/O error on /secret/path".into()))
            }
            PANIC => panic!("a fault in the rules"),
            SLOW => {
                std::thread::sleep(Duration::from_millis(300));
                self.inner.append(ask, follow, plan)
            }
            _ => self.inner.append(ask, follow, plan),
        }
    }

    fn begin_epoch(&mut self, above: u64) -> Result<(), StoreError> {
        self.inner.begin_epoch(above)
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        self.inner.reader()
    }
}

async fn faulty() -> (House, Arc<AtomicU8>) {
    faulty_with(|_| {}).await
}

async fn faulty_with(change: impl FnOnce(&mut warroom::server::Config)) -> (House, Arc<AtomicU8>) {
    let mut house = House::open().await;
    house.running.take().unwrap().shutdown().await;
    let mode = Arc::new(AtomicU8::new(WORK));
    let path = house.folder.path().join("server").join("log.db");
    let store = Faulty { inner: SqliteStore::open(&path).unwrap(), mode: mode.clone() };
    let mut config = house.config();
    change(&mut config);
    house.running = Some(start_on(Box::new(store), config).await.unwrap());
    (house, mode)
}

async fn readiness(house: &House) -> u16 {
    house.http.get(house.url("/readyz")).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_full_disk_is_said_and_freed_space_is_noticed() {
    let (house, mode) = faulty().await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Disk");
    house.push(&ana, &[declared]).await;
    mode.store(DISK_FULL, Ordering::SeqCst);
    let unsaved = entry("ana", incident, "kept by its author");
    let response = house.post(&ana, "/v1/events", push_body(std::slice::from_ref(&unsaved))).send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    assert!(check_problem(response, 503, "unavailable").await.contains("the disk is full"));
    assert_eq!(readiness(&house).await, 503);
    assert_eq!(house.log(&ana).await.len(), 1, "reads go on");
    assert_eq!(house.http.get(house.url("/healthz")).send().await.unwrap().status(), 200);
    mode.store(WORK, Ordering::SeqCst);
    assert_eq!(house.push(&ana, &[unsaved]).await.outcomes[0].seq, Some(2));
    assert_eq!(readiness(&house).await, 200);
}

#[tokio::test]
async fn after_a_failed_fsync_nothing_is_acknowledged_again() {
    for fault in [FSYNC_FAILS, PANIC] {
        let (mut house, mode) = faulty().await;
        let ana = house.token("ana", Scope::Responder);
        let (incident, declared) = declaration("ana", "Fsync");
        house.push(&ana, &[declared]).await;
        mode.store(fault, Ordering::SeqCst);
        let events = [entry("ana", incident, "not acknowledged")];
        let response = house.post(&ana, "/v1/events", push_body(&events)).send().await.unwrap();
        assert_eq!(response.status(), 503);
        assert!(!response.text().await.unwrap().contains("secret"));
        mode.store(WORK, Ordering::SeqCst);
        let response = house.post(&ana, "/v1/events", push_body(&events)).send().await.unwrap();
        check_problem(response, 503, "not_writable").await;
        let alerts = house.post(&house.token("alerts", Scope::Intake), "/v1/intake/generic", "{\"alerts\":[]}").send().await.unwrap();
        assert!(alerts.headers().contains_key("retry-after"));
        assert_eq!((alerts.status().as_u16(), readiness(&house).await), (503, 503));
        assert_eq!(house.log(&ana).await.len(), 1, "reads go on");
        house.crash_and_restart().await;
        assert_eq!(house.push(&ana, &events).await.outcomes[0].seq, Some(2), "a restart makes it whole");
    }
}

#[tokio::test]
async fn a_second_server_waits_for_the_first_to_let_go() {
    let mut house = House::open().await;
    let first = house.running.take();
    let config = house.config();
    let waiting = tokio::spawn(warroom::server::start(config));
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(first);
    assert!(waiting.await.unwrap().is_ok());
}

#[tokio::test]
async fn more_than_the_log_can_take_is_told_to_come_again() {
    let (house, mode) = faulty_with(|config| config.limits.queue = 2).await;
    let (ana, alerts) = (house.token("ana", Scope::Responder), house.token("alerts", Scope::Intake));
    let (incident, declared) = declaration("ana", "Flood");
    house.push(&ana, &[declared]).await;
    mode.store(SLOW, Ordering::SeqCst);
    let events: Vec<_> = (0..10).map(|number| entry("ana", incident, &number.to_string())).collect();
    let is_full = tokio::sync::Notify::new();
    let sent = events.iter().map(|event| async {
        let answer = house.post(&ana, "/v1/events", push_body(std::slice::from_ref(event))).send().await.unwrap();
        if answer.status() == 503 {
            is_full.notify_one();
        }
        answer
    });
    // Ten at once, as soon as the first entry was turned away: the queue holds two, so most of them meet it full.
    let alert = async {
        is_full.notified().await;
        let alerts = (0..10).map(|_| house.post(&alerts, "/v1/intake/alertmanager", "{}").send());
        let answers = futures_util::future::join_all(alerts).await.into_iter().map(Result::unwrap);
        answers.into_iter().find(|answer| answer.status() == 503).unwrap()
    };
    let (answers, alert) = tokio::join!(futures_util::future::join_all(sent), alert);
    let mut taken = 0;
    for answer in answers {
        if answer.status() == 200 {
            taken += 1;
        } else {
            assert_eq!(answer.headers()["retry-after"], "1");
            check_problem(answer, 503, "overloaded").await;
        }
    }
    assert!((1..10).contains(&taken), "{taken} of 10");
    assert_eq!(alert.headers()["retry-after"], "1");
    check_problem(alert, 503, "overloaded").await;
    let again = house.push(&ana, &events).await;
    let duplicates = again.outcomes.iter().filter(|outcome| outcome.outcome == warroom::wire::OutcomeWord::Duplicate).count();
    let entries = house.log(&ana).await.iter().filter(|(_, event)| event.contains("entry.added")).count();
    assert_eq!((duplicates, entries), (taken, 10), "what was acknowledged, and only that, was taken");
}
