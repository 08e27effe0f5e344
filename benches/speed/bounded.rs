//! A long past on the server, and what of it a copy of the last days has to carry: bytes on disk, memory, the first frame. And how long the server
//! takes to start on it.
//!
//! `WARROOM_BENCH_INCIDENTS` and `WARROOM_BENCH_EVENTS_EACH` say how much; without them it is 100 000 incidents of 10 events.

use crate::calibration::ms;
use crate::first_frame;
use crate::stage::past::Past;
use portable_pty::CommandBuilder;
use portable_pty::PtySize;
use portable_pty::native_pty_system;
use std::io::Read;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;
use warroom::domain::*;
use warroom::replica::Closed;
use warroom::replica::Remote;
use warroom::replica::Replica;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;
use warroom::server;
use warroom::store::Database;

const DAYS_HELD: u32 = 90;
const PATIENCE: Duration = Duration::from_secs(3_600);
/// How long the war room is left alone before its memory is looked at.
const REST: Duration = Duration::from_secs(5);

pub fn run() {
    let asked = |name: &str, default: u64| std::env::var(name).ok().and_then(|words| words.parse().ok()).unwrap_or(default);
    let (incidents, events_each) = (asked("WARROOM_BENCH_INCIDENTS", 100_000), asked("WARROOM_BENCH_EVENTS_EACH", 10));
    let past = Past { incidents, events_each, days: 1_000, open_each: 500 };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let (log, home) = (folder.path().join("server.sqlite"), folder.path().join("home"));
    let database = format!("sqlite:{}", log.display());
    let now: Timestamp = chrono::Utc::now().into();

    let started = Instant::now();
    let size = past.write(&mut *database.parse::<Database>().expect("a database").open().expect("a log"), now);
    let seconds = started.elapsed().as_secs_f64();
    println!("{incidents} incidents, {size} events written in {seconds:.0} s, {} on the server's disk", mib(bytes(&log)));
    let token = crate::stage::token(&database, Scope::Admin);
    let start = || {
        let started = Instant::now();
        let running = runtime.block_on(server::start(server::Config::new("127.0.0.1:0", &database))).expect("a server");
        (running, started.elapsed())
    };
    let (running, first) = start();
    runtime.block_on(running.shutdown());
    let (running, again) = start();
    drop(running);
    std::thread::sleep(Duration::from_secs(1));
    let (running, crashed) = start();
    println!(
        "server start: {} when no head is kept, {} after it ended in order, {} after a crash; {} in memory",
        ms(first),
        ms(again),
        ms(crashed),
        mib(resident("self"))
    );

    let remote = Remote::new(&running.url(), &token).expect("a remote");
    let replica = open(&home);
    replica.hold_days(DAYS_HELD);
    let started = Instant::now();
    let done = replica.exchange_once(&remote, PATIENCE).expect("an exchange");
    assert_eq!(done.trouble, None);
    let took = started.elapsed();
    let started = Instant::now();
    let held = replica.verify().expect("a sound copy");
    println!(
        "first contact of a copy of {DAYS_HELD} days: {:.1} s; it walks {} records and proves {} older ones in {}, and knows {} incidents by their heads alone",
        took.as_secs_f64(),
        held.records,
        held.old,
        ms(started.elapsed()),
        held.heads_alone
    );
    let old = past.id(past.incidents / 2 + 7, now);
    let started = Instant::now();
    while replica.ask(Request::Open(old)) != Answer::Done {
        assert_eq!(replica.exchange_once(&remote, PATIENCE).expect("an exchange").trouble, None);
    }
    println!("an incident of long ago opened, fetched and proven: {}", ms(started.elapsed()));
    // Its words follow outside the commit.
    std::thread::sleep(REST);
    drop(replica);
    println!("the copy on disk: {}, of {} at the server", mib(folder_bytes(&home)), mib(bytes(&log)));
    runtime.block_on(running.shutdown());
    opening(&home);
    first_frame::run(&home);
    println!("war room at rest with {incidents} incidents: {} in memory", mib(war_room(&home)));
}

fn open(home: &Path) -> Replica {
    let config = warroom::replica::Config { closed: Closed::Newest(5_000), ..crate::homes::config(home) };
    warroom::replica::open(config).expect("a replica")
}

fn opening(home: &Path) {
    let mut samples: Vec<Duration> = (0..20)
        .map(|_| {
            let started = Instant::now();
            let replica = open(home);
            assert!(!replica.snapshot().headers.is_empty());
            started.elapsed()
        })
        .collect();
    println!("open: first snapshot p50 {}", ms(crate::calibration::percentile(&mut samples, 0.5)));
}

/// What the real program takes once it has rested, in bytes.
fn war_room(home: &Path) -> u64 {
    let pair = native_pty_system().openpty(PtySize { rows: 50, cols: 200, pixel_width: 0, pixel_height: 0 }).expect("a pseudo-terminal");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_warroom"));
    command.env_clear();
    command.env("TERM", "xterm-256color");
    command.env("HOME", home);
    command.env("WARROOM_HOME", home);
    command.env("USER", "ana");
    let mut output = pair.master.try_clone_reader().expect("its output");
    let mut child = pair.slave.spawn_command(command).expect("the program starts");
    drop(pair.slave);
    std::thread::spawn(move || while matches!(output.read(&mut [0; 65536]), Ok(1..)) {});
    std::thread::sleep(REST);
    let resident = resident(&child.process_id().expect("a process").to_string());
    // It was only started to be looked at.
    let _ = child.kill();
    let _ = child.wait();
    resident
}

/// What a process has in memory, in bytes.
fn resident(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn bytes(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |meta| meta.len())
}

fn folder_bytes(folder: &Path) -> u64 {
    std::fs::read_dir(folder).map_or(0, |entries| entries.flatten().map(|entry| bytes(&entry.path())).sum())
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
