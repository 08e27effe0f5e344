//! Who may see an incident: restrict it to some, open it to all again.

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::find;
use crate::cli::session::Session;
use crate::domain::Command;
use clap::Args;

/// Let only some people and roles see an incident.
///
/// To everyone else it does not exist. Naming others replaces those named before.
#[derive(Args, Debug)]
pub struct Restrict {
    /// The people who may see it, or `me`; the commander always may
    #[arg(value_name = "PERSON")]
    people: Vec<String>,
    /// Whoever holds this role in it, for as long as they hold it; may be repeated
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

impl Restrict {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let (me, org) = (desk.me(), desk.snapshot().board.org.clone());
        let people = self.people.iter().map(|typed| find::person(typed, &me)).collect::<Result<_, _>>()?;
        let roles = self.roles.iter().map(|typed| find::role(&org, typed)).collect::<Result<_, _>>()?;
        desk.act_here(Command::Restrict { people, roles, reason: self.reason })
    }
}

/// Let everyone see an incident again.
///
/// All that was written in it meanwhile included.
#[derive(Args, Debug)]
pub struct Unrestrict {
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

impl Unrestrict {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        Desk::open(session)?.act_here(Command::LiftRestriction { reason: self.reason })
    }
}
