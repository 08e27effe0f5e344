//! An open replica and what is done at it: find the incident, record a command, exchange for a moment, tell how far it got.

use crate::cli::failure::Failure;
use crate::cli::find;
use crate::cli::here::Here;
use crate::cli::here::Opening;
use crate::cli::home::Home;
use crate::cli::masking;
use crate::cli::masking::Masked;
use crate::cli::run;
use crate::cli::session::Connection;
use crate::cli::session::Session;
use crate::cli::unsaved;
use crate::cli::war_room::ask;
use crate::cli::war_room::on_terminal;
use crate::domain::Command;
use crate::domain::EntryState;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::replica::Mend;
use crate::replica::request::Request;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Snapshot;
use crate::text::Safe;
use std::sync::Arc;
use std::time::Duration;

/// The most services a note lists.
const LISTED_MAX: usize = 12;
/// How long the history of an older incident may take to come.
const FETCH: Duration = Duration::from_secs(15);
/// How long a command that wrote something waits for the server.
const WAIT: Duration = Duration::from_secs(2);
/// The same where nothing can be saved here: the server is the only place for the words.
const WAIT_UNSAVED: Duration = Duration::from_secs(10);
/// How long a command that only reads waits for news.
const REFRESH: Duration = Duration::from_millis(1500);

/// A replica open for one command.
pub struct Desk<'a> {
    /// What was asked for.
    pub session: &'a Session,
    /// Whose folder it is.
    pub home: Home,
    /// The server, if any.
    pub connection: Connection,
    /// The replica.
    pub here: Here,
    /// Why the folder cannot be written, if so: what is done here is on no disk then.
    pub in_memory: Option<String>,
}

/// What a command recorded, and how far it got.
pub struct Acted {
    /// What the replica holds now.
    pub snapshot: Arc<Snapshot>,
    /// The incident it is about, with the change.
    pub incident: Arc<Incident>,
    /// The events, in order.
    pub events: Vec<EventId>,
    /// How far they got.
    pub sent: Sent,
    /// What of its words was masked first.
    pub masked: Vec<Masked>,
}

/// How far events got.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sent {
    /// The server has them.
    Accepted,
    /// The server has them, and nothing of them could be saved here; why, in words.
    Direct(String),
    /// They are durable here and wait; why, in words.
    Local(String),
}

impl Sent {
    /// `accepted` or `local`, as in an entry.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accepted | Self::Direct(_) => "accepted",
            Self::Local(_) => EntryState::Local.word(),
        }
    }
}

impl<'a> Desk<'a> {
    /// Opens the replica of whoever works here.
    ///
    /// # Errors
    /// When the home cannot be used or the store is damaged, newer, or another's.
    pub fn open(session: &'a Session) -> Result<Self, Failure> {
        let home = session.home()?;
        let connection = session.connection(&home)?;
        let desk = Self::open_at(session, home, connection, Mend::Nothing.into())?;
        // Who works here is known from the token once the server was met; what is written before that is written under a guess.
        if desk.snapshot().position.is_none() {
            desk.refresh();
        }
        Ok(desk)
    }

    /// Opens the replica of a home with a connection settled elsewhere; one as damaged as `opening` says is set aside and saved from.
    ///
    /// # Errors
    /// As `open`.
    pub fn open_at(session: &'a Session, home: Home, connection: Connection, opening: Opening) -> Result<Self, Failure> {
        let unwritable = if opening.in_memory && !session.read_only() { home.unwritable() } else { None };
        if unwritable.is_none() && !session.read_only() {
            home.prepare()?;
        }
        let person = session.person(&home, connection.stored.as_ref());
        let open = |unwritable| Here::open(session, &home, person.clone(), &connection, opening, unwritable);
        let (here, in_memory) = match open(unwritable.clone()) {
            // A full disk is read as it is.
            Err(Failure::NotSaved(why)) if unwritable.is_none() && !session.read_only() => (open(Some(why.clone()))?, Some(why)),
            opened => (opened?, unwritable),
        };
        // A name that is configured counts more than one that was asked for before it was.
        let name = session.config.person.as_ref().filter(|_| home.name.is_none() && !session.read_only());
        if let Some(name) = name.filter(|_| in_memory.is_none())
            && here.replica.name()?.is_some_and(|kept| kept != *name)
        {
            here.ask(Request::Name(Person::new(name)))?;
        }
        let desk = Self { session, home, connection, here, in_memory };
        if desk.in_memory.is_none() && !session.read_only() {
            run::recover(&desk);
        }
        Ok(desk)
    }

