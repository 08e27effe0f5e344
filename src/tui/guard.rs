//! The one door between this screen and what is recorded: whatever asks, what may not be written does not get out.

use crate::domain::Refusal;
use crate::replica::request::Request;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Link;
use crate::tui::answers;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::presenting::HIDDEN;

/// Why nothing is written, in a sentence.
const READ_ONLY: &str = "this is a read-only session: nothing is recorded or kept; start without --read-only to write";
const LOCKED_OUT: &str = "your token no longer counts: nothing is recorded, and what is typed stays a draft; `!` says what to do";
const WORDS_HIDDEN: &str = "its words are hidden while presenting; `present` shows them, then it can be changed";

/// Why nothing is recorded, if so.
pub fn bar(model: &Model) -> Option<Refusal> {
    match &model.snapshot.link {
        _ if model.is_read_only => Some(Refusal::never("read_only", READ_ONLY)),
        Link::LockedOut { .. } => Some(Refusal::later("locked_out", LOCKED_OUT)),
        _ => None,
    }
}

/// Lets out what may be asked for, and answers the rest with why not.
pub fn pass(model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
    let mut passed = Vec::with_capacity(effects.len());
    for effect in effects {
        match effect {
            Effect::Ask(ticket, request) => match refusal(model, &request) {
                Some(refusal) => passed.extend(answers::answered(model, ticket, Answer::Refused(refusal))),
                None => passed.push(Effect::Ask(ticket, request)),
            },
            Effect::Keep { .. } if model.is_read_only || model.is_in_memory => {
                model.say_no("this session writes no file: its folder stays as it is; `warroom export` prints the document");
            }
            effect => passed.push(effect),
        }
    }
    passed
}

fn refusal(model: &Model, request: &Request) -> Option<Refusal> {
    let writes = match request {
        Request::Command { .. } | Request::SendDirect { .. } => true,
        Request::RetryParked(_) | Request::MoveParked { .. } | Request::DiscardParked(_) => true,
        Request::Dismiss(_) | Request::DismissAlarm | Request::Name(_) => true,
        // Drafts and the last view go to memory, and end there.
        Request::KeepDraft { .. } | Request::DropDraft { .. } => false,
        Request::Open(_) | Request::Hash(_) | Request::Search { .. } | Request::Here { .. } | Request::SyncNow => false,
    };
    if let Some(refusal) = bar(model).filter(|_| writes) {
        return Some(refusal);
    }
    // What stands in the place of hidden words must not be recorded as if it were them.
    let is_hidden = |command| format!("{command:?}").contains(HIDDEN);
    matches!(request, Request::Command { command, .. } | Request::SendDirect { command, .. } if model.presented.is_some() && is_hidden(command))
        .then(|| Refusal::never("hidden", WORDS_HIDDEN))
}
