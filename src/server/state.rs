//! What every handler may use.

use crate::domain::Principal;
use crate::server::config::Limits;
use crate::server::health::Health;
use crate::server::job::Desk;
use crate::server::presence::Presence;
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
    /// Memory for bodies, in KiB.
    pub(super) bodies: Arc<Semaphore>,
    /// Turns true when the server ends.
    pub(super) stopping: watch::Receiver<bool>,
    pub(super) openapi: String,
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
