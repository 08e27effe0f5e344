//! Tokens of a server, made at its database, so that the first one needs none.

use crate::cli::database;
use crate::cli::failure::Failure;
use crate::cli::failure::io_words;
use crate::cli::output::Paint;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::cli::table::Table;
use crate::cli::vocabulary;
use crate::domain::Person;
use crate::domain::Scope;
use crate::server;
use crate::server::NewToken;
use crate::store;
use crate::store::Database;
use crate::text::Safe;
use crate::text::span;
use clap::Args;
use clap::Subcommand;
use serde_json::json;
use std::fs::File;
use std::fs::Permissions;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Make, list and revoke tokens in the server's database.
#[derive(Subcommand, Debug)]
pub enum Token {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Make a token; it is printed once, alone.
#[derive(Args, Debug)]
pub struct Create {
    /// What it is called: "ana-laptop"
    name: String,
    /// What it permits: each of the first four all that is before it; intake only sends alerts
    #[arg(long, value_parser = vocabulary::scope())]
    scope: Scope,
    /// Whom it stands for [default: the token's name]
    #[arg(long, value_name = "P")]
    person: Option<String>,
    /// After how many days it ends
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    expires: Option<u32>,
    /// The server's database: sqlite:PATH or postgres://… [default: server.db in the home folder]
    #[arg(long, value_name = "DB", env = "WARROOM_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

/// List tokens, never what they are.
#[derive(Args, Debug)]
pub struct List {
    /// The server's database: sqlite:PATH or postgres://… [default: server.db in the home folder]
    #[arg(long, value_name = "DB", env = "WARROOM_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

/// End a token at once.
#[derive(Args, Debug)]
pub struct Revoke {
    /// What it is called
    name: String,
    /// The server's database: sqlite:PATH or postgres://… [default: server.db in the home folder]
    #[arg(long, value_name = "DB", env = "WARROOM_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

impl Token {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(session),
            Self::List(list) => list.run(session),
            Self::Revoke(revoke) => revoke.run(session),
        }
    }
}

impl Create {
    fn run(self, session: &Session) -> Result<(), Failure> {
        let database = database::named(session, self.database.as_deref())?;
        let person = Person::new(self.person.as_deref().unwrap_or(&self.name));
        person.check().map_err(|why| Failure::Usage(format!("{why}; name the person with --person")))?;
        let expires_at = self.expires.map(|days| now().plus_ms(i64::from(days) * DAY_MS));
        let is_there = !matches!(&database, Database::Sqlite(path) if !path.exists());
        if is_there && database.list_tokens().map_err(database::failure)?.iter().any(|token| token.name == self.name) {
            return Err(database::failure(store::StoreError::TokenExists(self.name)));
        }
        let new = NewToken { name: self.name.clone(), scope: self.scope, person: Some(person.clone()), expires_at };
        let secret = server::create_token(&database.address(), new).map_err(Failure::Failed)?;
        keep_private(session);
        if session.output.json {
            let object = json!({"name": self.name, "person": person, "scope": self.scope, "expires_at": expires_at, "token": secret});
            return session.output.object(&object);
        }
        session.output.line(secret)
    }
}

/// A token sent into a file is for its owner alone, whatever the umask says: others' eyes on it would have `--token-file` refuse it.
fn keep_private(session: &Session) {
    let Ok(out) = std::io::stdout().as_fd().try_clone_to_owned().map(File::from) else { return };
    let is_open = out.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o077 != 0);
    if is_open && let Err(why) = out.set_permissions(Permissions::from_mode(0o600)) {
        session.output.note(&format!("others can read the file this token goes to, and that cannot be changed here: {}", io_words(&why)));
    }
}

impl List {
    fn run(self, session: &Session) -> Result<(), Failure> {
        let database = database::existing(session, self.database.as_deref())?;
        let tokens = database.list_tokens().map_err(database::failure)?;
        let now = now();
        let state = |token: &store::Token| match token.check(now) {
            Ok(()) => "valid",
            Err(_) if token.revoked_at.is_some() => "revoked",
            Err(_) => "expired",
        };
        if session.output.json {
            return tokens.iter().try_for_each(|token| {
                let object = json!({
                    "name": token.name, "person": token.person, "scope": token.scope, "state": state(token), "created_at": token.created_at,
                    "expires_at": token.expires_at, "revoked_at": token.revoked_at, "last_used_at": token.last_used_at,
                });
                session.output.object(&object)
            });
        }
        let mut table = Table::new(&session.output, &["NAME", "PERSON", "SCOPE", "STATE", "USED", "ENDS"], 40);
        for token in &tokens {
            let used = token.last_used_at.map_or_else(|| "never".into(), |at| span::ago(at.millis(), now.millis()));
            let ends = token.expires_at.map_or_else(|| "never".into(), |at| at.to_string());
            let state = state(token);
            let paint = if state == "valid" { Paint::Good } else { Paint::Dim };
            table.row([
                (&token.name, Paint::Plain),
                (token.person.as_str(), Paint::Plain),
                (token.scope.word(), Paint::Plain),
                (state, paint),
                (&used, Paint::Plain),
                (&ends, Paint::Plain),
            ]);
        }
        table.lines(&session.output).iter().try_for_each(|line| session.output.line(line))
    }
}

impl Revoke {
    fn run(self, session: &Session) -> Result<(), Failure> {
        let database = database::existing(session, self.database.as_deref())?;
        database.revoke_token(&self.name, now()).map_err(database::failure)?;
        if session.output.json {
            return session.output.object(&json!({"name": self.name, "state": "revoked"}));
        }
        let name = Safe::line(&self.name);
        session.output.line(format!("{name} is revoked; a running server lets go of it within seconds"))
    }
}
