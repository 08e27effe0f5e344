//! Before every handler: who is it, may they, how often. And around it: a panic becomes a 500, every request has an id and is counted.

use crate::server::clock;
use crate::server::failure::Failure;
use crate::server::failure::answer;
use crate::server::figures::Count;
use crate::server::figures::Sort;
use crate::server::policy;
use crate::server::policy::Need;
use crate::server::state::App;
use crate::server::state::Caller;
use crate::server::state::Peer;
use crate::server::state::Shared;
use crate::server::token_book::Entry;
use crate::store::TOKEN_PREFIX;
use crate::store::TokenHash;
use crate::wire::Problem;
use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::FutureExt;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

/// The header by which a request is known in the log, here and at whoever sent it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_MAX_CHARS: usize = 64;

/// The outermost layer.
pub(super) async fn around(State(app): Shared, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    // On every line of this request. Neither query nor headers: a token never reaches a log.
    let span = tracing::info_span!("request", id = %id.to_str().unwrap_or_default());
    let mut response = answered(&app, request, next).instrument(span).await;
    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        app.health.figures.add_to(Sort::Problems, &problem.code, 1);
        if response.status().is_server_error() {
            problem.request_id = id.to_str().ok().map(str::to_owned);
            response = answer(problem, response.into_parts().0);
        }
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

async fn answered(app: &App, request: Request, next: Next) -> Response {
    let (began, method, path) = (Instant::now(), request.method().clone(), request.uri().path().to_owned());
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let response = answered.unwrap_or_else(|_| Failure::internal(&"a handler panicked").into_response());
    let (status, micros) = (response.status(), began.elapsed().as_micros());
    app.health.figures.add(Count::Requests, 1);
    if status.is_server_error() {
        app.health.figures.add(Count::Failures, 1);
        tracing::warn!(%method, path, status = status.as_u16(), micros, "answered that it cannot");
    } else {
        tracing::debug!(%method, path, status = status.as_u16(), micros, "answered");
    }
    response
}

/// The sender's own, if it can stand in a log; else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let theirs = headers.get(REQUEST_ID).filter(|id| (1..=REQUEST_ID_MAX_CHARS).contains(&id.len()) && id.as_bytes().iter().all(is_safe));
    // Hexadecimal digits are a header's value.
    theirs
        .cloned()
        .or_else(|| HeaderValue::try_from(Uuid::now_v7().simple().to_string()).ok())
        .unwrap_or(HeaderValue::from_static("unknown"))
}

/// Around every route of the table.
pub(super) async fn gate(State(app): Shared, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if !is_text(parts.uri.path()) {
        return Failure::bad_request("bad_path", "the address holds bytes that are not UTF-8").into_response();
    }
    match admit(&app, &parts).await {
        Ok(caller) => {
            if let Some(caller) = caller {
                parts.extensions.insert(caller);
            }
            next.run(Request::from_parts(parts, body)).await
        }
        Err(failure) => failure.into_response(),
    }
}

/// Whether the path is UTF-8 once its `%xx` are bytes.
fn is_text(path: &str) -> bool {
    let digit = |at: usize| path.as_bytes().get(at).and_then(|byte| (*byte as char).to_digit(16));
    let (mut bytes, mut at) = (Vec::with_capacity(path.len()), 0);
    while let Some(byte) = path.as_bytes().get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    std::str::from_utf8(&bytes).is_ok()
}

async fn admit(app: &Arc<App>, request: &Parts) -> Result<Option<Caller>, Failure> {
    let route = request.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    // A method the route does not have goes on to the answer that says so.
    let Some(need) = policy::need(&request.method, route) else { return Ok(None) };
    let local = request.extensions.get::<Peer>().is_some_and(|peer| peer.0.ip().is_loopback()) && !app.behind_proxy;
    if need == Need::Nothing || (need == Need::LoopbackOrToken && local) {
        return Ok(None);
    }
    let address = address_of(app, request).map(|address| app.addresses.of(address, Instant::now()));
    let busy = |why: &str, seconds| Failure::later(StatusCode::TOO_MANY_REQUESTS, "rate", why, seconds);
    if let Some(address) = &address {
        let why = "more requests come from this address than from one may; wait and send again";
        address.requests.take(Instant::now()).map_err(|seconds| busy(why, seconds))?;
    }
    let shown = shown_token(&request.headers)?;
    let hash = TokenHash::of(&shown);
    let entry = match app.tokens.find(hash) {
        Some(entry) => entry,
        None => {
            let unknown_tokens = address.as_ref().map(|address| &address.unknown_tokens);
            let too_many = |seconds| busy("too many unknown tokens come from this address; wait and try again", seconds);
            if unknown_tokens.is_some_and(|bucket| bucket.is_empty(Instant::now())) {
                return Err(too_many(1));
            }
            let found = look_up(app, hash).await;
            if found.is_err()
                && let Some(bucket) = unknown_tokens
            {
                bucket.take(Instant::now()).map_err(too_many)?;
            }
            found?
        }
    };
    entry.token.check(clock::now()).map_err(|(code, why)| Failure::unauthorized(code, why))?;
    let caller = Caller { token: entry.token.clone() };
    if !policy::may(&caller.principal(), need, None) {
        let Need::Scope(needed) = need else { return Err(Failure::forbidden("not permitted")) };
        let why = format!("the token `{}` has scope {}; this needs {needed}", entry.token.name, entry.token.scope);
        return Err(Failure::forbidden(why));
    }
    entry.bucket.take(Instant::now()).map_err(|seconds| {
        let why = "this token sends more requests than a token may; wait and send again, or send more events in one request";
        busy(why, seconds)
    })?;
    entry.used();
    Ok(Some(caller))
}

/// Where a request comes from: behind a proxy, what the proxy itself says last; whatever stands before that anyone may have written.
fn address_of(app: &App, request: &Parts) -> Option<IpAddr> {
    if app.behind_proxy {
        let last = request.headers.get_all("x-forwarded-for").iter().next_back()?;
        return last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok();
    }
    request.extensions.get::<Peer>().map(|peer| peer.0.ip())
}

fn shown_token(headers: &HeaderMap) -> Result<String, Failure> {
    let missing = || {
        Failure::unauthorized("token_missing", "no token was shown; send `Authorization: Bearer wr_…` (`warroom token create` makes one)")
    };
    let value = headers.get(header::AUTHORIZATION).ok_or_else(missing)?.to_str().map_err(|_| missing())?;
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && token.starts_with(TOKEN_PREFIX) { Ok(token.to_owned()) } else { Err(missing()) }
}

async fn look_up(app: &Arc<App>, hash: TokenHash) -> Result<Entry, Failure> {
    let tokens = app.tokens.clone();
    let found = tokio::task::spawn_blocking(move || tokens.find_on_disk(hash)).await.map_err(|why| Failure::internal(&why))?;
    match found {
        Ok(Some(entry)) => Ok(entry),
        Ok(None) => Err(Failure::unauthorized("token_unknown", "this server does not know the token; ask an administrator for one")),
        Err(seconds) => Err(Failure::later(StatusCode::TOO_MANY_REQUESTS, "rate", "too many unknown tokens; wait and try again", seconds)),
    }
}
