//! Command, tasks and resolving, as people do them.

use crate::story::Story;
use crate::story::person;
use crate::story::refused;
use warroom::domain::*;

fn take(reason: &str) -> Command {
    Command::TakeCommand { reason: reason.into() }
}

fn offer(to: &str) -> Command {
    Command::OfferCommand { person: to.into(), briefing: "P1, withdrawals suspended".into() }
}

#[test]
fn vacant_command_is_taken_at_once_and_only_for_oneself() {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Responder));
    let id = story.declares(&ana, "Withdrawals suspended");
    let assign = Command::AssignRole { role: RoleId::commander(), person: "bo".into() };
    assert_eq!(refused(story.does(&ana, id, assign)), "command_is_offered");
    story.does(&ana, id, take("")).expect("vacant");
    assert_eq!(story.incident(id).commander().expect("held").person.as_str(), "ana");
    assert_eq!(refused(story.does(&ana, id, take(""))), "no_change");
}

#[test]
fn an_offer_leaves_command_where_it_is_until_it_is_accepted() {
    let (mut story, ana, bo) = (Story::new(), person("ana", Scope::Responder), person("bo", Scope::Responder));
    let id = story.declares(&ana, "Node lag");
    story.does(&ana, id, take("")).expect("vacant");
    assert_eq!(refused(story.does(&bo, id, offer("chi"))), "not_commander");
    story.does(&ana, id, offer("bo")).expect("offered");
    assert_eq!(story.incident(id).commander().expect("held").person.as_str(), "ana");
    assert_eq!(refused(story.does(&ana, id, Command::AcceptCommand)), "not_yours");
    story.does(&bo, id, Command::DeclineCommand { reason: "asleep".into() }).expect("declined");
    assert!(story.incident(id).offer.is_none());
    story.does(&ana, id, offer("bo")).expect("offered again");
    story.does(&bo, id, take("")).expect("taking what is offered accepts it");
    assert_eq!(story.incident(id).commander().expect("held").person.as_str(), "bo");
    assert_eq!(story.incident(id).past_roles.len(), 1);
    assert_eq!(refused(story.does(&ana, id, Command::WithdrawOffer)), "no_offer");
}

#[test]
fn command_is_assumed_from_another_by_the_deputy_or_a_commander_with_a_reason() {
    let (mut story, ana, bo, chi) =
        (Story::new(), person("ana", Scope::Responder), person("bo", Scope::Responder), person("chi", Scope::Commander));
    let id = story.declares(&ana, "Price feed stale");
    story.does(&ana, id, take("")).expect("vacant");
    assert_eq!(refused(story.does(&bo, id, take(""))), "command_held");
    assert_eq!(refused(story.does(&bo, id, take("ana's link died"))), "not_permitted");
    story.does(&ana, id, Command::AssignRole { role: RoleId::deputy(), person: "bo".into() }).expect("deputy");
    story.does(&bo, id, take("ana's link died")).expect("deputy assumes");
    story.does(&chi, id, take("bo is needed elsewhere")).expect("commander scope assumes");
    assert_eq!(story.incident(id).commander().expect("held").person.as_str(), "chi");
}

#[test]
fn of_two_takings_while_apart_the_first_stands_and_the_second_is_told() {
    let (mut story, ana, bo) = (Story::new(), person("ana", Scope::Responder), person("bo", Scope::Responder));
    let id = story.declares(&ana, "Split brain");
    let by_ana = story.decide(&ana, id, take("")).expect("vacant here");
    let by_bo = story.decide(&bo, id, take("")).expect("vacant there");
    story.accept(&bo, by_bo[0].clone()).expect("first");
    let refusal = story.accept(&ana, by_ana[0].clone()).expect_err("second");
    assert_eq!((refusal.code, refusal.retry), ("command_held", Retry::Never));
    assert!(refusal.reason.contains("bo has command"), "{refusal}");
}

#[test]
fn of_two_who_assume_command_while_apart_the_first_has_it() {
    let [ana, bo, chi] = ["ana", "bo", "chi"].map(|name| person(name, Scope::Commander));
    let mut story = Story::new();
    let id = story.declares(&ana, "Split brain");
    story.does(&ana, id, take("")).expect("vacant");
    let by_bo = story.decide(&bo, id, take("ana's link died")).expect("assumed there");
    let by_chi = story.decide(&chi, id, take("ana is asleep")).expect("assumed here");
    story.accept(&bo, by_bo[0].clone()).expect("first");
    let refusal = story.accept(&chi, by_chi[0].clone()).expect_err("second");
    assert_eq!((refusal.code, refusal.retry), ("command_held", Retry::Never));
    assert!(refusal.reason.contains("bo took command while you were apart"), "{refusal}");
    story.does(&chi, id, take("bo agrees")).expect("who has seen it may assume it again");
    let said: Vec<_> = story.incident(id).handovers.iter().map(Handover::words).collect();
    assert_eq!(said, ["ana takes command", "bo assumes command from ana: ana's link died", "chi assumes command from bo: bo agrees"]);
}

