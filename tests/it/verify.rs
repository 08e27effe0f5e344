//! `warroom verify` over real files: a replica, a server's database, an exported incident; each changed as somebody would who has the disk.

use crate::stage::Home;
use crate::stage::Server;
use crate::witness::forge;
use rusqlite::Connection;
use serde_json::Value;
use std::path::Path;
use std::path::PathBuf;
use warroom::ledger::Frontier;
use warroom::ledger::RecordBytes;
use warroom::ledger::SecretKey;

/// A server with six records, ended in order, and ana's home that has seen all of them signed.
fn stage() -> (Server, Home) {
    let mut server = Server::start();
    let ana = Home::new().with("WARROOM_TOKEN", &server.token("ana", "commander"));
    let told = ana.ok(&["connect", &server.address]);
    assert!(told.contains("signs its record with the key SHA256:"), "{told}");
    ana.ok(&["declare", "Withdrawals suspended"]);
    for words in ["first words", "second words", "third words"] {
        ana.ok(&["log", words]);
    }
    ana.ok(&["status", "investigating"]);
    ana.ok(&["log", "sixth words"]);
    ana.ok(&["sync"]);
    assert_eq!(server.terminate(), Some(0));
    (server, ana)
}

fn database(server: &Server) -> PathBuf {
    server.home().folder().join("server.db")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// The file is found bad, and this is said of it.
fn found(home: &Home, path: Option<&Path>, words: &[&str]) {
    let arguments: Vec<&str> = ["verify"].into_iter().chain(path.map(text)).collect();
    let told = home.fails(6, &arguments);
    assert!(words.iter().all(|word| told.contains(word)), "{words:?}: {told}");
}

/// A copy of a database, changed.
fn changed(home: &Home, from: &Path, sql: &str) -> PathBuf {
    let folder = home.folder().with_file_name(format!("copy-{}", uuid::Uuid::now_v7().simple()));
    std::fs::create_dir_all(&folder).unwrap();
    let to = folder.join(from.file_name().unwrap());
    Connection::open(from).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    std::fs::copy(from, &to).unwrap();
    Connection::open(&to).unwrap().execute_batch(sql).unwrap();
    to
}

#[test]
fn what_is_sound_is_said_to_be() {
    let (server, ana) = stage();
    let here = &ana.json(&["verify"])[0];
    assert_eq!((here["what"].as_str(), here["records"].as_u64(), here["signed"].as_u64()), (Some("replica"), Some(6), Some(6)), "{here}");
    let there = &ana.json(&["verify", text(&database(&server))])[0];
    assert_eq!(
        (there["what"].as_str(), there["records"].as_u64(), there["signed"].as_u64()),
        (Some("database"), Some(6), Some(6)),
        "{there}"
    );
    assert_eq!((there["key_known"].as_bool(), &there["key"]), (Some(true), &here["key"]));
    assert!(ana.ok(&["doctor"]).contains("its signature over 6 records was found true here"));
    let nobody = Home::new();
    assert!(nobody.fails(3, &["verify"]).contains("no log is held here"));
    assert!(nobody.fails(2, &["verify", text(&nobody.file("x.json", "{}"))]).contains("no proof"));
    assert!(nobody.fails(2, &["verify", text(&nobody.file("y", "words"))]).contains("expected what"));
}

#[test]
fn a_changed_server_database_is_named_by_its_first_bad_record() {
    let (server, ana) = stage();
    let path = database(&server);
    let check = |sql: &str, words: &[&str]| found(&ana, Some(&changed(&ana, &path, sql)), words);
    check("UPDATE record SET event = replace(event, 'second', 'other') WHERE seq = 3", &["record 3", "event's bytes"]);
    check("UPDATE record SET header = replace(header, '\"ana\"', '\"eve\"') WHERE seq = 2", &["record 2", "hash that was kept"]);
    check("UPDATE record SET header = 'nonsense' WHERE seq = 4", &["record 4", "cannot be read"]);
    check("DELETE FROM record WHERE seq = 3", &["record 3", "it is missing"]);
    check("UPDATE tree SET hash = zeroblob(32) WHERE position = 2", &["records 1 to 2", "not theirs"]);
    check("DELETE FROM tree WHERE position = 4", &["record 4", "missing"]);
    check("UPDATE meta SET frontier = zeroblob(64)", &["root kept"]);
    check("UPDATE checkpoint SET note = replace(note, '6', '7')", &["not signed by the server's key"]);

    // Whoever makes every hash anew, and takes the signatures away, is found out by what was seen signed elsewhere.
    let fork = changed(&ana, &path, "DELETE FROM checkpoint");
    let folder = fork.parent().unwrap();
    std::fs::rename(&fork, folder.join("log.db")).unwrap();
    std::fs::write(folder.join("log.db.head"), "").unwrap();
    forge(folder, "UPDATE record SET header = replace(header, '\"ana\"', '\"eve\"') WHERE seq = 2");
    found(&ana, Some(&folder.join("log.db")), &["records 1 to 6", "signed with the root"]);
    std::fs::write(folder.join("log.db.head"), "").unwrap();
    forge(folder, "DELETE FROM record WHERE seq > 4");
    found(&ana, Some(&folder.join("log.db")), &["record 5", "missing, with all up to 6"]);
}

#[test]
fn a_server_database_that_was_put_back_is_found_out_by_whoever_saw_more() {
    let mut server = Server::start();
    let ana = server.home_of("ana", "commander");
    ana.ok(&["declare", "Before the copy"]);
    ana.ok(&["sync"]);
    server.terminate();
    let old = changed(&ana, &database(&server), "");
    server.start_again();
    ana.ok(&["log", "after the copy"]);
    ana.ok(&["sync"]);
    found(&ana, Some(&old), &["record 2", "missing"]);
    let stranger = Home::new();
    let told = stranger.ok(&["verify", text(&old)]);
    assert!(told.contains("1 records are as they were written"), "alone it is sound: {told}");
}

#[test]
fn a_changed_replica_is_named_by_its_first_bad_record() {
    let (_server, ana) = stage();
    let path = ana.folder().join("replica.db");
    drop(Connection::open(&path).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"));
    let sound = std::fs::read(&path).unwrap();
    let check = |sql: &str, words: &[&str]| {
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        found(&ana, None, words);
        for tail in ["replica.db-wal", "replica.db-shm"] {
            let _ = std::fs::remove_file(ana.folder().join(tail));
        }
        std::fs::write(&path, &sound).unwrap();
    };
    check("UPDATE record SET event = replace(event, 'second', 'other') WHERE seq = 3", &["record 3", "event's bytes"]);
    check("UPDATE record SET header = replace(header, '\"ana\"', '\"eve\"') WHERE seq = 2", &["record 2", "hash that was kept"]);
    check(
        "UPDATE record SET header = replace(header, '\"ana\"', '\"eve\"'), leaf = NULL WHERE seq = 2",
        &["records 1 to", "signed with the root"],
    );
    check("DELETE FROM record WHERE seq = 3", &["record 3", "it is missing"]);
    check("UPDATE checkpoint SET note = replace(note, '6', '7')", &["not genuine"]);
    // Its end is taken away, and all that is noted about it with it, but not what was signed.
    let mut frontier = Frontier::default();
    let database = Connection::open(&path).unwrap();
    let mut headers = database.prepare("SELECT header FROM record WHERE seq <= 4 ORDER BY seq").unwrap();
    for header in headers.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        frontier.push(RecordBytes::stored(&header.unwrap()).leaf());
    }
    drop(headers);
    database.execute("UPDATE meta SET value = ?1 WHERE name = 'frontier'", [frontier.to_bytes()]).unwrap();
    drop(database);
    let _ = std::fs::remove_file(ana.folder().join("head"));
    check("DELETE FROM record WHERE seq > 4; UPDATE meta SET value = 4 WHERE name = 'seq'", &["record 5", "missing, with all up to 6"]);
}

fn exported(home: &Home) -> (PathBuf, Value) {
    let path = home.file("incident.json", "");
    home.ok(&["export", "--format", "json", "-o", text(&path)]);
    let value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    (path, value)
}

#[test]
fn an_exported_incident_proves_itself_to_who_has_only_the_key() {
    let (server, ana) = stage();
    let (path, value) = exported(&ana);
    let told = &ana.json(&["verify", text(&path)])[0];
    assert_eq!(
        (told["what"].as_str(), told["records"].as_u64(), told["key_known"].as_bool()),
        (Some("export"), Some(6), Some(true)),
        "{told}"
    );

    // A reader without a home, with only the file and the key; however the file was formatted since.
    let auditor = Home::new();
    let pretty = auditor.file("pretty.json", serde_json::to_string_pretty(&value).unwrap());
    let told = auditor.ok(&["verify", text(&pretty)]);
    assert!(told.contains("NOT known here") && told.contains("no record of the incident up to 6 was left out"), "{told}");
    let line = std::fs::read_to_string(server.home().folder().join("server.key")).unwrap();
    let key = SecretKey::from_line(&line).unwrap().public();
    for told in [key.to_string(), key.fingerprint()] {
        assert!(auditor.ok(&["verify", text(&pretty), "--key", &told]).contains("the key known here"));
    }
    assert!(auditor.fails(6, &["verify", text(&pretty), "--key", &"0".repeat(64)]).contains("not the key known"));

    // The same by the specifications alone.
    let proof = &value["proof"];
    let checkpoint = crate::formats::checkpoint(proof["checkpoint"].as_str().unwrap(), &crate::formats::hash(&key.to_string())).unwrap();
    for exhibit in proof["records"].as_array().unwrap() {
        let leaf = crate::formats::leaf(exhibit["record"].as_str().unwrap().as_bytes());
        let path: Vec<_> = exhibit["path"].as_array().unwrap().iter().map(|hash| crate::formats::hash(hash.as_str().unwrap())).collect();
        assert!(crate::formats::is_included(exhibit["seq"].as_u64().unwrap() - 1, leaf, &path, checkpoint.size, checkpoint.root));
    }
}

#[test]
fn a_changed_export_is_named_by_its_first_bad_record() {
    let (_server, ana) = stage();
    let (_, sound) = exported(&ana);
    let check = |change: &dyn Fn(&mut Value), words: &[&str]| {
        let mut value = sound.clone();
        change(&mut value);
        found(&ana, Some(&ana.file("changed.json", value.to_string())), words);
    };
    let replace = |value: &mut Value, from: &str, to: &str| {
        let text = value.as_str().unwrap().replace(from, to);
        *value = text.into();
    };
    check(&|file| replace(&mut file["entries"][2]["text"], "second", "other"), &["record 3", "tells something else"]);
    check(&|file| replace(&mut file["proof"]["records"][2]["event"], "second", "other"), &["record 3", "event's bytes"]);
    check(
        &|file| replace(&mut file["proof"]["records"][1]["record"], "\"ana\"", "\"eve\""),
        &["record 2", "not in the log that was signed"],
    );
    check(&|file| drop(file["entries"].as_array_mut().unwrap().remove(3)), &["record 4", "leaves out"]);
    check(
        &|file| {
            drop(file["entries"].as_array_mut().unwrap().remove(3));
            drop(file["proof"]["records"].as_array_mut().unwrap().remove(3));
        },
        &["record 4", "is missing"],
    );
    check(&|file| drop(file["proof"]["records"].as_array_mut().unwrap().pop()), &["record 6", "no record draws"]);
    check(&|file| file["proof"]["records"].as_array_mut().unwrap().swap(2, 3), &["record"]);
    check(&|file| replace(&mut file["proof"]["checkpoint"], "\n6\n", "\n7\n"), &["not signed by the key"]);
    check(&|file| replace(&mut file["incident"]["title"], "Withdrawals", "Nothing"), &["`title`"]);
    let other = SecretKey::from_seed([3; 32]).public();
    check(&|file| file["proof"]["key"] = other.to_string().into(), &["not the key known for this log"]);
}
