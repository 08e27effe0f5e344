//! The heads of incidents as a server keeps them: a start reads them and not the log, and is right all the same whatever became of them.

use crate::restricted::restriction;
use crate::restricted::written;
use crate::server::*;
use crate::stage::postgres;
use serde_json::Value;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::store::Ask;
use warroom::store::Database;
use warroom::store::KeptHeads;
use warroom::store::LogStore;
use warroom::store::Write;
use warroom::wire::OutcomeWord::Accepted;

#[tokio::test(flavor = "multi_thread")]
async fn a_start_from_kept_heads_in_sqlite() {
    starts(House::open().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_from_kept_heads_in_postgresql() {
    let Some(cluster) = postgres::shared() else { return };
    starts(House::open_on(&cluster.database()).await).await;
}

fn store(house: &House) -> Box<dyn LogStore> {
    house.database().parse::<Database>().unwrap().open().unwrap()
}

fn kept(house: &House) -> KeptHeads {
    store(house).reader().heads().unwrap()
}

/// Puts heads in the place of those that are kept.
fn put(house: &House, heads: KeptHeads) {
    store(house).append(&Ask::default(), &mut |_, _| Ok(()), &mut |_| Ok(vec![Write::Heads(heads.clone())])).unwrap();
}

async fn told(house: &House, token: &str, path: &str) -> Value {
    let response = house.get(token, path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.unwrap()
}

/// Everything the read models say, to one person.
async fn all(house: &House, token: &str, incidents: &[IncidentId]) -> Vec<Value> {
    let mut said = vec![told(house, token, "/v1/incidents").await];
    for id in incidents {
        for path in ["", "/timeline"] {
            said.push(told(house, token, &format!("/v1/incidents/{id}{path}")).await);
        }
    }
    said
}

fn closed(by: &str, incident: IncidentId) -> EventBytes {
    written(by, incident, StatusChanged { status: Status::Resolved, reason: "over".into() })
}

async fn stop(house: &mut House) {
    house.running.take().unwrap().shutdown().await;
}

async fn start(house: &mut House) {
    house.running = Some(warroom::server::start(house.config()).await.unwrap());
}

async fn starts(mut house: House) {
    let (root, bo) = (house.token("root", Scope::Admin), house.token("bo", Scope::Viewer));
    let alerts = house.token("alerts", Scope::Intake);
    let mut ids = Vec::new();
    for number in 0..20 {
        let (id, declared) = declaration("root", &format!("Incident {number}"));
        let mut events = vec![declared, entry("root", id, "seen"), entry("root", id, "done")];
        events.extend((number % 2 == 0).then(|| closed("root", id)));
        house.push(&root, &events).await;
        ids.push(id);
    }
    let merged = written("root", ids[1], IncidentMerged { into: ids[3], into_code: "INC-4".into() });
    assert_eq!(words(&house.push(&root, &[merged]).await)[0].0, Accepted);
    house.push(&root, &[written("root", ids[5], restriction(&["chi"], &[]))]).await;
    let fire = serde_json::json!({"alerts": [{"key": "a", "title": "Node behind", "status": "firing"}]}).to_string();
    house.post(&alerts, "/v1/intake/generic", fire.clone()).send().await.unwrap();
    let seen: Vec<_> = ids.iter().copied().filter(|id| *id != ids[5]).collect();
    let (before, to_bo) = (all(&house, &root, &ids).await, all(&house, &bo, &seen).await);

    // In order, after a crash, with all heads lost, with some of them lost, with heads of another fold: the same.
    stop(&mut house).await;
    let whole = kept(&house);
    let size = store(&house).head().seq();
    assert_eq!((whole.heads.len(), whole.at), (21, size), "everything is kept at the end");
    let mut other = whole.clone();
    other.heads.iter_mut().for_each(|head| head.fold = 1);
    other.heads.truncate(15);
    for change in [None, Some(other)] {
        if let Some(heads) = change {
            put(&house, heads);
        }
        start(&mut house).await;
        assert_eq!(all(&house, &root, &ids).await, before);
        assert_eq!(all(&house, &bo, &seen).await, to_bo);
        check_problem(house.get(&bo, "/v1/incidents/INC-6").send().await.unwrap(), 404, "unknown_incident").await;
        stop(&mut house).await;
        assert_eq!(kept(&house), whole, "what was made again is kept");
    }

    // What is closed and what is open is written to without having been read before, and alerts go where they went.
    start(&mut house).await;
    let found = told(&house, &bo, "/v1/incidents/INC-3").await;
    assert_eq!((found["id"].as_str(), found["entries"].as_u64()), (Some(ids[2].to_string().as_str()), Some(4)));
    let tail = ids[4].to_string();
    assert_eq!(told(&house, &bo, &format!("/v1/incidents/{}", &tail[tail.len() - 12..])).await["code"], "INC-5");
    let more = [entry("root", ids[0], "after all"), entry("root", ids[7], "again"), declaration("root", "New").1];
    let pushed = house.push(&root, &more).await;
    assert!(words(&pushed).iter().all(|(word, _)| *word == Accepted), "{pushed:?}");
    assert_eq!(told(&house, &bo, "/v1/incidents/INC-22").await["title"], "New");
    let again: Value = house.post(&alerts, "/v1/intake/generic", fire).send().await.unwrap().json().await.unwrap();
    assert_eq!(again["events"], 0, "it fires already");
    let into_merged = house.push(&root, &[entry("root", ids[1], "where it went")]).await;
    assert_eq!(words(&into_merged)[0].0, Accepted);
    let (ids_now, before) = (ids.clone(), all(&house, &root, &ids).await);
    house.crash_and_restart().await;
    assert_eq!(all(&house, &root, &ids_now).await, before, "what was not kept is folded from the end of the log");

    // A chain of headers is not torn by what was not in hand.
    let log = house.log(&root).await;
    let mut last = std::collections::BTreeMap::new();
    for (seq, (record, event)) in (1_u64..).zip(&log) {
        let record: warroom::ledger::Record = serde_json::from_str(record).unwrap();
        let incident = serde_json::from_str::<Value>(event).unwrap()["incident"].as_str().unwrap().to_owned();
        assert_eq!(record.before, Some(last.insert(incident, seq).unwrap_or(0)), "record {seq}");
    }

    // Words that are deleted are in no head that is kept.
    let (id, declared) = declaration("root", "hunter2 leaked");
    let declared_seq = house.push(&root, std::slice::from_ref(&declared)).await.outcomes[0].seq.unwrap();
    house.push(&root, &[closed("root", id)]).await;
    stop(&mut house).await;
    assert!(format!("{:?}", kept(&house)).contains("hunter2"));
    start(&mut house).await;
    assert!(told(&house, &bo, &format!("/v1/incidents/{id}")).await["title"].as_str().unwrap().contains("hunter2"));
    let event = declared.read().unwrap();
    let stub = EventBytes::write(&event.stub().unwrap()).unwrap().as_str().to_owned();
    let redacted = EventRedacted { event: event.id, seq: declared_seq, reason: "a key".into(), stub };
    let pushed = house.push(&root, &[written("root", id, redacted)]).await;
    assert_eq!(words(&pushed)[0].0, Accepted, "{pushed:?}");
    for _ in 0..2 {
        for path in [format!("/v1/incidents/{id}"), format!("/v1/incidents/{id}/timeline"), "/v1/incidents".into()] {
            assert!(!told(&house, &bo, &path).await.to_string().contains("hunter2"), "{path}");
        }
        house.crash_and_restart().await;
    }
    stop(&mut house).await;
    assert!(!format!("{:?}", kept(&house)).contains("hunter2"));
}
