//! The audit log of a year, imported by the real program: 24 918 incidents in 141 712 rows, how long it takes and in how much memory; the same again,
//! which adds nothing; and what it costs every other command until it is sent.

use crate::calibration::ms;
use crate::stage::audit_log::audit_log;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

const INCIDENTS: usize = 24_918;
const ROWS: usize = 141_712;

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let (home, log) = (folder.path().join("home"), folder.path().join("log.csv"));
    let settings = folder.path().join("settings");
    std::fs::create_dir(&settings).expect("a folder");
    std::fs::write(settings.join("matrix.toml"), include_str!("../../assets/matrix-servicenow.toml")).expect("a matrix");
    std::fs::write(&log, audit_log(INCIDENTS, ROWS, false)).expect("a log");
    let (settings, log) = (settings.to_str().expect("a plain path"), log.to_str().expect("a plain path"));
    timed("the matrix published", &home, &["settings", "publish", settings]);
    timed(&format!("{INCIDENTS} incidents from {ROWS} rows"), &home, &["import", "servicenow-csv", log]);
    timed("the same again", &home, &["import", "servicenow-csv", log]);
    timed("a list of what is open", &home, &["list"]);
    timed("an entry beside it", &home, &["declare", "something else"]);
}

/// Runs the program, and says how long it took and how much memory it had at most.
fn timed(what: &str, home: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_warroom"));
    command.args(arguments).env_clear().env("WARROOM_HOME", home).env("HOME", home).env("USER", "ana").stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut most = String::new();
    while child.try_wait().expect("a child").is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        if let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
            line.trim().clone_into(&mut most);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = began.elapsed();
    let out = std::io::read_to_string(child.stdout.take().expect("a pipe")).expect("text");
    let last = out.lines().rfind(|line| line.starts_with("priority")).unwrap_or_default();
    println!("{what}: {}, {most} at most; {last}", ms(took));
}
