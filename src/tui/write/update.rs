//! What each key does to the box. What a key means is the key map's affair, but for readline's own keys.

use crate::domain::EntryKind;
use crate::secret;
use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::edit::readline::Editable;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::write::Here;
use crate::tui::write::Phase;
use crate::tui::write::Purpose;
use crate::tui::write::Submission;
use crate::tui::write::WriteBox;
use crate::tui::write::WriteEffect;
use crate::tui::write::WriteInput;
use crate::tui::write::complete;
use crate::tui::write::keys;
use crate::tui::write::model::Kept;
use crate::tui::write::recall;

/// Changes the box and says what is to be done.
pub fn update(editor: &mut WriteBox, input: WriteInput, here: &Here<'_>) -> Vec<WriteEffect> {
    match input {
        WriteInput::DraftKept(at_ms) => {
            editor.kept = at_ms.map_or(Kept::Failed, Kept::At);
            return Vec::new();
        }
        WriteInput::Recorded => return recorded(editor, here),
        WriteInput::Refused(reason) => return refused(editor, reason, here),
        WriteInput::Key(_) | WriteInput::Paste(_) | WriteInput::Edited(_) | WriteInput::Earlier(_) => {}
    }
    match &mut editor.phase {
        Phase::Recording(waiting) => {
            waiting.push(input);
            Vec::new()
        }
        Phase::Asking(_) => answer(editor, &input),
        Phase::Typing => typing(editor, input, here),
    }
}

fn typing(editor: &mut WriteBox, input: WriteInput, here: &Here<'_>) -> Vec<WriteEffect> {
    let before = (editor.buffer.changes(), editor.buffer.cursor());
    let mut effects = match input {
        WriteInput::Key(chord) => key(editor, chord, here),
        WriteInput::Paste(text) => {
            editor.leave_word();
            editor.recall = None;
            editor.notice = None;
            editor.buffer.insert(&as_lines(&text));
            Vec::new()
        }
        WriteInput::Edited(text) => {
            editor.buffer.replace_all(as_lines(&text).trim_end_matches('\n'));
            Vec::new()
        }
        WriteInput::Earlier(lines) => {
            recall::begin(editor, lines);
            Vec::new()
        }
        WriteInput::Recorded | WriteInput::Refused(_) | WriteInput::DraftKept(_) => Vec::new(),
    };
    if before != (editor.buffer.changes(), editor.buffer.cursor()) {
        editor.is_unkept = true;
        effects.insert(0, WriteEffect::DraftChanged);
    }
    effects
}

/// Line ends as `\n`.
fn as_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn key(editor: &mut WriteBox, chord: Chord, here: &Here<'_>) -> Vec<WriteEffect> {
    let was_prefixed = std::mem::take(&mut editor.is_prefixed);
    let was_spaced = std::mem::take(&mut editor.is_spaced);
    if was_prefixed && chord == Chord::ctrl('e') {
        editor.leave_word();
        return vec![WriteEffect::OpenEditor(editor.buffer.text().to_owned())];
    }
    editor.notice = None;
    let intent = here.keymap.intent(Place::Write, chord);
    if !matches!(intent, Some(Intent::Earlier | Intent::Later)) && !is_vertical(chord) {
        editor.recall = None;
    }
    if !is_vertical(chord) {
        editor.goal = None;
    }
    if let Some(c) = chord.typed() {
        if !(was_spaced && c == ' ') {
            keys::type_char(editor, c, here);
        }
        editor.look_up();
        return Vec::new();
    }
    if keys::choose(editor, chord, intent) {
        return Vec::new();
    }
    editor.leave_word();
    match intent {
        Some(Intent::Submit) => return enter(editor),
        Some(Intent::NewLine) => editor.buffer.type_char('\n'),
        Some(Intent::Back) => return vec![WriteEffect::Closed { typed_ahead: Vec::new() }],
        Some(Intent::NextField) => keys::walk(editor, false),
        Some(Intent::PreviousField) => keys::walk(editor, true),
        Some(Intent::Undo) => drop(editor.buffer.undo()),
        Some(Intent::Redo) => drop(editor.buffer.redo()),
        Some(Intent::Editor) => editor.is_prefixed = true,
        Some(Intent::Earlier) => return recall::earlier(editor),
        Some(Intent::Later) => recall::later(editor),
        Some(_) => return vec![WriteEffect::Unhandled(chord)],
        None => return unbound(editor, chord),
    }
    Vec::new()
}

