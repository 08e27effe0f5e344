//! Tasks: given to a person with a time-box, understood, done.

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::find;
use crate::cli::piped::with_words;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::domain::Command;
use crate::domain::EventId;
use crate::domain::Timestamp;
use crate::text::moment;
use clap::Args;

/// Give a person a task.
#[derive(Args, Debug)]
pub struct Give {
    /// The person, or `me`
    person: String,
    /// What is to be done; `-` reads it from stdin
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
    /// How long it may take, or until when: 10m, 90s, 1h30m, 14:30
    #[arg(long = "in", visible_alias = "by", value_name = "SPAN")]
    within: Option<String>,
}

impl Give {
    pub(super) fn run(mut self, session: &Session) -> Result<(), Failure> {
        with_words(session, &std::mem::take(&mut self.text), |text| self.give(session, text))
    }

    fn give(self, session: &Session, text: String) -> Result<(), Failure> {
        let due_at = self.within.as_deref().map(|typed| read_due(typed, session)).transpose()?;
        let desk = Desk::open(session)?;
        let person = find::person(&self.person, &desk.me())?;
        let incident = desk.incident(None)?;
        let acted = desk.act(incident.id, Command::GiveTask { person, text, due_at })?;
        let task = acted.events.first().copied();
        if let (Some(task), false) = (task, session.output.json) {
            acted.say_incident(session)?;
            return session.output.line(format!("task {}: `warroom done {0}` ends it", find::short(task)));
        }
        task.map_or(Ok(()), |task| acted.say_task(session, task))
    }
}

/// "Understood": answer a task.
#[derive(Args, Debug)]
pub struct Understood {
    /// The task: its id, the end of it, or `last`
    #[arg(default_value = "last")]
    task: String,
}

impl Understood {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        answer(session, &self.task, |task| Command::UnderstandTask { task })
    }
}

/// "Done": end a task.
#[derive(Args, Debug)]
pub struct Done {
    /// The task: its id, the end of it, or `last`
    #[arg(default_value = "last")]
    task: String,
    /// What came of it
    #[arg(value_name = "RESULT")]
    result: Vec<String>,
    /// No longer wanted: withdraw it instead
    #[arg(long)]
    withdraw: bool,
}

impl Done {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let ended = |task, result| {
            if self.withdraw { Command::WithdrawTask { task, reason: result } } else { Command::FinishTask { task, result } }
        };
        with_words(session, &self.result, |result| answer(session, &self.task, |task| ended(task, result)))
    }
}

fn answer(session: &Session, typed: &str, command: impl FnOnce(EventId) -> Command) -> Result<(), Failure> {
    let desk = Desk::open(session)?;
    let (incident, task) = desk.retry(|| {
        let incident = desk.incident(None)?;
        Ok((incident.id, find::task(&incident, typed, &desk.me())?.id))
    })?;
    desk.act(incident, command(task))?.say_task(session, task)
}

fn read_due(typed: &str, session: &Session) -> Result<Timestamp, Failure> {
    let due = moment::read_due(typed, now().millis(), session.zone).map_err(Failure::Usage)?;
    due.map(Timestamp::from_millis).ok_or_else(|| Failure::Usage("a time-box is not empty: write 10m, 90s, 1h30m or 14:30".into()))
}