    /// The same home in memory alone, as nothing can be saved in it.
    fn reopened_in_memory(&self, why: &str) -> Result<Self, Failure> {
        let person = self.session.person(&self.home, self.connection.stored.as_ref());
        let (home, connection, unwritable) = (self.home.clone(), self.connection.clone(), Some(why.to_owned()));
        let here = Here::open(self.session, &home, person, &connection, Mend::Nothing.into(), unwritable)?;
        Ok(Self { session: self.session, home, connection, here, in_memory: Some(why.to_owned()) })
    }

    /// Whether what is done here is on no disk.
    pub fn is_in_memory(&self) -> bool {
        self.in_memory.is_some()
    }

    /// What the replica holds now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.here.snapshot()
    }

    /// Who works here.
    pub fn me(&self) -> Person {
        self.snapshot().me.person.clone()
    }

    /// The head of the incident meant by `named`, `-i`, `use`, or by being the only open one.
    ///
    /// # Errors
    /// When none or several are meant.
    pub fn header(&self, named: Option<&str>) -> Result<Arc<Header>, Failure> {
        let typed = named.or(self.session.global.incident.as_deref());
        let current = self.home.current();
        self.retry(|| find::incident(&self.snapshot(), typed, current.as_deref()))
    }

    /// The same incident in full.
    ///
    /// # Errors
    /// As `header`, and when the store cannot read it.
    pub fn incident(&self, named: Option<&str>) -> Result<Arc<Incident>, Failure> {
        let header = self.header(named)?;
        self.in_full(header.id)
    }

    /// An incident in full, closed ones too.
    ///
    /// # Errors
    /// When the store cannot read it.
    pub fn in_full(&self, id: IncidentId) -> Result<Arc<Incident>, Failure> {
        if let Some(incident) = self.snapshot().board.get(id) {
            return Ok(Arc::clone(incident));
        }
        match self.here.ask(Request::Open(id)) {
            // Older than what is held here: it comes with the next exchange.
            Err(Failure::Unreachable(_)) if self.connection.remote.is_some() && !self.session.global.no_wait => {
                self.here.exchange(FETCH, &[]);
                self.here.ask(Request::Open(id))?;
            }
            asked => drop(asked?),
        }
        let found = self.here.wait_for(|snapshot| snapshot.board.get(id).cloned());
        found.ok_or_else(|| {
            Failure::Missing(format!("{} is known here by its head only; `warroom sync` fetches the rest", id.provisional_code()))
        })
    }

    /// Asks the server for news, briefly, where there is one: what is read next is as fresh as the link allows.
    pub fn refresh(&self) {
        if self.connection.remote.is_some() && !self.session.global.no_wait {
            self.here.exchange(REFRESH, &[]);
        }
    }

    /// Tries something again with fresh news where it is missing or refused here: somebody else may have made it possible a moment ago.
    ///
    /// # Errors
    /// What is said the second time, or at once where there is no server.
    pub fn retry<T>(&self, attempt: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
        match attempt() {
            Err(Failure::Missing(_) | Failure::Refused { .. }) if self.connection.remote.is_some() && !self.session.read_only() => {
                self.refresh();
                attempt()
            }
            other => other,
        }
    }

    /// Says which of these services the organisation does not name, if it names any: they are recorded as they were typed.
    pub fn note_unknown_services(&self, typed: &[String]) {
        let snapshot = self.snapshot();
        let known = &snapshot.board.org.services;
        for name in typed.iter().filter(|name| !known.is_empty() && !known.iter().any(|service| service.id == **name)) {
            let ids: Vec<&str> = known.iter().take(LISTED_MAX).map(|service| service.id.as_str()).collect();
            let more = if known.len() > LISTED_MAX { ", …" } else { "" };
            self.session
                .output
                .note(&format!("`{name}` is none of the organisation's services ({}{more}); recorded as typed", ids.join(", ")));
        }
    }

    /// Publishes settings.
    ///
    /// # Errors
    /// As `act`.
    pub fn publish(&self, command: Command) -> Result<Sent, Failure> {
        self.or_from_memory(command, |desk, command| desk.give(IncidentId::ORG, command, None).map(|(_, _, sent)| sent))
    }

    /// Records a command whose words hold no secret any more, and waits a moment for the server unless told not to. What cannot be saved here goes to
    /// the server straight from memory.
    ///
    /// # Errors
    /// The rule or the server that says no, or why it could not be saved.
    pub fn act(&self, incident: IncidentId, mut command: Command) -> Result<Acted, Failure> {
        self.session.may_write()?;
        let masked = masking::settle(self.session, &mut command)?;
        self.act_on(incident, command, None, masked)
    }

    /// The same with words that were looked through before, which become the record of a draft.
    ///
    /// # Errors
    /// As `act`.
    pub fn act_on(&self, incident: IncidentId, command: Command, draft: Option<&str>, masked: Vec<Masked>) -> Result<Acted, Failure> {
        self.or_from_memory(command, |desk, command| {
            let (events, incident, sent) = desk.give(incident, command, draft)?;
            Ok(Acted { snapshot: desk.snapshot(), incident: desk.in_full(incident)?, events, sent, masked: masked.clone() })
        })
    }

    /// Does this in the incident that is meant, and says what it added.
    ///
    /// # Errors
    /// As `incident` and `act`, and when nobody reads any more.
    pub fn act_here(&self, command: Command) -> Result<(), Failure> {
        let incident = self.incident(None)?;
        self.act(incident.id, command)?.say_incident(self.session)
    }

    fn or_from_memory<T>(&self, command: Command, act: impl Fn(&Self, Command) -> Result<T, Failure>) -> Result<T, Failure> {
        match act(self, command.clone()) {
            Err(Failure::NotSaved(why)) if !self.is_in_memory() => act(&self.reopened_in_memory(&why)?, command),
            done => done,
        }
    }

    fn give(&self, incident: IncidentId, command: Command, draft: Option<&str>) -> Result<(Vec<EventId>, IncidentId, Sent), Failure> {
        let (events, incident) = self.retry(|| self.record(incident, command.clone(), draft))?;
        match (self.send(&events)?, &self.in_memory) {
            (Sent::Accepted, Some(why)) => Ok((events, incident, Sent::Direct(why.clone()))),
            (Sent::Local(reason), Some(why)) => Err(unsaved::told(why, &reason, &command)),
            (sent, _) => Ok((events, incident, sent)),
        }
    }

    /// Whether nobody has said who works here: no server, no name given or configured, none asked for before.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_unnamed(&self) -> Result<bool, Failure> {
        let is_told = self.home.name.is_some() || self.session.config.person.is_some();
        let is_known = is_told || self.connection.remote.is_some() || self.snapshot().position.is_some();
        Ok(!is_known && !self.is_in_memory() && !self.session.read_only() && self.here.replica.name()?.is_none())
    }

    /// Asks a person's name once, before the first thing that is recorded under it.
    ///
    /// # Errors
    /// When the terminal is gone, or the name is not on disk.
    pub fn ask_name(&self) -> Result<(), Failure> {
        if self.session.output.json || !on_terminal() || !self.is_unnamed()? {
            return Ok(());
        }
        let guess = self.me();
        let said = ask(&format!("Your name, for the record (asked once) [{}]: ", Safe::line(guess.as_str())))?;
        let person = if said.is_empty() { guess } else { Person::new(said) };
        self.here.ask(Request::Name(person)).map(drop)
    }

    fn record(&self, incident: IncidentId, command: Command, draft: Option<&str>) -> Result<(Vec<EventId>, IncidentId), Failure> {
        self.session.may_write()?;
        self.ask_name()?;
        match self.here.ask(Request::Command { incident, command, draft: draft.map(str::to_owned) })? {
            Answer::Recorded { events, incident } => Ok((events, incident)),
            other => Err(Failure::Failed(format!("the store gave an answer that does not fit: {other:?}"))),
        }
    }

    /// Waits a moment for the server to take events, unless told not to.
    ///
    /// # Errors
    /// The server's refusal.
    pub(super) fn send(&self, events: &[EventId]) -> Result<Sent, Failure> {
        if self.connection.remote.is_none() {
            return Ok(Sent::Local("no server is configured (`warroom connect URL`)".into()));
        }
        if self.session.global.no_wait && !self.is_in_memory() {
            let turned_away = self.here.turned_away();
            return Ok(Sent::Local(turned_away.unwrap_or_else(|| "the server was not waited for; `warroom sync` sends it".into())));
        }
        let waiting = self.here.exchange(if self.is_in_memory() { WAIT_UNSAVED } else { WAIT }, events);
        let snapshot = self.snapshot();
        let parked = snapshot.parked.iter().find(|parked| events.contains(&parked.event));
        if let Some(parked) = parked {
            let kept = match self.is_in_memory() {
                true => "Nothing could be saved here either",
                false => "It is kept here; `warroom doctor` lists it, the war room (`!`) lets you retry, move or export it",
            };
            let reason = format!("the server refused it: {} {kept}", sentence(&parked.reason));
            return Err(Failure::Refused { code: parked.code.clone(), reason });
        }
        Ok(waiting.map_or(Sent::Accepted, Sent::Local))
    }
}

/// The words with a full stop at their end.
pub fn sentence(words: &str) -> String {
    let words = words.trim();
    if words.ends_with(['.', '!', '?']) { words.to_owned() } else { format!("{words}.") }
}
