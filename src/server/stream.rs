//! `/v1/stream`: records as they are committed, by server-sent events. One task a reader, woken by the tail; a reader that falls
//! behind what is kept in memory is told to resync and let go, and nobody waits for it.

use crate::server::clock;
use crate::server::events::read_page;
use crate::server::failure::Failure;
use crate::server::figures::Count;
use crate::server::figures::OpenStream;
use crate::server::position;
use crate::server::position::Place;
use crate::server::query::Query;
use crate::server::shown;
use crate::server::state::App;
use crate::server::state::Caller;
use crate::server::state::Shared;
use crate::wire::Head;
use crate::wire::PresenceNews;
use crate::wire::PresenceOf;
use crate::wire::Problem;
use axum::Extension;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::MissedTickBehavior;
use tokio::time::sleep_until;
use tokio::time::timeout;
use tracing::Instrument;

/// Chunks on their way to one reader; with what the kernel buffers this is all a slow one can hold back.
const CHUNKS_WAITING: usize = 4;
/// Records in one chunk.
const CHUNK_RECORDS: usize = 256;
/// How often a stream looks whether its token still counts.
const TOKEN_CHECK: Duration = Duration::from_secs(1);
/// How often a reader is told who came, left or turned to something else; what changes in between is told together.
const PRESENCE_EVERY: Duration = Duration::from_secs(1);

/// The last words of a server that stops; `retry` is how soon to come again, in milliseconds, for browsers too.
const LEAVING: &[u8] = b": this server stops\nretry: 250\nevent: leaving\ndata: {}\n\n";

#[derive(Debug, Deserialize)]
pub(super) struct StreamQuery {
    after: Option<u64>,
    log: Option<crate::domain::LogId>,
    epoch: Option<u64>,
    root: Option<crate::ledger::Hash>,
    device: Option<crate::domain::DeviceId>,
    only: Option<Only>,
}

/// The one thing a reader wants.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Only {
    Presence,
}

/// Records from `after` (or `Last-Event-ID`) on, for ever: `record` (id = seq), `head` on connecting, after each batch and every 15 s,
/// `presence` (no id) with who is there on connecting and as that changes, `leaving` before it ends because the server stops,
/// `resync` before the stream ends because the position is not in this log's history or the reader was too slow.
#[utoipa::path(get, path = "/v1/stream", tag = "log",
    params(("after" = Option<u64>, Query, description = "The last record you have"), ("Last-Event-ID" = Option<u64>, Header, description = "The same, as browsers send it"),
        ("log" = Option<String>, Query), ("epoch" = Option<u64>, Query), ("root" = Option<String>, Query),
        ("device" = Option<String>, Query, description = "Who reported from this device leaves with this stream"),
        ("only" = Option<String>, Query, description = "`presence`: no records and no heads, wherever the log stands")),
    responses((status = 200, description = "Server-sent events", content_type = "text/event-stream", body = String)))]
pub(super) async fn follow(
    State(app): Shared,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Query(query): Query<StreamQuery>,
) -> Result<Response, Failure> {
    let last_event = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let after: u64 = last_event.or(query.after).unwrap_or(0);
    // The root belongs to `after` as it was in the query; after a reconnect `Last-Event-ID` has moved on.
    let root = query.root.filter(|_| query.after == Some(after));
    let strange = match query.only {
        Some(Only::Presence) => None,
        None => position::strange(&app, Place { after, log: query.log, epoch: query.epoch, root }).await?,
    };
    let (chunks, receiver) = mpsc::channel(CHUNKS_WAITING);
    let epoch = query.epoch.unwrap_or_else(|| app.tail.tip().epoch);
    let open = app.health.figures.stream(query.only.is_none().then_some(after));
    let reader = Reader { app, caller, open, epoch, chunks, sent: after, device: query.device, only: query.only, presence_version: 0 };
    tokio::spawn(reader.run(strange).in_current_span());
    let body =
        stream::unfold(
            receiver,
            |mut receiver| async move { receiver.recv().await.map(|chunk: Bytes| (Ok::<_, Infallible>(chunk), receiver)) },
        );
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    // Proxies that buffer would hold records back.
    Ok((headers, [("x-accel-buffering", "no")], Body::from_stream(body)).into_response())
}

