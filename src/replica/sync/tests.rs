//! One thing happens, and what follows is compared. What many things together do is for the simulation.

use super::*;
use crate::domain::DeviceId;
use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::domain::Person;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::ledger::Hash;
use crate::replica::standing::Begins;
use crate::wire::Base;
use crate::wire::Head;
use crate::wire::HeadsPage;
use crate::wire::Me;
use crate::wire::Pushed;
use uuid::Uuid;

const LOG: LogId = LogId(Uuid::from_u128(1));

fn standing(seq: u64, sendable: usize) -> Standing {
    let position = Position { log: LOG, epoch: 1, seq, root: Hash([seq as u8; 32]) };
    Standing {
        position: Some(position),
        device: DeviceId(Uuid::nil()),
        person: Person::new("ana"),
        sendable,
        sent: 0,
        parked: 0,
        seen: None,
        wanted: Vec::new(),
        begins: None,
        history: None,
        base: None,
    }
}

fn met(log: LogId) -> Met {
    let me = Me {
        token: "laptop".into(),
        person: Person::new("ana"),
        scope: Scope::Responder,
        log,
        epoch: 1,
        now: Timestamp::from_millis(0),
        protocol: 1,
        version: "0.1.0".into(),
        expires_at: None,
        key: None,
        succession: Vec::new(),
    };
    Met { me, round_trip_ms: 4, skew_ms: -3, recalled: None }
}

fn page(seq: u64) -> EventsPage {
    let position = standing(seq, 0).position.expect("a position");
    EventsPage { records: Vec::new(), next: None, head: Head { position, now: Timestamp::from_millis(0), checkpoint: None } }
}

fn unreachable() -> Fail {
    Fail::Unreachable("refused".into())
}

/// A machine whose stream was opened at `now_ms`, and the ticket of that attempt.
fn live(now_ms: u64, sendable: usize) -> (Machine, u64) {
    let mut machine = Machine::new(standing(3, sendable), false, 1);
    let out = machine.step(Input::Woken, now_ms);
    let [Output::AskMe { ticket, .. }, ..] = out[..] else { panic!("{out:?}") };
    machine.step(Input::Met { ticket, answer: Ok(met(LOG)) }, now_ms);
    machine.step(Input::Joined { ticket, answer: Ok(standing(3, sendable)) }, now_ms);
    machine.step(Input::Page { ticket, answer: Ok(page(3)) }, now_ms);
    machine.step(Input::Stream { ticket, item: StreamItem::Opened }, now_ms);
    (machine, ticket)
}

fn shown(out: &[Output]) -> Option<&Shown> {
    out.iter().rev().find_map(|output| if let Output::Show(shown) = output { Some(shown) } else { None })
}

#[test]
fn a_silent_stream_is_stale_at_20_s_and_dead_at_35_s() {
    let (mut machine, ticket) = live(1_000, 0);
    assert_eq!(machine.next_wake_ms(), Some(21_000));
    let out = machine.step(Input::Woken, 21_000);
    assert!(matches!(shown(&out), Some(Shown::Live { stale: true, heard_ms: 1_000, .. })), "{out:?}");
    assert_eq!(machine.next_wake_ms(), Some(36_000));
    // A sign of life in time makes it fresh again.
    let out = machine.step(Input::Stream { ticket, item: StreamItem::Alive }, 22_000);
    assert!(matches!(shown(&out), Some(Shown::Live { stale: false, heard_ms: 22_000, .. })), "{out:?}");
    machine.step(Input::Woken, 42_000);
    let out = machine.step(Input::Woken, 57_000);
    assert!(out.iter().any(|output| matches!(output, Output::CloseStream)), "{out:?}");
    assert!(matches!(shown(&out), Some(Shown::Offline { since_ms: 57_000, .. })), "{out:?}");
}

