//! A replica without a server: what is written is there again, for every process of the home.

use crate::replica_desk::Desk;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use std::time::Instant;
use warroom::domain::Command;
use warroom::domain::EntryKind;
use warroom::domain::EntryState;
use warroom::domain::EventId;
use warroom::domain::Header;
use warroom::domain::IncidentId;
use warroom::domain::NewEntry;
use warroom::domain::Severity;
use warroom::domain::Status;
use warroom::domain::Timestamp;
use warroom::query::About;
use warroom::query::Ground;
use warroom::query::Query;
use warroom::replica::Closed;
use warroom::replica::Fault;
use warroom::replica::Replica;
use warroom::replica::request::Order;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;
use warroom::replica::snapshot::Found;
use warroom::replica::snapshot::Hit;
use warroom::replica::snapshot::Link;

#[test]
fn what_was_recorded_is_there_after_a_restart() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    let incident = desk.declare(&replica, "Withdrawals suspended");
    let entry = desk.log(&replica, incident, "Suspend withdrawals on BTC");
    let snapshot = replica.snapshot();
    assert_eq!((snapshot.unsent_total, snapshot.link.clone()), (2, Link::Alone));
    drop(replica);

    let replica = desk.open("ana");
    let first = replica.snapshot();
    assert_eq!(first.headers[&incident].title, "Withdrawals suspended");
    assert_eq!(first.headers[&incident].entries, 2);
    desk.until(&replica, |now| now.board.get(incident).is_some());
    let snapshot = replica.snapshot();
    let line = snapshot.board.get(incident).unwrap().timeline.find(entry).unwrap().clone();
    assert_eq!((&*line.text, line.state), ("Suspend withdrawals on BTC", EntryState::Local));
    assert_eq!(snapshot.unsent[&incident], 2);
}

#[test]
fn a_closed_incident_is_a_row_until_it_is_asked_for() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    let incident = desk.declare(&replica, "False alarm");
    let declined = Command::SetStatus { status: Status::Declined, reason: "test page".into() };
    desk.done(&replica, incident, declined);
    drop(replica);
    let replica = desk.open("ana");
    std::thread::sleep(Duration::from_millis(100));
    assert!(replica.snapshot().board.get(incident).is_none());
    assert_eq!(replica.snapshot().headers[&incident].status, Status::Declined);
    assert_eq!(replica.ask(Request::Open(incident)), Answer::Done);
    assert_eq!(replica.snapshot().board.get(incident).unwrap().timeline.len(), 2);
}

#[test]
fn a_rule_says_no_and_nothing_is_recorded() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    let incident = desk.declare(&replica, "Node lag");
    let long = NewEntry::new(EntryKind::Note, "x".repeat(1024 * 1024));
    let answer = replica.ask(Request::Command { incident, command: Command::AddEntry(long), draft: Some("write:x".into()) });
    let Answer::Refused(refusal) = answer else { panic!("{answer:?}") };
    assert_eq!(refusal.code, "too_long");
    assert_eq!(replica.snapshot().unsent_total, 1);
}

