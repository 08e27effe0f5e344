//! Real replicas against a real server over real HTTP, with the line between them cut, lossy or silent.

use crate::outage::Outage;
use crate::outage::Weather;
use crate::replica_desk::Desk;
use crate::server::House;
use std::time::Duration;
use tokio::runtime::Runtime;
use warroom::domain::Command;
use warroom::domain::EntryKind;
use warroom::domain::EntryState;
use warroom::domain::IncidentId;
use warroom::domain::NewEntry;
use warroom::domain::RoleId;
use warroom::domain::Scope;
use warroom::domain::Status;
use warroom::replica::Remote;
use warroom::replica::Replica;
use warroom::replica::greet;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;
use warroom::replica::snapshot::Link;
use warroom::replica::snapshot::Snapshot;

/// A server, the line to it, and what makes remotes of it.
pub struct Field {
    pub runtime: Runtime,
    pub house: House,
    pub line: Outage,
}

impl Field {
    pub fn open() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let house = runtime.block_on(House::open());
        let line = Outage::before(house.running.as_ref().expect("a server").addr);
        Self { runtime, house, line }
    }

    pub fn remote(&self, person: &str, scope: Scope) -> Remote {
        Remote::new(&self.line.url(), &self.house.token(person, scope)).expect("a remote")
    }

    /// A replica of a person, exchanging.
    pub fn join(&self, desk: &Desk, person: &str) -> Replica {
        let mut replica = desk.open(person);
        replica.exchange(self.remote(person, Scope::Commander)).expect("an exchange");
        replica
    }

    pub fn log(&self) -> Vec<(String, String)> {
        let token = self.house.token("auditor", Scope::Viewer);
        self.runtime.block_on(self.house.log(&token))
    }
}

fn live(snapshot: &Snapshot) -> bool {
    matches!(snapshot.link, Link::Live { .. })
}

pub fn settled(snapshot: &Snapshot) -> bool {
    live(snapshot) && snapshot.unsent_total == 0
}

/// Everything a person sees of an incident, in one text.
fn seen(replica: &Replica, incident: IncidentId) -> String {
    let snapshot = replica.snapshot();
    let incident = snapshot.board.get(incident).expect("the incident");
    let lines = incident.timeline.iter().map(|entry| format!("{} {} {} {:?}\n", entry.at, entry.by(), entry.text, entry.state));
    format!("{} {} {:?}\n{}", incident.code_text(), incident.status.value, incident.commander(), lines.collect::<String>())
}

#[test]
fn two_people_write_while_the_server_is_gone_and_agree_when_it_is_back() {
    let field = Field::open();
    let (ana_desk, bo_desk) = (Desk::new(), Desk::new());
    let (ana, bo) = (field.join(&ana_desk, "ana"), field.join(&bo_desk, "bo"));
    let incident = ana_desk.declare(&ana, "Withdrawals suspended");
    ana_desk.until(&ana, settled);
    bo_desk.until(&bo, |now| now.board.get(incident).is_some_and(|held| held.code.is_some()));

    field.line.turn(Weather::Cut);
    for (desk, replica) in [(&ana_desk, &ana), (&bo_desk, &bo)] {
        desk.until(replica, |now| matches!(now.link, Link::Offline { .. }));
        for n in 0..10 {
            desk.log(replica, incident, &format!("offline {n}"));
        }
        desk.done(replica, incident, Command::TakeCommand { reason: "nobody has it".into() });
        assert_eq!(replica.snapshot().unsent_total, 11);
        let last = replica.snapshot().board.get(incident).unwrap().timeline.last().unwrap().clone();
        assert_eq!(last.state, EntryState::Local);
    }
    field.line.turn(Weather::Fair);
    ana.ask(Request::SyncNow);
    bo.ask(Request::SyncNow);
    ana_desk.until(&ana, settled);
    bo_desk.until(&bo, settled);
    let whole = field.log().len();
    ana_desk.until(&ana, |now| now.position.is_some_and(|position| position.seq == whole as u64));
    bo_desk.until(&bo, |now| now.position.is_some_and(|position| position.seq == whole as u64));
    assert_eq!(seen(&ana, incident), seen(&bo, incident));
    assert_eq!(ana.snapshot().position.unwrap().root, bo.snapshot().position.unwrap().root);
    // The second to take command was refused, visibly, and neither screen shows it as having happened.
    let parked: Vec<_> = [&ana, &bo].iter().flat_map(|replica| replica.snapshot().parked.to_vec()).collect();
    assert_eq!((parked.len(), parked[0].code.as_str()), (1, "command_held"), "{parked:?}");
    assert_eq!(whole, 1 + 20 + 1);
}

