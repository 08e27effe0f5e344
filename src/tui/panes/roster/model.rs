//! The rows of the roles pane: who holds what, what is vacant, what is asked of whom.

use crate::domain::EventId;
use crate::domain::Holding;
use crate::domain::Incident;
use crate::domain::Org;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::RoleDefinition;
use crate::domain::RoleId;
use crate::domain::Task;
use crate::domain::Timestamp;
use crate::tui::scroll::Scroll;

/// The pane's own state.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub scroll: Scroll,
}

/// One line of the pane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Line<'a> {
    /// `is_first`: of those who hold the same role; `is_outside`: the role is an external partner's.
    Held {
        role: &'a RoleId,
        holding: &'a Holding,
        is_offered: bool,
        is_first: bool,
        is_outside: bool,
    },
    Vacant {
        role: &'a RoleDefinition,
        is_needed: bool,
    },
    Task(&'a Task),
}

/// What a line is about, by id, so that keys can act on it.
#[derive(Debug, Clone, PartialEq)]
pub enum About {
    Holding(RoleId, Person),
    Role(RoleId),
    Task(EventId),
}

impl Line<'_> {
    /// What keys act on.
    pub fn about(&self) -> About {
        match self {
            Line::Held { role, holding, .. } => About::Holding((*role).clone(), holding.person.clone()),
            Line::Vacant { role, .. } => About::Role(role.id.clone()),
            Line::Task(task) => About::Task(task.id),
        }
    }
}

/// The lines of an incident: command first, then who is there or missing, then tasks, then roles nobody needs now.
pub fn lines<'a>(incident: &'a Incident, org: &'a Org, priority: Option<Priority>) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut idle = Vec::new();
    let is_offered =
        |id: &RoleId, holding: &Holding| incident.offer.as_ref().is_some_and(|offer| offer.role == *id && offer.from == holding.person);
    let held = |role: &'a RoleId, holders: &'a [Holding], is_outside: bool| {
        let line = move |(at, holding)| Line::Held { role, holding, is_offered: is_offered(role, holding), is_first: at == 0, is_outside };
        holders.iter().enumerate().map(line).collect::<Vec<_>>()
    };
    for role in &org.roles {
        match incident.roles.get_key_value(&role.id).filter(|(_, holders)| !holders.is_empty()) {
            Some((id, holders)) => {
                lines.extend(held(id, holders, role.outside));
            }
            None if is_needed(role, priority) && incident.status.value.is_open() => lines.push(Line::Vacant { role, is_needed: true }),
            None => idle.push(Line::Vacant { role, is_needed: false }),
        }
    }
    // A role that is no longer in the settings is still held by somebody.
    for (id, holders) in incident.roles.iter().filter(|(id, _)| org.roles.iter().all(|role| role.id != **id)) {
        lines.extend(held(id, holders, false));
    }
    let mut tasks: Vec<&Task> = incident.tasks.iter().filter(|task| task.is_open()).collect();
    tasks.sort_by_key(|task| (task.due_at.is_none(), task.due_at, task.given_at));
    lines.extend(tasks.into_iter().map(Line::Task));
    lines.extend(idle);
    lines
}

/// Whether a vacancy of this role is an alarm at this priority. What is not rated yet may be the worst: it needs a commander.
pub fn is_needed(role: &RoleDefinition, priority: Option<Priority>) -> bool {
    match (role.needed_from, priority) {
        (Some(from), Some(priority)) => priority <= from,
        _ => role.id.is_commander(),
    }
}

/// Whether a task is past its time.
pub fn is_overdue(task: &Task, now: Timestamp) -> bool {
    task.is_open() && task.due_at.is_some_and(|due| due <= now)
}
