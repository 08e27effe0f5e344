//! What a record lacks, rule by rule: what each finds, when it holds its tongue, and that a record that is whole has none.

use crate::story::Story;
use crate::story::person;
use std::collections::BTreeMap;
use warroom::domain::*;
use warroom::report::Document;
use warroom::report::Gap;
use warroom::report::Subject;

/// An incident of severity 1 (P1), declared at 12:00 by ana, a commander; bo responds.
struct Case {
    story: Story,
    id: IncidentId,
    ana: Author,
    bo: Author,
}

impl Case {
    fn new(severity: Option<u8>) -> Self {
        let (mut story, ana, bo) = (Story::new(), person("ana", Scope::Commander), person("bo", Scope::Responder));
        let (title, summary) = ("Hot wallet drains".to_owned(), "Outflow without a ticket".to_owned());
        let severity = severity.and_then(Severity::new);
        let declare = Command::Declare { title, summary, services: vec![], severity, at: None, drill: false };
        let id = story.does(&ana, IncidentId::ORG, declare).expect("declared").into();
        Self { story, id, ana, bo }
    }

    /// The same with ana in command and a decision, so that only what a test leaves out is missing.
    fn commanded(severity: u8) -> Self {
        let mut case = Self::new(Some(severity));
        case.does(Command::TakeCommand { reason: String::new() });
        case.writes(EntryKind::Decision, "suspend withdrawals");
        case.tells();
        case
    }

    fn does(&mut self, command: Command) -> EventId {
        self.story.does(&self.ana, self.id, command).expect("done")
    }

    fn writes(&mut self, kind: EntryKind, text: &str) -> EventId {
        self.story.writes(&self.bo, self.id, kind, text)
    }

    fn tells(&mut self) {
        let told = NewEntry { audience: Some("customers".into()), ..NewEntry::new(EntryKind::Communication, "paused") };
        self.does(Command::AddEntry(told));
    }

    fn stands(&mut self, status: Status, reason: &str) {
        self.does(Command::SetStatus { status, reason: reason.into() });
    }

    fn resolves(&mut self) {
        let valid = NewEntry { outcome: Some(Outcome::Ok), ..NewEntry::new(EntryKind::Validation, "balances agree") };
        self.does(Command::AddEntry(valid));
        self.stands(Status::Resolved, "");
    }

    fn gaps(&self) -> Vec<Gap> {
        let (incident, org) = (self.story.incident(self.id), &self.story.board.org);
        Document::of(&Subject { incident, org, now: self.story.now, position: None }).gaps
    }

    /// The gaps as `rule from..until`, times of day.
    fn told(&self) -> Vec<String> {
        let clock = |at: Timestamp| at.to_string()[11..19].to_owned();
        let told =
            |gap: &Gap| format!("{} {}{}", gap.rule, clock(gap.from), gap.until.map_or_else(String::new, |at| format!("..{}", clock(at))));
        self.gaps().iter().map(told).collect()
    }
}

#[test]
fn a_whole_record_lacks_nothing() {
    let mut case = Case::commanded(1);
    case.writes(EntryKind::Action, "withdrawals suspended");
    case.stands(Status::Mitigating, "the key is rotated");
    case.resolves();
    assert_eq!(case.told(), [""; 0]);
}

#[test]
fn no_validation() {
    let mut case = Case::commanded(1);
    case.stands(Status::Resolved, "it stopped by itself");
    assert_eq!(case.told(), ["validation 12:00:04"]);
    assert!(
        case.gaps()[0].what.contains("no validation says how the fix was checked") && case.gaps()[0].command.contains("--kind validation")
    );

    let mut case = Case::commanded(1);
    let failed = NewEntry { outcome: Some(Outcome::Fail), ..NewEntry::new(EntryKind::Validation, "balances differ") };
    case.does(Command::AddEntry(failed));
    case.stands(Status::Resolved, "enough");
    assert!(case.gaps()[0].what.contains("did not end well"), "{:?}", case.gaps());

    let mut case = Case::commanded(1);
    let valid = NewEntry { outcome: Some(Outcome::Ok), ..NewEntry::new(EntryKind::Validation, "balances agree") };
    case.does(Command::AddEntry(valid));
    case.writes(EntryKind::Action, "resumed");
    case.stands(Status::Resolved, "enough");
    assert!(case.gaps()[0].what.contains("later than the last action"), "{:?}", case.gaps());
}

