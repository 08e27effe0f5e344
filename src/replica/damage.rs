//! A damaged database is set aside, never deleted; what no server can give back is salvaged from it: the outbox, drafts, and who we are.

use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::replica::database::Database;
use crate::replica::fault::Fault;
use crate::replica::home::Home;
use rusqlite::Connection;
use rusqlite::params_from_iter;
use rusqlite::types::Value;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// The columns of what is salvaged, table by table; the first orders it.
const SALVAGED: &[(&str, &[&str])] = &[
    ("outbox", &["place", "event_id", "incident", "event", "log", "person", "state", "code", "reason", "depends_on", "changed"]),
    ("draft", &["key", "pid", "started", "incident", "body", "kept_at"]),
    ("dismissed", &["event_id"]),
    ("meta", &["name", "value"]),
];
/// Facts about records, which are fetched again.
const OF_RECORDS: &[&str] = &["seq", "frontier", "indexed", "base", "base_frontier", "base_at"];
/// How an SQLite file of ours begins: its magic, 4096-byte pages, WAL, and three constants (the file format, section 1.3).
const BEGINNING: &[u8; 24] = b"SQLite format 3\0\x10\x00\x02\x02\x00\x40\x20\x20";

/// What was saved from a damaged database.
#[derive(Debug)]
pub(super) struct Salvaged {
    pub aside: PathBuf,
    pub events: usize,
    pub drafts: usize,
}

impl Salvaged {
    /// For the person whose home it is.
    pub fn words(&self, why: &str) -> String {
        format!(
            "The database of this home was damaged ({why}) and is set aside as {}. {} unsent events and {} drafts were salvaged from it; the log is fetched again from the server.",
            self.aside.display(),
            self.events,
            self.drafts
        )
    }
}

/// Sets the database of a home aside and makes a new one of what can still be read. Nobody else may have it open.
pub(super) fn repair(home: &Home, now: Timestamp) -> Result<Salvaged, Fault> {
    let aside = home.path(&format!("replica.damaged-{}.db", now.millis()));
    let work = home.path("replica.salvage.db");
    for tail in ["-wal", "-shm", ""] {
        let (from, to) = (with_tail(&home.database(), tail), with_tail(&aside, tail));
        if from.exists() {
            std::fs::rename(&from, &to).map_err(|why| told(&from, &why))?;
            // What is set aside stays as it was: reading it happens on a copy.
            std::fs::copy(&to, with_tail(&work, tail)).map_err(|why| told(&work, &why))?;
        }
    }
    // What it says is of the file that is set aside.
    let _ = std::fs::remove_file(home.path("head"));
    let mut salvaged = Salvaged { aside, events: 0, drafts: 0 };
    let mut database = Database::open(home)?;
    let rows = read_all(&work);
    database.begin()?;
    let written = write_all(&database, &rows, &mut salvaged);
    database.finish(written)?;
    for tail in ["-wal", "-shm", ""] {
        // A copy that cannot be removed does no harm.
        let _ = std::fs::remove_file(with_tail(&work, tail));
    }
    Ok(salvaged)
}

type Rows = Vec<(&'static str, &'static [&'static str], Vec<Vec<Value>>)>;

fn read_all(file: &Path) -> Rows {
    let mut rows = read_tables(file);
    if rows.iter().all(|(.., rows)| rows.is_empty()) && mend_beginning(file).is_ok() {
        rows = read_tables(file);
    }
    rows
}

fn read_tables(file: &Path) -> Rows {
    let Ok(connection) = Connection::open(file) else { return Vec::new() };
    SALVAGED.iter().map(|(table, columns)| (*table, *columns, read_table(&connection, table, columns))).collect()
}

/// Every row that can be read: from the front up to the damage, then from the back.
fn read_table(connection: &Connection, table: &str, columns: &[&str]) -> Vec<Vec<Value>> {
    let read = |order: &str| -> Vec<Vec<Value>> {
        let query = format!("SELECT {} FROM {table} ORDER BY {} {order}", columns.join(", "), columns[0]);
        let Ok(mut statement) = connection.prepare(&query) else { return Vec::new() };
        let Ok(mut rows) = statement.query([]) else { return Vec::new() };
        let mut read = Vec::new();
        while let Ok(Some(row)) = rows.next() {
            read.extend((0..columns.len()).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>());
        }
        read
    };
    let mut rows = read("ASC");
    let behind = read("DESC").into_iter().rev().filter(|row| !rows.contains(row)).collect::<Vec<_>>();
    rows.extend(behind);
    rows
}

/// The first bytes of every database of ours are the same: a flipped bit there need not cost the rest.
fn mend_beginning(file: &Path) -> std::io::Result<()> {
    OpenOptions::new().write(true).open(file)?.write_all(BEGINNING)
}

fn write_all(database: &Database, rows: &Rows, salvaged: &mut Salvaged) -> Result<(), Fault> {
    for (table, columns, rows) in rows {
        let marks = vec!["?"; columns.len()].join(", ");
        let insert = format!("INSERT OR IGNORE INTO {table} ({}) VALUES ({marks})", columns.join(", "));
        let mut insert = database.sql().prepare(&insert)?;
        for row in rows.iter().filter(|row| is_sound(table, row)) {
            // A row that breaks a rule of its table is of the damage.
            let put = insert.execute(params_from_iter(row)).unwrap_or(0);
            match *table {
                "outbox" => salvaged.events += put,
                "draft" => salvaged.drafts += put,
                _ => {}
            }
        }
    }
    Ok(())
}

fn is_sound(table: &str, row: &[Value]) -> bool {
    match (table, row.first()) {
        ("outbox", _) => matches!(&row[3], Value::Text(event) if EventBytes::take(event.as_bytes()).is_ok()),
        ("meta", Some(Value::Text(name))) => !OF_RECORDS.contains(&name.as_str()),
        ("meta", _) => false,
        _ => true,
    }
}

fn with_tail(path: &Path, tail: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(tail);
    name.into()
}

fn told(path: &Path, why: &std::io::Error) -> Fault {
    Fault::Home { path: path.to_owned(), why: why.to_string() }
}
