//! What is configured, reachable, locked, unsent, damaged: each in words, with what to do.

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::here::gave_way;
use crate::cli::home::Home;
use crate::cli::output::Paint;
use crate::cli::remote;
use crate::cli::session::Connection;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::cli::verify::turned;
use crate::cli::verify::unproven;
use crate::replica::Mend;
use crate::replica::snapshot::Snapshot;
use crate::text::Safe;
use crate::text::span;
use crate::tui;
use crate::wire::Me;
use crate::wire::PROTOCOL;
use clap::Args;
use serde::Serialize;

/// From how many milliseconds on two clocks are said to differ.
const SKEW_MS: i64 = 2_000;
/// How long before its end a token is worth a word.
const EXPIRY_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What is configured, reachable, locked, unsent, damaged.
#[derive(Args, Debug)]
pub struct Doctor {
    /// Set a damaged store aside, save what was not sent, and fetch the rest again
    #[arg(long)]
    repair: bool,
}

/// How one thing is.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Note,
    Problem,
}

/// One thing looked at.
#[derive(Serialize)]
struct Check {
    check: &'static str,
    state: State,
    words: String,
}

impl Check {
    fn new(check: &'static str, state: State, words: impl Into<String>) -> Self {
        Self { check, state, words: words.into() }
    }
}

impl Doctor {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let home = session.home()?;
        let mut checks = vec![home_check(&home)];
        let connection = session.connection(&home);
        let me = match &connection {
            Ok(connection) => check_remote(connection, &mut checks),
            Err(failure) => {
                checks.push(Check::new("connection", State::Problem, failure.to_string()));
                None
            }
        };
        checks.extend(lock_check(&home));
        let unconnected = Connection { remote: None, token: None, stored: None };
        let mend = if self.repair { Mend::WhatIsNotAsWritten } else { Mend::Nothing };
        let opened = Desk::open_at(session, home, connection.unwrap_or(unconnected), mend.into());
        let damaged = match &opened {
            Ok(desk) => {
                if me.is_some() {
                    desk.refresh();
                }
                check_store(&desk.snapshot(), me.as_ref(), &mut checks);
                checks.extend(check_lost(desk));
                checks.extend(
                    desk.here.gave_way().filter(|count| *count > 0).map(|count| Check::new("imported", State::Note, gave_way(count))),
                );
                check_bytes(desk, &mut checks)
            }
            Err(failure) => {
                checks.push(Check::new("store", State::Problem, failure.to_string()));
                Some(failure.clone())
            }
        };
        for check in &checks {
            if session.output.json {
                session.output.object(check)?;
            } else {
                let (word, paint) = match check.state {
                    State::Ok => ("ok     ", Paint::Good),
                    State::Note => ("note   ", Paint::Warm),
                    State::Problem => ("PROBLEM", Paint::Loud),
                };
                let words = Safe::lines(&check.words).as_str().replace('\n', "\n                      ");
                session.output.line(format!("{}  {:<11}  {words}", session.output.paint(word, paint), check.check))?;
            }
        }
        damaged.map_or(Ok(()), Err)
    }
}

fn home_check(home: &Home) -> Check {
    let folder = home.folder().display();
    match (home.prepare(), home.network_file_system()) {
        (Err(failure), _) => Check::new("home", State::Problem, failure.to_string()),
        (Ok(()), Some(kind)) => {
            let words = format!(
                "{folder} lies on a network file system ({kind}), where locks and fsync cannot be trusted; use a local folder: --home DIR or WARROOM_HOME"
            );
            Check::new("home", State::Problem, words)
        }
        (Ok(()), None) => Check::new("home", State::Ok, folder.to_string()),
    }
}

/// Whether another process of this home does the exchange now.
fn lock_check(home: &Home) -> Option<Check> {
    let file = std::fs::File::open(home.folder().join("sync.lock")).ok()?;
    let is_held = matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock));
    is_held.then(|| {
        Check::new("lock", State::Note, "another warroom of this home is open and does the exchange; what is written here goes with it")
    })
}

fn check_remote(connection: &Connection, checks: &mut Vec<Check>) -> Option<Me> {
    let Some(address) = &connection.remote else {
        checks.push(Check::new("server", State::Note, "none is configured; everything stays here until `warroom connect URL`"));
        return None;
    };
    let Some(token) = &connection.token else {
        let words = format!(
            "{address}, but there is no token for it; `warroom connect {address}` with --token-file FILE or WARROOM_TOKEN keeps one"
        );
        checks.push(Check::new("server", State::Problem, words));
        return None;
    };
    let me = match remote::me(address, token) {
        Ok(me) => me,
        Err(failure) => {
            let safe = "what you write is kept here and sent when it answers";
            checks.push(Check::new("server", State::Problem, format!("{failure}; {safe}")));
            return None;
        }
    };
    checks.push(Check::new("server", State::Ok, format!("{address} answers, version {}, log {}", me.version, me.log)));
    if me.protocol > PROTOCOL {
        checks.push(Check::new("version", State::Note, "the server speaks a newer protocol; update this program to see everything"));
    }
    let mut token_state = State::Ok;
    let mut words = format!("`{}` stands for {}, scope {}", me.token, me.person, me.scope);
    if let Some(at) = me.expires_at {
        words.push_str(&format!(", ends {at}"));
        if at.since_ms(now()) < EXPIRY_MS {
            words.push_str(": ask an administrator for a new one");
            token_state = State::Note;
        }
    }
    checks.push(Check::new("token", token_state, words));
    let skew_ms = me.now.since_ms(now());
    let clock = if skew_ms.abs() > SKEW_MS {
        let side = if skew_ms > 0 { "behind" } else { "ahead of" };
        Check::new(
            "clock",
            State::Problem,
            format!(
                "this machine is {} {side} the server; set its clock (timedatectl), times you write are off by as much",
                span::words(skew_ms.abs())
            ),
        )
    } else {
        Check::new("clock", State::Ok, "agrees with the server's within two seconds")
    };
    checks.push(clock);
    Some(me)
}

