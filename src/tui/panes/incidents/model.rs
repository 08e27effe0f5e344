//! What the incidents pane remembers: the rows in order, what was seen of each, view, filter, order and marks.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::Matrix;
use crate::domain::Priority;
use crate::domain::Rating;
use crate::domain::Timestamp;
use crate::query::Listed;
use crate::query::Query;
use crate::tui::filter::Filter;
use crate::tui::panes::incidents::news::News;
use crate::tui::panes::incidents::news::Seen;
use crate::tui::panes::incidents::row::Row;
use crate::tui::panes::incidents::sort::Sort;
use crate::tui::panes::incidents::views::SHIPPED;
use crate::tui::panes::incidents::views::View;
use crate::tui::panes::incidents::views::Views;

/// A P1 in which nobody wrote for so long is loud, unless the configuration says otherwise.
pub const QUIET_P1_MS: i64 = 15 * 60_000;

/// What the list is made with.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub matrix: &'a Matrix,
    pub now: Timestamp,
    /// How many events of an incident wait for the server.
    pub unsent: &'a BTreeMap<IncidentId, usize>,
    /// What is selected, so that it stays where it is on the screen.
    pub in_hand: Option<IncidentId>,
}

/// The pane's own state.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Open incidents by priority, then age: what `[` and `]` walk, whatever is filtered.
    pub open: Vec<Row>,
    /// What the pane shows.
    pub listed: Vec<Row>,
    /// There are closed incidents that no list shows.
    pub has_older: bool,
    /// How many rows the view has before the filter.
    pub in_view: usize,
    pub views: Views,
    pub sort: Sort,
    pub filter: Filter,
    /// The view and the filter as they were read; `n` still looks for the filter after it is gone.
    pub view_query: Query,
    pub query: Query,
    pub marked: BTreeSet<IncidentId>,
    /// Where a range of marks began, and what was marked before it.
    pub range: Option<(IncidentId, BTreeSet<IncidentId>)>,
    /// The first row on screen.
    pub top: usize,
    /// Where the incident in hand stood when it was last in the list.
    pub last_place: usize,
    pub quiet_p1_ms: i64,
    seen: HashMap<IncidentId, Seen>,
    rated: HashMap<IncidentId, (Arc<Header>, Arc<Rating>)>,
}

impl Model {
    /// An empty list of open incidents. `configured`: the views of the configuration; `quiet_p1_ms`: after how long a silent P1 is loud.
    pub fn new(configured: Vec<View>, quiet_p1_ms: i64) -> Self {
        let views = Views { configured, ..Views::default() };
        Self { views, quiet_p1_ms, ..Self::default() }
    }

    /// Rates and orders what there is now. `filter`: as it is read now, if there is one.
    pub fn refresh<'a>(&mut self, headers: impl Iterator<Item = &'a Arc<Header>>, view: Query, filter: Option<Query>, ground: &Ground<'_>) {
        let held = self.place(ground.in_hand).map(|place| place.saturating_sub(self.top));
        self.view_query = view;
        let shows_closed = !self.view_query.is_only_open();
        let mut rated = HashMap::with_capacity(self.rated.len());
        let mut rows = Vec::new();
        for header in headers.filter(|header| header.status.is_open() || shows_closed) {
            let known = self.rated.remove(&header.id).filter(|(of, rating)| {
                // A rating stands until its header changes or growing loss moves it.
                Arc::ptr_eq(of, header) && rating.loss_usd.is_none() && rating.next_change.is_none()
            });
            let rating = known.map_or_else(|| Arc::new(header.rate(ground.matrix, ground.now)), |(_, rating)| rating);
            rated.insert(header.id, (Arc::clone(header), Arc::clone(&rating)));
            rows.push(Row { header: Arc::clone(header), rating });
        }
        self.rated = rated;
        Sort::Priority.order(&mut rows);
        self.open = rows.iter().filter(|row| row.header.status.is_open()).cloned().collect();
        rows.retain(|row| self.fits(&self.view_query, row, ground));
        self.in_view = rows.len();
        if let Some(filter) = filter {
            rows.retain(|row| self.fits(&filter, row, ground));
            self.query = filter;
        }
        if self.sort != Sort::Priority {
            self.sort.order(&mut rows);
        }
        self.listed = rows;
        // The list may change around the selection; the selection stays on its line of the screen.
        if let Some(place) = self.place(ground.in_hand) {
            self.top = held.map_or(self.top, |line| place.saturating_sub(line));
            self.last_place = place;
        }
    }

    /// Whether a row fits a query.
    pub fn fits(&self, query: &Query, row: &Row, ground: &Ground<'_>) -> bool {
        let unsent = ground.unsent.get(&row.header.id).copied().unwrap_or(0);
        let (is_new, is_quiet) = (self.news(row).is_some(), row.quiet_ms(ground.now, self.quiet_p1_ms).is_some());
        query.matches_header(&Listed { header: &row.header, rating: &row.rating, unsent, is_new, is_quiet })
    }

    /// Forgets every rating: the matrix changed.
    pub fn rerate(&mut self) {
        self.rated.clear();
    }

    /// Whether time alone changes what is listed.
    pub fn moves_with_time(&self) -> bool {
        self.view_query.moves_with_time() || (self.filter.line.is_some() && self.query.moves_with_time())
    }

    /// Whether the list is what it is at the start: nobody has to be told.
    pub fn is_usual(&self) -> bool {
        self.views.shown.name == SHIPPED[0].0 && self.sort == Sort::default()
    }

    /// Whether what is listed is not all that there is.
    pub fn leaves_out_older(&self) -> bool {
        self.has_older && !self.view_query.is_only_open()
    }

    /// `3 open`, `1 of 3 mine by age`.
    pub fn title(&self) -> String {
        let shown = self.listed.len();
        let count = if self.filter.line.is_some() { format!("{shown} of {}", self.in_view) } else { shown.to_string() };
        let order = if self.sort == Sort::default() { String::new() } else { format!(" by {}", self.sort.word()) };
        format!("{count} {}{order}", self.views.shown.name)
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
    pub fn see(&mut self, header: &Header, priority: Option<Priority>) {
        self.seen.insert(header.id, Seen::of(header, priority));
    }

    /// Whether it was seen as this header has it.
    pub fn is_seen(&self, header: &Header, priority: Option<Priority>) -> bool {
        News::between(self.seen.get(&header.id), &Seen::of(header, priority)).is_none()
    }

    /// What happened in it since it was last in hand.
    pub fn news(&self, row: &Row) -> Option<News> {
        News::between(self.seen.get(&row.header.id), &Seen::of(&row.header, row.rating.priority))
    }

    /// The marked incidents, in the order of the list and then of their ids.
    pub fn marked_in_order(&self) -> Vec<IncidentId> {
        let listed = self.listed.iter().map(|row| row.header.id).filter(|id| self.marked.contains(id));
        let others = self.marked.iter().copied().filter(|id| self.place(Some(*id)).is_none());
        listed.chain(others).collect()
    }
}
