//! The list of incidents: what it shows, in which order, and that it moves nothing one looks at.

use super::room::Room;
use super::withdrawals;
use crate::story::Story;
use crate::story::person;
use ratatui::layout::Rect;
use warroom::domain::*;
use warroom::tui::panes::incidents::lay::Lay;

fn room(size: (u16, u16)) -> (Room, IncidentId) {
    let (story, id) = withdrawals();
    (Room::new(story, "ana", size), id)
}

/// A room with this many incidents, all of severity 3, named `incident 1`, `incident 2` …
fn many(number: usize, size: (u16, u16)) -> (Room, Vec<IncidentId>) {
    let (mut story, bo) = (Story::new(), person("bo", Scope::Commander));
    let ids = (1..=number).map(|number| {
        let id = story.declares(&bo, &format!("incident {number}"));
        rate(&mut story, id, 3);
        story.wait(1);
        id
    });
    let ids = ids.collect();
    (Room::new(story, "ana", size), ids)
}

fn rate(story: &mut Story, id: IncidentId, severity: u8) {
    let command = Command::SetSeverity { severity: Severity::new(severity).expect("1 to 5"), reason: String::new() };
    story.does(&person("bo", Scope::Commander), id, command).expect("rated");
}

fn line_of(room: &Room, text: &str) -> usize {
    let screen = room.screen();
    screen.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("`{text}` is not on screen:\n{screen}"))
}

#[test]
fn what_is_selected_stays_on_its_line_when_the_list_is_ordered_anew() {
    let (mut room, ids) = many(30, (80, 24));
    room.press(&["1", "PgDn", "j", "j"]);
    let (in_hand, title) = (room.model.in_hand.expect("one in hand"), room.model.name_of(room.model.in_hand.expect("one")));
    let line = line_of(&room, &title);
    // Three that stood below it become pressing and move above it.
    for id in &ids[25..28] {
        rate(&mut room.story, *id, 1);
    }
    room.publish();
    room.press(&["J", "J", "J", "-"]);
    let hand = room.model.in_hand;
    room.press(&["S"]);
    assert_eq!(room.model.in_hand, hand, "{}", room.screen());
    room.press(&["S", "S", "S", "S", "S"]);
    assert_eq!(room.model.incidents.sort.word(), "priority");
    let (mut room, ids) = many(30, (80, 24));
    room.press(&["1", "PgDn", "j", "j"]);
    assert_eq!((room.model.in_hand, line_of(&room, &title)), (Some(in_hand), line));
    rate(&mut room.story, ids[3], 5);
    rate(&mut room.story, ids[5], 5);
    room.publish();
    assert_eq!((room.model.in_hand, line_of(&room, &title)), (Some(in_hand), line), "{}", room.screen());
}

#[test]
fn what_leaves_the_list_stays_in_hand_and_the_list_says_so() {
    let (mut room, id) = room((120, 36));
    room.press(&["1", "/", "node"]);
    assert_eq!(room.model.in_hand, Some(id));
    room.shows(&["1 of 3 open", "▌INC-3 in hand, not listed"]);
    room.press(&["Enter", "j"]);
    assert_eq!(room.model.code_of(room.model.in_hand.expect("one")), "INC-2");
    room.shows_not("not listed");
    // Resolved by another: gone from the open ones, and still in hand.
    let bo = person("bo", Scope::Commander);
    let in_hand = room.model.in_hand.expect("one");
    room.press(&["Esc"]);
    let resolve = Command::SetStatus { status: Status::Resolved, reason: "it caught up".into() };
    room.story.does(&bo, in_hand, resolve).expect("resolved");
    room.publish();
    assert_eq!(room.model.in_hand, Some(in_hand));
    room.shows(&["2 open", "INC-2 in hand, not listed"]);
    room.press(&["j"]);
    assert_eq!(room.model.code_of(room.model.in_hand.expect("one")), "INC-1", "the one that took its place");
}