#[test]
fn two_processes_see_each_other_and_decide_on_one_state() {
    let desk = Desk::new();
    let (ana, bo) = (desk.open("ana"), desk.open("bo"));
    let incident = desk.declare(&ana, "Price feed stale");
    desk.until(&bo, |now| now.headers.contains_key(&incident));
    let writers = [(&ana, "a"), (&bo, "b")].map(|(replica, name)| (replica.requests.clone(), name));
    let threads = writers.map(|(requests, name)| {
        std::thread::spawn(move || {
            for n in 0..50 {
                let command = Command::AddEntry(NewEntry::new(EntryKind::Note, format!("{name}{n}")));
                let (tell, told) = std::sync::mpsc::channel();
                let answer = Box::new(move |answer| tell.send(answer).unwrap());
                let request = Request::Command { incident, command, draft: None };
                requests.send(warroom::replica::request::Envelope { request, answer });
                assert!(matches!(told.recv().unwrap(), Answer::Recorded { .. }));
            }
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
    for replica in [&ana, &bo] {
        desk.until(replica, |now| now.board.get(incident).is_some_and(|held| held.timeline.len() == 101));
        assert_eq!(replica.snapshot().unsent_total, 101);
    }
    let texts = |replica: &warroom::replica::Replica| -> Vec<String> {
        replica.snapshot().board.get(incident).unwrap().timeline.iter().map(|entry| entry.text.to_string()).collect()
    };
    assert_eq!(texts(&ana), texts(&bo));
}

#[test]
fn a_draft_is_kept_until_the_transaction_that_records_it() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    let incident = desk.declare(&replica, "Signer offline");
    let key = format!("write:{incident}");
    let keep = |body: &str| Request::KeepDraft { key: key.clone(), incident: Some(incident), body: body.into() };
    assert!(matches!(replica.ask(keep("Key of sig")), Answer::Kept(_)));
    assert!(matches!(replica.ask(keep("Key of signer-3 leaked")), Answer::Kept(_)));
    drop(replica);
    let replica = desk.open("ana");
    assert_eq!(replica.snapshot().drafts[0].body, "Key of signer-3 leaked");
    let command = Command::AddEntry(NewEntry::new(EntryKind::Hypothesis, "Key of signer-3 leaked"));
    replica.ask(Request::Command { incident, command, draft: Some(key) });
    assert!(replica.snapshot().drafts.is_empty());
}

/// What a search answers.
pub fn found(replica: &Replica, typed: &str) -> Vec<Hit> {
    let found = found_in(replica, typed, Order::Best);
    assert!(found.is_whole, "{typed}");
    found.hits
}

fn found_in(replica: &Replica, typed: &str, order: Order) -> Found {
    let snapshot = replica.snapshot();
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let now = Timestamp::from_millis(i64::try_from(since_1970.as_millis()).expect("milliseconds"));
    let (roles, me) = (&snapshot.board.org.roles, &snapshot.me.person);
    let query = Query::parse(typed, &Ground { about: About::Everything, now, zone: chrono_tz::Tz::UTC, roles, me });
    assert!(query.problems.is_empty(), "{typed}: {:?}", query.problems);
    match replica.ask(Request::Search { query, order, limit: 20 }) {
        Answer::Found(found) => found,
        other => panic!("{typed}: {other:?}"),
    }
}

#[test]
fn terms_narrow_a_search_in_open_and_closed_incidents_alike() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    let (open, closed) = (desk.declare(&replica, "Hot wallet drain"), desk.declare(&replica, "Node lag"));
    for incident in [open, closed] {
        desk.log(&replica, incident, "signer restarted");
        let mut new = NewEntry::new(EntryKind::Decision, "signer stays off");
        new.components = vec!["signer".into()];
        desk.done(&replica, incident, Command::AddEntry(new));
    }
    desk.done(&replica, open, Command::SetSeverity { severity: Severity::new(1).expect("1"), reason: String::new() });
    desk.done(&replica, closed, Command::SetStatus { status: Status::Resolved, reason: "restarted".into() });
    drop(replica);
    // Opened anew, a closed incident is held by its head alone.
    let replica = desk.open("ana");
    for (typed, hits) in [
        ("signer", 4),
        ("signer kind:decision", 2),
        ("signer kind:decision is:closed", 1),
        ("signer -kind:decision", 2),
        ("signer p:1", 2),
        ("signer p:1 -stays", 1),
        ("\"signer stays\" status:resolved", 1),
        ("service:signer", 2),
        ("kind:decision by:ana", 2),
        ("kind:decision by:bo", 0),
        ("signer since:-1h", 4),
        ("signer until:-1h", 0),
        ("kind:decision is:struck", 0),
        ("error:stays", 0),
    ] {
        assert_eq!(found(&replica, typed).len(), hits, "{typed}: {:?}", found(&replica, typed));
    }
}

#[test]
fn the_newest_come_first_by_when_it_happened_and_a_corrected_kind_or_time_is_found() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    let incident = desk.declare(&replica, "Hot wallet drain");
    let [late, early, other] =
        ["quorum lost, late", "quorum lost, early", "quorum lost and found again"].map(|text| desk.log(&replica, incident, text));
    let amend = |entry, kind, minutes_ago: Option<i64>| {
        let happened_at = minutes_ago.map(|minutes| Timestamp::from_millis(chrono::Utc::now().timestamp_millis() - minutes * 60_000));
        Command::AmendEntry { entry, text: None, kind, outcome: None, audience: None, happened_at, reason: "corrected".into() }
    };
    desk.done(&replica, incident, amend(early, None, Some(90)));
    desk.done(&replica, incident, amend(other, Some(EntryKind::Decision), Some(30)));
    for replica in [replica, desk.open("ana")] {
        let entries = |typed: &str, order| -> Vec<EventId> { found_in(&replica, typed, order).hits.iter().map(|hit| hit.entry).collect() };
        assert_eq!(entries("quorum", Order::Newest), [late, other, early]);
        assert_eq!(entries("quorum until:-20m", Order::Newest), [other, early]);
        assert_eq!(entries("quorum since:-60m until:-20m", Order::Best), [other]);
        assert_eq!(entries("kind:decision by:an quorum", Order::Newest), [other]);
        assert_eq!(entries("-kind:decision by:ana quorum", Order::Newest), [late, early]);
        assert_eq!(entries("by:bo quorum", Order::Newest), []);
        let hit = found_in(&replica, "early", Order::Best).hits.remove(0);
        assert!(chrono::Utc::now().timestamp_millis() - hit.at.millis() > 80 * 60_000, "{hit:?}");
        assert!(found_in(&replica, "quorum", Order::Best).is_whole);
    }
}

#[test]
fn words_are_found_at_once_and_an_amended_entry_once() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    let incident = desk.declare(&replica, "Hot wallet drain");
    let entry = desk.log(&replica, incident, "Outflow of 12.4 ETH/s through the \"build\" cache");
    let amend = Command::reword(entry, "Outflow of 12.4 ETH/s through the old cache", "");
    desk.done(&replica, incident, amend);
    for (typed, hits) in [("outfl", 1), ("cache eth", 1), ("build through (", 1), ("drain", 1), ("nothing", 0), ("*", 0)] {
        assert_eq!(found(&replica, typed).len(), hits, "{typed}");
    }
    let found = found(&replica, "old");
    assert_eq!((found[0].entry, found[0].excerpt.as_str()), (entry, "Outflow of 12.4 ETH/s through the old cache"));
}

