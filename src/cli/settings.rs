//! The organisation's matrix and roles: files published into the log, from where every node and replica reads them.

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::domain::Command;
use crate::domain::IncidentId;
use crate::wire::read_matrix;
use crate::wire::read_roles;
use clap::Args;
use clap::Subcommand;
use serde_json::json;
use std::path::Path;
use std::path::PathBuf;

/// The organisation's settings.
#[derive(Subcommand, Debug)]
pub enum Settings {
    /// Publish `matrix.toml` and `roles.toml` of a folder, as far as they are there
    Publish(Publish),
}

/// Publish the organisation's matrix and roles.
#[derive(Args, Debug)]
pub struct Publish {
    /// A folder with `matrix.toml`, `roles.toml`, or both
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Settings {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let Self::Publish(publish) = self;
        let matrix = read(&publish.folder.join("matrix.toml"), read_matrix)?;
        let roles = read(&publish.folder.join("roles.toml"), read_roles)?;
        if matrix.is_none() && roles.is_none() {
            return Err(Failure::Missing(format!("{} holds neither matrix.toml nor roles.toml", publish.folder.display())));
        }
        let published: Vec<&str> = [matrix.as_ref().map(|_| "matrix"), roles.as_ref().map(|_| "roles")].into_iter().flatten().collect();
        let desk = Desk::open(session)?;
        let sent = desk.publish(Command::PublishSettings { matrix: matrix.map(Box::new), roles })?;
        if session.output.json {
            return session.output.object(&json!({"published": published, "state": sent.word(), "stream": IncidentId::ORG}));
        }
        session.output.line(format!("published: {}", published.join(", ")))?;
        sent.warn(session);
        Ok(())
    }
}

fn read<T>(path: &Path, understand: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(Failure::of_file(path, "read", &why)),
    };
    understand(&text).map(Some).map_err(|why| Failure::Usage(format!("{}: {}", path.display(), why.trim_end())))
}
