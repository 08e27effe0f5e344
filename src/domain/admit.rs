//! The rules. The same ones are asked of a command here and of an event that was decided elsewhere.

use crate::domain::Board;
use crate::domain::Body;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Offer;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Refusal;
use crate::domain::Relation;
use crate::domain::RoleId;
use crate::domain::Scope;
use crate::domain::Status;
use crate::domain::Task;
use crate::domain::TaskGiven;
use crate::domain::Timestamp;
use crate::domain::readers::admit_receiver;
use crate::domain::readers::admit_restriction;

/// The longest title, in characters.
pub const TITLE_MAX_CHARS: usize = 300;
/// The longest text of an entry, in bytes; with its escapes the event must also stay within 256 KiB.
pub const TEXT_MAX_BYTES: usize = 200 * 1024;
/// How far ahead of the server an event's own time may lie, in milliseconds: a wrong clock is shown, not refused, up to a day.
const AHEAD_MAX_MS: i64 = 24 * 60 * 60 * 1000;
/// Sixteen bytes in hexadecimal, with room for those who take more.
const SALT_MAX_BYTES: usize = 64;
const WORD_MAX_CHARS: usize = 100;
const WORDS_MAX: usize = 50;

type Verdict = Result<(), Refusal>;

impl Board {
    /// Whether an event may join the log, by its shape, its author's permission, and the state it meets.
    ///
    /// # Errors
    /// The rule that says no.
    pub fn admit(&self, event: &Event, principal: &Principal, now: Timestamp) -> Verdict {
        shape(&event.body)?;
        if event.at.since_ms(now) > AHEAD_MAX_MS {
            let reason = format!("its time, {}, is more than a day ahead; check this machine's clock", event.at);
            return Err(Refusal::never("from_the_future", reason));
        }
        if event.at < Timestamp::default() {
            return Err(Refusal::never("from_the_past", format!("its time, {}, lies before 1970; check it", event.at)));
        }
        if event.salt.len() > SALT_MAX_BYTES {
            return Err(Refusal::never("bad_salt", format!("a salt has at most {SALT_MAX_BYTES} bytes")));
        }
        event.by.check().map_err(|why| Refusal::never("bad_person", why))?;
        let is_past = self.get(event.incident).is_some_and(|incident| incident.retrospective.is_some());
        permitted(event, principal, is_past)?;
        match &event.body {
            Body::SettingsPublished(_) => self.admit_settings(event),
            Body::KeyReplaced(_) if event.incident == IncidentId::ORG => Ok(()),
            Body::IncidentDeclared(declared) => {
                if IncidentId::from(event.id) != event.incident {
                    return Err(Refusal::never("bad_declaration", "a declaration names its own id as the incident"));
                }
                if self.get(event.incident).is_some() {
                    return Err(Refusal::never("conflict", "this incident is declared already"));
                }
                filled(&declared.title, "an incident needs a title")
            }
            _ => {
                // To whoever may not see it, an incident is one that does not exist.
                let incident = self.get(event.incident).filter(|incident| incident.is_reached_by(principal)).ok_or_else(|| {
                    Refusal::later(
                        "unknown_incident",
                        "this incident is not known here; it is tried again once its declaration has arrived",
                    )
                })?;
                self.admit_change(incident, event, principal)
            }
        }
    }

    fn admit_settings(&self, event: &Event) -> Verdict {
        if event.incident != IncidentId::ORG {
            return Err(Refusal::never("bad_settings", "settings belong into the organisation's own stream"));
        }
        let Body::SettingsPublished(settings) = &event.body else { return Ok(()) };
        if let Some(matrix) = &settings.matrix {
            matrix.check().map_err(|why| Refusal::never("bad_matrix", why))?;
        }
        let unnamed =
            settings.roles.iter().flatten().find(|role| role.id.as_str().is_empty() || role.id.as_str().contains(char::is_whitespace));
        if let Some(role) = unnamed {
            return Err(Refusal::never("bad_role", format!("the id of role `{}` is one word", role.name)));
        }
        let is_word = |id: &str| !id.is_empty() && !id.contains(char::is_whitespace);
        if let Some(service) = settings.services.iter().flatten().find(|service| !is_word(&service.id)) {
            return Err(Refusal::never("bad_service", format!("the id of service `{}` is one word", service.id)));
        }
        settings
            .people
            .iter()
            .flatten()
            .try_for_each(|known| known.id.check().map_err(|why| Refusal::never("bad_person", format!("`{}`: {why}", known.id))))
    }

