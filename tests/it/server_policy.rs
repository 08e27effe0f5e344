//! Every scope at every route, and what a token that is missing, wrong, or too busy is told.

use crate::server::*;
use futures_util::StreamExt;
use serde_json::Value;
use std::time::Duration;
use warroom::domain::Scope;

/// Every route of the description that asks for a scope, with what it asks.
const ASKS: &[(&str, &str, Option<Scope>)] = &[
    ("post", "/v1/events", Some(Scope::Responder)),
    ("get", "/v1/events", Some(Scope::Viewer)),
    ("get", "/v1/base", Some(Scope::Viewer)),
    ("get", "/v1/heads", Some(Scope::Viewer)),
    ("get", "/v1/stream", Some(Scope::Viewer)),
    ("post", "/v1/presence", Some(Scope::Viewer)),
    ("get", "/v1/incidents", Some(Scope::Viewer)),
    ("post", "/v1/incidents", Some(Scope::Responder)),
    ("get", "/v1/incidents/{inc}", Some(Scope::Viewer)),
    ("get", "/v1/incidents/{inc}/timeline", Some(Scope::Viewer)),
    ("post", "/v1/incidents/{inc}/entries", Some(Scope::Responder)),
    ("post", "/v1/incidents/{inc}/status", Some(Scope::Responder)),
    ("post", "/v1/incidents/{inc}/assessment", Some(Scope::Responder)),
    ("post", "/v1/incidents/{inc}/roles/{role}", Some(Scope::Responder)),
    ("post", "/v1/intake/{integration}", Some(Scope::Intake)),
    ("get", "/v1/checkpoint", Some(Scope::Viewer)),
    ("post", "/v1/checkpoint", Some(Scope::Viewer)),
    ("get", "/v1/proof/inclusion", Some(Scope::Viewer)),
    ("get", "/v1/proof/consistency", Some(Scope::Viewer)),
    ("get", "/v1/me", None),
    ("get", "/v1/org", None),
];
const OPEN: &[(&str, &str)] = &[("get", "/healthz"), ("get", "/readyz"), ("get", "/metrics"), ("get", "/openapi.json")];

#[tokio::test]
async fn every_scope_at_every_route() {
    let house = House::open().await;
    let admin = house.token("root", Scope::Admin);
    house.push(&admin, &[declaration("root", "One").1]).await;
    let described: Value = house.http.get(house.url("/openapi.json")).send().await.unwrap().json().await.unwrap();
    let mut routes = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        routes.extend(methods.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())));
    }
    let mut expected: Vec<_> = ASKS.iter().map(|(method, path, _)| (*method, *path)).chain(OPEN.iter().copied()).collect();
    routes.sort();
    expected.sort();
    assert_eq!(routes.iter().map(|(method, path)| (method.as_str(), path.as_str())).collect::<Vec<_>>(), expected);

    let tokens: Vec<_> = Scope::ALL.iter().map(|(scope, word)| (*scope, house.token(word, *scope))).collect();
    for (method, path, needed) in ASKS {
        let path = path.replace("{inc}", "INC-1").replace("{role}", "scribe").replace("{integration}", "generic");
        let request = |house: &House| match *method {
            "get" => house.http.get(house.url(&path)),
            _ => house.http.post(house.url(&path)).body("{}"),
        };
        check_problem(request(&house).send().await.unwrap(), 401, "token_missing").await;
        check_problem(request(&house).bearer_auth("wr_wrong").send().await.unwrap(), 401, "token_unknown").await;
        for (scope, token) in &tokens {
            let response = request(&house).bearer_auth(token).send().await.unwrap();
            if needed.is_none_or(|needed| scope.covers(needed)) {
                assert!(!matches!(response.status().as_u16(), 401 | 403), "{method} {path} as {scope}: {}", response.status());
            } else {
                let said = check_problem(response, 403, "scope").await;
                assert!(said.contains(&format!("has scope {scope}; this needs")), "{said}");
            }
        }
    }
    for (_, path) in OPEN {
        assert_eq!(house.http.get(house.url(path)).send().await.unwrap().status(), 200, "{path}");
    }
}

