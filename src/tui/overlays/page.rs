//! A page of text over the panes: an entry with its history, a briefing.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::overlays::panel;
use crate::tui::paint::Pen;
use crate::tui::prose;
use crate::tui::prose::Para;
use crate::tui::prose::Run;
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
    paras: Vec<Para>,
    top: usize,
    /// The rows at the width they were last laid out for, so that a key does not do it again.
    laid: Option<(usize, Vec<Vec<Run>>)>,
}

impl Page {
    /// A page of lines at its top; long ones are wrapped.
    pub fn new(of: PageOf, title: impl Into<String>, lines: Vec<(String, Tone)>) -> Self {
        Self::prose(of, title, lines.iter().map(|(line, tone)| Para::words(line, *tone)).collect())
    }

    /// A page of paragraphs at its top.
    pub fn prose(of: PageOf, title: impl Into<String>, paras: Vec<Para>) -> Self {
        Self { of, title: title.into(), paras, top: 0, laid: None }
    }

    /// Other words on the same page, which stays where it is scrolled to.
    pub fn rewrite(&mut self, paras: Vec<Para>) {
        if self.paras != paras {
            self.paras = paras;
            self.laid = None;
        }
    }

    /// All of it as text, for the clipboard.
    pub fn text(&self) -> String {
        prose::plain(&self.paras)
    }

    /// Scrolls. Answers whether the intent was a movement.
    pub fn scroll(&mut self, intent: Intent, body: Rect) -> bool {
        self.lay(body);
        let rows = self.rows(columns(body)).len();
        let height = usize::from(panel::place(body, rows).height.saturating_sub(2)).max(1);
        let last = rows.saturating_sub(height);
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

    /// Lays it out for a body, if it is not yet.
    pub fn lay(&mut self, body: Rect) {
        let columns = columns(body);
        if self.laid.as_ref().is_none_or(|(width, _)| *width != columns) {
            self.laid = Some((columns, prose::lay(&self.paras, columns)));
        }
    }

    /// Draws it.
    pub fn draw(&self, buffer: &mut Buffer, look: &Look, body: Rect) {
        let rows = self.rows(columns(body));
        let area = panel::place(body, rows.len());
        let height = usize::from(area.height.saturating_sub(2));
        let top = self.top.min(rows.len().saturating_sub(height));
        let right =
            if rows.len() > height { format!("{}–{} of {}", top + 1, (top + height).min(rows.len()), rows.len()) } else { String::new() };
        let has_entry = matches!(self.of, PageOf::Entry(..));
        let hints: Vec<(String, String)> = look
            .keymap
            .of_place(Place::Page)
            .filter(|binding| !binding.short.is_empty() && (has_entry || !is_of_entry(binding.intent)))
            .map(|binding| (binding.key_text(), binding.short.clone()))
            .collect();
        let inside = panel::draw(buffer, look, area, &self.title, &right, &hints);
        let ground = look.style(Tone::Overlay);
        for (number, row) in (0..inside.height).zip(rows.iter().skip(top)) {
            let mut pen = Pen::new(buffer, inside, number);
            for (words, tone) in row {
                pen.put(words, ground.patch(look.style(*tone)));
            }
        }
    }

    fn rows(&self, columns: usize) -> Cow<'_, [Vec<Run>]> {
        match &self.laid {
            Some((width, rows)) if *width == columns => Cow::Borrowed(rows),
            _ => Cow::Owned(prose::lay(&self.paras, columns)),
        }
    }
}

/// Whether it means something only on the page of an entry.
fn is_of_entry(intent: Intent) -> bool {
    use Intent::*;
    matches!(intent, Amend | Strike | Reply | Retime | NextEntry | PreviousEntry | Follow | MergeVersions | KeepVersion | TakeVersion)
}

fn columns(body: Rect) -> usize {
    usize::from(panel::place(body, 1).width.saturating_sub(4)).max(1)
}
