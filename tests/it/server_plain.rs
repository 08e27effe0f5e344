//! The plain routes: what a script sends and what it gets.

use crate::server::*;
use serde_json::Value;
use serde_json::json;
use warroom::domain::*;

async fn post(house: &House, token: &str, path: &str, body: Value) -> (u16, Value) {
    let response = house.post(token, path, body.to_string()).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn get(house: &House, token: &str, path: &str) -> Value {
    let response = house.get(token, path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.unwrap()
}

#[tokio::test]
async fn an_incident_from_declaration_to_document() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Commander);
    let wish = json!({"title": "Withdrawals hang", "services": ["wallet"], "severity": 2, "at": "2026-11-21T08:00:00Z"});
    let (status, incident) = post(&house, &ana, "/v1/incidents", wish).await;
    assert_eq!((status, incident["code"].as_str(), incident["state"].as_str()), (201, Some("INC-1"), Some("accepted")));
    assert_eq!((incident["opened_at"].as_str(), incident["status"].as_str()), (Some("2026-11-21T08:00:00.000Z"), Some("triage")));
    let id = incident["id"].as_str().unwrap().to_owned();

    let line = json!({"text": "queue at 4000", "kind": "observation", "components": ["queue"]});
    let (status, entry) = post(&house, &ana, "/v1/incidents/INC-1/entries", line).await;
    assert_eq!(
        (status, entry["text"].as_str(), entry["seq"].as_u64(), entry["by"].as_str()),
        (201, Some("queue at 4000"), Some(2), Some("ana"))
    );

    let suffix = &id[id.len() - 8..];
    let (status, after) = post(&house, &ana, &format!("/v1/incidents/{suffix}/status"), json!({"status": "investigating"})).await;
    assert_eq!((status, after["status"].as_str()), (200, Some("investigating")));
    let (status, refused) = post(&house, &ana, &format!("/v1/incidents/{id}/status"), json!({"status": "resolved"})).await;
    assert_eq!((status, refused["code"].as_str()), (400, Some("reason_needed")), "{refused}");

    let scores = json!({"severity": 1, "reason": "custody hit"});
    assert_eq!(post(&house, &ana, "/v1/incidents/inc-1/assessment", scores).await.1["priority"].as_str(), Some("P1"));
    let org = get(&house, &ana, "/v1/org").await;
    let dimension = org["matrix"]["dimensions"][0]["id"].as_str().unwrap();
    let (status, after) = post(&house, &ana, "/v1/incidents/INC-1/assessment", json!({"scores": {dimension: 1}})).await;
    assert_eq!(status, 200);
    assert!(after["priority_reason"].as_str().unwrap().contains("of"), "{after}");
    let (status, refused) = post(&house, &ana, "/v1/incidents/INC-1/assessment", json!({"scores": {"nonsense": 1}})).await;
    assert_eq!((status, refused["code"].as_str()), (400, Some("unknown_dimension")));

    assert_eq!(post(&house, &ana, "/v1/incidents/INC-1/roles/IC", json!({})).await.1["commander"].as_str(), Some("ana"));
    assert_eq!(post(&house, &ana, "/v1/incidents/INC-1/roles/scribe", json!({"person": "bo"})).await.0, 200);
    let bo = house.token("bo", Scope::Responder);
    let (status, refused) = post(&house, &bo, "/v1/incidents/INC-1/roles/commander", json!({})).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("command_held")), "{refused}");
    assert!(refused["detail"].as_str().unwrap().contains("ana has command"));
    let (status, refused) = post(&house, &bo, "/v1/incidents/INC-1/roles/janitor", json!({})).await;
    assert_eq!((status, refused["code"].as_str()), (404, Some("unknown_role")));

    let shown = get(&house, &bo, "/v1/incidents/INC-1").await;
    assert_eq!((shown["id"].as_str(), shown["roles"].as_array().map(Vec::len)), (Some(id.as_str()), Some(2)));
    let first = get(&house, &bo, "/v1/incidents/INC-1/timeline?limit=2").await;
    let rest = get(&house, &bo, &format!("/v1/incidents/INC-1/timeline?after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((first["entries"].as_array().unwrap().len(), &rest["next"]), (2, &Value::Null));
    let all = get(&house, &bo, "/v1/incidents/INC-1/timeline").await;
    assert_eq!(all["entries"].as_array().unwrap().len(), 2 + rest["entries"].as_array().unwrap().len());
    let document = house.get(&bo, "/v1/incidents/INC-1/timeline").header("accept", "text/markdown").send().await.unwrap();
    assert!(document.headers()["content-type"].to_str().unwrap().starts_with("text/markdown"));
    let document = document.text().await.unwrap();
    assert!(document.contains("Withdrawals hang") && document.contains("queue at 4000"), "{document}");
}

#[tokio::test]
async fn lists_page_and_filter() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Commander);
    for number in 1..=5 {
        post(&house, &ana, "/v1/incidents", json!({"title": format!("incident {number}"), "services": [format!("s{}", number % 2)]})).await;
    }
    post(&house, &ana, "/v1/incidents/INC-2/status", json!({"status": "declined", "reason": "was a test"})).await;
    let titles = |page: &Value| -> Vec<String> {
        page["incidents"].as_array().unwrap().iter().map(|incident| incident["code"].as_str().unwrap().to_owned()).collect()
    };
    let first = get(&house, &ana, "/v1/incidents?limit=3").await;
    assert_eq!(titles(&first), ["INC-1", "INC-2", "INC-3"]);
    let rest = get(&house, &ana, &format!("/v1/incidents?limit=3&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((titles(&rest), &rest["next"]), (vec!["INC-4".to_owned(), "INC-5".to_owned()], &Value::Null));
    assert_eq!(titles(&get(&house, &ana, "/v1/incidents?open=true&service=s0").await), ["INC-4"]);
    assert_eq!(titles(&get(&house, &ana, "/v1/incidents?status=declined").await), ["INC-2"]);
    check_problem(house.get(&ana, "/v1/incidents?status=asleep").send().await.unwrap(), 400, "bad_query").await;
    check_problem(house.get(&ana, "/v1/incidents/INC-99").send().await.unwrap(), 404, "unknown_incident").await;
}

#[tokio::test]
async fn a_bad_plain_body_is_refused_in_words() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Responder);
    for (body, why) in [
        ("", "EOF"),
        ("{\"title\":\"x\",\"colour\":\"red\"}", "unknown field `colour`"),
        ("{\"title\":\"x\",\"severity\":9}", "expected 1 (worst) to 5"),
        ("{\"title\":\"x\",\"at\":\"yesterday\"}", "not an RFC 3339 time"),
        ("{\"title\":\"\\ud83d\"}", "hex escape"),
        (&"[".repeat(10_000), "/openapi.json"),
    ] {
        let said = check_problem(house.post(&ana, "/v1/incidents", body.to_owned()).send().await.unwrap(), 400, "bad_body").await;
        assert!(said.contains(why), "{said}");
    }
    let (status, refused) = post(&house, &ana, "/v1/incidents", json!({"title": "  "})).await;
    assert_eq!((status, refused["code"].as_str()), (400, Some("reason_needed")));
    let (status, refused) = post(&house, &ana, "/v1/incidents", json!({"title": "x".repeat(400)})).await;
    assert_eq!((status, refused["code"].as_str()), (400, Some("too_long")));
    let response = house.post(&ana, "/v1/incidents", "x".repeat(600 * 1024)).send().await.unwrap();
    assert!(check_problem(response, 413, "too_large").await.contains("512 KiB"));
    assert!(house.log(&ana).await.is_empty());
}

