//! The board: every incident held here, and the organisation's settings. A clone shares all incidents.

use crate::domain::Acceptance;
use crate::domain::Body;
use crate::domain::Event;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Matrix;
use crate::domain::Person;
use crate::domain::PersonDefinition;
use crate::domain::RoleDefinition;
use crate::domain::RoleId;
use crate::domain::ServiceDefinition;
use crate::domain::Source;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The organisation's settings as last published, or as built in.
#[derive(Clone, PartialEq, Debug)]
pub struct Org {
    /// How priority is computed.
    pub matrix: Matrix,
    /// The roles there are, in the order they are shown.
    pub roles: Vec<RoleDefinition>,
    /// The services there are, as far as they were published.
    pub services: Vec<ServiceDefinition>,
    /// The people there are, as far as they were published.
    pub people: Vec<PersonDefinition>,
    /// The record they come from; 0 for what is built in.
    pub seq: u64,
}

impl Org {
    /// The role a person means by its name, short name or alias.
    pub fn role(&self, word: &str) -> Option<&RoleDefinition> {
        self.roles.iter().find(|role| role.answers_to(word))
    }

    /// What was published of a person.
    pub fn person(&self, person: &Person) -> Option<&PersonDefinition> {
        self.people.iter().find(|known| known.id == *person)
    }

    /// How a role is called on screen; an unknown one by its id.
    pub fn role_name<'a>(&'a self, role: &'a RoleId) -> &'a str {
        self.roles.iter().find(|definition| definition.id == *role).map_or(role.as_str(), |definition| &definition.name)
    }

    /// What a role is called in a narrow column.
    pub fn role_short<'a>(&'a self, role: &'a RoleId) -> &'a str {
        self.roles.iter().find(|definition| definition.id == *role).map_or(role.as_str(), |definition| &definition.short)
    }
}

/// Incidents by id.
#[derive(Clone, PartialEq, Debug)]
pub struct Board {
    /// The settings.
    pub org: Arc<Org>,
    incidents: BTreeMap<IncidentId, Arc<Incident>>,
}

impl Board {
    /// An empty board with these settings.
    pub fn new(org: Arc<Org>) -> Self {
        Self { org, incidents: BTreeMap::new() }
    }

    /// An incident.
    pub fn get(&self, id: IncidentId) -> Option<&Arc<Incident>> {
        self.incidents.get(&id)
    }

    /// All incidents held, by id, which is by the time they were declared.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Incident>> {
        self.incidents.values()
    }

    /// How many incidents it holds.
    pub fn len(&self) -> usize {
        self.incidents.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.incidents.is_empty()
    }

    /// Puts an incident folded elsewhere (a replica loads them one by one).
    pub fn put(&mut self, incident: Arc<Incident>) {
        self.incidents.insert(incident.id, incident);
    }

    /// Lets go of an incident that is no longer looked at.
    pub fn forget(&mut self, id: IncidentId) {
        self.incidents.remove(&id);
    }

    /// The newest incident that came from an alert source.
    pub fn by_source(&self, source: &Source) -> Option<&Arc<Incident>> {
        self.incidents.values().rev().find(|incident| incident.source.as_ref() == Some(source))
    }

    /// Where an incident goes on: itself, or the end of its merges.
    pub fn surviving(&self, id: IncidentId) -> Option<&Arc<Incident>> {
        let mut incident = self.incidents.get(&id)?;
        // A merge into an incident that ends here again is refused, but records from elsewhere could hold one: stop after a full round.
        for _ in 0..self.incidents.len() {
            match incident.merged_into.and_then(|into| self.incidents.get(&into)) {
                Some(next) => incident = next,
                None => break,
            }
        }
        Some(incident)
    }

    /// Folds an event in. Records come strictly in seq order, pending events (`None`) after them. Never fails: what makes no
    /// sense (an unknown incident, a correction of nothing) changes nothing, the same on every machine.
    pub fn apply(&mut self, event: &Event, accepted: Option<&Acceptance>) {
        if let Body::SettingsPublished(settings) = &event.body {
            let seq = accepted.map_or(self.org.seq, |record| record.seq);
            if event.incident == IncidentId::ORG && (seq > self.org.seq || accepted.is_none()) {
                let org = Arc::make_mut(&mut self.org);
                org.seq = seq;
                if let Some(matrix) = &settings.matrix {
                    org.matrix = matrix.clone();
                }
                if let Some(roles) = &settings.roles {
                    org.roles = roles.clone();
                }
                if let Some(services) = &settings.services {
                    org.services = services.clone();
                }
                if let Some(people) = &settings.people {
                    org.people = people.clone();
                }
            }
            return;
        }
        if let Body::IncidentDeclared(declared) = &event.body {
            if IncidentId::from(event.id) == event.incident {
                self.incidents.entry(event.incident).or_insert_with(|| Arc::new(Incident::begin(event, declared, accepted)));
            }
            return;
        }
        if let Some(incident) = self.incidents.get_mut(&event.incident) {
            Arc::make_mut(incident).apply(event, accepted);
        }
    }
}
