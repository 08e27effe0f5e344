//! Deleting words for good: a reason, then a question, as for everything that cannot be taken back.

use crate::domain::Command;
use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Scope;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::confirm::Confirm;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::pick::FormOf;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::drafts;
use crate::tui::verbs::entries;
use crate::tui::verbs::submitted;

/// Asks why the words of a line are to go.
pub fn begin(model: &mut Model, id: IncidentId, entry: &Entry) -> Vec<Effect> {
    if !model.snapshot.me.scope.covers(Scope::Admin) {
        model.say_no("deleting words for good takes an administrator's token; a strike keeps them readable, marked");
        return Vec::new();
    }
    let fields = vec![Field::new("Reason", "why; it goes on record in the place of the words")];
    let form = Form::new(FormOf::RedactReason(id, entry.id), "Redact an entry", fields);
    model.open(Overlay::Form(form.says(entries::quoted(entry), Tone::Dim)))
}

/// The reason is given: asks once more, with code and title.
pub fn asked(model: &mut Model, id: IncidentId, entry: EventId) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = model.overlays.last() else { return Vec::new() };
    let (reason, key) = (form.text(0).to_owned(), drafts::key_of_form(form));
    if reason.is_empty() {
        submitted::waiting(model, false, "deleting words needs a reason; it goes on record");
        return Vec::new();
    }
    let Some(incident) = model.incident(id).map(std::sync::Arc::clone) else { return Vec::new() };
    let Some(found) = incident.timeline.find(entry) else { return Vec::new() };
    let question = format!("Delete these words of {} {} for good, everywhere?", incident.code_text(), incident.title.value);
    let means = vec![
        (entries::quoted(found), Tone::Text),
        ("What it did to the incident stays, every proof stays valid, and the reason is recorded in its place.".to_owned(), Tone::Dim),
        (
            "Copies that are offline delete it when they come back; exported documents and backups cannot be recalled.".to_owned(),
            Tone::Warn,
        ),
    ];
    model.overlays.pop();
    let mut effects = drafts::forget(model, key);
    let command = Command::RedactEntry { entry, reason };
    let says = format!("{}: the words are deleted once the server has it", incident.code_text());
    effects.extend(verbs::ask(model, Confirm::new(question, means, vec![(id, command)], says)));
    effects
}
