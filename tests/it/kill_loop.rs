//! Real processes killed at moments nobody chose, again and again: the server in the middle of its commits, commands in the middle of theirs.
//! `WARROOM_SEED=7 cargo test kill_loop` plays another one.

use crate::server::declaration;
use crate::server::entry;
use crate::server::push_body;
use crate::stage::Home;
use crate::stage::Server;
use crate::toxic::roll;
use std::collections::BTreeMap;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;
use warroom::domain::IncidentId;
use warroom::ledger::EventBytes;
use warroom::wire::Pushed;

/// A second is promised; a busy machine and a program without optimisation get five times as much.
const BACK_WITHIN: Duration = Duration::from_secs(5);

/// Whoever pushes events and remembers what was answered.
struct Pusher {
    address: String,
    token: String,
    incident: IncidentId,
    name: usize,
    /// The number each event was acknowledged under, by its bytes.
    taken: BTreeMap<String, u64>,
    /// What was sent and not answered.
    open: Vec<EventBytes>,
    written: u64,
}

impl Pusher {
    /// Pushes batches until it is told to stop or the server is gone.
    async fn work(&mut self, http: &reqwest::Client, is_over: &AtomicBool) {
        while !is_over.load(Ordering::SeqCst) {
            if self.open.is_empty() {
                let batch = 1 + self.written % 7;
                self.open =
                    (0..batch).map(|n| entry("ana", self.incident, &format!("pushed {}.{}.", self.name, self.written + n))).collect();
                self.written += batch;
            }
            if !self.push(http).await {
                return;
            }
        }
    }

    /// Pushes what is open; answers whether it was answered.
    async fn push(&mut self, http: &reqwest::Client) -> bool {
        let request = http.post(format!("{}/v1/events", self.address)).bearer_auth(&self.token).body(push_body(&self.open));
        let Ok(answer) = request.send().await else { return false };
        let Ok(pushed) = answer.json::<Pushed>().await else { return false };
        for (event, outcome) in self.open.drain(..).zip(&pushed.outcomes) {
            self.taken.insert(event.as_str().to_owned(), outcome.seq.expect("a number"));
        }
        true
    }
}

/// A command that was begun, and what it wrote.
struct Begun {
    child: Child,
    text: String,
    said: Arc<Mutex<String>>,
    reader: std::thread::JoinHandle<()>,
}

fn begin(home: &Home, text: String) -> Begun {
    let mut command = Command::new(env!("CARGO_BIN_EXE_warroom"));
    command.args(["log", &text, "--json"]).env_clear().envs(home.environment());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a command");
    let (said, mut out) = (Arc::new(Mutex::new(String::new())), child.stdout.take().expect("a pipe"));
    let heard = said.clone();
    let reader = std::thread::spawn(move || drop(std::io::Read::read_to_string(&mut out, &mut heard.lock().expect("words"))));
    Begun { child, text, said, reader }
}

