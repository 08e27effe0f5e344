//! The command line with a real server: connecting, writing, losing the server and finding it again, and every way it can say no.

use crate::older_files::server_with;
use crate::stage::Home;
use crate::stage::Screen;
use crate::stage::Server;
use crate::unwritable::files;
use std::io::Read;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

#[test]
fn what_is_written_with_a_server_is_accepted_and_seen_by_others() {
    let server = Server::start();
    let (ana, bo) = (server.home_of("ana", "commander"), server.home_of("bo", "responder"));
    let declared = ana.run(&["declare", "Withdrawals", "suspended", "--severity", "1", "--json"]);
    assert_eq!((declared.code, declared.err.as_str()), (0, ""), "{declared:?}");
    let declared: serde_json::Value = serde_json::from_str(&declared.out).unwrap();
    assert_eq!((&declared["code"], &declared["state"]), (&"INC-1".into(), &"accepted".into()));
    assert_eq!(bo.json(&["list"])[0]["title"], "Withdrawals suspended");
    let entry = &bo.json(&["-i", "INC-1", "log", "balances", "fall", "-k", "observation"])[0];
    assert_eq!((&entry["by"], &entry["state"], &entry["seq"]), (&"bo".into(), &"accepted".into(), &2.into()));
    assert!(ana.ok(&["show"]).contains("balances fall"));

    ana.ok(&["take"]);
    assert!(ana.ok(&["offer", "bo"]).contains("offered to bo"));
    assert!(bo.ok(&["accept"]).contains("bo accepts command"));
    assert_eq!(ana.json(&["show"])[0]["commander"], "bo");
}

#[test]
fn a_search_waits_for_the_words_of_what_has_just_come() {
    let (server, writer) = server_with(400);
    writer.push(&server, 400);
    let bo = server.home_of("bo", "viewer");
    assert_eq!(bo.json(&["search", "-n", "2000", "outfl"]).len(), 799);
}

#[test]
fn offering_what_another_holds_is_refused_by_its_rule() {
    let server = Server::start();
    let (ana, bo) = (server.home_of("ana", "commander"), server.home_of("bo", "responder"));
    ana.ok(&["declare", "one"]);
    ana.ok(&["take"]);
    assert!(bo.fails(4, &["take"]).contains("ana has command"));
    assert!(bo.fails(4, &["take", "--reason", "she sleeps"]).contains("deputy"));
    assert!(bo.fails(4, &["offer", "chi"]).contains("ana has command"));
    assert!(bo.fails(4, &["decline"]).contains("no offer"));
    let viewer = server.home_of("eve", "viewer");
    assert_eq!(viewer.json(&["list"])[0]["code"], "INC-1");
    assert!(viewer.fails(4, &["log", "x"]).contains("viewer"));
}

#[test]
fn what_was_written_alone_is_claimed_and_sent_by_connect() {
    let server = Server::start();
    let home = Home::new();
    home.ok(&["declare", "written", "alone"]);
    home.ok(&["log", "nobody", "hears", "me"]);
    let token = home.file("token", server.token("ana", "commander"));
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
    let said = home.ok(&["connect", &server.address, "--token-file", token.to_str().unwrap()]);
    assert!(said.contains("as ana (commander)") && said.contains("written alone: 2"), "{said}");
    let stored = home.folder().join("connection.json");
    assert_eq!(std::fs::metadata(&stored).unwrap().permissions().mode() & 0o777, 0o600);
    // From now on neither address nor token are given.
    let entry = &home.json(&["log", "heard"])[0];
    assert_eq!((&entry["state"], &entry["code"]), (&"accepted".into(), &"INC-1".into()));
    let other = server.home_of("bo", "viewer");
    assert!(other.ok(&["show", "INC-1"]).contains("nobody hears me"));
    let synced = &home.json(&["sync"])[0];
    assert_eq!((&synced["waiting"], &synced["position"]["seq"]), (&0.into(), &3.into()));
    assert!(home.ok(&["doctor"]).contains("agrees with the server's"));
}

