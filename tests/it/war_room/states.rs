//! What is wrong is said, with what to do; and where the program was is where it opens.

use super::room::Room;
use super::withdrawals;
use crate::story::person;
use std::sync::Arc;
use warroom::domain::*;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;
use warroom::replica::snapshot::Link;
use warroom::replica::snapshot::Parked;
use warroom::tui::effect::Effect;
use warroom::tui::effect::Ending;
use warroom::tui::msg::Msg;
use warroom::tui::timers::Timer;
use warroom::tui::watchdog::Outside;

fn room(size: (u16, u16)) -> (Room, IncidentId) {
    let (story, id) = withdrawals();
    (Room::new(story, "ana", size), id)
}

#[test]
fn the_link_says_how_it_stands() {
    for size in [(120, 36), (80, 24)] {
        let (mut room, _) = room(size);
        let now = room.story.now;
        room.shows(&["● live 14 ms"]);
        room.link = Link::Live { round_trip_ms: 14, skew_ms: 3_000, heard_at: now.plus_ms(-25_000) };
        room.publish();
        room.shows(&["stale 25 s", "clock 3 s slow"]);
        room.link = Link::Offline { since: now.plus_ms(-120_000), why: "connection refused".into(), retry_at: now.plus_ms(5_000) };
        room.publish();
        room.shows(&["○ offline 2 min"]);
        room.press(&["L"]);
        room.shows(&["out of reach: connection refused"]);
        room.press(&["Esc"]);
        room.link = Link::Unstored { why: "the disk is full".into() };
        room.publish();
        room.press(&["!"]);
        room.shows(&["○ news not stored", "what the server sends cannot be stored here: the disk is full"]);
        room.shows_not("offline");
        room.press(&["Esc"]);
        room.link = Link::Refused { why: "this token was revoked; `warroom connect` with a new one".into() };
        room.publish();
        room.press(&["!"]);
        room.shows(&["this token was revoked", "○ refused"]);
    }
}

#[test]
fn what_the_server_refused_waits_for_a_person() {
    let (mut room, id) = room((120, 36));
    let event = EventId(uuid::Uuid::from_u128(7));
    let parked = |event: EventId, behind: Option<EventId>| Parked {
        event,
        incident: id,
        kind: "entry.added".into(),
        words: "a line nobody may write".into(),
        text: Some("a line nobody may write".into()),
        code: "scope".into(),
        reason: "your token may only read".into(),
        retry: Retry::Later,
        behind,
        at: room.story.now,
    };
    room.parked = vec![parked(event, None), parked(EventId(uuid::Uuid::from_u128(8)), Some(event))];
    room.publish();
    room.press(&["!"]);
    room.shows(&["refused", "a line nobody may write: your token may only read, 1 wait behind it"]);
    room.press(&["Enter"]);
    room.shows(&["Refused by the server", "send it again", "write it into another incident"]);
    room.press(&["1"]);
    assert!(room.asked.contains(&Request::RetryParked(event)));
    room.press(&["!", "Enter", "2", "1"]);
    assert!(room.asked.iter().any(|request| matches!(request, Request::MoveParked { event: moved, .. } if *moved == event)));
    room.press(&["!", "d"]);
    assert!(room.asked.contains(&Request::DiscardParked(event)));
}

#[test]
fn what_cannot_be_saved_stays_on_screen() {
    let (mut room, _) = room((80, 24));
    room.trouble = Some("the disk is full: free some space on /var".into());
    room.publish();
    room.shows(&["NOT SAVED"]);
    room.is_full = true;
    room.press(&["i", "words that matter", "Enter"]);
    room.shows(&["NOT SAVED", "words that matter"]);
    room.is_full = false;
    room.press(&["Enter", "Esc", "2"]);
    room.shows(&["words that matter"]);
}

