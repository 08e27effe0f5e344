//! Marks, what is done to all that are marked, and merging.

use super::room::Room;
use super::withdrawals;
use crate::story::person;
use warroom::domain::*;
use warroom::tui::effect::Effect;

fn room(size: (u16, u16)) -> (Room, [IncidentId; 3]) {
    let (story, id) = withdrawals();
    let room = Room::new(story, "ana", size);
    let open: Vec<IncidentId> = room.model.incidents.open.iter().map(|row| row.header.id).collect();
    assert_eq!(open[0], id);
    (room, [open[0], open[1], open[2]])
}

#[test]
fn marks_are_signs_that_move_nothing() {
    let (mut room, [first, second, third]) = room((120, 36));
    room.press(&["1"]);
    let before = room.screen();
    room.press(&["Space"]);
    room.shows(&["P1✓INC-3", "1 marked: INC-3"]);
    assert_eq!(room.screen().replace('✓', " ").lines().take(35).collect::<Vec<_>>(), before.lines().take(35).collect::<Vec<_>>());
    room.press(&["Space", "*"]);
    room.shows(&["3 marked: INC-3, INC-2, INC-1"]);
    room.press(&["*", "V", "j", "V"]);
    assert_eq!(room.model.incidents.marked, [first, second].into());
    room.press(&["j", "V", "k"]);
    assert_eq!(room.model.incidents.marked, [first, second, third].into());
    room.press(&["Esc"]);
    assert!(room.model.incidents.marked.is_empty());
}

#[test]
fn one_status_for_several_says_what_was_recorded_and_what_not() {
    let (mut room, [first, second, third]) = room((120, 36));
    room.press(&["1", "*", "s"]);
    room.shows(&["Status of 3 incidents", "INC-3, INC-2, INC-1"]);
    let at = Status::ALL.iter().filter(|status| **status != Status::Merged).position(|status| *status == Status::Contained);
    room.press(&[&(at.expect("a place") + 1).to_string()]);
    for id in [first, second, third] {
        assert_eq!(room.story.incident(id).status.value, Status::Contained);
    }
    room.shows(&["contained: recorded in INC-3, INC-2, INC-1"]);
    assert!(room.model.incidents.marked.is_empty(), "marks are used up");
    // Resolving all of them needs one reason, and the form names why.
    room.press(&["*", "s", "7"]);
    room.shows(&["INC-3, INC-2, INC-1 → resolved", "INC-1 price feed stale has no validation", "one for all of them"]);
    room.press(&["Enter"]);
    room.shows(&["a reason is needed here"]);
    room.press(&["watched for an hour", "Enter"]);
    for id in [first, second, third] {
        assert_eq!(room.story.incident(id).status.value, Status::Resolved, "{}", room.screen());
    }
}

#[test]
fn a_refusal_is_shown_beside_what_was_recorded() {
    let (mut room, [first, second, third]) = room((120, 36));
    // bo sends the feed into the withdrawals while ana still has all three marked.
    room.press(&["1", "*", "p"]);
    room.shows(&["Severity of 3 incidents", "2 major: a team, now"]);
    room.is_full = true;
    room.press(&["2"]);
    room.shows(&["0 of 3 recorded", "NOT SAVED: the disk is full", "INC-1 price feed stale refused"]);
    room.press(&["Esc"]);
    room.is_full = false;
    room.press(&["*", "s"]);
    let bo = person("bo", Scope::Commander);
    room.story.does(&bo, third, Command::Merge { into: first }).expect("merged");
    room.press(&["4"]);
    room.shows(&["2 of 3 recorded", "recorded in INC-3, INC-2", "INC-1 price feed stale refused", "split it first"]);
    assert_eq!(room.story.incident(second).status.value, Status::Contained);
}

#[test]
fn roles_tasks_and_command_go_to_all_that_are_marked() {
    let (mut room, [first, second, third]) = room((120, 36));
    room.press(&["1", "*", "a", "2", "dee", "Enter"]);
    let scribe = |room: &Room, id| room.story.incident(id).holds(&"dee".into(), &RoleId::new("scribe"));
    assert!([first, second, third].into_iter().all(|id| scribe(&room, id)), "{}", room.screen());
    room.press(&["*", "b", "chi", "Enter", "check the balances", "Enter", "Enter"]);
    assert!(
        [first, second, third].into_iter().all(|id| room.story.incident(id).tasks.iter().any(|task| task.text == "check the balances"))
    );
    room.press(&["*", "C"]);
    room.shows(&["Take command of INC-2, INC-1", "INC-2 eth-mainnet node lag is commanded by bo", "INC-3 is yours already"]);
    room.press(&["bo sleeps", "Enter"]);
    assert!([first, second, third].into_iter().all(|id| room.story.incident(id).commander().is_some_and(|ic| ic.person.as_str() == "ana")));
    room.press(&["*", "o", "bo", "Enter"]);
    room.shows(&["Offer command of INC-3, INC-2, INC-1 to bo?", "This briefing goes with it"]);
    room.press(&["y"]);
    assert!(
        [first, second, third].into_iter().all(|id| room.story.incident(id).offer.as_ref().is_some_and(|offer| offer.to.as_str() == "bo"))
    );
    room.press(&["*", "y"]);
    assert!(room.done.iter().any(|effect| matches!(effect, Effect::Copy(text) if text.lines().count() == 3)));
}

