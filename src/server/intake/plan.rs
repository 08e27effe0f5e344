//! From what a source says to steps on the board. Pure.
//!
//! | what stands | an alert fires | an alert is resolved |
//! |---|---|---|
//! | an open incident of the group (or what it was merged into) | written there, unless nothing changed | written wherever it fires |
//! | only closed ones | unless it is an unchanged repeat, a new incident that follows the last | written wherever it fires |
//! | nothing | a new incident | nothing: there is nobody to tell |

use crate::domain::Alert;
use crate::domain::AlertFired;
use crate::domain::AlertResolved;
use crate::domain::Board;
use crate::domain::Body;
use crate::domain::Incident;
use crate::domain::IncidentDeclared;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::server::intake::Observed;
use crate::server::intake::Report;
use std::sync::Arc;

/// How many earlier incidents of a group are looked at for alerts that still fire there.
const FOLLOWED_MAX: usize = 5;
/// How far ahead of this machine's clock a source's clock may be.
const AHEAD_MS: i64 = 5 * 60 * 1000;
/// Times before this moment (2000-01-01) are what programs send for "none".
const SENSIBLE_FROM_MS: i64 = 946_684_800_000;

/// Where a step goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    /// The incident that this plan declares.
    New,
    Incident(IncidentId),
}

/// One event to write.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Step {
    pub(super) target: Target,
    pub(super) at: Timestamp,
    pub(super) body: Body,
}

/// The incidents of a group from the newest back, with what each asks to be loaded first.
pub(super) fn lineage(newest: IncidentId, mut follows: impl FnMut(IncidentId) -> Option<IncidentId>) -> Vec<IncidentId> {
    let mut ids = vec![newest];
    while ids.len() < FOLLOWED_MAX {
        match ids.last().and_then(|id| follows(*id)) {
            Some(id) if !ids.contains(&id) => ids.push(id),
            _ => break,
        }
    }
    ids
}

/// The events that a report asks for, in order. `newest` is the last incident of its group, on the board with those it follows.
pub(super) fn plan(board: &Board, newest: Option<IncidentId>, report: &Report, now: Timestamp) -> Vec<Step> {
    let (held, integration) = (held(board, newest), report.source.integration.as_str());
    let current = held.first();
    let open = current.filter(|incident| incident.status.value.is_open());
    let news = |observed: &&Observed| {
        observed.firing && !holds_unchanged(&held, integration, observed, now) && !ended_since(&held, integration, observed)
    };
    let mut steps = Vec::new();

    let target = match (open, report.alerts.iter().any(|observed| news(&observed))) {
        (Some(incident), _) => Some(Target::Incident(incident.id)),
        (None, true) => {
            steps.push(declare(report, newest.and_then(|id| board.get(id)), now));
            Some(Target::New)
        }
        (None, false) => None,
    };
    for observed in &report.alerts {
        if !observed.firing {
            steps.extend(resolve(&held, integration, observed, now));
        } else if let Some(target) = target
            // A new incident shows everything that fires in its group, also what has not changed since the last one.
            && ((target == Target::New && !ended_since(&held, integration, observed)) || news(&observed))
        {
            steps.push(fire(target, report, observed, now));
        }
    }
    steps
}

/// The incidents in which alerts of this group may stand: where it goes on now, first; the group's own; and the earlier ones.
fn held(board: &Board, newest: Option<IncidentId>) -> Vec<&Arc<Incident>> {
    let Some(newest) = newest else { return Vec::new() };
    let line = lineage(newest, |id| board.get(id).and_then(|incident| incident.follows));
    let mut held: Vec<&Arc<Incident>> = board.surviving(newest).into_iter().collect();
    for incident in line.iter().filter_map(|id| board.get(*id)) {
        for incident in [Some(incident), board.surviving(incident.id)].into_iter().flatten() {
            if held.iter().all(|other| other.id != incident.id) {
                held.push(incident);
            }
        }
    }
    held
}

fn alert<'a>(incident: &'a Incident, integration: &str, key: &str) -> Option<&'a Alert> {
    incident.alerts.iter().find(|alert| alert.key == key && alert.source == integration)
}

/// Whether the newest thing known of an alert is that it fires, exactly so.
fn holds_unchanged(held: &[&Arc<Incident>], integration: &str, observed: &Observed, now: Timestamp) -> bool {
    held.iter().find_map(|incident| alert(incident, integration, &observed.key)).is_some_and(|alert| {
        alert.firing
            && alert.title == observed.title
            && alert.summary == observed.summary
            && alert.severity == observed.severity
            && alert.labels == observed.labels
            && sensible(observed.starts_at, now).is_none_or(|at| at == alert.starts_at)
    })
}

/// Whether an alert is known to have ended after its source said that it fires.
fn ended_since(held: &[&Arc<Incident>], integration: &str, observed: &Observed) -> bool {
    let known = held.iter().find_map(|incident| alert(incident, integration, &observed.key));
    known.is_some_and(|alert| !alert.firing && alert.ends_at > observed.said_at && observed.said_at.is_some())
}

fn resolve(held: &[&Arc<Incident>], integration: &str, observed: &Observed, now: Timestamp) -> Vec<Step> {
    let fires_in = held
        .iter()
        .filter_map(|incident| alert(incident, integration, &observed.key).filter(|alert| alert.firing).map(|alert| (incident.id, alert)));
    let ends_at = sensible(observed.ends_at, now);
    let resolved = fires_in.map(|(incident, fires)| Step {
        target: Target::Incident(incident),
        at: ends_at.filter(|at| *at >= fires.starts_at).unwrap_or(now),
        body: AlertResolved { key: observed.key.clone(), source: integration.to_owned(), ends_at }.into(),
    });
    resolved.collect()
}

fn declare(report: &Report, earlier: Option<&Arc<Incident>>, now: Timestamp) -> Step {
    let firing = || report.alerts.iter().filter(|observed| observed.firing);
    let at = firing().filter_map(|observed| sensible(observed.starts_at, now)).min().unwrap_or(now);
    let data = IncidentDeclared {
        title: report.title.clone(),
        summary: report.summary.clone(),
        services: report.services.clone(),
        severity: firing().filter_map(|observed| observed.severity).min(),
        // An exercise only if everything that fires says so: one real alert among them makes it real.
        drill: firing().next().is_some() && firing().all(|observed| observed.labels.get("drill").is_some_and(|value| value == "true")),
        source: Some(report.source.clone()),
        follows: earlier.map(|incident| incident.id),
        follows_code: earlier.map(|incident| incident.code_text()).unwrap_or_default(),
        retrospective: None,
    };
    Step { target: Target::New, at, body: data.into() }
}

fn fire(target: Target, report: &Report, observed: &Observed, now: Timestamp) -> Step {
    let starts_at = sensible(observed.starts_at, now);
    let data = AlertFired {
        key: observed.key.clone(),
        source: report.source.integration.clone(),
        title: observed.title.clone(),
        summary: observed.summary.clone(),
        severity: observed.severity,
        labels: observed.labels.clone(),
        starts_at,
        url: observed.url.clone(),
    };
    Step { target, at: starts_at.unwrap_or(now), body: data.into() }
}

/// A source's time, unless it is what programs send for "none", or lies in the future.
fn sensible(at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    at.filter(|at| at.millis() >= SENSIBLE_FROM_MS && at.since_ms(now) <= AHEAD_MS)
}
