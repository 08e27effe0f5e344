//! Documents of an incident: what a reviewer reads, what a program gets, and what hostile words cannot do to either.

use proptest::prelude::*;
use std::collections::BTreeMap;
use warroom::domain::*;
use warroom::report::COLUMNS;
use warroom::report::Document;
use warroom::report::Style;
use warroom::report::Subject;
use warroom::report::Templates;
use warroom::report::export_json;
use warroom::report::markdown;

use crate::story::Story;
use crate::story::person;

/// An incident with something of everything, every word of it from outside being `words`.
pub fn eventful(words: &str) -> (Story, IncidentId) {
    let (mut story, ana, bo) = (Story::new(), person("ana", Scope::Commander), person("bo", Scope::Responder));
    let declare = Command::Declare {
        title: format!("Hot wallet drains {words}"),
        summary: format!("Outflow without a ticket {words}"),
        services: vec![format!("withdrawals {words}")],
        severity: Severity::new(2),
        at: None,
        drill: true,
    };
    let id: IncidentId = story.does(&ana, IncidentId::ORG, declare).expect("declared").into();
    story.does(&ana, id, Command::TakeCommand { reason: String::new() }).expect("command");
    story.does(&ana, id, Command::AssignRole { role: RoleId::new("operations"), person: "bo".into() }).expect("role");
    let scores = BTreeMap::from([
        ("money_at_risk".to_owned(), Score { level: None, amount_usd: Some(1_250_000) }),
        ("custody".to_owned(), Score { level: Some(4), amount_usd: None }),
    ]);
    story.does(&ana, id, Command::Assess { scores, reason: format!("first count {words}") }).expect("assessed");
    let task =
        Command::GiveTask { person: "bo".into(), text: format!("rotate signer-3 {words}"), due_at: Some(story.now.plus_ms(600_000)) };
    let task = story.does(&ana, id, task).expect("task");
    story.does(&bo, id, Command::UnderstandTask { task }).expect("understood");
    story.does(&bo, id, Command::FinishTask { task, result: format!("rotated {words}") }).expect("done");
    let entry = story.writes(&bo, id, EntryKind::Action, &format!("paused the withdrawer {words}"));
    let amend = Command::reword(entry, format!("paused both withdrawers {words}"), format!("there are two {words}"));
    story.does(&bo, id, amend).expect("amended");
    let wrong = story.writes(&bo, id, EntryKind::Note, &format!("wrong incident {words}"));
    story.does(&bo, id, Command::StrikeEntry { entry: wrong, reason: format!("mistake {words}") }).expect("struck");
    let cause = story.writes(&bo, id, EntryKind::Hypothesis, &format!("signer-3 leaked {words}"));
    story.writes(&bo, id, EntryKind::Hypothesis, &format!("the exporter lies {words}"));
    let ruled = NewEntry { reply_to: Some(cause), ..NewEntry::new(EntryKind::Decision, format!("treat signer-3 as lost {words}")) };
    story.does(&ana, id, Command::AddEntry(ruled)).expect("decided");
    story.wait(720);
    let told =
        NewEntry { audience: Some(format!("customers{words}")), ..NewEntry::new(EntryKind::Communication, format!("we are back {words}")) };
    story.does(&ana, id, Command::AddEntry(told)).expect("told");
    let valid = NewEntry { outcome: Some(Outcome::Ok), ..NewEntry::new(EntryKind::Validation, format!("balances agree {words}")) };
    story.does(&bo, id, Command::AddEntry(valid)).expect("validated");
    story.does(&ana, id, Command::SetStatus { status: Status::Resolved, reason: String::new() }).expect("resolved");
    (story, id)
}

pub fn subject<'a>(story: &'a Story, id: IncidentId) -> Subject<'a> {
    Subject { incident: story.incident(id), org: &story.board.org, now: story.now, position: Some("log 0190a6f0, epoch 1, seq 14") }
}

#[test]
fn the_document_says_it_all() {
    let (story, id) = eventful("");
    insta::assert_snapshot!(markdown(&subject(&story, id)));
}

#[test]
fn the_shipped_templates_write_the_same_when_a_person_took_them_over() {
    let (story, id) = eventful("");
    let document = Document::of(&subject(&story, id));
    for style in [Style::Markdown, Style::Html] {
        let own = BTreeMap::from([("mine.j2".to_owned(), style.shipped().to_owned())]);
        let mine = document.write(style, &Templates { own, main: Some("mine.j2".into()) }).expect("a document");
        assert!(mine == document.write(style, &Templates::default()).expect("a document"));
    }
}

