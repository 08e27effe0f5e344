//! `/v1/incidents`: what the log folds into, for programs that do not fold it themselves.

use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Org;
use crate::domain::Readers;
use crate::domain::Status;
use crate::domain::Timestamp;
use crate::report;
use crate::report::AlertShape;
use crate::report::EntryShape;
use crate::report::IncidentShape;
use crate::report::RoleShape;
use crate::report::Subject;
use crate::report::TaskShape;
use crate::server::clock;
use crate::server::failure::Failure;
use crate::server::query::Query;
use crate::server::state::Caller;
use crate::server::state::Shared;
use crate::wire::Problem;
use axum::Extension;
use axum::extract::Path;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;
use serde::Serialize;

const PAGE_MAX: usize = 1000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    after: Option<IncidentId>,
    limit: Option<usize>,
    status: Option<String>,
    service: Option<String>,
    open: Option<bool>,
}

#[derive(Serialize)]
struct List<'a> {
    incidents: Vec<IncidentShape<'a>>,
    next: Option<IncidentId>,
}

/// Incidents, oldest first. `next` is the `after` of the next page.
#[utoipa::path(get, path = "/v1/incidents", tag = "incidents",
    params(("after" = Option<String>, Query, description = "The id of the last incident of the page before"), ("limit" = Option<usize>, Query, description = "At most 1000"),
        ("status" = Option<String>, Query), ("service" = Option<String>, Query), ("open" = Option<bool>, Query, description = "Only open ones, or only the others")),
    responses((status = 200, description = "{\"incidents\": [INCIDENT, …], \"next\"}", body = Object)))]
pub(super) async fn list(
    State(app): Shared,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let status = query.status.as_deref().map(str::parse::<Status>).transpose().map_err(|why| Failure::bad_request("bad_query", why))?;
    let limit = query.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let (org, now) = (app.shelf.org(), clock::now());
    let (found, is_more) = app.shelf.heads(&caller.principal(), query.after, limit, |head| {
        status.is_none_or(|status| head.status == status)
            && query.open.is_none_or(|open| head.status.is_open() == open)
            && query.service.as_ref().is_none_or(|service| head.services.contains(service))
    });
    let rows: Vec<_> = found.iter().map(|card| (&card.head, org.matrix.rate(&card.head.assessment, now))).collect();
    let next = found.last().filter(|_| is_more).map(|card| card.head.id);
    Ok(json(&List { incidents: rows.iter().map(|(header, rating)| report::incident_json(header, rating)).collect(), next }))
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    incident: IncidentShape<'a>,
    summary: &'a str,
    readers: Option<&'a Readers>,
    follows: Option<IncidentId>,
    roles: Vec<RoleShape<'a>>,
    tasks: Vec<TaskShape<'a>>,
    alerts: Vec<AlertShape<'a>>,
}

/// One incident by code, id or unique id suffix: what stands, who holds what, tasks and alerts.
#[utoipa::path(get, path = "/v1/incidents/{inc}", tag = "incidents", params(("inc" = String, Path, description = "`INC-42`, an id, or a unique suffix of one")),
    responses((status = 200, description = "INCIDENT with `summary`, `roles`, `tasks`, `alerts`", body = Object), (status = 404, body = Problem), (status = 409, description = "The suffix is not unique", body = Problem)))]
pub(super) async fn show(State(app): Shared, Extension(caller): Extension<Caller>, Path(inc): Path<String>) -> Result<Response, Failure> {
    let (incident, org, now) = (app.find(&caller.principal(), &inc).await?, app.shelf.org(), clock::now());
    let (header, rating) = (Header::of(&incident), org.matrix.rate(&incident.assessment, now));
    let held = incident.roles.iter().flat_map(|(role, holders)| holders.iter().map(move |holding| (role, holding)));
    Ok(json(&Whole {
        incident: report::incident_json(&header, &rating),
        summary: &incident.summary.value,
        readers: incident.readers.value.as_ref(),
        follows: incident.follows,
        roles: held.map(|(role, holding)| report::role_json(&org, role, holding, None)).collect(),
        tasks: incident.tasks.iter().map(|task| report::task_json(incident.id, task)).collect(),
        alerts: incident.alerts.iter().map(report::alert_json).collect(),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimelineQuery {
    after: Option<EventId>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Lines<'a> {
    incident: IncidentId,
    entries: Vec<EntryShape<'a>>,
    next: Option<EventId>,
}

/// The timeline, oldest first; with `Accept: text/markdown`, the whole record of the incident as a document.
#[utoipa::path(get, path = "/v1/incidents/{inc}/timeline", tag = "incidents",
    params(("inc" = String, Path), ("after" = Option<String>, Query, description = "The id of the last entry of the page before"), ("limit" = Option<usize>, Query, description = "At most 1000")),
    responses((status = 200, description = "{\"incident\", \"entries\": [ENTRY, …], \"next\"}, or Markdown", content((Object = "application/json"), (String = "text/markdown"))), (status = 404, body = Problem)))]
pub(super) async fn timeline(
    State(app): Shared,
    Extension(caller): Extension<Caller>,
    Path(inc): Path<String>,
    headers: HeaderMap,
    Query(query): Query<TimelineQuery>,
) -> Result<Response, Failure> {
    let incident = app.find(&caller.principal(), &inc).await?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accept.contains("text/markdown") {
        let position = app.tail.position();
        let words = format!("log {}, epoch {}, seq {}", position.log, position.epoch, position.seq);
        let org = app.shelf.org();
        let subject = Subject { incident: &incident, org: &org, now: clock::now(), position: Some(&words) };
        return Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], report::markdown(&subject)).into_response());
    }
    let first = match query.after {
        None => 0,
        Some(id) => {
            let place = incident.timeline.position(id);
            place.ok_or_else(|| Failure::not_found("unknown_entry", format!("{} has no entry {id}", incident.code_text())))? + 1
        }
    };
    let limit = query.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let entries: Vec<_> = incident.timeline.iter_from(first).take(limit).collect();
    let next = entries.last().filter(|_| first + entries.len() < incident.timeline.len()).map(|entry| entry.id);
    let entries = entries.iter().map(|entry| report::entry_json(incident.id, entry)).collect();
    Ok(json(&Lines { incident: incident.id, entries, next }))
}

/// An incident as the plain routes answer it.
pub(super) fn incident_text(incident: &Incident, org: &Org, now: Timestamp) -> String {
    report::json_text(&report::incident_json(&Header::of(incident), &org.matrix.rate(&incident.assessment, now)))
}

fn json(shape: &impl Serialize) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], report::json_text(shape)).into_response()
}
