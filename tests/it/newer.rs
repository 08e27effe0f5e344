//! What a newer program writes, read by the program of today: kinds of events and fields that it does not know are kept to the byte, hashed, passed
//! on and shown as what they are; none of it is lost on the way through a home, a document, a backup or a restored server.

use crate::older_files::server_with;
use crate::stage::Home;
use crate::stage::Server;
use serde_json::Value;
use uuid::Uuid;
use warroom::domain::EventId;
use warroom::ledger::EventBytes;
use warroom::ledger::Record;
use warroom::ledger::sha256_hex;
use warroom::store::Ask;
use warroom::store::Database;
use warroom::store::NewRecord;
use warroom::store::Write;

/// Puts events at the end of a log as a newer server took them: byte for byte, whatever the rules of today say.
fn write(database: &std::path::Path, events: &[String]) {
    let mut store = format!("sqlite:{}", database.display()).parse::<Database>().unwrap().open().unwrap();
    let last = store.head().seq();
    let records = |first: u64, epoch: u64| -> Vec<Write> {
        let of = |(seq, text): (u64, &String)| {
            let (bytes, event) = EventBytes::take(text.as_bytes()).unwrap();
            let (received_at, event_sha256) = (chrono::Utc::now().into(), bytes.sha256_hex());
            let record = Record { v: 1, seq, epoch, received_at, person: "ana".into(), event_sha256, code: None, before: Some(seq - 1) };
            let record = record.write().unwrap();
            Write::Record(NewRecord { id: event.id, incident: event.incident, record, event: bytes })
        };
        (first..).zip(events).map(of).collect()
    };
    store.append(&Ask::default(), &mut |_, _| Ok(()), &mut |under| Ok(records(under.head().seq() + 1, under.head().epoch))).unwrap();
    assert_eq!(store.head().seq(), last + events.len() as u64);
}

/// Of a kind that is not known; and of one that is, with fields that are not.
fn of_tomorrow(incident: &str) -> Vec<String> {
    let event = |kind: &str, more: &str, data: &str| {
        let id = EventId(Uuid::now_v7());
        let at = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S.000Z");
        format!(
            r#"{{"v":1,"id":"{id}","incident":"{incident}","kind":"{kind}","at":"{at}","by":"ana","device":"{}","index":1,"salt":"00112233445566778899aabbccddeeff",{more}"data":{data}}}"#,
            Uuid::now_v7()
        )
    };
    vec![
        event("quorum.counted", r#""weather":{"wind":3},"#, r#"{"votes":[1,2,{"of":"three"}],"text":"tomorrow's words"}"#),
        event("entry.added", r#""mood":"calm","#, r#"{"kind":"note","text":"told tomorrow","shade":[{"deep":1.50}]}"#),
    ]
}

/// Every event from a place on as a client is sent it.
fn sent(server: &Server, token: &str, after: u64) -> Vec<String> {
    warroom::install_crypto();
    let url = format!("{}/v1/events?after={after}", server.address);
    let page: warroom::wire::EventsPage = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(async { reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap().json().await.unwrap() });
    page.records.iter().map(|pair| pair.event.as_ref().unwrap().get().to_owned()).collect()
}

fn document(home: &Home) -> Value {
    home.json(&["export", "INC-1", "--format", "json"]).remove(0)
}

#[test]
fn what_a_newer_program_wrote_is_kept_passed_on_and_shown() {
    let (mut server, _) = server_with(3);
    let dee = server.home_of("dee", "commander");
    let token = server.token("bo", "responder");
    let incident = dee.json(&["show", "INC-1"])[0]["id"].as_str().unwrap().to_owned();
    server.kill();
    let database = server.home().folder().join("server.db");
    let tomorrow = of_tomorrow(&incident);
    write(&database, &tomorrow);
    server.start_again();

    assert_eq!(sent(&server, &token, 3), tomorrow, "passed on as they came");
    dee.ok(&["sync", "--wait"]);
    let shown = dee.ok(&["show", "INC-1"]);
    assert!(shown.contains("quorum.counted: written by a newer warroom; update to read it") && shown.contains("told tomorrow"), "{shown}");
    // What can be read is worked with as ever.
    dee.ok(&["log", "said today"]);
    dee.ok(&["sync", "--wait"]);
    dee.ok(&["verify"]);
    // The bytes are in the home, in the document, which proves them, and in a copy of the server.
    let home = rusqlite::Connection::open(dee.folder().join("replica.db")).unwrap();
    let mut held = home.prepare("SELECT event, header FROM record WHERE seq IN (4, 5) ORDER BY seq").unwrap();
    let held: Vec<(String, String)> = held.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    for ((event, header), text) in held.iter().zip(&tomorrow) {
        assert!(event == text && header.contains(&sha256_hex(text.as_bytes())), "{event}");
    }
    let told = document(&dee);
    let path = dee.file("record.json", told.to_string());
    dee.ok(&["verify", path.to_str().unwrap()]);
    for text in &tomorrow {
        let quoted = serde_json::to_string(text).unwrap();
        assert!(told.to_string().contains(&quoted), "the document holds {text}");
    }
    let backup = dee.folder().join("backup.db");
    server.home().ok(&["backup", backup.to_str().unwrap()]);
    server.kill();
    server.home().ok(&["verify", database.to_str().unwrap()]);
    server.home().ok(&["restore", backup.to_str().unwrap()]);
    server.start_again();
    assert_eq!(sent(&server, &token, 3)[..2], tomorrow, "after a backup was put back");
    // Whoever comes now and whoever was there before see the same.
    let cy = server.home_of("cy", "responder");
    cy.ok(&["sync", "--wait"]);
    dee.ok(&["sync", "--wait"]);
    let entries = |home: &Home| document(home)["entries"].clone();
    assert_eq!(entries(&cy), entries(&dee));
}
