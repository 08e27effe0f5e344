//! The configuration: flags over `WARROOM_…` variables over the user's file over `/etc/warroom/config.toml` over what is built in.
//!
//! - `layers`: one over the other, with the place of every setting
//! - `show`: what holds, and where it comes from

pub mod layers;
pub mod show;

use crate::cli::failure::Failure;
use crate::cli::logging::Shape;
use crate::cli::output::Color;
use crate::cli::serve::LISTEN;
use crate::text::moment;
use crate::tui::panes::incidents::model::QUIET_P1_MS;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How many days a copy holds in full where nothing else is said.
pub const REPLICA_DAYS: u32 = 90;

/// What a configuration file may hold; what is absent is left to the file below it, or to the default.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, Serialize)]
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
    /// A folder of templates for documents: incident.md.j2 and incident.html.j2 in it stand in the place of the built-in ones.
    pub templates: Option<PathBuf>,
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
    /// Where each setting comes from, by name (`theme`, `views.custody`): `FILE, line 3`, `WARROOM_THEME`. One that is as built in has no place.
    #[serde(skip)]
    pub places: BTreeMap<String, String>,
}

/// The signs drawn on screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Glyphs {
    /// Boxes and signs beyond ASCII.
    #[default]
    Unicode,
    /// ASCII only.
    Ascii,
}

