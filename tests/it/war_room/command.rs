//! Who commands, who does what, and what is called out of it.

use super::room::Room;
use super::withdrawals;
use crate::story::Story;
use crate::story::person;
use warroom::domain::*;
use warroom::replica::snapshot::Parked;
use warroom::tui::effect::Effect;
use warroom::tui::msg::Msg;
use warroom::tui::timers::Timer;

fn room(name: &str, size: (u16, u16)) -> (Room, IncidentId) {
    let (story, id) = withdrawals();
    (Room::new(story, name, size), id)
}

/// The same story on another person's screen.
fn hand_to(room: &mut Room, name: &str) -> Room {
    let story = std::mem::replace(&mut room.story, Story::new());
    Room::new(story, name, room.model.size)
}

fn author(name: &str) -> Author {
    person(name, Scope::Commander)
}

#[test]
fn an_offer_is_briefed_asked_once_withdrawn_and_declined_with_a_reason() {
    let (mut ana, id) = room("ana", (120, 36));
    let hypothesis = ana.story.writes(&author("dee"), id, EntryKind::Hypothesis, "The mempool leaked it");
    let mut answer = NewEntry::new(EntryKind::Validation, "The mempool is clean");
    (answer.reply_to, answer.outcome) = (Some(hypothesis), Some(Outcome::Ok));
    ana.story.does(&author("chi"), id, Command::AddEntry(answer)).expect("answered");
    ana.publish();
    ana.press(&["o", "bo", "Enter"]);
    ana.shows(&["P1: loss 4", "mitigating", "Decisions", "Suspend withdrawals", "Open hypotheses", "Key of signer-3", "Tasks", "OVERDUE"]);
    ana.shows(&["Vacant and needed", "Last word to each audience", "customers, 15:48 UTC", "you keep command until bo accepts"]);
    ana.shows_not("The mempool leaked it");
    ana.press(&["y"]);
    assert_eq!(ana.story.incident(id).commander().map(|held| held.person.as_str()), Some("ana"), "hers until it is accepted");
    ana.shows(&["IC        ana", "offers to bo"]);
    assert!(ana.story.incident(id).offer.as_ref().expect("offered").briefing.contains("Suspend withdrawals"), "recorded with it");
    ana.press(&["o"]);
    ana.shows(&["Withdraw the offer of INC-3"]);
    ana.press(&["y"]);
    ana.shows(&["offer to bo withdrawn; you keep command"]);
    ana.press(&["o", "bo", "Enter", "y"]);
    let mut bo = hand_to(&mut ana, "bo");
    bo.press(&["C"]);
    bo.shows(&["Take command of INC-3", "Offered by ana", "d decline"]);
    bo.press(&["n"]);
    assert!(bo.story.incident(id).offer.is_some(), "no leaves it open");
    bo.press(&["C", "d", "asleep in ten minutes", "Enter"]);
    assert!(bo.story.incident(id).offer.is_none());
    bo.press(&["4", "="]);
    bo.shows(&[
        "bo declines command: asleep in ten minutes",
        "command offered to bo, by ana",
        "offer of command to bo withdrawn, by ana",
        "ana takes command",
    ]);
}

#[test]
fn what_the_offerer_had_not_sent_reaches_the_next_commander_in_the_briefing() {
    let (mut ana, id) = room("ana", (120, 36));
    ana.is_online = false;
    ana.press(&["i", "Signer-3 is cut off", "Enter", "Esc", "o", "bo", "Enter"]);
    ana.shows(&["Not sent yet", "1 of my changes have not reached the server", "note Signer-3 is cut off"]);
    ana.press(&["y"]);
    ana.shows(&["offers to bo"]);
    let mut bo = hand_to(&mut ana, "bo");
    bo.press(&["C", "PgDn", "PgDn"]);
    bo.shows(&["ana, when they offered: Not sent yet: 1 of my changes"]);
    bo.press(&["y"]);
    assert_eq!(bo.story.incident(id).commander().map(|held| held.person.as_str()), Some("bo"));
}

