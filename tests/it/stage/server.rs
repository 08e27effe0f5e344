//! A real server process on a port of its own.

use crate::stage::Home;
use crate::stage::eventually;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

/// A server; it is killed with the test.
pub struct Server {
    home: Home,
    child: Option<Child>,
    /// `http://127.0.0.1:PORT`.
    pub address: String,
}

impl Server {
    /// Starts a server on a free port with an empty log.
    pub fn start() -> Self {
        Self::start_at("http://127.0.0.1:0")
    }

    /// Starts a server with an empty log at an address.
    pub fn start_at(address: &str) -> Self {
        let mut server = Self { home: Home::new(), child: None, address: address.to_owned() };
        server.start_again();
        server
    }

    /// Starts a server in a home that is there, as told.
    pub fn start_as(home: Home, arguments: &[&str]) -> Self {
        let mut server = Self { home, child: None, address: String::new() };
        server.begin(arguments);
        server
    }

    /// A token for a person, who may do what `scope` permits.
    pub fn token(&self, person: &str, scope: &str) -> String {
        self.home.ok(&["token", "create", person, "--scope", scope]).trim().to_owned()
    }

    /// A home whose commands speak to this server as `person`.
    pub fn home_of(&self, person: &str, scope: &str) -> Home {
        Home::at(&self.address, &self.token(person, scope))
    }

    /// A fresh home of somebody who only looks.
    pub fn viewer(&self) -> Home {
        let name = format!("viewer-{}", uuid::Uuid::now_v7().simple());
        self.home_of(&name, "viewer")
    }

    /// The home folder that holds the server's database.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.as_ref().expect("a server that runs").id()
    }

    /// Ends it without a warning, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An error says that it ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to end, and gives its exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("a server that runs");
        let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
        eventually("the end of the server", || child.try_wait().expect("a child")).code()
    }

    /// Starts it again at the same address on the same log.
    pub fn start_again(&mut self) {
        let listen = self.address.trim_start_matches("http://").to_owned();
        self.begin(&["serve", "--listen", &listen]);
    }

    /// Starts it again on a database that was restored from an older copy.
    pub fn start_restored(&mut self) {
        let listen = self.address.trim_start_matches("http://").to_owned();
        self.begin(&["serve", "--listen", &listen, "--accept-restored"]);
    }

    fn begin(&mut self, arguments: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warroom"));
        command.args(arguments).env_clear().envs(self.home.environment());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line of the server");
        let address = line.trim().strip_prefix("listening on ");
        self.address = address.unwrap_or_else(|| panic!("the server said {line:?}")).to_owned();
        self.child = Some(child);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
