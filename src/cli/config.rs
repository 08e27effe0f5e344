//! Configuration files: `/etc/warroom/config.toml`, then the user's on top, or the one named by `--config` alone.

use crate::cli::failure::Failure;
use crate::cli::logging::Shape;
use crate::cli::output::Color;
use crate::text::moment;
use crate::tui::panes::incidents::model::QUIET_P1_MS;
use etcetera::BaseStrategy;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use toml::Spanned;

/// How many days a copy holds in full where nothing else is said.
pub const REPLICA_DAYS: u32 = 90;

/// What a configuration file may hold; what is absent is left to the file below it, or to the default.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The server's address: `https://warroom.example`.
    pub remote: Option<String>,
    /// A file that holds the token and nothing else.
    pub token_file: Option<PathBuf>,
    /// Who works here, where no token says it.
    pub person: Option<String>,
    /// The zone of times typed and shown: "Europe/Berlin"; UTC by default.
    pub zone: Option<String>,
    /// Colour: "auto", "always" or "never".
    pub color: Option<Color>,
    /// "unicode" or "ascii".
    pub glyphs: Option<Glyphs>,
    /// "dark", "light", "mono", a file in the folder `themes` beside the configuration, or the path of a theme file.
    pub theme: Option<String>,
    /// A file of keys that replace the built-in ones.
    pub keymap: Option<PathBuf>,
    /// Never write anything.
    pub read_only: Option<bool>,
    /// Whether clicks and the wheel are taken.
    pub mouse: Option<bool>,
    /// How the war room calls a person who looks elsewhere.
    pub notify: Option<Notify>,
    /// A P1 in which nobody wrote for so long is loud: "15m".
    pub quiet_p1: Option<String>,
    /// How many days a new copy holds in full, beside what is open; 0 for everything. Older incidents are fetched when they are opened.
    pub replica_days: Option<u32>,
    /// Saved filters of the war room: a query by its name.
    #[serde(default)]
    pub views: BTreeMap<String, String>,
    /// The server that `warroom serve` runs.
    pub serve: Option<Serve>,
    /// Where settings stand that are only checked where they are used, by name (`theme`, `views.custody`): `FILE, line 3`.
    #[serde(skip)]
    pub places: BTreeMap<String, String>,
}

/// The settings whose places are kept.
#[derive(Deserialize)]
struct Placed {
    theme: Option<Spanned<String>>,
    #[serde(default)]
    views: BTreeMap<String, Spanned<String>>,
}

/// The signs drawn on screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Glyphs {
    /// Boxes and signs beyond ASCII.
    #[default]
    Unicode,
    /// ASCII only.
    Ascii,
}

/// The section `[notify]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// BEL for a new P1, a mention, an overdue task.
    pub bell: Option<bool>,
    /// OSC 9, a notification of the desktop, for the same.
    pub osc9: Option<bool>,
    /// The window's title.
    pub title: Option<bool>,
}

/// The section `[serve]`.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serve {
    /// "127.0.0.1:7766".
    pub listen: Option<String>,
    /// "sqlite:PATH" or "postgres://…".
    pub database: Option<String>,
    /// The file of the key that signs the log.
    pub key_file: Option<PathBuf>,
    /// A proxy in front ends TLS, so plain HTTP off loopback is allowed.
    pub behind_proxy: Option<bool>,
    /// The certificate chain for TLS, in PEM.
    pub tls_cert: Option<PathBuf>,
    /// Its private key.
    pub tls_key: Option<PathBuf>,
    /// How the log on stderr is written: "text" or "json".
    pub log: Option<Shape>,
    /// Open connections at once.
    pub connections: Option<usize>,
    /// Open connections of one address at once.
    pub connections_of_address: Option<usize>,
    /// The secrets that sources of alerts sign with.
    #[serde(default)]
    pub webhook_secrets: BTreeMap<Signing, PathBuf>,
}

/// The sources that sign what they send.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signing {
    /// A webhook contact point of Grafana.
    Grafana,
    /// A webhook subscription of PagerDuty.
    Pagerduty,
    /// Whoever posts to `generic` and signs as GitHub does.
    Generic,
}

impl Signing {
    /// Its name in the address that takes its alerts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grafana => "grafana",
            Self::Pagerduty => "pagerduty",
            Self::Generic => "generic",
        }
    }
}

