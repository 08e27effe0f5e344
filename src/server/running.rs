//! Starting and stopping.

use crate::domain::Org;
use crate::ledger::PublicKey;
use crate::ledger::SecretKey;
use crate::ledger::succession::Succession;
use crate::server::addresses::Addresses;
use crate::server::appender;
use crate::server::appender::Appender;
use crate::server::config::Config;
use crate::server::config::key_path;
use crate::server::fold::fold;
use crate::server::health::Health;
use crate::server::job::Desk;
use crate::server::key_file;
use crate::server::listen;
use crate::server::one_key;
use crate::server::presence::Presence;
use crate::server::recheck;
use crate::server::router;
use crate::server::shelf::Folded;
use crate::server::shelf::Shelf;
use crate::server::state::App;
use crate::server::tail::Tail;
use crate::server::tls::Tls;
use crate::server::token_book::TokenBook;
use crate::store::Database;
use crate::store::LogStore;
use crate::store::StoreError;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::thread::JoinHandle;
use tokio::net::TcpListener;
use tokio::net::lookup_host;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::Semaphore;
use tokio::sync::watch;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot work.
    #[error("{0}")]
    Config(String),
    /// The log cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}; name another address with --listen, or stop what uses this one")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// Tokens would cross a network in the clear.
    #[error(
        "{0} is not on this machine alone, and without TLS anyone on the way could read the tokens; give --tls-cert and --tls-key, or put a proxy with TLS in front and start with --behind-proxy, or listen on 127.0.0.1"
    )]
    PlainHttp(SocketAddr),
    /// The system refused something a server needs.
    #[error("the server could not be started: {0}")]
    System(std::io::Error),
}

/// A server that runs. `shutdown` ends it in order; dropping it cuts it off, as a crash would.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The key it signs with.
    pub key: PublicKey,
    is_secure: bool,
    desk: Option<DeskHandle>,
    stop: watch::Sender<bool>,
    accepting: Option<tokio::task::JoinHandle<()>>,
    threads: Vec<JoinHandle<()>>,
    token_stop: Option<std::sync::mpsc::Sender<()>>,
}

struct DeskHandle(Desk);

impl std::fmt::Debug for DeskHandle {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("desk")
    }
}

/// Opens the database of the configuration and serves it. Call within a tokio runtime.
///
/// # Errors
/// A sentence that says what to do.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let database: Database = config.database.parse().map_err(StartError::Config)?;
    let listener = bind(&config).await?;
    let restored = config.accept_restored;
    let opened = tokio::task::spawn_blocking(move || {
        if restored {
            let epoch = database.accept_restored()?;
            tracing::warn!(epoch, "the database is taken as restored; a new epoch begins");
        }
        database.open()
    });
    let store = opened.await.map_err(|why| StartError::System(std::io::Error::other(why)))??;
    start_bound(store, config, listener).await
}

/// Serves a log that is open already.
///
/// # Errors
/// A sentence that says what to do.
pub async fn start_on(store: Box<dyn LogStore>, config: Config) -> Result<Running, StartError> {
    let listener = bind(&config).await?;
    start_bound(store, config, listener).await
}

/// Serves until SIGTERM or SIGINT, then finishes what is in flight. `ready` is told where and with which key.
///
/// # Errors
/// As for `start`.
pub async fn serve_until_signal(config: Config, ready: impl FnOnce(&Running)) -> Result<(), StartError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::System)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::System)?;
    let running = start(config).await?;
    ready(&running);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.shutdown().await;
    Ok(())
}

async fn bind(config: &Config) -> Result<TcpListener, StartError> {
    let failed = |source| StartError::Listen { address: config.listen.clone(), source };
    let addresses: Vec<_> = lookup_host(&config.listen).await.map_err(failed)?.collect();
    if let Some(open) = addresses.iter().find(|address| !address.ip().is_loopback() && !config.behind_proxy && config.tls.is_none()) {
        return Err(StartError::PlainHttp(*open));
    }
    TcpListener::bind(&addresses[..]).await.map_err(failed)
}