#[test]
fn an_entry_amended_by_two_offline_shows_both_versions_until_one_merges_them() {
    let field = Field::open();
    let (ana_desk, bo_desk) = (Desk::new(), Desk::new());
    let (ana, bo) = (field.join(&ana_desk, "ana"), field.join(&bo_desk, "bo"));
    let incident = ana_desk.declare(&ana, "Withdrawals suspended");
    let entry = ana_desk.log(&ana, incident, "Key leaked through the cache");
    ana_desk.until(&ana, settled);
    let held = |now: &Snapshot| now.board.get(incident).and_then(|held| held.timeline.find(entry)).cloned();
    bo_desk.until(&bo, |now| held(now).is_some());
    let amend = |text: &str| Command::reword(entry, text, "corrected");
    field.line.turn(Weather::Cut);
    for (desk, replica, text) in
        [(&ana_desk, &ana, "Key leaked through the CI cache"), (&bo_desk, &bo, "Key leaked through the cache, not proven")]
    {
        desk.until(replica, |now| matches!(now.link, Link::Offline { .. }));
        desk.done(replica, incident, amend(text));
    }
    field.line.turn(Weather::Fair);
    let crossed = |now: &Snapshot| held(now).is_some_and(|entry| entry.conflict);
    for (desk, replica) in [(&ana_desk, &ana), (&bo_desk, &bo)] {
        replica.ask(Request::SyncNow);
        let snapshot = desk.until(replica, |now| settled(now) && crossed(now));
        assert_eq!(snapshot.board.get(incident).unwrap().conflicts.len(), 1);
    }
    assert_eq!(seen(&ana, incident), seen(&bo, incident));
    let merged = "Key leaked through the CI cache, not proven";
    bo_desk.done(&bo, incident, amend(merged));
    for (desk, replica) in [(&ana_desk, &ana), (&bo_desk, &bo)] {
        let snapshot = desk.until(replica, |now| settled(now) && held(now).is_some_and(|entry| &*entry.text == merged) && !crossed(now));
        assert!(snapshot.board.get(incident).unwrap().conflicts.is_empty());
    }
}

#[test]
fn a_lost_answer_records_nothing_twice() {
    let field = Field::open();
    let desk = Desk::new();
    let replica = field.join(&desk, "ana");
    let incident = desk.declare(&replica, "Node lag");
    desk.until(&replica, settled);
    field.line.turn(Weather::LostAnswers);
    let entry = desk.log(&replica, incident, "said once");
    std::thread::sleep(Duration::from_millis(800));
    assert_eq!(replica.snapshot().unsent_total, 1);
    field.line.turn(Weather::Fair);
    replica.ask(Request::SyncNow);
    let snapshot = desk.until(&replica, settled);
    let state = snapshot.board.get(incident).unwrap().timeline.find(entry).unwrap().state;
    assert!(matches!(state, EntryState::Accepted { seq: 2, .. }), "{state:?}");
    assert_eq!(field.log().len(), 2);
}

#[test]
fn two_processes_of_one_home_share_one_exchange() {
    let field = Field::open();
    let desk = Desk::new();
    let first = field.join(&desk, "ana");
    desk.until(&first, live);
    let mut second = desk.open("ana");
    second.exchange(field.remote("ana", Scope::Commander)).unwrap();
    desk.until(&second, |now| now.link == Link::Elsewhere);
    let incident = desk.declare(&second, "Price feed stale");
    desk.until(&second, |now| now.unsent_total == 0 && now.board.get(incident).is_some_and(|held| held.code.is_some()));
    let once = desk.open("ana");
    desk.log(&once, incident, "from the command line");
    let done = once.exchange_once(&field.remote("ana", Scope::Commander), Duration::from_secs(5)).unwrap();
    assert!(done.elsewhere && done.waiting == 0, "{done:?}");
    // The first process ends; the second takes the exchange over.
    drop(first);
    desk.until(&second, live);
    desk.log(&second, incident, "after the change");
    desk.until(&second, settled);
    assert_eq!(field.log().len(), 3);
}

