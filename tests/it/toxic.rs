//! Bad lines between real clients and a real server: slow, thin, half-open, broken in the middle, or answered by a stranger.
//! Everything written arrives exactly once, and who writes never waits for the line.

use crate::outage::Outage;
use crate::outage::Weather;
use crate::replica_desk::Desk;
use crate::stage::Home;
use crate::stage::Screen;
use crate::stage::Server;
use crate::sync_http::Field;
use crate::sync_http::settled;
use std::time::Duration;
use std::time::Instant;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Link;

const PORTAL: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\nConnection: close\r\n\r\n<html>log in</html>\n";
const ELSEWHERE: &[u8] = b"HTTP/1.1 302 Found\r\nLocation: http://portal.invalid/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const BAD_GATEWAY: &[u8] = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbad";
const NO_HTTP: &[u8] = b"\x16\x03\x01\x02\x00\xff\xfe220 mail.example ESMTP\r\n";
const COME_AGAIN: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// The next number of a fixed series, below a limit.
pub fn roll(state: &mut u64, below: u64) -> u64 {
    // xorshift64 (Marsaglia 2003)
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % below
}

#[test]
fn a_slow_line_and_a_thin_one_bring_everything_once() {
    for weather in [Weather::Late(60), Weather::Thin(3_000)] {
        let field = Field::open();
        field.line.turn(weather);
        let (ana_desk, bo_desk) = (Desk::new(), Desk::new());
        let (ana, bo) = (field.join(&ana_desk, "ana"), field.join(&bo_desk, "bo"));
        let incident = ana_desk.declare(&ana, "Withdrawals suspended");
        for number in 0..30 {
            ana_desk.log(&ana, incident, &format!("line {number} of {}", "much ".repeat(20)));
        }
        ana_desk.until(&ana, settled);
        bo_desk.until(&bo, |now| now.position.is_some_and(|position| position.seq == 31));
        assert_eq!(field.log().len(), 31, "{weather:?}");
    }
}

#[test]
fn whatever_becomes_of_the_line_everything_written_arrives_exactly_once() {
    let seeds = if std::env::var_os("CI").is_some() { 1..7 } else { 1..3_u64 };
    for seed in seeds {
        let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let field = Field::open();
        let (ana_desk, bo_desk) = (Desk::new(), Desk::new());
        let (ana, bo) = (field.join(&ana_desk, "ana"), field.join(&bo_desk, "bo"));
        let incident = ana_desk.declare(&ana, "Withdrawals suspended");
        ana_desk.until(&ana, settled);
        bo_desk.until(&bo, |now| now.board.get(incident).is_some());
        let mut written = Vec::new();
        for round in 0..24 {
            let weather = match roll(&mut dice, 12) {
                0 => Weather::Cut,
                1 => Weather::LostAnswers,
                2 => Weather::Silent,
                3 => Weather::HalfOpen,
                4 => Weather::Late(roll(&mut dice, 80)),
                5 => Weather::Thin(500 + roll(&mut dice, 3_000) as usize),
                6 | 7 => Weather::ShortAnswers(roll(&mut dice, 6_000) as usize),
                8 | 9 => Weather::ShortQuestions(roll(&mut dice, 3_000) as usize),
                10 => Weather::Stranger([PORTAL, ELSEWHERE, BAD_GATEWAY, NO_HTTP][roll(&mut dice, 4) as usize]),
                _ => Weather::Fair,
            };
            field.line.turn(weather);
            for (desk, replica, who) in [(&ana_desk, &ana, "ana"), (&bo_desk, &bo, "bo")] {
                let text = format!("{who} in round {round}, in {}", "many words ".repeat(roll(&mut dice, 60) as usize));
                written.push(desk.log(replica, incident, &text));
                if roll(&mut dice, 2) == 0 {
                    replica.ask(Request::SyncNow);
                }
            }
            std::thread::sleep(Duration::from_millis(20 + roll(&mut dice, 150)));
        }
        field.line.turn(Weather::Fair);
        let whole = 1 + written.len() as u64;
        for (desk, replica) in [(&ana_desk, &ana), (&bo_desk, &bo)] {
            let now = desk.until(replica, |now| {
                // A try that was under way when the weather turned fails first, and would be followed by a wait.
                [&ana, &bo].into_iter().for_each(|replica| drop(replica.ask(Request::SyncNow)));
                settled(now) && now.position.is_some_and(|position| position.seq == whole)
            });
            assert!(now.parked.is_empty() && now.alarm.is_none(), "seed {seed}: {:?} {:?}", now.parked, now.alarm);
        }
        let log = field.log();
        for id in &written {
            let times = log.iter().filter(|(_, event)| event.contains(&format!("\"id\":\"{id}\""))).count();
            assert_eq!(times, 1, "seed {seed}: {id}");
        }
        assert_eq!(log.len() as u64, whole, "seed {seed}");
    }
}

