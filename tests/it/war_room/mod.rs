//! The war room, driven by keys and read off its frames.

mod ahead;
mod bytes;
mod calls;
mod clock;
mod closed_box;
mod command;
mod contrast;
mod endurance;
mod hostile;
mod incidents;
mod incidents_bulk;
mod keys;
mod mouse;
mod palette;
mod presence;
mod presenting;
mod rating;
mod read_only;
pub mod room;
mod screens;
mod states;
mod timeline;
mod writing;

use crate::story::Story;
use crate::story::person;
use warroom::domain::*;

/// The incident of the sketches: a hot-wallet drain in its second hour, with two others beside it.
pub fn withdrawals() -> (Story, IncidentId) {
    let mut story = Story::new();
    let [ana, bo, chi, dee, eve] = ["ana", "bo", "chi", "dee", "eve"].map(|name| person(name, Scope::Commander));
    let feed = story.declares(&chi, "price feed stale");
    story.does(&chi, feed, Command::SetSeverity { severity: Severity::new(4).expect("4"), reason: String::new() }).expect("rated");
    story.does(&chi, feed, Command::SetStatus { status: Status::Monitoring, reason: String::new() }).expect("status");
    story.wait(184);
    let node = story.declares(&bo, "eth-mainnet node lag");
    story.does(&bo, node, Command::TakeCommand { reason: String::new() }).expect("command");
    story.does(&bo, node, Command::SetSeverity { severity: Severity::new(2).expect("2"), reason: String::new() }).expect("rated");
    let id = story.declares(&ana, "Withdrawals suspended: hot wallet drained");
    story.does(&ana, id, Command::TakeCommand { reason: String::new() }).expect("command");
    story.does(&ana, id, Command::SetStatus { status: Status::Investigating, reason: String::new() }).expect("status");
    let scores = [("money_at_risk", 4), ("money_per_minute", 3), ("service", 4)];
    let scores = scores.into_iter().map(|(id, level)| (id.to_owned(), Score { level: Some(level), amount_usd: None }));
    story.does(&ana, id, Command::Assess { scores: scores.collect(), reason: String::new() }).expect("assessed");
    let assign = |role: &str, name: &str| Command::AssignRole { role: RoleId::new(role), person: Person::new(name) };
    story.does(&ana, id, assign("deputy", "bo")).expect("deputy");
    story.does(&ana, id, assign("operations", "chi")).expect("operations");
    story.does(&ana, id, assign("customers", "eve")).expect("customers");
    story.writes(&ana, id, EntryKind::Decision, "Suspend withdrawals on BTC and ETH");
    story.wait(3);
    let mut command = NewEntry::new(EntryKind::Command, "kubectl scale deploy/withdrawer --replicas=0");
    command.outcome = Some(Outcome::Ok);
    story.does(&chi, id, Command::AddEntry(command)).expect("command");
    story.wait(4);
    story.writes(&dee, id, EntryKind::Hypothesis, "Key of signer-3 leaked through the build cache");
    story.wait(21);
    let mut validation = NewEntry::new(EntryKind::Validation, "Balances on 4 nodes agree, block 21 934 877");
    validation.outcome = Some(Outcome::Ok);
    story.does(&chi, id, Command::AddEntry(validation)).expect("validation");
    story.wait(16);
    let mut said = NewEntry::new(EntryKind::Communication, "Status page updated: withdrawals paused");
    said.audience = Some("customers".into());
    story.does(&eve, id, Command::AddEntry(said)).expect("communication");
    let task = |name: &str, text: &str, minutes: i64, now: Timestamp| Command::GiveTask {
        person: Person::new(name),
        text: text.into(),
        due_at: Some(now.plus_ms(minutes * 60_000)),
    };
    let now = story.now;
    story.does(&ana, id, task("chi", "second validation of the signer", 64, now)).expect("task");
    story.does(&ana, id, task("dee", "signer-3 build log", 58, now)).expect("task");
    story.does(&ana, id, Command::SetStatus { status: Status::Mitigating, reason: String::new() }).expect("status");
    story.wait(60);
    story.writes(&bo, id, EntryKind::Observation, "Outflow back to baseline");
    (story, id)
}
