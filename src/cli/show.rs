//! One incident on a page: where it stands, who does what, what is open, what the record lacks, and its last lines.

use crate::cli::failure::Failure;
use crate::cli::find;
use crate::cli::output::Paint;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::cli::sheet::Sheet;
use crate::cli::sheet::Span;
use crate::domain::Alert;
use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::EntryState;
use crate::domain::Incident;
use crate::domain::Org;
use crate::domain::Outcome;
use crate::domain::Rating;
use crate::domain::RoleDefinition;
use crate::domain::RoleId;
use crate::domain::Task;
use crate::domain::Timestamp;
use crate::report;
use crate::report::Subject;
use crate::text::clock;
use crate::text::span;
use crate::text::width;

/// So many gaps are told; the document has them all.
const GAPS_MAX: usize = 3;
/// So many firing alerts are named.
const ALERTS_MAX: usize = 8;

/// Prints an incident with the last `lines` lines of its timeline (0: all).
pub fn print(session: &Session, incident: &Incident, org: &Org, lines: usize) -> Result<(), Failure> {
    let now = now();
    let rating = org.matrix.rate(&incident.assessment, now);
    let mut page = Page { session, incident, org, now, sheet: Sheet::new(&session.output) };
    page.head(&rating);
    page.roles(&rating);
    page.tasks();
    page.alerts();
    page.gaps();
    page.timeline(lines);
    session.output.text(page.sheet.text())
}

struct Page<'a> {
    session: &'a Session,
    incident: &'a Incident,
    org: &'a Org,
    now: Timestamp,
    sheet: Sheet<'a>,
}