impl Config {
    /// Reads the files that apply: the one named, which must exist, or the system's with the user's on top, as far as they exist.
    ///
    /// # Errors
    /// A named file that is missing, or any file that cannot be read or understood: file, line, what is expected.
    pub fn load(named: Option<&Path>) -> Result<Self, Failure> {
        if let Some(path) = named {
            let text = std::fs::read_to_string(path).map_err(|why| Failure::of_file(path, "read", &why))?;
            return Self::read(path, &text);
        }
        let user = etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("warroom/config.toml"));
        let mut config = Self::default();
        for path in [Some(PathBuf::from("/etc/warroom/config.toml")), user].into_iter().flatten() {
            match std::fs::read_to_string(&path) {
                Ok(text) => config = Self::read(&path, &text)?.over(config),
                Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
                Err(why) => return Err(Failure::of_file(&path, "read", &why)),
            }
        }
        Ok(config)
    }

    /// Reads one file's text.
    ///
    /// # Errors
    /// File, line, what is expected.
    pub fn read(path: &Path, text: &str) -> Result<Self, Failure> {
        let wrong = |why: toml::de::Error| Failure::Usage(toml_words(path, text, &why));
        let mut config: Self = toml::from_str(text).map_err(wrong)?;
        let placed: Placed = toml::from_str(text).map_err(wrong)?;
        let views = placed.views.into_iter().map(|(name, query)| (format!("views.{name}"), query));
        let placed = views.chain(placed.theme.map(|theme| ("theme".to_owned(), theme)));
        config.places =
            placed.map(|(key, value)| (key, format!("{}, line {}", path.display(), line_of(text, value.span().start)))).collect();
        for (key, checked) in [("zone", config.tz().map(drop)), ("quiet_p1", config.quiet_p1_ms().map(drop))] {
            let is_it = |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
            let line = text.lines().position(is_it).map_or_else(String::new, |at| format!(", line {}", at + 1));
            checked.map_err(|why| Failure::Usage(format!("{}{line}: {why}", path.display())))?;
        }
        Ok(config)
    }

    fn over(self, below: Self) -> Self {
        let serve = match (self.serve, below.serve) {
            (Some(top), Some(under)) => Some(Serve {
                listen: top.listen.or(under.listen),
                database: top.database.or(under.database),
                key_file: top.key_file.or(under.key_file),
                behind_proxy: top.behind_proxy.or(under.behind_proxy),
                log: top.log.or(under.log),
                tls_cert: top.tls_cert.or(under.tls_cert),
                tls_key: top.tls_key.or(under.tls_key),
                connections: top.connections.or(under.connections),
                connections_of_address: top.connections_of_address.or(under.connections_of_address),
                webhook_secrets: under.webhook_secrets.into_iter().chain(top.webhook_secrets).collect(),
            }),
            (top, under) => top.or(under),
        };
        let notify = match (self.notify, below.notify) {
            (Some(top), Some(under)) => {
                Some(Notify { bell: top.bell.or(under.bell), osc9: top.osc9.or(under.osc9), title: top.title.or(under.title) })
            }
            (top, under) => top.or(under),
        };
        Self {
            remote: self.remote.or(below.remote),
            token_file: self.token_file.or(below.token_file),
            person: self.person.or(below.person),
            zone: self.zone.or(below.zone),
            color: self.color.or(below.color),
            glyphs: self.glyphs.or(below.glyphs),
            theme: self.theme.or(below.theme),
            keymap: self.keymap.or(below.keymap),
            read_only: self.read_only.or(below.read_only),
            mouse: self.mouse.or(below.mouse),
            notify,
            quiet_p1: self.quiet_p1.or(below.quiet_p1),
            replica_days: self.replica_days.or(below.replica_days),
            views: below.views.into_iter().chain(self.views).collect(),
            serve,
            places: below.places.into_iter().chain(self.places).collect(),
        }
    }

    /// What is wrong with a setting, with the file and the line it stands in.
    pub fn mistake(&self, key: &str, why: &str) -> Failure {
        let place = self.places.get(key).map_or_else(String::new, |place| format!("{place}: "));
        Failure::Usage(format!("{place}{key}: {why}"))
    }

    /// For how long nobody writes in a P1 until that is loud, in milliseconds.
    ///
    /// # Errors
    /// When it is not a span of time.
    pub fn quiet_p1_ms(&self) -> Result<i64, Failure> {
        let Some(typed) = &self.quiet_p1 else { return Ok(QUIET_P1_MS) };
        moment::read_span(typed)
            .filter(|span_ms| *span_ms > 0)
            .ok_or_else(|| Failure::Usage(format!("`quiet_p1 = \"{typed}\"` is not a span of time; write it as in \"15m\" or \"1h30m\"")))
    }

    /// The zone for times typed and shown.
    ///
    /// # Errors
    /// When the name is not one of the IANA time zone database.
    pub fn tz(&self) -> Result<chrono_tz::Tz, Failure> {
        let Some(name) = &self.zone else { return Ok(chrono_tz::Tz::UTC) };
        name.parse().map_err(|_| {
            Failure::Usage(format!("`zone = \"{name}\"` is not a time zone; expected a name such as \"Europe/Berlin\" or \"UTC\""))
        })
    }
}

