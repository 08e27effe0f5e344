//! The home folder: one person's replica, readable by nobody else.

use crate::replica::fault::Fault;
use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

/// The folder that holds a replica.
#[derive(Clone, Debug)]
pub struct Home {
    folder: PathBuf,
    is_written: bool,
}

impl Home {
    /// Makes the folder if it is missing, and closes it to others (0700).
    ///
    /// # Errors
    /// What the system says about the folder.
    pub fn prepare(folder: &Path) -> Result<Self, Fault> {
        let told = |why: std::io::Error| told(folder, &why);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(told)?;
        let mode = std::fs::metadata(folder).map_err(told)?.permissions().mode();
        if mode & 0o077 != 0 {
            std::fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(told)?;
        }
        Ok(Self { folder: folder.to_owned(), is_written: true })
    }

    /// A folder that is read, if it is there, and stays as it is.
    pub fn untouched(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), is_written: false }
    }

    /// Whether anything is written here; else the replica is held in memory.
    pub fn is_written(&self) -> bool {
        self.is_written
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.folder.join("replica.db")
    }

    /// A file or folder in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Opens a file that only this person may read (0600), made if it is missing.
    ///
    /// # Errors
    /// What the system says about the file.
    pub fn file(&self, name: &str) -> Result<File, Fault> {
        let path = self.path(name);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        opened.map_err(|why| told(&path, &why))
    }

    /// Makes the names of its files durable.
    ///
    /// # Errors
    /// What the system says about the folder.
    pub fn sync(&self) -> Result<(), Fault> {
        let told = |why: std::io::Error| Fault::Home { path: self.folder.clone(), why: why.to_string() };
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(told)
    }

    /// Writes a whole file durably, under a name that was free; answers where.
    ///
    /// # Errors
    /// What the system says about the file.
    pub fn keep(&self, folder: &str, name: &str, text: &str) -> Result<PathBuf, Fault> {
        let folder = self.path(folder);
        let path = folder.join(name);
        let told = |why: std::io::Error| told(&path, &why);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(told)?;
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&path).map_err(told)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(told)?;
        // The name is durable only once its folder is.
        File::open(&folder).and_then(|folder| folder.sync_all()).map_err(told)?;
        Ok(path)
    }
}

fn told(path: &Path, why: &std::io::Error) -> Fault {
    match why.kind() {
        std::io::ErrorKind::StorageFull => Fault::Full,
        _ => Fault::Home { path: path.to_owned(), why: why.to_string() },
    }
}
