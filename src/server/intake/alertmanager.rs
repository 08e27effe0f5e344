//! What Prometheus Alertmanager (0.25 and later) sends to a webhook: version 4, one body a group, each alert with a status of its own.

use crate::domain::Source;
use crate::server::intake::Observed;
use crate::server::intake::Report;
use crate::server::intake::severity;
use crate::server::intake::words;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) const NAME: &str = "alertmanager";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    group_key: String,
    #[serde(default)]
    group_labels: BTreeMap<String, String>,
    #[serde(default)]
    common_labels: BTreeMap<String, String>,
    #[serde(default)]
    common_annotations: BTreeMap<String, String>,
    #[serde(default, rename = "externalURL")]
    external_url: String,
    #[serde(default)]
    truncated_alerts: u64,
    alerts: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
    fingerprint: String,
}

/// Reads a body. The second part says why it, or one of its alerts, cannot be read; the rest is taken all the same.
pub(super) fn read(body: &[u8]) -> (Vec<Report>, Option<String>) {
    read_groups_of(NAME, body)
}

/// The same for another source that speaks as Alertmanager does.
pub(super) fn read_groups_of(integration: &str, body: &[u8]) -> (Vec<Report>, Option<String>) {
    let group: Group = match serde_json::from_slice(body) {
        Ok(group) => group,
        Err(why) => return (Vec::new(), Some(format!("not a body of {integration}: {why}"))),
    };
    let (mut alerts, mut unreadable) = (Vec::with_capacity(group.alerts.len()), None);
    for (alert, place) in group.alerts.into_iter().zip(1..) {
        match serde_json::from_value::<Alert>(alert).map_err(|why| why.to_string()).and_then(observe) {
            Ok(observed) => alerts.push(observed),
            Err(why) => unreadable = unreadable.or(Some(format!("alert {place}: {why}"))),
        }
    }
    let name = group.common_labels.get("alertname").or(group.group_labels.get("alertname")).map_or("Alerts", String::as_str);
    let summary = group.common_annotations.get("summary").or(group.common_annotations.get("description"));
    let told = if group.group_labels.is_empty() { &group.common_labels } else { &group.group_labels };
    let described = group.common_annotations.get("description").filter(|words| Some(*words) != summary);
    let each = alerts.iter().map(|alert| &alert.summary).filter(|words| !words.is_empty() && Some(*words) != summary);
    let mut said: Vec<_> = described.into_iter().chain(each.take(5)).cloned().collect();
    said.extend((group.truncated_alerts > 0).then(|| format!("{} more alerts were left out by {integration}", group.truncated_alerts)));
    said.extend((!group.external_url.is_empty()).then(|| format!("From {}", group.external_url)));
    let report = Report {
        source: Source { integration: integration.to_owned(), group: group.group_key },
        title: words::group_title(name, summary.map(String::as_str), told),
        summary: words::paragraph(&said.join("\n")),
        services: words::services([&group.common_labels].into_iter().chain(alerts.iter().map(|alert| &alert.labels))),
        alerts,
    };
    (vec![report], unreadable)
}

fn observe(alert: Alert) -> Result<Observed, String> {
    let firing = match alert.status.as_str() {
        "firing" => true,
        "resolved" => false,
        other => return Err(format!("status `{other}` is neither `firing` nor `resolved`")),
    };
    let name = alert.labels.get("alertname").map_or("Alert", String::as_str);
    let instance = alert.labels.get("instance").map(|instance| format!(" {instance}")).unwrap_or_default();
    let said = ["summary", "description", "message"].iter().find_map(|name| alert.annotations.get(*name));
    Ok(Observed {
        key: alert.fingerprint,
        title: words::title(&format!("{name}{instance}")),
        summary: words::paragraph(said.map_or("", String::as_str)),
        firing,
        severity: severity::of_labels(&alert.labels),
        labels: alert.labels,
        starts_at: words::time(alert.starts_at.as_deref()),
        ends_at: words::time(alert.ends_at.as_deref()),
        said_at: None,
        url: alert.generator_url,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Severity;

    const BODY: &str = r#"{"version":"4","status":"firing","receiver":"warroom","groupKey":"{}:{alertname=\"HotWalletLow\"}","truncatedAlerts":0,
        "groupLabels":{"alertname":"HotWalletLow"},"commonLabels":{"alertname":"HotWalletLow","service":"custody"},"commonAnnotations":{},
        "externalURL":"http://alerts.example:9093","alerts":[
        {"status":"resolved","labels":{"alertname":"HotWalletLow","service":"custody","asset":"BTC","severity":"critical"},
         "annotations":{"summary":"BTC below floor"},"startsAt":"2026-11-21T06:00:00Z","endsAt":"2026-11-21T06:05:00.5Z","generatorURL":"","fingerprint":"aa01"},
        {"status":"firing","labels":{"alertname":"HotWalletLow","service":"custody","asset":"ETH","severity":"warning"},
         "annotations":{"summary":"ETH below floor"},"startsAt":"2026-11-21T06:01:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://p/g","fingerprint":"aa02"}]}"#;

    #[test]
    fn each_alert_has_its_own_status() {
        let (reports, unreadable) = read(BODY.as_bytes());
        assert_eq!(unreadable, None);
        let report = &reports[0];
        assert_eq!(report.title, "HotWalletLow");
        assert_eq!(report.services, ["custody"]);
        assert_eq!(
            report.alerts.iter().map(|alert| (alert.key.as_str(), alert.firing)).collect::<Vec<_>>(),
            [("aa01", false), ("aa02", true)]
        );
        assert_eq!(report.alerts[0].severity, Severity::new(1));
        assert_eq!(report.alerts[0].ends_at.unwrap().to_string(), "2026-11-21T06:05:00.500Z");
        assert!(report.summary.contains("ETH below floor") && report.summary.contains("alerts.example"));
    }

    #[test]
    fn one_bad_alert_leaves_the_others() {
        let (reports, unreadable) = read(BODY.replacen("\"resolved\"", "\"on fire\"", 1).as_bytes());
        assert_eq!(reports[0].alerts.len(), 1);
        assert!(unreadable.unwrap().contains("alert 1: status `on fire`"));
        for body in ["", "[]", "{}", "not json", "{\"groupKey\":1}"] {
            let (reports, unreadable) = read(body.as_bytes());
            assert!(reports.is_empty() && unreadable.is_some(), "{body}");
        }
    }
}
