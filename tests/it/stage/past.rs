//! A log as an organisation has it after a long time: incidents that were closed long ago, some that never were, some that somebody wrote to again.

use uuid::Uuid;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::ledger::Record;
use warroom::store::Ask;
use warroom::store::LogStore;
use warroom::store::NewRecord;
use warroom::store::Write;

/// How long, and how much.
#[derive(Clone, Copy)]
pub struct Past {
    /// Incidents, declared one after another at even distances.
    pub incidents: u64,
    /// Events of each, the declaration and the end among them.
    pub events_each: u64,
    /// How many days ago the first was declared; the last is of today.
    pub days: i64,
    /// Of so many incidents one stays open, and the next is written to again today.
    pub open_each: u64,
}

const DAY_MS: i64 = 86_400_000;
const BATCH: usize = 20_000;
/// Incidents that go on at the same time, record by record.
const BESIDE: u64 = 4;

impl Past {
    /// The id of an incident, counted from 0.
    pub fn id(&self, number: u64, now: Timestamp) -> IncidentId {
        IncidentId::from(self.event_id(number, 0, now))
    }

    /// The code of an incident, counted from 0.
    pub fn code(number: u64) -> String {
        format!("INC-{}", number + 1)
    }

    /// Whether it is still open.
    pub fn is_open(&self, number: u64) -> bool {
        number.is_multiple_of(self.open_each)
    }

    /// Whether somebody wrote to it again today, after it was closed.
    pub fn is_touched(&self, number: u64) -> bool {
        number % self.open_each == 1
    }

    fn at(&self, number: u64, now: Timestamp) -> Timestamp {
        let span_ms = self.days * DAY_MS;
        now.plus_ms(-span_ms + span_ms / self.incidents.max(1) as i64 * number as i64)
    }

    fn event_id(&self, number: u64, place: u64, now: Timestamp) -> EventId {
        // UUIDv7: the time in front, then what tells it from all others.
        let millis = self.at(number, now).millis() as u128;
        EventId(Uuid::from_u128(millis << 80 | 0x7 << 76 | 0x2 << 62 | u128::from(number) << 24 | u128::from(place)))
    }

    /// Writes it as a server would have; answers how many records there are. `now` is when it ends.
    pub fn write(&self, store: &mut dyn LogStore, now: Timestamp) -> u64 {
        let mut last = vec![0_u64; self.incidents as usize];
        let mut order: Vec<(u64, u64)> = Vec::with_capacity(BATCH);
        let flush = |order: &mut Vec<(u64, u64)>, last: &mut Vec<u64>, store: &mut dyn LogStore| {
            let writes = |first: u64, epoch: u64| -> Vec<Write> {
                let of =
                    |(seq, (number, place)): (u64, &(u64, u64))| self.record(seq, epoch, *number, *place, &mut last[*number as usize], now);
                (first..).zip(order.iter()).map(of).collect()
            };
            let mut writes = Some(writes);
            let plan = &mut |under: &dyn warroom::store::Locked| {
                Ok(writes.take().map(|mut writes| writes(under.head().seq() + 1, under.head().epoch)).unwrap_or_default())
            };
            store.append(&Ask::default(), &mut |_, _| Ok(()), plan).expect("a batch of the past");
            order.clear();
        };
        for group in (0..self.incidents).step_by(BESIDE as usize) {
            let beside = group..(group + BESIDE).min(self.incidents);
            for place in 0..self.events_each {
                order.extend(beside.clone().map(|number| (number, place)));
            }
            if order.len() >= BATCH {
                flush(&mut order, &mut last, store);
            }
        }
        order.extend((0..self.incidents).filter(|number| self.is_touched(*number)).map(|number| (number, self.events_each)));
        flush(&mut order, &mut last, store);
        store.head().seq()
    }

    fn record(&self, seq: u64, epoch: u64, number: u64, place: u64, last: &mut u64, now: Timestamp) -> Write {
        let declares = place == 0;
        let again = place == self.events_each;
        // What is beside each other came at the same moment: times never go back.
        let at = if again { now } else { self.at(number - number % BESIDE, now) };
        let body: Body = if declares {
            let title = format!("Withdrawals suspended on chain {number}");
            let (summary, services) = (String::new(), vec![format!("wallet-{}", number % 7)]);
            let severity = Severity::new((number % 5) as u8 + 1);
            IncidentDeclared { summary, services, severity, ..IncidentDeclared::titled(title) }.into()
        } else if place + 1 == self.events_each && !self.is_open(number) {
            StatusChanged { status: Status::Closed, reason: "over".into() }.into()
        } else {
            let text =
                if again { format!("looked at again {number}") } else { format!("Outflow back to baseline, block {number} of {place}") };
            let kind = WrittenKind::new(EntryKind::Observation).expect("observations are written");
            EntryAdded::plain(kind, text).into()
        };
        let event = Event {
            id: self.event_id(number, place, now),
            incident: self.id(number, now),
            at,
            by: "ana".into(),
            device: DeviceId(Uuid::nil()),
            index: place,
            salt: format!("{seq:032x}"),
            replaces: None,
            body,
        };
        let bytes = EventBytes::write(&event).expect("an event");
        let record = Record {
            v: 1,
            seq,
            epoch,
            received_at: at,
            person: "ana".into(),
            event_sha256: bytes.sha256_hex(),
            code: declares.then(|| Code(number as u32 + 1)),
            before: Some(std::mem::replace(last, seq)),
        };
        let header = record.write().expect("a header");
        Write::Record(NewRecord { id: event.id, incident: event.incident, record: header, event: bytes })
    }
}
