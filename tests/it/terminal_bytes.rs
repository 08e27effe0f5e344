//! Hostile words by the byte: whatever people, alerts, servers and file names say, a terminal is told nothing the program does not mean.

use crate::stage::Home;
use crate::stage::Tty;
use crate::stage::grammar;
use crate::story::Story;
use crate::story::person;
use crate::war_room::room::Room;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use warroom::domain::*;
use warroom::replica::snapshot::Link;
use warroom::replica::snapshot::Parked;
use warroom::tui::clipboard;
use warroom::tui::clipboard::Route;
use warroom::tui::effect::Effect;
use warroom::tui::ink::Erases;
use warroom::tui::ink::Ink;
use warroom::tui::msg::Msg;
use warroom::tui::view;

/// What acts on terminals, hides from readers or breaks who counts cells.
const PIECES: &[&str] = &[
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b[2J",
    "\x1b[31m",
    "\x1bc",
    "\x1b]0;owned\x07",
    "\x1b]9;owned\x07",
    "\x1bP$q\x1b\\",
    "\x1b[6n",
    "\x1b",
    "\x07",
    "\x08",
    "\x0e",
    "\r",
    "\n",
    "\t",
    "\x7f",
    "\u{9b}31m",
    "\u{9d}0;x\u{9c}",
    "\u{90}",
    "\u{85}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{200d}",
    "\u{feff}",
    "\u{fe0f}",
    "\u{e0041}\u{e007f}",
    "\u{2028}",
    "\u{ad}",
    "\u{3164}",
    "👩\u{200d}👩\u{200d}👧",
    "🇩🇪",
    "👍🏽",
    "资金被盗",
    "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}",
    "\u{301}",
    "مرحبا",
    "\u{10ffff}",
    "@ana ",
    "^signer ",
    "P1",
    " ",
    "word",
    "%s",
    "`",
    "|",
    "<b>",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => prop::collection::vec(any::<u8>(), 1..6).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        // A lone surrogate as JSON writes it.
        1 => Just("\\ud800".to_owned()),
    ];
    prop::collection::vec(piece, 1..14).prop_map(|pieces| pieces.concat())
}

/// Every place where words from outside come in, filled with these.
fn room(words: &[String], size: (u16, u16)) -> Room {
    let word = |at: usize| words[at % words.len()].clone();
    let mut story = Story::new();
    let ana = person("ana", Scope::Commander);
    let named = |at: usize| Author {
        principal: Principal { person: Person::new(word(at)), scope: Scope::Commander },
        device: DeviceId(uuid::Uuid::from_u128(7)),
    };
    let id = story.declares(&ana, "Withdrawals suspended");
    // Rules may refuse such words here; what other replicas and older versions wrote is shown all the same.
    let _ = story.does(&ana, IncidentId::ORG, declaration(word(0), word(1)));
    let _ = story.does(&ana, id, Command::TakeCommand { reason: word(2) });
    let edit = Command::Edit { title: Some(word(4)), summary: Some(word(3)), services: Some(vec![word(0)]) };
    let _ = story.does(&ana, id, edit);
    for (at, kind) in
        [EntryKind::Observation, EntryKind::Command, EntryKind::Communication, EntryKind::Evidence, EntryKind::Note].into_iter().enumerate()
    {
        let mut entry = NewEntry::new(kind, word(at + 5));
        entry.audience = (kind == EntryKind::Communication).then(|| word(at + 6));
        let _ = story.does(&if at % 2 == 0 { ana.clone() } else { named(at) }, id, Command::AddEntry(entry));
    }
    let _ = story.does(&ana, id, Command::GiveTask { person: Person::new(word(2)), text: word(1), due_at: None });
    let _ = story.does(&ana, id, Command::AssignRole { role: RoleId::new(word(3)), person: Person::new(word(4)) });
    let _ = story.does(&ana, id, Command::SetStatus { status: Status::Mitigating, reason: word(5) });
    let labels = BTreeMap::from([(word(0), word(1)), ("service".into(), word(2))]);
    let fired = AlertFired {
        key: word(3),
        source: word(4),
        title: word(5),
        summary: word(6),
        severity: None,
        labels,
        starts_at: None,
        url: word(0),
    };
    let event = Event {
        id: EventId(uuid::Uuid::from_u128(99)),
        incident: id,
        at: story.now,
        by: Person::new(word(6)),
        device: DeviceId(uuid::Uuid::from_u128(9)),
        index: 1,
        salt: format!("{:032x}", 9),
        replaces: None,
        body: fired.into(),
    };
    story.board.apply(&event, None);
    let mut room = Room::new(story, "ana", size);
    room.link = Link::Refused { why: word(1) };
    room.trouble = Some(word(2));
    room.alarm = Some(word(3));
    room.parked = vec![Parked {
        event: EventId(uuid::Uuid::from_u128(5)),
        incident: id,
        kind: word(0),
        words: word(1),
        text: Some(word(2)),
        code: word(3),
        reason: word(4),
        retry: Retry::Never,
        behind: None,
        at: room.story.now,
    }];
    room.publish();
    room
}

fn declaration(title: String, service: String) -> Command {
    Command::Declare { title, summary: service.clone(), services: vec![service], severity: None, at: None, drill: false }
}

