//! The drills that ship, played from the first step to the last on the rules of the domain.

use std::collections::BTreeMap;
use warroom::domain::*;
use warroom::drill::Act;
use warroom::drill::AlertStep;
use warroom::drill::Deed;
use warroom::drill::Names;
use warroom::drill::Scenario;
use warroom::drill::schedule;
use warroom::report::Subject;
use warroom::report::markdown;

use crate::story::Story;
use crate::story::person;

/// What intake makes of an alert, in short: one incident a group, marked a drill by the alert's label.
fn sends(story: &mut Story, alert: &AlertStep, count: u64) -> IncidentId {
    let machine = person("alertmanager", Scope::Intake);
    let source = Source { integration: "alertmanager".into(), group: alert.group_key() };
    let event = |id: EventId, incident: IncidentId, at: Timestamp, body: Body| Event {
        id,
        incident,
        at,
        by: machine.principal.person.clone(),
        device: machine.device,
        index: 1,
        salt: "00".repeat(16),
        replaces: None,
        body,
    };
    let minted = |tail: u64| EventId(uuid::Uuid::from_u128(u128::from(count) << 80 | u128::from(tail) << 64 | 0x7777));
    let known = story.board.by_source(&source).map(|incident| incident.id);
    let incident = known.unwrap_or_else(|| {
        let id = minted(1);
        let declared = IncidentDeclared {
            summary: alert.summary.clone(),
            drill: true,
            source: Some(source),
            ..IncidentDeclared::titled(alert.title.clone())
        };
        let declared = event(id, id.into(), story.now, declared.into());
        story.accept(&machine, declared).expect("declared by an alert");
        id.into()
    });
    let source = "alertmanager".to_owned();
    let body: Body = if alert.firing {
        let AlertStep { key, title, summary, labels, .. } = alert.clone();
        AlertFired { key, source, title, summary, severity: None, labels, starts_at: None, url: String::new() }.into()
    } else {
        AlertResolved { key: alert.key.clone(), source, ends_at: None }.into()
    };
    let told = event(minted(2), incident, story.now, body);
    story.accept(&machine, told).expect("an alert");
    incident
}

fn priority(story: &Story, id: IncidentId) -> String {
    story.board.org.matrix.rate(&story.incident(id).assessment, story.now).label()
}

/// Plays a scenario; answers the story, the names, and the priorities the main incident went through.
fn played(scenario: &Scenario, main: &str) -> (Story, Names, Vec<String>) {
    let (mut story, mut names, mut priorities) = (Story::new(), Names::default(), Vec::new());
    let begun = story.now;
    for (count, timed) in schedule(scenario, 0, 1.0, 0).iter().enumerate() {
        story.now = begun.plus_ms(timed.happened_ms);
        let step = timed.step;
        match names.deed(step, story.now).expect("its names are known") {
            Deed::Alert { alert, .. } => {
                let incident = sends(&mut story, &alert, count as u64 + 1);
                names.played(step, incident, None);
            }
            Deed::Command(incident, command) => {
                let cast = scenario.cast(step.by.as_ref().expect("a person")).expect("of the cast");
                let author = person(cast.person.as_str(), cast.scope);
                let event = story.does(&author, incident, command).unwrap_or_else(|refusal| panic!("{step:?}: {refusal}"));
                names.played(step, if incident == IncidentId::ORG { event.into() } else { incident }, Some(event));
            }
        }
        if let Some(id) = names.incident(main) {
            let label = priority(&story, id);
            if priorities.last() != Some(&label) {
                priorities.push(label);
            }
        }
    }
    (story, names, priorities)
}

#[test]
fn the_hot_wallet_drain_obeys_every_rule_and_ends_well() {
    let scenario = Scenario::shipped("hot-wallet-drain").expect("it ships");
    let (story, names, priorities) = played(&scenario, "drain");
    let id = names.incident("drain").expect("the main incident");
    let drain = story.incident(id);
    assert_eq!(drain.status.value, Status::Resolved);
    assert!(drain.is_validated() && drain.drill && drain.alerts_firing() == 0);
    assert!(drain.tasks.len() >= 5 && drain.tasks.iter().all(|task| task.done_at.is_some() && task.understood_at.is_some()));
    assert_eq!(drain.past_roles.iter().filter(|(role, _, _)| role.is_commander()).count(), 1, "command changed hands");
    assert_eq!(drain.timeline.iter().filter(|entry| !entry.history.is_empty()).count(), 1);
    let mut kinds: BTreeMap<EntryKind, usize> = BTreeMap::new();
    drain.timeline.iter().for_each(|entry| *kinds.entry(entry.kind).or_default() += 1);
    for kind in EntryKind::WRITTEN.iter().filter(|kind| **kind != EntryKind::Note) {
        assert!(kinds.contains_key(kind), "{kind}");
    }
    assert_eq!(priorities.first().map(String::as_str), Some("P?"));
    assert!(priorities.contains(&"P1".to_owned()), "{priorities:?}");
    assert!(priorities.len() >= 4, "it grows and shrinks: {priorities:?}");
    let red_herring = story.incident(names.incident("lag").expect("the other incident"));
    assert!(red_herring.drill && red_herring.status.value == Status::Resolved);
    let document = markdown(&Subject { incident: drain, org: &story.board.org, now: story.now, position: None });
    assert!(document.contains("**DRILL.") && document.contains("Incident commander"));
}

#[test]
fn money_that_leaves_raises_the_priority_by_itself() {
    let scenario = Scenario::shipped("hot-wallet-drain").expect("it ships");
    let assessed = scenario.steps.iter().position(|step| matches!(step.act, Act::Assess { .. })).expect("money is counted");
    let raised =
        scenario.steps.iter().position(|step| matches!(&step.act, Act::Assess { scores, .. } if scores.contains_key("time_to_harm")));
    let next_ms = scenario.steps[raised.expect("urgency is scored later")].at_ms;
    let begun = Scenario { steps: scenario.steps[..=assessed].to_vec(), ..scenario };
    let (mut story, names, _) = played(&begun, "drain");
    let id = names.incident("drain").expect("the main incident");
    assert_eq!(priority(&story, id), "P2");
    let waits_ms = next_ms - begun.length_ms();
    story.now = story.now.plus_ms(waits_ms - 1000);
    assert_eq!(priority(&story, id), "P1", "before anybody says so");
}
