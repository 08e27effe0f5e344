//! Presence from one client to another, over real HTTP: who is there, who left, and what nobody is told.

use crate::outage::Outage;
use crate::outage::Weather;
use crate::replica_desk::Desk;
use crate::server::House;
use crate::server::check_problem;
use crate::stage::Screen;
use crate::stage::Server;
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use warroom::domain::Person;
use warroom::domain::Scope;
use warroom::replica::Remote;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Link;
use warroom::replica::snapshot::Presence;
use warroom::replica::snapshot::Snapshot;
use warroom::wire::PresenceNews;

fn seen<'a>(snapshot: &'a Snapshot, name: &str) -> Option<&'a Presence> {
    snapshot.presence.get(&Person::new(name))
}

#[test]
fn one_client_sees_the_other_come_write_and_leave_and_knows_nothing_without_a_link() {
    let runtime = Runtime::new().expect("a runtime");
    let house = runtime.block_on(House::open());
    let line = Outage::before(house.running.as_ref().expect("a server").addr);
    let remote = |person: &str, scope, url: &str| Remote::new(url, &house.token(person, scope)).expect("a remote");
    let direct = house.url("");
    let (ana_desk, bo_desk) = (Desk::new(), Desk::new());
    let (mut ana, mut bo) = (ana_desk.open("ana"), bo_desk.open("bo"));
    let incident = ana_desk.declare(&ana, "Withdrawals suspended");
    let present = |key_age_ms, is_writing| Request::Here { incident: Some(incident), key_age_ms, is_writing };
    // Told before there is a link: it is said once there is one.
    ana.ask(present(60_000, false));
    ana.exchange(remote("ana", Scope::Commander, &direct)).expect("an exchange");
    bo.exchange(remote("bo", Scope::Viewer, &line.url())).expect("an exchange");
    let snapshot = bo_desk.until(&bo, |now| seen(now, "ana").is_some_and(|ana| ana.left_at.is_none()));
    let (before, now) = (seen(&snapshot, "ana").expect("ana").clone(), chrono::Utc::now().into());
    let still_ms = warroom::domain::Timestamp::since_ms(now, before.last_key_at);
    assert!((60_000..80_000).contains(&still_ms), "{still_ms}");
    assert_eq!((before.incident, before.is_writing), (Some(incident), false));

    ana.ask(present(0, true));
    bo_desk.until(&bo, |now| seen(now, "ana").is_some_and(|ana| ana.is_writing && ana.last_key_at > before.last_key_at));
    bo.ask(present(0, false));
    ana_desk.until(&ana, |now| seen(now, "bo").is_some() && seen(now, "ana").is_some());

    line.turn(Weather::Cut);
    bo_desk.until(&bo, |now| now.presence.is_empty());
    ana_desk.until(&ana, |now| seen(now, "bo").is_some_and(|bo| bo.left_at.is_some()));
    line.turn(Weather::Fair);
    bo.ask(Request::SyncNow);
    bo_desk.until(&bo, |now| seen(now, "ana").is_some());
    ana_desk.until(&ana, |now| seen(now, "bo").is_some_and(|bo| bo.left_at.is_none()));

    drop(ana);
    bo_desk.until(&bo, |now| seen(now, "ana").is_some_and(|ana| ana.left_at.is_some()));
    // It is on no disk: the files of both sides do not change with it, and a fresh copy knows nothing of it.
    drop(bo);
    assert!(bo_desk.open("bo").snapshot().presence.is_empty());
    assert_eq!(runtime.block_on(house.log(&house.token("auditor", Scope::Viewer))).len(), 1, "the declaration, and nothing else");
}

