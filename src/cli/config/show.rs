//! `warroom config`: what holds, where it comes from, and the sample file.

use crate::cli::config::Config;
use crate::cli::config::layers;
use crate::cli::failure::Failure;
use crate::cli::session::Connection;
use crate::cli::session::Session;
use crate::store::Database;
use crate::text::Safe;
use clap::Subcommand;
use serde_json::json;
use toml::Table;
use toml::Value;

/// Where settings come from, the strongest first.
pub const PRECEDENCE: &str = "flags, then WARROOM_… variables, then the user's file, then /etc/warroom/config.toml, then what `connect` stored, then what is built in";

/// What is configured, and where it comes from.
#[derive(Subcommand, Debug)]
pub enum Configuration {
    /// Every setting that holds, and where it comes from
    Show,
    /// A file of all settings, each with its default or an example, to begin one's own with
    Sample,
}

/// A setting as it holds.
struct Line {
    key: String,
    value: Option<Value>,
    from: String,
}

impl Configuration {
    pub(in crate::cli) fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Sample => session.output.text(layers::SAMPLE),
            Self::Show => show(session),
        }
    }
}

fn show(session: &Session) -> Result<(), Failure> {
    let home = session.home()?;
    // What is wrong with the connection is said in its place: the settings are looked at to mend it.
    let connection = session.connection(&home);
    let lines = lines(session, connection.as_ref().ok().and_then(|connection| connection.remote.as_deref()))?;
    if session.output.json {
        return lines.iter().try_for_each(|line| session.output.object(&json!({"key": line.key, "value": line.value, "from": line.from})));
    }
    let width = lines.iter().map(|line| line.words().chars().count()).max().unwrap_or(0).min(60);
    let say = |words: String| session.output.line(words);
    say(format!("# {PRECEDENCE}"))?;
    for path in layers::files(session.global.config.as_deref()) {
        let what = if path.exists() { "read" } else { "not there" };
        say(format!("# file   {} ({what})", Safe::line(&path.display().to_string())))?;
    }
    say(format!("# home   {} ({})", Safe::line(&home.folder().display().to_string()), session.source("home").unwrap_or("built in")))?;
    let token = match &connection {
        Err(why) => why.to_string(),
        Ok(Connection { token: None, .. }) => "none".to_owned(),
        Ok(Connection { token: Some(token), stored: Some(stored), .. }) if stored.token == *token => {
            format!("that of {}, stored by `warroom connect`", stored.person)
        }
        Ok(_) => "from a file or a variable".to_owned(),
    };
    say(format!("# token  {}", Safe::line(&token)))?;
    let mut section = String::new();
    for line in lines {
        let within = if line.key.starts_with("views.") { "views" } else { line.key.rsplit_once('.').map_or("", |(within, _)| within) };
        if within != section {
            section = within.to_owned();
            say(format!("\n[{section}]"))?;
        }
        say(format!("{:width$}  # {}", line.words(), Safe::line(&line.from)))?;
    }
    Ok(())
}

impl Line {
    /// As it would stand in a file.
    fn words(&self) -> String {
        let line = |name: &str| {
            let value = self.value.as_ref().map(|value| Safe::line(&value.to_string()).to_string());
            value.map_or_else(|| format!("# {name}"), |value| format!("{name} = {value}"))
        };
        match self.key.strip_prefix("views.") {
            Some(name) => line(Safe::line(&Value::String(name.to_owned()).to_string()).as_str()),
            None => line(self.key.rsplit('.').next().unwrap_or_default()),
        }
    }
}

/// Every setting in the order of the sample, then the views.
fn lines(session: &Session, remote: Option<&str>) -> Result<Vec<Line>, Failure> {
    let unread = |why: toml::ser::Error| Failure::Failed(format!("the configuration cannot be shown: {why}"));
    let config = &session.config;
    let table = Table::try_from(Config { places: Default::default(), ..config.clone() }).map_err(unread)?;
    let views = config.views.keys().map(|name| format!("views.{name}"));
    let keys = layers::keys();
    let (plain, sections): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| !key.contains('.'));
    let all = plain.into_iter().chain(views).chain(sections);
    Ok(all.map(|key| line(session, &table, key, remote)).collect())
}

fn line(session: &Session, table: &Table, key: String, remote: Option<&str>) -> Line {
    let global = &session.global;
    let flag = match key.as_str() {
        "remote" => global.remote.clone().map(Value::String),
        "token_file" => global.token_file.as_ref().map(|path| Value::String(path.display().to_string())),
        "person" => global.who.clone().map(Value::String),
        "read_only" => global.read_only.then_some(Value::Boolean(true)),
        "color" => global.color.and_then(|color| Value::try_from(color).ok()),
        _ => None,
    };
    let flag_name = if key == "person" { "who" } else { &key };
    if let Some(value) = flag {
        let from = session.source(flag_name).unwrap_or("a flag").to_owned();
        return Line { key, value: Some(value), from };
    }
    // A view may be called by any words, dots among them.
    let names: Vec<&str> = if key.starts_with("views.") { key.splitn(2, '.').collect() } else { key.split('.').collect() };
    let value = names[1..].iter().try_fold(table.get(names[0]), |value, name| Some(value?.get(*name))).flatten().cloned();
    let place = session.config.places.get(&key).cloned();
    match (value, place, remote) {
        (None, _, Some(remote)) if key == "remote" => {
            Line { key, value: Some(Value::String(remote.to_owned())), from: "`warroom connect`".into() }
        }
        (None, ..) => Line { key, value: None, from: "not set".into() },
        // It may hold a password.
        (Some(Value::String(address)), place, _) if key == "serve.database" => {
            let shown = address.parse::<Database>().map_or_else(|_| "…".to_owned(), |database| database.to_string());
            Line { key, value: Some(Value::String(shown)), from: place.unwrap_or_else(|| "built in".into()) }
        }
        (value, place, _) => Line { key, value, from: place.unwrap_or_else(|| "built in".into()) },
    }
}