#[test]
fn who_was_given_a_role_says_that_they_know() {
    let [ana, chi] = ["ana", "chi"].map(|name| person(name, Scope::Responder));
    let mut story = Story::new();
    let id = story.declares(&ana, "Node lag");
    let role = RoleId::new("operations");
    let acknowledge = || Command::AcknowledgeRole { role: RoleId::new("operations") };
    story.does(&ana, id, Command::AssignRole { role: role.clone(), person: "chi".into() }).expect("given");
    assert_eq!(story.incident(id).roles[&role][0].acknowledged_at, None);
    assert_eq!(refused(story.does(&ana, id, acknowledge())), "not_held");
    let now = story.now;
    story.does(&chi, id, acknowledge()).expect("known");
    assert_eq!(story.incident(id).roles[&role][0].acknowledged_at, Some(now));
    assert_eq!(refused(story.does(&chi, id, acknowledge())), "no_change");
    story.does(&ana, id, Command::AssignRole { role: RoleId::new("scribe"), person: "ana".into() }).expect("own");
    assert!(story.incident(id).roles[&RoleId::new("scribe")][0].acknowledged_at.is_some(), "who takes a role knows");
    story.does(&ana, id, Command::AssignRole { role: RoleId::new("legal"), person: "chi".into() }).expect("given");
    assert_eq!(story.incident(id).roles[&RoleId::new("legal")][0].acknowledged_at, None);
    story.writes(&chi, id, EntryKind::Note, "on it");
    assert!(story.incident(id).roles[&RoleId::new("legal")][0].acknowledged_at.is_some(), "who acts here knows");
}

#[test]
fn resolving_needs_a_validation_later_than_the_last_action_or_a_reason() {
    let (mut story, ana, chi) = (Story::new(), person("ana", Scope::Commander), person("chi", Scope::Responder));
    let id = story.declares(&ana, "Hot wallet drain");
    let resolve = |reason: &str| Command::SetStatus { status: Status::Resolved, reason: reason.into() };
    story.writes(&chi, id, EntryKind::Action, "rotated signer-3");
    assert_eq!(refused(story.does(&ana, id, resolve(""))), "reason_needed");
    assert_eq!(refused(story.does(&chi, id, resolve("done"))), "scope");
    let validation = NewEntry { outcome: Some(Outcome::Ok), ..NewEntry::new(EntryKind::Validation, "balances agree on 4 nodes") };
    story.does(&chi, id, Command::AddEntry(validation.clone())).expect("a validation");
    story.writes(&chi, id, EntryKind::Command, "kubectl scale deploy/withdrawer --replicas=3");
    assert_eq!(refused(story.does(&ana, id, resolve(""))), "reason_needed");
    let checked = story.does(&chi, id, Command::AddEntry(validation)).expect("a second validation");
    story.does(&chi, id, Command::StrikeEntry { entry: checked, reason: "wrong node".into() }).expect("struck");
    assert!(!story.incident(id).is_validated(), "a struck validation does not count");
    let again = NewEntry { outcome: Some(Outcome::Ok), ..NewEntry::new(EntryKind::Validation, "balances agree, right node") };
    story.does(&chi, id, Command::AddEntry(again)).expect("a third");
    story.does(&ana, id, resolve("")).expect("resolved");
    assert!(story.incident(id).resolved_at.is_some());
    story.writes(&chi, id, EntryKind::Note, "an entry is never refused for the incident's state");
    let reopen = |reason: &str| Command::SetStatus { status: Status::Investigating, reason: reason.into() };
    assert_eq!(refused(story.does(&chi, id, reopen(" "))), "reason_needed");
    story.does(&chi, id, reopen("outflow again")).expect("reopened");
    assert!(story.incident(id).resolved_at.is_none());
    assert_eq!(refused(story.does(&ana, id, Command::SetStatus { status: Status::Closed, reason: String::new() })), "not_resolved");
}

#[test]
fn tasks_are_answered_by_whom_they_concern() {
    let (mut story, ana, chi, eve) =
        (Story::new(), person("ana", Scope::Responder), person("chi", Scope::Responder), person("eve", Scope::Responder));
    let id = story.declares(&ana, "Validators lag");
    let due_at = Some(story.now.plus_ms(600_000));
    let task = story.does(&ana, id, Command::GiveTask { person: "chi".into(), text: "second validation".into(), due_at }).expect("given");
    assert_eq!(refused(story.does(&eve, id, Command::UnderstandTask { task })), "not_yours");
    story.does(&chi, id, Command::UnderstandTask { task }).expect("understood");
    assert_eq!(refused(story.does(&eve, id, Command::FinishTask { task, result: String::new() })), "not_yours");
    story.does(&chi, id, Command::FinishTask { task, result: "4 of 4 agree".into() }).expect("done");
    assert_eq!(refused(story.does(&ana, id, Command::WithdrawTask { task, reason: String::new() })), "task_ended");
    let task = story.incident(id).task(task).expect("kept");
    assert!(task.understood_at.is_some() && task.done_at.is_some() && task.result == "4 of 4 agree");
}