/// Draws a frame the way the terminal gets it and reads it by the grammar; answers its bytes.
fn draw(room: &Room, ink: &mut Ink) -> Vec<u8> {
    let (columns, rows) = room.model.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    let cursor = view::draw(&room.model, &mut buffer);
    for cell in &buffer.content {
        assert!(!cell.symbol().chars().any(warroom::text::acts_or_hides), "{:?}\n{}", cell.symbol(), room.screen());
    }
    let mut bytes = Vec::new();
    ink.frame(&mut buffer, cursor, &mut bytes);
    if let Err(why) = grammar::read(&bytes) {
        panic!("{why}\n{}", room.screen());
    }
    bytes
}

const WALK: &[&[&str]] = &[
    &["1"],
    &["2"],
    &["k", "Enter"],
    &["Esc", "="],
    &["Esc", "3"],
    &["4"],
    &["!"],
    &["Enter"],
    &["Esc", "Esc", "L"],
    &["Esc", ":", "a"],
    &["Esc", "?"],
    &["Esc", "y"],
    &["y"],
    &["s"],
    &["Esc", "p", "Tab"],
    &["Esc", "Esc", "i", "words"],
    &["Esc", "E"],
    &["Esc", "a"],
    &["Esc", "m"],
    &["Esc", "/"],
    &["x"],
    &["Esc", "F"],
    &["Esc", "D"],
    &["Esc", "o"],
    &["Esc", "z"],
];

fn walk(words: &[String], size: (u16, u16)) {
    let mut room = room(words, size);
    let mut ink = Ink::new(Erases::Coloured);
    for (step, keys) in WALK.iter().enumerate() {
        room.press(keys);
        if step % 6 == 3 {
            room.tell(Msg::Logged(words[step % words.len()].clone()));
            room.tell(Msg::Dressed(Err(words[0].clone())));
        }
        if step % 6 == 5 {
            room.tell(Msg::Saved(Ok(PathBuf::from(words[0].as_str()))));
            room.tell(Msg::Edited(Err(words[step % words.len()].clone())));
        }
        draw(&room, &mut ink);
        let title = room.title();
        assert!(!title.chars().any(warroom::text::acts_or_hides), "{title:?}");
        for effect in std::mem::take(&mut room.done) {
            let bytes = match effect {
                Effect::Notify(words) => clipboard::notification(&words, Route::Direct),
                Effect::Copy(text) => clipboard::escape(&text, Route::Direct),
                _ => continue,
            };
            grammar::read(&bytes).unwrap_or_else(|why| panic!("{why}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_words_from_anywhere_tell_the_terminal_anything(words in prop::collection::vec(hostile(), 7), size in prop::sample::select(&[(120u16, 36u16), (80, 24), (40, 12)][..])) {
        walk(&words, size);
    }
}

#[test]
fn a_line_of_a_megabyte_is_as_harmless() {
    let long = PIECES.concat().repeat(1_000_000 / PIECES.concat().len());
    walk(&[long, "short".into()], (80, 24));
}

/// With ASCII signs no cell of ours is beyond ASCII, on any screen.
#[test]
fn with_ascii_signs_every_cell_is_ascii() {
    for size in [(120, 36), (80, 24), (40, 12)] {
        let (story, _) = crate::war_room::withdrawals();
        let mut room = Room::with(story, "ana", size, |setup| setup.look.glyphs = warroom::tui::glyphs::GlyphSet::Ascii);
        for (number, keys) in WALK.iter().enumerate() {
            room.press(keys);
            let screen = room.screen();
            assert!(screen.is_ascii(), "{size:?}, step {number}: {:?}\n{screen}", screen.chars().find(|c| !c.is_ascii()));
        }
    }
}

/// The same on the real binary: what it sends to a terminal, and what its commands print.
#[test]
fn the_program_itself_sends_and_prints_nothing_but_what_it_means() {
    let home = Home::new();
    let words = PIECES.iter().copied().filter(|piece| !piece.contains('\0')).collect::<String>();
    home.ok(&["declare", &format!("Signer {words}")]);
    for kind in ["note", "evidence"] {
        home.ok(&["log", "--kind", kind, &format!("seen {words}")]);
    }
    for arguments in [&["list"][..], &["show"], &["list", "--all"], &["search", "seen"], &["export"], &["brief"]] {
        let ran = home.run(arguments);
        for (what, text) in [("stdout", &ran.out), ("stderr", &ran.err)] {
            let bad = text.chars().find(|c| warroom::text::acts_or_hides(*c) && *c != '\n');
            assert!(bad.is_none(), "{arguments:?} {what}: {bad:?} in {text:?}");
        }
    }
    let mut tty = Tty::open(&home, &[env!("CARGO_BIN_EXE_warroom")], "Signer");
    for keys in ["2", "k", "\r", "\x1b", "4", "!", "\x1b", "L", "\x1b", "y", "y", "q"] {
        tty.press(keys);
        std::thread::sleep(Duration::from_millis(60));
    }
    let (_, code) = tty.ended();
    assert_eq!(code, 0);
    let spoken = grammar::read(&tty.bytes()).unwrap_or_else(|why| panic!("{why}"));
    assert!(spoken.clipboards == 1 && !spoken.titles.is_empty(), "{spoken:?}");
}
