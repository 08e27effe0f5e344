//! A war room without a terminal: keys go in, frames come out, and a story stands in for replica and server.

use crate::story::Story;
use crate::story::person;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use warroom::domain::*;
use warroom::query::Query;
use warroom::replica::request::Order;
use warroom::replica::request::Request;
use warroom::replica::snapshot::Answer;
use warroom::replica::snapshot::Draft;
use warroom::replica::snapshot::Found;
use warroom::replica::snapshot::Held;
use warroom::replica::snapshot::Link;
use warroom::replica::snapshot::Parked;
use warroom::replica::snapshot::Presence;
use warroom::replica::snapshot::Snapshot;
use warroom::tui::chord::Chord;
use warroom::tui::colour::Depth;
use warroom::tui::custom::Custom;
use warroom::tui::effect::Effect;
use warroom::tui::glyphs::GlyphSet;
use warroom::tui::header;
use warroom::tui::input::Input;
use warroom::tui::keymap::Keymap;
use warroom::tui::layout::Pane;
use warroom::tui::look::Look;
use warroom::tui::model::Model;
use warroom::tui::model::Moment;
use warroom::tui::model::Setup;
use warroom::tui::msg::Msg;
use warroom::tui::still::Still;
use warroom::tui::theme::Theme;
use warroom::tui::timers::Timer;
use warroom::tui::update;
use warroom::tui::view;
use warroom::tui::wardrobe::Dress;

pub struct Room {
    pub story: Story,
    pub me: Author,
    pub model: Model,
    /// Whether the server takes what is written here at once.
    pub is_online: bool,
    pub drafts: BTreeMap<String, Draft>,
    /// What was asked for beyond requests.
    pub done: Vec<Effect>,
    /// What the replica was asked for.
    pub asked: Vec<Request>,
    pub unsent: BTreeMap<IncidentId, usize>,
    /// Closed incidents that no list shows.
    pub older: BTreeSet<IncidentId>,
    /// What was written while the link was cut, in order.
    pub pending: Vec<Event>,
    pub link: Link,
    pub parked: Vec<Parked>,
    pub dismissed: BTreeSet<EventId>,
    pub presence: BTreeMap<Person, Presence>,
    pub trouble: Option<String>,
    pub alarm: Option<String>,
    /// Nothing can be written to disk.
    pub is_full: bool,
    /// What comes of words that are sent straight to the server.
    pub straight: Answer,
    revision: u64,
    mono_ms: u64,
}

impl Room {
    /// The room of a person at the end of a story.
    pub fn new(story: Story, name: &str, size: (u16, u16)) -> Self {
        Self::with(story, name, size, |_| ())
    }

    /// The room with drafts an earlier run left.
    pub fn opened(story: Story, name: &str, size: (u16, u16), drafts: BTreeMap<String, Draft>) -> Self {
        Self::begun(story, name, size, drafts, |_| ())
    }

    pub fn with(story: Story, name: &str, size: (u16, u16), change: impl FnOnce(&mut Setup)) -> Self {
        Self::begun(story, name, size, BTreeMap::new(), change)
    }

    fn begun(story: Story, name: &str, size: (u16, u16), drafts: BTreeMap<String, Draft>, change: impl FnOnce(&mut Setup)) -> Self {
        let me = person(name, Scope::Commander);
        let look = Look {
            theme: Theme::shipped("dark", Depth::True).expect("a theme"),
            keymap: Keymap::standard().expect("a key map"),
            glyphs: GlyphSet::Unicode,
            local: chrono_tz::Europe::Berlin,
        };
        let themes = ["dark", "light", "mono"].map(str::to_owned).to_vec();
        let custom = Custom { themes, worn: "dark".into(), ..Custom::default() };
        let mut setup = Setup {
            look,
            is_read_only: false,
            is_in_memory: false,
            is_presenting: false,
            banner: String::new(),
            incident: None,
            pane: Pane::Incidents,
            custom,
            views: Vec::new(),
            quiet_p1_ms: 15 * 60_000,
        };
        change(&mut setup);
        let moment = Moment { wall: story.now, mono_ms: 10_000 };
        let link = Link::Live { round_trip_ms: 14, skew_ms: 0, heard_at: story.now };
        let empty = BTreeMap::new();
        let snapshot = Arc::new(snapshot(&story, &me, 1, &link, &drafts, &empty));
        let mut model = Model::new(setup, snapshot, moment, size);
        let done = update::begin(&mut model);
        Self {
            story,
            me,
            model,
            is_online: true,
            drafts,
            done,
            asked: Vec::new(),
            unsent: BTreeMap::new(),
            older: BTreeSet::new(),
            pending: Vec::new(),
            link,
            parked: Vec::new(),
            dismissed: BTreeSet::new(),
            presence: BTreeMap::new(),
            trouble: None,
            alarm: None,
            is_full: false,
            straight: Answer::Done,
            revision: 1,
            mono_ms: 10_000,
        }
    }

