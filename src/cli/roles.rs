//! Who does what: assign, release, and command: take, offer, accept, decline, brief.

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::find;
use crate::cli::output::Paint;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::cli::sheet::Sheet;
use crate::cli::show;
use crate::cli::table::Table;
use crate::domain::Command;
use crate::domain::RoleId;
use crate::report;
use crate::report::briefing;
use crate::report::briefing_text;
use crate::text::clock;
use clap::Args;
use serde_json::json;

/// Give a role to a person.
#[derive(Args, Debug)]
pub struct Assign {
    /// The role: its id, short name or alias
    role: String,
    /// The person, or `me`
    person: String,
}

impl Assign {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let role = find::role(&desk.snapshot().board.org, &self.role)?;
        let person = find::person(&self.person, &desk.me())?;
        desk.act_here(Command::AssignRole { role, person })
    }
}

/// Give a role up, or take it from its holder.
#[derive(Args, Debug)]
pub struct Release {
    /// The role: its id, short name or alias
    role: String,
    /// From whom, where several hold it
    person: Option<String>,
}

impl Release {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let role = find::role(&desk.snapshot().board.org, &self.role)?;
        let person = self.person.as_deref().map(|typed| find::person(typed, &desk.me())).transpose()?;
        desk.act_here(Command::ReleaseRole { role, person })
    }
}

/// "I know": acknowledge a role another gave me.
#[derive(Args, Debug)]
pub struct Ack {
    /// The role: its id, short name or alias
    role: String,
}

impl Ack {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let role = find::role(&desk.snapshot().board.org, &self.role)?;
        desk.act_here(Command::AcknowledgeRole { role })
    }
}

/// Every turn the roles took, with who and when.
///
/// Given, acknowledged, offered, accepted, declined, assumed, given up.
#[derive(Args, Debug)]
pub struct Handovers {
    /// The incident
    #[arg(value_name = "INC")]
    named: Option<String>,
}

impl Handovers {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let incident = desk.incident(self.named.as_deref())?;
        let output = &session.output;
        let mut table = Table::new(output, &["AT", "BY", "ROLE", "WHAT"], WHAT_CELLS);
        for turn in &incident.handovers {
            if output.json {
                output.object_of(&incident, report::handover_json(turn))?;
                continue;
            }
            let at = clock::clock_s(turn.at.millis(), session.zone);
            table.row([&at, turn.by.as_str(), turn.role.as_str(), &turn.words()].map(|words| (words, Paint::Plain)));
        }
        table.lines(output).iter().filter(|_| !table.is_empty()).try_for_each(|line| output.line(line))
    }
}

const WHAT_CELLS: usize = 90;

/// "I have command".
///
/// At once where it is vacant or offered to me, with a reason where another holds it.
#[derive(Args, Debug)]
pub struct Take {
    /// Why, where another has command
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

impl Take {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        Desk::open(session)?.act_here(Command::TakeCommand { reason: self.reason })
    }
}

/// Offer command, with the briefing.
///
/// You keep it until it is accepted.
#[derive(Args, Debug)]
pub struct Offer {
    /// To whom
    #[arg(required_unless_present = "withdraw")]
    person: Option<String>,
    /// Take my offer back
    #[arg(long, conflicts_with = "person")]
    withdraw: bool,
}

impl Offer {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let incident = desk.incident(None)?;
        let command = match self.person.as_deref() {
            Some(typed) => {
                let snapshot = desk.snapshot();
                let unsent = snapshot.unsent.get(&incident.id).copied().unwrap_or(0);
                let briefing = briefing_text(&briefing(&incident, &snapshot.board.org, now(), unsent));
                Command::OfferCommand { person: find::person(typed, &desk.me())?, briefing }
            }
            None => Command::WithdrawOffer,
        };
        desk.act(incident.id, command)?.say_incident(session)
    }
}

/// Accept command offered to me.
#[derive(Args, Debug)]
pub struct Accept {}

impl Accept {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        Desk::open(session)?.act_here(Command::AcceptCommand)
    }
}

/// Decline command offered to me.
#[derive(Args, Debug)]
pub struct Decline {
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

impl Decline {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        Desk::open(session)?.act_here(Command::DeclineCommand { reason: self.reason })
    }
}

/// The briefing for a hand-over.
///
/// Priority, status, decisions, open hypotheses, tasks, vacancies, what was said to whom.
#[derive(Args, Debug)]
pub struct Brief {
    /// The incident
    #[arg(value_name = "INC")]
    named: Option<String>,
}

impl Brief {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let incident = desk.incident(self.named.as_deref())?;
        let snapshot = desk.snapshot();
        let unsent = snapshot.unsent.get(&incident.id).copied().unwrap_or(0);
        let sections = briefing(&incident, &snapshot.board.org, now(), unsent);
        if session.output.json {
            let holder = incident.commander().map(|holding| holding.person.to_string());
            let role = RoleId::commander();
            return session.output.object(
                &json!({"incident": incident.code_text(), "id": incident.id, "role": role, "commander": holder, "briefing": briefing_text(&sections)}),
            );
        }
        let mut sheet = Sheet::new(&session.output);
        sheet.line("", &show::name(&incident));
        for section in &sections {
            sheet.heading(section.heading);
            for line in &section.lines {
                let paint = if line.contains("OVERDUE") { Paint::Loud } else { Paint::Plain };
                sheet.line("  - ", &[(line.clone(), paint)]);
            }
        }
        session.output.text(sheet.text())
    }
}
