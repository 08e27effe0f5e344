//! The keys there are, with what to write behind each: the filter line, the help and the refusals read them from here.

use crate::query::About;

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub name: &'static str,
    /// What it means.
    pub says: &'static str,
    /// How it is written.
    pub example: &'static str,
    is_of_incidents: bool,
    is_of_entries: bool,
}

impl Key {
    /// Whether it means something to these.
    pub fn is_about(&self, about: About) -> bool {
        match about {
            About::Incidents => self.is_of_incidents,
            About::Entries => self.is_of_entries,
            About::Everything => true,
        }
    }

    /// The key of a name.
    pub fn named(name: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.name == name)
    }
}

const fn key(name: &'static str, example: &'static str, says: &'static str, (is_of_incidents, is_of_entries): (bool, bool)) -> Key {
    Key { name, says, example, is_of_incidents, is_of_entries }
}

const INCIDENTS: (bool, bool) = (true, false);
const ENTRIES: (bool, bool) = (false, true);
const BOTH: (bool, bool) = (true, true);

/// Every key, in the order it is offered.
pub const KEYS: &[Key] = &[
    key("p", "p:1, p:1..2 or p:?", "priority; ? is not rated yet", INCIDENTS),
    key("status", "status:mitigating", "where it stands; its first letters do", INCIDENTS),
    key("is", "is:open, is:closed, is:unsent or is:new", "what is true of it", BOTH),
    key("service", "service:withdrawals", "what it affects", BOTH),
    key("component", "component:signer", "what it is about", BOTH),
    key("ic", "ic:ana, ic:me or ic:none", "who has command", INCIDENTS),
    key("by", "by:ana or by:me", "who wrote it; of an incident: who holds something in it", BOTH),
    key("role", "role:ops", "the role its author held then", ENTRIES),
    key("kind", "kind:decision", "the kind of entry; its first letters do", ENTRIES),
    key("to", "to:customers", "whom a communication went to", ENTRIES),
    key("outcome", "outcome:ok or outcome:fail", "how a validation or command ended", ENTRIES),
    key("since", "since:-2h, since:14:02 or since:2026-11-01", "written at or after; of an incident: its last entry", BOTH),
    key("until", "until:-2h, until:14:02 or until:2026-11-01", "at or before; of an incident: declared by then", BOTH),
    key("code", "code:42 or code:40..50", "by number", INCIDENTS),
];

/// The query with the key that is being typed at its end written out, where only one key begins so.
pub fn completed(text: &str, about: About) -> Option<String> {
    let begin = beginning(text)?;
    let mut fitting = fitting(begin, about);
    let only = fitting.next().filter(|_| fitting.next().is_none())?;
    Some(format!("{}{}:", &text[..text.len() - begin.len()], only.name))
}

/// What can be typed next: the keys that begin as the last word does, or how a query is written.
pub fn hint(text: &str, about: About) -> String {
    let keys: Vec<&Key> = beginning(text).into_iter().flat_map(|begin| fitting(begin, about)).collect();
    if keys.is_empty() {
        let names: Vec<String> = KEYS.iter().filter(|key| key.is_about(about)).map(|key| format!("{}:", key.name)).collect();
        return format!("words  \"a phrase\"  -not  mine  {}", names.join(" "));
    }
    keys.iter().map(|key| format!("{}: {}, as in {}", key.name, key.says, key.example)).collect::<Vec<_>>().join("   ")
}

/// The letters at the end that may become a key.
fn beginning(text: &str) -> Option<&str> {
    let word = text.rsplit(char::is_whitespace).next()?.trim_start_matches('-');
    (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic())).then_some(word)
}

fn fitting<'a>(begin: &'a str, about: About) -> impl Iterator<Item = &'static Key> + 'a {
    KEYS.iter().filter(move |key| key.is_about(about) && key.name.starts_with(begin))
}
