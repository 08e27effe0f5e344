//! The line of a filter: typed with every row answering at once, recalled, and put back as it was.

use crate::query;
use crate::query::About;
use crate::tui::edit::LineEdit;

/// Queries kept for recall.
const RECENT_MAX: usize = 30;

/// The filter of a list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// What is typed; `None` without a filter.
    pub line: Option<LineEdit>,
    /// Keys go into it.
    pub is_typing: bool,
    /// Earlier queries, the last one first.
    pub recent: Vec<String>,
    /// What stood here before typing began.
    before: Option<String>,
    /// Which earlier query is shown, and what was typed before it.
    recalled: Option<(usize, String)>,
}

impl Filter {
    /// No filter, but with what was typed before.
    pub fn remembering(recent: Vec<String>) -> Self {
        Self { recent, ..Self::default() }
    }

    /// What is typed, if there is a filter.
    pub fn text(&self) -> Option<&str> {
        self.line.as_ref().map(LineEdit::text)
    }

    /// Keys go into it from now on.
    pub fn begin(&mut self) {
        if !self.is_typing {
            self.before = self.text().map(str::to_owned);
            self.recalled = None;
        }
        self.line.get_or_insert_default();
        self.is_typing = true;
    }

    /// What is typed stays; an empty filter is none.
    pub fn keep(&mut self) {
        self.is_typing = false;
        let typed = self.text().unwrap_or_default().trim().to_owned();
        if typed.is_empty() {
            self.line = None;
            return;
        }
        self.recent.retain(|known| *known != typed);
        self.recent.insert(0, typed);
        self.recent.truncate(RECENT_MAX);
    }

    /// Back to what stood here before typing began.
    pub fn restore(&mut self) {
        self.line = self.before.take().map(LineEdit::with);
        self.is_typing = false;
    }

    /// Another query in its place.
    pub fn put(&mut self, text: Option<String>) {
        self.line = text.map(LineEdit::with);
        self.is_typing = false;
    }

    /// Shows an earlier query, or a later one; behind the last stands again what was typed.
    pub fn recall(&mut self, is_earlier: bool) {
        let (at, typed) = match (&self.recalled, is_earlier) {
            (None, true) => (Some(0), self.text().unwrap_or_default().to_owned()),
            (None, false) => return,
            (Some((at, typed)), true) => (Some((at + 1).min(self.recent.len().saturating_sub(1))), typed.clone()),
            (Some((at, typed)), false) => (at.checked_sub(1), typed.clone()),
        };
        let shown = match at {
            Some(at) => self.recent.get(at).cloned(),
            None => Some(typed.clone()),
        };
        if let Some(shown) = shown {
            self.line = Some(LineEdit::with(shown));
            self.recalled = at.map(|at| (at, typed));
        }
    }

    /// Completes the key that is being typed. Answers whether there was one.
    pub fn complete(&mut self, about: About) -> bool {
        let Some(completed) = self.text().and_then(|text| query::completed(text, about)) else { return false };
        self.line = Some(LineEdit::with(completed));
        true
    }
}
