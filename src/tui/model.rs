//! Everything the screen is drawn from, and nothing else.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::Board;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Org;
use crate::domain::Person;
use crate::domain::Rating;
use crate::domain::Timestamp;
use crate::query;
use crate::query::About;
use crate::query::Query;
use crate::replica::snapshot::Link;
use crate::replica::snapshot::Snapshot;
use crate::text::clock;
use crate::tui::ahead::Ahead;
use crate::tui::asked::Asked;
use crate::tui::asked::Given;
use crate::tui::attention::Item;
use crate::tui::callouts;
use crate::tui::callouts::CallOut;
use crate::tui::calls::Calls;
use crate::tui::clockface::Clockface;
use crate::tui::custom::Custom;
use crate::tui::effect::Effect;
use crate::tui::guard;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::layout;
use crate::tui::layout::Areas;
use crate::tui::layout::Pane;
use crate::tui::layout::Shape;
use crate::tui::look::Look;
use crate::tui::msg::Ticket;
use crate::tui::overlays::Overlay;
use crate::tui::panes::incidents;
use crate::tui::panes::roster;
use crate::tui::panes::timeline;
use crate::tui::panes::timeline::news::Seen;
use crate::tui::presence::Told;
use crate::tui::presenting;
use crate::tui::reopen::View;
use crate::tui::theme::Tone;
use crate::tui::timers::Armed;
use crate::tui::verbs::bulk::Pass;
use crate::tui::verbs::direct::Unsaved;
use crate::tui::write;
use crate::tui::write::WriteBox;

/// One moment, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// The wall clock of this machine.
    pub wall: Timestamp,
    /// Milliseconds of a clock that never jumps.
    pub mono_ms: u64,
}

/// One line at the bottom that says what just happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub words: String,
    pub tone: Tone,
    /// When it goes by itself, on the monotonic clock.
    pub until_ms: Option<u64>,
}

/// What a run starts with.
#[derive(Debug, Clone)]
pub struct Setup {
    pub look: Look,
    /// Nothing is written, whoever asks.
    pub is_read_only: bool,
    /// What is written here is on no disk, and gone when the program ends unless a server has it.
    pub is_in_memory: bool,
    /// Hides what is not for everyone's eyes from the first frame on.
    pub is_presenting: bool,
    /// A word in every header and window title, such as `DEMO`; empty for none.
    pub banner: String,
    /// The incident to open with, where one was named.
    pub incident: Option<IncidentId>,
    /// Where there is room for one pane: the one to begin with.
    pub pane: Pane,
    pub custom: Custom,
    /// Views of the configuration.
    pub views: Vec<incidents::views::View>,
    /// A P1 in which nobody wrote for so long is loud.
    pub quiet_p1_ms: i64,
}