#[test]
fn an_hour_of_silence_and_four_while_it_is_only_watched() {
    let mut case = Case::commanded(1);
    case.story.wait(59);
    case.writes(EntryKind::Note, "still looking");
    case.story.wait(61);
    case.writes(EntryKind::Note, "found");
    assert_eq!(case.told(), ["silence 12:59:04..14:00:05"]);
    assert!(case.gaps()[0].what.contains("1 h 1 min 1 s") && case.gaps()[0].what.contains("triage"), "{:?}", case.gaps());
    case.stands(Status::Monitoring, "repaired");
    case.story.wait(3 * 60);
    assert_eq!(case.told().len(), 1, "watching is quiet work");
    case.story.wait(61);
    assert_eq!(case.told()[1..], ["silence 14:00:06"], "and goes on");
    case.resolves();
    case.story.wait(600);
    assert_eq!(case.told().len(), 2, "what is over may be silent");
}

#[test]
fn alerts_do_not_break_a_silence() {
    let mut case = Case::commanded(1);
    for minutes in [30, 30, 30] {
        case.story.wait(minutes);
        fires(&mut case, false);
    }
    case.writes(EntryKind::Note, "found");
    assert_eq!(case.told(), ["silence 12:00:03..13:30:04"]);
}

/// An alert fires, or resolves, as an intake records it.
fn fires(case: &mut Case, is_over: bool) {
    let at = case.story.now;
    let number = case.story.log.len() as u128;
    let (key, source) = ("outflow".to_owned(), "alertmanager".to_owned());
    let body: Body = if is_over {
        AlertResolved { key, source, ends_at: None }.into()
    } else {
        let (summary, url, labels) = (String::new(), String::new(), BTreeMap::new());
        AlertFired { key, source, title: "Outflow".into(), summary, labels, severity: None, starts_at: None, url }.into()
    };
    let (id, device) = (EventId(uuid::Uuid::from_u128(number << 40 | 7)), DeviceId(uuid::Uuid::from_u128(9)));
    let by = Person::new("alertmanager");
    let event = Event { id, incident: case.id, at, by: by.clone(), device, index: 0, salt: String::new(), replaces: None, body };
    let seq = case.story.log.len() as u64 + 1;
    let accepted = Acceptance { seq, received_at: at, person: by, code: None };
    case.story.board.apply(&event, Some(&accepted));
    case.story.log.push((event, accepted));
}

#[test]
fn a_p1_without_commander() {
    let mut case = Case::new(Some(1));
    case.story.wait(4);
    assert_eq!(case.told(), [""; 0], "somebody must have time to take it");
    case.story.wait(2);
    assert_eq!(case.told(), ["command 12:00:00"], "and goes on");
    assert_eq!(case.gaps()[0].command, "warroom take");
    case.does(Command::TakeCommand { reason: String::new() });
    assert_eq!(case.told(), ["command 12:00:00..12:06:01"]);
    assert!(case.gaps()[0].what.contains("6 min 1 s"), "{:?}", case.gaps());
    // A P2 may wait, and so may what is over.
    case.does(Command::SetSeverity { severity: Severity::new(2).expect("a severity"), reason: "less than thought".into() });
    case.does(Command::ReleaseRole { role: RoleId::commander(), person: None });
    case.story.wait(30);
    case.writes(EntryKind::Decision, "let it be");
    case.tells();
    case.does(Command::SetSeverity { severity: Severity::new(1).expect("a severity"), reason: "more than thought".into() });
    case.story.wait(3);
    case.resolves();
    case.story.wait(600);
    assert_eq!(case.told(), ["command 12:00:00..12:06:01"]);
}

#[test]
fn a_status_nobody_explained() {
    let mut case = Case::commanded(2);
    case.story.wait(6);
    case.stands(Status::Investigating, "");
    case.story.wait(6);
    case.stands(Status::Contained, "the key is rotated");
    case.story.wait(6);
    case.stands(Status::Mitigating, "");
    case.story.wait(4);
    case.writes(EntryKind::Action, "new nodes come up");
    assert_eq!(case.told(), ["status 12:06:04"]);
    assert!(case.gaps()[0].what.contains("ana changed the status from triage to investigating"), "{:?}", case.gaps());
    case.story.wait(20);
    case.resolves();
    case.story.wait(20);
    case.stands(Status::Closed, "");
    assert_eq!(case.told(), ["status 12:06:04"], "a validation explains a resolution, and closing what is resolved needs none");
}

