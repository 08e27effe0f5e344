//! What one run of the program knows before it does anything: flags, environment and configuration brought together.

use crate::cli::arguments::Global;
use crate::cli::config::Config;
use crate::cli::config::layers;
use crate::cli::connection;
use crate::cli::connection::Sources;
use crate::cli::connection::Stored;
use crate::cli::connection::Token;
use crate::cli::failure::Failure;
use crate::cli::home::Home;
use crate::cli::output::Output;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::replica::Remote;
use crate::replica::Remotes;
use crate::text::moment;
use chrono_tz::Tz;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

/// The settled configuration.
#[derive(Clone)]
pub struct Session {
    /// Where answers go.
    pub output: Output,
    /// The flags as given.
    pub global: Global,
    /// The configuration files.
    pub config: Config,
    /// The zone of times typed and shown.
    pub zone: Tz,
}

impl Session {
    /// Brings flags, environment and configuration together.
    ///
    /// # Errors
    /// What in the configuration cannot be.
    pub fn new(global: Global) -> Result<Self, Failure> {
        let global = global.without_empty();
        // A variable that is not text cannot be meant for a setting.
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let config = layers::load(global.config.as_deref(), variables)?;
        let color = global.color.or(config.color).unwrap_or_default();
        Ok(Self { output: Output::new(global.json, color), zone: config.tz()?, global, config })
    }

    /// Where a global argument comes from, if it was given: `--home`, `WARROOM_HOME`.
    pub fn source(&self, argument: &str) -> Option<&str> {
        self.global.given.iter().find(|(name, _)| name == argument).map(|(_, place)| place.as_str())
    }

    /// The folder everything is kept under.
    ///
    /// # Errors
    /// When none is named and the user has no home directory.
    pub fn root(&self) -> Result<PathBuf, Failure> {
        self.global.home.clone().map_or_else(Home::default_root, Ok)
    }

    /// The home of whoever works here.
    ///
    /// # Errors
    /// When several do and none is named.
    pub fn home(&self) -> Result<Home, Failure> {
        Home::choose(self.root()?, self.global.who.as_deref())
    }

    /// The server's address, if one is configured, and the token for it, if there is one.
    ///
    /// # Errors
    /// When either cannot be what it should.
    pub fn connection(&self, home: &Home) -> Result<Connection, Failure> {
        self.connection_noting(home, Some(&self.output))
    }

    fn connection_noting(&self, home: &Home, output: Option<&Output>) -> Result<Connection, Failure> {
        let stored = Stored::load(home)?;
        let named = self.global.remote.clone().or_else(|| self.config.remote.clone());
        let remote = named.or_else(|| stored.as_ref().map(|stored| stored.remote.clone()));
        let remote = remote.map(|address| connection::check_remote(&address)).transpose()?;
        let token = self.token(stored.as_ref(), remote.as_deref(), output)?;
        Ok(Connection { remote, token, stored })
    }

    /// The token for `remote` from wherever it is kept; `output` is told of a file that others can read.
    ///
    /// # Errors
    /// When a source is named and holds no token.
    pub fn token(&self, stored: Option<&Stored>, remote: Option<&str>, output: Option<&Output>) -> Result<Option<Token>, Failure> {
        let variable = std::env::var("WARROOM_TOKEN").ok().filter(|text| !text.is_empty());
        let sources = Sources { file: self.global.token_file.as_deref(), variable: variable.as_deref() };
        connection::token(sources, &self.config, stored, remote, output)
    }

    /// The server and token of a home as `now` has them, and whatever the files they come from say later: a token that is rewritten there, or
    /// that `connect` keeps, takes the place of the one before.
    pub fn remotes(&self, home: &Home, now: Option<Remote>) -> Remotes {
        let (session, home, mut current) = (self.clone(), home.clone(), now);
        let files: Vec<PathBuf> = [&session.global.token_file, &session.config.token_file].into_iter().flatten().cloned().collect();
        if files.iter().any(|file| file.as_path() == Path::new("-")) {
            return Box::new(move || current.clone());
        }
        let files: Vec<PathBuf> = files.into_iter().chain([connection::stored_file(&home)]).collect();
        let (mut seen, mut last) = (stamps(&files), session.remote_now(&home));
        Box::new(move || {
            let stands = stamps(&files);
            if stands != seen {
                let read = session.remote_now(&home);
                if read.is_some() {
                    seen = stands;
                }
                if read.is_some() && read != last {
                    (current, last) = (read.clone(), read);
                }
            }
            current.clone()
        })
    }

    /// What the sources of the address and the token say now; none where one of them says nothing, or nonsense.
    fn remote_now(&self, home: &Home) -> Option<Remote> {
        let Connection { remote, token, .. } = self.connection_noting(home, None).ok()?;
        Remote::new(&remote?, token?.secret()).ok()
    }

    /// Who works here as far as no server has said: `--as`, what `connect` stored, the configuration, the login's name.
    pub fn person(&self, home: &Home, stored: Option<&Stored>) -> Person {
        let login = || std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).ok();
        let name = home.name.as_ref().map(ToString::to_string).or_else(|| stored.map(|stored| stored.person.clone()));
        let name = name.or_else(|| self.config.person.clone()).or_else(login);
        name.map(Person::new).filter(|person| person.check().is_ok()).unwrap_or_else(|| Person::new("me"))
    }

    /// Whether nothing may be written.
    pub fn read_only(&self) -> bool {
        self.global.read_only || self.config.read_only.unwrap_or(false)
    }

    /// Lets only those go on who may write.
    ///
    /// # Errors
    /// With `--read-only`, in a sentence.
    pub fn may_write(&self) -> Result<(), Failure> {
        if !self.read_only() {
            return Ok(());
        }
        let reason = "nothing is written with --read-only (or `read_only = true` in the configuration)";
        Err(Failure::Refused { code: "read_only".into(), reason: reason.into() })
    }

    /// A time as typed.
    ///
    /// # Errors
    /// What was typed is not a time.
    pub fn time(&self, typed: &str) -> Result<Timestamp, Failure> {
        let at = moment::read_time(typed, now().millis(), self.zone).map_err(|why| Failure::Usage(why.to_string()))?;
        Ok(Timestamp::from_millis(at))
    }
}

/// The server and the token for it.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The address, checked.
    pub remote: Option<String>,
    /// The token.
    pub token: Option<Token>,
    /// What `connect` stored, whether it is used or not.
    pub stored: Option<Stored>,
}

/// Which state files are in: another where one was written again.
fn stamps(files: &[PathBuf]) -> Vec<Option<(SystemTime, u64, u64)>> {
    let stamp = |file: &PathBuf| {
        let meta = std::fs::metadata(file).ok()?;
        Some((meta.modified().ok()?, meta.ino(), meta.len()))
    };
    files.iter().map(stamp).collect()
}

/// The time by this machine's clock.
pub fn now() -> Timestamp {
    chrono::Utc::now().into()
}
