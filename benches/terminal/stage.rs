//! A real server with a long log, and the home of somebody who follows it.

use crate::history;
use crate::rest;
use crate::tty::Tty;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;
use warroom::domain::Scope;
use warroom::server;

/// The program, or another build of it named here, to compare.
pub fn program() -> String {
    std::env::var("WARROOM_BENCH_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_warroom").into())
}

/// A folder named here keeps the log and the home, so that the next run need not fill them again.
const KEPT: &str = "WARROOM_BENCH_HOME";
const BATCH: usize = 500;

/// Folders with a filled log and a home that holds all of it.
pub struct Stage {
    folder: tempfile::TempDir,
    token: String,
}

impl Stage {
    /// Fills a log through the API and lets a home catch up with it, or takes both from where they were kept.
    pub fn prepare() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = std::env::var_os(KEPT).map(PathBuf::from);
        if let Some(kept) = kept.as_deref().filter(|kept| kept.join("token").is_file()) {
            copy(kept, folder.path());
        }
        let stage = if folder.path().join("token").is_file() {
            let token = std::fs::read_to_string(folder.path().join("token")).expect("a token");
            Self { folder, token }
        } else {
            let database = format!("sqlite:{}", folder.path().join("server.sqlite").display());
            let new = server::NewToken { name: "bench".into(), scope: Scope::Admin, person: Some("ana".into()), expires_at: None };
            let token = server::create_token(&database, new).expect("a token");
            let stage = Self { folder, token };
            stage.fill();
            stage
        };
        if let Some(kept) = kept.filter(|kept| !kept.join("token").is_file()) {
            std::fs::write(stage.folder.path().join("token"), &stage.token).expect("a token");
            std::fs::create_dir_all(&kept).expect("a folder");
            copy(stage.folder.path(), &kept);
        }
        stage
    }

    fn fill(&self) {
        let server = self.serve();
        let started = Instant::now();
        let mut batch = Vec::with_capacity(BATCH);
        let mut feed = Feed::new(&server.url, &self.token);
        for event in history::events() {
            batch.push(event.as_str().to_owned());
            if batch.len() == BATCH {
                feed.push(&std::mem::take(&mut batch));
            }
        }
        feed.push(&batch);
        let mut sync = Command::new(program());
        sync.arg("sync").env_clear().envs(self.environment(Some(&server.url)));
        let done = sync.output().expect("the program runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        println!(
            "a log and a home of {} incidents and {} entries made in {:.0} s",
            history::INCIDENTS,
            history::ENTRIES,
            started.elapsed().as_secs_f64()
        );
    }

    /// A file of this name beside the log and the home, on the same disk.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the program is started with; alone without an address.
    pub fn environment(&self, remote: Option<&str>) -> Vec<(String, String)> {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let mut all = vec![("HOME".into(), path("")), ("WARROOM_HOME".into(), path("home")), ("USER".into(), "ana".into())];
        if let Some(remote) = remote {
            all.push(("WARROOM_REMOTE".into(), remote.into()));
            all.push(("WARROOM_TOKEN".into(), self.token.clone()));
        }
        all
    }

    /// The war room on a terminal, with the busiest incident in hand and read, and nothing of its own left to do.
    pub fn open(&self, remote: Option<&str>) -> Tty {
        let mut tty = Tty::start(&[&program()], &self.environment(remote));
        tty.wait("the busiest timeline", |seen| seen.in_hand().as_deref() == Some("INC-1") && seen.has("Outflow back to baseline"));
        if remote.is_some_and(|remote| !remote.is_empty()) {
            tty.wait("a link that says how it is", |seen| !seen.has("no server"));
        }
        tty.send(b"1");
        tty.wait("the incidents", |seen| seen.focus() == Some("Incidents"));
        rest::settle(&mut tty);
        tty
    }

    /// A real server on the filled log.
    pub fn serve(&self) -> Server {
        let mut command = Command::new(program());
        let database = format!("sqlite:{}", self.folder.path().join("server.sqlite").display());
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", &database]).env_clear().envs(self.environment(None));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a server");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("the server said {line:?}")).to_owned();
        Server { child, url, token: self.token.clone() }
    }
}

/// A server process; it ends with this.
pub struct Server {
    child: Child,
    pub url: String,
    token: String,
}

impl Server {
    /// Stops it where it stands: connections stay open and nothing answers.
    pub fn hang(&self) {
        let sent = Command::new("kill").args(["-STOP", &self.child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
    }

    /// Sends it so many events a second until the answer is called.
    pub fn feed(&self, per_second: u64) -> impl FnOnce() -> u64 {
        const BEATS: u64 = 50;
        let (ends, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (mut feed, stop, count) = (Feed::new(&self.url, &self.token), Arc::clone(&ends), Arc::clone(&sent));
        let thread: JoinHandle<()> = std::thread::spawn(move || {
            let (started, mut number) = (Instant::now(), 0);
            while !stop.load(Ordering::Relaxed) {
                let due = started.elapsed().as_millis() as u64 * per_second / 1_000;
                let events: Vec<String> = (number..due).map(|number| history::news(number).as_str().to_owned()).collect();
                feed.push(&events);
                number = due;
                count.store(number, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(1_000 / BEATS));
            }
        });
        move || {
            ends.store(true, Ordering::Relaxed);
            thread.join().expect("a feed");
            sent.load(Ordering::Relaxed)
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // How it ends does not matter here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Pushes events as another client would.
struct Feed {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Feed {
    fn new(url: &str, token: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { runtime, client, url: format!("{url}/v1/events"), token: token.into() }
    }

    fn push(&mut self, events: &[String]) {
        // One that was kept from its beat has more to send than one push takes.
        for events in events.chunks(500) {
            let body = format!("{{\"events\":[{}]}}", events.join(","));
            let request = self.client.post(&self.url).bearer_auth(&self.token).header("content-type", "application/json").body(body);
            let text = self.runtime.block_on(async { request.send().await.expect("an answer").text().await.expect("a body") });
            assert!(!text.contains("refused") && text.contains("accepted"), "{text}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-r").arg(format!("{}/.", from.display())).arg(to).status().expect("cp");
    assert!(done.success());
}
