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
    let refused = warroom::replica::open_repaired(desk.config("ana")).map(drop).unwrap_err();
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
    // Opening alone does not see it, so `open_repaired` leaves it; a walk does, and sets the file aside.
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
