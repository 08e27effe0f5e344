//! A token that is revoked or runs out while it is in use: the open stream is cut, the person is told, nothing more is recorded, and
//! what they typed is there when they come back with another token.

use crate::stage::Home;
use crate::stage::Screen;
use crate::stage::Server;
use crate::stage::eventually;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;
use std::time::Instant;
use warroom::domain::Scope;
use warroom::domain::Timestamp;
use warroom::server::NewToken;

/// Five times the promised five seconds, for a busy machine.
const CUT_WITHIN: Duration = Duration::from_secs(25);

/// A stream of events that has said where the log stands.
fn open_stream(server: &Server, token: &str) -> BufReader<TcpStream> {
    let address = server.address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(CUT_WITHIN)).unwrap();
    write!(stream, "GET /v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while !line.starts_with("event: head") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the stream begins");
    }
    lines
}

/// Reads to the end that the server makes.
fn read_to_the_end(lines: BufReader<TcpStream>) {
    for line in lines.lines() {
        line.expect("the end comes before the time is over");
    }
}

fn about(server: &Server, name: &str) -> serde_json::Value {
    server.home().json(&["token", "list"]).into_iter().find(|token| token["name"] == name).expect("the token")
}

#[test]
fn an_open_stream_is_cut_when_its_token_ends_and_its_last_use_is_kept() {
    let mut server = Server::start();
    let bo = server.token("bo", "viewer");
    let database = format!("sqlite:{}", server.home().folder().join("server.db").display());
    let soon = Timestamp::from(chrono::Utc::now()).plus_ms(3_000);
    let new = NewToken { name: "cy".into(), scope: Scope::Viewer, person: None, expires_at: Some(soon) };
    let cy = warroom::server::create_token(&database, new).unwrap();
    let (revoked, expiring) = (open_stream(&server, &bo), open_stream(&server, &cy));
    let opened_at = Timestamp::from(chrono::Utc::now());
    // Long enough that what is written down is the stream's use and not its opening.
    std::thread::sleep(Duration::from_millis(2_500));
    server.home().ok(&["token", "revoke", "bo"]);
    let began = Instant::now();
    read_to_the_end(revoked);
    read_to_the_end(expiring);
    assert!(began.elapsed() < CUT_WITHIN, "{:?}", began.elapsed());
    assert_eq!(server.terminate(), Some(0));
    for (name, state) in [("bo", "revoked"), ("cy", "expired")] {
        let token = about(&server, name);
        assert_eq!(token["state"], state);
        let used: Timestamp = token["last_used_at"].as_str().expect("it was used").parse().unwrap();
        assert!(used > opened_at, "{name}: last used at {used}, and its stream was open after {opened_at}");
    }
}

