//! Presenting: hidden words are in no cell of any pane, list, page, box or title, and nothing writes what stands in their place.

use crate::story::Story;
use crate::story::person;
use crate::war_room::room::Room;
use crate::war_room::withdrawals;
use warroom::domain::*;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Parked;
use warroom::tui::effect::Effect;
use warroom::tui::header;
use warroom::tui::input::Input;
use warroom::tui::msg::Msg;

const SECRETS: [&str; 4] = ["kubectl", "qxsecret", "qxolder", "qxlost"];
const HIDDEN: &str = "[hidden while presenting]";

/// A room with words of every kind that is hidden: a command, evidence, its history, and one that was refused.
fn room(size: (u16, u16)) -> (Room, IncidentId) {
    let (mut story, id) = withdrawals();
    let ana = person("ana", Scope::Commander);
    story.does(&ana, id, Command::AddEntry(NewEntry::new(EntryKind::Evidence, "qxolder heap dump of signer-3"))).expect("evidence");
    let entry = story.board.get(id).and_then(|incident| incident.timeline.last()).expect("an entry").id;
    let (text, kind) = (Some("qxsecret heap dump\nof signer-3".to_owned()), Some(EntryKind::Note));
    let amend = Command::AmendEntry { entry, text, kind, outcome: None, audience: None, happened_at: None, reason: String::new() };
    story.does(&ana, id, amend).expect("amended");
    story.writes(&ana, id, EntryKind::Note, "qxplain words");
    let at = story.now;
    let mut room = Room::new(story, "ana", size);
    room.parked.push(Parked {
        event: EventId(uuid::Uuid::now_v7()),
        incident: id,
        kind: "entry.added".into(),
        words: "evidence: qxlost".into(),
        text: Some("qxlost".into()),
        code: "scope".into(),
        reason: "not permitted".into(),
        retry: Retry::Later,
        behind: None,
        at,
    });
    room.publish();
    (room, id)
}

fn present(room: &mut Room) {
    room.press(&[":", "present"]);
    room.press(&["Enter"]);
}

fn gives_nothing_away(room: &Room, place: &str) {
    let seen = format!("{}\n{}", room.screen(), header::title(&room.model));
    for secret in SECRETS {
        assert!(!seen.contains(secret), "`{secret}` is seen {place}:\n{seen}");
    }
    let copied = room.done.iter().filter_map(|effect| if let Effect::Copy(text) = effect { Some(text.as_str()) } else { None });
    for text in copied {
        assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "copied {place}: {text}");
    }
    assert!(header::title(&room.model).contains("PRESENTING"), "{place}");
}

#[test]
fn hidden_words_are_nowhere_while_presenting_and_back_afterwards() {
    for size in [(200, 60), (120, 36), (80, 24), (40, 12)] {
        let (mut room, _) = room(size);
        room.press(&["2"]);
        present(&mut room);
        gives_nothing_away(&room, "at once");
        assert!(room.screen().lines().next().is_some_and(|line| line.contains("PRESENTING")), "{}", room.screen());
        for pane in ["1", "2", "3", "4", "z"] {
            room.press(&[pane]);
            gives_nothing_away(&room, pane);
        }
        room.press(&["z", "2", "G"]);
        for _ in 0..12 {
            room.press(&["y", "Enter"]);
            gives_nothing_away(&room, "in a page");
            room.press(&["y", "Esc", "=", "PgDn"]);
            gives_nothing_away(&room, "in a history");
            room.press(&["Esc", "r", "Esc", "T"]);
            gives_nothing_away(&room, "in a question");
            room.press(&["Esc", "x"]);
            gives_nothing_away(&room, "in a form");
            room.press(&["Esc", "k"]);
        }
        for keys in [["!", "j"], ["L", "j"], ["?", "j"], ["F", "heap"], ["F", "kube"], ["/", "qxsec"], ["o", "j"], ["B", "j"]] {
            room.press(&keys);
            gives_nothing_away(&room, keys[0]);
            room.press(&["Enter"]);
            gives_nothing_away(&room, keys[0]);
            room.press(&["Esc", "Esc", "Esc", "2", "Esc", "2"]);
        }
        room.publish();
        gives_nothing_away(&room, "after news");
        present(&mut room);
        room.press(&["2", "G", "k"]);
        room.shows(&["qxsecret"]);
        room.shows_not("PRESENTING");
        assert!(!header::title(&room.model).contains("PRESENTING"));
    }
}

/// Everything a room shows of a restricted incident, by its code, its title and its words.
const RESTRICTED: [&str; 3] = ["INC-4", "qxinsider", "qxbadge"];

/// A story with a restricted incident beside the other one.
fn restricted() -> (Story, IncidentId, IncidentId) {
    let (mut story, id) = withdrawals();
    let ana = person("ana", Scope::Admin);
    story.wait(1);
    let secret = story.declares(&ana, "qxinsider copied keys");
    story.writes(&ana, secret, EntryKind::Note, "qxbadge log names a desk");
    let restrict = Command::Restrict { people: vec!["ana".into()], roles: vec![RoleId::new("scribe")], reason: String::new() };
    story.does(&ana, secret, restrict).expect("restricted");
    assert_eq!(story.incident(secret).code_text(), "INC-4");
    (story, id, secret)
}

