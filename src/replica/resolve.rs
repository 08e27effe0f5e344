//! Which incident a person means by a word.

use crate::domain::Code;
use crate::domain::Header;
use crate::domain::IncidentId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a word named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Resolved {
    /// This one.
    One(IncidentId),
    /// Any of these.
    Several(Vec<IncidentId>),
    /// None that is held here.
    None,
}

/// Finds an incident, open or closed, by `INC-42`, by `NEW-7K2QD` (for ever, also once it has a code), or by the end of its id.
pub fn resolve(headers: &BTreeMap<IncidentId, Arc<Header>>, word: &str) -> Resolved {
    let word = word.trim();
    let code: Option<Code> = word.parse().ok();
    let provisional = word.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("NEW-"));
    let named = |header: &Header| match code {
        Some(code) => header.code == Some(code),
        None if provisional => header.id.provisional_code().eq_ignore_ascii_case(word),
        None => header.id.ends_with(word),
    };
    let found: Vec<_> = headers.values().filter(|header| named(header)).map(|header| header.id).collect();
    match found.as_slice() {
        [] => Resolved::None,
        [one] => Resolved::One(*one),
        _ => Resolved::Several(found),
    }
}
