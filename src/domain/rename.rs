//! The same person under another name: for events that were written before anybody but their author saw them.

use crate::domain::Body;
use crate::domain::Event;
use crate::domain::Person;

impl Event {
    /// The same event as its author would have written it under their other name, also where it names them: who took a role themselves still holds it.
    #[must_use]
    pub fn renamed(mut self, was: &Person, is: &Person) -> Self {
        let mut named = match &mut self.body {
            Body::RoleAssigned(data) => vec![&mut data.person],
            Body::RoleReleased(data) => vec![&mut data.person],
            Body::RoleOffered(data) => vec![&mut data.person],
            Body::RoleAssumed(data) => data.from.iter_mut().collect(),
            Body::TaskGiven(data) => vec![&mut data.person],
            Body::IncidentRestricted(data) => data.people.iter_mut().collect(),
            _ => Vec::new(),
        };
        named.push(&mut self.by);
        for named in named.into_iter().filter(|named| **named == *was) {
            named.clone_from(is);
        }
        self
    }
}
