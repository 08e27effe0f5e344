//! Restricted incidents in people's copies: what was held goes, and comes back whole when it may be seen again.

use crate::replica_desk::Desk;
use crate::restricted::restriction;
use crate::restricted::written;
use crate::server::House;
use crate::server::declaration;
use crate::server::entry;
use tokio::runtime::Runtime;
use warroom::domain::*;
use warroom::replica::Remote;
use warroom::replica::Replica;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;

fn found(replica: &Replica, words: &str) -> usize {
    crate::replica_alone::found(replica, words).len()
}

#[test]
fn a_copy_lets_go_of_what_is_restricted_and_gets_it_back_whole() {
    let runtime = Runtime::new().expect("a runtime");
    let house = runtime.block_on(House::open());
    let ana = house.token("ana", Scope::Admin);
    let push = |events: &[warroom::ledger::EventBytes]| runtime.block_on(house.push(&ana, events));
    let (secret, declared) = declaration("ana", "Keys were copied");
    let (open, other) = declaration("ana", "Deposits late");
    push(&[declared, other, entry("ana", secret, "the badge log names a desk"), entry("ana", open, "a badge of honour")]);
    let desk = Desk::new();
    let mut cy = desk.open("cy");
    let remote = |scope| Remote::new(&house.url(""), &house.token("cy", scope)).expect("a remote");
    cy.exchange(remote(Scope::Responder)).expect("an exchange");
    desk.until(&cy, |now| now.board.get(secret).is_some_and(|incident| incident.timeline.len() == 2));
    assert_eq!(found(&cy, "badge"), 2);
    let whole = |incident: &Incident| incident.timeline.iter().map(|entry| entry.text.to_string()).collect::<Vec<_>>();
    let before = whole(desk.until(&cy, |_| true).board.get(secret).expect("it"));

    push(&[written("ana", secret, restriction(&["bo"], &["scribe"])), entry("ana", secret, "and a second badge")]);
    let gone = desk.until(&cy, |now| !now.headers.contains_key(&secret) && now.position.is_some_and(|position| position.seq == 6));
    assert!(gone.board.get(secret).is_none());
    assert_eq!(found(&cy, "badge"), 1);
    let write = Request::Command { incident: secret, command: Command::AddEntry(NewEntry::new(EntryKind::Note, "who?")), draft: None };
    assert!(matches!(cy.ask(write), Answer::Refused(refusal) if refusal.code == "unknown_incident"));
    let rows = |sql: &str| -> i64 {
        let database = rusqlite::Connection::open(desk.home().join("replica.db")).expect("the database");
        database.query_row(sql, [], |row| row.get(0)).expect("a count")
    };
    assert_eq!(rows("SELECT count(*) FROM record WHERE event IS NULL"), 4, "the headers alone are left");
    assert_eq!(rows("SELECT count(*) FROM record WHERE instr(event, 'badge') > 0 AND instr(event, 'desk') > 0"), 0);

    // A role that is named: all of it comes back, with what was written meanwhile.
    push(&[written("ana", secret, RoleAssigned { role: RoleId::new("scribe"), person: "cy".into(), beside: false })]);
    let back = desk.until(&cy, |now| now.board.get(secret).is_some_and(|incident| incident.timeline.len() == 5));
    assert_eq!(whole(back.board.get(secret).expect("it"))[..2], before);
    assert!(back.headers[&secret].restricted);
    assert_eq!(found(&cy, "badge"), 3);
    assert_eq!(rows("SELECT count(*) FROM record WHERE event IS NULL"), 0);
    push(&[written("ana", secret, RoleReleased { role: RoleId::new("scribe"), person: "cy".into() })]);
    desk.until(&cy, |now| !now.headers.contains_key(&secret));

    // The same after a restart, from what is on disk; and with an admin's token it is there again.
    drop(cy);
    let mut cy = desk.open("cy");
    assert!(!cy.snapshot().headers.contains_key(&secret));
    cy.exchange(remote(Scope::Admin)).expect("an exchange");
    desk.until(&cy, |now| now.board.get(secret).is_some_and(|incident| incident.timeline.len() == 6));
    // And gone with the next, lesser one, although no record says so.
    drop(cy);
    let mut cy = desk.open("cy");
    assert!(cy.snapshot().headers.contains_key(&secret));
    cy.exchange(remote(Scope::Commander)).expect("an exchange");
    desk.until(&cy, |now| !now.headers.contains_key(&secret));
    push(&[written("ana", secret, RestrictionLifted { reason: String::new() })]);
    let back = desk.until(&cy, |now| now.board.get(secret).is_some_and(|incident| incident.timeline.len() == 7));
    assert!(!back.headers[&secret].restricted);
}
