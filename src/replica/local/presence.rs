//! Who is there: what the person here does goes to the exchange, what others do comes from it. Nothing of it is on disk.

use crate::replica::local::Local;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Presence;
use crate::replica::sync::Here;
use crate::replica::sync::Input;
use crate::wire::PresenceNews;
use std::sync::Arc;
use std::time::Instant;

impl Local {
    /// What the person here does; an exchange that begins later is told then.
    pub fn here(&mut self, here: Here) -> Answer {
        self.here = Some((here, Instant::now()));
        self.tell_presence();
        Answer::Done
    }

    pub(super) fn tell_presence(&self) {
        if let (Some(exchange), Some((here, since))) = (&self.exchange, &self.here) {
            let key_age_ms = here.key_age_ms.saturating_add(since.elapsed().as_millis() as u64);
            // An error says that the exchange has ended; the next one asks again.
            let _ = exchange.send(Input::Here(Here { key_age_ms, ..*here }));
        }
    }

    /// What the server says of others.
    pub fn see(&mut self, news: PresenceNews) {
        let known = Arc::make_mut(&mut self.presence);
        for seen in news.people {
            let presence =
                Presence { last_key_at: seen.last_key_at, incident: seen.incident, is_writing: seen.writing, left_at: seen.left_at };
            known.insert(seen.person, presence);
        }
        self.dirty = true;
    }
}
