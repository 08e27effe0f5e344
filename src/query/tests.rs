use super::*;
use crate::domain::Byline;
use crate::domain::Code;
use crate::domain::EntryKind;
use crate::domain::EntryState;
use crate::domain::EventId;
use crate::domain::IncidentId;
use crate::domain::Outcome;
use crate::domain::Priority;
use crate::domain::RoleId;
use crate::domain::Status;
use proptest::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn parse(text: &str, about: About) -> Query {
    let role = |id: &str, name: &str, short: &str| RoleDefinition {
        id: RoleId::new(id),
        name: name.into(),
        short: short.into(),
        aliases: vec![],
        several: false,
        outside: false,
        needed_from: None,
        duties: vec![],
        contact: String::new(),
    };
    let roles = [role("commander", "Incident commander", "IC"), role("operations", "Operations lead", "Ops")];
    let zone = chrono_tz::Europe::Berlin;
    Query::parse(text, &Ground { about, now: at("2026-11-21T14:00:00Z"), zone, roles: &roles, me: &Person::new("ana") })
}

fn header() -> Header {
    Header {
        id: IncidentId(Uuid::from_u128(7)),
        code: Some(Code(42)),
        title: "Withdrawals suspended: Café wallet".into(),
        status: Status::Mitigating,
        services: vec!["withdrawals-eth".into()],
        assessment: Default::default(),
        drill: false,
        retrospective: false,
        restricted: true,
        commander: Some(Person::new("bo")),
        commander_pending: false,
        offered_to: None,
        opened_at: at("2026-11-21T11:00:00Z"),
        resolved_at: None,
        last_entry_at: at("2026-11-21T13:00:00Z"),
        entries: 3,
        alerts_firing: 1,
        tasks_open: 1,
        next_due_at: Some(at("2026-11-21T13:30:00Z")),
        people: vec![Person::new("ana"), Person::new("bo")],
        merged_into: None,
        state: EntryState::Local,
        seq: 0,
    }
}

fn rating(level: Option<u8>) -> Rating {
    Rating {
        priority: level.map(Priority::clamped),
        reason: String::new(),
        impact: None,
        urgency: None,
        scored: 0,
        dimensions: 0,
        loss_usd: None,
        usd_per_minute: None,
        next_change: None,
        next_priority: None,
    }
}

fn entry() -> Entry {
    let (id, at) = (EventId(Uuid::from_u128(9)), at("2026-11-21T13:00:00Z"));
    let mut entry = Entry::new(id, at, Person::new("chi"), EntryKind::Validation, "Balances on 4 nodes agree", EntryState::Local);
    entry.byline = Arc::new(Byline { by: entry.by().clone(), roles: vec![RoleId::new("operations")] });
    entry.outcome = Some(Outcome::Ok);
    entry.components = Arc::from(["signer-3".to_owned()]);
    entry
}

fn fits(text: &str) -> bool {
    let (header, rating) = (header(), rating(Some(2)));
    let query = parse(text, About::Incidents);
    assert_eq!(query.problems, [], "{text}");
    query.matches_header(&Listed { header: &header, rating: &rating, unsent: 1, is_new: false, is_quiet: false })
}

fn fits_entry(text: &str) -> bool {
    let query = parse(text, About::Entries);
    assert_eq!(query.problems, [], "{text}");
    query.matches_entry(&entry(), true)
}

#[test]
fn an_incident_fits_what_is_true_of_it() {
    let true_of_it = "|cafe|WALLET susp|\"suspended: cafe\"|-kraken|inc-42|mitigating|p2|p:2|p:1..2|p:..3|p:?,2|service:withdrawals\
        |component:ETH|status:mit|status:triage,mitigating|-status:triage|is:open|is:unsent|-is:new|mine|is:overdue|is:firing|is:closed,firing\
        |by:an|by:me|by:\"bo\"|ic:bo|-ic:me|-ic:none|since:-2h|since:2h|since:today|since:2026-11-21|since:2026-11-21T13:30|until:12:30\
        |until:today|since:13:00|code:42|code:INC-42|code:40..50|code:7,42|-drill|restricted|is:restricted";
    for text in true_of_it.split('|') {
        assert!(fits(text), "{text}");
    }
    let false_of_it = "kraken|-cafe|\"wallet cafe\"|p:1|p:?|p:3..|service:deposits|status:triage|is:closed|is:new|is:quiet|is:vacant|drill\
        |-mine|by:chi|by:\"b\"|ic:ana|ic:none|since:-10m|until:2026-11-20|until:11:00|code:4|code:NEW-7K|\"mine\"";
    for text in false_of_it.split('|') {
        assert!(!fits(text), "{text}");
    }
}