#[tokio::test]
async fn presence_has_no_place_in_the_log_and_is_read_strictly() {
    let house = House::open().await;
    let (ana, bo) = (house.token("ana", Scope::Viewer), house.token("bo", Scope::Viewer));
    let device = "0199d3a1-7777-7000-8000-000000000001";
    let report = |age: u64| format!("{{\"device\":\"{device}\",\"key_age_ms\":{age},\"writing\":false}}");
    assert_eq!(house.post(&ana, "/v1/presence", report(1)).send().await.unwrap().status(), 204);
    let response = house.get(&bo, "/v1/stream?after=0").send().await.unwrap();
    let mut events = Box::pin(response.bytes_stream().eventsource());
    let news = loop {
        let event = timeout(Duration::from_secs(10), events.next()).await.expect("an event").unwrap().unwrap();
        if event.event == "presence" {
            assert_eq!(event.id, "", "positions are those of records");
            break serde_json::from_str::<PresenceNews>(&event.data).unwrap();
        }
    };
    assert_eq!((news.people.len(), news.people[0].person.as_str(), news.people[0].incident), (1, "ana", None));

    for (body, code, status) in [
        (report(1).replace("writing", "keys"), "bad_body", 400),
        ("{}".into(), "bad_body", 400),
        (format!("{}{}", report(1), " ".repeat(2_000)), "too_large", 413),
    ] {
        check_problem(house.post(&ana, "/v1/presence", body).send().await.unwrap(), status, code).await;
    }
    let intake = house.token("prometheus", Scope::Intake);
    check_problem(house.post(&intake, "/v1/presence", report(1)).send().await.unwrap(), 403, "scope").await;
    let mut last = house.post(&ana, "/v1/presence", report(u64::MAX)).send().await.unwrap();
    for _ in 0..30 {
        last = house.post(&ana, "/v1/presence", report(1)).send().await.unwrap();
        if last.status() != 204 {
            break;
        }
    }
    assert!(last.headers().contains_key("retry-after"));
    check_problem(last, 429, "rate").await;
}

#[test]
fn two_war_rooms_show_each_other() {
    let server = Server::start();
    let (ana, bo) = (server.home_of("ana", "commander"), server.home_of("bo", "responder"));
    ana.ok(&["declare", "one", "--severity", "2"]);
    ana.ok(&["take"]);
    let mut first = Screen::open(&ana, &[]);
    first.wait_for(&["INC-1 one", "IC ana", "live"]);
    let second = Screen::open(&bo, &["--read-only"]);
    second.wait_for(&["INC-1 one", "live", "with ana"]);
    first.wait_for(&["with bo"]);
    second.wait("the roster says that ana is here", |text| text.lines().any(|line| line.contains("IC") && line.contains("here")));
    second.kill();
    first.wait("bo gone", |text| !text.contains("with bo"));
    first.press("q");
    assert_eq!(first.ended(), 0);
}

#[test]
fn each_room_of_one_home_is_present_and_the_second_goes_on_when_the_first_ends() {
    let server = Server::start();
    let (ana, bo) = (server.home_of("ana", "commander"), server.home_of("bo", "responder"));
    ana.ok(&["declare", "one", "--severity", "2"]);
    ana.ok(&["declare", "two", "--severity", "3"]);
    bo.ok(&["sync"]);
    let mut first = Screen::open(&ana, &["-i", "INC-1"]);
    first.wait_for(&["INC-1 one", "live"]);
    let mut second = Screen::open(&ana, &["-i", "INC-2"]);
    second.wait_for(&["INC-2 two", "shared link"]);
    let mut other = Screen::open(&bo, &["-i", "INC-2"]);
    // Whoever has no link of their own sees others, and is seen: the last key was pressed in the second room.
    second.wait_for(&["with bo"]);
    second.press("j");
    second.press("k");
    other.wait_for(&["INC-2 two", "with ana"]);
    // The room that was touched last is where they are.
    first.press("j");
    first.press("k");
    other.wait("ana in the other incident", |text| text.contains("INC-2 two") && !text.contains("with ana"));
    // The holder of the link ends: the other room takes it over, is live, and still sees and is seen.
    first.press("q");
    assert_eq!(first.ended(), 0);
    second.wait_for(&["live", "with bo"]);
    second.press("j");
    second.press("k");
    other.wait_for(&["INC-2 two", "with ana"]);
    second.press("q");
    assert_eq!(second.ended(), 0);
    other.wait("ana gone", |text| !text.contains("with ana"));
    other.press("q");
    assert_eq!(other.ended(), 0);
}

