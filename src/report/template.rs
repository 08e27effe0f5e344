//! Documents are written by templates (minijinja). Those the program ships know no limit; one that a person wrote cannot hang, and a mistake in
//! it is told by file and line.

use crate::report::Document;
use crate::report::escape;
use crate::report::filters;
use crate::report::template_error::TemplateError;
use minijinja::AutoEscape;
use minijinja::Environment;
use minijinja::Error;
use minijinja::ErrorKind;
use minijinja::Output;
use minijinja::State;
use minijinja::UndefinedBehavior;
use minijinja::Value;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// The templates the program ships, by name.
pub const SHIPPED: &[(&str, &str)] = &[
    ("incident.md.j2", include_str!("../../assets/documents/incident.md.j2")),
    ("incident.html.j2", include_str!("../../assets/documents/incident.html.j2")),
    ("style.css.j2", include_str!("../../assets/documents/style.css.j2")),
    ("chart.svg.j2", include_str!("../../assets/documents/chart.svg.j2")),
];
/// The folder under which the shipped templates keep their names when a person's own have the same.
const SHIPPED_FOLDER: &str = "shipped/";
/// Steps that a person's template may take, and so many more for each line of the timeline.
const STEPS: u64 = 2_000_000;
const STEPS_A_LINE: u64 = 2_000;
/// What a person's template may write.
const OUTPUT_MAX_BYTES: usize = 64 << 20;
const MARKDOWN: AutoEscape = AutoEscape::Custom(std::borrow::Cow::Borrowed("markdown"));

/// What a template writes: it decides how words are kept from being read as markup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// CommonMark with tables.
    Markdown,
    /// A page that needs nothing else.
    Html,
}

impl Style {
    /// The template it is written by.
    pub const fn template(self) -> &'static str {
        match self {
            Self::Markdown => "incident.md.j2",
            Self::Html => "incident.html.j2",
        }
    }

    /// The text of the template the program ships for it.
    pub fn shipped(self) -> &'static str {
        SHIPPED.iter().find(|(name, _)| *name == self.template()).map_or("", |(_, text)| text)
    }
}

/// Templates of a person's own: what has the name of a shipped one stands in its place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Templates {
    /// The text of each, by its name.
    pub own: BTreeMap<String, String>,
    /// The one that writes the document, where it is not the one of the style's name.
    pub main: Option<String>,
}

impl Document {
    /// The document in a style, by a person's templates where they have them.
    ///
    /// # Errors
    /// A mistake in a template: which, in what line, and what to do.
    pub fn write(&self, style: Style, templates: &Templates) -> Result<String, TemplateError> {
        if templates.own.is_empty() && templates.main.is_none() {
            let shipped = match style {
                Style::Markdown => &*PLAIN_MARKDOWN,
                Style::Html => &*PLAIN_HTML,
            };
            return rendered(shipped, style.template(), self);
        }
        let mut environment = environment(style, Some(OUTPUT_MAX_BYTES));
        for (name, text) in &templates.own {
            environment.add_template_owned(name.as_str(), text.as_str()).map_err(|why| TemplateError::of(&why, name))?;
        }
        environment.set_debug(true);
        environment.set_fuel(Some(STEPS + STEPS_A_LINE * self.lines as u64));
        rendered(&environment, templates.main.as_deref().unwrap_or(style.template()), self)
    }
}

fn rendered(environment: &Environment<'_>, name: &str, document: &Document) -> Result<String, TemplateError> {
    let told = |why: Error| TemplateError::of(&why, name);
    environment.get_template(name).map_err(told)?.render(Serde(document)).map_err(told)
}

static PLAIN_MARKDOWN: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Style::Markdown, None));
static PLAIN_HTML: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Style::Html, None));

/// Everything a template can use, with the shipped templates under their names and under `shipped/`.
fn environment(style: Style, output_max_bytes: Option<usize>) -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_debug(false);
    environment.set_auto_escape_callback(move |_| if style == Style::Html { AutoEscape::Html } else { MARKDOWN });
    let written_bytes = AtomicUsize::new(0);
    environment.set_formatter(move |out, state, value| {
        let word = word(value);
        let before = written_bytes.fetch_add(word.len(), Ordering::Relaxed);
        if output_max_bytes.is_some_and(|most| before + word.len() > most) {
            return Err(Error::new(ErrorKind::WriteFailure, format!("it writes more than {} MiB", OUTPUT_MAX_BYTES >> 20)));
        }
        put(out, state, &word, value.is_safe())
    });
    filters::add(&mut environment);
    for (name, text) in SHIPPED {
        // Held by a test: they parse.
        let _ = environment.add_template(name, text);
        let _ = environment.add_template_owned(format!("{SHIPPED_FOLDER}{name}"), *text);
    }
    environment
}

/// A value in words; nothing for none.
fn word(value: &Value) -> std::borrow::Cow<'_, str> {
    match value.as_str() {
        Some(text) => text.into(),
        None if value.is_none() => "".into(),
        None => value.to_string().into(),
    }
}

/// Words as they may stand in the document, unless they are markup on purpose.
fn put(out: &mut Output<'_>, state: &State<'_, '_>, word: &str, is_safe: bool) -> Result<(), Error> {
    let put = match state.auto_escape() {
        _ if is_safe => out.write_str(word),
        AutoEscape::Html => out.write_str(&escape::html(word)),
        AutoEscape::None => out.write_str(word),
        _ => out.write_str(&escape::inline(word)),
    };
    put.map_err(|why| Error::new(ErrorKind::WriteFailure, "the text cannot be kept").with_source(why))
}
