//! Full-text search over what is held here.

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::find;
use crate::cli::output::Paint;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::cli::table::Table;
use crate::query::About;
use crate::query::Ground;
use crate::query::Query;
use crate::replica::request::Order;
use crate::replica::request::Request;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Found;
use crate::text::clock;
use clap::Args;
use serde_json::json;
use std::time::Duration;
use std::time::Instant;

/// So long a search waits until what has just come is findable.
const WAITS: Duration = Duration::from_secs(10);

/// Full text over every entry held here.
#[derive(Args, Debug)]
pub struct Search {
    /// Words that all must occur, and terms such as kind:decision by:ana service:custody p:1..2 since:-7d -status:open
    #[arg(required = true, value_name = "QUERY")]
    query: Vec<String>,
    /// At most so many hits
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// What happened last comes first, not what is most about the words
    #[arg(long)]
    newest: bool,
}

impl Search {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let desk = Desk::open(session)?;
        desk.refresh();
        let snapshot = desk.snapshot();
        let ground =
            Ground { about: About::Everything, now: now(), zone: session.zone, roles: &snapshot.board.org.roles, me: &snapshot.me.person };
        // What stands at the end of a command line is typed to its end, and may be a beginning all the same.
        let query = Query::parse(&self.query.join(" "), &ground);
        query.problems.iter().for_each(|problem| session.output.note(&problem.says));
        let order = if self.newest { Order::Newest } else { Order::Best };
        let asked = Request::Search { query: query.clone(), order, limit: self.limit as usize };
        let (began, mut before) = (Instant::now(), u64::MAX);
        let Found { hits, order: had, is_whole, behind } = loop {
            match desk.here.ask(asked.clone())? {
                // Each search makes some more of what has just come findable.
                Answer::Found(found) if (1..before).contains(&found.behind) && began.elapsed() < WAITS => before = found.behind,
                Answer::Found(found) => break found,
                _ => return Err(Failure::Failed("the search gave no answer".into())),
            }
        };
        if behind > 0 {
            session.output.note(&format!("{behind} records just came and cannot be found yet: ask again in a moment"));
        }
        if had != order && hits.len() > 1 && !query.sought().is_empty() {
            session.output.note("these words are too common to be ranked: what happened last comes first");
        }
        if !is_whole {
            session.output.note("not everything was looked at: so much may fit that only a narrower question is answered in full");
        }
        if let Some(since) = snapshot.held_since {
            let day = clock::day(since.millis(), session.zone);
            session.output.note(&format!(
                "searched what is open or since {day}; incidents that were closed before are found once `warroom show` fetched them"
            ));
        }
        if session.output.json {
            return hits.iter().try_for_each(|hit| {
                let object = json!({
                    "incident": hit.incident, "code": hit.code, "title": hit.title, "entry": hit.entry, "at": hit.at, "by": hit.by,
                    "excerpt": hit.excerpt,
                });
                session.output.object(&object)
            });
        }
        if hits.is_empty() {
            session.output.note("nothing held here has these words");
            return Ok(());
        }
        let mut table = Table::new(&session.output, &["CODE", "WHEN", "BY", "ENTRY", "WORDS"], 90);
        for hit in &hits {
            let at = hit.at.millis();
            let when = format!("{} {}", clock::day(at, session.zone), clock::clock_s(at, session.zone));
            table.row([
                (&hit.code, Paint::Bold),
                (&when, Paint::Plain),
                (&hit.by, Paint::Plain),
                (&find::short(hit.entry), Paint::Dim),
                (&hit.excerpt, Paint::Plain),
            ]);
            table.mark(|words| query.highlights(words));
        }
        table.lines(&session.output).iter().try_for_each(|line| session.output.line(line))
    }
}
