//! `/healthz`, `/readyz`, `/metrics`, and the description of it all.

use crate::server::failure::Failure;
use crate::server::state::Shared;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use std::time::Duration;
use tokio::time::timeout;

/// How long `/metrics` waits for a database to say how large it is.
const ROOM_WITHIN: Duration = Duration::from_secs(2);

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

/// What an owner watches, as Prometheus reads it. From this machine, or with any token.
#[utoipa::path(get, path = "/metrics", tag = "vitals", responses((status = 200, content_type = "text/plain", body = String)))]
pub(super) async fn metrics(State(app): Shared) -> Response {
    let (tip, reader) = (app.tail.tip(), app.reader.clone());
    let room = timeout(ROOM_WITHIN, tokio::task::spawn_blocking(move || reader.room())).await;
    let room = room.ok().and_then(Result::ok).unwrap_or_default();
    let mut gauges = vec![
        ("warroom_log_epoch", "Which of its lives the log is in.", tip.epoch),
        ("warroom_ready", "1 while the log can be written.", u64::from(app.health.trouble().is_none())),
        ("warroom_queue_length", "Requests waiting for the log.", app.desk.waiting()),
        ("warroom_queue_limit", "Requests that may wait for the log; more are told to come again.", app.limits.queue as u64),
    ];
    // What is not known is left out.
    let known = [
        ("warroom_database_size_bytes", "What the database takes.", room.database_bytes),
        ("warroom_disk_available_bytes", "What is free on the disk of the database.", room.disk_available_bytes),
        ("warroom_disk_size_bytes", "The disk of the database.", room.disk_bytes),
    ];
    gauges.extend(known.into_iter().filter_map(|(name, meaning, value)| Some((name, meaning, value?))));
    let text = app.health.figures.text(tip.seq, &gauges);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "vitals", responses((status = 200, content_type = "application/json", body = String)))]
pub(super) async fn openapi(State(app): Shared) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.openapi.clone()).into_response()
}
