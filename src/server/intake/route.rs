//! `/v1/intake/{integration}`.

use crate::server::body;
use crate::server::failure::Failure;
use crate::server::figures::Sort;
use crate::server::intake::Intake;
use crate::server::intake::alertmanager;
use crate::server::intake::generic;
use crate::server::job::Reply;
use crate::server::job::Work;
use crate::server::state::Caller;
use crate::server::state::Shared;
use crate::wire::Problem;
use axum::Extension;
use axum::Json;
use axum::body::Body;
use axum::extract::Path;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

const INTAKE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// What became of an intake body.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Taken {
    /// How many events it made; repeats make none.
    events: usize,
    /// The incidents they went to.
    incidents: Vec<String>,
}

/// Alerts from another system: `alertmanager` or `generic`. Durable before 202; a body that cannot be read is kept whole and shown.
#[utoipa::path(post, path = "/v1/intake/{integration}", tag = "intake",
    params(("integration" = String, Path, description = "`alertmanager` or `generic`")),
    request_body(content = String, content_type = "application/json", description = "What the source sends, up to 16 MiB"),
    responses((status = 202, body = Taken), (status = 404, description = "No such integration", body = Problem), (status = 503, description = "Send it again", body = Problem)))]
pub(in crate::server) async fn take_alerts(
    State(app): Shared,
    Extension(caller): Extension<Caller>,
    Path(integration): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Taken>), Failure> {
    let (integration, read): (_, fn(&[u8]) -> _) = match integration.as_str() {
        alertmanager::NAME => (alertmanager::NAME, alertmanager::read),
        generic::NAME => (generic::NAME, generic::read),
        other => {
            let why = format!("this server takes no alerts from `{other}`; it takes `alertmanager` and `generic`");
            return Err(Failure::not_found("no_such_integration", why));
        }
    };
    let taken = body::read(&app, &headers, body, INTAKE_MAX_BYTES).await?;
    let (reports, unreadable) = read(&taken.bytes);
    app.health.figures.add_to(Sort::Alerts, integration, reports.iter().map(|report| report.alerts.len() as u64).sum());
    app.health.figures.add_to(Sort::AlertBodiesUnreadable, integration, u64::from(unreadable.is_some()));
    let intake = Intake { integration, reports, unreadable, bytes: taken.bytes.clone() };
    match app.desk.ask(caller.principal(), Work::Alerts(Box::new(intake))).await? {
        Reply::Taken { events, incidents } => Ok((StatusCode::ACCEPTED, Json(Taken { events, incidents }))),
        _ => Err(Failure::internal(&"alerts were answered with something else")),
    }
}
