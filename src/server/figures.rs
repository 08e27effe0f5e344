//! What an owner watches, as `/metrics` tells it: counters, gauges and histograms with fixed buckets, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// What is counted.
#[derive(Clone, Copy)]
pub(super) enum Count {
    Accepted,
    Duplicates,
    LogErrors,
    LogErrorAt,
    Requests,
    Failures,
    StreamsCut,
    Connections,
    ConnectionsTurnedAway,
}

/// Name, type and meaning, in the order of `Count`.
const COUNTS: [(&str, &str, &str); 9] = [
    ("warroom_events_accepted_total", "counter", "Events written to the log."),
    ("warroom_events_duplicate_total", "counter", "Events that were in the log already."),
    ("warroom_log_errors_total", "counter", "Times the log could not be written, or followed at other nodes."),
    (
        "warroom_log_last_error_timestamp_seconds",
        "gauge",
        "When the log last could not be written or followed; 0 for never since the start.",
    ),
    ("warroom_http_requests_total", "counter", "Requests answered."),
    ("warroom_http_server_errors_total", "counter", "Requests answered with a status of 500 or above."),
    ("warroom_streams_cut_total", "counter", "Streams cut because their reader was too slow."),
    ("warroom_connections", "gauge", "Open connections."),
    ("warroom_connections_turned_away_total", "counter", "Connections beyond the limit."),
];

/// What is counted by a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    Refused,
    Problems,
    Alerts,
    AlertBodiesUnreadable,
}

/// Name, label and meaning, in the order of `Sort`.
const SORTS: [(&str, &str, &str); 4] = [
    ("warroom_events_refused_total", "code", "Events and commands that a rule refused, by the rule."),
    ("warroom_http_problems_total", "code", "Requests answered with a problem document, by its code."),
    ("warroom_alerts_total", "source", "Alerts in intake bodies, repeats included."),
    ("warroom_alert_bodies_unreadable_total", "source", "Intake bodies kept because they could not be read."),
];

/// What is measured.
#[derive(Clone, Copy)]
pub(super) enum Measure {
    AppendSeconds,
    CommitSeconds,
    CommitEvents,
}

const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
const EVENTS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0];

/// Name, upper bounds and meaning, in the order of `Measure`.
const MEASURES: [(&str, &[f64], &str); 3] = [
    ("warroom_append_duration_seconds", SECONDS, "From a write's place in the queue until it was durable."),
    ("warroom_commit_duration_seconds", SECONDS, "Deciding and committing one group."),
    ("warroom_commit_events", EVENTS, "New records in one group commit."),
];

/// Shared by everyone.
#[derive(Debug, Default)]
pub(super) struct Figures {
    counts: [AtomicU64; COUNTS.len()],
    sorts: Mutex<BTreeMap<(usize, String), u64>>,
    /// Of each measure: how many fell into each bucket, the one without a bound last, and their sum.
    measures: Mutex<[(Vec<u64>, f64); MEASURES.len()]>,
    streams: Mutex<Streams>,
}

#[derive(Debug, Default)]
struct Streams {
    opened: u64,
    /// The last record each open stream sent.
    sent: BTreeMap<u64, Arc<AtomicU64>>,
}

/// A stream while it is open.
pub(super) struct OpenStream {
    figures: Arc<Figures>,
    number: u64,
    sent: Arc<AtomicU64>,
}

impl OpenStream {
    /// It has sent everything up to a record.
    pub(super) fn sent(&self, seq: u64) {
        self.sent.store(seq, Ordering::Relaxed);
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        locked(&self.figures.streams).sent.remove(&self.number);
    }
}

impl Figures {
    pub(super) fn add(&self, what: Count, by: u64) {
        self.counts[what as usize].fetch_add(by, Ordering::Relaxed);
    }

    pub(super) fn sub(&self, what: Count, by: u64) {
        self.counts[what as usize].fetch_sub(by, Ordering::Relaxed);
    }

