//! The demo: the whole house in one command, and nothing of it left.

use crate::stage::Home;
use crate::stage::Screen;
use std::path::Path;

/// A home whose temporary files go into a folder of its own.
fn home_with_temp() -> (Home, std::path::PathBuf) {
    let home = Home::new();
    let temp = home.folder().with_file_name("temp");
    std::fs::create_dir(&temp).unwrap();
    let home = home.with("TMPDIR", temp.to_str().unwrap());
    (home, temp)
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn a_headless_demo_tells_the_whole_story_and_leaves_nothing() {
    let (home, temp) = home_with_temp();
    let ran = home.run(&["demo", "--speed", "100000"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let lines: Vec<_> = ran.out.lines().collect();
    assert!(lines.len() > 80 && lines.iter().all(|line| line.starts_with("DRILL P")), "{}", ran.out);
    for words in ["alert: HotWalletOutflow firing", "ana takes command", "bo accepts command", "→ resolved", "communication > regulator"]
    {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    assert!(is_empty(&temp) && !home.folder().exists(), "nothing is left behind");

    let json = home.json(&["demo", "--headless", "--speed", "100000"]);
    assert!(json.iter().all(|entry| entry["state"] == "accepted") && json.len() == lines.len());
}

#[test]
fn a_demo_is_kept_where_it_is_asked_to_be_and_says_what_it_cannot_do() {
    let (home, temp) = home_with_temp();
    let kept = home.folder().with_file_name("kept");
    home.ok(&["demo", "--speed", "100000", "--keep", kept.to_str().unwrap()]);
    assert!(kept.join("server.db").exists() && is_empty(&temp));
    let database = format!("sqlite:{}", kept.join("server.db").display());
    assert!(home.ok(&["token", "list", "--database", &database]).contains("ana"));
    assert!(home.fails(2, &["demo", "--keep", kept.to_str().unwrap()]).contains("holds a demo already"));
    assert!(home.fails(3, &["demo", "--scenario", "picnic"]).contains("hot-wallet-drain"));
    assert!(home.fails(2, &["demo", "--speed", "0"]).contains("--speed"));
    let broken = home.file("broken.toml", "title = 7\n");
    assert!(home.fails(2, &["demo", "--scenario", broken.to_str().unwrap()]).contains("broken.toml"));
}

#[test]
fn a_newcomer_sees_what_it_is_and_takes_part_and_a_hangup_leaves_nothing() {
    let (home, temp) = home_with_temp();
    let mut screen = Screen::open(&home, &["demo"]);
    screen.wait_for(&["DEMO", "DRILL", "P1", "IC ana", "DRILL, nothing is real", "press i and write", "live"]);
    screen.press("i");
    screen.wait_for(&["Write to"]);
    screen.type_words("I would call the exchange next door");
    screen.press("\r");
    screen.wait("the line of the newcomer", |text| {
        text.lines().any(|line| line.contains("note") && line.contains("I would call the exchange") && !line.contains("not sent"))
    });
    screen.signal("HUP");
    screen.ended();
    assert!(is_empty(&temp), "nothing is left behind");

    let mut screen = Screen::open(&home, &["demo"]);
    screen.wait_for(&["DEMO", "live"]);
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    screen.wait_for(&["nothing of it is left"]);
    assert!(is_empty(&temp));
}
