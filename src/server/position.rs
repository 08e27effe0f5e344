//! Where a reader says it stands, and whether that is a place in this log's history.

use crate::domain::LogId;
use crate::ledger::Hash;
use crate::server::failure::Failure;
use crate::server::state::App;
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;

/// `after`, and what proves that it is this log's.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Place {
    /// The last record the reader has.
    #[serde(default)]
    pub(super) after: u64,
    #[serde(default)]
    pub(super) log: Option<LogId>,
    #[serde(default)]
    pub(super) epoch: Option<u64>,
    #[serde(default)]
    pub(super) root: Option<Hash>,
}

/// Why a place is not in this log's history, in words; `None` when it is.
pub(super) async fn strange(app: &Arc<App>, place: Place) -> Result<Option<String>, Failure> {
    app.catch_up_to(place.epoch, place.after).await?;
    let here = app.tail.position();
    if let Some(log) = place.log.filter(|log| *log != here.log) {
        return Ok(Some(format!("this is log {}, not {log}; a replica belongs to one log", here.log)));
    }
    if let Some(epoch) = place.epoch.filter(|epoch| *epoch != here.epoch) {
        return Ok(Some(format!("this log is in epoch {}, not {epoch}: it was restored; check what you hold against it", here.epoch)));
    }
    if place.after > here.seq {
        return Ok(Some(format!("this log ends at record {}, before {}; check what you hold against it", here.seq, place.after)));
    }
    let Some(root) = place.root else { return Ok(None) };
    let known = if place.after == here.seq {
        Some(here.root)
    } else {
        let reader = app.reader.clone();
        tokio::task::spawn_blocking(move || reader.root_at(place.after)).await.map_err(|why| Failure::internal(&why))??
    };
    if known == Some(root) {
        return Ok(None);
    }
    Ok(Some(format!("record {} of this log does not have the root {root}; what you hold is of another history", place.after)))
}

/// The same as an answer.
pub(super) fn resync(why: String) -> Failure {
    Failure::new(StatusCode::CONFLICT, "resync", why)
}
