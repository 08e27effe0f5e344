//! Commands typed into the write box: `/status contained`, `/assign ops chi`, `/task chi check signer-3 in 10m`.

use std::sync::Arc;

use crate::domain::Command;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Severity;
use crate::domain::Status;
use crate::replica::request::Request;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::verbs::submitted;
use crate::tui::verbs::writing;
use crate::tui::write::WriteBox;

/// Every command with how it is written.
pub const COMMANDS: [(&str, &str); 8] = [
    ("status", "/status contained [reason]"),
    ("severity", "/severity 2 [reason]"),
    ("assign", "/assign ops chi"),
    ("release", "/release ops"),
    ("task", "/task chi check signer-3 in 10m"),
    ("take", "/take [reason]"),
    ("offer", "/offer bo"),
    ("move", "/move INC-41: my last entry belongs there"),
];

/// Gives the command; the box keeps its words until it is recorded.
pub fn run(model: &mut Model, word: &str, args: &str) -> Vec<Effect> {
    let id = model.write.as_ref().and_then(WriteBox::incident);
    let Some(incident) = id.and_then(|id| model.incident(id)).map(Arc::clone) else {
        return refuse(model, "this incident is not loaded yet".into());
    };
    match read(model, &incident, word, args) {
        Ok(command) => {
            let request = Request::Command { incident: incident.id, command, draft: None };
            vec![asked::ask(model, request, Asked::Write)]
        }
        Err(why) => refuse(model, why),
    }
}

fn refuse(model: &mut Model, why: String) -> Vec<Effect> {
    let refusal = crate::domain::Refusal::never("bad_command", why);
    writing::answered(model, crate::replica::snapshot::Answer::Refused(refusal))
}

fn read(model: &Model, incident: &Incident, word: &str, args: &str) -> Result<Command, String> {
    let usage = || COMMANDS.iter().find(|(known, _)| *known == word).map_or("", |(_, usage)| usage);
    let (first, rest) = args.split_once(char::is_whitespace).map_or((args, ""), |(first, rest)| (first, rest.trim()));
    if first.is_empty() && word != "take" {
        return Err(format!("write it as in {}", usage()));
    }
    Ok(match word {
        "status" => Command::SetStatus { status: first.parse::<Status>()?, reason: rest.into() },
        "severity" => Command::SetSeverity { severity: first.parse::<Severity>()?, reason: rest.into() },
        "assign" => Command::AssignRole { role: role(model, first)?, person: person(rest, usage())? },
        "release" => Command::ReleaseRole { role: role(model, first)?, person: (!rest.is_empty()).then(|| Person::new(rest)) },
        "task" => {
            // The last " in " or " by " begins the time-box, if what follows is one.
            let boxed = [" in ", " by "].iter().filter_map(|word| rest.rsplit_once(word)).find_map(|(text, typed)| {
                let due = submitted::due(model, typed).ok().flatten()?;
                Some((text, due))
            });
            let (text, due_at) = boxed.map_or((rest, None), |(text, due)| (text, Some(due)));
            if text.trim().is_empty() {
                return Err(format!("write it as in {}", usage()));
            }
            Command::GiveTask { person: person(first, usage())?, text: text.trim().into(), due_at }
        }
        "take" => Command::TakeCommand { reason: args.into() },
        "offer" => {
            let unsent = model.snapshot.unsent.get(&incident.id).copied().unwrap_or(0);
            let briefing = crate::report::briefing_text(&crate::report::briefing(incident, model.org(), model.now(), unsent));
            Command::OfferCommand { person: person(first, usage())?, briefing }
        }
        "move" => {
            let last = incident.timeline.iter().rev().find(|entry| entry.by == *model.me() && entry.kind.is_written() && entry.stands());
            let entry = last.ok_or("you have written nothing here that could be moved")?;
            Command::MoveEntry { entry: entry.id, to: other(model, first)? }
        }
        _ => return Err(format!("/{word} is not a command here")),
    })
}

fn role(model: &Model, word: &str) -> Result<crate::domain::RoleId, String> {
    let known = || model.org().roles.iter().map(|role| role.short.as_str()).collect::<Vec<_>>().join(", ");
    model.org().role(word).map(|role| role.id.clone()).ok_or_else(|| format!("`{word}` is not a role; roles are {}", known()))
}

fn person(word: &str, usage: &str) -> Result<Person, String> {
    let person = Person::new(word.trim_start_matches('@'));
    person.check().map_err(|why| format!("{why}; write it as in {usage}"))?;
    Ok(person)
}

fn other(model: &Model, code: &str) -> Result<IncidentId, String> {
    let found = model.incidents.open.iter().find(|row| row.header.code_text().eq_ignore_ascii_case(code));
    found.map(|row| row.header.id).ok_or_else(|| format!("`{code}` is not an open incident here"))
}
