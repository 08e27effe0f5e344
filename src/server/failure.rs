//! What went wrong, as a problem document (RFC 9457). Sentences are for people, codes for programs; a 500 says nothing of its cause.

use crate::domain::Refusal;
use crate::domain::Retry;
use crate::store::StoreError;
use crate::wire::Problem;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::http::response::Parts;
use axum::response::IntoResponse;
use axum::response::Response;

/// An answer that is not what was asked for.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    code: String,
    detail: String,
    retry_after_seconds: Option<u64>,
}

impl Failure {
    /// A status, a stable code, and a sentence.
    pub(super) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), detail: detail.into(), retry_after_seconds: None }
    }

    /// The stable name of what is wrong.
    #[cfg(test)]
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    pub(super) fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    pub(super) fn unauthorized(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "scope", detail)
    }

    pub(super) fn not_found(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    pub(super) fn too_large(max_bytes: usize) -> Self {
        let detail = format!("the body is longer than the {} KiB this route takes; split it", max_bytes / 1024);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    /// Try again, in so many seconds.
    pub(super) fn later(status: StatusCode, code: &str, detail: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after_seconds: Some(seconds.max(1)), ..Self::new(status, code, detail) }
    }

    /// The server cannot do it now.
    pub(super) fn unavailable(code: &str, detail: impl Into<String>, seconds: u64) -> Self {
        Self::later(StatusCode::SERVICE_UNAVAILABLE, code, detail, seconds)
    }

    /// Our own fault: the cause goes to the log and not to the client.
    pub(super) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        let detail =
            "the server failed while answering; nothing was taken unless it was acknowledged. Try again, and look into the server's log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

impl From<StoreError> for Failure {
    fn from(why: StoreError) -> Self {
        match why {
            why if why.is_passing() => Self::unavailable("unavailable", why.to_string(), 2),
            other => Self::internal(&other),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let status = match (refusal.code, refusal.retry) {
            ("scope" | "not_permitted" | "not_you", _) => StatusCode::FORBIDDEN,
            ("idempotency_mismatch", _) => StatusCode::UNPROCESSABLE_ENTITY,
            ("unknown_incident" | "unknown_entry" | "unknown_task" | "unknown_role", _) => StatusCode::NOT_FOUND,
            (
                "malformed" | "bad_person" | "bad_name" | "too_long" | "bad_level" | "unknown_dimension" | "nothing" | "bad_kind"
                | "reason_needed",
                _,
            ) => StatusCode::BAD_REQUEST,
            (_, Retry::Later | Retry::Never) => StatusCode::CONFLICT,
        };
        Self::new(status, refusal.code, refusal.reason)
    }
}

/// A problem document as an answer, which keeps the problem by its side for whoever counts it.
pub(super) fn answer(problem: Problem, mut parts: Parts) -> Response {
    let body = serde_json::to_string(&problem).unwrap_or_default();
    parts.extensions.insert(problem);
    Response::from_parts(parts, Body::from(body))
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let problem = Problem::new(self.status.as_u16(), title, &self.code, self.detail);
        let (mut parts, ()) = axum::http::Response::new(()).into_parts();
        parts.status = self.status;
        let headers = &mut parts.headers;
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer(problem, parts)
    }
}
