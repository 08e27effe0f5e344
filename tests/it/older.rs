//! A client of the first protocol against the server of today: what its program sent, byte for byte, and everything that it was answered with then.

use crate::server::House;
use crate::server_stream::follow;
use futures_util::StreamExt;
use serde_json::Value;
use warroom::domain::Scope;

/// Everything an older answer held is in today's, and of the same kind; more may stand beside it.
fn holds(place: &str, older: &Value, now: &Value) {
    match (older, now) {
        (Value::Null, _)
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => {}
        (Value::Object(older), Value::Object(now)) => {
            for (name, value) in older {
                holds(&format!("{place}.{name}"), value, now.get(name).unwrap_or_else(|| panic!("{place}.{name} is gone")));
            }
        }
        (Value::Array(older), Value::Array(now)) => {
            assert!(now.len() >= older.len(), "{place} has {} of {}", now.len(), older.len());
            older.iter().zip(now).for_each(|(older, now)| holds(&format!("{place}[]"), older, now));
        }
        _ => panic!("{place} was {older}, and is {now}"),
    }
}

#[tokio::test]
async fn a_client_of_the_first_protocol_is_served_as_it_was() {
    let told: Value = serde_json::from_str(include_str!("older/protocol_1.json")).unwrap();
    let house = House::open().await;
    let token = house.token("ana", Scope::Admin);
    let mut stream = follow(&house, &token, "?after=0").await;
    let (mut log, mut note) = (String::new(), String::new());
    for exchange in told["exchanges"].as_array().unwrap() {
        let (method, path) = (exchange["method"].as_str().unwrap(), exchange["path"].as_str().unwrap());
        let place = format!("{method} {path}");
        let request = match (method, path, exchange["body"].as_str()) {
            ("GET", "/v1/events", _) => {
                let empty = warroom::ledger::Frontier::default().root();
                house.get(&token, &format!("{path}?after=0&log={log}&epoch=1&root={empty}&limit=1000"))
            }
            ("GET", ..) => house.get(&token, path),
            (_, "/v1/checkpoint", _) => house.post(&token, path, serde_json::json!({ "checkpoint": note }).to_string()),
            (_, _, body) => house.post(&token, path, body.unwrap().to_owned()),
        };
        let answer = request.send().await.unwrap();
        assert_eq!(u64::from(answer.status().as_u16()), exchange["status"].as_u64().unwrap(), "{place}");
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
        holds(&place, &exchange["answer"], &answer);
        match path {
            "/v1/me" => log = answer["log"].as_str().unwrap().to_owned(),
            "/v1/events" if method == "GET" => note = answer["head"]["checkpoint"].as_str().unwrap().to_owned(),
            _ => assert!(!answer.to_string().contains("refused"), "{place}: {answer}"),
        }
    }
    for event in told["stream"].as_array().unwrap() {
        let name = event["event"].as_str().unwrap();
        let now = loop {
            let now = stream.next().await.unwrap();
            if now.event == name {
                break now;
            }
        };
        holds(name, &event["data"], &serde_json::from_str(&now.data).unwrap());
    }
}
