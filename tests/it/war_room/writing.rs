//! The write box in the room: what one types, what it becomes, and that no word goes missing.

use super::room::Room;
use super::withdrawals;
use crate::story::person;
use warroom::domain::*;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Held;
use warroom::tui::chord::Chord;
use warroom::tui::effect::Effect;
use warroom::tui::input::Input;
use warroom::tui::msg::Msg;

fn room(size: (u16, u16)) -> (Room, IncidentId) {
    let (story, id) = withdrawals();
    (Room::new(story, "ana", size), id)
}

fn last(room: &Room, id: IncidentId) -> Entry {
    let incident = room.story.incident(id);
    let newest = |entry: &&Entry| (entry.state.seq().unwrap_or(u64::MAX), entry.index);
    incident.timeline.iter().filter(|entry| entry.kind.is_written()).max_by_key(newest).expect("an entry").clone()
}

fn find(room: &Room, id: IncidentId, text: &str) -> Option<Entry> {
    room.story.incident(id).timeline.iter().find(|entry| &*entry.text == text).cloned()
}

#[test]
fn every_mark_becomes_its_kind() {
    let (mut room, id) = room((120, 36));
    room.press(&["i"]);
    for (typed, kind, outcome, audience) in [
        ("! cut the bridge", EntryKind::Action, None, None),
        ("= pay nobody", EntryKind::Decision, None, None),
        ("? a stolen key", EntryKind::Hypothesis, None, None),
        (". all is quiet", EntryKind::Observation, None, None),
        ("> we said so", EntryKind::Communication, None, None),
        (">customers we are back", EntryKind::Communication, None, Some("customers")),
        ("$ kubectl get pods", EntryKind::Command, None, None),
        ("# tx 0xabc", EntryKind::Evidence, None, None),
        ("+ok sums agree", EntryKind::Validation, Some(Outcome::Ok), None),
        ("+fail sums differ", EntryKind::Validation, Some(Outcome::Fail), None),
        ("just so", EntryKind::Note, None, None),
    ] {
        room.press(&[typed, "Enter"]);
        let words = typed.split_once(' ').filter(|_| kind != EntryKind::Note).map_or(typed, |(_, words)| words);
        let entry = find(&room, id, words).unwrap_or_else(|| panic!("{typed}\n{}", room.screen()));
        assert_eq!((entry.kind, entry.outcome, entry.audience.as_deref()), (kind, outcome, audience), "{typed}");
    }
}

#[test]
fn a_time_first_is_read_in_the_zone_on_screen() {
    let (mut room, id) = room((120, 36));
    let now = room.story.now;
    room.press(&["i", "@-5m ", "! drained pool 3"]);
    room.shows(&["5 min ago", "action"]);
    room.press(&["Enter", "Esc"]);
    let entry = find(&room, id, "drained pool 3").unwrap();
    assert_eq!(now.since_ms(entry.at).unsigned_abs() / 60_000, 5);
    // Local time, and a time that is not to come: Berlin is an hour ahead of UTC in November.
    room.press(&["t", "i", "@00:30 after midnight", "Enter", "Esc"]);
    let entry = find(&room, id, "after midnight").unwrap();
    assert!(entry.at <= room.story.now && entry.at.to_string().contains("T23:30:00"), "{}", entry.at);
    room.press(&["t"]);
    room.shows(&["T+0h"]);
    room.press(&["i", "@26:00 "]);
    room.shows(&["hours go from 00 to 23"]);
    room.press(&["Ctrl-u", "@00:30 again", "Enter"]);
    let entry = find(&room, id, "again").unwrap();
    assert!(entry.at.to_string().contains("T00:30:00"), "T+ is never typed: {}", entry.at);
}

