//! Folding events into an incident: what stands, who holds what, and the line each event draws. Infallible and deterministic.

use crate::domain::Acceptance;
use crate::domain::Assessment;
use crate::domain::Body;
use crate::domain::Byline;
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
use crate::domain::Rated;
use crate::domain::Readers;
use crate::domain::Relation;
use crate::domain::RoleId;
use crate::domain::Status;
use crate::domain::StatusChange;
use crate::domain::Timeline;
use crate::domain::Turn;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An event on its way into an incident.
pub(super) struct Step<'a> {
    pub event: &'a Event,
    pub accepted: Option<&'a Acceptance>,
    pub state: EntryState,
}

/// How many of the newest lines are looked at for one by the same person.
const LIKE_ENTRIES: usize = 8;

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
            statuses: Vec::new(),
            assessment: Assessment::default(),
            ratings: Vec::new(),
            drill: declared.drill,
            readers: step.field(None),
            declared_by: event.by.clone(),
            opened_at: event.at,
            resolved_at: None,
            source: declared.source.clone(),
            follows: declared.follows,
            retrospective: declared.retrospective.clone(),
            roles: BTreeMap::new(),
            past_roles: Vec::new(),
            handovers: Vec::new(),
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
        if let Some(severity) = declared.severity {
            incident.rate_anew(&step, Rated::Severity(severity), "");
        }
        let severity = declared.severity.map_or_else(String::new, |severity| format!(" · severity {severity}"));
        let follows = match declared.follows_code.as_str() {
            "" => String::new(),
            code => format!(" · follows {code}"),
        };
        let told = declared.retrospective.as_ref().map_or_else(String::new, |from| format!(" · told afterwards, from {from}"));
        incident.line(&step, EntryKind::Incident, format!("declared: {}{severity}{follows}{told}", declared.title));
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
            Body::IncidentRestricted(restricted) => {
                let readers = Readers { people: restricted.people.clone(), roles: restricted.roles.clone() };
                let said = because(format!("restricted to {readers}"), &restricted.reason);
                replace(&mut self.readers, &mut self.conflicts, &step, "readers", Some(readers), readers_words);
                self.line(&step, EntryKind::Incident, said);
            }
            Body::RestrictionLifted(lifted) => {
                replace(&mut self.readers, &mut self.conflicts, &step, "readers", None, readers_words);
                self.line(&step, EntryKind::Incident, because("open to everyone again".into(), &lifted.reason));
            }
            Body::StatusChanged(change) => {
                self.change_status(&step, change.status, &change.reason);
            }
            Body::SeveritySet(set) => {
                let said = match self.assessment.severity() {
                    Some(before) if before == set.severity => format!("severity {before}, said again"),
                    Some(before) => format!("severity {before} → {}", set.severity),
                    None => format!("severity {}", set.severity),
                };
                if let Some(field) = &self.assessment.severity {
                    self.conflicts.extend(crossed(field, &step, "severity", &set.severity, ToString::to_string));
                }
                self.rate_anew(&step, Rated::Severity(set.severity), &set.reason);
                self.line(&step, EntryKind::Rating, because(said, &set.reason));
            }
            Body::ImpactAssessed(assessed) => {
                let said: Vec<_> = assessed.scores.iter().map(|(dimension, score)| format!("{dimension} {}", score.words())).collect();
                self.rate_anew(&step, Rated::Scores(assessed.scores.clone()), &assessed.reason);
                self.line(&step, EntryKind::Rating, because(said.join(" · "), &assessed.reason));
            }
            Body::PriorityOverridden(set) => {
                self.rate_anew(&step, Rated::Override(set.priority), &set.reason);
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
        self.known_by_acting(event);
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
                self.turn_of(step, Turn::Assigned, &given.role, &given.person, None, "");
            }
            Body::RoleAcknowledged(answer) => {
                let holders = self.roles.get_mut(&answer.role).map(Vec::as_mut_slice).unwrap_or_default();
                if let Some(holding) = holders.iter_mut().find(|holding| holding.person == event.by && holding.acknowledged_at.is_none()) {
                    holding.acknowledged_at = Some(event.at);
                    self.turn_of(step, Turn::Acknowledged, &answer.role, &event.by, None, "");
                }
            }
            Body::RoleReleased(released) => {
                self.relieve(step, &released.role, Some(&released.person));
                self.turn_of(step, Turn::Released, &released.role, &released.person, None, "");
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
                self.turn_of(step, Turn::Offered, &offered.role, &offered.person, None, "");
            }
            Body::RoleWithdrawn(answer) => {
                if let Some(offer) = self.answered(answer.offer) {
                    self.turn_of(step, Turn::Withdrawn, &offer.role, &offer.to, None, "");
                }
            }
            Body::RoleDeclined(answer) => {
                if let Some(offer) = self.answered(answer.offer) {
                    self.turn_of(step, Turn::Declined, &offer.role, &offer.to, None, &answer.reason);
                }
            }
            Body::RoleAccepted(answer) => {
                if let Some(offer) = self.answered(answer.offer) {
                    let from = self.commander().map(|holding| holding.person.clone());
                    self.relieve(step, &offer.role, None);
                    self.hold(step, &offer.role, &offer.to);
                    self.turn_of(step, Turn::Accepted, &offer.role, &offer.to, from, "");
                }
            }
            Body::RoleAssumed(assumed) => {
                let from = self.roles.get(&assumed.role).and_then(|holders| holders.first()).map(|holding| holding.person.clone());
                self.relieve(step, &assumed.role, None);
                self.hold(step, &assumed.role, &event.by);
                self.offer = None;
                self.turn_of(step, Turn::Assumed, &assumed.role, &event.by, from, &assumed.reason);
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
        self.statuses.push(StatusChange {
            event: step.event.id,
            at: step.event.at,
            by: step.event.by.clone(),
            from: before,
            to: status,
            reason: reason.to_owned(),
            state: step.state,
        });
        let settled = (!status.is_open()).then(|| self.resolved_at.unwrap_or(step.event.at));
        if settled != self.assessment.settled_at {
            self.rate_anew(step, Rated::Settled(settled), reason);
        }
        self.line(step, EntryKind::Status, because(format!("{before} → {status}"), reason));
    }

    /// Ends the offer an answer names, if it is the one that stands.
    fn answered(&mut self, offer: EventId) -> Option<Offer> {
        self.offer.take_if(|standing| standing.event == offer)
    }

    fn hold(&mut self, step: &Step<'_>, role: &RoleId, person: &Person) {
        let holders = self.roles.entry(role.clone()).or_default();
        if holders.iter().all(|holding| holding.person != *person) {
            let acknowledged_at = (*person == step.event.by).then_some(step.event.at);
            holders.push(Holding {
                person: person.clone(),
                since: step.event.at,
                acknowledged_at,
                event: step.event.id,
                state: step.state,
            });
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

    pub(super) fn put_line(&mut self, entry: Entry) {
        if entry.kind != EntryKind::Alert {
            self.last_entry_at = self.last_entry_at.max(entry.at);
        }
        self.timeline.insert(entry);
    }

    pub(super) fn entry(&self, step: &Step<'_>, kind: EntryKind, text: &str) -> Entry {
        let event = step.event;
        let mut entry = Entry::new(event.id, event.at, self.byline(&event.by), kind, text, step.state);
        if step.accepted.is_none() && event.index > 0 {
            entry.index = event.index;
        }
        if let Some(record) = step.accepted.filter(|record| record.person != event.by) {
            entry.recorded_by = Some(record.person.clone());
        }
        entry
    }

    /// A person in the roles they hold now. The few who write are held once, not once a line.
    fn byline(&self, person: &Person) -> Arc<Byline> {
        let roles = self.roles_of(person);
        let like = self.timeline.iter().rev().take(LIKE_ENTRIES).find(|other| other.by() == person && other.roles() == roles);
        like.map_or_else(|| Arc::new(Byline { by: person.clone(), roles }), |like| Arc::clone(&like.byline))
    }
}

/// "what: why", or just what.
pub(super) fn because(what: String, reason: &str) -> String {
    if reason.is_empty() { what } else { format!("{what}: {reason}") }
}

fn readers_words(readers: &Option<Readers>) -> String {
    readers.as_ref().map_or_else(|| "everyone".into(), ToString::to_string)
}

/// Sets a field; notes what it crossed.
fn replace<T: Clone>(
    field: &mut Field<T>,
    conflicts: &mut Vec<Conflict>,
    step: &Step<'_>,
    name: &str,
    value: T,
    words: impl Fn(&T) -> String,
) {
    conflicts.extend(crossed(field, step, name, &value, words));
    let previous = std::mem::replace(&mut field.value, value);
    *field = Field { previous: Some(previous), ..step.field(field.value.clone()) };
}

/// The conflict where the author of a new value had not seen the one that stood, and another had set it.
fn crossed<T>(field: &Field<T>, step: &Step<'_>, name: &str, value: &T, words: impl Fn(&T) -> String) -> Option<Conflict> {
    let event = step.event;
    let is_crossed = event.replaces.is_some_and(|seen| seen != field.event) && field.by != event.by;
    is_crossed.then(|| Conflict {
        field: name.to_owned(),
        winner: event.id,
        winner_by: event.by.clone(),
        stands: words(value),
        loser: field.event,
        loser_by: field.by.clone(),
        lost: words(&field.value),
        at: event.at,
    })
}
