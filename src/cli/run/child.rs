//! The command as a process: started, its bytes and signals passed through, its end told.

use crate::cli::failure::io_words;
use crate::cli::run::tail::Tail;
use crate::cli::run::terminal;
use crate::cli::run::terminal::Raw;
use crate::cli::run::terminal::Terminal;
use crate::text::Safe;
use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::event::poll;
use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::kill_process;
use rustix::process::kill_process_group;
use signal_hook::consts::SIGHUP;
use signal_hook::consts::SIGINT;
use signal_hook::consts::SIGQUIT;
use signal_hook::consts::SIGTERM;
use signal_hook::consts::SIGUSR1;
use signal_hook::consts::SIGUSR2;
use signal_hook::consts::SIGWINCH;
use signal_hook::iterator::Signals;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::io::IsTerminal;
use std::io::Read;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// How long a silent stream is waited for behind the end of a command: what it left in the background may hold its pipes for ever.
const DRAIN: Duration = Duration::from_secs(1);
const PIECE: usize = 64 * 1024;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// With a code.
    Code(u8),
    /// By a signal.
    Signal(u8),
    /// It was never there.
    NotFound,
    /// It could not be started, for this reason.
    NotStarted(io::ErrorKind),
    /// Nobody knows.
    Lost,
}

impl End {
    /// The exit code as a shell gives it.
    pub fn code(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128_u8.saturating_add(signal),
            Self::NotFound => 127,
            Self::NotStarted(_) => 126,
            Self::Lost => 125,
        }
    }

    /// Why it could not be started.
    pub fn of_start(why: &io::Error) -> Self {
        if why.kind() == io::ErrorKind::NotFound { Self::NotFound } else { Self::NotStarted(why.kind()) }
    }

    /// The same in words.
    pub fn words(self, command: &[OsString]) -> String {
        let name = command.first().map(|name| name.to_string_lossy()).unwrap_or_default();
        let why = match self {
            Self::NotFound => "command not found".into(),
            Self::NotStarted(kind) => io_words(&kind.into()),
            _ => "it ended".into(),
        };
        format!("{}: {why}", Safe::line(&name))
    }
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code as u8),
            (None, Some(signal)) => Self::Signal(signal as u8),
            (None, None) => Self::Lost,
        }
    }
}

/// What the threads that pass bytes on have in common.
#[derive(Clone)]
struct Streams {
    tail: Arc<Mutex<Tail>>,
    /// How many of them wait for whoever reads our output.
    writing: Arc<AtomicUsize>,
}

impl Streams {
    /// Waits until every stream has ended (`drains` closes behind the last), or all are silent and nothing is left to be written.
    fn wait(&self, drains: &Receiver<()>) {
        let changes = || self.tail.lock().unwrap_or_else(PoisonError::into_inner).changes;
        let mut seen = changes();
        while drains.recv_timeout(DRAIN) == Err(RecvTimeoutError::Timeout) {
            if self.writing.load(Ordering::SeqCst) == 0 && changes() == seen {
                return;
            }
            seen = changes();
        }
    }
}

/// A running command.
pub struct Child {
    pid: Pid,
    is_group: bool,
    /// Its end, once its output has been passed on.
    pub ended: Receiver<End>,
    signals: signal_hook::iterator::Handle,
    _raw: Option<Raw>,
}

