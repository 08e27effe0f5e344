//! A question before what closes, merges, declines, pages people, takes command from someone or shows hidden words. Yes is `y`, never
//! Enter.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::Command;
use crate::domain::IncidentId;
use crate::tui::chord::Chord;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::overlays::panel;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::theme::Tone;
use crate::tui::write::DraftState;

/// Keys this soon after the question was not an answer to it.
const DEAF_MS: u64 = 300;

/// An open question.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// Names code and title.
    pub question: String,
    /// What follows from a yes, or what one must know before.
    pub means: Vec<(String, Tone)>,
    pub yes: Yes,
    /// Whether declining, with a reason, is an answer too.
    pub may_decline: bool,
    /// When it was asked, on the monotonic clock.
    pub asked_ms: u64,
    /// The first row of what follows that is on screen, where not all of it fits.
    pub top: usize,
}

/// What a yes does.
#[derive(Debug, Clone, PartialEq)]
pub enum Yes {
    /// Gives commands, each in its incident, and says so.
    Give(Vec<(IncidentId, Command)>, String),
    /// Opens the box of an incident on words, although onlookers see them.
    Show(IncidentId, DraftState),
}

/// The answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    NotYet,
    /// An answer so soon after the question that it was meant for something else.
    TooSoon,
    Yes,
    No,
    Decline,
}

impl Confirm {
    /// A question; `verbs::ask` asks it.
    pub fn new(question: String, means: Vec<(String, Tone)>, yes: Vec<(IncidentId, Command)>, says: String) -> Self {
        Self::of(question, means, Yes::Give(yes, says))
    }

    /// A question with whatever a yes does.
    pub fn of(question: String, means: Vec<(String, Tone)>, yes: Yes) -> Self {
        Self { question, means, yes, may_decline: false, asked_ms: 0, top: 0 }
    }

    /// Takes a key that was pressed at `now_ms` on the monotonic clock.
    pub fn key(&mut self, chord: Chord, look: &Look, now_ms: u64, body: Rect) -> Answered {
        if now_ms.saturating_sub(self.asked_ms) < DEAF_MS {
            return Answered::TooSoon;
        }
        match look.keymap.intent(Place::Confirm, chord) {
            Some(Intent::Yes) => Answered::Yes,
            Some(Intent::No) => Answered::No,
            Some(Intent::Decline) if self.may_decline => Answered::Decline,
            Some(intent @ (Intent::Down | Intent::Up | Intent::PageDown | Intent::PageUp)) => {
                let (_, means, room) = self.rows(body);
                let step = if matches!(intent, Intent::Down | Intent::Up) { 1 } else { room.max(1) };
                let is_down = matches!(intent, Intent::Down | Intent::PageDown);
                let top = if is_down { self.top + step } else { self.top.saturating_sub(step) };
                self.top = top.min(means.len().saturating_sub(room));
                Answered::NotYet
            }
            _ => Answered::NotYet,
        }
    }

    /// Question and consequences wrapped, and how many rows of the latter fit.
    fn rows(&self, body: Rect) -> (Vec<String>, Vec<(String, Tone)>, usize) {
        let columns = usize::from(panel::place(body, 1).width.saturating_sub(4)).max(1);
        let question = paint::wrapped(&self.question, columns);
        let wrapped =
            |(words, tone): &(String, Tone)| paint::wrapped(words, columns).into_iter().map(|line| (line, *tone)).collect::<Vec<_>>();
        let is_empty = self.means.iter().all(|(words, _)| words.is_empty());
        let means: Vec<_> = if is_empty { Vec::new() } else { self.means.iter().flat_map(wrapped).collect() };
        let height = usize::from(panel::place(body, question.len() + means.len()).height.saturating_sub(2));
        let room = height.saturating_sub(question.len());
        (question, means, room)
    }

    /// Draws it.
    pub fn draw(&self, buffer: &mut Buffer, look: &Look, body: Rect) {
        let (question, means, room) = self.rows(body);
        let area = panel::place(body, question.len() + means.len());
        let top = self.top.min(means.len().saturating_sub(room));
        let below = means.len().saturating_sub(top + room);
        let more = if below > 0 { format!("{below} more below") } else { String::new() };
        let keys = look
            .keymap
            .of_place(Place::Confirm)
            .filter(|binding| !binding.short.is_empty() && (self.may_decline || binding.intent != Intent::Decline));
        let keys: Vec<(String, String)> = keys.map(|binding| (binding.key_text(), binding.short.clone())).collect();
        let inside = panel::draw(buffer, look, area, "Sure?", &more, &keys);
        let ground = look.style(Tone::Overlay);
        let lines = question.iter().map(|line| (line, Tone::Question)).chain(means.iter().skip(top).map(|(line, tone)| (line, *tone)));
        for (row, (line, tone)) in (0..inside.height).zip(lines) {
            Pen::new(buffer, inside, row).put(line, ground.patch(look.style(tone)));
        }
    }
}
