//! The program's own log: on stderr for a server, in a file of the home for the war room, whose `L` shows it.

use crate::cli::failure::Failure;
use crate::cli::home::Home;
use clap::ValueEnum;
use serde::Deserialize;
use serde::Serialize;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::sync_channel;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

const FILE: &str = "warroom.log";
/// From this size on the file is set aside as `warroom.log.old` at the next start.
const FILE_MAX_BYTES: u64 = 4 * 1024 * 1024;
/// Lines that may wait for the screen; more are only in the file.
const LINES_MAX: usize = 1_000;

/// How a line of the log is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Logs to stderr.
pub fn to_stderr(verbose: u8, shape: Shape) {
    let log = tracing_subscriber::fmt().with_env_filter(filter(verbose)).with_writer(io::stderr).with_ansi(false);
    let started = match shape {
        Shape::Text => log.try_init(),
        Shape::Json => log.json().flatten_event(true).with_span_list(false).try_init(),
    };
    // An error says that a log was started before.
    drop(started);
}

/// Logs to a file in the home, if there is one to write in, and answers the lines as they come.
///
/// # Errors
/// When the file cannot be written.
pub fn to_file(home: Option<&Home>, verbose: u8) -> Result<Receiver<String>, Failure> {
    let file = home.map(open).transpose()?;
    let (lines, shown) = sync_channel(LINES_MAX);
    let log = Log(Arc::new(Mutex::new(Ends { file, lines, begun: Vec::new() })));
    drop(tracing_subscriber::fmt().with_env_filter(filter(verbose)).with_writer(log).with_ansi(false).with_target(false).try_init());
    Ok(shown)
}

fn open(home: &Home) -> Result<File, Failure> {
    let path = home.folder().join(FILE);
    if std::fs::metadata(&path).is_ok_and(|meta| meta.len() > FILE_MAX_BYTES) {
        // If it cannot be set aside, it grows on.
        let _ = std::fs::rename(&path, path.with_extension("log.old"));
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(&path).map_err(|why| Failure::of_file(&path, "written", &why))
}

fn filter(verbose: u8) -> EnvFilter {
    EnvFilter::new(match verbose {
        0 => "warroom=info,warn",
        1 => "warroom=debug,info",
        _ => "debug",
    })
}

#[derive(Clone)]
struct Log(Arc<Mutex<Ends>>);

struct Ends {
    file: Option<File>,
    lines: SyncSender<String>,
    /// The beginning of a line that has not ended yet.
    begun: Vec<u8>,
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A thread that panicked while it logged leaves nothing half done that matters here.
        let mut ends = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(file) = &mut ends.file {
            file.write_all(bytes)?;
        }
        ends.begun.extend_from_slice(bytes);
        while let Some(end) = ends.begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = ends.begun.drain(..=end).collect();
            // A full channel means that nobody looks; the line is in the file.
            let _ = ends.lines.try_send(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
