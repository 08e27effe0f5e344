//! Everything that can wake the program.

use std::path::PathBuf;
use std::sync::Arc;

use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Snapshot;
use crate::tui::input::Input;
use crate::tui::timers::Timer;
use crate::tui::wardrobe::Dress;
use crate::tui::watchdog::Outside;

/// Ties an answer to what was asked.
pub type Ticket = u64;

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// The terminal sent something.
    Input(Input),
    /// The replica published what it holds now.
    Snapshot(Arc<Snapshot>),
    /// What became of a request.
    Answered(Ticket, Answer),
    /// A timer that was armed ran out.
    Rang(Timer),
    /// A signal, or the terminal is gone.
    Outside(Outside),
    /// The text as it came back from `$EDITOR`, or why it did not.
    Edited(Result<String, String>),
    /// A theme or keys, read anew; or why they were not.
    Dressed(Result<Dress, String>),
    /// Where a text was written, or why it was not.
    Saved(Result<PathBuf, String>),
    /// A line for the log of this program.
    Logged(String),
    /// Nobody answers requests any more.
    ReplicaGone,
}
