//! How the room calls a person, lets words out and changes its clothes.

use super::room::Room;
use super::withdrawals;
use crate::story::person;
use warroom::domain::*;
use warroom::tui::calls::Notify;
use warroom::tui::clipboard::Route;
use warroom::tui::effect::Effect;
use warroom::tui::keymap::Keymap;
use warroom::tui::msg::Msg;
use warroom::tui::theme::Theme;
use warroom::tui::theme::Tone;
use warroom::tui::timers::Timer;
use warroom::tui::wardrobe::Dress;

fn room() -> (Room, IncidentId) {
    let (story, id) = withdrawals();
    (Room::new(story, "ana", (120, 36)), id)
}

fn called(room: &mut Room) -> Vec<Effect> {
    let done = std::mem::take(&mut room.done);
    done.into_iter().filter(|effect| matches!(effect, Effect::Bell | Effect::Notify(_))).collect()
}

fn notified(words: &str) -> Vec<Effect> {
    vec![Effect::Bell, Effect::Notify(words.into())]
}

fn writes(room: &mut Room, name: &str, id: IncidentId, text: &str) {
    room.story.writes(&person(name, Scope::Commander), id, EntryKind::Note, text);
    room.publish();
}

fn pass(room: &mut Room) {
    room.story.wait(1);
    room.wait(2);
}

#[test]
fn a_mention_calls_once_and_only_the_one_who_is_meant() {
    let (mut room, id) = room();
    writes(&mut room, "bo", id, "@dee looks at it, write to ana@example.org");
    assert_eq!(called(&mut room), []);
    writes(&mut room, "ana", id, "@ana, my own reminder");
    assert_eq!(called(&mut room), [], "nobody is called by their own words");
    writes(&mut room, "bo", id, "@Ana can you confirm?");
    assert_eq!(called(&mut room), notified("bo speaks to you in INC-3"));
    assert!(room.title().starts_with("* bo speaks to you in INC-3 - "), "{}", room.title());
    room.publish();
    assert_eq!(called(&mut room), [], "once for each entry");
    room.press(&["j"]);
    assert!(!room.title().contains("speaks"), "seen with the first key");
}

#[test]
fn who_speaks_to_me_elsewhere_is_read_at_once_and_listed_until_i_looked_there() {
    let (mut room, _) = room();
    let feed = room.story.board.iter().find(|incident| incident.code_text() == "INC-1").expect("the feed").id;
    writes(&mut room, "bo", feed, "@ana the feed lies, can you stop the liquidations?");
    room.shows(&["INC-1 bo to you: @ana the feed lies, can you stop the liquidations?", "! goes there"]);
    room.wait(2);
    room.tell(Msg::Rang(Timer::Clock));
    room.shows_not("can you stop the liquidations?");
    room.press(&["!"]);
    room.shows(&["to you", "INC-1 bo to you: @ana the feed lies", "Enter goes there"]);
    let before = room.screen();
    let at = before.lines().filter(|line| line.contains("│")).position(|line| line.contains("to you")).expect("listed");
    assert!(at > 0, "{before}");
    while !room.screen().lines().any(|line| line.contains("▌") && line.contains("bo to you")) {
        room.press(&["j"]);
    }
    room.press(&["Enter"]);
    assert_eq!(room.model.in_hand, Some(feed));
    room.press(&["!"]);
    room.shows_not("bo to you");
}

#[test]
fn what_others_say_of_an_incident_of_mine_is_called_out() {
    let (story, id) = withdrawals();
    let node = story.board.iter().find(|incident| incident.code_text() == "INC-2").expect("the node").id;
    let mut room = Room::new(story, "bo", (120, 36));
    let rated = |level: u8| Command::SetSeverity { severity: Severity::new(level).expect("a severity"), reason: "as seen".into() };
    let [ana, bo] = ["ana", "bo"].map(|name| person(name, Scope::Commander));
    room.story.does(&bo, node, rated(3)).expect("by oneself");
    room.publish();
    room.shows_not("rated it");
    room.story.does(&ana, node, rated(5)).expect("lowered");
    room.publish();
    room.shows(&["INC-2: ana rated it P5, it was P3"]);
    room.press(&["!", "Esc"]);
    room.story.does(&ana, node, Command::Merge { into: id }).expect("merged");
    room.publish();
    room.shows(&["INC-2: ana merged it into INC-3"]);
    room.press(&["!", "Esc"]);
    let feed = room.story.board.iter().find(|incident| incident.code_text() == "INC-1").expect("the feed").id;
    room.story.does(&ana, feed, rated(3)).expect("raised");
    room.publish();
    room.shows_not("rated it");
    room.press(&[":", "inc-1", "Enter"]);
    room.story.does(&ana, feed, Command::Merge { into: id }).expect("merged");
    room.publish();
    room.shows(&["INC-1: ana merged it into INC-3"]);
}

