//! `warroom` alone: the war room on this terminal. Everything slow is started beside it, never before its first frame.

use crate::cli::config::Glyphs;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::failure::io_words;
use crate::cli::find;
use crate::cli::here::Opening;
use crate::cli::home::Home;
use crate::cli::logging;
use crate::cli::output::Color;
use crate::cli::session::Session;
use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::query::About;
use crate::query::Ground;
use crate::query::Query;
use crate::replica::Closed;
use crate::replica::Mend;
use crate::text::Safe;
use crate::tui;
use crate::tui::calls::Notify;
use crate::tui::clipboard;
use crate::tui::colour::ColourWish;
use crate::tui::custom::Custom;
use crate::tui::effect::Ending;
use crate::tui::glyphs::GlyphSet;
use crate::tui::layout::Pane;
use crate::tui::look::Look;
use crate::tui::model::Setup;
use crate::tui::panes::incidents::views::View;
use crate::tui::wardrobe::Wardrobe;
use etcetera::BaseStrategy;
use std::io::BufRead;
use std::io::IsTerminal;
use std::io::Write;

/// So many closed incidents are listed, the newest: ten a day for more than a year, in three megabytes. Older ones are found by code and by search.
const LISTED_MAX: usize = 5_000;

/// Opens the war room for whoever works here.
pub fn open(session: &Session) -> Result<(), Failure> {
    if !on_terminal() {
        return Err(Failure::Usage("the war room needs a terminal; `warroom --help` lists the commands that do not".into()));
    }
    let look = look(session)?;
    let home = match session.home() {
        Err(Failure::Usage(_)) if session.global.who.is_none() => ask_who(session)?,
        home => home?,
    };
    let connection = session.connection(&home)?;
    let named = session.global.incident.as_deref();
    let opening = Opening { mend: Mend::WhatDoesNotOpen, closed: Closed::Newest(LISTED_MAX), in_memory: true };
    let mut desk = Desk::open_at(session, home, connection, opening)?;
    let incident = named.map(|typed| incident_named(&desk, typed)).transpose()?;
    show(&mut desk, look, "", incident).map(drop)
}

/// The incident a person named. The first frame shows open ones; this may be a closed one, and one that is not listed.
fn incident_named(desk: &Desk<'_>, typed: &str) -> Result<IncidentId, Failure> {
    desk.here.replica.read_closed()?;
    let snapshot = desk.snapshot();
    find::incident_named(&snapshot, typed).map(|header| header.id).or_else(|missing| {
        let older = typed.trim().parse().ok().and_then(|code| snapshot.older.by_code(code));
        older.ok_or(missing)
    })
}

/// Whether a person sits here.
pub fn on_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Shows the war room on an open replica until the person leaves it, or a signal ends it; opened on `incident`, if one is meant.
///
/// # Errors
/// When the terminal or the log file cannot be used.
pub fn show(desk: &mut Desk<'_>, look: Look, banner: &str, incident: Option<IncidentId>) -> Result<Ending, Failure> {
    let session = desk.session;
    let keeps_files = !session.read_only() && !desk.is_in_memory();
    let log = logging::to_file(keeps_files.then_some(&desk.home), session.global.verbose)?;
    desk.here.start_sync(session, &desk.home)?;
    let (snapshots, requests) = (desk.here.replica.snapshots.clone(), desk.here.replica.requests.clone());
    let wardrobe = wardrobe(session);
    let custom = Custom { asks_name: desk.is_unnamed()?, ..custom(session, &wardrobe) };
    let folder = desk.home.folder().to_owned();
    let wiring = tui::Wiring { snapshots, requests: Box::new(move |envelope| requests.send(envelope)), log: Some(log), wardrobe, folder };
    // What a drill is about is what people write; a list of three incidents tells a newcomer little.
    let pane = if banner.is_empty() { Pane::Incidents } else { Pane::Timeline };
    let (is_read_only, is_presenting) = (session.read_only(), session.global.present);
    let views = views(session)?;
    let (banner, quiet_p1_ms) = (banner.to_owned(), session.config.quiet_p1_ms()?);
    let setup =
        Setup { look, is_read_only, is_in_memory: desk.is_in_memory(), is_presenting, banner, incident, pane, custom, views, quiet_p1_ms };
    let ended = tui::run(setup, wiring);
    let ended = ended.map_err(|why| Failure::Failed(format!("the terminal cannot be used: {}", io_words(&why))))?;
    if matches!(ended, Ending::Wanted) {
        say_unsent(desk);
    }
    Ok(ended)
}

