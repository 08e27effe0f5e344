//! Reads the whole log once after a start, behind everything else: a start trusts the heads that were kept, and what changed on the disk
//! under them must be noticed all the same.

use crate::ledger::audit::examine;
use crate::server::health::Health;
use crate::store::LogReader;
use crate::store::StoreError;
use crate::store::Stored;
use std::time::Duration;
use tokio::sync::watch;

const PAGE_RECORDS: usize = 1000;
const PAGE_BYTES: usize = 8 * 1024 * 1024;
/// Between two pages; with it a million records take about ten seconds, and nobody waits for the disk because of it.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks at every record up to `last`: its place, and its event against the hash in its header. What is not as it was written ends all
/// writing, and readiness says why.
pub(super) fn run(reader: &dyn LogReader, health: &Health, stopping: &watch::Receiver<bool>, last: u64) {
    let mut seq = 0;
    while seq < last && !*stopping.borrow() {
        match page(reader, seq) {
            Ok(Some(end)) => seq = end,
            Ok(None) => return health.fails(format!("damaged (record {} is missing)", seq + 1), true),
            // What cannot be read now says nothing of what is there.
            Err(why) if why.is_passing() => return,
            Err(why) => return health.fails(why.to_string(), true),
        }
        std::thread::sleep(PAUSE);
    }
}

/// The last of the records after a place, once all of them are as they were written.
fn page(reader: &dyn LogReader, after: u64) -> Result<Option<u64>, StoreError> {
    let page = reader.page(after, PAGE_RECORDS, PAGE_BYTES)?;
    for (Stored { seq, record, event, .. }, place) in page.iter().zip(after + 1..) {
        let read =
            if *seq == place { examine(*seq, record.as_str(), event.as_ref().map(|event| event.as_str())) } else { return Ok(None) };
        read.map_err(|bad| StoreError::Malformed(bad.to_string()))?;
    }
    Ok(page.last().map(|last| last.seq))
}
