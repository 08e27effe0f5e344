//! Whether the server can write.

use crate::server::clock;
use crate::server::figures::Count;
use crate::server::figures::Figures;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

/// After a full disk, how long until the server counts as ready again and the next write decides.
const PASSING: Duration = Duration::from_secs(5);

#[derive(Debug)]
enum State {
    Ready,
    Passing(String, Instant),
    Broken(String),
}

/// Shared by everyone; only the appender makes it worse.
#[derive(Debug)]
pub(super) struct Health {
    state: Mutex<State>,
    pub(super) figures: Arc<Figures>,
}

impl Health {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State::Ready), figures: Arc::default() }
    }

    /// Why the server cannot write now; `None` when it can.
    pub(super) fn trouble(&self) -> Option<String> {
        match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Ready => None,
            State::Passing(_, since) if since.elapsed() > PASSING => None,
            State::Passing(why, _) | State::Broken(why) => Some(why.clone()),
        }
    }

    /// Whether it will not write again before it is restarted.
    pub(super) fn is_broken(&self) -> bool {
        matches!(*self.state.lock().unwrap_or_else(PoisonError::into_inner), State::Broken(_))
    }

    pub(super) fn works(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Passing(..)) {
            *state = State::Ready;
        }
    }

    pub(super) fn fails(&self, why: String, for_good: bool) {
        self.figures.add(Count::LogErrors, 1);
        self.figures.set(Count::LogErrorAt, u64::try_from(clock::now().millis() / 1000).unwrap_or(0));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A database that stays away is looked for twice a second, and said once.
        if !matches!(&*state, State::Passing(known, _) | State::Broken(known) if *known == why) {
            tracing::error!(%why, for_good, "the log cannot be written");
        }
        if !matches!(*state, State::Broken(_)) {
            *state = if for_good { State::Broken(why) } else { State::Passing(why, Instant::now()) };
        }
    }
}
