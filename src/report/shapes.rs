//! The shapes programs hold on to: what `--json` prints and the API answers. Add fields freely; rename and remove none.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::Alert;
use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::Holding;
use crate::domain::IncidentId;
use crate::domain::Org;
use crate::domain::Outcome;
use crate::domain::Person;
use crate::domain::Rating;
use crate::domain::RoleId;
use crate::domain::Status;
use crate::domain::Task;
use crate::domain::Timestamp;

/// An incident. Times are RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncidentShape<'a> {
    pub id: IncidentId,
    /// `INC-42`, or what stands for it until the server has answered.
    pub code: String,
    pub title: &'a str,
    pub status: Status,
    /// 1 to 5, or null.
    pub severity: Option<u8>,
    /// `P1` to `P5`, or null while nobody has rated it.
    pub priority: Option<String>,
    pub priority_reason: &'a str,
    pub drill: bool,
    /// A past incident, told afterwards.
    pub retrospective: bool,
    /// Only some may see it.
    pub restricted: bool,
    pub services: &'a [String],
    pub commander: Option<&'a Person>,
    pub opened_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    pub last_entry_at: Timestamp,
    pub alerts_firing: usize,
    pub tasks_open: usize,
    pub entries: usize,
    /// `local`, `accepted` or `refused`.
    pub state: &'static str,
    pub merged_into: Option<IncidentId>,
}

/// An incident as its header and rating have it (`Header::of` makes the header of a folded one).
pub fn incident_json<'a>(header: &'a Header, rating: &'a Rating) -> IncidentShape<'a> {
    IncidentShape {
        id: header.id,
        code: header.code_text(),
        title: &header.title,
        status: header.status,
        severity: header.assessment.severity().map(|severity| severity.level()),
        priority: rating.priority.map(|priority| priority.to_string()),
        priority_reason: &rating.reason,
        drill: header.drill,
        retrospective: header.retrospective,
        restricted: header.restricted,
        services: &header.services,
        commander: header.commander.as_ref(),
        opened_at: header.opened_at,
        resolved_at: header.resolved_at,
        last_entry_at: header.last_entry_at,
        alerts_firing: header.alerts_firing,
        tasks_open: header.tasks_open,
        entries: header.entries,
        state: header.state.word(),
        merged_into: header.merged_into,
    }
}

/// A line of a timeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryShape<'a> {
    pub id: EventId,
    pub incident: IncidentId,
    pub kind: EntryKind,
    pub text: &'a str,
    pub at: Timestamp,
    pub by: &'a Person,
    /// Who wrote it down, where that is another person than `by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<&'a Person>,
    /// The roles `by` held then.
    pub roles: &'a [RoleId],
    pub components: &'a [String],
    pub outcome: Option<Outcome>,
    pub audience: Option<&'a str>,
    /// `local`, `accepted` or `refused`.
    pub state: &'static str,
    pub seq: Option<u64>,
    pub amended: bool,
    pub struck: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<EventId>,
    /// Earlier versions, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<RevisionShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strike: Option<StrikeShape<'a>>,
}

/// What a line said before an amendment, and the amendment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RevisionShape<'a> {
    pub text: &'a str,
    pub kind: EntryKind,
    pub at: Timestamp,
    pub amended_at: Timestamp,
    pub amended_by: &'a Person,
    pub reason: &'a str,
}

/// Why a line no longer counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StrikeShape<'a> {
    pub by: &'a Person,
    pub at: Timestamp,
    pub reason: &'a str,
}

/// A line of the timeline of `incident`.
pub fn entry_json(incident: IncidentId, entry: &Entry) -> EntryShape<'_> {
    let history = entry.history.iter().map(|revision| RevisionShape {
        text: &revision.text,
        kind: revision.kind,
        at: revision.at,
        amended_at: revision.amended_at,
        amended_by: &revision.by,
        reason: &revision.reason,
    });
    EntryShape {
        id: entry.id,
        incident,
        kind: entry.kind,
        text: &entry.text,
        at: entry.at,
        by: entry.by(),
        recorded_by: entry.recorded_by.as_ref(),
        roles: entry.roles(),
        components: &entry.components,
        outcome: entry.outcome,
        audience: entry.audience.as_deref(),
        state: entry.state.word(),
        seq: entry.state.seq(),
        amended: !entry.history.is_empty(),
        struck: entry.struck.is_some(),
        reply_to: entry.reply_to,
        history: history.collect(),
        strike: entry.struck.as_deref().map(|strike| StrikeShape { by: &strike.by, at: strike.at, reason: &strike.reason }),
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskShape<'a> {
    pub id: EventId,
    pub incident: IncidentId,
    pub person: &'a Person,
    pub text: &'a str,
    pub given_at: Timestamp,
    pub given_by: &'a Person,
    pub due_at: Option<Timestamp>,
    pub understood_at: Option<Timestamp>,
    pub done_at: Option<Timestamp>,
    pub withdrawn_at: Option<Timestamp>,
    pub result: &'a str,
    /// `local`, `accepted` or `refused`: of its last change.
    pub state: &'static str,
}

/// A task of `incident`.
pub fn task_json(incident: IncidentId, task: &Task) -> TaskShape<'_> {
    TaskShape {
        id: task.id,
        incident,
        person: &task.person,
        text: &task.text,
        given_at: task.given_at,
        given_by: &task.given_by,
        due_at: task.due_at,
        understood_at: task.understood_at,
        done_at: task.done_at,
        withdrawn_at: task.withdrawn_at,
        result: &task.result,
        state: task.state.word(),
    }
}

/// A person in a role, now or then.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoleShape<'a> {
    pub role: &'a RoleId,
    /// How the organisation calls it.
    pub name: &'a str,
    pub person: &'a Person,
    pub since: Timestamp,
    /// Null while it is held.
    pub until: Option<Timestamp>,
    /// `local`, `accepted` or `refused`.
    pub state: &'static str,
}

/// A holding of a role that ended at `until`, or goes on.
pub fn role_json<'a>(org: &'a Org, role: &'a RoleId, holding: &'a Holding, until: Option<Timestamp>) -> RoleShape<'a> {
    RoleShape { role, name: org.role_name(role), person: &holding.person, since: holding.since, until, state: holding.state.word() }
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlertShape<'a> {
    pub key: &'a str,
    pub source: &'a str,
    pub title: &'a str,
    pub summary: &'a str,
    /// `firing` or `resolved`.
    pub status: &'static str,
    pub severity: Option<u8>,
    pub labels: &'a BTreeMap<String, String>,
    pub starts_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub url: &'a str,
    /// How often it began to fire.
    pub times: u32,
}

/// An alert as it stands.
pub fn alert_json(alert: &Alert) -> AlertShape<'_> {
    AlertShape {
        key: &alert.key,
        source: &alert.source,
        title: &alert.title,
        summary: &alert.summary,
        status: if alert.firing { "firing" } else { "resolved" },
        severity: alert.severity.map(|severity| severity.level()),
        labels: &alert.labels,
        starts_at: alert.starts_at,
        ends_at: alert.ends_at,
        url: &alert.url,
        times: alert.times,
    }
}
