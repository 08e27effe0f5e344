//! The organisation's matrix, roles, services and people: files published into the log, from where every node and replica reads them.

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::text_file;
use crate::domain::Command;
use crate::domain::IncidentId;
use crate::domain::SettingsPublished;
use crate::wire::read_matrix;
use crate::wire::read_people;
use crate::wire::read_roles;
use crate::wire::read_services;
use clap::Args;
use clap::Subcommand;
use serde_json::json;
use std::path::Path;
use std::path::PathBuf;

/// Publish the organisation's own matrix, roles and people.
#[derive(Subcommand, Debug)]
pub enum Settings {
    Publish(Publish),
}

/// Publish what a folder holds of matrix, roles, services and people.
///
/// What the folder lacks stays as it is.
#[derive(Args, Debug)]
pub struct Publish {
    /// A folder with `matrix.toml`, `roles.toml`, `services.toml`, `people.toml`, or some of them
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Settings {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let Self::Publish(publish) = self;
        let file = |name: &str| publish.folder.join(format!("{name}.toml"));
        let settings = SettingsPublished {
            matrix: read(&file("matrix"), read_matrix)?,
            roles: read(&file("roles"), read_roles)?,
            services: read(&file("services"), read_services)?,
            people: read(&file("people"), read_people)?,
        };
        let there = [settings.matrix.is_some(), settings.roles.is_some(), settings.services.is_some(), settings.people.is_some()];
        let published: Vec<&str> =
            ["matrix", "roles", "services", "people"].into_iter().zip(there).filter(|(_, is)| *is).map(|(name, _)| name).collect();
        if published.is_empty() {
            let what = "holds none of matrix.toml, roles.toml, services.toml and people.toml";
            return Err(Failure::Missing(format!("{} {what}", publish.folder.display())));
        }
        let desk = Desk::open(session)?;
        let sent = desk.publish(Command::PublishSettings(Box::new(settings)))?;
        if session.output.json {
            return session.output.object(&json!({"published": published, "state": sent.word(), "stream": IncidentId::ORG}));
        }
        session.output.line(format!("published: {}", published.join(", ")))?;
        sent.warn(session);
        Ok(())
    }
}

fn read<T>(path: &Path, understand: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, Failure> {
    let text = match text_file::read(path, text_file::WRITTEN_MAX_BYTES) {
        Ok(text) => text,
        Err(Failure::Missing(_)) => return Ok(None),
        Err(why) => return Err(why),
    };
    understand(&text).map(Some).map_err(|why| Failure::Usage(format!("{}: {}", path.display(), why.trim_end())))
}