#[test]
fn a_home_is_closed_to_others_and_a_newer_format_is_refused() {
    let desk = Desk::new();
    drop(desk.open("ana"));
    let mode = |name: &str| std::fs::metadata(desk.home().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("replica.db")), (0o700, 0o600));
    rusqlite::Connection::open(desk.home().join("replica.db")).unwrap().execute_batch("PRAGMA user_version = 999").unwrap();
    let refused = warroom::replica::open(desk.config("ana")).map(drop).unwrap_err();
    assert!(matches!(refused, Fault::Newer { found: 999, .. }) && refused.to_string().contains("update warroom"), "{refused}");
}

#[test]
fn opening_is_quick_however_much_is_held() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    for n in 0..50 {
        desk.declare(&replica, &format!("Incident {n}"));
    }
    drop(replica);
    let began = Instant::now();
    let replica = desk.open("ana");
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    assert_eq!(replica.snapshot().headers.len(), 50);
}

#[test]
fn closed_incidents_come_a_moment_after_the_open_ones_and_before_anything_is_done() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    let ids: Vec<IncidentId> = (0..20).map(|number| desk.declare(&replica, &format!("incident {number}"))).collect();
    for id in &ids[1..] {
        desk.done(&replica, *id, Command::SetStatus { status: Status::Declined, reason: "a test".into() });
    }
    drop(replica);
    let open =
        || warroom::replica::open(warroom::replica::Config { closed: Closed::Newest(100), ..desk.config("ana") }).expect("a replica");
    let replica = open();
    assert!(replica.snapshot().headers.contains_key(&ids[0]), "the first snapshot has what is open");
    desk.until(&replica, |now| now.headers.len() == 20);
    assert!(replica.snapshot().board.get(ids[5]).is_none(), "by their heads alone");
    drop(replica);
    // Whoever asks at once is answered as if all had been there.
    let replica = open();
    desk.done(&replica, ids[7], Command::SetStatus { status: Status::Investigating, reason: "once more".into() });
    let snapshot = replica.snapshot();
    assert_eq!((snapshot.headers.len(), snapshot.headers[&ids[7]].status), (20, Status::Investigating));
    assert_eq!(*snapshot.headers[&ids[7]], Header::of(snapshot.board.get(ids[7]).expect("in full")));
}

