//! Commands typed into the write box: `/status contained`, `/assign ops chi`, `/task chi check signer-3 in 10m`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::Command;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::Score;
use crate::domain::Severity;
use crate::domain::Status;
use crate::report;
use crate::text::Safe;
use crate::text::clock;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::verbs::record;
use crate::tui::verbs::submitted;
use crate::tui::verbs::writing;
use crate::tui::write::Topic;
use crate::tui::write::WriteBox;

/// A command as it is written, and what its words are about.
pub struct Usage {
    pub word: &'static str,
    pub usage: &'static str,
    pub arguments: &'static [Topic],
}

/// Every command.
pub const COMMANDS: [Usage; 9] = [
    Usage { word: "status", usage: "/status contained [reason]", arguments: &[Topic::Status] },
    Usage { word: "severity", usage: "/severity 2 [reason]", arguments: &[Topic::Severity] },
    Usage { word: "assess", usage: "/assess service=3 loss=2", arguments: &[Topic::Dimension] },
    Usage { word: "assign", usage: "/assign ops chi", arguments: &[Topic::Role, Topic::Person] },
    Usage { word: "release", usage: "/release ops", arguments: &[Topic::Role, Topic::Person] },
    Usage { word: "task", usage: "/task chi check signer-3 in 10m", arguments: &[Topic::Person] },
    Usage { word: "take", usage: "/take [reason]", arguments: &[] },
    Usage { word: "offer", usage: "/offer bo", arguments: &[Topic::Person] },
    Usage { word: "move", usage: "/move INC-41 (the selected entry, else my last)", arguments: &[Topic::Incident] },
];

/// Gives the command; the box keeps its words until it is recorded. What closes or takes command from someone is asked for first.
pub fn run(model: &mut Model, word: &str, args: &str) -> Vec<Effect> {
    let id = model.write.as_ref().and_then(WriteBox::incident);
    let Some(incident) = id.and_then(|id| model.incident(id)).map(Arc::clone) else {
        return record::refuse(model, "this incident is not loaded yet");
    };
    match read(model, &incident, word, args) {
        Ok(command) => match question(model, &incident, &command) {
            Some((question, means)) => verbs::confirm(model, question, means, &incident, command),
            None => {
                if let Command::MoveEntry { entry, to } = &command
                    && let Some(moved) = incident.timeline.find(*entry)
                {
                    let time = clock::clock_s(moved.at.millis(), model.clockface.zone(model.look.local));
                    let words = Safe::clipped(&moved.text, 60).into_owned();
                    model.say(format!("moves the line of {time} to {}: {words}", model.code_of(*to)), Tone::Info);
                }
                record::give(model, incident.id, command)
            }
        },
        Err(why) => record::refuse(model, &why),
    }
}

/// What is asked before a command is given, and what one must know for the answer.
fn question(model: &Model, incident: &Incident, command: &Command) -> Option<(String, String)> {
    let name = model.name_of(incident.id);
    match command {
        Command::SetStatus { status, .. } if !status.is_open() => {
            Some((format!("{name}: {} → {status}?", incident.status.value), String::new()))
        }
        Command::TakeCommand { .. } => {
            let holder = incident.commander().filter(|holding| holding.person != *model.me())?;
            Some((format!("Take command of {name} from {}?", holder.person), "Taking it is loud for everyone.".into()))
        }
        Command::OfferCommand { person, briefing } => Some((
            format!("Offer command of {name} to {person}?"),
            format!("This briefing goes with it; you keep command until {person} accepts.\n\n{briefing}"),
        )),
        _ => None,
    }
}

fn read(model: &Model, incident: &Incident, word: &str, args: &str) -> Result<Command, String> {
    let usage = || COMMANDS.iter().find(|command| command.word == word).map_or("", |command| command.usage);
    let (first, rest) = args.split_once(char::is_whitespace).map_or((args, ""), |(first, rest)| (first, rest.trim()));
    if first.is_empty() && word != "take" {
        return Err(format!("write it as in {}", usage()));
    }
    Ok(match word {
        "status" => Command::SetStatus { status: first.parse::<Status>()?, reason: rest.into() },
        "severity" => Command::SetSeverity { severity: first.parse::<Severity>()?, reason: rest.into() },
        "assess" => Command::Assess { scores: scores(model, args)?, reason: String::new() },
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
            let briefing = report::briefing_text(&report::briefing(incident, model.org(), model.now(), unsent));
            Command::OfferCommand { person: person(first, usage())?, briefing }
        }
        "move" => {
            let chosen =
                model.timeline.selected.and(model.timeline.selected_entry(incident)).filter(|_| model.in_hand == Some(incident.id));
            let entry = chosen.or_else(|| writing::last_of_mine(model, incident));
            let entry = entry.ok_or("no entry is selected, and you have written nothing here that could be moved")?;
            Command::MoveEntry { entry: entry.id, to: other(model, first)? }
        }
        _ => return Err(format!("/{word} is not a command here")),
    })
}

fn role(model: &Model, word: &str) -> Result<RoleId, String> {
    let known = || model.org().roles.iter().map(|role| role.short.as_str()).collect::<Vec<_>>().join(", ");
    model.org().role(word).map(|role| role.id.clone()).ok_or_else(|| format!("`{word}` is not a role; roles are {}", known()))
}

fn person(word: &str, usage: &str) -> Result<Person, String> {
    let person = Person::new(word.trim_start_matches('@'));
    person.check().map_err(|why| format!("{why}; write it as in {usage}"))?;
    Ok(person)
}

/// `service=3 loss=2`; `service=?` is unknown again.
fn scores(model: &Model, args: &str) -> Result<BTreeMap<String, Score>, String> {
    let dimensions = &model.org().matrix.dimensions;
    let mut scores = BTreeMap::new();
    for pair in args.split_whitespace() {
        let (name, level) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is not a score; write it as in service=3"))?;
        let known = dimensions.iter().find(|dimension| dimension.id == name || dimension.short == name);
        let known = known.ok_or_else(|| {
            let names = dimensions.iter().map(|dimension| dimension.id.as_str()).collect::<Vec<_>>().join(", ");
            format!("`{name}` is not a dimension; dimensions are {names}")
        })?;
        let level = match level {
            "?" => None,
            level => Some(
                level.parse().map_err(|_| format!("`{level}` is not a level of {}; levels go from 0 to {}", known.id, known.highest()))?,
            ),
        };
        scores.insert(known.id.clone(), Score { level, amount_usd: None });
    }
    Ok(scores)
}

fn other(model: &Model, code: &str) -> Result<IncidentId, String> {
    let code = code.trim_end_matches(':');
    let found = model.snapshot.headers.values().find(|header| header.code_text().eq_ignore_ascii_case(code));
    let older = || code.parse().ok().and_then(|code| model.snapshot.older.by_code(code));
    found
        .map(|header| header.id)
        .or_else(older)
        .ok_or_else(|| format!("`{code}` is not an incident held here; write it as in /move INC-41"))
}
