//! What this machine does at this moment, to measure against.

use std::time::Duration;
use std::time::Instant;

/// Seconds to hash this many bytes with SHA-256, the best of five.
pub fn hashing(bytes: usize) -> f64 {
    let block = vec![7_u8; 1 << 20];
    let once = || {
        let started = Instant::now();
        std::hint::black_box(warroom::ledger::sha256_hex(&block));
        started.elapsed().as_secs_f64()
    };
    (0..5).map(|_| once()).fold(f64::MAX, f64::min) * bytes as f64 / block.len() as f64
}

/// The value below which this share (0 to 1) of the samples lies.
pub fn percentile(samples: &mut [Duration], share: f64) -> Duration {
    samples.sort();
    let place = ((samples.len() as f64 - 1.0) * share).round() as usize;
    samples.get(place).copied().unwrap_or_default()
}

/// Milliseconds with three digits behind the point.
pub fn ms(duration: Duration) -> String {
    format!("{:.3} ms", duration.as_secs_f64() * 1000.0)
}
