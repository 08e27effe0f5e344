//! Everything rude at once against a real server: its memory stays bounded, and whoever asks politely is answered meanwhile.

use crate::stage::DEADLINE;
use crate::stage::Server;
use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

const GIGABYTE: usize = 1 << 30;
/// All bodies in memory at once, as the server bounds them, and as much again for everything else.
const GROWTH_MAX_MB: u64 = 2 * 256;

/// What the kernel says of a process, in megabytes.
fn megabytes(id: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().unwrap() / 1024
}

/// The rude, each on a thread of its own until they are told that it is enough.
struct Crowd {
    address: String,
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Crowd {
    fn add(&mut self, many: usize, rude: impl Fn(&mut TcpStream, &dyn Fn() -> bool) -> Option<u16> + Clone + Send + 'static) {
        for _ in 0..many {
            let (address, stop, answers, rude) = (self.address.clone(), self.stop.clone(), self.answers.clone(), rude.clone());
            self.threads.push(std::thread::spawn(move || {
                let goes_on = || !stop.load(Ordering::Relaxed);
                while goes_on() {
                    let Ok(mut stream) = TcpStream::connect(&address) else { continue };
                    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                    stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
                    if let Some(status) = rude(&mut stream, &goes_on) {
                        assert!((400..=503).contains(&status) && status != 500, "answered {status}");
                        answers.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }));
        }
    }

    fn disperse(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("no answer out of place"));
        self.answers.load(Ordering::Relaxed)
    }
}

fn head(token: &str, path: &str, more: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{more}\r\n\r\n")
}

/// Sends a head and then the same again and again, up to so many bytes; answers the status, if there is one.
fn pour(stream: &mut TcpStream, goes_on: &dyn Fn() -> bool, head: &str, piece: &[u8], bytes: usize) -> Option<u16> {
    stream.write_all(head.as_bytes()).ok()?;
    let mut sent = 0;
    while sent < bytes && goes_on() && stream.write_all(piece).is_ok() {
        sent += piece.len();
    }
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    std::str::from_utf8(&answer[9..]).ok()?.parse().ok()
}

#[test]
fn whatever_the_rude_do_the_polite_are_served_in_bounded_memory() {
    let server = Server::start();
    let (ana, alerts) = (server.token("ana", "responder"), server.token("alerts", "intake"));
    let polite = server.home_of("bo", "responder");
    polite.ok(&["declare", "Withdrawals suspended"]);
    let before_mb = megabytes(server.id(), "VmRSS:");
    let mut crowd = Crowd {
        address: server.address.trim_start_matches("http://").into(),
        stop: Arc::default(),
        answers: Arc::default(),
        threads: Vec::new(),
    };
    let zeros = vec![b' '; 64 * 1024];
    let chunk = [b"10000\r\n".as_slice(), &zeros, b"\r\n"].concat();
    for path in ["/v1/events", "/v1/intake/generic", "/v1/incidents"] {
        let token = if path.contains("intake") { &alerts } else { &ana };
        let (announced, chunked) =
            (head(token, path, &format!("Content-Length: {GIGABYTE}")), head(token, path, "Transfer-Encoding: chunked"));
        let (zeros, chunk) = (zeros.clone(), chunk.clone());
        crowd.add(2, move |stream, goes_on| pour(stream, goes_on, &announced, &zeros, GIGABYTE));
        crowd.add(12, move |stream, goes_on| pour(stream, goes_on, &chunked, &chunk, GIGABYTE));
        // Nesting a hundred thousand deep; what is authentic and cannot be read is kept by the intake, so it is not sent there.
        if !path.contains("intake") {
            let deep = format!("{{\"events\":{}", "[".repeat(100_000));
            let deep_head = head(token, path, &format!("Content-Length: {}", deep.len()));
            crowd.add(1, move |stream, goes_on| pour(stream, goes_on, &deep_head, deep.as_bytes(), deep.len()));
        }
        // A few kilobytes that would unpack to gigabytes.
        let packed = head(token, path, "Content-Encoding: gzip\r\nContent-Length: 4096");
        crowd.add(1, move |stream, goes_on| pour(stream, goes_on, &packed, &[0x1f; 4096], 4096));
        // Heads and bodies that never come.
        let stalled = head(token, path, "Content-Length: 1000");
        crowd.add(4, move |stream, goes_on| {
            let _ = stream.write_all(stalled.as_bytes());
            while goes_on() && stream.write_all(b" ").is_ok() {
                std::thread::sleep(Duration::from_millis(200));
            }
            None
        });
    }
    crowd.add(8, |stream, goes_on| {
        while goes_on() && stream.write_all(b"X").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    });
    // Connections as fast as they come, thrown away at once.
    crowd.add(2, |_, _| None);

    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    for number in 0.. {
        let asked = Instant::now();
        let said = format!("line {number}");
        assert_eq!(polite.json(&["log", &said])[0]["state"], "accepted", "while the crowd is at it");
        slowest = slowest.max(asked.elapsed());
        if began.elapsed() > Duration::from_secs(6) {
            break;
        }
    }
    let answers = crowd.disperse();
    let peak_mb = megabytes(server.id(), "VmHWM:");
    println!("{answers} refusals; the slowest line took {slowest:?}; memory {before_mb} MB before, {peak_mb} MB at most");
    assert!(answers > 20, "the crowd was there: {answers}");
    assert!(slowest < DEADLINE);
    assert!(peak_mb < before_mb + GROWTH_MAX_MB, "{before_mb} MB before, {peak_mb} MB at most");
}
