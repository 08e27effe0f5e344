//! Restricted incidents: who may see one at all. To everyone else it does not exist.

use crate::domain::Body;
use crate::domain::Event;
use crate::domain::Incident;
use crate::domain::IncidentRestricted;
use crate::domain::Org;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Refusal;
use crate::domain::RoleId;
use crate::domain::Scope;
use serde::Deserialize;
use serde::Serialize;
use std::fmt;

/// The most people and roles a restriction names.
const NAMES_MAX: usize = 200;

/// The people and roles who may see a restricted incident.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Readers {
    /// By name.
    pub people: Vec<Person>,
    /// Whoever holds one of these roles in the incident, for as long as they hold it.
    pub roles: Vec<RoleId>,
}

impl Readers {
    /// Each name once, in order, and the commander's role among them: whoever commands must see what they command.
    pub(super) fn named(mut people: Vec<Person>, mut roles: Vec<RoleId>) -> Self {
        roles.push(RoleId::commander());
        people.sort();
        people.dedup();
        roles.sort();
        roles.dedup();
        Self { people, roles }
    }
}

/// "ana, bo and the roles commander, scribe".
impl fmt::Display for Readers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let people: Vec<_> = self.people.iter().map(Person::as_str).collect();
        let roles: Vec<_> = self.roles.iter().map(RoleId::as_str).collect();
        let noun = if roles.len() == 1 { "role" } else { "roles" };
        match (people.as_slice(), roles.as_slice()) {
            ([], []) => out.write_str("nobody"),
            (people, []) => out.write_str(&people.join(", ")),
            ([], roles) => write!(out, "the {noun} {}", roles.join(", ")),
            (people, roles) => write!(out, "{} and the {noun} {}", people.join(", "), roles.join(", ")),
        }
    }
}

impl Incident {
    /// Whether a person may see it: named, in a named role now, or with an admin's token.
    pub fn is_seen_by(&self, principal: &Principal) -> bool {
        principal.scope == Scope::Admin || self.is_open_to(&principal.person)
    }

    /// The same whatever token the person has.
    pub fn is_open_to(&self, person: &Person) -> bool {
        self.readers
            .value
            .as_ref()
            .is_none_or(|readers| readers.people.contains(person) || readers.roles.iter().any(|role| self.holds(person, role)))
    }

    /// Whether an event may reach it: it is seen, or a machine writes that sees nothing.
    pub(super) fn is_reached_by(&self, principal: &Principal) -> bool {
        principal.scope == Scope::Intake || self.is_seen_by(principal)
    }
}

/// Whether a restriction names those it must name.
pub(super) fn admit_restriction(restricted: &IncidentRestricted) -> Result<(), Refusal> {
    if restricted.people.len() + restricted.roles.len() > NAMES_MAX {
        return Err(Refusal::never("too_long", format!("a restriction names at most {NAMES_MAX} people and roles")));
    }
    if let Some(why) = restricted.people.iter().find_map(|person| person.check().err()) {
        return Err(Refusal::never("bad_person", why));
    }
    if !restricted.roles.iter().any(RoleId::is_commander) {
        return Err(Refusal::never("commander_left_out", "whoever commands must see what they command: name the role commander, too"));
    }
    Ok(())
}

/// Whether whoever is given something to do in a restricted incident will ever see it.
pub(super) fn admit_receiver(org: &Org, incident: &Incident, event: &Event) -> Result<(), Refusal> {
    let Some(readers) = &incident.readers.value else { return Ok(()) };
    let person = match &event.body {
        Body::TaskGiven(given) => &given.person,
        Body::RoleOffered(offered) => &offered.person,
        Body::RoleAssigned(given) => {
            // A role that is named opens the incident to whoever holds it; an outside one is held by whoever has no login here.
            let is_outside = org.roles.iter().any(|role| role.id == given.role && role.outside);
            if is_outside || readers.roles.contains(&given.role) {
                return Ok(());
            }
            &given.person
        }
        _ => return Ok(()),
    };
    if incident.is_open_to(person) || event.by == *person {
        return Ok(());
    }
    let reason = format!(
        "{} is restricted and {person} is not among those who see it; an admin adds them with `warroom restrict`",
        incident.code_text()
    );
    Err(Refusal::never("not_a_reader", reason))
}
