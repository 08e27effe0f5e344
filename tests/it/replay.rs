//! Replay is deterministic and total: any records, in any batching and redelivery, give the same board and never a panic.

use crate::story::Story;
use crate::story::person;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use warroom::domain::*;
use warroom::ledger::EventBytes;
use warroom::wire::builtin_org;

/// One random wish: who, about which incident, what, how long after the last.
#[derive(Clone, Debug)]
struct Wish {
    who: usize,
    incident: usize,
    what: u8,
    pick: usize,
    text: String,
    wait_ms: i64,
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let wish = (0..4_usize, 0..4_usize, 0..22_u8, 0..40_usize, "\\PC{1,20}", -60_000..600_000_i64);
    prop::collection::vec(
        wish.prop_map(|(who, incident, what, pick, text, wait_ms)| Wish { who, incident, what, pick, text, wait_ms }),
        1..60,
    )
}

fn command(story: &Story, wish: &Wish, incidents: &[IncidentId], people: &[Author]) -> Command {
    let person = people[wish.pick % people.len()].principal.person.clone();
    let incident = incidents.get(wish.incident % incidents.len().max(1)).and_then(|id| story.board.get(*id));
    let event = |kind: fn(EntryKind) -> bool| {
        let ids: Vec<_> =
            incident.iter().flat_map(|incident| incident.timeline.iter()).filter(|entry| kind(entry.kind)).map(|entry| entry.id).collect();
        ids.get(wish.pick % ids.len().max(1)).copied().unwrap_or(EventId(uuid::Uuid::from_u128(7)))
    };
    let reason = wish.text.clone();
    match wish.what {
        0 | 1 => Command::Declare {
            title: reason,
            summary: String::new(),
            services: vec![],
            severity: Severity::new((wish.pick % 7) as u8),
            at: None,
            drill: false,
        },
        2 => Command::SetStatus { status: Status::ALL[wish.pick % Status::ALL.len()], reason },
        3 => Command::SetSeverity { severity: Severity::new((wish.pick % 5) as u8 + 1).expect("1 to 5"), reason },
        4 => Command::Assess {
            scores: BTreeMap::from([("money_at_risk".into(), Score { level: Some((wish.pick % 5) as u8), amount_usd: None })]),
            reason,
        },
        5 => Command::AssignRole { role: RoleId::new(["deputy", "scribe", "expert", "commander"][wish.pick % 4]), person },
        6 => Command::ReleaseRole { role: RoleId::new(["deputy", "expert", "commander"][wish.pick % 3]), person: None },
        7 => Command::TakeCommand { reason },
        8 => Command::OfferCommand { person, briefing: reason },
        9 => Command::AcceptCommand,
        10 => Command::DeclineCommand { reason },
        11 => Command::GiveTask { person, text: reason, due_at: None },
        12 => Command::FinishTask { task: event(|kind| kind == EntryKind::Task), result: reason },
        13 => {
            let happened_at = Some(story.now.plus_ms(-wish.wait_ms));
            Command::AmendEntry {
                entry: event(EntryKind::is_written),
                text: Some(wish.text.clone()),
                kind: None,
                outcome: None,
                audience: None,
                happened_at,
                reason,
            }
        }
        14 => Command::StrikeEntry { entry: event(EntryKind::is_written), reason },
        15 => Command::MoveEntry { entry: event(EntryKind::is_written), to: incidents[wish.pick % incidents.len()] },
        16 => Command::Merge { into: incidents[wish.pick % incidents.len()] },
        17 => Command::Split,
        18 => Command::TakeBack { event: event(|_| true) },
        _ => Command::AddEntry(NewEntry::new(EntryKind::WRITTEN[wish.pick % 9], wish.text.clone())),
    }
}

fn play(wishes: &[Wish]) -> Story {
    let people =
        [person("ana", Scope::Commander), person("bo", Scope::Responder), person("chi", Scope::Admin), person("dee", Scope::Viewer)];
    let mut story = Story::new();
    let mut incidents = vec![story.declares(&people[0], "the first")];
    for wish in wishes {
        story.now = story.now.plus_ms(wish.wait_ms);
        let wanted = command(&story, wish, &incidents, &people);
        let id = incidents[wish.incident % incidents.len()];
        let declares = matches!(wanted, Command::Declare { .. });
        if let (Ok(event), true) = (story.does(&people[wish.who], id, wanted), declares) {
            incidents.push(event.into());
        }
    }
    story
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn replay_is_deterministic_and_total(wishes in wishes(), cut in 0..100_usize, again in 0..100_usize) {
        let story = play(&wishes);
        let mut board = Board::new(Arc::new(builtin_org()));
        let cut = cut.min(story.log.len());
        // A first batch, then a redelivery from an earlier place, decoded anew from the frozen bytes.
        for (event, accepted) in story.log[..cut].iter().chain(&story.log[again.min(cut)..]) {
            let bytes = EventBytes::write(event).expect("bytes");
            let (taken, read) = EventBytes::take(bytes.as_str().as_bytes()).expect("an event");
            prop_assert_eq!(&read, event);
            prop_assert_eq!(taken.as_str(), bytes.as_str());
            board.apply(&read, Some(accepted));
        }
        prop_assert_eq!(&board, &story.board);

        // Incidents folded one by one, as a replica loads them, are the same incidents.
        for incident in story.board.iter() {
            let mut alone = Board::new(Arc::new(builtin_org()));
            for (event, accepted) in story.log.iter().filter(|(event, _)| event.incident == incident.id) {
                alone.apply(event, Some(accepted));
            }
            prop_assert_eq!(alone.get(incident.id), Some(incident));
            let keys: Vec<_> = incident.timeline.iter().map(|entry| entry.key()).collect();
            prop_assert!(keys.is_sorted());
            prop_assert_eq!(incident.timeline.iter_from(3).count(), keys.len().saturating_sub(3));
            prop_assert!(incident.timeline.iter().enumerate().all(|(place, entry)| incident.timeline.position(entry.id) == Some(place)));
        }

        // Total: pending and accepted in any order, with unknown incidents, changes nothing but itself and never panics.
        let mut wild = Board::new(Arc::new(builtin_org()));
        for (event, accepted) in story.log.iter().rev() {
            wild.apply(event, (event.index % 2 == 0).then_some(accepted));
        }
    }
}

#[test]
fn long_timelines_stay_in_order_in_shared_chunks() {
    let (mut story, ana) = (Story::new(), person("ana", Scope::Responder));
    let id = story.declares(&ana, "long");
    let before = story.incident(id).timeline.clone();
    for number in 0..2000 {
        let at = Some(story.now.plus_ms(if number % 7 == 0 { -3_600_000 } else { 0 }));
        story.does(&ana, id, Command::AddEntry(NewEntry { at, ..NewEntry::new(EntryKind::Note, format!("{number}")) })).expect("an entry");
    }
    let timeline = &story.incident(id).timeline;
    assert_eq!((timeline.len(), before.len()), (2001, 1));
    assert!(timeline.iter().map(|entry| entry.key()).is_sorted());
    assert_eq!(timeline.get(1000), timeline.iter().nth(1000));
    assert_eq!(timeline.iter_from(1000).next(), timeline.get(1000));
    assert_eq!(
        timeline.place_at(timeline.get(1500).expect("there").at),
        timeline.iter().position(|entry| entry.at >= timeline.get(1500).expect("there").at).expect("there")
    );
}
