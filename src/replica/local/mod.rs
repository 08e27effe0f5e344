//! The local copy: what the database holds, folded. One thread owns it; nothing here waits for a network.

mod base;
mod catch_up;
mod command;
mod cut;
mod direct;
mod draft;
mod evidence;
mod exchange;
mod find;
mod history;
mod import;
mod let_go;
mod load;
mod lost;
mod parked;
mod presence;
mod publish;
mod redact;
mod sound;
mod take_page;
mod trust;
mod turned_away;
mod withheld;

pub(super) use direct::Parcel;
pub use import::Imported;
pub use sound::Signatures;
pub use sound::Verified;

use crate::domain::Board;
use crate::domain::DeviceId;
use crate::domain::EventId;
use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::LogId;
use crate::domain::Org;
use crate::domain::Person;
use crate::domain::Principal;
use crate::domain::Scope;
use crate::domain::Timestamp;
use crate::ledger::Frontier;
use crate::ledger::Position;
use crate::replica::damage::finish_repair;
use crate::replica::damage::is_unfinished;
use crate::replica::damage::repair;
use crate::replica::database::Database;
use crate::replica::database::Key;
use crate::replica::drafts::Lease;
use crate::replica::fault::Fault;
use crate::replica::home::Home;
use crate::replica::mint::Mint;
use crate::replica::outbox::Outbox;
use crate::replica::past::Past;
use crate::replica::remote::Remote;
use crate::replica::snapshot::Draft;
use crate::replica::snapshot::Link;
use crate::replica::snapshot::Older;
use crate::replica::snapshot::Presence;
use crate::replica::sync::Here;
use crate::replica::sync::Input;
use base::Beginning;
use direct::Unanswered;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::UnboundedSender;
use trust::Trust;
use uuid::Uuid;
use withheld::Withheld;

/// What a replica is opened with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder; made if it is missing.
    pub home: PathBuf,
    /// Who works here, until a server has said who the token is.
    pub person: Person,
    /// Nothing is recorded, sent, or written to a disk: what is held here is read into memory.
    pub read_only: bool,
    /// Why the folder cannot be written, in words. Then everything is held in memory, and the snapshot says so for as long as it lives.
    pub unwritable: Option<String>,
    /// Which heads of incidents that are not open are held in memory.
    pub closed: Closed,
    /// The settings to start from, until the log says otherwise.
    pub org: Org,
}

/// Which heads of incidents that are not open are held in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closed {
    /// All of them, from the first snapshot on.
    All,
    /// The newest ones, so many at most, in later snapshots than the first, which is there sooner. The others stand in `Snapshot::older`.
    Newest(usize),
}

/// What is set aside and made anew when a copy is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mend {
    /// Nothing: damage is an error.
    Nothing,
    /// A database that cannot be opened.
    WhatDoesNotOpen,
    /// The same, and one whose every byte was walked and is not as it was written. Takes as long as the log is.
    WhatIsNotAsWritten,
}