#[test]
fn an_entry_fits_what_is_true_of_it() {
    for text in "|nodes agree|kind:validation|kind:val,dec|role:ops|role:Operations|by:chi|component:signer|outcome:ok|is:new|is:written|-is:mine|since:-90m|operations"
        .split('|')
    {
        assert!(fits_entry(text), "{text}");
    }
    for text in
        "disagree|kind:decision|role:ic|by:ana|component:btc|outcome:fail|is:struck|mine|since:-30m|until:-2h|to:customers|is:unsent -nodes"
            .split('|')
    {
        assert!(!fits_entry(text), "{text}");
    }
}

#[test]
fn what_means_nothing_says_so_and_the_rest_still_filters() {
    let check = |text: &str, about: About, says: &str| {
        let query = parse(text, about);
        let said: Vec<&str> = query.problems.iter().map(|problem| problem.says.as_str()).collect();
        assert!(said.iter().any(|said| said.contains(says)), "{text}: {said:?}");
        query
    };
    let query = check("svc:x p:2", About::Incidents, "svc: is nothing to filter by; use one of p, status, is, service");
    assert_eq!((query.to_string().as_str(), query.problems[0].place.clone()), ("p:2", 0..5));
    check("p:", About::Incidents, "p: waits for what to look for: write p:1, p:1..2 or p:?");
    check("p:7", About::Incidents, "p:7 filters nothing: expected p:1, p:1..2 or p:?");
    check("p:3..1", About::Incidents, "filters nothing");
    check("status:gone", About::Incidents, "expected status:mitigating");
    check("is:red", About::Incidents, "expected open, closed, unsent");
    check("kind:decision", About::Incidents, "is about entries");
    check("p:1", About::Entries, "is about incidents");
    check("role:juggler", About::Entries, "expected IC, Ops");
    check("since:later", About::Entries, "expected since:-2h");
    let partly = check("p:1,9", About::Incidents, "p:9");
    assert!(!partly.is_empty());
}

#[test]
fn what_is_no_key_is_a_word() {
    for text in ["12:30", "https://status.example", "-", "a\"b", ":x", "key:"] {
        let query = parse(text, About::Incidents);
        assert_eq!(query.problems.is_empty(), text != "key:", "{text}");
    }
}

#[test]
fn values_that_begin_like_something_else_read_back_as_the_same() {
    for (typed, shown) in [("by:,\"", "by:,\""), ("by:,//ana", "by:,//ana"), ("by:,ana", "by:ana"), ("by:\"\"", "by:\"\"")] {
        let query = parse(typed, About::Entries);
        assert_eq!((query.to_string(), parse(shown, About::Entries).to_string()), (shown.to_owned(), shown.to_owned()));
    }
}

#[test]
fn only_open_is_known_where_it_is_asked() {
    for (text, expected) in [("is:open", true), ("is:open,closed", false), ("-is:open", false), ("is:quiet p:1", true), ("", false)] {
        assert_eq!(parse(text, About::Incidents).is_only_open(), expected, "{text}");
    }
}

#[test]
fn the_words_are_found_where_they_stand() {
    let query = parse("wall allet -susp CAFE p:1", About::Incidents);
    let title = "Withdrawals suspended: Café wallet";
    let shown: Vec<&str> = query.highlights(title).into_iter().map(|place| &title[place]).collect();
    assert_eq!(shown, ["Café", "wallet"]);
}

fn any_query() -> impl Strategy<Value = String> {
    let pieces = [
        "p:",
        "1..2",
        "\"",
        "-",
        "mine",
        "is:",
        "open",
        " ",
        ",",
        "since:",
        "-2h",
        "by:",
        "é",
        "\\",
        "status:mit",
        ":",
        "code:4",
        "?",
        "//",
    ];
    let piece = prop_oneof![4 => prop::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_query_and_reads_back_as_the_same(text in any_query(), hay in any::<String>()) {
        for about in [About::Incidents, About::Entries] {
            let query = parse(&text, about);
            let again = parse(&query.to_string(), about);
            prop_assert_eq!(again.to_string(), query.to_string());
            prop_assert!(again.problems.iter().all(|problem| query.problems.iter().any(|known| known.says == problem.says)));
            let (header, rating, entry) = (header(), rating(None), entry());
            let listed = Listed { header: &header, rating: &rating, unsent: 0, is_new: true, is_quiet: true };
            prop_assert_eq!(query.matches_header(&listed), again.matches_header(&listed));
            prop_assert_eq!(query.matches_entry(&entry, false), again.matches_entry(&entry, false));
            for place in query.highlights(&hay) {
                prop_assert!(hay.get(place).is_some());
            }
            for problem in &query.problems {
                prop_assert!(text.get(problem.place.clone()).is_some());
            }
        }
    }
}
