//! Bodies that are missing, beside everything else: of records whose events were withheld and may be seen again, by their places; of incidents whose
//! history began before the base, by their names.

use crate::replica::standing::HistoryAsk;
use crate::replica::standing::Standing;
use crate::replica::sync::Fail;
use crate::replica::sync::Machine;
use crate::replica::sync::Output;
use crate::replica::sync::Phase;
use crate::wire::EventsPage;

impl Machine {
    /// Asks for the next ones, once everything else is here.
    pub(super) fn fill_on(&mut self) {
        if !matches!(self.phase, Phase::Caught | Phase::Listening { .. }) || self.filling {
            return;
        }
        if !self.standing.wanted.is_empty() {
            self.filling = true;
            self.out.push(Output::AskRecords { ticket: self.ticket, places: self.standing.wanted.clone() });
        } else if let Some(ask) = self.standing.history {
            self.filling = true;
            self.out.push(Output::AskHistory { ticket: self.ticket, ask });
        }
    }

    pub(super) fn history(&mut self, ask: HistoryAsk, answer: Result<Option<EventsPage>, Fail>, now_ms: u64) {
        match answer {
            Ok(page) => self.out.push(Output::KeepHistory { ask, page }),
            Err(fail) => self.fail(fail, now_ms),
        }
    }

    pub(super) fn records(&mut self, answer: Result<EventsPage, Fail>, now_ms: u64) {
        match answer {
            Ok(page) => self.out.push(Output::Fill(page)),
            Err(fail) => self.fail(fail, now_ms),
        }
    }

    pub(super) fn filled(&mut self, answer: Result<Standing, Fail>, now_ms: u64) {
        self.filling = false;
        match answer {
            Ok(standing) => self.stand(standing, now_ms),
            Err(fail) => self.fail(fail, now_ms),
        }
    }
}
