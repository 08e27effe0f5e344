//! Alerts: deduplicated by fingerprint, one incident a group, never closed by a machine, and nothing authentic thrown away.

use crate::server::*;
use serde_json::Value;
use serde_json::json;
use warroom::domain::*;

/// A body as Alertmanager sends it: alerts by fingerprint with their status.
fn group(name: &str, alerts: &[(&str, &str)]) -> Value {
    let alerts: Vec<_> = alerts
        .iter()
        .map(|(fingerprint, status)| {
            let ends_at = if *status == "resolved" { "2026-11-21T06:30:00Z" } else { "0001-01-01T00:00:00Z" };
            json!({"status": status, "fingerprint": fingerprint, "startsAt": "2026-11-21T06:00:00.25Z", "endsAt": ends_at, "generatorURL": "http://p/g",
                "labels": {"alertname": name, "instance": fingerprint, "severity": "warning", "service": "custody"},
                "annotations": {"summary": format!("{fingerprint} is low")}})
        })
        .collect();
    let any_firing = alerts.iter().any(|alert| alert["status"] == "firing");
    json!({"version": "4", "receiver": "warroom", "status": if any_firing { "firing" } else { "resolved" },
        "groupKey": format!("{{}}:{{alertname=\"{name}\"}}"), "truncatedAlerts": 0, "groupLabels": {"alertname": name},
        "commonLabels": {"alertname": name, "service": "custody"}, "commonAnnotations": {"summary": "Hot wallet low"}, "externalURL": "http://am",
        "alerts": alerts})
}

struct Desk {
    house: House,
    intake: String,
    ana: String,
}

impl Desk {
    async fn open() -> Self {
        let house = House::open().await;
        let (intake, ana) = (house.token("alerts", Scope::Intake), house.token("ana", Scope::Commander));
        Self { house, intake, ana }
    }

    /// Sends a body; answers how many events it made.
    async fn send(&self, integration: &str, body: impl ToString) -> u64 {
        let response = self.house.post(&self.intake, &format!("/v1/intake/{integration}"), body.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 202);
        response.json::<Value>().await.unwrap()["events"].as_u64().unwrap()
    }

    async fn incident(&self, code: &str) -> Value {
        self.house.get(&self.ana, &format!("/v1/incidents/{code}")).send().await.unwrap().json().await.unwrap()
    }

    async fn codes(&self) -> Vec<String> {
        let page: Value = self.house.get(&self.ana, "/v1/incidents").send().await.unwrap().json().await.unwrap();
        page["incidents"].as_array().unwrap().iter().map(|incident| incident["code"].as_str().unwrap().to_owned()).collect()
    }

    async fn resolve(&self, code: &str) {
        let body = json!({"status": "resolved", "reason": "by hand"}).to_string();
        let response = self.house.post(&self.ana, &format!("/v1/incidents/{code}/status"), body).send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    }
}

#[tokio::test]
async fn a_group_fires_changes_and_resolves_in_one_incident() {
    let desk = Desk::open().await;
    assert_eq!(desk.send("alertmanager", group("HotWalletLow", &[("btc", "firing"), ("eth", "firing")])).await, 3);
    let incident = desk.incident("INC-1").await;
    assert_eq!(
        (incident["title"].as_str(), incident["severity"].as_u64(), incident["services"][0].as_str(), incident["alerts_firing"].as_u64()),
        (Some("HotWalletLow: Hot wallet low"), Some(3), Some("custody"), Some(2))
    );
    assert_eq!(incident["opened_at"].as_str(), Some("2026-11-21T06:00:00.250Z"));
    assert_eq!(
        desk.send("alertmanager", group("HotWalletLow", &[("btc", "firing"), ("eth", "firing")])).await,
        0,
        "a repeat writes nothing"
    );

    let mixed = group("HotWalletLow", &[("btc", "resolved"), ("eth", "firing")]);
    assert_eq!(mixed["status"], "firing");
    assert_eq!(desk.send("alertmanager", mixed.clone()).await, 1, "each alert has a status of its own");
    assert_eq!(desk.send("alertmanager", mixed).await, 0);
    assert_eq!(desk.incident("INC-1").await["alerts_firing"].as_u64(), Some(1));

    let mut worse = group("HotWalletLow", &[("eth", "firing"), ("sol", "firing")]);
    worse["alerts"][0]["labels"]["severity"] = json!("critical");
    assert_eq!(desk.send("alertmanager", worse).await, 2, "one changed, one is new");
    assert_eq!(desk.send("alertmanager", group("HotWalletLow", &[("eth", "resolved"), ("sol", "resolved")])).await, 2);
    let incident = desk.incident("INC-1").await;
    assert_eq!((incident["alerts_firing"].as_u64(), incident["status"].as_str()), (Some(0), Some("triage")), "only people close it");
    assert_eq!(desk.codes().await, ["INC-1"]);
    let log = desk.house.log(&desk.ana).await;
    let resolved: Value = serde_json::from_str(&log.iter().find(|(_, event)| event.contains("alert.resolved")).unwrap().1).unwrap();
    assert_eq!((resolved["at"].as_str(), resolved["by"].as_str()), (Some("2026-11-21T06:30:00.000Z"), Some("alerts")));
}

