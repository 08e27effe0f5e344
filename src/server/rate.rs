//! A token bucket: so many at once, so many a second in the long run.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

#[derive(Debug)]
pub(super) struct Bucket {
    state: Mutex<(f64, Instant)>,
    per_second: f64,
    burst: f64,
}

impl Bucket {
    pub(super) fn new(per_second: u32, burst: u32) -> Self {
        let (per_second, burst) = (f64::from(per_second.max(1)), f64::from(burst.max(1)));
        Self { state: Mutex::new((burst, Instant::now())), per_second, burst }
    }

    /// Whether there is none to take.
    pub(super) fn is_empty(&self, now: Instant) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 + now.saturating_duration_since(state.1).as_secs_f64() * self.per_second < 1.0
    }

    /// Takes one; else says after how many whole seconds there is one again.
    pub(super) fn take(&self, now: Instant) -> Result<(), u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = now.saturating_duration_since(state.1).as_secs_f64();
        let level = (state.0 + elapsed * self.per_second).min(self.burst);
        *state = (level, now);
        if level >= 1.0 {
            state.0 = level - 1.0;
            return Ok(());
        }
        Err(((1.0 - level) / self.per_second).ceil().max(1.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_passes_and_the_rest_waits() {
        let (bucket, now) = (Bucket::new(2, 3), Instant::now());
        assert_eq!([(); 4].map(|()| bucket.take(now)), [Ok(()), Ok(()), Ok(()), Err(1)]);
        assert_eq!(bucket.take(now + Duration::from_millis(600)), Ok(()));
        assert_eq!(bucket.take(now + Duration::from_millis(700)), Err(1));
    }
}
