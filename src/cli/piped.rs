//! Words from the command line or from a pipe. A pipe is read once: what came down it and is not recorded is kept in a file.

use crate::cli::failure::Failure;
use crate::cli::failure::io_words;
use crate::cli::session::Session;
use crate::cli::session::now;
use crate::cli::whole_file::write_private;
use crate::secret;
use std::io::Read;

/// More than any event may hold: reading on would only fill memory.
const STDIN_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Does something with the words of an argument list, or with stdin where it is `-` alone.
///
/// # Errors
/// Those of what is done, with the file that keeps what came down the pipe; and when stdin cannot be read.
pub fn with_words<T>(session: &Session, text: &[String], act: impl FnOnce(String) -> Result<T, Failure>) -> Result<T, Failure> {
    if text != ["-"] {
        return act(text.join(" "));
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(STDIN_MAX_BYTES).read_to_end(&mut bytes);
    read.map_err(|why| Failure::Failed(format!("stdin cannot be read: {}", io_words(&why))))?;
    if bytes.len() as u64 == STDIN_MAX_BYTES {
        let told = "more came down the pipe than any entry may hold, and only its first 16 MiB were read; split it, or keep it in a file and name the file";
        return Err(kept(session, &String::from_utf8_lossy(&bytes), Failure::Usage(told.into())));
    }
    let (words, done) = match String::from_utf8(bytes) {
        Ok(text) => {
            let words = text.trim_end_matches(['\n', '\r']).to_owned();
            (text, act(words))
        }
        Err(why) => {
            let place = why.utf8_error().valid_up_to();
            let told = format!("stdin is not UTF-8 (first wrong byte at {place}); convert it, or keep it in a file and name the file");
            (String::from_utf8_lossy(why.as_bytes()).into_owned(), Err(Failure::Usage(told)))
        }
    };
    done.map_err(|failure| if words.trim().is_empty() { failure } else { kept(session, &words, failure) })
}

/// Keeps words in the home, without what may not be recorded, and tells where.
fn kept(session: &Session, words: &str, failure: Failure) -> Failure {
    let words = secret::masked(words).map_or_else(|| words.to_owned(), |(masked, _)| masked);
    let name = format!("piped-{}-{}.txt", now().millis(), std::process::id());
    let keep = || {
        let home = session.home()?;
        home.prepare()?;
        let path = home.folder().join(name);
        write_private(&path, &words).map(|()| path)
    };
    match keep() {
        Ok(path) => failure.and(&format!("; what came down the pipe is kept in {}", path.display())),
        Err(why) => failure.and(&format!("; what came down the pipe could not be kept: {why}")),
    }
}