#[test]
fn several_marked_incidents_are_offered_together() {
    let (mut ana, id) = room("ana", (120, 36));
    ana.press(&["1", "G", "C", "Space", "k", "k", "Space", "o"]);
    let other = ana.story.board.iter().map(|incident| incident.id).find(|other| *other != id && ana.model.incidents.marked.contains(other));
    let other = other.expect("another is marked");
    ana.shows(&["Offer command of INC-", "bo"]);
    ana.press(&["bo", "Enter"]);
    ana.shows(
        &["Offer command of INC-3, INC-1 to bo?", "INC-1 price feed stale", "2 more below"]
            .map(|text| if text.starts_with('2') { "more below" } else { text }),
    );
    ana.press(&["y"]);
    for incident in [id, other] {
        assert_eq!(ana.story.incident(incident).offer.as_ref().map(|offer| offer.to.as_str()), Some("bo"));
    }
    assert!(ana.model.incidents.marked.is_empty(), "marks clear after use");
}

#[test]
fn taking_command_from_another_needs_the_right_and_a_reason_and_is_loud() {
    let (story, id) = withdrawals();
    let mut eve = Room::with(story, "eve", (120, 36), |_| ());
    eve.me.principal.scope = Scope::Responder;
    eve.publish();
    eve.press(&["C"]);
    eve.shows(&["ana has command of INC-3", "takes the deputy's role or a commander's token"]);
    let mut bo = hand_to(&mut eve, "bo");
    bo.press(&["C"]);
    bo.shows(&["Taking it is loud for everyone"]);
    bo.press(&["Enter"]);
    bo.shows(&["needs a reason"]);
    bo.press(&["ana's link died", "Enter"]);
    assert_eq!(bo.story.incident(id).commander().map(|held| held.person.as_str()), Some("bo"));
    for (name, size) in [("ana", (120, 36)), ("dee", (80, 24)), ("dee", (40, 12))] {
        let (mut watching, id) = room(name, size);
        watching.story.does(&author("bo"), id, Command::TakeCommand { reason: "ana's link died".into() }).expect("assumed");
        watching.done.clear();
        watching.publish();
        watching.shows(&["INC-3: bo assumes command from ana"]);
        assert!(watching.done.contains(&Effect::Bell), "{name} hears it");
        watching.publish();
        watching.press(&["!", "Esc"]);
        watching.shows_not("INC-3: bo assumes");
    }
}

#[test]
fn until_it_is_accepted_the_screen_says_so_and_a_lost_taking_is_told_loudly() {
    let mut story = Story::new();
    let id = story.declares(&author("ana"), "Split brain");
    let mut bo = Room::new(story, "bo", (120, 36));
    bo.is_online = false;
    bo.press(&["C"]);
    bo.shows(&["IC bo ◌"]);
    let taking = bo.story.incident(id).commander().expect("held here").event;
    bo.parked.push(Parked {
        event: taking,
        incident: id,
        kind: "role.assigned".into(),
        words: "commander → bo".into(),
        text: None,
        code: "command_held".into(),
        reason: "ana has command; assume it with a reason, or ask ana to offer it".into(),
        retry: Retry::Never,
        behind: None,
        at: bo.story.now,
    });
    bo.publish();
    bo.shows(&["INC-1: you do NOT have command: ana has command"]);
    bo.wait(1);
    bo.tell(Msg::Rang(Timer::Clock));
    bo.press(&["!"]);
    bo.shows(&["refused", "commander → bo: ana has command"]);
}

