//! What the incidents pane remembers: the rows in order, what was seen of each, filter and marks.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::Matrix;
use crate::domain::Person;
use crate::domain::Rating;
use crate::domain::Status;
use crate::domain::Timestamp;
use crate::query::Listed;
use crate::query::Query;
use crate::tui::edit::LineEdit;

/// A P1 in which nobody wrote for so long is loud.
pub const QUIET_P1_MS: i64 = 15 * 60_000;

/// One incident in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub header: Arc<Header>,
    pub rating: Arc<Rating>,
}

impl Row {
    /// For how long nobody wrote, once that is too long for a P1.
    pub fn quiet_ms(&self, now: Timestamp) -> Option<i64> {
        let is_p1 = self.rating.priority.is_some_and(|priority| priority.level() == 1);
        let silent_ms = now.since_ms(self.header.last_entry_at);
        (is_p1 && self.header.status.is_open() && silent_ms >= QUIET_P1_MS).then_some(silent_ms)
    }
}

/// What the list is made with.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub matrix: &'a Matrix,
    pub me: &'a Person,
    pub now: Timestamp,
    /// How many events of an incident wait for the server.
    pub unsent: &'a BTreeMap<IncidentId, usize>,
}

/// What of an incident was on screen when it was last in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    entries: usize,
    status: Status,
    alerts_firing: usize,
}

/// Which incidents are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListView {
    #[default]
    Open,
    Mine,
    Urgent,
    Closed,
    All,
}

impl ListView {
    /// Every view, in the order of their digits.
    pub const ALL: [ListView; 5] = [ListView::Open, ListView::Mine, ListView::Urgent, ListView::Closed, ListView::All];

    /// Its name and what it lets through.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            ListView::Open => ("open", "every open incident"),
            ListView::Mine => ("mine", "open ones in which I hold a role or a task"),
            ListView::Urgent => ("urgent", "open ones rated P1, P2 or not rated yet"),
            ListView::Closed => ("closed", "resolved, closed, declined and merged ones"),
            ListView::All => ("all", "everything held here"),
        }
    }

    fn lets(self, header: &Header, rating: &Rating, me: &Person) -> bool {
        match self {
            ListView::Open => header.status.is_open(),
            ListView::Mine => header.status.is_open() && header.people.contains(me),
            ListView::Urgent => header.status.is_open() && rating.priority.is_none_or(|priority| priority.level() <= 2),
            ListView::Closed => !header.status.is_open(),
            ListView::All => true,
        }
    }
}

/// The pane's own state.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Open incidents by priority, then age: what `[` and `]` walk, whatever is filtered.
    pub open: Vec<Row>,
    /// What the pane shows.
    pub listed: Vec<Row>,
    pub view: ListView,
    pub filter: Option<LineEdit>,
    pub is_typing: bool,
    /// The filter as it was read; `n` still looks for it after the filter is gone.
    pub query: Query,
    pub marked: BTreeSet<IncidentId>,
    /// The first row on screen.
    pub top: usize,
    seen: HashMap<IncidentId, Seen>,
    rated: HashMap<IncidentId, (Arc<Header>, Arc<Rating>)>,
}

impl Model {
    /// Rates and orders what there is now. `query`: the filter as it is read now, if there is one.
    pub fn refresh<'a>(&mut self, headers: impl Iterator<Item = &'a Arc<Header>>, query: Option<Query>, ground: &Ground<'_>) {
        let Ground { matrix, me, now, .. } = *ground;
        let shows_closed = matches!(self.view, ListView::Closed | ListView::All);
        let mut rated = HashMap::with_capacity(self.rated.len());
        let mut rows = Vec::new();
        for header in headers.filter(|header| header.status.is_open() || shows_closed) {
            let known = self.rated.remove(&header.id).filter(|(of, rating)| {
                // A rating stands until its header changes or growing loss moves it.
                Arc::ptr_eq(of, header) && rating.loss_usd.is_none() && rating.next_change.is_none()
            });
            let rating = known.map_or_else(|| Arc::new(header.rate(matrix, now)), |(_, rating)| rating);
            rated.insert(header.id, (Arc::clone(header), Arc::clone(&rating)));
            rows.push(Row { header: Arc::clone(header), rating });
        }
        self.rated = rated;
        rows.sort_by_key(|row| (!row.header.status.is_open(), row.rating.rank(), row.header.opened_at, row.header.id));
        self.open = rows.iter().filter(|row| row.header.status.is_open()).cloned().collect();
        if let Some(query) = &query {
            self.query = query.clone();
        }
        let is_asked = |row: &Row| query.as_ref().is_none_or(|query| self.fits(query, row, ground));
        rows.retain(|row| self.view.lets(&row.header, &row.rating, me) && is_asked(row));
        self.listed = rows;
    }

    /// Whether a row fits a query.
    pub fn fits(&self, query: &Query, row: &Row, ground: &Ground<'_>) -> bool {
        let unsent = ground.unsent.get(&row.header.id).copied().unwrap_or(0);
        let (is_new, is_quiet) = (self.is_fresh(&row.header), row.quiet_ms(ground.now).is_some());
        query.matches_header(&Listed { header: &row.header, rating: &row.rating, unsent, is_new, is_quiet })
    }

    /// Forgets every rating: the matrix changed.
    pub fn rerate(&mut self) {
        self.rated.clear();
    }

    /// The place of an incident in the list.
    pub fn place(&self, id: Option<IncidentId>) -> Option<usize> {
        self.listed.iter().position(|row| Some(row.header.id) == id)
    }

    /// The open incident before or after one, around the ends.
    pub fn beside(&self, id: Option<IncidentId>, is_forward: bool) -> Option<IncidentId> {
        let len = self.open.len();
        let here = self.open.iter().position(|row| Some(row.header.id) == id);
        let to = match (here, is_forward) {
            (_, _) if len == 0 => return None,
            (None, _) => 0,
            (Some(at), true) => (at + 1) % len,
            (Some(at), false) => (at + len - 1) % len,
        };
        Some(self.open[to].header.id)
    }

    /// When growing loss next moves a priority.
    pub fn next_change(&self) -> Option<Timestamp> {
        self.open.iter().filter_map(|row| row.rating.next_change).min()
    }

    /// The incident is in hand: all of it was seen.
    pub fn see(&mut self, header: &Header) {
        self.seen.insert(header.id, seen(header));
    }

    /// Whether something happened in it since it was last in hand.
    pub fn is_fresh(&self, header: &Header) -> bool {
        self.seen.get(&header.id).is_none_or(|known| *known != seen(header))
    }

    /// Whether it was never on the board before.
    pub fn is_new(&self, id: IncidentId) -> bool {
        !self.seen.contains_key(&id)
    }
}

fn seen(header: &Header) -> Seen {
    Seen { entries: header.entries, status: header.status, alerts_firing: header.alerts_firing }
}
