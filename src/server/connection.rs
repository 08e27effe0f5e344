//! One connection: what it speaks, and until when. A head that does not come, and a connection on which nothing is asked, is closed, also
//! where HTTP/2 would keep it open for ever.

use crate::server::figures::Count;
use crate::server::guard::Guarded;
use crate::server::places::Place;
use crate::server::state::App;
use crate::server::state::Peer;
use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::body::HttpBody;
use axum::http::Request;
use hyper::body::Frame;
use hyper::body::Incoming;
use hyper::body::SizeHint;
use hyper::service::service_fn;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto;
use std::net::SocketAddr;
use std::pin::Pin;
use std::pin::pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

const HEAD_MAX_BYTES: usize = 64 * 1024;
const HEADERS_MAX: usize = 100;
/// Requests at once on a connection that speaks HTTP/2.
const STREAMS_MAX: u32 = 128;

/// What one connection is served with.
pub(super) struct Connection {
    pub(super) peer: SocketAddr,
    pub(super) place: Place,
    pub(super) router: Router,
    pub(super) app: Arc<App>,
}

impl Connection {
    pub(super) async fn secure(self, acceptor: TlsAcceptor, stream: TcpStream) {
        match timeout(self.app.limits.header_timeout, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(why)) => tracing::debug!(peer = %self.peer, %why, "a connection did not come to speak TLS"),
            Err(_) => tracing::debug!(peer = %self.peer, "a connection took too long to speak TLS"),
        }
    }

    pub(super) async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { peer, place, router, app } = self;
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
            .max_concurrent_streams(STREAMS_MAX)
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(limits.stall_timeout);
        // Twice, so that a stream notices its slow reader first and can say so.
        let io = TokioIo::new(Guarded::new(stream, limits.header_timeout, limits.stall_timeout * 2, limits.body_rate_min));
        let (asked, in_flight) = watch::channel(0);
        let asked = Arc::new(asked);
        let service = service_fn(move |request: Request<Incoming>| {
            let (answered, mut request) = (Asked::new(&asked), request.map(Body::new));
            request.extensions_mut().insert(Peer(peer));
            let answer = router.clone().oneshot(request);
            async move { answer.await.map(|response| response.map(|body| Body::new(Answered { body, _asked: answered }))) }
        });
        let mut stopping = app.stopping.clone();
        let mut served = pin!(builder.serve_connection(io, service));
        let ended = tokio::select! {
            ended = served.as_mut() => ended,
            is_idle = over(&mut stopping, in_flight, limits.header_timeout) => {
                served.as_mut().graceful_shutdown();
                // Those in flight finish when the server ends; where nothing is, nothing is waited for.
                let within = if is_idle { limits.stall_timeout } else { limits.shutdown };
                timeout(within, served).await.unwrap_or(Ok(()))
            }
        };
        if let Err(why) = ended {
            tracing::debug!(%peer, %why, "a connection broke");
        }
        app.health.figures.sub(Count::Connections, 1);
        drop(place);
    }
}

/// Waits until the server stops, or nothing was asked for so long; says whether it is the latter.
async fn over(stopping: &mut watch::Receiver<bool>, mut in_flight: watch::Receiver<usize>, idle_max: Duration) -> bool {
    let idle = async {
        loop {
            // An error says that the connection is gone.
            let _ = in_flight.wait_for(|asked| *asked == 0).await;
            if timeout(idle_max, in_flight.wait_for(|asked| *asked > 0)).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        _ = stopping.wait_for(|stopping| *stopping) => false,
        () = idle => true,
    }
}

/// A request in flight, counted until it is dropped.
struct Asked(Arc<watch::Sender<usize>>);

impl Asked {
    fn new(asked: &Arc<watch::Sender<usize>>) -> Self {
        asked.send_modify(|asked| *asked += 1);
        Self(asked.clone())
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.send_modify(|asked| *asked -= 1);
    }
}

/// An answer on its way: as long as it is, its request is in flight.
struct Answered {
    body: Body,
    _asked: Asked,
}

impl HttpBody for Answered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, wait: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(wait)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
