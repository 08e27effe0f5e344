//! Folding events into an incident: what stands, who holds what, and the line each event draws. Infallible and deterministic.

use crate::domain::Acceptance;
use crate::domain::Assessment;
use crate::domain::Body;
use crate::domain::Conflict;
use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::EntryState;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::Field;
use crate::domain::Holding;
use crate::domain::Incident;
use crate::domain::IncidentDeclared;
use crate::domain::Offer;
use crate::domain::Person;
use crate::domain::PriorityOverride;
use crate::domain::Relation;
use crate::domain::RoleId;
use crate::domain::Scored;
use crate::domain::Status;
use crate::domain::Timeline;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An event on its way into an incident.
pub(super) struct Step<'a> {
    pub event: &'a Event,
    pub accepted: Option<&'a Acceptance>,
    pub state: EntryState,
}

impl Step<'_> {
    fn field<T>(&self, value: T) -> Field<T> {
        Field { value, event: self.event.id, by: self.event.by.clone(), at: self.event.at, previous: None, state: self.state }
    }
}

impl Incident {
    /// The incident a declaration begins.
    pub(super) fn begin(event: &Event, declared: &IncidentDeclared, accepted: Option<&Acceptance>) -> Self {
        let step = Step { event, accepted, state: EntryState::of(accepted) };
        let mut incident = Self {
            id: event.incident,
            code: accepted.and_then(|record| record.code),
            title: step.field(declared.title.clone()),
            summary: step.field(declared.summary.clone()),
            services: step.field(declared.services.clone()),
            status: step.field(Status::Triage),
            assessment: Assessment { severity: declared.severity.map(|severity| step.field(severity)), ..Assessment::default() },
            drill: declared.drill,
            declared_by: event.by.clone(),
            opened_at: event.at,
            resolved_at: None,
            source: declared.source.clone(),
            follows: declared.follows,
            roles: BTreeMap::new(),
            past_roles: Vec::new(),
            offer: None,
            tasks: Vec::new(),
            alerts: Vec::new(),
            merged_into: None,
            absorbed: Vec::new(),
            conflicts: Vec::new(),
            timeline: Timeline::default(),
            last_entry_at: event.at,
            state: step.state,
            seq: accepted.map_or(0, |record| record.seq),
        };
        let severity = declared.severity.map_or_else(String::new, |severity| format!(" · severity {severity}"));
        let follows = match declared.follows_code.as_str() {
            "" => String::new(),
            code => format!(" · follows {code}"),
        };
        incident.line(&step, EntryKind::Incident, format!("declared: {}{severity}{follows}", declared.title));
        incident
    }

