//! The command line: global flags and the list of commands. Each family of commands has its arguments beside what it does.

use crate::cli::backup;
use crate::cli::config::show::Configuration;
use crate::cli::demo;
use crate::cli::doctor;
use crate::cli::entries;
use crate::cli::export;
use crate::cli::import;
use crate::cli::incidents;
use crate::cli::link;
use crate::cli::migrate;
use crate::cli::output::Color;
use crate::cli::rating;
use crate::cli::readers;
use crate::cli::roles;
use crate::cli::run;
use crate::cli::search;
use crate::cli::serve;
use crate::cli::settings;
use crate::cli::shell;
use crate::cli::tasks;
use crate::cli::tokens;
use crate::cli::verify;
use clap::ArgMatches;
use clap::Args;
use clap::CommandFactory;
use clap::FromArgMatches;
use clap::Parser;
use clap::Subcommand;
use clap::builder::OsStringValueParser;
use clap::builder::TypedValueParser;
use clap::parser::ValueSource;
use std::path::PathBuf;

/// A terminal war room for incident commanders: live incidents, priority, timeline and roles, online and offline.
///
/// Without a command it opens the war room. `warroom demo` shows what it is for.
#[derive(Parser, Debug)]
#[command(name = "warroom", version, propagate_version = false, disable_help_subcommand = true, max_term_width = 100)]
pub struct Arguments {
    /// What every command understands.
    #[command(flatten)]
    pub global: Global,
    /// What is asked for; nothing opens the war room.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What every command understands.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Folder of the local copy [default: the XDG state folder]
    #[arg(long, global = true, env = "WARROOM_HOME", value_parser = path(), value_name = "DIR", hide_env_values = true)]
    pub home: Option<PathBuf>,
    /// Configuration file, instead of /etc/warroom/config.toml and the user's own
    #[arg(long, global = true, env = "WARROOM_CONFIG", value_parser = path(), value_name = "FILE", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Address of the server
    #[arg(long, global = true, env = "WARROOM_REMOTE", value_name = "URL", hide_env_values = true)]
    pub remote: Option<String>,
    /// File that holds the token (WARROOM_TOKEN holds the token itself)
    #[arg(long, global = true, env = "WARROOM_TOKEN_FILE", value_parser = path(), value_name = "FILE", hide_env_values = true)]
    pub token_file: Option<PathBuf>,
    /// Who you are, on a login that several people share
    #[arg(long = "as", global = true, env = "WARROOM_AS", value_name = "NAME", hide_env_values = true)]
    pub who: Option<String>,
    /// Look, but write nothing
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Hide restricted incidents and the words of commands and evidence in the war room, while others look on
    #[arg(long, global = true)]
    pub present: bool,
    /// The incident: INC-42, NEW-7K2QD or the end of its id [default: the one set by `use`, else the only open one]
    #[arg(short, long, global = true, env = "WARROOM_INCIDENT", value_name = "INC", hide_env_values = true)]
    pub incident: Option<String>,
    /// One JSON object a line instead of words
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colour (NO_COLOR is obeyed)
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub color: Option<Color>,
    /// Save here, do not wait for the server
    #[arg(long, global = true)]
    pub no_wait: bool,
    /// Record private keys, seed phrases, tokens and passwords as they are, instead of masking them
    #[arg(long, global = true)]
    pub record_secrets: bool,
    /// Say more; twice, still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Which of these were given, and by what: `("home", "--home")`, `("home", "WARROOM_HOME")`.
    #[arg(skip)]
    pub given: Vec<(String, String)>,
}

impl Arguments {
    /// Reads what the program was started with.
    ///
    /// # Errors
    /// What was not understood; help and version, too, are answered so.
    pub fn of_this_process() -> Result<Self, clap::Error> {
        let command = Self::command();
        let named: Vec<_> = command
            .get_arguments()
            .map(|argument| (argument.get_id().to_string(), argument.get_long().unwrap_or_default().to_owned()))
            .collect();
        let variables: Vec<_> =
            command.get_arguments().map(|argument| argument.get_env().map(|name| name.to_string_lossy().into_owned())).collect();
        let matches = command.try_get_matches()?;
        let given = named.into_iter().zip(variables).filter_map(|((id, long), variable)| {
            let place = match source(&matches, &id)? {
                ValueSource::CommandLine => format!("--{long}"),
                ValueSource::EnvVariable => variable?,
                _ => return None,
            };
            Some((id, place))
        });
        let given = given.collect();
        let mut arguments = Self::from_arg_matches(&matches)?;
        arguments.global.given = given;
        Ok(arguments)
    }
}

