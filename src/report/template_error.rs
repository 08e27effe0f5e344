//! A mistake in a template, in a sentence: which file, what line, what is wrong, what to do.

use crate::text::Safe;
use minijinja::Error;
use minijinja::ErrorKind;
use std::fmt;

/// Why a template wrote nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateError {
    /// The template.
    pub template: String,
    /// The line in it, from 1, where that is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: &'static str,
}

impl TemplateError {
    /// What an error of the engine says; it happened in `template` where it does not say in which.
    pub(super) fn of(error: &Error, template: &str) -> Self {
        let error = innermost(error);
        let detail = error.detail().map(str::to_owned);
        let kind = error.kind();
        let what = match kind {
            ErrorKind::OutOfFuel => "it does not come to an end in the steps a template may take".to_owned(),
            ErrorKind::UndefinedError => detail.unwrap_or_else(|| "it names something that a document does not have".to_owned()),
            _ => detail.unwrap_or_else(|| kind.to_string()),
        };
        Self {
            template: error.name().unwrap_or(template).to_owned(),
            line: error.line(),
            what: Safe::line(&what).to_string(),
            remedy: remedy(kind),
        }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.map_or_else(String::new, |line| format!(", line {line}"));
        write!(out, "{}{line}: {}; {}", self.template, self.what, self.remedy)
    }
}

impl std::error::Error for TemplateError {}

/// The first cause: what went wrong in an included template says where better than the one that includes it.
fn innermost(error: &Error) -> &Error {
    let mut found = error;
    while let Some(next) = std::error::Error::source(found).and_then(|source| source.downcast_ref::<Error>()) {
        found = next;
    }
    found
}

fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::SyntaxError | ErrorKind::InvalidDelimiter | ErrorKind::BadEscape => {
            "tags are {% if x %}…{% endif %} and {% for x in list %}…{% endfor %}, values {{ x }}, comments {# … #}"
        }
        ErrorKind::UndefinedError => {
            "`warroom export --print-template markdown` (or html) uses every name there is; ask for one that may be absent with `is defined`"
        }
        ErrorKind::TemplateNotFound | ErrorKind::BadInclude => {
            "a template includes those beside it, and the program's own as \"shipped/incident.md.j2\" and \"shipped/incident.html.j2\""
        }
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction | ErrorKind::UnknownMethod => {
            "beside those of the engine (minijinja) there are the filters moment, clock, day, span, block and paragraph"
        }
        ErrorKind::OutOfFuel => "look for a loop over all lines inside another one",
        ErrorKind::WriteFailure => "look for something that is written again and again",
        _ => "compare it with `warroom export --print-template markdown` (or html)",
    }
}
