//! What single keys do to the text: readline's own keys, marks, completion, rows.

use chrono_tz::Tz;

use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::edit::readline;
use crate::tui::write::WriteBox;
use crate::tui::write::layout;
use crate::tui::write::mark;

/// Readline's own keys, but that Backspace at the start takes back what stands before the text. Answers whether this was one.
pub(super) fn edit(editor: &mut WriteBox, chord: Chord) -> bool {
    let is_backspace = chord == Chord::plain(Key::Backspace) || chord == Chord::ctrl('h');
    if is_backspace && editor.buffer.cursor() == 0 {
        take_back_mark(editor);
        return true;
    }
    readline::edit(&mut editor.buffer, chord)
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
