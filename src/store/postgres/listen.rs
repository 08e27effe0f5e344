//! Wake-ups between nodes. Whoever committed says so afterwards, in a transaction of its own, many commits in one word: said inside
//! the commit it would put all commits of the database in a row. A wake-up only saves waiting; what is lost is found by looking.

use crate::store::StoreError;
use crate::store::Wake;
use crate::store::postgres::address::Address;
use crate::store::postgres::link::Session;
use crate::store::postgres::open;
use crate::store::postgres::read::PostgresReader;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::Weak;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::sleep_until;
use tokio::time::timeout;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// How often a node looks for what nobody told it.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// What is committed within this time is told together.
const TELL_EVERY: Duration = Duration::from_millis(3);
/// How often the settings of the database are looked at.
const CHECK_EVERY: Duration = Duration::from_secs(10);
const WITHIN: Duration = Duration::from_secs(5);

/// Listens and tells until it is aborted.
pub(super) async fn run(address: Arc<Address>, wake: Wake, committed: Arc<Notify>, reader: Weak<PostgresReader>) {
    let me = Uuid::now_v7().to_string();
    loop {
        let ended = listen(&address, &wake, &committed, &reader, &me).await;
        tracing::debug!(?ended, "wake-ups are lost for now");
        wake();
        sleep(LOOK_EVERY).await;
    }
}

async fn listen(address: &Address, wake: &Wake, committed: &Notify, reader: &Weak<PostgresReader>, me: &str) -> Result<(), StoreError> {
    let (heard, mut hears) = mpsc::unbounded_channel();
    let session = Session::open(address, Some(heard)).await?;
    // A wake-up is worth no flush: it says nothing that the log does not.
    session.client.batch_execute("SET synchronous_commit = off; LISTEN warroom").await?;
    let (mut tells_at, mut checks_at) = (Instant::now(), Instant::now());
    // What was written before this listened is looked for now.
    wake();
    loop {
        tokio::select! {
            heard = hears.recv() => match heard {
                Some(heard) if heard.payload() == me => {}
                Some(_) => wake(),
                None => return Ok(()),
            },
            () = async { sleep_until(tells_at).await; committed.notified().await } => {
                let tell = async { session.client.query_typed("SELECT pg_notify('warroom', $1)", &[(&me, Type::TEXT)]).await };
                timeout(WITHIN, tell).await.map_err(|_| StoreError::Unavailable("no answer".into()))??;
                tells_at = Instant::now() + TELL_EVERY;
            }
            () = sleep(LOOK_EVERY) => wake(),
        }
        if Instant::now() >= checks_at {
            checks_at = Instant::now() + CHECK_EVERY;
            let found = timeout(WITHIN, open::warnings(&session)).await.map_err(|_| StoreError::Unavailable("no answer".into()))??;
            if let Some(reader) = reader.upgrade() {
                *reader.warnings.lock().unwrap_or_else(PoisonError::into_inner) = found;
            }
        }
    }
}
