//! Sources whose words may come out of order say when they said them. That an alert has ended is remembered, so that one which is heard of only
//! afterwards stands as it would in order: it fired, and it ended.

use crate::domain::Principal;
use crate::domain::Timestamp;
use crate::ledger::Hash;
use crate::server::batch::Batch;
use crate::server::intake::Carried;
use crate::server::intake::Done;
use crate::server::intake::Observed;
use crate::server::intake::Report;
use crate::server::intake::carry_out;
use crate::server::job;
use crate::store::Answer;
use crate::store::AnswerKey;
use crate::store::StoreError;

/// An alert that ends more often before anybody heard that it fires is not looked after any further.
const ENDS_MAX: u32 = 32;

/// Remembers what ended, and ends what is known to have ended after its source said that it fires.
pub(super) fn settle(batch: &mut Batch<'_>, principal: &Principal, report: &Report, done: &mut Done) -> Carried {
    let mut over = Vec::new();
    for observed in &report.alerts {
        let Some(said_at) = observed.said_at else { continue };
        if !observed.firing {
            remember(batch, &report.source.integration, &observed.key, said_at)?;
        } else if let Some(ended_at) = last_end(batch, &report.source.integration, &observed.key)?.filter(|ended_at| *ended_at >= said_at) {
            over.push(Observed { firing: false, ends_at: Some(ended_at), said_at: Some(ended_at), ..observed.clone() });
        }
    }
    if over.is_empty() { Ok(Ok(())) } else { carry_out(batch, principal, &Report { alerts: over, ..report.clone() }, done) }
}

fn place(integration: &str, key: &str, number: u32) -> AnswerKey {
    AnswerKey { person: job::server().person, route: format!("{integration} ended"), key: format!("{number} {key}") }
}

fn ends(batch: &Batch<'_>, integration: &str, key: &str) -> Result<Vec<Timestamp>, StoreError> {
    let mut ends = Vec::new();
    for number in 0..ENDS_MAX {
        let Some(kept) = batch.answered(&place(integration, key, number))? else { break };
        ends.push(Timestamp::from_millis(kept.body.parse().unwrap_or_default()));
    }
    Ok(ends)
}

fn last_end(batch: &Batch<'_>, integration: &str, key: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(ends(batch, integration, key)?.into_iter().max())
}

fn remember(batch: &mut Batch<'_>, integration: &str, key: &str, ended_at: Timestamp) -> Result<(), StoreError> {
    let ends = ends(batch, integration, key)?;
    if ends.iter().all(|known| *known < ended_at) && ends.len() < ENDS_MAX as usize {
        let answer = Answer { request: Hash([0; 32]), status: 200, body: ended_at.millis().to_string() };
        batch.remember(place(integration, key, ends.len() as u32), answer);
    }
    Ok(())
}
