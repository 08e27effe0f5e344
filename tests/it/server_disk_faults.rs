//! The nth write or fsync of a server's log fails, for every n, and then the power goes. What was answered `accepted` is in the log once under the
//! number that was answered, readers go on reading, and what was not taken is taken when it comes again.

use crate::failing_disk::Disk;
use crate::failing_disk::Fault;
use crate::server::*;
use serde_json::Value;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Runtime;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::wire::OutcomeWord;
use warroom::wire::Pushed;

/// A server whose disk fails when it is told to.
struct Shaky {
    house: House,
    disk: Arc<Disk>,
    ana: String,
}

fn folder(database: &str) -> PathBuf {
    Path::new(database.trim_start_matches("sqlite:")).parent().expect("a folder").to_owned()
}

impl Shaky {
    async fn open() -> Self {
        let mut disk = None;
        let house = House::open_with(|config| {
            let folder = folder(&config.database);
            std::fs::create_dir_all(&folder).expect("a folder");
            disk = Some(Disk::below(&folder));
        })
        .await;
        let ana = house.token("ana", Scope::Responder);
        Self { house, disk: disk.expect("a disk"), ana }
    }

    /// Pushes; answers the numbers, or the problem's code.
    async fn push(&self, events: &[EventBytes]) -> Result<Vec<u64>, String> {
        let answer = self.house.post(&self.ana, "/v1/events", push_body(events)).send().await.expect("an answer");
        if answer.status() == 200 {
            let pushed: Pushed = answer.json().await.expect("outcomes");
            return Ok(pushed.outcomes.iter().map(|outcome| outcome.seq.expect("accepted")).collect());
        }
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("retry-after"));
        let problem: Value = answer.json().await.expect("a problem document");
        Err(problem["code"].as_str().expect("a code").to_owned())
    }
}

/// The work of one round: single entries, a batch, a long one.
fn work(incident: IncidentId) -> Vec<Vec<EventBytes>> {
    let one = |number: usize| entry("ana", incident, &format!("entry {number}. {}", "x".repeat(number % 4 * 6_000)));
    vec![vec![one(0)], vec![one(1)], (2..20).map(one).collect(), vec![one(21)], vec![one(23)]]
}

/// What must hold of a log on which all of the work is pushed again.
async fn check(house: &House, ana: &str, declared: &EventBytes, work: &[Vec<EventBytes>], taken: &[(EventBytes, u64)], when: &str) {
    let log = house.log(ana).await;
    let at = |bytes: &EventBytes| log.iter().position(|(_, event)| event == bytes.as_str()).map(|place| place as u64 + 1);
    for (bytes, seq) in taken {
        assert_eq!(at(bytes), Some(*seq), "{when}: what was acknowledged is there under its number");
    }
    for batch in work {
        let pushed = house.push(ana, batch).await;
        for (outcome, bytes) in pushed.outcomes.iter().zip(batch) {
            let known = at(bytes);
            assert_eq!(outcome.outcome, if known.is_some() { OutcomeWord::Duplicate } else { OutcomeWord::Accepted }, "{when}");
            assert!(known.is_none() || known == outcome.seq, "{when}: the same number");
        }
    }
    let log = house.log(ana).await;
    let all: Vec<_> = std::iter::once(declared).chain(work.iter().flatten()).collect();
    assert_eq!(log.len(), all.len(), "{when}: everything is there once");
    assert!(all.iter().all(|bytes| log.iter().any(|(_, event)| event == bytes.as_str())), "{when}");
}

/// Plays the work with the nth one failing, until none fails any more; answers how many did, and how often a push was turned away.
fn each(fault: Fault, step: usize) -> (u64, usize) {
    let runtime = Runtime::new().expect("a runtime");
    let mut turned_away = 0;
    for spared in (0..).step_by(step) {
        let when = format!("{fault:?} after {spared}");
        let was_hit = runtime.block_on(async {
            let mut shaky = Shaky::open().await;
            let (incident, declared) = declaration("ana", "Withdrawals suspended");
            shaky.push(std::slice::from_ref(&declared)).await.expect("a declaration");
            let work = work(incident);
            let (mut taken, mut failed) = (Vec::new(), None::<String>);
            shaky.disk.fail_after(spared, fault, false);
            for batch in &work {
                match shaky.push(batch).await {
                    Ok(seqs) => {
                        assert!(failed.is_none() || fault == Fault::Full, "{when}: acknowledged after {failed:?}");
                        taken.extend(batch.iter().cloned().zip(seqs));
                        failed = None;
                    }
                    Err(code) => {
                        assert!(shaky.disk.was_hit(), "{when}: {code}");
                        let expected = if fault == Fault::Full { "unavailable" } else { "not_writable" };
                        assert_eq!(code, expected, "{when}");
                        turned_away += 1;
                        failed = Some(code);
                    }
                }
                let read = shaky.house.log(&shaky.ana).await;
                assert!(read.len() > taken.len(), "{when}: reading goes on");
            }
            let ready = shaky.house.http.get(shaky.house.url("/readyz")).send().await.expect("an answer").status().as_u16();
            // Where the disk was full the next write decides.
            assert_eq!(ready, if failed.is_some() { 503 } else { 200 }, "{when}");
            let was_hit = shaky.disk.was_hit();
            let dark = tempfile::tempdir().expect("a folder");
            shaky.disk.after_power_cut(dark.path(), spared);
            shaky.disk.heal();
            shaky.house.crash_and_restart().await;
            check(&shaky.house, &shaky.ana, &declared, &work, &taken, &when).await;
            let house = House::open_on(&format!("sqlite:{}", dark.path().join("log.db").display())).await;
            check(&house, &shaky.ana, &declared, &work, &taken, &format!("{when}, and a power cut")).await;
            was_hit
        });
        if !was_hit {
            return (spared, turned_away);
        }
    }
    unreachable!()
}

/// How many to go on by: fewer where there is time for it.
fn step(quick: usize) -> usize {
    if std::env::var_os("CI").is_some() { 2 } else { quick }
}

#[test]
fn the_nth_fsync_of_a_server_fails() {
    let (fsyncs, turned_away) = each(Fault::Fsync, 1);
    assert!(fsyncs >= 5 && turned_away > 5, "{fsyncs} fsyncs, {turned_away} turned away");
}

#[test]
fn the_nth_write_of_a_server_fails_or_finds_the_disk_full() {
    for fault in [Fault::TornWrite, Fault::Full] {
        let (writes, turned_away) = each(fault, step(23));
        assert!(writes >= 50 && turned_away > 0, "{writes} writes, {turned_away} turned away");
    }
}
