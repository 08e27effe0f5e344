//! What PagerDuty sends by its webhooks of version 3: one event a body. Events about an incident tell how it stands; those about notes,
//! responders and services say nothing of an alert, and are taken without a trace.

use crate::domain::Source;
use crate::server::intake::Observed;
use crate::server::intake::Report;
use crate::server::intake::severity;
use crate::server::intake::words;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) const NAME: &str = "pagerduty";

#[derive(Deserialize)]
struct Body {
    event: Event,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    event_type: String,
    occurred_at: Option<String>,
    agent: Option<Named>,
    data: Value,
}

#[derive(Deserialize)]
struct Incident {
    id: String,
    status: String,
    #[serde(default)]
    title: String,
    number: Option<u64>,
    created_at: Option<String>,
    #[serde(default)]
    html_url: String,
    service: Option<Named>,
    priority: Option<Named>,
    urgency: Option<String>,
    #[serde(default)]
    assignees: Vec<Named>,
}

/// What PagerDuty calls a reference: the words people know it by.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    summary: Option<String>,
}

/// Reads a body. The second part says why it cannot be read; the third is the event's id, by which it is known when it comes again.
pub(super) fn read(body: &[u8]) -> (Vec<Report>, Option<String>, Option<String>) {
    let event = match serde_json::from_slice::<Body>(body) {
        Ok(body) => body.event,
        Err(why) => return (Vec::new(), Some(format!("not a body of {NAME}: {why}")), None),
    };
    let id = Some(event.id.clone());
    if event.data["type"] != "incident" {
        return (Vec::new(), None, id);
    }
    match report(event) {
        Ok(report) => (vec![report], None, id),
        Err(why) => (Vec::new(), Some(why), id),
    }
}

fn report(event: Event) -> Result<Report, String> {
    let incident: Incident = serde_json::from_value(event.data).map_err(|why| format!("the incident of {}: {why}", event.event_type))?;
    let firing = match incident.status.as_str() {
        "triggered" | "acknowledged" => true,
        "resolved" => false,
        other => return Err(format!("status `{other}` is neither `triggered`, `acknowledged` nor `resolved`")),
    };
    let said_at = words::time(event.occurred_at.as_deref());
    let summary_of = |named: Option<Named>| named.and_then(|named| named.summary).filter(|words| !words.trim().is_empty());
    let priority = summary_of(incident.priority);
    let assigned: Vec<String> = incident.assignees.into_iter().filter_map(|named| named.summary).collect();
    let labels = [
        ("service", summary_of(incident.service)),
        ("priority", priority.clone()),
        ("urgency", incident.urgency.clone()),
        ("status", Some(incident.status)),
        ("assigned", Some(assigned.join(", ")).filter(|names| !names.is_empty())),
    ];
    let labels: BTreeMap<String, String> = labels.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let words_of_it = if incident.title.trim().is_empty() { format!("PagerDuty incident {}", incident.id) } else { incident.title };
    let title = words::title(&words_of_it);
    let told = [
        incident.number.map(|number| format!("PagerDuty incident {number}")),
        summary_of(event.agent).map(|agent| format!("{} by {agent}", event.event_type)),
        Some(incident.html_url.clone()).filter(|url| !url.is_empty()).map(|url| format!("From {url}")),
    ];
    let said = priority.as_deref().and_then(severity::of_word).or_else(|| severity::of_word(incident.urgency.as_deref()?));
    let alert = Observed {
        key: incident.id.clone(),
        title: title.clone(),
        summary: String::new(),
        firing,
        severity: said,
        starts_at: words::time(incident.created_at.as_deref()),
        ends_at: said_at.filter(|_| !firing),
        said_at,
        url: incident.html_url,
        labels,
    };
    Ok(Report {
        source: Source { integration: NAME.to_owned(), group: incident.id },
        title,
        summary: words::paragraph(&told.into_iter().flatten().collect::<Vec<_>>().join("\n")),
        services: words::services([&alert.labels].into_iter()),
        alerts: vec![alert],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Severity;

    fn body(status: &str, priority: &str) -> String {
        format!(
            r#"{{"event":{{"id":"01E","event_type":"incident.{status}","resource_type":"incident","occurred_at":"2026-11-21T06:45:22.169Z",
            "agent":{{"id":"PLH1HKV","summary":"Ana","type":"user_reference"}},"client":{{"name":"PagerDuty"}},
            "data":{{"id":"PGR0VU2","type":"incident","html_url":"https://acme.example/incidents/PGR0VU2","number":2,"status":"{status}",
            "created_at":"2026-11-21T06:16:27Z","title":"Withdrawals hang","service":{{"summary":"withdrawals"}},"assignees":[{{"summary":"Bo"}}],
            "priority":{priority},"urgency":"high","resolve_reason":null}}}}}}"#
        )
    }

    #[test]
    fn an_incident_stands_as_its_status_says() {
        let (reports, unreadable, id) = read(body("triggered", r#"{"summary":"P1"}"#).as_bytes());
        assert_eq!((unreadable, id.as_deref()), (None, Some("01E")));
        let (report, alert) = (&reports[0], &reports[0].alerts[0]);
        assert_eq!(
            (report.title.as_str(), report.source.group.as_str(), &*report.services),
            ("Withdrawals hang", "PGR0VU2", &["withdrawals".to_owned()][..])
        );
        assert_eq!((alert.firing, alert.severity, alert.ends_at), (true, Severity::new(1), None));
        assert_eq!((alert.labels["assigned"].as_str(), alert.labels["status"].as_str()), ("Bo", "triggered"));
        assert!(report.summary.contains("incident.triggered by Ana") && report.summary.contains("acme.example"), "{}", report.summary);
        let (reports, ..) = read(body("resolved", "null").as_bytes());
        let alert = &reports[0].alerts[0];
        assert_eq!((alert.firing, alert.severity), (false, Severity::new(2)), "without a priority its urgency says");
        assert_eq!(alert.ends_at.unwrap().to_string(), "2026-11-21T06:45:22.169Z");
    }

    #[test]
    fn what_says_nothing_of_an_alert_is_no_alert() {
        let note = r#"{"event":{"id":"02","event_type":"incident.annotated","data":{"type":"incident_note","content":"hello"}}}"#;
        assert_eq!(read(note.as_bytes()), (Vec::new(), None, Some("02".into())));
        for unreadable in ["", "[]", "{}", r#"{"event":{"id":"03"}}"#, &body("on fire", "null")] {
            let (reports, why, _) = read(unreadable.as_bytes());
            assert!(reports.is_empty() && why.is_some(), "{unreadable}");
        }
    }
}
