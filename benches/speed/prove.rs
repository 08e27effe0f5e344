//! Checking a log of a million records against a signed checkpoint, as `warroom verify` does, and making and checking one proof.

use crate::calibration::hashing;
use crate::calibration::ms;
use crate::calibration::percentile;
use crate::fold::events;
use std::time::Instant;
use warroom::domain::IncidentId;
use warroom::ledger::Checkpoint;
use warroom::ledger::Frontier;
use warroom::ledger::Position;
use warroom::ledger::Record;
use warroom::ledger::SecretKey;
use warroom::ledger::proof;
use warroom::replica::walk;
use warroom::store::Ask;
use warroom::store::LogStore;
use warroom::store::NewRecord;
use warroom::store::SqliteStore;
use warroom::store::StoreError;
use warroom::store::Write;

const RECORDS: u64 = 1_000_000;
const BATCH: usize = 10_000;
const PROOFS: u64 = 2_000;

#[derive(Debug)]
struct Stop;

impl From<warroom::ledger::audit::Bad> for Stop {
    fn from(_: warroom::ledger::audit::Bad) -> Self {
        Self
    }
}

impl From<StoreError> for Stop {
    fn from(_: StoreError) -> Self {
        Self
    }
}

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = SqliteStore::open(&folder.path().join("log.db")).expect("a store");
    let mut bytes = 0;
    for batch in events(RECORDS).chunks(BATCH) {
        let written = store.append(&Ask::default(), &mut |_, _| Ok(()), &mut |under| {
            let head = under.head();
            let record = |(place, (event, accepted)): (usize, &(warroom::ledger::EventBytes, warroom::domain::Acceptance))| {
                let record = Record {
                    v: 1,
                    seq: head.seq() + 1 + place as u64,
                    epoch: head.epoch,
                    received_at: accepted.received_at,
                    person: accepted.person.clone(),
                    event_sha256: event.sha256_hex(),
                    code: None,
                    before: Some(0),
                };
                let read = event.read().expect("an event");
                let header = record.write().expect("a header");
                // A leaf is the header and a byte; a node of the tree is two hashes and a byte, and there are as many nodes as leaves.
                bytes += event.as_str().len() + header.as_str().len() + 1 + 65;
                Write::Record(NewRecord { id: read.id, incident: IncidentId::ORG, record: header, event: event.clone() })
            };
            Ok(batch.iter().enumerate().map(record).collect())
        });
        written.expect("an append");
    }
    let (head, reader, key) = (store.head().clone(), store.reader(), SecretKey::from_seed([1; 32]));
    let position: Position = head.position();
    let signed = Checkpoint::sign(position, &key);
    for _ in 0..3 {
        let raw = hashing(bytes);
        let began = Instant::now();
        let opened = Checkpoint::open(signed.note(), &key.public()).expect("a checkpoint");
        let log = warroom::ledger::audit::Walk::new(Frontier::default(), 1, vec![opened]);
        let sound = walk::<Stop>(log, |after, most| Ok(warroom::store::audit_rows(&*reader, after, most)?)).expect("a sound log");
        let took = began.elapsed().as_secs_f64();
        assert_eq!((sound.records, sound.signed), (RECORDS, RECORDS));
        println!(
            "verify {RECORDS} records: {took:.2} s, {:.2} × raw SHA-256 of the same {} MB on one core ({raw:.2} s)",
            took / raw,
            bytes >> 20
        );
    }
    let nodes = |positions: &[u64]| reader.nodes(positions).ok().flatten();
    let (mut made, mut checked) = (Vec::new(), Vec::new());
    for number in 0..PROOFS {
        let seq = 1 + number * (RECORDS / PROOFS);
        let began = Instant::now();
        let path = proof::prove_inclusion(RECORDS, seq, &nodes).expect("a proof");
        made.push(began.elapsed());
        let leaf = reader.nodes(&[Frontier::stored_position(seq - 1)]).expect("a read").expect("a leaf")[0];
        let began = Instant::now();
        assert!(proof::check_inclusion(&path, RECORDS, position.root, seq, leaf));
        checked.push(began.elapsed());
    }
    println!(
        "one proof of {RECORDS}: made in {} (p99 {}), checked in {}",
        ms(percentile(&mut made, 0.5)),
        ms(percentile(&mut made, 0.99)),
        ms(percentile(&mut checked, 0.5))
    );
}
