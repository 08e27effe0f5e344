//! Restricted incidents: to whoever is not among those named, they do not exist, and the log they share still proves.

use crate::server::*;
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::ledger::Frontier;
use warroom::ledger::RecordBytes;
use warroom::wire::EventsPage;
use warroom::wire::OutcomeWord;
use warroom::wire::Pair;

/// The bytes of an event by a person about an incident.
pub fn written(by: &str, incident: IncidentId, body: impl Into<Body>) -> EventBytes {
    EventBytes::write(&event(by, Some(incident), body)).unwrap()
}

pub fn restriction(people: &[&str], roles: &[&str]) -> IncidentRestricted {
    let roles = roles.iter().chain(&["commander"]).map(RoleId::new).collect();
    IncidentRestricted { people: people.iter().map(Person::new).collect(), roles, reason: "an insider is suspected".into() }
}

async fn page(house: &House, token: &str) -> EventsPage {
    house.get(token, "/v1/events").send().await.unwrap().json().await.unwrap()
}

/// The places whose event a reader is given, and those that are withheld.
async fn seen(house: &House, token: &str) -> (Vec<u64>, Vec<u64>) {
    let (mut whole, mut withheld) = (Vec::new(), Vec::new());
    let mut tree = Frontier::default();
    let page = page(house, token).await;
    for pair in page.records {
        let record = RecordBytes::stored(pair.record.get());
        tree.push(record.leaf());
        assert_eq!(pair.event.is_none(), pair.withheld.is_some());
        if pair.event.is_some() { &mut whole } else { &mut withheld }.push(record.read().unwrap().seq);
    }
    assert_eq!(tree.root(), page.head.position.root, "what is withheld still proves");
    (whole, withheld)
}

