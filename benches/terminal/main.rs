//! How the war room feels on a terminal: the real program on a real pseudo-terminal of 200×50, with 10 000 incidents and a timeline of 100 000 entries.
//!
//! `cargo bench --bench terminal` runs everything, `cargo bench --bench terminal -- quiet` what the word names.
//!
//! A key's time runs from writing the key to the terminal to reading the last byte of the frame that shows its effect. Each key says what that effect
//! is (another incident in hand, the typed letters left of the cursor, one box more); the frame ends where the terminal falls silent for 3 ms. The
//! silence is not in the figure: every piece of output is stamped when it is read, and the last stamp counts. An echoing child beside it is the harness alone.

#[path = "../speed/calibration.rs"]
mod calibration;
mod first_frame;
mod history;
mod latency;
mod neighbours;
mod rest;
mod screen;
mod session;
mod stage;
mod tour;
mod tty;

use stage::Stage;

/// A name to call it by, and what it measures.
type Bench = (&'static str, fn(&Stage));

fn main() {
    warroom::install_crypto();
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let all: [Bench; 8] = [
        ("first-frame", first_frame::run),
        ("session", latency::session),
        ("quiet", latency::quiet),
        ("rest", rest::run),
        ("silent-server", latency::silent_server),
        ("stopped-server", latency::stopped_server),
        ("news", latency::news),
        ("neighbours", |_| neighbours::run()),
    ];
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    latency::echo();
    let stage = Stage::prepare();
    for (name, run) in all.iter().filter(|(name, _)| wanted(name)) {
        println!("== {name}");
        run(&stage);
    }
}
