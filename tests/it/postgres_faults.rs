//! Databases and nodes killed under load: what was acknowledged is there once, and the rest goes on by itself.

use crate::server::*;
use crate::server_stream::follow;
use crate::stage::eventually as look_for;
use crate::stage::postgres;
use crate::stage::postgres::Cluster;
use serde_json::Value;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::wire::OutcomeWord;
use warroom::wire::Pushed;

/// What a writer was told: the text of each entry, and its place.
type Acknowledged = Vec<(EventBytes, u64)>;

/// Sends an event to one address after another until one of them takes it.
async fn insist(http: &reqwest::Client, urls: &[String], token: &str, event: &EventBytes) -> u64 {
    for attempt in 0..2000 {
        let url = format!("{}/v1/events", urls[attempt % urls.len()]);
        let body = push_body(std::slice::from_ref(event));
        let sent = http.post(url).bearer_auth(token).header("content-type", "application/json").timeout(Duration::from_secs(15)).body(body);
        if let Ok(answer) = sent.send().await
            && answer.status() == 200
            && let Ok(pushed) = answer.json::<Pushed>().await
        {
            let outcome = &pushed.outcomes[0];
            assert_ne!(outcome.outcome, OutcomeWord::Refused, "{:?}", outcome.reason);
            return outcome.seq.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nobody took it");
}

/// Writers that go on until they are told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    writers: Vec<tokio::task::JoinHandle<Acknowledged>>,
}

impl Load {
    fn start(urls: &[String], token: &str, incident: IncidentId) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let writers = (0..4_usize).map(|writer| -> tokio::task::JoinHandle<Acknowledged> {
            let (stop, token, mut urls) = (stop.clone(), token.to_owned(), urls.to_vec());
            let first = writer % urls.len();
            urls.rotate_left(first);
            tokio::spawn(async move {
                let (http, mut acknowledged) = (reqwest::Client::new(), Vec::new());
                while !stop.load(Ordering::SeqCst) {
                    let event = entry("ana", incident, &format!("{writer}.{}", acknowledged.len()));
                    let seq = insist(&http, &urls, &token, &event).await;
                    acknowledged.push((event, seq));
                }
                acknowledged
            })
        });
        let writers = writers.collect();
        Self { stop, writers }
    }

    async fn end(self) -> Acknowledged {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = Vec::new();
        for writer in self.writers {
            all.extend(writer.await.unwrap());
        }
        all
    }
}

/// Every acknowledged event is in the log once, where it was said to be.
fn check_log(log: &[(String, String)], acknowledged: &Acknowledged) {
    for (event, seq) in acknowledged {
        let places: Vec<_> = log.iter().zip(1..).filter(|((_, bytes), _)| bytes == event.as_str()).map(|(_, seq)| seq).collect();
        assert_eq!(places, [*seq], "of {}", log.len());
    }
}

