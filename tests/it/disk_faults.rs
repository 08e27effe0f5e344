//! The nth write or fsync of a database fails, for every n; and the power goes at any moment. What was acknowledged is there once, what was not
//! is told, nothing panics, and after a failed fsync nothing more is acknowledged.

use crate::failing_disk::Disk;
use crate::failing_disk::Fault;
use crate::outage::Weather;
use crate::replica_desk::Desk;
use crate::sync_http::Field;
use crate::sync_http::settled;
use std::collections::BTreeMap;
use std::time::Duration;
use warroom::domain::Command;
use warroom::domain::EntryKind;
use warroom::domain::EntryState;
use warroom::domain::EventId;
use warroom::domain::IncidentId;
use warroom::domain::NewEntry;
use warroom::domain::Scope;
use warroom::replica::Replica;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;

/// What a person was told of each text.
#[derive(Default)]
struct Told {
    saved: Vec<String>,
    not_saved: BTreeMap<String, String>,
}

/// Writes entries and drafts, short and long, and notes what is answered.
fn work(replica: &Replica, incident: IncidentId, disk: &Disk, fault: Option<Fault>) -> Told {
    let mut told = Told::default();
    for number in 0..8 {
        let text = format!("entry {number}. {}", "x".repeat(number % 4 * 6_000));
        let had_failed = disk.was_hit();
        let body = format!("half {number}");
        replica.ask(Request::KeepDraft { key: "write".into(), incident: Some(incident), body });
        let command = Command::AddEntry(NewEntry::new(EntryKind::Note, &text));
        match replica.ask(Request::Command { incident, command, draft: Some("write".into()) }) {
            Answer::Recorded { .. } => {
                assert!(!(had_failed && fault == Some(Fault::Fsync)), "acknowledged after an fsync that failed");
                told.saved.push(text);
            }
            Answer::NotSaved(why) => {
                assert!(disk.was_hit(), "{why}");
                let words = match fault.expect("a fault") {
                    Fault::Full => "the disk is full",
                    Fault::Fsync => "the disk failed to confirm a write",
                    Fault::TornWrite => "disk I/O error",
                };
                assert!(why.contains(words), "{fault:?}: {why}");
                let now = replica.snapshot();
                assert!(now.trouble.is_some(), "it is said");
                assert!(now.board.get(incident).expect("reading goes on").timeline.len() > told.saved.len(), "reading goes on");
                told.not_saved.insert(text, why);
            }
            other => panic!("{other:?}"),
        }
    }
    told
}

/// Everything acknowledged is there once, in order; what was not is there at most once, and nothing else is.
fn check(desk: &Desk, incident: IncidentId, told: &Told, when: &str) {
    let replica = desk.open("ana");
    let snapshot = replica.snapshot();
    assert_eq!(snapshot.alarm, None, "{when}");
    assert_eq!(replica.verify().map(|_| ()).map_err(|why| why.to_string()), Ok(()), "{when}");
    let held = desk.until(&replica, |now| now.board.get(incident).is_some()).board.get(incident).cloned().expect("the incident");
    let texts: Vec<_> = held.timeline.iter().skip(1).map(|entry| entry.text.to_string()).collect();
    let kept: Vec<_> = texts.iter().filter(|text| told.saved.contains(text)).collect();
    assert_eq!(kept, told.saved.iter().collect::<Vec<_>>(), "{when}");
    let others: Vec<_> = texts.iter().filter(|text| !told.saved.contains(text)).collect();
    assert!(others.iter().all(|text| told.not_saved.contains_key(*text)), "{when}: {others:?}");
    assert!(others.len() <= 1, "{when}: only the one whose fsync failed may be there: {others:?}");
    desk.log(&replica, incident, "it goes on");
}

/// How many to go on by: fewer where there is time for it.
fn step(quick: usize) -> usize {
    if std::env::var_os("CI").is_some() { 2 } else { quick }
}

/// Plays the work with the nth one failing, until none fails any more; answers how many did.
fn each(fault: Fault, lasts: bool, step: usize) -> u64 {
    for spared in (0..).step_by(step) {
        let desk = Desk::new();
        let disk = Disk::below(desk.home());
        let replica = desk.open("ana");
        let incident = desk.declare(&replica, "Withdrawals suspended");
        disk.fail_after(spared, fault, lasts);
        let told = work(&replica, incident, &disk, Some(fault));
        let was_hit = disk.was_hit();
        let dark = Desk::new();
        disk.after_power_cut(dark.home(), spared);
        drop(replica);
        disk.heal();
        check(&desk, incident, &told, &format!("{fault:?} after {spared}, lasting {lasts}"));
        check(&dark, incident, &told, &format!("{fault:?} after {spared}, lasting {lasts}, and a power cut"));
        if !was_hit {
            assert_eq!(told.saved.len(), 8);
            return spared;
        }
    }
    unreachable!()
}