impl Page<'_> {
    fn head(&mut self, rating: &Rating) {
        let incident = self.incident;
        self.sheet.line("", &name(incident));
        let status = incident.status.value;
        let urgent = if rating.rank() <= 10 && status.is_open() { Paint::Loud } else { Paint::Bold };
        let ended = incident.resolved_at.or(incident.assessment.settled_at);
        let age = span::age(ended.unwrap_or(self.now).since_ms(incident.opened_at));
        let since = span::words(self.now.since_ms(incident.status.at));
        let where_it_stands = vec![(rating.label(), urgent), (format!("  {status} for {since}  T+{age}"), Paint::Plain)];
        self.sheet.line("", &where_it_stands);
        if self.is_unsent() {
            self.sheet.line("", &[("no server has any of it yet".to_owned(), Paint::Warm)]);
        }
        let why = rating.reason.split_once(": ").map_or(rating.reason.as_str(), |(_, why)| why);
        self.sheet.fact("Priority", why, Paint::Plain);
        let opened = format!("{} by {}", self.moment(incident.opened_at), incident.declared_by);
        self.sheet.fact("Opened", &opened, Paint::Plain);
        if let Some(at) = ended {
            self.sheet.fact("Ended", &self.moment(at), Paint::Plain);
        }
        if !incident.services.value.is_empty() {
            self.sheet.fact("Services", &incident.services.value.join(", "), Paint::Plain);
        }
        if let Some(from) = &incident.retrospective {
            self.sheet.fact("Told", &format!("afterwards, from {from}"), Paint::Warm);
        }
        if let Some(readers) = &incident.readers.value {
            self.sheet.fact("Only", &readers.to_string(), Paint::Warm);
        }
        if !incident.alerts.is_empty() && incident.alerts_firing() == 0 {
            self.sheet.fact("Alerts", &format!("none of {} fires", incident.alerts.len()), Paint::Plain);
        }
        if !incident.summary.value.trim().is_empty() {
            self.sheet.fact("Summary", incident.summary.value.trim(), Paint::Plain);
        }
    }

    fn roles(&mut self, rating: &Rating) {
        let incident = self.incident;
        let needed: Vec<_> = match incident.status.value.is_open() {
            true => report::vacancies(incident, self.org, rating.priority).map(|role| &role.id).collect(),
            false => Vec::new(),
        };
        let wide = self.sheet.is_wide();
        let role_name = |role: &RoleDefinition| if wide { role.name.clone() } else { role.short.clone() };
        let shown: Vec<_> =
            self.org.roles.iter().filter(|role| incident.roles.contains_key(&role.id) || needed.contains(&&role.id)).collect();
        if shown.is_empty() {
            return;
        }
        self.sheet.heading("Roles");
        let cells = shown.iter().map(|role| width::cells(&role_name(role))).max().unwrap_or(0);
        for role in shown {
            let head = format!("  {}  ", width::fit(&role_name(role), cells));
            let holders = incident.roles.get(&role.id).map(Vec::as_slice).unwrap_or_default();
            if holders.is_empty() {
                self.sheet.line(&head, &[("VACANT".to_owned(), Paint::Loud)]);
            }
            for holding in holders {
                let since = format!("  since {}", clock::clock_min(holding.since.millis(), self.session.zone));
                let silent = if holding.acknowledged_at.is_none() { ", not acknowledged" } else { "" };
                let words = [(holding.person.to_string(), Paint::Plain), (since, Paint::Dim), (silent.to_owned(), Paint::Warm)];
                self.sheet.line(&head, &words);
            }
        }
        if let Some(offer) = &incident.offer {
            self.sheet.line("  ", &[(format!("command offered to {}, not answered", offer.to), Paint::Warm)]);
        }
    }

    fn tasks(&mut self) {
        let open: Vec<&Task> = self.incident.tasks.iter().filter(|task| task.is_open()).collect();
        if open.is_empty() {
            return;
        }
        self.sheet.heading(&format!("Tasks, {} open", open.len()));
        let now_ms = self.now.millis();
        for task in open {
            let due = task.due_at.map(|due| span::left(due.millis(), now_ms));
            let overdue = task.due_at.is_some_and(|due| due.millis() <= now_ms);
            let mut words = vec![(format!("{}: {}", task.person, task.text), Paint::Plain)];
            words.extend(due.map(|due| (format!("  {due}"), if overdue { Paint::Loud } else { Paint::Plain })));
            words.extend(task.understood_at.is_none().then(|| ("  not acknowledged".to_owned(), Paint::Warm)));
            self.sheet.spans(&format!("  {}  ", find::short(task.id)), Paint::Dim, &words);
        }
    }

    fn alerts(&mut self) {
        let firing: Vec<&Alert> = self.incident.alerts.iter().filter(|alert| alert.firing).collect();
        if firing.is_empty() {
            return;
        }
        self.sheet.heading(&format!("Alerts, {} of {} firing", firing.len(), self.incident.alerts.len()));
        for alert in firing.iter().take(ALERTS_MAX) {
            let since = span::words(self.now.since_ms(alert.starts_at));
            let mut words = vec![(alert.title.clone(), Paint::Loud), (format!("  firing for {since}"), Paint::Plain)];
            words.push((format!("  {}", alert.summary), Paint::Dim));
            self.sheet.line("  ", &words);
        }
        if firing.len() > ALERTS_MAX {
            self.sheet.line("  ", &[(format!("and {} more", firing.len() - ALERTS_MAX), Paint::Dim)]);
        }
    }

    fn gaps(&mut self) {
        let subject = Subject { incident: self.incident, org: self.org, now: self.now, position: None };
        let gaps = report::gaps(&subject);
        if gaps.is_empty() {
            return;
        }
        self.sheet.heading(&format!("Gaps in the record, {}", gaps.len()));
        for gap in gaps.iter().take(GAPS_MAX) {
            let head = format!("  {}  ", clock::clock_s(gap.from.millis(), self.session.zone));
            self.sheet.spans(&head, Paint::Dim, &[(gap.what.clone(), Paint::Plain)]);
        }
        if gaps.len() > GAPS_MAX {
            let more = format!("and {} more: warroom export tells them all", gaps.len() - GAPS_MAX);
            self.sheet.line("  ", &[(more, Paint::Dim)]);
        }
    }

    fn timeline(&mut self, lines: usize) {
        let timeline = &self.incident.timeline;
        let from = if lines == 0 { 0 } else { timeline.len().saturating_sub(lines) };
        self.sheet.heading("Timeline");
        if from > 0 {
            self.sheet.line("  ", &[(format!("{from} earlier lines (--lines 0 shows all)"), Paint::Dim)]);
        }
        let zone = clock::zone_name(self.now.millis(), self.session.zone);
        let mut day = String::new();
        for entry in timeline.iter_from(from) {
            let this_day = clock::day(entry.at.millis(), self.session.zone);
            if this_day != day {
                self.sheet.line("", &[(format!("{this_day}, times {zone}"), Paint::Dim)]);
                day = this_day;
            }
            self.entry(entry);
        }
    }

    fn entry(&mut self, entry: &Entry) {
        let at_ms = entry.at.millis();
        let outcome = entry.outcome.map_or_else(String::new, |outcome| format!(" {outcome}"));
        let audience = entry.audience.as_deref().map_or_else(String::new, |audience| format!("to {audience}: "));
        let kind = format!("{}{outcome}", entry.kind);
        let paint = kind_paint(entry);
        let (head, mut words) = if self.sheet.is_wide() {
            (format!("  {}  {kind:<15}  ", clock::clock_ms(at_ms, self.session.zone)), Vec::new())
        } else {
            (format!("{} ", clock::clock_s(at_ms, self.session.zone)), vec![(format!("{kind}: "), paint)])
        };
        let text = if self.sheet.cells().is_none() { entry.text.to_string() } else { entry.text.trim_end().to_owned() };
        words.push((format!("{audience}{text}"), if entry.kind.is_written() { paint_of_text(entry) } else { Paint::Dim }));
        words.push((format!("  {}", self.who(entry)), Paint::Dim));
        if !entry.history.is_empty() {
            words.push(("  amended".to_owned(), Paint::Warm));
        }
        if let Some(strike) = &entry.struck {
            words.push((format!("  STRUCK: {}", strike.reason), Paint::Warm));
        }
        if entry.is_pending() && !self.is_unsent() {
            words.push(("  not sent".to_owned(), Paint::Warm));
        }
        self.sheet.spans(&head, if self.sheet.is_wide() { paint } else { Paint::Dim }, &words);
    }

    /// `ana IC, recorded by bo (1a2b3c4d)`
    fn who(&self, entry: &Entry) -> String {
        let short = |role: &RoleId| {
            let known = self.org.roles.iter().find(|known| known.id == *role);
            known.map_or_else(|| role.to_string(), |known| known.short.clone())
        };
        let roles: Vec<String> = entry.roles().iter().map(short).collect();
        let roles = if roles.is_empty() { String::new() } else { format!(" {}", roles.join("/")) };
        let recorded = entry.recorded_by.as_ref().map_or_else(String::new, |person| format!(", recorded by {person}"));
        let id = if entry.kind.is_written() { format!(" ({})", find::short(entry.id)) } else { String::new() };
        format!("{}{roles}{recorded}{id}", entry.by())
    }

    /// Whether no server has anything of it, which is said once.
    fn is_unsent(&self) -> bool {
        self.incident.state == EntryState::Local
    }

    fn moment(&self, at: Timestamp) -> String {
        let (at_ms, zone) = (at.millis(), self.session.zone);
        format!("{} {} {}", clock::day(at_ms, zone), clock::clock_s(at_ms, zone), clock::zone_name(at_ms, zone))
    }
}

/// `INC-42 DRILL Withdrawals suspended`: every page names its incident first.
pub fn name(incident: &Incident) -> Vec<Span> {
    let mut name = vec![(incident.code_text(), Paint::Bold)];
    let marks =
        [(" DRILL", incident.drill), (" PAST", incident.retrospective.is_some()), (" RESTRICTED", incident.readers.value.is_some())];
    name.extend(marks.into_iter().filter(|(_, applies)| *applies).map(|(word, _)| (word.to_owned(), Paint::Warm)));
    name.push((format!(" {}", incident.title.value), Paint::Bold));
    name
}

/// How a line's kind is painted: what people decide and check stands out.
fn kind_paint(entry: &Entry) -> Paint {
    match entry.kind {
        EntryKind::Decision | EntryKind::Status => Paint::Bold,
        EntryKind::Alert => Paint::Warm,
        EntryKind::Validation | EntryKind::Command if entry.outcome == Some(Outcome::Fail) => Paint::Loud,
        EntryKind::Validation if entry.outcome == Some(Outcome::Ok) => Paint::Good,
        _ => Paint::Plain,
    }
}

fn paint_of_text(entry: &Entry) -> Paint {
    if entry.struck.is_some() { Paint::Dim } else { Paint::Plain }
}