#[test]
fn overdue_tasks_are_called_out_once_to_whose_they_are_and_to_the_commander() {
    for (name, says) in
        [("chi", Some("your task in INC-3 is overdue")), ("ana", Some("INC-3: chi is OVERDUE with second validation")), ("eve", None)]
    {
        let (mut room, _) = room(name, (120, 36));
        room.done.clear();
        room.shows_not("is overdue");
        room.wait(4);
        room.tell(Msg::Rang(Timer::Clock));
        let bells = |room: &Room| room.done.iter().filter(|effect| **effect == Effect::Bell).count();
        match says {
            Some(words) => room.shows(&[words]),
            None => room.shows_not("INC-3: chi is OVERDUE"),
        }
        assert_eq!(bells(&room), usize::from(says.is_some()), "{name}");
        room.publish();
        room.tell(Msg::Rang(Timer::Clock));
        assert_eq!(bells(&room), usize::from(says.is_some()), "once");
        room.wait(2);
        room.tell(Msg::Rang(Timer::Clock));
        room.shows_not("your task in INC-3 is overdue");
        room.press(&["!"]);
        room.shows(&[if name == "chi" { "my task" } else { "overdue" }, "second validation", "OVERDUE"]);
    }
}

#[test]
fn the_clock_rings_when_the_next_task_is_due_even_on_a_narrow_screen() {
    let (mut room, id) = room("ana", (80, 24));
    let due_at = room.story.now.plus_ms(7_000);
    let task = Command::GiveTask { person: "ana".into(), text: "call back".into(), due_at: Some(due_at) };
    room.story.does(&author("ana"), id, task).expect("given");
    room.done.clear();
    room.publish();
    let armed = room.done.iter().rev().find_map(|effect| match effect {
        Effect::Arm(Timer::Clock, at) => Some(*at),
        _ => None,
    });
    let (moment, now) = (room.model.moment, room.model.now());
    assert_eq!(armed, Some(moment.mono_ms + due_at.since_ms(now) as u64));
}

#[test]
fn tasks_and_roles_are_answered_where_they_are_selected() {
    let (mut story, id) = withdrawals();
    let given = Command::AssignRole { role: RoleId::new("security"), person: "chi".into() };
    story.does(&author("ana"), id, given).expect("given");
    let mut chi = Room::new(story, "chi", (120, 36));
    chi.press(&["!"]);
    chi.shows(&["my role", "INC-3 Security and forensics lead: another gave it to you", "a: I know"]);
    chi.press(&["Esc", "4", "j", "j", "j", "j"]);
    chi.shows(&["Security  chi        no ack 16:48"]);
    chi.press(&["+"]);
    let held = |room: &Room| room.story.incident(id).roles[&RoleId::new("security")][0].acknowledged_at;
    assert!(held(&chi).is_some());
    chi.shows(&["you have acknowledged Security", "ack 16:48"]);
    chi.press(&["j", "j", "j", "+"]);
    chi.shows(&["✓ 3 min left"]);
    chi.press(&["d"]);
    chi.shows(&["Done", "chi: second validation of the signer", "what came of it"]);
    chi.press(&["4 of 4 agree", "Enter"]);
    assert!(chi.story.incident(id).tasks.iter().any(|task| task.result == "4 of 4 agree" && task.done_at.is_some()));
    chi.press(&["1", ":", "have understood", "Enter"]);
    chi.shows(&["no task of yours in INC-3 waits for that answer"]);
}

#[test]
fn a_task_has_a_time_box_in_words_and_can_be_withdrawn() {
    let (mut ana, id) = room("ana", (120, 36));
    let due = |room: &Room, text: &str| {
        let task = room.story.incident(id).tasks.iter().find(|task| task.text == text).cloned().expect("the task");
        task.due_at.map(|due| due.to_string()[11..16].to_owned())
    };
    ana.press(&["b", "zoe", "Enter", "count the cold wallets", "Enter", "Ctrl-u", "17:30", "Enter"]);
    assert_eq!(due(&ana, "count the cold wallets").as_deref(), Some("17:30"));
    ana.press(&["b", "zoe", "Enter", "call legal", "Enter", "Ctrl-u", "soon", "Enter"]);
    ana.shows(&["`soon` is not a time-box: write 10m, 90s, 1h30m, a time of day such as 14:30"]);
    ana.press(&["Ctrl-u", "Enter"]);
    assert_eq!(due(&ana, "call legal"), None);
    ana.press(&["i", "/task zoe read the signer log by 18:00", "Enter", "Esc"]);
    assert_eq!(due(&ana, "read the signer log").as_deref(), Some("18:00"));
    ana.press(&["4", "g", "j", "j", "j", "j", "j", "j", "x", "no longer needed", "Enter"]);
    assert!(ana.story.incident(id).tasks.iter().any(|task| task.withdrawn_at.is_some()), "{}", ana.screen());
}

