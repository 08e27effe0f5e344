//! Whole processes killed, cut off and restored: nothing acknowledged is lost, nothing is there twice, and a person is told.

use crate::stage::Home;
use crate::stage::Screen;
use crate::stage::Server;
use crate::stage::eventually;
use std::process::Command;
use std::process::Stdio;

#[test]
fn a_server_killed_again_and_again_keeps_every_answer_it_gave() {
    let mut server = Server::start();
    let home = server.home_of("ana", "commander");
    home.ok(&["declare", "one"]);
    let mut acknowledged = Vec::new();
    for round in 0..5 {
        for number in 0..3 {
            let text = format!("entry {round}.{number}.");
            let entry = &home.json(&["log", &text])[0];
            acknowledged.push((text, entry["seq"].clone()));
        }
        server.kill();
        home.ok(&["log", &format!("lost {round}.")]);
        server.start_again();
    }
    home.ok(&["sync", "--wait"]);
    let fresh = server.home_of("bo", "viewer");
    let export = &fresh.json(&["export", "INC-1", "--format", "json"])[0];
    let entries = export["entries"].as_array().unwrap();
    for (text, seq) in &acknowledged {
        let found: Vec<_> = entries.iter().filter(|entry| entry["text"] == text.as_str()).collect();
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!((&found[0]["seq"], seq.is_u64()), (seq, true), "{text}");
    }
    for round in 0..5 {
        assert_eq!(entries.iter().filter(|entry| entry["text"] == format!("lost {round}.")).count(), 1);
    }
}

#[test]
fn a_command_killed_at_any_moment_has_written_all_or_nothing() {
    let server = Server::start();
    let home = server.home_of("ana", "commander");
    home.ok(&["declare", "one"]);
    for after_ms in [0, 2, 4, 6, 8, 10, 12, 15, 20, 30, 40, 60] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warroom"));
        command.args(["log", &format!("killed after {after_ms} ms.")]).env_clear().envs(home.environment());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(after_ms));
        // It may have ended by itself.
        let _ = child.kill();
        child.wait().unwrap();
    }
    home.ok(&["sync", "--wait"]);
    let mine = home.json(&["export", "INC-1", "--format", "json"]);
    let others = server.home_of("bo", "viewer").json(&["export", "INC-1", "--format", "json"]);
    let texts = |export: &serde_json::Value| {
        let entries = export["entries"].as_array().unwrap();
        entries.iter().map(|entry| entry["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&mine[0]), texts(&others[0]));
    let mut once = texts(&mine[0]);
    once.sort();
    once.dedup();
    assert_eq!(once.len(), texts(&mine[0]).len(), "nothing is there twice");
}

#[test]
fn two_people_write_on_while_the_server_is_away_and_agree_when_it_is_back() {
    let mut server = Server::start();
    let (ana, bo) = (server.home_of("ana", "commander"), server.home_of("bo", "responder"));
    ana.ok(&["declare", "one", "--severity", "2"]);
    let (first, mut second) = (Screen::open(&ana, &[]), Screen::open(&bo, &[]));
    for screen in [&first, &second] {
        screen.wait_for(&["INC-1 one", "live"]);
    }
    server.kill();
    for screen in [&first, &second] {
        screen.wait("the server gone", |text| !text.contains("● live"));
    }
    // Beside the open screens the same homes are written to from the command line.
    for number in 0..5 {
        ana.ok(&["log", &format!("ana alone {number}."), "--no-wait"]);
        bo.ok(&["log", &format!("bo alone {number}."), "--no-wait"]);
    }
    first.wait_for(&["ana alone 4.", "5 unsent"]);
    second.wait_for(&["bo alone 4.", "5 unsent"]);
    // One of them is killed on top of it, and comes back.
    second.kill();
    second = Screen::open(&bo, &[]);
    second.wait_for(&["bo alone 4."]);

    server.start_again();
    for screen in [&first, &second] {
        screen.wait("everything accepted on both", |text| {
            let all = (0..5).all(|number| text.contains(&format!("ana alone {number}.")) && text.contains(&format!("bo alone {number}.")));
            all && !text.contains("not sent") && !text.contains("unsent")
        });
    }
    let alone = |screen: &Screen| {
        let lines = screen.lines_with(" alone ");
        lines.iter().filter_map(|line| Some(line[line.find("note")?..].to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(alone(&first), alone(&second));
    assert_eq!(alone(&first).len(), 10);
}

#[test]
fn a_server_restored_from_an_older_copy_says_so_and_nothing_is_dropped() {
    let mut server = Server::start();
    let home = server.home_of("ana", "commander");
    home.ok(&["declare", "one"]);
    home.ok(&["log", "before the copy"]);
    assert_eq!(server.terminate(), Some(0));
    let database = server.home().folder().join("server.db");
    let files = ["server.db", "server.db-wal"].map(|name| database.with_file_name(name));
    let copies: Vec<_> = files.iter().map(|file| std::fs::read(file).ok()).collect();
    server.start_again();
    let lost = &home.json(&["log", "after the copy"])[0];
    assert_eq!(lost["state"], "accepted");
    server.kill();
    for (file, copy) in files.iter().zip(&copies) {
        match copy {
            Some(bytes) => std::fs::write(file, bytes).unwrap(),
            // It was not there when the copy was made.
            None => drop(std::fs::remove_file(file)),
        }
    }
    // An index of the newer log; it is made anew.
    drop(std::fs::remove_file(database.with_file_name("server.db-shm")));
    let told = server.home().fails(6, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("--accept-restored"), "{told}");

    server.start_restored();
    eventually("the lost entry back in the log", || {
        home.run(&["sync"]);
        let seen = server.viewer().ok(&["show", "INC-1"]);
        seen.contains("after the copy").then_some(())
    });
    let alarm = home.ok(&["doctor"]);
    assert!(alarm.contains("restored") || alarm.contains("epoch"), "{alarm}");
    assert_eq!(home.ok(&["show"]).matches("after the copy").count(), 1);
}

#[test]
fn a_home_that_cannot_be_written_is_told_in_words() {
    let home = Home::new();
    let file = home.file("occupied", "a file where the folder should be");
    let told = home.run(&["--home", file.to_str().unwrap(), "declare", "x"]);
    assert!(told.code != 0 && told.err.contains("--home"), "{told:?}");
}
