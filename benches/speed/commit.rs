//! A durable local entry, against a bare fsynced SQLite commit of the same bytes on the same disk, in turn.

use crate::calibration::ms;
use crate::calibration::percentile;
use std::time::Instant;
use warroom::domain::*;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;

const PAIRS: usize = 400;
const TEXT: &str = "Balances on 4 nodes agree, block 21 934 877; resume BTC withdrawals at 25 % after a second validation";

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let raw = rusqlite::Connection::open(folder.path().join("raw.sqlite")).expect("a database");
    raw.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE raw(id INTEGER PRIMARY KEY, bytes TEXT)")
        .expect("a table");
    let replica = warroom::replica::open(crate::homes::config(&folder.path().join("home"))).expect("a replica");
    let declare =
        Command::Declare { title: "bench".into(), summary: String::new(), services: vec![], severity: None, at: None, drill: false };
    let Answer::Recorded { incident, .. } = replica.ask(Request::Command { incident: IncidentId::ORG, command: declare, draft: None })
    else {
        panic!("not declared")
    };
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for number in 0..PAIRS {
        let started = Instant::now();
        raw.execute("INSERT INTO raw(bytes) VALUES (?1)", [format!("{TEXT} {number} {TEXT} {TEXT} {TEXT}")]).expect("a row");
        bare.push(started.elapsed());
        let command = Command::AddEntry(NewEntry::new(EntryKind::Validation, format!("{TEXT} {number}")));
        let started = Instant::now();
        let answer = crate::homes::ask(&replica, Request::Command { incident, command, draft: None });
        ours.push(started.elapsed());
        assert!(matches!(answer, Answer::Recorded { .. }), "{answer:?}");
    }
    for (share, name) in [(0.5, "p50"), (0.99, "p99")] {
        let (bare, ours) = (percentile(&mut bare, share), percentile(&mut ours, share));
        println!("{name}  bare {}  entry {}  {:.2} ×", ms(bare), ms(ours), ours.as_secs_f64() / bare.as_secs_f64());
    }
}
