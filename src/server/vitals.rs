//! `/healthz`, `/readyz`, `/metrics`, and the description of it all.

use crate::server::failure::Failure;
use crate::server::state::Shared;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "vitals", responses((status = 200, description = "It lives", body = String)))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The log can be written. Lines that begin with `warning:` say what endangers it all the same.
#[utoipa::path(get, path = "/readyz", tag = "vitals",
    responses((status = 200, description = "It can write", body = String), (status = 503, description = "It cannot, and why", body = crate::wire::Problem)))]
pub(super) async fn readyz(State(app): Shared) -> Result<String, Failure> {
    match app.health.trouble() {
        None => Ok(app.reader.warnings().iter().fold("ready\n".to_owned(), |text, warning| format!("{text}warning: {warning}\n"))),
        Some(why) => Err(Failure::unavailable("not_ready", why, 5)),
    }
}

/// Counters, as Prometheus reads them. From this machine, or with any token.
#[utoipa::path(get, path = "/metrics", tag = "vitals", responses((status = 200, content_type = "text/plain", body = String)))]
pub(super) async fn metrics(State(app): Shared) -> Response {
    let text = app.health.text(app.tail.tip().seq);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "vitals", responses((status = 200, content_type = "application/json", body = String)))]
pub(super) async fn openapi(State(app): Shared) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.openapi.clone()).into_response()
}
