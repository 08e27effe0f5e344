//! The newest records in memory, and the wake-up for streams. Publishing costs the appender one short lock, however many listen.

use crate::domain::LogId;
use crate::ledger::Checkpoint;
use crate::ledger::Hash;
use crate::ledger::Position;
use crate::ledger::PublicKey;
use crate::ledger::SecretKey;
use crate::server::shown::Frame;
use crate::store::Head;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::RwLock;
use tokio::sync::watch;

/// The most bytes kept, whatever the number of records.
const TAIL_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Where the log stands, as published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tip {
    pub(super) epoch: u64,
    pub(super) seq: u64,
    pub(super) root: Hash,
}

/// The end of the log.
pub(super) struct Tail {
    log: LogId,
    kept: RwLock<Kept>,
    tip: watch::Sender<Tip>,
    records_max: usize,
    key: SecretKey,
    /// The last one that somebody asked for.
    signed: Mutex<Arc<Checkpoint>>,
}

struct Kept {
    /// The seq of the first frame; frames follow without gaps.
    first: u64,
    bytes: usize,
    frames: VecDeque<Frame>,
}

impl Tip {
    fn of(head: &Head) -> Self {
        Self { epoch: head.epoch, seq: head.seq(), root: head.frontier.root() }
    }
}

impl Kept {
    fn after(head: &Head) -> Self {
        Self { first: head.seq() + 1, bytes: 0, frames: VecDeque::new() }
    }
}

impl Tail {
    pub(super) fn new(head: &Head, records_max: usize, key: SecretKey) -> Self {
        let signed = Mutex::new(Arc::new(Checkpoint::sign(head.position(), &key)));
        Self { log: head.log, kept: RwLock::new(Kept::after(head)), tip: watch::Sender::new(Tip::of(head)), records_max, key, signed }
    }

    /// Forgets everything and goes on from another head. Who streams sees the epoch change.
    pub(super) fn restart(&self, head: &Head) {
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Kept::after(head);
        self.tip.send_replace(Tip::of(head));
    }

    /// Adds the frames of one commit and wakes everyone who waits.
    pub(super) fn publish(&self, frames: Vec<Frame>, head: &Head) {
        {
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            for frame in frames {
                kept.bytes += frame.len();
                kept.frames.push_back(frame);
            }
            while kept.frames.len() > self.records_max || kept.bytes > TAIL_MAX_BYTES {
                let Some(oldest) = kept.frames.pop_front() else { break };
                kept.bytes -= oldest.len();
                kept.first += 1;
            }
        }
        self.tip.send_replace(Tip::of(head));
    }

    /// Puts another frame in the place of one, if that is still in memory.
    pub(super) fn replace(&self, seq: u64, frame: Frame) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let place = seq.checked_sub(kept.first).and_then(|place| usize::try_from(place).ok());
        if let Some(held) = place.and_then(|place| kept.frames.get_mut(place)) {
            *held = frame;
        }
    }

    /// Where the log stands.
    pub(super) fn tip(&self) -> Tip {
        *self.tip.borrow()
    }

    /// The same as a position.
    pub(super) fn position(&self) -> Position {
        let tip = self.tip();
        Position { log: self.log, epoch: tip.epoch, seq: tip.seq, root: tip.root }
    }

    /// Where the log stands, signed: at once when it is asked for, once for all who ask.
    pub(super) fn checkpoint(&self) -> Arc<Checkpoint> {
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        let position = self.position();
        if signed.position != position {
            *signed = Arc::new(Checkpoint::sign(position, &self.key));
        }
        signed.clone()
    }

    /// What its checkpoints are checked with.
    pub(super) fn key(&self) -> PublicKey {
        self.key.public()
    }

    /// To wait for more.
    pub(super) fn watch(&self) -> watch::Receiver<Tip> {
        self.tip.subscribe()
    }

    /// Up to `max` frames after a place; `None` when they are no longer in memory.
    pub(super) fn after(&self, seq: u64, max: usize) -> Option<Vec<Frame>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let skip = usize::try_from((seq + 1).checked_sub(kept.first)?).ok()?;
        Some(kept.frames.iter().skip(skip).take(max).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::IncidentId;
    use crate::ledger::EventBytes;
    use crate::ledger::Frontier;
    use crate::ledger::RecordBytes;

    #[test]
    fn keeps_the_newest_and_says_when_it_no_longer_has_the_rest() {
        let mut head = Head { log: LogId(uuid::Uuid::nil()), epoch: 1, frontier: Frontier::default() };
        let tail = Tail::new(&head, 3, SecretKey::from_seed([7; 32]));
        let seqs = |after: u64, max: usize| tail.after(after, max).map(|frames| frames.iter().map(Frame::len).collect::<Vec<_>>());
        assert_eq!(seqs(0, 10), Some(vec![]));
        for seq in 1..=5_u8 {
            head.frontier.push(crate::ledger::leaf_hash(&[seq]));
            let (record, event) = (RecordBytes::stored("{}"), EventBytes::stored(&"x".repeat(seq.into())));
            tail.publish(vec![Frame::new(seq.into(), &record, Some(&event), Some(IncidentId::ORG))], &head);
        }
        let least = seqs(4, 1).expect("the last")[0] - 5;
        assert_eq!(seqs(1, 10), None);
        assert_eq!(seqs(2, 10), Some(vec![least + 3, least + 4, least + 5]));
        assert_eq!(seqs(3, 1), Some(vec![least + 4]));
        assert_eq!(tail.tip().seq, 5);
    }
}
