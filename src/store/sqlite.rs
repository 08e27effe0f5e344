//! The log in one SQLite file: WAL, every commit fsynced, many events a commit. One server a file.
//!
//! Beside `FILE` lie `FILE.lock` (held while a server runs), `FILE.head` (where the log stood, kept apart so that a lost end is
//! noticed), before a migration `FILE.before-N`, and after a restore `FILE.replaced-MS`, the database that was there.

mod append;
mod backup;
mod export;
mod head_file;
mod migrate;
mod open;
mod read;
#[cfg(test)]
mod tests;
mod tokens;
mod verify;

use crate::domain::DeviceId;
use crate::store::Ask;
use crate::store::Follow;
use crate::store::Head;
use crate::store::LogReader;
use crate::store::LogStore;
use crate::store::Plan;
use crate::store::StoreError;
use head_file::HeadFile;
use rusqlite::Connection;
use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

pub use backup::Restored;
pub use backup::backup;
pub use backup::restore;
pub(super) use export::Exported;
pub use open::accept_restored;
pub use open::open_reader;
pub use tokens::create_token;
pub use tokens::list_tokens;
pub use tokens::revoke_token;

/// The log in a SQLite file, for its one writer.
pub struct SqliteStore {
    connection: Connection,
    head: Head,
    device: DeviceId,
    head_file: HeadFile,
    reader: Arc<read::SqliteReader>,
    broken: Option<String>,
    _lock: File,
}

impl SqliteStore {
    /// Opens the database, or makes a new one with a new log in it. Takes the lock, migrates after a backup, and checks that the
    /// log's end fits its tree and the head kept apart.
    ///
    /// # Errors
    /// When another server has it, a newer version wrote it, it is something else, it is damaged, or it lost its end.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        open::open(path)
    }
}

impl LogStore for SqliteStore {
    fn head(&self) -> &Head {
        &self.head
    }

    fn device(&self) -> DeviceId {
        self.device
    }

    fn append(&mut self, _ask: &Ask, _follow: &mut Follow<'_>, plan: &mut Plan<'_>) -> Result<Head, StoreError> {
        if let Some(why) = &self.broken {
            return Err(StoreError::Broken(why.clone()));
        }
        let done = append::append(&self.connection, &self.head, plan);
        match done {
            Ok(head) => {
                if head != self.head {
                    self.head_file.write(&head);
                    self.head = head.clone();
                }
                Ok(head)
            }
            Err(why) => {
                if let StoreError::Broken(words) = &why {
                    self.broken = Some(words.clone());
                }
                Err(why)
            }
        }
    }

    fn begin_epoch(&mut self, above: u64) -> Result<(), StoreError> {
        if self.head.epoch <= above {
            open::set_epoch(&self.connection, above + 1)?;
            self.head.epoch = above + 1;
            self.head_file.write(&self.head);
        }
        Ok(())
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        self.reader.clone()
    }
}

/// `FILE` with something appended to its name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
