//! The write box as a person meets it: keys in, text, title and effects out.

use std::sync::Arc;
use std::sync::OnceLock;

use chrono_tz::Tz;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;

use super::*;
use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::tui::chord::Chord;
use crate::tui::colour::Depth;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Theme;

/// 2026-11-21T14:03:27Z
const NOW_MS: i64 = 1_795_269_807_000;

fn target() -> Target {
    let incident: IncidentId = "0190a6f0-1234-7abc-8def-0123456789ab".parse().unwrap();
    Target { incident, code: "INC-42".into(), priority: "P1".into(), marks: Vec::new(), ended: None, has_onlookers: false }
}

fn vocabulary() -> Arc<Vocabulary> {
    let words = |list: &[&str]| list.iter().map(|word| Word::new(*word, "")).collect::<Vec<_>>();
    Arc::new(Vocabulary {
        words: [
            (Topic::Command, words(&["status", "assign"])),
            (Topic::Person, words(&["ana", "andrew"])),
            (Topic::Service, words(&["withdrawals"])),
            (Topic::Audience, words(&["customers"])),
            (Topic::Status, words(&["contained", "monitoring"])),
        ]
        .into(),
        arguments: vec![("status".into(), vec![Topic::Status])],
    })
}

fn keymap() -> &'static Keymap {
    static KEYMAP: OnceLock<Keymap> = OnceLock::new();
    KEYMAP.get_or_init(|| Keymap::standard().unwrap())
}

fn here() -> Here<'static> {
    Here { now_ms: NOW_MS, zone: Tz::UTC, keymap: keymap() }
}

fn entry_box() -> WriteBox {
    WriteBox::new(Purpose::Entry, Some(target()), vocabulary())
}

/// Feeds words: a key in angle brackets, everything else typed letter by letter.
fn feed(editor: &mut WriteBox, script: &str) -> Vec<WriteEffect> {
    let mut effects = Vec::new();
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        let named =
            rest.strip_prefix('<').and_then(|tail| tail.split_once('>')).and_then(|(name, tail)| Some((Chord::parse(name).ok()?, tail)));
        let (chord, tail) = named.unwrap_or((Chord::char(c), &rest[c.len_utf8()..]));
        rest = tail;
        effects.extend(update(editor, WriteInput::Key(chord), &here()));
    }
    effects.retain(|effect| *effect != WriteEffect::DraftChanged);
    effects
}

fn check(script: &str, text: &str, stamp: &str) {
    let mut editor = entry_box();
    feed(&mut editor, script);
    assert_eq!((editor.text(), editor.stamp().words().as_str()), (text, stamp), "{script}");
}

fn screen(editor: &mut WriteBox, width: u16, height: u16) -> (Vec<String>, Option<Position>) {
    editor.set_width(width);
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let theme = Theme::shipped("dark", Depth::True).unwrap();
    let cursor = view(editor, area, &mut buffer, &theme, &here());
    let rows = (0..height).map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>()).collect();
    (rows, cursor)
}

fn submitted(effects: &[WriteEffect]) -> &Submission {
    match effects {
        [WriteEffect::Submit(submission)] => submission,
        other => panic!("expected one submission, got {other:?}"),
    }
}

#[test]
fn marks_set_the_kind_only_when_typed_first() {
    check("= Resume at 25 %", "Resume at 25 %", "decision");
    check(">customers we are back", "we are back", "communication to customers");
    check("+ok Balances agree", "Balances agree", "validation ok");
    check("Is it = ?", "Is it = ?", "note");
    check("!now", "!now", "note");
    check("why<Home>? ", "why", "hypothesis");
    check("! <Backspace>", "", "note");
    check("! x<Backspace><Backspace>", "", "note");
    check("! ? which", "which", "hypothesis");
}

#[test]
fn pasted_marks_are_text() {
    let mut editor = entry_box();
    update(&mut editor, WriteInput::Paste("! rm -rf".into()), &here());
    assert_eq!((editor.text(), editor.stamp().kind), ("! rm -rf", EntryKind::Note));
    let mut editor = entry_box();
    update(&mut editor, WriteInput::Paste("!".into()), &here());
    feed(&mut editor, " x");
    assert_eq!((editor.text(), editor.stamp().kind), ("! x", EntryKind::Note));
}

