//! What I wrote earlier, brought back into the box to be written again.

use crate::tui::write::Earlier;
use crate::tui::write::Purpose;
use crate::tui::write::WriteBox;
use crate::tui::write::WriteEffect;
use crate::tui::write::model::Recall;

/// One entry further back; what I wrote is asked for first.
pub(super) fn earlier(editor: &mut WriteBox) -> Vec<WriteEffect> {
    if matches!(editor.purpose, Purpose::Amend { .. }) {
        return Vec::new();
    }
    match &editor.recall {
        None => return vec![WriteEffect::AskEarlier],
        Some(recall) if recall.at + 1 < recall.lines.len() => step(editor, true),
        Some(_) => editor.notice = Some("this is the first one you wrote".to_owned()),
    }
    Vec::new()
}

/// One entry nearer to now, and at last what stood in the box.
pub(super) fn later(editor: &mut WriteBox) {
    if editor.recall.as_ref().is_some_and(|recall| recall.at > 0) {
        step(editor, false);
    }
}

/// Goes to the newest of `lines`; words that stand in the box are looked for in them.
pub(super) fn begin(editor: &mut WriteBox, lines: Vec<Earlier>) {
    let wanted = editor.text().trim().to_lowercase();
    let mut fitting: Vec<Earlier> = vec![Earlier { text: editor.text().to_owned(), stamp: editor.stamp().clone() }];
    for line in lines {
        if line.text.to_lowercase().contains(&wanted) && fitting.iter().all(|other| other.text != line.text) {
            fitting.push(line);
        }
    }
    if fitting.len() == 1 {
        let why = if wanted.is_empty() { "you have written nothing here yet" } else { "nothing you wrote earlier holds these words" };
        editor.notice = Some(why.to_owned());
        return;
    }
    editor.recall = Some(Recall { lines: fitting, at: 0 });
    step(editor, true);
}

fn step(editor: &mut WriteBox, is_back: bool) {
    let Some(recall) = &mut editor.recall else { return };
    recall.at = if is_back { recall.at + 1 } else { recall.at - 1 };
    let line = recall.lines[recall.at].clone();
    editor.buffer.replace_with(&line.text, line.stamp);
}
