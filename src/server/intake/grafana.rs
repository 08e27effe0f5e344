//! What Grafana's alerting (9 and later) sends to a webhook contact point: the shape of Alertmanager, with words of its own beside it.

use crate::server::intake::Report;
use crate::server::intake::alertmanager;

pub(super) const NAME: &str = "grafana";

/// Reads a body. The second part says why it, or one of its alerts, cannot be read; the rest is taken all the same.
pub(super) fn read(body: &[u8]) -> (Vec<Report>, Option<String>) {
    alertmanager::read_groups_of(NAME, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Severity;

    const BODY: &str = r#"{"receiver":"warroom","status":"firing","orgId":1,"version":"1","groupKey":"{}:{alertname=\"Lag\"}","truncatedAlerts":2,
        "groupLabels":{"alertname":"Lag"},"commonLabels":{"alertname":"Lag","grafana_folder":"chain"},"commonAnnotations":{"summary":"Blocks come late"},
        "externalURL":"https://grafana.example/","title":"[FIRING:1] Lag","state":"alerting","message":"**Firing**",
        "alerts":[{"status":"firing","labels":{"alertname":"Lag","grafana_folder":"chain","severity":"high","service":"validator"},
        "annotations":{"summary":"Blocks come late"},"startsAt":"2026-11-21T09:51:03.157076+02:00","endsAt":"0001-01-01T00:00:00Z",
        "generatorURL":"https://grafana.example/alerting/1/edit","fingerprint":"c6eadffa33fcdf37","silenceURL":"","dashboardURL":"","panelURL":"",
        "values":{"B":44.2,"C":1},"valueString":"[ var='B' ]"}]}"#;

    #[test]
    fn a_group_of_grafana_is_read_with_its_own_name() {
        let (reports, unreadable) = read(BODY.as_bytes());
        assert_eq!((reports.len(), unreadable), (1, None));
        let report = &reports[0];
        assert_eq!((report.source.integration.as_str(), report.title.as_str()), (NAME, "Lag: Blocks come late"));
        assert!(report.summary.contains("2 more alerts were left out"), "{}", report.summary);
        let alert = &report.alerts[0];
        assert_eq!((alert.key.as_str(), alert.firing, alert.severity), ("c6eadffa33fcdf37", true, Severity::new(2)));
        assert_eq!(alert.starts_at.unwrap().to_string(), "2026-11-21T07:51:03.157Z");
        assert!(read(b"{}").1.unwrap().starts_with("not a body of grafana"));
    }
}