#[test]
fn waits_grow_to_a_quarter_minute_and_obey_retry_after() {
    let mut machine = Machine::new(standing(3, 0), false, 7);
    let mut now_ms = 0;
    let mut waits = Vec::new();
    for _ in 0..10 {
        let out = machine.step(Input::Woken, now_ms);
        let Some(Output::AskMe { ticket, .. }) = out.first() else { panic!("{out:?}") };
        machine.step(Input::Met { ticket: *ticket, answer: Err(unreachable()) }, now_ms);
        let next_ms = machine.next_wake_ms().expect("a try");
        waits.push(next_ms - now_ms);
        assert!(machine.step(Input::Woken, next_ms - 1).is_empty());
        now_ms = next_ms;
    }
    assert!(waits[0] <= 500 && waits[9] >= 7_500 && waits.iter().all(|wait| *wait <= 15_000), "{waits:?}");
    let out = machine.step(Input::Woken, now_ms);
    let Some(Output::AskMe { ticket, .. }) = out.first() else { panic!("{out:?}") };
    let busy = Fail::Busy { why: "full".into(), retry_after_ms: Some(600_000) };
    machine.step(Input::Met { ticket: *ticket, answer: Err(busy) }, now_ms);
    assert_eq!(machine.next_wake_ms(), Some(now_ms + 600_000));
    // A person who asks is not made to wait.
    let out = machine.step(Input::Nudged, now_ms + 5);
    assert!(matches!(out[..], [Output::AskMe { .. }]), "{out:?}");
}

#[test]
fn a_copy_that_cannot_take_the_news_is_not_said_to_be_out_of_reach_and_tries_again() {
    let (mut machine, _) = live(1_000, 0);
    let full = Fail::Unstored("the disk is full".into());
    let out = machine.step(Input::Applied(Err(full)), 2_000);
    assert!(matches!(shown(&out), Some(Shown::Unstored { why }) if why == "the disk is full"), "{out:?}");
    let again_ms = machine.next_wake_ms().expect("a try");
    assert!((2_001..=2_500).contains(&again_ms), "{again_ms}");
    assert!(machine.step(Input::Woken, again_ms).iter().any(|output| matches!(output, Output::AskMe { .. })));
}

#[test]
fn a_server_that_leaves_in_good_order_is_looked_for_at_once() {
    let (mut machine, ticket) = live(0, 0);
    let out = machine.step(Input::Stream { ticket, item: StreamItem::Leaving }, 1_000);
    assert!(out.iter().any(|output| matches!(output, Output::CloseStream)));
    let wake_ms = machine.next_wake_ms().unwrap();
    assert!((1_100..=1_250).contains(&wake_ms), "{wake_ms}");
    assert!(machine.step(Input::Woken, wake_ms).iter().any(|output| matches!(output, Output::AskMe { .. })));
}

#[test]
fn one_exchange_that_meets_a_full_server_ends_with_its_words() {
    let mut machine = Machine::new(standing(3, 1), true, 1);
    let out = machine.step(Input::Woken, 0);
    let [Output::AskMe { ticket, .. }, ..] = out[..] else { panic!("{out:?}") };
    machine.step(Input::Met { ticket, answer: Ok(met(LOG)) }, 0);
    machine.step(Input::Joined { ticket, answer: Ok(standing(3, 1)) }, 0);
    machine.step(Input::Page { ticket, answer: Ok(page(3)) }, 0);
    machine.step(Input::Batch { ticket, events: vec![crate::ledger::EventBytes::stored("{}")] }, 1);
    let busy = Fail::Busy { why: "the disk is full".into(), retry_after_ms: Some(2_000) };
    let out = machine.step(Input::Pushed { ticket, answer: Err(busy) }, 2);
    let ends: Vec<_> = out.iter().filter(|output| matches!(output, Output::Finished(_))).collect();
    assert!(matches!(ends[..], [Output::Finished(Err(why))] if why == "the disk is full"), "{out:?}");
}

#[test]
fn nothing_is_sent_to_another_log() {
    let mut machine = Machine::new(standing(3, 5), false, 1);
    machine.step(Input::Woken, 0);
    let out = machine.step(Input::Met { ticket: 1, answer: Ok(met(LogId(Uuid::from_u128(2)))) }, 1);
    assert!(matches!(shown(&out), Some(Shown::Refused { why }) if why.contains("another --home")), "{out:?}");
    assert!(out.iter().all(|output| matches!(output, Output::CloseStream | Output::Show(_))), "{out:?}");
    assert_eq!(machine.next_wake_ms(), Some(60_001));
}

