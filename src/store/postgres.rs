//! The log in PostgreSQL, for any number of servers at once. Whoever appends locks the one row of `meta`, reads what others wrote, and
//! writes behind it; so records become visible in the order of their seq, and a reader who goes by seq skips none.
//!
//! - `address`, `link`: hosts, TLS, and connections on a thread of their own
//! - `open`: schema, migration, and the epoch that begins when the database is another
//! - `append`: the transaction
//! - `read`, `tokens`, `listen`: readers, tokens, wake-ups between nodes
//! - `import`: a log that was kept in SQLite
//!
//! After any error the connection is given up. What was read stays: before anything is decided, the database must show that it still
//! holds it (`append::advance`). A commit that was not answered for is `Unknown`, and shows as records of others if it was kept.

mod address;
mod append;
mod import;
mod link;
mod listen;
mod open;
mod read;
mod statements;
mod tokens;
mod under;

use crate::domain::DeviceId;
use crate::domain::Timestamp;
use crate::store::Ask;
use crate::store::Follow;
use crate::store::Head;
use crate::store::LogReader;
use crate::store::LogStore;
use crate::store::Plan;
use crate::store::StoreError;
use crate::store::Token;
use crate::store::Wake;
pub(super) use import::import;

use append::News;
use link::Link;
use link::Session;
use read::PostgresReader;
use statements::Statements;
use std::sync::Arc;
use std::sync::PoisonError;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use under::Under;

/// The log in a PostgreSQL database, for one of its writers.
pub struct PostgresStore {
    link: Arc<Link>,
    head: Head,
    device: DeviceId,
    writer: Option<(Session, Statements)>,
    reader: Arc<PostgresReader>,
    /// Rung after each commit.
    committed: Arc<Notify>,
    listener: Option<AbortHandle>,
}

impl PostgresStore {
    /// Opens the database of an address `postgres://…`, and makes a log in it if there is none.
    ///
    /// # Errors
    /// When it cannot be reached, is of a newer version, or does not fit itself.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        let link = Arc::new(Link::new(url)?);
        let reader = Arc::new(PostgresReader::new(link.clone()));
        let (meta, warnings) = link.run(async {
            let session = Session::open(&link.address, None).await?;
            open::prepare(&session, &link.address.name).await?;
            open::settle_epoch(&session).await?;
            open::drop_old_answers(&session).await?;
            let meta = open::meta(&session, &link.address.name).await?;
            Ok((meta, open::warnings(&session).await?))
        })?;
        if reader.stored_root(meta.head.seq()) != Some(meta.head.frontier.root()) {
            let what = "the hashes of its tree do not lead to the root that was noted".into();
            return Err(StoreError::Damaged { path: (&link.address.name).into(), what });
        }
        for warning in &warnings {
            tracing::warn!("{warning}");
        }
        *reader.warnings.lock().unwrap_or_else(PoisonError::into_inner) = warnings;
        Ok(Self { link, head: meta.head, device: meta.device, writer: None, reader, committed: Arc::default(), listener: None })
    }

    /// The connection that writes, made anew if it was given up. A host that takes writes now may be another than before.
    fn writer(&mut self) -> Result<(Session, Statements), StoreError> {
        if let Some(writer) = self.writer.take().filter(|(session, _)| !session.client.is_closed()) {
            return Ok(writer);
        }
        let address = &self.link.address;
        let opened = self.link.run(async {
            let session = Session::open(address, None).await?;
            open::settle_epoch(&session).await?;
            let statements = Statements::prepare(&session).await?;
            Ok((session, statements))
        })?;
        self.reader.forget();
        Ok(opened)
    }

    /// Takes in what others wrote.
    fn take(&mut self, news: News, follow: &mut Follow<'_>) -> Result<(), StoreError> {
        if news.head != self.head {
            follow(&news.head, &news.records)?;
            self.head = news.head;
        }
        Ok(())
    }

    fn follow_all(&mut self, writer: &(Session, Statements), follow: &mut Follow<'_>) -> Result<(), StoreError> {
        loop {
            let news = self.link.run(append::look(&writer.0, &writer.1, &self.head, &self.link.address.name))?;
            let is_whole = news.is_whole;
            self.take(news, follow)?;
            if is_whole {
                return Ok(());
            }
        }
    }
}

