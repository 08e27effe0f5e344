//! Every replica is a witness: what a server signed before is held against what it shows later, and one that changed its past is sent nothing.

use crate::replica_desk::Desk;
use crate::sync_http::Field;
use crate::sync_http::copy_folder;
use crate::sync_http::settled;
use crate::sync_http::start_again;
use crate::sync_http::stop;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use warroom::domain::IncidentId;
use warroom::ledger::Frontier;
use warroom::ledger::RecordBytes;
use warroom::ledger::SecretKey;
use warroom::replica::Replica;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Link;
use warroom::replica::snapshot::Snapshot;

/// Changes a server's log as somebody would who has its disk: the records as `change` says, and every hash over them made anew.
pub fn forge(folder: &Path, change: &str) {
    let database = Connection::open(folder.join("log.db")).unwrap();
    database.execute_batch(change).unwrap();
    let mut headers = database.prepare("SELECT header FROM record ORDER BY seq").unwrap();
    let headers: Vec<String> = headers.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    database.execute_batch("DELETE FROM tree").unwrap();
    let (mut frontier, mut position) = (Frontier::default(), 0);
    for header in &headers {
        for hash in frontier.push(RecordBytes::stored(header).leaf()) {
            database.execute("INSERT INTO tree (position, hash) VALUES (?1, ?2)", (position, hash.0)).unwrap();
            position += 1;
        }
    }
    database.execute("UPDATE meta SET size = ?1, frontier = ?2", (headers.len() as i64, frontier.to_bytes())).unwrap();
    std::fs::remove_file(folder.join("log.db.head")).unwrap();
}

/// A field with an incident of three records that ana's replica has seen signed.
fn seen_signed() -> (Field, Desk, Replica, IncidentId) {
    let (field, desk) = (Field::open(), Desk::new());
    let ana = field.join(&desk, "ana");
    let incident = desk.declare(&ana, "Withdrawals suspended");
    desk.log(&ana, incident, "first words");
    desk.log(&ana, incident, "second words");
    desk.until(&ana, |now| settled(now) && now.signed.as_ref().is_some_and(|signed| signed.seq == 3));
    (field, desk, ana, incident)
}

/// The replica must refuse the server, say why, keep what is written meanwhile, and send none of it.
fn refuses(field: &Field, desk: &Desk, replica: &Replica, incident: IncidentId, why: &str) -> Arc<Snapshot> {
    replica.ask(Request::SyncNow);
    desk.until(replica, |now| matches!(now.link, Link::Refused { .. }));
    desk.log(replica, incident, "written against a server that lies");
    replica.ask(Request::SyncNow);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let snapshot = desk.until(replica, |now| now.alarm.is_some() && matches!(now.link, Link::Refused { .. }));
    let alarm = snapshot.alarm.as_deref().unwrap();
    assert!(alarm.contains("CANNOT BE TRUSTED") && alarm.contains("Nothing more is sent") && alarm.contains(why), "{alarm}");
    assert_eq!(snapshot.unsent_total, 1);
    assert!(field.log().iter().all(|(_, event)| !event.contains("a server that lies")));
    snapshot
}

#[test]
fn a_server_that_changed_a_record_and_every_hash_over_it_is_refused() {
    let (mut field, desk, ana, incident) = seen_signed();
    stop(&mut field);
    forge(&field.house.folder.path().join("server"), "UPDATE record SET header = replace(header, '\"seq\":2', '\"seq\": 2') WHERE seq = 2");
    start_again(&mut field, false);
    refuses(&field, &desk, &ana, incident, "signed");
    // Who opens the copy again is told again, and the copy itself is what it was.
    drop(ana);
    let again = field.join(&desk, "ana");
    desk.until(&again, |now| matches!(now.link, Link::Refused { .. }) && now.alarm.is_some());
    assert_eq!(again.verify().unwrap().records, 3);
}