#[test]
fn what_was_written_alone_is_claimed_and_sent() {
    let field = Field::open();
    let desk = Desk::new();
    let replica = desk.open("root");
    let incident = desk.declare(&replica, "Written alone");
    desk.log(&replica, incident, "one");
    desk.done(&replica, incident, Command::SetStatus { status: Status::Investigating, reason: String::new() });
    let remote = field.remote("ana", Scope::Responder);
    desk.done(&replica, incident, Command::TakeCommand { reason: String::new() });
    let for_bo = NewEntry { by: Some("bo".into()), ..NewEntry::new(EntryKind::Note, "said by bo") };
    desk.done(&replica, incident, Command::AddEntry(for_bo));
    replica.ask(Request::KeepDraft { key: "write".into(), incident: Some(incident), body: "half a sen".into() });
    assert_eq!(replica.written_alone().unwrap(), [("root".into(), 5)].into());
    let before: Vec<_> = replica.snapshot().board.get(incident).unwrap().timeline.iter().map(|entry| entry.id).collect();
    let claimed = replica.claim(greet(&remote).unwrap(), ["root".into()].into()).unwrap();
    assert_eq!((claimed.events, claimed.by_others), (5, 1));
    let done = replica.exchange_once(&remote, Duration::from_secs(5)).unwrap();
    assert_eq!((done.sent, done.refused, done.waiting, done.trouble), (5, 0, 0, None));
    let snapshot = replica.snapshot();
    assert_eq!((snapshot.me.person.as_str(), snapshot.me.scope), ("ana", Scope::Responder));
    // No server had seen it: what root did, ana did, in the same order and under the same ids; what was written for bo stays bo's.
    let held = snapshot.board.get(incident).unwrap();
    assert_eq!((held.code_text().as_str(), held.commander().unwrap().person.as_str()), ("INC-1", "ana"));
    assert_eq!(held.timeline.iter().map(|entry| entry.id).collect::<Vec<_>>(), before);
    assert!(held.timeline.iter().all(|entry| entry.by().as_str() == if &*entry.text == "said by bo" { "bo" } else { "ana" }));
    let last = held.timeline.iter().find(|entry| &*entry.text == "said by bo").unwrap();
    assert_eq!(last.recorded_by.as_ref().unwrap().as_str(), "ana");
    assert!(field.log().iter().all(|(record, event)| record.contains("\"person\":\"ana\"") && !event.contains("root")));
    assert_eq!((snapshot.parked.len(), snapshot.drafts[0].body.as_str()), (0, "half a sen"));
}

#[test]
fn what_another_wrote_alone_is_not_signed_by_the_token_and_what_needs_it_waits() {
    let field = Field::open();
    let desk = Desk::new();
    let bo = desk.open("bo");
    let incident = desk.declare(&bo, "Declared by bo");
    drop(bo);
    let ana = desk.open("ana");
    desk.log(&ana, incident, "said by ana");
    let other = desk.declare(&ana, "Declared by ana");
    let remote = field.remote("ana", Scope::Responder);
    assert_eq!(ana.written_alone().unwrap(), [("ana".into(), 2), ("bo".into(), 1)].into());
    let claimed = ana.claim(greet(&remote).unwrap(), [].into()).unwrap();
    assert_eq!((claimed.events, claimed.by_others), (2, 0));
    let done = ana.exchange_once(&remote, Duration::from_secs(5)).unwrap();
    assert_eq!((done.sent, done.refused), (1, 0), "what ana said in bo's incident waits for bo's declaration");
    let snapshot = ana.snapshot();
    assert!(snapshot.board.get(other).unwrap().code.is_some());
    let codes: Vec<_> = snapshot.parked.iter().map(|parked| (parked.code.as_str(), parked.behind.is_some())).collect();
    assert_eq!(codes, [("other_person", false), ("behind", true)]);
    assert!(snapshot.parked[0].reason.contains("--claim bo"), "{}", snapshot.parked[0].reason);
    // Once it is said that bo is ana, all of it goes, in order.
    let claimed = ana.claim(greet(&remote).unwrap(), ["bo".into()].into()).unwrap();
    assert_eq!(claimed.events, 1);
    let done = ana.exchange_once(&remote, Duration::from_secs(5)).unwrap();
    assert_eq!((done.sent, done.refused, done.waiting), (2, 0, 0));
    assert!(ana.snapshot().parked.is_empty());
}

#[test]
fn a_wrong_token_and_another_log_are_refused_in_words() {
    let (field, other) = (Field::open(), Field::open());
    let desk = Desk::new();
    let mut replica = field.join(&desk, "ana");
    let incident = desk.declare(&replica, "Ours");
    desk.until(&replica, settled);
    for (remote, why) in [
        (Remote::new(&field.line.url(), "wr_0123456789abcdef").unwrap(), "does not accept this token"),
        (other.remote("ana", Scope::Commander), "use another --home"),
    ] {
        replica.exchange(remote).unwrap();
        desk.log(&replica, incident, "not for them");
        let refused = |now: &Snapshot| matches!(&now.link, Link::Refused { why: said } if said.to_lowercase().contains(why));
        desk.until(&replica, refused);
    }
    assert!(other.log().is_empty());
    assert_eq!(replica.snapshot().unsent_total, 2);
    replica.exchange(field.remote("ana", Scope::Commander)).unwrap();
    desk.until(&replica, settled);
    assert_eq!(field.log().len(), 3);
}