#[test]
fn a_person_whose_token_was_revoked_reads_on_and_finds_the_draft_again() {
    let server = Server::start();
    let ana = Home::new().with("WARROOM_REMOTE", &server.address);
    let keep = |token: &str| {
        let path = ana.file("token", token);
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let file = keep(&server.token("ana", "commander"));
    let with_token = |arguments: &[&'static str]| -> Vec<String> {
        ["--token-file", &file].into_iter().chain(arguments.iter().copied()).map(str::to_owned).collect()
    };
    let run = |arguments: &[&'static str]| ana.ok(&with_token(arguments).iter().map(String::as_str).collect::<Vec<_>>());
    let open = || Screen::open(&ana, &with_token(&[]).iter().map(String::as_str).collect::<Vec<_>>());
    run(&["declare", "Withdrawals", "suspended", "--severity", "1"]);
    let mut screen = open();
    screen.wait_for(&["INC-1 Withdrawals suspended", "live"]);
    screen.press("i");
    screen.wait_for(&["Write to"]);
    screen.type_words("half a sentence");
    screen.wait_for(&["half a sentence", "kept"]);

    server.home().ok(&["token", "revoke", "ana"]);
    screen.wait_for(&["locked out", "READ-ONLY"]);
    screen.type_words(" and more");
    screen.press("\r");
    screen.wait_for(&["half a sentence and more", "your token no longer counts"]);
    screen.press("\u{1b}");
    screen.wait("the box closed", |text| !text.contains("Write to"));
    screen.press("!");
    screen.wait_for(&["the token `ana` was revoked", "ask an administrator"]);
    screen.press("\u{1b}");
    screen.press("i");
    screen.wait_for(&["your token no longer counts", "INC-1 Withdrawals suspended"]);
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    let bo = server.home_of("bo", "viewer");
    assert!(!bo.ok(&["show", "INC-1"]).contains("half a sentence"), "nothing was recorded");

    keep(server.home().ok(&["token", "create", "ana-again", "--person", "ana", "--scope", "commander"]).trim());
    let mut screen = open();
    screen.wait_for(&["INC-1 Withdrawals suspended", "live"]);
    if !screen.text().contains("Write to") {
        screen.press("i");
    }
    screen.wait_for(&["Write to", "half a sentence and more"]);
    screen.press("\r");
    eventually("the sentence in the record", || bo.ok(&["show", "INC-1"]).contains("half a sentence and more").then_some(()));
}

#[test]
fn a_command_whose_token_has_ended_says_so_at_once_and_keeps_the_words() {
    let server = Server::start();
    let ana = server.home_of("ana", "commander");
    ana.ok(&["declare", "one"]);
    server.home().ok(&["token", "revoke", "ana"]);
    let said = |told: &crate::stage::Ran| {
        ["saved here, not sent: the token `ana` was revoked", "ask an administrator for a new one", "`warroom connect http"]
            .iter()
            .all(|words| told.err.contains(words))
    };
    eventually("the server lets go of it", || said(&ana.run(&["log", "first"])).then_some(()));
    let told = ana.run(&["log", "second", "--no-wait", "--json"]);
    assert!(told.code == 0 && said(&told) && told.out.contains("\"state\":\"local\""), "nobody need be asked again: {told:?}");
    let mut screen = Screen::open(&ana, &[]);
    screen.wait_for(&["locked out"]);
    let told = ana.run(&["log", "third"]);
    assert!(told.code == 0 && said(&told), "beside a war room that has it from the server: {told:?}");
    let told = ana.run(&["sync"]);
    assert!(told.code == 4 && told.err.contains("was revoked"), "{told:?}");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    let again = server.home().ok(&["token", "create", "ana-again", "--person", "ana", "--scope", "commander"]);
    let file = ana.file("again", again);
    let file = file.to_str().expect("a plain path");
    let told = ana.run(&["--token-file", file, "log", "fourth", "--no-wait"]);
    assert!(told.code == 0 && !told.err.contains("revoked"), "that was said of another token: {told:?}");
    ana.ok(&["--token-file", file, "sync"]);
    let recorded = server.viewer().ok(&["show", "INC-1"]);
    assert!(["first", "second", "third", "fourth"].iter().all(|words| recorded.contains(words)), "{recorded}");
}

#[test]
fn an_open_war_room_goes_on_with_a_new_token() {
    let server = Server::start();
    let keep = |home: &Home, token: &str| {
        let path = home.file("token", token);
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a private file");
        path.to_str().expect("a plain path").to_owned()
    };
    let fresh = |name: &str| server.home().ok(&["token", "create", name, "--person", "ana", "--scope", "commander"]);
    let bo = server.viewer();
    let connects = Home::new();
    let file = keep(&connects, &fresh("first"));
    connects.ok(&["connect", &server.address, "--token-file", &file]);
    connects.ok(&["declare", "one"]);
    let rewrites = Home::new().with("WARROOM_REMOTE", &server.address);
    let path = keep(&rewrites, &fresh("second"));
    let rewrites = rewrites.with("WARROOM_TOKEN_FILE", &path);
    rewrites.ok(&["list"]);
    for (home, token, words) in [(&connects, "first", "from beside"), (&rewrites, "second", "and once more")] {
        let mut screen = Screen::open(home, &[]);
        screen.wait_for(&["INC-1", "one", "live"]);
        screen.press("i");
        screen.wait_for(&["Write to"]);
        screen.type_words("half a sentence");
        server.home().ok(&["token", "revoke", token]);
        screen.wait_for(&["locked out", "READ-ONLY", "half a sentence"]);
        assert!(home.run(&["log", words]).err.contains("was revoked"));
        screen.wait_for(&["1 unsent"]);
        let file = keep(home, &fresh(&format!("{token}-again")));
        let began = std::time::Instant::now();
        if token == "first" {
            home.ok(&["connect", &server.address, "--token-file", &file]);
        }
        screen.wait("connected again", |text| text.contains("live") && !text.contains("READ-ONLY") && !text.contains("unsent"));
        assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!(bo.ok(&["show", "INC-1"]).matches(words).count(), 1);
        screen.press("\r");
        eventually("the sentence in the record", || bo.ok(&["show", "INC-1"]).contains("half a sentence").then_some(()));
        screen.press("\u{1b}");
        std::thread::sleep(std::time::Duration::from_millis(400));
        screen.press("q");
        assert_eq!(screen.ended(), 0);
    }
    // One that was opened without a server finds the one that it is connected to.
    let alone = Home::new();
    alone.ok(&["declare", "written alone"]);
    let screen = Screen::open(&alone, &[]);
    screen.wait_for(&["NEW-", "written alone", "no server"]);
    let file = keep(&alone, &fresh("third"));
    alone.ok(&["connect", &server.address, "--token-file", &file]);
    screen.wait_for(&["INC-2 written alone", "live"]);
}
