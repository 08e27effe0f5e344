//! Listening to the stream, and saying how the link stands.

use crate::replica::sync::Ahead;
use crate::replica::sync::BUFFER_MAX_RECORDS;
use crate::replica::sync::Machine;
use crate::replica::sync::Output;
use crate::replica::sync::Phase;
use crate::replica::sync::SHOW_EVERY_MS;
use crate::replica::sync::Shown;
use crate::replica::sync::StreamItem;
use crate::wire::Head;

impl Machine {
    pub(super) fn streamed(&mut self, item: StreamItem, now_ms: u64) {
        let Phase::Listening { open } = &mut self.phase else { return };
        match item {
            StreamItem::Ended(fail) => return self.fail(fail, now_ms),
            StreamItem::Leaving => return self.come_again(now_ms),
            // A server older than streams of presence alone sends records too: another process stores them.
            StreamItem::Resync | StreamItem::Record(_) | StreamItem::Head(_) if self.beside => *open = true,
            StreamItem::Resync => return self.probe_from_the_end(),
            StreamItem::Opened => {
                *open = true;
                if self.beside {
                    (self.offline_since_ms, self.failures) = (None, 0);
                }
                self.reporting.is_due = true;
            }
            StreamItem::Alive => *open = true,
            StreamItem::Presence(news) => {
                *open = true;
                self.out.push(Output::See(news));
            }
            StreamItem::Record(pair) => {
                *open = true;
                self.cut_before = None;
                self.buffer.push(pair);
            }
            StreamItem::Head(head) => {
                *open = true;
                self.take_head(&head);
            }
        }
        self.heard_ms = now_ms;
        if self.buffer.len() > BUFFER_MAX_RECORDS {
            self.buffer.clear();
            self.ahead = Ahead::No;
            self.ticket += 1;
            self.push.forget();
            self.out.push(Output::CloseStream);
            self.phase = Phase::Paging;
            self.ask_page();
        }
    }

    pub(super) fn take_head(&mut self, head: &Head) {
        self.out.extend(head.checkpoint.clone().map(Output::Witness));
        self.head_seq = self.head_seq.max(head.position.seq);
        if let Some(ours) = self.standing.position
            && !self.applying
            && self.buffer.is_empty()
            && ours.seq == head.position.seq
            && ours.root != head.position.root
        {
            self.probe_from_the_end();
        }
    }

    pub(super) fn is_stale(&self) -> bool {
        matches!(&self.shown, Some(Shown::Live { stale: true, .. }))
    }

    pub(super) fn mark_stale(&mut self) {
        if let Some(Shown::Live { stale, .. }) = &mut self.shown
            && !*stale
        {
            *stale = true;
            self.out.extend(self.shown.clone().map(Output::Show));
        }
    }

    pub(super) fn show(&mut self) {
        let shown = match &self.phase {
            Phase::Idle => return,
            Phase::Listening { open: true } => {
                let met = self.met.as_ref();
                let (round_trip_ms, skew_ms) = met.map_or((0, 0), |met| (met.round_trip_ms, met.skew_ms));
                let stale = self.is_stale() && matches!(&self.shown, Some(Shown::Live { heard_ms, .. }) if *heard_ms == self.heard_ms);
                Shown::Live { round_trip_ms, skew_ms, heard_ms: self.heard_ms, stale }
            }
            Phase::BackOff { why, is_here: true, .. } => Shown::Unstored { why: why.clone() },
            Phase::BackOff { until_ms, why, is_here: false } => {
                let since_ms = self.offline_since_ms.unwrap_or(*until_ms);
                Shown::Offline { since_ms, why: why.clone(), retry_at_ms: *until_ms }
            }
            Phase::Refused { why, is_locked_out: true, .. } => Shown::LockedOut { why: why.clone() },
            Phase::Refused { why, .. } => Shown::Refused { why: why.clone() },
            // A try after a failure is still offline until it gets somewhere.
            Phase::Meeting if self.offline_since_ms.is_some() => return,
            _ => {
                let ours = self.standing.position.map_or(0, |position| position.seq);
                let behind = (self.head_seq > 0).then(|| self.head_seq.saturating_sub(ours));
                Shown::Connecting { behind }
            }
        };
        if let (Shown::Live { heard_ms, stale: false, .. }, Some(Shown::Live { heard_ms: before_ms, stale: false, .. })) =
            (&shown, &self.shown)
            && heard_ms - before_ms < SHOW_EVERY_MS
        {
            return;
        }
        if self.shown.as_ref() != Some(&shown) {
            self.out.push(Output::Show(shown.clone()));
            self.shown = Some(shown);
        }
    }
}
