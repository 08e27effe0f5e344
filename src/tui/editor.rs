//! `$EDITOR`: a text goes out in a file only its owner reads, and comes back.

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

/// What is tried where neither VISUAL nor EDITOR says.
const USUAL: [&str; 3] = ["vi", "nano", "ed"];
/// More than any entry takes; a file beyond it was not written by a hand.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Lets the person edit a text; answers it, or why not in a sentence.
///
/// # Errors
/// When no editor is there, or it ended otherwise than well: then the text is as it was.
pub fn edit(text: &str) -> Result<String, String> {
    let editor = chosen(|name| env::var(name).ok(), |program| env::var_os("PATH").is_some_and(|path| is_in(&path, program)))?;
    let path = env::temp_dir().join(format!("warroom-{}-{:x}.md", std::process::id(), unlike()));
    let write =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    write.map_err(|why| format!("{} cannot be written: {why}; the text is still in the box", path.display()))?;
    // As git does: the shell reads the words of the setting, so that quotes and arguments in it count.
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$@\"")).arg(&editor).arg(&path).status();
    let edited = read(&path);
    let is_lost = match (&status, &edited) {
        // Whoever killed the editor did not decide about the words in it.
        (Ok(status), Ok(edited)) => status.signal().is_some() && edited != text,
        (_, Err(why)) => why.starts_with(NOT_TEXT),
        (Err(_), Ok(_)) => false,
    };
    if !is_lost {
        // A file that stays behind is only clutter, and only its owner can read it.
        let _ = fs::remove_file(&path);
    }
    let kept = if is_lost { format!("; what was written there is in {}", path.display()) } else { String::new() };
    match (status, edited) {
        (Ok(status), Ok(edited)) if status.success() => Ok(edited),
        (Ok(status), Err(why)) if status.success() => Err(format!("{why}; the text is as it was{kept}")),
        (Ok(status), _) if status.code() == Some(127) => Err(format!("{editor} was not found; set EDITOR to the editor you use")),
        (Ok(status), _) => Err(format!("{editor} ended with {status}; the text is as it was{kept}")),
        (Err(why), _) => Err(format!("{editor} cannot be started: {why}; set EDITOR to the editor you use")),
    }
}

const NOT_TEXT: &str = "the file the editor left is not UTF-8 text";

fn read(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|_| "the editor left no file".to_owned())?.len();
    if size > BYTES_MAX {
        return Err(format!("{NOT_TEXT} of at most {} MiB", BYTES_MAX >> 20));
    }
    let bytes = fs::read(path).map_err(|why| format!("the file the editor left cannot be read: {why}"))?;
    String::from_utf8(bytes).map_err(|_| NOT_TEXT.to_owned())
}

/// VISUAL, then EDITOR, then what is usually there.
fn chosen(set: impl Fn(&str) -> Option<String>, is_there: impl Fn(&str) -> bool) -> Result<String, String> {
    let named = ["VISUAL", "EDITOR"].into_iter().filter_map(set).find(|editor| !editor.trim().is_empty());
    let usual = || USUAL.into_iter().find(|program| is_there(program)).map(str::to_owned);
    named.or_else(usual).ok_or_else(|| "there is no vi and no nano here; set EDITOR to the editor you use".to_owned())
}

fn is_in(path: &std::ffi::OsStr, program: &str) -> bool {
    env::split_paths(path).any(|folder| folder.join(program).is_file())
}

/// Enough to keep two texts of one process apart.
fn unlike() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visual_comes_before_editor_before_what_is_there() {
        let set = |visual: &'static str, editor: &'static str| {
            move |name: &str| Some(if name == "VISUAL" { visual } else { editor }.to_owned()).filter(|word| !word.is_empty())
        };
        let nano_only = |program: &str| program == "nano";
        assert_eq!(chosen(set("code --wait", "ed"), nano_only).unwrap(), "code --wait");
        assert_eq!(chosen(set("", "ed"), nano_only).unwrap(), "ed");
        assert_eq!(chosen(set(" ", ""), nano_only).unwrap(), "nano");
        assert!(chosen(set("", ""), |_| false).unwrap_err().contains("set EDITOR"));
    }
}
