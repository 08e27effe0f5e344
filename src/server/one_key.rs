//! Servers on one database sign with one key: replicas would take two for a forgery, so whoever comes with another is turned away.

use crate::domain::Body;
use crate::domain::IncidentId;
use crate::ledger::Checkpoint;
use crate::ledger::SecretKey;
use crate::ledger::succession;
use crate::server::running::StartError;
use crate::store::Ask;
use crate::store::LogReader;
use crate::store::LogStore;
use crate::store::StoreError;
use crate::store::Write;
use std::path::Path;

/// Checks that the last checkpoint of the log was signed with this key, or with one that it replaced. The first server signs one before
/// there is any record, so that of two that meet a new log at once one is turned away. Call it before the log is folded.
///
/// `next` is the key that is about to follow: the log may say so already. `is_lost` says that the key before is no more.
///
/// # Errors
/// A sentence that says what to do, when another key signed.
pub(super) fn claim(
    store: &mut dyn LogStore,
    key: &SecretKey,
    next: Option<&SecretKey>,
    path: &Path,
    is_lost: bool,
) -> Result<(), StartError> {
    let (reader, mut is_stranger) = (store.reader(), false);
    // Under the lock, so that nobody signs between the look and what follows from it.
    store.append(&Ask::default(), &mut |_, _| Ok(()), &mut |under| {
        let (head, last) = (under.head(), reader.checkpoints()?.pop());
        let notes = successions(&*reader)?;
        let (mine, now) = (key.public(), succession::follow(key.public(), head.log, &notes));
        let keys = [vec![mine, now], succession::before(mine, head.log, &notes)].concat();
        let is_current = now == mine || next.is_some_and(|next| next.public() == now);
        let is_signed = last.as_ref().is_none_or(|note| Checkpoint::open_any(note, &keys).is_ok());
        is_stranger = !(is_current && is_signed || is_lost);
        let is_first = last.is_none() || !is_signed && !is_stranger;
        Ok(if is_first { vec![Write::Checkpoint(Checkpoint::sign(head.position(), key))] } else { Vec::new() })
    })?;
    if is_stranger {
        return Err(StartError::Config(format!(
            "the log in this database is signed with another key than the one in {} ({}), and its servers must share one. Put the key file of a server that runs on it there, or name it with --key-file. If that key is lost, stop every server of it and start this one once with --accept-restored: a new epoch begins, and every replica must be told of the new key",
            path.display(),
            key.public().fingerprint()
        )));
    }
    Ok(())
}

/// What the log says of keys that were replaced.
fn successions(reader: &dyn LogReader) -> Result<Vec<String>, StoreError> {
    let records = reader.incident(IncidentId::ORG)?;
    let events = records.iter().filter_map(|stored| stored.event.as_ref()?.read().ok());
    Ok(events.filter_map(|event| if let Body::KeyReplaced(data) = event.body { Some(data.note) } else { None }).collect())
}