#[tokio::test]
async fn after_people_resolved_it_news_open_another_that_follows() {
    let desk = Desk::open().await;
    desk.send("alertmanager", group("Lag", &[("a", "firing")])).await;
    desk.resolve("INC-1").await;
    assert_eq!(desk.send("alertmanager", group("Lag", &[("a", "firing")])).await, 0, "an unchanged repeat opens nothing");
    assert_eq!(desk.send("alertmanager", group("Lag", &[("a", "firing"), ("b", "firing")])).await, 3, "a new incident with all that fires");
    let (first, second) = (desk.incident("INC-1").await, desk.incident("INC-2").await);
    assert_eq!((&second["follows"], second["alerts_firing"].as_u64()), (&first["id"], Some(2)));
    let log = desk.house.log(&desk.ana).await;
    assert!(log.iter().any(|(_, event)| event.contains("\"follows_code\":\"INC-1\"")), "the link is told by its code");
    assert_eq!(desk.send("alertmanager", group("Lag", &[("a", "resolved")])).await, 2, "resolved wherever it fires");
    assert_eq!(desk.incident("INC-1").await["alerts_firing"].as_u64(), Some(0));
    assert_eq!(desk.incident("INC-2").await["alerts_firing"].as_u64(), Some(1));
    desk.send("alertmanager", group("Other", &[("a", "firing")])).await;
    assert_eq!(desk.codes().await, ["INC-1", "INC-2", "INC-3"], "another group is another incident");
    assert_eq!(desk.send("alertmanager", group("Unheard", &[("z", "resolved")])).await, 0);
}

