//! The replica: catching up with a long log, opening on it, finding words in it, and draining what was written offline. `WARROOM_BENCH_TIMES=10`
//! makes the log ten times as long.

use crate::calibration::ms;
use crate::calibration::percentile;
use crate::first_frame;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;
use uuid::Uuid;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::replica::Closed;
use warroom::replica::Remote;
use warroom::replica::Replica;
use warroom::replica::request::Order;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;
use warroom::server;

const INCIDENTS: u64 = 10_000;
const TIMES: &str = "WARROOM_BENCH_TIMES";
/// A declaration, entries, and for most a last word.
const EVENTS_EACH: u64 = 10;
const OFFLINE: usize = 10_000;
/// One in so many is still open.
const OPEN_ONE_IN: u64 = 50;
const WORDS: &[&str] = &["outflow", "signer", "balance", "withdrawal", "node", "block", "customer", "cache", "validator", "oracle"];

fn incidents() -> u64 {
    INCIDENTS * std::env::var(TIMES).map_or(1, |times| times.parse().expect("a whole number"))
}

pub fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("server.sqlite").display());
    let token = crate::stage::token(&database, Scope::Admin);
    let running = runtime.block_on(server::start(server::Config::new("127.0.0.1:0", database))).expect("a server");
    runtime.block_on(fill(&running.url(), &token));
    let remote = Remote::new(&running.url(), &token).expect("a remote");
    let home = folder.path().join("home");

    catch_up(&home, &remote);
    opening(&home);
    first_frame::run(&home);
    searching(&home);
    draining(&home, &remote);
    runtime.block_on(running.shutdown());
}

fn catch_up(home: &Path, remote: &Remote) {
    let replica = open(home);
    let started = Instant::now();
    let done = replica.exchange_once(remote, Duration::from_secs(1200)).expect("an exchange");
    let seconds = started.elapsed().as_secs_f64();
    assert!(done.trouble.is_none() && done.received == incidents() * EVENTS_EACH, "{done:?}");
    println!("catch up {} events over HTTP: {seconds:.2} s, {:.0} events/s", done.received, done.received as f64 / seconds);
    let started = Instant::now();
    let Answer::Found(found) = search(&replica, "outflow", 1) else { panic!("no answer") };
    println!("first search right after it: {} ({} found)", ms(started.elapsed()), found.hits.len());
}

fn opening(home: &Path) {
    let mut samples = Vec::new();
    let mut last = None;
    for _ in 0..20 {
        drop(last.take());
        let started = Instant::now();
        let replica = open(home);
        assert_eq!(replica.snapshot().headers.len() as u64, incidents());
        samples.push(started.elapsed());
        last = Some(replica);
    }
    let mut first = Vec::new();
    for _ in 0..20 {
        drop(last.take());
        let started = Instant::now();
        let config = warroom::replica::Config { closed: Closed::Newest(100_000), ..crate::homes::config(home) };
        let replica = warroom::replica::open(config).expect("a replica");
        assert!(!replica.snapshot().headers.is_empty());
        first.push(started.elapsed());
        last = Some(replica);
    }
    let first = ms(percentile(&mut first, 0.5));
    let (started, replica) = (Instant::now(), open(home));
    let open_ones = (incidents() / OPEN_ONE_IN) as usize;
    while replica.snapshot().board.len() < open_ones {
        std::thread::sleep(Duration::from_millis(1));
    }
    println!(
        "open with {} incidents: first snapshot p50 {}, p99 {}; of open ones p50 {first}; {open_ones} open ones folded after {}",
        incidents(),
        ms(percentile(&mut samples, 0.5)),
        ms(percentile(&mut samples, 0.99)),
        ms(started.elapsed())
    );
}

fn searching(home: &Path) {
    let replica = open(home);
    // Each search makes more of the log findable, and says how much is left; it has its figure when nothing is.
    let (started, mut behind) = (Instant::now(), Vec::new());
    loop {
        let asked = Instant::now();
        let Answer::Found(found) = search(&replica, "outflow signer", 20) else { panic!("no answer") };
        if found.behind == 0 {
            break;
        }
        behind.push(asked.elapsed());
    }
    if !behind.is_empty() {
        println!("all findable after {}; searches meanwhile: p95 {}", ms(started.elapsed()), ms(percentile(&mut behind, 0.95)));
    }
    let entries = incidents() * EVENTS_EACH;
    let word = |number: u64| WORDS[(number % WORDS.len() as u64) as usize];
    let words = |number: u64| match number % 4 {
        0 => word(number).to_owned(),
        1 => format!("{} {}", word(number), number * 37 % entries),
        2 => word(number)[..3].to_owned(),
        _ => format!("{} {} ", word(number), word(number / 7)),
    };
    // The events of an incident are a tenth of a second long, and the incidents follow each other.
    let since = |number: u64| Timestamp::from_millis(1_790_000_000_000 + (number * 7919 % incidents() * 100) as i64).to_string();
    let terms = |number: u64| match number % 6 {
        0 => "kind:observation by:ana service:wallet p:1".to_owned(),
        1 => format!("kind:decision {}", word(number)),
        2 => format!("{} p:2 by:ana", word(number)),
        3 => format!("{} since:{}", word(number), since(number)),
        4 => format!("{} {} until:{}", word(number), word(number / 7), since(number)),
        _ => format!("kind:decision by:bo service:vault since:{}", since(number)),
    };
    let sections: [(&str, &dyn Fn(u64) -> String); 2] = [("words", &words), ("terms", &terms)];
    for (what, query) in sections {
        let mut samples = Vec::new();
        for number in 0..200_u64 {
            let started = Instant::now();
            assert!(matches!(search(&replica, &query(number), 20), Answer::Found(_)));
            samples.push(started.elapsed());
        }
        println!("search {entries} lines by {what}: p50 {}, p95 {}", ms(percentile(&mut samples, 0.5)), ms(percentile(&mut samples, 0.95)));
    }
}

