//! The program on a real pseudo-terminal, and what a person would see there.

use crate::stage::DEADLINE;
use crate::stage::Home;
use portable_pty::Child;
use portable_pty::MasterPty;
use std::io::Read;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

/// A terminal with the program on it; both end with the test.
pub struct Screen {
    seen: Arc<Mutex<vt100::Parser>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Screen {
    /// Runs the program with these arguments on a terminal of 120 × 36.
    pub fn open(home: &Home, arguments: &[&str]) -> Self {
        Self::run(home, env!("CARGO_BIN_EXE_warroom"), arguments)
    }

    /// Runs whatever leads to the program.
    pub fn run(home: &Home, program: &str, arguments: &[&str]) -> Self {
        let (columns, rows) = (120, 36);
        let (master, child) = home.on_terminal(&[&[program], arguments].concat(), (columns, rows));
        let seen = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0)));
        let mut output = master.try_clone_reader().expect("its output");
        let drawn = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                drawn.lock().expect("a parser").process(&bytes[..count]);
            }
        });
        let keys = master.take_writer().expect("its input");
        Self { seen, keys, child, _terminal: master }
    }

    /// Presses keys, given as the bytes a terminal sends.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("a terminal that takes keys");
    }

    /// Types words as a person does: key by key, so that they are not taken for a paste.
    pub fn type_words(&mut self, words: &str) {
        for letter in words.chars() {
            self.press(letter.encode_utf8(&mut [0; 4]));
            std::thread::sleep(Duration::from_millis(12));
        }
    }

    /// What stands on the screen.
    pub fn text(&self) -> String {
        self.seen.lock().expect("a parser").screen().contents()
    }

    /// The screen itself, as far as it was read.
    pub fn shown(&self) -> vt100::Screen {
        self.seen.lock().expect("a parser").screen().clone()
    }

    /// Waits until all of these words stand on the screen together.
    pub fn wait_for(&self, words: &[&str]) {
        self.wait(&format!("{words:?}"), |text| words.iter().all(|word| text.contains(word)));
    }

    /// Waits until what stands on the screen is as wished.
    pub fn wait(&self, what: &str, wished: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !wished(&self.text()) {
            assert!(began.elapsed() < DEADLINE, "never on screen: {what}\n{}", self.text());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// The lines of the screen that hold these words.
    pub fn lines_with(&self, words: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
    }

    /// Ends the program without a warning.
    pub fn kill(mut self) {
        // An error says that it ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Sends the program a signal, by its name without SIG.
    pub fn signal(&self, name: &str) {
        let id = self.id();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status().expect("kill");
        assert!(sent.success());
    }

    /// Waits for the program's end and gives its exit code.
    pub fn ended(&mut self) -> u32 {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.exit_code();
            }
            assert!(began.elapsed() < DEADLINE, "the program does not end\n{}", self.text());
            std::thread::sleep(Duration::from_millis(30));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
