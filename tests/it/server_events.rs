//! Pushing and pulling: what is acknowledged is in the log once, in order, byte for byte.

use crate::server::*;
use std::time::Duration;
use uuid::Uuid;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::ledger::RecordBytes;
use warroom::wire::OutcomeWord::*;

#[tokio::test]
async fn a_push_is_answered_event_by_event() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Withdrawals hang");
    let first = entry("ana", incident, "queue is growing");
    assert_eq!(words(&house.push(&ana, &[declared.clone(), first.clone()]).await), [(Accepted, Some(1)), (Accepted, Some(2))]);

    let other = EventBytes::take(first.as_str().replace("growing", "shrinking").as_bytes()).unwrap().0;
    let (nowhere, _) = declaration("ana", "never sent");
    let unknown = EventBytes::take(entry("ana", incident, "x").as_str().replace("entry.added", "entry.sung").as_bytes()).unwrap().0;
    let as_bo = event("bo", Some(incident), StatusChanged { status: Status::Investigating, reason: String::new() });
    let pushed = house
        .push(
            &ana,
            &[
                first.clone(),
                other,
                entry("ana", nowhere, "lost"),
                unknown,
                EventBytes::write(&as_bo).unwrap(),
                entry("bo", incident, "said by bo, written by ana"),
            ],
        )
        .await;
    let codes: Vec<_> = pushed.outcomes.iter().map(|outcome| (outcome.outcome, outcome.code.as_deref(), outcome.retry)).collect();
    assert_eq!(
        codes,
        [
            (Duplicate, None, None),
            (Refused, Some("conflict"), Some(Retry::Never)),
            (Refused, Some("unknown_incident"), Some(Retry::Later)),
            (Refused, Some("unknown_kind"), Some(Retry::Later)),
            (Refused, Some("not_you"), Some(Retry::Never)),
            (Accepted, None, None),
        ]
    );
    assert_eq!(pushed.outcomes[0].seq, Some(2));

    let log = house.log(&ana).await;
    assert_eq!(log.len(), 3);
    assert_eq!((log[0].1.as_str(), log[1].1.as_str()), (declared.as_str(), first.as_str()), "bytes come back as they went in");
    let record = RecordBytes::stored(&log[0].0).read().unwrap();
    assert_eq!((record.seq, record.code, record.person), (1, Some(Code(1)), Person::new("ana")));
    assert_eq!(record.event_sha256, declared.sha256_hex());
}