/// `FILE, line 3: read_only: invalid type ..., expected ...`
pub fn toml_words(path: &Path, text: &str, why: &toml::de::Error) -> String {
    let line = why.span().map(|span| line_of(text, span.start));
    let place = line.map_or_else(String::new, |line| format!(", line {line}"));
    let message = why.message().replace('\n', ", ");
    // Of a wrong value the reader says what it is, not whose.
    let key = line.and_then(|line| text.lines().nth(line - 1)?.split_once('=')).map(|(key, _)| key.trim());
    let of_key = key.filter(|key| !key.is_empty() && !message.contains(key)).map_or_else(String::new, |key| format!("{key}: "));
    format!("{}{place}: {of_key}{message}", path.display())
}

/// The line of a byte, from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Config::read(Path::new("c.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn mistakes_name_file_line_and_what_is_expected() {
        assert!(refused("person = \"ana\"\nremot = \"x\"").starts_with("c.toml, line 2: unknown field `remot`, expected one of `remote`"));
        let wrong = refused("\n\nread_only = \"yes\"");
        assert!(wrong.starts_with("c.toml, line 3: ") && wrong.contains("expected a boolean"), "{wrong}");
        assert!(wrong.contains("read_only"), "{wrong}");
        for (text, begins) in
            [("person = \"ana\"\nzone = \"Mars\"", "c.toml, line 2: `zone"), ("quiet_p1 = \"soon\"", "c.toml, line 1: `quiet_p1")]
        {
            assert!(refused(text).starts_with(begins), "{}", refused(text));
        }
        assert!(refused("color = \"pink\"").contains("expected one of `auto`, `always`, `never`"));
        assert!(refused("remote = ").starts_with("c.toml, line 1: "));
        assert!(refused("[serve]\nlisten = 7").starts_with("c.toml, line 2: "));
    }

    #[test]
    fn the_sample_holds_every_setting_and_its_default() {
        let sample = include_str!("../../assets/config.toml");
        let settings =
            sample.lines().filter_map(|line| line.strip_prefix("# ")).filter(|line| line.contains(" = ") || line.starts_with('['));
        let settings: Vec<_> = settings.collect();
        let read = Config::read(Path::new("sample"), &settings.join("\n")).unwrap();
        let Config { remote, token_file, person, zone, color, glyphs, theme, keymap, read_only, mouse, notify, quiet_p1, .. } = &read;
        let Config { views, serve, places, replica_days, .. } = &read;
        assert_eq!(*replica_days, Some(REPLICA_DAYS));
        assert!(remote.is_some() && token_file.is_some() && person.is_some() && keymap.is_some(), "examples");
        assert_eq!((zone.as_deref(), *color, *glyphs), (Some("UTC"), Some(Color::default()), Some(Glyphs::default())));
        assert_eq!((theme.as_deref(), *read_only), (Some("dark"), Some(false)));
        assert_eq!((*mouse, *notify), (Some(false), Some(Notify { bell: Some(true), osc9: Some(true), title: Some(true) })));
        assert_eq!((quiet_p1.as_deref(), views.len(), places.len()), (Some("15m"), 1, 2));
        // A key that is added and not named here does not compile.
        let Serve {
            listen,
            database,
            key_file,
            behind_proxy,
            tls_cert,
            tls_key,
            log,
            connections,
            connections_of_address,
            webhook_secrets,
        } = serve.as_ref().unwrap();
        let server = crate::server::Config::new(crate::cli::serve::LISTEN, "");
        assert_eq!((listen.as_deref(), *behind_proxy), (Some(server.listen.as_str()), Some(server.behind_proxy)));
        assert_eq!(*log, Some(Shape::default()));
        assert!(database.is_some() && key_file.is_some(), "examples: by default they lie in the home folder");
        let (all, of_address) = (server.limits.connections, server.limits.connections_of_address);
        assert_eq!((*connections, *connections_of_address), (Some(all), Some(of_address)));
        assert_eq!(webhook_secrets.len(), 3, "examples");
        assert!(tls_cert.is_some() && tls_key.is_some() && server.tls.is_none(), "examples");
    }

    #[test]
    fn the_users_file_lies_on_top() {
        let system = Config::read(Path::new("a"), "zone = \"Europe/Berlin\"\nperson = \"ops\"\n[serve]\nlisten = \"127.0.0.1:1\"").unwrap();
        let user = Config::read(Path::new("b"), "person = \"ana\"\n[serve]\nbehind_proxy = true").unwrap();
        let both = user.over(system);
        assert_eq!((both.person.as_deref(), both.zone.as_deref()), (Some("ana"), Some("Europe/Berlin")));
        let serve = both.serve.unwrap();
        assert_eq!((serve.listen.as_deref(), serve.behind_proxy), (Some("127.0.0.1:1"), Some(true)));
        assert!(Config { zone: Some("Mars/Base".into()), ..Config::default() }.tz().is_err());
    }
}
