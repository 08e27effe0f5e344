//! Incidents as a whole: declare, list, show, use, edit, merge, split, reopen.

use crate::cli::answer;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::find;
use crate::cli::home::Home;
use crate::cli::output::Paint;
use crate::cli::piped::with_words;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::cli::show;
use crate::cli::table::Table;
use crate::cli::vocabulary;
use crate::domain::Command;
use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Severity;
use crate::domain::Status;
use crate::query::About;
use crate::query::Ground;
use crate::query::Listed;
use crate::query::Query;
use crate::text::span;
use clap::Args;
use std::sync::Arc;

/// Cells of a title in a table on a terminal.
const TITLE_CELLS: usize = 50;

/// Begin an incident.
#[derive(Args, Debug)]
pub struct Declare {
    /// What it is, in one line
    #[arg(required = true, value_name = "TITLE")]
    title: Vec<String>,
    /// What it affects; may be repeated
    #[arg(long = "service", value_name = "S")]
    services: Vec<String>,
    /// How bad: 1 (worst) to 5
    #[arg(long, value_name = "1..5")]
    severity: Option<Severity>,
    /// When it began: 14:02, -5m or RFC 3339
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// More about it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    summary: String,
    /// An exercise, marked as one everywhere
    #[arg(long)]
    drill: bool,
}

impl Declare {
    pub(super) fn run(mut self, session: &Session) -> Result<(), Failure> {
        with_words(session, &std::mem::take(&mut self.title), |title| self.declare(session, title))
    }

    fn declare(self, session: &Session, title: String) -> Result<(), Failure> {
        let at = self.at.as_deref().map(|typed| session.time(typed)).transpose()?;
        let desk = Desk::open(session)?;
        desk.note_unknown_services(&self.services);
        let command =
            Command::Declare { title, summary: self.summary, services: self.services, severity: self.severity, at, drill: self.drill };
        let acted = desk.act(IncidentId::ORG, command)?;
        if session.output.json {
            return acted.say_incident(session);
        }
        session.output.line(format!("{}  {}", answer::head(session, &acted.incident), acted.incident.id))?;
        acted.sent.warn(session);
        Ok(())
    }
}

/// List incidents: open ones, by priority.
#[derive(Args, Debug)]
pub struct List {
    /// Words and terms as the war room's filter reads them: p:1..2 ic:none is:closed since:-2h; `--` before a first one with a minus
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Only this status, closed ones too
    #[arg(long, value_name = "S", value_parser = vocabulary::status(), ignore_case = true)]
    status: Option<Status>,
    /// Only what affects this service
    #[arg(long, value_name = "S")]
    service: Option<String>,
    /// Only where I hold a role or a task
    #[arg(long)]
    mine: bool,
    /// Closed ones too
    #[arg(long)]
    all: bool,
}

impl List {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        desk.refresh();
        let snapshot = desk.snapshot();
        let matrix = &snapshot.board.org.matrix;
        let now = now();
        let (me, org) = (&snapshot.me.person, &snapshot.board.org);
        let ground = Ground { about: About::Incidents, now, zone: session.zone, roles: &org.roles, me };
        let query = Query::parse(&self.query.join(" "), &ground);
        if let Some(problem) = query.problems.first() {
            return Err(Failure::Usage(problem.says.clone()));
        }
        let quiet_p1_ms = session.config.quiet_p1_ms()?;
        let is_asked = |header: &Header| {
            let rating = header.rate(matrix, now);
            let unsent = snapshot.unsent.get(&header.id).copied().unwrap_or(0);
            let is_p1 = rating.priority.is_some_and(|priority| priority.level() == 1);
            let is_quiet = is_p1 && now.since_ms(header.last_entry_at) >= quiet_p1_ms;
            query.matches_header(&Listed { header, rating: &rating, unsent, is_new: false, is_quiet })
        };
        let wants_all = self.all || query.asks_for_closed();
        let headers = snapshot.headers.values().filter(|header| self.wants(header, me, wants_all) && is_asked(header));
        let mut rows: Vec<&Arc<Header>> = headers.collect();
        rows.sort_by_cached_key(|header| (!header.status.is_open(), header.rate(matrix, now).rank(), header.opened_at, header.id));
        if session.output.json {
            return rows.iter().try_for_each(|header| session.output.object(&answer::header_json(header, matrix, now)));
        }
        if rows.is_empty() && snapshot.headers.is_empty() && desk.connection.remote.is_none() {
            session.output.note(&first_run(&desk.home));
            return Ok(());
        }
        if rows.is_empty() {
            let is_narrowed = self.mine || self.status.is_some() || self.service.is_some() || !self.query.is_empty();
            session.output.note(match (is_narrowed, self.all) {
                (true, true) => "no incident held here is such a one",
                (true, false) => "no such incident is open (--all shows closed ones)",
                (false, true) => "no incident is held here",
                (false, false) => "no incident is open (--all shows closed ones)",
            });
            return Ok(());
        }
        let mut table = Table::new(&session.output, &["", "CODE", "STATUS", "AGE", "COMMANDER", "TITLE"], TITLE_CELLS);
        for header in rows {
            let rating = header.rate(matrix, now);
            let urgent = if rating.rank() <= 10 && header.status.is_open() { Paint::Loud } else { Paint::Plain };
            let ended = header.resolved_at.unwrap_or(now);
            let marks = [("DRILL ", header.drill), ("PAST ", header.retrospective), ("RESTRICTED ", header.restricted)];
            let marks: String = marks.into_iter().filter(|(_, applies)| *applies).map(|(word, _)| word).collect();
            let title = format!("{marks}{}", header.title);
            let (label, code, age) = (rating.label(), header.code_text(), span::age(ended.since_ms(header.opened_at)));
            let commander = header.commander.as_ref().map_or("none", |person| person.as_str());
            let vacant = if header.commander.is_none() && header.status.is_open() { Paint::Warm } else { Paint::Plain };
            table.row([
                (&label, urgent),
                (&code, Paint::Bold),
                (header.status.word(), Paint::Plain),
                (&age, Paint::Plain),
                (commander, vacant),
                (&title, Paint::Plain),
            ]);
        }
        table.lines(&session.output).iter().try_for_each(|line| session.output.line(line))
    }

    fn wants(&self, header: &Header, me: &Person, wants_all: bool) -> bool {
        let status = self.status.map_or(wants_all || header.status.is_open(), |status| header.status == status);
        let service = self.service.as_ref().is_none_or(|service| header.services.iter().any(|name| name.eq_ignore_ascii_case(service)));
        status && service && (!self.mine || header.people.contains(me))
    }
}

