//! What reaches the write box, and what it asks for.

use crate::domain::IncidentId;
use crate::tui::chord::Chord;
use crate::tui::write::Earlier;
use crate::tui::write::Purpose;
use crate::tui::write::Stamp;

/// What reaches the box.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteInput {
    /// A key.
    Key(Chord),
    /// Text that arrived at once.
    Paste(String),
    /// What was submitted is durable.
    Recorded,
    /// What was submitted was refused, with the reason in words.
    Refused(String),
    /// The draft was kept at this time, in milliseconds since the epoch; `None` when it could not be.
    DraftKept(Option<i64>),
    /// What I wrote earlier, newest first.
    Earlier(Vec<Earlier>),
    /// The text as it came back from `$EDITOR`.
    Edited(String),
}

/// What the box asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteEffect {
    /// Record this; answer with `Recorded` or `Refused`.
    Submit(Box<Submission>),
    /// Keep `WriteBox::draft()` within a second; answer with `DraftKept`.
    DraftChanged,
    /// The box is gone; the keys that came too late for it are the next ones of whoever has the hands now.
    Closed { typed_ahead: Vec<WriteInput> },
    /// Open a box that amends my last entry.
    AmendLast,
    /// Answer with `Earlier`.
    AskEarlier,
    /// A command of the vocabulary; answer with `Recorded` or `Refused`.
    SlashCommand { word: String, args: String },
    /// Let the person edit this text in `$EDITOR`; answer with `Edited`.
    OpenEditor(String),
    /// Not a key of the box: scrolling, redrawing.
    Unhandled(Chord),
}

/// What was written, ready to become a command of the domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    pub purpose: Purpose,
    /// The incident the box was bound to.
    pub incident: Option<IncidentId>,
    pub text: String,
    /// Kind, outcome and audience, and the time if it is not now.
    pub stamp: Stamp,
    /// The `^service` words in the text.
    pub components: Vec<String>,
}
