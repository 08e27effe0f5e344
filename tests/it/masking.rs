//! What may not be recorded, through every command that writes: asked about on a terminal, masked and said where nobody can be asked.

use crate::stage::Home;
use crate::stage::Screen;
use serde_json::json;

/// A password nobody has, in a form that is no ordinary word.
const SECRET: &str = "hunter2hunter2";

/// A home with one open incident.
fn home() -> Home {
    let home = Home::new().with("WARROOM_AS", "ana");
    home.ok(&["declare", "Withdrawals suspended"]);
    home
}

fn text(home: &Home) -> String {
    home.ok(&["export", "--format", "json"])
}

#[test]
fn without_a_terminal_it_is_masked_and_said_and_on_purpose_it_is_recorded() {
    let home = home();
    let line = format!("the job ran with password={SECRET} for an hour");
    let ran = home.run(&["log", &line, "--json"]);
    let entry: serde_json::Value = serde_json::from_str(&ran.out).expect("an entry");
    assert_eq!((ran.code, &entry["text"]), (0, &json!("the job ran with password=[password masked] for an hour")));
    assert_eq!(entry["masked"], json!([{"what": "password", "field": "text", "at": 27}]));
    assert!(ran.err.contains("masked before it was recorded: a password (text, character 27)"), "{}", ran.err);
    let ran = home.run_with(&["log", "-"], line.as_bytes());
    assert!(ran.code == 0 && ran.out.contains("[password masked]") && ran.err.contains("--record-secrets"), "{ran:?}");
    assert!(!text(&home).contains(SECRET));
    let entry = &home.json(&["log", "--record-secrets", &line])[0];
    assert_eq!((&entry["text"], entry.get("masked")), (&json!(line), None));
    // Sixty-four digits may be a hash: they are left, and it is said what they may be.
    let hash = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";
    let ran = home.run(&["log", hash]);
    assert!(ran.out.contains(hash) && ran.err.contains("may be a private key"), "{ran:?}");
    assert_eq!(home.run(&["log", "tx", hash, "confirmed"]).err.matches("private key").count(), 0);
}

#[test]
fn every_command_with_words_looks_through_them() {
    let home = home();
    let words = format!("password={SECRET}");
    let commands: &[&[&str]] = &[
        &["declare", &words, "--summary", &words],
        &["log", &words, "--kind", "communication", "--audience", &words],
        &["edit", "--title", &words, "--summary", &words],
        &["status", "investigating", "--reason", &words],
        &["severity", "2", "--reason", &words],
        &["assess", "custody=3", "--reason", &words],
        &["override", "P1", "--reason", &words],
        &["task", "me", &words],
        &["done", "last", &words],
        &["amend", "last", &words, "--reason", &words],
        &["strike", "last", "--reason", &words],
        &["take", "--reason", &words],
    ];
    let incident = home.json(&["list"])[0]["code"].as_str().expect("a code").to_owned();
    for &command in commands {
        let of = if command[0] == "declare" { vec![] } else { vec!["-i", &incident] };
        let ran = home.run(&[command, &of].concat());
        assert!(ran.code == 0 && !ran.out.contains(SECRET), "{command:?}: {ran:?}");
    }
    for listed in home.json(&["list", "--all"]) {
        let code = listed["code"].as_str().expect("a code");
        assert!(!home.ok(&["export", "--format", "json", "-i", code]).contains(SECRET));
    }
}

#[test]
fn on_a_terminal_it_is_asked_once() {
    let home = home();
    let words = format!("password={SECRET}");
    let answer = |keys: &str| {
        let mut screen = Screen::open(&home, &["log", &words]);
        screen.wait_for(&["This looks like a password (text, character 10)", "Enter masks it"]);
        screen.press(keys);
        screen.ended()
    };
    assert_eq!(answer("q\r"), 1);
    assert!(!text(&home).contains("password"), "nothing was recorded");
    assert_eq!(answer("\r"), 0);
    assert!(text(&home).contains("password=[password masked]") && !text(&home).contains(SECRET));
    assert_eq!(answer("r\r"), 0);
    assert!(text(&home).contains(SECRET));
}