/// The section `[notify]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
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
#[derive(Clone, PartialEq, Debug, Default, Deserialize, Serialize)]
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize, Serialize)]
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
    /// What holds where nobody says otherwise. What is absent has no default.
    pub fn built_in() -> Self {
        let server = crate::server::Config::new(LISTEN, "");
        let serve = Serve {
            listen: Some(server.listen),
            behind_proxy: Some(server.behind_proxy),
            log: Some(Shape::default()),
            connections: Some(server.limits.connections),
            connections_of_address: Some(server.limits.connections_of_address),
            ..Serve::default()
        };
        Self {
            zone: Some("UTC".into()),
            color: Some(Color::default()),
            glyphs: Some(Glyphs::default()),
            theme: Some("dark".into()),
            read_only: Some(false),
            mouse: Some(false),
            notify: Some(Notify { bell: Some(true), osc9: Some(true), title: Some(true) }),
            quiet_p1: Some("15m".into()),
            replica_days: Some(REPLICA_DAYS),
            serve: Some(serve),
            ..Self::default()
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

    /// What cannot be seen from a value's shape alone; the key, and what is wrong with it.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let words = |key| move |why: Failure| (key, why.to_string());
        self.tz().map_err(words("zone"))?;
        self.quiet_p1_ms().map(drop).map_err(words("quiet_p1"))
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

#[cfg(test)]
mod tests {
    use super::layers::Layers;
    use super::layers::keys;
    use super::*;
    use std::path::Path;

    fn settled(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Config, Failure> {
        let mut layers = Layers::default();
        files.iter().try_for_each(|(path, text)| layers.file(Path::new(path), text))?;
        layers.variables(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))?;
        layers.settle()
    }

    fn refused(text: &str) -> String {
        settled(&[("c.toml", text)], &[]).unwrap_err().to_string()
    }

    #[test]
    fn mistakes_name_file_line_and_what_is_expected() {
        assert!(refused("person = \"ana\"\nremot = \"x\"").starts_with("c.toml, line 2: unknown field `remot`, expected one of `remote`"));
        let wrong = refused("\n\nread_only = \"yes\"");
        assert!(wrong.starts_with("c.toml, line 3: ") && wrong.ends_with("expected true or false"), "{wrong}");
        assert!(wrong.contains("read_only"), "{wrong}");
        for (text, begins) in
            [("person = \"ana\"\nzone = \"Mars\"", "c.toml, line 2: `zone"), ("quiet_p1 = \"soon\"", "c.toml, line 1: `quiet_p1")]
        {
            assert!(refused(text).starts_with(begins), "{}", refused(text));
        }
        assert!(refused("color = \"pink\"").contains("expected one of `auto`, `always`, `never`"));
        for (text, meant) in
            [("colour = \"never\"", "color"), ("Remote = \"x\"", "remote"), ("remot = \"x\"", "remote"), ("[server]", "serve")]
        {
            assert!(refused(text).ends_with(&format!("; `{meant}` is meant?")), "{}", refused(text));
        }
        assert!(refused("zebra = 1").ends_with("`serve`"), "nothing like it: {}", refused("zebra = 1"));
        assert!(refused("replica_days = -1").ends_with("replica_days: invalid value: integer `-1`, expected a whole number"));
        assert!(refused("theme = 3").ends_with("expected words in quotes"));
        assert!(refused("remote = ").starts_with("c.toml, line 1: "));
        assert!(refused("[serve]\nlisten = 7").starts_with("c.toml, line 2: "));
    }

    #[test]
    fn the_sample_holds_every_setting_and_its_default() {
        let settings = layers::SAMPLE.lines().filter_map(|line| line.strip_prefix("# "));
        let settings: Vec<_> = settings.filter(|line| line.contains(" = ") || line.starts_with('[')).collect();
        let sample: Config = toml::from_str(&settings.join("\n")).unwrap();
        sample.check().unwrap();
        let of = |config: &Config| serde_json::to_value(config).unwrap();
        let (sample, built_in) = (of(&sample), of(&Config::built_in()));
        let mut defaults = 0;
        for (path, value) in ["", "/serve", "/notify"].iter().flat_map(|within| {
            let fields = built_in.pointer(within).and_then(|fields| fields.as_object()).unwrap();
            fields.iter().map(move |(name, value)| (format!("{within}/{name}"), value))
        }) {
            let shown = sample.pointer(&path).unwrap();
            assert!(!shown.is_null(), "{path} is not in the sample");
            // What has no default stands there as an example.
            if !value.is_null() && !value.is_object() {
                assert_eq!(shown, value, "{path}");
                defaults += 1;
            }
        }
        assert_eq!(defaults, 16);
        assert_eq!(Config::built_in().quiet_p1_ms().unwrap(), QUIET_P1_MS);
    }

    #[test]
    fn each_layer_lies_over_the_one_before() {
        let system = ("a", "zone = \"Europe/Berlin\"\nperson = \"ops\"\n[serve]\nlisten = \"127.0.0.1:1\"\n[views]\nmine = \"mine\"");
        let user = ("b", "person = \"ana\"\n[serve]\nbehind_proxy = true\n[views]\nbad = \"p:1\"");
        let variables = [("WARROOM_PERSON", "bo"), ("WARROOM_SERVE_CONNECTIONS", "7"), ("WARROOM_MOUSE", "true"), ("WARROOM_THEME", "")];
        let all = settled(&[system, user], &variables).unwrap();
        assert_eq!((all.person.as_deref(), all.zone.as_deref(), all.mouse), (Some("bo"), Some("Europe/Berlin"), Some(true)));
        let serve = all.serve.as_ref().unwrap();
        assert_eq!((serve.listen.as_deref(), serve.behind_proxy, serve.connections), (Some("127.0.0.1:1"), Some(true), Some(7)));
        assert_eq!(all.views.keys().collect::<Vec<_>>(), ["bad", "mine"]);
        let place = |key: &str| all.places.get(key).map(String::as_str);
        assert_eq!(
            [place("zone"), place("person"), place("serve.behind_proxy"), place("mouse"), place("theme")],
            [Some("a, line 1"), Some("WARROOM_PERSON"), Some("b, line 3"), Some("WARROOM_MOUSE"), None]
        );
        assert_eq!(settled(&[], &[]).unwrap(), Config::built_in());
    }

    #[test]
    fn a_variable_that_cannot_be_is_named() {
        let refused = |name, value| settled(&[], &[(name, value)]).unwrap_err().to_string();
        assert!(refused("WARROOM_READ_ONLY", "yes").starts_with("WARROOM_READ_ONLY: invalid type: string \"yes\", expected true or false"));
        assert!(refused("WARROOM_ZONE", "Mars").starts_with("WARROOM_ZONE: `zone = \"Mars\"` is not a time zone"));
        assert!(refused("WARROOM_SERVE_LOG", "loud").starts_with("WARROOM_SERVE_LOG: unknown variant"));
        // A name that reads as something else in TOML is still a name.
        assert_eq!(settled(&[], &[("WARROOM_PERSON", "true")]).unwrap().person.as_deref(), Some("true"));
        assert!(keys().contains(&"serve.webhook_secrets.pagerduty".to_owned()));
    }
}
