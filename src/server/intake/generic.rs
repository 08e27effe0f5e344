//! For everything else: `{"alerts": [{"key", "title", "status", "severity"?, "summary"?, "labels"?, "starts_at"?}]}`. An alert may name
//! its `group`; without one it is a group of its own.

use crate::domain::Severity;
use crate::domain::Source;
use crate::server::intake::Observed;
use crate::server::intake::Report;
use crate::server::intake::severity;
use crate::server::intake::words;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) const NAME: &str = "generic";

#[derive(Deserialize)]
struct Body {
    alerts: Vec<Value>,
}

#[derive(Deserialize)]
struct Alert {
    key: String,
    title: String,
    status: String,
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    severity: Option<Value>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    starts_at: Option<String>,
    #[serde(default)]
    ends_at: Option<String>,
    #[serde(default)]
    url: String,
}

/// Reads a body. The second part says why it, or one of its alerts, cannot be read; the rest is taken all the same.
pub(super) fn read(body: &[u8]) -> (Vec<Report>, Option<String>) {
    let body: Body = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(why) => return (Vec::new(), Some(format!("expected {{\"alerts\": [ALERT, …]}}: {why}"))),
    };
    let (mut reports, mut unreadable): (Vec<Report>, _) = (Vec::new(), None);
    for (alert, place) in body.alerts.into_iter().zip(1..) {
        match serde_json::from_value::<Alert>(alert).map_err(|why| why.to_string()).and_then(observe) {
            Ok((group, observed)) => match reports.iter_mut().find(|report| report.source.group == group) {
                Some(report) => {
                    let services = words::services([&observed.labels].into_iter());
                    report.services.extend(services.into_iter().filter(|name| !report.services.contains(name)).collect::<Vec<_>>());
                    report.alerts.push(observed);
                }
                None => reports.push(Report {
                    source: Source { integration: NAME.to_owned(), group },
                    title: observed.title.clone(),
                    summary: observed.summary.clone(),
                    services: words::services([&observed.labels].into_iter()),
                    alerts: vec![observed],
                }),
            },
            Err(why) => unreadable = unreadable.or(Some(format!("alert {place}: {why}"))),
        }
    }
    (reports, unreadable)
}

fn observe(alert: Alert) -> Result<(String, Observed), String> {
    let firing = match alert.status.as_str() {
        "firing" => true,
        "resolved" => false,
        other => return Err(format!("status `{other}` is neither `firing` nor `resolved`")),
    };
    if alert.key.trim().is_empty() || alert.title.trim().is_empty() {
        return Err("an alert needs a key and a title".into());
    }
    let said = match &alert.severity {
        Some(Value::Number(level)) => level.as_u64().and_then(|level| Severity::new(u8::try_from(level).ok()?)),
        Some(Value::String(word)) => severity::of_word(word),
        _ => None,
    };
    let observed = Observed {
        title: words::title(&alert.title),
        summary: words::paragraph(&alert.summary),
        firing,
        severity: said.or_else(|| severity::of_labels(&alert.labels)),
        labels: alert.labels,
        starts_at: words::time(alert.starts_at.as_deref()),
        ends_at: words::time(alert.ends_at.as_deref()),
        said_at: None,
        url: alert.url,
        key: alert.key,
    };
    Ok((alert.group.unwrap_or_else(|| observed.key.clone()), observed))
}