#[test]
fn a_new_name_is_taken_as_typed_and_several_may_hold_one_role() {
    let (mut ana, id) = room("ana", (120, 36));
    ana.press(&["a", "4", "zoe"]);
    ana.shows(&["new name, as typed"]);
    ana.press(&["Ctrl-u", "zoe", "Enter"]);
    let roles = |room: &Room| room.story.incident(id).roles_of(&"zoe".into());
    assert_eq!(roles(&ana).len(), 1, "{}", ana.screen());
    ana.press(&["i", "/assign sme zoe", "Enter", "/assign sme dee", "Enter", "/assign partner fbi", "Enter", "Esc", "4"]);
    assert_eq!(ana.story.incident(id).roles[&RoleId::new("expert")].len(), 2);
    ana.shows(&["SME       zoe", "          dee", "Partner   fbi", "outside, 16:48"]);
    ana.press(&["a", "bo", "Enter"]);
    ana.press(&["Enter"]);
}

#[test]
fn the_duty_card_says_who_what_and_since_when() {
    let (story, id) = withdrawals();
    let mut settings = (*story.board.org).clone();
    settings.roles.iter_mut().filter(|role| role.id == RoleId::deputy()).for_each(|role| role.contact = "+49 30 1234".into());
    let mut room = Room::new(story, "ana", (80, 24));
    let publish = Command::PublishSettings(Box::new(SettingsPublished { roles: Some(settings.roles), ..SettingsPublished::default() }));
    room.story.does(&person("root", Scope::Admin), IncidentId::ORG, publish).expect("published");
    room.publish();
    room.press(&["4", "j"]);
    room.shows(&["Know what the commander knows", "bo since 15:04:10, acknowledged 16:48:21"]);
    room.press(&["Enter"]);
    room.shows(&["Deputy in INC-3", "reached at +49 30 1234", "needed from P1 on", "deputy → bo, by ana"]);
    room.press(&["Esc", "x"]);
    assert!(!room.story.incident(id).holds(&"bo".into(), &RoleId::deputy()));
    room.shows(&["bo no longer holds Deputy", "Deputy    VACANT"]);
    room.press(&["x"]);
    room.shows(&["nobody holds Deputy here"]);
}

#[test]
fn a_digit_beside_a_task_means_that_task_for_as_long_as_the_list_is_open() {
    let (story, id) = withdrawals();
    let mut room = Room::new(story, "ana", (120, 36));
    room.press(&["B"]);
    room.shows(&["1 dee  signer-3 build log", "2 chi  second validation of the signer"]);
    // Meanwhile dee is done, and a task of mine comes, which an opened list would have first.
    let task = room.story.incident(id).tasks.iter().find(|task| task.person == "dee".into()).expect("a task").id;
    let dee = person("dee", Scope::Commander);
    room.story.does(&dee, id, Command::FinishTask { task, result: "clean".into() }).expect("done");
    let give = Command::GiveTask { person: "ana".into(), text: "call the bank".into(), due_at: Some(room.story.now) };
    room.story.does(&dee, id, give).expect("given");
    room.publish();
    room.press(&["x"]);
    room.tell(Msg::Rang(Timer::Clock));
    room.shows(&["no longer here", "2 chi  second validation of the signer", "3 ana  call the bank"]);
    room.press(&["1"]);
    room.shows(&["Answer which task"]);
    room.press(&["2"]);
    room.shows(&["chi: second validation of the signer", "withdraw"]);
}
