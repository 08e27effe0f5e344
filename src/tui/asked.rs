//! What was asked of the replica and not answered yet, and how to ask.

use crate::domain::Command;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::replica::request::Request;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::msg::Ticket;

/// What an answer is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Nobody waits.
    Quiet,
    /// An incident in full; keys that need it wait.
    Opened(IncidentId),
    /// Said when it is done.
    Says(String),
    /// The form on top waits for it.
    Form(String),
    /// The assessment waits for it: what is said then, and the draft that is recorded with it.
    Assess(String, Option<String>),
    /// The write box waits for it.
    Write,
    /// A new incident: it comes to hand.
    Declared,
    /// The draft of the open box.
    Draft(String),
    /// One of several that are given in one pass; which pass, and about which incident.
    OneOf(Ticket, IncidentId),
    /// Where the program is.
    View,
    /// The hash of an entry, for its page.
    Hash(EventId),
    /// The hits of this query.
    Search(String),
}

/// A command on its way into the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    pub incident: IncidentId,
    pub command: Command,
    /// The draft that becomes its record.
    pub draft: Option<String>,
}

/// Asks the replica; the answer comes back for `asked`.
pub fn ask(model: &mut Model, request: Request, asked: Asked) -> Effect {
    let ticket = model.next_ticket;
    model.next_ticket += 1;
    if let Request::Command { incident, command, draft } = &request {
        // Who acts there has seen what was called out of it.
        model.callouts.retain(|line| line.incident != *incident);
        model.given.insert(ticket, Given { incident: *incident, command: command.clone(), draft: draft.clone() });
    }
    model.asked.insert(ticket, asked);
    Effect::Ask(ticket, request)
}

/// Asks for what could not be saved to be sent straight to the server.
pub fn send_direct(model: &mut Model, given: Given, asked: Asked) -> Effect {
    let Given { incident, command, draft } = given.clone();
    let effect = ask(model, Request::SendDirect { incident, command, draft }, asked);
    if let Effect::Ask(ticket, _) = &effect {
        model.given.insert(*ticket, given);
    }
    effect
}

/// Asks for a command; `says` is said when it is recorded.
pub fn command(model: &mut Model, incident: IncidentId, command: Command, says: impl Into<String>) -> Vec<Effect> {
    vec![ask(model, Request::Command { incident, command, draft: None }, Asked::Says(says.into()))]
}