/// The model.
#[derive(Debug)]
pub struct Model {
    /// Shared, as every key reads it beside what it changes.
    pub look: Arc<Look>,
    pub custom: Custom,
    pub is_read_only: bool,
    pub is_in_memory: bool,
    /// The person was told that leaving now loses what no server has.
    pub leaves_anyway: bool,
    pub banner: String,
    /// What is shown: all that is held here, or what of it may be seen while presenting.
    pub snapshot: Arc<Snapshot>,
    /// All that is held here, while presenting.
    pub presented: Option<Arc<Snapshot>>,
    pub moment: Moment,
    /// Columns and rows.
    pub size: (u16, u16),
    pub focus: Pane,
    pub is_zoomed: bool,
    pub clockface: Clockface,
    /// The incident every key is about; also the selected row of the incidents pane.
    pub in_hand: Option<IncidentId>,
    /// What `-` goes back to.
    pub last_view: Option<(Pane, Option<IncidentId>)>,
    pub incidents: incidents::model::Model,
    pub timeline: timeline::model::Model,
    pub roster: roster::model::Model,
    pub overlays: Vec<Overlay>,
    pub write: Option<WriteBox>,
    /// Drafts newer than the snapshot's, as they are kept; `None` for one that was recorded or let go.
    pub drafts: HashMap<String, Option<String>>,
    /// Keys of drafts the disk did not take; they are tried again until it does.
    pub unkept: BTreeSet<String>,
    /// When what is typed is to be kept, on the monotonic clock.
    pub draft_due_ms: Option<u64>,
    /// Whether this terminal sends Enter as the byte of Ctrl-J; `None` until a key told.
    pub enter_is_ctrl_j: Option<bool>,
    pub notice: Option<Notice>,
    /// P1s nobody here has looked at yet, the first one first.
    pub new_p1s: Vec<IncidentId>,
    pub known_p1: BTreeSet<IncidentId>,
    pub calls: Calls,
    /// Lines under the header that were not read yet, oldest first.
    pub callouts: Vec<CallOut>,
    /// When the next task of an open incident is due.
    pub next_due: Option<Timestamp>,
    pub attention: Vec<Item>,
    /// Commands chosen in the palette, the last one first.
    pub recent: Vec<Intent>,
    /// Lines of this program's log, newest last.
    pub log: VecDeque<String>,
    pub asked: HashMap<Ticket, Asked>,
    /// The commands among them.
    pub given: HashMap<Ticket, Given>,
    /// What could not be saved a moment ago; the next key may send it straight to the server.
    pub unsaved: Option<Unsaved>,
    pub next_ticket: Ticket,
    /// The SHA-256 of the bytes of the entry whose page was opened last.
    pub hash: Option<(EventId, String)>,
    /// Commands to several incidents whose answers are not all there.
    pub passes: HashMap<Ticket, Pass>,
    /// The last of them that was answered, until it is taken back or something else is.
    pub last_pass: Option<Pass>,
    pub armed: Armed,
    /// Nothing that the panes show has changed since they were drawn.
    pub are_panes_still: bool,
    /// The server's clock minus ours, as last heard.
    pub skew_ms: i64,
    /// A declaration that was recorded and is in no snapshot yet.
    pub awaited: Option<IncidentId>,
    /// Where the program was when that was last kept.
    pub kept_view: Option<View>,
    /// What was typed before the incident it is about was there.
    pub ahead: Ahead,
    /// The last key, on the monotonic clock; opening the program counts as one.
    pub last_key_ms: u64,
    /// What the server was told of this person.
    pub told: Option<Told>,
    /// What was last seen of each incident.
    pub seen: BTreeMap<IncidentId, Seen>,
}

impl Model {
    /// A model of what the replica holds, at a moment and a size.
    pub fn new(setup: Setup, snapshot: Arc<Snapshot>, moment: Moment, size: (u16, u16)) -> Self {
        let is_presenting = setup.is_presenting;
        let mut model = Self {
            look: Arc::new(setup.look),
            custom: setup.custom,
            is_read_only: setup.is_read_only,
            is_in_memory: setup.is_in_memory,
            leaves_anyway: false,
            banner: setup.banner,
            snapshot,
            presented: None,
            moment,
            size,
            // Who names an incident wants to read it.
            focus: match &setup.incident {
                Some(_) => Pane::Timeline,
                None if layout::is_wide(size.0, size.1) => Pane::Incidents,
                None => setup.pane,
            },
            is_zoomed: false,
            clockface: Clockface::default(),
            in_hand: setup.incident,
            last_view: None,
            incidents: incidents::model::Model::new(setup.views, setup.quiet_p1_ms),
            timeline: timeline::model::Model::default(),
            roster: roster::model::Model::default(),
            overlays: Vec::new(),
            write: None,
            drafts: HashMap::new(),
            unkept: BTreeSet::new(),
            draft_due_ms: None,
            enter_is_ctrl_j: None,
            notice: None,
            new_p1s: Vec::new(),
            known_p1: BTreeSet::new(),
            calls: Calls::default(),
            callouts: Vec::new(),
            next_due: None,
            attention: Vec::new(),
            recent: Vec::new(),
            log: VecDeque::new(),
            asked: HashMap::new(),
            given: HashMap::new(),
            unsaved: None,
            next_ticket: 1,
            hash: None,
            passes: HashMap::new(),
            last_pass: None,
            armed: Armed::default(),
            are_panes_still: false,
            skew_ms: 0,
            awaited: None,
            kept_view: None,
            ahead: Ahead::default(),
            last_key_ms: moment.mono_ms,
            told: None,
            seen: BTreeMap::new(),
        };
        presenting::set(&mut model, is_presenting);
        model
    }

