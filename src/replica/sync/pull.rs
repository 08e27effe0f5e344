//! The receiving half: pages until everything is here, and the way back to what both sides hold when the histories part.

use crate::ledger::Position;
use crate::replica::standing::Standing;
use crate::replica::sync::Ahead;
use crate::replica::sync::Fail;
use crate::replica::sync::Machine;
use crate::replica::sync::Output;
use crate::replica::sync::Phase;
use crate::replica::sync::Place;
use crate::replica::sync::Probe;
use crate::wire::EventsPage;

impl Machine {
    pub(super) fn ask_page(&mut self) {
        self.ahead = Ahead::No;
        if let Some(position) = self.standing.position {
            self.out.push(Output::AskPage { ticket: self.ticket, after: position.into() });
        }
    }

    pub(super) fn page(&mut self, answer: Result<EventsPage, Fail>, now_ms: u64) {
        match answer {
            answer if matches!(self.phase, Phase::Weighing(_)) => self.weighed(answer, now_ms),
            _ if self.phase != Phase::Paging => {}
            Ok(page) if self.applying => {
                self.heard_ms = now_ms;
                self.ahead = Ahead::Here(page);
            }
            answer => self.take_page(answer, now_ms),
        }
    }

    /// Stores a page; meanwhile the next one is asked for, so that the server and this copy work at the same time.
    pub(super) fn take_page(&mut self, answer: Result<EventsPage, Fail>, now_ms: u64) {
        self.ahead = Ahead::No;
        match answer {
            Ok(page) => {
                self.heard_ms = now_ms;
                self.head_seq = page.head.position.seq;
                self.out.extend(page.head.checkpoint.map(Output::Witness));
                if page.records.is_empty() {
                    self.caught_up(page.head.position);
                } else {
                    self.applying = true;
                    self.out.push(Output::Apply(page.records));
                    if let Some(next) = page.next {
                        let Position { log, epoch, .. } = page.head.position;
                        self.ahead = Ahead::Asked;
                        self.out.push(Output::AskPage { ticket: self.ticket, after: Place { log, epoch, seq: next, root: None } });
                    }
                }
            }
            Err(Fail::Resync) => self.probe_from_the_end(),
            Err(fail) => self.fail(fail, now_ms),
        }
    }

    pub(super) fn applied(&mut self, answer: Result<Standing, Fail>, now_ms: u64) {
        self.applying = false;
        match answer {
            Ok(standing) => {
                self.stand(standing, now_ms);
                match self.phase {
                    Phase::Paging => match std::mem::replace(&mut self.ahead, Ahead::No) {
                        Ahead::Here(page) => self.take_page(Ok(page), now_ms),
                        Ahead::Asked => self.ahead = Ahead::Asked,
                        // One more, empty page costs little and proves the root.
                        Ahead::No => self.ask_page(),
                    },
                    Phase::Listening { .. } => self.failures = 0,
                    _ => {}
                }
            }
            Err(fail) => self.fail(fail, now_ms),
        }
    }

    /// The server has nothing more: our root must be its root.
    pub(super) fn caught_up(&mut self, head: Position) {
        match self.standing.position {
            Some(ours) if ours.seq == head.seq && ours.root != head.root => self.probe_from_the_end(),
            Some(ours) if ours.seq > head.seq => self.probe_from_the_end(),
            _ => {
                self.offline_since_ms = None;
                self.phase = Phase::Caught;
                self.failures = 0;
                self.confirmed = true;
                if !self.caught_before && self.standing.sent > 0 {
                    // Said to be accepted before this attempt, and yet not among the records.
                    self.send_again();
                }
                self.caught_before = true;
            }
        }
    }

    /// Our position is not of the server's history: find the last record both hold, by halving.
    pub(super) fn probe_from_the_end(&mut self) {
        let Some(ours) = self.standing.position else { return };
        self.ticket += 1;
        self.buffer.clear();
        self.ahead = Ahead::No;
        self.out.push(Output::CloseStream);
        self.push.forget();
        self.phase = Phase::Probing { low: 0, high: ours.seq + 1, ours, epoch: None };
        self.out.push(Output::Probe { ticket: self.ticket, seq: ours.seq });
    }

    pub(super) fn probed(&mut self, answer: Result<Probe, Fail>, now_ms: u64) {
        let Phase::Probing { low, high, ours, epoch } = self.phase else { return };
        let probe = match answer {
            Ok(probe) => probe,
            Err(Fail::Resync) => return self.back_off("the server does not say where its log ends".into(), None, now_ms),
            Err(fail) => return self.fail(fail, now_ms),
        };
        let (low, high) = if probe.same { (probe.seq, high) } else { (low, probe.seq.min(high).min(probe.head.seq + 1)) };
        let is_another = epoch.is_some_and(|epoch| epoch != probe.head.epoch);
        if is_another || self.applying || self.standing.position != Some(ours) {
            // Records that were on their way to the disk are held by now, or the log was restored meanwhile: what was asked says nothing of that.
            return self.probe_from_the_end();
        }
        if high <= low + 1 {
            return self.weigh(low, probe.head, now_ms);
        }
        self.phase = Phase::Probing { low, high, ours, epoch: Some(probe.head.epoch) };
        self.out.push(Output::Probe { ticket: self.ticket, seq: low + (high - low) / 2 });
    }

    fn weigh(&mut self, seq: u64, head: Position, now_ms: u64) {
        let Some((base, root)) = self.standing.base.filter(|(base, _)| *base == seq) else { return self.cut(seq, head, now_ms) };
        self.phase = Phase::Weighing(head);
        let after = Place { log: head.log, epoch: head.epoch, seq: base, root: Some(root) };
        self.out.push(Output::AskPage { ticket: self.ticket, after });
    }

    fn weighed(&mut self, answer: Result<EventsPage, Fail>, now_ms: u64) {
        let (Phase::Weighing(head), Some((base, _))) = (&self.phase, self.standing.base) else { return };
        let head = *head;
        match answer {
            Ok(_) => self.cut(base, head, now_ms),
            // The base itself is of a stretch that the server lost, though its log is as long again: the copy begins anew.
            Err(Fail::Resync) => self.cut(0, head, now_ms),
            Err(fail) => self.fail(fail, now_ms),
        }
    }

    fn cut(&mut self, seq: u64, head: Position, now_ms: u64) {
        let is_again = self.cut_before == Some(head.epoch);
        if is_again && self.confirmed {
            return self.back_off("the server asks again and again to start anew".into(), None, now_ms);
        }
        if is_again {
            let why = "the server's log does not fit itself; ask whoever runs it, and see `warroom verify`";
            return self.refuse(why.into(), now_ms);
        }
        (self.cut_before, self.confirmed) = (Some(head.epoch), false);
        if self.standing.position.is_some_and(|ours| ours.seq == seq && ours.epoch == head.epoch) {
            // We were only too slow, or asked at a bad moment.
            self.phase = Phase::Paging;
            return self.ask_page();
        }
        self.phase = Phase::Cutting;
        self.out.push(Output::CutBack { ticket: self.ticket, seq, epoch: head.epoch });
    }
}
