//! A file that is there whole or not at all, whatever happens while it is written.

use crate::cli::failure::Failure;
use std::fs;
use std::io;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

/// Who may read what is written, where no file says otherwise: this user alone.
const PRIVATE: u32 = 0o600;
/// No file takes so long to be written.
const HALF_AFTER: Duration = Duration::from_secs(60);

/// Writes a file whole or not at all, in the place of one that may be there, whose permissions it keeps; a new one only this user reads. What is
/// no file (`/dev/null`, a pipe) is written to as it is.
///
/// # Errors
/// Why it cannot be written; what was there is as it was.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    // A link stays a link: what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let written = match fs::metadata(&target) {
        Ok(found) if found.is_dir() => return Err(Failure::Failed(format!("{} is a folder; name a file in it", path.display()))),
        Ok(found) if !found.is_file() => {
            fs::OpenOptions::new().write(true).open(&target).and_then(|mut file| file.write_all(text.as_bytes()))
        }
        Ok(found) => replace(&target, text, found.permissions().mode() & 0o777),
        Err(_) => {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
                return Err(Failure::Missing(format!("{} cannot be written: there is no folder {}", path.display(), folder.display())));
            }
            replace(&target, text, PRIVATE)
        }
    };
    written.map_err(|why| Failure::of_file(path, "written", &why))
}

/// Writes a file that only this user reads, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    replace(path, text, PRIVATE).map_err(|why| Failure::of_file(path, "written", &why))
}

/// Writes beside, waits until it is on the disk, and takes the name.
fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let beside = beside(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    remove_halves(path, folder);
    let write = || {
        let _ = fs::remove_file(&beside);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(&beside)?;
        file.write_all(text.as_bytes())?;
        if mode != PRIVATE {
            file.set_permissions(fs::Permissions::from_mode(mode))?;
        }
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().inspect_err(|_| {
        // Of what failed nothing stays; that it could not be taken away either changes nothing.
        let _ = fs::remove_file(&beside);
    })?;
    // Some file systems cannot sync a folder; the file itself is on the disk.
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn beside(path: &Path) -> PathBuf {
    path.with_file_name(format!("{}{}", begun(path), std::process::id()))
}

/// How the name begins under which a file is written first; the number of the process ends it.
fn begun(path: &Path) -> String {
    format!(".{}.new-", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Takes away what processes left that were killed while they wrote this file, once none of them can still be at it.
fn remove_halves(path: &Path, folder: &Path) {
    let begun = begun(path);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(&begun)).and_then(|process| process.parse::<u32>().ok());
        let written = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
        if process.is_some() && written.is_some_and(|ago| ago > HALF_AFTER) {
            // What cannot be taken away now is left for the next one who writes here.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_file_is_replaced_whole_and_what_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("INC-1.md");
        write(&path, "one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let link = folder.path().join("latest.md");
        std::os::unix::fs::symlink("INC-1.md", &link).unwrap();
        write(&link, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink() && fs::metadata(&path).unwrap().mode() & 0o777 == 0o644);
        write(Path::new("/dev/null"), "nowhere").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(write(folder.path(), "x").unwrap_err().to_string().contains("is a folder"));
        let missing = write(&folder.path().join("none/x.md"), "x").unwrap_err();
        assert!(missing.exit_code() == 3 && missing.to_string().contains("there is no folder"), "{missing}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else was left");
    }
}