#[test]
fn with_the_server_gone_everything_goes_on_and_is_sent_later_once() {
    let mut server = Server::start();
    let home = server.home_of("ana", "commander");
    home.ok(&["declare", "one"]);
    server.kill();
    let lost = home.run(&["log", "while it is gone", "--json"]);
    assert_eq!(lost.code, 0, "{lost:?}");
    assert!(lost.err.contains("saved here, not sent") && lost.out.contains("\"state\":\"local\""), "{lost:?}");
    assert!(home.ok(&["show"]).contains("while it is gone"));
    assert!(home.run(&["sync"]).err.contains("safe on this disk"));
    assert_eq!(home.run(&["sync"]).code, 5);
    let told = home.ok(&["doctor"]);
    assert!(told.contains("out of reach") && told.contains("1 written here and not sent"), "{told}");
    server.start_again();
    let synced = &home.json(&["sync"])[0];
    assert_eq!((&synced["sent"], &synced["waiting"]), (&1.into(), &0.into()));
    home.ok(&["sync"]);
    assert_eq!(home.ok(&["show"]).matches("while it is gone").count(), 1);
    assert_eq!(server.terminate(), Some(0), "SIGTERM ends a server in order");
}

#[test]
fn a_token_that_is_wrong_missing_or_anothers_is_told_apart() {
    let server = Server::start();
    let connect = |home: &Home, code: i32| home.fails(code, &["connect", &server.address]);
    assert!(connect(&Home::new(), 2).contains("--token-file"));
    assert!(connect(&Home::new().with("WARROOM_TOKEN", "hunter2"), 2).contains("wr_"));
    assert!(connect(&Home::new().with("WARROOM_TOKEN", "wr_0123456789abcdef"), 4).contains("does not accept this token"));
    assert!(connect(&Home::new().with("WARROOM_TOKEN", &server.token("bo", "viewer")).with("WARROOM_AS", "ana"), 4).contains("bo's"));
    let home = Home::new().with("WARROOM_TOKEN", "wr_0");
    assert!(home.fails(5, &["connect", "http://127.0.0.1:1"]).contains("out of reach"));
    assert!(home.fails(2, &["connect", "http://war.example"]).contains("readable over the network"));
    assert!(home.fails(2, &["connect", "nonsense"]).contains("https://"));
    let loose = home.file("token", server.token("chi", "viewer"));
    std::fs::set_permissions(&loose, std::fs::Permissions::from_mode(0o644)).unwrap();
    let warned = Home::new().run(&["connect", &server.address, "--token-file", loose.to_str().unwrap()]);
    assert!(warned.code == 0 && warned.err.contains("chmod 600"), "{warned:?}");
    let piped = Home::new().run_with(&["connect", &server.address, "--token-file", "-"], server.token("dee", "viewer").as_bytes());
    assert!(piped.code == 0 && piped.out.contains("as dee (viewer)"), "{piped:?}");

    // A wrong token stops nothing that works alone.
    let wrong = Home::at(&server.address, "wr_0123456789abcdef");
    assert_eq!(wrong.json(&["declare", "one"])[0]["state"], "local");
    assert_eq!(wrong.run(&["sync"]).code, 4);
}

#[test]
fn another_log_under_the_same_address_is_refused_and_nothing_is_sent() {
    let mut first = Server::start();
    let home = Home::new().with("WARROOM_TOKEN", &first.token("ana", "commander"));
    home.ok(&["connect", &first.address]);
    home.ok(&["declare", "of the first log"]);
    let listen = first.address.clone();
    first.kill();
    let second = Server::start_at(&listen);
    let stranger = home.with("WARROOM_TOKEN", &second.token("ana", "commander"));
    assert_eq!(stranger.json(&["log", "not for you"])[0]["state"], "local");
    let told = stranger.fails(4, &["connect", &listen]);
    assert!(told.contains("another log") && told.contains("--home"), "{told}");
    assert!(second.home_of("bo", "viewer").json(&["list", "--all"]).is_empty(), "nothing reached the other log");
}

