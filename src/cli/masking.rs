//! What may not be recorded is stopped once, for every command that writes: a person is asked, a program's text is masked and it is said.

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::war_room::ask;
use crate::cli::war_room::on_terminal;
use crate::domain::Command;
use crate::domain::Event;
use crate::secret;
use crate::secret::Find;
use serde_json::Value;
use serde_json::json;

/// Something that was masked before it was recorded.
#[derive(Clone, PartialEq, Debug)]
pub struct Masked {
    /// What it looked like: `private key`.
    pub what: &'static str,
    /// The text it stood in: `text`, `title`, `reason`.
    pub field: &'static str,
    /// The character it began with, from 1.
    pub at: usize,
}

impl Masked {
    /// `{"what", "field", "at"}`
    pub fn to_json(&self) -> Value {
        json!({"what": self.what, "field": self.field, "at": self.at})
    }
}

/// Masks the secrets in a command's words: as the person says, or by default where nobody can be asked. Answers what was masked.
///
/// # Errors
/// When the person wants nothing recorded, or the terminal is gone.
pub fn settle(session: &Session, command: &mut Command) -> Result<Vec<Masked>, Failure> {
    if session.global.record_secrets {
        return Ok(Vec::new());
    }
    let mut found: Vec<_> = command.texts_mut().into_iter().map(|(field, text)| (field, secret::find(text), text)).collect();
    found.retain(|(_, finds, _)| !finds.is_empty());
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let places = |sure: bool| -> Vec<String> {
        let of_field = |(field, finds, text): &(&'static str, Vec<Find>, &mut String)| -> Vec<String> {
            let finds = finds.iter().filter(|find| find.is_sure == sure);
            finds.map(|find| format!("{} ({field}, character {})", find.secret.words(), character(text, find))).collect()
        };
        found.iter().flat_map(of_field).collect()
    };
    if !session.output.json && on_terminal() {
        let all = [places(true), places(false)].concat().join(", ");
        let question =
            format!("This looks like {all}. Once recorded, every copy has it.\nEnter masks it, r records it as it is, q records nothing: ");
        match ask(&question)?.as_str() {
            "" | "m" => {}
            "r" => return Ok(Vec::new()),
            _ => return Err(Failure::Failed("nothing was recorded".into())),
        }
    } else {
        if let sure @ [_, ..] = places(true).as_slice() {
            session.output.note(&format!("masked before it was recorded: {}; --record-secrets records it as it is", sure.join(", ")));
        }
        if let unsure @ [_, ..] = places(false).as_slice() {
            let all = unsure.join(", ");
            session.output.note(&format!("this may be {all}, and was recorded as it is; if it is one, `warroom redact` deletes it"));
        }
        found.iter_mut().for_each(|(_, finds, _)| finds.retain(|find| find.is_sure));
    }
    let mut masked = Vec::new();
    for (field, finds, text) in found {
        masked.extend(finds.iter().map(|find| Masked { what: find.secret.word(), field, at: character(text, find) }));
        *text = secret::mask(text, &finds);
    }
    Ok(masked)
}

/// Masks what is surely a secret in events that are told from elsewhere; answers in how many places.
pub fn past(session: &Session, events: &mut [Event]) -> usize {
    if session.global.record_secrets {
        return 0;
    }
    let mut places = 0;
    for (_, text) in events.iter_mut().flat_map(|event| event.body.texts_mut()) {
        if let Some((masked, finds)) = secret::masked(text) {
            *text = masked;
            places += finds.len();
        }
    }
    places
}

fn character(text: &str, find: &Find) -> usize {
    text[..find.range.start].chars().count() + 1
}