#[test]
fn the_nth_fsync_of_a_replica_fails() {
    assert!(each(Fault::Fsync, false, 1) >= 16, "a draft and an entry each have one at least");
    each(Fault::Fsync, true, step(5));
}

#[test]
fn the_nth_write_of_a_replica_fails_or_finds_the_disk_full() {
    for fault in [Fault::TornWrite, Fault::Full] {
        assert!(each(fault, false, step(17)) >= 100);
        each(fault, true, step(53));
    }
}

#[test]
fn the_power_goes_at_any_moment_of_an_exchange() {
    let field = Field::open();
    let (desk, bo_desk) = (Desk::new(), Desk::new());
    let disk = Disk::below(desk.home());
    let (ana, bo) = (field.join(&desk, "ana"), field.join(&bo_desk, "bo"));
    let incident = desk.declare(&ana, "Withdrawals suspended");
    desk.until(&ana, settled);
    bo_desk.until(&bo, |now| now.board.get(incident).is_some());
    let (mut saved, mut dark) = (Vec::new(), Vec::new());
    for round in 0..20_u64 {
        bo_desk.log(&bo, incident, &format!("bo {round}."));
        let text = format!("ana {round}.");
        desk.log(&ana, incident, &text);
        saved.push(text);
        std::thread::sleep(Duration::from_millis(round * 7 % 30));
        let image = Desk::new();
        disk.after_power_cut(image.home(), round);
        dark.push((image, saved.clone()));
    }
    desk.until(&ana, settled);
    drop(ana);
    for (number, (image, saved)) in dark.into_iter().enumerate() {
        let replica = image.open("ana");
        assert_eq!(replica.snapshot().alarm, None, "{number}: nothing was taken away from this home");
        replica.verify().unwrap_or_else(|why| panic!("{number}: {why}"));
        let snapshot = image.until(&replica, |now| now.board.get(incident).is_some());
        let texts: Vec<_> = snapshot.board.get(incident).expect("it").timeline.iter().map(|entry| entry.text.to_string()).collect();
        for text in &saved {
            assert_eq!(texts.iter().filter(|held| *held == text).count(), 1, "{number}: {text}");
        }
        let done = replica.exchange_once(&field.remote("ana", Scope::Commander), Duration::from_secs(10)).expect("an exchange");
        assert_eq!((done.waiting, done.refused, done.trouble), (0, 0, None), "{number}");
    }
    assert_eq!(field.log().len(), 41, "nothing went twice");
}

#[test]
fn what_the_disk_does_not_take_reaches_the_server_once_however_often_it_is_tried() {
    for fault in [Fault::Full, Fault::TornWrite, Fault::Fsync] {
        let field = Field::open();
        let desk = Desk::new();
        let disk = Disk::below(desk.home());
        let ana = field.join(&desk, "ana");
        let incident = desk.declare(&ana, "Withdrawals suspended");
        desk.until(&ana, settled);
        let entry = |text: &str| Command::AddEntry(NewEntry::new(EntryKind::Note, text));
        let save = |text: &str| ana.ask(Request::Command { incident, command: entry(text), draft: None });
        let direct = |text: &str| ana.ask(Request::SendDirect { incident, command: entry(text), draft: None });

        disk.fail_after(0, fault, true);
        assert!(matches!(save("first"), Answer::NotSaved(_)), "{fault:?}");
        assert_eq!(direct("first"), Answer::Told("recorded by the server as record 2, not held here".into()), "{fault:?}");
        // The answer is lost, and what was asked is asked again.
        field.line.turn(Weather::LostPushes);
        let Answer::NotSaved(why) = direct("second") else { panic!("nobody answered for it") };
        assert!(why.contains("still recorded once"), "{why}");
        field.line.turn(Weather::Fair);
        assert_eq!(direct("second"), Answer::Told("recorded by the server as record 3, not held here".into()), "{fault:?}");
        let shown = ana.snapshot();
        assert!(shown.trouble.is_some(), "it is said all the while");
        let held = shown.board.get(incident).expect("reading goes on");
        assert!(held.timeline.iter().all(|entry| !matches!(&*entry.text, "first" | "second")), "what is not held here is not shown");

        // A rule that says no leaves the words where they are.
        let nobody = Command::AmendEntry {
            entry: EventId(uuid::Uuid::now_v7()),
            text: Some("x".into()),
            kind: None,
            outcome: None,
            audience: None,
            happened_at: None,
            reason: String::new(),
        };
        assert!(matches!(ana.ask(Request::SendDirect { incident, command: nobody, draft: None }), Answer::Refused(_)));
        if fault != Fault::Fsync {
            // Whether it arrived is not known when there is room again: it is the same event.
            field.line.turn(Weather::LostPushes);
            assert!(matches!(direct("third"), Answer::NotSaved(_)));
            disk.heal();
            field.line.turn(Weather::Fair);
            assert!(matches!(save("third"), Answer::Recorded { .. }), "{fault:?}");
            ana.ask(Request::SyncNow);
            let now = desk.until(&ana, |now| settled(now) && now.position.is_some_and(|position| position.seq == 4));
            let timeline = &now.board.get(incident).expect("it").timeline;
            let texts: Vec<_> = timeline.iter().skip(1).map(|entry| entry.text.to_string()).collect();
            assert_eq!(texts, ["first", "second", "third"]);
            assert!(timeline.iter().all(|entry| matches!(entry.state, EntryState::Accepted { .. })));
            // The same words later are other words.
            assert!(matches!(save("third"), Answer::Recorded { .. }));
            desk.until(&ana, |now| settled(now) && now.position.is_some_and(|position| position.seq == 5));
        }
        let log = field.log().len();
        assert_eq!(log, if fault == Fault::Fsync { 3 } else { 5 }, "{fault:?}: once each");
    }
}