#[test]
fn a_time_first_retimes_and_says_so() {
    let mut editor = entry_box();
    feed(&mut editor, "@13:51 ! drained pool 3");
    assert_eq!(editor.text(), "drained pool 3");
    let (rows, _) = screen(&mut editor, 80, 4);
    assert!(rows[0].starts_with("╭ Write to P1 INC-42 ─ action ─") && rows[0].ends_with(" at 13:51:00 UTC, 12 min ago ╮"), "{}", rows[0]);
    feed(&mut editor, "<Home><Backspace>");
    assert_eq!((editor.stamp().kind, editor.stamp().at.is_some()), (EntryKind::Note, true));
    feed(&mut editor, "<Backspace>");
    assert_eq!(editor.stamp().at, None);
    feed(&mut editor, "@26:00 ");
    assert!(screen(&mut editor, 80, 5).0.join("").contains("hours go from 00 to 23"));
    check("@ana looks", "@ana looks", "note");
}

#[test]
fn the_box_looks_as_sketched() {
    let mut editor = entry_box();
    feed(&mut editor, "= Resume BTC withdrawals at 25 % after a second validation");
    update(&mut editor, WriteInput::DraftKept(Some(NOW_MS - 312)), &here());
    let (rows, cursor) = screen(&mut editor, 80, 4);
    assert_eq!(
        rows,
        [
            "╭ Write to P1 INC-42 ─ decision ───────────────────────── at 14:03:27 UTC, now ╮",
            "│ Resume BTC withdrawals at 25 % after a second validation                     │",
            "│                                                                              │",
            "╰ Enter record  \\ Enter new line  Tab kind  Esc keep draft ──── kept 0.3 s ago ╯",
        ]
    );
    assert_eq!(cursor, Some(Position::new(58, 1)));
    assert_eq!(height(&editor, 80, 10), 4);
    assert_eq!(height(&editor, 20, 10), 7);
}

#[test]
fn enter_records_and_the_text_stays_until_it_is_durable() {
    let mut editor = entry_box();
    let effects = feed(&mut editor, ">customers back soon ^withdrawals<Enter>");
    let submission = submitted(&effects);
    assert_eq!((submission.text.as_str(), submission.stamp.words()), ("back soon withdrawals", "communication to customers".into()));
    assert_eq!((submission.components.as_slice(), submission.incident), (["withdrawals".to_owned()].as_slice(), Some(target().incident)));
    assert!(editor.is_recording() && editor.text() == "back soon ^withdrawals");
    assert!(screen(&mut editor, 80, 4).0[3].contains("recording…"));
    assert_eq!(feed(&mut editor, "! next"), []);
    assert_eq!(editor.text(), "back soon ^withdrawals", "keys wait");
    update(&mut editor, WriteInput::Recorded, &here());
    assert_eq!((editor.text(), editor.stamp().kind), ("next", EntryKind::Action), "and are not lost");
}

#[test]
fn a_refusal_keeps_the_text_and_says_why() {
    let mut editor = entry_box();
    feed(&mut editor, "a line<Enter> and more<Enter>");
    update(&mut editor, WriteInput::Refused("the entry is larger than 256 KiB".into()), &here());
    assert_eq!(editor.text(), "a line and more");
    assert!(!editor.is_recording());
    assert!(screen(&mut editor, 80, 5).0[3].contains("not recorded: the entry is larger than 256 KiB"));
    assert_eq!(submitted(&feed(&mut editor, "<Enter>")).text, "a line and more");
}

#[test]
fn new_lines_four_ways() {
    for way in ["\\<Enter>", "<Alt-Enter>", "<Shift-Enter>", "<Ctrl-j>"] {
        check(&format!("one{way}two"), "one\ntwo", "note");
    }
}

#[test]
fn leaving_keeps_the_draft_for_the_next_time() {
    let mut editor = entry_box();
    feed(&mut editor, "= half a thou<Left><Left>");
    for way in ["<Esc>", "<Ctrl-c>"] {
        assert_eq!(feed(&mut editor.clone(), way), [WriteEffect::Closed { typed_ahead: vec![] }]);
    }
    let merged = feed(&mut editor, "<Alt-j>");
    assert_eq!(merged, [WriteEffect::Closed { typed_ahead: vec![WriteInput::Key(Chord::char('j'))] }]);
    let kept = serde_json::to_string(&editor.draft()).unwrap();
    let mut again = WriteBox::restore(serde_json::from_str(&kept).unwrap(), Some(target()), vocabulary());
    assert_eq!(again.draft(), editor.draft());
    feed(&mut again, "X");
    assert_eq!((again.text(), again.stamp().kind), ("half a thXou", EntryKind::Decision));
}

