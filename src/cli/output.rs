//! What a command prints: plain words for people, one JSON object a line for programs. Every outside word passes `Safe` on its way.

use crate::cli::failure;
use crate::cli::failure::Failure;
use crate::domain::Incident;
use crate::report::json_text;
use crate::text::Safe;
use clap::ValueEnum;
use serde::Serialize;
use std::io;
use std::io::IsTerminal;
use std::io::Write;

/// When to use colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a word is painted. Colour never says what a word does not say too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Paint {
    /// As it is.
    #[default]
    Plain,
    /// A heading.
    Bold,
    /// Beside the point.
    Dim,
    /// Something is wrong or urgent.
    Loud,
    /// Something to look at.
    Warm,
    /// All is well.
    Good,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Loud => "1;31",
            Self::Warm => "33",
            Self::Good => "32",
        }
    }
}

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// One JSON object a line instead of words.
    pub json: bool,
    colored: bool,
    /// Whether stdout is a terminal, so that long lines are cut for people but never for programs.
    pub terminal: bool,
}

impl Output {
    /// Output as the flags, `NO_COLOR` and the terminal say.
    pub fn new(json: bool, color: Color) -> Self {
        let terminal = io::stdout().is_terminal();
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let colored = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !no_color && !dumb,
        };
        Self { json, colored, terminal }
    }

    /// How many cells a line of the terminal behind stdout has; nothing where there is none.
    pub fn columns(&self) -> Option<usize> {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        (self.terminal && size.ws_col > 0).then_some(usize::from(size.ws_col))
    }

    /// The words, painted if colour is wanted here.
    pub fn paint(&self, words: &str, paint: Paint) -> String {
        if self.colored && paint != Paint::Plain && !words.is_empty() {
            format!("\u{1b}[{}m{words}\u{1b}[0m", paint.code())
        } else {
            words.to_owned()
        }
    }

    /// Prints one line of words that are safe already.
    ///
    /// # Errors
    /// When nobody reads any more, or the disk behind stdout is full.
    pub fn line(&self, words: impl AsRef<str>) -> Result<(), Failure> {
        self.text(&format!("{}\n", words.as_ref()))
    }

    /// Prints text as it is: documents, tables, tokens.
    ///
    /// # Errors
    /// As `line`.
    pub fn text(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(unwritten)
    }

    /// Prints one JSON object on one line.
    ///
    /// # Errors
    /// As `line`.
    pub fn object(&self, object: &impl Serialize) -> Result<(), Failure> {
        self.line(json_text(object))
    }

    /// Prints what belongs to an incident, with the code of that incident, as one JSON object on one line.
    ///
    /// # Errors
    /// As `line`.
    pub fn object_of(&self, incident: &Incident, shape: impl Serialize) -> Result<(), Failure> {
        self.object(&Of { incident: incident.code_text(), shape })
    }

    /// Says something beside the answer, on stderr.
    pub fn note(&self, words: &str) {
        let safe = Safe::lines(words);
        // Nothing is left to do when even stderr is gone.
        let _ = writeln!(io::stderr().lock(), "warroom: {safe}");
    }

    /// Says why it failed, on stderr.
    pub fn failure(&self, failure: &Failure) {
        if *failure == Failure::ReaderGone {
            return;
        }
        if self.json {
            let _ = writeln!(io::stderr().lock(), "{}", json_text(&failure.to_json()));
        } else {
            self.note(&failure.to_string());
        }
    }
}

#[derive(Serialize)]
struct Of<T> {
    incident: String,
    #[serde(flatten)]
    shape: T,
}

fn unwritten(why: io::Error) -> Failure {
    match why.kind() {
        io::ErrorKind::BrokenPipe => Failure::ReaderGone,
        _ => Failure::Failed(format!("the answer cannot be written: {}", failure::io_words(&why))),
    }
}