#[test]
fn a_home_opens_whole_or_says_why_whichever_write_fails_meanwhile() {
    for (fault, step) in [(Fault::Fsync, 1), (Fault::TornWrite, step(11)), (Fault::Full, step(13))] {
        for spared in (0..).step_by(step) {
            let desk = Desk::new();
            let disk = Disk::below(desk.home());
            disk.fail_after(spared, fault, false);
            let first = desk.try_mend("ana").map(drop).map_err(|why| why.to_string());
            let was_hit = disk.was_hit();
            // What the disk does while the file is closed again is of no matter to anybody.
            assert!(first.is_ok() || was_hit, "{first:?}");
            disk.fail_after(spared / 2, fault, true);
            let again = desk.try_mend("ana").map(drop).map_err(|why| why.to_string());
            disk.heal();
            let replica = desk.open("ana");
            assert_eq!(replica.snapshot().alarm, None, "{fault:?} after {spared}: {first:?}, {again:?}");
            let incident = desk.declare(&replica, "Withdrawals suspended");
            drop(replica);
            disk.fail_after(spared % 7, fault, true);
            let third = desk.try_mend("ana").map(drop).map_err(|why| why.to_string());
            disk.heal();
            assert!(desk.open("ana").snapshot().headers.contains_key(&incident), "{fault:?} after {spared}: {third:?}");
            let names = std::fs::read_dir(desk.home()).expect("a home").flatten().map(|entry| entry.file_name());
            assert!(names.into_iter().all(|name| !name.to_string_lossy().contains("damaged")), "a disk that fails is no damaged file");
            if !was_hit {
                break;
            }
        }
    }
}

#[test]
fn a_repair_that_finds_the_disk_full_has_changed_nothing() {
    for spared in (0..).step_by(step(9)) {
        let desk = Desk::new();
        let replica = desk.open("ana");
        let incident = desk.declare(&replica, "Withdrawals suspended");
        desk.log(&replica, incident, "never sent");
        drop(replica);
        let file = desk.home().join("replica.db");
        let mut bytes = std::fs::read(&file).expect("a database");
        bytes[..16].fill(0xA5);
        std::fs::write(&file, bytes).expect("damaged");
        let disk = Disk::below(desk.home());
        disk.fail_after(spared, Fault::Full, true);
        let first = desk.try_mend("ana").map(drop).map_err(|why| why.to_string());
        let was_hit = disk.was_hit();
        disk.heal();
        let replica = desk.mend("ana");
        let now = desk.until(&replica, |now| now.board.get(incident).is_some());
        assert_eq!(now.board.get(incident).expect("it").timeline.len(), 2, "full after {spared}: {first:?}");
        assert!(now.alarm.as_deref().is_some_and(|alarm| alarm.contains("2 unsent events")), "full after {spared}: {:?}", now.alarm);
        if !was_hit {
            return;
        }
    }
}
