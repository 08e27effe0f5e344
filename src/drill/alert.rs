//! An alert of a drill, as the body that an Alertmanager would send.

use std::collections::BTreeMap;

use serde_json::json;

use crate::domain::Timestamp;

/// An alert that fires, changes or resolves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlertStep {
    /// Its name, which with the group is what tells it from others.
    pub key: String,
    /// What it says.
    pub title: String,
    /// More.
    pub summary: String,
    /// Whether it fires; else it resolves.
    pub firing: bool,
    /// `critical`, `warning`, `info`, or what else the sender's rules say.
    pub severity: String,
    /// Alerts of one group belong to one incident.
    pub group: String,
    /// Further labels.
    pub labels: BTreeMap<String, String>,
}

impl AlertStep {
    /// The group's key, as Alertmanager writes it.
    pub fn group_key(&self) -> String {
        format!("{{}}:{{group=\"{}\"}}", self.group)
    }

    /// The body of a webhook call (version 4 of Alertmanager's format). `since` is when it began to fire, `at` is now.
    pub fn alertmanager_body(&self, since: Timestamp, at: Timestamp) -> String {
        let status = if self.firing { "firing" } else { "resolved" };
        let ends_at = if self.firing { "0001-01-01T00:00:00Z".to_owned() } else { at.to_string() };
        let mut labels = self.labels.clone();
        for (name, value) in [("alertname", &self.key), ("severity", &self.severity), ("group", &self.group)] {
            labels.insert(name.to_owned(), value.clone());
        }
        labels.insert("drill".to_owned(), "true".to_owned());
        let annotations = json!({ "summary": self.title, "description": self.summary });
        let alert = json!({
            "status": status,
            "labels": labels,
            "annotations": annotations,
            "startsAt": since.to_string(),
            "endsAt": ends_at,
            "generatorURL": "",
            "fingerprint": self.fingerprint(),
        });
        json!({
            "version": "4",
            "groupKey": self.group_key(),
            "truncatedAlerts": 0,
            "status": status,
            "receiver": "warroom",
            "groupLabels": { "group": self.group },
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": "",
            "alerts": [alert],
        })
        .to_string()
    }

    /// Sixteen hexadecimal digits that stay the same for the same alert of the same group (FNV-1a).
    fn fingerprint(&self) -> String {
        let words = format!("{}\u{0}{}", self.group, self.key);
        let hash = words.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_keeps_its_fingerprint_from_firing_to_resolved() {
        let mut alert = AlertStep {
            key: "HotWalletOutflow".into(),
            title: "Hot wallet pays out fast".into(),
            summary: String::new(),
            firing: true,
            severity: "critical".into(),
            group: "hot-wallet".into(),
            labels: BTreeMap::from([("chain".into(), "eth".into())]),
        };
        let (since, at) = (Timestamp::from_millis(0), Timestamp::from_millis(60_000));
        let read = |alert: &AlertStep| serde_json::from_str::<serde_json::Value>(&alert.alertmanager_body(since, at)).unwrap();
        let fired = read(&alert);
        alert.firing = false;
        let resolved = read(&alert);
        assert_eq!(fired["alerts"][0]["fingerprint"], resolved["alerts"][0]["fingerprint"]);
        assert_eq!((&fired["status"], &resolved["alerts"][0]["endsAt"]), (&json!("firing"), &json!("1970-01-01T00:01:00.000Z")));
        assert_eq!(fired["alerts"][0]["labels"]["drill"], "true");
        assert_eq!(fired["groupKey"], "{}:{group=\"hot-wallet\"}");
    }
}