fn source(matches: &ArgMatches, id: &str) -> Option<ValueSource> {
    matches.try_contains_id(id).ok()?;
    matches.value_source(id)
}

/// Paths as they are; an empty one stands for none, as an empty variable does in a shell.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

impl Global {
    /// The same without what is empty: a variable set to nothing is not set.
    pub fn without_empty(mut self) -> Self {
        for path in [&mut self.home, &mut self.config, &mut self.token_file] {
            *path = path.take().filter(|path| !path.as_os_str().is_empty());
        }
        for word in [&mut self.remote, &mut self.who, &mut self.incident] {
            *word = word.take().filter(|word| !word.is_empty());
        }
        self
    }
}

/// Everything that can be asked for by name.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// See it: a server, a drill and the war room, nothing left behind
    Demo(demo::Demo),
    /// Run the server
    Serve(serve::Serve),
    /// Copy the server's log from SQLite into an empty PostgreSQL database
    MigrateDatabase(migrate::MigrateDatabase),
    /// Make, list and revoke tokens in the server's database
    #[command(subcommand)]
    Token(tokens::Token),
    /// Copy the server's database while it runs
    Backup(backup::Backup),
    /// Put a backup in the place of the server's database
    Restore(backup::Restore),
    /// Check a server and a token, keep both, send what was written alone
    Connect(link::Connect),
    /// Begin an incident
    Declare(incidents::Declare),
    /// List incidents
    List(incidents::List),
    /// Show one incident
    Show(incidents::Show),
    /// Set the current incident of this home
    Use(incidents::Use),
    /// Write into the timeline
    Log(entries::Log),
    /// Run a command and record it
    Run(run::Run),
    /// The command of `run`, on the terminal that was made for it
    #[command(hide = true)]
    RunOnTerminal(run::OnTerminal),
    /// Change the status
    Status(rating::SetStatus),
    /// Say how bad it is by one word: 1 (worst) to 5
    Severity(rating::SetSeverity),
    /// Score dimensions: money_at_risk=3 custody=4 spread=-
    Assess(rating::Assess),
    /// Set the priority against the matrix, or give it back
    Override(rating::Override),
    /// How the priority moved, with who, when and why
    Ratings(rating::Ratings),
    /// Give a role to a person
    Assign(roles::Assign),
    /// Give a role up, or take it from its holder
    Release(roles::Release),
    /// "I know": acknowledge a role another gave me
    Ack(roles::Ack),
    /// Every turn the roles took: given, offered, accepted, assumed, given up
    Handovers(roles::Handovers),
    /// "I have command"
    Take(roles::Take),
    /// Offer command, with the briefing
    Offer(roles::Offer),
    /// Accept command offered to me
    Accept(roles::Accept),
    /// Decline command offered to me
    Decline(roles::Decline),
    /// Give a person a task
    Task(tasks::Give),
    /// "Understood": answer a task
    Understood(tasks::Understood),
    /// "Done": end a task
    Done(tasks::Done),
    /// Correct title, summary or services
    Edit(incidents::Edit),
    /// Correct an entry
    Amend(entries::Amend),
    /// Strike an entry
    Strike(entries::Strike),
    /// Delete the words of a line for good, everywhere
    Redact(entries::Redact),
    /// Re-file an entry: struck here, added there
    Move(entries::Move),
    /// Go on as another incident
    Merge(incidents::Merge),
    /// Undo a merge
    Split(incidents::Split),
    /// Let only some people and roles see an incident
    Restrict(readers::Restrict),
    /// Let everyone see an incident again
    Unrestrict(readers::Unrestrict),
    /// Reopen a resolved or closed incident
    Reopen(incidents::Reopen),
    /// Take back my last change
    Undo(entries::Undo),
    /// The briefing for a hand-over
    Brief(roles::Brief),
    /// The record of an incident as a document
    Export(export::Export),
    /// Full text over every entry held here
    Search(search::Search),
    /// Take in past incidents from records kept elsewhere
    #[command(subcommand)]
    Import(import::Import),
    /// Exchange with the server once
    Sync(link::Sync),
    /// Check the log held here, or a file, against what the server signed
    Verify(verify::Verify),
    /// What is configured, reachable, locked, unsent, damaged
    Doctor(doctor::Doctor),
    /// Publish the organisation's matrix and roles
    #[command(subcommand)]
    Settings(settings::Settings),
    /// What is configured, and where it comes from
    #[command(subcommand)]
    Config(Configuration),
    /// Completions for a shell
    Completions(shell::Completions),
    /// The manual page
    Man(shell::Man),
}