#[test]
fn many_calls_at_once_are_few_sounds() {
    let (mut room, id) = room();
    for number in 0..20 {
        writes(&mut room, "bo", id, &format!("@ana number {number}"));
    }
    assert_eq!(called(&mut room).len(), 2, "one bell, one notification");
    pass(&mut room);
    writes(&mut room, "bo", id, "@ana, still there?");
    assert_eq!(called(&mut room), notified("bo speaks to you in INC-3 (and 19 more)"));
}

#[test]
fn a_task_of_mine_calls_when_its_time_is_over() {
    let (mut room, id) = room();
    let due = room.story.now.plus_ms(2 * 60_000);
    let bo = person("bo", Scope::Commander);
    for name in ["ana", "chi"] {
        let task = Command::GiveTask { person: Person::new(name), text: "call the bank".into(), due_at: Some(due) };
        room.story.does(&bo, id, task).expect("a task");
    }
    room.publish();
    called(&mut room);
    room.wait(3);
    assert_eq!(called(&mut room), notified("your task in INC-3 is overdue"));
    room.tell(Msg::Rang(Timer::Clock));
    assert_eq!(called(&mut room), []);
}

#[test]
fn a_new_p1_calls_by_the_ways_that_are_wanted() {
    for (notify, expected) in
        [(Notify::default(), 2), (Notify { bell: false, ..Notify::default() }, 1), (Notify { bell: false, osc9: false, title: false }, 0)]
    {
        let (story, _) = withdrawals();
        let mut room = Room::with(story, "ana", (120, 36), |setup| setup.custom.notify = notify);
        let bo = person("bo", Scope::Commander);
        let new = room.story.declares(&bo, "Validators at risk");
        let rated = Command::SetSeverity { severity: Severity::new(1).expect("1"), reason: String::new() };
        room.story.does(&bo, new, rated).expect("rated");
        room.publish();
        assert_eq!(called(&mut room).len(), expected);
        assert!(room.title().starts_with("* NEW P1 INC-4 Validators at risk"), "{}", room.title());
    }
}

fn copied(room: &mut Room) -> Vec<Effect> {
    let done = std::mem::take(&mut room.done);
    done.into_iter().filter(|effect| matches!(effect, Effect::Copy(_) | Effect::Keep { .. })).collect()
}

#[test]
fn y_copies_the_entry_a_link_or_the_incident_as_a_document() {
    let (mut room, _) = room();
    room.press(&["2", "y"]);
    room.shows(&["the entry", "a link to it", "the incident as a document"]);
    room.press(&["y"]);
    let [Effect::Copy(words)] = &copied(&mut room)[..] else { panic!("one copy") };
    assert!(words.ends_with("bo: Outflow back to baseline"), "{words}");
    room.shows(&["sent to your terminal"]);
    room.shows_not("copied");
    room.press(&["y", "2"]);
    let [Effect::Copy(link)] = &copied(&mut room)[..] else { panic!("one copy") };
    assert!(link.starts_with("warroom://INC-3/"), "{link}");
    room.press(&["y", "3"]);
    let [Effect::Copy(document), ..] = &copied(&mut room)[..] else { panic!("a document") };
    assert!(document.contains("Withdrawals suspended") && document.contains("Outflow back to baseline"), "{document}");
    room.press(&["1", "y", "1"]);
    assert_eq!(copied(&mut room), [Effect::Copy("INC-3 Withdrawals suspended: hot wallet drained".into())]);
}

#[test]
fn what_is_long_or_has_no_clipboard_also_goes_to_a_file() {
    let (story, id) = withdrawals();
    let mut room = Room::with(story, "ana", (120, 36), |setup| setup.custom.route = Route::Tmux);
    writes(&mut room, "bo", id, &"long ".repeat(2_000));
    room.press(&["2", "G", "y", "y"]);
    room.shows(&["set-clipboard on"]);
    assert!(matches!(&copied(&mut room)[..], [Effect::Copy(sent), Effect::Keep { text, .. }] if sent == text));
    room.tell(Msg::Saved(Ok("/home/ana/copied.md".into())));
    room.shows(&["all of it is in /home/ana/copied.md"]);

    let (story, _) = withdrawals();
    let mut room = Room::with(story, "ana", (120, 36), |setup| setup.custom.route = Route::Nowhere);
    room.press(&["y", "y"]);
    assert!(matches!(&copied(&mut room)[..], [Effect::Keep { .. }]), "a console has no clipboard");
}