#[test]
fn a_server_says_why_it_does_not_start() {
    let server = Server::start();
    let listen = server.address.trim_start_matches("http://");
    let told = Home::new().fails(1, &["serve", "--listen", listen]);
    assert!(told.contains("in use") && told.contains("--listen"), "{told}");
    assert!(server.home().fails(1, &["serve", "--listen", "127.0.0.1:0"]).contains("one server"));
    assert!(Home::new().fails(2, &["serve", "--listen", "0.0.0.0:0"]).contains("--behind-proxy"));
    assert!(Home::new().fails(2, &["serve", "--database", "mysql:x"]).contains("sqlite:PATH"));
    let home = Home::new();
    let file = home.file("text.db", "this is not a database, and long enough to be looked at as one ".repeat(20));
    let told = home.run(&["serve", "--listen", "127.0.0.1:0", "--database", &format!("sqlite:{}", file.display())]);
    assert!(told.code != 0 && told.err.contains("text.db"), "{told:?}");
}

#[test]
fn stores_of_a_newer_version_are_left_alone() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    home.ok(&["token", "create", "ana", "--scope", "viewer"]);
    for (file, arguments) in [("replica.db", &["list"][..]), ("server.db", &["serve", "--listen", "127.0.0.1:0"])] {
        let path = home.folder().join(file);
        rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let before = files(&home.folder());
        let told = home.fails(1, arguments);
        assert!(told.contains("newer warroom") && told.contains("pdate"), "{told}");
        let after = files(&home.folder());
        assert!(before.iter().all(|(path, was)| after.get(path) == Some(was)), "{file}: every file is as it was");
    }
    assert!(home.ok(&["--home", home.folder().join("other").to_str().unwrap(), "list", "--all"]).is_empty());
}

#[test]
fn a_damaged_replica_is_told_with_its_exit_code() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    std::fs::write(home.folder().join("replica.db"), b"not a database at all".repeat(400)).unwrap();
    for file in ["replica.db-wal", "replica.db-shm"] {
        // They may be gone already.
        let _ = std::fs::remove_file(home.folder().join(file));
    }
    let told = home.fails(6, &["list"]);
    assert!(told.contains("damaged") && told.contains("doctor"), "{told}");
    assert_eq!(home.run(&["doctor"]).code, 6);
    let repaired = home.ok(&["doctor", "--repair"]);
    assert!(repaired.contains("damaged"), "{repaired}");
    assert!(home.ok(&["list", "--all"]).is_empty());
    home.ok(&["declare", "after the repair"]);
    let kept = std::fs::read_dir(home.folder()).unwrap().flatten().any(|entry| entry.file_name().to_string_lossy().contains("damaged"));
    assert!(kept, "what was damaged is kept: {:?}", std::fs::read_dir(home.folder()).unwrap().collect::<Vec<_>>());
}

#[test]
fn two_processes_of_one_home_do_not_lose_or_double_anything() {
    let server = Server::start();
    let home = server.home_of("ana", "commander");
    home.ok(&["declare", "one"]);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let home = &home;
            scope.spawn(move || {
                for number in 0..5 {
                    home.ok(&["log", &format!("entry {writer}.{number}")]);
                }
            });
        }
    });
    home.ok(&["sync", "--wait"]);
    let shown = server.home_of("bo", "viewer").ok(&["show", "INC-1", "--lines", "0"]);
    for writer in 0..4 {
        for number in 0..5 {
            assert_eq!(shown.matches(&format!("entry {writer}.{number} ")).count(), 1, "{shown}");
        }
    }
}

#[test]
fn a_stranger_who_answers_without_end_is_left() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stranger = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").unwrap();
        let mut sent = 0;
        // Ends when the other side hangs up.
        while sent < 64 * 1024 * 1024 && stream.write_all(&[b'['; 64 * 1024]).is_ok() {
            sent += 64 * 1024;
        }
        sent
    });
    let home = Home::new().with("WARROOM_TOKEN", "wr_0123456789abcdef");
    assert!(home.fails(1, &["connect", &address]).contains("not a warroom server"));
    assert!(stranger.join().unwrap() < 32 * 1024 * 1024);
}

