//! What a term asks, read from how it was typed; and in a sentence why it asks nothing.

use std::str::FromStr;

use crate::domain::EntryKind;
use crate::domain::Outcome;
use crate::domain::Person;
use crate::domain::Priority;
use crate::domain::RoleId;
use crate::domain::Status;
use crate::query::About;
use crate::query::Ground;
use crate::query::fold;
use crate::query::key::KEYS;
use crate::query::key::Key;
use crate::query::term::CodeIs;
use crate::query::term::Is;
use crate::query::term::Rated;
use crate::query::term::Test;
use crate::query::term::Whom;
use crate::query::time;
use crate::query::words::Written;

/// The test of a term, if it has one, and what is wrong with it.
pub fn test(written: &Written, ground: &Ground<'_>) -> (Option<Test>, Vec<String>) {
    let Some(name) = &written.key else {
        return (word(written, ground), Vec::new());
    };
    match Key::named(name) {
        // Logs are full of `error: …`: searched for, it is words.
        None if ground.about == About::Everything => {
            let words = format!("{name}:{}", written.values.join(","));
            (Some(Test::Word(fold::fold(&words))), Vec::new())
        }
        None => (None, vec![unknown(name, ground.about)]),
        Some(key) if !key.is_about(ground.about) => {
            let (theirs, ours) = match ground.about {
                About::Incidents => ("entries", "incidents"),
                About::Entries | About::Everything => ("incidents", "entries"),
            };
            (None, vec![format!("{name}: is about {theirs} and filters no {ours}; take it away, or look for the words \"{name}:…\"")])
        }
        Some(key) if written.values.is_empty() => (None, vec![format!("{name}: waits for what to look for: write {}", key.example)]),
        Some(key) => {
            let mut wrong = Vec::new();
            let test = keyed(key, written, ground, &mut wrong);
            (test, wrong)
        }
    }
}

fn unknown(name: &str, about: About) -> String {
    let known: Vec<&str> = KEYS.iter().filter(|key| key.is_about(about)).map(|key| key.name).collect();
    format!("{name}: is nothing to filter by; use one of {}, or look for the words \"{name}:…\" in quotes", known.join(", "))
}

/// A word, or one of the words that stand for an `is:`.
fn word(written: &Written, ground: &Ground<'_>) -> Option<Test> {
    let typed = written.values.first().map_or("", String::as_str);
    let is = match typed {
        _ if written.is_quoted => None,
        "mine" => Some(Is::Mine),
        "drill" => Some(Is::Drill),
        "restricted" => Some(Is::Restricted),
        _ => None,
    };
    match is.filter(|is| is.is_about(ground.about)) {
        Some(is) => Some(Test::Is(vec![is])),
        None => Some(fold::fold(typed)).filter(|word| !word.trim().is_empty()).map(Test::Word),
    }
}

fn keyed(key: &'static Key, written: &Written, ground: &Ground<'_>, wrong: &mut Vec<String>) -> Option<Test> {
    let mut read = Reading { key, written, wrong };
    let (now, zone) = (ground.now, ground.zone);
    match key.name {
        "p" => read.each(|value| rated(value).map(|value| vec![value])).map(Test::Priority),
        "status" => read.each(|value| first_letters(Status::ALL, |status| status.word(), value)).map(Test::Status),
        "kind" => read.each(|value| first_letters(EntryKind::ALL, |kind| kind.word(), value)).map(Test::Kind),
        "is" => {
            let known = Is::ALL.iter().filter(|is| is.is_about(ground.about)).map(|is| is.word()).collect::<Vec<_>>().join(", ");
            let one = |value: &str| Is::ALL.iter().copied().find(|is| is.word() == value && is.is_about(ground.about)).map(|is| vec![is]);
            read.each_of(one, &known).map(Test::Is)
        }
        "role" => {
            let known = ground.roles.iter().map(|role| role.short.as_str()).collect::<Vec<_>>().join(", ");
            read.each_of(|value| roles(value, ground), &known).map(Test::Role)
        }
        "outcome" => read.each(|value| Outcome::from_str(value).ok().map(|value| vec![value])).map(Test::Outcome),
        "code" => read.each(|value| code(value).map(|value| vec![value])).map(Test::Code),
        "by" => read.each(|value| Some(vec![whom(value, written.is_quoted, ground)])).map(Test::By),
        "ic" => read
            .each(|value| Some(vec![if value == "none" { Whom::Nobody } else { whom(value, written.is_quoted, ground) }]))
            .map(Test::Commander),
        "since" => {
            read.each(|value| Some(vec![time::read(value, false, now, zone)?])).and_then(|times| times.into_iter().min()).map(Test::Since)
        }
        "until" => {
            read.each(|value| Some(vec![time::read(value, true, now, zone)?])).and_then(|times| times.into_iter().max()).map(Test::Until)
        }
        "to" => read.each(|value| Some(vec![fold::fold(value)])).map(Test::To),
        _ => read.each(|value| Some(vec![fold::fold(value)])).map(Test::Service),
    }
}