#[tokio::test]
async fn asking_twice_with_one_key_is_asking_once() {
    let mut house = House::open().await;
    let (ana, bo) = (house.token("ana", Scope::Responder), house.token("bo", Scope::Responder));
    let ask = async |house: &House, token: &str, key: &str, title: &str| {
        let body = json!({"title": title}).to_string();
        house.post(token, "/v1/incidents", body).header("idempotency-key", key).send().await.unwrap()
    };
    let first = ask(&house, &ana, "k1", "Once").await;
    assert_eq!(first.status(), 201);
    let first = first.text().await.unwrap();
    let (again, meanwhile) = tokio::join!(ask(&house, &ana, "k1", "Once"), ask(&house, &ana, "k1", "Once"));
    for again in [again, meanwhile] {
        assert_eq!((again.status().as_u16(), again.text().await.unwrap()), (201, first.clone()));
    }
    check_problem(ask(&house, &ana, "k1", "Another").await, 422, "idempotency_mismatch").await;
    check_problem(ask(&house, &ana, "", "x").await, 400, "bad_key").await;
    assert_eq!(ask(&house, &bo, "k1", "Another").await.status(), 201, "another person's keys are their own");
    house.crash_and_restart().await;
    assert_eq!(ask(&house, &ana, "k1", "Once").await.text().await.unwrap(), first, "kept on disk");
    assert_eq!(house.log(&ana).await.len(), 2);
}

#[tokio::test]
async fn published_settings_hold_for_everyone() {
    let mut house = House::open().await;
    let (admin, ana) = (house.token("root", Scope::Admin), house.token("ana", Scope::Commander));
    let mut org = warroom::wire::builtin_org();
    org.matrix.name = "our own".into();
    let publish = |by: &str, matrix: Matrix| {
        let event = event(by, Some(IncidentId::ORG), SettingsPublished { matrix: Some(matrix), ..SettingsPublished::default() });
        warroom::ledger::EventBytes::write(&event).unwrap()
    };
    let refused = house.push(&ana, &[publish("ana", org.matrix.clone())]).await;
    assert_eq!(refused.outcomes[0].code.as_deref(), Some("scope"));
    let mut broken = org.matrix.clone();
    broken.cells.clear();
    let pushed = house.push(&admin, &[publish("root", broken), publish("root", org.matrix)]).await;
    assert_eq!((pushed.outcomes[0].code.as_deref(), pushed.outcomes[1].seq), (Some("bad_matrix"), Some(1)));
    let held = get(&house, &ana, "/v1/org").await;
    assert_eq!((held["matrix"]["name"].as_str(), held["seq"].as_u64()), (Some("our own"), Some(1)));
    house.crash_and_restart().await;
    assert_eq!(get(&house, &ana, "/v1/org").await, held);
}
