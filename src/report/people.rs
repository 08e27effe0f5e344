//! Who held which role, from when until when, and every turn the roles took.

use crate::domain::Holding;
use crate::domain::RoleId;
use crate::domain::Timestamp;
use crate::report::Subject;
use crate::report::document::one_line;
use serde::Serialize;

/// A person in a role, for as long as they held it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct HeldRole {
    /// The role's short name.
    pub id: String,
    /// How the organisation calls it.
    pub role: String,
    pub person: String,
    pub from: Timestamp,
    /// Nothing while it is held.
    pub until: Option<Timestamp>,
    /// Until it was given up or the incident was over.
    pub duration_ms: i64,
    /// When the person said, by word or by acting, that they know.
    pub acknowledged_at: Option<Timestamp>,
    /// What no server has accepted of it, in words.
    pub mark: &'static str,
}

/// One turn of a role.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Turned {
    pub at: Timestamp,
    /// "bo accepts command from ana".
    pub words: String,
    /// Who did it, where that is another than the person it is about.
    pub by: String,
    /// What no server has accepted of it, in words.
    pub mark: &'static str,
}

impl HeldRole {
    /// Every holding, command first, each role in the order in which it was held.
    pub(super) fn all(subject: &Subject<'_>) -> Vec<Self> {
        let incident = subject.incident;
        let end = incident.resolved_at.or(incident.assessment.settled_at).unwrap_or(subject.now);
        let mut all: Vec<(&RoleId, &Holding, Option<Timestamp>)> = incident.holdings().collect();
        let place = |role: &RoleId| subject.org.roles.iter().position(|known| known.id == *role).unwrap_or(usize::MAX);
        all.sort_by_key(|(role, holding, _)| (!role.is_commander(), place(role), (*role).clone(), holding.since));
        let row = |(role, holding, until): (&RoleId, &Holding, Option<Timestamp>)| Self {
            id: one_line(role.as_str()),
            role: one_line(subject.org.role_name(role)),
            person: one_line(holding.person.as_str()),
            from: holding.since,
            until,
            duration_ms: until.unwrap_or(end).since_ms(holding.since),
            acknowledged_at: holding.acknowledged_at,
            mark: subject.mark(holding.state),
        };
        all.into_iter().map(row).collect()
    }
}

impl Turned {
    /// Every turn, in the order of time.
    pub(super) fn all(subject: &Subject<'_>) -> Vec<Self> {
        let turn = |turn: &crate::domain::Handover| Self {
            at: turn.at,
            words: one_line(&turn.words()),
            by: if turn.by == turn.person { String::new() } else { one_line(turn.by.as_str()) },
            mark: subject.mark(turn.state),
        };
        let mut turns: Vec<Self> = subject.incident.handovers.iter().map(turn).collect();
        turns.sort_by_key(|turn| turn.at);
        turns
    }
}
