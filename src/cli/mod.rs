//! The edge: arguments, configuration, wiring, exit codes, and what is printed. Everything a pane can do, a command here can do.
//!
//! * [`arguments`] lists the commands; each family has its arguments and what it does in one file.
//! * `session` brings flags, environment and configuration together; `home` is the folder, `connection` the server and the token.
//! * `desk` is an open replica: find the incident, record a command, wait a moment for the server, tell how far it got. `masking` looks through its
//!   words for secrets first.
//! * `failure` is every way to end but success, with its exit code; `output` and `table` are the only places that print.
//!
//! Absent by intent: rules (they are in `domain`), SQL, drawing on a terminal.

mod answer;
pub mod arguments;
mod backup;
mod config;
mod connection;
mod database;
mod demo;
mod descriptors;
mod desk;
mod doctor;
mod entries;
mod export;
mod failure;
mod find;
mod help;
mod here;
mod home;
mod import;
mod incidents;
mod link;
mod logging;
mod masking;
mod migrate;
mod output;
mod piped;
mod rating;
mod readers;
mod remote;
mod roles;
mod run;
mod search;
mod serve;
mod session;
mod settings;
mod sheet;
mod shell;
mod show;
mod table;
mod tasks;
mod templates;
mod text_file;
mod tokens;
mod unsaved;
mod verify;
mod vocabulary;
mod war_room;
mod whole_file;

use crate::text;
use arguments::Arguments;
use arguments::Command;
use failure::Failure;
use output::Color;
use output::Output;
use session::Session;
use std::process::ExitCode;

/// Runs the program with the arguments it was started with.
pub fn run() -> ExitCode {
    crate::install_crypto();
    let arguments = match Arguments::of_this_process() {
        Ok(arguments) => arguments,
        Err(why) => return misunderstood(&why),
    };
    // It becomes another program: no file is read before.
    if let Some(Command::RunOnTerminal(asked)) = arguments.command {
        return ExitCode::from(asked.run());
    }
    let plain = Output::new(arguments.global.json, arguments.global.color.unwrap_or_default());
    match Session::new(arguments.global).and_then(|session| dispatch(arguments.command, &session)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            plain.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Help and version are answers; everything else is wrong usage, as JSON where JSON was asked for.
fn misunderstood(why: &clap::Error) -> ExitCode {
    if why.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        let words = why.to_string();
        let words = words.trim_start_matches("error: ").split("\n\nUsage:").next().unwrap_or_default().trim();
        Output::new(true, Color::Never).failure(&Failure::Usage(words.replace('\n', " ")));
        return ExitCode::from(2);
    }
    if why.use_stderr() {
        // What was typed may come from a script that got it from elsewhere.
        eprint!("{}", text::Safe::lines(&why.to_string()));
        return ExitCode::from(2);
    }
    // Nothing is left to do when the answer cannot be written.
    let _ = why.print();
    ExitCode::SUCCESS
}

fn dispatch(command: Option<Command>, session: &Session) -> Result<(), Failure> {
    let Some(command) = command else { return war_room::open(session) };
    if session.global.verbose > 0 && !matches!(command, Command::Demo(_) | Command::Serve(_)) {
        logging::to_stderr(session.global.verbose, logging::Shape::Text);
    }
    match command {
        Command::Demo(asked) => asked.run(session),
        Command::Serve(asked) => asked.run(session),
        Command::MigrateDatabase(asked) => asked.run(session),
        Command::Token(asked) => asked.run(session),
        Command::Backup(asked) => asked.run(session),
        Command::Restore(asked) => asked.run(session),
        Command::Connect(asked) => asked.run(session),
        Command::Declare(asked) => asked.run(session),
        Command::List(asked) => asked.run(session),
        Command::Show(asked) => asked.run(session),
        Command::Use(asked) => asked.run(session),
        Command::Log(asked) => asked.run(session),
        Command::Run(asked) => std::process::exit(asked.run(session)?.into()),
        Command::RunOnTerminal(asked) => std::process::exit(asked.run().into()),
        Command::Status(asked) => asked.run(session),
        Command::Severity(asked) => asked.run(session),
        Command::Assess(asked) => asked.run(session),
        Command::Override(asked) => asked.run(session),
        Command::Ratings(asked) => asked.run(session),
        Command::Ack(asked) => asked.run(session),
        Command::Handovers(asked) => asked.run(session),
        Command::Assign(asked) => asked.run(session),
        Command::Release(asked) => asked.run(session),
        Command::Take(asked) => asked.run(session),
        Command::Offer(asked) => asked.run(session),
        Command::Accept(asked) => asked.run(session),
        Command::Decline(asked) => asked.run(session),
        Command::Task(asked) => asked.run(session),
        Command::Understood(asked) => asked.run(session),
        Command::Done(asked) => asked.run(session),
        Command::Edit(asked) => asked.run(session),
        Command::Amend(asked) => asked.run(session),
        Command::Strike(asked) => asked.run(session),
        Command::Redact(asked) => asked.run(session),
        Command::Move(asked) => asked.run(session),
        Command::Merge(asked) => asked.run(session),
        Command::Split(asked) => asked.run(session),
        Command::Restrict(asked) => asked.run(session),
        Command::Unrestrict(asked) => asked.run(session),
        Command::Reopen(asked) => asked.run(session),
        Command::Undo(asked) => asked.run(session),
        Command::Brief(asked) => asked.run(session),
        Command::Export(asked) => asked.run(session),
        Command::Search(asked) => asked.run(session),
        Command::Import(asked) => asked.run(session),
        Command::Sync(asked) => asked.run(session),
        Command::Verify(asked) => asked.run(session),
        Command::Doctor(asked) => asked.run(session),
        Command::Settings(asked) => asked.run(session),
        Command::Config(asked) => asked.run(session),
        Command::Completions(asked) => asked.run(session),
        Command::Man(asked) => asked.run(session),
    }
}