#[test]
fn readlines_keys() {
    check("one two three<Ctrl-w>", "one two ", "note");
    check("one two<Ctrl-a>X<Ctrl-e>Y", "Xone twoY", "note");
    check("one two<Alt-b><Ctrl-k>", "one ", "note");
    check("one two<Alt-b><Ctrl-u>", "two", "note");
    check("one two<Ctrl-w><Ctrl-y><Ctrl-y>", "one twotwo", "note");
    check("one two<Ctrl-a><Alt-d>", " two", "note");
    check("ab<Ctrl-b><Ctrl-h>", "b", "note");
    check("one<Ctrl-j>two<Up>X<Down>Y", "oneX\ntwoY", "note");
    check("longer one<Ctrl-j>x<Ctrl-j>longer two<Up><Up>!", "longer one!\nx\nlonger two", "note");
    check("one two<Ctrl-w><Ctrl-w><Ctrl-y>", "one two", "note");
    check("e\u{301}👩\u{200d}🚒<Backspace>", "e\u{301}", "note");
    check("e\u{301}x<Left><Left><Delete>", "x", "note");
}

#[test]
fn undo_takes_back_words_and_marks() {
    check("one two<Ctrl-z>", "one ", "note");
    check("one two<Ctrl-z><Ctrl-_><Ctrl-r>", "one ", "note");
    check("one two<Ctrl-w><Ctrl-z>", "one two", "note");
    check("! <Ctrl-z>", "! ", "note");
    check("! <Ctrl-z>x", "! x", "note");
    check("! run<Ctrl-z><Ctrl-z><Ctrl-r><Ctrl-r>", "run", "action");
    check("a<Tab><Ctrl-z>", "a", "note");
}

#[test]
fn a_paste_is_one_insert_however_long() {
    let mut editor = entry_box();
    let long = "a line of a log that somebody pasted\r\n".repeat(30_000);
    let started = std::time::Instant::now();
    let effects = update(&mut editor, WriteInput::Paste(long.clone()), &here());
    let took = started.elapsed();
    assert_eq!(effects, [WriteEffect::DraftChanged]);
    assert_eq!(editor.text(), long.replace("\r\n", "\n"));
    // Unoptimised code on a busy machine; optimised it takes two milliseconds.
    assert!(took.as_millis() < 500, "{took:?}");
    let started = std::time::Instant::now();
    feed(&mut editor, "and some words behind it<Up><Up><Backspace>");
    screen(&mut editor, 80, 10);
    assert!(started.elapsed().as_millis() < 3000, "{:?}", started.elapsed());
    feed(&mut editor, "<Ctrl-z><Ctrl-z><Ctrl-z><Ctrl-z><Ctrl-z><Ctrl-z><Ctrl-z>");
    assert_eq!(editor.text(), "");
}

#[test]
fn secrets_are_stopped_once_and_masked_unless_wanted() {
    let key = "c0ffee00".repeat(8);
    let line = format!("leaked: {key}");
    let mut editor = entry_box();
    assert_eq!(feed(&mut editor, &format!("{line}<Enter>")), []);
    let (rows, _) = screen(&mut editor, 90, 5);
    assert!(rows[3].contains("This looks like a private key.") && rows[4].contains("Enter mask it  r record it"));
    let mut masked = editor.clone();
    assert_eq!(submitted(&feed(&mut masked, "<Enter>")).text, "leaked: [private key masked]");
    let mut as_it_is = editor.clone();
    assert_eq!(submitted(&feed(&mut as_it_is, "r")).text, line);
    feed(&mut editor, "<Esc>!");
    assert_eq!(editor.text(), format!("{line}!"));
}