    /// Presses keys: names such as `Enter` or `Ctrl-d` alone, anything else letter by letter.
    pub fn press(&mut self, keys: &[&str]) {
        for word in keys {
            match Chord::parse(word) {
                Ok(chord) => self.tell(Msg::Input(Input::Key(chord))),
                Err(_) => word.chars().for_each(|c| self.tell(Msg::Input(Input::Key(Chord::char(c))))),
            }
            self.mono_ms += 400;
        }
    }

    pub fn tell(&mut self, msg: Msg) {
        let moment = Moment { wall: self.story.now, mono_ms: self.mono_ms };
        self.model.moment = moment;
        let before = Still::before(&self.model, &msg).map(|_| self.frame());
        self.model.are_panes_still = true;
        let effects = update::update(&mut self.model, msg, moment);
        if let Some(mut kept) = before.filter(|_| self.model.are_panes_still) {
            let (cursor, _) = view::draw_typed(&self.model, &mut kept);
            let whole = self.drawn(kept.area);
            assert!(whole == (kept, cursor), "a letter changed more than the box and the edges\n{}", text_of(&whole.0));
        }
        for effect in effects {
            self.act(effect);
        }
    }

    /// Lets time pass for the clock in the header and for drafts.
    pub fn wait(&mut self, minutes: i64) {
        self.story.wait(minutes);
        self.mono_ms += minutes.unsigned_abs() * 60_000;
        self.tell(Msg::Rang(Timer::Draft));
        self.tell(Msg::Rang(Timer::Notice));
        self.publish();
    }

    /// The link is back: what was written meanwhile is accepted in its order, or let go where a rule says no.
    pub fn reconnect(&mut self) {
        self.is_online = true;
        self.unsent.clear();
        let mut board = Board::new(Arc::clone(&self.story.board.org));
        self.story.log.iter().for_each(|(event, accepted)| board.apply(event, Some(accepted)));
        self.story.board = board;
        for event in std::mem::take(&mut self.pending) {
            let _ = self.story.accept(&self.me.clone(), event);
        }
        self.publish();
    }

    /// Publishes what the story holds now.
    pub fn publish(&mut self) {
        self.revision += 1;
        let drafts = &self.drafts;
        let mut snapshot = snapshot(&self.story, &self.me, self.revision, &self.link, drafts, &self.unsent);
        for id in self.older.iter().rev() {
            Arc::make_mut(&mut snapshot.older).extend([(*id, self.story.incident(*id).code)]);
            Arc::make_mut(&mut snapshot.headers).remove(id);
            snapshot.board.forget(*id);
        }
        snapshot.unsent_total = self.unsent.values().sum();
        snapshot.unsaved = if self.model.is_in_memory { snapshot.unsent_total } else { 0 };
        snapshot.parked = Arc::new(self.parked.clone());
        snapshot.dismissed = Arc::new(self.dismissed.clone());
        snapshot.presence = Arc::new(self.presence.clone());
        snapshot.trouble = self.trouble.clone();
        snapshot.alarm = self.alarm.clone();
        self.tell(Msg::Snapshot(Arc::new(snapshot)));
    }

    fn act(&mut self, effect: Effect) {
        let (ticket, request) = match effect {
            Effect::Ask(ticket, request) => (ticket, request),
            Effect::Wear(name) => {
                let theme = Theme::shipped(&name, Depth::True).map(Dress::Theme);
                return self.tell(Msg::Dressed(theme.map_err(|why| why.to_string())));
            }
            effect => return self.done.push(effect),
        };
        self.asked.push(request.clone());
        let answer = match request {
            Request::Command { .. } if self.is_full => Answer::NotSaved("the disk is full".into()),
            Request::Command { incident, command, draft } => self.command(incident, command, draft),
            Request::SendDirect { .. } => self.straight.clone(),
            Request::KeepDraft { .. } if self.is_full => Answer::NotSaved("the disk is full".into()),
            Request::KeepDraft { key, incident, body } => {
                let kept_at = self.story.now;
                self.drafts.insert(key.clone(), Draft { key, incident, body, kept_at, held: Held::Here });
                Answer::Kept(kept_at)
            }
            Request::DropDraft { key } => {
                self.drafts.remove(&key);
                Answer::Done
            }
            Request::Hash(_) => Answer::Hashed("5ea1".repeat(16)),
            Request::Open(id) => {
                self.older.remove(&id);
                Answer::Done
            }
            Request::Search { query, .. } => {
                Answer::Found(Found { hits: self.search(&query), order: Order::Best, is_whole: true, behind: 0 })
            }
            _ => Answer::Done,
        };
        self.publish();
        self.tell(Msg::Answered(ticket, answer));
    }