fn is_vertical(chord: Chord) -> bool {
    matches!((chord.key, chord.ctrl, chord.alt), (Key::Up | Key::Down, false, false) | (Key::Char('p' | 'n'), true, false))
}

fn unbound(editor: &mut WriteBox, chord: Chord) -> Vec<WriteEffect> {
    match (chord.key, chord.ctrl, chord.alt) {
        (Key::Up, false, false) if editor.is_empty() && editor.purpose == Purpose::Entry => return vec![WriteEffect::AmendLast],
        (Key::Up, false, false) => drop(keys::vertical(editor, false)),
        (Key::Down, false, false) => drop(keys::vertical(editor, true)),
        (Key::Char('p'), true, false) if !keys::vertical(editor, false) => return recall::earlier(editor),
        (Key::Char('n'), true, false) if !keys::vertical(editor, true) => recall::later(editor),
        (Key::Char('p' | 'n'), true, false) => {}
        _ if keys::edit(editor, chord) => {
            if matches!(chord.key, Key::Backspace) {
                editor.look_up();
            }
        }
        // A slow link or a multiplexer merges Esc and the next key into one with Alt.
        (key, false, true) => {
            let alone = Chord { key, alt: false, ..chord };
            return vec![WriteEffect::Closed { typed_ahead: vec![WriteInput::Key(alone)] }];
        }
        _ => return vec![WriteEffect::Unhandled(chord)],
    }
    Vec::new()
}

fn enter(editor: &mut WriteBox) -> Vec<WriteEffect> {
    let cursor = editor.buffer.cursor();
    if editor.buffer.text()[..cursor].ends_with('\\') {
        editor.buffer.replace(cursor - 1, cursor, "\n");
        return Vec::new();
    }
    let text = editor.buffer.text();
    if text.trim().is_empty() {
        editor.notice = Some("nothing is written yet; Esc leaves".to_owned());
        return Vec::new();
    }
    let finds = secret::find(text);
    if finds.is_empty() {
        return submit(editor);
    }
    editor.phase = Phase::Asking(finds);
    Vec::new()
}

