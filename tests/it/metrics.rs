//! What `/metrics` says of a real server that did something, read as strictly as Prometheus writes its text format down.

use crate::server::House;
use crate::server::declaration;
use crate::server::entry;
use futures_util::StreamExt;
use std::collections::BTreeMap;
use warroom::domain::IncidentId;
use warroom::domain::Scope;

/// Every sample by its name and labels.
type Samples = BTreeMap<String, f64>;

/// Reads the text format: each family once, `HELP` and `TYPE` before its samples, no sample twice, names by convention, whole histograms.
fn check_and_read(text: &str) -> Samples {
    assert!(text.ends_with('\n') && !text.contains("\n\n"), "{text}");
    let (mut samples, mut families) = (Samples::new(), BTreeMap::<String, String>::new());
    let (mut described, mut current) = (None, String::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, meaning) = help.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(!meaning.is_empty(), "{line}");
            described = Some(name.to_owned());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert_eq!(described.take().as_deref(), Some(name), "HELP stands right before TYPE");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}: counters and only they end in _total");
            assert!(!["_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end)), "{line}");
            for unit in ["micros", "millis", "_ms", "minutes", "_kb", "_mb", "kib"] {
                assert!(!name.contains(unit), "{name}: base units are seconds and bytes");
            }
            assert!(families.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} stands there twice");
            current = name.to_owned();
        } else {
            let (key, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
            assert!(value.is_finite() && value >= 0.0, "{line}");
            let (name, labels) = key.split_once('{').map_or((key, None), |(name, labels)| (name, Some(labels)));
            assert!(name.starts_with("warroom_") && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
            if let Some(labels) = labels {
                let (label, value) =
                    labels.strip_suffix("\"}").and_then(|labels| labels.split_once("=\"")).unwrap_or_else(|| panic!("{line}"));
                assert!(label.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
                assert!(!value.is_empty() && !value.contains(['"', '\\']), "{line}");
            }
            let ending = name.strip_prefix(current.as_str()).unwrap_or_else(|| panic!("{line} stands under {current}"));
            match families[&current].as_str() {
                "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&ending), "{line}"),
                _ => assert_eq!(ending, "", "{line} stands under {current}"),
            }
            assert!(samples.insert(key.to_owned(), value).is_none(), "{key} stands there twice");
        }
    }
    for (name, _) in families.iter().filter(|(_, kind)| *kind == "histogram") {
        let prefix = format!("{name}_bucket{{le=\"");
        let bound = |key: &str| key.strip_prefix(&prefix)?.strip_suffix("\"}")?.parse::<f64>().ok();
        let mut buckets: Vec<_> = samples.iter().filter_map(|(key, count)| Some((bound(key)?, *count))).collect();
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        assert!(buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{name}: buckets are cumulative: {buckets:?}");
        assert_eq!(buckets.last().copied(), Some((f64::INFINITY, samples[&format!("{name}_count")])), "{name}");
    }
    samples
}

async fn read(house: &House) -> Samples {
    let response = house.http.get(house.url("/metrics")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4");
    check_and_read(&response.text().await.unwrap())
}

#[tokio::test]
async fn metrics_tell_what_a_server_did() {
    let house = House::open().await;
    let (ana, eve) = (house.token("ana", Scope::Responder), house.token("eve", Scope::Viewer));
    let fresh = read(&house).await;
    let of = |samples: &Samples, key: &str| *samples.get(key).unwrap_or_else(|| panic!("no {key} in {samples:#?}"));
    assert_eq!((of(&fresh, "warroom_log_seq"), of(&fresh, "warroom_ready"), of(&fresh, "warroom_streams")), (0.0, 1.0, 0.0));
    assert_eq!(of(&fresh, "warroom_log_last_error_timestamp_seconds"), 0.0);

    let (incident, declared) = declaration("ana", "Counted");
    house.push(&ana, &[declared.clone(), entry("ana", incident, "one"), entry("ana", incident, "two")]).await;
    house.push(&ana, &[declared]).await;
    // An incident that nobody declared is a rule's to refuse, a viewer's push the gate's, a missing token too.
    let nowhere = IncidentId(uuid::Uuid::now_v7());
    let refused = house.push(&ana, &[entry("ana", nowhere, "to nobody")]).await;
    let code = refused.outcomes[0].code.clone().expect("refused");
    assert_eq!(house.post(&eve, "/v1/events", "{}").send().await.unwrap().status(), 403);
    assert_eq!(house.http.get(house.url("/v1/me")).send().await.unwrap().status(), 401);
    let intake = house.token("prometheus", Scope::Intake);
    let alert = r#"{"alerts":[{"key":"a","title":"Disk","status":"firing"},{"key":"b","title":"Disk","status":"firing"}]}"#;
    assert_eq!(house.post(&intake, "/v1/intake/generic", alert).send().await.unwrap().status(), 202);
    assert_eq!(house.post(&intake, "/v1/intake/alertmanager", "neither this").send().await.unwrap().status(), 202);
    let mut stream = house.get(&ana, "/v1/stream?after=0").send().await.unwrap().bytes_stream();
    stream.next().await.expect("the first records").unwrap();

    let seen = read(&house).await;
    let seq = of(&seen, "warroom_log_seq");
    assert!(seq >= 5.0, "{seq}");
    assert_eq!(of(&seen, "warroom_events_accepted_total"), seq);
    assert_eq!(of(&seen, "warroom_events_duplicate_total"), 1.0);
    assert_eq!(of(&seen, &format!("warroom_events_refused_total{{code=\"{code}\"}}")), 1.0);
    assert_eq!(of(&seen, "warroom_http_problems_total{code=\"scope\"}"), 1.0);
    assert_eq!(of(&seen, "warroom_http_problems_total{code=\"token_missing\"}"), 1.0);
    assert_eq!(of(&seen, "warroom_alerts_total{source=\"generic\"}"), 2.0);
    assert_eq!(of(&seen, "warroom_alert_bodies_unreadable_total{source=\"alertmanager\"}"), 1.0);
    // Five writes were answered: each from its place in the queue on, within a commit that took no longer.
    assert_eq!(of(&seen, "warroom_append_duration_seconds_count"), 5.0);
    assert!(of(&seen, "warroom_append_duration_seconds_sum") >= of(&seen, "warroom_commit_duration_seconds_sum"));
    assert_eq!(of(&seen, "warroom_commit_events_sum"), seq);
    assert!(of(&seen, "warroom_commit_events_bucket{le=\"5\"}") > of(&seen, "warroom_commit_events_bucket{le=\"2\"}"), "one of three");
    assert_eq!((of(&seen, "warroom_streams"), of(&seen, "warroom_queue_length")), (1.0, 0.0));
    assert!(of(&seen, "warroom_database_size_bytes") > of(&fresh, "warroom_log_seq"));
    let (free, disk) = (of(&seen, "warroom_disk_available_bytes"), of(&seen, "warroom_disk_size_bytes"));
    assert!(0.0 < free && free <= disk, "{free} of {disk}");
}

#[tokio::test]
async fn metrics_tell_how_far_the_slowest_stream_is_behind() {
    let house = House::open_with(|config| config.limits.stall_timeout = std::time::Duration::from_secs(60)).await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Slow");
    house.push(&ana, &[declared]).await;
    let slow = house.get(&ana, "/v1/stream?after=0").send().await.unwrap();
    // Far more than sockets and channels can hold back for one who takes nothing.
    let text = "x".repeat(100_000);
    for _ in 0..20 {
        let entries: Vec<_> = (0..10).map(|_| entry("ana", incident, &text)).collect();
        house.push(&ana, &entries).await;
    }
    let behind = read(&house).await["warroom_stream_lag_records"];
    assert!(behind > 0.0 && behind <= 201.0, "{behind}");
    drop(slow);
    for _ in 0..400 {
        let seen = read(&house).await;
        if seen["warroom_streams"] == 0.0 {
            assert_eq!(seen["warroom_stream_lag_records"], 0.0);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the stream is counted although its reader is gone");
}