#[test]
fn closed_incidents_beyond_the_newest_are_opened_on_demand() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    let ids: Vec<IncidentId> = (0..20).map(|number| desk.declare(&replica, &format!("incident number{number}"))).collect();
    for id in &ids[1..] {
        desk.done(&replica, *id, Command::SetStatus { status: Status::Declined, reason: "a test".into() });
    }
    drop(replica);
    let open = || warroom::replica::open(warroom::replica::Config { closed: Closed::Newest(5), ..desk.config("ana") }).expect("a replica");
    let replica = open();
    desk.until(&replica, |now| now.older.len() == 14);
    let snapshot = replica.snapshot();
    let listed: Vec<IncidentId> = snapshot.headers.keys().copied().collect();
    assert_eq!(listed, [&ids[..1], &ids[15..]].concat(), "the open one, and the newest five");
    assert!(ids[1..15].iter().all(|id| snapshot.older.holds(*id)) && !snapshot.older.holds(ids[0]) && !snapshot.older.holds(ids[15]));
    // Found by its words, opened, and listed from then on.
    let found = found(&replica, "number2");
    assert_eq!(found.iter().map(|hit| (hit.incident, hit.title.as_str())).collect::<Vec<_>>(), [(ids[2], "incident number2")]);
    assert_eq!(replica.ask(Request::Open(ids[2])), Answer::Done);
    // What is done in one brings it back, too.
    desk.done(&replica, ids[7], Command::SetStatus { status: Status::Investigating, reason: "once more".into() });
    let snapshot = replica.snapshot();
    for id in [ids[2], ids[7]] {
        assert_eq!(*snapshot.headers[&id], Header::of(snapshot.board.get(id).expect("in full")));
        assert!(!snapshot.older.holds(id));
    }
    assert_eq!((snapshot.headers.len(), snapshot.older.len()), (8, 12));
    // Whoever asks at once is answered as if all had been there.
    drop(replica);
    let replica = open();
    replica.read_closed().expect("read");
    let snapshot = replica.snapshot();
    assert_eq!((snapshot.headers.len(), snapshot.older.len()), (7, 13), "the two open ones, and the newest five");
}

#[test]
fn heads_of_an_earlier_fold_are_made_anew_once() {
    let desk = Desk::new();
    let replica = desk.open("ana");
    let ids: Vec<IncidentId> = (0..6).map(|number| desk.declare(&replica, &format!("incident {number}"))).collect();
    for id in &ids[3..] {
        desk.done(&replica, *id, Command::SetStatus { status: Status::Declined, reason: "a test".into() });
    }
    let before = replica.snapshot().headers.clone();
    drop(replica);
    let database = || rusqlite::Connection::open(desk.home().join("replica.db")).expect("a database");
    let earlier = || database().query_row("SELECT count(*) FROM head WHERE fold = 0", [], |row| row.get::<_, i64>(0)).expect("a count");
    database().execute("UPDATE head SET fold = 0", []).expect("heads of another program");
    assert_eq!(earlier(), 6);
    let replica = desk.open("ana");
    desk.until(&replica, |_| earlier() == 0);
    assert_eq!(replica.snapshot().headers, before);
}