#[tokio::test]
async fn one_malformed_event_is_refused_alone() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Bad bytes");
    let good = entry("ana", incident, "good");
    let deep = format!("{{\"id\":\"{}\",\"x\":{}{}}}", Uuid::now_v7(), "[".repeat(10_000), "]".repeat(10_000));
    let lone = entry("ana", incident, "half a pair: X").as_str().replace('X', "\\ud83d");
    let carriage_return = entry("ana", incident, "cr").as_str().replacen(',', ",\r", 1);
    let spaced = entry("ana", incident, "spaced").as_str().replacen(',', ",\n", 1);
    let short = format!("{{\"id\":\"{}\"}}", Uuid::now_v7());
    let bad = [&deep, &lone, &carriage_return, &spaced, &short];
    let items: Vec<&str> = [declared.as_str()].into_iter().chain(bad.iter().map(|item| item.as_str())).chain([good.as_str()]).collect();
    let body = format!("{{\"events\":[{}]}}", items.join(","));
    let response = house.post(&ana, "/v1/events", body).send().await.unwrap().text().await.unwrap();
    let pushed: warroom::wire::Pushed = serde_json::from_str(&response).expect(&response);
    assert_eq!(pushed.outcomes.first().unwrap().outcome, Accepted);
    assert_eq!(pushed.outcomes.last().unwrap().seq, Some(2));
    for (outcome, why) in
        pushed.outcomes[1..6].iter().zip(["deeper than 32", "lone surrogate", "control byte 0x0d", "control byte 0x0a", "missing field"])
    {
        assert_eq!((outcome.code.as_deref(), outcome.retry), (Some("malformed"), Some(Retry::Never)));
        assert!(outcome.reason.as_ref().unwrap().contains(why), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_bad_body_takes_nothing() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Nothing of this");
    let good = declared.as_str();
    let id_twice = good.replacen("{", &format!("{{\"id\":\"{}\",", Uuid::now_v7()), 1);
    for (body, code) in [
        ("", "bad_body"),
        ("not json", "bad_body"),
        ("{\"events\":7}", "bad_body"),
        (&format!("{{\"events\":[{good},7]}}"), "bad_item"),
        (&format!("{{\"events\":[{good},{{\"id\":\"nonsense\"}}]}}"), "bad_item"),
        (&format!("{{\"events\":[{good},{{}}]}}"), "bad_item"),
        (&format!("{{\"events\":[{good},{id_twice}]}}"), "bad_item"),
        (&format!("{{\"events\":[{good}"), "bad_body"),
        (&"[".repeat(10_000), "bad_body"),
    ] {
        let response = house.post(&ana, "/v1/events", body.to_owned()).send().await.unwrap();
        check_problem(response, 400, code).await;
    }
    let response = house.post(&ana, "/v1/events", b"{\"events\":[{\"id\":\"\xff\"}]}".to_vec()).send().await.unwrap();
    check_problem(response, 400, "bad_body").await;

    let many: Vec<_> = (0..501).map(|_| entry("ana", incident, "x")).collect();
    check_problem(house.post(&ana, "/v1/events", push_body(&many)).send().await.unwrap(), 400, "too_many").await;

    let long = "x".repeat(5 * 1024 * 1024);
    let response = house.post(&ana, "/v1/events", long.clone()).send().await.unwrap();
    assert!(check_problem(response, 413, "too_large").await.contains("4096 KiB"));
    let chunks = futures_util::stream::iter((0..5).map(|_| Ok::<_, std::io::Error>("x".repeat(1024 * 1024))));
    let response = house.post(&ana, "/v1/events", reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
    check_problem(response, 413, "too_large").await;
    assert!(house.log(&ana).await.is_empty());
}

#[tokio::test]
async fn an_entry_of_a_megabyte_is_refused_in_words() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Long");
    house.push(&ana, &[declared]).await;
    let long = entry("ana", incident, "MEGABYTE").as_str().replace("MEGABYTE", &"x".repeat(1_000_000));
    let response = house.post(&ana, "/v1/events", format!("{{\"events\":[{long}]}}")).send().await.unwrap();
    let pushed: warroom::wire::Pushed = response.json().await.unwrap();
    assert_eq!(pushed.outcomes[0].code.as_deref(), Some("malformed"));
    assert!(pushed.outcomes[0].reason.as_ref().unwrap().contains("at most 262144"));
}

#[tokio::test]
async fn two_writers_at_once_get_one_order_without_gaps() {
    let house = House::open().await;
    let tokens = [house.token("ana", Scope::Responder), house.token("bo", Scope::Responder)];
    let (incident, declared) = declaration("ana", "Both");
    house.push(&tokens[0], &[declared]).await;
    let writer = |person: &'static str, token: String| {
        let house = &house;
        async move {
            let mut seqs = Vec::new();
            for number in 0..40 {
                let pushed = house.push(&token, &[entry(person, incident, &format!("{person} {number}"))]).await;
                seqs.push(pushed.outcomes[0].seq.unwrap());
            }
            seqs
        }
    };
    let (ana, bo) = tokio::join!(writer("ana", tokens[0].clone()), writer("bo", tokens[1].clone()));
    assert!(ana.is_sorted() && bo.is_sorted());
    let mut all = [ana, bo].concat();
    all.sort();
    assert_eq!(all, (2..=81).collect::<Vec<u64>>());
    let log = house.log(&tokens[0]).await;
    let received: Vec<_> = log.iter().map(|(record, _)| RecordBytes::stored(record).read().unwrap().received_at).collect();
    assert!(received.is_sorted());
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_crash_and_is_taken_once() {
    let mut house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Crash");
    let events: Vec<_> = [declared].into_iter().chain((0..20).map(|number| entry("ana", incident, &number.to_string()))).collect();
    house.push(&ana, &events).await;
    let before = house.log(&ana).await;
    house.crash_and_restart().await;
    assert_eq!(house.log(&ana).await, before);
    let again = house.push(&ana, &events).await;
    assert_eq!(words(&again), (1..=21).map(|seq| (Duplicate, Some(seq))).collect::<Vec<_>>());
    let (_, second) = declaration("ana", "After the crash");
    house.push(&ana, &[second]).await;
    let log = house.log(&ana).await;
    assert_eq!(RecordBytes::stored(&log[21].0).read().unwrap().code, Some(Code(2)), "codes go on where they were");
}

#[tokio::test]
async fn a_position_of_another_history_is_told_to_resync() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Here");
    house.push(&ana, &[declared, entry("ana", incident, "one"), entry("ana", incident, "two")]).await;
    let page: warroom::wire::EventsPage = house.get(&ana, "/v1/events?after=0&limit=2").send().await.unwrap().json().await.unwrap();
    assert_eq!((page.records.len(), page.next, page.head.position.seq), (2, Some(2), 3));
    let here = page.head.position;
    let mut tree = warroom::ledger::Frontier::default();
    for pair in &page.records {
        tree.push(RecordBytes::take(pair.record.get().as_bytes()).unwrap().0.leaf());
    }
    let ask = |after: u64, log: String, epoch: u64, root: String| {
        house.get(&ana, &format!("/v1/events?after={after}&log={log}&epoch={epoch}&root={root}")).send()
    };
    let (log, root) = (here.log.to_string(), tree.root().to_string());
    assert_eq!(ask(2, log.clone(), 1, root.clone()).await.unwrap().status(), 200);
    assert_eq!(ask(3, log.clone(), 1, here.root.to_string()).await.unwrap().status(), 200);
    for (after, log, epoch, root, why) in [
        (2, Uuid::nil().to_string(), 1, root.clone(), "a replica belongs to one log"),
        (2, log.clone(), 2, root.clone(), "it was restored"),
        (9, log.clone(), 1, root.clone(), "ends at record 3"),
        (1, log.clone(), 1, root.clone(), "another history"),
        (3, log.clone(), 1, root.clone(), "another history"),
    ] {
        let said = check_problem(ask(after, log, epoch, root).await.unwrap(), 409, "resync").await;
        assert!(said.contains(why), "{said}");
    }
    check_problem(house.get(&ana, "/v1/events?after=minus").send().await.unwrap(), 400, "bad_query").await;
}

#[tokio::test]
async fn a_shutdown_in_order_leaves_a_log_that_opens_at_once() {
    let mut house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    house.push(&ana, &[declaration("ana", "Over").1]).await;
    let began = std::time::Instant::now();
    house.running.take().unwrap().shutdown().await;
    assert!(began.elapsed() < Duration::from_secs(3));
    house.crash_and_restart().await;
    assert_eq!(house.log(&ana).await.len(), 1);
}
