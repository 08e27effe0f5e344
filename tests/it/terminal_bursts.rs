//! Much at once without marks around it: keys that a slow link let go of together, scripts that type. None waits for a further key.

use crate::stage::Home;
use crate::stage::Tty;
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_warroom");

/// An open box, and an editor that keeps what it was given.
fn writing() -> (Home, Tty) {
    let home = Home::new();
    let script = home.file("editor.sh", format!("cp \"$1\" '{}'\n", home.folder().join("../given").display()));
    let home = home.with("EDITOR", &format!("sh '{}'", script.display()));
    home.ok(&["declare", "Signer is offline"]);
    let mut tty = Tty::open(&home, &[PROGRAM], "Signer is offline");
    tty.press("i");
    tty.wait_for("Write to");
    (home, tty)
}

/// The words in the box, every one of them: what `$EDITOR` is given.
fn words(home: &Home, tty: &mut Tty) -> String {
    let given = home.folder().join("../given");
    tty.press("\u{18}");
    std::thread::sleep(Duration::from_millis(50));
    tty.press("\u{5}");
    let words =
        crate::stage::eventually("the words in the editor", || std::fs::read_to_string(&given).ok().filter(|words| !words.is_empty()));
    std::fs::remove_file(given).expect("a file");
    words
}

/// Numbered words of about so many bytes, an end that is only there once, and Enter.
fn burst(bytes: usize) -> String {
    let mut text: String = (0..bytes / 8).map(|at| format!("w{at:06} ")).collect();
    text.push_str("the very end\r");
    text
}

/// All of a burst is there without another key, and its Enter is the new line of a paste.
fn takes_all_of(bytes: usize) {
    let (home, mut tty) = writing();
    let typed = burst(bytes);
    tty.press(&typed);
    tty.wait_for("the very end");
    // The cursor went to the line that the Enter began.
    tty.wait("the box still open", |screen| screen.contains("Write to"));
    std::thread::sleep(Duration::from_millis(50));
    let words = words(&home, &mut tty);
    assert!(words == typed.replace('\r', "\n"), "{} of {} bytes; the end: {:?}", words.len(), typed.len(), words.get(words.len() - 20..));
}

#[test]
fn a_burst_of_kilobytes_is_there_without_a_further_key() {
    for bytes in [3_300, 10_000, 100_000] {
        takes_all_of(bytes);
    }
}

#[test]
fn keys_that_are_no_letters_stay_keys_in_the_middle_of_a_burst() {
    let (home, mut tty) = writing();
    let text = burst(20_000).replace('\r', ".");
    // End: nowhere to go, unless it is taken for Escape and letters.
    tty.press(&text.replace(' ', " \u{1b}[F"));
    tty.wait_for("the very end.");
    let words = words(&home, &mut tty);
    assert!(words == text, "{} of {} bytes", words.len(), text.len());
}

#[test]
fn keys_behind_a_paste_do_not_wait_either() {
    let (home, mut tty) = writing();
    let (pasted, typed) = (burst(5_000), burst(5_000).replace('w', "v").replace('\r', "."));
    tty.press(&format!("\u{1b}[200~{pasted}\u{1b}[201~{typed}"));
    tty.wait_for("the very end.");
    let words = words(&home, &mut tty);
    assert!(words == pasted.replace('\r', "\n") + &typed, "{} of {} bytes", words.len(), pasted.len() + typed.len());
    tty.press(&format!("{}\r", typed.replace("very end.", "last")));
    crate::stage::eventually("recorded by the Enter of one who pastes with marks", || {
        home.ok(&["show"]).contains("the last").then_some(())
    });
}

#[test]
fn a_burst_may_be_torn_anywhere() {
    let (home, mut tty) = writing();
    let mut expected = String::new();
    // Letters of two, three and four bytes: torn between two writes, and where the reader's buffer of 1 024 bytes ends.
    for letter in ["é", "资", "🔥"] {
        for torn in 1..letter.len() {
            for before in [16, 1_024 - torn, 2_048 - torn] {
                let text = format!("{}{letter} and {before} more", &burst(before + 16)[..before]);
                let (first, second) = text.as_bytes().split_at(before + torn);
                for piece in [first, second] {
                    tty.send(piece);
                    std::thread::sleep(Duration::from_millis(20));
                }
                expected.push_str(&text);
            }
        }
    }
    let all = words(&home, &mut tty);
    assert!(all == expected, "{} of {} bytes", all.len(), expected.len());
}

#[test]
fn a_key_of_several_bytes_may_be_torn_anywhere() {
    // Home and End, so that what follows shows whether the key was one.
    for (key, torn) in [("\u{1b}[H", 2), ("\u{1b}[1~", 2), ("\u{1b}[1~", 3), ("\u{1b}OH", 2), ("\u{1b}[H", 0), ("\u{1b}[H", 3)] {
        for before in [16, 1_024 - torn, 2_048 - torn] {
            let (home, mut tty) = writing();
            let text = &burst(before + 16)[..before];
            let keys = format!("{text}{key}at the front");
            let (first, second) = keys.as_bytes().split_at(before + torn);
            for piece in [first, second] {
                tty.send(piece);
                std::thread::sleep(Duration::from_millis(20));
            }
            let all = words(&home, &mut tty);
            assert!(all == format!("at the front{text}"), "{key:?} torn at {torn}, {before} bytes before it: {all:?}");
        }
    }
}