#[test]
fn people_services_and_audiences_complete_and_mean_something() {
    let (mut room, id) = room((120, 36));
    let edit = Command::Edit { title: None, summary: None, services: Some(vec!["withdrawals".into(), "hot-wallet".into()]) };
    room.story.does(&person("bo", Scope::Commander), id, edit).unwrap();
    room.publish();
    room.press(&["i", "ask @de"]);
    room.shows(&["@dee", "Tab takes the word"]);
    room.press(&["Tab"]);
    room.shows_not("Tab takes the word");
    room.press(&[" about ^wi", "Tab", ", and ^new-thing", "Enter"]);
    let entry = last(&room, id);
    assert_eq!(&*entry.text, "ask @dee about withdrawals, and ^new-thing");
    assert_eq!(entry.components.to_vec(), ["withdrawals", "new-thing"]);
    assert_eq!(warroom::text::mention::mentions(&entry.text), ["dee"]);
    room.press(&[">reg", "Tab", " told at noon"]);
    room.shows(&["communication to regulator"]);
    room.press(&["Enter"]);
    assert_eq!(last(&room, id).audience.as_deref(), Some("regulator"));
    room.press(&["ask @de", "Down", "Up", "Enter"]);
    assert_eq!(&*last(&room, id).text, "ask @de", "the list is never in the way of Enter");
    room.press(&["ask @de", "Esc"]);
    room.shows(&["Write to"]);
    room.press(&["Esc"]);
    room.shows_not("Write to");
}

#[test]
fn commands_complete_with_their_arguments() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "/"]);
    room.shows(&["/status", "contained [reason]", "/move"]);
    room.press(&["sta", "Tab"]);
    room.shows(&["triage", "contained", "monitoring"]);
    room.press(&["con", "Tab", "Enter"]);
    assert_eq!(room.story.incident(id).status.value, Status::Contained, "{}", room.screen());
    room.press(&["/assi", "Tab", "scr"]);
    room.shows(&["Scribe, vacant"]);
    room.press(&["Tab", "de", "Tab"]);
    room.shows(&["/assign scribe dee"]);
    room.press(&["Enter"]);
    assert!(room.story.incident(id).holds(&"dee".into(), &RoleId::new("scribe")), "{}", room.screen());
    room.press(&["/task ch", "Tab", "check signer-3 in 10m", "Enter"]);
    let task = room.story.incident(id).tasks.iter().find(|task| task.text == "check signer-3").cloned().expect("a task");
    assert!(task.person == "chi".into() && task.due_at.is_some());
    room.press(&["/severity 2", "Enter", "/assess serv", "Tab", "2", "Enter"]);
    let assessment = room.story.incident(id).assessment.clone();
    assert!(format!("{assessment:?}").contains("level: Some(2)"), "{assessment:?}\n{}", room.screen());
    // What is no command is text.
    room.press(&["/etc/passwd was read", "Enter"]);
    assert_eq!(&*last(&room, id).text, "/etc/passwd was read");
    for (typed, why) in [
        ("/assign captain bo", "is not a role; roles are"),
        ("/move INC-99", "is not an incident held here"),
        ("/severity 9", "expected 1 (worst) to 5"),
        ("/task", "write it as in /task chi"),
        ("/assess colour=3", "is not a dimension"),
    ] {
        room.press(&[typed, "Enter"]);
        room.shows(&[why, typed]);
        room.press(&["Ctrl-u"]);
    }
    assert!(room.drafts.keys().all(|key| !key.starts_with("write:")), "a command leaves no draft: {:?}", room.drafts.keys());
}

#[test]
fn what_closes_or_takes_command_is_asked_for_and_a_no_keeps_the_words() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "/status resolved the signer is rotated", "Enter"]);
    room.shows(&["mitigating → resolved?"]);
    room.press(&["n"]);
    room.shows(&["you did not say yes", "/status resolved the signer"]);
    assert_eq!(room.story.incident(id).status.value, Status::Mitigating);
    room.press(&["Enter", "j", "y"]);
    assert_eq!(room.story.incident(id).status.value, Status::Resolved, "{}", room.screen());
    room.shows(&["INC-3 is resolved; what is written here still goes on its record."]);
    room.press(&["for the record", "Enter"]);
    assert!(find(&room, id, "for the record").is_some());
}