#[test]
fn restricted_incidents_are_marked_and_are_nowhere_while_presenting() {
    for size in [(200, 60), (120, 36), (80, 24), (40, 12)] {
        let (story, id, secret) = restricted();
        let mut room = Room::new(story, "ana", size);
        room.press(&[":", "inc-4", "Enter", "2"]);
        room.shows(&["RESTRICTED"]);
        assert!(header::title(&room.model).contains("RESTRICTED INC-4") || header::title(&room.model).contains("INC-4"));
        warroom::tui::callouts::show(
            &mut room.model,
            secret,
            "INC-4: chi asks of you: qxbadge".into(),
            warroom::tui::theme::Tone::Warn,
            false,
        );
        room.model.calls.unseen = Some("chi speaks to you in INC-4".into());
        room.model.note("INC-4: qxbadge".into());
        present(&mut room);
        assert_eq!(room.model.in_hand, Some(id), "another incident comes to hand");
        let seen = |room: &Room, place: &str| {
            let seen = format!("{}\n{}", room.screen(), header::title(&room.model));
            // What was typed stands where it was typed.
            for word in RESTRICTED.into_iter().filter(|word| !place.contains(word)) {
                assert!(!seen.contains(word), "`{word}` is seen {place}:\n{seen}");
            }
        };
        seen(&room, "at once");
        for keys in [
            ["1", "j"],
            ["2", "G"],
            ["3", "j"],
            ["4", "j"],
            ["!", "j"],
            ["L", "j"],
            ["v", "j"],
            [":", "INC-4"],
            [":", "qx"],
            ["F", "qxbadge"],
            ["m", "j"],
        ] {
            room.press(&keys);
            seen(&room, keys.concat().as_str());
            room.press(&["Enter"]);
            seen(&room, &format!("after Enter, {}", keys.concat()));
            room.press(&["Esc", "Esc", "Esc", "2"]);
        }
        room.publish();
        seen(&room, "after news");
        present(&mut room);
        room.press(&[":", "inc-4", "Enter"]);
        room.shows(&["RESTRICTED"]);
    }
}

#[test]
fn what_is_hidden_is_not_amended_and_never_overwritten() {
    let (mut room, id) = room((120, 36));
    room.press(&["2"]);
    present(&mut room);
    room.press(&["G", "k"]);
    room.shows(&[HIDDEN]);
    room.press(&["e"]);
    room.shows(&["hidden while presenting; `:` present shows them"]);
    assert!(room.model.write.is_none());
    // Even typed by hand, what stands in their place is not recorded.
    let before = room.asked.iter().filter(|request| matches!(request, Request::Command { .. })).count();
    room.press(&["i", HIDDEN, "Enter"]);
    room.shows(&["hidden while presenting; `present` shows"]);
    assert_eq!(room.asked.iter().filter(|request| matches!(request, Request::Command { .. })).count(), before);
    room.press(&["Ctrl-u", "plain", "Enter"]);
    let last = room.story.board.get(id).and_then(|incident| incident.timeline.last()).expect("an entry").text.to_string();
    assert_eq!(last, "plain");
}

#[test]
fn a_program_that_was_presenting_presents_when_it_opens_again() {
    let (mut room, _) = room((120, 36));
    room.press(&["2"]);
    present(&mut room);
    let again = Room::opened(room.story, "ana", (120, 36), room.drafts);
    gives_nothing_away(&again, "when it opens");
    assert!(again.screen().contains(HIDDEN), "{}", again.screen());
}

#[test]
fn drafts_of_hidden_kinds_are_hidden_in_their_list() {
    let (mut room, _) = room((120, 36));
    room.press(&["i", "$ ", "qxdraft of a command", "Esc", ":", "present", "Enter", ":", "drafts", "Enter"]);
    room.shows(&["Words not recorded yet", HIDDEN]);
    room.shows_not("qxdraft");
}

#[test]
fn a_draft_of_a_hidden_kind_is_not_opened_before_onlookers_unasked() {
    let (mut room, _) = room((120, 36));
    room.press(&["2", "i", "$ ", "qxdraft of a command", "Esc"]);
    present(&mut room);
    for keys in [vec!["i"], vec![":", "drafts", "Enter", "Enter"]] {
        room.press(&keys);
        room.shows(&["Show the command you are writing in INC-", "onlookers would see it, 1 line"]);
        room.shows_not("qxdraft");
        room.press(&["n"]);
        assert!(room.model.write.is_none() && room.model.overlays.is_empty(), "{}", room.screen());
    }
    // What is pasted then is neither an answer nor lost in a box that nobody sees.
    room.tell(Msg::Input(Input::Paste("qxpasted".into())));
    room.shows(&["8 characters pasted and nowhere to write it: this is asked first"]);
    room.press(&["y", "y"]);
    room.shows(&["qxdraft of a command", "Onlookers see this command until it is recorded."]);
    room.press(&["Enter", "Esc"]);
    room.shows_not("qxdraft");
    room.shows(&[HIDDEN]);
}

#[test]
fn a_box_left_open_on_a_hidden_kind_stays_closed_for_who_presents() {
    let (mut room, _) = room((120, 36));
    present(&mut room);
    room.press(&["i", "# ", "qxopen evidence"]);
    room.shows(&["Onlookers see this evidence until it is recorded."]);
    room.wait(1);
    let mut again = Room::opened(room.story, "ana", (120, 36), room.drafts);
    again.shows(&["your words are kept, and hidden while presenting; i opens them"]);
    again.shows_not("qxopen");
    // Presenting no more, they open as they were.
    present(&mut again);
    again.press(&["i"]);
    again.shows(&["qxopen evidence"]);
    again.shows_not("Onlookers");
}