    fn search(&self, query: &Query) -> Vec<warroom::replica::snapshot::Hit> {
        let incidents = self.story.board.iter();
        let entries = incidents.flat_map(|incident| incident.timeline.iter().map(move |entry| (incident, entry)));
        let hits =
            entries.filter(|(_, entry)| query.matches_entry(entry, false)).map(|(incident, entry)| warroom::replica::snapshot::Hit {
                incident: incident.id,
                code: incident.code_text(),
                title: incident.title.value.clone(),
                entry: entry.id,
                at: entry.at,
                by: entry.by().to_string(),
                excerpt: entry.text.to_string(),
            });
        hits.collect()
    }

    fn command(&mut self, incident: IncidentId, command: Command, draft: Option<String>) -> Answer {
        let events = match self.story.decide(&self.me.clone(), incident, command) {
            Ok(events) => events,
            Err(refusal) => return Answer::Refused(refusal),
        };
        let about = events.first().map_or(incident, |event| event.incident);
        let ids = events.iter().map(|event| event.id).collect();
        for event in events {
            if self.is_online {
                self.story.accept(&self.me.clone(), event).expect("what was decided is admitted");
            } else {
                *self.unsent.entry(event.incident).or_default() += 1;
                self.story.board.apply(&event, None);
                self.pending.push(event);
            }
        }
        if let Some(draft) = draft {
            self.drafts.remove(&draft);
        }
        self.story.now = self.story.now.plus_ms(1_000);
        Answer::Recorded { events: ids, incident: about }
    }

    /// The frame as it is now.
    pub fn frame(&self) -> Buffer {
        let (columns, rows) = self.model.size;
        self.drawn(Rect::new(0, 0, columns, rows)).0
    }

    /// The frame on a terminal of this size, and where the cursor stands.
    pub fn drawn(&self, area: Rect) -> (Buffer, Option<Position>) {
        let mut buffer = Buffer::empty(area);
        let cursor = view::draw(&self.model, &mut buffer);
        (buffer, cursor)
    }

    /// The frame as text, a line a row, without blanks at the ends.
    pub fn screen(&self) -> String {
        text_of(&self.frame())
    }

    /// What the window is called.
    pub fn title(&self) -> String {
        header::title(&self.model)
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.tell(Msg::Input(Input::Resize(columns, rows)));
    }

    /// Asserts that every piece of text is on screen.
    pub fn shows(&self, pieces: &[&str]) {
        let screen = self.screen();
        for piece in pieces {
            assert!(screen.contains(piece), "`{piece}` is not on screen:\n{screen}");
        }
    }

    pub fn shows_not(&self, piece: &str) {
        let screen = self.screen();
        assert!(!screen.contains(piece), "`{piece}` is on screen:\n{screen}");
    }
}

pub fn text_of(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut row = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            row.push_str(symbol);
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

fn snapshot(
    story: &Story,
    me: &Author,
    revision: u64,
    link: &Link,
    drafts: &BTreeMap<String, Draft>,
    unsent: &BTreeMap<IncidentId, usize>,
) -> Snapshot {
    let headers = story.board.iter().map(|incident| (incident.id, Arc::new(Header::of(incident)))).collect();
    Snapshot {
        revision,
        me: me.principal.clone(),
        device: me.device,
        board: story.board.clone(),
        headers: Arc::new(headers),
        older: Arc::default(),
        unsent: Arc::new(unsent.clone()),
        unsent_total: 0,
        unsaved: 0,
        unsent_since: None,
        parked: Arc::default(),
        drafts: Arc::new(drafts.values().cloned().collect()),
        dismissed: Arc::default(),
        link: link.clone(),
        presence: Arc::default(),
        position: None,
        held_since: None,
        signed: None,
        trouble: None,
        alarm: None,
    }
}

/// A frame with its colours, as a terminal would be told.
pub fn ansi_of(buffer: &Buffer) -> String {
    use ratatui::style::Color;
    use ratatui::style::Modifier;
    let colour = |colour: Color, base: u8| match colour {
        Color::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", base + 8),
        Color::Indexed(index) => format!("{};5;{index}", base + 8),
        _ => format!("{}", base + 9),
    };
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut skip = 0;
        for x in 0..buffer.area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let cell = &buffer[(x, y)];
            skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            text.push_str(&format!("\x1b[0;{};{}", colour(cell.fg, 30), colour(cell.bg, 40)));
            for (modifier, code) in [(Modifier::BOLD, 1), (Modifier::UNDERLINED, 4), (Modifier::REVERSED, 7)] {
                if cell.modifier.contains(modifier) {
                    text.push_str(&format!(";{code}"));
                }
            }
            text.push('m');
            text.push_str(cell.symbol());
        }
        text.push('\n');
    }
    text
}