/// What a route answers: status, problem code, and words; of a stream what comes until it has told where the log stands.
async fn answer(request: reqwest::RequestBuilder) -> (u16, String, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let is_stream = response.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let (mut words, mut chunks) = (String::new(), Box::pin(response.bytes_stream()));
    while let Some(chunk) = tokio::time::timeout(Duration::from_secs(10), chunks.next()).await.expect("an answer in ten seconds") {
        words.push_str(&String::from_utf8_lossy(&chunk.unwrap()));
        if is_stream && words.contains("event: presence") {
            break;
        }
    }
    let code = serde_json::from_str::<Value>(&words).ok().and_then(|problem| Some(problem["code"].as_str()?.to_owned()));
    (status, code.unwrap_or_default(), words)
}

#[tokio::test]
async fn no_route_tells_anyone_of_what_they_may_not_see() {
    let house = House::open().await;
    let root = house.token("root", Scope::Admin);
    let (secret, declared) = declaration("root", "qxsecret keys");
    house.push(&root, &[declaration("root", "open to all").1, declared, entry("root", secret, "qxsecret words")]).await;
    let inside: Vec<String> = Scope::ALL.iter().map(|(_, word)| format!("in-{word}")).collect();
    let named: Vec<&str> = inside.iter().map(String::as_str).collect();
    house.push(&root, &[crate::restricted::written("root", secret, crate::restricted::restriction(&named, &[]))]).await;
    let report = format!(r#"{{"device":"{}","incident":"{secret}","key_age_ms":0}}"#, uuid::Uuid::now_v7());
    assert_eq!(house.post(&root, "/v1/presence", report).send().await.unwrap().status(), 204);

    let routes =
        ASKS.iter().map(|(method, path, needed)| (*method, *path, *needed)).chain(OPEN.iter().map(|(method, path)| (*method, *path, None)));
    let (mut told, mut kept) = (0, 0);
    for (method, route, needed) in routes {
        for (scope, word) in Scope::ALL {
            for who in ["in", "out"] {
                let token = house.token(&format!("{who}-{word}"), scope);
                let sees = who == "in" || scope == Scope::Admin;
                let ask = async |inc: &str| {
                    let path = route.replace("{inc}", inc).replace("{role}", "scribe").replace("{integration}", "generic");
                    let request = if method == "get" { house.get(&token, &path) } else { house.post(&token, &path, "{}") };
                    answer(request).await
                };
                let tail = secret.to_string();
                for inc in ["INC-2", &tail, &tail[tail.len() - 12..]] {
                    let (status, code, words) = ask(inc).await;
                    let place = format!("{method} {route} as {who}-{word} of {inc}: {status} {words}");
                    let may_ask = needed.is_none_or(|needed| scope.covers(needed));
                    let says = words.contains("qxsecret");
                    assert!(!says || (sees && may_ask), "{place}");
                    assert!(
                        sees || !words.contains("\"incident\":\"") || !words.contains(&format!("\"incident\":\"{secret}\"")),
                        "{place}"
                    );
                    (told, kept) = (told + u32::from(says), kept + u32::from(!says));
                    if route.contains("{inc}") && may_ask && !sees {
                        let (other_status, other_code, _) = ask("INC-9").await;
                        assert_eq!((status, code.as_str()), (404, "unknown_incident"), "{place}");
                        assert_eq!((status, code), (other_status, other_code), "{place}");
                    }
                    if !route.contains("{inc}") {
                        break;
                    }
                }
            }
        }
    }
    // Pages, stream, list, one incident and its timeline, told to those who may: the words were there to be found.
    assert!(told > 30 && kept > 100, "{told} {kept}");
}

#[tokio::test]
async fn the_token_says_who_acts() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Commander);
    let me: warroom::wire::Me = house.get(&ana, "/v1/me").send().await.unwrap().json().await.unwrap();
    assert_eq!((me.person.as_str(), me.scope, me.protocol, me.epoch), ("ana", Scope::Commander, warroom::wire::PROTOCOL, 1));
    assert!(me.token.starts_with("ana-commander"));
    assert!(ana.starts_with("wr_") && ana.len() == 67);
    let stored = std::fs::read(house.folder.path().join("server").join("log.db")).unwrap();
    assert!(!stored.windows(ana.len()).any(|window| window == ana.as_bytes()), "only its hash is kept");
}