impl Child {
    /// Starts a command whose output also goes to `tail`.
    ///
    /// # Errors
    /// How it could not be started.
    pub fn start(words: &[OsString], tail: &Arc<Mutex<Tail>>) -> Result<Self, End> {
        let (own_in, own_out, own_err) = (io::stdin().is_terminal(), io::stdout().is_terminal(), io::stderr().is_terminal());
        let failed = |why: io::Error| End::of_start(&why);
        let terminal = if own_out { Terminal::like_stdout().ok() } else { None };
        let theirs = |terminal: &Terminal| terminal.theirs.try_clone().map(Stdio::from);
        let mut command = match &terminal {
            Some(_) => terminal::command(words),
            None => {
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]);
                command
            }
        };
        // With a terminal to read from, a group of its own would be stopped when it asks for a password there.
        let is_group = terminal.is_some() || File::open("/dev/tty").is_err();
        match &terminal {
            Some(terminal) => {
                if own_in {
                    command.stdin(theirs(terminal).map_err(failed)?);
                }
                command.stdout(theirs(terminal).map_err(failed)?);
                command.stderr(if own_err { theirs(terminal).map_err(failed)? } else { Stdio::piped() });
            }
            None => {
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
                if is_group {
                    command.process_group(0);
                }
            }
        }
        let signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH]).map_err(failed)?;
        let raw = if terminal.is_some() && own_in { Raw::begin().ok() } else { None };
        let mut process = command.spawn().map_err(failed)?;
        // The command's side is closed here, so that ours ends when the command's last copy is closed.
        drop(command);
        let ours = terminal.map(|terminal| terminal.ours);
        let pid = Pid::from_child(&process);
        let (drained, drains) = mpsc::channel::<()>();
        let streams = Streams { tail: Arc::clone(tail), writing: Arc::default() };
        let over = Arc::new(AtomicBool::new(false));
        if let Some(ours) = &ours {
            let output = ours.try_clone().map_err(failed)?;
            pass(output, io::stdout, streams.clone(), drained.clone());
            if own_in {
                let (keys, over) = (ours.try_clone().map_err(failed)?, Arc::clone(&over));
                std::thread::spawn(move || pass_keys(keys, &over));
            }
        }
        if let Some(output) = process.stdout.take() {
            pass(output, io::stdout, streams.clone(), drained.clone());
        }
        if let Some(output) = process.stderr.take() {
            pass(output, io::stderr, streams.clone(), drained.clone());
        }
        drop(drained);
        let (send, ended) = mpsc::channel();
        std::thread::spawn(move || {
            let end = process.wait().map_or(End::Lost, End::from);
            over.store(true, Ordering::SeqCst);
            streams.wait(&drains);
            // Nobody waits any more only where this program ends, too.
            let _ = send.send(end);
        });
        let handle = signals.handle();
        std::thread::spawn(move || forward(signals, pid, is_group, ours));
        Ok(Self { pid, is_group, ended, signals: handle, _raw: raw })
    }

    /// Tells the command to end, or ends it.
    pub fn end(&self, by_force: bool) {
        send(self.pid, self.is_group, if by_force { Signal::KILL } else { Signal::TERM });
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signals.close();
    }
}

/// Sends a signal to the command; an error says that it has ended meanwhile.
fn send(pid: Pid, is_group: bool, signal: Signal) {
    let _ = if is_group { kill_process_group(pid, signal) } else { kill_process(pid, signal) };
}

/// Passes signals on. What a key of the terminal sends reaches a command of our own group by itself.
fn forward(mut signals: Signals, pid: Pid, is_group: bool, terminal: Option<File>) {
    for signal in signals.forever() {
        match (signal, &terminal) {
            (SIGWINCH, Some(ours)) => terminal::resize(ours),
            (SIGWINCH, None) => {}
            (SIGINT | SIGQUIT, _) if !is_group => {}
            (signal, _) => Signal::from_named_raw(signal).into_iter().for_each(|signal| send(pid, is_group, signal)),
        }
    }
}

/// Passes bytes on as they come until the stream ends, or until nobody reads them: then the command hears of it as it would without us.
fn pass<T: Write>(mut from: impl Read + Send + 'static, to: impl Fn() -> T + Send + 'static, streams: Streams, drained: Sender<()>) {
    std::thread::spawn(move || {
        let _until_the_end = drained;
        let mut piece = vec![0; PIECE];
        loop {
            let count = match from.read(&mut piece) {
                Ok(count @ 1..) => count,
                Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
                // A terminal whose other side is closed answers an error.
                Ok(_) | Err(_) => return,
            };
            streams.tail.lock().unwrap_or_else(PoisonError::into_inner).push(&piece[..count]);
            streams.writing.fetch_add(1, Ordering::SeqCst);
            let mut to = to();
            let written = to.write_all(&piece[..count]).and_then(|()| to.flush());
            streams.writing.fetch_sub(1, Ordering::SeqCst);
            if written.is_err() {
                return;
            }
        }
    });
}

/// Passes keys on while the command runs; what is typed behind its end is the shell's.
fn pass_keys(mut to: File, over: &AtomicBool) {
    let mut piece = [0; 4096];
    let moment = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    let stdin = io::stdin();
    while !over.load(Ordering::SeqCst) {
        let mut ready = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
        match poll(&mut ready, Some(&moment)) {
            Ok(0) => continue,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
        }
        match rustix::io::read(&stdin, &mut piece) {
            Ok(count @ 1..) if to.write_all(&piece[..count]).is_ok() => {}
            Err(rustix::io::Errno::INTR) => {}
            _ => return,
        }
    }
}
