//! Words that look like nothing, times before time, addresses that are not text, and a log whose bytes were changed on disk.

use crate::server::*;
use serde_json::Value;
use warroom::domain::Scope;
use warroom::server::start;

async fn refused(house: &House, token: &str, body: &str) -> String {
    let response = house.post(token, "/v1/incidents", body.to_owned()).send().await.unwrap();
    assert!(response.status().is_client_error(), "{body}: {}", response.status());
    response.json::<Value>().await.unwrap()["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_shows_nothing_is_no_title_and_1970_is_the_beginning() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    assert_eq!(refused(&house, &ana, r#"{"title": "\u200b \t\u202e\ufeff"}"#).await, "reason_needed");
    assert_eq!(refused(&house, &ana, r#"{"title": "old", "at": "0000-01-01T00:00:00Z"}"#).await, "from_the_past");
    let odd = house.post(&ana, "/v1/incidents", r#"{"title": "\u202ehsinif"}"#).send().await.unwrap();
    assert_eq!(odd.status(), 201, "what shows something is a title");
}

#[tokio::test]
async fn an_address_that_is_not_text_is_a_problem_document() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Viewer);
    for path in ["/v1/incidents/%ff", "/v1/incidents/%ff/timeline"] {
        let response = house.get(&ana, path).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.status(), 400);
        assert_eq!(response.json::<Value>().await.unwrap()["code"], "bad_path");
    }
    let known = house.get(&ana, "/v1/incidents/%49NC-7").send().await.unwrap();
    assert_eq!(known.status(), 404);
}

#[tokio::test]
async fn words_that_were_changed_on_disk_are_noticed_and_end_all_writing() {
    let mut house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    let (incident, declared) = declaration("ana", "Withdrawals suspended");
    let mut events = vec![declared];
    events.extend((0..300).map(|n| entry("ana", incident, &format!("entry {n}."))));
    for batch in events.chunks(100) {
        house.push(&ana, batch).await;
    }
    house.running.take().unwrap().shutdown().await;
    let path = house.database().trim_start_matches("sqlite:").to_owned();
    let connection = rusqlite::Connection::open(&path).unwrap();
    // Farther back than what opening the file looks at.
    let changed = connection.execute("UPDATE record SET event = replace(event, 'entry 7.', 'entry 8.') WHERE event LIKE '%entry 7.%'", []);
    assert_eq!(changed.unwrap(), 1);
    drop(connection);
    house.running = Some(start(house.config()).await.unwrap());
    eventually("it is noticed", async || house.get(&ana, "/readyz").send().await.unwrap().status() == 503).await;
    let why = check_problem(house.get(&ana, "/readyz").send().await.unwrap(), 503, "not_ready").await;
    assert!(why.contains("damaged") && why.contains("record 9: the event's bytes are not those of its hash"), "{why}");
    let refused = house.post(&ana, "/v1/events", push_body(&[entry("ana", incident, "more")])).send().await.unwrap();
    check_problem(refused, 503, "not_writable").await;
    // Nobody is told of an incident what nobody said.
    check_problem(house.get(&ana, "/v1/incidents/INC-1").send().await.unwrap(), 500, "internal").await;
}
