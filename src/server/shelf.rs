//! The board as of the last commit, for readers: one short lock to take an incident's snapshot, never held while anything waits.

use crate::domain::Board;
use crate::domain::Code;
use crate::domain::Header;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Org;
use crate::domain::Principal;
use crate::domain::Source;
use crate::domain::Timestamp;
use crate::server::failure::Failure;
use crate::server::fold;
use crate::server::heads::Card;
use crate::server::heads::Unkept;
use crate::server::policy;
use crate::server::policy::SEE;
use crate::store::KeptHeads;
use crate::store::LogReader;
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::RwLockReadGuard;

/// How many incidents that are not in hand stay in memory after they were read: who pages through one reads it once.
const READ_KEPT: usize = 16;

/// Everything folded from the log. Only the appender changes it, and only after a commit.
#[derive(Debug)]
pub(super) struct Folded {
    /// What is in hand: whatever was written to since the start and is open or not kept yet, and every restricted incident.
    pub(super) board: Board,
    /// Every incident there is. What the board holds is newer.
    cards: BTreeMap<IncidentId, Arc<Card>>,
    pub(super) unkept: Unkept,
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
        Self {
            board: Board::new(Arc::new(org)),
            cards: BTreeMap::new(),
            unkept: Unkept::default(),
            codes: HashMap::new(),
            sources: HashMap::new(),
            restricted: BTreeSet::new(),
            last_code: 0,
            received_at: Timestamp::default(),
            succession: Vec::new(),
        }
    }

    /// Knows an incident by its head.
    pub(super) fn file(&mut self, card: Arc<Card>) {
        self.index(card.head.id, card.code(), card.source.as_ref(), card.head.restricted);
        self.cards.insert(card.head.id, card);
    }

    /// Takes an incident in hand as it is after a record at `seq`, which its kept head does not know.
    pub(super) fn put(&mut self, incident: Arc<Incident>, seq: u64) {
        self.index(incident.id, incident.code, incident.source.as_ref(), incident.readers.value.is_some());
        self.cards.entry(incident.id).or_insert_with(|| Arc::new(Card::of(&incident)));
        self.unkept.touch(incident.id, seq);
        self.board.put(incident);
    }

    /// An incident whose words were deleted: nothing of them stays in its head.
    pub(super) fn put_bare(&mut self, incident: Arc<Incident>, seq: u64) {
        self.cards.remove(&incident.id);
        self.put(incident, seq);
    }

    /// Makes an incident findable by its code and its source, and hidden where it is restricted.
    fn index(&mut self, id: IncidentId, code: Option<Code>, source: Option<&Source>, is_restricted: bool) {
        if is_restricted {
            self.restricted.insert(id)
        } else {
            self.restricted.remove(&id)
        };
        let Some(code) = code else { return };
        self.last_code = self.last_code.max(code.0);
        self.codes.insert(code, id);
        if let Some(source) = source {
            match self.sources.get_mut(source) {
                Some(newest) => *newest = (*newest).max((code, id)),
                None => drop(self.sources.insert(source.clone(), (code, id))),
            }
        }
    }

    /// How many incidents there are.
    pub(super) fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether there is such an incident, in hand or not.
    pub(super) fn knows(&self, id: IncidentId) -> bool {
        self.cards.contains_key(&id)
    }

    /// The newest incident that came from an alert source.
    pub(super) fn by_source(&self, source: &Source) -> Option<IncidentId> {
        self.sources.get(source).map(|(_, id)| *id)
    }

    /// The heads to keep with the next commit after `head`, but for some; all of them where it is the last.
    pub(super) fn to_keep(&self, head: u64, is_last: bool, but: &BTreeSet<IncidentId>) -> Option<KeptHeads> {
        let next = self.unkept.next(head, is_last, but);
        let cards: Vec<_> = next.iter().filter_map(|id| self.card(*id)).map(|card| card.kept()).collect();
        (!cards.is_empty()).then(|| self.unkept.write(head, cards))
    }

    /// Heads were kept, as they are now: what is closed and everyone may see need not stay in hand.
    pub(super) fn kept(&mut self, heads: &KeptHeads) {
        for id in heads.heads.iter().map(|head| head.incident) {
            self.unkept.done(id);
            let Some(card) = self.board.get(id).map(|incident| Arc::new(Card::of(incident))) else { continue };
            if !card.head.status.is_open() && !card.head.restricted {
                self.board.forget(id);
            }
            self.cards.insert(id, card);
        }
    }

    fn card(&self, id: IncidentId) -> Option<Arc<Card>> {
        self.board.get(id).map(|incident| Arc::new(Card::of(incident))).or_else(|| self.cards.get(&id).cloned())
    }

    /// Whether somebody may see an incident there is.
    fn may_see(&self, who: &Principal, id: IncidentId) -> bool {
        if self.restricted.contains(&id) {
            // Restricted incidents are always in hand; one that is not is nobody's.
            return self.board.get(id).is_some_and(|incident| policy::may(who, SEE, Some(incident)));
        }
        policy::may(who, SEE, None)
    }

    /// Whether an incident is restricted, and not to somebody among others.
    fn hides(&self, who: &Principal, id: IncidentId) -> bool {
        self.restricted.contains(&id) && !self.may_see(who, id)
    }
}

