//! The text being written and its cursor, with undo. Every position is between two grapheme clusters; every change is
//! one splice that costs its own length and a memory move, so that a megabyte is pasted in one go.

use crate::tui::edit::readline::Editable;

/// Undo keeps this many bytes of replaced and inserted text; older changes are forgotten first.
const UNDO_BYTES_MAX: usize = 8 * 1024 * 1024;

/// One change: `removed` stood at `at`, `inserted` stands there now.
#[derive(Debug, Clone)]
struct Change<S> {
    at: usize,
    removed: String,
    inserted: String,
    cursor_before: usize,
    stamp_before: S,
    stamp_after: S,
}

/// What a change came from: neighbours of the same origin are undone together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Typed,
    Erased,
    /// Cut for a later yank: what is cut next in a row goes with it.
    Killed,
    Other,
}

/// Text, cursor and what stands before the text (in the write box kind and time), undone and redone as one.
#[derive(Debug, Clone, Default)]
pub struct Buffer<S = ()> {
    text: String,
    cursor: usize,
    /// What stands before the text.
    pub stamp: S,
    /// Bytes at the start that were typed key by key: only in these is a mark a mark.
    typed_head: usize,
    past: Vec<Change<S>>,
    future: Vec<Change<S>>,
    last: Option<Origin>,
    killed: String,
    changes: u64,
}

impl<S: Clone + Default> Buffer<S> {
    /// A buffer holding a text nobody typed just now, the cursor moved to the cluster boundary at or before `cursor`.
    pub fn with(text: String, cursor: usize, stamp: S) -> Self {
        let mut buffer = Self { text, stamp, ..Self::default() };
        buffer.move_to(cursor);
        buffer
    }

    /// How often it changed: two equal counts mean the same text and the same stamp.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// How many bytes at the start were typed key by key.
    pub fn typed_head(&self) -> usize {
        self.typed_head
    }

    /// Types one character.
    pub fn type_char(&mut self, c: char) {
        let word_begins = !c.is_whitespace() && self.text[..self.cursor].ends_with(char::is_whitespace);
        if word_begins || c == '\n' {
            self.last = None;
        }
        let head = self.typed_head;
        let at = self.cursor;
        self.splice(at, at, c.encode_utf8(&mut [0; 4]), Origin::Typed);
        if at <= head {
            self.typed_head = head + c.len_utf8();
        }
    }

    /// Puts in text that was not typed key by key, as one change.
    pub fn insert(&mut self, text: &str) {
        let at = self.cursor;
        self.splice(at, at, text, Origin::Other);
    }

    /// Replaces everything, as one change.
    pub fn replace_all(&mut self, text: &str) {
        let end = self.text.len();
        self.splice(0, end, text, Origin::Other);
        self.typed_head = 0;
    }

    /// Replaces everything, what stands before the text too, as one change.
    pub fn replace_with(&mut self, text: &str, stamp: S) {
        self.replace_all(text);
        self.set_stamp_of_last(stamp);
    }

    /// Lets the first bytes count as typed key by key.
    pub fn count_as_typed(&mut self, head: usize) {
        self.typed_head = head;
    }

    /// Puts `text` in place of the word from `from` to the cursor, as one change; it counts as typed where the word did.
    pub fn complete(&mut self, from: usize, text: &str) {
        let was_typed = self.typed_head >= self.cursor;
        self.splice(from, self.cursor, text, Origin::Other);
        if was_typed {
            self.typed_head = from + text.len();
        }
    }

    /// Takes the first `to` bytes away and puts `stamp` before the text, as one change.
    pub fn absorb(&mut self, to: usize, stamp: S) {
        let cursor = self.cursor.saturating_sub(to);
        self.splice(0, to, "", Origin::Other);
        self.move_to(cursor);
        self.set_stamp_of_last(stamp);
    }

    /// Changes what stands before the text, as one change.
    pub fn set_stamp(&mut self, stamp: S) {
        let cursor = self.cursor;
        self.splice(cursor, cursor, "", Origin::Other);
        self.set_stamp_of_last(stamp);
    }

    /// Nothing of what stands here now is a mark any more, and the next key begins a change of its own.
    fn settle(&mut self) {
        self.changes += 1;
        self.typed_head = 0;
        self.last = None;
        self.step_out_of_cluster();
    }

