//! A whole walk through a log on all cores: records are read on one thread and hashed on others, and put into the tree in order.

use crate::ledger::audit::Bad;
use crate::ledger::audit::Rows;
use crate::ledger::audit::Sound;
use crate::ledger::audit::Walk;
use crate::ledger::audit::examine;
use std::collections::VecDeque;

/// Records that are hashed in one go.
const PIECE_RECORDS: usize = 4096;
/// Pieces that may wait for each other.
const PIECES_AHEAD: usize = 3;

/// Walks a log to its end. `read` answers the records after a place, at most so many of them, none at the end.
///
/// # Errors
/// The first bad record, or why they cannot be read.
pub fn walk<E: From<Bad>>(mut walk: Walk, mut read: impl FnMut(u64, usize) -> Result<Rows, E>) -> Result<Sound, E> {
    std::thread::scope(|scope| {
        let mut ahead = VecDeque::new();
        let mut after = Some(walk.seq());
        while after.is_some() || !ahead.is_empty() {
            if let Some(place) = after.filter(|_| ahead.len() < PIECES_AHEAD) {
                let rows = read(place, PIECE_RECORDS)?;
                after = rows.last().map(|last| last.max(place + 1));
                if after.is_some() {
                    ahead.push_back(scope.spawn(move || {
                        let judged: Vec<_> = rows.iter().map(|row| examine(row.seq, row.header, row.event)).collect();
                        (rows, judged)
                    }));
                }
                continue;
            }
            let Some(piece) = ahead.pop_front() else { continue };
            // A thread that panicked has said so.
            let Ok((rows, judged)) = piece.join() else { return Err(Bad::at(walk.seq() + 1, "it could not be judged").into()) };
            for (row, record) in rows.iter().zip(judged) {
                walk.push(record?, row.kept)?;
            }
        }
        Ok(walk.finish()?)
    })
}
