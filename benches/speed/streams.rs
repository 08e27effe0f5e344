//! People who look: streams open on one server, what each of them costs it while nothing happens, and how long after a commit the last
//! of them shows it. The server is a process of its own, as in service; whoever reads shares the machine with it.

use crate::calibration::ms;
use crate::calibration::percentile;
use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::getrlimit;
use rustix::process::setrlimit;
use std::io::BufRead;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

const STREAMS: [usize; 2] = [1_000, 10_000];
const COMMITS: usize = 40;
/// File descriptors for everything that is no stream.
const OTHERS: u64 = 200;

pub fn run() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for streams in STREAMS {
        let room = descriptors();
        if room < streams as u64 + OTHERS {
            println!("{streams} streams: skipped, this system gives a process {room} file descriptors");
            continue;
        }
        runtime.block_on(measure(streams));
    }
}

/// As many as the system gives.
fn descriptors() -> u64 {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Without them the section says that it is skipped.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

async fn measure(streams: usize) {
    let server = Server::start();
    let (seen, mut shown) = mpsc::unbounded_channel();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let post = async |path: &str, body: String| {
        let sent = http.post(format!("{}{path}", server.address)).bearer_auth(&server.token).body(body).send().await.expect("an answer");
        assert_eq!(sent.status(), 201);
    };
    post("/v1/incidents", r#"{"title":"Withdrawals suspended"}"#.into()).await;
    let before_kb = server.resident_kb();
    let host = server.address.trim_start_matches("http://");
    let head = format!("GET /v1/stream?after=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", server.token);
    let (started, mut readers) = (Instant::now(), Vec::with_capacity(streams));
    for _ in 0..streams {
        let mut stream = TcpStream::connect(host).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("a request");
        let mut piece = [0; 4096];
        let bytes = stream.read(&mut piece).await.expect("an answer");
        assert!(piece[..bytes].starts_with(b"HTTP/1.1 200"), "a stream is opened");
        readers.push(tokio::spawn(read(stream, seen.clone())));
    }
    let opened = started.elapsed();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let each_kb = (server.resident_kb() - before_kb) as f64 / streams as f64;
    let (busy, idled) = (server.cpu(), Instant::now());
    tokio::time::sleep(Duration::from_secs(10)).await;
    let share = (server.cpu() - busy).as_secs_f64() / idled.elapsed().as_secs_f64();

    let (mut all, mut last) = (Vec::with_capacity(streams * COMMITS), Vec::with_capacity(COMMITS));
    for number in 0..COMMITS {
        tokio::time::sleep(Duration::from_millis(200)).await;
        post("/v1/incidents/INC-1/entries", format!(r#"{{"text":"line {number}"}}"#)).await;
        // Streams may be faster than the answer: it was durable when the first of both came.
        let mut committed = Instant::now();
        let mut times = Vec::with_capacity(streams);
        while times.len() < streams {
            let at = tokio::time::timeout(Duration::from_secs(30), shown.recv()).await.expect("every stream shows it").expect("readers");
            committed = committed.min(at);
            times.push(at);
        }
        let lags: Vec<Duration> = times.into_iter().map(|at| at - committed).collect();
        last.extend(lags.iter().max().copied());
        all.extend(lags);
    }
    readers.iter().for_each(tokio::task::JoinHandle::abort);
    println!(
        "{streams:>6} streams: {each_kb:.1} KB each, opened in {:.1} s, {:.1} % of a core while nothing happens; commit → a screen p50 {}, p99 {}; \
         → all screens p50 {}, p99 {}",
        opened.as_secs_f64(),
        share * 100.0,
        ms(percentile(&mut all, 0.5)),
        ms(percentile(&mut all, 0.99)),
        ms(percentile(&mut last, 0.5)),
        ms(percentile(&mut last, 0.99)),
    );
}

/// Tells when each record comes.
async fn read(mut stream: TcpStream, seen: mpsc::UnboundedSender<Instant>) {
    const MARK: &[u8] = b"event: record\n";
    let mut piece = [0; 4096];
    let mut kept = 0;
    while let Ok(bytes @ 1..) = stream.read(&mut piece[kept..]).await {
        let held = kept + bytes;
        for _ in piece[..held].windows(MARK.len()).filter(|window| *window == MARK) {
            // An error says that the section is over.
            let _ = seen.send(Instant::now());
        }
        // A mark may come in two pieces.
        kept = (MARK.len() - 1).min(held);
        piece.copy_within(held - kept..held, 0);
    }
}

/// A server process with room for every stream.
struct Server {
    child: Child,
    address: String,
    token: String,
    _home: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let config = home.path().join("config.toml");
        std::fs::write(&config, "[serve]\nlisten = \"127.0.0.1:0\"\nconnections = 12000\nconnections_of_address = 12000\n")
            .expect("a file");
        let command = |arguments: &[&str]| {
            let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_warroom")));
            command.arg("--config").arg(&config).args(arguments).env("WARROOM_HOME", home.path());
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
            command
        };
        let made = command(&["token", "create", "ana", "--scope", "responder"]).output().expect("a token");
        let mut child = command(&["serve"]).spawn().expect("a server");
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on ").expect("an address").to_owned();
        Self { child, address, token: String::from_utf8(made.stdout).expect("a token").trim().to_owned(), _home: home }
    }

    fn about(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("a process")
    }

    fn resident_kb(&self) -> u64 {
        let status = self.about("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// What it worked so far, by the hundredths of a second that the kernel counts.
    fn cpu(&self) -> Duration {
        let stat = self.about("stat");
        let behind_the_name = stat.rsplit_once(')').expect("a name").1;
        let ticks: u64 = behind_the_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error says that it ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