#[test]
fn one_key_after_not_saved_sends_the_words_straight_to_the_server() {
    for size in [(120, 36), (80, 24), (40, 12)] {
        let (mut room, id) = room(size);
        let offer = "NOT SAVED: Ctrl-s sends it";
        (room.is_full, room.trouble) =
            (true, Some("the disk is full; nothing was saved. Free some space, then it goes on by itself".into()));
        room.publish();
        room.press(&["i", "words that matter", "Enter"]);
        room.shows(&[offer, "words that matter"]);
        insta::assert_snapshot!(format!("not_saved_{}x{}", size.0, size.1), room.screen());
        room.straight = Answer::Refused(Refusal::never("refused_by_server", "the server refused it: only the commander may say that"));
        room.press(&["Ctrl-s"]);
        room.shows(&["not recorded: the server refused it", "words that matter"]);
        room.press(&["Ctrl-s"]);
        assert_eq!(
            room.asked.iter().filter(|request| matches!(request, Request::SendDirect { .. })).count(),
            1,
            "once for each refusal here"
        );
        room.press(&["Enter"]);
        room.straight = Answer::Told("recorded by the server as record 9, not held here".into());
        room.press(&["Ctrl-s"]);
        room.shows(&["recorded by the server as record 9", "NOT SAVED"]);
        room.shows_not("words that matter");
        let Some(Request::SendDirect { incident, command: Command::AddEntry(entry), draft: Some(draft) }) = room.asked.last() else {
            panic!("{:?}", room.asked.last())
        };
        assert_eq!((*incident, entry.text.as_str(), draft.as_str()), (id, "words that matter", format!("write:{id}").as_str()));
        room.press(&["Esc", "D", "Signer down", "Enter"]);
        room.shows(&[offer, "Signer down"]);
        room.press(&["Ctrl-s"]);
        room.shows_not("Signer down");
        assert!(matches!(room.asked.last(), Some(Request::SendDirect { command: Command::Declare { .. }, .. })));
        room.press(&["p", "2"]);
        room.shows(&["NOT SAVED"]);
        room.press(&["Ctrl-s"]);
        assert!(
            matches!(room.asked.last(), Some(Request::SendDirect { command: Command::SetSeverity { .. }, .. })),
            "{:?}",
            room.asked.last()
        );
        room.link = Link::Alone;
        room.publish();
        room.press(&["i", "and alone", "Enter"]);
        room.shows(&["NOT SAVED: the disk is full"]);
    }
}

#[test]
fn words_that_cannot_be_kept_are_told_the_way_to_the_server_and_half_a_sentence_goes_to_nobody() {
    let (mut room, _) = room((120, 36));
    room.is_full = true;
    room.press(&["i", "words that matter"]);
    room.tell(Msg::Rang(Timer::Draft));
    room.shows(&[
        "NOT SAVED: finish and record it, then Ctrl-s sends it to the server; or copy it before you close this",
        "words that matter",
    ]);
    room.is_full = false;
    room.tell(Msg::Rang(Timer::Draft));
    room.shows_not("NOT SAVED");
    room.is_full = true;
    room.press(&["!"]);
    room.tell(Msg::Rang(Timer::Draft));
    room.shows(&["NOT SAVED: finish", "words that matter!"]);
    room.press(&["Ctrl-s"]);
    assert!(!room.asked.iter().any(|request| matches!(request, Request::SendDirect { .. })), "nobody said that it is finished");
    room.press(&["Enter", "Ctrl-s"]);
    assert!(matches!(room.asked.last(), Some(Request::SendDirect { command: Command::AddEntry(_), .. })));
    room.link = Link::Alone;
    room.publish();
    room.press(&["D", "Signer down"]);
    room.tell(Msg::Rang(Timer::Draft));
    room.shows(&["NOT SAVED: copy it before you close this", "Signer down"]);
}

#[test]
fn an_alarm_is_shown_until_it_was_read() {
    let (mut room, _) = room((120, 36));
    room.alarm = Some("the server was restored from a backup: 3 of your entries go out again".into());
    room.publish();
    room.shows(&["restored from a backup: 3 of your entries go out again", "! goes there"]);
    room.press(&["!"]);
    room.shows(&["restored from a backup"]);
    room.press(&["Enter"]);
    room.shows(&["What happened to the log", "3 of your entries go out again"]);
    assert!(!room.asked.contains(&Request::DismissAlarm), "it was not said to be read");
    room.press(&["Esc", "!", "a"]);
    assert!(room.asked.contains(&Request::DismissAlarm));
}