/// The local copy. What is in memory always equals what was committed.
pub struct Local {
    home: Home,
    /// Shared by all who have the database open; whoever sets it aside needs it alone.
    _in_use: Option<File>,
    /// Where the database stood, kept beside it.
    head_file: Option<File>,
    database: Database,
    lease: Lease,
    read_only: bool,
    unwritable: Option<String>,
    me: Principal,
    device: DeviceId,
    mint: Mint,
    org: Arc<Org>,
    /// Only what the log holds.
    base: Board,
    /// The same with the outbox on top.
    view: Board,
    /// What both boards hold in full.
    full: BTreeSet<IncidentId>,
    /// Held in full although closed.
    asked: BTreeSet<IncidentId>,
    headers: Arc<BTreeMap<IncidentId, Arc<Header>>>,
    /// Which heads of closed incidents are held, and how many of them were read.
    closed: Closed,
    closed_read: usize,
    /// Before which incident closed ones are still to be read; `None` once all are here.
    closed_before: Option<IncidentId>,
    /// Closed incidents whose heads were left on the disk.
    older: Arc<Older>,
    outbox: Outbox,
    past: Past,
    outbox_changed: i64,
    /// The server that this process exchanges with, where words go that cannot be saved.
    remote: Option<Remote>,
    /// What went there straight, and nobody answered.
    unanswered: Option<Unanswered>,
    /// Drafts whose words went there, to be let go of once something can be written.
    drafts_sent: BTreeSet<String>,
    drafts: Arc<Vec<Draft>>,
    drafts_looked_at: Timestamp,
    dismissed: Arc<BTreeSet<EventId>>,
    log: Option<LogId>,
    epoch: u64,
    frontier: Frontier,
    /// What came before the first record that is held in order.
    beginning: Beginning,
    /// How many days a new copy is to hold; 0 for everything.
    days: u32,
    /// When nothing was found that is older than that.
    looked_for_old_at: Option<Timestamp>,
    /// Incidents whose records before the base are to be fetched.
    wanted_history: BTreeSet<IncidentId>,
    /// Own events that the server took before the base, as it said when they were sent again.
    taken_long_ago: BTreeSet<EventId>,
    /// What may not be seen by whoever works here.
    withheld: Withheld,
    /// How often the log was cut back, or something taken out of it or put in again; another process may have done it.
    cuts: i64,
    link: Link,
    /// When the server was last heard, and what of that is kept.
    heard_at: Option<Timestamp>,
    heard_kept_at: Option<Timestamp>,
    presence: Arc<BTreeMap<Person, Presence>>,
    /// What the person here did last, and when that was.
    here: Option<(Here, Instant)>,
    trouble: Option<String>,
    alarm: Option<String>,
    /// What the server last said to a token that it turned away.
    turned_away: Option<String>,
    trust: Trust,
    data_version: i64,
    to_load: VecDeque<IncidentId>,
    /// Waiting events whose words are not findable yet.
    to_index: Vec<EventId>,
    /// Behind which place of the past that waits here words are to be made findable again; none when all are.
    past_to_index: Option<i64>,
    /// Up to which record words are findable.
    indexed: u64,
    dirty: bool,
    revision: u64,
    /// The exchange of this process, if it runs one …
    exchange: Option<UnboundedSender<Input>>,
    /// … which may be one for presence alone, beside another process that does the rest.
    beside: bool,
    /// What the exchange was last told: the outbox's change, the seq, and how many incidents' history is wanted.
    told: (i64, u64, usize),
    nudged: i64,
}

impl Local {
    /// Opens the copy in a home: facts and heads, not the log. Incidents are folded by `work_ahead`, or when somebody asks.
    ///
    /// # Errors
    /// A folder that cannot be used, a newer format, damage.
    pub fn open(config: &Config, now: Timestamp) -> Result<Self, Fault> {
        Self::open_mending(config, now, Mend::Nothing)
    }

    /// Opens the copy in a home. A database as damaged as `mend` says is set aside first, what can be saved of it is saved, and an alarm says so.
    ///
    /// # Errors
    /// A folder that cannot be used, a newer format, damage while another process has it open.
    pub fn open_mending(config: &Config, now: Timestamp, mend: Mend) -> Result<Self, Fault> {
        if config.read_only || config.unwritable.is_some() {
            return Self::open_sound(config, &Home::untouched(&config.home), None, now);
        }
        let home = Home::prepare(&config.home)?;
        let in_use = home.file("use.lock")?;
        let told = |why: std::io::Error| Fault::Home { path: home.path("use.lock"), why: why.to_string() };
        if is_unfinished(&home) && in_use.try_lock().is_ok() {
            finish_repair(&home)?;
            in_use.unlock().map_err(told)?;
        }
        // Whoever else finishes it holds the lock alone until it is done.
        in_use.lock_shared().map_err(told)?;
        let opened = Self::open_sound(config, &home, Some(in_use.try_clone().map_err(told)?), now);
        let walked = opened.and_then(|local| match mend {
            Mend::WhatIsNotAsWritten => local.verify().map(|_| local),
            _ => Ok(local),
        });
        let why = match walked {
            Err(Fault::Damaged(why)) if mend != Mend::Nothing => why,
            opened => return opened,
        };
        // Nothing of the failed opening is left: its database is closed, its lock is ours to raise.
        in_use.unlock().map_err(told)?;
        if in_use.try_lock().is_err() {
            return Err(Fault::Damaged(format!("{why}; another warroom process of this home has it open: end that one first")));
        }
        repair(&home, &why, now)?;
        in_use.unlock().map_err(told)?;
        in_use.lock_shared().map_err(told)?;
        Self::open_sound(config, &home, Some(in_use), now)
    }

