//! The command line: global flags and the list of commands. Each family of commands has its arguments beside what it does.

use crate::cli::backup;
use crate::cli::config::show::Configuration;
use crate::cli::demo;
use crate::cli::doctor;
use crate::cli::entries;
use crate::cli::export;
use crate::cli::help;
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
/// Without a command it opens the war room. `warroom demo` shows what it is for, `warroom help COMMAND` explains a command.
#[derive(Parser, Debug)]
#[command(name = "warroom", version, propagate_version = false, max_term_width = 100)]
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
#[command(next_help_heading = "Options of every command")]
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
        let command = help::grouped(Self::command());
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

/// Everything that can be asked for by name. What a command says of itself stands at its arguments.
#[derive(Subcommand, Debug)]
pub enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    MigrateDatabase(migrate::MigrateDatabase),
    #[command(subcommand)]
    Token(tokens::Token),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Connect(link::Connect),
    Declare(incidents::Declare),
    List(incidents::List),
    Show(incidents::Show),
    Use(incidents::Use),
    Log(entries::Log),
    Run(run::Run),
    #[command(hide = true)]
    RunOnTerminal(run::OnTerminal),
    Status(rating::SetStatus),
    Severity(rating::SetSeverity),
    Assess(rating::Assess),
    Override(rating::Override),
    Ratings(rating::Ratings),
    Assign(roles::Assign),
    Release(roles::Release),
    Ack(roles::Ack),
    Handovers(roles::Handovers),
    Take(roles::Take),
    Offer(roles::Offer),
    Accept(roles::Accept),
    Decline(roles::Decline),
    Task(tasks::Give),
    Understood(tasks::Understood),
    Done(tasks::Done),
    Edit(incidents::Edit),
    Amend(entries::Amend),
    Strike(entries::Strike),
    Redact(entries::Redact),
    Move(entries::Move),
    Merge(incidents::Merge),
    Split(incidents::Split),
    Restrict(readers::Restrict),
    Unrestrict(readers::Unrestrict),
    Reopen(incidents::Reopen),
    Undo(entries::Undo),
    Brief(roles::Brief),
    Export(export::Export),
    Search(search::Search),
    #[command(subcommand)]
    Import(import::Import),
    Sync(link::Sync),
    Verify(verify::Verify),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    Settings(settings::Settings),
    #[command(subcommand)]
    Config(Configuration),
    Completions(shell::Completions),
    Man(shell::Man),
}
