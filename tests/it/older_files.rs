//! Homes and server databases of every format there ever was, with what people wrote into them, opened by the program of today: everything is there, and
//! the file as it was is kept beside it.

use crate::replica_desk::Desk;
use crate::server::declaration;
use crate::server::entry;
use crate::server::push_body;
use crate::stage::Home;
use crate::stage::Server;
use crate::sync_http::Field;
use crate::sync_http::copy_folder;
use crate::sync_http::settled;
use crate::sync_http::stop;
use rusqlite::Connection;
use std::path::Path;
use warroom::domain::IncidentId;
use warroom::wire::Pushed;

const HOME_FORMATS: [&str; 9] = [
    include_str!("../../src/replica/migrations/0001.sql"),
    include_str!("../../src/replica/migrations/0002.sql"),
    include_str!("../../src/replica/migrations/0003.sql"),
    include_str!("../../src/replica/migrations/0004.sql"),
    include_str!("../../src/replica/migrations/0005.sql"),
    include_str!("../../src/replica/migrations/0006.sql"),
    include_str!("../../src/replica/migrations/0007.sql"),
    include_str!("../../src/replica/migrations/0008.sql"),
    include_str!("../../src/replica/migrations/0009.sql"),
];
const SERVER_FORMATS: [&str; 3] = [
    include_str!("../../src/store/sqlite/migrations/1_log.sql"),
    include_str!("../../src/store/sqlite/migrations/2_proofs.sql"),
    include_str!("../../src/store/sqlite/migrations/3_heads.sql"),
];
const SERVER_APPLICATION: i32 = 0x5752_5356;

/// Whoever goes on writing to an incident.
pub struct Writer {
    token: String,
    incident: IncidentId,
}

impl Writer {
    /// Pushes so many entries of some length.
    pub fn push(&self, server: &Server, count: u64) {
        let words = "The outflow is back to its baseline. ".repeat(60);
        let events: Vec<_> = (0..count).map(|number| entry("ana", self.incident, &format!("{number}. {words}"))).collect();
        push(server, &self.token, &push_body(&events));
    }
}

fn push(server: &Server, token: &str, body: &str) {
    warroom::install_crypto();
    let (url, body) = (format!("{}/v1/events", server.address), body.to_owned());
    let pushed: Pushed = tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let request = reqwest::Client::new().post(url).bearer_auth(token).body(body);
        request.send().await.expect("an answer").json().await.expect("outcomes")
    });
    assert!(pushed.outcomes.iter().all(|outcome| outcome.seq.is_some()));
}

/// A server with so many records of one incident.
pub fn server_with(records: u64) -> (Server, Writer) {
    let server = Server::start();
    let token = server.token("ana", "commander");
    let (incident, declared) = declaration("ana", "Withdrawals suspended");
    push(&server, &token, &push_body(&[declared]));
    let writer = Writer { token, incident };
    writer.push(&server, records - 1);
    (server, writer)
}

/// A home with records of a server, half of `count`, and as many entries that were never sent; and what they say.
pub fn home_with(count: u64) -> (Home, Vec<String>) {
    let (mut field, desk) = (Field::open(), Desk::new());
    let ana = field.join(&desk, "ana");
    let incident = desk.declare(&ana, "Withdrawals suspended");
    let words = "The outflow is back to its baseline. ".repeat(30);
    let texts: Vec<String> = (0..count).map(|number| format!("{number}. {words}")).collect();
    let (sent, kept) = texts.split_at(texts.len() / 2);
    for text in sent {
        desk.log(&ana, incident, text);
    }
    desk.until(&ana, |now| settled(now) && now.position.is_some_and(|position| position.seq == sent.len() as u64 + 1));
    stop(&mut field);
    for text in kept {
        desk.log(&ana, incident, text);
    }
    drop(ana);
    let home = Home::new();
    copy_folder(desk.home(), &home.folder());
    let entries = entries_of(&home);
    assert_eq!(entries.len(), texts.len() + 1);
    (home, entries)
}

/// What is written in the one incident of a home; first, that it was declared.
pub fn entries_of(home: &Home) -> Vec<String> {
    let document = &home.json(&["export", "--format", "json"])[0];
    let entries = document["entries"].as_array().expect("entries");
    entries.iter().map(|entry| entry["text"].as_str().expect("a text").to_owned()).collect()
}

