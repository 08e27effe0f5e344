//! The loop: wait for one message, drain what else is there, update, draw once. All I/O of the war room is here.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use tokio::sync::watch;

use crate::domain::Timestamp;
use crate::replica::request::Envelope;
use crate::replica::request::Request;
use crate::replica::snapshot::Answer;
use crate::replica::snapshot::Snapshot;
use crate::tui::clipboard;
use crate::tui::clipboard::Route;
use crate::tui::editor;
use crate::tui::effect::Effect;
use crate::tui::effect::Ending;
use crate::tui::input;
use crate::tui::input::Input;
use crate::tui::model::Model;
use crate::tui::model::Moment;
use crate::tui::model::Setup;
use crate::tui::msg::Msg;
use crate::tui::terminal::Screen;
use crate::tui::timers::Timer;
use crate::tui::update;
use crate::tui::wardrobe::Wardrobe;
use crate::tui::watchdog;

/// Messages taken before the screen is drawn.
const BATCH_MAX: usize = 256;
/// What arrives in the background is drawn at most this often.
const FRAME_EVERY: Duration = Duration::from_millis(16);
/// How long the end waits for a draft to reach the disk.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Where the war room reads and asks.
pub struct Wiring {
    /// What the replica holds now.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Hands it a request; returns at once, the answer comes later.
    pub requests: Box<dyn Fn(Envelope)>,
    /// Lines for the log view, from whoever has something to tell.
    pub log: Option<Receiver<String>>,
    /// Themes and keys, read again when they change.
    pub wardrobe: Wardrobe,
    /// The home: where a text too long for a clipboard is kept.
    pub folder: PathBuf,
}

/// Runs the war room on the terminal of this process until it ends, and gives the terminal back.
///
/// # Errors
/// When there is no terminal, or it was taken away.
pub fn run(setup: Setup, wiring: Wiring) -> io::Result<Ending> {
    let (sender, receiver) = mpsc::channel();
    let clock = Clock::start();
    let mut screen = Screen::enter()?;
    let gate = input::Gate::open();
    watchdog::start({
        let sender = sender.clone();
        move |outside| {
            // Whoever does not listen any more is ending already.
            let _ = sender.send(Msg::Outside(outside));
        }
    })?;
    let size = crossterm::terminal::size()?;
    let mut snapshots = wiring.snapshots;
    let snapshot = snapshots.borrow_and_update().clone();
    let mut model = Model::new(setup, snapshot, clock.now(), size);
    let (wishes, wished) = mpsc::channel();
    let mut desk = Desk {
        sender: sender.clone(),
        requests: wiring.requests,
        timers: BTreeMap::new(),
        gate: gate.clone(),
        ending: None,
        drafts_out: 0,
        folder: wiring.folder,
        route: model.custom.route,
        wishes,
    };
    for effect in update::begin(&mut model) {
        desk.act(effect, &mut screen)?;
    }
    screen.draw(&model)?;
    spawn_readers(&sender, gate, snapshots, wiring.log)?;
    let dressed = sender.clone();
    let serve = move || wiring.wardrobe.serve(&wished, |dress| dressed.send(Msg::Dressed(dress)).is_ok());
    thread::Builder::new().name("wardrobe".into()).spawn(serve)?;
    let ended = turn(&mut model, &mut desk, &mut screen, &receiver, &clock);
    if ended.is_err() {
        // The terminal is gone before anybody said so; the words in the box are kept all the same.
        for effect in update::quit(&mut model, Ending::Signal(signal_hook::consts::SIGHUP)) {
            if let Effect::Ask(ticket, request) = effect {
                desk.ask(ticket, request);
            }
        }
    }
    desk.wait_for_drafts(&receiver);
    ended.map(|()| desk.ending.unwrap_or(Ending::Wanted))
}

/// Takes messages, changes the model and draws, until the end is asked for.
fn turn(model: &mut Model, desk: &mut Desk, screen: &mut Screen, receiver: &Receiver<Msg>, clock: &Clock) -> io::Result<()> {
    let mut drawn = Instant::now();
    let mut is_dirty = false;
    while desk.ending.is_none() {
        let wait = desk.wait(clock.now().mono_ms, is_dirty.then(|| FRAME_EVERY.saturating_sub(drawn.elapsed())));
        let mut has_key = false;
        for msg in batch(receiver, wait) {
            has_key |= matches!(msg, Msg::Input(_) | Msg::Answered(..) | Msg::Edited(_));
            is_dirty = true;
            desk.heard(&msg);
            for effect in update::update(model, msg, clock.now()) {
                desk.act(effect, screen)?;
            }
        }
        for timer in desk.rung(clock.now().mono_ms) {
            is_dirty = true;
            if timer == Timer::Clock {
                // A change of size before anybody listened, or that was told to another program, is seen within the clock's step.
                desk.measure(screen)?;
            }
            for effect in update::update(model, Msg::Rang(timer), clock.now()) {
                desk.act(effect, screen)?;
            }
        }
        if is_dirty && (has_key || drawn.elapsed() >= FRAME_EVERY) {
            screen.draw(model)?;
            model.are_panes_still = true;
            drawn = Instant::now();
            is_dirty = false;
        }
    }
    Ok(())
}