async fn start_bound(store: Box<dyn LogStore>, config: Config, listener: TcpListener) -> Result<Running, StartError> {
    let (key_path, wants_key, is_lost) = (key_path(&config).map_err(StartError::Config)?, config.new_key, config.accept_restored);
    let tls = config.tls.map(Tls::open).transpose().map_err(StartError::Config)?.map(Arc::new);
    let is_secure = tls.is_some();
    let limits = config.limits;
    let (org, initial) = (config.org.clone(), config.org);
    let opening = tokio::task::spawn_blocking(move || open_log(store, initial, &key_path, wants_key, is_lost));
    let (mut store, folded, key) = opening.await.map_err(|why| StartError::System(std::io::Error::other(why)))??;
    let shelf = Arc::new(Shelf::new(folded));
    let tail = Arc::new(Tail::new(store.head(), limits.tail_records, key.clone()));
    let health = Arc::new(Health::new());
    let reader = store.reader();
    let tokens = Arc::new(TokenBook::new(reader.clone(), limits.clone())?);
    let (desk, jobs) = Desk::new(limits.queue);
    let (stop, stopping) = watch::channel(false);
    let (router, openapi) = router::build();
    let addr = listener.local_addr().map_err(StartError::System)?;
    let addresses = Addresses::new(limits.address_requests_per_second, limits.address_requests_burst);
    let app = Arc::new(App {
        desk: desk.clone(),
        shelf: shelf.clone(),
        tail: tail.clone(),
        presence: Presence::new(),
        reader,
        tokens: tokens.clone(),
        health: health.clone(),
        bodies: Arc::new(Semaphore::new(limits.bodies_bytes / 1024)),
        limits,
        behind_proxy: config.behind_proxy,
        webhook_secrets: config.webhook_secrets,
        addresses,
        stopping,
        openapi,
    });
    store.wake(desk.waker());
    let (rechecked, noted, stops, last) = (store.reader(), health.clone(), app.stopping.clone(), store.head().seq());
    let appender = Appender { store, jobs, shelf, tail, health, key: key.clone(), org, reload_above: None };
    let writing = thread::Builder::new().name("appender".into()).spawn(|| appender.run()).map_err(StartError::System)?;
    let (token_stop, token_stopped) = std::sync::mpsc::channel();
    let refreshing = thread::Builder::new().name("tokens".into()).spawn(|| tokens.keep_fresh(token_stopped)).map_err(StartError::System)?;
    let looking = thread::Builder::new().name("recheck".into());
    let looking = looking.spawn(move || recheck::run(&*rechecked, &noted, &stops, last)).map_err(StartError::System)?;
    let accepting = tokio::spawn(listen::serve(listener, tls, router::with_state(router, app.clone()), app));
    Ok(Running {
        addr,
        key: key.public(),
        is_secure,
        desk: Some(DeskHandle(desk)),
        stop,
        accepting: Some(accepting),
        threads: vec![writing, refreshing, looking],
        token_stop: Some(token_stop),
    })
}

/// The log folded, and the key it is signed with; where a new one follows, the log says so first.
fn open_log(
    mut store: Box<dyn LogStore>,
    org: Org,
    key_path: &Path,
    wants_key: bool,
    is_lost: bool,
) -> Result<(Box<dyn LogStore>, Folded, SecretKey), StartError> {
    let (key, is_new) = key_file::open(key_path)?;
    if is_new && store.head().seq() > 0 {
        let key = key.public().fingerprint();
        tracing::warn!(key, "a new key was made for a log that others may know by another: they refuse it until they are told");
    }
    if store.is_shared() {
        // No new key is made before it is sure that this one may say so.
        let next = key_file::next(key_path, false)?;
        one_key::claim(&mut *store, &key, next.as_ref(), key_path, is_lost)?;
    }
    let mut folded = fold(&*store, &org)?;
    appender::keep_heads(&mut *store, &mut folded);
    let Some(next) = key_file::next(key_path, wants_key)? else { return Ok((store, folded, key)) };
    // After a start that ended in between, the log says so already.
    let is_said = |note: &String| Succession::open(note).is_ok_and(|said| said.new == next.public());
    if !folded.succession.iter().any(is_said) {
        folded = appender::replace_key(&mut *store, folded, &key, &next)?;
    }
    key_file::succeed(key_path)?;
    tracing::warn!(
        before = key.public().fingerprint(),
        now = next.public().fingerprint(),
        "the key was replaced; the old one signed the new one"
    );
    Ok((store, folded, next))
}

impl Running {
    /// Where it listens, as a URL.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.is_secure { "https" } else { "http" }, self.addr)
    }

    /// Accepts nothing new, finishes what is in flight, ends the streams, and closes the log. Takes a few seconds at most.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        if let Some(accepting) = self.accepting.take() {
            // It ends by itself within the limits; a panic in it has been logged.
            let _ = accepting.await;
        }
        self.token_stop.take();
        self.desk.take();
        let threads = std::mem::take(&mut self.threads);
        let joining = tokio::task::spawn_blocking(move || threads.into_iter().for_each(|thread| drop(thread.join())));
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), joining).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
        }
        if let Some(desk) = self.desk.take() {
            desk.0.stop();
        }
    }
}
