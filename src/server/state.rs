//! What every handler may use.

use crate::domain::Incident;
use crate::domain::Principal;
use crate::server::addresses::Addresses;
use crate::server::config::Limits;
use crate::server::failure::Failure;
use crate::server::health::Health;
use crate::server::intake::WebhookSecrets;
use crate::server::job;
use crate::server::job::Desk;
use crate::server::job::Work;
use crate::server::presence::Presence;
use crate::server::shelf::Found;
use crate::server::shelf::Shelf;
use crate::server::tail::Tail;
use crate::server::token_book::TokenBook;
use crate::store::LogReader;
use crate::store::Token;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::sync::watch;

/// Shared by all handlers.
pub(super) struct App {
    pub(super) desk: Desk,
    pub(super) shelf: Arc<Shelf>,
    pub(super) tail: Arc<Tail>,
    pub(super) presence: Presence,
    pub(super) reader: Arc<dyn LogReader>,
    pub(super) tokens: Arc<TokenBook>,
    pub(super) health: Arc<Health>,
    pub(super) limits: Limits,
    pub(super) behind_proxy: bool,
    pub(super) webhook_secrets: WebhookSecrets,
    pub(super) addresses: Addresses,
    /// Memory for bodies, in KiB.
    pub(super) bodies: Arc<Semaphore>,
    /// Turns true when the server ends.
    pub(super) stopping: watch::Receiver<bool>,
    pub(super) openapi: String,
}

impl App {
    /// Waits until everything is here that any node has answered for.
    pub(super) async fn catch_up(&self) -> Result<(), Failure> {
        self.desk.ask(job::server(), Work::CatchUp).await.map(drop)
    }

    /// The same, if somebody was told of an epoch or a record that this node has yet to hear of.
    pub(super) async fn catch_up_to(&self, epoch: Option<u64>, seq: u64) -> Result<(), Failure> {
        let here = self.tail.tip();
        if seq > here.seq || epoch.is_some_and(|epoch| epoch > here.epoch) { self.catch_up().await } else { Ok(()) }
    }

    /// The same without reading it, where it is not in hand.
    pub(super) async fn named(&self, who: &Principal, inc: &str) -> Result<Found, Failure> {
        match self.shelf.find(who, inc) {
            Ok(found) => Ok(found),
            Err(_) => {
                self.catch_up().await?;
                self.shelf.find(who, inc)
            }
        }
    }

    /// The incident that a code, an id or a unique id suffix means to somebody; it may have been declared at another node just now.
    pub(super) async fn find(&self, who: &Principal, inc: &str) -> Result<Arc<Incident>, Failure> {
        let id = match self.named(who, inc).await? {
            Found::InHand(incident) => return Ok(incident),
            Found::OnDisk(id) => id,
        };
        let (shelf, reader, who, inc, last) = (self.shelf.clone(), self.reader.clone(), who.clone(), inc.to_owned(), self.tail.tip().seq);
        let reading = tokio::task::spawn_blocking(move || shelf.fetch(&who, &inc, id, &*reader, last));
        reading.await.map_err(|why| Failure::internal(&why))?
    }
}

/// How handlers receive it.
pub(super) type Shared = axum::extract::State<Arc<App>>;

/// Who calls, put into the request by the gate.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) token: Arc<Token>,
}

impl Caller {
    pub(super) fn principal(&self) -> Principal {
        Principal { person: self.token.person.clone(), scope: self.token.scope }
    }
}

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);