    fn admit_change(&self, incident: &Incident, event: &Event, principal: &Principal) -> Verdict {
        // What is told afterwards was done by whom it names; the record says who told it.
        let me = if incident.retrospective.is_some() { &event.by } else { &principal.person };
        let leads = principal.scope.covers(Scope::Commander);
        admit_receiver(&self.org, incident, event)?;
        match &event.body {
            Body::IncidentEdited(edit) => edit.title.as_ref().map_or(Ok(()), |title| filled(title, "an incident needs a title")),
            Body::StatusChanged(change) => admit_status(incident, change.status, &change.reason, leads),
            Body::PriorityOverridden(set) => filled(&set.reason, "setting the priority against the matrix needs a reason"),
            Body::IncidentRestricted(restricted) => admit_restriction(restricted),
            Body::IncidentMerged(merged) => {
                needs(leads, "merging incidents")?;
                let into = self
                    .get(merged.into)
                    .filter(|into| into.is_seen_by(principal))
                    .ok_or_else(|| Refusal::later("unknown_incident", format!("{} is not known here", merged.into_code)))?;
                if incident.merged_into.is_some() {
                    return Err(Refusal::never("already_merged", "it was merged already; split it first"));
                }
                if self.surviving(into.id).is_some_and(|end| end.id == incident.id) {
                    return Err(Refusal::never("merge_circle", "an incident cannot be merged into itself or into what was merged into it"));
                }
                Ok(())
            }
            Body::IncidentSplit(split) => {
                needs(leads, "splitting incidents")?;
                if incident.merged_into != Some(split.from) {
                    return Err(Refusal::never("not_merged", format!("it is not merged into {}", split.from_code)));
                }
                if split.status.is_open() {
                    Ok(())
                } else {
                    Err(Refusal::never("bad_status", "an incident that is split off goes on with an open status"))
                }
            }
            Body::IncidentLinked(linked) => {
                let other = self.get(linked.other).filter(|other| other.is_seen_by(principal));
                let there = other.is_some_and(|other| other.merged_into == Some(incident.id));
                if there == (linked.relation == Relation::Absorbed) {
                    Ok(())
                } else {
                    Err(Refusal::never("not_merged", format!("{} is not merged as this says", linked.other_code)))
                }
            }
            Body::RoleAssigned(given) => {
                given.person.check().map_err(|why| Refusal::never("bad_person", why))?;
                if !given.role.is_commander() {
                    return Ok(());
                }
                if given.person != *me {
                    return Err(Refusal::never(
                        "command_is_offered",
                        format!("command is offered, not assigned: offer it to {}", given.person),
                    ));
                }
                match incident.commander().filter(|holding| holding.person != *me) {
                    Some(holding) => Err(held_by(&holding.person)),
                    None => Ok(()),
                }
            }
            Body::RoleReleased(released) => {
                if !incident.holds(&released.person, &released.role) {
                    return Err(not_held(&released.person, &released.role));
                }
                if released.role.is_commander() && released.person != *me { needs(leads, "relieving the commander") } else { Ok(()) }
            }
            Body::RoleAcknowledged(answer) => {
                if incident.holds(me, &answer.role) {
                    Ok(())
                } else {
                    Err(not_held(me, &answer.role))
                }
            }
            Body::RoleOffered(offered) => {
                offered.person.check().map_err(|why| Refusal::never("bad_person", why))?;
                if !offered.role.is_commander() {
                    return Err(Refusal::never("only_command_is_offered", "other roles are assigned, only command is offered"));
                }
                match incident.commander().filter(|holding| holding.person != *me) {
                    Some(holding) => {
                        Err(Refusal::never("not_commander", format!("{} has command; only they can offer it", holding.person)))
                    }
                    None => Ok(()),
                }
            }
            Body::RoleWithdrawn(answer) => standing_offer(incident, answer.offer, |offer| &offer.from, me),
            Body::RoleAccepted(answer) => standing_offer(incident, answer.offer, |offer| &offer.to, me),
            Body::RoleDeclined(answer) => standing_offer(incident, answer.offer, |offer| &offer.to, me),
            Body::RoleAssumed(assumed) => {
                if !assumed.role.is_commander() {
                    return Err(Refusal::never("only_command_is_assumed", "other roles are assigned, only command is assumed"));
                }
                if !leads && !incident.holds(me, &RoleId::deputy()) {
                    let who = incident.commander().map_or_else(|| "another".into(), |holding| holding.person.to_string());
                    return Err(Refusal::never(
                        "not_permitted",
                        format!("{who} has command; assuming it takes the deputy's role or a commander's token. Ask {who} to offer it"),
                    ));
                }
                // Of two takings while apart the first stands: the second was decided against a commander who is none any more.
                if let Some(holding) = incident.commander().filter(|holding| event.replaces.is_some_and(|seen| seen != holding.event)) {
                    return Err(moved_on(&holding.person));
                }
                filled(&assumed.reason, "assuming command needs a reason")
            }
            Body::TaskGiven(given) => admit_task(given),
            Body::TaskUnderstood(answer) => {
                let task = open_task(incident, answer.task)?;
                if task.person == *me || leads {
                    Ok(())
                } else {
                    Err(Refusal::never("not_yours", format!("this task is {}'s to answer", task.person)))
                }
            }
            Body::TaskDone(answer) => admit_end_of_task(incident, answer.task, me, leads),
            Body::TaskWithdrawn(answer) => admit_end_of_task(incident, answer.task, me, leads),
            Body::EntryAmended(amended) => {
                let entry = incident.timeline.find(amended.entry).filter(|entry| entry.kind.is_written());
                let entry = entry
                    .ok_or_else(|| Refusal::later("unknown_entry", "this entry is not known here, or is not one that people write"))?;
                if amended.text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                    return Err(Refusal::never("empty", "an amendment that leaves no words is a strike: strike it with a reason"));
                }
                if is_of(me, entry.by(), entry.recorded_by.as_ref()) {
                    Ok(())
                } else {
                    filled(&amended.reason, "amending another's entry needs a reason")
                }
            }
            Body::EventRedacted(redacted) => filled(&redacted.reason, "redacting needs a reason"),
            Body::EntryRetracted(retracted) => {
                let entry = incident.timeline.find(retracted.entry).filter(|entry| entry.kind.is_written());
                let entry = entry
                    .ok_or_else(|| Refusal::later("unknown_entry", "this entry is not known here, or is not one that people write"))?;
                if is_of(me, entry.by(), entry.recorded_by.as_ref()) {
                    return Ok(());
                }
                needs(leads, "striking another's entry")?;
                filled(&retracted.reason, "striking another's entry needs a reason")
            }
            _ => Ok(()),
        }
    }
}

