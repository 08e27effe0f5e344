//! A real server on port 0 with a real database, and the few words its tests speak.

use serde_json::Value;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::server::Config;
use warroom::server::NewToken;
use warroom::server::Running;
use warroom::server::create_token;
use warroom::server::start;
use warroom::wire::OutcomeWord;
use warroom::wire::Pushed;

/// A server in a folder of its own.
pub struct House {
    pub folder: TempDir,
    pub running: Option<Running>,
    database: String,
    pub http: reqwest::Client,
}

impl House {
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// A server with changed limits.
    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        warroom::install_crypto();
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("server").join("log.db").display());
        let mut house = Self { folder, running: None, database, http: reqwest::Client::new() };
        let mut config = house.config();
        change(&mut config);
        house.running = Some(start(config).await.unwrap());
        house
    }

    /// A server on a database that is there.
    pub async fn open_on(database: &str) -> Self {
        warroom::install_crypto();
        let folder = tempfile::tempdir().unwrap();
        let mut house = Self { folder, running: None, database: database.to_owned(), http: reqwest::Client::new() };
        house.running = Some(start(house.config()).await.unwrap());
        house
    }

    pub fn config(&self) -> Config {
        Config { key_file: self.key_file(), ..Config::new("127.0.0.1:0", self.database()) }
    }

    /// The key that all servers of one PostgreSQL database share, also after a restart.
    pub fn key_file(&self) -> Option<std::path::PathBuf> {
        self.database.starts_with("postgres").then(|| Self::shared_key(&self.database))
    }

    /// The same for a database that nobody serves yet.
    pub fn shared_key(database: &str) -> std::path::PathBuf {
        static KEYS: std::sync::LazyLock<TempDir> = std::sync::LazyLock::new(|| tempfile::tempdir().unwrap());
        KEYS.path().join(database.split('?').next().and_then(|url| url.rsplit('/').next()).expect("a name"))
    }

    pub fn database(&self) -> String {
        self.database.clone()
    }

    /// Ends it as a crash would, and starts another on the same database.
    pub async fn crash_and_restart(&mut self) {
        drop(self.running.take());
        self.running = Some(start(self.config()).await.unwrap());
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.as_ref().unwrap().url())
    }

    pub fn token(&self, person: &str, scope: Scope) -> String {
        let name = format!("{person}-{scope}-{}", Uuid::now_v7().simple());
        let new = NewToken { name, scope, person: Some(person.into()), expires_at: None };
        create_token(&self.database(), new).unwrap()
    }

    pub fn get(&self, token: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.get(self.url(path)).bearer_auth(token)
    }

    pub fn post(&self, token: &str, path: &str, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        self.http.post(self.url(path)).bearer_auth(token).header("content-type", "application/json").body(body)
    }

    /// Pushes events that the server must be able to read.
    pub async fn push(&self, token: &str, events: &[EventBytes]) -> Pushed {
        let response = self.post(token, "/v1/events", push_body(events)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// Every pair the server has, as text.
    pub async fn log(&self, token: &str) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut after = 0;
        loop {
            let page: warroom::wire::EventsPage =
                self.get(token, &format!("/v1/events?after={after}&limit=7")).send().await.unwrap().json().await.unwrap();
            for pair in page.records {
                pairs.push((pair.record.get().to_owned(), pair.event.map(|event| event.get().to_owned()).unwrap_or_default()));
            }
            match page.next {
                Some(next) => after = next,
                None => return pairs,
            }
        }
    }
}

pub fn push_body(events: &[EventBytes]) -> String {
    let events: Vec<_> = events.iter().map(EventBytes::as_str).collect();
    format!("{{\"events\":[{}]}}", events.join(","))
}

/// An event by a person.
pub fn event(by: &str, incident: Option<IncidentId>, body: impl Into<Body>) -> Event {
    let id = EventId(Uuid::now_v7());
    Event {
        id,
        incident: incident.unwrap_or(id.into()),
        at: chrono::Utc::now().into(),
        by: by.into(),
        device: DeviceId(Uuid::nil()),
        index: 1,
        salt: "00112233445566778899aabbccddeeff".into(),
        replaces: None,
        body: body.into(),
    }
}

/// A declaration, with the incident it begins.
pub fn declaration(by: &str, title: &str) -> (IncidentId, EventBytes) {
    let data = IncidentDeclared { services: vec!["wallet".into()], severity: Severity::new(2), ..IncidentDeclared::titled(title) };
    let event = event(by, None, data);
    (event.incident, EventBytes::write(&event).unwrap())
}

/// An entry.
pub fn entry(by: &str, incident: IncidentId, text: &str) -> EventBytes {
    let data = EntryAdded::plain(WrittenKind::new(EntryKind::Observation).unwrap(), text);
    EventBytes::write(&event(by, Some(incident), data)).unwrap()
}

pub fn words(pushed: &Pushed) -> Vec<(OutcomeWord, Option<u64>)> {
    pushed.outcomes.iter().map(|outcome| (outcome.outcome, outcome.seq)).collect()
}

/// The answer must be a problem document with this status and code; its sentence comes back.
pub async fn check_problem(response: reqwest::Response, status: u16, code: &str) -> String {
    let got = response.status().as_u16();
    let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    let text = response.text().await.unwrap();
    assert_eq!(got, status, "{text}");
    assert_eq!(kind.as_deref(), Some("application/problem+json"), "{text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((problem["code"].as_str(), problem["status"].as_u64()), (Some(code), Some(u64::from(status))), "{text}");
    let detail = problem["detail"].as_str().unwrap().to_owned();
    assert!(detail.len() > 20, "a sentence: {detail}");
    detail
}

/// Waits until something holds, for as long as a busy machine may take.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..800 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came to hold: {what}");
}
