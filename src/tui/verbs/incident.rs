//! The incident itself: declare, edit, status, merge, undo.

use crate::domain::Command;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Status;
use crate::replica::request::Request;
use crate::text::Safe;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::pick::FormOf;
use crate::tui::overlays::pick::ListOf;
use crate::tui::overlays::pick::Pick;
use crate::tui::presenting;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::bulk;
use crate::tui::words;

/// Asks for the title: Enter makes it durable, and a digit for the severity may follow.
pub fn declare(model: &mut Model) -> Vec<Effect> {
    let mut fields = vec![Field::new("Title", "what is wrong, in one line")];
    if model.custom.asks_name {
        fields.push(Field::new("Your name", "one word, such as ana").with(model.me().as_str()));
    }
    let form = Form::new(FormOf::Declare, "Declare an incident", fields);
    let form = if model.custom.asks_name { form.says(NAME_ONCE, Tone::Dim) } else { form };
    model.open(Overlay::Form(form))
}

const NAME_ONCE: &str = "Nobody was named here yet: the record says who did what. This is asked once.";

/// What the form of a declaration tells of the person, where it asks.
///
/// # Errors
/// Why the name cannot be one, as a sentence.
pub fn name(model: &mut Model, form: &Form) -> Result<Option<Effect>, String> {
    if !model.custom.asks_name || form.fields.len() < 2 {
        return Ok(None);
    }
    let person = Person::new(form.text(1));
    person.check()?;
    model.custom.asks_name = false;
    Ok(Some(asked::ask(model, Request::Name(person), Asked::Quiet)))
}

/// The command a filled-in declaration becomes.
///
/// # Errors
/// What is missing, as a sentence.
pub fn declaration(title: &str) -> Result<Command, String> {
    if title.is_empty() {
        return Err("an incident needs a title: what is wrong, in one line".into());
    }
    Ok(Command::Declare { title: title.into(), summary: String::new(), services: Vec::new(), severity: None, at: None, drill: false })
}

/// Title, summary and services of the incident in hand.
pub fn edit(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let fields = vec![
        Field::new("Title", "one line").with(&incident.title.value),
        Field::new("Summary", "what it is about").with(&incident.summary.value),
        Field::new("Services", "one after the other, with blanks between").with(incident.services.value.join(" ")),
    ];
    let title = format!("Edit {}", incident.code_text());
    model.open(Overlay::Form(Form::new(FormOf::Edit(incident.id), title, fields)))
}

/// The numbered list of statuses.
pub fn status(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let now = incident.status.value;
    let rows = Status::ALL.iter().filter(|status| **status != Status::Merged).map(|status| {
        let note = match status {
            status if *status == now => "now",
            Status::Resolved if !incident.is_validated() => "asks for a reason: no validation yet",
            Status::Declined => "was not an incident",
            _ => "",
        };
        Row::new(Pick::Status(*status), status.word()).note(note).tone(if *status == now { Tone::Dim } else { Tone::Text })
    });
    let list = List::choices(ListOf::Status(incident.id), format!("Status of {}", incident.code_text()), rows.collect());
    model.open(Overlay::List(list.select(|row| row.pick == Some(Pick::Status(now)))))
}

/// A status was chosen: asked for what closes, with a reason where the rules want one.
pub fn set_status(model: &mut Model, id: IncidentId, status: Status) -> Vec<Effect> {
    let Some(incident) = model.incident(id).map(std::sync::Arc::clone) else {
        return Vec::new();
    };
    let was = incident.status.value;
    if was == status {
        model.say(format!("{} is {status} already", incident.code_text()), Tone::Dim);
        return Vec::new();
    }
    let reopens = !was.is_open() && status.is_open();
    let needs_reason = reopens || (status == Status::Resolved && !incident.is_validated()) || status == Status::Declined;
    if needs_reason {
        let why = match (reopens, status) {
            (true, _) => format!("{was} → {status}: reopening needs a reason."),
            (_, Status::Declined) => "Declining says that this was not an incident.".into(),
            _ => "No validation with outcome ok stands after the last action. Say how you know that it is over.".into(),
        };
        let title = format!("{} → {status}", model.name_of(id));
        let form = Form::new(FormOf::StatusReason(id, status), title, vec![Field::new("Reason", "why")]).says(why, Tone::Warn);
        return model.open(Overlay::Form(form));
    }
    let command = Command::SetStatus { status, reason: String::new() };
    if status.is_open() {
        let says = format!("{}: {was} → {status}", incident.code_text());
        return asked::command(model, id, command, says);
    }
    let verb = if status == Status::Closed { "Close" } else { "Resolve" };
    let question = format!("{verb} {}?", model.name_of(id));
    let open = incident.tasks.iter().filter(|task| task.is_open()).count();
    let means = if open > 0 { format!("{} still open.", words::count(open, "task is", "tasks are")) } else { String::new() };
    verbs::confirm(model, question, means, &incident, command)
}

/// Takes a merged incident out again.
pub fn split(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    match incident.merged_into {
        Some(from) => {
            let says = format!("{}: goes on by itself, out of {}", incident.code_text(), model.code_of(from));
            asked::command(model, incident.id, Command::Split, says)
        }
        None => {
            model.say_no(format!("{} is not merged into another; v lists closed ones, merged ones too", incident.code_text()));
            Vec::new()
        }
    }
}

/// Opens an incident that was closed again, with a reason; one that was merged is taken out.
pub fn reopen(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    match incident.status.value {
        status if status.is_open() => {
            model.say(format!("{} is {status}, so it is open", incident.code_text()), Tone::Dim);
            Vec::new()
        }
        Status::Merged => split(model),
        _ => set_status(model, incident.id, Status::Investigating),
    }
}

/// Takes my last change in this incident back, and says which.
pub fn undo(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    let last = incident.last_change_of(model.me());
    if let Some(asks) = last.as_ref().and_then(|(event, _)| bulk::undo(model, *event)) {
        return asks;
    }
    match last {
        Some((event, command)) => {
            let (about, what) = match &command {
                Command::AmendEntry { entry, happened_at: Some(_), text: None, .. } => (*entry, "re-timing of "),
                Command::AmendEntry { entry, .. } => (*entry, "amendment of "),
                _ => (event, ""),
            };
            let words = incident.timeline.find(about).map_or("my last change".into(), |entry| match presenting::is_hidden(entry) {
                // The log of this program may be read while presenting.
                true => format!("{what}{}", entry.kind),
                false => format!("{what}{}: {}", entry.kind, entry.text),
            });
            let words = Safe::clipped(&words, 50).into_owned();
            let says = format!("{}: taken back: {words}", incident.code_text());
            asked::command(model, incident.id, Command::TakeBack { event }, says)
        }
        None => {
            model.say(format!("nothing of mine in {} can be taken back", incident.code_text()), Tone::Dim);
            Vec::new()
        }
    }
}
