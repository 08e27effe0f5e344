//! Words that look like nothing, times before time, addresses that are not text, and a log whose bytes were changed on disk.

use crate::server::*;
use crate::stage::Server;
use serde_json::Value;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
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

/// The most memory a process ever held, in KiB.
fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

/// Sends a head and then zeros as long as the server takes them, a gigabyte at most; answers what it said.
fn pour(address: &str, token: &str, route: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("POST {route} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut reading = stream.try_clone().unwrap();
    let answer = std::thread::spawn(move || {
        let mut answer = Vec::new();
        // A reset is a way to close.
        let _ = reading.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    let chunk = [b"100000\r\n".as_slice(), &vec![b'0'; 1 << 20], b"\r\n"].concat();
    let mut sent = 0;
    while sent < 1 << 30 && stream.write_all(&chunk).is_ok() {
        sent += 1 << 20;
    }
    let _ = stream.shutdown(std::net::Shutdown::Both);
    answer.join().unwrap()
}

#[test]
fn a_gigabyte_is_answered_in_little_memory_by_the_real_server() {
    let server = Server::start();
    let (ana, alerts) = (server.token("ana", "commander"), server.token("alerts", "intake"));
    let address = server.address.trim_start_matches("http://").to_owned();
    for (token, route) in
        [(&ana, "/v1/events"), (&ana, "/v1/incidents"), (&alerts, "/v1/intake/alertmanager"), (&alerts, "/v1/intake/generic")]
    {
        let before = peak_kib(server.id());
        let answer = pour(&address, token, route);
        assert!(answer.starts_with("HTTP/1.1 413"), "{route}: {answer}");
        // A body of an alert may be sixteen megabytes, and is held once.
        assert!(peak_kib(server.id()) - before < 64 * 1024, "{route}: {} KiB more", peak_kib(server.id()) - before);
    }
}

#[tokio::test]
async fn what_is_too_deep_or_no_text_is_kept_as_it_came_from_alerts_and_refused_from_others() {
    let house = House::open().await;
    let (ana, alerts) = (house.token("ana", Scope::Commander), house.token("alerts", Scope::Intake));
    let deep = format!("{}7{}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes();
    let deep_value = format!("{{\"alerts\":[{{\"key\":{}1{}}}]}}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes();
    let no_text = b"{\"alerts\": \"\xff\xfe\xc3\x28\"}".to_vec();
    for body in [deep, deep_value, no_text] {
        for route in ["/v1/events", "/v1/incidents"] {
            let answer = house.post(&ana, route, body.clone()).send().await.unwrap();
            assert_eq!(answer.status(), 400, "{route}");
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
        }
        for source in ["alertmanager", "generic"] {
            // The very same body is kept once, whoever sends it.
            let own = [" ".repeat(source.len()).as_bytes(), &body].concat();
            let answer = house.post(&alerts, &format!("/v1/intake/{source}"), own).send().await.unwrap();
            assert_eq!(answer.status(), 202, "{source}");
        }
    }
    let list: Value = house.get(&ana, "/v1/incidents").send().await.unwrap().json().await.unwrap();
    let titles: Vec<_> = list["incidents"].as_array().unwrap().iter().map(|incident| incident["title"].as_str().unwrap()).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert!(titles.iter().all(|title| title.contains("could not be read")), "{titles:?}");
}
