//! The entry a command becomes. Before that it is a draft: a command that was killed with this program leaves one behind.

use crate::cli::desk::Desk;
use crate::cli::masking::Masked;
use crate::cli::run::child::End;
use crate::cli::run::tail;
use crate::cli::run::tail::Tail;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::domain::Command;
use crate::domain::EntryKind;
use crate::domain::IncidentId;
use crate::domain::NewEntry;
use crate::domain::Outcome;
use crate::domain::Timestamp;
use crate::replica::request::Request;
use crate::replica::snapshot::Held;
use crate::report::json_text;
use crate::secret;
use crate::text::Safe;
use crate::text::span;
use crate::tui::write::DraftState;
use crate::tui::write::Purpose;
use crate::tui::write::Stamp;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

/// How the keys of such drafts begin.
const KEY: &str = "run:";
/// Of a longer command line the beginning is recorded.
const COMMAND_MAX: usize = 4096;

/// What is noted of a command while it runs.
pub struct Note<'a> {
    session: &'a Session,
    /// None where nothing can be recorded; why was said.
    desk: Option<&'a Desk<'a>>,
    incident: Option<IncidentId>,
    key: String,
    command: String,
    place: String,
    began_at: Timestamp,
    /// The end of what it said.
    pub tail: Arc<Mutex<Tail>>,
    kept: u64,
    is_told: bool,
}

impl<'a> Note<'a> {
    /// Begins a note on a command, on disk before it starts.
    pub fn begin(session: &'a Session, desk: Option<&'a Desk<'a>>, words: &[OsString]) -> Self {
        let began_at = now();
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let folder = std::env::current_dir().map_or_else(|_| "a folder that is gone".into(), |folder| folder.display().to_string());
        let command: Vec<String> = words.iter().map(|word| quoted(&word.to_string_lossy())).collect();
        let command = command.join(" ");
        let (tail, key) = (Arc::default(), format!("{KEY}{}:{}", began_at.millis(), std::process::id()));
        let place = format!("on {host} in {folder}");
        let mut note = Self { session, desk, incident: None, key, command, place, began_at, tail, kept: 0, is_told: false };
        if let Some(Err(why)) = desk.map(Desk::ask_name) {
            session.output.note(&format!("no name was given: {why}"));
        }
        note.incident = desk.and_then(|desk| {
            let found = desk.header(None).map(|header| header.id);
            found.map_err(|why| session.output.note(&format!("in no incident's timeline, kept as a draft: {why}"))).ok()
        });
        note.keep_now();
        note
    }

    /// Keeps what was seen so far, if there is more.
    pub fn keep(&mut self) {
        if self.kept != self.tail.lock().unwrap_or_else(PoisonError::into_inner).changes {
            self.keep_now();
        }
    }

    fn keep_now(&mut self) {
        let Some(desk) = self.desk else { return };
        self.kept = self.tail.lock().unwrap_or_else(PoisonError::into_inner).changes;
        let (text, _) = self.text("started, and no end was seen", false);
        let stamp = Stamp { kind: EntryKind::Command, outcome: None, audience: None, at: Some(self.began_at) };
        let draft = DraftState { purpose: Purpose::Entry, cursor: text.len(), text, stamp };
        let body = serde_json::to_string(&draft).unwrap_or_default();
        let kept = desk.here.ask(Request::KeepDraft { key: self.key.clone(), incident: self.incident, body });
        if let (Err(why), false) = (kept, self.is_told) {
            self.is_told = true;
            self.session.output.note(&format!("not kept while it runs: {why}"));
        }
    }