#[test]
fn a_viewer_reads_and_what_it_wrote_waits_for_a_better_token() {
    let field = Field::open();
    let (desk, other) = (Desk::new(), Desk::new());
    let writer = field.join(&other, "bo");
    let incident = other.declare(&writer, "Theirs");
    other.until(&writer, settled);
    let mut replica = desk.open("ana");
    let own = desk.declare(&replica, "Mine");
    replica.exchange(field.remote("ana", Scope::Viewer)).unwrap();
    let snapshot = desk.until(&replica, |now| live(now) && !now.parked.is_empty() && now.board.get(incident).is_some());
    assert_eq!((snapshot.parked[0].code.as_str(), snapshot.headers[&own].state), ("scope", EntryState::Refused));
    replica.exchange(field.remote("ana", Scope::Responder)).unwrap();
    desk.until(&replica, |now| settled(now) && now.parked.is_empty() && now.headers[&own].code.is_some());
}

#[test]
fn one_persons_outbox_is_not_sent_as_another() {
    let field = Field::open();
    let desk = Desk::new();
    let mut replica = field.join(&desk, "ana");
    let incident = desk.declare(&replica, "Shared box");
    desk.until(&replica, settled);
    field.line.turn(Weather::Cut);
    desk.log(&replica, incident, "ana's words");
    replica.exchange(field.remote("bo", Scope::Commander)).unwrap();
    field.line.turn(Weather::Fair);
    let snapshot = desk.until(&replica, |now| live(now) && now.me.person.as_str() == "bo");
    assert_eq!((snapshot.parked.len(), snapshot.parked[0].code.as_str()), (1, "other_person"));
    desk.log(&replica, incident, "bo's words");
    desk.until(&replica, settled);
    assert_eq!(field.log().len(), 2);
    replica.exchange(field.remote("ana", Scope::Commander)).unwrap();
    desk.until(&replica, |now| now.parked.is_empty() && settled(now));
    assert_eq!(field.log().len(), 3);
}

#[test]
fn what_depends_on_a_refused_event_waits_behind_it() {
    let field = Field::open();
    let (desk, other) = (Desk::new(), Desk::new());
    let (ana, bo) = (field.join(&desk, "ana"), field.join(&other, "bo"));
    let incident = desk.declare(&ana, "Command");
    desk.until(&ana, settled);
    other.until(&bo, |now| now.board.get(incident).is_some());
    field.line.turn(Weather::Cut);
    desk.done(&ana, incident, Command::TakeCommand { reason: String::new() });
    other.done(&bo, incident, Command::TakeCommand { reason: String::new() });
    other.done(&bo, incident, Command::OfferCommand { person: "chi".into(), briefing: "all quiet".into() });
    field.line.turn(Weather::Fair);
    ana.ask(Request::SyncNow);
    desk.until(&ana, settled);
    bo.ask(Request::SyncNow);
    let snapshot = other.until(&bo, |now| live(now) && now.unsent_total == 0 && now.parked.len() == 2);
    let held = snapshot.board.get(incident).unwrap();
    assert_eq!(held.commander().unwrap().person.as_str(), "ana");
    assert!(held.offer.is_none() && held.roles_of(&"bo".into()).is_empty() && held.holds(&"ana".into(), &RoleId::commander()));
}

/// Ends the server in order and answers what it needs to be started again.
pub fn stop(field: &mut Field) {
    field.line.turn(Weather::Cut);
    let running = field.house.running.take().expect("a server");
    field.runtime.block_on(running.shutdown());
}

pub fn start_again(field: &mut Field, restored: bool) {
    let mut config = field.house.config();
    config.accept_restored = restored;
    let running = field.runtime.block_on(warroom::server::start(config)).expect("a server");
    field.line.lead_to(running.addr);
    field.house.running = Some(running);
    field.line.turn(Weather::Fair);
}

