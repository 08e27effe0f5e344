//! The board as of the last commit, for readers: one short lock to take an incident's snapshot, never held while anything waits.

use crate::domain::Board;
use crate::domain::Code;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Org;
use crate::domain::Principal;
use crate::domain::Source;
use crate::domain::Timestamp;
use crate::server::failure::Failure;
use crate::server::policy;
use crate::server::policy::SEE;
use axum::http::StatusCode;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::RwLockReadGuard;

/// Everything folded from the log. Only the appender changes it, and only after a commit.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) board: Board,
    codes: HashMap<Code, IncidentId>,
    /// The last incident of each alert group, by its code: ids of a clock that was set back would lie.
    sources: HashMap<Source, (Code, IncidentId)>,
    /// Every restricted incident.
    restricted: BTreeSet<IncidentId>,
    pub(super) last_code: u32,
    pub(super) received_at: Timestamp,
    /// Notes in which each key of the server signs the next, oldest first.
    pub(super) succession: Vec<String>,
}

impl Folded {
    pub(super) fn new(org: Org) -> Self {
        let board = Board::new(Arc::new(org));
        let (codes, sources, restricted) = (HashMap::new(), HashMap::new(), BTreeSet::new());
        Self { board, codes, sources, restricted, last_code: 0, received_at: Timestamp::default(), succession: Vec::new() }
    }

    /// Makes an incident findable by its code and its source, and hidden where it is restricted.
    pub(super) fn index(&mut self, incident: &Incident) {
        match incident.readers.value {
            Some(_) => self.restricted.insert(incident.id),
            None => self.restricted.remove(&incident.id),
        };
        if let Some(code) = incident.code {
            self.last_code = self.last_code.max(code.0);
            self.codes.insert(code, incident.id);
        }
        if let (Some(source), Some(code)) = (&incident.source, incident.code) {
            match self.sources.get_mut(source) {
                Some(newest) => *newest = (*newest).max((code, incident.id)),
                None => drop(self.sources.insert(source.clone(), (code, incident.id))),
            }
        }
    }

    /// The newest incident that came from an alert source.
    pub(super) fn by_source(&self, source: &Source) -> Option<IncidentId> {
        self.sources.get(source).map(|(_, id)| *id)
    }
}

impl Folded {
    /// Whether an incident is restricted, and not to somebody among others.
    fn hides(&self, who: &Principal, id: IncidentId) -> bool {
        self.restricted.contains(&id) && self.board.get(id).is_some_and(|incident| !policy::may(who, SEE, Some(incident)))
    }
}

/// The folded log behind its lock.
#[derive(Debug)]
pub(super) struct Shelf(RwLock<Folded>);

impl Shelf {
    pub(super) fn new(folded: Folded) -> Self {
        Self(RwLock::new(folded))
    }

    /// For a look: take what is needed and let go.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Folded> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the appender, after a commit.
    pub(super) fn change(&self, change: impl FnOnce(&mut Folded)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The same, for what may fail half way.
    pub(super) fn try_change<E>(&self, change: impl FnOnce(&mut Folded) -> Result<(), E>) -> Result<(), E> {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn org(&self) -> Arc<Org> {
        self.read().board.org.clone()
    }

    /// Every incident that somebody may see, oldest first.
    pub(super) fn incidents(&self, who: &Principal) -> Vec<Arc<Incident>> {
        self.read().board.iter().filter(|incident| policy::may(who, SEE, Some(incident))).cloned().collect()
    }

    /// Of each of these incidents, itself if somebody may not see it now.
    pub(super) fn withheld(&self, who: &Principal, incidents: impl Iterator<Item = Option<IncidentId>>) -> Vec<Option<IncidentId>> {
        let folded = self.read();
        if folded.restricted.is_empty() {
            return Vec::new();
        }
        incidents.map(|id| id.filter(|id| folded.hides(who, *id))).collect()
    }

    /// The incident that a code, an id or a unique id suffix means to somebody: one they may not see is none.
    pub(super) fn find(&self, who: &Principal, inc: &str) -> Result<Arc<Incident>, Failure> {
        let unknown = || Failure::not_found("unknown_incident", format!("there is no incident `{inc}`; GET /v1/incidents lists them"));
        let may_see = |incident: &&Arc<Incident>| policy::may(who, SEE, Some(incident));
        let folded = self.read();
        if let Ok(code) = inc.parse::<Code>() {
            return folded.codes.get(&code).and_then(|id| folded.board.get(*id)).filter(may_see).cloned().ok_or_else(unknown);
        }
        if let Ok(id) = inc.parse::<IncidentId>() {
            return folded.board.get(id).filter(may_see).cloned().ok_or_else(unknown);
        }
        let mut meant = folded.board.iter().filter(|incident| incident.id.ends_with(inc)).filter(may_see);
        match (meant.next(), meant.next()) {
            (Some(only), None) => Ok(only.clone()),
            (Some(first), Some(second)) => {
                let which = format!("`{inc}` means {} and {}; use a code or a longer suffix", first.code_text(), second.code_text());
                Err(Failure::new(StatusCode::CONFLICT, "ambiguous_incident", which))
            }
            _ => Err(unknown()),
        }
    }
}
