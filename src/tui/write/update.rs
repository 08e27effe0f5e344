//! What each key does to the box. The keys are readline's; what the box adds is below them.

use chrono_tz::Tz;

use crate::domain::EntryKind;
use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::write::Phase;
use crate::tui::write::Purpose;
use crate::tui::write::Submission;
use crate::tui::write::WriteBox;
use crate::tui::write::WriteEffect;
use crate::tui::write::WriteInput;
use crate::tui::write::complete;
use crate::tui::write::keys;
use crate::tui::write::secret;

/// Changes the box and says what is to be done. `now_ms` is the server-corrected time, `zone` the one on screen.
pub fn update(editor: &mut WriteBox, input: WriteInput, now_ms: i64, zone: Tz) -> Vec<WriteEffect> {
    match input {
        WriteInput::DraftKept(at_ms) => {
            editor.kept_at = Some(at_ms);
            return Vec::new();
        }
        WriteInput::Recorded => return recorded(editor, now_ms, zone),
        WriteInput::Refused(reason) => return refused(editor, reason, now_ms, zone),
        WriteInput::Key(_) | WriteInput::Paste(_) | WriteInput::Edited(_) => {}
    }
    match &mut editor.phase {
        Phase::Recording(waiting) => {
            waiting.push(input);
            Vec::new()
        }
        Phase::Asking(_) => answer(editor, &input),
        Phase::Typing => typing(editor, input, now_ms, zone),
    }
}

fn typing(editor: &mut WriteBox, input: WriteInput, now_ms: i64, zone: Tz) -> Vec<WriteEffect> {
    match input {
        WriteInput::Key(chord) => {
            let before = (editor.buffer.text().len(), editor.buffer.cursor(), editor.buffer.stamp.clone());
            let mut effects = key(editor, chord, now_ms, zone);
            let after = (editor.buffer.text().len(), editor.buffer.cursor(), editor.buffer.stamp.clone());
            if before != after && effects.is_empty() {
                effects.push(WriteEffect::DraftChanged);
            }
            effects
        }
        WriteInput::Paste(text) => {
            editor.notice = None;
            editor.buffer.insert(&as_lines(&text, editor.purpose.is_entry()));
            vec![WriteEffect::DraftChanged]
        }
        WriteInput::Edited(text) => {
            let text = as_lines(&text, editor.purpose.is_entry());
            editor.buffer.replace_all(text.trim_end_matches('\n'));
            vec![WriteEffect::DraftChanged]
        }
        WriteInput::Recorded | WriteInput::Refused(_) | WriteInput::DraftKept(_) => Vec::new(),
    }
}

/// Line ends as `\n`; blanks in their place where only one line is wanted.
fn as_lines(text: &str, several: bool) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    if several { lines } else { lines.replace('\n', " ") }
}

fn key(editor: &mut WriteBox, chord: Chord, now_ms: i64, zone: Tz) -> Vec<WriteEffect> {
    let prefixed = std::mem::take(&mut editor.is_prefixed);
    if prefixed && chord == Chord::ctrl('e') {
        return vec![WriteEffect::OpenEditor(editor.buffer.text().to_owned())];
    }
    if chord == Chord::ctrl('x') {
        editor.is_prefixed = true;
        return Vec::new();
    }
    editor.notice = None;
    if let Some(c) = chord.typed() {
        keys::type_char(editor, c, now_ms, zone);
        return Vec::new();
    }
    match (chord.key, chord.ctrl, chord.alt) {
        (Key::Enter, false, false) if !chord.shift => return enter(editor),
        (Key::Char('m'), true, false) => return enter(editor),
        (Key::Char('j'), true, false) if editor.ctrl_j_is_enter => return enter(editor),
        (Key::Enter, _, _) | (Key::Char('j'), true, false) => keys::new_line(editor),
        (Key::Esc, _, false) | (Key::Char('c'), true, false) => return close(Vec::new()),
        (Key::Tab, false, false) => keys::tab(editor, chord.shift),
        (Key::Up, false, false) | (Key::Char('p'), true, false) => return up(editor),
        (Key::Down, false, false) | (Key::Char('n'), true, false) => keys::vertical(editor, true),
        _ if keys::edit(editor, chord) => {}
        // A slow link or a multiplexer merges Esc and the next key into one with Alt.
        (key, false, true) => {
            let alone = Chord { key, alt: false, ..chord };
            return close(vec![WriteInput::Key(alone)]);
        }
        _ => return vec![WriteEffect::Unhandled(chord)],
    }
    Vec::new()
}

fn up(editor: &mut WriteBox) -> Vec<WriteEffect> {
    if editor.is_empty() && editor.purpose == Purpose::Entry {
        return vec![WriteEffect::AmendLast];
    }
    keys::vertical(editor, false);
    Vec::new()
}

