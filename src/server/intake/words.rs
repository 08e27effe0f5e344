//! What people read: titles and services out of labels, brought into the lengths an event may have.

use crate::domain::Timestamp;
use std::collections::BTreeMap;

const TITLE_MAX_CHARS: usize = 200;
const TEXT_MAX_CHARS: usize = 4000;
const NAME_MAX_CHARS: usize = 100;
const SERVICES_MAX: usize = 20;
/// Labels that name what is affected, the first that is there counts.
const SERVICE_LABELS: &[&str] = &["service", "app", "job"];
/// Labels that say nothing about where it is.
const PLAIN_LABELS: &[&str] = &["alertname", "severity", "priority", "level"];

/// One line of at most so many characters.
pub(super) fn line(text: &str, max_chars: usize) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(max_chars) {
        Some((cut, _)) => format!("{}…", &one_line[..cut]),
        None => one_line,
    }
}

pub(super) fn title(text: &str) -> String {
    line(text, TITLE_MAX_CHARS)
}

pub(super) fn paragraph(text: &str) -> String {
    text.trim().chars().take(TEXT_MAX_CHARS).collect()
}

/// "InstanceDown: Instance db-1 down", or "InstanceDown (job validator)" where nobody wrote a summary.
pub(super) fn group_title(name: &str, summary: Option<&str>, labels: &BTreeMap<String, String>) -> String {
    match summary.map(str::trim).filter(|summary| !summary.is_empty()) {
        Some(summary) if summary.to_lowercase().contains(&name.to_lowercase()) => title(summary),
        Some(summary) => title(&format!("{name}: {summary}")),
        None => {
            let told: Vec<_> = labels.iter().filter(|(label, _)| !PLAIN_LABELS.contains(&label.as_str())).collect();
            let told: Vec<_> = told.iter().take(4).map(|(label, value)| format!("{label} {value}")).collect();
            if told.is_empty() { title(name) } else { title(&format!("{name} ({})", told.join(", "))) }
        }
    }
}

/// What the alerts of a group say is affected, each once.
pub(super) fn services<'a>(all: impl Iterator<Item = &'a BTreeMap<String, String>>) -> Vec<String> {
    let mut services = Vec::new();
    for labels in all {
        let named = SERVICE_LABELS.iter().find_map(|label| labels.get(*label)).map(|name| line(name, NAME_MAX_CHARS - 1));
        if let Some(name) = named.filter(|name| !name.is_empty() && !services.contains(name)) {
            services.push(name);
        }
    }
    services.truncate(SERVICES_MAX);
    services
}

/// A time as a source writes it; `None` for what is none.
pub(super) fn time(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}