fn is_ready(house: &House) -> impl Future<Output = bool> + use<> {
    let sent = house.http.get(house.url("/readyz")).send();
    async move { sent.await.is_ok_and(|answer| answer.status() == 200) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_killed_again_and_again_keeps_what_was_acknowledged() {
    let Some(cluster) = Cluster::start() else { return };
    let house = House::open_on(&cluster.database()).await;
    let ana = house.token("ana", Scope::Commander);
    let (incident, declared) = declaration("ana", "Killed");
    house.push(&ana, &[declared]).await;
    let load = Load::start(&[house.url("")], &ana, incident);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        cluster.kill();
        eventually("the node says that it cannot write", async || !is_ready(&house).await).await;
        assert_eq!(house.http.get(house.url("/healthz")).send().await.unwrap().status(), 200);
        assert_eq!(house.get(&ana, "/v1/incidents/INC-1").send().await.unwrap().status(), 200, "the board is still shown");
        tokio::task::block_in_place(|| cluster.run());
        eventually("the node writes again by itself", async || is_ready(&house).await).await;
    }
    let acknowledged = load.end().await;
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    check_log(&house.log(&ana).await, &acknowledged);
}

/// A node as a process of its own.
struct Node(Child, String);

impl Node {
    fn start(house: &House) -> Self {
        let (home, key) = (std::env::temp_dir(), house.key_file().unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_warroom"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--key-file"]).arg(key);
        command.env_clear().env("HOME", home).env("WARROOM_DATABASE", house.database());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self(child, url)
    }

    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_while_it_writes_leaves_a_whole_log_and_the_others_go_on() {
    let Some(cluster) = postgres::shared() else { return };
    let database = cluster.database();
    let house = House::open_on(&database).await;
    let ana = house.token("ana", Scope::Commander);
    let (incident, declared) = declaration("ana", "Node killed");
    house.push(&ana, &[declared]).await;
    let mut acknowledged = Vec::new();
    for _ in 0..3 {
        let mut node = Node::start(&house);
        let load = Load::start(&[node.1.clone(), house.url("")], &ana, incident);
        tokio::time::sleep(Duration::from_millis(500)).await;
        node.kill();
        let here = entry("ana", incident, "the other node holds no lock that the dead one left");
        acknowledged.push((here.clone(), insist(&house.http, &[house.url("")], &ana, &here).await));
        acknowledged.extend(load.end().await);
    }
    check_log(&house.log(&ana).await, &acknowledged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_to_the_synchronous_standby_loses_nothing_and_begins_a_new_epoch() {
    let Some(primary) = Cluster::start() else { return };
    let standby = primary.standby("second");
    primary.configure("synchronous_standby_names = 'second'");
    primary.reload();
    let address = primary.database();
    let name = address.rsplit('/').next().unwrap();
    look_for("a synchronous standby", || (primary.sql("postgres", "SELECT sync_state FROM pg_stat_replication") == "sync").then_some(()));
    let both = format!("postgres://warroom@{},{}/{name}?target_session_attrs=read-write", primary.host(), standby.host());
    let (one, two) = (House::open_on(&both).await, House::open_on(&both).await);
    let ana = one.token("ana", Scope::Commander);
    let ready = one.http.get(one.url("/readyz")).send().await.unwrap().text().await.unwrap();
    assert_eq!(ready, "ready\n", "nothing to warn of");
    let (incident, declared) = declaration("ana", "Failover");
    one.push(&ana, &[declared]).await;
    let mut stream = follow(&two, &ana, "?after=1").await;

    let load = Load::start(&[one.url(""), two.url("")], &ana, incident);
    tokio::time::sleep(Duration::from_secs(1)).await;
    primary.kill();
    tokio::task::block_in_place(|| standby.promote());
    for house in [&one, &two] {
        eventually("the node writes to the new primary", async || is_ready(house).await).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let acknowledged = load.end().await;
    for house in [&one, &two] {
        eventually("the node is in the new epoch", async || {
            let me: Value = house.get(&ana, "/v1/me").send().await.unwrap().json().await.unwrap();
            me["epoch"] == 2
        })
        .await;
        let last = acknowledged.iter().map(|(_, seq)| *seq).max().unwrap();
        assert_eq!(house.get(&ana, &format!("/v1/events?after={last}")).send().await.unwrap().status(), 200, "it hears of the last record");
        check_log(&house.log(&ana).await, &acknowledged);
    }
    let end = loop {
        let event = futures_util::StreamExt::next(&mut stream).await.expect("a word before the end");
        if event.event == "resync" {
            break event.data;
        }
    };
    assert!(end.contains("epoch 2"), "{end}");
    let epochs: Vec<u64> =
        one.log(&ana).await.iter().map(|(record, _)| serde_json::from_str::<Value>(record).unwrap()["epoch"].as_u64().unwrap()).collect();
    assert!(epochs.is_sorted() && epochs[0] == 1 && *epochs.last().unwrap() == 2, "{epochs:?}");
    let stale = one.get(&ana, "/v1/events?after=1&epoch=1").send().await.unwrap();
    assert!(check_problem(stale, 409, "resync").await.contains("epoch 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_lacked_records_is_noticed_and_everyone_is_told() {
    let Some(primary) = Cluster::start() else { return };
    let standby = primary.standby("late");
    let address = primary.database();
    let name = address.rsplit('/').next().unwrap();
    let both = format!("postgres://warroom@{},{}/{name}", primary.host(), standby.host());
    let house = House::open_on(&both).await;
    let ana = house.token("ana", Scope::Commander);
    let (incident, declared) = declaration("ana", "Lost range");
    house.push(&ana, &[declared, entry("ana", incident, "replicated")]).await;
    look_for("the standby has it", || {
        (primary.sql("postgres", "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()") == "1").then_some(())
    });
    standby.kill();
    let lost = entry("ana", incident, "written while the standby was away");
    house.push(&ana, &[lost.clone(), entry("ana", incident, "and this")]).await;
    let mut stream = follow(&house, &ana, "?after=0").await;
    primary.kill();
    tokio::task::block_in_place(|| {
        standby.run();
        standby.promote();
    });
    eventually("the node serves the log as it is now", async || is_ready(&house).await && house.log(&ana).await.len() == 2).await;
    let end = loop {
        let event = futures_util::StreamExt::next(&mut stream).await.expect("a word before the end");
        if event.event == "resync" {
            break event.data;
        }
    };
    assert!(end.contains("epoch 2"), "{end}");
    check_problem(house.get(&ana, "/v1/events?after=4").send().await.unwrap(), 409, "resync").await;
    let timeline = house.get(&ana, "/v1/incidents/INC-1/timeline").send().await.unwrap().text().await.unwrap();
    assert!(timeline.contains("replicated") && !timeline.contains("while the standby was away"), "the board is that of the log");
    // Whoever wrote it still has it, and sends it again.
    assert_eq!(house.push(&ana, &[lost]).await.outcomes[0].seq, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_to_the_database_is_encrypted_and_its_name_is_checked() {
    let Some(cluster) = Cluster::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    for (name, host) in [("right", "DNS:localhost"), ("other", "DNS:db.example")] {
        let (key, cert) = (file(&format!("{name}.key")), file(&format!("{name}.crt")));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test"])
            .args([
                "-addext",
                &format!("subjectAltName={host}"),
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-keyout",
                &key,
                "-out",
                &cert,
            ])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let serve_with = |name: &str| {
        for (from, to) in [("key", "server.key"), ("crt", "server.crt")] {
            cluster.write(to, &std::fs::read_to_string(file(&format!("{name}.{from}"))).unwrap());
        }
        cluster.reload();
    };
    cluster.configure("ssl = on");
    serve_with("right");
    let plain = cluster.database();
    let url = |root: &str| format!("{}?sslmode=verify-full&sslrootcert={}", plain.replace("127.0.0.1", "localhost"), file(root));
    let refused = |url: String| {
        let opened = tokio::task::block_in_place(|| warroom::store::PostgresStore::open(&url));
        opened.err().map(|why| why.to_string()).unwrap_or_default()
    };
    look_for("a database that speaks TLS", || refused(url("right.crt")).is_empty().then_some(()));
    let house = House::open_on(&url("right.crt")).await;
    let ana = house.token("ana", Scope::Commander);
    house.push(&ana, &[declaration("ana", "Encrypted").1]).await;
    let said = cluster.sql("postgres", "SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'warroom'");
    assert!(said.ends_with("|0") && !said.starts_with('0'), "every connection: {said}");

    let stranger = refused(url("other.crt"));
    assert!(stranger.contains("certificate"), "{stranger}");
    serve_with("other");
    let misnamed = look_for("the other certificate", || Some(refused(url("other.crt"))).filter(|why| why.contains("localhost")));
    assert!(misnamed.contains("not valid for name"), "{misnamed}");
}
