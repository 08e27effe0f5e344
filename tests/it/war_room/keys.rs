//! What people do with keys, and what comes of it.

use super::room::Room;
use super::withdrawals;
use crate::story::Story;
use crate::story::person;
use warroom::domain::*;
use warroom::tui::effect::Effect;
use warroom::tui::input::Input;
use warroom::tui::keymap::Intent;
use warroom::tui::keymap::Keymap;
use warroom::tui::keymap::Place;
use warroom::tui::msg::Msg;

fn room(size: (u16, u16)) -> (Room, IncidentId) {
    let (story, id) = withdrawals();
    (Room::new(story, "ana", size), id)
}

#[test]
fn a_newcomer_declares_takes_command_rates_and_writes() {
    let mut room = Room::new(Story::new(), "ana", (120, 36));
    room.shows(&["No incident is open", "declare an incident"]);
    room.press(&["D", "Validators at risk of double signing", "Enter"]);
    room.shows(&["INC-1 declared: one digit says how bad", "critical: everyone, now"]);
    room.press(&["1"]);
    room.shows(&["P1 INC-1", "Validators at risk of double signing", "no commander"]);
    room.press(&["C"]);
    room.shows(&["IC ana"]);
    room.press(&["p", "2"]);
    room.shows(&["P2 INC-1", "severity 2, not assessed"]);
    room.press(&["i", "Signer-3 is offline", "Enter"]);
    room.shows(&["Signer-3 is offline", "Write to P2 INC-1"]);
    room.press(&["= ", "Fail over to the standby", "Enter", "Esc"]);
    room.shows(&["= decision", "Fail over to the standby"]);
    room.shows_not("Write to");
}

#[test]
fn the_selection_stays_with_the_incident_when_the_list_changes() {
    let (mut room, id) = room((120, 36));
    room.press(&["1", "j"]);
    let in_hand = room.model.in_hand;
    assert_ne!(in_hand, Some(id));
    let bo = person("bo", Scope::Commander);
    let new = room.story.declares(&bo, "Bridge drained");
    room.story.does(&bo, new, Command::SetSeverity { severity: Severity::new(1).unwrap(), reason: String::new() }).unwrap();
    room.publish();
    assert_eq!(room.model.in_hand, in_hand);
    room.shows(&["NEW P1 INC-4 Bridge drained", "no commander", "J goes there"]);
    assert!(room.done.contains(&Effect::Bell));
    room.press(&["J"]);
    assert_eq!(room.model.in_hand, Some(new));
    room.shows_not("NEW P1");
}

#[test]
fn news_moves_nothing_while_one_reads() {
    let (mut room, id) = room((80, 12));
    room.press(&["2", "k", "k", "k"]);
    let before: Vec<String> = room.screen().lines().skip(3).map(str::to_owned).collect();
    let bo = person("bo", Scope::Commander);
    for number in 0..5 {
        room.story.writes(&bo, id, EntryKind::Note, &format!("note {number}"));
    }
    room.publish();
    let after: Vec<String> = room.screen().lines().skip(3).map(str::to_owned).collect();
    assert_eq!(before[..7], after[..7]);
    room.shows(&["5 newer below"]);
    room.press(&["G"]);
    room.shows(&["note 4"]);
    room.story.writes(&bo, id, EntryKind::Note, "and one more");
    room.publish();
    room.shows(&["and one more"]);
}

#[test]
fn what_is_not_sent_says_so_until_it_is() {
    let (mut room, _) = room((120, 36));
    room.is_online = false;
    room.press(&["i", "Counting balances by hand", "Enter", "Esc"]);
    room.shows(&["Counting balances by hand", "◌ not sent", "1 unsent"]);
    room.press(&["q"]);
    assert!(room.done.iter().any(|effect| matches!(effect, Effect::Quit(_))));
}

#[test]
fn a_draft_is_kept_per_incident_and_comes_back() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "half a sent"]);
    room.wait(1);
    assert!(room.drafts.contains_key(&format!("write:{id}")), "{:?}", room.drafts.keys());
    room.press(&["Esc"]);
    room.shows(&["i goes on with your draft"]);
    room.press(&["]"]);
    room.shows_not("goes on with your draft");
    room.press(&["i"]);
    room.shows_not("half a sent");
    room.press(&["Esc", "[", "i"]);
    room.shows(&["half a sent", "INC-3"]);
    room.press(&["ence", "Enter", "Esc"]);
    room.shows(&["half a sentence"]);
    assert!(room.drafts.keys().all(|key| !key.starts_with("write:")), "{:?}", room.drafts.keys());
}

