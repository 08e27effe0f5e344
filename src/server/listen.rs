//! Accepting connections: so many and no more, each with its time limits, all told when the server ends.

use crate::server::connection::Connection;
use crate::server::figures::Count;
use crate::server::places::Places;
use crate::server::state::App;
use crate::server::tls::Tls;
use axum::Router;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Serves until the server stops, then lets those in flight finish for as long as the limits say. Dropping it cuts them off.
pub(super) async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, router: Router, app: Arc<App>) {
    // Behind a proxy all come from the proxy.
    let of_address = if app.behind_proxy { usize::MAX } else { app.limits.connections_of_address };
    let places = Places::new(app.limits.connections, of_address);
    let mut connections = JoinSet::new();
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
            Ok((stream, peer)) => match places.take(peer.ip()) {
                Some(place) => {
                    // Answers are small and complete; waiting to fill a packet only adds delay.
                    let _ = stream.set_nodelay(true);
                    let connection = Connection { peer, place, router: router.clone(), app: app.clone() };
                    match tls.as_ref().map(|tls| tls.acceptor()) {
                        Some(acceptor) => drop(connections.spawn(connection.secure(acceptor, stream))),
                        None => drop(connections.spawn(connection.serve(stream))),
                    }
                }
                None => {
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
    let finished = async { while connections.join_next().await.is_some() {} };
    if timeout(app.limits.shutdown, finished).await.is_err() {
        tracing::warn!("some connections did not finish in time and were cut");
    }
}

async fn turn_away(mut stream: TcpStream) {
    // Whether they read it or not, the connection closes.
    let _ = timeout(Duration::from_secs(1), stream.write_all(FULL)).await;
}
