//! Everything an entry knows, as a page: its words, who and when, what it is tied to, and every version it had.

use crate::domain::Alert;
use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::EntryState;
use crate::domain::IncidentId;
use crate::domain::Outcome;
use crate::domain::Place;
use crate::domain::Timestamp;
use crate::replica::snapshot::Parked;
use crate::text::Safe;
use crate::text::clock;
use crate::text::span;
use crate::tui::panes::timeline::history;
use crate::tui::panes::timeline::update::Ground;
use crate::tui::prose;
use crate::tui::prose::Para;
use crate::tui::prose::Run;
use crate::tui::prose::run;
use crate::tui::theme::Tone;

/// The names of facts take so many cells.
const NAME_CELLS: usize = 10;
/// Of a longer text the beginning is shown; all of it can be copied.
const TEXT_MAX_BYTES: usize = 64 * 1024;
/// So many entries after one are looked at for answers to it.
const REPLIES_WITHIN: usize = 20_000;
const REPLIES_MAX: usize = 20;
/// Written down so long after it happened is said.
const LATE_MS: i64 = 1_000;

/// An entry and what its page is written from.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub ground: Ground<'a>,
    pub entry: &'a Entry,
    /// Its place in the timeline.
    pub place: usize,
    pub now: Timestamp,
    /// The SHA-256 of its bytes, once that is known.
    pub sha256: Option<&'a str>,
    /// What the server said about it, if it refused it.
    pub parked: Option<&'a Parked>,
    /// The last record under the server's signature, as far as it was found true here.
    pub signed: u64,
    /// How an incident is called.
    pub name_of: &'a dyn Fn(IncidentId) -> String,
    /// The keys that merge two versions, keep the one that stands, and take the other.
    pub merge_keys: &'a [String; 3],
}

impl Subject<'_> {
    /// `14:03:27.113 UTC`, with the day where it is not the entry's.
    pub fn at(&self, moment: Timestamp) -> String {
        let zone = self.ground.zone();
        let number = |at: Timestamp| clock::day_number(at.millis(), zone);
        let day = if number(moment) == number(self.entry.at) { String::new() } else { format!("{} ", clock::day(moment.millis(), zone)) };
        format!("{day}{} {}", clock::clock_ms(moment.millis(), zone), clock::zone_name(moment.millis(), zone))
    }
}

/// The page.
pub fn page(subject: &Subject<'_>) -> Vec<Para> {
    let entry = subject.entry;
    let mut paras = Vec::new();
    if let Some(versions) = history::versions(subject) {
        paras.extend(versions);
        paras.push(Para::gap());
    }
    paras.extend(text(entry));
    paras.push(Para::gap());
    facts(subject, &mut paras);
    ties(subject, &mut paras);
    if let Some(alert) = alert_of(subject) {
        alert_facts(subject, alert, &mut paras);
    }
    fact(&mut paras, "id", entry.id.to_string(), Tone::Faint);
    if let Some(sha256) = subject.sha256 {
        // The author's bytes, which the record names by this hash and every checkpoint covers.
        fact(&mut paras, "sha256", sha256, Tone::Faint);
    }
    paras.extend(history::paras(subject));
    paras
}

/// The words of an entry: what people write is Markdown, what machines say stays as it is.
fn text(entry: &Entry) -> Vec<Para> {
    let shown = &entry.text[..entry.text.floor_char_boundary(TEXT_MAX_BYTES)];
    let mut paras = match entry.kind {
        EntryKind::Command | EntryKind::Evidence => {
            vec![Para::Exact { lead: Vec::new(), text: Safe::lines(shown).into(), tone: Tone::KindCommand }]
        }
        kind if kind.is_written() => prose::markdown(shown),
        _ => vec![Para::words(shown, Tone::Text)],
    };
    let rest = entry.text.len() - shown.len();
    if rest > 0 {
        paras.push(Para::words(&format!("… and {} KB more", rest.div_ceil(1024)), Tone::Warn));
    }
    paras
}

fn fact(paras: &mut Vec<Para>, name: &str, words: impl AsRef<str>, tone: Tone) {
    facts_of(paras, name, vec![run(words.as_ref(), tone)]);
}

fn facts_of(paras: &mut Vec<Para>, name: &str, words: Vec<Run>) {
    paras.push(Para::led(format!("{name:<NAME_CELLS$} "), Tone::Faint, words));
}

