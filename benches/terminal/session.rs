//! Ten minutes of an incident as a person types them, in the timeline of 100 000 entries: what a key costs in the mix that hands make of them.

use crate::tty::Cost;
use crate::tty::Tty;
use std::time::Duration;

/// The lines that are written, each opened, typed letter by letter, and recorded.
const ENTRIES: [&str; 10] = [
    ". Outflow of the hot wallet is nine times the usual",
    "= Suspend withdrawals on BTC and ETH until signer-3 is replaced",
    "? The key of signer-3 leaked through the build cache",
    "$ kubectl scale deploy/withdrawer --replicas=0",
    "+ok Balances on four nodes agree at block 21934877",
    "@-5m . Support has forty tickets about missing withdrawals",
    "@-12m ! Asked the custodian to freeze the address",
    ">customers Withdrawals are paused while we look at an outflow",
    "Second validation by chi is under way",
    "= Resume BTC withdrawals at 25 percent",
];
/// Steps between the lines: reading up and down, a status, three people, a look at the help, a filter, another incident and back.
const BETWEEN: [&[&[u8]]; 10] = [
    &[b"2", b"k", b"k", b"k", b"j", b"j", b"G"],
    &[b"p", b"2"],
    &[b"a", b"2", b"b", b"o", b"\r", b"\x1b"],
    &[b"a", b"3", b"c", b"h", b"i", b"\r", b"\x1b"],
    &[b"a", b"4", b"d", b"e", b"e", b"\r", b"\x1b"],
    &[b"?", b"\x1b", b"j", b"k", b"2"],
    &[b"i", b"\x1b[A", b" ", b"n", b"o", b"w", b"\r", b"\x1b"],
    &[b"\x1b[5~", b"\x1b[5~", b"\x1b[6~", b"G"],
    &[b"/", b"s", b"i", b"g", b"n", b"e", b"r", b"\x1b"],
    &[b"]", b"[", b"s", b"4"],
];
/// Words of the last line, which shows that all of it happened.
const LAST: &str = "Resume BTC withdrawals at 25 percent";

/// The key that records a line, which waits for the disk.
pub const RECORDING: &str = "recording";

/// Plays it once; answers what each key cost, and how many keys showed nothing. `recorded` is called after each line.
pub fn play(tty: &mut Tty, mut recorded: impl FnMut(&str)) -> (Vec<(&'static str, Cost)>, usize) {
    let (mut costs, mut silent) = (Vec::new(), 0);
    let mut press = |tty: &mut Tty, name: &'static str, key: &[u8]| {
        let pause_us = 8_000 + (costs.len() as u64 * 7_919) % 16_000;
        std::thread::sleep(Duration::from_micros(pause_us));
        match tty.press_blindly(key) {
            Some(cost) => costs.push((name, cost)),
            None => silent += 1,
        }
    };
    for (line, steps) in ENTRIES.iter().zip(BETWEEN) {
        press(tty, "opening", b"i");
        for letter in line.bytes() {
            press(tty, "letter", &[letter]);
        }
        press(tty, RECORDING, b"\r");
        recorded(line);
        press(tty, "leaving", b"\x1b");
        for step in steps {
            press(tty, name_of(step), step);
        }
    }
    tty.send(b"\x1b2G");
    tty.wait("the last line written", |seen| seen.has(LAST));
    (costs, silent)
}

fn name_of(key: &'static [u8]) -> &'static str {
    match key {
        b"\x1b" => "Esc",
        b"\r" => "Enter",
        b"\x1b[A" => "Up",
        b"\x1b[5~" => "PgUp",
        b"\x1b[6~" => "PgDn",
        other => std::str::from_utf8(other).unwrap_or("key"),
    }
}
