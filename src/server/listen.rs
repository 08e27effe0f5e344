//! Accepting connections: capped, each with its time limits, all told when the server ends.

use crate::server::figures::Count;
use crate::server::guard::Guarded;
use crate::server::state::App;
use crate::server::state::Peer;
use crate::server::tls::Tls;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::server::graceful::Watcher;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

const HEAD_MAX_BYTES: usize = 64 * 1024;
const HEADERS_MAX: usize = 100;
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Serves until the server stops, then lets those in flight finish for as long as the limits say. Dropping it cuts them off.
pub(super) async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, router: Router, app: Arc<App>) {
    let places = Arc::new(Semaphore::new(app.limits.connections));
    let (graceful, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    let mut stopping = app.stopping.clone();
    let fresh = async {
        match &tls {
            Some(tls) => tls.keep_fresh().await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(fresh);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut fresh => continue,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        match accepted {
            Ok((stream, peer)) => match places.clone().try_acquire_owned() {
                Ok(place) => {
                    // Answers are small and complete; waiting to fill a packet only adds delay.
                    let _ = stream.set_nodelay(true);
                    let connection = Connection { peer, place, router: router.clone(), app: app.clone(), watcher: graceful.watcher() };
                    match tls.as_ref().map(|tls| tls.acceptor()) {
                        Some(acceptor) => drop(connections.spawn(connection.secure(acceptor, stream))),
                        None => drop(connections.spawn(connection.serve(stream))),
                    }
                }
                Err(_) => {
                    app.health.figures.add(Count::ConnectionsTurnedAway, 1);
                    connections.spawn(turn_away(stream));
                }
            },
            Err(why) => {
                // Out of file descriptors, mostly: a pause lets connections end instead of spinning.
                tracing::warn!(%why, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    if timeout(app.limits.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not finish in time and were cut");
    }
}

/// What one connection is served with.
struct Connection {
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    router: Router,
    app: Arc<App>,
    watcher: Watcher,
}

impl Connection {
    async fn secure(self, acceptor: TlsAcceptor, stream: TcpStream) {
        match timeout(self.app.limits.header_timeout, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(why)) => tracing::debug!(peer = %self.peer, %why, "a connection did not come to speak TLS"),
            Err(_) => tracing::debug!(peer = %self.peer, "a connection took too long to speak TLS"),
        }
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { peer, place, router, app, watcher } = self;
        app.health.figures.add(Count::Connections, 1);
        let limits = &app.limits;
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEAD_MAX_BYTES)
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(HEAD_MAX_BYTES as u32)
            .max_concurrent_streams(128)
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(limits.stall_timeout);
        // Twice, so that a stream notices its slow reader first and can say so.
        let io = TokioIo::new(Guarded::new(stream, limits.header_timeout, limits.stall_timeout * 2));
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            router.clone().oneshot(request)
        });
        let served = builder.serve_connection(io, service).into_owned();
        if let Err(why) = watcher.watch(served).await {
            tracing::debug!(%peer, %why, "a connection broke");
        }
        app.health.figures.sub(Count::Connections, 1);
        drop(place);
    }
}

async fn turn_away(mut stream: TcpStream) {
    // Whether they read it or not, the connection closes.
    let _ = timeout(Duration::from_secs(1), stream.write_all(FULL)).await;
}