#[test]
fn an_entry_in_the_wrong_incident_moves() {
    let (mut room, id) = room((120, 36));
    let other = room.model.incidents.open.iter().find(|row| row.header.title.starts_with("eth-mainnet")).unwrap().header.id;
    room.press(&["i", "lag is 40 blocks", "Enter", "/move INC-2", "Enter"]);
    let there = find(&room, other, "lag is 40 blocks").unwrap_or_else(|| panic!("{}", room.screen()));
    assert_eq!(there.moved_from.as_ref().map(|place| place.incident), Some(id));
    let here = find(&room, id, "lag is 40 blocks").unwrap();
    assert_eq!(here.struck.as_ref().and_then(|strike| strike.moved_to.as_ref()).map(|place| place.entry), Some(there.id));
    // The selected one, where one is selected: bo's, in the last line.
    room.press(&["Esc", "2", "k", "i", "/move INC-2", "Enter"]);
    room.shows(&["moves the line of", "Outflow back to baseline"]);
    assert!(find(&room, other, "Outflow back to baseline").is_some(), "{}", room.screen());
}

#[test]
fn up_on_an_empty_box_amends_and_replies_have_drafts_of_their_own() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "first", "Enter", "secnd", "Enter", "Up"]);
    room.shows(&["Amend in P1 INC-3 ─ note ─ my note of", "keeps its time"]);
    room.press(&["Esc"]);
    assert!(room.drafts.keys().all(|key| !key.starts_with("amend:")), "words that stand already are no draft");
    room.press(&["Up", "Ctrl-u", "second", "Enter"]);
    assert!(find(&room, id, "second").is_some_and(|entry| entry.history.len() == 1), "{}", room.screen());
    room.press(&["my own half", "Esc", "2", "G", "r", "an answer, half", "Esc", "i"]);
    room.shows(&["my own half"]);
    room.shows_not("an answer, half");
    room.press(&["Esc", "2", "G", "r"]);
    room.shows(&["an answer, half", "Reply in P1 INC-3 ─ note ─ to the line of"]);
    room.press(&["Enter"]);
    assert!(find(&room, id, "an answer, half").is_some_and(|entry| entry.reply_to.is_some()));
}

#[test]
fn another_s_words_are_changed_with_a_reason_and_never_unseen() {
    let (mut room, id) = room((120, 36));
    room.press(&["2", "G", "e", "Ctrl-e", ", all five nodes", "Enter"]);
    room.shows(&["Amend a line of bo", "needed, as another wrote it"]);
    room.press(&["Enter"]);
    room.shows(&["needs a reason"]);
    room.press(&["Esc"]);
    room.shows(&["Outflow back to baseline, all five nodes"]);
    // Meanwhile bo changes it.
    let entry = find(&room, id, "Outflow back to baseline").unwrap().id;
    let amend = Command::reword(entry, "Outflow is zero", "");
    room.story.does(&person("bo", Scope::Commander), id, amend).unwrap();
    room.publish();
    room.press(&["Enter"]);
    room.shows(&["bo changed this line meanwhile, it says now: Outflow is zero", "all five nodes"]);
    room.press(&["Enter", "counted again", "Enter"]);
    let entry = find(&room, id, "Outflow back to baseline, all five nodes").unwrap_or_else(|| panic!("{}", room.screen()));
    assert_eq!((entry.history.len(), &*entry.history[1].reason), (2, "counted again"));
}

