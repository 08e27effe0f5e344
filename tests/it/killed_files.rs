//! Commands that write files, killed at moments nobody chose: what they write is whole or not there, what they read stays as it was, and what
//! they left half done does not pile up. `WARROOM_SEED=7 cargo test killed_files` plays other moments.

use crate::older_files::check_home;
use crate::older_files::check_server;
use crate::older_files::home_with;
use crate::older_files::older_home;
use crate::older_files::older_server;
use crate::older_files::server_with;
use crate::stage::Home;
use crate::stage::Server;
use crate::stage::postgres;
use crate::sync_http::copy_folder;
use crate::toxic::roll;
use rusqlite::Connection;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

const RECORDS: u64 = 300;

/// Kills of one command at moments spread over the time it takes when nobody kills it.
struct Moments {
    dice: u64,
    takes: Duration,
    rounds: u64,
    /// How many came too late.
    done: u64,
}

impl Moments {
    fn of(home: &Home, arguments: &[&str]) -> Self {
        let began = Instant::now();
        home.ok(arguments);
        let rounds = if std::env::var_os("CI").is_some() { 40 } else { 12 };
        let dice = std::env::var("WARROOM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x5eed);
        Self { dice, takes: began.elapsed(), rounds, done: 0 }
    }

    /// Runs it once and kills it; answers whether it was done before.
    fn kill(&mut self, home: &Home, arguments: &[&str]) -> bool {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warroom"));
        command.args(arguments).env_clear().envs(home.environment()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("a command");
        std::thread::sleep(Duration::from_micros(roll(&mut self.dice, self.takes.as_micros() as u64)));
        // An error says that it ended by itself.
        let _ = child.kill();
        let is_done = child.wait().expect("an end").success();
        self.done += u64::from(is_done);
        is_done
    }

    fn check(&self) {
        assert!(self.done < self.rounds, "none of {} was ended before it was done", self.rounds);
    }
}

/// The names in a folder that begin so.
fn named(folder: &Path, begins: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.starts_with(begins));
    names.sort();
    names
}

/// How many records a server's database holds, in which epoch; it must be sound.
fn held(path: &Path) -> (u64, u64) {
    let database = Connection::open(path).unwrap();
    let sound: String = database.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok", "{}", path.display());
    let (size, epoch, count): (i64, i64, i64) = database
        .query_row("SELECT size, epoch, (SELECT count(*) FROM record) FROM meta", [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    assert_eq!(size, count, "{}", path.display());
    (size as u64, epoch as u64)
}

#[test]
fn a_backup_is_whole_or_not_there() {
    let (server, _) = server_with(RECORDS);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let arguments = ["backup", copy.to_str().unwrap()];
    let mut moments = Moments::of(server.home(), &arguments);
    std::fs::remove_file(&copy).unwrap();
    for _ in 0..moments.rounds {
        let is_done = moments.kill(server.home(), &arguments);
        assert!(copy.exists() || !is_done);
        if copy.exists() {
            assert_eq!(held(&copy), (RECORDS, 1));
            std::fs::remove_file(&copy).unwrap();
        }
    }
    moments.check();
    server.home().ok(&arguments);
    assert_eq!((held(&copy), named(folder.path(), "")), ((RECORDS, 1), vec!["copy.db".to_owned()]));
}

#[test]
fn a_document_is_whole_or_not_there() {
    let (server, _) = server_with(RECORDS);
    let bo = server.home_of("bo", "responder");
    bo.ok(&["sync", "--wait"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.json");
    let arguments = ["export", "INC-1", "--format", "json", "-o", path.to_str().unwrap()];
    let mut moments = Moments::of(&bo, &arguments);
    let older = std::fs::read(&path).unwrap();
    let entries = || {
        let text = std::fs::read_to_string(&path).unwrap();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{} bytes: {why}", text.len()));
        read["entries"].as_array().unwrap().len() as u64
    };
    for round in 0..moments.rounds {
        // Every other one in the place of an older document, which stays until the new one is whole.
        let replaces = round % 2 == 1;
        if replaces {
            std::fs::write(&path, &older).unwrap();
        } else {
            let _ = std::fs::remove_file(&path);
        }
        let is_done = moments.kill(&bo, &arguments);
        assert!(path.exists() || !(is_done || replaces));
        assert!(!path.exists() || entries() == RECORDS);
    }
    moments.check();
    // What was left by those that were killed goes, once none of them can be at work any more; what has another name stays.
    std::fs::write(folder.path().join(".record.json.new-12345"), "half").unwrap();
    std::fs::write(folder.path().join(".record.json.new-york"), "a person's").unwrap();
    for name in named(folder.path(), ".record.json.new-") {
        let file = std::fs::File::options().write(true).open(folder.path().join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(120)).unwrap();
    }
    bo.ok(&arguments);
    assert_eq!((entries(), named(folder.path(), "")), (RECORDS, vec![".record.json.new-york".to_owned(), "record.json".into()]));
}

#[test]
fn a_restore_leaves_the_old_log_or_the_new_one() {
    let (mut server, pusher) = server_with(RECORDS);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.db");
    server.home().ok(&["backup", backup.to_str().unwrap()]);
    pusher.push(&server, 20);
    server.kill();
    let arguments = ["restore", backup.to_str().unwrap()];
    let copied = || {
        let home = Home::new();
        copy_folder(&server.home().folder(), &home.folder());
        home
    };
    let mut moments = Moments::of(&copied(), &arguments);
    for round in 0..moments.rounds {
        let home = copied();
        let is_done = moments.kill(&home, &arguments);
        // A server starts on what is there, as on a log that was never touched or was restored, and loses nothing of it.
        let mut started = Server::start_as(home, &["serve", "--listen", "127.0.0.1:0"]);
        started.kill();
        let database = started.home().folder().join("server.db");
        let (size, epoch) = held(&database);
        assert!([(RECORDS + 20, 1), (RECORDS, 2)].contains(&(size, epoch)) && (!is_done || epoch == 2), "round {round}: {size}, {epoch}");
        started.home().ok(&arguments);
        assert_eq!(held(&database).0, RECORDS, "round {round}");
        let left = named(&started.home().folder(), "server.db.restoring");
        assert!(left.is_empty(), "round {round}: {left:?}");
    }
    moments.check();
}

#[test]
fn a_homes_migration_is_done_by_the_next_opening() {
    let (seed, entries) = home_with(RECORDS);
    let arguments = ["list"];
    let mut moments = Moments::of(&older_home(&seed, 1), &arguments);
    for _ in 0..moments.rounds {
        let home = older_home(&seed, 1);
        moments.kill(&home, &arguments);
        check_home(&home, 1, &entries);
        assert!(named(&home.folder(), "replica.before-format-").iter().all(|name| name.ends_with(".db")));
    }
    moments.check();
}

#[test]
fn a_servers_migration_is_done_by_the_next_start() {
    let (mut server, _) = server_with(RECORDS);
    server.kill();
    // Whatever opens the database brings it to the newest version first.
    let arguments = ["token", "list"];
    let mut moments = Moments::of(&older_server(server.home(), 1), &arguments);
    for _ in 0..moments.rounds {
        let home = older_server(server.home(), 1);
        moments.kill(&home, &arguments);
        check_server(home, 1, RECORDS);
    }
    moments.check();
}

#[test]
fn a_log_moved_to_postgres_is_there_whole_or_not_at_all() {
    let Some(cluster) = postgres::shared() else { return };
    let (mut server, _) = server_with(RECORDS);
    server.kill();
    let source = format!("sqlite:{}", server.home().folder().join("server.db").display());
    let mut moments = Moments::of(server.home(), &["migrate-database", &source, &cluster.database()]);
    let target = cluster.database();
    let arguments = ["migrate-database", &source, &target];
    // One that was done takes no other: the last moment is the first at which it was.
    let is_done = (0..moments.rounds).any(|_| moments.kill(server.home(), &arguments));
    if !is_done {
        let told = server.home().run(&arguments);
        // It may have been done and not have said so.
        assert!(told.code == 0 || told.err.contains("holds a log already"), "{told:?}");
    }
    let count = |sql: &str| cluster.sql(&target, sql).trim().to_owned();
    assert_eq!(count("SELECT size FROM warroom.meta"), RECORDS.to_string());
    assert_eq!(count("SELECT count(*) FROM warroom.record"), RECORDS.to_string());
}