    /// Records the command, now that it has ended.
    pub fn end(&self, end: &End, is_late: bool, took: Duration) {
        let Some(desk) = self.desk else { return };
        let after = format!("after {}", seconds(took));
        let how = match end {
            End::NotFound => "not found (exit 127)".to_owned(),
            End::NotStarted(_) => "not started (exit 126)".to_owned(),
            End::Signal(signal) if !is_late => format!("ended by signal {signal} {after}"),
            End::Lost => format!("its end was lost {after}"),
            End::Code(code) if !is_late => format!("exit {code} {after}"),
            End::Code(_) | End::Signal(_) => format!("ended by --timeout {after} (exit 124)"),
        };
        let (text, masked) = self.text(&how, true);
        let outcome = if *end == End::Code(0) && !is_late { Outcome::Ok } else { Outcome::Fail };
        let entry = NewEntry { at: Some(self.began_at), outcome: Some(outcome), ..NewEntry::new(EntryKind::Command, text) };
        if !masked.is_empty() && !self.session.global.record_secrets {
            let all: Vec<&str> = masked.iter().map(|masked| masked.what).collect();
            self.session.output.note(&format!("masked in the record: {}", all.join(", ")));
        }
        let Some(incident) = self.incident else { return self.keep_ended(entry.text, outcome) };
        match desk.act_on(incident, Command::AddEntry(entry), Some(&self.key), masked) {
            Ok(acted) if self.session.output.json => eprintln!("{}", json_text(&acted.entry_object())),
            Ok(_) => {}
            Err(why) => self.session.output.note(&format!("not recorded: {why}")),
        }
    }

    /// In no incident, it stays a draft that says how it ended.
    fn keep_ended(&self, text: String, outcome: Outcome) {
        let stamp = Stamp { kind: EntryKind::Command, outcome: Some(outcome), audience: None, at: Some(self.began_at) };
        let draft = DraftState { purpose: Purpose::Entry, cursor: text.len(), text, stamp };
        let body = serde_json::to_string(&draft).unwrap_or_default();
        let kept = self.desk.map(|desk| desk.here.ask(Request::KeepDraft { key: self.key.clone(), incident: None, body }));
        if let Some(Err(why)) = kept {
            self.session.output.note(&format!("not recorded: {why}"));
        }
    }

    /// The words of the entry, masked, and what was masked in them.
    fn text(&self, how: &str, is_whole: bool) -> (String, Vec<Masked>) {
        let (said, before) = self.tail.lock().unwrap_or_else(PoisonError::into_inner).words(is_whole);
        let mut all = Vec::new();
        let mut clean = |text: &str, field: &'static str| {
            let found = secret::masked(text).filter(|_| !self.session.global.record_secrets);
            let Some((masked, finds)) = found else { return text.to_owned() };
            let at = |start: usize| text[..start].chars().count() + 1;
            all.extend(finds.iter().map(|find| Masked { what: find.secret.word(), field, at: at(find.range.start) }));
            masked
        };
        let command = clean(&self.command, "command");
        let command = &command[..command.floor_char_boundary(COMMAND_MAX)];
        // Masked as a whole and then cut, so that no key loses the line it is known by.
        let said = tail::shown(&clean(&said, "output"), before);
        let said = if said.is_empty() { String::new() } else { format!("\n{}", Safe::lines(&said)) };
        (format!("{command}\n{}, {}: {how}{said}", self.place, started(self.began_at),), all)
    }
}

/// Records what commands left that were killed with the program that ran them: called wherever a replica is opened to be written.
pub fn recover(desk: &Desk<'_>) {
    for draft in desk.snapshot().drafts.iter().filter(|draft| draft.key.starts_with(KEY) && draft.held == Held::Here) {
        let (Some(incident), Ok(state)) = (draft.incident, serde_json::from_str::<DraftState>(&draft.body)) else { continue };
        let entry = NewEntry { at: state.stamp.at, outcome: state.stamp.outcome, ..NewEntry::new(EntryKind::Command, state.text) };
        // What cannot be recorded stays a draft, which the war room lists.
        let _ = desk.here.ask(Request::Command { incident, command: Command::AddEntry(entry), draft: Some(draft.key.clone()) });
    }
}

/// `started 2026-11-21 14:02:51.300 UTC`
fn started(at: Timestamp) -> String {
    let at = at.to_string();
    format!("started {}", at.trim_end_matches('Z').replace('T', " ") + " UTC")
}

fn seconds(took: Duration) -> String {
    if took < Duration::from_secs(60) { format!("{:.1} s", took.as_secs_f64()) } else { span::age(took.as_millis() as i64) }
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
