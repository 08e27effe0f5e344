//! From what a person typed to the one thing it means: an incident, an entry, a task, a role. Never guesses between two.

use crate::cli::failure::Failure;
use crate::domain::Code;
use crate::domain::Entry;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Org;
use crate::domain::Person;
use crate::domain::RoleId;
use crate::domain::Task;
use crate::replica::snapshot::Snapshot;
use crate::text::Safe;
use std::sync::Arc;

/// The most candidates an error lists.
const LISTED_MAX: usize = 12;
/// The most closed incidents an error lists.
const RECENT_MAX: usize = 5;
/// The fewest hexadecimal digits that name something by the end of its id.
const SUFFIX_MIN_DIGITS: usize = 4;

/// The incident meant by `typed`; without it the one set by `use`, without that the only open one.
///
/// # Errors
/// When it is not held here, or several are meant: the candidates are listed.
pub fn incident(snapshot: &Snapshot, typed: Option<&str>, current: Option<&str>) -> Result<Arc<Header>, Failure> {
    if let Some(typed) = typed {
        return incident_named(snapshot, typed);
    }
    if let Some(header) = current.and_then(|current| incident_named(snapshot, current).ok()) {
        return Ok(header);
    }
    let open: Vec<&Arc<Header>> = snapshot.headers.values().filter(|header| header.status.is_open()).collect();
    match open.as_slice() {
        [only] => Ok(Arc::clone(only)),
        [] => {
            let recent = listed(snapshot.headers.values().rev().take(RECENT_MAX));
            let named = if recent.is_empty() { String::new() } else { format!("\nclosed, newest first:\n{recent}") };
            Err(Failure::Missing(format!("no incident is open here; declare one (warroom declare TITLE) or name one with -i INC{named}")))
        }
        several => {
            let listed = listed(several.iter().copied());
            Err(Failure::Usage(format!(
                "{} incidents are open: name one with -i INC, or set one with `warroom use INC`\n{listed}",
                several.len()
            )))
        }
    }
}

/// The incident that `INC-42`, `NEW-7K2QD` or the end of an id names.
///
/// # Errors
/// When there is none, or several.
pub fn incident_named(snapshot: &Snapshot, typed: &str) -> Result<Arc<Header>, Failure> {
    let typed = typed.trim();
    // A link as `y` in the war room copies it: `warroom://INC-42/ENTRY`.
    let typed = typed.strip_prefix("warroom://").map_or(typed, |link| link.split('/').next().unwrap_or(link));
    let found: Vec<&Arc<Header>> = if let Ok(code) = typed.parse::<Code>() {
        snapshot.headers.values().filter(|header| header.code == Some(code)).collect()
    } else {
        let provisional = |id: &IncidentId| id.provisional_code().eq_ignore_ascii_case(typed);
        snapshot.headers.values().filter(|header| header.id.ends_with(typed) || provisional(&header.id)).collect()
    };
    match found.as_slice() {
        [only] => Ok(Arc::clone(only)),
        [] => {
            let open: Vec<_> = snapshot.headers.values().filter(|header| header.status.is_open()).collect();
            let hint = if open.is_empty() { String::new() } else { format!("\nopen here:\n{}", listed(open)) };
            let name = Safe::clipped(typed, 60);
            Err(Failure::Missing(format!("no incident `{name}` is held here; `warroom list --all` shows all{hint}")))
        }
        several => {
            Err(Failure::Usage(format!("`{typed}` may mean several incidents; type more of the id\n{}", listed(several.iter().copied()))))
        }
    }
}

fn listed<'a>(headers: impl IntoIterator<Item = &'a Arc<Header>>) -> String {
    let all: Vec<_> = headers.into_iter().collect();
    let mut lines: Vec<String> =
        all.iter().take(LISTED_MAX).map(|header| format!("  {}  {}", header.code_text(), Safe::clipped(&header.title, 60))).collect();
    if all.len() > LISTED_MAX {
        lines.push(format!("  and {} more", all.len() - LISTED_MAX));
    }
    lines.join("\n")
}

