//! From a key to the last byte on the terminal: quiet, with news pouring in, and with a server that hangs.

use crate::calibration::hashing;
use crate::calibration::ms;
use crate::calibration::percentile;
use crate::session;
use crate::stage::Stage;
use crate::tour;
use crate::tty::Cost;
use crate::tty::Tty;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;
use std::time::Instant;

/// With 60 keys a round.
const ROUNDS: usize = 20;
const NEWS_A_SECOND: u64 = 1_000;
/// So many of the slowest are named.
const SLOWEST: usize = 12;
const ECHOES: usize = 500;

/// What the harness itself takes: a child that only echoes.
pub fn echo() {
    let mut tty = Tty::start(&["sh", "-c", "stty raw -echo; printf ready; exec cat"], &[]);
    tty.wait("the echo", |seen| seen.has("ready"));
    let mut times: Vec<Duration> = (0..ECHOES).filter_map(|_| tty.press_blindly(b"x")).map(|cost| cost.time).collect();
    println!(
        "calibration: echo of a bare child p50 {}, p99 {}; hashing a megabyte {:.3} ms",
        ms(percentile(&mut times, 0.5)),
        ms(percentile(&mut times, 0.99)),
        hashing(1 << 20) * 1e3
    );
}

/// The mix of keys of a working person, while nobody else does anything. A key is answered by the first frame after it; a line that is recorded is
/// shown a second time once the disk has it, and is held against a bare commit on the same disk after each.
pub fn session(stage: &Stage) {
    let mut tty = stage.open(None);
    let disk = rusqlite::Connection::open(stage.path("raw.sqlite")).expect("a database");
    disk.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS raw (bytes TEXT)")
        .expect("a table");
    let mut bare = Vec::new();
    let (costs, silent) = session::play(&mut tty, |line| {
        let started = Instant::now();
        disk.execute("INSERT INTO raw (bytes) VALUES (?1)", [line]).expect("a row");
        bare.push(started.elapsed());
    });
    let answered: Vec<_> = costs.iter().map(|(name, cost)| (*name, Cost { time: cost.answered, ..*cost })).collect();
    tell(&format!("a working person, {silent} of {} keys showed nothing", costs.len() + silent), &answered);
    by_key(&answered);
    named("slowest", &answered);
    tell("the same until the screen is still again, disk and clock included", &costs);
    named("slowest", &costs);
    let mut recorded: Vec<_> = costs.iter().filter(|(name, _)| *name == session::RECORDING).map(|(_, cost)| cost.time).collect();
    println!(
        "  recorded and shown p50 {}, bare commit on this disk p50 {}",
        ms(percentile(&mut recorded, 0.5)),
        ms(percentile(&mut bare, 0.5))
    );
}

/// Every key alike, while nobody else does anything.
pub fn quiet(stage: &Stage) {
    let mut tty = stage.open(None);
    let costs = tour::walk(&mut tty, ROUNDS);
    tell("quiet", &costs);
    by_key(&costs);
}

/// A server takes the connection and never answers.
pub fn silent_server(stage: &Stage) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            held.push(stream);
        }
    });
    let mut tty = stage.open(Some(&url));
    tell("server silent", &tour::walk(&mut tty, ROUNDS));
}

/// A live server is stopped under the war room.
pub fn stopped_server(stage: &Stage) {
    let server = stage.serve();
    let mut tty = stage.open(Some(&server.url));
    tty.wait("a live link", |seen| seen.has("live"));
    server.hang();
    tell("server stopped", &tour::walk(&mut tty, ROUNDS));
}

/// News pours in through a live server.
pub fn news(stage: &Stage) {
    let server = stage.serve();
    let mut tty = stage.open(Some(&server.url));
    tty.wait("a live link", |seen| seen.has("live"));
    let stop = server.feed(NEWS_A_SECOND);
    std::thread::sleep(Duration::from_secs(1));
    let began = Instant::now();
    let costs = tour::walk(&mut tty, ROUNDS);
    let seconds = began.elapsed().as_secs_f64() + 1.0;
    let sent = stop();
    tell(&format!("{:.0} events/s arriving", sent as f64 / seconds), &costs);
    by_key(&costs);
}

fn tell(what: &str, costs: &[(&str, Cost)]) {
    let mut times: Vec<Duration> = costs.iter().map(|(_, cost)| cost.time).collect();
    let mut bytes: Vec<usize> = costs.iter().map(|(_, cost)| cost.bytes).collect();
    bytes.sort_unstable();
    println!(
        "key, {what}: p50 {}, p95 {}, p99 {}, slowest {} of {}; bytes a key p50 {}, p95 {}",
        ms(percentile(&mut times, 0.5)),
        ms(percentile(&mut times, 0.95)),
        ms(percentile(&mut times, 0.99)),
        ms(percentile(&mut times, 1.0)),
        times.len(),
        bytes[bytes.len() / 2],
        bytes[bytes.len() * 95 / 100]
    );
}

fn named(what: &str, costs: &[(&str, Cost)]) {
    let mut costs = costs.to_vec();
    costs.sort_by_key(|(_, cost)| std::cmp::Reverse(cost.time));
    let words: Vec<_> = costs.iter().take(SLOWEST).map(|(name, cost)| format!("{name} {}", ms(cost.time))).collect();
    println!("  {what}: {}", words.join(", "));
}

fn by_key(costs: &[(&str, Cost)]) {
    let mut keys: BTreeMap<&str, (Vec<Duration>, Vec<usize>)> = BTreeMap::new();
    for (name, cost) in costs {
        let (times, bytes) = keys.entry(name).or_default();
        times.push(cost.time);
        bytes.push(cost.bytes);
    }
    for (name, (times, bytes)) in &mut keys {
        bytes.sort_unstable();
        println!(
            "  {name:12} p50 {:>10}  p95 {:>10}  p99 {:>10}  slowest {:>10}  bytes p50 {:>6}  most {:>6}",
            ms(percentile(times, 0.5)),
            ms(percentile(times, 0.95)),
            ms(percentile(times, 0.99)),
            ms(percentile(times, 1.0)),
            bytes[bytes.len() / 2],
            bytes[bytes.len() - 1]
        );
    }
}