#[test]
fn the_program_opens_where_it_was_with_the_box_that_was_open() {
    let (mut first, id) = room((120, 36));
    first.press(&["]", "2", "t", "i", "half a thought"]);
    let in_hand = first.model.in_hand;
    assert_ne!(in_hand, Some(id));
    first.wait(1);
    let (story, _) = withdrawals();
    let second = Room::opened(story, "ana", (120, 36), first.drafts.clone());
    assert_eq!(second.model.in_hand, in_hand);
    second.shows(&["half a thought", "Write to P2 INC-2", "CET", "your words of 17:49 are open again; Esc keeps them", " kept "]);
    second.shows_not("not kept");
    first.press(&["Esc"]);
    first.tell(Msg::Outside(Outside::Ends(15)));
    assert!(first.done.contains(&Effect::Quit(Ending::Signal(15))));
    let (story, _) = withdrawals();
    let third = Room::opened(story, "ana", (120, 36), first.drafts.clone());
    third.shows_not("Write to");
    assert_eq!(third.model.in_hand, in_hand);
}

#[test]
fn crossed_changes_are_told_until_they_are_seen() {
    let (mut room, id) = room((120, 36));
    let bo = crate::story::person("bo", Scope::Commander);
    let mine = room.story.decide(&room.me.clone(), id, Command::SetStatus { status: Status::Contained, reason: String::new() }).unwrap();
    room.story.does(&bo, id, Command::SetStatus { status: Status::Identified, reason: String::new() }).unwrap();
    for event in mine {
        room.story.accept(&room.me.clone(), event).unwrap();
    }
    room.publish();
    room.press(&["!"]);
    room.shows(&["crossed", "status", "overtaken"]);
    room.press(&["G"]);
    let conflict = Arc::clone(room.story.board.get(id).unwrap()).conflicts[0].winner;
    room.model.overlays.clear();
    room.dismissed.insert(conflict);
    room.publish();
    room.press(&["!"]);
    room.shows_not("overtaken");
}

#[test]
fn without_a_server_no_row_says_that_it_is_not_sent() {
    let (mut room, _) = room((120, 36));
    room.link = Link::Offline { since: room.story.now, why: "no answer".into(), retry_at: room.story.now };
    room.is_online = false;
    room.press(&["i", "kept here", "Enter", "Esc"]);
    room.shows(&["◌ not sent"]);
    room.link = Link::Alone;
    room.publish();
    room.shows_not("not sent");
    room.shows(&["1 kept here"]);
}

#[test]
fn the_narrowest_header_keeps_how_long_it_has_been() {
    let (mut room, id) = room((40, 12));
    let ana = person("ana", Scope::Commander);
    for status in [Status::Monitoring, Status::Contained, Status::Investigating] {
        room.story.does(&ana, id, Command::SetStatus { status, reason: String::new() }).expect("status");
        room.publish();
        let screen = room.screen();
        assert!(screen.lines().next().expect("a header").ends_with("T+1h44"), "{screen}");
    }
    let release = Command::ReleaseRole { role: RoleId::commander(), person: None };
    room.story.does(&ana, id, release).expect("released");
    room.publish();
    let screen = room.screen();
    assert_eq!(screen.lines().next().expect("a header").trim(), "P1 INC-3 investigating no IC T+1h44");
}

#[test]
fn words_that_were_left_are_something_that_needs_attention() {
    let (mut room, _) = room((120, 36));
    let count = room.model.attention.len();
    room.press(&["i", "half a sentence"]);
    room.wait(1);
    assert_eq!(room.model.attention.len(), count, "what is being written is not left: {}", room.screen());
    room.press(&["Esc", "!"]);
    room.shows(&["drafts", "1 draft: words written and not recorded"]);
    room.press(&["G", "Enter", "Enter"]);
    room.shows(&["Write to P1", "half a sentence"]);
    room.press(&["Enter", "Esc"]);
    assert_eq!(room.model.attention.len(), count);
}