fn close(typed_ahead: Vec<WriteInput>) -> Vec<WriteEffect> {
    vec![WriteEffect::DraftChanged, WriteEffect::Closed { typed_ahead }]
}

fn enter(editor: &mut WriteBox) -> Vec<WriteEffect> {
    let cursor = editor.buffer.cursor();
    if editor.purpose.is_entry() && editor.buffer.text()[..cursor].ends_with('\\') {
        editor.buffer.replace(cursor - 1, cursor, "\n");
        return Vec::new();
    }
    let text = editor.buffer.text();
    if text.trim().is_empty() {
        editor.notice = Some("nothing is written yet; Esc leaves".to_owned());
        return Vec::new();
    }
    let is_typed = editor.buffer.typed_head() > 0;
    if let Some((word, args)) = complete::command(text, &editor.vocabulary).filter(|_| is_typed && editor.purpose == Purpose::Entry) {
        let (word, args) = (word.to_owned(), args.to_owned());
        editor.phase = Phase::Recording(Vec::new());
        return vec![WriteEffect::SlashCommand { word, args }];
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
                let masked = secret::mask(editor.buffer.text(), &finds);
                editor.buffer.replace_all(&masked);
            }
            submit(editor)
        }
        (Key::Char('r'), false, false) => submit(editor),
        (Key::Esc, _, _) | (Key::Char('c'), true, false) => {
            editor.phase = Phase::Typing;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn submit(editor: &mut WriteBox) -> Vec<WriteEffect> {
    editor.phase = Phase::Recording(Vec::new());
    let text = editor.buffer.text().trim().to_owned();
    let components = if editor.purpose.is_entry() { complete::components(&text) } else { Vec::new() };
    let submission =
        Submission { purpose: editor.purpose.clone(), incident: editor.incident(), text, stamp: editor.buffer.stamp.clone(), components };
    vec![WriteEffect::Submit(Box::new(submission))]
}

fn recorded(editor: &mut WriteBox, now_ms: i64, zone: Tz) -> Vec<WriteEffect> {
    let Phase::Recording(waiting) = std::mem::replace(&mut editor.phase, Phase::Typing) else { return Vec::new() };
    if editor.purpose != Purpose::Entry {
        return vec![WriteEffect::Closed { typed_ahead: waiting }];
    }
    let fresh = WriteBox::new(Purpose::Entry, editor.target.take(), editor.vocabulary.clone());
    *editor = WriteBox { columns: editor.columns, ctrl_j_is_enter: editor.ctrl_j_is_enter, ..fresh };
    replay(editor, waiting, now_ms, zone)
}

fn refused(editor: &mut WriteBox, reason: String, now_ms: i64, zone: Tz) -> Vec<WriteEffect> {
    let Phase::Recording(waiting) = std::mem::replace(&mut editor.phase, Phase::Typing) else { return Vec::new() };
    // What was typed blindly behind the refused text belongs to it as far as it is text: an Enter would submit it again.
    let text: Vec<WriteInput> = waiting.into_iter().filter(|input| !is_enter(input)).collect();
    let effects = replay(editor, text, now_ms, zone);
    editor.notice = Some(format!("not recorded: {reason}"));
    effects
}

fn is_enter(input: &WriteInput) -> bool {
    matches!(input, WriteInput::Key(chord) if chord.key == Key::Enter || *chord == Chord::ctrl('m'))
}

/// Feeds what waited; what comes behind a close belongs to whoever has the hands then.
fn replay(editor: &mut WriteBox, waiting: Vec<WriteInput>, now_ms: i64, zone: Tz) -> Vec<WriteEffect> {
    let mut effects = Vec::new();
    let mut waiting = waiting.into_iter();
    while let Some(input) = waiting.next() {
        let mut caused = update(editor, input, now_ms, zone);
        if let Some(WriteEffect::Closed { typed_ahead }) = caused.last_mut() {
            typed_ahead.extend(waiting.by_ref());
        }
        effects.extend(caused);
    }
    effects.dedup_by(|next, previous| *next == WriteEffect::DraftChanged && *previous == WriteEffect::DraftChanged);
    effects
}

impl WriteBox {
    /// What Tab would put behind the cursor.
    pub(super) fn completion(&self) -> Option<&str> {
        let cursor = self.buffer.cursor();
        let ends_word = self.buffer.text()[cursor..].chars().next().is_none_or(char::is_whitespace);
        let is_wanted = ends_word && self.purpose.is_entry() && self.phase == Phase::Typing;
        complete::rest(&self.buffer.text()[..cursor], &self.vocabulary).filter(|_| is_wanted)
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
