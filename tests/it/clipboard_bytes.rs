//! What is copied arrives: the bytes on the terminal are undone as tmux, screen and the terminal undo them, and give the words back.

use crate::stage::Home;
use crate::stage::Tty;
use crate::stage::eventually;

/// The text between a beginning and the end behind it; the last such one.
fn between<'a>(text: &'a str, begins: &str, ends: &str) -> Option<&'a str> {
    let (_, rest) = text.rsplit_once(begins)?;
    rest.split_once(ends).map(|(inner, _)| inner)
}

/// What the terminal gets of `bytes` behind a multiplexer.
fn passed_on(bytes: &str, between_them: &str) -> Option<String> {
    match between_them {
        "tmux" => Some(between(bytes, "\x1bPtmux;", "\x1b\\")?.replace("\x1b\x1b", "\x1b")),
        "screen" => {
            let pieces = bytes.split("\x1bP").skip(1).filter_map(|piece| piece.split_once("\x1b\\").map(|(inner, _)| inner));
            Some(pieces.collect::<String>()).filter(|all| all.contains("\x1b]52;c;"))
        }
        _ => Some(bytes.to_owned()),
    }
}

/// RFC 4648, read back.
fn decoded(text: &str) -> Option<String> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.trim_end_matches('=').chars() {
        bits = bits << 6 | u32::try_from(LETTERS.find(letter)?).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

#[test]
fn the_words_that_are_copied_come_out_of_the_terminal_as_they_were_written() {
    let long = format!("Straße 取引 ✓ {}", "0x9a3f ".repeat(300));
    for (between_them, variable) in [("", None), ("tmux", Some(("TMUX", "/tmp/tmux-0/default,1,0"))), ("screen", Some(("STY", "1.pts")))] {
        let home = variable.into_iter().fold(Home::new(), |home, (name, value)| home.with(name, value));
        home.ok(&["declare", "Signer is offline"]);
        home.ok(&["log", &long]);
        let mut tty = Tty::open(&home, &[env!("CARGO_BIN_EXE_warroom")], "Signer is offline");
        tty.press("2");
        tty.wait_for("TIMELINE");
        tty.wait_for("0x9a3f");
        tty.press("y");
        tty.wait_for("the incident as a document");
        tty.press("1");
        let copied = eventually("the words on the terminal", || {
            let sent = passed_on(&String::from_utf8_lossy(&tty.bytes()), between_them)?;
            decoded(between(&sent, "\x1b]52;c;", "\x07")?)
        });
        assert!(copied.ends_with(long.trim_end()) || copied.ends_with(&long), "{between_them}: {copied}");
        assert!(copied.contains("note ana: "), "{between_them}: {copied}");
    }
}
