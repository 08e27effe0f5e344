//! What a shell and `man` want to know, generated from the arguments themselves.

use crate::cli::arguments::Arguments;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use clap::Args;
use clap::CommandFactory;

/// Completions for a shell.
#[derive(Args, Debug)]
pub struct Completions {
    /// bash, zsh, fish, elvish or powershell
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "warroom", &mut script);
        session.output.text(&String::from_utf8_lossy(&script))
    }
}

/// The manual page.
#[derive(Args, Debug)]
pub struct Man {}

impl Man {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(Arguments::command()).render(&mut page);
        rendered.map_err(|why| Failure::Failed(format!("the manual page cannot be written: {why}")))?;
        session.output.text(&String::from_utf8_lossy(&page))
    }
}