#[test]
fn the_table_has_a_record_a_line_and_columns_that_stay() {
    let (story, id) = eventful(", \"x\"\n=1");
    let table = Document::of(&subject(&story, id)).csv();
    assert!(table.split("\r\n").next().is_some_and(|heads| heads.split(',').eq(COLUMNS.iter().copied())));
    insta::assert_snapshot!(table.replace("\r\n", "␍\n"));
}

#[test]
fn programs_get_the_promised_shapes_and_exact_words() {
    let hostile = "\u{1b}]0;x\u{7} \u{202e}evil \u{e0041} \"q\" \\";
    let (story, id) = eventful(hostile);
    let text = export_json(&subject(&story, id), &[], None);
    assert!(!text.trim_end().chars().any(warroom::text::acts_or_hides), "harmless on a terminal");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["incident"]["title"], format!("Hot wallet drains {hostile}"));
    let has = |value: &serde_json::Value, keys: &str| keys.split(' ').for_each(|key| assert!(value.get(key).is_some(), "{key} in {value}"));
    has(&json, "incident roles entries tasks alerts summary readers log statuses ratings handovers gaps");
    has(&json["statuses"][0], "at by was status reason event state");
    has(&json["ratings"][0], "at by was priority what why event state");
    has(&json["handovers"][0], "at by role person from turn reason event state");
    has(&json["gaps"][0], "rule from until what remedy command");
    has(
        &json["incident"],
        "id code title status severity priority priority_reason drill services commander opened_at resolved_at last_entry_at alerts_firing",
    );
    has(&json["entries"][0], "id incident kind text at by roles components outcome audience state seq amended struck");
    has(&json["tasks"][0], "id incident person text given_at due_at understood_at done_at");
    assert_eq!(json["incident"]["opened_at"], "2026-11-21T12:00:00.000Z");
    assert_eq!(json["roles"][0]["role"], "commander");
    let entries = json["entries"].as_array().expect("entries");
    assert_eq!(entries.iter().filter(|entry| entry["amended"] == true).count(), 1);
    assert_eq!(entries.iter().filter(|entry| entry["struck"] == true).count(), 1);
}

/// What a Markdown reader takes for structure, line by line.
fn skeleton(document: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut goes_on = false;
    for line in document.lines() {
        let text = line.trim_start_matches(' ');
        let bare: String = text.split("\\\\").collect();
        let cells = bare.split("\\|").map(|part| part.matches('|').count()).sum::<usize>();
        let begins = ["# ", "## ", "### ", "- ", "|", "**"].iter().find(|mark| text.starts_with(**mark)).copied().unwrap_or("");
        if goes_on {
            let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
            assert!(!text.is_empty() && !text.starts_with(['#', '-', '+', '=', '>', '|', ':', '`', '~', '*', '<']), "{line:?}");
            assert!(number.len() == text.len() || !number.starts_with(['.', ')']), "{line:?}");
            assert_eq!(cells, 0, "{line:?}");
        } else {
            found.push(format!("{begins}{cells}"));
        }
        let tail = line.len() - line.trim_end_matches('\\').len();
        goes_on = tail % 2 == 1;
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_words_change_the_structure(words in "[-#|*_`~<>&\\[\\]()!+=:.\\\\0-9a-z \n\t\r\u{1b}\u{202e}]{0,40}") {
        let (benign, benign_id) = eventful("x");
        let words = format!("x{words}x");
        let (story, id) = eventful(&words);
        let document = markdown(&subject(&story, id));
        prop_assert!(!document.chars().any(|c| c != '\n' && warroom::text::acts_or_hides(c)));
        prop_assert_eq!(skeleton(&document), skeleton(&markdown(&subject(&benign, benign_id))));
    }
}

#[test]
fn what_no_server_has_is_said_once_for_all_of_it_and_by_each_line_where_it_is_some() {
    const EACH: &str = "**(not accepted by the server yet)**";
    let (mut story, ana) = (Story::new(), person("ana", Scope::Commander));
    let id = story.declares(&ana, "Node lag");
    story.writes(&ana, id, EntryKind::Note, "seen");
    let mut alone = Board::new(std::sync::Arc::clone(&story.board.org));
    story.log.iter().for_each(|(event, _)| alone.apply(event, None));
    let incident = alone.get(id).expect("held");
    let document = markdown(&Subject { incident, org: &alone.org, now: story.now, position: None });
    assert!(document.contains("**No server has accepted any of this yet") && !document.contains(EACH), "{document}");
    let last = story.decide(&ana, id, Command::AddEntry(NewEntry::new(EntryKind::Note, "later"))).expect("decided");
    last.iter().for_each(|event| story.board.apply(event, None));
    let document = markdown(&subject(&story, id));
    assert!(document.contains("**1 line is not accepted by the server yet") && document.matches(EACH).count() == 1, "{document}");
}
