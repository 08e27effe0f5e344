//! The plain way in, for scripts: a few fields in, the changed thing out. Decided by the same rules as everything else, on the board
//! as it stands when it is written. `Idempotency-Key` makes asking twice the same as asking once.

use crate::domain::Acceptance;
use crate::domain::Board;
use crate::domain::Command;
use crate::domain::EntryKind;
use crate::domain::Event;
use crate::domain::IncidentId;
use crate::domain::NewEntry;
use crate::domain::Outcome;
use crate::domain::Person;
use crate::domain::Score;
use crate::domain::Severity;
use crate::domain::Status;
use crate::domain::Timestamp;
use crate::ledger::Hash;
use crate::report;
use crate::server::body;
use crate::server::failure::Failure;
use crate::server::incidents::incident_text;
use crate::server::job::Answerer;
use crate::server::job::PlainCommand;
use crate::server::job::Reply;
use crate::server::job::Work;
use crate::server::state::App;
use crate::server::state::Caller;
use crate::store::AnswerKey;
use crate::wire::Problem;
use axum::body::Body;
use axum::extract::FromRequest;
use axum::extract::Path;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::Digest;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

const KEY_MAX_CHARS: usize = 255;

/// A request to a plain route.
pub(super) struct Asked {
    app: Arc<App>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
}

impl FromRequest<Arc<App>> for Asked {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let (Parts { uri, headers, mut extensions, .. }, body) = request.into_parts();
        let caller = extensions.remove().ok_or_else(|| Failure::internal(&"a request came past the gate"))?;
        Ok(Self { app: app.clone(), caller, uri, headers, body })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Declaration {
    title: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    services: Vec<String>,
    #[schema(value_type = Option<u8>)]
    severity: Option<Severity>,
    /// When it began, RFC 3339; now if absent.
    #[schema(value_type = Option<String>)]
    at: Option<Timestamp>,
    #[serde(default)]
    drill: bool,
}

/// Declare an incident.
#[utoipa::path(post, path = "/v1/incidents", tag = "plain", request_body = Declaration, params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "INCIDENT", body = Object), (status = 400, body = Problem), (status = 422, description = "The key was used for another request", body = Problem)))]
pub(super) async fn declare(asked: Asked) -> Result<Response, Failure> {
    asked
        .run(IncidentId::ORG, StatusCode::CREATED, answer_incident, |new: Declaration| {
            let Declaration { title, summary, services, severity, at, drill } = new;
            Ok(Command::Declare { title, summary, services, severity, at, drill })
        })
        .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    text: String,
    /// One of the nine written kinds; `note` if absent.
    #[schema(value_type = Option<String>)]
    kind: Option<EntryKind>,
    /// When it happened, RFC 3339; now if absent.
    #[schema(value_type = Option<String>)]
    at: Option<Timestamp>,
    #[serde(default)]
    components: Vec<String>,
    #[schema(value_type = Option<String>)]
    outcome: Option<Outcome>,
    audience: Option<String>,
}

/// Add a line to the timeline.
#[utoipa::path(post, path = "/v1/incidents/{inc}/entries", tag = "plain", request_body = Line, params(("inc" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "ENTRY", body = Object), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn add_entry(Path(inc): Path<String>, asked: Asked) -> Result<Response, Failure> {
    let incident = asked.app.find(&asked.caller.principal(), &inc).await?.id;
    asked
        .run(incident, StatusCode::CREATED, answer_entry, |line: Line| {
            let new = NewEntry::new(line.kind.unwrap_or(EntryKind::Note), line.text);
            let Line { at, components, outcome, audience, .. } = Line { text: String::new(), ..line };
            Ok(Command::AddEntry(NewEntry { at, components, outcome, audience, ..new }))
        })
        .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewStatus {
    #[schema(value_type = String)]
    status: Status,
    #[serde(default)]
    reason: String,
}

/// Change the status.
#[utoipa::path(post, path = "/v1/incidents/{inc}/status", tag = "plain", request_body = NewStatus, params(("inc" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "INCIDENT", body = Object), (status = 409, description = "A rule says no, and why", body = Problem)))]
pub(super) async fn set_status(Path(inc): Path<String>, asked: Asked) -> Result<Response, Failure> {
    let incident = asked.app.find(&asked.caller.principal(), &inc).await?.id;
    asked
        .run(incident, StatusCode::OK, answer_incident, |new: NewStatus| Ok(Command::SetStatus { status: new.status, reason: new.reason }))
        .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rating {
    /// By dimension id or its unique beginning: a level, or null for unknown.
    #[serde(default)]
    scores: BTreeMap<String, Option<u8>>,
    /// For dimensions in money: whole US dollars.
    #[serde(default)]
    amounts_usd: BTreeMap<String, u64>,
    /// Instead of scores: how bad by one word, 1 to 5.
    #[schema(value_type = Option<u8>)]
    severity: Option<Severity>,
    #[serde(default)]
    reason: String,
}

/// Score dimensions of impact and urgency, or set the severity.
#[utoipa::path(post, path = "/v1/incidents/{inc}/assessment", tag = "plain", request_body = Rating, params(("inc" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "INCIDENT", body = Object), (status = 400, description = "No such dimension or level", body = Problem)))]
pub(super) async fn assess(Path(inc): Path<String>, asked: Asked) -> Result<Response, Failure> {
    let (incident, org) = (asked.app.find(&asked.caller.principal(), &inc).await?.id, asked.app.shelf.org());
    asked
        .run(incident, StatusCode::OK, answer_incident, move |new: Rating| {
            let named = |word: &str| org.matrix.dimension(word).map_or_else(|| word.to_owned(), |dimension| dimension.id.clone());
            let mut scores: BTreeMap<String, Score> =
                new.scores.iter().map(|(word, level)| (named(word), Score { level: *level, amount_usd: None })).collect();
            for (word, amount) in &new.amounts_usd {
                scores.entry(named(word)).or_default().amount_usd = Some(*amount);
            }
            match new.severity {
                Some(severity) if scores.is_empty() => Ok(Command::SetSeverity { severity, reason: new.reason }),
                Some(_) => Err(Failure::bad_request("bad_body", "give either a severity or scores, one request for each")),
                None => Ok(Command::Assess { scores, reason: new.reason }),
            }
        })
        .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewHolder {
    /// Who; you if absent.
    #[schema(value_type = Option<String>)]
    person: Option<Person>,
    /// For command: why you assume it from another, or the briefing with which you offer it.
    #[serde(default)]
    reason: String,
}

/// Give a role to a person. Command is taken for oneself, and offered to another.
#[utoipa::path(post, path = "/v1/incidents/{inc}/roles/{role}", tag = "plain", request_body = NewHolder,
    params(("inc" = String, Path), ("role" = String, Path, description = "Its id, name, short name or alias"), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "INCIDENT", body = Object), (status = 404, body = Problem), (status = 409, description = "A rule says no, and why", body = Problem)))]