/// A database of an older format, with everything that this one holds and that one has a place for.
fn older(now: &Path, then: &Path, steps: &[&str], application: i32) {
    let older = Connection::open(then).unwrap();
    older.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    steps.iter().for_each(|step| older.execute_batch(step).unwrap());
    older.execute_batch(&format!("PRAGMA application_id = {application}; PRAGMA user_version = {};", steps.len())).unwrap();
    older.execute("ATTACH ?1 AS now", [now.to_str().unwrap()]).unwrap();
    let names = |sql: &str| -> Vec<String> {
        let mut query = older.prepare(sql).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    // Tables that make themselves are made of others, which are copied.
    let tables = names(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE 'CREATE VIRTUAL%'
         AND name IN (SELECT name FROM now.sqlite_schema)",
    );
    for table in tables {
        let columns = names(&format!("SELECT name FROM pragma_table_info('{table}')")).join(", ");
        older
            .execute_batch(&format!("DELETE FROM main.{table}; INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}"))
            .unwrap();
    }
}

/// The same home as a program of that format left it.
pub fn older_home(home: &Home, format: usize) -> Home {
    let then = Home::new();
    copy_folder(&home.folder(), &then.folder());
    let database = then.folder().join("replica.db");
    for tail in ["replica.db", "replica.db-wal", "replica.db-shm"] {
        let _ = std::fs::remove_file(then.folder().join(tail));
    }
    older(&home.folder().join("replica.db"), &database, &HOME_FORMATS[..format], 0);
    then
}

/// A home that was of a format is as it was, with the file of that format beside it.
pub fn check_home(home: &Home, format: usize, entries: &[String]) {
    assert_eq!(entries_of(home), entries, "format {format}");
    home.ok(&["verify"]);
    let aside = home.folder().join(format!("replica.before-format-{}.db", HOME_FORMATS.len()));
    check_aside(&aside, format, entries.len() as i64, "SELECT (SELECT count(*) FROM record) + (SELECT count(*) FROM outbox)");
}

fn check_aside(path: &Path, format: usize, count: i64, sql: &str) {
    assert!(path.exists(), "format {format}: nothing is kept in {}", path.display());
    let aside = Connection::open(path).unwrap();
    let number = |sql: &str| aside.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let sound: String = aside.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).unwrap();
    assert_eq!((sound.as_str(), number("PRAGMA user_version"), number(sql)), ("ok", format as i64, count));
}

/// The same server's home as a program of that format left it.
pub fn older_server(home: &Home, format: usize) -> Home {
    let then = Home::new();
    copy_folder(&home.folder(), &then.folder());
    let database = then.folder().join("server.db");
    for tail in ["server.db", "server.db-wal", "server.db-shm"] {
        let _ = std::fs::remove_file(then.folder().join(tail));
    }
    older(&home.folder().join("server.db"), &database, &SERVER_FORMATS[..format], SERVER_APPLICATION);
    then
}

/// A server of a format starts with all of its log, with the file of that format beside it.
pub fn check_server(home: Home, format: usize, records: u64) {
    let mut server = Server::start_as(home, &["serve", "--listen", "127.0.0.1:0"]);
    let bo = server.home_of("bo", "responder");
    bo.ok(&["sync", "--wait"]);
    assert_eq!(entries_of(&bo).len() as u64, records, "format {format}");
    server.kill();
    let database = server.home().folder().join("server.db");
    server.home().ok(&["verify", database.to_str().unwrap()]);
    let aside = server.home().folder().join(format!("server.db.before-{}", format + 1));
    check_aside(&aside, format, records as i64, "SELECT count(*) FROM record");
}

#[test]
fn a_home_of_every_older_format_opens_with_all_it_holds() {
    let (home, entries) = home_with(30);
    for format in 1..HOME_FORMATS.len() {
        check_home(&older_home(&home, format), format, &entries);
    }
}

/// The format that first had a place for a past that waits to be sent.
const WITH_PAST: usize = 7;
/// More than is made findable in a few pieces.
const PAST: usize = 900;

#[test]
fn a_past_that_waits_is_found_in_a_home_of_every_older_format() {
    let home = Home::new();
    let minute = |at: usize| format!("- 2023-03-07 {:02}:{:02} UTC: the signer stood still\n", at / 60, at % 60);
    let minutes: String = (0..PAST).map(minute).collect();
    let file = home.folder().join("post-mortem.md");
    std::fs::create_dir_all(home.folder()).unwrap();
    std::fs::write(&file, format!("# Signer outage\n\n## Timeline\n\n{minutes}")).unwrap();
    home.ok(&["import", "markdown", file.to_str().unwrap()]);
    let found = |home: &Home| home.json(&["search", "-n", "1000", "stoo"]).len();
    assert_eq!(found(&home), PAST);
    for format in WITH_PAST..HOME_FORMATS.len() {
        let older = older_home(&home, format);
        assert_eq!((found(&older), found(&older)), (PAST, PAST), "format {format}");
    }
}

#[test]
fn a_server_of_every_older_format_starts_with_all_it_holds() {
    let (mut server, _) = server_with(30);
    server.kill();
    for format in 1..SERVER_FORMATS.len() {
        check_server(older_server(server.home(), format), format, 30);
    }
}
