//! A page of text over the panes: an entry with its history, a briefing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::overlays::panel;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::theme::Tone;

/// What the page is of, so that keys know what to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageOf {
    Entry(IncidentId, EventId),
    Briefing(IncidentId),
    Words,
}

/// An open page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub of: PageOf,
    pub title: String,
    /// Paragraphs with their tone; long ones are wrapped when drawn.
    pub lines: Vec<(String, Tone)>,
    pub top: usize,
}

impl Page {
    /// A page at its top.
    pub fn new(of: PageOf, title: impl Into<String>, lines: Vec<(String, Tone)>) -> Self {
        Self { of, title: title.into(), lines, top: 0 }
    }

    /// All of it as text, for the clipboard.
    pub fn text(&self) -> String {
        self.lines.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// Scrolls. Answers whether the intent was a movement.
    pub fn scroll(&mut self, intent: Intent, body: Rect) -> bool {
        let area = self.area(body);
        let height = usize::from(area.height.saturating_sub(2)).max(1);
        let last = self.wrapped(area).len().saturating_sub(height);
        self.top = match intent {
            Intent::Down => self.top + 1,
            Intent::Up => self.top.saturating_sub(1),
            Intent::PageDown | Intent::HalfDown => self.top + height,
            Intent::PageUp | Intent::HalfUp => self.top.saturating_sub(height),
            Intent::Top => 0,
            Intent::Bottom => last,
            _ => return false,
        };
        self.top = self.top.min(last);
        true
    }

    /// Draws it.
    pub fn draw(&self, buffer: &mut Buffer, look: &Look, body: Rect) {
        let area = self.area(body);
        let lines = self.wrapped(area);
        let height = usize::from(area.height.saturating_sub(2));
        let top = self.top.min(lines.len().saturating_sub(height));
        let right = if lines.len() > height {
            format!("{}–{} of {}", top + 1, (top + height).min(lines.len()), lines.len())
        } else {
            String::new()
        };
        let hints: Vec<(String, String)> = look
            .keymap
            .of_place(Place::Page)
            .filter(|binding| !binding.short.is_empty())
            .map(|binding| (binding.key_text(), binding.short.clone()))
            .collect();
        let inside = panel::draw(buffer, look, area, &self.title, &right, &hints);
        let ground = look.style(Tone::Overlay);
        for (row, (line, tone)) in (0..inside.height).zip(lines.iter().skip(top)) {
            Pen::new(buffer, inside, row).put(line, ground.patch(look.style(*tone)));
        }
    }

    fn area(&self, body: Rect) -> Rect {
        let columns = panel::place(body, 1);
        panel::place(body, self.wrapped(columns).len())
    }

    fn wrapped(&self, area: Rect) -> Vec<(String, Tone)> {
        let columns = usize::from(area.width.saturating_sub(4)).max(1);
        let wrap = |(line, tone): &(String, Tone)| paint::wrapped(line, columns).into_iter().map(|line| (line, *tone)).collect::<Vec<_>>();
        self.lines.iter().flat_map(wrap).collect()
    }
}