#[test]
fn corrections_keep_history_and_crossed_ones_tell_the_loser() {
    let (mut story, ana, bo) = (Story::new(), person("ana", Scope::Commander), person("bo", Scope::Responder));
    let id = story.declares(&ana, "Bridge paused");
    let entry = story.writes(&ana, id, EntryKind::Note, "block 21 934 877");
    let amend = |text: &str, reason: &str| Command::reword(entry, text, reason);
    assert_eq!(refused(story.does(&bo, id, amend("block 21 934 878", ""))), "reason_needed");
    let mine = story.decide(&ana, id, amend("block 21 934 879", "")).expect("mine");
    let theirs = story.decide(&bo, id, amend("block 21 934 878", "misread")).expect("theirs");
    story.accept(&bo, theirs[0].clone()).expect("first");
    story.accept(&ana, mine[0].clone()).expect("second");
    let incident = story.incident(id);
    let line = incident.timeline.find(entry).expect("kept");
    assert_eq!((&*line.text, line.history.len(), line.conflict), ("block 21 934 879", 2, true));
    assert_eq!((incident.conflicts[0].loser_by.as_str(), incident.conflicts[0].lost.as_str()), ("bo", "block 21 934 878"));
    assert_eq!(refused(story.does(&bo, id, Command::StrikeEntry { entry, reason: "dup".into() })), "scope");
    story.does(&ana, id, Command::StrikeEntry { entry, reason: String::new() }).expect("own");
    assert!(!story.incident(id).timeline.find(entry).expect("still there").stands());
}

#[test]
fn merged_incidents_go_on_as_one_and_come_apart_again() {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Commander));
    let (one, two) = (story.declares(&ana, "Outflow"), story.declares(&ana, "Signer alarm"));
    story.does(&ana, two, Command::SetStatus { status: Status::Identified, reason: String::new() }).expect("open");
    story.does(&ana, two, Command::Merge { into: one }).expect("merged");
    assert_eq!(refused(story.does(&ana, one, Command::Merge { into: two })), "merge_circle");
    assert_eq!(story.board.surviving(two).expect("survivor").id, one);
    assert_eq!((story.incident(two).status.value, story.incident(one).absorbed.as_slice()), (Status::Merged, &[two][..]));
    assert_eq!(refused(story.does(&ana, two, Command::SetStatus { status: Status::Triage, reason: "x".into() })), "merged");
    story.does(&ana, two, Command::Split).expect("split");
    assert_eq!((story.incident(two).status.value, story.incident(one).absorbed.len()), (Status::Identified, 0));
}

#[test]
fn a_moved_entry_is_struck_here_and_linked_there() {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Responder));
    let (wrong, right) = (story.declares(&ana, "Wrong"), story.declares(&ana, "Right"));
    let entry = story.writes(&ana, wrong, EntryKind::Decision, "Suspend withdrawals");
    let added = story.does(&ana, wrong, Command::MoveEntry { entry, to: right }).expect("moved");
    let there = story.incident(right).timeline.find(added).expect("there").clone();
    assert_eq!(there.moved_from, Some(Place { incident: wrong, entry }));
    let strike = story.incident(wrong).timeline.find(entry).expect("here").struck.clone().expect("struck");
    assert_eq!(strike.moved_to, Some(Place { incident: right, entry: added }));
    assert_eq!(there.at, story.incident(wrong).timeline.find(entry).expect("here").at);
}

