//! A person's home folder, and the program run in it.

use portable_pty::Child;
use portable_pty::CommandBuilder;
use portable_pty::MasterPty;
use portable_pty::PtySize;
use portable_pty::native_pty_system;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

/// A home folder that goes away with the test.
pub struct Home {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// What it printed.
    pub out: String,
    /// What it said beside.
    pub err: String,
}

impl Home {
    /// A new, empty one that knows no server.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, environment: vec![("USER".into(), "ana".into())] }
    }

    /// A new one whose commands speak to a server with this token.
    pub fn at(address: &str, token: &str) -> Self {
        Self::new().with("WARROOM_REMOTE", address).with("WARROOM_TOKEN", token)
    }

    /// The same with a variable set.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The folder of the program's state.
    pub fn folder(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    /// A file in the folder around it, with this text.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> std::path::PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// Starts a program of this home on a terminal of its own.
    pub fn on_terminal(&self, program: &[&str], (columns, rows): (u16, u16)) -> (Box<dyn MasterPty + Send>, Box<dyn Child + Send + Sync>) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program[0]);
        command.args(&program[1..]);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        (pair.master, child)
    }

    /// The environment the program sees: nothing of the machine's own.
    pub fn environment(&self) -> Vec<(String, String)> {
        let path = |path: &Path| path.to_str().expect("a plain path").to_owned();
        let own = [
            ("HOME", path(self.folder.path())),
            ("WARROOM_HOME", path(&self.folder())),
            ("PATH", "/usr/bin:/bin".into()),
            ("LANG", "C.UTF-8".into()),
        ];
        own.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(self.environment.iter().cloned()).collect()
    }

    /// Runs the program with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, b"")
    }

    /// Runs it with something on stdin.
    pub fn run_with(&self, arguments: &[&str], stdin: &[u8]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warroom"));
        command.args(arguments).env_clear().envs(self.environment()).current_dir(self.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A program that does not read its stdin may be gone already.
        let _ = child.stdin.take().expect("a pipe").write_all(stdin);
        let ended = child.wait_with_output().expect("the program ends");
        Ran {
            code: ended.status.code().unwrap_or(-1),
            out: String::from_utf8(ended.stdout).expect("UTF-8 on stdout"),
            err: String::from_utf8(ended.stderr).expect("UTF-8 on stderr"),
        }
    }

    /// Runs it, expects success, and gives what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.out
    }

    /// Runs it with `--json`, expects success, and reads each line.
    pub fn json(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        let out = self.ok(&[arguments, &["--json"]].concat());
        out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{arguments:?}: {why}: {line}"))).collect()
    }

    /// Runs it, expects this exit code and no answer, and gives what it said.
    pub fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{arguments:?}: {ran:?}");
        assert!(!ran.err.is_empty() && !ran.err.contains('\u{1b}'), "{arguments:?}: {ran:?}");
        ran.err
    }
}
