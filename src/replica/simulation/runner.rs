//! Plays seeds: a hundred on a desk, a thousand where changes are judged, and as many as there is time for on request.

use crate::replica::simulation::world::Tally;
use crate::replica::simulation::world::World;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

const SEEDS: u64 = 100;
const SEEDS_IN_CI: u64 = 1_000;
const STEPS: u64 = 300;

/// Plays one seed: people write, things break; then nothing breaks any more, and everybody must agree, also about what
/// copies of the last day had let go of; then the server may turn into a liar.
fn play(seed: u64, is_told: bool) -> Tally {
    let mut world = World::new(seed, seed % 5 < 2, is_told);
    for _ in 0..STEPS {
        world.step(seed.is_multiple_of(3));
    }
    world.settle();
    if world.is_bounded {
        world.live_with_the_past();
    }
    world.check_all();
    if world.is_bounded || seed.is_multiple_of(4) {
        world.tamper();
    }
    Tally { records: world.log.end(), ..world.tally }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn everybody_agrees_whatever_breaks() {
    let (seed, seconds) = (number("WARROOM_SEED"), number("WARROOM_SIMULATION_SECONDS"));
    if let (Some(seed), None) = (seed, seconds) {
        let tally = play(seed, true);
        return println!("seed {seed}: {tally:?}");
    }
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let seeds = match until {
        // Seeds that nobody played before.
        Some(_) => seed.unwrap_or(SEEDS_IN_CI)..u64::MAX,
        None if std::env::var_os("CI").is_some() => 0..SEEDS_IN_CI,
        None => 0..SEEDS,
    };
    let (next, failed, total) = (AtomicU64::new(seeds.start), Mutex::new(Vec::new()), Mutex::new(Tally::default()));
    let began = Instant::now();
    let work = || {
        while until.is_none_or(|until| Instant::now() < until) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            match catch_unwind(AssertUnwindSafe(|| play(seed, false))) {
                Ok(tally) => total.lock().expect("a tally").add(tally),
                Err(_) => {
                    println!("seed {seed} fails");
                    failed.lock().expect("a list").push(seed);
                }
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(2, |workers| workers.get().min(8));
    std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    let mut failed = failed.into_inner().expect("a list");
    failed.sort_unstable();
    let played = next.into_inner().min(seeds.end) - seeds.start;
    println!("{played} seeds in {:.1} s: {:?}", began.elapsed().as_secs_f64(), total.into_inner().expect("a tally"));
    assert!(failed.is_empty(), "these seeds fail, each again with WARROOM_SEED=N: {failed:?}");
}

#[test]
fn a_seed_plays_the_same_each_time() {
    for seed in [12, 13] {
        assert_eq!(play(seed, false), play(seed, false), "seed {seed}");
    }
}
