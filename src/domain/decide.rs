//! From a wish to events. What is decided here passes the same rules that the server asks.

use crate::domain::*;
use std::sync::Arc;

/// Who writes, where.
#[derive(Clone, Debug)]
pub struct Author {
    /// The person and what they may do, as far as it is known here.
    pub principal: Principal,
    /// The replica.
    pub device: DeviceId,
}

/// What makes one event unlike every other; minted outside, because the domain has no randomness.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// A new UUIDv7.
    pub id: EventId,
    /// The device's next index.
    pub index: u64,
    /// Sixteen random bytes in hexadecimal.
    pub salt: String,
}

struct Desk<'a> {
    author: &'a Author,
    now: Timestamp,
    stamps: &'a mut dyn FnMut() -> Stamp,
}

impl Desk<'_> {
    fn event(&mut self, incident: IncidentId, replaces: Option<EventId>, body: impl Into<Body>) -> Event {
        let stamp = (self.stamps)();
        Event {
            id: stamp.id,
            incident,
            at: self.now,
            by: self.author.principal.person.clone(),
            device: self.author.device,
            index: stamp.index,
            salt: stamp.salt,
            replaces,
            body: body.into(),
        }
    }
}

impl Board {
    /// The events that fulfil a command, in order; each passes `admit` on top of the ones before it.
    ///
    /// `id` names the incident the command is about; `Declare` and `PublishSettings` pass it over.
    ///
    /// # Errors
    /// The rule that says no, in words a person can act on.
    pub fn decide(
        &self,
        id: IncidentId,
        command: Command,
        author: &Author,
        now: Timestamp,
        stamps: &mut dyn FnMut() -> Stamp,
    ) -> Result<Vec<Event>, Refusal> {
        let mut desk = Desk { author, now, stamps };
        let events = match command {
            Command::Declare { title, summary, services, severity, at, drill } => {
                let data = IncidentDeclared { summary, services, severity, drill, ..IncidentDeclared::titled(title) };
                let mut event = desk.event(IncidentId::ORG, None, data);
                event.incident = event.id.into();
                event.at = at.unwrap_or(now);
                vec![event]
            }
            Command::PublishSettings(settings) => {
                vec![desk.event(IncidentId::ORG, None, *settings)]
            }
            command => {
                let incident = self.seen(id, author).ok_or_else(|| Refusal::never("unknown_incident", "no such incident is held here"))?;
                self.decide_in(incident, command, &mut desk)?
            }
        };
        match events.as_slice() {
            [only] => self.admit(only, &author.principal, now)?,
            several => {
                let mut board = self.clone();
                for event in several {
                    board.admit(event, &author.principal, now)?;
                    board.apply(event, None);
                }
            }
        }
        Ok(events)
    }

    fn seen(&self, id: IncidentId, author: &Author) -> Option<&Arc<Incident>> {
        self.get(id).filter(|incident| incident.is_seen_by(&author.principal))
    }

