//! The server's key on disk: made at the first start, for its owner alone, and never replaced by itself.

use crate::ledger::SecretKey;
use crate::server::running::StartError;
use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

/// Reads the key, or makes one where there is none. Answers whether it was made now.
///
/// # Errors
/// When the file cannot be used, or holds something else.
pub(super) fn open(path: &Path) -> Result<(SecretKey, bool), StartError> {
    match std::fs::read_to_string(path) {
        Ok(line) => {
            let mode = std::fs::metadata(path).map_or(0, |meta| meta.permissions().mode());
            if mode & 0o077 != 0 {
                tracing::warn!(path = %path.display(), "the server's key can be read by other users of this machine: chmod 600");
            }
            Ok((read(path, &line)?, false))
        }
        Err(why) if why.kind() == ErrorKind::NotFound => make(path),
        Err(why) => Err(told(path, &why)),
    }
}

/// The key that is to follow, if one waits for the log to say so; a new one where it is `wanted`.
///
/// # Errors
/// When the file cannot be used, or holds something else.
pub(super) fn next(path: &Path, wanted: bool) -> Result<Option<SecretKey>, StartError> {
    let next = beside(path);
    if wanted || next.exists() { open(&next).map(|(key, _)| Some(key)) } else { Ok(None) }
}

/// The log says so: from now on the next key is the key.
///
/// # Errors
/// When the file cannot be moved; the next start does it.
pub(super) fn succeed(path: &Path) -> Result<(), StartError> {
    let failed = |why: std::io::Error| told(path, &why);
    std::fs::rename(beside(path), path).map_err(failed)?;
    File::open(folder_of(path)).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".next");
    path.with_file_name(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn read(path: &Path, line: &str) -> Result<SecretKey, StartError> {
    SecretKey::from_line(line).map_err(|why| {
        StartError::Config(format!(
            "{} does not hold the server's key: {why}. Put the key back, or name its file with --key-file",
            path.display()
        ))
    })
}

/// A new key appears whole or not at all, and two servers that start at once end with the same one.
fn make(path: &Path) -> Result<(SecretKey, bool), StartError> {
    let failed = |why: std::io::Error| told(path, &why);
    let folder = folder_of(path);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|why| StartError::Config(format!("this machine gave no random bytes for the server's key ({why})")))?;
    let key = SecretKey::from_seed(seed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let draft = folder.join(name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(failed)?;
    file.write_all(key.to_line().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    let linked = std::fs::hard_link(&draft, path);
    let _ = std::fs::remove_file(&draft);
    match linked {
        Ok(()) => {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
            Ok((key, true))
        }
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {
            read(path, &std::fs::read_to_string(path).map_err(failed)?).map(|key| (key, false))
        }
        Err(why) => Err(failed(why)),
    }
}

fn told(path: &Path, why: &std::io::Error) -> StartError {
    StartError::Config(format!("the server's key cannot be kept in {}: {why}; name another file with --key-file", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_for_its_owner_and_refused_when_it_is_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys").join("server.key");
        let (made, is_new) = open(&path).unwrap();
        assert!(is_new && std::fs::metadata(&path).unwrap().permissions().mode() & 0o777 == 0o600);
        let (again, is_new) = open(&path).unwrap();
        assert!(!is_new && again.public() == made.public());
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        assert!(!format!("{made:?}").contains(&made.to_line()[22..40]), "a secret is never printed");
        std::fs::write(&path, "something else").unwrap();
        assert!(open(&path).unwrap_err().to_string().contains("expected one line"));
    }
}