    /// Folds one more event in. A record at or below the last one folded is passed over.
    pub(super) fn apply(&mut self, event: &Event, accepted: Option<&Acceptance>) {
        if accepted.is_some_and(|record| record.seq <= self.seq) {
            return;
        }
        let step = Step { event, accepted, state: EntryState::of(accepted) };
        match &event.body {
            Body::IncidentDeclared(_) | Body::SettingsPublished(_) => {}
            Body::IncidentEdited(edit) => {
                let mut said = Vec::new();
                if let Some(title) = &edit.title {
                    said.push(format!("title: {title}"));
                    replace(&mut self.title, &mut self.conflicts, &step, "title", title.clone(), String::clone);
                }
                if let Some(summary) = &edit.summary {
                    said.push(format!("summary: {summary}"));
                    replace(&mut self.summary, &mut self.conflicts, &step, "summary", summary.clone(), String::clone);
                }
                if let Some(services) = &edit.services {
                    said.push(format!("services: {}", services.join(", ")));
                    replace(&mut self.services, &mut self.conflicts, &step, "services", services.clone(), |all| all.join(", "));
                }
                self.line(&step, EntryKind::Incident, said.join(" · "));
            }
            Body::StatusChanged(change) => {
                self.change_status(&step, change.status, &change.reason);
            }
            Body::SeveritySet(set) => {
                let before = self.assessment.severity();
                match &mut self.assessment.severity {
                    Some(field) => replace(field, &mut self.conflicts, &step, "severity", set.severity, ToString::to_string),
                    none => *none = Some(step.field(set.severity)),
                }
                let said = match before {
                    Some(before) if before == set.severity => format!("severity {before}, said again"),
                    Some(before) => format!("severity {before} → {}", set.severity),
                    None => format!("severity {}", set.severity),
                };
                self.line(&step, EntryKind::Rating, because(said, &set.reason));
            }
            Body::ImpactAssessed(assessed) => {
                let mut said = Vec::new();
                for (dimension, score) in &assessed.scores {
                    said.push(match (score.amount_usd, score.level) {
                        (Some(amount), _) => format!("{dimension} ${}", grouped(amount)),
                        (None, Some(level)) => format!("{dimension} {level}"),
                        (None, None) => format!("{dimension} unknown"),
                    });
                    let previous = self.assessment.scores.get(dimension).map(|scored| scored.score);
                    if score.level.is_none() && score.amount_usd.is_none() {
                        self.assessment.scores.remove(dimension);
                        continue;
                    }
                    let scored = Scored { score: *score, at: event.at, by: event.by.clone(), event: event.id, previous };
                    self.assessment.scores.insert(dimension.clone(), scored);
                }
                self.line(&step, EntryKind::Rating, because(said.join(" · "), &assessed.reason));
            }
            Body::PriorityOverridden(set) => {
                self.assessment.priority_override =
                    set.priority.map(|priority| PriorityOverride { priority, reason: set.reason.clone(), by: event.by.clone() });
                let said =
                    set.priority.map_or_else(|| "priority left to the matrix".into(), |priority| format!("priority set to {priority}"));
                self.line(&step, EntryKind::Rating, because(said, &set.reason));
            }
            Body::IncidentMerged(merged) => {
                self.merged_into = Some(merged.into);
                self.change_status(&step, Status::Merged, &format!("into {}", merged.into_code));
            }
            Body::IncidentSplit(split) => {
                self.merged_into = None;
                self.change_status(&step, split.status, &format!("split from {}", split.from_code));
            }
            Body::IncidentLinked(linked) => {
                self.absorbed.retain(|other| *other != linked.other);
                let said = match linked.relation {
                    Relation::Absorbed => {
                        self.absorbed.push(linked.other);
                        format!("{} was merged into this", linked.other_code)
                    }
                    Relation::Released => format!("{} goes on by itself", linked.other_code),
                };
                self.line(&step, EntryKind::Incident, said);
            }
            body => self.apply_role(&step, body),
        }
        if let Some(record) = accepted {
            self.seq = record.seq;
        }
    }

    fn apply_role(&mut self, step: &Step<'_>, body: &Body) {
        let event = step.event;
        match body {
            Body::RoleAssigned(given) => {
                if !given.beside {
                    self.relieve(step, &given.role, None);
                }
                self.hold(step, &given.role, &given.person);
                let own = given.person == event.by;
                let duty = duty(&given.role);
                let said = if own { format!("{} takes {duty}", given.person) } else { format!("{duty} → {}", given.person) };
                self.line(step, EntryKind::Role, said);
            }
            Body::RoleReleased(released) => {
                self.relieve(step, &released.role, Some(&released.person));
                self.line(step, EntryKind::Role, format!("{} gives up {}", released.person, duty(&released.role)));
            }
            Body::RoleOffered(offered) => {
                self.offer = Some(Offer {
                    event: event.id,
                    role: offered.role.clone(),
                    from: event.by.clone(),
                    to: offered.person.clone(),
                    at: event.at,
                    briefing: offered.briefing.clone(),
                    state: step.state,
                });
                self.line(step, EntryKind::Role, format!("{} offered to {}", duty(&offered.role), offered.person));
            }
            Body::RoleWithdrawn(answer) => {
                if let Some(offer) = self.answered(answer.offer) {
                    self.line(step, EntryKind::Role, format!("offer of {} to {} withdrawn", duty(&offer.role), offer.to));
                }
            }
            Body::RoleDeclined(answer) => {
                if let Some(offer) = self.answered(answer.offer) {
                    self.line(step, EntryKind::Role, because(format!("{} declines {}", offer.to, duty(&offer.role)), &answer.reason));
                }
            }
            Body::RoleAccepted(answer) => {
                if let Some(offer) = self.answered(answer.offer) {
                    let from = self.commander().map_or_else(String::new, |holding| format!(" from {}", holding.person));
                    self.relieve(step, &offer.role, None);
                    self.hold(step, &offer.role, &offer.to);
                    self.line(step, EntryKind::Role, format!("{} accepts {}{from}", offer.to, duty(&offer.role)));
                }
            }
            Body::RoleAssumed(assumed) => {
                let from = self.roles.get(&assumed.role).and_then(|holders| holders.first()).map(|holding| holding.person.clone());
                self.relieve(step, &assumed.role, None);
                self.hold(step, &assumed.role, &event.by);
                self.offer = None;
                let from = from.map_or_else(String::new, |person| format!(" from {person}"));
                self.line(step, EntryKind::Role, because(format!("{} assumes {}{from}", event.by, duty(&assumed.role)), &assumed.reason));
            }
            body => self.apply_work(step, body),
        }
    }

