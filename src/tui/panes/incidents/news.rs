//! What happened in an incident since it was last in hand.

use crate::domain::Header;
use crate::domain::Priority;
use crate::domain::Status;
use crate::tui::words;

/// What of an incident was on screen when it was last in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    entries: usize,
    status: Status,
    alerts_firing: usize,
    priority: Option<Priority>,
}

impl Seen {
    /// What there is to see of it now.
    pub fn of(header: &Header, priority: Option<Priority>) -> Self {
        Self { entries: header.entries, status: header.status, alerts_firing: header.alerts_firing, priority }
    }
}

/// What is different from what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It was not on the board before.
    New,
    Changed {
        /// Lines that were added.
        entries: usize,
        status: Option<(Status, Status)>,
        /// Alerts that fire more than before.
        alerts: usize,
        priority: Option<(Option<Priority>, Option<Priority>)>,
    },
}

impl News {
    /// What changed between the two; `None` if nothing did.
    pub fn between(seen: Option<&Seen>, now: &Seen) -> Option<Self> {
        let Some(seen) = seen else { return Some(News::New) };
        let changed = |is: bool| is.then_some(());
        (seen != now).then(|| News::Changed {
            entries: now.entries.saturating_sub(seen.entries),
            status: changed(seen.status != now.status).map(|()| (seen.status, now.status)),
            alerts: now.alerts_firing.saturating_sub(seen.alerts_firing),
            priority: changed(seen.priority != now.priority).map(|()| (seen.priority, now.priority)),
        })
    }

    /// In words, the weightiest first; `short` for a column.
    pub fn words(&self, is_short: bool) -> String {
        let News::Changed { entries, status, alerts, priority } = self else { return "new".into() };
        let mut said = Vec::new();
        if let Some((was, now)) = priority {
            let rank = |priority: &Option<Priority>| priority.map_or(15, |priority| priority.level() * 10);
            let way = if rank(now) < rank(was) { "up" } else { "down" };
            said.push(match was {
                // What nobody had rated moves neither up nor down.
                None => "rated".to_owned(),
                Some(_) if is_short => way.to_owned(),
                Some(_) => format!("{way} from {}", words::priority(*was)),
            });
        }
        if let Some((was, now)) = status {
            said.push(if is_short { "status".to_owned() } else { format!("{was} → {now}") });
        }
        if *alerts > 0 {
            said.push(if is_short { "alert".to_owned() } else { words::count(*alerts, "alert", "alerts") });
        }
        if *entries > 0 {
            said.push(if is_short { format!("+{entries}") } else { format!("+{}", words::count(*entries, "entry", "entries")) });
        }
        if said.is_empty() {
            said.push("changed".into());
        }
        said.join(if is_short { " " } else { ", " })
    }
}
