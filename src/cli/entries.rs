//! Writing into the timeline and correcting it: log, amend, strike, move, undo.

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::find;
use crate::cli::piped::with_words;
use crate::cli::session::Session;
use crate::cli::vocabulary;
use crate::domain::Command;
use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::NewEntry;
use crate::domain::Outcome;
use clap::Args;

/// Write an entry into the timeline.
#[derive(Args, Debug)]
pub struct Log {
    /// The words; `-` reads them from stdin
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
    /// What it is
    #[arg(short, long, default_value = "note", value_parser = vocabulary::kind(), ignore_case = true)]
    kind: EntryKind,
    /// When it happened: 14:02, 14:02:30, -5m or RFC 3339
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// What it is about; may be repeated
    #[arg(long = "component", value_name = "C")]
    components: Vec<String>,
    /// Who did it, where that is not you
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// How a validation or a command ended
    #[arg(long, value_parser = vocabulary::outcome(), ignore_case = true)]
    outcome: Option<Outcome>,
    /// To whom a communication went
    #[arg(long, value_name = "NAME")]
    audience: Option<String>,
    /// The entry it answers
    #[arg(long, value_name = "ENTRY")]
    reply: Option<String>,
}

impl Log {
    pub(super) fn run(mut self, session: &Session) -> Result<(), Failure> {
        with_words(session, &std::mem::take(&mut self.text), |text| self.record(session, text))
    }

    fn record(self, session: &Session, text: String) -> Result<(), Failure> {
        let at = self.at.as_deref().map(|typed| session.time(typed)).transpose()?;
        if self.outcome.is_some() && !matches!(self.kind, EntryKind::Validation | EntryKind::Command) {
            return Err(Failure::Usage("--outcome goes with --kind validation or --kind command".into()));
        }
        if self.audience.is_some() && self.kind != EntryKind::Communication {
            return Err(Failure::Usage("--audience goes with --kind communication".into()));
        }
        let desk = Desk::open(session)?;
        let incident = desk.incident(None)?;
        let me = desk.me();
        let reply_to = self.reply.as_deref().map(|typed| find::entry(&incident, typed, &me)).transpose()?.map(|entry| entry.id);
        let by = self.by.as_deref().map(|typed| find::person(typed, &me)).transpose()?;
        let entry = NewEntry {
            at,
            outcome: self.outcome,
            audience: self.audience,
            components: self.components,
            reply_to,
            by,
            ..NewEntry::new(self.kind, text)
        };
        desk.act(incident.id, Command::AddEntry(entry))?.say_entry(session)
    }
}

/// Correct an entry; its earlier versions stay readable.
#[derive(Args, Debug)]
pub struct Amend {
    /// The entry: its id, the end of it, or `last`
    entry: String,
    /// The new words; `-` reads them from stdin
    #[arg(required_unless_present_any = ["kind", "at", "outcome", "audience"], value_name = "TEXT")]
    text: Vec<String>,
    /// The new kind
    #[arg(short, long, value_parser = vocabulary::kind(), ignore_case = true)]
    kind: Option<EntryKind>,
    /// When it really happened
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// The new outcome
    #[arg(long, value_parser = vocabulary::outcome(), ignore_case = true)]
    outcome: Option<Outcome>,
    /// The new audience
    #[arg(long, value_name = "NAME")]
    audience: Option<String>,
    /// Why; needed for another's entry
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

impl Amend {
    pub(super) fn run(mut self, session: &Session) -> Result<(), Failure> {
        match std::mem::take(&mut self.text) {
            none if none.is_empty() => self.amend(session, None),
            text => with_words(session, &text, |text| self.amend(session, Some(text))),
        }
    }

    fn amend(self, session: &Session, text: Option<String>) -> Result<(), Failure> {
        let happened_at = self.at.as_deref().map(|typed| session.time(typed)).transpose()?;
        let desk = Desk::open(session)?;
        let (incident, entry) = find_entry(&desk, &self.entry)?;
        let (kind, outcome, audience, reason) = (self.kind, self.outcome, self.audience, self.reason);
        desk.act(incident, Command::AmendEntry { entry, text, kind, outcome, audience, happened_at, reason })?.say_entry(session)
    }
}

/// Strike an entry: it stays readable, marked.
#[derive(Args, Debug)]
pub struct Strike {
    /// The entry: its id, the end of it, or `last`
    entry: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Strike {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let (incident, entry) = find_entry(&desk, &self.entry)?;
        desk.act(incident, Command::StrikeEntry { entry, reason: self.reason })?.say_entry(session)
    }
}

/// Delete the words of a line for good, everywhere.
///
/// Its reason stands in their place, what it did to the incident stays. Only with an administrator's token. Copies that are offline delete it
/// when they come back; exported documents and backups cannot be recalled.
#[derive(Args, Debug)]
pub struct Redact {
    /// The line: the id of its event, or the end of it
    event: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Redact {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let (incident, entry) = desk.retry(|| {
            let incident = desk.incident(None)?;
            Ok((incident.id, find::line(&incident, &self.event)?.id))
        })?;
        let acted = desk.act(incident, Command::RedactEntry { entry, reason: self.reason })?;
        session.output.note("exported documents, backups and copies that never come back online cannot be recalled");
        acted.say_incident(session)
    }
}

/// Re-file an entry: struck here, added there.
#[derive(Args, Debug)]
pub struct Move {
    /// The entry: its id, the end of it, or `last`
    entry: String,
    /// Where it belongs
    #[arg(value_name = "INC")]
    to: String,
}

impl Move {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let (incident, entry) = find_entry(&desk, &self.entry)?;
        let to = desk.in_full(find::incident_named(&desk.snapshot(), &self.to)?.id)?.id;
        let mut acted = desk.act(incident, Command::MoveEntry { entry, to })?;
        acted.incident = desk.in_full(to)?;
        acted.say_entry(session)
    }
}

/// Take back my last change.
///
/// Only mine, only in this incident, never command.
#[derive(Args, Debug)]
pub struct Undo {}

impl Undo {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let incident = desk.incident(None)?;
        let me = desk.me();
        let Some((event, _)) = incident.last_change_of(&me) else {
            return Err(Failure::Missing(format!("{me} has no change in {} that can be taken back", incident.code_text())));
        };
        desk.act(incident.id, Command::TakeBack { event })?.say_incident(session)
    }
}

/// The incident meant, and the entry in it.
fn find_entry(desk: &Desk<'_>, typed: &str) -> Result<(IncidentId, EventId), Failure> {
    desk.retry(|| {
        let incident = desk.incident(None)?;
        Ok((incident.id, find::entry(&incident, typed, &desk.me())?.id))
    })
}