    fn open_sound(config: &Config, home: &Home, in_use: Option<File>, now: Timestamp) -> Result<Self, Fault> {
        let database = if home.is_written() { Database::open(home)? } else { Database::in_memory(home)? };
        let org = Arc::new(config.org.clone());
        let alone = Principal { person: config.person.clone(), scope: Scope::Admin };
        let mut local = Self {
            home: home.clone(),
            _in_use: in_use,
            head_file: if home.is_written() { home.file("head").ok() } else { None },
            database,
            lease: Lease::own(),
            read_only: config.read_only,
            unwritable: config.unwritable.as_ref().map(|why| {
                let folder = config.home.display();
format!("everything is held in memory only, as {folder} cannot be written ({why}): what the server does not have when this ends is lost; --home DIR names another folder")
            }),
            me: alone,
            device: DeviceId(Uuid::nil()),
            mint: Mint::after(None, 0),
            org: org.clone(),
            base: Board::new(org.clone()),
            view: Board::new(org),
            full: BTreeSet::new(),
            asked: BTreeSet::new(),
            headers: Arc::default(),
            closed: config.closed,
            closed_read: 0,
            closed_before: None,
            older: Arc::default(),
            outbox: Outbox::default(),
            past: Past::none(),
            outbox_changed: 0,
            remote: None,
            unanswered: None,
            drafts_sent: BTreeSet::new(),
            drafts: Arc::default(),
            drafts_looked_at: now,
            dismissed: Arc::default(),
            log: None,
            epoch: 0,
            frontier: Frontier::default(),
            beginning: Beginning::default(),
            days: 0,
            looked_for_old_at: None,
            wanted_history: BTreeSet::new(),
            taken_long_ago: BTreeSet::new(),
            withheld: Withheld::new(),
            cuts: 0,
            link: Link::Alone,
            heard_at: None,
            heard_kept_at: None,
            presence: Arc::default(),
            here: None,
            trouble: None,
            alarm: None,
            turned_away: None,
            trust: Trust::default(),
            data_version: 0,
            to_load: VecDeque::new(),
            to_index: Vec::new(),
            past_to_index: None,
            indexed: 0,
            dirty: true,
            revision: 0,
            exchange: None,
            beside: false,
            told: (0, 0, 0),
            nudged: 0,
        };
        local.begin_device(now)?;
        local.in_one_view(|local| {
            local.read_open(now)?;
            if config.closed == Closed::All { local.read_closed() } else { Ok(()) }
        })?;
        local.fold_headless();
        local.read_drafts(now)?;
        local.check_head(now)?;
        Ok(local)
    }

    /// A new home gets its device id once; what is held in memory is a device of its own each time.
    fn begin_device(&mut self, now: Timestamp) -> Result<(), Fault> {
        if self.home.is_written() && self.database.fact::<Key>("device")?.is_some() {
            return Ok(());
        }
        let made = Mint::after(None, 0).stamp(now).id.0;
        self.database.begin()?;
        let done = match self.database.fact::<Key>("device") {
            Ok(Some(_)) if self.home.is_written() => Ok(()),
            Ok(_) => self.database.keep_fact("device", Key(made)),
            Err(fault) => Err(fault),
        };
        self.database.finish(done)
    }

    /// Reads everything but the log again: at the start, and after the log was cut back under us.
    fn read_all(&mut self, now: Timestamp) -> Result<(), Fault> {
        self.read_open(now)?;
        self.read_closed()
    }