/// The values of one term as they are read.
struct Reading<'a> {
    key: &'static Key,
    written: &'a Written,
    wrong: &'a mut Vec<String>,
}

impl Reading<'_> {
    fn each<T>(&mut self, one: impl Fn(&str) -> Option<Vec<T>>) -> Option<Vec<T>> {
        self.each_of(one, self.key.example)
    }

    /// What the values mean together; those that mean nothing are complained about, and the rest counts.
    fn each_of<T>(&mut self, one: impl Fn(&str) -> Option<Vec<T>>, expected: &str) -> Option<Vec<T>> {
        let mut meant = Vec::new();
        for value in &self.written.values {
            match one(value).filter(|found| !found.is_empty()) {
                Some(found) => meant.extend(found),
                None => self.wrong.push(format!("{}:{value} filters nothing: expected {expected}", self.key.name)),
            }
        }
        (!meant.is_empty()).then_some(meant)
    }
}

fn first_letters<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, typed: &str) -> Option<Vec<T>> {
    let folded = fold::fold(typed);
    Some(all.iter().copied().filter(|value| !folded.is_empty() && word(*value).starts_with(&folded)).collect())
}

fn rated(typed: &str) -> Option<Rated> {
    let one = |text: &str| text.parse::<Priority>().ok().map(Priority::level);
    if typed == "?" || typed.eq_ignore_ascii_case("p?") {
        return Some(Rated::Unknown);
    }
    match typed.split_once("..") {
        Some(("", to)) => Some(Rated::Between(1, one(to)?)),
        Some((from, "")) => Some(Rated::Between(one(from)?, 5)),
        Some((from, to)) => {
            Some(Rated::Between(one(from)?, one(to)?)).filter(|rated| matches!(rated, Rated::Between(from, to) if from <= to))
        }
        None => one(typed).map(|level| Rated::Between(level, level)),
    }
}

fn roles(typed: &str, ground: &Ground<'_>) -> Option<Vec<RoleId>> {
    let folded = fold::fold(typed);
    let begins = |name: &str| !folded.is_empty() && fold::starts_with(name, &folded);
    let whole: Vec<RoleId> = ground.roles.iter().filter(|role| role.answers_to(typed)).map(|role| role.id.clone()).collect();
    if !whole.is_empty() {
        return Some(whole);
    }
    let fitting = ground.roles.iter().filter(|role| begins(role.id.as_str()) || begins(&role.name) || begins(&role.short));
    Some(fitting.map(|role| role.id.clone()).collect())
}

fn whom(typed: &str, is_quoted: bool, ground: &Ground<'_>) -> Whom {
    match typed.trim_start_matches('@') {
        "me" if !is_quoted => Whom::Exactly(ground.me.clone()),
        name if is_quoted => Whom::Exactly(Person::new(name)),
        name => Whom::Like(fold::fold(name)),
    }
}

fn code(typed: &str) -> Option<CodeIs> {
    let number = |text: &str| {
        let digits = text.get(..4).filter(|head| head.eq_ignore_ascii_case("INC-")).map_or(text, |_| &text[4..]);
        digits.parse::<u32>().ok().filter(|number| *number > 0)
    };
    if typed.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("NEW-")) {
        return Some(CodeIs::Provisional(typed.to_ascii_uppercase()));
    }
    match typed.split_once("..") {
        Some((from, "")) => Some(CodeIs::Between(number(from)?, u32::MAX)),
        Some(("", to)) => Some(CodeIs::Between(1, number(to)?)),
        Some((from, to)) => Some(CodeIs::Between(number(from)?, number(to)?)),
        None => number(typed).map(|number| CodeIs::Between(number, number)),
    }
}