#[test]
fn answers_to_an_earlier_attempt_change_nothing_but_what_was_done_is_noted() {
    let (mut machine, old) = live(0, 0);
    machine.step(Input::Stream { ticket: old, item: StreamItem::Ended(unreachable()) }, 10);
    assert!(machine.step(Input::Stream { ticket: old, item: StreamItem::Resync }, 11).is_empty());
    assert!(machine.step(Input::Page { ticket: old, answer: Err(Fail::Resync) }, 12).is_empty());
    let out = machine.step(Input::Pushed { ticket: old, answer: Ok(Pushed { outcomes: Vec::new() }) }, 13);
    assert!(matches!(out[..], [Output::Mark(_)]), "{out:?}");
}

#[test]
fn a_body_that_fails_as_a_whole_is_halved_until_the_one_that_fails_is_found() {
    let (mut machine, ticket) = live(0, 4);
    let events: Vec<_> = (0..4).map(|_| crate::ledger::EventBytes::stored("{}")).collect();
    machine.step(Input::Batch { ticket, events }, 1);
    let out = machine.step(Input::Pushed { ticket, answer: Err(Fail::TooLarge("too large".into())) }, 2);
    assert!(matches!(out[..], [Output::TakeBatch { max_events: 2, .. }]), "{out:?}");
    machine.step(Input::Batch { ticket, events: vec![crate::ledger::EventBytes::stored("{}")] }, 3);
    let out = machine.step(Input::Pushed { ticket, answer: Err(Fail::TooLarge("too large".into())) }, 4);
    assert!(matches!(out[..], [Output::Mark(_)]), "{out:?}");
}

