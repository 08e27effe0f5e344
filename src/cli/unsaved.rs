//! Words that are neither on this disk nor at the server: given back whole, so that whoever wrote them can keep them elsewhere.

use crate::cli::failure::Failure;
use crate::domain::Command;

/// What is said of a command that could not be saved (`why`) and did not reach the server (`reason`).
pub fn told(why: &str, reason: &str, command: &Command) -> Failure {
    let words = words(command).into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("\n");
    let back = if words.is_empty() { String::new() } else { format!("; your words, to keep elsewhere:\n{}", words) };
    Failure::NotSaved(format!("NOT SAVED: {why}; and the server does not have it: {reason}{back}"))
}

/// What a person wrote in a command.
fn words(command: &Command) -> Vec<&str> {
    match command {
        Command::AddEntry(entry) => vec![&entry.text],
        Command::AmendEntry { text, reason, .. } => text.iter().map(String::as_str).chain([reason.as_str()]).collect(),
        Command::Declare { title, summary, .. } => vec![title, summary],
        Command::Edit { title, summary, .. } => title.iter().chain(summary).map(String::as_str).collect(),
        Command::GiveTask { text, .. } => vec![text],
        Command::FinishTask { result, .. } => vec![result],
        Command::SetStatus { reason, .. }
        | Command::SetSeverity { reason, .. }
        | Command::Assess { reason, .. }
        | Command::OverridePriority { reason, .. }
        | Command::TakeCommand { reason }
        | Command::DeclineCommand { reason }
        | Command::WithdrawTask { reason, .. }
        | Command::StrikeEntry { reason, .. } => vec![reason],
        _ => Vec::new(),
    }
}