/// Walks the log held here; what is damaged decides how the whole check ends.
fn check_bytes(desk: &Desk<'_>, checks: &mut Vec<Check>) -> Option<Failure> {
    match desk.here.replica.verify().map_err(Failure::from) {
        Ok(verified) => {
            let words = format!("{} records and {} unsent events are as they were written", verified.records, verified.waiting);
            checks.push(Check::new("bytes", State::Ok, words));
            if verified.heads_alone > 0 {
                checks.push(Check::new("history", State::Note, unproven(verified.heads_alone)));
            }
            if verified.redacted > 0 {
                let words = format!(
                    "the words of {} records were deleted here; documents exported before, backups and copies that never come back online cannot be recalled. A server on PostgreSQL keeps them in dead rows until VACUUM, and in its WAL until the archive expires",
                    verified.redacted
                );
                checks.push(Check::new("redacted", State::Note, words));
            }
            let damaged = verified.damaged.first().map(|_| turned(&verified.damaged));
            checks.extend(damaged.as_ref().map(|failure| Check::new("unsent", State::Problem, failure.to_string())));
            damaged
        }
        Err(failure) => {
            checks.push(Check::new("bytes", State::Problem, failure.to_string()));
            Some(failure)
        }
    }
}

/// By which key the server is known, and how far its signature was found true.
fn signature(snapshot: &Snapshot, me: Option<&Me>) -> Option<Check> {
    let Some(signed) = &snapshot.signed else {
        let is_older = me.is_some_and(|me| me.key.is_none());
        return is_older.then(|| Check::new("signature", State::Note, "the server does not sign its record; update it"));
    };
    let held = snapshot.position.map_or(0, |position| position.seq);
    let later = match held.saturating_sub(signed.seq) {
        0 => String::new(),
        records => format!("; {records} came after the last signature seen here"),
    };
    let words = format!("known by the key {}; its signature over {} records was found true here{later}", signed.key, signed.seq);
    Some(Check::new("signature", State::Ok, words))
}

/// What a restored server lost and nobody has sent again.
fn check_lost(desk: &Desk<'_>) -> Option<Check> {
    let lost = desk.here.replica.lost().ok()?;
    let total: usize = lost.people.values().sum();
    let people: Vec<String> = lost.people.iter().map(|(person, events)| format!("{person} {events}")).collect();
    let mut words = format!(
        "{total} events that the restored server lost are held here and not back ({}); their authors' machines send them when they connect",
        people.join(", ")
    );
    if lost.offerable > 0 {
        words.push_str(&format!(
            "\n{} of them are entries and declarations: `warroom sync --offer-lost` offers these as recorded by you (admin)",
            lost.offerable
        ));
    }
    (total > 0).then(|| Check::new("lost", State::Note, words))
}

fn check_store(snapshot: &Snapshot, me: Option<&Me>, checks: &mut Vec<Check>) {
    let held = format!("incidents held: {}, as {} ({})", snapshot.headers.len(), snapshot.me.person, snapshot.me.scope);
    checks.push(Check::new("store", State::Ok, held));
    checks.extend(signature(snapshot, me));
    if let Some(trouble) = &snapshot.trouble {
        checks.push(Check::new("saving", State::Problem, trouble.clone()));
    }
    if let Some(alarm) = &snapshot.alarm {
        checks.push(Check::new("log", State::Problem, alarm.clone()));
    }
    if let (Some(position), Some(me)) = (&snapshot.position, me)
        && position.log != me.log
    {
        let words = format!(
            "this copy belongs to log {}, the server has log {}; nothing is sent there. Connect to the right server, or use another --home for this one",
            position.log, me.log
        );
        checks.push(Check::new("log", State::Problem, words));
    }
    let unsent = match (snapshot.unsent_total, snapshot.unsent_since) {
        (0, _) => Check::new("unsent", State::Ok, "nothing waits for the server"),
        (count, since) => {
            let age = since.map_or_else(String::new, |since| format!(", the oldest for {}", span::words(now().since_ms(since))));
            Check::new(
                "unsent",
                State::Note,
                format!("{count} written here and not sent{age}; safe on this disk, `warroom sync` tries now"),
            )
        }
    };
    checks.push(unsent);
    for parked in snapshot.parked.iter() {
        let behind = if parked.behind.is_some() { " (waits behind a refused one)" } else { "" };
        let words = format!(
            "{}{behind}: {}\nrefused: {}\nopen the war room and press `!` to retry, move or export it",
            parked.kind, parked.words, parked.reason
        );
        checks.push(Check::new("refused", State::Problem, words));
    }
    // Where the war room was is kept like a draft, but holds no words.
    let drafts = snapshot.drafts.iter().filter(|draft| tui::is_words(&draft.key)).count();
    if drafts > 0 {
        checks.push(Check::new("drafts", State::Note, format!("{drafts} kept; the war room opens them where they belong")));
    }
}
