//! What the war room costs while nobody touches it: bytes, processor time, memory.

use crate::stage::Stage;
use crate::tty::Tty;
use std::time::Duration;

const REST: Duration = Duration::from_secs(12);
const TICKS_A_SECOND: f64 = 100.0;
const SETTLES_WITHIN_S: u32 = 120;

pub fn run(stage: &Stage) {
    let mut tty = stage.open(None);
    let pid = tty.pid();
    tty.drain();
    let before = ticks(pid);
    std::thread::sleep(REST);
    let bytes = tty.drain();
    let spent = (ticks(pid) - before) as f64 / TICKS_A_SECOND;
    let seconds = REST.as_secs_f64();
    println!(
        "at rest for {seconds} s: {:.1} bytes/s, {:.2} s of processor time, {:.2} %",
        bytes as f64 / seconds,
        spent,
        spent / seconds * 100.0
    );
    println!("memory after the start: {}", memory(pid));
    crate::tour::walk(&mut tty, 2);
    println!("memory after two rounds of keys: {}", memory(pid));
}

/// Waits until the program does nothing but show the time: what begins with the start (words made findable, a view kept) is over.
pub fn settle(tty: &mut Tty) {
    let pid = tty.pid();
    for _ in 0..SETTLES_WITHIN_S {
        let before = ticks(pid);
        std::thread::sleep(Duration::from_secs(1));
        if ticks(pid) - before <= 1 {
            tty.drain();
            return;
        }
    }
    panic!("still at work after {SETTLES_WITHIN_S} s");
}

/// User and system time of a process (`proc(5)`, fields 14 and 15).
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields[11..13].iter().map(|field| field.parse::<u64>().expect("ticks")).sum()
}

fn memory(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a figure");
        let kib: f64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().expect("kB");
        format!("{:.1} MB", kib * 1024.0 / 1e6)
    };
    format!("resident {}, at most {}; of it anonymous {}", of("VmRSS"), of("VmHWM"), of("RssAnon"))
}
