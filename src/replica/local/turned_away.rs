//! That the server turns a token away, kept for every process of this home: whoever writes next with that token hears it at that moment.

use crate::domain::Timestamp;
use crate::replica::fault::Fault;
use crate::replica::local::Local;
use crate::replica::snapshot::Link;
use rusqlite::types::Null;

impl Local {
    /// Keeps what the server says to a token, known by its mark; nothing where it takes it.
    pub fn keep_turned_away(&mut self, mark: &str, link: &Link, now: Timestamp) {
        let told = match link {
            Link::Refused { why } | Link::LockedOut { why } => Some(format!("{mark} {why}")),
            Link::Live { .. } => None,
            _ => return,
        };
        // What cannot be kept is heard by asking the server.
        let _ = self.turn_away(told, now);
    }

    /// The server takes the token.
    pub(super) fn welcome(&mut self, now: Timestamp) {
        let _ = self.turn_away(None, now);
    }

    fn turn_away(&mut self, told: Option<String>, now: Timestamp) -> Result<(), Fault> {
        if self.turned_away != told && !self.read_only {
            self.small_write(now, |database| match &told {
                Some(told) => database.keep_fact("turned_away", told),
                None => database.keep_fact("turned_away", Null),
            })?;
            self.turned_away = told;
        }
        Ok(())
    }

    /// Why the server turns away the token with this mark, as far as any process of this home heard last.
    pub fn turned_away(&self, mark: &str) -> Option<String> {
        self.turned_away.as_ref()?.strip_prefix(mark).map(|why| why.trim_start().to_owned())
    }
}