#[test]
fn what_i_wrote_earlier_comes_back() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "! restart node two", "Enter", "all quiet", "Enter"]);
    room.tell(Msg::Input(Input::Key(Chord::parse("Alt-Up").unwrap())));
    room.shows(&["│ all quiet"]);
    room.tell(Msg::Input(Input::Key(Chord::parse("Alt-Up").unwrap())));
    room.shows(&["│ restart node two", "─ action ─"]);
    room.press(&["Ctrl-w", "three", "Enter"]);
    assert_eq!(find(&room, id, "restart node three").map(|entry| entry.kind), Some(EntryKind::Action));
}

#[test]
fn forms_keep_their_words_as_the_box_does() {
    let (mut room, id) = room((80, 24));
    room.press(&["D", "Validators at ris"]);
    room.wait(1);
    assert!(room.drafts.contains_key("declare"));
    room.press(&["Esc", "E", "Tab", "it began with a stolen laptop"]);
    // Killed here: the next run has both.
    room.wait(1);
    let (story, _) = withdrawals();
    let mut again = Room::opened(story, "ana", (80, 24), room.drafts.clone());
    again.press(&["D"]);
    again.shows(&["Validators at ris", "Your words of an earlier time are here again"]);
    again.press(&["Esc", ":", "drafts", "Enter"]);
    again.shows(&["Words not recorded yet", "Declare an incident", "Validators at ris", "Edit INC-3", "it began with a stolen laptop"]);
    again.press(&["G", "Enter"]);
    again.press(&["Enter", "Enter", "Enter"]);
    let is_edited = again.story.incident(id).summary.value == "it began with a stolen laptop";
    let is_declared = again.story.board.iter().any(|incident| incident.title.value == "Validators at ris");
    assert!(is_edited || is_declared, "{}", again.screen());
    assert_eq!(again.drafts.keys().filter(|key| *key != "view").count(), 1, "{:?}", again.drafts.keys());
}

#[test]
fn drafts_are_listed_opened_where_they_belong_and_let_go() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "half a thought", "Esc", "]", "i", "another", "Esc", ":", "drafts", "Enter"]);
    room.shows(&["Words not recorded yet", "INC-3 note", "half a thought", "INC-2 note", "another"]);
    room.press(&["/", "thought", "Enter"]);
    room.shows(&["Write to P1 INC-3", "half a thought"]);
    assert_eq!(room.model.in_hand, Some(id));
    room.press(&["Esc", ":", "drafts", "Enter", "/", "another"]);
    room.tell(Msg::Input(Input::Key(Chord::ctrl('c'))));
    room.press(&[":", "drafts", "Enter", "d"]);
    room.shows(&["let go"]);
    assert_eq!(room.drafts.keys().filter(|key| key.starts_with("write:")).count(), 1);
}

#[test]
fn words_a_dead_room_left_behind_are_shown_as_they_are_and_not_let_go_for_mine() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "my own words", "Esc"]);
    let key = format!("write:{id}");
    let mut left = room.drafts[&key].clone();
    left.body = left.body.replace("my own words", "of a room that died");
    left.held = Held::Behind;
    room.drafts.insert("~".to_owned(), left);
    room.publish();
    room.press(&[":", "drafts", "Enter"]);
    room.shows(&["my own words", "of a room that died", "waits for newer words"]);
    room.press(&["Down", "d"]);
    room.shows_not("let go;");
    assert!(room.drafts[&key].body.contains("my own words"));
}

#[test]
fn a_draft_the_disk_did_not_take_is_tried_again_and_not_left_behind() {
    let (mut room, id) = room((120, 36));
    room.is_full = true;
    room.press(&["i", "words on a full disk", "Esc", "q"]);
    room.shows(&["not kept on disk: leaving loses them"]);
    assert!(room.done.iter().all(|effect| !matches!(effect, Effect::Quit(_))));
    room.is_full = false;
    room.wait(3);
    assert!(room.drafts[&format!("write:{id}")].body.contains("words on a full disk"), "{:?}", room.drafts);
    room.press(&["q"]);
    assert!(room.done.iter().any(|effect| matches!(effect, Effect::Quit(_))));
}

