//! The keys that are measured, and how one sees that each was answered.

use crate::screen::Seen;
use crate::tty::Cost;
use crate::tty::Tty;
use std::time::Duration;

/// What the screen shows when a key was answered.
enum Shows {
    /// Another incident in hand.
    OtherIncident,
    /// Another selected line.
    OtherLine,
    /// The newest line, followed.
    Following,
    /// The hands in this pane.
    Focus(&'static str),
    /// Other boxes.
    Boxes,
    /// The cursor behind these words.
    Typed(&'static str),
    /// These words nowhere.
    Gone(&'static str),
}

const ESC: &[u8] = b"\x1b";
const PAGE_UP: &[u8] = b"\x1b[5~";
const PAGE_DOWN: &[u8] = b"\x1b[6~";

/// One round, from the incidents back to the incidents.
const ROUND: &[(&str, &[u8], Shows)] = {
    use Shows::*;
    &[
        ("2", b"2", Focus("Timeline")),
        ("k", b"k", OtherLine),
        ("k", b"k", OtherLine),
        ("k", b"k", OtherLine),
        ("PgUp", PAGE_UP, OtherLine),
        ("PgUp", PAGE_UP, OtherLine),
        ("k", b"k", OtherLine),
        ("j", b"j", OtherLine),
        ("j", b"j", OtherLine),
        ("PgDn", PAGE_DOWN, OtherLine),
        ("g", b"g", OtherLine),
        ("j", b"j", OtherLine),
        ("PgDn", PAGE_DOWN, OtherLine),
        ("G", b"G", Following),
        ("/", b"/", Typed("/")),
        ("filter", b"5", Typed("/5")),
        ("filter", b"7", Typed("/57")),
        ("filter", b"1", Typed("/571")),
        ("Esc filter", ESC, Gone("/571")),
        ("Tab", b"\t", Focus("Matrix")),
        ("Tab", b"\t", Focus("Roles")),
        ("1", b"1", Focus("Incidents")),
        ("3", b"3", Focus("Matrix")),
        ("4", b"4", Focus("Roles")),
        ("1", b"1", Focus("Incidents")),
        ("j", b"j", OtherIncident),
        ("j", b"j", OtherIncident),
        ("k", b"k", OtherIncident),
        ("k", b"k", OtherIncident),
        ("]", b"]", OtherIncident),
        ("]", b"]", OtherIncident),
        ("[", b"[", OtherIncident),
        ("[", b"[", OtherIncident),
        ("/", b"/", Typed("/")),
        ("filter", b"n", Typed("/n")),
        ("filter", b"o", Typed("/no")),
        ("Esc filter", ESC, Gone("/no")),
        ("i", b"i", Typed("│ ")),
        ("typing", b"b", Typed("b")),
        ("typing", b"l", Typed("bl")),
        ("typing", b"o", Typed("blo")),
        ("typing", b"c", Typed("bloc")),
        ("typing", b"k", Typed("block")),
        ("Backspace", b"\x7f", Typed("bloc")),
        ("Backspace", b"\x7f", Typed("blo")),
        ("Backspace", b"\x7f", Typed("bl")),
        ("Backspace", b"\x7f", Typed("b")),
        ("Backspace", b"\x7f", Typed("│ ")),
        ("Esc box", ESC, Gone("Enter record")),
        ("p", b"p", Boxes),
        ("Esc form", ESC, Boxes),
        ("?", b"?", Boxes),
        ("Esc help", ESC, Boxes),
        (":", b":", Boxes),
        ("palette", b"s", Typed("> s")),
        ("palette", b"t", Typed("> st")),
        ("palette", b"a", Typed("> sta")),
        ("Esc palette", ESC, Boxes),
        ("z", b"z", Boxes),
        ("z", b"z", Boxes),
    ]
};

/// Walks so many rounds; answers what each key cost, by its name.
pub fn walk(tty: &mut Tty, rounds: usize) -> Vec<(&'static str, Cost)> {
    let mut costs = Vec::with_capacity(rounds * ROUND.len());
    // Pauses of a steady pattern would meet the program's own clock at the same place again and again.
    let mut pause = 1_u64;
    for _ in 0..rounds {
        for (name, key, shows) in ROUND {
            pause = pause.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            std::thread::sleep(Duration::from_micros(8_000 + (pause >> 33) % 16_000));
            costs.push((*name, tty.press(name, key, |before, after| is_shown(shows, Seen(before), after))));
        }
    }
    costs
}

fn is_shown(shows: &Shows, before: Seen<'_>, after: Seen<'_>) -> bool {
    match shows {
        Shows::OtherIncident => after.in_hand().is_some() && after.in_hand() != before.in_hand(),
        Shows::OtherLine => {
            // With news between two frames the line above the newest can be the one that was the newest on screen.
            let stops = after.has("newer below") && !before.has("newer below");
            after.selected().is_some() && (stops || after.selected() != before.selected())
        }
        Shows::Following => !after.has("newer below"),
        Shows::Focus(pane) => after.focus() == Some(*pane),
        Shows::Boxes => after.corners() != before.corners(),
        Shows::Typed(words) => after.typed().is_some_and(|text| text.ends_with(words)),
        Shows::Gone(words) => !after.has(words),
    }
}
