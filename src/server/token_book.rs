//! The tokens in memory, read anew each second, so that a revocation from another process is seen at once and no request waits for a disk.

use crate::domain::Timestamp;
use crate::server::clock;
use crate::server::config::Limits;
use crate::server::rate::Bucket;
use crate::store::LogReader;
use crate::store::StoreError;
use crate::store::Token;
use crate::store::TokenHash;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

/// How often the tokens are read anew.
const REFRESH: Duration = Duration::from_secs(1);
/// How often their last use is written down.
const TOUCH: Duration = Duration::from_secs(60);

/// A token with what this server counts of it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) token: Arc<Token>,
    pub(super) bucket: Arc<Bucket>,
    used_at_ms: Arc<AtomicI64>,
}

/// All tokens, by hash.
pub(super) struct TokenBook {
    entries: RwLock<HashMap<TokenHash, Entry>>,
    reader: Arc<dyn LogReader>,
    limits: Limits,
    /// Lookups of tokens nobody knows, which go to the disk.
    misses: Bucket,
}

impl TokenBook {
    pub(super) fn new(reader: Arc<dyn LogReader>, limits: Limits) -> Result<Self, StoreError> {
        let book = Self { entries: RwLock::default(), reader, limits, misses: Bucket::new(50, 200) };
        book.refresh()?;
        Ok(book)
    }

    /// The entry for a token, from memory.
    pub(super) fn find(&self, hash: TokenHash) -> Option<Entry> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned()
    }

    /// The entry for a token that may be younger than the last refresh. Blocking. `Err` when too many unknown tokens were asked for.
    pub(super) fn find_on_disk(&self, hash: TokenHash) -> Result<Option<Entry>, u64> {
        self.misses.take(Instant::now())?;
        match self.reader.token(hash) {
            Ok(None) => Ok(None),
            Ok(Some(_)) => {
                self.refresh().unwrap_or_else(|why| tracing::warn!(%why, "the tokens could not be read"));
                Ok(self.find(hash))
            }
            Err(why) => {
                tracing::warn!(%why, "a token could not be looked up");
                Ok(None)
            }
        }
    }

    fn refresh(&self) -> Result<(), StoreError> {
        let tokens = self.reader.tokens()?;
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut *entries);
        for token in tokens {
            let known = before.remove(&token.hash);
            let (bucket, used_at_ms) = match known {
                Some(entry) => (entry.bucket, entry.used_at_ms),
                None => {
                    let used = token.last_used_at.map_or(0, Timestamp::millis);
                    (Bucket::new(self.limits.requests_per_second, self.limits.requests_burst).into(), AtomicI64::new(used).into())
                }
            };
            entries.insert(token.hash, Entry { token: token.into(), bucket, used_at_ms });
        }
        Ok(())
    }

    fn touch(&self) {
        let stale = |entry: &Entry| {
            let used = entry.used_at_ms.load(Ordering::Relaxed);
            let written = entry.token.last_used_at.map_or(0, Timestamp::millis);
            (used > written).then(|| (entry.token.hash, Timestamp::from_millis(used)))
        };
        let used: Vec<_> = self.entries.read().unwrap_or_else(PoisonError::into_inner).values().filter_map(stale).collect();
        if !used.is_empty()
            && let Err(why) = self.reader.touch_tokens(&used)
        {
            tracing::warn!(%why, "the last use of tokens could not be noted");
        }
    }

    /// Keeps the book fresh until told to stop; then writes down what is left to write.
    pub(super) fn keep_fresh(self: Arc<Self>, stop: std::sync::mpsc::Receiver<()>) {
        let mut touched = Instant::now();
        while stop.recv_timeout(REFRESH) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            if let Err(why) = self.refresh() {
                tracing::warn!(%why, "the tokens could not be read");
            }
            if touched.elapsed() >= TOUCH {
                self.touch();
                touched = Instant::now();
            }
        }
        self.touch();
    }
}

impl Entry {
    /// Notes that it was used just now.
    pub(super) fn used(&self) {
        self.used_at_ms.store(clock::now().millis(), Ordering::Relaxed);
    }
}
