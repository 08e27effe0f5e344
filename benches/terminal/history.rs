//! A log to measure on: 10 000 incidents, few of them open, and one with a timeline of 100 000 entries.

use std::time::SystemTime;
use std::time::UNIX_EPOCH;
use uuid::Uuid;
use warroom::domain::*;
use warroom::ledger::EventBytes;

pub const INCIDENTS: u64 = 10_000;
pub const ENTRIES: u64 = 100_000;
/// One in so many is still open.
pub const OPEN_ONE_IN: u64 = 50;
/// The only P1, so that it comes to hand first.
const BUSIEST: u64 = 0;
/// Events of one incident have ids of their own range.
const EVENTS_MAX: u64 = 1 << 32;
const KINDS: usize = EntryKind::WRITTEN.len();

/// Everything that happened until now, oldest first.
pub fn events() -> impl Iterator<Item = EventBytes> {
    let declared = (0..INCIDENTS).flat_map(|number| {
        let over = !number.is_multiple_of(OPEN_ONE_IN);
        let end: Body = StatusChanged { status: Status::Declined, reason: "was nothing".into() }.into();
        let began = ago_ms((INCIDENTS - number) * 60_000 + ENTRIES * 700);
        [Some((0, declared(number))), over.then_some((1, end))]
            .into_iter()
            .flatten()
            .map(move |(step, body)| event(number, step, began, body))
    });
    declared.chain((0..ENTRIES).map(|place| entry(BUSIEST, 2 + place, ago_ms((ENTRIES - place) * 700))))
}

/// What happens while one looks: every other event in the incident in hand, the others in other open ones.
pub fn news(number: u64) -> EventBytes {
    let open = INCIDENTS / OPEN_ONE_IN;
    let incident = if number.is_multiple_of(2) { BUSIEST } else { number / 2 % open * OPEN_ONE_IN };
    entry(incident, 2 + ENTRIES + number, ago_ms(0))
}

fn declared(number: u64) -> Body {
    let severity = if number == BUSIEST { 1 } else { 2 + number % 4 };
    IncidentDeclared {
        services: vec!["withdrawals".into()],
        severity: Severity::new(severity as u8),
        ..IncidentDeclared::titled(format!("Withdrawals suspended on chain {number}"))
    }
    .into()
}

fn entry(incident: u64, step: u64, at_ms: u64) -> EventBytes {
    let added = EntryAdded::plain(
        WrittenKind::new(EntryKind::WRITTEN[step as usize % KINDS]).expect("written"),
        format!("Outflow back to baseline on four nodes, block 21 934 {step}; resume at 25 % after a second validation"),
    );
    event(incident, step, at_ms, added.into())
}

fn event(incident: u64, step: u64, at_ms: u64, body: Body) -> EventBytes {
    let event = Event {
        id: id(incident, step),
        incident: id(incident, 0).into(),
        at: Timestamp::from_millis(at_ms as i64),
        by: "ana".into(),
        device: DeviceId(Uuid::from_u128(1)),
        index: step,
        salt: format!("{step:032x}"),
        replaces: None,
        body,
    };
    EventBytes::write(&event).expect("bytes")
}

fn id(incident: u64, step: u64) -> EventId {
    let unique = u128::from(incident * EVENTS_MAX + step + 1);
    // The bits of a UUIDv7 around it.
    EventId(Uuid::from_u128((7 << 76) | (2 << 62) | (unique >> 62 << 80) | (unique & ((1 << 62) - 1))))
}

fn ago_ms(ms: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    now.as_millis() as u64 - ms
}
