//! Priority: severity until more is known, then the matrix, with growing money and a reason in one line.

use crate::story::Story;
use crate::story::person;
use crate::story::refused;
use warroom::domain::*;
use warroom::wire::read_matrix;
use warroom::wire::read_roles;

fn scores(pairs: &[(&str, u8)]) -> Command {
    let scores = pairs.iter().map(|(id, level)| ((*id).to_owned(), Score { level: Some(*level), amount_usd: None })).collect();
    Command::Assess { scores, reason: String::new() }
}

fn rate(story: &Story, id: IncidentId) -> Rating {
    story.board.org.matrix.rate(&story.incident(id).assessment, story.now)
}

#[test]
fn unscored_is_unknown_and_the_reason_says_what_decided() {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Responder));
    let id = story.declares(&ana, "Outflow");
    assert_eq!((rate(&story, id).label(), rate(&story, id).reason), ("P?".into(), "P?: not rated yet".into()));
    story.does(&ana, id, Command::SetSeverity { severity: Severity::new(2).expect("2"), reason: String::new() }).expect("severity");
    assert_eq!(rate(&story, id).reason, "P2: severity 2, not assessed");
    story.does(&ana, id, scores(&[("time_to_harm", 4)])).expect("urgency alone");
    assert_eq!(rate(&story, id).reason, "P1: severity 2, impact not scored, now (harm 4 (now)); 1 of 11 scored");
    story.does(&ana, id, scores(&[("money_at_risk", 4), ("users", 2)])).expect("impact");
    assert_eq!(rate(&story, id).reason, "P1: loss 4 (over $1M), now; 3 of 11 scored");
    let unknown = Command::Assess { scores: [("money_at_risk".to_owned(), Score::default())].into(), reason: String::new() };
    story.does(&ana, id, unknown).expect("back to unknown");
    assert_eq!(rate(&story, id).scored, 2);
    assert_eq!(refused(story.does(&ana, id, scores(&[("moon", 1)]))), "unknown_dimension");
    assert_eq!(refused(story.does(&ana, id, scores(&[("users", 5)]))), "bad_level");
}

#[test]
fn little_knowledge_raises_what_the_severity_says_and_does_not_lower_it() {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Responder));
    let id = story.declares(&ana, "Withdrawals hang");
    let severity = |level: u8| Command::SetSeverity { severity: Severity::new(level).expect("a severity"), reason: String::new() };
    story.does(&ana, id, severity(1)).expect("severity");
    story.does(&ana, id, scores(&[("money_at_risk", 1)])).expect("scored");
    let rating = rate(&story, id);
    assert_eq!(rating.label(), "P1");
    assert!(rating.reason.contains("severity 1 stands until half is scored; so far P4"), "{}", rating.reason);
    let rest = ["money_per_minute", "custody", "service", "users", "regulatory"];
    story.does(&ana, id, scores(&rest.map(|id| (id, 1)))).expect("scored");
    assert_eq!(rate(&story, id).label(), "P4", "{}", rate(&story, id).reason);
    let other = story.declares(&ana, "Odd log line");
    story.does(&ana, other, severity(4)).expect("severity");
    story.does(&ana, other, scores(&[("money_at_risk", 4)])).expect("scored");
    assert!(rate(&story, other).priority.is_some_and(|priority| priority.level() <= 2), "one high score is enough to raise it");
}

#[test]
fn money_per_minute_grows_and_moves_the_priority_by_itself() {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Responder));
    let id = story.declares(&ana, "Slow leak");
    story.does(&ana, id, scores(&[("money_at_risk", 2), ("money_per_minute", 2), ("spread", 2)])).expect("scored");
    let before = rate(&story, id);
    assert_eq!(before.label(), "P3");
    let next = before.next_change.expect("it grows");
    // From $50k at $500 a minute to $250k: 400 minutes.
    assert_eq!(next.since_ms(story.now.plus_ms(-1000)), 400 * 60_000);
    story.now = next.plus_ms(-1);
    assert_eq!(rate(&story, id).label(), "P3");
    story.now = next;
    let after = rate(&story, id);
    assert_eq!((after.label(), after.reason.as_str()), ("P2".into(), "P2: loss 3 (over $250k), hours; 3 of 11 scored"));
    assert_eq!(after.loss_usd, Some(250_000));
    story.does(&ana, id, scores(&[("money_per_minute", 0)])).expect("stopped");
    assert_eq!(rate(&story, id).next_change, None);
}

#[test]
fn an_amount_beats_its_level_and_an_override_says_who_and_why() {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Responder));
    let id = story.declares(&ana, "Drain");
    let amount = Score { level: None, amount_usd: Some(300_000) };
    let command = Command::Assess { scores: [("money_at_risk".to_owned(), amount)].into(), reason: String::new() };
    story.does(&ana, id, command).expect("an amount");
    assert_eq!(rate(&story, id).impact.expect("scored").because, "loss 3 (over $250k)");
    let set = |reason: &str| Command::OverridePriority { priority: Some("P5".parse().expect("P5")), reason: reason.into() };
    assert_eq!(refused(story.does(&ana, id, set(""))), "reason_needed");
    story.does(&ana, id, set("test wallet")).expect("override");
    assert_eq!(rate(&story, id).reason, "P5: set by ana: test wallet (matrix: P2)");
}

