//! A log as a whole walk wants it: each record with the hashes that the tree keeps for it.

use crate::ledger::Frontier;
use crate::ledger::audit::Rows;
use crate::store::LogReader;
use crate::store::StoreError;

/// The records after a place, at most so many, none at the end.
///
/// # Errors
/// When the store cannot be read, or a hash of the tree is missing.
pub fn audit_rows(reader: &dyn LogReader, after: u64, most: usize) -> Result<Rows, StoreError> {
    let mut rows = Rows::default();
    reader.each(after, most, &mut |seq, header, event| rows.push(seq, header, event))?;
    let places = rows.places();
    let Some(last) = places.last() else { return Ok(rows) };
    let first = Frontier::stored_position(after);
    let stretch: Vec<u64> = (first..Frontier::stored_position(*last)).collect();
    let kept = reader.nodes(&stretch)?;
    for seq in places {
        let (from, to) = (Frontier::stored_position(seq - 1), Frontier::stored_position(seq));
        if let Some(kept) = &kept {
            rows.keep(&kept[(from - first) as usize..(to - first) as usize]);
        } else {
            // A stretch that is not whole is looked at record by record.
            let found = reader.nodes(&(from..to).collect::<Vec<_>>())?;
            rows.keep(&found.ok_or_else(|| StoreError::Malformed(format!("a hash of the tree is missing for record {seq}")))?);
        }
    }
    Ok(rows)
}
