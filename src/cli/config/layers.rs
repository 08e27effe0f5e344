//! From what is built in, files and the environment to one configuration, each over the one before it, with the place of every setting.

use crate::cli::config::Config;
use crate::cli::failure::Failure;
use crate::cli::text_file;
use etcetera::BaseStrategy;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use toml::Table;
use toml::Value;
use toml::de::DeTable;
use toml::de::DeValue;

/// Every setting, with its default or an example.
pub const SAMPLE: &str = include_str!("../../../assets/config.toml");

/// The files that apply, the weakest first: the one named, which must be there, or the system's and the user's.
pub fn files(named: Option<&Path>) -> Vec<PathBuf> {
    if let Some(path) = named {
        return vec![path.to_owned()];
    }
    let user = etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("warroom/config.toml"));
    [Some(PathBuf::from("/etc/warroom/config.toml")), user].into_iter().flatten().collect()
}

/// The settled configuration.
///
/// # Errors
/// A named file that is missing, or a file or a variable that cannot be read or understood: where, and what is expected.
pub fn load(named: Option<&Path>, variables: impl Iterator<Item = (String, String)>) -> Result<Config, Failure> {
    let mut layers = Layers::default();
    for path in files(named) {
        match text_file::read(&path, text_file::WRITTEN_MAX_BYTES) {
            Ok(text) => layers.file(&path, &text)?,
            Err(Failure::Missing(_)) if named.is_none() => {}
            Err(why) => return Err(why),
        }
    }
    layers.variables(variables)?;
    layers.settle()
}

/// The names of all settings in the order of the sample: `zone`, `serve.listen`.
pub fn keys() -> Vec<String> {
    let lines = SAMPLE.lines().filter_map(|line| line.strip_prefix("# ")).filter(|line| line.contains(" = ") || line.starts_with('['));
    places(&lines.collect::<Vec<_>>().join("\n")).into_iter().map(|(key, _)| key).filter(|key| !key.starts_with("views.")).collect()
}

/// The variable of a setting: `WARROOM_SERVE_LISTEN`.
pub fn variable_of(key: &str) -> String {
    format!("WARROOM_{}", key.replace('.', "_").to_uppercase())
}

/// What was said so far.
#[derive(Default)]
pub struct Layers {
    table: Table,
    places: BTreeMap<String, String>,
}

impl Layers {
    /// A file on top.
    ///
    /// # Errors
    /// File, line, what is expected.
    pub fn file(&mut self, path: &Path, text: &str) -> Result<(), Failure> {
        let wrong = |why: toml::de::Error| Failure::Usage(toml_words(path, text, &why));
        let config: Config = toml::from_str(text).map_err(wrong)?;
        let places: BTreeMap<String, String> =
            places(text).into_iter().map(|(key, line)| (key, format!("{}, line {line}", path.display()))).collect();
        config.check().map_err(|(key, why)| Failure::Usage(format!("{}: {why}", places.get(key).map_or("", String::as_str))))?;
        lay(&mut self.table, toml::from_str(text).map_err(wrong)?);
        self.places.extend(places);
        Ok(())
    }

    /// The environment on top: `WARROOM_ZONE`, `WARROOM_SERVE_LISTEN`; an empty variable says nothing.
    ///
    /// # Errors
    /// A value that its setting cannot have.
    pub fn variables(&mut self, variables: impl Iterator<Item = (String, String)>) -> Result<(), Failure> {
        let named: BTreeMap<String, String> = variables.filter(|(name, value)| name.starts_with("WARROOM_") && !value.is_empty()).collect();
        if named.is_empty() {
            return Ok(());
        }
        for key in keys() {
            let variable = variable_of(&key);
            let Some(value) = named.get(&variable) else { continue };
            let (table, config) = one(&key, value).map_err(|why| Failure::Usage(format!("{variable}: {why}")))?;
            config.check().map_err(|(_, why)| Failure::Usage(format!("{variable}: {why}")))?;
            lay(&mut self.table, table);
            self.places.insert(key, variable);
        }
        Ok(())
    }

