//! `/v1/checkpoint` and `/v1/proof`: what the server signs, and that it follows from what it signed before.

use crate::ledger::Checkpoint;
use crate::ledger::Hash;
use crate::ledger::Position;
use crate::ledger::proof;
use crate::ledger::succession;
use crate::server::body;
use crate::server::failure::Failure;
use crate::server::job;
use crate::server::job::Work;
use crate::server::query::Query;
use crate::server::state::App;
use crate::server::state::Shared;
use crate::store::LogReader;
use crate::wire::ConsistencyProof;
use crate::wire::InclusionProof;
use crate::wire::Problem;
use crate::wire::Witness;
use crate::wire::Witnessed;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// A signed note is a few hundred bytes.
const BODY_MAX_BYTES: usize = 16 * 1024;

/// Where the log stands, as a signed note (c2sp.org/tlog-checkpoint), origin `warroom/LOG/EPOCH`.
#[utoipa::path(get, path = "/v1/checkpoint", tag = "proofs", responses((status = 200, content_type = "text/plain", body = String)))]
pub(super) async fn checkpoint(State(app): Shared) -> Response {
    let note = app.tail.checkpoint().note().to_owned();
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], note).into_response()
}

/// Shows the server the last checkpoint of it that the caller saw, and asks that the log still begins with it. `proof` leads from there to the
/// checkpoint in the answer (RFC 6962, 2.1.2); it is absent where that one is of a later epoch. Where the log lost its end since, a
/// new epoch begins. 409 `not_in_log`: it says otherwise than was signed, which no loss explains.
#[utoipa::path(post, path = "/v1/checkpoint", tag = "proofs", request_body = Witness,
    responses((status = 200, body = Witnessed), (status = 400, description = "Not a checkpoint that this server signed", body = Problem), (status = 409, body = Problem)))]
pub(super) async fn witness(State(app): Shared, headers: HeaderMap, body: Body) -> Result<Json<Witnessed>, Failure> {
    let taken = body::read(&app, &headers, body, BODY_MAX_BYTES).await?;
    let shown: Witness = serde_json::from_slice(&taken.bytes)
        .map_err(|why| Failure::bad_request("bad_body", format!("expected {{\"checkpoint\": NOTE}}: {why}")))?;
    let log = app.tail.position().log;
    let mut keys = vec![app.tail.key()];
    keys.extend(succession::before(keys[0], log, &app.shelf.read().succession));
    let seen = Checkpoint::open_any(&shown.checkpoint, &keys).map_err(|why| Failure::bad_request("bad_checkpoint", why.to_string()))?;
    app.catch_up_to(Some(seen.position.epoch), seen.position.seq).await?;
    let now = app.tail.checkpoint();
    let (seen, here) = (seen.position, now.position);
    if seen.log != here.log {
        return Err(Failure::bad_request("bad_checkpoint", format!("this is log {}, not {}", here.log, seen.log)));
    }
    let proof = if seen.epoch == here.epoch { prove(&app, seen, here).await? } else { None };
    if seen.epoch < here.epoch || proof.is_some() {
        return Ok(Json(Witnessed { checkpoint: now.note().to_owned(), proof }));
    }
    tracing::error!(seq = seen.seq, epoch = seen.epoch, root = %seen.root, here = here.seq, "a client shows a checkpoint signed here that this log does not hold");
    if seen.epoch == here.epoch && seen.seq <= here.seq {
        let why = format!(
            "this server signed that record {} of epoch {} had the root {}, and its log says otherwise now; whoever runs the server must look into it",
            seen.seq, seen.epoch, seen.root
        );
        return Err(Failure::new(StatusCode::CONFLICT, "not_in_log", why));
    }
    // It lost its end: a disk or a machine was put back as it was before. Nobody may take what was acknowledged then for what comes now.
    tracing::warn!(above = seen.epoch, "a new epoch begins: records of this log were lost");
    app.desk.ask(job::server(), Work::BeginEpoch { above: seen.epoch }).await?;
    Ok(Json(Witnessed { checkpoint: app.tail.checkpoint().note().to_owned(), proof: None }))
}

/// The proof from one position of this epoch to a later one; `None` where the first is not in the log.
async fn prove(app: &Arc<App>, seen: Position, here: Position) -> Result<Option<Vec<Hash>>, Failure> {
    if seen.seq > here.seq {
        return Ok(None);
    }
    ask(app, move |reader| {
        let known = proof::root(seen.seq, &nodes(reader));
        (known == Some(seen.root)).then(|| proof::prove_consistency(seen.seq, here.seq, &nodes(reader))).flatten()
    })
    .await
}

