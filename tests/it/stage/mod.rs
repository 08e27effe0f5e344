//! What stories are played on: homes, a real server process, and real screens. Everything is waited for by looking, with a generous deadline.

pub mod audit_log;
pub mod grammar;
mod home;
pub mod past;
pub mod postgres;
mod screen;
mod server;
mod tty;

pub use home::Home;
pub use home::Ran;
pub use screen::Screen;
pub use server::Server;
pub use tty::Tty;

use std::time::Duration;
use std::time::Instant;

/// How long anything may take on a busy machine before the story fails.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// Looks until `look` sees something; fails the test with `what` when it never does.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < DEADLINE, "never came: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