impl LogStore for PostgresStore {
    fn head(&self) -> &Head {
        &self.head
    }

    fn device(&self) -> DeviceId {
        self.device
    }

    fn append(&mut self, ask: &Ask, follow: &mut Follow<'_>, plan: &mut Plan<'_>) -> Result<Head, StoreError> {
        let writer = self.writer()?;
        let (session, statements) = &writer;
        let found = loop {
            let (news, found) = self.link.run(append::lock(session, statements, &self.head, ask, &self.link.address.name))?;
            let is_whole = news.is_whole;
            self.take(news, follow)?;
            if is_whole {
                break found;
            }
            // Too far behind to read it all while everyone waits.
            self.link.run(async { Ok(session.client.batch_execute("ROLLBACK").await?) })?;
            self.follow_all(&writer, follow)?;
        };
        let decided = plan(&Under { head: &self.head, found });
        let writes = match decided {
            Ok(writes) if !writes.is_empty() => writes,
            decided => {
                // Nothing to write: the head is let go.
                self.link.run(async { Ok(session.client.batch_execute("ROLLBACK").await?) })?;
                self.writer = Some(writer);
                return decided.map(|_| self.head.clone());
            }
        };
        let committed = self.link.run(append::commit(session, statements, &self.head, &writes));
        self.head = committed.map_err(|why| match why {
            StoreError::Unavailable(words) => StoreError::Unknown(words),
            other => other,
        })?;
        self.committed.notify_one();
        self.writer = Some(writer);
        Ok(self.head.clone())
    }

    fn catch_up(&mut self, follow: &mut Follow<'_>) -> Result<(), StoreError> {
        let writer = self.writer()?;
        self.follow_all(&writer, follow)?;
        self.writer = Some(writer);
        Ok(())
    }

    fn begin_epoch(&mut self, above: u64) -> Result<(), StoreError> {
        let writer = self.writer()?;
        let address = &self.link.address;
        let meta = self.link.run(async {
            open::raise_epoch(&writer.0, above).await?;
            open::meta(&writer.0, &address.name).await
        })?;
        self.head = meta.head;
        self.writer = Some(writer);
        Ok(())
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn wake(&mut self, wake: Wake) {
        let listening = listen::run(self.link.address.clone(), wake, self.committed.clone(), Arc::downgrade(&self.reader));
        self.listener = Some(self.link.handle().spawn(listening).abort_handle());
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        self.reader.clone()
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}

/// Opens a log to read it as it is, also while servers run on it.
pub(super) fn open_reader(url: &str) -> Result<Arc<dyn LogReader>, StoreError> {
    let link = Arc::new(Link::new(url)?);
    link.run(async { open::inspect(&Session::open(&link.address, None).await?, &link.address.name).await })?;
    Ok(Arc::new(PostgresReader::new(link)))
}

/// Does one thing over a connection of its own, in a database that is made ready first.
fn once<T>(url: &str, what: impl AsyncFnOnce(&Session, &str) -> Result<T, StoreError>) -> Result<T, StoreError> {
    let link = Link::new(url)?;
    link.run(async {
        let session = Session::open(&link.address, None).await?;
        open::prepare(&session, &link.address.name).await?;
        what(&session, &link.address.name).await
    })
}

pub(super) fn create_token(url: &str, token: &Token) -> Result<(), StoreError> {
    once(url, async |session, _| tokens::create(session, token).await)
}

pub(super) fn list_tokens(url: &str) -> Result<Vec<Token>, StoreError> {
    once(url, async |session, _| tokens::all(session).await)
}

pub(super) fn revoke_token(url: &str, name: &str, now: Timestamp) -> Result<(), StoreError> {
    once(url, async |session, _| tokens::revoke(session, name, now).await)
}

pub(super) fn accept_restored(url: &str) -> Result<u64, StoreError> {
    once(url, async |session, database| {
        let before = open::meta(session, database).await?.head.epoch;
        open::raise_epoch(session, before).await?;
        Ok(open::meta(session, database).await?.head.epoch)
    })
}

/// An address without its secrets.
pub(super) fn name(url: &str) -> String {
    address::Address::read(url).map_or_else(|_| "postgres://…".to_owned(), |address| address.name)
}
