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

    fn append(&mut self, plan: &mut Plan<'_>) -> Result<Head, StoreError> {
        match self.mode.load(Ordering::SeqCst) {
            DISK_FULL => Err(StoreError::Unavailable("the disk is full".into())),
            FSYNC_FAILS => {
                // The plan ran and the transaction was written; only the last fsync failed.
                self.inner.append(&mut |under, new| plan(under, new).map(|_| Vec::new()))?;
                Err(StoreError::Broken("disk I/O error on /secret/path".into()))
            }
            PANIC => panic!("a fault in the rules"),
            _ => self.inner.append(plan),
        }
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        self.inner.reader()
    }
}

async fn faulty() -> (House, Arc<AtomicU8>) {
    let mut house = House::open().await;
    house.running.take().unwrap().shutdown().await;
    let mode = Arc::new(AtomicU8::new(WORK));
    let path = house.folder.path().join("server").join("log.db");
    let store = Faulty { inner: SqliteStore::open(&path).unwrap(), mode: mode.clone() };
    house.running = Some(start_on(Box::new(store), house.config()).await.unwrap());
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
    let response = house.post(&ana, "/v1/events", push_body(&[unsaved.clone()])).send().await.unwrap();
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