#[test]
fn a_second_room_says_when_the_server_is_gone_and_knows_nobody_then() {
    let runtime = Runtime::new().expect("a runtime");
    let house = runtime.block_on(House::open());
    let line = Outage::before(house.running.as_ref().expect("a server").addr);
    let remote = |person: &str, url: &str| Remote::new(url, &house.token(person, Scope::Commander)).expect("a remote");
    let (desk, bo_desk) = (Desk::new(), Desk::new());
    let (mut first, mut second, mut bo) = (desk.open("ana"), desk.open("ana"), bo_desk.open("bo"));
    first.exchange(remote("ana", &house.url(""))).expect("an exchange");
    desk.until(&first, |now| matches!(now.link, Link::Live { .. }));
    second.exchange(remote("ana", &line.url())).expect("an exchange");
    bo.exchange(remote("bo", &house.url(""))).expect("an exchange");
    let here = |key_age_ms| Request::Here { incident: None, key_age_ms, is_writing: false };
    bo.ask(here(0));
    desk.until(&second, |now| now.link == Link::Elsewhere && seen(now, "bo").is_some());
    first.ask(here(90_000));
    second.ask(here(0));
    let fresh = |now: &Snapshot, still_ms: i64| {
        let wall: warroom::domain::Timestamp = chrono::Utc::now().into();
        seen(now, "ana").is_some_and(|ana| ana.left_at.is_none() && wall.since_ms(ana.last_key_at) < still_ms)
    };
    bo_desk.until(&bo, |now| fresh(now, 60_000));
    line.turn(Weather::Cut);
    desk.until(&second, |now| matches!(now.link, Link::Offline { .. }) && now.presence.is_empty());
    // The room that is gone takes only its own keys with it.
    let snapshot = bo_desk.until(&bo, |now| seen(now, "ana").is_some_and(|ana| ana.left_at.is_none()) && !fresh(now, 80_000));
    assert!(seen(&snapshot, "ana").is_some());
    line.turn(Weather::Fair);
    second.ask(Request::SyncNow);
    desk.until(&second, |now| now.link == Link::Elsewhere && seen(now, "bo").is_some());
    // What it records goes by the other process's exchange.
    let incident = desk.declare(&second, "Node lag");
    desk.until(&second, |now| now.unsent_total == 0 && now.board.get(incident).is_some_and(|held| held.code.is_some()));
}

#[test]
fn how_long_the_server_was_not_heard_is_known_after_a_restart() {
    let runtime = Runtime::new().expect("a runtime");
    let house = runtime.block_on(House::open());
    let line = Outage::before(house.running.as_ref().expect("a server").addr);
    let remote = || Remote::new(&line.url(), &house.token("ana", Scope::Viewer)).expect("a remote");
    let desk = Desk::new();
    let mut replica = desk.open("ana");
    replica.exchange(remote()).expect("an exchange");
    desk.until(&replica, |now| matches!(now.link, Link::Live { .. }));
    line.turn(Weather::Cut);
    desk.until(&replica, |now| matches!(now.link, Link::Offline { .. }));
    drop(replica);
    std::thread::sleep(Duration::from_millis(1_500));
    let opened: warroom::domain::Timestamp = chrono::Utc::now().into();
    let mut replica = desk.open("ana");
    replica.exchange(remote()).expect("an exchange");
    let snapshot = desk.until(&replica, |now| matches!(now.link, Link::Offline { .. }));
    let Link::Offline { since, .. } = snapshot.link else { panic!("offline") };
    assert!(opened.since_ms(since) >= 1_500, "offline since it was last heard, not since this start: {}", opened.since_ms(since));
}