#[test]
fn what_was_done_alone_under_another_name_goes_in_as_the_tokens_person() {
    let server = Server::start();
    let home = Home::new().with("USER", "ops");
    home.ok(&["declare", "written", "alone"]);
    home.ok(&["log", "nobody", "hears", "me"]);
    home.ok(&["take"]);
    home.ok(&["status", "investigating"]);
    home.ok(&["task", "bo", "call the exchange"]);
    home.ok(&["log", "--by", "chi", "said by chi"]);
    let home = home.with("WARROOM_TOKEN", &server.token("ana", "commander"));
    let said = home.ok(&["connect", &server.address]);
    assert!(said.contains("6 events were written here as ops; signed ana from now on"), "{said}");
    assert!(said.contains("written alone: 6, sent now as ana: 6"), "{said}");
    let synced = &home.json(&["sync"])[0];
    assert_eq!((&synced["waiting"], &synced["refused"], &synced["position"]["seq"]), (&0.into(), &0.into(), &6.into()));
    assert!(home.ok(&["doctor"]).contains("nothing waits for the server"));
    // What ana did as ops she did as ana, command included: she may go on with it.
    home.ok(&["offer", "bo"]);
    let other = server.viewer();
    let document = other.ok(&["export", "-i", "INC-1"]);
    assert!(!document.contains("ops") && document.contains("nobody hears me"), "{document}");
    let entries = other.json(&["export", "-i", "INC-1", "--format", "json"]);
    let entry = entries[0]["entries"].as_array().unwrap().iter().find(|entry| entry["text"] == "said by chi").unwrap();
    assert_eq!(entry["by"], "chi");
}

#[test]
fn where_two_wrote_alone_connect_signs_only_what_is_said_to_be_of_the_tokens_person() {
    let server = Server::start();
    let home = Home::new().with("USER", "ops");
    home.ok(&["declare", "declared by ops"]);
    let home = home.with("USER", "bo");
    home.ok(&["log", "said by bo"]);
    home.ok(&["declare", "declared by bo"]);
    let home = home.with("WARROOM_TOKEN", &server.token("bo", "commander"));
    assert!(home.fails(2, &["connect", &server.address, "--claim", "chi"]).contains("nothing waits here"));
    let ran = home.run(&["connect", &server.address]);
    assert!(ran.err.contains("1 event was written here as ops and not sent; if ops is you") && ran.err.contains("--claim ops"), "{ran:?}");
    let waits = home.ok(&["doctor"]);
    assert!(waits.contains("written as ops, but the token here is bo's") && waits.contains("waits behind"), "{waits}");
    assert_eq!(server.viewer().json(&["list"]).len(), 1, "what bo said in the incident of ops waits for it");
    let said = home.ok(&["connect", &server.address, "--claim", "ops"]);
    assert!(said.contains("1 event was written here as ops; signed bo"), "{said}");
    assert_eq!(server.viewer().json(&["list"]).len(), 2);
    assert!(home.ok(&["doctor"]).contains("nothing waits for the server"));
}

#[test]
fn a_person_is_asked_their_name_once_before_the_first_thing_on_record() {
    let home = Home::new().with("USER", "ops");
    let mut screen = Screen::open(&home, &[]);
    screen.wait_for(&["ops", "no server"]);
    screen.press("D");
    screen.wait_for(&["Title", "Your name", "ops", "asked once"]);
    screen.type_words("one");
    screen.press("\r");
    screen.type_words("ana");
    screen.press("\r");
    screen.wait_for(&["NEW-", "one", "ana"]);
    screen.press("\u{1b}");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    assert_eq!(home.json(&["log", "still ana"])[0]["by"], "ana");
    let mut screen = Screen::open(&home, &[]);
    screen.wait_for(&["ana", "still ana"]);
    screen.press("D");
    screen.wait("the title alone", |text| text.contains("Title") && !text.contains("Your name"));
    screen.kill();
    // On a terminal a command asks as well; Enter takes the login's name.
    let home = Home::new().with("USER", "ops");
    let mut asked = Screen::open(&home, &["declare", "two"]);
    asked.wait_for(&["Your name, for the record (asked once) [ops]:"]);
    asked.press("\r");
    assert_eq!(asked.ended(), 0);
    let mut quiet = Screen::open(&home, &["log", "not asked again"]);
    assert_eq!(quiet.ended(), 0);
    assert!(!quiet.text().contains("Your name"));
}