fn draining(home: &Path, remote: &Remote) {
    let replica = open(home);
    let declare =
        Command::Declare { title: "Offline".into(), summary: String::new(), services: vec![], severity: None, at: None, drill: false };
    let Answer::Recorded { incident, .. } = replica.ask(Request::Command { incident: IncidentId::ORG, command: declare, draft: None })
    else {
        panic!("not declared")
    };
    let started = Instant::now();
    for number in 1..OFFLINE {
        let command = Command::AddEntry(NewEntry::new(EntryKind::Note, format!("offline {number}")));
        let answer = crate::homes::ask(&replica, Request::Command { incident, command, draft: None });
        assert!(matches!(answer, Answer::Recorded { .. }), "{answer:?}");
    }
    println!("{OFFLINE} entries written offline, each durable: {:.2} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let done = replica.exchange_once(remote, Duration::from_secs(120)).expect("an exchange");
    assert!(done.sent == OFFLINE && done.waiting == 0 && done.refused == 0, "{done:?}");
    println!("drained and pulled back: {:.2} s", started.elapsed().as_secs_f64());
}

fn open(home: &Path) -> Replica {
    warroom::replica::open(crate::homes::config(home)).expect("a replica")
}

fn search(replica: &Replica, query: &str, limit: usize) -> Answer {
    let me = warroom::domain::Person::new("ana");
    let (about, now, zone) = (warroom::query::About::Everything, warroom::domain::Timestamp::default(), chrono_tz::Tz::UTC);
    let query = warroom::query::Query::parse(query, &warroom::query::Ground { about, now, zone, roles: &[], me: &me });
    crate::homes::ask(replica, Request::Search { query, order: Order::Best, limit })
}

/// Pushes a history: many incidents, most of them over.
async fn fill(url: &str, token: &str) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let events: Vec<EventBytes> = (0..incidents()).flat_map(history).collect();
    for batch in events.chunks(500) {
        let texts: Vec<&str> = batch.iter().map(EventBytes::as_str).collect();
        let body = format!("{{\"events\":[{}]}}", texts.join(","));
        let request = client.post(format!("{url}/v1/events")).bearer_auth(token).header("content-type", "application/json");
        let text = request.body(body).send().await.expect("an answer").text().await.expect("a body");
        assert!(!text.contains("refused") && text.contains("accepted"), "{text}");
    }
}

fn history(number: u64) -> Vec<EventBytes> {
    let incident = id(number, 0);
    let word = |step: u64| WORDS[((number + step) % WORDS.len() as u64) as usize];
    let over = !number.is_multiple_of(OPEN_ONE_IN);
    let bodies = (0..EVENTS_EACH).map(|step| -> Body {
        match step {
            0 => IncidentDeclared {
                services: vec!["wallet".into()],
                severity: Severity::new(1 + (number % 5) as u8),
                ..IncidentDeclared::titled(format!("{} on {} {number}", word(0), word(3)))
            }
            .into(),
            step if step + 1 == EVENTS_EACH && over => StatusChanged { status: Status::Declined, reason: "was nothing".into() }.into(),
            step => EntryAdded::plain(
                WrittenKind::new(EntryKind::Observation).expect("written"),
                format!("{} of the {} looks like {}, line {}", word(step), word(step * 3), word(step + 5), number * EVENTS_EACH + step),
            )
            .into(),
        }
    });
    let events = bodies.zip(0..).map(|(body, step)| Event {
        id: id(number, step),
        incident: incident.into(),
        at: Timestamp::from_millis(1_790_000_000_000 + (number * 100 + step) as i64),
        by: "ana".into(),
        device: DeviceId(Uuid::from_u128(1)),
        index: number * EVENTS_EACH + step,
        salt: format!("{number:032x}"),
        replaces: None,
        body,
    });
    events.map(|event| EventBytes::write(&event).expect("bytes")).collect()
}

fn id(number: u64, step: u64) -> EventId {
    EventId(Uuid::from_u128(u128::from(number * EVENTS_EACH + step + 1) | (7 << 76)))
}