#[test]
fn who_is_told_when_to_come_again_does_not_come_earlier() {
    let field = Field::open();
    let desk = Desk::new();
    let replica = field.join(&desk, "ana");
    let incident = desk.declare(&replica, "Withdrawals suspended");
    desk.until(&replica, settled);
    field.line.came();
    field.line.turn(Weather::Stranger(COME_AGAIN));
    desk.log(&replica, incident, "meanwhile");
    let mut came = Vec::new();
    let began = Instant::now();
    while came.len() < 3 {
        assert!(began.elapsed() < Duration::from_secs(30), "it came {} times", came.len());
        std::thread::sleep(Duration::from_millis(50));
        came.extend(field.line.came());
    }
    for pair in came.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_millis(1_990), "came again after {:?}", pair[1] - pair[0]);
    }
    assert!(matches!(&replica.snapshot().link, Link::Offline { .. }), "{:?}", replica.snapshot().link);
    field.line.turn(Weather::Fair);
    replica.ask(Request::SyncNow);
    desk.until(&replica, settled);
    assert_eq!(field.log().len(), 2);
}

/// What proxies and firewalls say when they do not like a request: none of it is the server's.
const GUARDS: [(&[u8], &str); 6] = [
    (b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad Request", "400"),
    (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "401"),
    (b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 34\r\nConnection: close\r\n\r\n{\"code\":403,\"message\":\"forbidden\"}", "403"),
    (b"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "409"),
    (b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "413"),
    (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "404"),
];

#[test]
fn what_something_between_says_judges_no_event() {
    for (answer, status) in GUARDS {
        let field = Field::open();
        let desk = Desk::new();
        let replica = field.join(&desk, "ana");
        let incident = desk.declare(&replica, "Withdrawals suspended");
        desk.until(&replica, settled);
        field.line.turn(Weather::Guarded(answer));
        desk.log(&replica, incident, "meanwhile");
        replica.ask(Request::SyncNow);
        let said = format!("answer {status} from {}/ is not this server's", field.line.url());
        let now = desk.until(&replica, |now| matches!(&now.link, Link::Offline { why, .. } if why.contains(&said)));
        assert_eq!((now.unsent_total, now.parked.len(), now.alarm.as_deref()), (1, 0, None), "{status}");
        field.line.came();
        std::thread::sleep(Duration::from_millis(1_500));
        assert!(field.line.came().len() < 12, "{status}: it backs off");
        field.line.turn(Weather::Fair);
        replica.ask(Request::SyncNow);
        let now = desk.until(&replica, settled);
        assert_eq!((now.parked.len(), now.alarm.as_deref()), (0, None), "{status}");
        assert_eq!(field.log().len(), 2, "{status}");
    }
}

#[test]
fn a_command_before_a_guard_says_who_said_no_and_keeps_the_words() {
    let server = Server::start();
    let line = Outage::before(server.address.trim_start_matches("http://").parse().expect("an address"));
    let home = Home::at(&line.url(), &server.token("ana", "commander"));
    home.ok(&["declare", "one"]);
    line.turn(Weather::Guarded(GUARDS[2].0));
    let told = home.run(&["log", "meanwhile", "--json"]);
    assert!(told.code == 0 && told.out.contains("\"state\":\"local\""), "{told:?}");
    assert!(told.err.contains("saved here, not sent: answer 403 from") && told.err.contains("is not this server's"), "{told:?}");
    line.turn(Weather::Stranger(GUARDS[2].0));
    let token = home.file("token", server.token("bo", "commander"));
    let told = Home::new().run(&["connect", &line.url(), "--token-file", token.to_str().expect("a plain path")]);
    assert!(told.code == 5 && told.err.contains("answer 403 from"), "{told:?}");
    line.turn(Weather::Fair);
    home.ok(&["sync"]);
    assert_eq!(server.viewer().ok(&["show", "INC-1"]).matches("meanwhile").count(), 1);
}

#[test]
fn before_a_server_that_takes_calls_and_never_answers_one_writes_on_and_it_is_sent_later() {
    let server = Server::start();
    let line = Outage::before(server.address.trim_start_matches("http://").parse().expect("an address"));
    let home = Home::at(&line.url(), &server.token("ana", "commander"));
    home.ok(&["declare", "one"]);
    let mut screen = Screen::open(&home, &[]);
    screen.wait_for(&["INC-1 one", "live"]);
    line.turn(Weather::HalfOpen);
    screen.wait_for(&["offline"]);
    let began = Instant::now();
    screen.press("i");
    screen.wait_for(&["Write to"]);
    screen.type_words("written into silence");
    screen.press("\r");
    screen.wait_for(&["written into silence", "◌ not sent", "1 unsent"]);
    let beside = home.run(&["log", "and from beside", "--json"]);
    assert!(beside.code == 0 && beside.err.contains("saved here, not sent"), "{beside:?}");
    // A line that is given up takes fifteen seconds; nobody waited for it. Two are meant here, and five times as many are allowed.
    assert!(began.elapsed() < Duration::from_secs(14), "{:?}", began.elapsed());
    line.turn(Weather::Fair);
    screen.wait("all of it accepted", |text| text.contains("live") && !text.contains("unsent") && text.contains("and from beside"));
    let document = server.viewer().ok(&["export", "-i", "INC-1"]);
    for words in ["written into silence", "and from beside"] {
        assert_eq!(document.matches(words).count(), 1, "{document}");
    }
}