#[test]
fn the_history_of_a_priority_has_every_change_and_what_grew_by_itself() {
    let (mut story, ana, bo) = (Story::new(), person("ana", Scope::Commander), person("bo", Scope::Responder));
    let id = story.declares(&ana, "Slow leak");
    let severity = |level| Command::SetSeverity { severity: Severity::new(level).expect("a severity"), reason: "a guess".into() };
    story.does(&ana, id, severity(4)).expect("severity");
    story.does(&bo, id, scores(&[("money_at_risk", 2), ("money_per_minute", 2), ("spread", 2)])).expect("scored");
    let before = rate(&story, id);
    let (at, to) = before.next_priority.expect("it grows into another priority");
    assert_eq!((before.usd_per_minute, to.to_string(), Some(at)), (Some(500), "P2".into(), before.next_change));
    story.wait(500);
    let set = |priority: Option<&str>, reason: &str| Command::OverridePriority {
        priority: priority.map(|text| text.parse().expect("a priority")),
        reason: reason.into(),
    };
    story.does(&ana, id, set(Some("P1"), "the regulator asks")).expect("override");
    story.does(&ana, id, set(None, "the regulator is content")).expect("back");
    story.does(&ana, id, Command::SetStatus { status: Status::Resolved, reason: "the leak is shut".into() }).expect("over");
    story.wait(10_000);
    let moved = warroom::report::ratings(story.incident(id), &story.board.org.matrix, story.now);
    let told: Vec<_> = moved
        .iter()
        .map(|step| {
            let label = |priority: Option<Priority>| priority.map_or("P?".into(), |priority| priority.to_string());
            let by = step.by.as_ref().map_or("nobody", |person| person.as_str());
            format!("{} → {} {by}: {}: {}", label(step.before), label(step.priority), step.what, step.why)
        })
        .collect();
    assert_eq!(
        told,
        [
            "P? → P4 ana: severity 4: a guess",
            "P4 → P3 bo: loss 2, outflow 2, spread 2: ",
            "P3 → P2 nobody: the loss grew to $250k: by itself",
            "P2 → P1 ana: set to P1 against the matrix: the regulator asks",
            "P1 → P2 ana: given back to the matrix: the regulator is content",
            "P2 → P2 ana: over: no more money leaves: the leak is shut",
        ]
    );
    assert_eq!(moved[2].at, at);
    assert_eq!(rate(&story, id).usd_per_minute, None, "what is over grows no more");
}

#[test]
fn who_scores_over_what_they_have_not_seen_is_told() {
    let (mut story, ana, bo) = (Story::new(), person("ana", Scope::Responder), person("bo", Scope::Responder));
    let id = story.declares(&ana, "Crossed");
    story.does(&ana, id, scores(&[("users", 1)])).expect("seen by both");
    let by_ana = story.decide(&ana, id, scores(&[("users", 2), ("custody", 1)])).expect("apart");
    let by_bo = story.decide(&bo, id, scores(&[("users", 4), ("custody", 1), ("service", 3)])).expect("apart");
    story.accept(&ana, by_ana[0].clone()).expect("first");
    story.accept(&bo, by_bo[0].clone()).expect("second");
    let crossed: Vec<_> =
        story.incident(id).conflicts.iter().map(|one| (one.field.clone(), one.stands.clone(), one.lost.clone())).collect();
    assert_eq!(crossed, [("users".to_owned(), "4".to_owned(), "2".to_owned())], "only what differs, only what was unseen");
    assert_eq!(story.incident(id).conflicts[0].loser_by, Person::new("ana"));
    story.does(&ana, id, scores(&[("users", 3)])).expect("seen");
    assert_eq!(story.incident(id).conflicts.len(), 1);
}

#[test]
fn the_presets_read_and_a_broken_one_says_line_and_what_is_expected() {
    let itil = read_matrix(include_str!("../../assets/matrix-itil.toml")).expect("the ITIL preset");
    assert_eq!((itil.cell(3, 3).level(), itil.cell(2, 2).level(), itil.cell(1, 1).level()), (1, 3, 5));
    let why = read_matrix("name = 3").expect_err("a number is no name");
    assert!(why.contains("line 1") && why.contains("expected a string"), "{why}");
    let zero = include_str!("../../assets/matrix-itil.toml").replace("[5, 3, 2, 1]", "[5, 3, 2, 9]");
    assert!(read_matrix(&zero).expect_err("9 is no priority").contains("expected 1 to 5"));
    assert!(read_roles("roles = []").expect_err("no commander").contains("commander"));
}