#[test]
fn a_server_that_lost_what_it_signed_begins_a_new_epoch_and_gets_it_back() {
    let (mut field, desk, ana, incident) = seen_signed();
    stop(&mut field);
    let (folder, backup) = (field.house.folder.path().join("server"), field.house.folder.path().join("backup"));
    copy_folder(&folder, &backup);
    start_again(&mut field, false);
    ana.ask(Request::SyncNow);
    desk.log(&ana, incident, "after the backup");
    desk.until(&ana, |now| settled(now) && now.signed.as_ref().is_some_and(|signed| signed.seq == 4));
    stop(&mut field);
    std::fs::remove_dir_all(&folder).unwrap();
    copy_folder(&backup, &folder);
    start_again(&mut field, false);
    ana.ask(Request::SyncNow);
    let is_back = |now: &Snapshot| settled(now) && now.alarm.is_some() && now.signed.as_ref().is_some_and(|signed| signed.seq == 4);
    let now = desk.until(&ana, is_back);
    assert!(now.alarm.as_deref().is_some_and(|alarm| alarm.contains("restored")), "{:?}", now.alarm);
    assert!(field.log().iter().any(|(_, event)| event.contains("after the backup")), "what was acknowledged is there again");
}

#[test]
fn a_server_with_another_key_is_refused_until_a_person_says_that_it_is_right() {
    let (mut field, desk, ana, incident) = seen_signed();
    stop(&mut field);
    let other = SecretKey::from_seed([9; 32]);
    std::fs::write(field.house.folder.path().join("server").join("server.key"), other.to_line()).unwrap();
    start_again(&mut field, false);
    refuses(&field, &desk, &ana, incident, &other.public().fingerprint());
    ana.trust_key(other.public()).unwrap();
    ana.ask(Request::SyncNow);
    let now = desk.until(&ana, |now| settled(now) && now.signed.as_ref().is_some_and(|signed| signed.seq == 4));
    assert_eq!(now.signed.as_ref().unwrap().key, other.public().fingerprint());
}

/// Starts the server again with a new key for which the old one vouches.
fn start_with_new_key(field: &mut Field) -> warroom::ledger::PublicKey {
    let mut config = field.house.config();
    config.new_key = true;
    let running = field.runtime.block_on(warroom::server::start(config)).unwrap();
    let key = running.key;
    field.line.lead_to(running.addr);
    field.house.running = Some(running);
    field.line.turn(crate::outage::Weather::Fair);
    key
}

#[test]
fn a_key_for_which_the_old_one_vouches_is_followed_and_both_are_believed() {
    let (mut field, desk, ana, incident) = seen_signed();
    let before = ana.signatures().unwrap().key.unwrap();
    let away = Desk::new();
    let bo = field.join(&away, "bo");
    away.until(&bo, |now| now.signed.as_ref().is_some_and(|signed| signed.seq == 3));
    drop(bo);
    stop(&mut field);
    let after = start_with_new_key(&mut field);
    assert_ne!(before, after);
    assert!(!field.house.folder.path().join("server").join("server.key.next").exists());
    ana.ask(Request::SyncNow);
    desk.log(&ana, incident, "under the new key");
    let now = desk.until(&ana, |now| settled(now) && now.signed.as_ref().is_some_and(|signed| signed.seq == 5));
    assert_eq!((now.signed.as_ref().unwrap().key.clone(), now.alarm.clone()), (after.fingerprint(), None));
    assert_eq!(ana.verify().unwrap().signed, 5, "what the old key signed still counts");

    // A second time, while somebody was away: each step is vouched for by the one before.
    stop(&mut field);
    let last = start_with_new_key(&mut field);
    let bo = field.join(&away, "bo");
    let now = away.until(&bo, |now| now.signed.as_ref().is_some_and(|signed| signed.seq == 6));
    assert_eq!((now.signed.as_ref().unwrap().key.clone(), now.alarm.clone()), (last.fingerprint(), None));
    // Nobody but the server says so.
    let token = field.house.token("root", warroom::domain::Scope::Admin);
    let own = crate::server::event("root", Some(IncidentId::ORG), warroom::domain::KeyReplaced { note: String::new() });
    let pushed = field.runtime.block_on(field.house.push(&token, &[warroom::ledger::EventBytes::write(&own).unwrap()]));
    assert_eq!(pushed.outcomes[0].code.as_deref(), Some("not_permitted"));
}