pub fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_server_restored_from_a_backup_gets_the_lost_stretch_again() {
    let mut field = Field::open();
    let (ana_desk, bo_desk) = (Desk::new(), Desk::new());
    let (ana, bo) = (field.join(&ana_desk, "ana"), field.join(&bo_desk, "bo"));
    let incident = ana_desk.declare(&ana, "Before the backup");
    ana_desk.until(&ana, settled);
    bo_desk.until(&bo, |now| now.board.get(incident).is_some());
    stop(&mut field);
    let (folder, backup) = (field.house.folder.path().join("server"), field.house.folder.path().join("backup"));
    copy_folder(&folder, &backup);
    start_again(&mut field, false);
    for (desk, replica, words) in [(&ana_desk, &ana, "ana after it"), (&bo_desk, &bo, "bo after it")] {
        replica.ask(Request::SyncNow);
        desk.log(replica, incident, words);
        desk.until(replica, settled);
    }
    let other = bo_desk.declare(&bo, "Declared after it");
    bo_desk.until(&bo, settled);
    ana_desk.until(&ana, |now| now.position.is_some_and(|position| position.seq == 4));
    stop(&mut field);
    std::fs::remove_dir_all(&folder).unwrap();
    copy_folder(&backup, &folder);
    start_again(&mut field, true);
    for replica in [&ana, &bo] {
        replica.ask(Request::SyncNow);
    }
    for (desk, replica, own) in [(&ana_desk, &ana, "1 event written here"), (&bo_desk, &bo, "2 events written here")] {
        let back = |now: &Snapshot| settled(now) && now.position.is_some_and(|position| position.epoch == 2 && position.seq == 4);
        let snapshot = desk.until(replica, back);
        let alarm = snapshot.alarm.as_deref().unwrap();
        assert!(alarm.contains("restored from a backup") && alarm.contains(own), "{alarm}");
        desk.until(replica, |now| now.board.get(other).is_some());
    }
    assert_eq!((seen(&ana, incident), seen(&ana, other)), (seen(&bo, incident), seen(&bo, other)));
    assert_eq!(field.log().len(), 4);
}

#[test]
fn an_incident_that_ends_while_it_is_watched_stays_in_full() {
    let field = Field::open();
    let (ana_desk, bo_desk) = (Desk::new(), Desk::new());
    let (ana, bo) = (field.join(&ana_desk, "ana"), field.join(&bo_desk, "bo"));
    let incident = ana_desk.declare(&ana, "Nearly over");
    bo_desk.until(&bo, |now| live(now) && now.board.get(incident).is_some());
    ana_desk.done(&ana, incident, Command::SetStatus { status: Status::Resolved, reason: "over".into() });
    bo_desk.until(&bo, |now| now.headers[&incident].status == Status::Resolved);
    std::thread::sleep(Duration::from_millis(100));
    assert!(bo.snapshot().board.get(incident).is_some_and(|held| held.timeline.len() == 2));
    assert!(ana.snapshot().board.get(incident).is_some());
}

#[test]
fn another_process_of_the_home_misses_nothing_of_a_busy_stream() {
    let field = Field::open();
    let (ana_desk, bo_desk) = (Desk::new(), Desk::new());
    let (ana, bo) = (field.join(&ana_desk, "ana"), field.join(&bo_desk, "bo"));
    let incident = bo_desk.declare(&bo, "Busy");
    let beside = ana_desk.open("ana");
    ana_desk.until(&beside, |now| now.board.get(incident).is_some());
    for n in 0..150 {
        bo_desk.log(&bo, incident, &format!("line {n}"));
        if n % 10 == 0 {
            ana_desk.log(&beside, incident, &format!("beside {n}"));
        }
    }
    let whole = |now: &Snapshot| now.unsent_total == 0 && now.board.get(incident).is_some_and(|held| held.timeline.len() == 166);
    ana_desk.until(&ana, whole);
    ana_desk.until(&beside, whole);
    bo_desk.until(&bo, whole);
    assert_eq!((seen(&ana, incident), seen(&ana, incident)), (seen(&beside, incident), seen(&bo, incident)));
    assert_eq!(beside.snapshot().trouble, None);
}

#[test]
fn the_hash_a_replica_tells_of_an_entry_is_the_one_its_record_names() {
    let field = Field::open();
    let desk = Desk::new();
    let ana = field.join(&desk, "ana");
    let incident = desk.declare(&ana, "Withdrawals suspended");
    let entry = desk.log(&ana, incident, "Key leaked through the cache");
    let told = |replica: &Replica| match replica.ask(Request::Hash(entry)) {
        Answer::Hashed(sha256) => sha256,
        other => panic!("{other:?}"),
    };
    let before = told(&ana);
    desk.until(&ana, settled);
    assert_eq!(before, told(&ana), "waiting or accepted, the bytes are the author's");
    let (record, _) = field.log().into_iter().find(|(_, event)| event.contains(&entry.to_string())).expect("the record");
    assert!(record.contains(&before), "{before} is not in {record}");
}
