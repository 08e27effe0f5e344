//! `/v1/base` and `/v1/heads`: where a copy begins that does without the whole log, and what it knows of the rest.

use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::ledger::Frontier;
use crate::ledger::Position;
use crate::ledger::proof;
use crate::server::clock;
use crate::server::failure::Failure;
use crate::server::query::Query;
use crate::server::state::Caller;
use crate::server::state::Shared;
use crate::store::LogReader;
use crate::store::StoreError;
use crate::wire::Base;
use crate::wire::HEADS_MAX;
use crate::wire::Head;
use crate::wire::HeadsPage;
use crate::wire::Problem;
use axum::Extension;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

const DAY_MS: i64 = 86_400_000;
/// A thousand years: longer than any log, and short enough to count with.
const DAYS_MAX: u32 = 365_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BaseQuery {
    days: u32,
}

/// Where a copy begins that holds the last `days` days: the last record before them, and the right edge of the tree up to there. From it the
/// tree is grown with the records that follow; that its root is the signed one proves the base as well. With 0 days, the beginning of the log.
#[utoipa::path(get, path = "/v1/base", tag = "log", params(("days" = u32, Query, description = "How many days to hold in full; 0 for everything")),
    responses((status = 200, body = Base), (status = 400, body = Problem)))]
pub(super) async fn base(State(app): Shared, Query(query): Query<BaseQuery>) -> Result<Json<Base>, Failure> {
    if query.days > DAYS_MAX {
        return Err(Failure::bad_request("bad_query", format!("`days` is a number from 0 to {DAYS_MAX}; 0 asks for everything")));
    }
    let (signed, reader, now) = (app.tail.checkpoint(), app.reader.clone(), clock::now());
    let here = signed.position;
    let since = (query.days > 0).then(|| now.plus_ms(-i64::from(query.days) * DAY_MS));
    let found = tokio::task::spawn_blocking(move || find_base(&*reader, here.seq, since)).await.map_err(|why| Failure::internal(&why))?;
    let (frontier, received_at) = found?;
    let position = Position { seq: frontier.size(), root: frontier.root(), ..here };
    let peaks = frontier.peaks().to_vec();
    let head = Head { position: here, now, checkpoint: Some(signed.note().to_owned()) };
    Ok(Json(Base { position, received_at, peaks, head }))
}

/// The tree of all records before a moment, and when the last of them came. Times never go back in a log, so they are found by halving.
fn find_base(reader: &dyn LogReader, last: u64, since: Option<Timestamp>) -> Result<(Frontier, Option<Timestamp>), StoreError> {
    let at = |seq: u64| {
        let record = reader.page(seq - 1, 1, 1)?.pop().filter(|stored| stored.seq == seq);
        let missing = || StoreError::Malformed(format!("record {seq} is missing"));
        let read = record.ok_or_else(missing)?.record.read();
        read.map(|record| record.received_at).map_err(|why| StoreError::Malformed(format!("record {seq} cannot be read: {why}")))
    };
    let (mut before, mut after, mut received_at) = (0, last + 1, None);
    while let Some(since) = since.filter(|_| before + 1 < after) {
        let middle = before + (after - before) / 2;
        let came = at(middle)?;
        if came < since { (before, received_at) = (middle, Some(came)) } else { after = middle }
    }
    let nodes = |positions: &[u64]| reader.nodes(positions).ok().flatten();
    let missing = || StoreError::Malformed(format!("the hashes of the tree of {before} records are not all there"));
    Ok((proof::frontier(before, &nodes).ok_or_else(missing)?, received_at))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadsQuery {
    after: Option<IncidentId>,
    limit: Option<usize>,
}

/// The head of every incident that the caller may see, closed ones too, by id. `next` is the `after` of the next page.
#[utoipa::path(get, path = "/v1/heads", tag = "log",
    params(("after" = Option<String>, Query, description = "The id of the last incident of the page before"), ("limit" = Option<usize>, Query, description = "At most 1000")),
    responses((status = 200, body = HeadsPage), (status = 400, body = Problem)))]
pub(super) async fn heads(
    State(app): Shared,
    Extension(caller): Extension<Caller>,
    Query(query): Query<HeadsQuery>,
) -> Result<Json<HeadsPage>, Failure> {
    let limit = query.limit.unwrap_or(HEADS_MAX).clamp(1, HEADS_MAX);
    // Taken first: the heads tell of this place or a later one.
    let signed = app.tail.checkpoint();
    let (found, is_more) = app.shelf.heads(&caller.principal(), query.after, limit, |_| true);
    let heads: Vec<Header> = found.iter().map(|card| card.head.clone()).collect();
    let next = heads.last().filter(|_| is_more).map(|head| head.id);
    let head = Head { position: signed.position, now: clock::now(), checkpoint: Some(signed.note().to_owned()) };
    Ok(Json(HeadsPage { fold: Header::FOLD_VERSION, heads, next, head }))
}
