//! Whether the server can write, and plain counters for `/metrics`.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

/// After a full disk, how long until the server counts as ready again and the next write decides.
const PASSING: Duration = Duration::from_secs(5);

#[derive(Debug)]
enum State {
    Ready,
    Passing(String, Instant),
    Broken(String),
}

/// Shared by everyone; only the appender makes it worse.
#[derive(Debug)]
pub(super) struct Health {
    state: Mutex<State>,
    counters: [AtomicU64; COUNTERS.len()],
}

/// What is counted.
#[derive(Clone, Copy)]
pub(super) enum Count {
    Accepted,
    Duplicates,
    Refused,
    Commits,
    CommitMicros,
    Requests,
    Failures,
    Streams,
    StreamsCut,
    AlertsSeen,
    AlertBodiesUnreadable,
    Connections,
    ConnectionsTurnedAway,
}

/// Name, type and meaning, in the order of `Count`.
const COUNTERS: [(&str, &str, &str); 13] = [
    ("warroom_events_accepted_total", "counter", "Events written to the log."),
    ("warroom_events_duplicate_total", "counter", "Events that were in the log already."),
    ("warroom_events_refused_total", "counter", "Events that a rule refused."),
    ("warroom_commits_total", "counter", "Group commits."),
    ("warroom_commit_microseconds_total", "counter", "Time spent planning and committing."),
    ("warroom_http_requests_total", "counter", "Requests answered."),
    ("warroom_http_server_errors_total", "counter", "Requests answered with a status of 500 or above."),
    ("warroom_streams", "gauge", "Open streams."),
    ("warroom_streams_cut_total", "counter", "Streams cut because their reader was too slow."),
    ("warroom_alerts_seen_total", "counter", "Alerts in intake bodies, repeats included."),
    ("warroom_alert_bodies_unreadable_total", "counter", "Intake bodies kept because they could not be read."),
    ("warroom_connections", "gauge", "Open connections."),
    ("warroom_connections_turned_away_total", "counter", "Connections beyond the limit."),
];

impl Health {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State::Ready), counters: Default::default() }
    }

    /// Why the server cannot write now; `None` when it can.
    pub(super) fn trouble(&self) -> Option<String> {
        match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Ready => None,
            State::Passing(_, since) if since.elapsed() > PASSING => None,
            State::Passing(why, _) | State::Broken(why) => Some(why.clone()),
        }
    }

    /// Whether it will not write again before it is restarted.
    pub(super) fn is_broken(&self) -> bool {
        matches!(*self.state.lock().unwrap_or_else(PoisonError::into_inner), State::Broken(_))
    }

    pub(super) fn works(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Passing(..)) {
            *state = State::Ready;
        }
    }

    pub(super) fn fails(&self, why: String, for_good: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A database that stays away is looked for twice a second, and said once.
        if !matches!(&*state, State::Passing(known, _) | State::Broken(known) if *known == why) {
            tracing::error!(%why, for_good, "the log cannot be written");
        }
        if !matches!(*state, State::Broken(_)) {
            *state = if for_good { State::Broken(why) } else { State::Passing(why, Instant::now()) };
        }
    }

    pub(super) fn add(&self, what: Count, by: u64) {
        self.counters[what as usize].fetch_add(by, Ordering::Relaxed);
    }

    pub(super) fn sub(&self, what: Count, by: u64) {
        self.counters[what as usize].fetch_sub(by, Ordering::Relaxed);
    }

    /// The counters as Prometheus text.
    pub(super) fn text(&self, seq: u64) -> String {
        let mut text = String::new();
        let counters = COUNTERS.iter().zip(&self.counters).map(|(words, count)| (*words, count.load(Ordering::Relaxed)));
        let ready = u64::from(self.trouble().is_none());
        let more = [
            (("warroom_log_seq", "gauge", "The last record."), seq),
            (("warroom_ready", "gauge", "1 while the log can be written."), ready),
        ];
        for ((name, kind, meaning), value) in counters.chain(more) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# HELP {name} {meaning}\n# TYPE {name} {kind}\n{name} {value}");
        }
        text
    }
}