    pub(super) fn set(&self, what: Count, to: u64) {
        self.counts[what as usize].store(to, Ordering::Relaxed);
    }

    /// Counts by a word, which must be one of a few.
    pub(super) fn add_to(&self, what: Sort, word: &str, by: u64) {
        *locked(&self.sorts).entry((what as usize, word.to_owned())).or_default() += by;
    }

    pub(super) fn measured(&self, what: Measure, value: f64) {
        let bounds = MEASURES[what as usize].1;
        let (buckets, sum) = &mut locked(&self.measures)[what as usize];
        buckets.resize(bounds.len() + 1, 0);
        buckets[bounds.partition_point(|bound| *bound < value)] += 1;
        *sum += value;
    }

    /// Notes an open stream that goes on after a record; one that sends no records is never behind.
    pub(super) fn stream(self: &Arc<Self>, after: Option<u64>) -> OpenStream {
        let sent = Arc::new(AtomicU64::new(after.unwrap_or(u64::MAX)));
        let mut streams = locked(&self.streams);
        streams.opened += 1;
        let number = streams.opened;
        streams.sent.insert(number, sent.clone());
        OpenStream { figures: self.clone(), number, sent }
    }

    /// All of it as text, with gauges that others read: name, meaning, value.
    pub(super) fn text(&self, seq: u64, gauges: &[(&str, &str, u64)]) -> String {
        let mut text = format!(
            "# HELP warroom_build_info The program that runs.\n# TYPE warroom_build_info gauge\nwarroom_build_info{{version=\"{}\"}} 1\n",
            env!("CARGO_PKG_VERSION")
        );
        for ((name, kind, meaning), count) in COUNTS.iter().zip(&self.counts) {
            family(&mut text, name, kind, meaning);
            sample(&mut text, name, "", count.load(Ordering::Relaxed));
        }
        let (open, behind) = {
            let streams = locked(&self.streams);
            let slowest = streams.sent.values().map(|sent| sent.load(Ordering::Relaxed)).min();
            (streams.sent.len() as u64, slowest.map_or(0, |slowest| seq.saturating_sub(slowest)))
        };
        let own = [
            ("warroom_log_seq", "The last record.", seq),
            ("warroom_streams", "Open streams.", open),
            ("warroom_stream_lag_records", "How far the slowest open stream is behind the last record.", behind),
        ];
        for (name, meaning, value) in own.iter().chain(gauges) {
            family(&mut text, name, "gauge", meaning);
            sample(&mut text, name, "", value);
        }
        for (at, (name, label, meaning)) in SORTS.iter().enumerate() {
            family(&mut text, name, "counter", meaning);
            for ((_, word), count) in locked(&self.sorts).iter().filter(|((sort, _), _)| *sort == at) {
                sample(&mut text, name, &format!("{{{label}={word:?}}}"), count);
            }
        }
        for ((name, bounds, meaning), (buckets, sum)) in MEASURES.iter().zip(locked(&self.measures).iter()) {
            family(&mut text, name, "histogram", meaning);
            let mut count = 0;
            for (at, bound) in bounds.iter().enumerate() {
                count += buckets.get(at).unwrap_or(&0);
                sample(&mut text, &format!("{name}_bucket"), &format!("{{le=\"{bound}\"}}"), count);
            }
            count += buckets.get(bounds.len()).unwrap_or(&0);
            sample(&mut text, &format!("{name}_bucket"), "{le=\"+Inf\"}", count);
            sample(&mut text, &format!("{name}_sum"), "", sum);
            sample(&mut text, &format!("{name}_count"), "", count);
        }
        text
    }
}

fn family(text: &mut String, name: &str, kind: &str, meaning: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# HELP {name} {meaning}\n# TYPE {name} {kind}");
}

fn sample(text: &mut String, name: &str, labels: &str, value: impl Display) {
    let _ = writeln!(text, "{name}{labels} {value}");
}

/// Figures are whole after every statement, so a thread that panicked left nothing half done.
fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