#[test]
fn themes_are_seen_as_one_walks_over_them() {
    let (mut room, _) = room();
    let ground = |room: &Room| room.frame()[(60, 30)].bg;
    let dark = ground(&room);
    room.press(&[":", "theme", "Enter"]);
    room.shows(&["Theme", "light", "mono"]);
    room.press(&["j"]);
    assert_ne!(ground(&room), dark, "seen before it is chosen");
    room.press(&["Esc"]);
    assert_eq!(ground(&room), dark, "Esc puts the old one back");
    room.press(&[":", "theme light", "Enter"]);
    assert_ne!(ground(&room), dark);
    room.shows(&["theme light until you quit"]);
}

#[test]
fn a_theme_or_keys_with_a_mistake_leave_all_as_it_was() {
    let (mut room, _) = room();
    let before = room.model.look.theme.clone();
    let why = Theme::read("mine.toml", "[styles]\np9 = {}\n", warroom::tui::colour::Depth::True).expect_err("a mistake");
    room.tell(Msg::Dressed(Err(why.to_string())));
    room.shows(&["mine.toml:2", "p9"]);
    assert_eq!(room.model.look.theme.style(Tone::P1), before.style(Tone::P1));
    let keys = Keymap::with_overrides(Some(("keys.toml", "[everywhere]\nwrite = [\"w\"]\n"))).expect("keys");
    room.tell(Msg::Dressed(Ok(Dress::Keymap(keys))));
    room.press(&["w"]);
    room.shows(&["Write to P1 INC-3"]);
}

#[test]
fn who_spoke_to_me_while_the_program_was_closed_waits_until_i_looked() {
    let (mut story, id) = withdrawals();
    let (me, bo) = (person("ana", Scope::Commander), person("bo", Scope::Commander));
    let [other, third] = ["Another", "A third"].map(|title| story.declares(&bo, title));
    story.writes(&bo, id, EntryKind::Note, "@ana in what comes to hand at once");
    story.writes(&bo, other, EntryKind::Note, "@ANA said while you were away");
    story.writes(&me, third, EntryKind::Note, "@ana my own words are none");
    let mut room = Room::new(story, "ana", (120, 36));
    assert_eq!(called(&mut room), [], "what is old calls nobody");
    room.press(&["!"]);
    // What stands on the screen was heard with the first key.
    room.shows(&["to you", "bo to you: @ANA said while you were away"]);
    room.shows_not("bo to you: @ana in what comes to hand");
    room.shows_not("my own words are none");
    while !room.screen().lines().any(|line| line.contains("▌") && line.contains("bo to you")) {
        room.press(&["Down"]);
    }
    room.press(&["Enter", "G", "!"]);
    room.shows_not("bo to you");
    // At the next start what was looked at stays heard, and what came since is new.
    room.press(&["Esc", "q"]);
    let Room { mut story, drafts, .. } = room;
    story.writes(&bo, third, EntryKind::Note, "@ana and now this");
    let mut room = Room::opened(story, "ana", (120, 36), drafts);
    room.press(&["!"]);
    room.shows(&["bo to you: @ana and now this"]);
    room.shows_not("said while you were away");
}

#[test]
fn what_i_do_myself_is_no_news_to_me_and_what_others_do_is() {
    let (mut story, _) = withdrawals();
    let (me, bo) = (person("ana", Scope::Commander), person("bo", Scope::Commander));
    let other = story.declares(&bo, "Seen from afar");
    let mut room = Room::new(story, "ana", (120, 36));
    let marked = |room: &Room| room.screen().lines().any(|line| line.contains("Seen from afar") && line.contains('◆'));
    assert!(!marked(&room));
    // By a command over several incidents, on the command line, in another room: it is mine.
    let rated = Command::SetSeverity { severity: Severity::new(2).unwrap(), reason: String::new() };
    room.story.does(&me, other, rated).unwrap();
    room.story.writes(&me, other, EntryKind::Note, "my own words");
    room.publish();
    assert!(!marked(&room), "{}", room.screen());
    room.story.writes(&bo, other, EntryKind::Note, "bo's words");
    room.publish();
    assert!(marked(&room));
    // What bo said stays unseen, whatever I do there.
    room.story.writes(&me, other, EntryKind::Note, "mine again");
    room.publish();
    assert!(marked(&room), "{}", room.screen());
}
