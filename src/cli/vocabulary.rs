//! Words out of a closed list as arguments: `--help` lists them, shells complete them, a slip is told the nearest one.

use crate::domain::EntryKind;
use crate::domain::Outcome;
use crate::domain::Scope;
use crate::domain::Status;
use clap::builder::PossibleValue;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use std::str::FromStr;

/// Any status.
pub fn status() -> impl TypedValueParser<Value = Status> {
    one_of(Status::ALL.iter().map(|status| status.word()))
}

/// A status to set; `merged` is read and not offered, so that a rule can say how it is done.
pub fn status_to_set() -> impl TypedValueParser<Value = Status> {
    one_of(Status::ALL.iter().map(|status| PossibleValue::new(status.word()).hide(*status == Status::Merged)))
}

/// A kind of entry that a person writes.
pub fn kind() -> impl TypedValueParser<Value = EntryKind> {
    one_of(EntryKind::WRITTEN.iter().map(|kind| kind.word()))
}

/// `ok` or `fail`.
pub fn outcome() -> impl TypedValueParser<Value = Outcome> {
    one_of(Outcome::ALL.iter().map(|outcome| outcome.word()))
}

/// What a token permits.
pub fn scope() -> impl TypedValueParser<Value = Scope> {
    one_of(Scope::ALL.map(|(_, word)| word))
}

fn one_of<T>(words: impl IntoIterator<Item = impl Into<PossibleValue>>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = String> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.into_iter().map(Into::into)).try_map(|word: String| word.parse())
}
