//! Webhooks that are signed: taken with a signature that fits and only then, once however often they are sent, and never thrown away.

use crate::server::*;
use crate::stage::Home;
use hmac::Hmac;
use hmac::Mac;
use serde_json::Value;
use serde_json::json;
use sha2::Sha256;
use std::os::unix::fs::PermissionsExt;
use warroom::domain::Scope;

const SECRET: &str = "a secret of those who page";

fn sign(secret: &str, words: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(words.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A body as PagerDuty sends it.
fn paged(event: &str, status: &str, occurred_at: &str) -> String {
    json!({"event": {
        "id": event, "event_type": format!("incident.{status}"), "resource_type": "incident", "occurred_at": occurred_at,
        "agent": {"id": "P1", "summary": "Ana", "type": "user_reference"}, "client": {"name": "PagerDuty"},
        "data": {"id": "PGR0VU2", "type": "incident", "html_url": "https://acme.example/incidents/PGR0VU2", "number": 2, "status": status,
            "incident_key": "k", "created_at": "2026-11-21T06:00:00Z", "title": "Withdrawals hang", "service": {"id": "S", "summary": "withdrawals"},
            "assignees": [], "priority": {"id": "X", "summary": "P2"}, "urgency": "high", "conference_bridge": null, "resolve_reason": null}}})
    .to_string()
}

struct Desk {
    house: House,
    intake: String,
    ana: String,
}

impl Desk {
    async fn open() -> Self {
        let house = House::open_with(Self::require).await;
        let (intake, ana) = (house.token("alerts", Scope::Intake), house.token("ana", Scope::Viewer));
        Self { house, intake, ana }
    }

    fn require(config: &mut warroom::server::Config) {
        for source in ["pagerduty", "grafana", "generic"] {
            config.webhook_secrets.require(source, &format!("the next secret of them\n{SECRET}")).unwrap();
        }
    }

    async fn send(&self, source: &str, headers: &[(&str, &str)], body: &str) -> reqwest::Response {
        let request = self.house.post(&self.intake, &format!("/v1/intake/{source}"), body.to_owned());
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
    }

    /// Sends what PagerDuty signed; answers how many events it made, and whether it was known.
    async fn page(&self, body: &str) -> (u64, bool) {
        let signature = format!("v1={},v1={}", sign("a secret that is no more", body), sign(SECRET, body));
        let response = self.send("pagerduty", &[("x-pagerduty-signature", &signature)], body).await;
        assert_eq!(response.status(), 202);
        let taken: Value = response.json().await.unwrap();
        (taken["events"].as_u64().unwrap(), taken["repeated"].as_bool().unwrap())
    }

    async fn firing(&self) -> u64 {
        let incident: Value = self.house.get(&self.ana, "/v1/incidents/INC-1").send().await.unwrap().json().await.unwrap();
        incident["alerts_firing"].as_u64().unwrap()
    }
}

#[tokio::test]
async fn without_a_signature_that_fits_nothing_is_taken() {
    let desk = Desk::open().await;
    let body = paged("01", "triggered", "2026-11-21T06:00:01Z");
    let (good, bad) = (sign(SECRET, &body), sign("somebody else's secret", &body));
    for (source, headers, code) in [
        ("pagerduty", vec![], "signature_missing"),
        ("pagerduty", vec![("x-pagerduty-signature", format!("v1={bad}"))], "signature_wrong"),
        ("pagerduty", vec![("x-pagerduty-signature", format!("v1={}", sign(SECRET, &format!("{body} "))))], "signature_wrong"),
        ("pagerduty", vec![("x-hub-signature-256", format!("sha256={good}"))], "signature_missing"),
        ("grafana", vec![("x-hub-signature-256", format!("sha256={bad}"))], "signature_wrong"),
        ("grafana", vec![("x-grafana-alerting-signature", good.clone()), ("x-grafana-alerting-timestamp", "1".into())], "signature_wrong"),
        (
            "grafana",
            vec![("x-grafana-alerting-signature", sign(SECRET, &format!("1:{body}"))), ("x-grafana-alerting-timestamp", "1".into())],
            "signature_stale",
        ),
        ("generic", vec![], "signature_missing"),
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        check_problem(desk.send(source, &headers, &body).await, 401, code).await;
    }
    // What is not JSON at all gets no further either: it is refused for its signature, unread.
    check_problem(desk.send("generic", &[("x-hub-signature-256", &format!("sha256={bad}"))], "{").await, 401, "signature_wrong").await;
    assert_eq!(desk.house.log(&desk.ana).await.len(), 0);
    let viewer = desk.house.post(&desk.ana, "/v1/intake/pagerduty", body.clone()).header("x-pagerduty-signature", format!("v1={good}"));
    check_problem(viewer.send().await.unwrap(), 403, "scope").await;
    assert_eq!(desk.send("alertmanager", &[], r#"{"groupKey":"g","alerts":[]}"#).await.status(), 202, "who signs nothing needs no secret");
}

#[tokio::test]
async fn what_was_taken_changes_nothing_when_it_comes_again() {
    let mut desk = Desk::open().await;
    let triggered = paged("01", "triggered", "2026-11-21T06:00:01Z");
    assert_eq!(desk.page(&triggered).await, (2, false), "an incident and its alert");
    assert_eq!(desk.page(&triggered).await, (0, true));
    assert_eq!(desk.page(&paged("02", "acknowledged", "2026-11-21T06:01:00Z")).await, (1, false));
    assert_eq!(desk.page(&paged("04", "resolved", "2026-11-21T06:09:00Z")).await, (1, false));
    assert_eq!(desk.firing().await, 0);

    desk.house.running.take().unwrap().shutdown().await;
    let mut config = desk.house.config();
    Desk::require(&mut config);
    desk.house.running = Some(warroom::server::start(config).await.unwrap());
    assert_eq!(desk.page(&triggered).await, (0, true), "a restart forgets nothing");
    assert_eq!(desk.page(&paged("01", "triggered", "2026-11-21T06:10:00Z")).await, (0, true), "the same event in other bytes");
    assert_eq!(desk.page(&paged("03", "acknowledged", "2026-11-21T06:05:00Z")).await, (0, false), "what came late brings nothing back");
    assert_eq!(desk.firing().await, 0);
    assert_eq!(
        desk.page(&paged("05", "unheard-of", "2026-11-21T06:11:00Z")).await,
        (2, false),
        "kept raw, and shown in an incident for such"
    );
    assert_eq!(desk.page(&paged("06", "triggered", "2026-11-21T06:12:00Z")).await, (1, false));
    assert_eq!(desk.firing().await, 1);

    let note = json!({"event": {"id": "07", "event_type": "incident.annotated", "data": {"type": "incident_note", "content": "hello"}}})
        .to_string();
    assert_eq!((desk.page(&note).await, desk.page(&note).await), ((0, false), (0, true)));
    assert_eq!((desk.page("{\"event\":").await, desk.page("{\"event\":").await), ((1, false), (0, true)), "kept raw, and once");
}

#[tokio::test]
async fn what_ended_before_anybody_heard_that_it_fires_does_not_fire_for_ever() {
    let mut desk = Desk::open().await;
    assert_eq!(desk.page(&paged("02", "resolved", "2026-11-21T06:09:00Z")).await, (0, false), "of nothing that is known");
    desk.house.running.take().unwrap().shutdown().await;
    let mut config = desk.house.config();
    Desk::require(&mut config);
    desk.house.running = Some(warroom::server::start(config).await.unwrap());
    assert_eq!(desk.page(&paged("01", "triggered", "2026-11-21T06:00:01Z")).await, (3, false), "an incident, its alert, and the end of it");
    assert_eq!(desk.firing().await, 0);
    let log = desk.house.log(&desk.ana).await;
    assert!(log[2].1.contains("alert.resolved") && log[2].1.contains("2026-11-21T06:09:00.000Z"), "{}", log[2].1);
    assert_eq!(desk.page(&paged("03", "acknowledged", "2026-11-21T06:05:00Z")).await, (0, false));
    assert_eq!(desk.page(&paged("05", "triggered", "2026-11-21T07:00:00Z")).await, (1, false), "it fires again later");
    assert_eq!(desk.firing().await, 1);
    assert_eq!(desk.page(&paged("06", "resolved", "2026-11-21T07:10:00Z")).await, (1, false));
    assert_eq!(desk.page(&paged("07", "resolved", "2026-11-21T07:30:00Z")).await, (0, false));
    assert_eq!(desk.page(&paged("08", "triggered", "2026-11-21T07:20:00Z")).await, (2, false), "out of order once more");
    assert_eq!(desk.firing().await, 0);
}

#[tokio::test]
async fn grafana_repeats_itself_and_a_copy_of_what_it_said_does_nothing() {
    let desk = Desk::open().await;
    let group = |status: &str, note: &str| {
        let ends_at = if status == "resolved" { "2026-11-21T06:30:00Z" } else { "0001-01-01T00:00:00Z" };
        json!({"receiver": "warroom", "status": status, "orgId": 1, "version": "1", "groupKey": "{}:{alertname=\"Lag\"}", "truncatedAlerts": 0,
            "groupLabels": {"alertname": "Lag"}, "commonLabels": {"alertname": "Lag"}, "commonAnnotations": {}, "externalURL": "https://g.example/",
            "title": "[FIRING:1] Lag", "state": "alerting", "message": note, "alerts": [{"status": status, "labels": {"alertname": "Lag"},
            "annotations": {"summary": "late"}, "startsAt": "2026-11-21T06:00:00Z", "endsAt": ends_at, "fingerprint": "c6ea",
            "generatorURL": "https://g.example/1", "values": {"B": 44.2}}]})
        .to_string()
    };
    let send = async |body: &str| {
        let now = chrono::Utc::now().timestamp().to_string();
        let signature = sign(SECRET, &format!("{now}:{body}"));
        let headers = [("x-grafana-alerting-signature", signature.as_str()), ("x-grafana-alerting-timestamp", &now)];
        let taken: Value = desk.send("grafana", &headers, body).await.json().await.unwrap();
        (taken["events"].as_u64().unwrap(), (signature, now))
    };
    let firing = group("firing", "first");
    let (events, (signature, at)) = send(&firing).await;
    assert_eq!(events, 2);
    assert_eq!(send(&group("firing", "an hour later")).await.0, 0, "a repeat of what fires writes nothing");
    assert_eq!(send(&group("resolved", "over")).await.0, 1);
    let copy = desk.send("grafana", &[("x-grafana-alerting-signature", &signature), ("x-grafana-alerting-timestamp", &at)], &firing).await;
    assert_eq!(copy.json::<Value>().await.unwrap(), json!({"events": 0, "incidents": ["INC-1"], "repeated": true}));
    assert_eq!(desk.firing().await, 0);
}

#[test]
fn a_server_is_told_its_secrets_by_files_of_their_own() {
    let home = Home::new();
    let secret = home.file("pagerduty.secret", SECRET);
    let config = home.file("config.toml", format!("[serve]\nlisten = \"127.0.0.1:0\"\n[serve.webhook_secrets]\npagerduty = {secret:?}\n"));
    let serve = ["--config", config.to_str().unwrap(), "serve"];
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o644)).unwrap();
    assert!(home.fails(2, &serve).contains("chmod 640"));
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(&secret, "short\n").unwrap();
    assert!(home.fails(2, &serve).contains("at least 16 characters"));
    let unknown = home.file("unknown.toml", "[serve.webhook_secrets]\nalertmanager = \"/x\"\n");
    assert!(home.fails(2, &["--config", unknown.to_str().unwrap(), "serve"]).contains("line 2"));

    std::fs::write(&secret, SECRET).unwrap();
    let server = crate::stage::Server::start_as(home, &serve);
    let token = server.token("alerts", "intake");
    let body = paged("01", "triggered", "2026-11-21T06:00:01Z");
    let post = |signature: String| {
        let address = format!("{}/v1/intake/pagerduty", server.address);
        let (token, body) = (token.clone(), body.clone());
        let ask = async move {
            let sent = reqwest::Client::new().post(address).bearer_auth(token).header("x-pagerduty-signature", signature).body(body);
            sent.send().await.unwrap().status().as_u16()
        };
        tokio::runtime::Runtime::new().unwrap().block_on(ask)
    };
    warroom::install_crypto();
    assert_eq!((post("v1=00".into()), post(format!("v1={}", sign(SECRET, &body)))), (401, 202));
    assert!(server.viewer().ok(&["list"]).contains("Withdrawals hang"));
}
