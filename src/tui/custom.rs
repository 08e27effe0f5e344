//! What a person set up beside the look: how they are called, how text leaves, whether the mouse counts.

use crate::tui::calls::Notify;
use crate::tui::clipboard::Route;

/// Fixed for the length of a run, but for the mouse.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Custom {
    /// The names of themes there are.
    pub themes: Vec<String>,
    /// The one in use, by its name or path.
    pub worn: String,
    pub notify: Notify,
    /// How text gets to the clipboard of the terminal.
    pub route: Route,
    /// Whether clicks and the wheel are taken; while they are, most terminals select text only with Shift held.
    pub has_mouse: bool,
    /// Nobody has said who works here: the first declaration asks.
    pub asks_name: bool,
}
