//! A database that is not what was written: noticed, set aside, and what no server can give back is saved from it.

use crate::replica_desk::Desk;
use crate::sync_http::Field;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::time::Duration;
use warroom::domain::IncidentId;
use warroom::domain::Scope;
use warroom::replica::Fault;
use warroom::replica::Mend;
use warroom::replica::Replica;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;

/// Writes over a stretch of the database.
fn scratch(desk: &Desk, at: u64, length: usize) {
    let file = OpenOptions::new().write(true).open(desk.home().join("replica.db")).unwrap();
    file.write_all_at(&vec![0xA5; length], at).unwrap();
}

fn aside(desk: &Desk) -> usize {
    let names = std::fs::read_dir(desk.home()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("replica.damaged-") && name.ends_with(".db")).count()
}

/// A home with an incident, an unsent entry and a draft, closed again.
fn written(desk: &Desk) -> IncidentId {
    let replica = desk.open("ana");
    let incident = desk.declare(&replica, "Withdrawals suspended");
    desk.log(&replica, incident, "never sent");
    let body = "half a sen".to_owned();
    replica.ask(Request::KeepDraft { key: "write".into(), incident: Some(incident), body });
    incident
}

fn check_salvaged(replica: &Replica, desk: &Desk, incident: IncidentId) {
    let snapshot = desk.until(replica, |now| now.board.get(incident).is_some_and(|held| held.timeline.len() == 2));
    assert_eq!((snapshot.unsent_total, snapshot.drafts[0].body.as_str()), (2, "half a sen"));
    let alarm = snapshot.alarm.as_deref().unwrap();
    assert!(alarm.contains("2 unsent events and 1 drafts were salvaged"), "{alarm}");
    assert_eq!(aside(desk), 1);
}

#[test]
fn a_damaged_beginning_is_mended_on_a_copy() {
    let desk = Desk::new();
    let incident = written(&desk);
    scratch(&desk, 0, 16);
    let refused = warroom::replica::open(desk.config("ana")).map(drop).unwrap_err();
    assert!(refused.is_damage() && refused.to_string().contains("doctor --repair"), "{refused}");
    let replica = desk.mend("ana");
    check_salvaged(&replica, &desk, incident);
    replica.ask(Request::DismissAlarm);
    drop(replica);
    let replica = desk.open("ana");
    assert_eq!((replica.snapshot().alarm.clone(), aside(&desk)), (None, 1));
}

#[test]
fn nobody_sets_aside_what_another_has_open() {
    let desk = Desk::new();
    written(&desk);
    let first = desk.open("ana");
    scratch(&desk, 0, 16);
    let refused = desk.try_mend("ana").map(drop).unwrap_err();
    assert!(matches!(&refused, Fault::Damaged(why) if why.contains("end that one first")), "{refused}");
    assert_eq!(aside(&desk), 0);
    drop(first);
}