#[test]
fn a_megabyte_is_one_paste_and_told_to_be_too_long() {
    let (mut room, id) = room((120, 36));
    let entries = room.story.incident(id).timeline.len();
    let long = "! a line\twith a tab\u{7} of a log that somebody pasted\r\n".repeat(20_000);
    room.tell(Msg::Input(Input::Paste(long)));
    room.shows(&["Write to P1 INC-3 ─ note", "of a log that somebody pasted"]);
    room.press(&["Enter"]);
    room.shows(&["too long for one entry", "pasted"]);
    assert_eq!(room.story.incident(id).timeline.len(), entries);
    room.press(&["Ctrl-z"]);
    assert_eq!(room.model.write.as_ref().map(|editor| editor.text()), Some(""), "one undo takes all of it");
}

#[test]
fn secrets_are_stopped_however_they_came() {
    let key = "c0ffee00".repeat(8);
    let (mut room, id) = room((120, 36));
    for way in 0..4 {
        let words = format!("leaked {key}");
        room.press(&["i"]);
        match way {
            0 => room.press(&[&words]),
            1 => room.tell(Msg::Input(Input::Paste(words))),
            2 => room.tell(Msg::Edited(Ok(words))),
            _ => room.press(&[&format!("/task chi rotate {key}")]),
        }
        room.press(&["Enter"]);
        room.shows(&["This looks like a private key.", "Enter mask it"]);
        room.press(&["Enter", "Esc"]);
    }
    let written = format!("{:?}", room.story.incident(id));
    assert!(!written.contains(&key) && written.contains("rotate [private key masked]"), "{}", room.screen());
    room.press(&["D", &format!("seed {key}"), "Enter"]);
    room.shows(&["this looks like a private key", "Enter records it masked", "seed [private key masked]"]);
    let titled = |room: &Room, words: &str| room.story.board.iter().any(|incident| incident.title.value.contains(words));
    assert!(!titled(&room, "seed"));
    room.press(&["Enter"]);
    assert!(titled(&room, "seed [private key masked]") && !titled(&room, &key));
    room.press(&["D", &format!("secret {key}"), "Enter", "Ctrl-z", "Enter"]);
    assert!(titled(&room, &key), "on purpose: {}", room.screen());
}

#[test]
fn the_box_of_a_drill_says_so_and_merging_meanwhile_is_told() {
    let (mut room, _) = room((120, 36));
    let bo = person("bo", Scope::Commander);
    let declare =
        Command::Declare { title: "Tabletop".into(), summary: String::new(), services: vec![], severity: None, at: None, drill: true };
    room.story.does(&bo, IncidentId::ORG, declare).unwrap();
    room.publish();
    let drill = room.story.board.iter().find(|incident| incident.drill).unwrap().id;
    while room.model.in_hand != Some(drill) {
        room.press(&["]"]);
    }
    room.press(&["i", "half a line"]);
    room.shows(&["Write to DRILL P? INC-4"]);
    let into = room.model.incidents.open.iter().find(|row| row.header.title.starts_with("price")).unwrap().header.id;
    let _ = room.story.does(&bo, drill, Command::Merge { into });
    room.publish();
    if room.story.incident(drill).status.value == Status::Merged {
        room.shows(&["INC-4 goes on as INC-1", "half a line"]);
    }
}

