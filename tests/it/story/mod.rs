//! One vocabulary for tests of the domain: people who command, a log that accepts, a board that folds.

use std::sync::Arc;
use warroom::domain::*;
use warroom::wire::builtin_org;

/// A log without a server: every event decided is admitted, numbered and folded, as the appender does.
pub struct Story {
    pub board: Board,
    pub log: Vec<(Event, Acceptance)>,
    pub now: Timestamp,
    minted: u64,
    codes: u32,
}

/// A person at work in a story.
pub fn person(name: &str, scope: Scope) -> Author {
    Author {
        principal: Principal { person: Person::new(name), scope },
        device: DeviceId(uuid::Uuid::from_u128(u128::from(name.as_bytes()[0]))),
    }
}

impl Story {
    pub fn new() -> Self {
        let now = "2026-11-21T12:00:00Z".parse().expect("a time");
        Self { board: Board::new(Arc::new(builtin_org())), log: Vec::new(), now, minted: 0, codes: 0 }
    }

    /// Lets time pass.
    pub fn wait(&mut self, minutes: i64) {
        self.now = self.now.plus_ms(minutes * 60_000);
    }

    /// The events a command would make here.
    pub fn decide(&mut self, author: &Author, id: IncidentId, command: Command) -> Result<Vec<Event>, Refusal> {
        let minted = &mut self.minted;
        let mut stamps = || {
            *minted += 1;
            Stamp { id: EventId(uuid::Uuid::from_u128(u128::from(*minted) << 32 | 0xabcd)), index: *minted, salt: format!("{minted:032x}") }
        };
        self.board.decide(id, command, author, self.now, &mut stamps)
    }

    /// Accepts an event as a server would.
    pub fn accept(&mut self, author: &Author, event: Event) -> Result<(), Refusal> {
        self.board.admit(&event, &author.principal, self.now)?;
        let declared = matches!(event.body, Body::IncidentDeclared(_));
        self.codes += u32::from(declared);
        let accepted = Acceptance {
            seq: self.log.len() as u64 + 1,
            received_at: self.now,
            person: author.principal.person.clone(),
            code: declared.then_some(Code(self.codes)),
        };
        self.board.apply(&event, Some(&accepted));
        self.log.push((event, accepted));
        Ok(())
    }

    /// A person does something; a second passes.
    pub fn does(&mut self, author: &Author, id: IncidentId, command: Command) -> Result<EventId, Refusal> {
        let events = self.decide(author, id, command)?;
        let first = events[0].id;
        for event in events {
            self.accept(author, event)?;
        }
        self.now = self.now.plus_ms(1000);
        Ok(first)
    }

    pub fn declares(&mut self, author: &Author, title: &str) -> IncidentId {
        let command =
            Command::Declare { title: title.into(), summary: String::new(), services: vec![], severity: None, at: None, drill: false };
        self.does(author, IncidentId::ORG, command).expect("a declaration").into()
    }

    pub fn writes(&mut self, author: &Author, id: IncidentId, kind: EntryKind, text: &str) -> EventId {
        self.does(author, id, Command::AddEntry(NewEntry::new(kind, text))).expect("an entry")
    }

    pub fn incident(&self, id: IncidentId) -> &Incident {
        self.board.get(id).expect("an incident")
    }
}

/// The code of the rule that said no.
pub fn refused<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.expect_err("a refusal").code
}
