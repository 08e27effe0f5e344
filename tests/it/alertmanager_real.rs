//! The real Alertmanager of this machine against the real server: it fires, it resolves, and the incident stays with people.

use crate::replica_desk::Desk;
use crate::server::*;
use serde_json::Value;
use serde_json::json;
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use tokio::runtime::Runtime;
use warroom::domain::Scope;
use warroom::replica::Remote;

const PROGRAMS: [&str; 3] = ["/usr/bin/prometheus-alertmanager", "/usr/bin/alertmanager", "/usr/local/bin/alertmanager"];

struct Alertmanager {
    child: Child,
    url: String,
    http: reqwest::Client,
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Alertmanager {
    async fn start(program: &Path, folder: &Path, webhook: &str, token: &str) -> Self {
        let config = json!({
            "route": {"receiver": "warroom", "group_by": ["alertname"], "group_wait": "100ms", "group_interval": "300ms", "repeat_interval": "1h"},
            "receivers": [{"name": "warroom", "webhook_configs": [{"url": webhook, "send_resolved": true,
                "http_config": {"authorization": {"type": "Bearer", "credentials": token}}}]}]
        });
        // JSON is YAML enough.
        std::fs::write(folder.join("am.yml"), config.to_string()).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::fs::File::create(folder.join("am.log")).unwrap();
        let child = Command::new(program)
            .arg(format!("--config.file={}", folder.join("am.yml").display()))
            .arg(format!("--storage.path={}", folder.join("am").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--cluster.listen-address=")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let started = Self { child, url: format!("http://127.0.0.1:{port}"), http: reqwest::Client::new() };
        let ready = format!("{}/-/ready", started.url);
        eventually("Alertmanager is ready", async || started.http.get(&ready).send().await.is_ok_and(|answer| answer.status() == 200))
            .await;
        started
    }

    async fn post(&self, alerts: &[(&str, &str)], ended: bool) {
        let now = chrono::Utc::now();
        let begun = now - chrono::Duration::minutes(2);
        let ends = if ended { now - chrono::Duration::seconds(1) } else { now + chrono::Duration::hours(1) };
        let alerts: Vec<_> = alerts
            .iter()
            .map(|(name, instance)| {
                json!({"labels": {"alertname": name, "instance": instance, "severity": "critical", "job": "validator"},
                    "annotations": {"summary": format!("{instance} signs no blocks")}, "startsAt": begun.to_rfc3339(), "endsAt": ends.to_rfc3339()})
            })
            .collect();
        let answer = self.http.post(format!("{}/api/v2/alerts", self.url)).header("content-type", "application/json");
        let answer = answer.body(serde_json::to_string(&alerts).unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }
}

#[test]
fn a_real_alertmanager_fires_and_resolves() {
    let Some(program) = PROGRAMS.iter().map(Path::new).find(|program| program.exists()) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "prometheus-alertmanager is not installed, and CI needs it");
        println!("skipped: prometheus-alertmanager is not installed");
        return;
    };
    let runtime = Runtime::new().unwrap();
    let house = runtime.block_on(House::open());
    let desk = Desk::new();
    let mut replica = desk.open("ana");
    replica.exchange(Remote::new(&house.url(""), &house.token("ana", Scope::Commander)).unwrap()).unwrap();
    runtime.block_on(fire_and_resolve(&house, program));
    // What a commander sees: both incidents, live, with their alerts as they stand.
    let snapshot = desk.until(&replica, |now| {
        let firing: Vec<_> = now.board.iter().map(|incident| (incident.alerts.len(), incident.alerts_firing())).collect();
        firing == [(2, 0), (1, 1)]
    });
    let silent = snapshot.board.iter().next().unwrap();
    let lines: Vec<_> = silent.timeline.iter().map(|entry| entry.text.to_string()).collect();
    assert!(lines.iter().any(|line| line.contains("val-1 firing · val-1 signs no blocks")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("ValidatorSilent val-2 resolved")), "{lines:?}");
}

async fn fire_and_resolve(house: &House, program: &Path) {
    let (intake, ana) = (house.token("alertmanager", Scope::Intake), house.token("ana", Scope::Commander));
    let real = Alertmanager::start(program, house.folder.path(), &house.url("/v1/intake/alertmanager"), &intake).await;
    let firing = async |code: &str| -> Option<u64> {
        let incident: Value = house.get(&ana, &format!("/v1/incidents/{code}")).send().await.unwrap().json().await.unwrap();
        incident["alerts_firing"].as_u64()
    };

    real.post(&[("ValidatorSilent", "val-1"), ("ValidatorSilent", "val-2")], false).await;
    eventually("both alerts fire in one incident", async || firing("INC-1").await == Some(2)).await;
    let incident: Value = house.get(&ana, "/v1/incidents/INC-1").send().await.unwrap().json().await.unwrap();
    assert_eq!((incident["severity"].as_u64(), incident["services"][0].as_str()), (Some(1), Some("validator")), "{incident}");
    assert!(incident["title"].as_str().unwrap().starts_with("ValidatorSilent"), "{incident}");

    real.post(&[("ValidatorSilent", "val-1")], true).await;
    eventually("one of them is resolved while the other fires", async || firing("INC-1").await == Some(1)).await;
    real.post(&[("DoubleSign", "val-3")], false).await;
    eventually("another group is another incident", async || firing("INC-2").await == Some(1)).await;
    real.post(&[("ValidatorSilent", "val-2")], true).await;
    eventually("the last of the group is resolved", async || firing("INC-1").await == Some(0)).await;
    let incident: Value = house.get(&ana, "/v1/incidents/INC-1").send().await.unwrap().json().await.unwrap();
    assert_eq!(incident["status"], "triage", "a machine never closes an incident");

    let log = house.log(&ana).await;
    let kinds: Vec<_> =
        log.iter().map(|(_, event)| serde_json::from_str::<Value>(event).unwrap()["kind"].as_str().unwrap().to_owned()).collect();
    let count = |kind: &str| kinds.iter().filter(|other| *other == kind).count();
    assert_eq!((count("incident.declared"), count("alert.fired"), count("alert.resolved"), kinds.len()), (2, 3, 2, 7), "{kinds:?}");
}