    /// The words of what this session is: they stand in the header, in the title of boxes, and in the window's title.
    pub fn marks(&self, header: Option<&Header>) -> Vec<(&str, Tone)> {
        let marks = [
            (self.banner.as_str(), Tone::Drill, !self.banner.is_empty()),
            ("NOT ON DISK", Tone::Alarm, self.is_in_memory),
            ("READ-ONLY", Tone::Warn, guard::bar(self).is_some()),
            ("PRESENTING", Tone::Warn, self.presented.is_some()),
            ("DRILL", Tone::Drill, header.is_some_and(|header| header.drill)),
            ("PAST", Tone::Local, header.is_some_and(|header| header.retrospective)),
            ("RESTRICTED", Tone::Warn, header.is_some_and(|header| header.restricted)),
        ];
        marks.into_iter().filter(|(_, _, applies)| *applies).map(|(words, tone, _)| (words, tone)).collect()
    }

    /// The time as the server tells it.
    pub fn now(&self) -> Timestamp {
        self.moment.wall.plus_ms(self.skew_ms)
    }

    /// Whether no server is configured: then nothing waits for one, and no row says so of itself.
    pub fn is_alone(&self) -> bool {
        self.snapshot.link == Link::Alone
    }

    /// Who works here.
    pub fn me(&self) -> &Person {
        &self.snapshot.me.person
    }

    /// Open incidents in full, and closed ones that were asked for.
    pub fn board(&self) -> &Board {
        &self.snapshot.board
    }

    /// The organisation's settings.
    pub fn org(&self) -> &Arc<Org> {
        &self.snapshot.board.org
    }

    /// An incident in full.
    pub fn incident(&self, id: IncidentId) -> Option<&Arc<Incident>> {
        self.board().get(id)
    }

    /// The incident in hand, in full.
    pub fn current(&self) -> Option<&Arc<Incident>> {
        self.incident(self.in_hand?)
    }

    /// A query as it is read here and now.
    pub fn read_query(&self, text: &str, about: About) -> Query {
        let zone = self.clockface.zone(self.look.local);
        Query::parse(text, &query::Ground { about, now: self.now(), zone, roles: &self.org().roles, me: self.me() })
    }