#[test]
fn slash_words_are_commands_only_if_they_are() {
    let mut editor = entry_box();
    feed(&mut editor, "/status contained");
    assert!(screen(&mut editor, 80, 4).0[0].contains("─ command /status ─"));
    let command = WriteEffect::SlashCommand { word: "status".into(), args: "contained".into() };
    assert_eq!(feed(&mut editor, "<Enter>"), [command]);
    update(&mut editor, WriteInput::Refused("no such status".into()), &here());
    assert_eq!(editor.text(), "/status contained");
    assert_eq!(submitted(&feed(&mut entry_box(), "/etc/passwd was read<Enter>")).text, "/etc/passwd was read");
    let mut editor = entry_box();
    update(&mut editor, WriteInput::Paste("/status resolved".into()), &here());
    assert_eq!(submitted(&feed(&mut editor, "<Enter>")).text, "/status resolved", "a paste commands nothing");
}

#[test]
fn tab_walks_kinds_and_completes_what_is_begun() {
    check("x<Tab>", "x", "action");
    check("x<Shift-Tab>", "x", "validation fail");
    check("ask @a<Tab> now", "ask @ana now", "note");
    check(">cu<Tab> hello", "hello", "communication to customers");
    check("/st<Tab>con<Tab>", "/status contained ", "note");
    check("/st<Tab> con", "/status con", "note");
    check("@an<Down><Tab>!", "@andrew!", "note");
    check("@an<Up><Up><Tab>", "@ana", "note");
    check("ask @an<Esc><Tab>", "ask @an", "action");
    let mut editor = entry_box();
    feed(&mut editor, "ask @a<Esc>n");
    assert_eq!(feed(&mut editor, "<Enter>").len(), 1, "never in the way of Enter, and sent away for the whole word");
    let mut editor = entry_box();
    feed(&mut editor, "ask @an");
    assert!(screen(&mut editor, 80, 4).0[3].contains("Tab takes the word"));
    assert_eq!(submitted(&feed(&mut editor, "<Enter>")).text, "ask @an");
}

#[test]
fn an_amendment_goes_back_to_what_stands() {
    let entry: EventId = "0190a6f0-1234-7abc-8def-0123456789ab".parse().unwrap();
    let stamp = Stamp { kind: EntryKind::Decision, ..Stamp::default() };
    let stands = Earlier { text: "Resume".into(), stamp: stamp.clone() };
    let purpose = Purpose::Amend { entry, what: "12:46:12".into(), version: None };
    let draft = DraftState { purpose, text: "Resume".into(), cursor: 6, stamp };
    let mut editor = WriteBox::amend(draft, stands, Some(target()), vocabulary());
    assert!(editor.is_idle(), "there is nothing to keep of words that stand already");
    assert!(screen(&mut editor, 80, 4).0[0].starts_with("╭ Amend in P1 INC-42 ─ decision ─ 12:46:12 ─"));
    feed(&mut editor, "<Home>! <Backspace>");
    assert_eq!(editor.stamp().kind, EntryKind::Decision, "back to what it was");
}

#[test]
fn what_was_written_earlier_comes_back_and_goes() {
    let line = |text: &str, kind| Earlier { text: text.into(), stamp: Stamp { kind, ..Stamp::default() } };
    let lines = || {
        WriteInput::Earlier(vec![
            line("restart two", EntryKind::Action),
            line("nodes agree", EntryKind::Note),
            line("restart one", EntryKind::Note),
        ])
    };
    let mut editor = entry_box();
    assert_eq!(feed(&mut editor, "<Ctrl-p>"), [WriteEffect::AskEarlier]);
    update(&mut editor, lines(), &here());
    assert_eq!((editor.text(), editor.stamp().kind), ("restart two", EntryKind::Action));
    feed(&mut editor, "<Alt-Up><Alt-Up><Alt-Up>");
    assert_eq!(editor.text(), "restart one");
    feed(&mut editor, "<Alt-Down><Alt-Down><Alt-Down><Alt-Down>");
    assert_eq!((editor.text(), editor.stamp().kind), ("", EntryKind::Note), "at last what stood in the box");
    feed(&mut editor, "Restart");
    assert_eq!(feed(&mut editor, "<Alt-Up>"), [WriteEffect::AskEarlier]);
    update(&mut editor, lines(), &here());
    feed(&mut editor, "<Alt-Up>");
    assert_eq!(editor.text(), "restart one", "only what holds the words");
    feed(&mut editor, "<Ctrl-z><Ctrl-z>");
    assert_eq!(editor.text(), "Restart");
    feed(&mut editor, "<Ctrl-u>zzz");
    update(&mut editor, lines(), &here());
    assert!(screen(&mut editor, 80, 5).0[3].contains("nothing you wrote earlier holds these words"));
}

