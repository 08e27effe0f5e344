//! From starting the real program on a real pseudo-terminal, cold caches aside, to the first frame that shows an incident.

use crate::calibration::ms;
use crate::calibration::percentile;
use portable_pty::CommandBuilder;
use portable_pty::PtySize;
use portable_pty::native_pty_system;
use std::io::Read;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

const RUNS: usize = 15;

/// Measures on a home that holds incidents; beside it, the same program only saying its version.
pub fn run(home: &Path) {
    let program = env!("CARGO_BIN_EXE_warroom");
    let mut bare: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            std::process::Command::new(program).arg("--version").output().expect("the program runs");
            started.elapsed()
        })
        .collect();
    let mut frames: Vec<Duration> = (0..RUNS).map(|_| once(program, home)).collect();
    let (bare, frame) = (percentile(&mut bare, 0.5), percentile(&mut frames, 0.5));
    println!(
        "first frame of the program, 200×50: p50 {}, slowest {}; `--version` alone {}",
        ms(frame),
        ms(percentile(&mut frames, 1.0)),
        ms(bare)
    );
}

fn once(program: &str, home: &Path) -> Duration {
    let pair = native_pty_system().openpty(PtySize { rows: 50, cols: 200, pixel_width: 0, pixel_height: 0 }).expect("a pseudo-terminal");
    let mut command = CommandBuilder::new(program);
    command.env_clear();
    command.env("TERM", "xterm-256color");
    command.env("HOME", home);
    command.env("WARROOM_HOME", home);
    command.env("USER", "ana");
    let mut output = pair.master.try_clone_reader().expect("its output");
    let started = Instant::now();
    let mut child = pair.slave.spawn_command(command).expect("the program starts");
    drop(pair.slave);
    let (mut seen, mut bytes) = (Vec::new(), [0; 65536]);
    while !seen.windows(4).any(|window| window == b"INC-") {
        match output.read(&mut bytes) {
            Ok(count @ 1..) => seen.extend_from_slice(&bytes[..count]),
            _ => panic!("no frame: {}", String::from_utf8_lossy(&seen)),
        }
    }
    let elapsed = started.elapsed();
    // It was only started to be timed; how it ends does not matter here.
    let _ = child.kill();
    let _ = child.wait();
    elapsed
}