    /// What the list of incidents is made with.
    pub fn incidents_ground(&self) -> incidents::model::Ground<'_> {
        let (matrix, unsent) = (&self.org().matrix, &*self.snapshot.unsent);
        incidents::model::Ground { matrix, now: self.now(), unsent, in_hand: self.in_hand }
    }

    /// Whether an incident is held here: its head is, or comes when it is opened.
    pub fn is_held(&self, id: IncidentId) -> bool {
        self.snapshot.headers.contains_key(&id) || self.snapshot.older.holds(id)
    }

    /// The head of an incident.
    pub fn header(&self, id: IncidentId) -> Option<&Arc<Header>> {
        self.snapshot.headers.get(&id)
    }

    /// The rating of an incident now.
    pub fn rating(&self, id: IncidentId) -> Option<Arc<Rating>> {
        let rows = || self.incidents.open.iter().chain(&self.incidents.listed);
        let known = rows().find(|row| row.header.id == id).map(|row| Arc::clone(&row.rating));
        known.or_else(|| Some(Arc::new(self.header(id)?.rate(&self.org().matrix, self.now()))))
    }

    /// `INC-42 Title`, for questions and notices.
    pub fn name_of(&self, id: IncidentId) -> String {
        self.header(id).map_or_else(|| self.code_of(id), |header| format!("{} {}", header.code_text(), header.title))
    }

    /// `INC-42`.
    pub fn code_of(&self, id: IncidentId) -> String {
        let older = || self.snapshot.older.code(id).map_or_else(|| id.provisional_code(), |code| code.to_string());
        self.header(id).map_or_else(older, |header| header.code_text())
    }

    /// The pane on screen where there is room for one: while one writes, the timeline that is written to.
    pub fn shown_pane(&self) -> Pane {
        let writes_here = self.write.as_ref().is_some_and(|editor| editor.incident() == self.in_hand);
        if writes_here { Pane::Timeline } else { self.focus }
    }

    /// Where everything stands.
    pub fn areas(&self) -> Areas {
        let (columns, rows) = self.size;
        let keeps_write_box = layout::keeps_write_box(columns, rows, self.is_zoomed) && self.in_hand.is_some() && !self.is_read_only;
        let closed_rows = if keeps_write_box { write::ROWS_MIN } else { 0 };
        let write_rows = self.write.as_ref().map_or(closed_rows, |editor| {
            let width = layout::write_columns(columns, rows, self.is_zoomed);
            write::height(editor, width, rows.saturating_sub(6))
        });
        layout::layout(&layout::Asked {
            columns,
            rows,
            focus: self.shown_pane(),
            is_zoomed: self.is_zoomed,
            has_alarm: !self.new_p1s.is_empty() || callouts::shown(self).is_some(),
            write_rows,
        })
    }

    /// Where the hands are.
    pub fn place(&self) -> Place {
        match (self.overlays.last(), &self.write, self.focus) {
            (Some(overlay), _, _) => overlay.place(),
            (None, Some(_), _) => Place::Write,
            (None, None, Pane::Incidents) => Place::Incidents,
            (None, None, Pane::Timeline) => Place::Timeline,
            (None, None, Pane::Matrix) => Place::Matrix,
            (None, None, Pane::Roles) => Place::Roles,
        }
    }

    /// Whether the clock in the header shows seconds.
    pub fn shows_seconds(&self) -> bool {
        self.areas().shape == Shape::Wide || self.write.is_some()
    }

    /// When growing loss next moves a priority.
    pub fn next_change(&self) -> Option<Timestamp> {
        self.incidents.next_change()
    }

    /// How long the server was silent, once that is worth saying.
    pub fn stale_ms(&self) -> Option<i64> {
        match &self.snapshot.link {
            Link::Live { heard_at, .. } => Some(self.moment.wall.since_ms(*heard_at)).filter(|silent_ms| *silent_ms >= STALE_MS),
            _ => None,
        }
    }

    /// Opens something over the panes, on top of what is open there. Nothing else is to be done then: what opens is often all a verb does.
    pub fn open(&mut self, overlay: Overlay) -> Vec<Effect> {
        self.overlays.push(overlay);
        Vec::new()
    }

    /// Says something for a few seconds.
    pub fn say(&mut self, words: impl Into<String>, tone: Tone) {
        let words = words.into();
        let until_ms = self.moment.mono_ms + NOTICE_MS + 40 * words.len() as u64;
        self.notice = Some(Notice { words, tone, until_ms: Some(until_ms) });
    }

    /// Says that something was not done, until a key is pressed; also keeps it in the log.
    pub fn say_no(&mut self, words: impl Into<String>) {
        let words = words.into();
        self.note(format!("not done: {words}"));
        self.notice = Some(Notice { words, tone: Tone::Loud, until_ms: None });
    }

    /// Keeps a line in this program's log.
    pub fn note(&mut self, line: String) {
        let time = clock::clock_s(self.now().millis(), self.clockface.zone(self.look.local));
        self.log.push_back(format!("{time} {line}"));
        if self.log.len() > LOG_LINES_MAX {
            self.log.pop_front();
        }
    }
}

/// A link silent for longer is called stale.
pub const STALE_MS: i64 = 20_000;
const NOTICE_MS: u64 = 4_000;
const LOG_LINES_MAX: usize = 1_000;
