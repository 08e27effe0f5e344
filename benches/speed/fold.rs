//! Folding a million events into a board: what a server does when it starts.

use crate::calibration::hashing;
use std::sync::Arc;
use std::time::Instant;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::wire::builtin_org;

const EVENTS: u64 = 1_000_000;
const INCIDENTS: u64 = 1_000;

/// Events as a busy organisation writes them: mostly entries, some status changes, amendments, tasks and alerts.
pub fn events(count: u64) -> Vec<(EventBytes, Acceptance)> {
    let (device, begun) = (DeviceId(uuid::Uuid::from_u128(1)), Timestamp::from_millis(1_790_000_000_000));
    let id_of = |number: u64| EventId(uuid::Uuid::from_u128(u128::from(number + 1) << 16));
    let by = Person::new("ana");
    let mut all = Vec::with_capacity(count as usize);
    for number in 0..count {
        let incident = IncidentId::from(id_of(number % INCIDENTS));
        let body: Body = if number < INCIDENTS {
            let title = format!("Withdrawals suspended on chain {number}");
            IncidentDeclared { severity: Severity::new(2), ..IncidentDeclared::titled(title) }.into()
        } else {
            match number / INCIDENTS % 10 {
                0 => StatusChanged { status: Status::ALL[(number / INCIDENTS / 10 % 6) as usize], reason: String::new() }.into(),
                1 => TaskGiven { person: by.clone(), text: format!("check signer {number}"), due_at: None }.into(),
                2 if number > 20 * INCIDENTS => {
                    // An entry of the same incident, written three rounds ago.
                    let entry = id_of(number - 3 * INCIDENTS);
                    EntryAmended {
                        entry,
                        text: Some("corrected".into()),
                        kind: None,
                        outcome: None,
                        audience: None,
                        happened_at: None,
                        merges: None,
                        reason: String::new(),
                    }
                    .into()
                }
                _ => EntryAdded::plain(
                    WrittenKind::new(EntryKind::Observation).unwrap_or_else(|| unreachable!("an observation is written")),
                    format!("Outflow back to baseline, block {number}"),
                )
                .into(),
            }
        };
        let at = begun.plus_ms(number as i64 * 250);
        let event = Event {
            id: id_of(number),
            incident,
            at,
            by: by.clone(),
            device,
            index: number,
            salt: format!("{number:032x}"),
            replaces: None,
            body,
        };
        let bytes = EventBytes::write(&event).expect("an event");
        let code = (number < INCIDENTS).then_some(Code(number as u32 + 1));
        all.push((bytes, Acceptance { seq: number + 1, received_at: at, person: by.clone(), code }));
    }
    all
}

pub fn run() {
    let events = events(EVENTS);
    let size: usize = events.iter().map(|(bytes, _)| bytes.as_str().len()).sum();
    let hashed = hashing(size);
    let started = Instant::now();
    let read: Vec<Event> = events.iter().map(|(bytes, _)| bytes.read().expect("an event")).collect();
    let reading = started.elapsed().as_secs_f64();
    let mut board = Board::new(Arc::new(builtin_org()));
    let started = Instant::now();
    for (event, (_, accepted)) in read.iter().zip(&events) {
        board.apply(event, Some(accepted));
    }
    let folding = started.elapsed().as_secs_f64();
    let entries: usize = board.iter().map(|incident| incident.timeline.len()).sum();
    println!("{EVENTS} events, {} MB, {} incidents, {entries} lines", size >> 20, board.len());
    println!("read  {reading:.2} s  {:.1} × hashing the same bytes ({hashed:.2} s)", reading / hashed);
    println!("fold  {folding:.2} s  {:.1} × hashing, {:.0} events/s", folding / hashed, EVENTS as f64 / folding);
}
