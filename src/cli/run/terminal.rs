//! A pseudo-terminal for the command, and the real one's modes.

use clap::Args;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::process::ioctl_tiocsctty;
use rustix::process::setsid;
use rustix::pty::OpenptFlags;
use rustix::pty::grantpt;
use rustix::pty::openpt;
use rustix::pty::ptsname;
use rustix::pty::unlockpt;
use rustix::termios::OptionalActions;
use rustix::termios::Termios;
use rustix::termios::tcgetattr;
use rustix::termios::tcgetwinsize;
use rustix::termios::tcsetattr;
use rustix::termios::tcsetwinsize;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::process::Stdio;

/// A pseudo-terminal: this program holds one side, the command the other.
pub struct Terminal {
    /// Our side.
    pub ours: File,
    /// The command's side, with the size and the modes of the real one.
    pub theirs: File,
}

impl Terminal {
    /// One like the terminal on our stdout.
    pub fn like_stdout() -> io::Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        tcsetattr(&theirs, OptionalActions::Now, &tcgetattr(io::stdout())?)?;
        let terminal = Self { ours: ours.into(), theirs: theirs.into() };
        resize(&terminal.ours);
        Ok(terminal)
    }
}

/// Gives the command's terminal the size of ours.
pub fn resize(ours: &File) {
    // A terminal that is gone has no size; the command hears of that by itself.
    let _ = tcgetwinsize(io::stdout()).and_then(|size| tcsetwinsize(ours, size));
}

/// The real terminal passes every key on while this lives.
pub struct Raw(Termios);

impl Raw {
    /// Takes the modes off the terminal on our stdin.
    pub fn begin() -> io::Result<Self> {
        let modes = tcgetattr(io::stdin())?;
        let mut raw = modes.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Drain, &raw)?;
        Ok(Self(modes))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nothing is left to do for a terminal that is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
    }
}

/// This program again, as the first of a new session on the terminal it was given, which then becomes the command.
pub fn command(words: &[OsString]) -> Command {
    let mut command =
        Command::new(if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { std::env::current_exe().unwrap_or_default() });
    command.arg0("warroom").arg("run-on-terminal").arg("--").args(words);
    command
}

/// Becomes a command on the terminal on stdout.
#[derive(Args, Debug)]
pub struct OnTerminal {
    #[arg(required = true, last = true)]
    command: Vec<OsString>,
}

impl OnTerminal {
    /// Answers only when it could not become the command.
    pub fn run(self) -> u8 {
        // Without a session of its own the command runs all the same; Ctrl-C would not reach it.
        let _ = setsid().and_then(|_| ioctl_tiocsctty(io::stdout()));
        let why = Command::new(&self.command[0]).args(&self.command[1..]).stdin(Stdio::inherit()).exec();
        let end = super::child::End::of_start(&why);
        eprintln!("warroom: {}", end.words(&self.command));
        end.code()
    }
}
