//! Alerts over HTTP: 100 000 active ones in groups of 50, sent for the first time, repeated unchanged, and half of them changing state.

use crate::calibration::ms;
use crate::calibration::percentile;
use crate::stage::postgres;
use std::ops::Range;
use std::time::Duration;
use std::time::Instant;
use warroom::domain::Scope;
use warroom::server;

const GROUPS: usize = 2000;
const SENDERS: usize = 16;

pub fn run() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    println!("SQLite");
    measure(&runtime, format!("sqlite:{}", folder.path().join("alerts.sqlite").display()));
    let Some(cluster) = postgres::shared() else { return };
    println!("PostgreSQL");
    measure(&runtime, cluster.database());
}

fn measure(runtime: &tokio::runtime::Runtime, database: String) {
    let token = crate::stage::token(&database, Scope::Intake);
    runtime.block_on(async {
        let running = server::start(crate::stage::config(&database)).await.expect("a server");
        for (name, rounds) in [("first", 0..1), ("repeated", 0..1), ("half changing", 1..3)] {
            let (alerts, began) = (GROUPS * 50 * rounds.len(), Instant::now());
            let mut samples = send(&running.url(), &token, rounds).await;
            let rate = alerts as f64 / began.elapsed().as_secs_f64();
            let (p50, p99) = (percentile(&mut samples, 0.5), percentile(&mut samples, 0.99));
            println!("{name:>13}: {rate:>6.0} alerts/s in bodies of 50, p50 {}, p99 {}", ms(p50), ms(p99));
        }
        running.shutdown().await;
        let began = Instant::now();
        let running = server::start(crate::stage::config(&database)).await.expect("a server");
        println!("started again on {} events in {}", GROUPS * 101, ms(began.elapsed()));
        running.shutdown().await;
    });
}

async fn send(url: &str, token: &str, rounds: Range<usize>) -> Vec<Duration> {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let senders = (0..SENDERS).map(|sender| {
        let (client, url, token, rounds) = (client.clone(), format!("{url}/v1/intake/alertmanager"), token.to_owned(), rounds.clone());
        tokio::spawn(async move {
            let mut samples = Vec::new();
            for round in rounds {
                for group in (sender..GROUPS).step_by(SENDERS) {
                    let (body, sent) = (body(group, round), Instant::now());
                    let answer = client.post(&url).bearer_auth(&token).body(body).send().await.expect("an answer");
                    assert_eq!(answer.status(), 202);
                    samples.push(sent.elapsed());
                }
            }
            samples
        })
    });
    let mut samples = Vec::new();
    for sender in senders.collect::<Vec<_>>() {
        samples.extend(sender.await.expect("a sender"));
    }
    samples
}

/// A group in a round: in odd rounds the first half is resolved, in even ones all fire.
fn body(group: usize, round: usize) -> String {
    let alert = |number: usize| {
        let (status, ends_at) = match number < 25 && round % 2 == 1 {
            true => ("resolved", "2026-11-21T07:00:00Z"),
            false => ("firing", "0001-01-01T00:00:00Z"),
        };
        let again = if number < 25 { round / 2 } else { 0 };
        format!(
            r#"{{"status":"{status}","labels":{{"alertname":"Lag{group}","instance":"node-{number}.example:9100","job":"validator","severity":"warning"}},
            "annotations":{{"summary":"node-{number} of group {group} is behind","description":"It has been behind for more than five minutes."}},
            "startsAt":"2026-11-21T06:00:00.{again:03}Z","endsAt":"{ends_at}","generatorURL":"http://p:9090/graph?g0.expr=up","fingerprint":"{group:08x}{number:08x}"}}"#
        )
    };
    let alerts: Vec<_> = (0..50).map(alert).collect();
    format!(
        r#"{{"version":"4","receiver":"warroom","status":"firing","groupKey":"{{}}:{{alertname=\"Lag{group}\"}}","truncatedAlerts":0,
        "groupLabels":{{"alertname":"Lag{group}"}},"commonLabels":{{"alertname":"Lag{group}","job":"validator"}},"commonAnnotations":{{}},
        "externalURL":"http://am","alerts":[{}]}}"#,
        alerts.join(",")
    )
}
