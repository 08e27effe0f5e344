//! What people do in the simulation: everything that can be refused, crossed, moved or merged.

use crate::domain::Author;
use crate::domain::Body;
use crate::domain::Command;
use crate::domain::DeviceId;
use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::NewEntry;
use crate::domain::Outcome;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::RoleId;
use crate::domain::Scope;
use crate::domain::Severity;
use crate::domain::Stamp;
use crate::domain::Status;
use crate::ledger::EventBytes;
use crate::replica::simulation::history::Noted;
use crate::replica::simulation::log::Line;
use crate::replica::simulation::world::World;
use crate::replica::snapshot::Answer;
use crate::replica::sync::Input;
use std::sync::Arc;
use uuid::Uuid;

impl World {
    /// Somebody writes something on a device; what was recorded is noted.
    pub fn write(&mut self, at: usize) {
        let beside = self.dice.one_in(3);
        if beside {
            self.turn(at);
        }
        self.write_here(at);
        let now = self.wall(at);
        self.devices[at].local.catch_up(now).expect("a look");
        self.observe(at);
        if beside {
            self.turn(at);
        }
        let life = self.devices[at].life;
        self.outlive(at);
        if !beside && self.devices[at].life == life {
            // As the thread that owns the copy does after each request.
            let standing = self.devices[at].local.standing();
            self.feed(at, Input::Standing(standing));
        }
    }

    fn write_here(&mut self, at: usize) {
        let now = self.wall(at);
        let incidents: Vec<IncidentId> = self.devices[at].local.snapshot().headers.keys().copied().collect();
        if incidents.is_empty() || self.dice.one_in(12) {
            let title = format!("incident {}", self.history.recorded.len());
            let (summary, services) = (String::new(), vec!["wallet".to_owned()]);
            let declare = Command::Declare { title, summary, services, severity: Severity::new(2), at: None, drill: false };
            let answer = self.devices[at].local.command(IncidentId::ORG, declare, None, now);
            return self.noted(at, answer);
        }
        let incident = incidents[self.dice.below(incidents.len() as u64) as usize];
        let other = incidents[self.dice.below(incidents.len() as u64) as usize];
        if self.dice.one_in(25) {
            return self.decide_parked(at, other);
        }
        let command = self.command(at, incident, other);
        let answer = self.devices[at].local.command(incident, command, None, now);
        self.noted(at, answer);
    }

    /// An administrator restricts an incident to some, or opens it to all.
    pub fn restrict(&mut self) {
        let incidents = self.incidents();
        let Some(incident) = self.dice.pick(&incidents).copied() else { return };
        let (people, roles) = (vec![Person::new("ana")], vec![RoleId::new("scribe")]);
        let reason = String::new();
        let command = match self.dice.below(4) {
            0 => Command::Restrict { people, roles: vec![], reason },
            1 => Command::Restrict { people: vec![], roles, reason },
            _ => Command::LiftRestriction { reason },
        };
        self.administer(incident, command);
    }

    /// An administrator deletes the words of an event everywhere.
    pub fn redact(&mut self) {
        let seq = 1 + self.dice.below(self.log.end());
        let Some(line) = self.log.line(seq).filter(|line| line.redacted.is_none()) else { return };
        let Some(stub) = line.folded.stub().and_then(|stub| EventBytes::write(&stub).ok()) else { return };
        let (incident, event, stub) = (line.folded.incident, line.folded.id, stub.as_str().to_owned());
        self.administer(incident, Command::Redact { event, seq, stub, reason: "a name".into() });
    }

    fn administer(&mut self, incident: IncidentId, command: Command) {
        let place = self.dice.below(self.nodes.len() as u64) as usize;
        let admin = Principal { person: Person::new("root"), scope: Scope::Admin };
        let author = Author { principal: admin.clone(), device: DeviceId(Uuid::from_u128(9)) };
        let (now, id) = (self.true_wall(), Uuid::from_u64_pair(self.dice.roll(), self.dice.roll()));
        let stamp = || Stamp { id: EventId(id), index: 1, salt: String::new() };
        self.tell(|_| format!("an administrator at node {place}: {command:?}"));
        let node = &mut self.nodes[place];
        node.follow(&self.log);
        if let Ok(events) = node.board().decide(incident, command, &author, now, &mut { stamp }) {
            let bytes: Vec<_> = events.iter().map(|event| EventBytes::write(event).expect("an event")).collect();
            node.push(&mut self.log, &admin, &bytes, now);
            self.forward(place);
        }
    }

    pub fn incidents(&self) -> Vec<IncidentId> {
        let declared = |line: &Line| (line.folded.id.0 == line.folded.incident.0).then_some(line.folded.incident);
        self.log.lines.iter().filter_map(declared).collect()
    }

    /// What a copy had to let go of because it was restricted or redacted, it cannot send again when the server loses it: it says how many those are.
    pub fn forgive(&mut self, kept: u64) {
        let restricts = |line: &&Line| matches!(line.folded.body, Body::IncidentRestricted(_));
        // A copy that has not come by since may still hold to a restriction that an earlier restore lost.
        self.history.restricted.extend(self.log.lines.iter().filter(restricts).map(|line| line.folded.incident));
        let lost = &self.log.lines[kept as usize..];
        for line in lost.iter().filter(|line| self.history.restricted.contains(&line.folded.incident)) {
            self.history.forgiven.extend(self.history.recorded.remove_entry(&line.folded.id));
        }
        for line in lost {
            if let Body::EventRedacted(redacted) = &line.folded.body {
                self.history.redaction_lost.insert(line.folded.incident);
                // Words that were deleted do not come back, and nobody misses them.
                self.history.recorded.remove(&redacted.event);
                self.history.forgiven.remove(&redacted.event);
            }
        }
    }

