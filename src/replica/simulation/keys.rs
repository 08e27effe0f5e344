//! The server's key in the simulation: replaced by one for which the old one vouches in the log, as whoever runs a server does it.

use crate::domain::Body;
use crate::domain::DeviceId;
use crate::domain::Event;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::KeyReplaced;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Scope;
use crate::ledger::EventBytes;
use crate::ledger::SecretKey;
use crate::ledger::succession::Succession;
use crate::replica::simulation::world::World;
use uuid::Uuid;

impl World {
    pub fn new_key(&mut self) -> SecretKey {
        let [one, two] = [self.dice.roll().to_le_bytes(), self.dice.roll().to_be_bytes()];
        SecretKey::from_seed([one, two, one, two].concat().try_into().expect("32 bytes"))
    }

    /// Every node is stopped, the log says which key follows, and all start again with that.
    pub fn replace_key(&mut self) {
        let new = self.new_key();
        let note = Succession::sign(self.log.id, &self.log.key, &new.public());
        let (now, id) = (self.true_wall(), EventId(Uuid::from_u64_pair(self.dice.roll(), self.dice.roll())));
        let server = Principal { person: Person::new("server"), scope: Scope::Admin };
        let body = Body::KeyReplaced(KeyReplaced { note });
        let (by, device) = (server.person.clone(), DeviceId(Uuid::from_u128(8)));
        let event = Event { id, incident: IncidentId::ORG, at: now, by, device, index: 1, salt: String::new(), replaces: None, body };
        let bytes = EventBytes::write(&event).expect("an event");
        self.log.append(&server, &bytes, &event, now);
        self.log.sign_with(new);
        self.tally.keys += 1;
        self.restart_nodes();
    }
}
