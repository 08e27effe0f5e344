//! Words that leave: to the terminal's clipboard, and to a file where they are long. Whether they arrive in a clipboard is
//! the terminal's affair, and said so.

use std::path::PathBuf;

use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::report;
use crate::report::Subject;
use crate::tui::clipboard::BYTES_MAX;
use crate::tui::clipboard::LONG_BYTES;
use crate::tui::clipboard::Route;
use crate::tui::effect::Effect;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::Copied;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::words;

/// The file in the home for what was copied last.
const KEPT: &str = "copied.md";

/// What of the selection is copied: the words, a link, or the whole incident as a document.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.in_hand else {
        model.say("nothing is selected", Tone::Dim);
        return Vec::new();
    };
    let selected = model.current().and_then(|incident| model.timeline.selected_entry(incident)).filter(|_| model.focus == Pane::Timeline);
    let entry = selected.map(|entry| entry.id);
    let words = selected.map_or_else(|| model.name_of(id), |entry| format!("{} {}", entry.kind, entry.text));
    let rows = vec![
        Row::new(Pick::Copy(Copied::Words), if entry.is_some() { "the entry" } else { "code and title" }).note(words),
        Row::new(Pick::Copy(Copied::Link), "a link to it").note(link(model, entry)),
        Row::new(Pick::Copy(Copied::Document), "the incident as a document").note("Markdown, as `warroom export` writes it"),
    ];
    model.open(Overlay::List(List::choices(ListOf::Copy(id, entry), "Copy", rows)))
}

/// Copies what was chosen.
pub fn chosen(model: &mut Model, (incident, entry): (IncidentId, Option<EventId>), copied: Copied) -> Vec<Effect> {
    let held = model.incident(incident);
    let text = match (copied, held) {
        (Copied::Words, held) => match entry.and_then(|id| held?.timeline.find(id)) {
            Some(entry) => format!("{} {} {}: {}", entry.at, entry.kind, entry.by(), entry.text),
            None => model.name_of(incident),
        },
        (Copied::Link, _) => link(model, entry),
        (Copied::Document, Some(held)) => document(model, held),
        (Copied::Document, None) => {
            model.say("this incident is not loaded yet; its document can be copied in a moment", Tone::Warn);
            return Vec::new();
        }
    };
    send(model, text)
}

/// Writes the incident in hand as a document to a file.
pub fn export(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    if model.presented.is_some() {
        model.say_no("what is hidden while presenting would be missing from the document; stop presenting first");
        return Vec::new();
    }
    vec![Effect::Keep { name: format!("{}.md", incident.code_text()), text: document(model, &incident) }]
}

/// `warroom://INC-42`, or `warroom://INC-42/ENTRY`.
fn link(model: &Model, entry: Option<EventId>) -> String {
    let code = model.in_hand.map(|id| model.code_of(id)).unwrap_or_default();
    let entry = entry.map(|id| format!("/{}", id.0)).unwrap_or_default();
    format!("warroom://{code}{entry}")
}

fn document(model: &Model, incident: &Incident) -> String {
    let position = model.snapshot.position_words();
    report::markdown(&Subject { incident, org: model.org(), now: model.now(), position: position.as_deref() })
}

/// Sends text to the terminal; what is long, or has no clipboard to go to, is also written to a file.
pub fn send(model: &mut Model, text: String) -> Vec<Effect> {
    let size = words::count(text.chars().count(), "character", "characters");
    let route = model.custom.route;
    // A session that leaves its folder as it is keeps no file there.
    let may_keep = !model.is_read_only && !model.is_in_memory;
    let is_kept = may_keep && (text.len() > LONG_BYTES || route == Route::Nowhere);
    let sent = match route {
        Route::Nowhere if !may_keep => "not copied: this terminal has no clipboard, and this session writes no file".into(),
        Route::Nowhere => String::new(),
        _ if text.len() > BYTES_MAX => format!("{size} are too many for a clipboard: the first {BYTES_MAX} bytes sent to your terminal"),
        Route::Tmux => format!("{size} sent to your terminal; tmux passes them on with `set -g set-clipboard on`"),
        Route::Screen => format!("{size} sent to your terminal through screen"),
        Route::Direct => format!("{size} sent to your terminal"),
    };
    if !sent.is_empty() {
        model.say(sent, Tone::Info);
    }
    let keep = is_kept.then(|| Effect::Keep { name: KEPT.into(), text: text.clone() });
    let copy = (route != Route::Nowhere).then_some(Effect::Copy(text));
    copy.into_iter().chain(keep).collect()
}

/// A text is in its file, or is not.
pub fn saved(model: &mut Model, saved: Result<PathBuf, String>) -> Vec<Effect> {
    match saved {
        Ok(path) => {
            let sent = model.notice.as_ref().filter(|notice| notice.words.contains("sent to your terminal"));
            let sent = sent.map(|notice| format!("; {}", notice.words)).unwrap_or_default();
            model.say(format!("all of it is in {}{sent}", path.display()), Tone::Info);
        }
        Err(why) => model.say_no(why),
    }
    Vec::new()
}
