//! What `update` asks the world to do, as data.

use crate::replica::request::Request;
use crate::tui::msg::Ticket;
use crate::tui::timers::Timer;

/// One thing to do. The runtime does them in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the replica; its answer comes back with the ticket.
    Ask(Ticket, Request),
    /// Send text to the terminal's clipboard.
    Copy(String),
    /// Write text to a file of this name in the home, which only its owner reads; `Msg::Saved` tells where.
    Keep { name: String, text: String },
    /// Ring the terminal's bell.
    Bell,
    /// Show words as a notification of the desktop.
    Notify(String),
    /// Read a theme, by its name; `Msg::Dressed` brings it.
    Wear(String),
    /// Ring back at this time of the monotonic clock, in milliseconds; replaces the timer's earlier time.
    Arm(Timer, u64),
    /// Do not ring back.
    Disarm(Timer),
    /// Give the terminal to the shell until `fg`.
    Suspend,
    /// Ask the terminal for clicks and the wheel, or no longer.
    Mouse(bool),
    /// Draw every cell again.
    Redraw,
    /// Let the person edit a text in `$EDITOR`.
    Edit(String),
    /// End.
    Quit(Ending),
}

/// Why the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The person wanted it.
    Wanted,
    /// A signal, by number.
    Signal(i32),
}
