//! What single keys do to the text: readline's own keys, marks, completion, rows.

use chrono_tz::Tz;

use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::write::WriteBox;
use crate::tui::write::layout;
use crate::tui::write::mark;

/// Readline's own keys. Answers whether this was one.
pub(super) fn edit(editor: &mut WriteBox, chord: Chord) -> bool {
    let is_space = |c: char| c.is_whitespace();
    let is_part = |c: char| !c.is_alphanumeric();
    let buffer = &mut editor.buffer;
    match (chord.key, chord.ctrl, chord.alt) {
        (Key::Left, false, false) | (Key::Char('b'), true, false) => buffer.move_to(buffer.before(buffer.cursor())),
        (Key::Right, false, false) | (Key::Char('f'), true, false) => buffer.move_to(buffer.after(buffer.cursor())),
        (Key::Home, false, _) | (Key::Char('a'), true, false) => buffer.move_to(buffer.line_start()),
        (Key::End, false, _) | (Key::Char('e'), true, false) => buffer.move_to(buffer.line_end()),
        (Key::Home, true, _) | (Key::Char('<'), false, true) => buffer.move_to(0),
        (Key::End, true, _) | (Key::Char('>'), false, true) => buffer.move_to(buffer.text().len()),
        (Key::Char('b'), false, true) | (Key::Left, true, false) | (Key::Left, false, true) => buffer.move_to(buffer.word_start(is_part)),
        (Key::Char('f'), false, true) | (Key::Right, true, false) | (Key::Right, false, true) => buffer.move_to(buffer.word_end(is_part)),
        (Key::Backspace, false, false) | (Key::Char('h'), true, false) => {
            if buffer.cursor() > 0 {
                buffer.erase_before();
            } else {
                take_back_mark(editor);
            }
        }
        (Key::Delete, false, false) | (Key::Char('d'), true, false) => buffer.erase_after(),
        (Key::Char('w'), true, false) => buffer.kill_to(buffer.word_start(is_space)),
        (Key::Backspace, _, _) => buffer.kill_to(buffer.word_start(is_part)),
        (Key::Char('d'), false, true) | (Key::Delete, _, _) => buffer.kill_to(buffer.word_end(is_part)),
        (Key::Char('u'), true, false) => buffer.kill_to(buffer.line_start()),
        (Key::Char('k'), true, false) => match buffer.line_end() {
            end if end == buffer.cursor() => buffer.erase_after(),
            end => buffer.kill_to(end),
        },
        (Key::Char('y'), true, false) => buffer.yank(),
        // Terminals send Ctrl-_ as the same byte as Ctrl-7 and Ctrl-/.
        (Key::Char('z' | '_' | '/' | '7'), true, false) => {
            buffer.undo();
        }
        (Key::Char('r'), true, false) => {
            buffer.redo();
        }
        _ => return false,
    }
    true
}

/// Backspace at the start takes back what stands before the text: first the kind, then the time.
fn take_back_mark(editor: &mut WriteBox) {
    let (mut stamp, base) = (editor.buffer.stamp.clone(), &editor.base);
    if (stamp.kind, stamp.outcome, &stamp.audience) != (base.kind, base.outcome, &base.audience) {
        (stamp.kind, stamp.outcome, stamp.audience) = (base.kind, base.outcome, base.audience.clone());
    } else if stamp.at != base.at {
        stamp.at = base.at;
    } else {
        return;
    }
    editor.buffer.set_stamp(stamp);
}

/// Types a character, and reads what then stands first as a mark.
pub(super) fn type_char(editor: &mut WriteBox, c: char, now_ms: i64, zone: Tz) {
    editor.buffer.type_char(c);
    let cursor = editor.buffer.cursor();
    if c != ' ' || !editor.purpose.is_entry() || cursor > editor.buffer.typed_head() {
        return;
    }
    // A space that joined a mark behind it is no space.
    let Some(word) = editor.buffer.text()[..cursor].strip_suffix(' ') else { return };
    match mark::read(word, &editor.buffer.stamp, now_ms, zone) {
        mark::Reading::Mark(stamp) => editor.buffer.absorb(cursor, stamp),
        mark::Reading::NoTime(why) => editor.notice = Some(why),
        mark::Reading::Word => {}
    }
}

pub(super) fn new_line(editor: &mut WriteBox) {
    if editor.purpose.is_entry() {
        editor.buffer.type_char('\n');
    }
}

/// Takes the completion on offer, else goes on to the next kind.
pub(super) fn tab(editor: &mut WriteBox, backwards: bool) {
    if !editor.purpose.is_entry() {
        return;
    }
    let rest = editor.completion().map(str::to_owned);
    match rest.filter(|_| !backwards) {
        Some(rest) => {
            // A completion counts as typed, so that a completed audience is still a mark.
            rest.chars().for_each(|c| editor.buffer.type_char(c));
        }
        None => editor.buffer.set_stamp(mark::walk(&editor.buffer.stamp, backwards)),
    }
}

/// Moves by rows as they are wrapped on screen.
pub(super) fn vertical(editor: &mut WriteBox, is_down: bool) {
    let buffer = &mut editor.buffer;
    if let Some(at) = layout::vertical(buffer.text(), buffer.cursor(), editor.columns, is_down) {
        buffer.move_to(at);
    }
}
