//! What people ask of a list: words, phrases and `key:value` terms, read once and matched against incidents and entries.
//!
//! `wallet "hot key" p:1..2 -status:monitoring mine since:-2h`: every term must fit; `-` before one turns it round, commas
//! part what may stand for each other. No text is wrong: a term that means nothing here says so in a sentence and the rest
//! still filters. Pure: the time, the zone, the roles and whoever asks are arguments.
//!
//! Absent by intent: brackets and `or`. A list at 3 am is narrowed by one more word, not by a formula.

mod fold;
mod key;
mod read;
mod term;
mod time;
mod words;

use std::fmt;
use std::ops::Range;

use chrono_tz::Tz;

use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::Header;
use crate::domain::Person;
use crate::domain::Rating;
use crate::domain::RoleDefinition;
use crate::domain::Timestamp;
use term::Term;
use term::Test;

pub use fold::fold;
pub use key::KEYS;
pub use key::Key;
pub use key::completed;
pub use key::hint;
pub use time::read as moment;

/// What a query is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Incidents, by their heads.
    Incidents,
    /// The entries of a timeline.
    Entries,
    /// Entries wherever they are: what they are, and what the incidents they are in are.
    Everything,
}

/// What a query stands on while it is read: relative times, names for roles, and who `mine` and `by:me` are.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub about: About,
    pub now: Timestamp,
    pub zone: Tz,
    pub roles: &'a [RoleDefinition],
    pub me: &'a Person,
}

/// An incident, with what its head does not know.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    pub header: &'a Header,
    pub rating: &'a Rating,
    /// Events of it that the server has not accepted.
    pub unsent: usize,
    /// Something happened in it that was not looked at yet.
    pub is_new: bool,
    /// A P1 in which nobody writes.
    pub is_quiet: bool,
}

/// Words or a phrase that must occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sought<'a> {
    /// As typed.
    pub words: &'a str,
    /// It may go on: it stands at the end, and no blank behind it.
    pub is_begun: bool,
}

/// What an index may be asked beside words. It may let through more than fits, never less.
#[derive(Debug, Clone, PartialEq)]
pub enum Narrow {
    /// One of these kinds.
    Kind(Vec<EntryKind>),
    /// By somebody whose folded name begins with one of these.
    By(Vec<String>),
    /// At that time or later.
    Since(Timestamp),
    /// At that time or before.
    Until(Timestamp),
}

/// Why a term filters nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What, why and what to write instead.
    pub says: String,
    /// Where the term stands in the query, in bytes.
    pub place: Range<usize>,
}

/// A query that was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    terms: Vec<Term>,
    /// The terms that filter nothing, in order.
    pub problems: Vec<Problem>,
    now: Timestamp,
    me: Option<Person>,
    /// Nothing was typed behind the last term.
    is_begun: bool,
}

impl Query {
    /// Reads a query. Any text is one.
    pub fn parse(text: &str, ground: &Ground<'_>) -> Self {
        let is_begun = !text.ends_with(char::is_whitespace);
        let mut query = Self { now: ground.now, me: Some(ground.me.clone()), is_begun, ..Self::default() };
        for mut written in words::cut(text) {
            let place = written.place.clone();
            let (test, complaints) = read::test(&written, ground);
            // A key that stands for nothing but its letters belongs to the word.
            if let Some(key) = written.key.take_if(|_| matches!(test, Some(Test::Word(_)))) {
                written.values = vec![format!("{key}:{}", written.values.join(","))];
            }
            query.terms.extend(test.map(|test| Term { written, test }));
            query.problems.extend(complaints.into_iter().map(|says| Problem { says, place: place.clone() }));
        }
        query
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether only open incidents can fit, so that nobody need look at closed ones.
    pub fn is_only_open(&self) -> bool {
        self.terms.iter().any(Term::is_only_open)
    }

    /// Whether it names what only closed incidents can be, such as `is:closed` or `status:resolved`.
    pub fn asks_for_closed(&self) -> bool {
        self.terms.iter().any(Term::asks_for_closed)
    }

    /// Whether time alone changes what fits.
    pub fn moves_with_time(&self) -> bool {
        self.terms.iter().any(Term::moves_with_time)
    }

    /// Whether an incident fits every term.
    pub fn matches_header(&self, listed: &Listed<'_>) -> bool {
        self.terms.iter().all(|term| term.fits_incident(listed, self.me.as_ref(), self.now))
    }

    /// Whether an entry fits every term; `is_new`: it was not looked at yet.
    pub fn matches_entry(&self, entry: &Entry, is_new: bool) -> bool {
        self.terms.iter().all(|term| term.fits_entry(entry, is_new, self.me.as_ref()))
    }

    /// The words and phrases that must occur, in order: what full text is searched for.
    pub fn sought(&self) -> Vec<Sought<'_>> {
        let last = self.terms.len().saturating_sub(1);
        let words = self.terms.iter().enumerate().filter(|(_, term)| term.word().is_some());
        let words = words.map(|(at, term)| {
            let words = term.written.values.first().map_or("", String::as_str);
            Sought { words, is_begun: at == last && self.is_begun && !term.written.is_quoted }
        });
        words.collect()
    }

    /// Whether it asks for more than words that occur.
    pub fn asks_beyond_words(&self) -> bool {
        self.terms.iter().any(|term| term.word().is_none())
    }

    /// What must be true of an entry that fits, as far as an index can know it.
    pub fn narrowed(&self) -> Vec<Narrow> {
        self.terms.iter().filter_map(Term::narrowed).collect()
    }

    /// Whether entries of an incident can fit, as far as that depends on the incident alone.
    pub fn admits(&self, listed: &Listed<'_>) -> bool {
        self.terms.iter().all(|term| term.admits(listed, self.me.as_ref(), self.now))
    }

    /// Whether an entry in which every word was found fits the other terms.
    pub fn matches_found(&self, listed: &Listed<'_>, entry: &Entry) -> bool {
        self.terms.iter().all(|term| term.fits_found(listed, entry, self.me.as_ref(), self.now))
    }

    /// Where the words of the query stand in a text: bytes, in order, none over another.
    pub fn highlights(&self, text: &str) -> Vec<Range<usize>> {
        let mut all: Vec<Range<usize>> = self.terms.iter().filter_map(Term::word).flat_map(|word| fold::places(text, word)).collect();
        all.sort_by_key(|place| place.start);
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(all.len());
        for place in all {
            match merged.last_mut().filter(|last| place.start <= last.end) {
                Some(last) => last.end = last.end.max(place.end),
                None => merged.push(place),
            }
        }
        merged
    }
}

impl fmt::Display for Query {
    /// The terms that filter, so that they are read as the same again.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            write!(out, "{}{}", if at > 0 { " " } else { "" }, term.written)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
