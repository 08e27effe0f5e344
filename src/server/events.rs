//! `/v1/events`: taking events as their authors wrote them, and giving records as they are stored.

use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Principal;
use crate::ledger::EventBytes;
use crate::ledger::Hash;
use crate::ledger::proof;
use crate::server::body;
use crate::server::clock;
use crate::server::failure::Failure;
use crate::server::job::Pushed;
use crate::server::job::Reply;
use crate::server::job::Work;
use crate::server::position;
use crate::server::position::Place;
use crate::server::query::Query;
use crate::server::shown;
use crate::server::state::App;
use crate::server::state::Caller;
use crate::server::state::Shared;
use crate::store::StoreError;
use crate::store::Stored;
use crate::wire;
use crate::wire::Head;
use crate::wire::ONLY_MAX_RECORDS;
use crate::wire::PAGE_MAX_RECORDS;
use crate::wire::PUSH_MAX_BYTES;
use crate::wire::PUSH_MAX_EVENTS;
use crate::wire::Push;
use axum::Extension;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// The most bytes of one page beyond its first record.
const PAGE_MAX_BYTES: usize = 8 * 1024 * 1024;

#[derive(Deserialize)]
struct OnlyId {
    id: EventId,
}

/// Push events: up to 500 and 4 MiB. One outcome each, in order. An item that is not an object with a readable `id` fails the whole body.
#[utoipa::path(post, path = "/v1/events", tag = "log", request_body = Push,
    responses((status = 200, description = "One outcome for each event, in order", body = wire::Pushed),
        (status = 400, description = "Nothing was taken", body = wire::Problem), (status = 413, body = wire::Problem), (status = 503, body = wire::Problem)))]