/// `is_past`: of an incident that is told afterwards. Whoever may lead may tell it, of anybody.
fn permitted(event: &Event, principal: &Principal, is_past: bool) -> Verdict {
    let needed = match &event.body {
        Body::Unknown { kind } => {
            return Err(Refusal::later("unknown_kind", format!("`{kind}` needs a newer server")));
        }
        Body::AlertFired(_) | Body::AlertResolved(_) | Body::AlertUnreadable(_) if is_past => Scope::Commander,
        Body::AlertFired(_) | Body::AlertResolved(_) | Body::AlertUnreadable(_) => Scope::Intake,
        Body::IncidentDeclared(declared) if declared.source.is_some() => Scope::Intake,
        Body::IncidentDeclared(declared) if declared.retrospective.is_some() => Scope::Commander,
        Body::SettingsPublished(_)
        | Body::KeyReplaced(_)
        | Body::IncidentRestricted(_)
        | Body::RestrictionLifted(_)
        | Body::EventRedacted(_) => Scope::Admin,
        _ => Scope::Responder,
    };
    if !principal.scope.covers(needed) {
        let reason = format!("{} has a {} token; this needs {}", principal.person, principal.scope, needed);
        return Err(Refusal::later("scope", reason));
    }
    let is_told = is_past && principal.scope.covers(Scope::Commander);
    let for_another = is_told || matches!(event.body, Body::EntryAdded(_) | Body::IncidentDeclared(_));
    if event.by != principal.person && !for_another {
        let reason =
            format!("this is written as {}, but the token is {}'s; only entries may be written for another", event.by, principal.person);
        return Err(Refusal::never("not_you", reason));
    }
    Ok(())
}

fn shape(body: &Body) -> Verdict {
    let (titles, texts, words): (Vec<&str>, Vec<&str>, &[String]) = match body {
        Body::IncidentDeclared(data) => {
            let told = data.retrospective.iter().flat_map(|from| [from.source.as_str(), from.number.as_str()]);
            (std::iter::once(data.title.as_str()).chain(told).collect(), vec![&data.summary], &data.services)
        }
        Body::IncidentEdited(data) => (
            data.title.iter().map(String::as_str).collect(),
            data.summary.iter().map(String::as_str).collect(),
            data.services.as_deref().unwrap_or_default(),
        ),
        Body::EntryAdded(data) => {
            filled(&data.text, "an entry needs words")?;
            (data.audience.iter().map(String::as_str).collect(), vec![&data.text], &data.components)
        }
        Body::EntryAmended(data) => {
            (data.audience.iter().map(String::as_str).collect(), data.text.iter().map(String::as_str).collect(), &[])
        }
        Body::StatusChanged(data) => (vec![], vec![&data.reason], &[]),
        Body::IncidentRestricted(data) => (vec![], vec![&data.reason], &[]),
        Body::RestrictionLifted(data) => (vec![], vec![&data.reason], &[]),
        Body::RoleOffered(data) => (vec![], vec![&data.briefing], &[]),
        _ => (vec![], vec![], &[]),
    };
    if titles.iter().any(|title| title.chars().count() > TITLE_MAX_CHARS) {
        return Err(Refusal::never("too_long", format!("a title has at most {TITLE_MAX_CHARS} characters; put the rest into an entry")));
    }
    if let Some(text) = texts.iter().find(|text| text.len() > TEXT_MAX_BYTES) {
        let reason = format!(
            "{} KiB is too long for one entry (at most {} KiB); split it, or keep it in a file and name the file",
            text.len() / 1024,
            TEXT_MAX_BYTES / 1024
        );
        return Err(Refusal::never("too_long", reason));
    }
    if words.len() > WORDS_MAX || words.iter().any(|word| word.trim().is_empty() || word.chars().count() > WORD_MAX_CHARS) {
        return Err(Refusal::never(
            "bad_name",
            format!("at most {WORDS_MAX} services or components, each of 1 to {WORD_MAX_CHARS} characters"),
        ));
    }
    Ok(())
}