fn facts(subject: &Subject<'_>, paras: &mut Vec<Para>) {
    let (entry, org) = (subject.entry, subject.ground.org);
    let mut fact = |name: &str, words: String, tone: Tone| fact(paras, name, words, tone);
    let happened = entry.at.millis();
    let since = span::since_start(subject.ground.incident.opened_at.millis(), happened);
    let day = clock::day(happened, subject.ground.zone());
    fact("happened", format!("{day} {}, {since}, {}", subject.at(entry.at), span::ago(happened, subject.now.millis())), Tone::Dim);
    if let Some(made) = entry.id.made_at().filter(|made| made.since_ms(entry.at).abs() >= LATE_MS) {
        let after = made.since_ms(entry.at);
        let when = if after > 0 { format!("{} after it happened", span::words(after)) } else { "before the time it is given".to_owned() };
        fact("written", format!("{}, {when}", subject.at(made)), Tone::Dim);
    }
    let roles: Vec<&str> = entry.roles().iter().map(|role| org.role_name(role)).collect();
    let who = if roles.is_empty() { entry.by().to_string() } else { format!("{}, then {}", entry.by(), roles.join(", ")) };
    let recorder = entry.recorded_by.as_ref().map(|person| format!(", recorded by {person}")).unwrap_or_default();
    fact("who", format!("{who}{recorder}"), Tone::Dim);
    match (entry.state, subject.parked) {
        (EntryState::Accepted { seq, received_at }, _) => {
            let after = received_at.since_ms(entry.at);
            let late = if after >= 60_000 { format!(", {} after it happened", span::words(after)) } else { String::new() };
            let signed = if seq <= subject.signed { ", under the server's signature" } else { "" };
            fact("accepted", format!("as record {seq}, received {}{late}{signed}", subject.at(received_at)), Tone::Dim);
        }
        (EntryState::Local, None) => fact("state", "not sent yet; safe on this machine".into(), Tone::Local),
        (_, Some(parked)) => fact("state", format!("refused by the server: {}; ! says what can be done", parked.reason), Tone::Refused),
        (EntryState::Refused, None) => fact("state", "refused by the server; ! says why and what can be done".into(), Tone::Refused),
    }
    if entry.state != EntryState::Local && entry.is_pending() {
        fact("change", "a change of it is not sent yet; safe on this machine".into(), Tone::Local);
    }
    if let Some(outcome) = entry.outcome {
        fact("outcome", outcome.to_string(), if outcome == Outcome::Ok { Tone::Good } else { Tone::Loud });
    }
    if let Some(audience) = &entry.audience {
        fact("to", audience.to_string(), Tone::Dim);
    }
    if !entry.components.is_empty() {
        fact("about", entry.components.join(", "), Tone::Dim);
    }
    if let Some(strike) = &entry.struck {
        let verb = if strike.moved_to.is_some() { "moved" } else { "struck" };
        let reason = if strike.reason.is_empty() { "without a reason".to_owned() } else { strike.reason.clone() };
        let unsent = if strike.state == EntryState::Local { ", not sent yet" } else { "" };
        fact(verb, format!("by {} at {}: {reason}{unsent}", strike.by, subject.at(strike.at)), Tone::Struck);
    }
}

/// What it answers, what answers it, where it came from and went.
fn ties(subject: &Subject<'_>, paras: &mut Vec<Para>) {
    let (entry, timeline) = (subject.entry, &subject.ground.incident.timeline);
    if let Some(answered) = entry.reply_to {
        let words = timeline.find(answered).map_or_else(|| "an entry that is not held here".into(), |answered| quoted(subject, answered));
        fact(paras, "answers", words, Tone::Link);
    }
    let later = timeline.iter_from(subject.place).take(REPLIES_WITHIN).filter(|other| other.reply_to == Some(entry.id));
    for reply in later.take(REPLIES_MAX) {
        fact(paras, "answered", quoted(subject, reply), Tone::Link);
    }
    let place = |place: Place| (subject.name_of)(place.incident);
    if let Some(from) = entry.moved_from {
        fact(paras, "moved from", place(from), Tone::Link);
    }
    if let Some(to) = entry.struck.as_ref().and_then(|strike| strike.moved_to) {
        fact(paras, "moved to", place(to), Tone::Link);
    }
}

/// `12:24:55 dee hypothesis: Key of signer-3 leaked`.
fn quoted(subject: &Subject<'_>, entry: &Entry) -> String {
    let struck = if entry.stands() { "" } else { " (struck)" };
    format!("{} {} {}{struck}: {}", subject.ground.write(entry.at, 8), entry.by(), entry.kind, Safe::clipped(&entry.text, 160))
}

/// The alert a line was drawn from, by the title that the line begins with.
fn alert_of<'a>(subject: &Subject<'a>) -> Option<&'a Alert> {
    let alerts = subject.ground.incident.alerts.iter();
    let is_it = |alert: &&Alert| !alert.title.is_empty() && subject.entry.text.starts_with(&alert.title);
    alerts.filter(|_| subject.entry.kind == EntryKind::Alert).filter(is_it).max_by_key(|alert| alert.title.len())
}

fn alert_facts(subject: &Subject<'_>, alert: &Alert, paras: &mut Vec<Para>) {
    let times = if alert.times > 1 { format!(", {} times", alert.times) } else { String::new() };
    let now = match (alert.firing, alert.ends_at) {
        (true, _) => "firing now".to_owned(),
        (false, Some(ended)) => format!("ended {}", subject.at(ended)),
        (false, None) => "no longer firing".to_owned(),
    };
    let tone = if alert.firing { Tone::Loud } else { Tone::Dim };
    fact(paras, "alert", format!("of {}, {now}, began {}{times}", alert.source, subject.at(alert.starts_at)), tone);
    if !alert.summary.is_empty() {
        fact(paras, "says", &alert.summary, Tone::Text);
    }
    for (number, (name, value)) in alert.labels.iter().enumerate() {
        facts_of(paras, if number == 0 { "labels" } else { "" }, vec![run(&format!("{name} "), Tone::Faint), run(value, Tone::Dim)]);
    }
    if !alert.url.is_empty() {
        fact(paras, "source", &alert.url, Tone::Link);
    }
}
