//! Everything has a name: commands with their keys, statuses, incidents.

use super::room::Room;
use super::withdrawals;
use crate::story::person;
use warroom::domain::*;
use warroom::tui::input::Input;
use warroom::tui::keymap::Keymap;
use warroom::tui::keymap::Place;
use warroom::tui::msg::Msg;

fn room() -> (Room, IncidentId) {
    let (mut story, id) = withdrawals();
    let bo = person("bo", Scope::Commander);
    let over = story.declares(&bo, "Bridge paused");
    story.does(&bo, over, Command::SetStatus { status: Status::Declined, reason: "a rehearsal".into() }).expect("declined");
    (Room::new(story, "ana", (120, 36)), id)
}

#[test]
fn every_command_is_in_the_palette_with_its_key() {
    let map = Keymap::standard().expect("the built-in keys");
    for binding in map.of_place(Place::Everywhere).filter(|binding| binding.intent.name() != "palette") {
        let (mut room, _) = room();
        room.press(&[":"]);
        room.tell(Msg::Input(Input::Paste(binding.says.clone())));
        let screen = room.screen();
        let line = screen.lines().find(|line| line.contains(&binding.says) && !line.contains("> "));
        let line = line.unwrap_or_else(|| panic!("`{}` is not found by its own words:\n{screen}", binding.says));
        assert!(line.contains(&binding.keys_text()), "{line}");
    }
}

#[test]
fn commands_are_found_by_the_words_people_look_for() {
    for (words, says) in [
        ("duty", "duty cards"),
        ("duty card", "duty cards"),
        ("history of priority", "history of the priority of the incident in hand"),
        ("hand-over", "offer command (hand-over)"),
        ("split", "split a merged incident off again"),
        ("reopen", "reopen a closed incident"),
        ("note", "write an entry, such as a note"),
        ("escalate", "assess or escalate"),
        ("sound", "the sound of the bell"),
        ("colours", "choose a theme: colours"),
        ("colors", "choose a theme: colours"),
        ("quit", "quit (exit)"),
        ("exit", "quit (exit)"),
        ("save", "save the incident as a Markdown document"),
        ("export", "save the incident as a Markdown document"),
        ("who", "who does what"),
    ] {
        let (mut room, _) = room();
        room.press(&[":", words]);
        let screen = room.screen();
        assert!(screen.contains(says), "`{words}` does not find `{says}`:\n{screen}");
    }
}

#[test]
fn the_sound_is_switched_off_and_on_by_name() {
    let (mut room, _) = room();
    assert!(room.model.custom.notify.bell);
    room.press(&[":", "sound", "Enter"]);
    room.shows(&["no bell sounds"]);
    assert!(!room.model.custom.notify.bell);
    room.press(&[":", "sound", "Enter"]);
    assert!(room.model.custom.notify.bell);
}

#[test]
fn a_status_and_an_incident_are_a_few_letters_away() {
    let (mut room, id) = room();
    room.press(&[":", "conta", "Enter"]);
    assert_eq!(room.story.incident(id).status.value, Status::Contained);
    room.press(&[":", "node lag", "Enter"]);
    room.shows(&["2 Timeline ─ INC-2 eth-mainnet node lag"]);
    room.press(&["-"]);
    assert_eq!(room.model.in_hand, Some(id));
    room.press(&[":", "inc-4"]);
    room.shows(&["INC-4", "Bridge paused", "closed, go there"]);
    room.press(&["Enter"]);
    room.shows(&["2 Timeline ─ INC-4 Bridge paused"]);
}

#[test]
fn what_was_used_last_stands_first() {
    let (mut room, _) = room();
    room.press(&[":", "times in", "Enter", ":"]);
    room.shows(&["▌times"]);
}

#[test]
fn letters_that_answered_are_underlined() {
    use ratatui::style::Modifier;
    let (mut room, _) = room();
    room.press(&[":", "redraw"]);
    let frame = room.frame();
    let underlined: String =
        frame.content().iter().filter(|cell| cell.modifier.contains(Modifier::UNDERLINED)).map(ratatui::buffer::Cell::symbol).collect();
    assert!(underlined.starts_with("redraw"), "{underlined}");
}