#[tokio::test]
async fn to_everyone_else_it_does_not_exist() {
    let house = House::open().await;
    let [ana, bo, cy] =
        [("ana", Scope::Admin), ("bo", Scope::Responder), ("cy", Scope::Commander)].map(|(who, scope)| house.token(who, scope));
    let (open, declared) = declaration("ana", "Deposits late");
    let (secret, begun) = declaration("ana", "Keys were copied by somebody in here");
    let words = entry("bo", secret, "the badge log names a desk");
    assert_eq!(house.push(&bo, std::slice::from_ref(&words)).await.outcomes[0].code.as_deref(), Some("unknown_incident"));
    house.push(&ana, &[declared, begun]).await;
    house.push(&bo, std::slice::from_ref(&words)).await;
    assert_eq!(seen(&house, &cy).await, (vec![1, 2, 3], vec![]));
    let refused = house.push(&cy, &[written("cy", secret, restriction(&["cy"], &[]))]).await;
    assert_eq!(refused.outcomes[0].code.as_deref(), Some("scope"), "only an admin restricts");
    house.push(&ana, &[written("ana", secret, restriction(&["bo"], &["scribe"]))]).await;

    assert_eq!(seen(&house, &cy).await, (vec![1], vec![2, 3, 4]), "what was written before is withheld, too");
    assert_eq!(seen(&house, &bo).await, (vec![1, 2, 3, 4], vec![]));
    assert_eq!(seen(&house, &ana).await, (vec![1, 2, 3, 4], vec![]), "an admin deals with restricted incidents");
    let listed: Value = house.get(&cy, "/v1/incidents").send().await.unwrap().json().await.unwrap();
    assert_eq!(listed["incidents"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<_>>(), [open.to_string()]);
    let listed: Value = house.get(&bo, "/v1/incidents").send().await.unwrap().json().await.unwrap();
    assert_eq!(listed["incidents"].as_array().unwrap().iter().map(|one| one["restricted"].clone()).collect::<Vec<_>>(), [false, true]);

    // Every way to name it is answered as for one that was never declared.
    let nobody = IncidentId(uuid::Uuid::now_v7());
    for (named, other) in [("INC-2".to_owned(), "INC-9".to_owned()), (secret.to_string(), nobody.to_string())] {
        for path in ["", "/timeline"] {
            let ask = async |named: &str| {
                let said = house.get(&cy, &format!("/v1/incidents/{named}{path}")).send().await.unwrap();
                check_problem(said, 404, "unknown_incident").await.replace(named, "it")
            };
            assert_eq!(ask(&named).await, ask(&other).await);
            assert_eq!(house.get(&bo, &format!("/v1/incidents/{named}{path}")).send().await.unwrap().status(), 200);
        }
        for (path, body) in [("entries", r#"{"text":"who is it?"}"#), ("status", r#"{"status":"contained"}"#), ("roles/scribe", "{}")] {
            let ask = async |named: &str| {
                let said = house.post(&cy, &format!("/v1/incidents/{named}/{path}"), body).send().await.unwrap();
                check_problem(said, 404, "unknown_incident").await.replace(named, "it")
            };
            assert_eq!(ask(&named).await, ask(&other).await);
        }
    }
    let told = house.push(&cy, &[entry("cy", secret, "who is it?"), entry("cy", nobody, "who is it?")]).await;
    let said =
        |at: usize| (told.outcomes[at].outcome, told.outcomes[at].code.clone(), told.outcomes[at].reason.clone(), told.outcomes[at].retry);
    assert_eq!(said(0), said(1));
    assert_eq!(said(0).0, OutcomeWord::Refused);
    let into = IncidentMerged { into: secret, into_code: "INC-2".into() };
    let told = house.push(&cy, &[written("cy", open, into)]).await;
    assert_eq!(told.outcomes[0].code.as_deref(), Some("unknown_incident"));
}

#[tokio::test]
async fn a_named_role_opens_it_for_as_long_as_it_is_held() {
    let house = House::open().await;
    let [ana, bo, cy] =
        [("ana", Scope::Admin), ("bo", Scope::Responder), ("cy", Scope::Responder)].map(|(who, scope)| house.token(who, scope));
    let (secret, begun) = declaration("ana", "Keys were copied");
    // Restricted in the same breath: nobody else ever sees a word of it.
    house.push(&ana, &[begun, written("ana", secret, restriction(&["bo"], &["scribe"]))]).await;
    assert_eq!(seen(&house, &cy).await, (vec![], vec![1, 2]));
    let give = |role: &str| RoleAssigned { role: RoleId::new(role), person: "cy".into(), beside: false };
    let task = TaskGiven { person: "cy".into(), text: "find the badge log".into(), due_at: None };
    let told = house
        .push(&bo, &[written("bo", secret, give("operations")), written("bo", secret, task), written("bo", secret, give("scribe"))])
        .await;
    let codes: Vec<_> = told.outcomes.iter().map(|outcome| outcome.code.as_deref()).collect();
    assert_eq!(codes, [Some("not_a_reader"), Some("not_a_reader"), None]);
    assert_eq!(seen(&house, &cy).await, (vec![1, 2, 3], vec![]));
    let only: EventsPage = house.get(&cy, "/v1/events?only=1,3,99").send().await.unwrap().json().await.unwrap();
    assert_eq!((only.records.len(), only.next, only.records.iter().all(|pair| pair.event.is_some())), (2, None, true));
    house.push(&bo, &[written("bo", secret, RoleReleased { role: RoleId::new("scribe"), person: "cy".into() })]).await;
    assert_eq!(seen(&house, &cy).await, (vec![], vec![1, 2, 3, 4]));
    let only: EventsPage = house.get(&cy, "/v1/events?only=1,3").send().await.unwrap().json().await.unwrap();
    assert!(only.records.iter().all(|pair| pair.event.is_none() && pair.withheld == Some(secret)));
    let refused = house.push(&ana, &[written("ana", secret, IncidentRestricted { roles: vec![], ..restriction(&["cy"], &[]) })]).await;
    assert_eq!(refused.outcomes[0].code.as_deref(), Some("commander_left_out"));
    house.push(&ana, &[written("ana", secret, RestrictionLifted { reason: "it is over".into() })]).await;
    assert_eq!(seen(&house, &cy).await, (vec![1, 2, 3, 4, 5], vec![]));
    check_problem(house.get(&cy, "/v1/events?only=1,x").send().await.unwrap(), 400, "bad_query").await;
}

#[tokio::test]
async fn an_open_stream_withholds_what_it_would_have_told_a_moment_before() {
    let house = House::open().await;
    let [ana, cy] = [("ana", Scope::Admin), ("cy", Scope::Viewer)].map(|(who, scope)| house.token(who, scope));
    let (secret, begun) = declaration("ana", "Keys were copied");
    house.push(&ana, &[begun, entry("ana", secret, "one")]).await;
    for (query, told) in [("?after=1", 1), ("?after=0", 5)] {
        let response = house.get(&cy, &format!("/v1/stream{query}")).send().await.unwrap();
        let mut events = Box::pin(response.bytes_stream().eventsource().filter_map(|event| async { event.ok() }));
        let mut next = async || loop {
            let event = timeout(Duration::from_secs(10), events.next()).await.expect("in ten seconds").expect("the stream goes on");
            if event.event == "record" {
                break serde_json::from_str::<Pair>(&event.data).unwrap();
            }
        };
        for _ in 0..told {
            assert!(next().await.event.is_some());
        }
        let before = house.log(&ana).await.len();
        house.push(&ana, &[written("ana", secret, restriction(&[], &[])), entry("ana", secret, "two")]).await;
        for _ in 0..2 {
            let pair = next().await;
            assert_eq!((pair.event.is_none(), pair.withheld), (true, Some(secret)));
        }
        // Who reads what is already written gets the same.
        let stored = house.get(&cy, &format!("/v1/events?after={before}")).send().await.unwrap().json::<EventsPage>().await.unwrap();
        assert!(stored.records.iter().all(|pair| pair.withheld == Some(secret)));
        house.push(&ana, &[written("ana", secret, RestrictionLifted { reason: String::new() })]).await;
        assert!(next().await.event.is_some());
    }
}

#[tokio::test]
async fn nobody_is_told_who_is_in_it() {
    let house = House::open().await;
    let [ana, cy] = [("ana", Scope::Admin), ("cy", Scope::Viewer)].map(|(who, scope)| house.token(who, scope));
    let (secret, begun) = declaration("ana", "Keys were copied");
    house.push(&ana, &[begun, written("ana", secret, restriction(&[], &[]))]).await;
    let report = format!(r#"{{"device":"{}","incident":"{secret}","key_age_ms":0,"writing":true}}"#, uuid::Uuid::now_v7());
    assert_eq!(house.post(&ana, "/v1/presence", report).send().await.unwrap().status(), 204);
    for (token, incident) in [(&cy, Value::Null), (&ana, secret.to_string().into())] {
        let response = house.get(token, "/v1/stream").send().await.unwrap();
        let mut events = Box::pin(response.bytes_stream().eventsource().filter_map(|event| async { event.ok() }));
        let people = loop {
            let event = timeout(Duration::from_secs(10), events.next()).await.expect("in ten seconds").expect("the stream goes on");
            if event.event == "presence" {
                break serde_json::from_str::<Value>(&event.data).unwrap()["people"].clone();
            }
        };
        assert_eq!((&people[0]["person"], &people[0]["incident"]), (&"ana".into(), &incident));
        assert_eq!(people[0]["writing"], !incident.is_null());
    }
}
