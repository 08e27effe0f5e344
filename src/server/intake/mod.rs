//! Alerts from other systems. A file for each source turns a body into `Report`s, purely; `plan` turns a report into steps on the
//! board, purely; what is here carries them out. Nothing is answered before it is on disk, and nothing authentic is thrown away: a
//! body that cannot be read is kept whole and shown.
//!
//! What is signed is taken once: its digest, and the id of its event where it has one, are written down with what it caused, in the same
//! commit, for thirty days. Sent again it changes nothing, and is answered as before: an honest sender lost the answer, another one
//! listened.

mod alertmanager;
mod generic;
mod grafana;
mod late;
mod pagerduty;
mod plan;
mod route;
mod severity;
mod signature;
mod words;

use crate::domain::AlertUnreadable;
use crate::domain::Body;
use crate::domain::IncidentDeclared;
use crate::domain::IncidentId;
use crate::domain::Principal;
use crate::domain::Refusal;
use crate::domain::Severity;
use crate::domain::Source;
use crate::domain::Timestamp;
use crate::ledger::Hash;
use crate::server::batch::Batch;
use crate::server::batch::Offered;
use crate::server::job::Reply;
use crate::store::Answer;
use crate::store::AnswerKey;
use crate::store::RawBody;
use crate::store::StoreError;
use axum::body::Bytes;
use plan::Step;
use plan::Target;
use sha2::Digest;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::collections::HashSet;

pub(super) use route::__path_take_alerts;
pub(super) use route::INTEGRATIONS;
pub(super) use route::take_alerts;
pub use signature::WebhookSecrets;

/// How much of an unreadable body is shown.
const BEGINNING_CHARS: usize = 200;
/// The group of the incident that collects unreadable bodies of a source.
const UNREADABLE: &str = "unreadable";

/// One body, read.
pub(super) struct Intake {
    /// `alertmanager`, `generic`, …
    integration: &'static str,
    /// What it says, one for each group.
    reports: Vec<Report>,
    /// Why it, or a part of it, could not be read.
    unreadable: Option<String>,
    /// The body as it came.
    bytes: Bytes,
    /// What it is known by when it comes again; nothing where repeats are told from news by what they say alone.
    once: Vec<AnswerKey>,
}

/// What a source says about one group of alerts.
#[derive(Clone, PartialEq, Debug)]
struct Report {
    /// The group: one incident while it is unresolved.
    source: Source,
    /// What an incident for it is called.
    title: String,
    /// More about it.
    summary: String,
    /// What it affects.
    services: Vec<String>,
    /// Its alerts.
    alerts: Vec<Observed>,
}

/// One alert as its source sees it.
#[derive(Clone, PartialEq, Debug)]
struct Observed {
    key: String,
    title: String,
    summary: String,
    firing: bool,
    severity: Option<Severity>,
    labels: BTreeMap<String, String>,
    /// When it began; `None` when the source does not say, or says nonsense.
    starts_at: Option<Timestamp>,
    /// When it ended, likewise.
    ends_at: Option<Timestamp>,
    /// When its source said this, where it tells: what comes late does not bring back what ended after.
    said_at: Option<Timestamp>,
    url: String,
}

impl Report {
    /// Takes away everything from the first alert that is in it twice: a source that says two things of one alert means them in order.
    fn split_off_repeats(&mut self) -> Vec<Observed> {
        let mut seen = HashSet::new();
        let first = self.alerts.iter().position(|alert| !seen.insert(alert.key.clone()));
        first.map_or_else(Vec::new, |first| self.alerts.split_off(first))
    }
}

impl Intake {
    /// What an unreadable body is kept by.
    pub(super) fn sha256(&self) -> Hash {
        Hash(Sha256::digest(&self.bytes).into())
    }

    /// What the store is asked before it is taken.
    pub(super) fn once(&self) -> &[AnswerKey] {
        &self.once
    }

    /// How many alerts it holds, for the size of a batch.
    pub(super) fn len(&self) -> usize {
        1 + self.reports.iter().map(|report| report.alerts.len()).sum::<usize>()
    }
}

/// Writes what a body says.
///
/// # Errors
/// When the store cannot be read: the whole batch is off.
pub(super) fn take(batch: &mut Batch<'_>, principal: &Principal, intake: &Intake) -> Result<Reply, StoreError> {
    for key in &intake.once {
        if let Some(before) = batch.answered(key)? {
            let incidents = serde_json::from_str(&before.body).unwrap_or_default();
            return Ok(Reply::Taken { events: 0, incidents, repeated: true });
        }
    }
    let mut done = Done::default();
    let mut unreadable = intake.unreadable.clone();
    for report in &intake.reports {
        let taken = match take_report(batch, principal, report, &mut done)? {
            Ok(()) => late::settle(batch, principal, report, &mut done)?,
            refused => refused,
        };
        if let Err(refusal) = taken {
            // What a rule refuses is kept as what cannot be read is: the sender would not send it again.
            unreadable.get_or_insert(refusal.reason);
        }
    }
    if let Some(why) = unreadable {
        keep_unreadable(batch, principal, intake, why, &mut done)?;
    }
    let answer = Answer { request: intake.sha256(), status: 202, body: serde_json::to_string(&done.incidents).unwrap_or_default() };
    for key in &intake.once {
        batch.remember(key.clone(), answer.clone());
    }
    Ok(Reply::Taken { events: done.events, incidents: done.incidents, repeated: false })
}