    /// The same without the heads of closed incidents.
    fn read_open(&mut self, now: Timestamp) -> Result<(), Fault> {
        self.data_version = self.database.data_version()?;
        let heads = self.database.open_heads()?;
        self.headers = Arc::new(heads.read.into_iter().collect());
        (self.closed_read, self.closed_before, self.older) = (0, Some(IncidentId(Uuid::max())), Arc::default());
        self.base = Board::new(self.org.clone());
        self.view = Board::new(self.org.clone());
        self.full.clear();
        self.read_facts()?;
        self.outbox = Outbox::load(&self.database)?;
        self.outbox_changed = self.database.fact("outbox_changed")?.unwrap_or(0);
        self.read_drafts(now)?;
        self.load(IncidentId::ORG)?;
        self.plan_loading(heads.stale, now);
        self.indexed = self.database.number("indexed")?;
        self.to_index = self.unindexed()?;
        self.past_to_index = (!self.database.fact(find::PAST_INDEXED)?.unwrap_or(false)).then_some(0);
        self.dirty = true;
        Ok(())
    }

    fn read_facts(&mut self) -> Result<(), Fault> {
        let database = &self.database;
        self.device = DeviceId(database.fact::<Key>("device")?.map_or(Uuid::nil(), |key| key.0));
        self.mint = Mint::after(database.fact::<Key>("last_id")?.map(|key| key.0), database.number("next_index")?);
        self.log = database.fact::<Key>("log")?.map(|key| LogId(key.0));
        self.epoch = database.number("epoch")?;
        let peaks: Vec<u8> = database.fact("frontier")?.unwrap_or_default();
        self.frontier = Frontier::from_bytes(database.number("seq")?, &peaks).map_err(Fault::Damaged)?;
        self.cuts = database.fact("cuts")?.unwrap_or(0);
        self.beginning = Beginning::read(database)?;
        self.wanted_history = database.wanted_history()?;
        self.withheld = database.withheld()?;
        self.past = database.past()?;
        self.alarm = database.fact("alarm")?;
        self.turned_away = database.fact("turned_away")?;
        self.trust.read(database)?;
        self.heard_kept_at = database.fact::<i64>("heard_at")?.map(Timestamp::from_millis);
        self.heard_at = self.heard_at.max(self.heard_kept_at);
        if let Some(person) = database.fact::<String>("person")? {
            let scope = database.fact::<String>("scope")?.and_then(|word| word.parse().ok()).unwrap_or(Scope::Viewer);
            self.me = Principal { person: Person::new(person), scope };
        } else if let Some(name) = self.told_name()? {
            self.me.person = Person::new(name);
        }
        if self.read_only {
            self.me.scope = Scope::Viewer;
        }
        let mut query = database.sql().prepare_cached("SELECT event_id FROM dismissed")?;
        let ids = query.query_map([], |row| Ok(EventId(row.get::<_, Key>(0)?.0)))?;
        self.dismissed = Arc::new(ids.collect::<Result<_, _>>()?);
        Ok(())
    }

    /// The folder it is of.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// The last seq held here.
    pub fn seq(&self) -> u64 {
        self.frontier.size()
    }

    /// Where this copy stands in its log.
    pub fn position(&self) -> Option<Position> {
        self.log.map(|log| Position { log, epoch: self.epoch, seq: self.seq(), root: self.frontier.root() })
    }

    /// The outbox; for the simulation.
    #[cfg(test)]
    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// What a person must know; for the simulation.
    #[cfg(test)]
    pub(super) fn alarm(&self) -> Option<&str> {
        self.alarm.as_deref()
    }

    /// What the log says, and what is shown; for the simulation.
    #[cfg(test)]
    pub(super) fn boards(&self) -> (&Board, &Board) {
        (&self.base, &self.view)
    }

    /// Notes what keeps this process from saving, or that it saves again.
    fn note<T>(&mut self, done: Result<T, Fault>) -> Result<T, Fault> {
        let trouble = done.as_ref().err().map(ToString::to_string);
        if self.trouble != trouble {
            self.trouble = trouble;
            self.dirty = true;
        }
        done
    }
}
