//! What a shell and `man` want to know, generated from the arguments themselves.

use crate::cli::arguments::Arguments;
use crate::cli::failure::Failure;
use crate::cli::help::EXIT_CODES;
use crate::cli::help::GROUPS;
use crate::cli::session::Session;
use clap::Args;
use clap::Command;
use clap::CommandFactory;
use clap::ValueHint;
use clap_mangen::roff::Roff;
use clap_mangen::roff::bold;
use clap_mangen::roff::roman;
use std::io;
use std::io::Write;

/// Completions for a shell.
#[derive(Args, Debug)]
pub struct Completions {
    /// Which one
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut offering_files_for_files(Arguments::command()), "warroom", &mut script);
        session.output.text(&String::from_utf8_lossy(&script))
    }
}

/// Shells offer the names of files for whatever they are told nothing about; here only a path is one.
fn offering_files_for_files(command: Command) -> Command {
    let told = command.mut_args(|argument| match argument.get_value_hint() {
        ValueHint::Unknown if argument.get_action().takes_values() => argument.value_hint(ValueHint::Other),
        _ => argument,
    });
    told.mut_subcommands(offering_files_for_files)
}

/// The manual page, of everything or of one command.
///
/// `warroom man | man -l -` reads it here; README.md says where to put it.
#[derive(Args, Debug)]
pub struct Man {
    /// Only this command, such as `log` or `token create`
    #[arg(value_name = "COMMAND")]
    names: Vec<String>,
}

impl Man {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let mut built = Arguments::command();
        built.build();
        let command = self
            .names
            .iter()
            .try_fold(&built, |command, name| command.find_subcommand(name))
            .ok_or_else(|| Failure::Missing(format!("there is no command `{}`; `warroom --help` lists them", self.names.join(" "))))?;
        let mut page = Vec::new();
        let written = if self.names.is_empty() { whole_page(command, &mut page) } else { page_of(command, &mut page) };
        written.map_err(|why| Failure::Failed(format!("the manual page cannot be written: {why}")))?;
        session.output.text(&String::from_utf8_lossy(&page))
    }
}

fn whole_page(program: &Command, page: &mut dyn Write) -> io::Result<()> {
    let man = begin(program, page)?;
    // Unbuilt, its commands do not repeat the options of all.
    let plain = Arguments::command();
    for (group, names) in GROUPS {
        section(page, "SH", &group.to_uppercase())?;
        for name in names {
            let of_it = plain.find_subcommand(name).zip(program.find_subcommand(name));
            of_it.map_or(Ok(()), |(plain, built)| subsection(plain, built, page))?;
        }
    }
    man.render_options_section(page)?;
    end(page)
}

fn page_of(command: &Command, page: &mut dyn Write) -> io::Result<()> {
    let man = begin(command, page)?;
    for each in command.get_subcommands().filter(|each| each.get_name() != "help") {
        subsection(each, each, page)?;
    }
    man.render_options_section(page)?;
    end(page)
}

/// Title, name, how it is called, and what it is.
fn begin(command: &Command, page: &mut dyn Write) -> io::Result<clap_mangen::Man> {
    let man = clap_mangen::Man::new(command.clone()).source(concat!("warroom ", env!("CARGO_PKG_VERSION")));
    man.render_title(page)?;
    man.render_name_section(page)?;
    section(page, "SH", "SYNOPSIS")?;
    let mut roff = Roff::new();
    roff.text([bold(usage(command))]);
    roff.to_writer(page)?;
    man.render_description_section(page)?;
    Ok(man)
}

/// One command within a page, with the commands under it; `plain` has its own arguments only.
fn subsection(plain: &Command, built: &Command, page: &mut dyn Write) -> io::Result<()> {
    section(page, "SS", &usage(built))?;
    let man = clap_mangen::Man::new(plain.clone().disable_help_flag(true).disable_help_subcommand(true));
    let mut body = Vec::new();
    man.render_description_section(&mut body)?;
    if plain.get_arguments().any(|argument| !argument.is_hide_set()) {
        man.render_options_section(&mut body)?;
    }
    // What it is and what it takes stand under its usage, without headings of their own.
    for line in String::from_utf8_lossy(&body).lines().filter(|line| !line.starts_with(".SH ")) {
        writeln!(page, "{line}")?;
    }
    let below = plain.get_subcommands().filter_map(|each| Some((each, built.find_subcommand(each.get_name())?)));
    below.into_iter().try_for_each(|(plain, built)| subsection(plain, built, page))
}

fn end(page: &mut dyn Write) -> io::Result<()> {
    section(page, "SH", "EXIT STATUS")?;
    let mut roff = Roff::new();
    roff.text([roman(EXIT_CODES)]);
    roff.to_writer(page)
}

fn section(page: &mut dyn Write, level: &str, heading: &str) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control(level, [heading]);
    roff.to_writer(page)
}

fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    usage.trim_start_matches("Usage:").split_whitespace().collect::<Vec<_>>().join(" ")
}
