//! The home folder: one for each person, private to this user.
//!
//! `HOME/` holds the replica, the connection and the current incident of whoever works here; `HOME/people/NAME/` holds the same for
//! each person of a shared login who was named with `--as`.

use crate::cli::failure::Failure;
use crate::cli::failure::io_words;
use crate::cli::whole_file::write_private;
use crate::domain::Person;
use etcetera::BaseStrategy;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

const PEOPLE: &str = "people";
const CURRENT: &str = "current";

/// The folder of one person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Home {
    root: PathBuf,
    folder: PathBuf,
    /// The name given with `--as`.
    pub name: Option<Person>,
}

impl Home {
    /// The folder the system keeps state in, where nothing else is asked for.
    ///
    /// # Errors
    /// When the user has no home directory.
    pub fn default_root() -> Result<PathBuf, Failure> {
        let base = etcetera::choose_base_strategy()
            .map_err(|_| Failure::Failed("this user has no home directory; name a folder with --home DIR or WARROOM_HOME".into()))?;
        Ok(base.state_dir().unwrap_or_else(|| base.data_dir()).join("warroom"))
    }

    /// The home of a person under `root`; nothing is created yet. Without a name it is the login's own if it was used, else the only person's.
    ///
    /// # Errors
    /// When the name cannot be a folder's name, or no name is given and several people share this login.
    pub fn choose(root: PathBuf, name: Option<&str>) -> Result<Self, Failure> {
        if let Some(name) = name {
            return Self::of(root, name);
        }
        if root.join("replica.db").exists() || root.join("connection.json").exists() {
            return Ok(Self { folder: root.clone(), root, name: None });
        }
        match Self::people(&root).as_slice() {
            [] => Ok(Self { folder: root.clone(), root, name: None }),
            [only] => Self::of(root, only),
            names => {
                let sentence =
                    format!("several people work in {}: say who you are with --as NAME (here: {})", root.display(), names.join(", "));
                Err(Failure::Usage(sentence))
            }
        }
    }

    fn of(root: PathBuf, name: &str) -> Result<Self, Failure> {
        let person = Person::new(name);
        person.check().map_err(|why| Failure::Usage(format!("--as: {why}")))?;
        if name.contains('/') || name.starts_with('.') {
            return Err(Failure::Usage(format!("--as `{name}` cannot be the name of a folder; use a name such as `ana`")));
        }
        Ok(Self { folder: root.join(PEOPLE).join(name), root, name: Some(person) })
    }

    /// Everyone who has a folder here, by name.
    pub fn people(root: &Path) -> Vec<String> {
        let folders = fs::read_dir(root.join(PEOPLE)).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir());
        let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder, private to this user, or refuses one that is somebody else's.
    ///
    /// # Errors
    /// Why it cannot be used, and what to use instead.
    pub fn prepare(&self) -> Result<(), Failure> {
        make_private(&self.root)?;
        make_private(&self.folder)
    }

    /// Why nothing can be written here, if so. A folder of another user is not looked at: it is refused, whatever it permits.
    pub fn unwritable(&self) -> Option<String> {
        if fs::metadata(&self.folder).is_ok_and(|meta| own_uid().is_some_and(|uid| uid != meta.uid())) {
            return None;
        }
        let probe = self.folder.join(format!(".probe-{}", std::process::id()));
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        let tried = made.and_then(|()| fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&probe));
        tried.and_then(|_| fs::remove_file(&probe)).err().map(|why| io_words(&why))
    }

    /// The file system's name if it is one that databases do not survive on (`nfs4`, `cifs`), where that can be told.
    pub fn network_file_system(&self) -> Option<String> {
        let folder = self.folder.canonicalize().ok()?;
        let mounts = fs::read_to_string("/proc/mounts").ok()?;
        let mount = mounts.lines().filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        });
        let (_, kind) = mount.filter(|(at, _)| folder.starts_with(at)).max_by_key(|(at, _)| at.len())?;
        ["nfs", "cifs", "smb", "fuse.sshfs", "9p"].iter().any(|known| kind.starts_with(known)).then(|| kind.to_owned())
    }

    /// The incident set by `use`, as it was written.
    pub fn current(&self) -> Option<String> {
        fs::read_to_string(self.folder.join(CURRENT)).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Keeps the incident set by `use`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_current(&self, incident: &str) -> Result<(), Failure> {
        self.prepare()?;
        write_private(&self.folder.join(CURRENT), incident)
    }
}

/// Makes a folder that only this user enters (0700), or refuses one that is somebody else's.
///
/// # Errors
/// Why it cannot be used, and what to use instead.
pub fn make_private(folder: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|why| {
        let words = io_words(&why);
        Failure::Failed(format!(
            "the home folder {} cannot be made: {words}; name another with --home DIR or WARROOM_HOME",
            folder.display()
        ))
    })?;
    let meta = fs::metadata(folder).map_err(|why| Failure::of_file(folder, "read", &why))?;
    if own_uid().is_some_and(|uid| uid != meta.uid()) {
        return Err(Failure::Failed(format!(
            "the home folder {} belongs to another user, who could read your token; use a folder of your own: --home DIR or WARROOM_HOME",
            folder.display()
        )));
    }
    if meta.mode() & 0o077 != 0 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
            .map_err(|why| Failure::of_file(folder, "made private (mode 0700)", &why))?;
    }
    Ok(())
}

/// The user this process acts as, where the system tells it by its own process folder.
fn own_uid() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|meta| meta.uid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_a_private_folder_and_no_name_is_asked_for_when_there_are_several() {
        let root = tempfile::tempdir().unwrap().keep();
        let ana = Home::choose(root.clone(), Some("ana")).unwrap();
        ana.prepare().unwrap();
        assert_eq!(fs::metadata(ana.folder()).unwrap().mode() & 0o777, 0o700);
        assert_eq!(Home::choose(root.clone(), None).unwrap(), ana, "the only one is meant");
        ana.set_current("INC-1").unwrap();
        assert_eq!(ana.current().as_deref(), Some("INC-1"));
        assert_eq!(fs::metadata(ana.folder().join(CURRENT)).unwrap().mode() & 0o777, 0o600);
        Home::choose(root.clone(), Some("bo")).unwrap().prepare().unwrap();
        assert!(Home::choose(root.clone(), None).unwrap_err().to_string().contains("ana, bo"));
        fs::write(root.join("replica.db"), "").unwrap();
        assert_eq!(Home::choose(root.clone(), None).unwrap().folder(), root, "the login's own folder is still its own");
        for bad in ["", "../x", "a b", ".hidden"] {
            assert_eq!(Home::choose(root.clone(), Some(bad)).unwrap_err().exit_code(), 2, "{bad}");
        }
        fs::remove_dir_all(root).unwrap();
    }
}