    fn decide_in(&self, incident: &Arc<Incident>, command: Command, desk: &mut Desk<'_>) -> Result<Vec<Event>, Refusal> {
        let id = incident.id;
        let me = desk.author.principal.person.clone();
        let event = match command {
            Command::Declare { .. } | Command::PublishSettings(_) => return Ok(Vec::new()),
            Command::Edit { title, summary, services } => {
                let fields = [title.as_ref().map(|_| incident.title.event), summary.as_ref().map(|_| incident.summary.event)];
                let replaces = fields.into_iter().flatten().next().or(services.as_ref().map(|_| incident.services.event));
                let Some(replaces) = replaces else { return Err(Refusal::never("nothing", "nothing to change was given")) };
                desk.event(id, Some(replaces), IncidentEdited { title, summary, services })
            }
            Command::SetStatus { status, reason } => {
                if status == incident.status.value {
                    return Err(Refusal::never("no_change", format!("{} is {status} already", incident.code_text())));
                }
                desk.event(id, Some(incident.status.event), StatusChanged { status, reason })
            }
            Command::SetSeverity { severity, reason } => {
                let replaces = incident.assessment.severity.as_ref().map(|field| field.event);
                desk.event(id, replaces, SeveritySet { severity, reason })
            }
            Command::Assess { scores, reason } => {
                self.check_scores(&scores)?;
                desk.event(id, last_rating(incident), ImpactAssessed { scores, reason })
            }
            Command::OverridePriority { priority, reason } => {
                desk.event(id, last_rating(incident), PriorityOverridden { priority, reason })
            }
            Command::AssignRole { role, person } => {
                let Some(definition) = self.org.roles.iter().find(|definition| definition.id == role) else {
                    let known: Vec<_> = self.org.roles.iter().map(|role| role.id.as_str()).collect();
                    return Err(Refusal::never("unknown_role", format!("`{role}` is not a role; roles are {}", known.join(", "))));
                };
                let replaces = incident.roles.get(&role).and_then(|holders| holders.first()).map(|holding| holding.event);
                let beside = definition.several;
                desk.event(id, replaces.filter(|_| !beside), RoleAssigned { role, person, beside })
            }
            Command::ReleaseRole { role, person } => {
                let holders = incident.roles.get(&role).map(Vec::as_slice).unwrap_or_default();
                let named: Vec<_> =
                    holders.iter().filter(|holding| person.as_ref().is_none_or(|person| holding.person == *person)).collect();
                if named.is_empty() {
                    let who = person.map_or_else(|| "nobody".into(), |person| person.to_string());
                    return Err(Refusal::never("not_held", format!("{who} holds {role} here")));
                }
                let events = named.into_iter().map(|holding| {
                    let data = RoleReleased { role: role.clone(), person: holding.person.clone() };
                    desk.event(id, Some(holding.event), data)
                });
                return Ok(events.collect());
            }
            Command::AcknowledgeRole { role } => {
                let held = incident.roles.get(&role).into_iter().flatten().find(|holding| holding.person == me);
                let Some(holding) = held else { return Err(admit::not_held(&me, &role)) };
                if holding.acknowledged_at.is_some() {
                    return Err(Refusal::never("no_change", format!("you have acknowledged {role} already")));
                }
                desk.event(id, Some(holding.event), RoleAcknowledged { role })
            }
            Command::RedactEntry { .. } => return Err(Refusal::never("not_held", "words are deleted where they are held")),
            Command::Redact { event, seq, stub, reason } => desk.event(id, None, EventRedacted { event, seq, reason, stub }),
            Command::Together(commands) => {
                let mut events = Vec::new();
                for command in commands {
                    events.extend(self.decide_in(incident, command, desk)?);
                }
                return Ok(events);
            }
            Command::TakeCommand { reason } => self.take_command(incident, &me, reason, desk)?,
            Command::OfferCommand { person, briefing } => {
                if person == me {
                    return Err(Refusal::never("own_offer", "command is offered to another; take it yourself with `C` or `warroom take`"));
                }
                desk.event(
                    id,
                    incident.offer.as_ref().map(|offer| offer.event),
                    RoleOffered { role: RoleId::commander(), person, briefing },
                )
            }
            Command::AcceptCommand => {
                let offer = offered(incident)?.event;
                desk.event(id, Some(offer), RoleAccepted { offer })
            }
            Command::DeclineCommand { reason } => {
                let offer = offered(incident)?.event;
                desk.event(id, Some(offer), RoleDeclined { offer, reason })
            }
            Command::WithdrawOffer => {
                let offer = offered(incident)?.event;
                desk.event(id, Some(offer), RoleWithdrawn { offer })
            }
            Command::GiveTask { person, text, due_at } => desk.event(id, None, TaskGiven { person, text, due_at }),
            Command::UnderstandTask { task } => desk.event(id, None, TaskUnderstood { task }),
            Command::FinishTask { task, result } => desk.event(id, None, TaskDone { task, result }),
            Command::WithdrawTask { task, reason } => desk.event(id, None, TaskWithdrawn { task, reason }),
            Command::AddEntry(new) => {
                let data = EntryAdded {
                    outcome: new.outcome,
                    audience: new.audience,
                    components: new.components,
                    reply_to: new.reply_to,
                    ..EntryAdded::plain(written(new.kind)?, new.text)
                };
                let mut event = desk.event(id, None, data);
                event.at = new.at.unwrap_or(desk.now);
                event.by = new.by.unwrap_or(me);
                event
            }
            Command::AmendEntry { entry, text, kind, outcome, audience, happened_at, reason } => {
                let found = incident.timeline.find(entry);
                let version = found.map(|entry| entry.version());
                // Whoever amends an entry that shows two versions has seen both.
                let merges = found.and_then(|entry| incident.crossing(entry)).map(|conflict| conflict.loser);
                let kind = kind.map(written).transpose()?;
                desk.event(id, version, EntryAmended { entry, text, kind, outcome, audience, happened_at, merges, reason })
            }
            Command::StrikeEntry { entry, reason } => {
                if incident.timeline.find(entry).is_some_and(|entry| !entry.stands()) {
                    return Err(Refusal::never("no_change", "this entry is struck already"));
                }
                let version = incident.timeline.find(entry).map(|entry| entry.version());
                desk.event(id, version, EntryRetracted { entry, reason, moved_to: None })
            }
            Command::MoveEntry { entry, to } => return self.move_entry(incident, entry, to, desk),
            Command::Merge { into } => {
                let Some(other) = self.seen(into, desk.author) else {
                    return Err(Refusal::never("unknown_incident", "no such incident is held here"));
                };
                let merged = IncidentMerged { into, into_code: other.code_text() };
                let linked = IncidentLinked { relation: Relation::Absorbed, other: id, other_code: incident.code_text() };
                return Ok(vec![desk.event(id, Some(incident.status.event), merged), desk.event(into, None, linked)]);
            }
            Command::Split => {
                let Some(from) = incident.merged_into else { return Err(Refusal::never("not_merged", "it is not merged into another")) };
                let from_code = self.get(from).map_or_else(|| from.provisional_code(), |other| other.code_text());
                let status = incident.status.previous.filter(|status| status.is_open()).unwrap_or(Status::Investigating);
                let linked = IncidentLinked { relation: Relation::Released, other: id, other_code: incident.code_text() };
                return Ok(vec![
                    desk.event(id, Some(incident.status.event), IncidentSplit { from, from_code, status }),
                    desk.event(from, None, linked),
                ]);
            }
            Command::Restrict { people, roles, reason } => {
                let readers = Readers::named(people, roles);
                if incident.readers.value.as_ref() == Some(&readers) {
                    return Err(Refusal::never("no_change", format!("{} is restricted to {readers} already", incident.code_text())));
                }
                let Readers { people, roles } = readers;
                desk.event(id, Some(incident.readers.event), IncidentRestricted { people, roles, reason })
            }
            Command::LiftRestriction { reason } => {
                if incident.readers.value.is_none() {
                    return Err(Refusal::never("no_change", format!("{} is open to everyone already", incident.code_text())));
                }
                desk.event(id, Some(incident.readers.event), RestrictionLifted { reason })
            }
            Command::TakeBack { event } => {
                let inverse = incident.take_back(event, &me)?;
                return self.decide_in(incident, inverse, desk);
            }
        };
        Ok(vec![event])
    }