#[test]
fn records_are_fetched_again_and_a_flipped_bit_is_found_by_a_walk() {
    let field = Field::open();
    let desk = Desk::new();
    let replica = desk.open("ana");
    let incident = desk.declare(&replica, "Withdrawals suspended");
    for n in 0..20 {
        desk.log(&replica, incident, &format!("entry {n}"));
    }
    let remote = field.remote("ana", Scope::Commander);
    assert_eq!(replica.exchange_once(&remote, Duration::from_secs(10)).unwrap().waiting, 0);
    assert_eq!(replica.verify().unwrap().records, 21);
    desk.log(&replica, incident, "never sent");
    drop(replica);
    let connection = rusqlite::Connection::open(desk.home().join("replica.db")).unwrap();
    connection.execute("UPDATE record SET event = replace(event, 'entry 7', 'entry 8') WHERE event LIKE '%entry 7%'", []).unwrap();
    drop(connection);
    let replica = desk.open("ana");
    let found = replica.verify().unwrap_err().to_string();
    assert!(found.contains("record 9: the event's bytes are not those of its hash"), "{found}");
    drop(replica);
    // Opening alone does not see it, and mends nothing; a walk does, and sets the file aside.
    drop(desk.mend("ana"));
    assert_eq!(aside(&desk), 0);
    let replica = warroom::replica::open_mending(desk.config("ana"), Mend::WhatIsNotAsWritten).unwrap();
    assert!(replica.snapshot().alarm.as_deref().unwrap().contains("record 9: the event's bytes are not those of its hash"));
    assert_eq!((aside(&desk), replica.snapshot().unsent_total), (1, 1));
    drop(replica);
    let back = std::fs::read_dir(desk.home()).unwrap().map(|entry| entry.unwrap().path());
    let back = back.filter(|path| path.to_string_lossy().contains("replica.damaged-")).collect::<Vec<_>>();
    for path in back {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let tail = name.rsplit_once(".db").unwrap().1.to_owned();
        std::fs::rename(&path, desk.home().join(format!("replica.db{tail}"))).unwrap();
    }
    // A record that is gone is noticed at once; the log is fetched again, the outbox is not lost.
    let connection = rusqlite::Connection::open(desk.home().join("replica.db")).unwrap();
    connection.execute("DELETE FROM record WHERE seq = 21", []).unwrap();
    drop(connection);
    let replica = desk.mend("ana");
    assert!(replica.snapshot().alarm.as_deref().unwrap().contains("1 unsent events"));
    let done = replica.exchange_once(&remote, Duration::from_secs(10)).unwrap();
    assert_eq!((done.sent, done.waiting, done.received, done.trouble), (1, 0, 22, None));
    assert_eq!(replica.verify().unwrap().records, 22);
    assert_eq!(replica.snapshot().board.get(incident).unwrap().timeline.len(), 22);
}

#[test]
fn a_removed_wal_is_said() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    let incident = desk.declare(&replica, "Before");
    // What a checkpoint has moved into the file stays; what only the -wal file holds goes with it.
    rusqlite::Connection::open(desk.home().join("replica.db")).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    desk.log(&replica, incident, "after");
    let older = std::fs::read(desk.home().join("replica.db")).unwrap();
    drop(replica);
    std::fs::write(desk.home().join("replica.db"), older).unwrap();
    for tail in ["replica.db-wal", "replica.db-shm"] {
        let _ = std::fs::remove_file(desk.home().join(tail));
    }
    let replica = desk.open("ana");
    let snapshot = replica.snapshot();
    let alarm = snapshot.alarm.as_deref().unwrap();
    assert!(alarm.contains("older than what was last written here") && alarm.contains("1 changes of the outbox"), "{alarm}");
}

