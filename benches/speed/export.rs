//! The record of an incident of 10 000 lines as a document: made, and written in each format.

use crate::calibration::hashing;
use crate::calibration::ms;
use crate::calibration::percentile;
use std::sync::Arc;
use std::time::Instant;
use warroom::domain::*;
use warroom::report::Document;
use warroom::report::Style;
use warroom::report::Subject;
use warroom::report::Templates;
use warroom::wire::builtin_org;

const ENTRIES: u64 = 10_000;
const ROUNDS: usize = 7;

pub fn run() {
    let board = board();
    let incident = board.iter().next().expect("the incident");
    let now = incident.last_entry_at.plus_ms(60_000);
    let subject = Subject { incident, org: &board.org, now, position: Some("log 0190a6f0, epoch 1, seq 10002") };
    let document = Document::of(&subject);
    let (plain, own) = (Templates::default(), own());
    let reference = hashing(1 << 20);
    let say = |name: &str, write: &dyn Fn() -> usize| {
        let (mut times, mut bytes) = (Vec::new(), 0);
        for _ in 0..ROUNDS {
            let started = Instant::now();
            bytes = std::hint::black_box(write());
            times.push(started.elapsed());
        }
        let time = percentile(&mut times, 0.5);
        let ratio = time.as_secs_f64() / reference;
        println!("{name} p50 {}, {ratio:.1} × hashing a megabyte, {:.2} MB", ms(time), bytes as f64 / 1e6);
    };
    say("model", &|| Document::of(&subject).lines);
    say("html", &|| document.write(Style::Html, &plain).expect("HTML").len());
    say("html by a template of one's own", &|| document.write(Style::Html, &own).expect("HTML").len());
    say("markdown", &|| document.write(Style::Markdown, &plain).expect("Markdown").len());
    say("csv", &|| document.csv().len());
    say("json", &|| warroom::report::export_json(&subject, &[], None).len());
}

/// The shipped templates as if a person had written them: within limits.
fn own() -> Templates {
    let own = warroom::report::SHIPPED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Templates { own: own.collect(), main: None }
}

fn board() -> Board {
    let mut board = Board::new(Arc::new(builtin_org()));
    let start = Timestamp::from_millis(1_795_000_000_000);
    let people = ["ana", "bo", "chi", "dee", "eve"].map(Person::new);
    let mut incident = None;
    for number in 0..ENTRIES + 2 {
        let body: Body = match number {
            0 => IncidentDeclared {
                summary: "Outflow without a ticket".into(),
                services: vec!["withdrawals".into()],
                severity: Severity::new(1),
                ..IncidentDeclared::titled("Withdrawals suspended")
            }
            .into(),
            1 => RoleAssigned { role: RoleId::commander(), person: people[0].clone(), beside: false }.into(),
            _ => EntryAdded::plain(
                WrittenKind::new(EntryKind::WRITTEN[number as usize % 9]).expect("written"),
                format!("Outflow back to baseline on four nodes, block 21 934 {number}; resume at 25 % after a second validation"),
            )
            .into(),
        };
        // A long night: three days, busier in its first hours.
        let share = number as f64 / ENTRIES as f64;
        let at = start.plus_ms((share * share * 3.0 * 86_400_000.0) as i64);
        let id = EventId(uuid::Uuid::from_u128(u128::from(number + 1) << 20));
        let by = people[number as usize % 5].clone();
        let of = *incident.get_or_insert(IncidentId::from(id));
        let (device, salt) = (DeviceId(uuid::Uuid::from_u128(1)), String::new());
        let event = Event { id, incident: of, at, by: by.clone(), device, index: number, salt, replaces: None, body };
        let code = (number == 0).then_some(Code(1));
        board.apply(&event, Some(&Acceptance { seq: number + 1, received_at: at, person: by, code }));
    }
    board
}
