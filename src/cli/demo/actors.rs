//! The people of a drill as clients of the server: each with a token and a device of their own, and one board they all look at.

use crate::cli::failure::Failure;
use crate::cli::session::now;
use crate::domain::Author;
use crate::domain::Board;
use crate::domain::Command;
use crate::domain::DeviceId;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Scope;
use crate::domain::Stamp;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::RecordBytes;
use crate::wire::EventsPage;
use crate::wire::OutcomeWord;
use crate::wire::Push;
use crate::wire::Pushed;
use crate::wire::builtin_org;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const WITHIN: Duration = Duration::from_secs(20);

/// Someone who plays.
pub struct Actor {
    author: Author,
    index: u64,
    token: String,
}

impl Actor {
    /// A person with a token.
    pub fn new(person: Person, scope: Scope, token: String) -> Self {
        Self { author: Author { principal: Principal { person, scope }, device: DeviceId(Uuid::now_v7()) }, index: 0, token }
    }
}

/// Everyone who plays, and the token of the alert source.
pub struct Actors {
    /// Each with a token of their own.
    pub people: Vec<Actor>,
    /// What alerts are sent with.
    pub intake: String,
}

/// The company on its way through the API: no replica, a board folded from the log.
pub struct Company {
    client: reqwest::Client,
    url: String,
    actors: Actors,
    /// What the log says so far.
    pub board: Board,
    after: u64,
    fresh: Vec<Event>,
}

impl Company {
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(actors: Actors, url: &str) -> Result<Self, Failure> {
        let client = reqwest::Client::builder().timeout(WITHIN).build();
        let client = client.map_err(|why| Failure::Failed(format!("no HTTP client can be built: {why}")))?;
        Ok(Self { client, url: url.to_owned(), actors, board: Board::new(Arc::new(builtin_org())), after: 0, fresh: Vec::new() })
    }

    /// The token of a person who plays.
    pub fn token_of(&self, person: &Person) -> Option<&str> {
        self.actor(person).map(|place| self.actors.people[place].token.as_str())
    }

    fn actor(&self, person: &Person) -> Option<usize> {
        self.actors.people.iter().position(|actor| actor.author.principal.person == *person)
    }

    /// What was read since this was last asked, in the log's order.
    pub fn take_fresh(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.fresh)
    }

    /// Reads what is new in the log into the board.
    ///
    /// # Errors
    /// What the server or the network said.
    pub async fn look(&mut self) -> Result<(), String> {
        let token = self.actors.people.first().map(|actor| actor.token.clone()).unwrap_or_default();
        loop {
            let asked = self.client.get(format!("{}/v1/events?after={}&limit=1000", self.url, self.after)).bearer_auth(&token).send().await;
            let answer = asked.and_then(reqwest::Response::error_for_status).map_err(words)?;
            let page: EventsPage = answer.json().await.map_err(words)?;
            for pair in &page.records {
                let (_, record) = RecordBytes::take(pair.record.get().as_bytes()).map_err(|why| why.to_string())?;
                self.after = record.seq;
                let Some(raw) = &pair.event else { continue };
                let (_, event) = EventBytes::take(raw.get().as_bytes()).map_err(|why| why.to_string())?;
                self.board.apply(&event, Some(&record.acceptance()));
                self.fresh.push(event);
            }
            if page.next.is_none() || page.records.is_empty() {
                return Ok(());
            }
        }
    }

    /// A person does something that happens at `at`: decided on the board, pushed with their token. Answers the first event and its incident.
    ///
    /// # Errors
    /// The rule that says no, or what the network said.
    pub async fn act(
        &mut self,
        by: &Person,
        incident: IncidentId,
        command: Command,
        at: Timestamp,
    ) -> Result<(EventId, IncidentId), String> {
        let place = self.actor(by).ok_or_else(|| format!("{by} has no token"))?;
        let actor = &mut self.actors.people[place];
        let (index, author) = (&mut actor.index, &actor.author);
        let mut stamp = || {
            *index += 1;
            Stamp { id: EventId(Uuid::now_v7()), index: *index, salt: salt() }
        };
        let events = self.board.decide(incident, command, author, at, &mut stamp).map_err(|why| why.reason)?;
        let bytes = events.iter().map(EventBytes::write).collect::<Result<Vec<_>, _>>().map_err(|why| why.reason)?;
        let push = Push { events: bytes.iter().map(EventBytes::to_raw).collect() };
        let sent = self.client.post(format!("{}/v1/events", self.url)).bearer_auth(&actor.token).json(&push).send().await;
        let answer = sent.and_then(reqwest::Response::error_for_status).map_err(words)?;
        let pushed: Pushed = answer.json().await.map_err(words)?;
        if let Some(refused) = pushed.outcomes.iter().find(|outcome| outcome.outcome == OutcomeWord::Refused) {
            return Err(refused.reason.clone().unwrap_or_else(|| "refused".into()));
        }
        let first = events.first().ok_or("nothing was decided")?;
        Ok((first.id, first.incident))
    }

    /// An alert arrives as its source sends it.
    ///
    /// # Errors
    /// What the server or the network said.
    pub async fn alert(&self, body: String) -> Result<(), String> {
        let posted = self.client.post(format!("{}/v1/intake/alertmanager", self.url)).bearer_auth(&self.actors.intake);
        let sent = posted.header("content-type", "application/json").body(body).send().await;
        sent.and_then(reqwest::Response::error_for_status).map_err(words)?;
        Ok(())
    }

    /// The newest incident with an alert whose label `group` is this.
    pub fn incident_of_group(&self, group: &str) -> Option<IncidentId> {
        let of_group =
            |incident: &&Arc<Incident>| incident.alerts.iter().any(|alert| alert.labels.get("group").is_some_and(|label| label == group));
        self.board.iter().rev().find(of_group).map(|incident| incident.id)
    }
}

fn salt() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // A drill's words are no secret: the time will do where there is no randomness.
        bytes[..8].copy_from_slice(&now().millis().to_le_bytes());
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn words(why: reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = &why;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