    /// All of it over what is built in.
    ///
    /// # Errors
    /// None that the layers have not had.
    pub fn settle(self) -> Result<Config, Failure> {
        let unread = |why: String| Failure::Failed(format!("the configuration cannot be put together: {why}"));
        let mut table = Table::try_from(Config::built_in()).map_err(|why| unread(why.to_string()))?;
        lay(&mut table, self.table);
        let config: Config = table.try_into().map_err(|why: toml::de::Error| unread(why.to_string()))?;
        Ok(Config { places: self.places, ..config })
    }
}

/// One setting as a variable gives it: its words as they are, or what they say in TOML (`true`, `90`).
fn one(key: &str, text: &str) -> Result<(Table, Config), String> {
    let nested = |value: Value| {
        let value = key.rsplit('.').fold(value, |value, name| Value::Table(Table::from_iter([(name.to_owned(), value)])));
        let Value::Table(table) = value else { return Err(String::new()) };
        table.clone().try_into().map(|config| (table, config)).map_err(|why: toml::de::Error| people_words(&why))
    };
    let literal = text.parse::<Value>().ok().filter(|value| !value.is_str());
    nested(Value::String(text.to_owned())).or_else(|why| literal.map_or(Err(why), nested))
}

/// Puts a table over another: what both hold as tables is joined, else the upper one counts.
fn lay(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => lay(under, over),
            (_, value) => drop(under.insert(key, value)),
        }
    }
}

/// Every setting in a text with its line, in order.
fn places(text: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    if let Ok(table) = DeTable::parse(text) {
        walk(table.get_ref(), "", text, &mut found);
    }
    found.sort_by_key(|(_, line)| *line);
    found
}

fn walk(table: &DeTable<'_>, within: &str, text: &str, found: &mut Vec<(String, usize)>) {
    for (name, value) in table {
        let key = format!("{within}{}", name.get_ref());
        match value.get_ref() {
            DeValue::Table(table) => walk(table, &format!("{key}."), text, found),
            _ => found.push((key, line_of(text, name.span().start))),
        }
    }
}

/// `FILE, line 3: read_only: invalid type ..., expected ...`
pub fn toml_words(path: &Path, text: &str, why: &toml::de::Error) -> String {
    let line = why.span().map(|span| line_of(text, span.start));
    let place = line.map_or_else(String::new, |line| format!(", line {line}"));
    let message = people_words(why);
    // Of a wrong value the reader says what it is, not whose.
    let key = line.and_then(|line| text.lines().nth(line - 1)?.split_once('=')).map(|(key, _)| key.trim());
    let of_key = key.filter(|key| !key.is_empty() && !message.contains(key)).map_or_else(String::new, |key| format!("{key}: "));
    format!("{}{place}: {of_key}{message}", path.display())
}

/// What the reader says, without its names for types, and with the name that was meant.
fn people_words(why: &toml::de::Error) -> String {
    const TYPES: [(&str, &str); 8] = [
        ("expected path string", "expected a path in quotes"),
        ("expected a string", "expected words in quotes"),
        ("expected a boolean", "expected true or false"),
        ("expected u32", "expected a whole number"),
        ("expected usize", "expected a whole number"),
        ("expected struct Notify", "expected a section of its own, [notify]"),
        ("expected struct Serve", "expected a section of its own, [serve]"),
        ("wanted string or table", "expected one of its words in quotes"),
    ];
    let message = why.message().replace('\n', ", ");
    let words = TYPES.iter().find_map(|(theirs, ours)| Some(format!("{}{ours}", message.strip_suffix(theirs)?)));
    let words = words.unwrap_or(message);
    // `unknown field `colour`, expected one of `remote`, `color`, …`
    let mut names = words.split('`').skip(1).step_by(2);
    let meant = names.next().filter(|_| words.starts_with("unknown ")).and_then(|name| {
        let near = names.map(|known| (strsim::jaro_winkler(&name.to_lowercase(), known), known));
        near.filter(|(likeness, _)| *likeness > 0.84).max_by(|one, other| one.0.total_cmp(&other.0))
    });
    meant.map_or(words.clone(), |(_, known)| format!("{words}; `{known}` is meant?"))
}

/// The line of a byte, from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
