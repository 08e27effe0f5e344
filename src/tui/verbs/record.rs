//! What was written becomes a command of the domain.

use std::sync::Arc;

use crate::domain::Command;
use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::NewEntry;
use crate::replica::request::Request;
use crate::text::Safe;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::guard;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::pick::FormOf;
use crate::tui::theme::Tone;
use crate::tui::verbs::drafts;
use crate::tui::verbs::writing;
use crate::tui::write::Purpose;
use crate::tui::write::Submission;
use crate::tui::write::WriteInput;

/// Records what the box holds; the box keeps it until that is durable.
pub fn submit(model: &mut Model, submission: Submission) -> Vec<Effect> {
    let Some(incident) = submission.incident else {
        return refuse(model, "this incident is not held here; the words are kept");
    };
    if let Some(refusal) = guard::bar(model) {
        return refuse(model, &refusal.reason);
    }
    let (entry, version) = match &submission.purpose {
        Purpose::Amend { entry, version, .. } => (*entry, *version),
        Purpose::Entry | Purpose::Reply { .. } => return add(model, incident, submission),
    };
    let held = model.incident(incident).map(Arc::clone);
    let Some((held, stands)) = held.as_ref().and_then(|held| Some((held, held.timeline.find(entry)?))) else {
        return refuse(model, "this incident is not loaded yet");
    };
    if version.is_some_and(|version| version != stands.version()) {
        // Nobody's words are replaced unseen.
        if let Some(editor) = &mut model.write {
            editor.know_version(stands.version());
        }
        let by = stands.history.last().map_or_else(|| "somebody".to_owned(), |revision| revision.by.to_string());
        let now = Safe::clipped(&stands.text, 120).into_owned();
        return refuse(model, &format!("{by} changed this line meanwhile, it says now: {now}. Enter again puts your words in its place"));
    }
    let crossing = held.crossing(stands);
    let merges = crossing.map(|conflict| format!("merged with {}'s version", conflict.loser_by));
    let Some(command) = amendment(stands, entry, submission, merges) else {
        return refuse(model, "nothing was changed; Esc leaves it as it is");
    };
    if crossing.is_some() || stands.by() == model.me() || stands.recorded_by.as_ref() == Some(model.me()) {
        return give(model, incident, command);
    }
    let of = FormOf::AmendReason(incident, Box::new(command));
    let form = Form::new(of, format!("Amend a line of {}", stands.by()), vec![Field::new("Reason", "why; needed, as another wrote it")]);
    model.open(Overlay::Form(form.says(format!("{}: {}", stands.by(), Safe::clipped(&stands.text, 160)), Tone::Dim)))
}

fn add(model: &mut Model, incident: IncidentId, submission: Submission) -> Vec<Effect> {
    let stamp = submission.stamp;
    let reply_to = if let Purpose::Reply { entry, .. } = submission.purpose { Some(entry) } else { None };
    let new = NewEntry {
        at: stamp.at,
        outcome: stamp.outcome,
        audience: stamp.audience,
        components: submission.components,
        reply_to,
        ..NewEntry::new(stamp.kind, submission.text)
    };
    give(model, incident, Command::AddEntry(new))
}

/// Asks for the command the box waits for; its draft goes with the record.
pub fn give(model: &mut Model, incident: IncidentId, command: Command) -> Vec<Effect> {
    let draft = drafts::key_of_box(model);
    vec![asked::ask(model, Request::Command { incident, command, draft }, Asked::Write)]
}

/// The reason for amending another's line is given, or not: the box that waits for it goes on.
pub fn reasoned(model: &mut Model, reason: Option<String>) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = model.overlays.pop() else {
        return Vec::new();
    };
    match (form.of, reason) {
        (FormOf::AmendReason(incident, command), Some(given)) => match *command {
            Command::AmendEntry { entry, text, kind, outcome, audience, happened_at, .. } => {
                let command = Command::AmendEntry { entry, text, kind, outcome, audience, happened_at, reason: given };
                give(model, incident, command)
            }
            command => give(model, incident, command),
        },
        (FormOf::AmendReason(..), None) => refuse(model, "no reason was given; Enter asks again"),
        _ => Vec::new(),
    }
}

/// The box goes on with its words and says why.
pub fn refuse(model: &mut Model, why: &str) -> Vec<Effect> {
    writing::feed(model, WriteInput::Refused(why.to_owned()))
}

/// Only what really changed is in an amendment; one that `merges` two versions says why by itself, and may leave the words as they stand.
fn amendment(entry: &Entry, id: EventId, submission: Submission, merges: Option<String>) -> Option<Command> {
    let stamp = submission.stamp;
    let text = (submission.text != *entry.text).then_some(submission.text);
    let kind = (stamp.kind != entry.kind).then_some(stamp.kind);
    let outcome = stamp.outcome.filter(|_| stamp.outcome != entry.outcome);
    let audience = stamp.audience.filter(|audience| Some(audience.as_str()) != entry.audience.as_deref());
    let is_change = merges.is_some() || text.is_some() || kind.is_some() || outcome.is_some() || audience.is_some() || stamp.at.is_some();
    let reason = merges.unwrap_or_default();
    is_change.then_some(Command::AmendEntry { entry: id, text, kind, outcome, audience, happened_at: stamp.at, reason })
}