#[test]
fn servers_and_commands_killed_at_any_moment_keep_every_word_that_was_acknowledged() {
    let mut dice = std::env::var("WARROOM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x5eed_u64);
    let rounds = if std::env::var_os("CI").is_some() { 60 } else { 20 };
    warroom::install_crypto();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut server = Server::start();
    let token = server.token("ana", "commander");
    let http = reqwest::Client::new();
    let (incident, declared) = declaration("ana", "Withdrawals suspended");
    let mut pushers: Vec<Pusher> = (0..3)
        .map(|name| {
            let (address, token, open) = (server.address.clone(), token.clone(), Vec::new());
            Pusher { address, token, incident, name, taken: BTreeMap::new(), open, written: 0 }
        })
        .collect();
    pushers[0].open = vec![declared];
    assert!(runtime.block_on(pushers[0].push(&http)));
    let bo = server.home_of("bo", "commander");
    bo.ok(&["sync"]);
    let mut said: BTreeMap<String, Option<u64>> = BTreeMap::new();
    let mut not_said = Vec::new();
    for round in 0..rounds {
        let is_over = AtomicBool::new(false);
        let mut begun = vec![begin(&bo, format!("said {round}.")), begin(&bo, format!("said {round} too."))];
        std::thread::scope(|scope| {
            let (runtime, http, is_over) = (&runtime, &http, &is_over);
            let pushing: Vec<_> =
                pushers.iter_mut().map(|pusher| scope.spawn(move || runtime.block_on(pusher.work(http, is_over)))).collect();
            std::thread::sleep(Duration::from_millis(10 + roll(&mut dice, 140)));
            // An error says that it ended by itself.
            let _ = begun[0].child.kill();
            std::thread::sleep(Duration::from_millis(roll(&mut dice, 60)));
            server.kill();
            is_over.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(roll(&mut dice, 40)));
            let _ = begun[1].child.kill();
            pushing.into_iter().for_each(|pushing| pushing.join().expect("a pusher"));
        });
        for Begun { mut child, text, said: words, reader } in begun {
            child.wait().expect("an end");
            reader.join().expect("a reader");
            let words = words.lock().expect("words");
            match serde_json::from_str::<serde_json::Value>(&words) {
                Ok(entry) => drop(said.insert(text, entry["seq"].as_u64())),
                // It was killed before it said anything.
                Err(_) => not_said.push(text),
            }
        }
        let began = Instant::now();
        server.start_again();
        assert!(began.elapsed() < BACK_WITHIN, "round {round}: {:?}", began.elapsed());
    }
    for pusher in &mut pushers {
        assert!(pusher.open.is_empty() || runtime.block_on(pusher.push(&http)));
    }
    bo.ok(&["sync", "--wait"]);

    let page = |after: u64| {
        let asked = http.get(format!("{}/v1/events?after={after}&limit=1000", server.address)).bearer_auth(&token).send();
        runtime.block_on(async { asked.await.expect("an answer").json::<warroom::wire::EventsPage>().await.expect("a page") })
    };
    let mut log = Vec::new();
    loop {
        let page = page(log.len() as u64);
        log.extend(page.records.iter().map(|pair| pair.event.as_ref().expect("its bytes").get().to_owned()));
        if page.next.is_none() {
            break;
        }
    }
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    log.iter().for_each(|event| *times.entry(event).or_default() += 1);
    assert!(times.values().all(|times| *times == 1), "nothing is there twice");
    let pushed: usize = pushers.iter().map(|pusher| pusher.taken.len()).sum();
    for (event, seq) in pushers.iter().flat_map(|pusher| &pusher.taken) {
        assert_eq!(log.get(*seq as usize - 1), Some(event), "what was acknowledged is there under its number");
    }
    let at = |text: &str| log.iter().filter(|event| event.contains(&format!("\"text\":\"{text}\""))).count();
    for (text, seq) in &said {
        assert_eq!(at(text), 1, "`{text}` was saved");
        assert!(seq.is_none_or(|seq| log[seq as usize - 1].contains(text)), "`{text}` was accepted");
    }
    let more: usize = not_said.iter().map(|text| at(text)).sum();
    assert!(not_said.iter().all(|text| at(text) <= 1));
    assert_eq!(log.len(), pushed + said.len() + more, "and nothing else");
    assert!(pushed > rounds as usize && !said.is_empty() && !not_said.is_empty(), "{pushed} {} {}", said.len(), not_said.len());
    // Every copy agrees, and every hash holds.
    let verified = bo.ok(&["verify"]);
    assert!(verified.contains(&log.len().to_string()), "{verified}");
}

#[test]
fn a_repair_killed_at_any_moment_is_done_by_the_next_opening() {
    let seed = Home::new();
    seed.ok(&["declare", "one"]);
    for number in 0..10 {
        seed.ok(&["log", &format!("never sent {number}.")]);
    }
    let database = seed.folder().join("replica.db");
    let mut bytes = std::fs::read(&database).expect("a database");
    bytes[..16].fill(0xA5);
    std::fs::write(&database, bytes).expect("damaged");
    let mut interrupted = 0;
    for after_ms in 0..30 {
        let home = Home::new();
        crate::sync_http::copy_folder(&seed.folder(), &home.folder());
        let mut command = Command::new(env!("CARGO_BIN_EXE_warroom"));
        command.args(["doctor", "--repair"]).env_clear().envs(home.environment()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("a repair");
        std::thread::sleep(Duration::from_millis(after_ms));
        // An error says that it ended by itself.
        let _ = child.kill();
        interrupted += usize::from(!child.wait().expect("an end").success());
        let told = home.run(&["doctor", "--repair"]);
        assert_eq!(told.code, 0, "{after_ms} ms: {told:?}");
        let entries = &home.json(&["export", "--format", "json"])[0]["entries"];
        for number in 0..10 {
            let times =
                entries.as_array().expect("entries").iter().filter(|entry| entry["text"] == format!("never sent {number}.")).count();
            assert_eq!(times, 1, "killed after {after_ms} ms: entry {number} of {entries}");
        }
        let kept =
            std::fs::read_dir(home.folder()).expect("a home").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let kept: Vec<_> = kept.filter(|name| name.starts_with("replica.damaged-") && name.ends_with(".db")).collect();
        assert_eq!(kept.len(), 1, "what was damaged is kept: {kept:?}");
    }
    assert!(interrupted > 3, "{interrupted} were ended before they were done");
}
