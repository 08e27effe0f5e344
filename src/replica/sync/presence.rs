//! Telling the server now and then that somebody is here.

use crate::replica::sync::Here;
use crate::replica::sync::Machine;
use crate::replica::sync::Output;
use crate::replica::sync::Phase;

/// How often it is told although nothing changed: more than twice before the server takes silence for leaving.
const TELL_EVERY_MS: u64 = 60_000;

/// What there is to tell, and when.
#[derive(Debug, Default)]
pub(super) struct Reporting {
    here: Option<Here>,
    /// When `here` was taken.
    taken_ms: u64,
    told_ms: u64,
    /// There is news, or a stream that was told nothing yet.
    pub is_due: bool,
}

impl Reporting {
    pub(super) fn take(&mut self, here: Here, now_ms: u64) {
        (self.here, self.taken_ms, self.is_due) = (Some(here), now_ms, true);
    }
}

impl Machine {
    /// Reports while the stream is open: the server passes presence on only to those who listen.
    pub(super) fn report(&mut self, now_ms: u64) {
        let is_due = self.reporting.is_due || self.next_report_ms().is_some_and(|due_ms| now_ms >= due_ms);
        if let (Phase::Listening { open: true }, Some(here), true) = (&self.phase, self.reporting.here, is_due) {
            let key_age_ms = here.key_age_ms.saturating_add(now_ms - self.reporting.taken_ms);
            self.out.push(Output::Report(Here { key_age_ms, ..here }));
            (self.reporting.is_due, self.reporting.told_ms) = (false, now_ms);
        }
    }

    pub(super) fn next_report_ms(&self) -> Option<u64> {
        let listens = self.phase == Phase::Listening { open: true };
        (listens && self.reporting.here.is_some()).then_some(self.reporting.told_ms + TELL_EVERY_MS)
    }
}
