//! The war room on a real terminal with a real server: what a person sees when it works, when the server goes, and when the program is killed.

use crate::stage::Home;
use crate::stage::Screen;
use crate::stage::Server;

const ESC: &str = "\u{1b}";

#[test]
fn an_entry_is_written_seen_accepted_lost_with_the_server_and_accepted_again() {
    let mut server = Server::start();
    let home = server.home_of("ana", "commander");
    home.ok(&["declare", "Withdrawals", "suspended", "--severity", "1"]);
    let mut screen = Screen::open(&home, &[]);
    screen.wait_for(&["INC-1 Withdrawals suspended", "live"]);
    assert!(home.ok(&["doctor"]).contains("another warroom of this home is open"));
    assert_eq!(home.json(&["log", "from the shell beside it"])[0]["state"], "accepted", "the open war room sends it");
    screen.wait_for(&["from the shell beside it"]);

    write(&mut screen, "first sentence");
    screen.wait("the entry accepted", |text| line_of(text, "first sentence").is_some_and(|line| !line.contains("not sent")));

    server.kill();
    screen.wait("the server gone", |text| !text.contains("● live"));
    write(&mut screen, "second sentence");
    screen.wait("the entry local", |text| line_of(text, "second sentence").is_some_and(|line| line.contains("not sent")));
    screen.wait_for(&["1 unsent"]);

    server.start_again();
    screen.wait("the entry accepted", |text| line_of(text, "second sentence").is_some_and(|line| !line.contains("not sent")));
    screen.wait("nothing unsent", |text| !text.contains("unsent"));
    let seen = server.home_of("bo", "viewer").ok(&["show", "INC-1"]);
    assert_eq!((seen.matches("first sentence").count(), seen.matches("second sentence").count()), (1, 1), "{seen}");

    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn a_sentence_survives_the_program_being_killed_in_the_middle_of_it() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    let mut screen = Screen::open(&home, &[]);
    screen.wait_for(&["NEW-", "one"]);
    screen.press("i");
    screen.wait_for(&["Write to"]);
    screen.type_words("half a sentence that nobody");
    screen.wait_for(&["half a sentence that nobody", "kept"]);
    screen.kill();

    let mut screen = Screen::open(&home, &[]);
    screen.wait_for(&["NEW-", "one"]);
    if !screen.text().contains("Write to") {
        screen.press("i");
    }
    screen.wait_for(&["Write to", "half a sentence that nobody"]);
    assert!(!home.ok(&["show"]).contains("half a sentence"), "a draft is no entry");
}

#[test]
fn two_people_on_two_terminals_agree() {
    let server = Server::start();
    let (ana, bo) = (server.home_of("ana", "commander"), server.home_of("bo", "responder"));
    ana.ok(&["declare", "one", "--severity", "2"]);
    let (mut first, mut second) = (Screen::open(&ana, &[]), Screen::open(&bo, &[]));
    for screen in [&first, &second] {
        screen.wait_for(&["INC-1 one", "live"]);
    }
    first.press("C");
    second.wait_for(&["IC ana"]);
    write(&mut second, "said by bo");
    write(&mut first, "said by ana");
    for screen in [&first, &second] {
        screen.wait("both lines, accepted", |text| {
            ["said by bo", "said by ana"].iter().all(|words| line_of(text, words).is_some_and(|line| !line.contains("not sent")))
        });
    }
    let order = |screen: &Screen| screen.lines_with("said by").iter().map(|line| line.contains("said by ana")).collect::<Vec<_>>();
    assert_eq!(order(&first), order(&second));
}

#[test]
fn hostile_words_do_not_reach_the_terminal() {
    let home = Home::new();
    home.ok(&["declare", "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[1;1Hgone a\u{202e}b\u{9b}31m"]);
    let screen = Screen::open(&home, &[]);
    screen.wait_for(&["␛]0;owned", "1 Incidents", "2 Timeline"]);
    assert!(!screen.text().contains('\u{202e}'));
}

#[test]
fn several_people_of_one_login_are_asked_who_they_are() {
    let home = Home::new();
    home.ok(&["--as", "ana", "declare", "one"]);
    home.ok(&["--as", "bo", "declare", "two"]);
    let mut screen = Screen::open(&home, &[]);
    screen.wait_for(&["Who are you?", "1  ana", "2  bo"]);
    screen.press("2\r");
    screen.wait_for(&["two", "1 Incidents"]);
}

fn write(screen: &mut Screen, words: &str) {
    screen.press("i");
    screen.wait_for(&["Write to"]);
    screen.type_words(words);
    screen.wait_for(&[words]);
    screen.press("\r");
    screen.wait("the box closed", |text| !text.contains("Write to") || line_of(text, words).is_some());
    screen.press(ESC);
}

/// The line of the timeline with these words.
fn line_of(text: &str, words: &str) -> Option<String> {
    text.lines().find(|line| line.contains(words) && line.contains("note")).map(str::to_owned)
}