#[test]
fn what_changed_is_marked_in_words_until_it_is_seen() {
    let (mut room, id) = room((80, 24));
    let bo = person("bo", Scope::Commander);
    let node = room.model.incidents.open[1].header.id;
    let feed = room.model.incidents.open[2].header.id;
    room.press(&["1"]);
    room.shows_not("◆");
    room.story.writes(&bo, node, EntryKind::Note, "one");
    room.story.writes(&bo, node, EntryKind::Note, "two");
    rate(&mut room.story, feed, 2);
    let new = room.story.declares(&bo, "Bridge drained");
    room.publish();
    room.shows(&["◆ +2 entries", "◆ up from P4, +1 entry", "◆ new"]);
    assert_eq!(room.model.in_hand, Some(id));
    room.press(&["j", "j", "j", "g"]);
    room.shows_not("◆");
    let status = Command::SetStatus { status: Status::Identified, reason: String::new() };
    room.story.does(&bo, new, status).expect("status");
    rate(&mut room.story, feed, 5);
    rate(&mut room.story, new, 4);
    room.publish();
    room.shows(&["rated, triage → identified, +2 entries", "down from P2"]);
    room.resize(40, 12);
    room.shows(&["◆ rated status +2", "◆ down +1"]);
}

#[test]
fn a_filter_counts_says_what_means_nothing_recalls_and_restores() {
    let (mut room, _) = room((120, 36));
    room.press(&["1", "/"]);
    room.shows(&["words  \"a phrase\"  -not  mine  p: status:"]);
    room.press(&["stat"]);
    room.shows(&["status: where it stands", "0 of 3 open", "nothing fits: Esc takes it back"]);
    room.press(&["Tab", "mit"]);
    room.shows(&["/status:mit", "1 of 3 open"]);
    room.press(&["Enter", "/", " svc:x"]);
    room.shows(&["svc: is nothing to filter by; use one of p, status", "1 of 3 open"]);
    room.press(&["Enter"]);
    room.shows(&["1 term ignored"]);
    room.press(&["Esc", "/", "node", "Esc"]);
    room.shows(&["3 open"]);
    room.press(&["/", "nod", "Up"]);
    room.shows(&["/status:mit svc:x"]);
    room.press(&["Up"]);
    assert_eq!(room.model.incidents.filter.text(), Some("status:mit"));
    room.press(&["Down", "Down"]);
    assert_eq!(room.model.incidents.filter.text(), Some("nod"));
    room.press(&["Enter", "/", "xyz", "Esc"]);
    assert_eq!(room.model.incidents.filter.text(), Some("nod"), "Esc puts back what stood there");
    // n walks what the filter found, after it is gone too.
    room.press(&["Esc", "n"]);
    assert_eq!(room.model.code_of(room.model.in_hand.expect("one")), "INC-2");
}

#[test]
fn the_words_found_are_underlined_where_they_stand() {
    let (mut room, _) = room((80, 24));
    room.press(&["1", "/", "WALL"]);
    let frame = room.frame();
    let underlined: String = frame
        .content
        .iter()
        .filter(|cell| cell.modifier.contains(ratatui::style::Modifier::UNDERLINED))
        .map(|cell| cell.symbol())
        .collect();
    assert_eq!(underlined, "wall");
}

#[test]
fn views_are_chosen_by_digit_saved_under_a_name_and_there_again() {
    let (mut room, _) = room((120, 36));
    room.press(&["v", "5"]);
    room.shows(&["3 all"]);
    room.press(&["v", "1", "/", "p:1..2 -mine", "Enter", "v"]);
    room.shows(&["save the filter as a view: p:1..2 -mine"]);
    room.press(&["G", "Enter"]);
    room.shows(&["Save a view", "is:open p:1..2 -mine"]);
    room.press(&["open", "Enter", "Enter"]);
    room.shows(&["`open` is a view of the program"]);
    room.press(&["Up", "Ctrl-u", "pressing", "Enter", "End", " is:red", "Enter"]);
    room.shows(&["is:red filters nothing: expected open, closed"]);
    room.press(&["Ctrl-w", "Enter"]);
    room.shows(&["view `pressing` saved", "1 pressing"]);
    assert_eq!(room.model.incidents.views.own[0].query, "is:open p:1..2 -mine");
    let (story, _) = withdrawals();
    room.press(&["S", "q"]);
    let mut again = Room::opened(story, "ana", (120, 36), room.drafts.clone());
    again.shows(&["1 pressing by age"]);
    again.press(&["/", "Up"]);
    assert_eq!(again.model.incidents.filter.text(), Some("p:1..2 -mine"), "queries are recalled in the next run too");
    again.press(&["Esc", "v", "G", "k", "d"]);
    again.shows(&["view `pressing` deleted", "3 open by age"]);
    again.press(&["v", "d"]);
    again.shows(&["`open` is a view of the program"]);
}

