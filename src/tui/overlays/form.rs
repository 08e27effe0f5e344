//! Fields to fill in, one line each. What becomes of them is the owner's affair; a refusal leaves every word in place.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;

use crate::tui::chord::Chord;
use crate::tui::edit::LineEdit;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::overlays::panel;
use crate::tui::overlays::pick::FormOf;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::theme::Tone;

/// One line to fill in.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub label: Cow<'static, str>,
    /// What is expected there, shown while it is empty.
    pub hint: String,
    pub line: LineEdit,
    /// What stands there was not typed here: the first letter takes its place, any other editing key makes it one's own.
    pub is_offer: bool,
}

impl Field {
    /// An empty field.
    pub fn new(label: &'static str, hint: impl Into<String>) -> Self {
        Self { label: label.into(), hint: hint.into(), line: LineEdit::default(), is_offer: false }
    }

    /// An empty field whose label was read from somewhere.
    pub fn owned(label: String, hint: String) -> Self {
        Self { label: label.into(), hint, line: LineEdit::default(), is_offer: false }
    }

    /// A field that holds something already.
    #[must_use]
    pub fn with(mut self, text: impl Into<String>) -> Self {
        self.line = LineEdit::with(text);
        self
    }

    fn key(&mut self, chord: Chord) -> bool {
        if let Some(c) = chord.typed().filter(|_| self.is_offer) {
            self.is_offer = false;
            return self.line.put_over(c.encode_utf8(&mut [0; 4]));
        }
        let is_taken = self.line.key(chord);
        self.is_offer &= !is_taken;
        is_taken
    }

    fn paste(&mut self, text: &str) -> bool {
        if std::mem::take(&mut self.is_offer) { self.line.put_over(text) } else { self.line.insert(text) }
    }
}

/// An open form.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    pub of: FormOf,
    pub title: String,
    /// What stands above the fields: the words it is about, a warning.
    pub says: Vec<(String, Tone)>,
    pub fields: Vec<Field>,
    pub focus: usize,
    /// Why it was not taken.
    pub error: String,
    /// Sent, and not answered yet.
    pub is_waiting: bool,
    /// What looked like a secret was masked just now: the next Enter takes what stands there.
    pub was_masked: bool,
    /// What stood in the fields when it opened, before words that were left in it came back.
    pub opened_with: Option<Vec<String>>,
    /// What stood in the fields when they were last kept.
    pub kept: Option<Vec<String>>,
}

/// What a key did to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormTold {
    Nothing,
    Leave,
    Submit,
    Help,
}

impl Form {
    /// A form with these fields, the first one in focus.
    pub fn new(of: FormOf, title: impl Into<String>, fields: Vec<Field>) -> Self {
        let mut form = Self {
            of,
            title: title.into(),
            says: Vec::new(),
            fields,
            focus: 0,
            error: String::new(),
            is_waiting: false,
            was_masked: false,
            opened_with: None,
            kept: None,
        };
        form.offer();
        form
    }

    /// What stands in the fields is on offer; not where it is there to be edited.
    pub fn offer(&mut self) {
        let is_edited = matches!(self.of, FormOf::Edit(_));
        self.fields.iter_mut().for_each(|field| field.is_offer = !is_edited && !field.line.is_empty());
    }

    /// With a line above the fields.
    #[must_use]
    pub fn says(mut self, words: impl Into<String>, tone: Tone) -> Self {
        self.says.push((words.into(), tone));
        self
    }

    /// What was typed into a field, without blanks around it.
    pub fn text(&self, field: usize) -> &str {
        self.fields.get(field).map_or("", |field| field.line.text().trim())
    }

