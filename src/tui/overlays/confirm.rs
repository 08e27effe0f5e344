//! A question before what closes, merges, declines, pages people or takes command from someone. Yes is `y`, never Enter.

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

/// Keys this soon after the question was not an answer to it.
const DEAF_MS: u64 = 300;

/// An open question.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// Names code and title.
    pub question: String,
    /// What follows from a yes.
    pub means: String,
    /// What a yes does, and in which incident.
    pub yes: (IncidentId, Box<Command>),
    /// When it was asked, on the monotonic clock.
    pub asked_ms: u64,
}

/// The answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    NotYet,
    Yes,
    No,
}

impl Confirm {
    /// Takes a key that was pressed at `now_ms` on the monotonic clock.
    pub fn key(&self, chord: Chord, look: &Look, now_ms: u64) -> Answered {
        if now_ms.saturating_sub(self.asked_ms) < DEAF_MS {
            return Answered::NotYet;
        }
        match look.keymap.intent(Place::Confirm, chord) {
            Some(Intent::Yes) => Answered::Yes,
            Some(Intent::No) => Answered::No,
            _ => Answered::NotYet,
        }
    }

    /// Draws it.
    pub fn draw(&self, buffer: &mut Buffer, look: &Look, body: Rect) {
        let columns = usize::from(panel::place(body, 1).width.saturating_sub(4)).max(1);
        let question = paint::wrapped(&self.question, columns);
        let means = if self.means.is_empty() { Vec::new() } else { paint::wrapped(&self.means, columns) };
        let area = panel::place(body, question.len() + means.len() + 2);
        let keys: Vec<(String, String)> =
            look.keymap.of_place(Place::Confirm).map(|binding| (binding.key_text(), binding.short.clone())).collect();
        let inside = panel::draw(buffer, look, area, "Sure?", "", &keys);
        let ground = look.style(Tone::Overlay);
        let lines = question.iter().map(|line| (line, Tone::Question)).chain(means.iter().map(|line| (line, Tone::Text)));
        for (row, (line, tone)) in (0..inside.height).zip(lines) {
            Pen::new(buffer, inside, row).put(line, ground.patch(look.style(tone)));
        }
    }
}