/// Says how many entries wait, and that they are safe.
fn say_unsent(desk: &Desk<'_>) {
    let (waiting, unsaved) = (desk.snapshot().unsent_total, desk.snapshot().unsaved);
    if unsaved > 0 {
        return desk.session.output.note(&format!("{unsaved} not sent, and on no disk: they ended with this session"));
    }
    if waiting > 0 && !desk.session.read_only() && desk.connection.remote.is_some() {
        desk.session.output.note(&format!("{waiting} not sent yet, safe on this disk; `warroom sync` or the next start sends them"));
    }
}

/// Where themes and keys come from, as configured.
fn wardrobe(session: &Session) -> Wardrobe {
    let wish = match session.global.color.or(session.config.color).unwrap_or_default() {
        Color::Auto => ColourWish::Auto,
        Color::Always => ColourWish::Always,
        Color::Never => ColourWish::Never,
    };
    Wardrobe {
        folder: etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("warroom/themes")),
        theme: session.config.theme.clone().unwrap_or_else(|| "dark".into()),
        keymap: session.config.keymap.clone(),
        depth: tui::colour::depth(wish, variable),
    }
}

/// Theme, keys, signs and zone as configured.
///
/// # Errors
/// A theme or key file with a mistake: file, line, what is expected.
pub fn look(session: &Session) -> Result<Look, Failure> {
    let wardrobe = wardrobe(session);
    let glyphs = match session.config.glyphs.unwrap_or_default() {
        Glyphs::Unicode => GlyphSet::Unicode,
        Glyphs::Ascii => GlyphSet::Ascii,
    };
    let (theme, keymap) = (wardrobe.theme().map_err(|why| mistaken(session, &why))?, wardrobe.keymap().map_err(Failure::Usage)?);
    Ok(Look { theme, keymap, glyphs, local: session.zone })
}

/// A theme that is not there is a mistake of the configuration; one with a mistake in it names its own file and line.
fn mistaken(session: &Session, why: &str) -> Failure {
    let is_named =
        session.config.theme.as_ref().is_some_and(|theme| why.starts_with(&format!("\"{theme}\"")) || why.contains("cannot be read"));
    if is_named { session.config.mistake("theme", why) } else { Failure::Usage(why.to_owned()) }
}

/// The views of the configuration.
///
/// # Errors
/// A query of which a term means nothing: file, line, key, and what to write.
fn views(session: &Session) -> Result<Vec<View>, Failure> {
    let me = Person::new("me");
    let ground = Ground { about: About::Incidents, now: Timestamp::default(), zone: session.zone, roles: &[], me: &me };
    for (name, query) in &session.config.views {
        if let Some(problem) = Query::parse(query, &ground).problems.first() {
            return Err(session.config.mistake(&format!("views.{name}"), &problem.says));
        }
    }
    Ok(session.config.views.iter().map(|(name, query)| View { name: name.clone(), query: query.clone() }).collect())
}

/// How the person is called and how text leaves.
fn custom(session: &Session, wardrobe: &Wardrobe) -> Custom {
    let (wished, standard) = (session.config.notify.unwrap_or_default(), Notify::default());
    Custom {
        themes: wardrobe.names(),
        worn: wardrobe.theme.clone(),
        notify: Notify {
            bell: wished.bell.unwrap_or(standard.bell),
            osc9: wished.osc9.unwrap_or(standard.osc9),
            title: wished.title.unwrap_or(standard.title),
        },
        route: clipboard::route(variable),
        has_mouse: session.config.mouse.unwrap_or(false),
        asks_name: false,
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Asks a person something in one line, beside what the program prints; an empty answer is Enter alone.
///
/// # Errors
/// When the terminal is gone.
pub fn ask(question: &str) -> Result<String, Failure> {
    let mut out = std::io::stderr().lock();
    let mut line = String::new();
    let asked = write!(out, "{question}").and_then(|()| out.flush()).and_then(|()| std::io::stdin().lock().read_line(&mut line));
    asked.map_err(|why| Failure::Failed(format!("the terminal cannot be used: {}", io_words(&why))))?;
    Ok(line.trim().to_owned())
}

/// Several people share this login: ask who sits here.
fn ask_who(session: &Session) -> Result<Home, Failure> {
    let root = session.root()?;
    let names = Home::people(&root);
    let mut out = std::io::stdout().lock();
    let mut ask = || -> std::io::Result<String> {
        writeln!(out, "Who are you?")?;
        for (number, name) in (1..).zip(&names) {
            writeln!(out, "  {number}  {}", Safe::line(name))?;
        }
        write!(out, "Number or name (a new name begins a new folder): ")?;
        out.flush()?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    };
    let said = ask().map_err(|why| Failure::Failed(format!("the terminal cannot be used: {}", io_words(&why))))?;
    let numbered = said.parse::<usize>().ok().and_then(|number| names.get(number.checked_sub(1)?));
    if said.is_empty() {
        return Err(Failure::Usage("say who you are with --as NAME".into()));
    }
    Home::choose(root, Some(numbered.unwrap_or(&said)))
}
