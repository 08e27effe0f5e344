//! One story, told to every kind of database: what is written is there once, answered the same when asked again, and there after a crash.

use crate::server::*;
use crate::stage::postgres;
use serde_json::Value;
use serde_json::json;
use warroom::domain::*;
use warroom::server::list_tokens;
use warroom::server::revoke_token;
use warroom::wire::OutcomeWord::Accepted;
use warroom::wire::OutcomeWord::Duplicate;
use warroom::wire::OutcomeWord::Refused;

#[tokio::test(flavor = "multi_thread")]
async fn the_story_of_a_log_in_sqlite() {
    story(House::open().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_of_a_log_in_postgresql() {
    let Some(cluster) = postgres::shared() else { return };
    story(House::open_on(&cluster.database()).await).await;
}

async fn story(mut house: House) {
    let (ana, intake) = (house.token("ana", Scope::Commander), house.token("alerts", Scope::Intake));
    let (incident, declared) = declaration("ana", "Wallet drained");
    let first = entry("ana", incident, "höchst verdächtig: \u{202e}0xdead ␛ \\u0000");
    let pushed = house.push(&ana, &[declared.clone(), first.clone(), declared.clone()]).await;
    assert_eq!(words(&pushed), [(Accepted, Some(1)), (Accepted, Some(2)), (Duplicate, Some(1))]);
    assert_eq!(words(&house.push(&ana, std::slice::from_ref(&first)).await), [(Duplicate, Some(2))]);
    let changed = warroom::ledger::EventBytes::stored(&first.as_str().replace("verdächtig", "unverdächtig"));
    let refused = house.push(&ana, &[changed]).await;
    assert_eq!((words(&refused), refused.outcomes[0].code.as_deref()), (vec![(Refused, None)], Some("conflict")));

    // A plain request with a key is carried out once, whatever happens between the two times it is sent.
    let plain = || house.post(&ana, "/v1/incidents/INC-1/entries", json!({"text": "once"}).to_string()).header("idempotency-key", "k1");
    let before = plain().send().await.unwrap().text().await.unwrap();
    assert_eq!(plain().send().await.unwrap().text().await.unwrap(), before);
    let other = house.post(&ana, "/v1/incidents/INC-1/entries", json!({"text": "other"}).to_string()).header("idempotency-key", "k1");
    check_problem(other.send().await.unwrap(), 422, "idempotency_mismatch").await;

    // Alerts: news is written, repeats are not, and what cannot be read is kept once.
    let fire = json!({"alerts": [{"key": "a", "title": "Node behind", "status": "firing", "severity": "critical"}]}).to_string();
    for (body, events) in [(fire.as_str(), 2), (fire.as_str(), 0), ("{\"nonsense\": 1", 2), ("{\"nonsense\": 1", 0)] {
        let answer: Value = house.post(&intake, "/v1/intake/generic", body.to_owned()).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["events"], events, "{body}: {answer}");
    }

    let log = house.log(&ana).await;
    assert_eq!(log.len(), 7);
    assert_eq!((log[0].1.as_str(), log[1].1.as_str()), (declared.as_str(), first.as_str()), "bytes as their author wrote them");
    let me = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    let who = me(house.get(&ana, "/v1/me").send().await.unwrap().text().await.unwrap());
    let board = house.get(&ana, "/v1/incidents").send().await.unwrap().text().await.unwrap();

    house.crash_and_restart().await;
    assert_eq!(house.log(&ana).await, log);
    let again = me(house.get(&ana, "/v1/me").send().await.unwrap().text().await.unwrap());
    assert_eq!((&again["log"], &again["epoch"]), (&who["log"], &who["epoch"]));
    assert_eq!(house.get(&ana, "/v1/incidents").send().await.unwrap().text().await.unwrap(), board);
    let plain = house.post(&ana, "/v1/incidents/INC-1/entries", json!({"text": "once"}).to_string()).header("idempotency-key", "k1");
    assert_eq!(plain.send().await.unwrap().text().await.unwrap(), before);
    assert_eq!(words(&house.push(&ana, &[first, entry("ana", incident, "after")]).await), [(Duplicate, Some(2)), (Accepted, Some(8))]);

    // Positions are proven by roots from the stored tree.
    let mut tree = warroom::ledger::Frontier::default();
    for (record, _) in &log[..5] {
        tree.push(warroom::ledger::RecordBytes::stored(record).leaf());
    }
    let page = |root: String| house.get(&ana, &format!("/v1/events?after=5&root={root}")).send();
    assert_eq!(page(tree.root().to_string()).await.unwrap().status(), 200);
    check_problem(page("00".repeat(32)).await.unwrap(), 409, "resync").await;

    let names: Vec<_> = list_tokens(&house.database()).unwrap().into_iter().map(|token| (token.name, token.scope)).collect();
    assert_eq!(names.iter().map(|(_, scope)| *scope).collect::<Vec<_>>(), [Scope::Intake, Scope::Commander], "by name: {names:?}");
    revoke_token(&house.database(), &names[1].0).unwrap();
    eventually("the token no longer counts", async || house.get(&ana, "/v1/me").send().await.unwrap().status() == 401).await;
}