/// What to do where nothing is configured and nothing was done yet.
fn first_run(home: &Home) -> String {
    format!(
        "nothing was recorded here yet, and nothing needs to be configured:
  warroom demo              shows what it is for: a drill to take part in, nothing is left behind
  warroom declare TITLE     begins an incident; all of it is kept in {}
  warroom                   opens the war room; ? shows its keys
  warroom connect URL       joins a server, which `warroom serve` runs, and sends what was written alone
  warroom config show       shows every setting and where it comes from",
        home.folder().display()
    )
}

/// Show one incident: its state, roles, tasks and last lines.
#[derive(Args, Debug)]
pub struct Show {
    /// The incident
    #[arg(value_name = "INC")]
    named: Option<String>,
    /// How many lines of the timeline; 0 shows all
    #[arg(short = 'n', long, default_value_t = 20)]
    lines: usize,
}

impl Show {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        desk.refresh();
        let incident = desk.incident(self.named.as_deref())?;
        let snapshot = desk.snapshot();
        if session.output.json {
            return session.output.object(&answer::header_json(&Header::of(&incident), &snapshot.board.org.matrix, now()));
        }
        show::print(session, &incident, &snapshot.board.org, self.lines)
    }
}

/// Set the current incident of this home.
#[derive(Args, Debug)]
pub struct Use {
    /// The incident
    #[arg(value_name = "INC")]
    named: String,
}

impl Use {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        session.may_write()?;
        let desk = Desk::open(session)?;
        let mut found = find::incident_named(&desk.snapshot(), &self.named);
        if found.is_err() {
            desk.refresh();
            found = find::incident_named(&desk.snapshot(), &self.named);
        }
        let header = found?;
        desk.home.set_current(&header.id.to_string())?;
        if session.output.json {
            return session.output.object(&answer::header_json(&header, &desk.snapshot().board.org.matrix, now()));
        }
        let incident = desk.in_full(header.id)?;
        session.output.line(format!("{} is the current incident", answer::head(session, &incident)))
    }
}

/// Correct title, summary or services.
#[derive(Args, Debug)]
pub struct Edit {
    /// The new title
    #[arg(long, value_name = "T")]
    title: Option<String>,
    /// The new summary
    #[arg(long, value_name = "T")]
    summary: Option<String>,
    /// The new services, all of them; may be repeated
    #[arg(long = "service", value_name = "S")]
    services: Vec<String>,
}

impl Edit {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let services = (!self.services.is_empty()).then_some(self.services);
        if self.title.is_none() && self.summary.is_none() && services.is_none() {
            return Err(Failure::Usage("nothing to change was given; give --title, --summary or --service".into()));
        }
        let desk = Desk::open(session)?;
        desk.note_unknown_services(services.as_deref().unwrap_or_default());
        desk.act_here(Command::Edit { title: self.title, summary: self.summary, services })
    }
}

/// Go on as another incident.
#[derive(Args, Debug)]
pub struct Merge {
    /// The one that goes on
    #[arg(value_name = "INTO")]
    into: String,
}

impl Merge {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let incident = desk.incident(None)?;
        let into = desk.in_full(find::incident_named(&desk.snapshot(), &self.into)?.id)?.id;
        desk.act(incident.id, Command::Merge { into })?.say_incident(session)
    }
}

/// Undo a merge: the incident goes on by itself again.
#[derive(Args, Debug)]
pub struct Split {}

impl Split {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let incident = desk.incident(None)?;
        if let Some(from) = incident.merged_into {
            desk.in_full(from)?;
        }
        desk.act(incident.id, Command::Split)?.say_incident(session)
    }
}

/// Reopen a resolved or closed incident.
#[derive(Args, Debug)]
pub struct Reopen {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Reopen {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        let incident = desk.incident(None)?;
        if incident.status.value.is_open() {
            return Err(Failure::Refused {
                code: "no_change".into(),
                reason: format!("{} is open already ({})", incident.code_text(), incident.status.value),
            });
        }
        desk.act(incident.id, Command::SetStatus { status: Status::Investigating, reason: self.reason })?.say_incident(session)
    }
}
