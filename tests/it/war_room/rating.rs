//! How bad it is: the board, the assessment form, and how the priority moved.

use super::room::Room;
use super::withdrawals;
use crate::story::Story;
use crate::story::person;
use warroom::domain::*;
use warroom::tui::layout::Pane;

fn severity(level: u8) -> Command {
    Command::SetSeverity { severity: Severity::new(level).expect("a severity"), reason: String::new() }
}

fn scores(pairs: &[(&str, u8)]) -> Command {
    let score = |level| Score { level: Some(level), amount_usd: None };
    Command::Assess { scores: pairs.iter().map(|(id, level)| ((*id).to_owned(), score(*level))).collect(), reason: String::new() }
}

/// A room with incidents in several cells; the ids in the order of their declaration, the last one in hand of nobody.
fn board(size: (u16, u16)) -> (Room, Vec<IncidentId>) {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Commander));
    let mut ids = Vec::new();
    for (title, command) in [
        ("Bridge drained", Some(scores(&[("money_at_risk", 4), ("time_to_harm", 4)]))),
        ("Signer offline", Some(scores(&[("custody", 4), ("time_to_harm", 3)]))),
        ("Node lag", Some(scores(&[("service", 2), ("spread", 1)]))),
        ("Price feed stale", Some(severity(4))),
        ("Unknown noise", None),
    ] {
        let id = story.declares(&ana, title);
        if let Some(command) = command {
            story.does(&ana, id, command).expect("rated");
        }
        ids.push(id);
    }
    let mut room = Room::new(story, "ana", size);
    room.press(&["3"]);
    (room, ids)
}

#[test]
fn the_selection_walks_the_board_from_incident_to_incident() {
    let (mut room, ids) = board((80, 24));
    let [bridge, signer, node, feed, noise] = ids[..] else { panic!() };
    let mut walk = |keys: &[&str], to: IncidentId| {
        room.press(keys);
        assert_eq!(room.model.in_hand, Some(to), "{keys:?}\n{}", room.screen());
    };
    walk(&["g"], bridge);
    walk(&["j"], signer);
    walk(&["h"], feed);
    walk(&["j"], node);
    walk(&["j"], noise);
    walk(&["j"], noise);
    walk(&["k"], node);
    walk(&["k"], feed);
    walk(&["l"], node);
    walk(&["l"], bridge);
    walk(&["l"], bridge);
    walk(&["j"], signer);
    walk(&["k"], bridge);
    room.shows(&["▌INC-1", "?INC-4", "not rated: INC-5  p rates", "? stands by severity alone"]);
}

#[test]
fn enter_opens_the_incident_or_lists_a_cell_that_holds_several() {
    let (mut room, ids) = board((120, 36));
    room.press(&["g"]);
    room.shows(&["▌1 2", "beside it: INC-2; Enter lists"]);
    room.press(&["Enter"]);
    room.shows(&["2 incidents in this cell", "P1 INC-1  Bridge drained", "P1 INC-2  Signer offline"]);
    room.press(&["2"]);
    assert_eq!((room.model.in_hand, room.model.focus), (Some(ids[1]), Pane::Timeline));
    room.press(&["3", "j", "j", "Enter"]);
    assert_eq!((room.model.overlays.len(), room.model.focus), (0, Pane::Timeline), "a cell of one opens it");
}

#[test]
fn a_cell_with_more_than_it_shows_says_how_to_see_them() {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Commander));
    for number in 0..14 {
        let id = story.declares(&ana, &format!("incident number {number}"));
        story.does(&ana, id, scores(&[("service", 4), ("spread", 3)])).expect("rated");
    }
    let mut room = Room::new(story, "ana", (120, 36));
    room.press(&["3"]);
    room.shows(&["▌1", "+13", "13 more in this cell; Enter lists"]);
    room.press(&["G"]);
    room.shows(&["▌14", "+13"]);
    room.resize(80, 24);
    room.shows(&["▌INC-14", "more"]);
}

#[test]
fn money_grows_by_itself_and_says_into_what_and_when() {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Commander));
    let id = story.declares(&ana, "Slow leak");
    story.does(&ana, id, scores(&[("money_at_risk", 2), ("money_per_minute", 2), ("spread", 2)])).expect("scored");
    let mut room = Room::new(story, "ana", (80, 24));
    room.press(&["3"]);
    room.shows(&["P3: loss 2 (over $50k), hours; 3 of 11 scored", "$50k by now, growing $500/min, P2 at 18:40"]);
    room.wait(100);
    room.shows(&["$100k by now, growing $500/min, P2 at 18:40"]);
    room.wait(300);
    room.shows(&["P2: loss 3 (over $250k), hours", "$250k by now, growing $500/min"]);
    room.press(&["="]);
    room.shows(&[
        "How the priority of INC-1 moved",
        "P3 → P2",
        "the loss grew to $250k: by itself",
        "P? → P3",
        "loss 2, outflow 2, spread 2",
    ]);
}

