//! `warroom import servicenow-csv`.

use crate::cli::failure::Failure;
use crate::cli::import::all_there;
use crate::cli::import::batch::Batch;
use crate::cli::import::rows::Rows;
use crate::cli::session::Session;
use crate::import::servicenow::Columns;
use crate::import::servicenow::Plan;
use chrono_tz::Tz;
use clap::Args;
use csv::ByteRecord;
use std::path::Path;
use std::path::PathBuf;

/// The audit log of a ServiceNow incident table, as CSV.
///
/// One row for each time an incident was saved.
#[derive(Args, Debug)]
pub struct ServicenowCsv {
    /// The logs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The zone of the times in them, such as Europe/Berlin: the log names none
    #[arg(long, value_name = "ZONE", default_value_t = Tz::UTC)]
    zone: Tz,
}

impl ServicenowCsv {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        all_there(&self.files)?;
        let mut batch = Batch::begin(session, Some(self.zone))?;
        for path in &self.files {
            batch.file(path);
            read(path, self.zone, &mut batch).map_err(|why| batch.stopped(why))?;
        }
        batch.end()
    }
}

fn read(path: &Path, zone: Tz, batch: &mut Batch<'_>) -> Result<(), Failure> {
    let (mut rows, mut record) = (Rows::open(path)?, ByteRecord::new());
    rows.next(&mut record)?;
    let columns = Columns::read(&record).map_err(|why| Failure::Usage(format!("{} is no ServiceNow audit log: {why}", path.display())))?;
    let fields = columns.fields();
    let mut plan = Plan::new(columns, zone);
    while rows.next(&mut record)? {
        let line = record.position().map_or(0, csv::Position::line);
        batch.rows += 1;
        let past = match rows.open_quote(&record, fields)? {
            Some(why) => plan.leave(line, &record, why.into()),
            None => plan.row(line, &record),
        };
        batch.find(plan.findings());
        past.map_or(Ok(()), |past| batch.take(past))?;
    }
    plan.end().map_or(Ok(()), |past| batch.take(past))
}