    fn noted(&mut self, at: usize, answer: Answer) {
        self.tell(|_| format!("device {at} is told {answer:?}"));
        match answer {
            Answer::Recorded { events, .. } => {
                let person = self.devices[at].local.standing().person;
                let noted = |id| (id, Noted { device: at, person: person.clone() });
                self.history.recorded.extend(events.into_iter().map(noted));
            }
            Answer::Refused(_) => {}
            Answer::NotSaved(_) if self.devices[at].disk.was_hit() => {}
            other => panic!("{other:?}"),
        }
    }

    /// A person looks at what was refused.
    fn decide_parked(&mut self, at: usize, to: IncidentId) {
        let now = self.wall(at);
        let Some(parked) = self.devices[at].local.snapshot().parked.first().cloned() else { return };
        let local = &mut self.devices[at].local;
        let held = local.held_with(parked.event);
        let answer = match self.dice.below(3) {
            0 => local.retry_parked(parked.event, now),
            1 => local.discard_parked(parked.event, now),
            _ => local.move_parked(parked.event, to, now),
        };
        if matches!(answer, Answer::Told(_) | Answer::Recorded { .. }) {
            // A person let go of these.
            self.history.recorded.retain(|id, _| !held.contains(id));
            self.history.forgiven.retain(|id, _| !held.contains(id));
        } else if matches!(answer, Answer::NotSaved(_)) {
            // It may be so or so: the disk had written it, and did not say so.
            self.history.recorded.retain(|id, _| !held.contains(id));
        }
        if !matches!(answer, Answer::Told(_) | Answer::Done) {
            self.noted(at, answer);
        }
    }

    fn command(&mut self, at: usize, incident: IncidentId, other: IncidentId) -> Command {
        // What one finds in the incident to work on; an unknown id where there is nothing yet.
        let _ = self.devices[at].local.load(incident);
        let board = self.devices[at].local.snapshot().board;
        let held = board.get(incident).cloned();
        let entries: Vec<EventId> = held.iter().flat_map(|held| held.timeline.iter().map(|entry| entry.id)).collect();
        let tasks: Vec<EventId> = held.iter().flat_map(|held| held.tasks.iter().map(|task| task.id)).collect();
        let entry = entries.get(self.dice.below(entries.len() as u64) as usize).copied().unwrap_or(EventId(incident.0));
        let task = tasks.get(self.dice.below(tasks.len() as u64) as usize).copied().unwrap_or(EventId(incident.0));
        let (count, reason) = (self.history.recorded.len(), "because".to_owned());
        let person = Person::new(if self.dice.one_in(2) { "ana" } else { "bo" });
        if self.devices[at].who.scope == Scope::Admin && self.dice.one_in(4) {
            return Command::RedactEntry { entry, reason };
        }
        // Where the past is let go of, there is more of it: incidents end.
        let what = if self.is_bounded && self.dice.one_in(5) { 0 } else { self.dice.below(24) };
        match what {
            0 => Command::SetStatus { status: Status::ALL[self.dice.below(9) as usize], reason },
            1 => Command::SetSeverity { severity: Severity::new(1 + self.dice.below(5) as u8).unwrap_or_else(|| unreachable!()), reason },
            2 => Command::TakeCommand { reason },
            3 => Command::OfferCommand { person, briefing: "all quiet".into() },
            4 => Command::AcceptCommand,
            5 => Command::WithdrawOffer,
            6 => Command::AssignRole { role: RoleId::new("scribe"), person },
            7 => Command::ReleaseRole { role: RoleId::new("scribe"), person: None },
            8 => Command::GiveTask { person, text: format!("task {count}"), due_at: None },
            9 => Command::UnderstandTask { task },
            10 => Command::FinishTask { task, result: "done".into() },
            11 | 12 => Command::reword(entry, format!("amended {count}"), reason),
            13 => Command::StrikeEntry { entry, reason },
            14 | 15 => Command::MoveEntry { entry, to: other },
            16 => Command::Merge { into: other },
            17 => Command::Split,
            18 => Command::TakeBack { event: entry },
            19 => Command::Edit { title: Some(format!("title {count}")), summary: None, services: None },
            20 => {
                let mut new = NewEntry::new(EntryKind::Validation, "checked");
                new.outcome = Some(Outcome::Ok);
                Command::AddEntry(new)
            }
            _ => Command::AddEntry(NewEntry::new(EntryKind::Note, format!("note {count}"))),
        }
    }
}

impl crate::replica::local::Local {
    /// Whether an event still waits here.
    pub(super) fn waits(&self, id: EventId) -> bool {
        self.outbox().get(id).is_some()
    }

    /// Whether anything of an incident still waits here.
    pub(super) fn waits_in(&self, id: IncidentId) -> bool {
        self.outbox().iter().any(|row| row.event.incident == id)
    }

    /// An event with what waits behind it.
    pub(super) fn held_with(&self, id: EventId) -> Vec<EventId> {
        self.outbox().with_dependants(id).iter().map(|row| row.event.id).collect()
    }

    /// An incident as the log says, and as it is shown.
    pub(super) fn both(&self, id: IncidentId) -> (Option<Arc<Incident>>, Option<Arc<Incident>>) {
        let (base, view) = self.boards();
        (base.get(id).cloned(), view.get(id).cloned())
    }
}