#[test]
fn nobody_said_how_bad_it_was() {
    let mut case = Case::new(None);
    case.does(Command::TakeCommand { reason: String::new() });
    case.resolves();
    assert_eq!(case.told(), ["impact 12:00:03"]);
    let mut scored = Case::new(None);
    scored.does(Command::TakeCommand { reason: String::new() });
    let scores = BTreeMap::from([("custody".to_owned(), Score { level: Some(1), amount_usd: None })]);
    scored.does(Command::Assess { scores, reason: String::new() });
    scored.resolves();
    assert_eq!(scored.told(), [""; 0]);
}

#[test]
fn a_p1_or_p2_nobody_was_told_of_and_nothing_was_decided_in() {
    let mut case = Case::new(Some(2));
    case.does(Command::TakeCommand { reason: String::new() });
    case.story.wait(50);
    case.writes(EntryKind::Note, "looking");
    assert_eq!(case.told(), [""; 0]);
    case.story.wait(20);
    assert_eq!(case.told(), ["communication 12:00:00"]);
    case.resolves();
    assert_eq!(case.told(), ["communication 12:00:00", "decision 13:10:04"]);
    let mut small = Case::new(Some(3));
    small.does(Command::TakeCommand { reason: String::new() });
    small.resolves();
    assert_eq!(small.told(), [""; 0]);
}

#[test]
fn a_task_nobody_answered_or_ended() {
    let mut case = Case::commanded(2);
    let give = |due: Option<Timestamp>| Command::GiveTask { person: "bo".into(), text: "rotate signer-3".into(), due_at: due };
    let task = case.does(give(None));
    assert_eq!(case.told(), [""; 0]);
    case.story.wait(11);
    assert_eq!(case.told(), ["task 12:00:04"]);
    assert!(case.gaps()[0].what.contains("for bo was never answered: rotate signer-3"), "{:?}", case.gaps());
    case.story.does(&case.bo.clone(), case.id, Command::UnderstandTask { task }).expect("understood");
    assert_eq!(case.told(), [""; 0]);
    let due = case.story.now.plus_ms(60_000);
    case.does(give(Some(due)));
    case.story.wait(2);
    assert_eq!(case.told(), ["task 12:12:06"], "since it was due");
    case.resolves();
    assert!(case.told().iter().all(|told| told.starts_with("task")) && case.gaps().len() == 2, "{:?}", case.gaps());
    assert!(case.gaps()[0].what.contains("was never ended"), "{:?}", case.gaps());
}

#[test]
fn a_hypothesis_nobody_decided() {
    let mut case = Case::commanded(2);
    let ruled = case.writes(EntryKind::Hypothesis, "signer-3 leaked");
    let open = case.writes(EntryKind::Hypothesis, "the exporter lies");
    case.does(Command::AddEntry(NewEntry { reply_to: Some(ruled), ..NewEntry::new(EntryKind::Decision, "treat it as lost") }));
    assert_eq!(case.told(), [""; 0], "while it is open it is a question");
    case.resolves();
    assert_eq!(case.told(), ["hypothesis 12:00:05"]);
    case.does(Command::StrikeEntry { entry: open, reason: "wrong".into() });
    assert_eq!(case.told(), [""; 0]);
    for number in 0..20 {
        case.writes(EntryKind::Hypothesis, &format!("number {number}"));
    }
    let gaps = case.gaps();
    assert!(gaps.len() == 9 && gaps[8].what.starts_with("12 more"), "{gaps:?}");
}

#[test]
fn a_role_its_holder_never_acknowledged() {
    let mut case = Case::commanded(2);
    case.does(Command::AssignRole { role: RoleId::new("scribe"), person: "chi".into() });
    assert_eq!(case.told(), [""; 0]);
    case.story.wait(11);
    assert_eq!(case.told(), ["role 12:00:04"]);
    assert!(case.gaps()[0].what.contains("chi was given the role scribe"), "{:?}", case.gaps());
    let chi = person("chi", Scope::Responder);
    case.story.does(&chi, case.id, Command::AcknowledgeRole { role: RoleId::new("scribe") }).expect("known");
    assert_eq!(case.told(), [""; 0]);
}

#[test]
fn resolved_with_an_offer_open_and_alerts_firing() {
    let mut case = Case::commanded(2);
    fires(&mut case, false);
    case.does(Command::OfferCommand { person: "bo".into(), briefing: String::new() });
    case.resolves();
    assert_eq!(case.told(), ["offer 12:00:04", "alert 12:00:06"]);
    fires(&mut case, true);
    assert_eq!(case.told(), ["offer 12:00:04"]);
}

#[test]
fn resolved_without_a_summary() {
    let mut case = Case::commanded(2);
    case.does(Command::Edit { title: None, summary: Some(String::new()), services: None });
    case.resolves();
    assert_eq!(case.told(), ["summary 12:00:06"]);
}
