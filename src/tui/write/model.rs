//! What the write box holds.

use std::collections::HashMap;
use std::sync::Arc;

use chrono_tz::Tz;
use serde::Deserialize;
use serde::Serialize;

use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Outcome;
use crate::domain::Timestamp;
use crate::secret::Find;
use crate::tui::edit::buffer::Buffer;
use crate::tui::edit::readline::Editable;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Tone;
use crate::tui::write::WriteInput;
use crate::tui::write::complete::Offer;
use crate::tui::write::complete::Topic;
use crate::tui::write::complete::Word;

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
    /// `DRILL`, `DEMO`, `PRESENTING`: words that stand wherever it is named.
    pub marks: Vec<(String, Tone)>,
    /// What became of it, when people do not work on it any more, as a sentence.
    pub ended: Option<String>,
    /// Others look at this screen, from whom some kinds of entries are hidden.
    pub has_onlookers: bool,
}

/// What a box reads beside its own state.
#[derive(Debug, Clone, Copy)]
pub struct Here<'a> {
    /// The server-corrected time.
    pub now_ms: i64,
    /// The zone on screen.
    pub zone: Tz,
    pub keymap: &'a Keymap,
}

/// What the text is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Purpose {
    /// A new line of the timeline.
    Entry,
    /// A line that answers another; `to` names it for the title ("12:46:12").
    Reply { entry: EventId, to: String },
    /// Other words for a line that is there; `what` names it for the title.
    Amend {
        entry: EventId,
        what: String,
        /// The version its words were taken from.
        #[serde(default)]
        version: Option<EventId>,
    },
}

/// Words that complete and commands that exist; shared, as every box knows the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    pub words: HashMap<Topic, Vec<Word>>,
    /// What the words behind each command are about, in order.
    pub arguments: Vec<(String, Vec<Topic>)>,
}

impl Vocabulary {
    /// The words of a topic.
    pub fn of(&self, topic: Topic) -> &[Word] {
        self.words.get(&topic).map_or(&[], Vec::as_slice)
    }
}

/// An entry written earlier, to be written again.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    pub text: String,
    pub stamp: Stamp,
}

/// Going through what was written earlier.
#[derive(Debug, Clone, PartialEq)]
pub struct Recall {
    /// Newest first; the first is what stood in the box.
    pub(super) lines: Vec<Earlier>,
    pub(super) at: usize,
}

/// Whether the words in the box are on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Never, or not asked yet.
    Never,
    /// Since then, in milliseconds of the server-corrected time.
    At(i64),
    /// They could not be written.
    Failed,
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
    /// The words of the line that is amended, as they stand.
    pub(super) stands: Option<String>,
    pub(super) phase: Phase,
    /// One sentence: why the last submission was refused, or what is wrong with a mark.
    pub(super) notice: Option<String>,
    pub(super) kept: Kept,
    /// Words that complete what is being typed, while they are shown.
    pub(super) offer: Option<Offer>,
    /// The word for which the offer was sent away, by its start.
    pub(super) unwanted: Option<usize>,
    pub(super) recall: Option<Recall>,
    /// Ctrl-X was pressed: Ctrl-E opens the editor.
    pub(super) is_prefixed: bool,
    /// A blank was put behind a completion: one that is typed out of habit is that one.
    pub(super) is_spaced: bool,
    /// The column that moving up and down keeps to.
    pub(super) goal: Option<usize>,
    /// The cells of a row of text, for moving up and down.
    pub(super) columns: usize,
    /// Words that changed since they were last handed out to be kept.
    pub is_unkept: bool,
    /// It was opened from the empty box, which is there again when this one closes.
    pub goes_back: bool,
}

impl WriteBox {
    /// An empty box. `target` is `None` only where no incident exists yet or is meant.
    pub fn new(purpose: Purpose, target: Option<Target>, vocabulary: Arc<Vocabulary>) -> Self {
        let base = Stamp::default();
        let draft = DraftState { purpose, text: String::new(), cursor: 0, stamp: base };
        Self::restore(draft, target, vocabulary)
    }

    /// A box that amends a line that says `stands`: its words and stamp as they are, or as the draft of the amendment has them.
    pub fn amend(draft: DraftState, stands: Earlier, target: Option<Target>, vocabulary: Arc<Vocabulary>) -> Self {
        Self { base: stands.stamp, stands: Some(stands.text), ..Self::restore(draft, target, vocabulary) }
    }

    /// A box as it was when its draft was kept.
    pub fn restore(draft: DraftState, target: Option<Target>, vocabulary: Arc<Vocabulary>) -> Self {
        Self {
            target,
            purpose: draft.purpose,
            vocabulary,
            buffer: Buffer::with(draft.text, draft.cursor, draft.stamp),
            base: Stamp::default(),
            stands: None,
            phase: Phase::Typing,
            notice: None,
            kept: Kept::Never,
            offer: None,
            unwanted: None,
            recall: None,
            is_prefixed: false,
            is_spaced: false,
            goal: None,
            columns: 76,
            is_unkept: false,
            goes_back: false,
        }
    }

    /// The same, with its words on disk since then, in milliseconds of the server-corrected time.
    #[must_use]
    pub fn kept_since(self, at_ms: i64) -> Self {
        Self { kept: Kept::At(at_ms), ..self }
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

    /// Whether no words are in it.
    pub fn is_empty(&self) -> bool {
        self.buffer.text().is_empty()
    }

    /// Whether words are on offer, over what lies above the box.
    pub fn has_offer(&self) -> bool {
        self.offer.is_some()
    }

    /// Whether there is nothing in it to keep: no words, or those that stand already.
    pub fn is_idle(&self) -> bool {
        self.is_empty() || (self.stands.as_deref() == Some(self.text()) && self.buffer.stamp == self.base)
    }

    /// Newer words to complete with.
    pub fn learn(&mut self, vocabulary: Arc<Vocabulary>) {
        self.vocabulary = vocabulary;
    }

    /// Says one sentence under the text.
    pub fn say(&mut self, words: impl Into<String>) {
        self.notice = Some(words.into());
    }

    /// The version of the line whose words were taken, where it is an amendment; a newer one is known from now on.
    pub fn know_version(&mut self, newer: EventId) {
        if let Purpose::Amend { version, .. } = &mut self.purpose {
            *version = Some(newer);
        }
    }

    /// Whether something was submitted and not answered.
    pub fn is_recording(&self) -> bool {
        matches!(self.phase, Phase::Recording(_))
    }

    /// Its words are on their way again, as they were submitted: keys wait for the answer.
    pub fn wait_again(&mut self) {
        self.phase = Phase::Recording(Vec::new());
        self.notice = None;
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