pub(super) async fn give_role(Path((inc, role)): Path<(String, String)>, asked: Asked) -> Result<Response, Failure> {
    let (incident, org) = (asked.app.find(&asked.caller.principal(), &inc).await?.id, asked.app.shelf.org());
    let Some(role) = org.role(&role).map(|role| role.id.clone()) else {
        let known: Vec<_> = org.roles.iter().map(|role| role.id.as_str()).collect();
        return Err(Failure::not_found("unknown_role", format!("`{role}` is not a role; roles are {}", known.join(", "))));
    };
    let me = asked.caller.token.person.clone();
    asked
        .run(incident, StatusCode::OK, answer_incident, move |new: NewHolder| {
            let person = new.person.unwrap_or_else(|| me.clone());
            Ok(match role.is_commander() {
                true if person == me => Command::TakeCommand { reason: new.reason },
                true => Command::OfferCommand { person, briefing: new.reason },
                false => Command::AssignRole { role, person },
            })
        })
        .await
}

impl Asked {
    async fn run<T: DeserializeOwned>(
        self,
        incident: IncidentId,
        status: StatusCode,
        answer: Answerer,
        command: impl FnOnce(T) -> Result<Command, Failure>,
    ) -> Result<Response, Failure> {
        let remember = self.key();
        let (wish, bytes) = body::json(&self.app, &self.headers, self.body).await?;
        let command = command(wish)?;
        let remember = remember?.map(|key| (key, Hash(Sha256::digest(&bytes).into())));
        let plain = PlainCommand { incident, command, status: status.as_u16(), answer, remember };
        match self.app.desk.ask(self.caller.principal(), Work::Command(Box::new(plain))).await? {
            Reply::Answer { status, body } => {
                let status = StatusCode::from_u16(status).map_err(|why| Failure::internal(&why))?;
                Ok((status, [(header::CONTENT_TYPE, "application/json")], body).into_response())
            }
            Reply::Refused(refusal) => Err(refusal.into()),
            _ => Err(Failure::internal(&"a command was answered with something else")),
        }
    }

    fn key(&self) -> Result<Option<AnswerKey>, Failure> {
        let Some(value) = self.headers.get("idempotency-key") else { return Ok(None) };
        match value.to_str() {
            Ok(key) if !key.is_empty() && key.len() <= KEY_MAX_CHARS => {
                Ok(Some(AnswerKey { person: self.caller.token.person.clone(), route: self.uri.path().to_owned(), key: key.to_owned() }))
            }
            _ => Err(Failure::bad_request("bad_key", format!("an Idempotency-Key has 1 to {KEY_MAX_CHARS} plain characters"))),
        }
    }
}

fn answer_incident(board: &Board, done: &[(Event, Acceptance)], now: Timestamp) -> String {
    let incident = done.first().and_then(|(event, _)| board.get(event.incident));
    incident.map_or_else(|| "{}".to_owned(), |incident| incident_text(incident, &board.org, now))
}

fn answer_entry(board: &Board, done: &[(Event, Acceptance)], _now: Timestamp) -> String {
    let entry = done.first().and_then(|(event, _)| {
        let incident = board.get(event.incident)?;
        Some((incident.id, incident.timeline.find(event.id)?))
    });
    entry.map_or_else(|| "{}".to_owned(), |(incident, entry)| report::json_text(&report::entry_json(incident, entry)))
}