#[test]
fn what_is_kept_is_said_honestly() {
    let mut editor = entry_box();
    feed(&mut editor, "x");
    assert!(editor.is_unkept && screen(&mut editor, 80, 4).0[3].contains("not kept yet"));
    update(&mut editor, WriteInput::DraftKept(None), &here());
    assert!(screen(&mut editor, 80, 4).0[3].contains("NOT KEPT on disk"));
    let effects = feed(&mut editor, "<Enter>");
    assert_eq!(submitted(&effects).text, "x");
    editor.is_unkept = false;
    let effects = update(&mut editor, WriteInput::Refused("no".into()), &here());
    assert!(editor.is_unkept && effects == [WriteEffect::DraftChanged], "words that were refused are a draft again");
}

#[test]
fn an_incident_that_ended_is_told_and_the_words_stay() {
    let mut editor = entry_box();
    feed(&mut editor, "half a sent");
    editor.relabel(Target { ended: Some("INC-42 is resolved; what is written here still goes on its record.".into()), ..target() });
    let (rows, _) = screen(&mut editor, 80, 5);
    assert!(rows[1].contains("half a sent") && rows[3].contains("INC-42 is resolved"), "{rows:?}");
}

#[test]
fn the_last_entry_is_amended_from_an_empty_box_only() {
    assert_eq!(feed(&mut entry_box(), "<Up>"), [WriteEffect::AmendLast]);
    assert_eq!(feed(&mut entry_box(), "x<Up>"), []);
    assert_eq!(feed(&mut entry_box(), "  <Enter>"), []);
    assert_eq!(feed(&mut entry_box(), "x<Ctrl-x><Ctrl-e>"), [WriteEffect::OpenEditor("x".into())]);
    assert_eq!(feed(&mut entry_box(), "<PgUp>"), [WriteEffect::Unhandled(Chord::parse("PgUp").unwrap())]);
}

#[test]
fn hostile_text_and_small_boxes_do_no_harm() {
    let mut editor = entry_box();
    update(&mut editor, WriteInput::Paste("a\u{1b}[2J\u{202e}b\tZ\u{335}\u{335}\u{335}\u{335}\u{335}\u{335}".into()), &here());
    let (rows, cursor) = screen(&mut editor, 60, 4);
    assert!(rows[1].contains("a␛[2J<U+202E>b Z"), "{}", rows[1]);
    assert!(cursor.is_some());
    for width in 0..12 {
        for height in 0..5 {
            screen(&mut editor, width, height);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is pressed: no panic, the cursor on a cluster boundary, and undoing everything gives the start back.
    #[test]
    fn any_keys(presses in prop::collection::vec(0usize..34, 0..60)) {
        let keys = [
            "a", "é", "Space", "!", "=", "@", "-", "5", "m", "/", "Backspace", "Delete", "Left", "Right", "Up", "Down", "Home", "End", "Tab", "Shift-Tab",
            "Ctrl-w", "Ctrl-u", "Ctrl-k", "Ctrl-y", "Ctrl-z", "Ctrl-r", "Alt-b", "Alt-f", "Alt-d", "Alt-Enter", "\u{301}", "👩", "\u{200d}", "取",
        ];
        let mut editor = entry_box();
        editor.set_width(14);
        for press in presses {
            update(&mut editor, WriteInput::Key(Chord::parse(keys[press]).unwrap()), &here());
            let cursor = editor.draft().cursor;
            let restored = WriteBox::restore(editor.draft(), Some(target()), vocabulary());
            prop_assert_eq!(restored.draft().cursor, cursor);
            screen(&mut editor, 14, 4);
        }
        feed(&mut editor, &"<Ctrl-r>".repeat(200));
        let text = editor.text().to_owned();
        for _ in 0..200 {
            feed(&mut editor, "<Ctrl-z>");
        }
        prop_assert_eq!(editor.text(), "");
        for _ in 0..200 {
            feed(&mut editor, "<Ctrl-r>");
        }
        prop_assert_eq!(editor.text(), text);
    }
}
