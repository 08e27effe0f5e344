//! What the write box holds.

use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;

use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Outcome;
use crate::domain::Timestamp;
use crate::tui::edit::buffer::Buffer;
use crate::tui::write::Find;
use crate::tui::write::WriteInput;

/// What stands before the text: the kind of line, and when it happened if not now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamp {
    pub kind: EntryKind,
    pub outcome: Option<Outcome>,
    pub audience: Option<String>,
    pub at: Option<Timestamp>,
}

impl Default for Stamp {
    fn default() -> Self {
        Self { kind: EntryKind::Note, outcome: None, audience: None, at: None }
    }
}

impl Stamp {
    /// `decision`, `validation ok`, `communication to customers`.
    pub fn words(&self) -> String {
        match (&self.outcome, &self.audience) {
            (Some(outcome), _) => format!("{} {outcome}", self.kind),
            (None, Some(audience)) => format!("{} to {audience}", self.kind),
            (None, None) => self.kind.word().to_owned(),
        }
    }
}

/// The incident a box is bound to for as long as it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub incident: IncidentId,
    /// `INC-42`, or what stands for it.
    pub code: String,
    /// `P1`, or `P?`.
    pub priority: String,
    pub is_drill: bool,
    /// Others look at this screen.
    pub is_presenting: bool,
}

/// What the text is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Purpose {
    /// A new line of the timeline.
    Entry,
    /// A line that answers another; `to` names it for the title ("12:46:12").
    Reply { entry: EventId, to: String },
    /// Other words for a line that is there; `what` names it for the title.
    Amend { entry: EventId, what: String },
    /// The title of a new incident, on one line.
    Declare,
    /// One line that answers a question, such as a reason; `title` stands in the border.
    Prompt { title: String },
}

impl Purpose {
    /// Whether the text becomes a line of a timeline, with kind, time and several rows.
    pub fn is_entry(&self) -> bool {
        matches!(self, Self::Entry | Self::Reply { .. } | Self::Amend { .. })
    }
}

/// Words that complete and commands that exist; shared, as every box knows the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// After `/`: only these are commands.
    pub commands: Vec<String>,
    /// After `@`.
    pub people: Vec<String>,
    /// After `^`.
    pub services: Vec<String>,
    /// After `>` at the start.
    pub audiences: Vec<String>,
}

/// Where a box stands between typing and the durable line.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// Keys change the text.
    Typing,
    /// The text looks like it holds secrets; a person decides once.
    Asking(Vec<Find>),
    /// Submitted and not yet answered: the text stays, keys wait.
    Recording(Vec<WriteInput>),
}

/// What is kept of a box so that it can be opened again after a crash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftState {
    pub purpose: Purpose,
    pub text: String,
    /// Byte offset into `text`.
    pub cursor: usize,
    pub stamp: Stamp,
}

/// The write box.
#[derive(Debug, Clone)]
pub struct WriteBox {
    pub(super) target: Option<Target>,
    pub(super) purpose: Purpose,
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) buffer: Buffer<Stamp>,
    /// What Backspace at the start goes back to.
    pub(super) base: Stamp,
    pub(super) phase: Phase,
    /// One sentence: why the last submission was refused, or what is wrong with a mark.
    pub(super) notice: Option<String>,
    pub(super) kept_at: Option<i64>,
    /// Ctrl-X was pressed: Ctrl-E opens the editor.
    pub(super) is_prefixed: bool,
    /// The cells of a row of text, for moving up and down.
    pub(super) columns: usize,
    /// Some terminals send Ctrl-J for Enter.
    pub ctrl_j_is_enter: bool,
}

impl WriteBox {
    /// An empty box. `target` is `None` only where no incident exists yet or is meant.
    pub fn new(purpose: Purpose, target: Option<Target>, vocabulary: Arc<Vocabulary>) -> Self {
        let base = Stamp::default();
        let draft = DraftState { purpose, text: String::new(), cursor: 0, stamp: base };
        Self::restore(draft, target, vocabulary)
    }

    /// A box that amends a line: its text and stamp as they stand.
    pub fn amend(entry: EventId, what: String, text: String, stamp: Stamp, target: Target, vocabulary: Arc<Vocabulary>) -> Self {
        let cursor = text.len();
        let draft = DraftState { purpose: Purpose::Amend { entry, what }, text, cursor, stamp: stamp.clone() };
        Self { base: stamp, ..Self::restore(draft, Some(target), vocabulary) }
    }

    /// A box as it was when its draft was kept.
    pub fn restore(draft: DraftState, target: Option<Target>, vocabulary: Arc<Vocabulary>) -> Self {
        Self {
            target,
            purpose: draft.purpose,
            vocabulary,
            buffer: Buffer::with(draft.text, draft.cursor, draft.stamp),
            base: Stamp::default(),
            phase: Phase::Typing,
            notice: None,
            kept_at: None,
            is_prefixed: false,
            columns: 76,
            ctrl_j_is_enter: false,
        }
    }

    /// What to keep of it.
    pub fn draft(&self) -> DraftState {
        DraftState {
            purpose: self.purpose.clone(),
            text: self.buffer.text().to_owned(),
            cursor: self.buffer.cursor(),
            stamp: self.buffer.stamp.clone(),
        }
    }

    /// The incident it is bound to.
    pub fn incident(&self) -> Option<IncidentId> {
        self.target.as_ref().map(|target| target.incident)
    }

    /// What it is for.
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// The text as it stands.
    pub fn text(&self) -> &str {
        self.buffer.text()
    }

    /// Kind and time as they stand.
    pub fn stamp(&self) -> &Stamp {
        &self.buffer.stamp
    }

    /// Whether there is nothing in it to keep.
    pub fn is_empty(&self) -> bool {
        self.buffer.text().is_empty()
    }

    /// Whether something was submitted and not answered.
    pub fn is_recording(&self) -> bool {
        matches!(self.phase, Phase::Recording(_))
    }

    /// New words for the same incident: its code or priority changed. Another incident is not taken.
    pub fn relabel(&mut self, target: Target) {
        if self.incident() == Some(target.incident) {
            self.target = Some(target);
        }
    }

    /// The width of the whole box as it will be drawn, borders included.
    pub fn set_width(&mut self, width: u16) {
        self.columns = usize::from(width).saturating_sub(super::view::SIDES).max(1);
    }
}