/// The entry that an id, the end of one, or `last` (my last one) names.
///
/// # Errors
/// When there is none, or several.
pub fn entry<'a>(incident: &'a Incident, typed: &str, me: &Person) -> Result<&'a Entry, Failure> {
    let written = || incident.timeline.iter().filter(|entry| entry.kind.is_written());
    if typed == "last" {
        let mine = written().rev().filter(|entry| entry.stands() && (entry.by() == me || entry.recorded_by.as_ref() == Some(me)));
        let newest = mine.max_by_key(|entry| (entry.state.seq().unwrap_or(u64::MAX), entry.index));
        return newest.ok_or_else(|| Failure::Missing(format!("{me} has no entry in {}", incident.code_text())));
    }
    let found: Vec<_> = written().filter(|entry| names(entry.id, typed)).collect();
    one(&found, typed, "entry", incident, |entry| Safe::clipped(&entry.text, 60).to_string()).copied()
}

/// Any line of the timeline, also one drawn from an event, that an id or the end of one names.
///
/// # Errors
/// When there is none, or several.
pub fn line<'a>(incident: &'a Incident, typed: &str) -> Result<&'a Entry, Failure> {
    let found: Vec<_> = incident.timeline.iter().filter(|entry| names(entry.id, typed)).collect();
    one(&found, typed, "line", incident, |entry| Safe::clipped(&entry.text, 60).to_string()).copied()
}

/// The task that an id, the end of one, or `last` (the last one for me that is open) names.
///
/// # Errors
/// When there is none, or several.
pub fn task<'a>(incident: &'a Incident, typed: &str, me: &Person) -> Result<&'a Task, Failure> {
    if typed == "last" {
        let mine = incident.tasks.iter().rev().find(|task| task.is_open() && task.person == *me);
        return mine.ok_or_else(|| Failure::Missing(format!("{me} has no open task in {}", incident.code_text())));
    }
    let found: Vec<_> = incident.tasks.iter().filter(|task| names(task.id, typed)).collect();
    one(&found, typed, "task", incident, |task| Safe::clipped(&task.text, 60).to_string()).copied()
}

fn names(id: EventId, typed: &str) -> bool {
    let digits: String = typed.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    digits.len() >= SUFFIX_MIN_DIGITS && id.0.simple().to_string().ends_with(&digits)
}

fn one<'a, T>(found: &'a [T], typed: &str, what: &str, incident: &Incident, words: impl Fn(&T) -> String) -> Result<&'a T, Failure> {
    let typed = Safe::clipped(typed, 60);
    match found {
        [only] => Ok(only),
        [] => Err(Failure::Missing(format!(
            "no {what} `{typed}` in {}; give its id or at least the last {SUFFIX_MIN_DIGITS} digits of it, as `warroom show` prints them, or `last`",
            incident.code_text()
        ))),
        several => {
            let lines: Vec<_> = several.iter().take(LISTED_MAX).map(|item| format!("  {}", words(item))).collect();
            Err(Failure::Usage(format!(
                "`{typed}` may mean {} of {}; type more of the id\n{}",
                several.len(),
                incident.code_text(),
                lines.join("\n")
            )))
        }
    }
}

/// The role that an id, a short name or an alias names.
///
/// # Errors
/// When there is none: the roles are listed.
pub fn role(org: &Org, typed: &str) -> Result<RoleId, Failure> {
    org.role(typed).map(|role| role.id.clone()).ok_or_else(|| {
        let known: Vec<_> = org.roles.iter().map(|role| role.id.as_str()).collect();
        Failure::Missing(format!("`{}` is not a role; roles are {}", Safe::clipped(typed, 60), known.join(", ")))
    })
}

/// The person meant: a name, or `me`.
///
/// # Errors
/// When it cannot be a person's name.
pub fn person(typed: &str, me: &Person) -> Result<Person, Failure> {
    if typed == "me" {
        return Ok(me.clone());
    }
    let person = Person::new(typed.trim_start_matches('@'));
    person.check().map_err(|why| Failure::Missing(format!("`{}`: {why}", Safe::clipped(typed, 60))))?;
    Ok(person)
}

/// The last eight digits of an id: what people type.
pub fn short(id: EventId) -> String {
    let digits = id.0.simple().to_string();
    digits[digits.len() - 8..].to_owned()
}