struct Reader {
    app: Arc<App>,
    caller: Caller,
    chunks: mpsc::Sender<Bytes>,
    open: OpenStream,
    /// The last record it was sent.
    sent: u64,
    device: Option<crate::domain::DeviceId>,
    only: Option<Only>,
    /// The presence it was sent.
    presence_version: u64,
    /// The log's life it reads.
    epoch: u64,
}

/// Why a stream ends.
enum End {
    /// The reader is gone, the server stops, or the token no longer counts.
    Over,
    /// It was told to start again.
    Resync(String),
}

impl Reader {
    async fn run(mut self, strange: Option<String>) {
        let app = self.app.clone();
        let person = self.caller.token.person.clone();
        let stream = self.device.map(|device| (device, app.presence.opened(&person, device)));
        let end = match strange {
            Some(why) => End::Resync(why),
            None => self.follow().await,
        };
        if let Some((device, number)) = stream {
            app.presence.closed(&person, device, number, clock::now());
        }
        if matches!(end, End::Over) && *app.stopping.borrow() {
            // Whoever hears it comes again at once, to another node or to the one that follows.
            let _ = self.chunks.try_send(Bytes::from_static(LEAVING));
        }
        if let End::Resync(why) = end {
            let problem = Problem::new(409, "Conflict", "resync", why);
            let data = serde_json::to_string(&problem).unwrap_or_default();
            // A reader too slow to take even this finds its connection closed, which says the same.
            let _ = self.chunks.try_send(format!("event: resync\ndata: {data}\n\n").into());
        }
    }

