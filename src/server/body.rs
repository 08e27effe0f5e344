//! Reading a body: never more than the route takes, never slower than the minimum, never more at once than there is memory for.

use crate::server::failure::Failure;
use crate::server::state::App;
use axum::body::Body;
use axum::body::Bytes;
use axum::body::HttpBody;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// What plain routes take.
pub(super) const PLAIN_MAX_BYTES: usize = 512 * 1024;
/// What is read and thrown away of a body that is too long, so that its sender reads the answer instead of a broken connection.
const DRAIN_MAX_BYTES: usize = 64 * 1024 * 1024;
const DRAIN_WITHIN: Duration = Duration::from_secs(2);

/// A body with its share of the memory for bodies, given back when it is dropped.
pub(super) struct Taken {
    pub(super) bytes: Bytes,
    _memory: Vec<OwnedSemaphorePermit>,
}

/// Reads a whole body.
///
/// # Errors
/// 413 when it is longer, 415 when it is packed, 408 when it is too slow, 503 when there is no memory for it now.
pub(super) async fn read(app: &App, headers: &HeaderMap, body: Body, max_bytes: usize) -> Result<Taken, Failure> {
    let announced = body.size_hint().exact();
    if announced.is_some_and(|bytes| bytes > max_bytes as u64) {
        // Whoever waits for `100 Continue` has sent nothing yet and reads the answer at once.
        if !headers.contains_key(header::EXPECT) {
            drain(body).await;
        }
        return Err(Failure::too_large(max_bytes));
    }
    if let Some(coding) = headers.get(header::CONTENT_ENCODING).filter(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let coding = String::from_utf8_lossy(coding.as_bytes()).into_owned();
        drain(body).await;
        let why = format!("bodies are taken as they are, and this one is packed (`Content-Encoding: {coding}`); send it unpacked");
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "packed_body", why));
    }
    let (began, limits) = (Instant::now(), &app.limits);
    let mut chunks = body.into_data_stream();
    let (mut bytes, mut memory) = (Vec::new(), Vec::new());
    loop {
        let chunk = match timeout(limits.stall_timeout, chunks.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(Some(Err(why))) => return Err(Failure::bad_request("body_broken", format!("the body broke off: {why}"))),
            Ok(None) => break,
            Err(_) => return Err(too_slow()),
        };
        let len = bytes.len() + chunk.len();
        if len > max_bytes {
            drain(Body::from_stream(chunks)).await;
            return Err(Failure::too_large(max_bytes));
        }
        let elapsed = began.elapsed();
        if elapsed > limits.stall_timeout && (bytes.len() as u64) < elapsed.as_secs() * limits.body_rate_min {
            return Err(too_slow());
        }
        if len > bytes.capacity() {
            // What is announced is not yet here: room is made as it comes, and counted before it is.
            let room = (2 * len).min(announced.map_or(max_bytes, |bytes| usize::try_from(bytes).unwrap_or(max_bytes))).max(len);
            memory.push(reserve(&app.bodies, room - bytes.capacity())?);
            bytes.reserve_exact(room - bytes.len());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Taken { bytes: bytes.into(), _memory: memory })
}

/// Reads a plain JSON body; fields nobody knows are an error.
///
/// # Errors
/// 400 with what is wrong and where, or as for `read`.
pub(super) async fn json<T: DeserializeOwned>(app: &App, headers: &HeaderMap, body: Body) -> Result<(T, Bytes), Failure> {
    json_within(app, headers, body, PLAIN_MAX_BYTES).await
}

/// The same for a route that takes less.
///
/// # Errors
/// As for `json`.
pub(super) async fn json_within<T: DeserializeOwned>(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    max_bytes: usize,
) -> Result<(T, Bytes), Failure> {
    let taken = read(app, headers, body, max_bytes).await?;
    let value = serde_json::from_slice(&taken.bytes)
        .map_err(|why| Failure::bad_request("bad_body", format!("the body is not what this route takes: {why}; see /openapi.json")))?;
    Ok((value, taken.bytes))
}

fn reserve(memory: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, Failure> {
    let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
    memory.clone().try_acquire_many_owned(kib).map_err(|_| {
        Failure::unavailable("overloaded", "too much is being sent at once; nothing of this was taken, send it again later", 1)
    })
}

fn too_slow() -> Failure {
    Failure::new(StatusCode::REQUEST_TIMEOUT, "slow_body", "the body came in too slowly; nothing was taken, send it again")
}

async fn drain(body: Body) {
    let mut chunks = body.into_data_stream();
    let reading = async {
        let mut seen = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            seen += chunk.len();
            if seen > DRAIN_MAX_BYTES {
                break;
            }
        }
    };
    // However it ends, the answer is the same.
    let _ = timeout(DRAIN_WITHIN, reading).await;
}
