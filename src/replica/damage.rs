//! A damaged database is set aside, never deleted; what no server can give back is salvaged from it: the outbox, drafts, and who we are.

use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::replica::database::Database;
use crate::replica::fault::Fault;
use crate::replica::home::Home;
use rusqlite::Connection;
use rusqlite::params_from_iter;
use rusqlite::types::Value;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// The columns of what is salvaged, table by table; the first orders it.
const SALVAGED: &[(&str, &[&str])] = &[
    ("outbox", &["place", "event_id", "incident", "event", "log", "person", "state", "code", "reason", "depends_on", "changed", "sha256"]),
    ("past", &["place", "event_id", "incident", "event", "sha256"]),
    ("draft", &["key", "pid", "started", "incident", "body", "kept_at"]),
    ("dismissed", &["event_id"]),
    ("meta", &["name", "value"]),
];
/// Of these, columns of text that are taken as they stand.
const WORDS: &[&str] = &["event", "person", "state", "code", "reason", "sha256"];
/// Facts about records, which are fetched again.
const OF_RECORDS: &[&str] = &["seq", "frontier", "indexed", "past_indexed", "base", "base_frontier", "base_at"];
/// How an SQLite file of ours begins: its magic, 4096-byte pages, WAL, and three constants (the file format, section 1.3).
const BEGINNING: &[u8; 24] = b"SQLite format 3\0\x10\x00\x02\x02\x00\x40\x20\x20";

/// Where a repair works; what is there is of no use to anybody else.
const WORK: &str = "mending";
/// How the name of a finished database begins that is not in its place yet.
const MENDED: &str = "replica.mended-";
/// The files of a database. Its side files go first: without them it is noticed to be damaged, and with another's it would be.
const TAILS: [&str; 3] = ["-wal", "-shm", ""];

/// What was saved from a damaged database.
struct Salvaged {
    aside: PathBuf,
    events: usize,
    drafts: usize,
}

impl Salvaged {
    /// For the person whose home it is.
    fn words(&self, why: &str) -> String {
        format!(
            "The database of this home was damaged ({why}) and is set aside as {}. {} unsent events and {} drafts were salvaged from it; the log is fetched again from the server.",
            self.aside.display(),
            self.events,
            self.drafts
        )
    }
}

/// Makes a new database of what can still be read of a home's, and puts it in its place; the old one is set aside. Nobody else may have it open.
/// Ended at any moment, or by a full disk, it has changed nothing or is finished by the next opening.
pub(super) fn repair(home: &Home, why: &str, now: Timestamp) -> Result<(), Fault> {
    let work = home.path(WORK);
    let told = |why: std::io::Error| Fault::Home { path: work.clone(), why: why.to_string() };
    // What an earlier try left, if it left anything.
    let _ = std::fs::remove_dir_all(&work);
    let work_home = Home::prepare(&work)?;
    // What is damaged stays as it was: reading it happens on a copy.
    let copy = work.join("damaged.db");
    for tail in TAILS.iter().filter(|tail| with_tail(&home.database(), tail).exists()) {
        std::fs::copy(with_tail(&home.database(), tail), with_tail(&copy, tail)).map_err(told)?;
    }
    let rows = read_all(&copy);
    let stamp = now.millis();
    let mut salvaged = Salvaged { aside: aside(home, stamp), events: 0, drafts: 0 };
    let mut database = Database::open(&work_home)?;
    database.begin()?;
    let written = write_all(&database, &rows, &mut salvaged).and_then(|()| database.keep_fact("alarm", salvaged.words(why)));
    database.finish(written)?;
    // One file from now on: its -wal goes with its last connection.
    database.close()?;
    std::fs::rename(work_home.database(), home.path(&format!("{MENDED}{stamp}.db"))).and_then(|()| sync(home)).map_err(told)?;
    finish_repair(home)?;
    // A copy that cannot be removed does no harm.
    let _ = std::fs::remove_dir_all(&work);
    Ok(())
}

/// Whether a repair was begun that ended before it was done.
pub(super) fn is_unfinished(home: &Home) -> bool {
    mended(home).is_some()
}

/// Puts the new database of a repair into its place, if there is one. Nobody else may have it open.
pub(super) fn finish_repair(home: &Home) -> Result<(), Fault> {
    let Some((mended, stamp)) = mended(home) else { return Ok(()) };
    let aside = aside(home, stamp);
    for tail in TAILS {
        let (from, to) = (with_tail(&home.database(), tail), with_tail(&aside, tail));
        if from.exists() {
            std::fs::rename(&from, &to).map_err(|why| told(&from, &why))?;
        }
    }
    // What it says is of the file that is set aside.
    let _ = std::fs::remove_file(home.path("head"));
    let placed = std::fs::rename(&mended, home.database()).and_then(|()| sync(home));
    placed.map_err(|why| told(&mended, &why))
}

/// The finished database of a repair that is not in its place yet, and when that began.
fn mended(home: &Home) -> Option<(PathBuf, i64)> {
    std::fs::read_dir(home.path("")).ok()?.flatten().find_map(|entry| {
        let stamp = entry.file_name().to_str()?.strip_prefix(MENDED)?.strip_suffix(".db")?.parse().ok()?;
        Some((entry.path(), stamp))
    })
}

fn aside(home: &Home, stamp: i64) -> PathBuf {
    home.path(&format!("replica.damaged-{stamp}.db"))
}

/// Names are durable only once their folder is.
fn sync(home: &Home) -> std::io::Result<()> {
    File::open(home.path(""))?.sync_all()
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
    let has = |column: &str| connection.prepare(&format!("SELECT {column} FROM {table}")).is_ok();
    let asked = columns.iter().map(|column| match *column {
        // A format before this one.
        "sha256" if !has("sha256") => "NULL".to_owned(),
        // Words with a bit turned over may be no text any more.
        column if WORDS.contains(&column) => format!("CAST({column} AS BLOB)"),
        column => column.to_owned(),
    });
    let asked = asked.collect::<Vec<_>>().join(", ");
    let read = |order: &str| -> Vec<Vec<Value>> {
        let query = format!("SELECT {asked} FROM {table} ORDER BY {} {order}", columns[0]);
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
        let marks =
            columns.iter().map(|column| if WORDS.contains(column) { "CAST(? AS TEXT)" } else { "?" }).collect::<Vec<_>>().join(", ");
        let insert = format!("INSERT OR IGNORE INTO {table} ({}) VALUES ({marks})", columns.join(", "));
        let mut insert = database.sql().prepare(&insert)?;
        for row in rows.iter().filter(|row| is_sound(table, row)) {
            // A row that breaks a rule of its table is of the damage.
            let put = insert.execute(params_from_iter(row)).unwrap_or(0);
            match *table {
                "outbox" | "past" => salvaged.events += put,
                "draft" => salvaged.drafts += put,
                _ => {}
            }
        }
    }
    database.hash_waiting()?;
    database.recount_past()
}

fn is_sound(table: &str, row: &[Value]) -> bool {
    match (table, row.first()) {
        // What waits in the outbox is shown though it is not as it was written; what is told of a past can be told again.
        ("past", _) => {
            matches!((&row[3], &row[4]), (Value::Text(event), Value::Text(sha256)) if EventBytes::stored(event).sha256_hex() == *sha256)
        }
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