pub(super) async fn push(
    State(app): Shared,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<wire::Pushed>, Failure> {
    let taken = body::read(&app, &headers, body, PUSH_MAX_BYTES).await?;
    let push: Push = serde_json::from_slice(&taken.bytes)
        .map_err(|why| Failure::bad_request("bad_body", format!("expected {{\"events\": [EVENT, …]}}: {why}; nothing was taken")))?;
    if push.events.len() > PUSH_MAX_EVENTS {
        let why = format!("{} events are more than the {PUSH_MAX_EVENTS} of one push; nothing was taken, split them", push.events.len());
        return Err(Failure::bad_request("too_many", why));
    }
    let mut events = Vec::with_capacity(push.events.len());
    for (raw, place) in push.events.iter().zip(1..) {
        let id = serde_json::from_str::<OnlyId>(raw.get()).map_err(|why| {
            Failure::bad_request("bad_item", format!("item {place} is not an object with a readable `id` ({why}); nothing was taken"))
        })?;
        events.push(match EventBytes::take(raw.get().as_bytes()) {
            Ok((bytes, event)) => Pushed::Read(bytes, Box::new(event)),
            Err(why) => Pushed::Unread(id.id, why),
        });
    }
    match app.desk.ask(caller.principal(), Work::Push(events)).await? {
        Reply::Outcomes(outcomes) => Ok(Json(wire::Pushed { outcomes })),
        _ => Err(Failure::internal(&"a push was answered with something else")),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PageQuery {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
    log: Option<crate::domain::LogId>,
    epoch: Option<u64>,
    root: Option<crate::ledger::Hash>,
    only: Option<String>,
    incident: Option<String>,
    before: Option<u64>,
    size: Option<u64>,
}

/// Records in order, bytes exact. `next` says where to go on. 409 `resync` when the position is not in this log's history.
#[utoipa::path(get, path = "/v1/events", tag = "log",
    params(("after" = Option<u64>, Query, description = "The last record you have"), ("limit" = Option<usize>, Query, description = "At most 1000"),
        ("log" = Option<String>, Query), ("epoch" = Option<u64>, Query), ("root" = Option<String>, Query, description = "The root of the first `after` records"),
        ("only" = Option<String>, Query, description = "Instead of a page: these records, up to 500, as in `3,17,18`"),
        ("incident" = Option<String>, Query, description = "Instead of a page: the records of this incident, the last of them first told, each with its `path` to the root"),
        ("before" = Option<u64>, Query, description = "With `incident`: only what comes before this record; `next` is the `before` of the next page"),
        ("size" = Option<u64>, Query, description = "With `incident`: the tree that the paths lead to the root of, and none of what comes after it; by default that of the checkpoint in the answer")),
    responses((status = 200, body = wire::EventsPage), (status = 404, body = wire::Problem), (status = 409, description = "`resync`", body = wire::Problem)))]
pub(super) async fn page(
    State(app): Shared,
    Extension(caller): Extension<Caller>,
    Query(query): Query<PageQuery>,
) -> Result<Response, Failure> {
    let place = Place { after: query.after, log: query.log, epoch: query.epoch, root: query.root };
    if let Some(why) = position::strange(&app, place).await? {
        return Err(position::resync(why));
    }
    let only = query.only.as_deref().map(places).transpose()?;
    if let Some(last) = only.iter().flatten().max() {
        // Another node may have told of them. Who may see them is known once what was said up to there is folded, and not before.
        app.catch_up_to(None, *last).await?;
    }
    let limit = query.limit.unwrap_or(PAGE_MAX_RECORDS).clamp(1, PAGE_MAX_RECORDS);
    // The head is taken first and the page ends there, so that both tell of the same moment.
    let signed = app.tail.checkpoint();
    let head = Head { position: signed.position, now: clock::now(), checkpoint: Some(signed.note().to_owned()) };
    let mut paths = Vec::new();
    let (records, next) = match (only, &query.incident) {
        (Some(mut places), _) => {
            places.retain(|place| *place <= head.position.seq);
            (read_places(&app, places).await?, None)
        }
        (None, Some(inc)) => {
            let size = query.size.unwrap_or(head.position.seq).min(head.position.seq);
            let found = read_incident(&app, &caller.principal(), inc, query.before.unwrap_or(u64::MAX), size, limit).await?;
            paths = found.paths;
            (found.records, found.next)
        }
        (None, None) => {
            let records = read_page(&app, query.after, limit, head.position.seq).await?;
            let last = records.last().map_or(query.after, |stored| stored.seq);
            (records, (last < head.position.seq).then_some(last))
        }
    };
    // Asked after the records were read: what they say of who may see what counts already.
    let pairs = shown::pairs(&app.shelf, &caller.principal(), &records, &paths).join(",");
    let head = serde_json::to_string(&head).map_err(|why| Failure::internal(&why))?;
    let next = next.map_or_else(|| "null".to_owned(), |next| next.to_string());
    let text = format!("{{\"records\":[{pairs}],\"next\":{next},\"head\":{head}}}");
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// The places that `only` names.
fn places(text: &str) -> Result<Vec<u64>, Failure> {
    let places: Result<Vec<u64>, _> = text.split(',').map(|word| word.trim().parse()).collect();
    let bad =
        |why: String| Failure::bad_request("bad_query", format!("`only` holds up to {ONLY_MAX_RECORDS} numbers, as in 3,17,18: {why}"));
    match places {
        Ok(places) if places.len() <= ONLY_MAX_RECORDS => Ok(places),
        Ok(places) => Err(bad(format!("these are {}", places.len()))),
        Err(why) => Err(bad(why.to_string())),
    }
}

/// These records, as far as they fit into a page.
async fn read_places(app: &Arc<App>, places: Vec<u64>) -> Result<Vec<Stored>, Failure> {
    let reader = app.reader.clone();
    let read = tokio::task::spawn_blocking(move || {
        let (mut records, mut bytes) = (Vec::new(), 0);
        for place in places.into_iter().filter(|place| *place > 0) {
            let found = reader.page(place - 1, 1, 1)?.into_iter().find(|stored| stored.seq == place);
            bytes += found.as_ref().and_then(|stored| stored.event.as_ref()).map_or(0, |event| event.as_str().len());
            records.extend(found);
            if bytes > PAGE_MAX_BYTES {
                break;
            }
        }
        Ok::<_, StoreError>(records)
    });
    Ok(read.await.map_err(|why| Failure::internal(&why))??)
}

/// Records of one incident, each with its way to a root.
struct OfIncident {
    records: Vec<Stored>,
    paths: Vec<Vec<Hash>>,
    next: Option<u64>,
}

/// The last records of an incident before a place within the first `size`. Whoever may not see it is told that there is none.
async fn read_incident(app: &Arc<App>, who: &Principal, inc: &str, before: u64, size: u64, limit: usize) -> Result<OfIncident, Failure> {
    let is_org = inc.parse() == Ok(IncidentId::ORG);
    let id = if is_org { IncidentId::ORG } else { app.named(who, inc).await?.id() };
    let reader = app.reader.clone();
    let read = tokio::task::spawn_blocking(move || {
        let records = reader.incident_before(id, before.min(size + 1), limit, PAGE_MAX_BYTES)?;
        let nodes = |positions: &[u64]| reader.nodes(positions).ok().flatten();
        let paths: Option<Vec<_>> = records.iter().map(|stored| proof::prove_inclusion(size, stored.seq, &nodes)).collect();
        let paths = paths.ok_or_else(|| StoreError::Malformed(format!("the hashes of the tree of {size} records are not all there")))?;
        let first = records.first().map_or(0, |stored| stored.seq);
        let is_more = first > 0 && !reader.incident_before(id, first, 1, usize::MAX)?.is_empty();
        Ok::<_, StoreError>(OfIncident { records, paths, next: is_more.then_some(first) })
    });
    Ok(read.await.map_err(|why| Failure::internal(&why))??)
}

/// Records after a place, none beyond `up_to`.
pub(super) async fn read_page(app: &Arc<App>, after: u64, limit: usize, up_to: u64) -> Result<Vec<Stored>, Failure> {
    if after >= up_to {
        return Ok(Vec::new());
    }
    let reader = app.reader.clone();
    let read = tokio::task::spawn_blocking(move || reader.page(after, limit, PAGE_MAX_BYTES)).await;
    let mut records = read.map_err(|why| Failure::internal(&why))??;
    records.retain(|stored| stored.seq <= up_to);
    Ok(records)
}
