//! From starting the program to the first frame that shows an incident, and to the whole timeline of the one in hand.

use crate::calibration::ms;
use crate::calibration::percentile;
use crate::screen::Seen;
use crate::stage::Stage;
use crate::stage::program;
use crate::tty::Tty;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

const RUNS: usize = 15;

/// Beside it, the same program only saying its version.
pub fn run(stage: &Stage) {
    let bare = || {
        let started = Instant::now();
        Command::new(program()).arg("--version").output().expect("the program runs");
        started.elapsed()
    };
    let mut bare: Vec<Duration> = (0..RUNS).map(|_| bare()).collect();
    let until = |shown: fn(Seen<'_>) -> bool| {
        let once = || Tty::start(&[&program()], &stage.environment(None)).wait("the first frame", shown);
        (0..RUNS).map(|_| once()).collect::<Vec<_>>()
    };
    let mut first = until(|seen| seen.in_hand().is_some());
    let mut read = until(|seen| seen.has("Outflow back to baseline"));
    println!("first frame: p50 {}, slowest {}", ms(percentile(&mut first, 0.5)), ms(percentile(&mut first, 1.0)));
    println!("with the timeline of 100 000 entries: p50 {}, slowest {}", ms(percentile(&mut read, 0.5)), ms(percentile(&mut read, 1.0)));
    println!("`--version` alone: p50 {}", ms(percentile(&mut bare, 0.5)));
}