    fn change_status(&mut self, step: &Step<'_>, status: Status, reason: &str) {
        let before = self.status.value;
        replace(&mut self.status, &mut self.conflicts, step, "status", status, ToString::to_string);
        self.resolved_at = match status {
            Status::Resolved | Status::Closed => self.resolved_at.or(Some(step.event.at)),
            _ => None,
        };
        self.assessment.settled_at = (!status.is_open()).then(|| self.resolved_at.unwrap_or(step.event.at));
        self.line(step, EntryKind::Status, because(format!("{before} → {status}"), reason));
    }

    /// Ends the offer an answer names, if it is the one that stands.
    fn answered(&mut self, offer: EventId) -> Option<Offer> {
        self.offer.take_if(|standing| standing.event == offer)
    }

    fn hold(&mut self, step: &Step<'_>, role: &RoleId, person: &Person) {
        let holders = self.roles.entry(role.clone()).or_default();
        if holders.iter().all(|holding| holding.person != *person) {
            holders.push(Holding { person: person.clone(), since: step.event.at, event: step.event.id, state: step.state });
        }
    }

    fn relieve(&mut self, step: &Step<'_>, role: &RoleId, person: Option<&Person>) {
        let Some(holders) = self.roles.get_mut(role) else { return };
        let (ended, kept) = std::mem::take(holders).into_iter().partition(|holding| person.is_none_or(|person| holding.person == *person));
        *holders = kept;
        if holders.is_empty() {
            self.roles.remove(role);
        }
        let ended: Vec<Holding> = ended;
        self.past_roles.extend(ended.into_iter().map(|holding| (role.clone(), holding, step.event.at)));
    }

    /// Draws a line for an event that is not an entry.
    pub(super) fn line(&mut self, step: &Step<'_>, kind: EntryKind, text: String) {
        let entry = self.entry(step, kind, &text);
        self.put_line(entry);
    }

    /// The roles a person holds, without an allocation for the many who hold none.
    fn roles_now(&self, person: &Person) -> Arc<[RoleId]> {
        let roles = self.roles_of(person);
        if roles.is_empty() { Arc::default() } else { roles.into() }
    }

    pub(super) fn put_line(&mut self, entry: Entry) {
        if entry.kind != EntryKind::Alert {
            self.last_entry_at = self.last_entry_at.max(entry.at);
        }
        self.timeline.insert(entry);
    }

    pub(super) fn entry(&self, step: &Step<'_>, kind: EntryKind, text: &str) -> Entry {
        let event = step.event;
        Entry {
            id: event.id,
            at: event.at,
            by: event.by.clone(),
            recorded_by: step.accepted.map(|record| &record.person).filter(|person| **person != event.by).cloned(),
            roles: self.roles_now(&event.by),
            kind,
            text: Arc::from(text),
            outcome: None,
            audience: None,
            components: Arc::default(),
            reply_to: None,
            moved_from: None,
            state: step.state,
            index: event.index,
            history: Vec::new(),
            struck: None,
            conflict: false,
        }
    }
}

/// `1 234 567`.
fn grouped(amount: u64) -> String {
    let digits = amount.to_string();
    let first = digits.len() % 3;
    let rest = digits.as_bytes()[first..].chunks(3).map(|three| String::from_utf8_lossy(three).into_owned());
    std::iter::once(digits[..first].to_owned()).filter(|head| !head.is_empty()).chain(rest).collect::<Vec<_>>().join(" ")
}

/// What a role's holder has: command is said as such.
fn duty(role: &RoleId) -> &str {
    if role.is_commander() { "command" } else { role.as_str() }
}

/// "what: why", or just what.
pub(super) fn because(what: String, reason: &str) -> String {
    if reason.is_empty() { what } else { format!("{what}: {reason}") }
}

/// Sets a field; notes the conflict where the author had not seen the value that stood, and another had set it.
fn replace<T: Clone>(
    field: &mut Field<T>,
    conflicts: &mut Vec<Conflict>,
    step: &Step<'_>,
    name: &str,
    value: T,
    words: impl Fn(&T) -> String,
) {
    let event = step.event;
    if event.replaces.is_some_and(|seen| seen != field.event) && field.by != event.by {
        conflicts.push(Conflict {
            field: name.to_owned(),
            winner: event.id,
            winner_by: event.by.clone(),
            stands: words(&value),
            loser: field.event,
            loser_by: field.by.clone(),
            lost: words(&field.value),
            at: event.at,
        });
    }
    let previous = std::mem::replace(&mut field.value, value);
    *field = Field { previous: Some(previous), ..step.field(field.value.clone()) };
}