#[test]
fn outside_of_the_list_a_key_means_the_incident_in_hand() {
    let (mut room, _) = room((120, 36));
    room.press(&["1", "*", "2", "s"]);
    room.shows(&["Status of INC-3"]);
}

#[test]
fn a_merge_is_shown_before_it_is_done_and_can_be_split_again() {
    let (mut room, [first, second, third]) = room((120, 36));
    room.press(&["1", "j", "m", "hot", "Enter"]);
    room.shows(&[
        "Merge INC-2 eth-mainnet node lag into INC-3 Withdrawals suspended",
        "P2 INC-2 eth-mainnet node lag",
        "triage · 1h44 · IC bo",
        "goes on as",
        "INC-2 becomes merged",
        "What is left behind: 1 role",
    ]);
    room.press(&["y"]);
    assert_eq!(room.story.incident(second).merged_into, Some(first));
    assert_eq!(room.model.in_hand, Some(first), "what is written next goes where it goes on");
    room.press(&["-", ":", "split", "Enter"]);
    assert_eq!(room.story.incident(second).merged_into, None, "{}", room.screen());
    room.press(&["1", "*", "m", "hot", "Enter"]);
    room.shows(&["Merge INC-2, INC-1 into INC-3"]);
    room.press(&["y"]);
    assert_eq!([second, third].map(|id| room.story.incident(id).merged_into), [Some(first); 2]);
    room.shows(&["merged into INC-3: recorded in INC-2, INC-1"]);
}

#[test]
fn a_closed_incident_is_reopened_from_the_palette() {
    let (mut room, [_, second, _]) = room((120, 36));
    let bo = person("bo", Scope::Commander);
    room.story.does(&bo, second, Command::SetStatus { status: Status::Resolved, reason: "over".into() }).expect("resolved");
    room.publish();
    room.press(&["v", "4", ":", "reopen", "Enter"]);
    room.shows(&["INC-2 eth-mainnet node lag → investigating", "reopening needs a reason"]);
    room.press(&["it lags again", "Enter"]);
    assert_eq!(room.story.incident(second).status.value, Status::Investigating);
}

#[test]
fn what_was_done_to_several_is_taken_back_from_all_of_them_after_a_question() {
    let (mut room, ids) = room((120, 36));
    let was: Vec<Status> = ids.iter().map(|id| room.story.incident(*id).status.value).collect();
    let now = |room: &Room| ids.iter().map(|id| room.story.incident(*id).status.value).collect::<Vec<_>>();
    room.press(&["1", "*", "s", "4"]);
    assert_eq!(now(&room), [Status::Contained; 3]);
    room.press(&["u"]);
    room.shows(&["Take back contained in INC-3, INC-2, INC-1?"]);
    room.press(&["y"]);
    assert_eq!(now(&room), was, "{}", room.screen());
    room.shows(&["taken back, contained: recorded in INC-3, INC-2, INC-1"]);
    // After a no, u means the one in hand as ever.
    room.press(&["*", "s", "4", "u", "n"]);
    assert_eq!(now(&room), [Status::Contained; 3]);
    room.press(&["u"]);
    assert_eq!(now(&room), [was[0], Status::Contained, Status::Contained]);
    // What was done since comes first, alone.
    room.press(&["*", "s", "5", "Esc", "i", "one line", "Enter", "Esc", "u"]);
    room.shows(&["taken back: note: one line"]);
}

#[test]
fn an_older_incident_is_in_no_list_and_opens_by_its_code() {
    let (mut room, [_, second, third]) = room((120, 36));
    let bo = person("bo", Scope::Commander);
    for id in [second, third] {
        room.story.does(&bo, id, Command::SetStatus { status: Status::Resolved, reason: "over".into() }).expect("resolved");
    }
    room.older.insert(second);
    room.publish();
    room.press(&["v", "4"]);
    room.shows(&["older ones by code or search"]);
    room.shows_not("eth-mainnet node lag");
    room.press(&[":", "INC-2"]);
    room.shows(&["an older incident"]);
    room.press(&["Enter"]);
    assert_eq!(room.model.in_hand, Some(second));
    room.shows(&["eth-mainnet node lag"]);
}