fn batch(receiver: &Receiver<Msg>, wait: Option<Duration>) -> Vec<Msg> {
    let first = match wait {
        Some(wait) => receiver.recv_timeout(wait),
        None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    let mut msgs: Vec<Msg> = first.into_iter().collect();
    if !msgs.is_empty() {
        msgs.extend(receiver.try_iter().take(BATCH_MAX - 1));
    }
    msgs
}

fn spawn_readers(
    sender: &Sender<Msg>,
    gate: input::Gate,
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    log: Option<Receiver<String>>,
) -> io::Result<()> {
    let keys = sender.clone();
    thread::Builder::new().name("keys".into()).spawn(move || input::read_forever(&gate, |input| keys.send(Msg::Input(input)).is_ok()))?;
    let news = sender.clone();
    thread::Builder::new().name("snapshots".into()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else {
            return;
        };
        while runtime.block_on(snapshots.changed()).is_ok() {
            let snapshot = snapshots.borrow_and_update().clone();
            if news.send(Msg::Snapshot(snapshot)).is_err() {
                return;
            }
        }
        let _ = news.send(Msg::ReplicaGone);
    })?;
    if let Some(log) = log {
        let lines = sender.clone();
        thread::Builder::new().name("log".into()).spawn(move || {
            for line in log {
                if lines.send(Msg::Logged(line)).is_err() {
                    return;
                }
            }
        })?;
    }
    Ok(())
}

/// Both clocks.
struct Clock {
    start: Instant,
}

impl Clock {
    fn start() -> Self {
        Self { start: Instant::now() }
    }

    fn now(&self) -> Moment {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX));
        Moment { wall, mono_ms: u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX) }
    }
}

/// Does what `update` asks for.
struct Desk {
    sender: Sender<Msg>,
    requests: Box<dyn Fn(Envelope)>,
    timers: BTreeMap<Timer, u64>,
    gate: input::Gate,
    ending: Option<Ending>,
    drafts_out: usize,
    folder: PathBuf,
    route: Route,
    wishes: Sender<String>,
}

impl Desk {
    fn act(&mut self, effect: Effect, screen: &mut Screen) -> io::Result<()> {
        match effect {
            Effect::Ask(ticket, request) => self.ask(ticket, request),
            Effect::Arm(timer, at_ms) => {
                self.timers.insert(timer, at_ms);
            }
            Effect::Disarm(timer) => {
                self.timers.remove(&timer);
            }
            Effect::Copy(text) => screen.send(&clipboard::escape(&text, self.route))?,
            Effect::Notify(words) => screen.send(&clipboard::notification(&words, self.route))?,
            Effect::Keep { name, text } => self.keep(&name, text)?,
            Effect::Wear(name) => {
                // Whoever reads themes lives as long as the screen.
                let _ = self.wishes.send(name);
            }
            Effect::Bell => screen.send(b"\x07")?,
            Effect::Redraw => screen.forget(),
            Effect::Mouse(is_on) => screen.set_mouse(is_on)?,
            Effect::Suspend => {
                screen.suspend()?;
                self.measure(screen)?;
            }
            Effect::Edit(text) => {
                let gate = self.gate.clone();
                let edited = screen.lend(|| gate.closed_during(|| editor::edit(&text)))?;
                let _ = self.sender.send(Msg::Edited(edited));
                self.measure(screen)?;
            }
            Effect::Quit(ending) => self.ending = Some(ending),
        }
        Ok(())
    }

    /// Looks whether the terminal is still of the size that frames are drawn for; while it was with somebody else, nobody here was told.
    fn measure(&self, screen: &Screen) -> io::Result<()> {
        let (columns, rows) = crossterm::terminal::size()?;
        if (columns, rows) != screen.size() {
            let _ = self.sender.send(Msg::Input(Input::Resize(columns, rows)));
        }
        Ok(())
    }

    /// Writes a text into a file of the home, beside the screen's thread.
    fn keep(&self, name: &str, text: String) -> io::Result<()> {
        let (path, sender) = (self.folder.join(name), self.sender.clone());
        let write = move || {
            let open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
            let written = open.and_then(|mut file| file.write_all(text.as_bytes()));
            let saved = written.map(|()| path.clone()).map_err(|why| format!("{} cannot be written: {why}", path.display()));
            let _ = sender.send(Msg::Saved(saved));
        };
        thread::Builder::new().name("copy".into()).spawn(write).map(drop)
    }

    fn ask(&mut self, ticket: u64, request: Request) {
        self.drafts_out += usize::from(matches!(request, Request::KeepDraft { .. }));
        let sender = self.sender.clone();
        let answer = Box::new(move |answer| {
            // The answer to a program that ended meanwhile is nobody's.
            let _ = sender.send(Msg::Answered(ticket, answer));
        });
        (self.requests)(Envelope { request, answer });
    }

    fn heard(&mut self, msg: &Msg) {
        if let Msg::Answered(_, Answer::Kept(_)) = msg {
            self.drafts_out = self.drafts_out.saturating_sub(1);
        }
    }

    fn wait(&self, mono_ms: u64, frame: Option<Duration>) -> Option<Duration> {
        let timer = self.timers.values().min().map(|at| Duration::from_millis(at.saturating_sub(mono_ms)));
        timer.into_iter().chain(frame).min()
    }

    fn rung(&mut self, mono_ms: u64) -> Vec<Timer> {
        let rung: Vec<Timer> = self.timers.iter().filter(|(_, at)| **at <= mono_ms).map(|(timer, _)| *timer).collect();
        self.timers.retain(|_, at| *at > mono_ms);
        rung
    }

    /// The words in the box are on disk before the process goes.
    fn wait_for_drafts(&mut self, receiver: &Receiver<Msg>) {
        let until = Instant::now() + LAST_WORDS;
        while self.drafts_out > 0 {
            match receiver.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(msg) => self.heard(&msg),
                Err(_) => return,
            }
        }
    }
}
