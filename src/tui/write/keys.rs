//! What single keys do to the text: readline's own keys, marks, completion, rows.

use crate::domain::EntryKind;
use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::edit::readline;
use crate::tui::edit::readline::Editable;
use crate::tui::keymap::Intent;
use crate::tui::write::Here;
use crate::tui::write::Stamp;
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
pub(super) fn type_char(editor: &mut WriteBox, c: char, here: &Here<'_>) {
    editor.buffer.type_char(c);
    let cursor = editor.buffer.cursor();
    if c != ' ' || cursor > editor.buffer.typed_head() {
        return;
    }
    // A space that joined a mark behind it is no space.
    let Some(word) = editor.buffer.text()[..cursor].strip_suffix(' ') else { return };
    match mark::read(word, &editor.buffer.stamp, here.now_ms, here.zone) {
        mark::Reading::Mark(stamp) => editor.buffer.absorb(cursor, stamp),
        mark::Reading::NoTime(why) => editor.notice = Some(why),
        mark::Reading::Word => {}
    }
}

/// While words are on offer: takes one, chooses another, or sends them away. Answers whether the key was for that.
pub(super) fn choose(editor: &mut WriteBox, chord: Chord, intent: Option<Intent>) -> bool {
    let Some(offer) = &mut editor.offer else { return false };
    let last = offer.words.len() - 1;
    match (chord.key, chord.ctrl, chord.alt) {
        (Key::Up, false, false) | (Key::Char('p'), true, false) => {
            offer.selected = offer.selected.checked_sub(1).unwrap_or(last);
        }
        (Key::Down, false, false) | (Key::Char('n'), true, false) => {
            offer.selected = if offer.selected < last { offer.selected + 1 } else { 0 };
        }
        _ if intent == Some(Intent::NextField) => take(editor),
        _ if intent == Some(Intent::Back) => {
            editor.unwanted = Some(offer.from);
            editor.offer = None;
        }
        _ => return false,
    }
    true
}

/// Puts the chosen word in place of what was begun.
fn take(editor: &mut WriteBox) {
    let Some(offer) = editor.offer.take() else { return };
    let Some(word) = offer.words.get(offer.selected) else { return };
    let is_audience = offer.sign == ">";
    let blank = if offer.goes_on && !is_audience { " " } else { "" };
    editor.buffer.complete(offer.from, &format!("{}{}{blank}", offer.sign, word.word));
    editor.is_spaced = offer.goes_on;
    if is_audience {
        let stamp = Stamp { kind: EntryKind::Communication, outcome: None, audience: Some(word.word.clone()), at: editor.buffer.stamp.at };
        editor.buffer.absorb(editor.buffer.cursor(), stamp);
    }
    editor.look_up();
}

/// Goes on to the next kind, or the one before.
pub(super) fn walk(editor: &mut WriteBox, backwards: bool) {
    editor.buffer.set_stamp(mark::walk(&editor.buffer.stamp, backwards));
}

/// Moves by rows as they are wrapped on screen, keeping the column. Answers whether there was such a row.
pub(super) fn vertical(editor: &mut WriteBox, is_down: bool) -> bool {
    let (text, cursor) = (editor.buffer.text(), editor.buffer.cursor());
    let goal = editor.goal.unwrap_or_else(|| layout::page(text, cursor, editor.columns, 3).cursor_cells);
    let to = layout::vertical(text, cursor, editor.columns, is_down, goal);
    if let Some(at) = to {
        editor.buffer.move_to(at);
        editor.goal = Some(goal);
    }
    to.is_some()
}