#[test]
fn a_draft_of_an_earlier_run_is_there_again() {
    let (mut first, id) = room((80, 24));
    first.press(&["i", "! ", "cut the bridge"]);
    first.wait(1);
    let (story, _) = withdrawals();
    let mut second = Room::new(story, "ana", (80, 24));
    second.drafts = first.drafts.clone();
    second.publish();
    second.press(&["i"]);
    second.shows(&["cut the bridge", "action"]);
    assert_eq!(second.model.write.as_ref().and_then(|editor| editor.incident()), Some(id));
}

#[test]
fn the_box_is_bound_to_its_incident() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "for the withdrawals"]);
    let bo = person("bo", Scope::Commander);
    let new = room.story.declares(&bo, "Bridge drained");
    room.story.does(&bo, new, Command::SetSeverity { severity: Severity::new(1).unwrap(), reason: String::new() }).unwrap();
    room.publish();
    room.press(&["Enter"]);
    assert!(room.story.incident(id).timeline.iter().any(|entry| &*entry.text == "for the withdrawals"));
    assert!(!room.story.incident(new).timeline.iter().any(|entry| &*entry.text == "for the withdrawals"));
}

#[test]
fn pasted_text_is_not_commands() {
    let (mut room, id) = room((120, 36));
    let entries = room.story.incident(id).timeline.len();
    room.tell(Msg::Input(Input::Paste("qqD\nERROR 503 from signer".into())));
    room.shows(&["ERROR 503 from signer", "Write to P1 INC-3"]);
    assert_eq!(room.story.incident(id).timeline.len(), entries);
    room.press(&["Enter"]);
    assert_eq!(room.story.incident(id).timeline.len(), entries + 1);
}

#[test]
fn amend_strike_reply_and_retime_the_selected_entry() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "wrong wrods", "Enter", "Esc", "2", "e", "Ctrl-u", "right words", "Enter"]);
    room.shows(&["right words", "amended"]);
    room.shows_not("wrong wrods");
    room.press(&["Enter"]);
    room.shows(&["amended by ana", "wrong wrods"]);
    room.press(&["Esc", "x", "typed in the wrong window", "Enter"]);
    room.shows(&["struck"]);
    let (_, before) = (0, room.story.incident(id).timeline.len());
    room.press(&["k", "r", "agreed", "Enter", "Esc"]);
    assert_eq!(room.story.incident(id).timeline.len(), before + 1);
    room.press(&["G", "T", "-5m", "Enter"]);
    let retimed = room.story.incident(id).timeline.iter().any(|entry| &*entry.text == "agreed" && entry.history.len() == 1);
    assert!(retimed, "{}", room.screen());
}

#[test]
fn another_s_entry_is_struck_only_with_a_reason() {
    let (mut room, _) = room((120, 36));
    room.press(&["2", "x"]);
    room.shows(&["Strike an entry", "another wrote it"]);
    room.press(&["Enter"]);
    room.shows(&["Strike an entry"]);
    room.press(&["read off the wrong dashboard", "Enter"]);
    room.shows_not("Strike an entry");
    room.shows(&["struck"]);
}

#[test]
fn resolving_asks_and_a_missing_validation_wants_a_reason() {
    let (mut room, id) = room((120, 36));
    room.press(&["s", "7"]);
    room.shows(&["Resolve INC-3"]);
    room.press(&["n"]);
    room.press(&["i", "! ", "restarted the signer", "Enter", "Esc", "s", "7"]);
    room.shows(&["No validation with outcome ok"]);
    room.press(&["Enter"]);
    room.shows(&["a reason is needed here"]);
    room.press(&["drill is over", "Enter"]);
    assert_eq!(room.story.incident(id).status.value, Status::Resolved);
}

#[test]
fn yes_is_deaf_for_the_first_moment_and_never_enter() {
    let (mut room, id) = room((120, 36));
    room.press(&["s"]);
    room.tell(Msg::Input(Input::Key(warroom::tui::chord::Chord::char('7'))));
    room.tell(Msg::Input(Input::Key(warroom::tui::chord::Chord::char('y'))));
    room.press(&["Enter"]);
    room.shows(&["Resolve INC-3"]);
    room.press(&["j"]);
    assert_eq!(room.story.incident(id).status.value, Status::Mitigating);
    room.press(&["y"]);
    assert_eq!(room.story.incident(id).status.value, Status::Resolved);
}

