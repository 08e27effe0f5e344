//! The audit log of a ServiceNow incident table: one row for each time an incident was saved, with everything as it stood then. What changed from
//! one row to the next becomes events.

mod columns;
mod plan;
mod row;

pub use columns::Columns;
pub use plan::Plan;

/// What its incidents are marked as coming from.
pub const SOURCE: &str = "servicenow-csv";