/// Changes bytes of what waits on the disk, as a disk does by itself.
fn turn(desk: &Desk, from: &str, to: &[u8]) {
    let connection = rusqlite::Connection::open(desk.home().join("replica.db")).unwrap();
    let (place, event): (i64, String) = connection
        .query_row("SELECT place, event FROM outbox WHERE event LIKE ?1", [format!("%{from}%")], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let at = event.find(from).unwrap();
    let mut bytes = event.into_bytes();
    bytes[at..at + from.len()].copy_from_slice(to);
    connection.execute("UPDATE outbox SET event = CAST(?2 AS TEXT) WHERE place = ?1", rusqlite::params![place, bytes]).unwrap();
}

#[test]
fn an_unsent_event_that_is_not_as_it_was_written_is_kept_and_never_sent() {
    let field = Field::open();
    let desk = Desk::new();
    let replica = desk.open("ana");
    let incident = desk.declare(&replica, "Withdrawals suspended");
    let events: Vec<_> = ["first", "second", "third", "fourth"].iter().map(|words| desk.log(&replica, incident, words)).collect();
    let amend = warroom::domain::Command::reword(events[1], "second, reworded", "corrected");
    let amends = desk.done(&replica, incident, amend).0;
    drop(replica);
    turn(&desk, "\"text\":\"second\"", b"\"text\":\"secone\"");
    turn(&desk, "\"third\"", b"{third\"");
    turn(&desk, "fourth", b"four\xf4h");
    let bytes_of = || {
        let connection = rusqlite::Connection::open(desk.home().join("replica.db")).unwrap();
        let mut query = connection.prepare("SELECT CAST(event AS BLOB) FROM outbox ORDER BY event_id").unwrap();
        query.query_map([], |row| row.get(0)).unwrap().collect::<Result<Vec<Vec<u8>>, _>>().unwrap()
    };
    let before = bytes_of();
    let damaged = &events[1..4];

    let replica = desk.open("ana");
    let remote = field.remote("ana", Scope::Commander);
    let me = warroom::replica::greet(&remote).unwrap();
    replica.claim(me, Default::default()).unwrap();
    let done = replica.exchange_once(&remote, Duration::from_secs(10)).unwrap();
    assert_eq!((done.sent, done.refused, done.waiting, done.trouble), (2, 0, 0, None), "the declaration and the first");
    let snapshot = replica.snapshot();
    let shown = |event| snapshot.parked.iter().find(|parked| parked.event == event).unwrap();
    for (event, words) in damaged.iter().zip(["secone", "{third", "four\u{fffd}h"]) {
        let parked = shown(*event);
        assert_eq!((parked.code.as_str(), parked.incident), ("damaged", incident));
        assert!(parked.text.as_ref().unwrap().contains(words) && parked.reason.contains("never sent"), "{parked:?}");
        assert!(matches!(replica.ask(Request::RetryParked(*event)), Answer::Refused(why) if why.code == "damaged"));
    }
    assert_eq!(shown(amends).behind, Some(events[1]), "what needs it waits behind it");
    assert_eq!(replica.verify().unwrap().damaged, damaged);
    drop(replica);
    assert_eq!(bytes_of(), before[2..], "only what the log holds now has left");

    // Setting the file aside keeps them, too.
    scratch(&desk, 0, 16);
    let replica = desk.mend("ana");
    assert_eq!(replica.snapshot().parked.len(), 4);
    replica.exchange_once(&remote, Duration::from_secs(10)).unwrap();
    assert_eq!(replica.verify().unwrap().damaged, damaged);
    drop(replica);
    assert_eq!(bytes_of(), before[2..]);
    assert_eq!(field.log().len(), 2);
}

#[test]
fn doctor_and_verify_name_an_unsent_event_that_is_not_as_it_was_written() {
    let server = crate::stage::Server::start();
    let ana = server.home_of("ana", "commander");
    ana.ok(&["declare", "one", "--no-wait"]);
    ana.ok(&["log", "two", "--no-wait"]);
    let connection = rusqlite::Connection::open(ana.folder().join("replica.db")).unwrap();
    connection.execute("UPDATE outbox SET event = replace(event, '\"two\"', '\"twp\"')", []).unwrap();
    let id: Vec<u8> = connection.query_row("SELECT event_id FROM outbox WHERE event LIKE '%twp%'", [], |row| row.get(0)).unwrap();
    let id = uuid::Uuid::from_slice(&id).unwrap().to_string();
    drop(connection);
    ana.ok(&["sync"]);
    assert!(server.viewer().ok(&["list"]).contains("one"), "the rest is sent");
    let doctor = ana.run(&["doctor"]);
    assert!(
        doctor.code == 6 && doctor.out.contains("PROBLEM") && doctor.out.contains(&id) && doctor.out.contains("never sent"),
        "{doctor:?}"
    );
    let verify = ana.run(&["verify", "--json"]);
    assert!(verify.code == 6 && verify.err.contains(&id), "{verify:?}");
    let found: serde_json::Value = serde_json::from_str(&verify.out).unwrap();
    assert_eq!(found["damaged"], serde_json::json!([id]));
    assert!(!server.viewer().ok(&["show", "INC-1"]).contains("note:"));
}
