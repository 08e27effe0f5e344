//! `warroom run`: a command on this machine, untouched, and one entry about it.
//!
//! * `child` starts it, on a terminal of its own where ours is one, through pipes elsewhere, and passes bytes and signals through.
//! * `tail` keeps the end of what it said, in bounded memory, as plain words.
//! * `note` is the entry it becomes: a draft from before the command starts, kept twice a second, an entry when the command has ended.
//!   A draft whose process died is recorded by the next command of this home, so that being killed loses nothing.
//! * `terminal` is a pseudo-terminal and the real one's modes, put back in every case.

mod child;
mod note;
mod tail;
mod terminal;

pub use note::recover;
pub use terminal::OnTerminal;

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use child::Child;
use child::End;
use clap::Args;
use note::Note;
use std::ffi::OsString;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use std::time::Instant;

/// How often the draft follows the command.
const KEEP: Duration = Duration::from_millis(500);
/// How long a command that was told to end may take until it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// The exit code of a command that took too long, as timeout(1) has it.
const TIMED_OUT: u8 = 124;

/// Run a command and record it.
///
/// The entry says what, where, when, how it ended, and the end of what it said. Input, output and exit code pass through untouched: 128 + N on
/// signal N, 124 after --timeout, 127 not found, 126 not executable. On a terminal the command has one, too. Secrets are masked in the record,
/// not on the screen. With --json the entry is written to stderr when the command has ended. What cannot be recorded is said on stderr and
/// changes nothing else; killed in the middle, what was seen is recorded by the next command.
#[derive(Args, Debug)]
pub struct Run {
    /// End it after so many seconds: SIGTERM, five seconds later SIGKILL
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    timeout: Option<u64>,
    /// The command and its arguments
    #[arg(required = true, last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl Run {
    /// Runs it and answers the exit code.
    pub(in crate::cli) fn run(self, session: &Session) -> Result<u8, Failure> {
        session.may_write()?;
        let desk = Desk::open(session).map_err(|why| session.output.note(&format!("not recorded: {why}"))).ok();
        let mut note = Note::begin(session, desk.as_ref(), &self.command);
        let began = Instant::now();
        let (end, is_late) = match Child::start(&self.command, &note.tail) {
            Ok(child) => self.follow(&child, &mut note),
            Err(end) => {
                session.output.note(&end.words(&self.command));
                (end, false)
            }
        };
        note.end(&end, is_late, began.elapsed());
        Ok(if is_late { TIMED_OUT } else { end.code() })
    }

    /// Keeps the draft until the command ends; answers how, and whether it took too long.
    fn follow(&self, child: &Child, note: &mut Note<'_>) -> (End, bool) {
        let mut deadline = self.timeout.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        let (mut is_late, mut keep_at) = (false, Instant::now() + KEEP);
        loop {
            let next = deadline.map_or(keep_at, |deadline| deadline.min(keep_at));
            match child.ended.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(end) => return (end, is_late),
                Err(RecvTimeoutError::Disconnected) => return (End::Lost, is_late),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                child.end(is_late);
                deadline = (!is_late).then(|| Instant::now() + GRACE);
                is_late = true;
            }
            if keep_at <= Instant::now() {
                note.keep();
                keep_at = Instant::now() + KEEP;
            }
        }
    }
}
