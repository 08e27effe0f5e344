//! A log as a whole walk wants it: each record with the hashes that the tree keeps for it.

use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::audit::Row;
use crate::store::LogReader;
use crate::store::StoreError;

/// The records after a place, at most so many, none at the end.
///
/// # Errors
/// When the store cannot be read, or a hash of the tree is missing.
pub fn audit_rows(reader: &dyn LogReader, after: u64, most: usize) -> Result<Vec<Row>, StoreError> {
    let page = reader.page(after, most, usize::MAX)?;
    let Some(last) = page.last().map(|last| last.seq) else { return Ok(Vec::new()) };
    let first = Frontier::stored_position(after);
    let stretch: Vec<u64> = (first..Frontier::stored_position(last)).collect();
    let kept = reader.nodes(&stretch)?;
    let of = |seq: u64| -> Result<Vec<Hash>, StoreError> {
        let (from, to) = (Frontier::stored_position(seq - 1), Frontier::stored_position(seq));
        match &kept {
            Some(kept) => Ok(kept[(from - first) as usize..(to - first) as usize].to_vec()),
            // A stretch that is not whole is looked at record by record.
            None => {
                let found = reader.nodes(&(from..to).collect::<Vec<_>>())?;
                found.ok_or_else(|| StoreError::Malformed(format!("a hash of the tree is missing for record {seq}")))
            }
        }
    };
    let rows = page.into_iter().map(|stored| {
        let kept = of(stored.seq)?;
        let event = stored.event.map(|event| event.as_str().to_owned());
        Ok(Row { seq: stored.seq, header: stored.record.as_str().to_owned(), event, kept })
    });
    rows.collect()
}