#[test]
fn command_is_offered_with_its_briefing_accepted_and_taken() {
    let (mut room, id) = room((120, 36));
    room.press(&["o", "bo", "Enter"]);
    room.shows(&["Offer command of INC-3", "Suspend withdrawals on BTC and ETH"]);
    room.press(&["y"]);
    room.shows(&["offers to bo"]);
    let story = std::mem::replace(&mut room.story, Story::new());
    let mut bo = Room::new(story, "bo", (120, 36));
    bo.shows(&["IC ana offers you"]);
    bo.press(&["!"]);
    bo.shows(&["ana offers you command"]);
    bo.press(&["Enter"]);
    bo.shows(&["Take command of INC-3", "Offered by ana", "Decisions"]);
    bo.press(&["Enter", "1"]);
    bo.shows(&["IC ana offers you"]);
    bo.press(&["y"]);
    bo.shows(&["IC bo"]);
    let story = std::mem::replace(&mut bo.story, Story::new());
    let mut ana = Room::new(story, "ana", (120, 36));
    ana.press(&["C"]);
    ana.shows(&["bo has command", "reason"]);
    ana.press(&["bo lost the link", "Enter"]);
    assert_eq!(ana.story.incident(id).commander().unwrap().person, Person::new("ana"));
}

#[test]
fn roles_and_tasks_are_given_and_answered() {
    let (mut room, id) = room((120, 36));
    room.press(&["a"]);
    room.shows(&["1 Scribe", "2 Security", "VACANT, needed"]);
    room.press(&["1", "dee", "Enter"]);
    assert!(room.story.incident(id).holds(&"dee".into(), &RoleId::new("scribe")), "{}", room.screen());
    room.press(&["b", "zoe", "Enter", "count the cold wallets", "Enter", "Ctrl-u", "10m", "Enter"]);
    room.shows(&["zoe count the cold wa", "left"]);
    room.press(&["b", "ana", "Enter", "call the regulator", "Enter", "Enter"]);
    room.press(&["B"]);
    room.shows(&["call the regulator"]);
    room.press(&["1", "1"]);
    assert!(room.story.incident(id).tasks.iter().any(|task| task.text == "call the regulator" && task.understood_at.is_some()));
    room.press(&["4", "j", "j", "Enter"]);
    room.shows(&["Scribe in INC-3", "Write what happened"]);
}

#[test]
fn the_assessment_previews_before_it_records() {
    let (mut room, id) = room((120, 36));
    room.press(&["]", "p"]);
    room.shows(&["Assess INC-2", "severity 2, not assessed"]);
    room.press(&["Tab", "4"]);
    room.shows(&["P2 → P1", "new"]);
    assert!(room.story.incident(room.model.in_hand.unwrap()).assessment.scores.is_empty());
    room.press(&["Enter"]);
    room.shows(&["P1 INC-2"]);
    assert_ne!(room.model.in_hand, Some(id));
    room.press(&["p", "Enter"]);
    room.shows(&["nothing changed"]);
    room.press(&["O", "3", "Enter", "only the test net is touched", "Enter"]);
    room.shows(&["P3 INC-2"]);
}

#[test]
fn filters_narrow_as_one_types_and_go_away() {
    let (mut room, _) = room((120, 36));
    room.press(&["1", "/", "node"]);
    room.shows(&["INC-2 eth-mainnet"]);
    room.shows_not("INC-1 price feed");
    room.press(&["Esc"]);
    room.shows(&["INC-1 price feed"]);
    room.press(&["2", "/", "signer", "Enter"]);
    room.shows(&["Key of signer-3", "3 of 16"]);
    room.shows_not("Outflow back");
    room.press(&["Esc", "n"]);
    room.shows(&["Outflow back"]);
}

#[test]
fn merging_names_both_and_undo_says_what_it_takes_back() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "a line too much", "Enter", "Esc", "u"]);
    room.shows(&["taken back", "a line too much"]);
    room.press(&["m", "node", "Enter"]);
    room.shows(&["Merge INC-3 Withdrawals suspended: hot wallet drained into INC-2 eth-mainnet node lag?"]);
    room.press(&["y"]);
    assert_eq!(room.story.incident(id).status.value, Status::Merged);
}

#[test]
fn search_palette_times_and_views() {
    let (mut room, _) = room((120, 36));
    room.press(&["F", "signer-3 leaked"]);
    room.press(&["Enter"]);
    room.shows(&["Key of signer-3 leaked"]);
    room.press(&[":", "brief", "Enter"]);
    room.shows(&["Briefing INC-3", "Vacant and needed"]);
    room.press(&["Esc", "t"]);
    room.shows(&["CET"]);
    room.press(&["t"]);
    room.shows(&["T+0h00"]);
    room.press(&["v", "4"]);
    room.shows(&["nothing in `closed`"]);
}

