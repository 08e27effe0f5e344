//! `/v1/intake/{integration}`.

use crate::ledger::Hash;
use crate::server::body;
use crate::server::clock;
use crate::server::failure::Failure;
use crate::server::figures::Sort;
use crate::server::intake::Intake;
use crate::server::intake::Report;
use crate::server::intake::alertmanager;
use crate::server::intake::generic;
use crate::server::intake::grafana;
use crate::server::intake::pagerduty;
use crate::server::job;
use crate::server::job::Reply;
use crate::server::job::Work;
use crate::server::state::Caller;
use crate::server::state::Shared;
use crate::store::AnswerKey;
use crate::wire::Problem;
use axum::Extension;
use axum::Json;
use axum::body::Body;
use axum::extract::Path;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use utoipa::ToSchema;

const INTAKE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// What became of an intake body.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Taken {
    /// How many events it made; repeats make none.
    events: usize,
    /// The incidents they went to.
    incidents: Vec<String>,
    /// It was taken before, so nothing of it was done again.
    repeated: bool,
}

/// Whose alerts are taken.
pub(in crate::server) const INTEGRATIONS: [&str; 4] = [alertmanager::NAME, grafana::NAME, pagerduty::NAME, generic::NAME];

/// Alerts from another system. Durable before 202; a body that cannot be read is kept whole and shown. Where the server has a secret for
/// the source, the body must be signed with it.
#[utoipa::path(post, path = "/v1/intake/{integration}", tag = "intake",
    params(("integration" = String, Path, description = "`alertmanager`, `grafana`, `pagerduty` or `generic`")),
    request_body(content = Object, content_type = "application/json", description = "What the source sends, up to 16 MiB"),
    responses((status = 202, body = Taken), (status = 404, description = "No such integration", body = Problem), (status = 503, description = "Send it again", body = Problem)))]
pub(in crate::server) async fn take_alerts(
    State(app): Shared,
    Extension(caller): Extension<Caller>,
    Path(integration): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Taken>), Failure> {
    let Some(integration) = INTEGRATIONS.iter().copied().find(|name| *name == integration) else {
        let why = format!("this server takes no alerts from `{integration}`; it takes {}", INTEGRATIONS.join(", "));
        return Err(Failure::not_found("no_such_integration", why));
    };
    let taken = body::read(&app, &headers, body, INTAKE_MAX_BYTES).await?;
    let signed = app.webhook_secrets.check(integration, &headers, &taken.bytes, clock::now())?;
    let (reports, unreadable, event) = match integration {
        pagerduty::NAME => pagerduty::read(&taken.bytes),
        grafana::NAME => without_id(grafana::read(&taken.bytes)),
        generic::NAME => without_id(generic::read(&taken.bytes)),
        _ => without_id(alertmanager::read(&taken.bytes)),
    };
    let digest =
        signed.map(|beside| format!("sha256 {}", Hash(Sha256::new().chain_update(beside).chain_update(&taken.bytes).finalize().into())));
    let known_by = digest.into_iter().chain(event.map(|id| format!("event {}", Hash(Sha256::digest(id).into()))));
    let route = format!("intake {integration}");
    let once = known_by.map(|key| AnswerKey { person: job::server().person, route: route.clone(), key }).collect();
    app.health.figures.add_to(Sort::Alerts, integration, reports.iter().map(|report| report.alerts.len() as u64).sum());
    app.health.figures.add_to(Sort::AlertBodiesUnreadable, integration, u64::from(unreadable.is_some()));
    let intake = Intake { integration, reports, unreadable, bytes: taken.bytes.clone(), once };
    match app.desk.ask(caller.principal(), Work::Alerts(Box::new(intake))).await? {
        Reply::Taken { events, incidents, repeated } => Ok((StatusCode::ACCEPTED, Json(Taken { events, incidents, repeated }))),
        _ => Err(Failure::internal(&"alerts were answered with something else")),
    }
}

fn without_id((reports, unreadable): (Vec<Report>, Option<String>)) -> (Vec<Report>, Option<String>, Option<String>) {
    (reports, unreadable, None)
}