#[tokio::test]
async fn a_token_made_while_the_server_runs_works_at_once_and_revoked_soon_does_not() {
    let house = House::open().await;
    let new = warroom::server::NewToken { name: "late".into(), scope: Scope::Viewer, person: None, expires_at: None };
    let late = warroom::server::create_token(&house.database(), new.clone()).unwrap();
    assert_eq!(house.get(&late, "/v1/me").send().await.unwrap().status(), 200);
    assert!(warroom::server::create_token(&house.database(), new).unwrap_err().contains("`late` exists already"));
    warroom::server::revoke_token(&house.database(), "late").unwrap();
    eventually("the token is refused", async || house.get(&late, "/v1/me").send().await.unwrap().status() == 401).await;
    check_problem(house.get(&late, "/v1/me").send().await.unwrap(), 401, "token_revoked").await;
    assert!(warroom::server::revoke_token(&house.database(), "nobody").unwrap_err().contains("no token named `nobody`"));
}

#[tokio::test]
async fn a_token_that_is_too_busy_is_told_when_to_come_again() {
    let house = House::open_with(|config| {
        config.limits.requests_per_second = 1;
        config.limits.requests_burst = 5;
    })
    .await;
    let (ana, bo) = (house.token("ana", Scope::Viewer), house.token("bo", Scope::Viewer));
    for _ in 0..5 {
        assert_eq!(house.get(&ana, "/v1/me").send().await.unwrap().status(), 200);
    }
    let response = house.get(&ana, "/v1/me").send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "1");
    check_problem(response, 429, "rate").await;
    assert_eq!(house.get(&bo, "/v1/me").send().await.unwrap().status(), 200, "others are not held up");
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let house = House::open().await;
    let ana = house.token("ana", Scope::Admin);
    check_problem(house.get(&ana, "/v2/everything").send().await.unwrap(), 404, "no_such_route").await;
    check_problem(house.http.delete(house.url("/v1/events")).bearer_auth(&ana).send().await.unwrap(), 405, "wrong_method").await;
    check_problem(house.post(&ana, "/v1/intake/carrier-pigeon", "{}").send().await.unwrap(), 404, "no_such_integration").await;
}

#[tokio::test]
async fn plain_http_is_kept_on_this_machine() {
    warroom::install_crypto();
    let folder = tempfile::tempdir().unwrap();
    let mut config = warroom::server::Config::new("0.0.0.0:0", format!("sqlite:{}", folder.path().join("log.db").display()));
    let why = warroom::server::start(config.clone()).await.unwrap_err().to_string();
    assert!(why.contains("without TLS") && why.contains("--behind-proxy"), "{why}");
    config.behind_proxy = true;
    let running = warroom::server::start(config.clone()).await.unwrap();
    let url = format!("http://127.0.0.1:{}/metrics", running.addr.port());
    check_problem(reqwest::get(url).await.unwrap(), 401, "token_missing").await;

    let why = warroom::server::start(config).await.unwrap_err().to_string();
    assert!(why.contains("in use by another `warroom serve`"), "{why}");
    let taken =
        warroom::server::Config { listen: format!("127.0.0.1:{}", running.addr.port()), ..warroom::server::Config::new("", "sqlite:x") };
    let why = warroom::server::start(taken).await.unwrap_err().to_string();
    assert!(why.contains("cannot listen on 127.0.0.1") && why.contains("--listen"), "{why}");
    for (database, expected) in
        [("mysql://somewhere/db", "expected sqlite:PATH or postgres:"), ("postgres://ana@127.0.0.1:1/db", "Check that it runs")]
    {
        let why = warroom::server::start(warroom::server::Config::new("127.0.0.1:0", database)).await.unwrap_err().to_string();
        assert!(why.contains(expected), "{why}");
    }
}

#[tokio::test]
async fn the_last_use_of_a_token_is_written_down() {
    let mut house = House::open().await;
    let (used, unused) = (house.token("ana", Scope::Viewer), house.token("bo", Scope::Viewer));
    assert!(used != unused);
    assert_eq!(house.get(&used, "/v1/me").send().await.unwrap().status(), 200);
    house.running.take().unwrap().shutdown().await;
    let tokens = warroom::server::list_tokens(&house.database()).unwrap();
    let last: Vec<_> = tokens.iter().map(|token| (token.person.as_str(), token.last_used_at.is_some())).collect();
    assert_eq!(last, [("ana", true), ("bo", false)]);
}