    fn take_command(&self, incident: &Incident, me: &Person, reason: String, desk: &mut Desk<'_>) -> Result<Event, Refusal> {
        let role = RoleId::commander();
        if let Some(offer) = incident.offer.as_ref().filter(|offer| offer.to == *me) {
            return Ok(desk.event(incident.id, Some(offer.event), RoleAccepted { offer: offer.event }));
        }
        match incident.commander() {
            None => Ok(desk.event(incident.id, None, RoleAssigned { role, person: me.clone(), beside: false })),
            Some(holding) if holding.person == *me => Err(Refusal::never("no_change", "you have command already")),
            Some(holding) if reason.trim().is_empty() => Err(admit::held_by(&holding.person)),
            Some(holding) => {
                let data = RoleAssumed { role, from: Some(holding.person.clone()), reason };
                Ok(desk.event(incident.id, Some(holding.event), data))
            }
        }
    }

    fn move_entry(&self, incident: &Incident, id: EventId, to: IncidentId, desk: &mut Desk<'_>) -> Result<Vec<Event>, Refusal> {
        let entry = incident.timeline.find(id).filter(|entry| entry.stands());
        let entry = entry.ok_or_else(|| Refusal::never("unknown_entry", "no such entry stands here"))?;
        let Some(target) = self.seen(to, desk.author).filter(|target| target.id != incident.id) else {
            return Err(Refusal::never("unknown_incident", "an entry is moved to another incident that is held here"));
        };
        let data = EntryAdded {
            outcome: entry.outcome,
            audience: entry.audience.as_deref().map(str::to_owned),
            components: entry.components.to_vec(),
            moved_from: Some(Place { incident: incident.id, entry: id }),
            ..EntryAdded::plain(written(entry.kind)?, entry.text.to_string())
        };
        let mut added = desk.event(to, None, data);
        added.at = entry.at;
        added.by = entry.by().clone();
        let moved_to = Some(Place { incident: to, entry: added.id });
        let struck = EntryRetracted { entry: id, reason: format!("moved to {}", target.code_text()), moved_to };
        Ok(vec![added, desk.event(incident.id, Some(entry.version()), struck)])
    }

    fn check_scores(&self, scores: &std::collections::BTreeMap<String, Score>) -> Result<(), Refusal> {
        if scores.is_empty() {
            return Err(Refusal::never("nothing", "no dimension was scored"));
        }
        for (id, score) in scores {
            let Some(dimension) = self.org.matrix.dimensions.iter().find(|dimension| dimension.id == *id) else {
                let known: Vec<_> = self.org.matrix.dimensions.iter().map(|dimension| dimension.id.as_str()).collect();
                return Err(Refusal::never("unknown_dimension", format!("`{id}` is not a dimension; dimensions are {}", known.join(", "))));
            };
            if score.level.is_some_and(|level| level > dimension.highest()) {
                return Err(Refusal::never("bad_level", format!("{id} has levels 0 to {}", dimension.highest())));
            }
            if score.amount_usd.is_some() && !dimension.in_money() {
                return Err(Refusal::never("bad_level", format!("{id} is scored by level, not by an amount")));
            }
        }
        Ok(())
    }
}

/// The last change of the rating, as its next author saw it.
fn last_rating(incident: &Incident) -> Option<EventId> {
    incident.ratings.last().map(|change| change.event)
}

fn written(kind: EntryKind) -> Result<WrittenKind, Refusal> {
    WrittenKind::new(kind).ok_or_else(|| Refusal::never("bad_kind", format!("`{kind}` lines are drawn from events, not written")))
}

fn offered(incident: &Incident) -> Result<&Offer, Refusal> {
    incident.offer.as_ref().ok_or_else(|| Refusal::never("no_offer", format!("no offer of command stands in {}", incident.code_text())))
}