#[test]
fn changes_are_taken_back_in_the_order_they_were_made_and_never_made_again() {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Responder));
    let id = story.declares(&ana, "Oracle drift");
    let alpha = story.writes(&ana, id, EntryKind::Note, "alpha");
    let beta = story.writes(&ana, id, EntryKind::Note, "beta");
    let amend = |text: Option<&str>, happened_at: Option<Timestamp>| Command::AmendEntry {
        entry: alpha,
        text: text.map(str::to_owned),
        kind: None,
        outcome: None,
        audience: None,
        happened_at,
        reason: String::new(),
    };
    let was = story.incident(id).timeline.find(alpha).expect("alpha").at;
    story.does(&ana, id, amend(Some("gamma"), None)).expect("amended");
    story.does(&ana, id, amend(None, Some(was.plus_ms(-600_000)))).expect("re-timed");
    story.does(&ana, id, Command::SetStatus { status: Status::Contained, reason: String::new() }).expect("status");
    let now = |story: &Story| {
        let entry = story.incident(id).timeline.find(alpha).expect("alpha").clone();
        (story.incident(id).status.value, entry.at == was, entry.text.to_string(), entry.stands())
    };
    let undo = |story: &mut Story| {
        let (event, _) = story.incident(id).last_change_of(&Person::new("ana")).expect("a change");
        story.does(&ana, id, Command::TakeBack { event }).expect("taken back");
    };
    let text = |words: &str| words.to_owned();
    assert_eq!(now(&story), (Status::Contained, false, text("gamma"), true));
    undo(&mut story);
    assert_eq!(now(&story), (Status::Triage, false, text("gamma"), true));
    undo(&mut story);
    assert_eq!(now(&story), (Status::Triage, true, text("gamma"), true), "the re-timing went, the amendment stays");
    undo(&mut story);
    assert_eq!(now(&story), (Status::Triage, true, text("alpha"), true));
    undo(&mut story);
    assert!(!story.incident(id).timeline.find(beta).expect("beta").stands());
    undo(&mut story);
    assert!(!now(&story).3, "at last the entry itself");
    assert!(story.incident(id).last_change_of(&Person::new("bo")).is_none(), "bo did nothing here");
}

#[test]
fn my_last_change_is_taken_back_but_never_command() {
    let (mut story, ana, bo) = (Story::new(), person("ana", Scope::Responder), person("bo", Scope::Responder));
    let id = story.declares(&ana, "Oracle drift");
    story.does(&ana, id, take("")).expect("vacant");
    let change = story.does(&ana, id, Command::SetStatus { status: Status::Contained, reason: String::new() }).expect("status");
    assert_eq!(refused(story.does(&bo, id, Command::TakeBack { event: change })), "not_yours");
    let (last, _) = story.incident(id).last_change_of(&Person::new("ana")).expect("mine");
    assert_eq!(last, change);
    story.does(&ana, id, Command::TakeBack { event: change }).expect("taken back");
    assert_eq!(story.incident(id).status.value, Status::Triage);
    let taking = story.incident(id).commander().expect("held").event;
    assert_eq!(refused(story.does(&ana, id, Command::TakeBack { event: taking })), "not_taken_back");
}

#[test]
fn two_versions_that_were_merged_stay_merged() {
    let mut story = Story::new();
    let [ana, bo, dee] = ["ana", "bo", "dee"].map(|name| person(name, Scope::Commander));
    let id = story.declares(&dee, "Oracle drift");
    let mut new = NewEntry::new(EntryKind::Validation, "the feed is stale");
    (new.outcome, new.audience) = (Some(Outcome::Ok), Some("partners".into()));
    let entry = story.does(&dee, id, Command::AddEntry(new)).expect("written");
    let amend = |text: &str, reason: &str| Command::AmendEntry {
        entry,
        text: Some(text.into()),
        kind: None,
        outcome: None,
        audience: None,
        happened_at: None,
        reason: reason.into(),
    };
    let before = story.incident(id).timeline.find(entry).expect("dee's").clone();
    story.does(&bo, id, amend("both feeds", "two of them")).expect("amended");
    let (change, _) = story.incident(id).last_change_of(&Person::new("bo")).expect("bo's amendment of dee's entry");
    story.does(&bo, id, Command::TakeBack { event: change }).expect("taken back");
    let after = story.incident(id).timeline.find(entry).expect("dee's").clone();
    let said = |entry: &Entry| {
        (
            entry.by().clone(),
            entry.kind,
            entry.text.clone(),
            entry.outcome,
            entry.audience.clone(),
            entry.at,
            entry.stands(),
            entry.conflict,
        )
    };
    assert_eq!(said(&after), said(&before), "another's entry is as it was");
    let mine = story.decide(&ana, id, amend("the feed of ana is stale", "whose")).expect("ana's");
    let theirs = story.decide(&bo, id, amend("the feed of bo is stale", "whose")).expect("bo's");
    mine.into_iter().for_each(|event| story.accept(&ana, event).expect("taken"));
    theirs.into_iter().for_each(|event| story.accept(&bo, event).expect("taken"));
    assert!(story.incident(id).timeline.find(entry).expect("crossed").conflict);
    let merge = story.does(&ana, id, amend("the feeds of ana and bo are stale", "merged")).expect("merged");
    assert!(story.incident(id).last_change_of(&Person::new("ana")).is_none());
    assert!(story.incident(id).last_change_of(&Person::new("bo")).is_none(), "nor what lies under the merge");
    assert_eq!(refused(story.does(&ana, id, Command::TakeBack { event: merge })), "not_taken_back");
    assert_eq!(&*story.incident(id).timeline.find(entry).expect("merged").text, "the feeds of ana and bo are stale");
}