/// Mask (also by Enter), record as it is, or go back to the text.
fn answer(editor: &mut WriteBox, input: &WriteInput) -> Vec<WriteEffect> {
    let WriteInput::Key(chord) = input else { return Vec::new() };
    match (chord.key, chord.ctrl, chord.alt) {
        (Key::Enter, _, _) | (Key::Char('m'), _, false) => {
            if let Phase::Asking(finds) = std::mem::replace(&mut editor.phase, Phase::Typing) {
                let was_command = editor.command_word().is_some();
                let masked = secret::mask(editor.buffer.text(), &finds);
                editor.buffer.replace_all(&masked);
                if was_command {
                    let all = editor.buffer.text().len();
                    editor.buffer.count_as_typed(all);
                }
            }
            submit(editor)
        }
        (Key::Char('r'), false, false) => {
            editor.phase = Phase::Typing;
            submit(editor)
        }
        (Key::Esc, _, _) | (Key::Char('c'), true, false) => {
            editor.phase = Phase::Typing;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn submit(editor: &mut WriteBox) -> Vec<WriteEffect> {
    let text = editor.buffer.text().trim();
    if let Some((word, args)) = editor.command_word().and(complete::command(text, &editor.vocabulary)) {
        let (word, args) = (word.to_owned(), args.to_owned());
        editor.phase = Phase::Recording(Vec::new());
        return vec![WriteEffect::SlashCommand { word, args }];
    }
    // An amendment leaves the components of a line as they are.
    let (components, text) = match editor.purpose {
        Purpose::Amend { .. } => (Vec::new(), text.to_owned()),
        _ => complete::components(text, editor.kind(), &editor.vocabulary),
    };
    let (purpose, stamp) = (editor.purpose.clone(), editor.buffer.stamp.clone());
    editor.phase = Phase::Recording(Vec::new());
    vec![WriteEffect::Submit(Box::new(Submission { purpose, incident: editor.incident(), text, stamp, components }))]
}

fn recorded(editor: &mut WriteBox, here: &Here<'_>) -> Vec<WriteEffect> {
    let Phase::Recording(waiting) = std::mem::replace(&mut editor.phase, Phase::Typing) else { return Vec::new() };
    // What was in the box is in the log now; there is nothing left of it to keep.
    editor.is_unkept = false;
    if editor.purpose != Purpose::Entry {
        return vec![WriteEffect::Closed { typed_ahead: waiting }];
    }
    let fresh = WriteBox::new(Purpose::Entry, editor.target.take(), editor.vocabulary.clone());
    *editor = WriteBox { columns: editor.columns, ..fresh };
    replay(editor, waiting, here)
}

fn refused(editor: &mut WriteBox, reason: String, here: &Here<'_>) -> Vec<WriteEffect> {
    let Phase::Recording(waiting) = std::mem::replace(&mut editor.phase, Phase::Typing) else { return Vec::new() };
    // What was typed blindly behind the refused text belongs to it as far as it is text: an Enter would submit it again.
    let is_enter =
        |input: &WriteInput| matches!(input, WriteInput::Key(chord) if here.keymap.intent(Place::Write, *chord) == Some(Intent::Submit));
    let text: Vec<WriteInput> = waiting.into_iter().filter(|input| !is_enter(input)).collect();
    // Words that were on their way into the log and did not get there are a draft again.
    editor.is_unkept = true;
    let mut effects = vec![WriteEffect::DraftChanged];
    effects.extend(replay(editor, text, here));
    editor.notice = Some(if reason.starts_with("NOT SAVED") { reason } else { format!("not recorded: {reason}") });
    effects
}

/// Feeds what waited; what comes behind a close belongs to whoever has the hands then.
fn replay(editor: &mut WriteBox, waiting: Vec<WriteInput>, here: &Here<'_>) -> Vec<WriteEffect> {
    let mut effects = Vec::new();
    let mut waiting = waiting.into_iter();
    while let Some(input) = waiting.next() {
        let mut caused = update(editor, input, here);
        if let Some(WriteEffect::Closed { typed_ahead }) = caused.last_mut() {
            typed_ahead.extend(waiting.by_ref());
        }
        effects.extend(caused);
    }
    effects.dedup_by(|next, previous| *next == WriteEffect::DraftChanged && *previous == WriteEffect::DraftChanged);
    effects
}

impl WriteBox {
    /// Shows what the word before the cursor may go on as.
    pub(super) fn look_up(&mut self) {
        let (text, cursor) = (self.buffer.text(), self.buffer.cursor());
        let ends_word = text[cursor..].chars().next().is_none_or(char::is_whitespace);
        let is_typed = self.buffer.typed_head() > 0 && self.purpose == Purpose::Entry;
        let offer = complete::offer(&text[..cursor], is_typed, &self.vocabulary).filter(|_| ends_word);
        if self.unwanted.is_some() && offer.as_ref().map(|offer| offer.from) != self.unwanted {
            self.unwanted = None;
        }
        self.offer = offer.filter(|offer| self.unwanted != Some(offer.from));
    }

    /// The word before the cursor is not being typed any more.
    pub(super) fn leave_word(&mut self) {
        self.offer = None;
        self.unwanted = None;
    }

    /// Whether Enter would run a command, which the title then says.
    pub(super) fn command_word(&self) -> Option<&str> {
        let is_typed = self.buffer.typed_head() > 0 && self.purpose == Purpose::Entry;
        complete::command(self.buffer.text(), &self.vocabulary).filter(|_| is_typed).map(|(word, _)| word)
    }

    /// The kind as the view colours it.
    pub(super) fn kind(&self) -> EntryKind {
        self.buffer.stamp.kind
    }
}
