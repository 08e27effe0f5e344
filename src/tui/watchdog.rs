//! Ends the process when its terminal is gone or a signal asks for it, even if every other thread is stuck.

use std::io;
use std::io::IsTerminal;
use std::thread;
use std::time::Duration;

use signal_hook::consts::SIGHUP;
use signal_hook::consts::SIGINT;
use signal_hook::consts::SIGQUIT;
use signal_hook::consts::SIGTERM;
use signal_hook::consts::SIGTSTP;
use signal_hook::iterator::Signals;

use crate::tui::terminal;

/// What came from outside the terminal's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// The process is to end; the number is the signal's.
    Ends(i32),
    /// The process is to stop until the shell brings it back.
    Suspends,
}

/// How often the terminal is looked at. With [`GRACE`] it stays under the half second a dead terminal may take.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long the UI has to put its draft away before the process ends.
const GRACE: Duration = Duration::from_millis(220);

/// How long giving the terminal back may take.
const RESTORE: Duration = Duration::from_millis(30);

/// Starts the two watching threads. `tell` hands the UI what happened; if it does not end in time, the process does.
///
/// # Errors
/// When the signals cannot be caught.
pub fn start(tell: impl Fn(Outside) + Clone + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP])?;
    let tell_signal = tell.clone();
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            match (signal, terminal::is_taken()) {
                (SIGTSTP, true) => tell_signal(Outside::Suspends),
                // The program that has the terminal for a while is stopped or interrupted: stop with it, and do not end for it.
                (SIGTSTP, false) => drop(signal_hook::low_level::emulate_default_handler(SIGTSTP)),
                (SIGINT | SIGQUIT, false) => {}
                _ => end(&tell_signal, signal),
            }
        }
    })?;
    // Only what was a terminal can stop being one.
    if !io::stdin().is_terminal() {
        return Ok(());
    }
    thread::Builder::new().name("watchdog".into()).spawn(move || {
        loop {
            thread::sleep(LOOK_EVERY);
            if !io::stdin().is_terminal() {
                end(&tell, SIGHUP);
            }
        }
    })?;
    Ok(())
}

fn end(tell: &impl Fn(Outside), signal: i32) {
    tell(Outside::Ends(signal));
    thread::sleep(GRACE);
    // Giving back may hang on a terminal that takes no bytes; the end does not wait for it.
    let giving_back = thread::Builder::new().name("restore".into()).spawn(terminal::restore);
    if giving_back.is_ok() {
        thread::sleep(RESTORE);
    }
    // Not `exit`: its handlers may wait for a thread that is stuck on the dead terminal.
    signal_hook::low_level::exit(128 + signal);
}