    /// What was put in may have joined the cluster behind it; the cursor goes behind the whole of it.
    fn step_out_of_cluster(&mut self) {
        if !self.is_boundary(self.cursor) {
            self.cursor = self.after(self.cursor);
        }
    }

    fn splice(&mut self, from: usize, to: usize, insert: &str, origin: Origin) {
        self.changes += 1;
        let removed = self.text[from..to].to_owned();
        let cursor_before = self.cursor;
        self.text.replace_range(from..to, insert);
        self.cursor = from + insert.len();
        if from < self.typed_head {
            let gone = to.min(self.typed_head) - from;
            self.typed_head = if insert.is_empty() { self.typed_head - gone } else { from };
        }
        self.step_out_of_cluster();
        self.remember(
            Change {
                at: from,
                removed,
                inserted: insert.to_owned(),
                cursor_before,
                stamp_before: self.stamp.clone(),
                stamp_after: self.stamp.clone(),
            },
            origin,
        );
    }

    fn remember(&mut self, change: Change<S>, origin: Origin) {
        self.future.clear();
        let joins = self.last == Some(origin) && matches!(origin, Origin::Typed | Origin::Erased);
        self.last = Some(origin);
        if let Some(previous) = self.past.last_mut().filter(|_| joins) {
            if origin == Origin::Typed && change.at == previous.at + previous.inserted.len() {
                previous.inserted.push_str(&change.inserted);
                return;
            }
            if origin == Origin::Erased && previous.inserted.is_empty() && change.at + change.removed.len() == previous.at {
                previous.at = change.at;
                previous.removed.insert_str(0, &change.removed);
                return;
            }
            if origin == Origin::Erased && previous.inserted.is_empty() && change.at == previous.at {
                previous.removed.push_str(&change.removed);
                return;
            }
        }
        self.past.push(change);
        let mut kept: usize = self.past.iter().map(|change| change.removed.len() + change.inserted.len()).sum();
        while kept > UNDO_BYTES_MAX && self.past.len() > 1 {
            let forgotten = self.past.remove(0);
            kept -= forgotten.removed.len() + forgotten.inserted.len();
        }
    }

    fn set_stamp_of_last(&mut self, stamp: S) {
        self.stamp = stamp.clone();
        if let Some(change) = self.past.last_mut() {
            change.stamp_after = stamp;
        }
        self.last = None;
    }
}

impl<S: Clone + Default> Editable for Buffer<S> {
    fn text(&self) -> &str {
        &self.text
    }

    fn cursor(&self) -> usize {
        self.cursor
    }

    fn move_to(&mut self, to: usize) {
        self.cursor = self.boundary_at(to);
        self.last = None;
    }

    fn erase(&mut self, from: usize, to: usize) {
        self.splice(from, to, "", Origin::Erased);
    }

    fn kill_to(&mut self, to: usize) {
        let is_ahead = to > self.cursor;
        let (from, to) = (self.cursor.min(to), self.cursor.max(to));
        if from == to {
            return;
        }
        let cut = self.text[from..to].to_owned();
        self.killed = match (self.last == Some(Origin::Killed), is_ahead) {
            (false, _) => cut,
            (true, true) => std::mem::take(&mut self.killed) + &cut,
            (true, false) => cut + &self.killed,
        };
        self.splice(from, to, "", Origin::Killed);
    }

    fn yank(&mut self) {
        let killed = self.killed.clone();
        self.insert(&killed);
    }

    fn replace(&mut self, from: usize, to: usize, text: &str) {
        self.splice(from, to, text, Origin::Other);
    }

    fn undo(&mut self) -> bool {
        let Some(change) = self.past.pop() else { return false };
        self.text.replace_range(change.at..change.at + change.inserted.len(), &change.removed);
        self.cursor = change.cursor_before;
        self.stamp = change.stamp_before.clone();
        self.future.push(change);
        self.settle();
        true
    }

    fn redo(&mut self) -> bool {
        let Some(change) = self.future.pop() else { return false };
        self.text.replace_range(change.at..change.at + change.removed.len(), &change.inserted);
        self.cursor = change.at + change.inserted.len();
        self.stamp = change.stamp_after.clone();
        self.past.push(change);
        self.settle();
        true
    }
}