/// The folded log behind its lock, and a few incidents that were read and are not in hand.
#[derive(Debug)]
pub(super) struct Shelf {
    folded: RwLock<Folded>,
    read: Mutex<VecDeque<Arc<Incident>>>,
}

/// An incident that somebody may see.
pub(super) enum Found {
    InHand(Arc<Incident>),
    /// It has to be read.
    OnDisk(IncidentId),
}

impl Found {
    pub(super) fn id(&self) -> IncidentId {
        match self {
            Self::InHand(incident) => incident.id,
            Self::OnDisk(id) => *id,
        }
    }
}

impl Shelf {
    pub(super) fn new(folded: Folded) -> Self {
        Self { folded: RwLock::new(folded), read: Mutex::default() }
    }

    /// For a look: take what is needed and let go.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Folded> {
        self.folded.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the appender, after a commit.
    pub(super) fn change(&self, change: impl FnOnce(&mut Folded)) {
        change(&mut self.folded.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The same, for what may fail half way.
    pub(super) fn try_change<E>(&self, change: impl FnOnce(&mut Folded) -> Result<(), E>) -> Result<(), E> {
        change(&mut self.folded.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn org(&self) -> Arc<Org> {
        self.read().board.org.clone()
    }

    /// The heads of incidents after one that somebody may see and that fit, at most so many, oldest first; and whether there are more.
    pub(super) fn heads(
        &self,
        who: &Principal,
        after: Option<IncidentId>,
        limit: usize,
        fits: impl Fn(&Header) -> bool,
    ) -> (Vec<Arc<Card>>, bool) {
        let folded = self.read();
        let from = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let seen = folded.cards.range(from).map(|(id, _)| *id).filter(|id| folded.may_see(who, *id));
        let mut found: Vec<_> = seen.filter_map(|id| folded.card(id)).filter(|card| fits(&card.head)).take(limit + 1).collect();
        let is_more = found.len() > limit;
        found.truncate(limit);
        (found, is_more)
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
    pub(super) fn find(&self, who: &Principal, inc: &str) -> Result<Found, Failure> {
        let folded = self.read();
        let may_see = |id: &IncidentId| folded.knows(*id) && folded.may_see(who, *id);
        let named = match (inc.parse::<Code>(), inc.parse::<IncidentId>()) {
            (Ok(code), _) => folded.codes.get(&code).copied().filter(may_see),
            (_, Ok(id)) => Some(id).filter(may_see),
            _ => {
                let mut meant = folded.cards.keys().filter(|id| id.ends_with(inc)).filter(|id| may_see(id));
                match (meant.next(), meant.next()) {
                    (Some(first), Some(second)) => {
                        let code = |id| folded.card(id).map(|card| card.head.code_text()).unwrap_or_default();
                        let which = format!("`{inc}` means {} and {}; use a code or a longer suffix", code(*first), code(*second));
                        return Err(Failure::new(StatusCode::CONFLICT, "ambiguous_incident", which));
                    }
                    (only, _) => only.copied(),
                }
            }
        };
        let id = named.ok_or_else(|| unknown(inc))?;
        Ok(folded.board.get(id).map_or(Found::OnDisk(id), |incident| Found::InHand(incident.clone())))
    }

    /// An incident that somebody may see and that is not in hand, as its records up to `last` have it. Waits for the store.
    pub(super) fn fetch(
        &self,
        who: &Principal,
        inc: &str,
        id: IncidentId,
        reader: &dyn LogReader,
        last: u64,
    ) -> Result<Arc<Incident>, Failure> {
        let is_newest = |incident: &Arc<Incident>| {
            let folded = self.read();
            incident.id == id && folded.board.get(id).is_none() && folded.cards.get(&id).is_some_and(|card| card.head.seq == incident.seq)
        };
        let lately = self.read.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|incident| is_newest(incident)).cloned();
        let incident = match lately {
            Some(incident) => incident,
            None => {
                let incident = fold::incident(reader, id, last)?.ok_or_else(|| unknown(inc))?;
                let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
                read.retain(|other| other.id != id);
                read.push_front(incident.clone());
                read.truncate(READ_KEPT);
                incident
            }
        };
        // What was read may say that it is restricted since it was found.
        if self.read().hides(who, id) || !policy::may(who, SEE, Some(&incident)) { Err(unknown(inc)) } else { Ok(incident) }
    }

    /// Forgets what was read of an incident: words of it were deleted.
    pub(super) fn forget_read(&self, id: IncidentId) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).retain(|incident| incident.id != id);
    }
}

fn unknown(inc: &str) -> Failure {
    Failure::not_found("unknown_incident", format!("there is no incident `{inc}`; GET /v1/incidents lists them"))
}