#[tokio::test]
async fn alerts_go_where_their_incident_was_merged() {
    let desk = Desk::open().await;
    desk.send("alertmanager", group("Lag", &[("a", "firing")])).await;
    desk.send("alertmanager", group("Drain", &[("w", "firing")])).await;
    let ids: Vec<IncidentId> = {
        let page: Value = desk.house.get(&desk.ana, "/v1/incidents").send().await.unwrap().json().await.unwrap();
        page["incidents"].as_array().unwrap().iter().map(|incident| incident["id"].as_str().unwrap().parse().unwrap()).collect()
    };
    let merged = event("ana", Some(ids[0]), IncidentMerged { into: ids[1], into_code: "INC-2".into() });
    let linked = event("ana", Some(ids[1]), IncidentLinked { relation: Relation::Absorbed, other: ids[0], other_code: "INC-1".into() });
    let events = [merged, linked].map(|event| warroom::ledger::EventBytes::write(&event).unwrap());
    assert!(desk.house.push(&desk.ana, &events).await.outcomes.iter().all(|outcome| outcome.seq.is_some()));

    assert_eq!(desk.send("alertmanager", group("Lag", &[("a", "firing")])).await, 0);
    assert_eq!(desk.send("alertmanager", group("Lag", &[("a", "firing"), ("b", "firing")])).await, 1);
    assert_eq!(desk.incident("INC-2").await["alerts_firing"].as_u64(), Some(2), "b fires where the incident goes on");
    assert_eq!(desk.send("alertmanager", group("Lag", &[("a", "resolved"), ("b", "resolved")])).await, 2);
    assert_eq!(desk.incident("INC-1").await["alerts_firing"].as_u64(), Some(0));
    assert_eq!(desk.codes().await, ["INC-1", "INC-2"]);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_kept_and_shown_once() {
    let desk = Desk::open().await;
    let escapes = "\u{1b}]52;c;AAAA\u{7} this is not JSON";
    assert_eq!(desk.send("alertmanager", escapes).await, 2);
    assert_eq!(desk.send("alertmanager", escapes).await, 0, "the very same adds nothing");
    assert_eq!(desk.send("alertmanager", "{\"alerts\":[]}").await, 1, "the next goes into the same incident");
    let incident = desk.incident("INC-1").await;
    assert_eq!(incident["title"].as_str(), Some("Alerts from alertmanager that could not be read"));
    let timeline: Value = desk.house.get(&desk.ana, "/v1/incidents/INC-1/timeline").send().await.unwrap().json().await.unwrap();
    let lines: Vec<_> = timeline["entries"].as_array().unwrap().iter().map(|entry| entry["text"].as_str().unwrap()).collect();
    assert!(lines[1].contains("this is not JSON") && lines[2].contains("missing field `groupKey`"), "{lines:?}");

    let mut half = group("Half", &[("good", "firing"), ("bad", "firing")]);
    half["alerts"][1]["fingerprint"] = json!(7);
    assert_eq!(desk.send("alertmanager", half).await, 3, "the good alert is taken, the body is kept for the bad one");
    desk.resolve("INC-1").await;
    desk.send("alertmanager", "again").await;
    assert_eq!(desk.incident("INC-3").await["follows"], incident["id"]);
}

#[tokio::test]
async fn the_generic_way_in() {
    let desk = Desk::open().await;
    let body = json!({"alerts": [
        {"key": "disk-1", "title": "Disk full on node 1", "status": "firing", "severity": 1, "labels": {"service": "node"}, "starts_at": "2026-11-21T06:00:00Z"},
        {"key": "disk-2", "title": "Disk full on node 2", "status": "firing", "severity": "minor", "starts_at": "0001-01-01T00:00:00Z"},
        {"key": "", "title": "no key", "status": "firing"}]});
    assert_eq!(desk.send("generic", &body).await, 6, "two incidents with an alert each, and one that could not be read");
    let (first, second) = (desk.incident("INC-1").await, desk.incident("INC-2").await);
    assert_eq!(
        (first["title"].as_str(), first["severity"].as_u64(), first["services"][0].as_str()),
        (Some("Disk full on node 1"), Some(1), Some("node"))
    );
    assert_eq!(second["severity"].as_u64(), Some(4));
    assert!(second["opened_at"].as_str().unwrap() > "2026-11-21T06:00:00.000Z", "a zero time is no time");
    assert_eq!(desk.send("generic", &body).await, 0);
    let both =
        json!({"alerts": [{"key": "blip", "title": "Blip", "status": "firing"}, {"key": "blip", "title": "Blip", "status": "resolved"}]});
    assert_eq!(desk.send("generic", &both).await, 3, "what a source says twice it means in order");
    assert_eq!(desk.incident("INC-4").await["alerts_firing"].as_u64(), Some(0));
}

#[tokio::test]
async fn a_group_of_thousands_and_a_restart() {
    let mut desk = Desk::open().await;
    let names: Vec<String> = (0..3000).map(|number| format!("node-{number}")).collect();
    let alerts: Vec<_> = names.iter().map(|name| (name.as_str(), "firing")).collect();
    assert_eq!(desk.send("alertmanager", group("Storm", &alerts)).await, 3001);
    desk.house.crash_and_restart().await;
    assert_eq!(desk.send("alertmanager", group("Storm", &alerts)).await, 0);
    assert_eq!(desk.incident("INC-1").await["alerts_firing"].as_u64(), Some(3000));
    let response = desk.house.post(&desk.intake, "/v1/intake/alertmanager", "x".repeat(17 * 1024 * 1024)).send().await.unwrap();
    check_problem(response, 413, "too_large").await;
}

#[tokio::test]
async fn an_incident_is_a_drill_only_if_all_that_fires_says_so() {
    let desk = Desk::open().await;
    let mut both = group("Drain", &[("a", "firing"), ("b", "firing")]);
    both["alerts"][0]["labels"]["drill"] = json!("true");
    desk.send("alertmanager", both.clone()).await;
    both["groupKey"] = json!("another");
    both["alerts"][1]["labels"]["drill"] = json!("true");
    desk.send("alertmanager", both).await;
    assert_eq!(
        (desk.incident("INC-1").await["drill"].as_bool(), desk.incident("INC-2").await["drill"].as_bool()),
        (Some(false), Some(true))
    );
}