#[test]
fn a_lost_stretch_is_found_by_halving() {
    let (mut machine, ticket) = live(0, 0);
    machine.step(Input::Applied(Ok(standing(100, 0))), 1);
    let mut out = machine.step(Input::Stream { ticket, item: StreamItem::Resync }, 2);
    let head = Position { epoch: 2, ..standing(64, 0).position.expect("a position") };
    for probes in 0.. {
        match out.iter().find(|output| matches!(output, Output::Probe { .. } | Output::CutBack { .. })) {
            Some(Output::Probe { ticket, seq }) => {
                let probe = Probe { seq: *seq, same: *seq <= 41, head };
                out = machine.step(Input::Probed { ticket: *ticket, answer: Ok(probe) }, 3);
            }
            Some(Output::CutBack { seq: 41, epoch: 2, .. }) => {
                assert!(probes <= 9, "{probes} probes");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn whether_a_base_is_of_a_restored_log_is_asked_before_the_copy_goes_back_to_it() {
    let root = standing(100, 0).position.expect("a position").root;
    for (answer, seq) in [(Ok(page(120)), 100), (Err(Fail::Resync), 0)] {
        let (mut machine, ticket) = live(0, 0);
        machine.step(Input::Applied(Ok(Standing { base: Some((100, root)), ..standing(100, 0) })), 1);
        let out = machine.step(Input::Stream { ticket, item: StreamItem::Resync }, 2);
        let probe = out.iter().find(|output| matches!(output, Output::Probe { .. }));
        let Some(Output::Probe { ticket, seq: 100 }) = probe else { panic!("{out:?}") };
        let (ticket, head) = (*ticket, Position { epoch: 2, ..standing(120, 0).position.expect("a position") });
        // What came before the base is the same as far as anybody can tell.
        let out = machine.step(Input::Probed { ticket, answer: Ok(Probe { seq: 100, same: true, head }) }, 3);
        let asked = Place { log: LOG, epoch: 2, seq: 100, root: Some(root) };
        assert!(matches!(&out[..], [Output::AskPage { after, .. }] if *after == asked), "{out:?}");
        let out = machine.step(Input::Page { ticket, answer }, 4);
        assert!(matches!(out[..], [Output::CutBack { seq: to, epoch: 2, .. }] if to == seq), "{out:?}");
    }
}

#[test]
fn presence_is_told_while_somebody_listens_and_again_once_a_minute() {
    let here = Here { incident: None, key_age_ms: 500, is_writing: true };
    let told = |out: &[Output]| {
        out.iter().filter_map(|output| if let Output::Report(here) = output { Some(*here) } else { None }).collect::<Vec<_>>()
    };
    let mut machine = Machine::new(standing(3, 0), false, 1);
    assert_eq!(told(&machine.step(Input::Here(here), 0)), [], "nobody listens yet");
    let (mut machine, ticket) = live(1_000, 0);
    assert_eq!(told(&machine.step(Input::Here(here), 2_000)), [here]);
    assert_eq!(told(&machine.step(Input::Stream { ticket, item: StreamItem::Alive }, 30_000)), []);
    machine.step(Input::Stream { ticket, item: StreamItem::Alive }, 55_000);
    assert_eq!(machine.next_wake_ms(), Some(62_000));
    assert_eq!(told(&machine.step(Input::Woken, 62_000)), [Here { key_age_ms: 60_500, ..here }], "the hands were still since");
    // The stream breaks, and what it told is told again on the next one.
    machine.step(Input::Stream { ticket, item: StreamItem::Ended(unreachable()) }, 63_000);
    assert_eq!(told(&machine.step(Input::Here(Here { key_age_ms: 0, ..here }), 63_100)), []);
    let out = machine.step(Input::Nudged, 64_000);
    let Some(Output::AskMe { ticket, .. }) = out.first() else { panic!("{out:?}") };
    let ticket = *ticket;
    machine.step(Input::Met { ticket, answer: Ok(met(LOG)) }, 64_000);
    machine.step(Input::Joined { ticket, answer: Ok(standing(3, 0)) }, 64_000);
    machine.step(Input::Page { ticket, answer: Ok(page(3)) }, 64_000);
    let out = machine.step(Input::Stream { ticket, item: StreamItem::Opened }, 64_100);
    assert_eq!(told(&out), [Here { key_age_ms: 1_000, ..here }]);
}

#[test]
fn a_copy_of_the_last_days_asks_where_they_begin_and_goes_on_where_it_was_broken_off() {
    let begins = |after| Standing { begins: Some(Begins { days: 90, after }), ..standing(0, 0) };
    let after = Some(IncidentId(Uuid::from_u128(9)));
    let mut machine = Machine::new(begins(after), true, 1);
    machine.step(Input::Woken, 0);
    let ticket = 1;
    machine.step(Input::Met { ticket, answer: Ok(met(LOG)) }, 1);
    let out = machine.step(Input::Joined { ticket, answer: Ok(begins(after)) }, 2);
    assert!(matches!(out[..], [Output::AskBase { days: 90, .. }, ..]), "{out:?}");
    let mut older = Machine::new(begins(None), true, 1);
    older.step(Input::Woken, 0);
    older.step(Input::Met { ticket, answer: Ok(met(LOG)) }, 1);
    older.step(Input::Joined { ticket, answer: Ok(begins(None)) }, 2);
    let out = older.step(Input::Based { ticket, answer: Ok(None) }, 3);
    assert!(matches!(out[..], [Output::AskPage { .. }, ..]), "a server that knows no bases: {out:?}");

    let head = page(12).head;
    let base = Base { position: standing(5, 0).position.expect("a position"), received_at: None, peaks: Vec::new(), head: head.clone() };
    let out = machine.step(Input::Based { ticket, answer: Ok(Some(base)) }, 3);
    assert!(matches!(out[..], [Output::AskHeads { after: asked, .. }, ..] if asked == after), "{out:?}");
    let heads = HeadsPage { fold: 1, heads: Vec::new(), next: None, head };
    let out = machine.step(Input::Heads { ticket, answer: Ok(heads) }, 4);
    assert!(matches!(out[..], [Output::KeepHeads { .. }, ..]), "{out:?}");
    let out = machine.step(Input::HeadsKept { ticket, answer: Ok(None) }, 5);
    assert!(matches!(&out[..], [Output::Begin { base, .. }, ..] if base.position.seq == 5), "{out:?}");
    let out = machine.step(Input::Joined { ticket, answer: Ok(standing(5, 0)) }, 6);
    assert!(matches!(&out[..], [Output::AskPage { after, .. }, ..] if after.seq == 5), "{out:?}");
}