#[test]
fn keys_that_some_terminals_send_differently() {
    let (mut room, id) = room((120, 36));
    // This one sends Ctrl-J for Enter: the first one that can mean nothing else tells.
    let line_feed = |room: &mut Room| room.tell(Msg::Input(Input::Key(Chord::ctrl('j'))));
    room.press(&["s"]);
    line_feed(&mut room);
    room.shows_not("Status of");
    room.press(&["i", "one line"]);
    line_feed(&mut room);
    assert!(find(&room, id, "one line").is_some(), "{}", room.screen());
    let (mut room, _) = self::room((120, 36));
    room.press(&["s", "Esc", "s", "Enter", "i", "one"]);
    line_feed(&mut room);
    room.press(&["two"]);
    room.shows(&["│ one", "│ two"]);
    // Esc and the key behind it, merged.
    room.tell(Msg::Input(Input::Key(Chord::parse("Alt-s").unwrap())));
    room.shows(&["Status of"]);
    room.press(&["Esc", "D", "one two"]);
    room.tell(Msg::Input(Input::Key(Chord::parse("Alt-b").unwrap())));
    room.press(&["X"]);
    room.shows(&["one Xtwo"]);
}

#[test]
fn the_editor_gets_the_words_after_they_were_kept() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "half a thought"]);
    room.drafts.clear();
    room.press(&["x"]);
    room.tell(Msg::Input(Input::Key(Chord::ctrl('x'))));
    room.tell(Msg::Input(Input::Key(Chord::ctrl('e'))));
    assert!(room.done.contains(&Effect::Edit("half a thoughtx".into())));
    assert!(room.asked.iter().any(|asked| matches!(asked, Request::KeepDraft { body, .. } if body.contains("half a thoughtx"))));
    room.tell(Msg::Edited(Ok("a whole thought\nof two lines\n".into())));
    room.press(&["Enter"]);
    assert!(find(&room, id, "a whole thought\nof two lines").is_some());
}

#[test]
fn what_a_form_offers_is_typed_over_kept_by_any_other_key_and_brought_back() {
    use ratatui::style::Modifier;
    let (mut room, id) = room((120, 36));
    let underlined = |room: &Room| {
        let frame = room.frame();
        let cells = frame.content().iter().filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
        cells.map(ratatui::buffer::Cell::symbol).collect::<String>()
    };
    let due = |room: &Room, text: &str| {
        let task = room.story.incident(id).tasks.iter().find(|task| task.text == text).expect("the task").clone();
        task.due_at.expect("a time-box").since_ms(task.given_at) / 60_000
    };
    room.press(&["b", "zoe", "Enter", "call legal", "Enter"]);
    assert_eq!(underlined(&room), "15m", "drawn as what will be replaced");
    room.press(&["30m"]);
    room.shows_not("15m30m");
    assert_eq!(underlined(&room), "");
    room.press(&["Ctrl-z"]);
    room.shows(&["15m"]);
    room.press(&["Ctrl-r", "Enter"]);
    assert_eq!(due(&room, "call legal"), 30);
    room.press(&["b", "zoe", "Enter", "call back", "Enter", "Home", "1", "Enter"]);
    assert_eq!(due(&room, "call back"), 115, "another key first: it is edited");
    room.press(&["D", "Validators"]);
    room.wait(1);
    room.press(&["Esc", "D"]);
    assert_eq!(underlined(&room), "Validators");
    room.press(&["Bridge"]);
    room.shows_not("Validators");
    room.press(&["Esc", "E", "End", " twice"]);
    room.shows(&["hot wallet drained twice"]);
    room.press(&["Ctrl-z", "Esc", "E"]);
    assert_eq!(underlined(&room), "", "what is there to be edited is edited");
}

#[test]
fn the_empty_box_is_there_again_behind_an_amendment_that_was_opened_from_it() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "first", "Enter", "Up"]);
    room.shows(&["Amend in P1"]);
    room.press(&["Esc"]);
    room.shows(&["Write to P1"]);
    room.press(&["Up", " and more", "Enter"]);
    assert!(find(&room, id, "first and more").is_some(), "{}", room.screen());
    room.shows(&["Write to P1"]);
    room.press(&["second", "Enter", "Esc"]);
    assert!(find(&room, id, "second").is_some() && room.model.write.is_none(), "{}", room.screen());
    // From a line of the timeline there is no box to go back to.
    room.press(&["2", "G", "e", "Esc"]);
    assert!(room.model.write.is_none());
}
