//! A copy that is to hold only the last days: it asks where these begin, takes the heads of all incidents, and goes on from there as every copy does.

use crate::domain::IncidentId;
use crate::replica::standing::Standing;
use crate::replica::sync::Fail;
use crate::replica::sync::Machine;
use crate::replica::sync::Output;
use crate::replica::sync::Phase;
use crate::wire::Base;
use crate::wire::HeadsPage;

impl Machine {
    /// Catches up from where the copy stands; one that holds nothing yet, from where its days begin.
    pub(super) fn catch_up(&mut self) {
        match self.standing.begins {
            Some(begins) => {
                self.phase = Phase::Beginning(None);
                self.out.push(Output::AskBase { ticket: self.ticket, days: begins.days });
            }
            None => {
                self.phase = Phase::Paging;
                self.ask_page();
            }
        }
    }

    pub(super) fn based(&mut self, answer: Result<Option<Base>, Fail>, now_ms: u64) {
        match answer {
            Ok(Some(base)) if base.position.seq > 0 => {
                self.heard_ms = now_ms;
                self.head_seq = base.head.position.seq;
                self.phase = Phase::Beginning(Some(Box::new(base)));
                let after = self.standing.begins.and_then(|begins| begins.after);
                self.out.push(Output::AskHeads { ticket: self.ticket, after });
            }
            // Everything is within the days, or the server is older than bases: all of it is taken.
            Ok(_) => {
                self.phase = Phase::Paging;
                self.ask_page();
            }
            Err(fail) => self.fail(fail, now_ms),
        }
    }

    pub(super) fn heads(&mut self, answer: Result<HeadsPage, Fail>, now_ms: u64) {
        match answer {
            Ok(page) => {
                self.heard_ms = now_ms;
                self.out.push(Output::KeepHeads { ticket: self.ticket, page });
            }
            Err(fail) => self.fail(fail, now_ms),
        }
    }

    pub(super) fn heads_kept(&mut self, answer: Result<Option<IncidentId>, Fail>, now_ms: u64) {
        match answer {
            Ok(Some(after)) => self.out.push(Output::AskHeads { ticket: self.ticket, after: Some(after) }),
            Ok(None) => {
                if let Phase::Beginning(Some(base)) = std::mem::replace(&mut self.phase, Phase::Joining) {
                    self.out.push(Output::Begin { ticket: self.ticket, base });
                }
            }
            Err(fail) => self.fail(fail, now_ms),
        }
    }

    /// The copy joined the log, or began within it.
    pub(super) fn joined(&mut self, ticket: u64, answer: Result<Standing, Fail>, now_ms: u64) {
        match answer {
            Ok(standing) => {
                self.stand(standing, now_ms);
                if ticket == self.ticket && self.phase == Phase::Joining {
                    self.catch_up();
                }
            }
            Err(fail) if ticket == self.ticket => self.fail(fail, now_ms),
            Err(_) => {}
        }
    }
}