fn admit_status(incident: &Incident, status: Status, reason: &str, leads: bool) -> Verdict {
    let from = incident.status.value;
    if status == Status::Merged {
        return Err(Refusal::never("use_merge", "an incident is merged by naming the one it goes on as"));
    }
    if from == Status::Merged {
        return Err(Refusal::never("merged", "it was merged into another incident; split it first, or write there"));
    }
    match status {
        Status::Resolved if from.is_open() => {
            needs(leads, "resolving an incident")?;
            if incident.is_validated() {
                return Ok(());
            }
            filled(reason, "resolving needs a validation with outcome ok later than the last action or command, or a stated reason")
        }
        Status::Closed => {
            needs(leads, "closing an incident")?;
            if from.is_open() {
                Err(Refusal::never("not_resolved", "only a resolved incident is closed; resolve it first"))
            } else {
                Ok(())
            }
        }
        Status::Declined => {
            if from != Status::Triage {
                needs(leads, "declining an incident that is being worked on")?;
            }
            filled(reason, "declining an incident needs a reason")
        }
        _ if from.is_open() => Ok(()),
        _ => filled(reason, "reopening needs a reason"),
    }
}

fn admit_task(given: &TaskGiven) -> Verdict {
    given.person.check().map_err(|why| Refusal::never("bad_person", why))?;
    filled(&given.text, "a task needs words: what is to be done")
}

fn admit_end_of_task(incident: &Incident, id: EventId, me: &Person, leads: bool) -> Verdict {
    let task = open_task(incident, id)?;
    let commands = incident.commander().is_some_and(|holding| holding.person == *me);
    if task.person == *me || task.given_by == *me || commands || leads {
        Ok(())
    } else {
        Err(Refusal::never("not_yours", format!("this task is between {} and {}", task.given_by, task.person)))
    }
}

fn open_task(incident: &Incident, id: EventId) -> Result<&Task, Refusal> {
    let task = incident.task(id).ok_or_else(|| Refusal::later("unknown_task", "this task is not known here"))?;
    if task.is_open() { Ok(task) } else { Err(Refusal::never("task_ended", "this task is done or withdrawn already")) }
}

fn standing_offer<'a>(incident: &'a Incident, id: EventId, whose: impl Fn(&'a Offer) -> &'a Person, me: &Person) -> Verdict {
    match &incident.offer {
        Some(offer) if offer.event == id && whose(offer) == me => Ok(()),
        Some(offer) if offer.event == id => {
            Err(Refusal::never("not_yours", format!("the offer stands between {} and {}", offer.from, offer.to)))
        }
        _ => Err(Refusal::never("no_offer", "this offer of command no longer stands")),
    }
}

pub(super) fn held_by(person: &Person) -> Refusal {
    Refusal::never("command_held", format!("{person} has command; assume it with a reason, or ask {person} to offer it"))
}

fn moved_on(person: &Person) -> Refusal {
    let reason = format!("{person} took command while you were apart, and has it; talk to {person}, or assume it again with a reason");
    Refusal::never("command_held", reason)
}

pub(super) fn not_held(person: &Person, role: &RoleId) -> Refusal {
    Refusal::never("not_held", format!("{person} does not hold {role}"))
}

fn is_of(me: &Person, by: &Person, recorded_by: Option<&Person>) -> bool {
    by == me || recorded_by == Some(me)
}

fn needs(leads: bool, what: &str) -> Verdict {
    if leads { Ok(()) } else { Err(Refusal::later("scope", format!("{what} needs a commander token"))) }
}

fn filled(text: &str, otherwise: &str) -> Verdict {
    let shows_nothing = |sign: char| sign.is_whitespace() || sign.is_control() || is_invisible(sign);
    if text.chars().all(shows_nothing) { Err(Refusal::never("reason_needed", otherwise)) } else { Ok(()) }
}

/// Signs that take no room of their own: alone they leave a line that looks empty.
fn is_invisible(sign: char) -> bool {
    matches!(sign, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}
