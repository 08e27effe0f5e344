//! Why a command did not do what was asked: one kind an exit code, one sentence a kind. The sentence says what happened, why, and what to do.

use crate::domain::Refusal;
use serde_json::json;
use std::io;
use std::path::Path;
use thiserror::Error;

/// An end that is not success. Exit codes are promises to scripts.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum Failure {
    /// Exit code 1: it was tried and did not work.
    #[error("{0}")]
    Failed(String),
    /// Exit code 1: it could not be saved here, and no server has it either.
    #[error("{0}")]
    NotSaved(String),
    /// Exit code 2: it was asked for in a way that cannot work.
    #[error("{0}")]
    Usage(String),
    /// Exit code 3: there is no such incident, role, person or file.
    #[error("{0}")]
    Missing(String),
    /// Exit code 4: a rule or the server says no.
    #[error("{reason}")]
    Refused {
        /// Stable, for programs.
        code: String,
        /// The same in words.
        reason: String,
    },
    /// Exit code 5: it takes the remote, which is out of reach.
    #[error("{0}")]
    Unreachable(String),
    /// Exit code 6: the store here is damaged.
    #[error("{0}")]
    Damaged(String),
    /// Whoever read our output went away (`| head`): nobody is left to tell, so this ends quietly with 0.
    #[error("the reader of the output went away")]
    ReaderGone,
}

impl Failure {
    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::NotSaved(_) => 1,
            Self::Usage(_) => 2,
            Self::Missing(_) => 3,
            Self::Refused { .. } => 4,
            Self::Unreachable(_) => 5,
            Self::Damaged(_) => 6,
            Self::ReaderGone => 0,
        }
    }

    /// One word for programs; a refusal's own code.
    pub fn word(&self) -> &str {
        match self {
            Self::Failed(_) => "failed",
            Self::NotSaved(_) => "not_saved",
            Self::Usage(_) => "usage",
            Self::Missing(_) => "not_found",
            Self::Refused { code, .. } => code,
            Self::Unreachable(_) => "unreachable",
            Self::Damaged(_) => "damaged",
            Self::ReaderGone => "reader_gone",
        }
    }

    /// The same, and something more to be told.
    #[must_use]
    pub fn and(mut self, more: &str) -> Self {
        match &mut self {
            Self::Failed(words)
            | Self::NotSaved(words)
            | Self::Usage(words)
            | Self::Missing(words)
            | Self::Refused { reason: words, .. }
            | Self::Unreachable(words)
            | Self::Damaged(words) => words.push_str(more),
            Self::ReaderGone => {}
        }
        self
    }

    /// `{"error": {"exit", "code", "message"}}`, what `--json` prints on stderr.
    pub fn to_json(&self) -> serde_json::Value {
        json!({"error": {"exit": self.exit_code(), "code": self.word(), "message": self.to_string()}})
    }

    /// A file or folder could not be used for `what` ("read", "written", "created").
    pub fn of_file(path: &Path, what: &str, why: &io::Error) -> Self {
        let sentence = format!("{} cannot be {what}: {}", path.display(), io_words(why));
        match why.kind() {
            io::ErrorKind::NotFound => Self::Missing(sentence),
            _ => Self::Failed(sentence),
        }
    }
}

impl From<Refusal> for Failure {
    /// What is not known here is missing (3); every other rule refuses (4).
    fn from(refusal: Refusal) -> Self {
        match refusal.code {
            "unknown_incident" | "unknown_role" | "unknown_entry" | "unknown_task" => Self::Missing(refusal.reason),
            "history_not_held" => Self::Unreachable(refusal.reason),
            "empty" | "nothing" | "unknown_dimension" | "bad_level" | "bad_kind" => Self::Usage(refusal.reason),
            code => Self::Refused { code: code.to_owned(), reason: refusal.reason },
        }
    }
}

/// An I/O error without the operating system's number behind it.
pub fn io_words(why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::NotFound => "it does not exist".into(),
        io::ErrorKind::PermissionDenied => "this user may not do that".into(),
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        _ => {
            let text = why.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_exit_code() {
        assert_eq!(Failure::from(Refusal::never("unknown_role", "no")).exit_code(), 3);
        assert_eq!(Failure::from(Refusal::never("command_held", "no")).exit_code(), 4);
        assert_eq!(Failure::from(Refusal::never("command_held", "no")).to_json()["error"]["code"], "command_held");
        let gone = Failure::of_file(Path::new("/x"), "read", &io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(gone, Failure::Missing("/x cannot be read: it does not exist".into()));
    }
}
