//! Readline's own keys, for every text that is typed here.

use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::edit::buffer::Buffer;

/// Does what readline does for a key that is not a character. Answers whether this was one of its keys.
pub fn edit<S: Clone + Default>(buffer: &mut Buffer<S>, chord: Chord) -> bool {
    let is_space = |c: char| c.is_whitespace();
    let is_part = |c: char| !c.is_alphanumeric();
    match (chord.key, chord.ctrl, chord.alt) {
        (Key::Left, false, false) | (Key::Char('b'), true, false) => buffer.move_to(buffer.before(buffer.cursor())),
        (Key::Right, false, false) | (Key::Char('f'), true, false) => buffer.move_to(buffer.after(buffer.cursor())),
        (Key::Home, false, _) | (Key::Char('a'), true, false) => buffer.move_to(buffer.line_start()),
        (Key::End, false, _) | (Key::Char('e'), true, false) => buffer.move_to(buffer.line_end()),
        (Key::Home, true, _) | (Key::Char('<'), false, true) => buffer.move_to(0),
        (Key::End, true, _) | (Key::Char('>'), false, true) => buffer.move_to(buffer.text().len()),
        (Key::Char('b'), false, true) | (Key::Left, _, _) => buffer.move_to(buffer.word_start(is_part)),
        (Key::Char('f'), false, true) | (Key::Right, _, _) => buffer.move_to(buffer.word_end(is_part)),
        (Key::Backspace, false, false) | (Key::Char('h'), true, false) => buffer.erase_before(),
        (Key::Delete, false, false) | (Key::Char('d'), true, false) => buffer.erase_after(),
        (Key::Char('w'), true, false) => buffer.kill_to(buffer.word_start(is_space)),
        (Key::Backspace, _, _) => buffer.kill_to(buffer.word_start(is_part)),
        (Key::Char('d'), false, true) | (Key::Delete, _, _) => buffer.kill_to(buffer.word_end(is_part)),
        (Key::Char('u'), true, false) => buffer.kill_to(buffer.line_start()),
        (Key::Char('k'), true, false) => match buffer.line_end() {
            end if end == buffer.cursor() => buffer.kill_to(buffer.after(end)),
            end => buffer.kill_to(end),
        },
        (Key::Char('y'), true, false) => buffer.yank(),
        (Key::Char('t'), true, false) => buffer.transpose(),
        // Terminals send Ctrl-_ as the same byte as Ctrl-7 and Ctrl-/.
        (Key::Char('z' | '_' | '/' | '7'), true, false) => drop(buffer.undo()),
        (Key::Char('r'), true, false) => drop(buffer.redo()),
        _ => return false,
    }
    true
}

/// Whether a key is one of readline's.
pub fn takes(chord: Chord) -> bool {
    edit(&mut Buffer::<()>::default(), chord)
}
