//! Connections to the database, on a thread of their own, for callers that wait.
//!
//! The rest of the store is called from threads that may block, also from within somebody else's runtime. So the sockets live on a
//! small runtime here, and a caller parks until its answer is there.

use crate::store::StoreError;
use crate::store::postgres::address::Address;
use crate::store::postgres::address::words;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::task::Wake;
use std::thread;
use std::thread::Thread;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::runtime::Handle;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::AsyncMessage;
use tokio_postgres::Client;
use tokio_postgres::Config;
use tokio_postgres::Connection;
use tokio_postgres::NoTls;
use tokio_postgres::Notification;

/// How long one exchange with the database may take before it counts as out of reach.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How a session begins. A commit must be flushed here and wherever `synchronous_standby_names` says; a limit on statements would end
/// that wait and call it success; and whoever hangs with the head locked lets go of it.
const BEGIN: &str = "
SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false);
SET statement_timeout = 0; SET lock_timeout = '8s'; SET idle_in_transaction_session_timeout = '10s';
SET default_transaction_isolation = 'read committed'; SET client_min_messages = 'warning'; SET search_path = warroom";

/// The runtime and the way to the database.
pub(super) struct Link {
    runtime: Option<Runtime>,
    pub(super) address: Arc<Address>,
}

/// One connection.
pub(super) struct Session {
    pub(super) client: Client,
    /// The last warning the database sent.
    warned: Arc<Mutex<Option<String>>>,
    driver: AbortHandle,
}

impl Link {
    pub(super) fn new(url: &str) -> Result<Self, StoreError> {
        let address = Arc::new(Address::read(url)?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("postgres").enable_all().build();
        let runtime = runtime.map_err(|why| StoreError::Unavailable(format!("this machine gives no thread to work with ({why})")))?;
        Ok(Self { runtime: Some(runtime), address })
    }

    pub(super) fn handle(&self) -> &Handle {
        self.runtime.as_ref().expect("it is there until the link is dropped").handle()
    }

    /// Waits for an exchange with the database.
    ///
    /// # Errors
    /// What the exchange says, or that the database is silent.
    pub(super) fn run<T>(&self, exchange: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let _inside = self.handle().enter();
        wait(async {
            timeout(ANSWER_WITHIN, exchange).await.unwrap_or_else(|_| Err(StoreError::Unavailable("the database does not answer".into())))
        })
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Also from within another runtime, where nobody may wait for this one.
            runtime.shutdown_background();
        }
    }
}

impl Session {
    /// Connects to the first host that takes writes.
    pub(super) async fn open(address: &Address, notifications: Option<mpsc::UnboundedSender<Notification>>) -> Result<Self, StoreError> {
        let mut said = Vec::new();
        for host in &address.hosts {
            let within = host.get_connect_timeout().copied().unwrap_or(ANSWER_WITHIN);
            match timeout(within, Self::connect(address, host, notifications.clone())).await {
                Ok(Ok(session)) => return Ok(session),
                Ok(Err(why)) => said.push(words(&why)),
                Err(_) => said.push("no answer".to_owned()),
            }
        }
        said.dedup();
        Err(StoreError::Unreachable { database: address.name.clone(), what: said.join("; ") })
    }

    async fn connect(
        address: &Address,
        host: &Config,
        notifications: Option<mpsc::UnboundedSender<Notification>>,
    ) -> Result<Self, tokio_postgres::Error> {
        let warned = Arc::new(Mutex::new(None));
        let (client, driver) = match &address.tls {
            Some(tls) => {
                let (client, connection) = host.connect(tls.clone()).await?;
                (client, tokio::spawn(drive(connection, warned.clone(), notifications)))
            }
            None => {
                let (client, connection) = host.connect(NoTls).await?;
                (client, tokio::spawn(drive(connection, warned.clone(), notifications)))
            }
        };
        let session = Self { client, warned, driver: driver.abort_handle() };
        session.client.batch_execute(BEGIN).await?;
        Ok(session)
    }

    /// The warning that came since this was asked last.
    pub(super) fn warning(&self) -> Option<String> {
        self.warned.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A connection to a host that hangs would wait for it.
        self.driver.abort();
    }
}

async fn drive<S, T>(
    mut connection: Connection<S, T>,
    warned: Arc<Mutex<Option<String>>>,
    notifications: Option<mpsc::UnboundedSender<Notification>>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notice(notice))) => {
                tracing::debug!(severity = notice.severity(), message = notice.message(), "the database says");
                if notice.severity() == "WARNING" {
                    *warned.lock().unwrap_or_else(PoisonError::into_inner) = Some(notice.message().to_owned());
                }
            }
            Some(Ok(AsyncMessage::Notification(notification))) => {
                if let Some(to) = &notifications {
                    let _ = to.send(notification);
                }
            }
            Some(Ok(_)) => {}
            Some(Err(why)) => {
                tracing::debug!(why = words(&why), "a connection to the database broke");
                return;
            }
            None => return,
        }
    }
}

/// Parks the thread until a future is done.
fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let (mut future, waker) = (pin!(future), Arc::new(Unpark(thread::current())).into());
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}
