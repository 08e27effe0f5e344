//! A demo without a screen: the timeline as it grows, one line each.

use crate::cli::answer;
use crate::cli::demo::actors::Company;
use crate::cli::demo::player::Player;
use crate::cli::demo::stand::Stand;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::domain::Event;
use crate::report::entry_json;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

/// Plays the drill to its end, or until a signal.
pub fn run(session: &Session, player: Player, stand: &Stand) -> Result<(), Failure> {
    let told = stand.block_on(async {
        let caught = |kind| signal(kind).map_err(|why| Failure::Failed(format!("signals cannot be caught: {why}")));
        let (mut interrupt, mut terminate) = (caught(SignalKind::interrupt())?, caught(SignalKind::terminate())?);
        tokio::select! {
            told = player.plain().tell(|company, events| print(session, company, events)) => told,
            _ = interrupt.recv() => Err(stopped()),
            _ = terminate.recv() => Err(stopped()),
        }
    });
    told.unwrap_or(Ok(()))
}

fn stopped() -> Failure {
    Failure::Failed("the demo was stopped before the drill ended".into())
}

fn print(session: &Session, company: &Company, events: &[Event]) -> Result<(), Failure> {
    for event in events {
        let Some(incident) = company.board.get(event.incident) else { continue };
        let Some(entry) = incident.timeline.iter().rev().find(|entry| entry.id == event.id || entry.version() == event.id) else {
            continue;
        };
        if session.output.json {
            session.output.object(&entry_json(incident.id, entry))?;
            continue;
        }
        let rating = company.board.org.matrix.rate(&incident.assessment, now());
        let amended = if entry.id == event.id { "" } else { "amended: " };
        let drill = if incident.drill { "DRILL " } else { "" };
        session.output.line(format!("{drill}{} {}  {amended}{}", rating.label(), incident.code_text(), answer::line(session, entry)))?;
    }
    Ok(())
}
