//! The command line beside an open war room, and beside a server that answers, refuses or hangs: how long each takes.

use crate::stage::Home;
use crate::stage::Screen;
use crate::stage::Server;
use std::net::TcpListener;
use std::time::Duration;
use std::time::Instant;

/// What is promised, and how many times over a busy machine may take.
const ON_SCREEN: Duration = Duration::from_millis(300);
const SERVER_WAIT: Duration = Duration::from_secs(2);
const SLACK: u32 = 5;

/// How long after `warroom log` has ended its words stand in the open war room.
fn latencies(home: &Home, screen: &Screen) -> Vec<Duration> {
    let mut all: Vec<Duration> = (0..8)
        .map(|round| {
            let words = format!("from the shell, round {round}");
            home.ok(&["log", &words]);
            let began = Instant::now();
            while !screen.text().contains(&words) {
                assert!(began.elapsed() < ON_SCREEN * SLACK * 4, "never on screen\n{}", screen.text());
                std::thread::sleep(Duration::from_millis(5));
            }
            began.elapsed()
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_line_from_another_shell_is_in_the_open_war_room_at_once_offline_too() {
    let alone = Home::new().with("WARROOM_AS", "ana");
    alone.ok(&["declare", "Withdrawals suspended"]);
    let screen = Screen::open(&alone, &[]);
    screen.wait_for(&["Withdrawals suspended"]);
    let offline = latencies(&alone, &screen);
    let server = Server::start();
    let home = server.home_of("ana", "commander");
    home.ok(&["declare", "Withdrawals suspended"]);
    let screen = Screen::open(&home, &[]);
    screen.wait_for(&["Withdrawals suspended", "live"]);
    let online = latencies(&home, &screen);
    println!("log to screen: offline {:?} (worst {:?}), online {:?} (worst {:?})", offline[4], offline[7], online[4], online[7]);
    for all in [offline, online] {
        assert!(all[4] < ON_SCREEN * SLACK, "{all:?}");
    }
}

#[test]
fn a_command_that_writes_waits_for_a_server_that_answers_and_for_no_other() {
    let mut server = Server::start();
    let home = server.home_of("ana", "commander");
    let began = Instant::now();
    let declared = &home.json(&["declare", "one"])[0];
    let answered = began.elapsed();
    assert_eq!((&declared["code"], &declared["state"]), (&"INC-1".into(), &"accepted".into()), "the server's code");
    server.kill();
    let began = Instant::now();
    assert_eq!(home.json(&["log", "nobody listens"])[0]["state"], "local");
    let refused = began.elapsed();
    // Whoever listens now takes connections and says nothing.
    let deaf = TcpListener::bind(server.address.trim_start_matches("http://")).expect("the port of the server");
    let began = Instant::now();
    assert_eq!(home.json(&["log", "somebody listens and says nothing"])[0]["state"], "local");
    let hanging = began.elapsed();
    drop(deaf);
    println!("a write: answered in {answered:?}, refused in {refused:?}, hanging {hanging:?}");
    assert!(answered < SERVER_WAIT * 2 && refused < Duration::from_secs(1) * 2, "{answered:?} {refused:?}");
    assert!(hanging < SERVER_WAIT + Duration::from_secs(2), "{hanging:?}");
}