#[test]
fn a_configured_view_with_a_mistake_says_so() {
    let (story, _) = withdrawals();
    let view = warroom::tui::panes::incidents::views::View { name: "custody".into(), query: "svc:custody p:4".into() };
    let mut room = Room::with(story, "ana", (120, 36), |setup| setup.views = vec![view]);
    room.press(&["v", "9"]);
    room.shows(&["1 custody", "in the query of `custody`: svc: is nothing to filter by"]);
}

#[test]
fn a_p1_in_which_nobody_writes_is_loud_everywhere() {
    let (story, _) = withdrawals();
    let mut room = Room::with(story, "ana", (120, 36), |setup| setup.quiet_p1_ms = 5 * 60_000);
    room.press(&["1"]);
    room.shows_not("quiet");
    room.wait(6);
    room.shows(&["quiet 6 min"]);
    room.press(&["!"]);
    room.shows(&["INC-3 P1, and nobody wrote for 6 min", "i writes"]);
    room.press(&["Esc", "1", "z"]);
    room.shows(&["LAST ENTRY", "quiet 6 min"]);
    room.press(&["/", "is:quiet"]);
    room.shows(&["1 of 3"]);
}

#[test]
fn several_new_p1s_are_one_line_that_moves_nothing() {
    let (mut room, id) = room((120, 36));
    room.press(&["1"]);
    let bo = person("bo", Scope::Commander);
    let line = line_of(&room, "▌P1 INC-3");
    let first = room.story.declares(&bo, "Bridge drained");
    rate(&mut room.story, first, 1);
    room.publish();
    room.shows(&["NEW P1 INC-4 Bridge drained", "J goes there"]);
    assert_eq!(line_of(&room, "▌P1 INC-3"), line);
    let second = room.story.declares(&bo, "Validators at risk");
    rate(&mut room.story, second, 1);
    room.publish();
    room.shows(&["2 NEW P1 INC-4 Bridge drained"]);
    assert_eq!((room.model.in_hand, line_of(&room, "▌P1 INC-3")), (Some(id), line));
    room.press(&["J"]);
    assert_eq!(room.model.in_hand, Some(first));
    room.shows(&["NEW P1 INC-5 Validators at risk"]);
    room.press(&["J"]);
    assert_eq!(room.model.in_hand, Some(second));
    room.shows_not("NEW P1");
}

#[test]
fn every_line_of_the_list_is_the_incident_drawn_on_it() {
    for size in [(40, 12), (60, 20), (80, 24), (100, 30), (120, 36), (200, 60)] {
        for keys in [&["1"][..], &["1", "z"], &["1", "/", "inc"], &["1", "S", "j"]] {
            let (mut room, _) = many(70, size);
            room.press(keys);
            let areas = room.model.areas();
            let inside = areas.inside(warroom::tui::layout::Pane::Incidents);
            let lay = Lay::of(inside, &room.model.incidents, room.model.in_hand, areas.has_frames);
            let screen = room.screen();
            let lines: Vec<&str> = screen.lines().collect();
            let whole = Rect { height: lay.rows.height / lay.each * lay.each, ..lay.rows };
            for y in (whole.top()..whole.bottom()).step_by(usize::from(lay.each)) {
                let id = lay.at(&room.model.incidents, y).expect("an incident on every line");
                let code = room.model.code_of(id);
                assert!(lines[usize::from(y)].contains(&code), "{size:?} {keys:?} {y} {code}\n{screen}");
            }
            assert_eq!(lay.at(&room.model.incidents, lay.rows.bottom()), None);
        }
    }
}