#[derive(Default)]
struct Done {
    events: usize,
    incidents: Vec<String>,
}

type Carried = Result<Result<(), Refusal>, StoreError>;

fn take_report(batch: &mut Batch<'_>, principal: &Principal, report: &Report, done: &mut Done) -> Carried {
    let mut rest = report.clone();
    while !rest.alerts.is_empty() {
        let next = Report { alerts: rest.split_off_repeats(), ..rest.clone() };
        if let Err(refusal) = carry_out(batch, principal, &rest, done)? {
            return Ok(Err(refusal));
        }
        rest = next;
    }
    Ok(Ok(()))
}

fn carry_out(batch: &mut Batch<'_>, principal: &Principal, report: &Report, done: &mut Done) -> Carried {
    let newest = batch.pull_source(&report.source)?;
    if let Some(newest) = newest {
        let mut unread = None;
        plan::lineage(newest, |id| {
            unread = batch.pull(id).err();
            batch.board.get(id).and_then(|incident| incident.follows)
        });
        unread.map_or(Ok(()), Err)?;
    }
    let mut declared = None;
    for step in plan::plan(&batch.board, newest, report, batch.now()) {
        let incident = match step.target {
            Target::New => declared,
            Target::Incident(id) => Some(id),
        };
        match write(batch, principal, incident, step, done)? {
            Ok(id) => declared = declared.or(Some(id)),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    Ok(Ok(()))
}

fn keep_unreadable(batch: &mut Batch<'_>, principal: &Principal, intake: &Intake, why: String, done: &mut Done) -> Result<(), StoreError> {
    let sha256 = intake.sha256();
    let source = Source { integration: intake.integration.to_owned(), group: UNREADABLE.to_owned() };
    let body = RawBody { sha256, source: source.integration.clone(), received_at: batch.now(), bytes: intake.bytes.to_vec() };
    if !batch.keep_body(body)? {
        return Ok(());
    }
    let newest = batch.pull_source(&source)?;
    let open =
        newest.and_then(|id| batch.board.surviving(id)).filter(|incident| incident.status.value.is_open()).map(|incident| incident.id);
    let now = batch.now();
    let incident = match open {
        Some(id) => Some(id),
        None => {
            let data = IncidentDeclared {
                summary: "Bodies that were authentic and could not be understood are kept whole by the server; their beginnings are below."
                    .into(),
                source: Some(source),
                follows: newest,
                follows_code: newest.and_then(|id| batch.board.get(id)).map(|incident| incident.code_text()).unwrap_or_default(),
                ..IncidentDeclared::titled(format!("Alerts from {} that could not be read", intake.integration))
            };
            write(batch, principal, None, Step { target: Target::New, at: now, body: data.into() }, done)?.ok()
        }
    };
    let data = AlertUnreadable {
        source: intake.integration.to_owned(),
        why,
        sha256: sha256.to_string(),
        size_bytes: intake.bytes.len() as u64,
        beginning: String::from_utf8_lossy(&intake.bytes[..intake.bytes.len().min(4 * BEGINNING_CHARS)])
            .chars()
            .take(BEGINNING_CHARS)
            .collect(),
    };
    if let Some(incident) = incident {
        let step = Step { target: Target::Incident(incident), at: now, body: Body::AlertUnreadable(data) };
        if let Err(refusal) = write(batch, principal, Some(incident), step, done)? {
            tracing::error!(%refusal, %sha256, "an unreadable alert body is kept, but could not be shown");
        }
    }
    Ok(())
}

fn write(
    batch: &mut Batch<'_>,
    principal: &Principal,
    incident: Option<IncidentId>,
    step: Step,
    done: &mut Done,
) -> Result<Result<IncidentId, Refusal>, StoreError> {
    let (id, offered) = batch.write_own(principal, incident, step.at, step.body)?;
    if let Offered::Refused(refusal) = offered {
        return Ok(Err(refusal));
    }
    done.events += 1;
    let code = batch.board.get(id).map(|incident| incident.code_text()).unwrap_or_default();
    if !done.incidents.contains(&code) {
        done.incidents.push(code);
    }
    Ok(Ok(id))
}
