use std::time::Duration;
use std::time::Instant;
use warroom::domain::Scope;
use warroom::server;

const GROUPS: usize = 2000;

fn body(group: usize, round: usize) -> String {
    let alerts: Vec<_> = (0..50)
        .map(|n| {
            let resolved = round > 0 && (n < 25) && round % 2 == 1;
            format!(
                r#"{{"status":"{}","labels":{{"alertname":"Load{group}","instance":"node-{n}.example:9100","job":"validator","severity":"warning"}},"annotations":{{"summary":"node-{n} of group {group} is behind","description":"it has been behind for more than five minutes"}},"startsAt":"2026-11-21T06:00:00.{:03}Z","endsAt":"{}","generatorURL":"http://p:9090/graph?g0.expr=up","fingerprint":"{group:08x}{n:08x}"}}"#,
                if resolved { "resolved" } else { "firing" },
                if n < 25 { round / 2 % 1000 } else { 0 },
                if resolved { "2026-11-21T07:00:00Z" } else { "0001-01-01T00:00:00Z" },
            )
        })
        .collect();
    format!(
        r#"{{"receiver":"w","status":"firing","alerts":[{}],"groupLabels":{{"alertname":"Load{group}"}},"commonLabels":{{"alertname":"Load{group}","job":"validator"}},"commonAnnotations":{{}},"externalURL":"http://am","version":"4","groupKey":"{{}}:{{alertname=\"Load{group}\"}}","truncatedAlerts":0}}"#,
        alerts.join(",")
    )
}

pub fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("log.db").display());
    let new = server::NewToken { name: "bench".into(), scope: Scope::Intake, person: None, expires_at: None };
    let token = server::create_token(&database, new).unwrap();
    runtime.block_on(async {
        let running = server::start(server::Config::new("127.0.0.1:0", database.clone())).await.unwrap();
        for (name, rounds) in [("first", 0..1), ("repeat", 0..1), ("half change", 1..3)] {
            let began = Instant::now();
            let mut samples = drive(&running.url(), &token, rounds.clone()).await;
            let alerts = GROUPS * 50 * rounds.len();
            samples.sort();
            println!(
                "{name}: {:.0} alerts/s, p50 {:?} p99 {:?}",
                alerts as f64 / began.elapsed().as_secs_f64(),
                samples[samples.len() / 2],
                samples[samples.len() * 99 / 100]
            );
        }
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        println!("{}", status.lines().find(|l| l.starts_with("VmRSS")).unwrap());
        let began = Instant::now();
        running.shutdown().await;
        println!("shutdown {:?}", began.elapsed());
        let began = Instant::now();
        let running = server::start(server::Config::new("127.0.0.1:0", database.clone())).await.unwrap();
        println!("start again with 200k events {:?}", began.elapsed());
        running.shutdown().await;
    });
}

async fn drive(url: &str, token: &str, rounds: std::ops::Range<usize>) -> Vec<Duration> {
    let client = reqwest::Client::new();
    let tasks: Vec<_> = (0..16_usize)
        .map(|worker| {
            let (client, url, token, rounds) = (client.clone(), format!("{url}/v1/intake/alertmanager"), token.to_owned(), rounds.clone());
            tokio::spawn(async move {
                let mut samples = Vec::new();
                for round in rounds {
                    for group in (worker..GROUPS).step_by(16) {
                        let body = body(group, round);
                        let sent = Instant::now();
                        let answer = client.post(&url).bearer_auth(&token).body(body).send().await.unwrap();
                        assert_eq!(answer.status(), 202);
                        samples.push(sent.elapsed());
                    }
                }
                samples
            })
        })
        .collect();
    let mut samples = Vec::new();
    for task in tasks {
        samples.extend(task.await.unwrap());
    }
    samples
}