    /// What stands in the fields, as typed.
    pub fn texts(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.line.text().to_owned()).collect()
    }

    /// Takes pasted text into the field in focus.
    pub fn paste(&mut self, text: &str) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            let is_whole = field.paste(text.trim_end_matches('\n'));
            self.error =
                if is_whole { String::new() } else { "what you pasted is too long for one line; the end of it is not here".into() };
        }
    }

    /// Takes a key.
    pub fn key(&mut self, chord: Chord, look: &Look) -> FormTold {
        let last = self.fields.len().saturating_sub(1);
        match look.keymap.intent(Place::Form, chord) {
            Some(Intent::Back) => return FormTold::Leave,
            Some(Intent::Help) => return FormTold::Help,
            Some(Intent::Submit) if self.focus < last => self.focus += 1,
            Some(Intent::Submit) if !self.is_waiting => return FormTold::Submit,
            Some(Intent::NextField) => self.focus = if self.focus < last { self.focus + 1 } else { 0 },
            Some(Intent::PreviousField) => self.focus = self.focus.checked_sub(1).unwrap_or(last),
            _ => {
                if let Some(field) = self.fields.get_mut(self.focus)
                    && field.key(chord)
                {
                    self.error.clear();
                }
            }
        }
        FormTold::Nothing
    }

    /// Takes a click: the field under it has the hands, and the cursor stands there.
    pub fn click(&mut self, body: Rect, at: Position) {
        let (above, _, area) = self.layout(body);
        let inside = Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: area.height.saturating_sub(2) };
        let first = inside.y + u16::try_from(above.len()).unwrap_or(u16::MAX);
        let Some(field) = at.y.checked_sub(first).map(usize::from).filter(|field| inside.contains(at) && *field < self.fields.len()) else {
            return;
        };
        self.focus = field;
        self.fields[field].is_offer = false;
        let label_cells = self.label_cells() + 2;
        let cells = usize::from(inside.width).saturating_sub(label_cells);
        self.fields[field].line.click(cells, usize::from(at.x - inside.x).saturating_sub(label_cells));
    }

    fn label_cells(&self) -> usize {
        self.fields.iter().map(|field| field.label.len()).max().unwrap_or(0)
    }

    /// The lines above the fields, those below them, and the box around all.
    fn layout(&self, body: Rect) -> (Vec<(String, Tone)>, Vec<String>, Rect) {
        let columns = usize::from(panel::place(body, 1).width.saturating_sub(4)).max(1);
        let mut above = Vec::new();
        for (words, tone) in &self.says {
            above.extend(paint::wrapped(words, columns).into_iter().map(|line| (line, *tone)));
        }
        above.truncate(usize::from(body.height / 2));
        let errors = if self.error.is_empty() { Vec::new() } else { paint::wrapped(&self.error, columns) };
        let area = panel::place(body, above.len() + self.fields.len() + errors.len());
        (above, errors, area)
    }

    /// Draws it; answers where the cursor stands.
    pub fn draw(&self, buffer: &mut Buffer, look: &Look, body: Rect) -> Option<(u16, u16)> {
        let ground = look.style(Tone::Overlay);
        let (above, errors, area) = self.layout(body);
        let hints = look
            .keymap
            .of_place(Place::Form)
            .filter(|binding| !binding.short.is_empty() && (self.fields.len() > 1 || binding.intent != Intent::NextField))
            .map(|binding| (binding.key_text(), binding.short.clone()))
            .collect::<Vec<_>>();
        let state = if self.is_waiting { "recording" } else { "" };
        let inside = panel::draw(buffer, look, area, &self.title, state, &hints);
        let mut row = 0;
        for (words, tone) in &above {
            Pen::new(buffer, inside, row).put(words, ground.patch(look.style(*tone)));
            row += 1;
        }
        let label_cells = self.label_cells();
        let mut cursor = None;
        for (at, field) in self.fields.iter().enumerate() {
            let is_focus = at == self.focus;
            let style = ground.patch(look.style(if is_focus { Tone::FieldFocus } else { Tone::Field }));
            let mut pen = Pen::new(buffer, inside, row);
            pen.column(&field.label, label_cells, ground.patch(look.style(if is_focus { Tone::Strong } else { Tone::Dim })));
            pen.put("  ", ground);
            let (text, column) = field.line.window(pen.room());
            if is_focus && row < inside.height {
                cursor = Some((pen.column_at() + column as u16, inside.y + row));
            }
            if text.is_empty() {
                pen.put(&field.hint, style.patch(look.style(Tone::Faint)));
            } else {
                // The field in focus is reversed where there are no colours: an underline is seen on either.
                pen.put(text, if field.is_offer { style.underlined() } else { style });
            }
            pen.fill(" ", style);
            row += 1;
        }
        for line in &errors {
            Pen::new(buffer, inside, row).put(line, ground.patch(look.style(Tone::Loud)));
            row += 1;
        }
        cursor
    }
}
