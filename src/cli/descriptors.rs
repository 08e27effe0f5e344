//! File descriptors of this process: a server needs one for each connection, and most systems give a process few until it asks.

use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::getrlimit;
use rustix::process::setrlimit;

/// For the log, its readers, and what else is open.
const OWN: usize = 128;

/// Asks for as many as so many connections need, and lowers that number to what it gets, so that the log never finds none left.
pub fn make_room(connections: &mut usize) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = (*connections + OWN) as u64;
    let Some(current) = current.filter(|current| *current < wanted) else { return };
    let given = maximum.map_or(wanted, |maximum| wanted.min(maximum));
    let given = if setrlimit(Resource::Nofile, Rlimit { current: Some(given), maximum }).is_ok() { given } else { current };
    let room = usize::try_from(given).unwrap_or(usize::MAX).saturating_sub(OWN).max(1);
    if room < *connections {
        tracing::warn!(connections = room, "this system gives the process too few file descriptors for {connections} connections");
        *connections = room;
    }
}