#[test]
fn an_amount_of_money_is_typed_and_previewed() {
    let (mut room, ids) = board((120, 36));
    room.press(&["G", "p", "Tab"]);
    assert_eq!(room.model.in_hand, Some(ids[3]));
    room.shows(&["▌Money at risk", "$ types an amount"]);
    room.press(&["$", "1.2M"]);
    room.shows(&["$1.2M", "P4 → P1", "loss 4 (over $1M)"]);
    room.press(&["Enter"]);
    room.shows(&["4  $1.2M (over $1M)", "▌Money per minute"]);
    room.press(&["$", "40k/min", "Tab", "k"]);
    room.shows(&["3  $40k/min (over $5k a minute)", "growing $40k/min"]);
    assert!(room.story.incident(ids[3]).assessment.scores.is_empty(), "nothing is recorded before Enter");
    room.press(&["$", "lots", "Enter"]);
    room.shows(&["`lots` is not an amount: write 250k, $1.2M or 5000"]);
    room.press(&["Esc", "Enter"]);
    let recorded = |room: &Room, id: &str| room.story.incident(ids[3]).assessment.scores[id].score.amount_usd;
    assert_eq!((recorded(&room, "money_at_risk"), recorded(&room, "money_per_minute")), (Some(1_200_000), Some(40_000)));
    room.press(&["p", "Tab", "2", ".5M", "Enter", "Enter"]);
    assert_eq!(recorded(&room, "money_at_risk"), Some(2_500_000), "a digit that goes on as an amount is one");
}

#[test]
fn digits_score_line_by_line_and_x_makes_unknown_again() {
    let (mut room, ids) = board((120, 36));
    room.press(&["g", "p", "Tab", "x"]);
    room.shows(&["–  unknown", "new", "P1 → P?", "impact not scored"]);
    room.press(&["Tab", "Tab", "3", "2"]);
    room.shows(&["3  hot wallet or validator key exposed", "2  one product degraded", "urgency 100 %"]);
    room.press(&["O", "x"]);
    room.shows(&["▌Override", "back to the matrix"]);
    room.press(&["Backspace", "Tab", "seen by the desk", "Enter"]);
    let assessment = &room.story.incident(ids[0]).assessment;
    assert!(!assessment.scores.contains_key("money_at_risk"), "unscored is unknown, not zero");
    assert_eq!((assessment.scores["custody"].score.level, assessment.scores["service"].score.level), (Some(3), Some(2)));
    let change = room.story.incident(ids[0]).ratings.last().expect("a change").clone();
    assert_eq!(change.reason, "seen by the desk");
    room.shows(&["INC-1: assessed, P1"]);
}

#[test]
fn an_override_and_taking_it_off_need_a_reason() {
    let (mut room, ids) = board((120, 36));
    room.press(&["g", "p", "O", "5", "Enter"]);
    room.shows(&["P1 → P5", "an override, and taking one off, needs a reason", "▌Reason"]);
    room.press(&["only the test net", "Enter"]);
    let decided = |room: &Room| room.story.incident(ids[0]).assessment.priority_override.clone();
    assert_eq!(
        decided(&room).map(|decided| (decided.priority.to_string(), decided.reason)),
        Some(("P5".into(), "only the test net".into()))
    );
    room.press(&["u"]);
    room.shows(&["taken back: rating: priority set to P5"]);
    assert_eq!(decided(&room), None);
    room.press(&["p", "O", "5", "only the test net", "Enter", "p", "O"]);
    room.shows(&["P5 by ana: only the test net"]);
    room.press(&["x", "Tab", "it was the main net", "Enter"]);
    assert_eq!(decided(&room), None);
    room.press(&["3", "="]);
    room.shows(&["P1 → P5", "set to P5 against the matrix: only the test net", "P5 → P1", "given back to the matrix: it was the main net"]);
}

#[test]
fn scores_and_an_override_are_recorded_together_or_not_at_all() {
    let (mut room, ids) = board((120, 36));
    room.press(&["g", "p", "Tab", "2", "O", "4", "both at once"]);
    room.is_full = true;
    room.press(&["Enter"]);
    room.shows(&["NOT SAVED", "P1 → P4"]);
    room.is_full = false;
    room.press(&["Enter"]);
    let incident = room.story.incident(ids[0]);
    assert_eq!(incident.assessment.scores["money_at_risk"].score.level, Some(2));
    assert_eq!(incident.assessment.priority_override.as_ref().map(|set| set.priority.level()), Some(4));
}

