//! Two versions of an entry that crossed: made one by a key.

use std::sync::Arc;

use crate::domain::Command;
use crate::domain::Entry;
use crate::domain::Incident;
use crate::text::diff;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::model::Model;
use crate::tui::panes::timeline::history;
use crate::tui::theme::Tone;
use crate::tui::verbs;

/// Merges both in the box, keeps the one that stands, or takes the one that was overtaken.
pub fn perform(model: &mut Model, intent: Intent, incident: &Arc<Incident>, entry: &Entry) -> Vec<Effect> {
    let Some(both) = history::crossed(incident, entry) else {
        model.say("this entry has one version; nothing is to be merged", Tone::Dim);
        return Vec::new();
    };
    let ((stands, winner), (lost, loser)) = (both.stands, both.lost);
    let (text, whose) = match intent {
        Intent::MergeVersions => {
            let (text, disagrees) = diff::merge(both.base, stands, lost);
            let effects = verbs::opening::amend_with(model, incident, entry, Some(text));
            let says = match disagrees {
                true => format!("where both changed the same words, {winner}'s stand before the / and {loser}'s behind it"),
                false => "both changes are in it; Enter records it".to_owned(),
            };
            model.say(says, if disagrees { Tone::Warn } else { Tone::Good });
            return effects;
        }
        Intent::KeepVersion => (stands, winner),
        _ => (lost, loser),
    };
    let command = Command::reword(entry.id, text, format!("{whose}'s version was chosen"));
    verbs::give(model, incident, command, format!("{}: {whose}'s version stands", incident.code_text()))
}
