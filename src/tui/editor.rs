//! `$EDITOR`: a text goes out in a file only its owner reads, and comes back.

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command;

/// Lets the person edit a text; answers it, or why not in a sentence.
pub fn edit(text: &str) -> Result<String, String> {
    let editor = env::var("VISUAL").or_else(|_| env::var("EDITOR")).unwrap_or_else(|_| "vi".into());
    let mut words = editor.split_whitespace();
    let program = words.next().ok_or("EDITOR is empty; set it to the editor you use")?;
    let path = env::temp_dir().join(format!("warroom-{}-{:x}.md", std::process::id(), unlike()));
    let write =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    write.map_err(|why| format!("{} cannot be written: {why}; the text is still in the box", path.display()))?;
    let status = Command::new(program).args(words).arg(&path).status();
    let edited = fs::read_to_string(&path);
    // A file that stays behind is only clutter, and only its owner can read it.
    let _ = fs::remove_file(&path);
    match (status, edited) {
        (Ok(status), Ok(edited)) if status.success() => Ok(edited),
        (Ok(status), _) => Err(format!("{program} ended with {status}; the text is as it was")),
        (Err(why), _) => Err(format!("{program} cannot be started: {why}; set EDITOR to the editor you use")),
    }
}

/// Enough to keep two texts of one process apart.
fn unlike() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}