    async fn follow(&mut self) -> End {
        // What is committed and who comes while this reader catches up is told then: whoever looks first and listens later misses it.
        let mut tip = self.app.tail.watch();
        let mut presence = self.app.presence.watch();
        self.app.presence.expire(clock::now());
        if let Err(end) = self.begin().await {
            return end;
        }
        let mut presence_due: Option<Instant> = None;
        let mut presence_told = Instant::now();
        let every = self.app.limits.heartbeat;
        let mut stopping = self.app.stopping.clone();
        let mut heartbeat = tokio::time::interval_at(Instant::now() + every, every);
        let mut token = tokio::time::interval(TOKEN_CHECK);
        token.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                changed = tip.changed(), if self.only.is_none() => match changed {
                    Ok(()) => self.forward().await,
                    Err(_) => Err(End::Over),
                },
                _ = heartbeat.tick() => self.beat().await,
                changed = presence.changed(), if presence_due.is_none() => {
                    presence_due = Some(Instant::now().max(presence_told + PRESENCE_EVERY));
                    changed.map_err(|_| End::Over)
                }
                () = sleep_until(presence_due.unwrap_or(presence_told)), if presence_due.is_some() => {
                    (presence_due, presence_told) = (None, Instant::now());
                    self.tell_presence().await
                }
                _ = token.tick() => self.check_token(),
                () = stopped(&mut stopping) => Err(End::Over),
                () = self.chunks.closed() => Err(End::Over),
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn begin(&mut self) -> Result<(), End> {
        if self.only.is_none() {
            self.forward().await?;
        }
        self.tell_presence().await
    }

    /// Sends everything up to the tip, and the head with it.
    async fn forward(&mut self) -> Result<(), End> {
        let mut live = false;
        loop {
            // Catching up may take long, and the token may end meanwhile.
            self.check_token()?;
            let tip = self.app.tail.tip();
            if tip.epoch != self.epoch {
                let why = format!("this log is in epoch {} now; check what you hold against it", tip.epoch);
                return Err(End::Resync(why));
            }
            let tip = tip.seq;
            if self.sent >= tip {
                return self.send(head(&self.app)).await;
            }
            let (chunk, last) = match self.app.tail.after(self.sent, CHUNK_RECORDS) {
                Some(frames) => {
                    live = true;
                    let last = self.sent + frames.len() as u64;
                    (shown::frames(&self.app.shelf, &self.caller.principal(), frames), last)
                }
                // What was in memory a moment ago has left it while this reader took its time.
                None if live => return Err(self.too_slow()),
                None => self.read_stored(tip).await?,
            };
            // The head goes with the last of it: one piece for each reader is half the work of two, for both ends.
            let is_all = last >= tip;
            let chunk = if is_all { [chunk, head(&self.app)].concat().into() } else { chunk };
            self.send(chunk).await?;
            self.sent = last;
            self.open.sent(last);
            if is_all {
                return Ok(());
            }
        }
    }

    async fn read_stored(&self, tip: u64) -> Result<(Bytes, u64), End> {
        let page = read_page(&self.app, self.sent, CHUNK_RECORDS, tip).await.map_err(|_| End::Over)?;
        let Some(last) = page.last().map(|stored| stored.seq) else { return Err(End::Over) };
        Ok((shown::stored_frames(&self.app.shelf, &self.caller.principal(), &page), last))
    }

    async fn tell_presence(&mut self) -> Result<(), End> {
        let (people, version) = self.app.presence.news(self.presence_version);
        let event = self.presence_event(people);
        self.presence_version = version;
        match event {
            Some(event) => self.send(event.into()).await,
            None => Ok(()),
        }
    }

    /// Who is there, as an event of the stream; in an incident that this reader may not see, nobody is. It has no id: positions are those of records.
    fn presence_event(&self, mut people: Vec<PresenceOf>) -> Option<String> {
        let withheld = self.app.shelf.withheld(&self.caller.principal(), people.iter().map(|seen| seen.incident));
        for (seen, _) in people.iter_mut().zip(withheld).filter(|(_, withheld)| withheld.is_some()) {
            (seen.incident, seen.writing) = (None, false);
        }
        let data = (!people.is_empty()).then(|| serde_json::to_string(&PresenceNews { people }).unwrap_or_default());
        data.map(|data| format!("event: presence\ndata: {data}\n\n"))
    }

    async fn beat(&self) -> Result<(), End> {
        self.app.presence.expire(clock::now());
        let mut words = b": alive\n\n".to_vec();
        if self.only.is_none() {
            words.extend_from_slice(&head(&self.app));
        }
        self.send(words.into()).await
    }

    fn check_token(&self) -> Result<(), End> {
        let counts = self.app.tokens.find(self.caller.token.hash).filter(|entry| entry.token.check(clock::now()).is_ok());
        match counts {
            Some(entry) if !*self.app.stopping.borrow() => {
                // Whoever listens uses the token all the while.
                entry.used();
                Ok(())
            }
            _ => Err(End::Over),
        }
    }

    async fn send(&self, chunk: Bytes) -> Result<(), End> {
        match timeout(self.app.limits.stall_timeout, self.chunks.send(chunk)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Over),
            Err(_) => Err(self.too_slow()),
        }
    }

    fn too_slow(&self) -> End {
        self.app.health.figures.add(Count::StreamsCut, 1);
        End::Resync(format!("you take records too slowly; go on from {} with GET /v1/events, then stream again", self.sent))
    }
}

/// Waits until the server stops.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // A sender that is gone means the same.
    drop(stopping.wait_for(|stopping| *stopping).await);
}

fn head(app: &App) -> Bytes {
    let signed = app.tail.checkpoint();
    let head = Head { position: signed.position, now: clock::now(), checkpoint: Some(signed.note().to_owned()) };
    let data = serde_json::to_string(&head).unwrap_or_default();
    format!("event: head\ndata: {data}\n\n").into()
}