#[derive(Debug, Deserialize)]
pub(super) struct InclusionQuery {
    seq: u64,
    size: Option<u64>,
}

/// That a record is in the tree of the checkpoint in the answer, or of its first `size` records: the hashes beside its way to the root, lowest first.
#[utoipa::path(get, path = "/v1/proof/inclusion", tag = "proofs",
    params(("seq" = u64, Query, description = "The record"), ("size" = Option<u64>, Query, description = "The tree of so many records, instead of the newest")),
    responses((status = 200, body = InclusionProof), (status = 404, body = Problem)))]
pub(super) async fn inclusion(State(app): Shared, Query(query): Query<InclusionQuery>) -> Result<Json<InclusionProof>, Failure> {
    app.catch_up_to(None, query.size.unwrap_or(query.seq)).await?;
    let checkpoint = app.tail.checkpoint();
    let (seq, size) = (query.seq, query.size.unwrap_or(checkpoint.position.seq));
    if seq == 0 || seq > size || size > checkpoint.position.seq {
        return Err(beyond(&checkpoint));
    }
    let found = ask(&app, move |reader| {
        let path = proof::prove_inclusion(size, seq, &nodes(reader))?;
        let (root, leaf) =
            (proof::root(size, &nodes(reader))?, reader.nodes(&[crate::ledger::Frontier::stored_position(seq - 1)]).ok()??[0]);
        Some((path, root, leaf))
    });
    let (path, root, leaf) = found.await?.ok_or_else(|| Failure::internal(&"a hash of the tree is missing"))?;
    Ok(Json(InclusionProof { seq, size, root, leaf, path, checkpoint: checkpoint_of(&checkpoint, size) }))
}

#[derive(Debug, Deserialize)]
pub(super) struct ConsistencyQuery {
    from: u64,
    to: Option<u64>,
}

/// That the tree of the first `from` records is the beginning of the tree of the first `to`, or of the checkpoint in the answer.
#[utoipa::path(get, path = "/v1/proof/consistency", tag = "proofs",
    params(("from" = u64, Query, description = "So many records at first"), ("to" = Option<u64>, Query, description = "So many later, instead of the newest")),
    responses((status = 200, body = ConsistencyProof), (status = 404, body = Problem)))]
pub(super) async fn consistency(State(app): Shared, Query(query): Query<ConsistencyQuery>) -> Result<Json<ConsistencyProof>, Failure> {
    app.catch_up_to(None, query.to.unwrap_or(query.from)).await?;
    let checkpoint = app.tail.checkpoint();
    let (from, to) = (query.from, query.to.unwrap_or(checkpoint.position.seq));
    if from > to || to > checkpoint.position.seq {
        return Err(beyond(&checkpoint));
    }
    let found = ask(&app, move |reader| {
        let roots = (proof::root(from, &nodes(reader))?, proof::root(to, &nodes(reader))?);
        Some((proof::prove_consistency(from, to, &nodes(reader))?, roots))
    });
    let (proof, (from_root, to_root)) = found.await?.ok_or_else(|| Failure::internal(&"a hash of the tree is missing"))?;
    Ok(Json(ConsistencyProof { from, to, from_root, to_root, proof, checkpoint: checkpoint_of(&checkpoint, to) }))
}

fn checkpoint_of(checkpoint: &Checkpoint, size: u64) -> Option<String> {
    (checkpoint.position.seq == size).then(|| checkpoint.note().to_owned())
}

fn beyond(checkpoint: &Checkpoint) -> Failure {
    let why = format!("records are counted from 1, and this log ends at record {}; ask for places within it", checkpoint.position.seq);
    Failure::not_found("no_such_record", why)
}

fn nodes(reader: &dyn LogReader) -> impl Fn(&[u64]) -> Option<Vec<Hash>> + '_ {
    |positions| reader.nodes(positions).ok().flatten()
}

async fn ask<T: Send + 'static>(app: &Arc<App>, question: impl FnOnce(&dyn LogReader) -> T + Send + 'static) -> Result<T, Failure> {
    let reader = app.reader.clone();
    tokio::task::spawn_blocking(move || question(&*reader)).await.map_err(|why| Failure::internal(&why))
}