#[test]
fn what_another_changes_meanwhile_is_shown_and_never_overwritten_silently() {
    let (mut room, ids) = board((120, 36));
    let bo = person("bo", Scope::Responder);
    room.press(&["g", "p", "Tab", "1", "k"]);
    room.story.does(&bo, ids[0], scores(&[("money_at_risk", 3), ("users", 4)])).expect("meanwhile");
    room.publish();
    room.shows(&["bo just now", "4  most or all"]);
    room.press(&["Enter"]);
    room.shows(&["bo set Money at risk to 3 meanwhile: Enter again records yours, Backspace takes theirs"]);
    let recorded = |room: &Room, id: &str| room.story.incident(ids[0]).assessment.scores[id].score.level;
    assert_eq!(recorded(&room, "money_at_risk"), Some(3));
    room.press(&["Enter"]);
    assert_eq!((recorded(&room, "money_at_risk"), recorded(&room, "users")), (Some(1), Some(4)), "only mine is mine");
    room.press(&["p"]);
    room.story.does(&bo, ids[0], severity(3)).expect("meanwhile");
    room.publish();
    room.press(&["2"]);
    room.shows(&["bo set severity 3 meanwhile: the digit again sets yours"]);
    room.press(&["2"]);
    assert_eq!(room.story.incident(ids[0]).assessment.severity().map(Severity::level), Some(2));
}

#[test]
fn one_digit_is_durable_at_once_and_what_was_left_comes_back() {
    let (mut room, ids) = board((120, 36));
    room.press(&["g", "p", "Tab", "1", "2"]);
    room.press(&["Esc"]);
    room.shows(&["nothing recorded; p brings your changes back"]);
    assert_eq!(room.story.incident(ids[0]).assessment.scores["money_at_risk"].score.level, Some(4));
    room.press(&["p", "3"]);
    assert_eq!(room.story.incident(ids[0]).assessment.severity().map(Severity::level), Some(3), "the fast path stays one key");
    room.shows(&["Assess INC-1", "over $1k", "new"]);
    room.press(&["Enter"]);
    assert_eq!(room.story.incident(ids[0]).assessment.scores["money_at_risk"].score.level, Some(1));
    room.press(&["p"]);
    room.shows_not("new ");
}

#[test]
fn the_history_says_who_when_and_why_and_leads_to_the_line() {
    let (story, id) = withdrawals();
    for size in [(120, 36), (80, 24), (40, 12)] {
        let mut room = Room::new(withdrawals().0, "ana", size);
        room.press(&["p", "2", ":", "ratings", "Enter"]);
        room.shows(&["How the priority of INC-3"]);
    }
    let mut room = Room::new(story, "ana", (120, 36));
    room.is_online = false;
    room.press(&["3", "p", "O", "4", "a false alarm", "Enter", "="]);
    room.shows(&["P1 → P4", "set to P4 against the matrix: a false alarm ◌ not sent", "15:04:09 ana", "╮", "╰"]);
    room.press(&["Enter"]);
    assert_eq!(room.model.focus, Pane::Timeline);
    let last = room.story.incident(id).ratings.last().expect("a change").event;
    let entry = room.model.timeline.selected_entry(room.story.incident(id)).expect("a line is selected");
    assert_eq!(entry.id, last);
}

#[test]
fn the_reason_stays_in_sight_where_not_every_field_fits() {
    let (story, _) = withdrawals();
    let mut room = Room::new(story, "ana", (80, 24));
    room.press(&["p"]);
    room.shows(&["Severity", "–  why, for the record", "1 of 14"]);
    // Whichever field is in focus is in sight, too.
    for number in 2..=14 {
        room.press(&["Tab"]);
        room.shows(&["Reason", &format!("{number} of 14"), "▌"]);
    }
    room.press(&["because"]);
    room.shows(&["because"]);
}

#[test]
fn what_was_chosen_and_not_recorded_outlives_the_program_and_is_listed_with_the_drafts() {
    let (story, id) = withdrawals();
    let mut room = Room::new(story, "ana", (120, 36));
    room.press(&["p", "Tab", "Tab", "Tab", "4", "Shift-Tab", "O", "1", "the key is out"]);
    room.wait(1);
    let mut again = Room::opened(room.story, "ana", (120, 36), room.drafts);
    again.press(&[":", "drafts", "Enter"]);
    again.shows(&["assessment", "Custody or key exposure 4, P1 whatever the matrix says: the key is out"]);
    again.press(&["Enter"]);
    again.shows(&["what you left unrecorded is here again", "P1, against the matrix", "the key is out"]);
    again.press(&["Enter"]);
    let assessment = &again.story.incident(id).assessment;
    assert_eq!(assessment.scores["custody"].score.level, Some(4), "{}", again.screen());
    assert_eq!(assessment.priority_override.as_ref().map(|known| known.reason.as_str()), Some("the key is out"));
    again.press(&["p"]);
    again.shows_not("here again");
    assert!(again.drafts.keys().all(|key| !key.starts_with("assess:")));
}