#[test]
fn slash_commands_do_what_keys_do() {
    let (mut room, id) = room((120, 36));
    room.press(&["i", "/status contained", "Enter"]);
    assert_eq!(room.story.incident(id).status.value, Status::Contained, "{}", room.screen());
    room.press(&["/assign scribe dee", "Enter"]);
    assert!(room.story.incident(id).holds(&"dee".into(), &RoleId::new("scribe")), "{}", room.screen());
    room.press(&["/status nonsense", "Enter"]);
    room.shows(&["is not a status", "/status nonsense"]);
}

#[test]
fn a_screen_too_small_says_what_it_needs() {
    let (mut room, _) = room((39, 9));
    room.shows(&["needs 40x10", "INC-3"]);
    room.resize(40, 12);
    room.shows_not("needs 40x10");
    room.press(&["2"]);
    room.shows(&["i write"]);
}

#[test]
fn read_only_says_no_in_words() {
    let (story, id) = withdrawals();
    let mut room = Room::with(story, "ana", (80, 24), |setup| setup.is_read_only = true);
    let entries = room.story.incident(id).timeline.len();
    room.press(&["s"]);
    room.shows(&["READ-ONLY", "read-only session"]);
    room.tell(Msg::Input(Input::Paste("text".into())));
    room.press(&["2", "x", "e"]);
    assert_eq!(room.story.incident(id).timeline.len(), entries);
    assert!(room.model.write.is_none());
}

#[test]
fn alt_and_a_key_nobody_bound_is_escape_and_the_key() {
    let (mut room, _) = room((120, 36));
    room.press(&["s"]);
    room.tell(Msg::Input(Input::Key(warroom::tui::chord::Chord::parse("Alt-2").unwrap())));
    room.shows_not("Status of");
    assert_eq!(room.model.place(), Place::Timeline);
}

/// Every key of the map changes the frame, the state or the world in a place where it can.
#[test]
fn every_key_does_something_where_it_is_bound() {
    let map = Keymap::standard().unwrap();
    for binding in map.bindings().iter().filter(|binding| !matches!(binding.place, Place::Write)) {
        for chord in &binding.keys {
            // Something to act on first, so that going back, up or to a match is possible.
            let ways: &[&[&str]] = match binding.place {
                Place::Everywhere | Place::Timeline => &[
                    &["2"],
                    &["2", "k", "k", "k", "k", "k", "k"],
                    &["1", "j"],
                    &["3"],
                    &["2", "/", "signer", "Enter"],
                    &["4", "j"],
                    &["1", "g"],
                    &["2", "i", "mine", "Enter", "Esc"],
                ],
                Place::Incidents => &[&["1"]],
                Place::Matrix => &[&["3"]],
                Place::Roles => &[&["4"]],
                Place::List => &[&["s"], &["s", "g"], &["s", "G"], &["!"], &["L"]],
                Place::Page => &[&["2", "k", "Enter"], &["2", "Enter", "j"], &["2", "Enter", "G"]],
                Place::Form => &[&["D"], &["E"]],
                Place::Assess => &[&["p", "Tab"], &["p", "Tab", "2", "k"], &["p"]],
                Place::Confirm => &[&["s", "7"], &["o", "bo", "Enter"], &["o", "bo", "Enter", "j"]],
                Place::Write => &[],
            };
            let is_alive = ways.iter().any(|way| {
                let (mut room, _) = room((80, 14));
                room.press(way);
                room.done.clear();
                room.asked.clear();
                if binding.place == Place::Confirm {
                    room.resize(40, 12);
                }
                let before = (room.frame(), format!("{:?}", room.model.overlays));
                room.tell(Msg::Input(Input::Key(*chord)));
                before.0 != room.frame()
                    || before.1 != format!("{:?}", room.model.overlays)
                    || !room.done.is_empty()
                    || !room.asked.is_empty()
            });
            let is_footer_only = matches!(binding.intent, Intent::Mark);
            assert!(is_alive || is_footer_only, "{chord} ({}) does nothing in {}", binding.intent.name(), binding.place.name());
        }
    }
}

#[test]
fn a_form_nobody_asked_for_keeps_no_key_to_itself() {
    let (story, _) = withdrawals();
    let mut room = Room::new(story, "ana", (120, 36));
    room.press(&["D", "Bridge paused", "Enter"]);
    room.shows(&["Assess INC-4", "one digit sets it"]);
    room.press(&["C"]);
    let id = room.model.in_hand.expect("the new one");
    assert_eq!(room.story.incident(id).commander().map(|held| held.person.to_string()), Some("ana".into()));
    room.press(&["p", "Tab", "4", "C"]);
    room.shows(&["Assess INC-4"]);
}
