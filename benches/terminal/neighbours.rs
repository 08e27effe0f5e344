//! Programs people know, on the same terminal with the same harness: what a key costs there.

use crate::calibration::ms;
use crate::calibration::percentile;
use crate::tty::Tty;
use std::path::Path;
use std::time::Duration;

const ROUNDS: usize = 40;
const KEYS: &[&[u8]] = &[b"\x1b[B", b"\x1b[B", b"\x1b[A", b"\x1b[6~", b"\x1b[5~"];

/// Down, up and pages; the first output that ends in silence is the answer of a key.
pub fn run() {
    let here = env!("CARGO_MANIFEST_DIR");
    // The last is pressed to come to a list long enough for pages: gitui opens with what is not committed.
    let programs: &[(&str, &[&str], &str, &[u8])] = &[
        ("htop", &["htop", "--delay=100"], "Load average", b""),
        ("tig", &["tig", "-C", here], "[", b""),
        ("gitui", &["gitui", "-d", here], "Status", b"2"),
        ("taskwarrior-tui", &["taskwarrior-tui"], "Task", b""),
    ];
    for (name, program, first, list) in programs {
        let path = std::env::var("PATH").unwrap_or_default();
        if !path.split(':').any(|folder| Path::new(folder).join(name).is_file()) {
            println!("skipped: {name} is not on the PATH");
            continue;
        }
        let home = tempfile::tempdir().expect("a folder");
        let mut tty = Tty::start(program, &[("HOME".into(), home.path().display().to_string())]);
        tty.wait(name, |seen| seen.has(first));
        tty.send(list);
        std::thread::sleep(Duration::from_millis(500));
        let mut costs = Vec::new();
        for key in (0..ROUNDS).flat_map(|_| KEYS) {
            std::thread::sleep(Duration::from_millis(15));
            costs.extend(tty.press_blindly(key));
        }
        let mut times: Vec<Duration> = costs.iter().map(|cost| cost.time).collect();
        let mut bytes: Vec<usize> = costs.iter().map(|cost| cost.bytes).collect();
        bytes.sort_unstable();
        if bytes.is_empty() {
            println!("skipped: {name} answers no key");
            continue;
        }
        println!(
            "{name}: key p50 {}, p99 {}; bytes a key p50 {}, p95 {}; {} keys answered",
            ms(percentile(&mut times, 0.5)),
            ms(percentile(&mut times, 0.99)),
            bytes[bytes.len() / 2],
            bytes[bytes.len() * 95 / 100],
            bytes.len()
        );
    }
}
