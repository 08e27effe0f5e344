//! The server as HTTP: each question of the exchange is one request, and each way it can fail has a name.

use crate::domain::DeviceId;
use crate::domain::IncidentId;
use crate::ledger::EVENT_MAX_BYTES;
use crate::ledger::EventBytes;
use crate::ledger::Position;
use crate::ledger::sha256_hex;
use crate::replica::standing::HistoryAsk;
use crate::replica::sync::Fail;
use crate::replica::sync::Met;
use crate::replica::sync::Place;
use crate::replica::sync::Recalled;
use crate::replica::sync::StreamItem;
use crate::replica::thread::now;
use crate::replica::unended::Unended;
use crate::wire::Base;
use crate::wire::EventsPage;
use crate::wire::HeadsPage;
use crate::wire::Me;
use crate::wire::PAGE_MAX_RECORDS;
use crate::wire::PresenceReport;
use crate::wire::Problem;
use crate::wire::Pushed;
use crate::wire::Witness;
use crate::wire::Witnessed;
use chrono::DateTime;
use eventsource_stream::EventStreamError;
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use reqwest::Client;
use reqwest::RequestBuilder;
use reqwest::Response;
use reqwest::StatusCode;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use reqwest::header::RETRY_AFTER;
use std::fmt;
use std::time::Duration;
use std::time::Instant;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const SHORT_TIMEOUT: Duration = Duration::from_secs(15);
const LONG_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest answer that is read: a page of the largest events a server sends.
const ANSWER_MAX_BYTES: usize = 64 * 1024 * 1024;
/// The longest event of a stream that is waited for: the largest record there is, and as much again. The parser holds all of it and looks at it again
/// with each piece, so that one without an end would take all memory and time.
const STREAM_EVENT_MAX_BYTES: usize = 2 * EVENT_MAX_BYTES;
/// However late a server says to come again, it is asked after so long.
const RETRY_AFTER_MAX_MS: u64 = 3_600_000;
/// The server's word for a body that did not come whole, which is the link's fault and not the body's.
const BODY_BROKEN: &str = "body_broken";
const TOKEN_PREFIX: &str = "wr_";

/// Where the server is, and the token that opens it. Never printed whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Remote {
    url: Url,
    token: String,
}

impl fmt::Debug for Remote {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Remote({})", self.url)
    }
}

impl Remote {
    /// A server's address and a token.
    ///
    /// # Errors
    /// A sentence: not an address, a token that is none, or plain HTTP to another machine.
    pub fn new(address: &str, token: &str) -> Result<Self, String> {
        let url = Url::parse(address).map_err(|why| format!("`{address}` is not an address such as https://ops.example.org: {why}"))?;
        let token = token.trim().to_owned();
        if !token.starts_with(TOKEN_PREFIX) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("the token for {url} is not one: it begins with `{TOKEN_PREFIX}` and has no spaces"));
        }
        match (url.scheme(), is_loopback(&url)) {
            ("https", _) | ("http", true) => Ok(Self { url, token }),
            ("http", false) => {
                Err(format!("{url} is plain HTTP to another machine, where anyone on the way could read the token; use https"))
            }
            (other, _) => Err(format!("`{other}` addresses are not spoken here; use https")),
        }
    }

    /// The address, without the token.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// What tells its token from others, and nothing of it.
    pub(super) fn token_mark(&self) -> String {
        sha256_hex(self.token.as_bytes())[..16].to_owned()
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{path}"));
        url
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// A client for one server. Building it takes tens of milliseconds.
#[derive(Clone)]
pub(super) struct Http {
    client: Client,
    pub(super) remote: Remote,
}

impl Http {
    pub fn new(remote: Remote) -> Result<Self, Fail> {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("warroom/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|why| Fail::Forbidden(format!("no HTTPS client could be built: {}", causes(&why))))?;
        Ok(Self { client, remote })
    }

    fn get(&self, path: &str, query: &[(&str, String)]) -> RequestBuilder {
        let mut url = self.remote.at(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.client.get(url).bearer_auth(&self.remote.token)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Fail> {
        let response = request.send().await.map_err(|why| self.unreachable(&why))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refused(response).await) }
    }

    async fn answer<T: serde::de::DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Fail> {
        let response = self.send(request).await?;
        let body = self.body(response).await?;
        serde_json::from_slice(&body)
            .map_err(|why| Fail::Garbled(format!("{} answers what is not understood here: {why}", self.remote.url)))
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Fail> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|why| self.unreachable(&why))? {
            if body.len() + chunk.len() > ANSWER_MAX_BYTES {
                return Err(Fail::Garbled(format!("{} answers with more than {} MiB", self.remote.url, ANSWER_MAX_BYTES >> 20)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// `GET /v1/me`, with what it tells of the clock between us; and where a checkpoint was seen before, what the server says to it.
    pub async fn meet(&self, seen: Option<&str>) -> Result<Met, Fail> {
        let began = Instant::now();
        let me: Me = self.answer(self.get("/v1/me", &[]).timeout(SHORT_TIMEOUT)).await?;
        let round_trip_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        // The server looked at its clock half a round trip ago.
        let half_ms = i64::from(round_trip_ms / 2);
        let skew_ms = me.now.since_ms(now().plus_ms(-half_ms));
        // It may as well have looked at the beginning or at the end: less than that is no skew anybody knows of.
        let skew_ms = if skew_ms.abs() <= half_ms { 0 } else { skew_ms };
        let recalled = match seen.filter(|_| me.key.is_some()) {
            Some(seen) => Some(Recalled { shown: seen.to_owned(), answer: self.recall(seen).await? }),
            None => None,
        };
        Ok(Met { me, round_trip_ms, skew_ms, recalled })
    }

    /// `POST /v1/checkpoint`: the proof that the log still begins as it did, or the words in which the server disowns what it signed.
    async fn recall(&self, seen: &str) -> Result<Result<Witnessed, String>, Fail> {
        let shown = Witness { checkpoint: seen.to_owned() };
        let request = self.client.post(self.remote.at("/v1/checkpoint")).bearer_auth(&self.remote.token).json(&shown);
        let response = request.timeout(SHORT_TIMEOUT).send().await.map_err(|why| self.unreachable(&why))?;
        match response.status() {
            // Only the server itself disowns what it signed.
            status @ (StatusCode::CONFLICT | StatusCode::BAD_REQUEST) => match Problem::read(&self.body(response).await?) {
                Some(problem) if problem.code != BODY_BROKEN => Ok(Err(problem.detail)),
                _ => Err(self.not_ours(status, None)),
            },
            status if status.is_success() => {
                let answer = serde_json::from_slice(&self.body(response).await?);
                answer.map(Ok).map_err(|why| Fail::Garbled(format!("{} answers what is not understood here: {why}", self.remote.url)))
            }
            _ => Err(self.refused(response).await),
        }
    }

    /// `GET /v1/events` after a position of the log's history.
    pub async fn page(&self, after: &Place) -> Result<EventsPage, Fail> {
        let query = place(after, Some(PAGE_MAX_RECORDS));
        self.answer(self.get("/v1/events", &query).timeout(LONG_TIMEOUT)).await
    }

    /// The record at a place, whatever history it is of. It is asked for by its name, too, so that a node that has yet to hear of it looks for it.
    pub async fn record(&self, seq: u64) -> Result<EventsPage, Fail> {
        let query = [("after", seq.saturating_sub(1).to_string()), ("limit", "1".to_owned()), ("only", seq.to_string())];
        self.answer(self.get("/v1/events", &query).timeout(SHORT_TIMEOUT)).await
    }

    /// The records at these places.
    pub async fn records(&self, places: &[u64]) -> Result<EventsPage, Fail> {
        let only = places.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        self.answer(self.get("/v1/events", &[("only", only)]).timeout(LONG_TIMEOUT)).await
    }

    /// `GET /v1/base`; none of a server that is older than bases.
    pub async fn base(&self, days: u32) -> Result<Option<Base>, Fail> {
        self.if_there(self.get("/v1/base", &[("days", days.to_string())]).timeout(SHORT_TIMEOUT)).await
    }

    /// `GET /v1/heads` after an incident.
    pub async fn heads(&self, after: Option<IncidentId>) -> Result<HeadsPage, Fail> {
        let after: Vec<_> = after.map(|after| ("after", after.to_string())).into_iter().collect();
        self.answer(self.get("/v1/heads", &after).timeout(LONG_TIMEOUT)).await
    }

    /// `GET /v1/events` of one incident, proven in the tree of the base; none where there is no such incident.
    pub async fn history(&self, ask: HistoryAsk) -> Result<Option<EventsPage>, Fail> {
        let query = [("incident", ask.incident.to_string()), ("before", ask.before.to_string()), ("size", ask.size.to_string())];
        self.if_there(self.get("/v1/events", &query).timeout(LONG_TIMEOUT)).await
    }

    /// An answer, or none where a warroom server says that there is no such thing.
    async fn if_there<T: serde::de::DeserializeOwned>(&self, request: RequestBuilder) -> Result<Option<T>, Fail> {
        let response = request.send().await.map_err(|why| self.unreachable(&why))?;
        if response.status() == StatusCode::NOT_FOUND
            && response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/problem+json")
        {
            return Ok(None);
        }
        if !response.status().is_success() {
            return Err(self.refused(response).await);
        }
        let body = self.body(response).await?;
        let read = serde_json::from_slice(&body).map(Some);
        read.map_err(|why| Fail::Garbled(format!("{} answers what is not understood here: {why}", self.remote.url)))
    }

    /// `POST /v1/events`: the bytes as their authors wrote them.
    pub async fn push(&self, events: &[EventBytes]) -> Result<Pushed, Fail> {
        let texts: Vec<&str> = events.iter().map(EventBytes::as_str).collect();
        let body = format!("{{\"events\":[{}]}}", texts.join(","));
        let request = self.client.post(self.remote.at("/v1/events")).bearer_auth(&self.remote.token);
        let request = request.header("content-type", "application/json").body(body).timeout(LONG_TIMEOUT);
        self.answer(request).await
    }

    /// `POST /v1/presence`. A server that does not know the route is an older one; nobody is told then.
    pub async fn report(&self, report: &PresenceReport) {
        let request = self.client.post(self.remote.at("/v1/presence")).bearer_auth(&self.remote.token).json(report);
        // What became of it changes nothing here: the next report comes in its time.
        let _ = self.send(request.timeout(SHORT_TIMEOUT)).await;
    }

    /// `GET /v1/stream` after a position, or of presence alone: tells every item until it ends. There is no time limit here; whoever listens counts the silence.
    pub async fn stream(&self, after: Option<&Position>, device: DeviceId, tell: impl Fn(StreamItem)) -> Fail {
        let presence_alone = || vec![("only", "presence".to_owned())];
        let mut query = after.map_or_else(presence_alone, |position| place(&Place::from(*position), None));
        query.push(("device", device.to_string()));
        let request = self.get("/v1/stream", &query).header("accept", "text/event-stream");
        let response = match self.send(request).await {
            Ok(response) => response,
            Err(fail) => return fail,
        };
        tell(StreamItem::Opened);
        // Comments are signs of life, and the parser swallows them: so the raw chunks are watched.
        let url = &self.remote.url;
        let mut unended = Unended::default();
        let chunks = response.bytes_stream().inspect(|_| tell(StreamItem::Alive)).map(|chunk| match chunk {
            Ok(chunk) if unended.add(&chunk) > STREAM_EVENT_MAX_BYTES => {
                Err(Fail::Garbled(format!("the stream of {url} is not understood here: an event without an end")))
            }
            Ok(chunk) => Ok(chunk),
            Err(why) => Err(Fail::Unreachable(format!("the stream of {url} broke: {}", causes(&why)))),
        });
        let mut events = std::pin::pin!(chunks.eventsource());
        while let Some(event) = events.next().await {
            let item = match event {
                Ok(event) => item(&event.event, &event.data),
                Err(EventStreamError::Transport(fail)) => return fail,
                Err(why) => return Fail::Unreachable(format!("the stream of {url} broke: {why:?}")),
            };
            match item {
                Ok(Some(item)) => tell(item),
                Ok(None) => {}
                Err(why) => return Fail::Garbled(format!("the stream of {url} is not understood here: {why}")),
            }
        }
        Fail::Unreachable(format!("{url} closed the stream"))
    }

    fn unreachable(&self, why: &reqwest::Error) -> Fail {
        if why.is_timeout() {
            return Fail::Unreachable(format!("{} did not answer in time", self.remote.url));
        }
        Fail::Unreachable(format!("{} cannot be reached: {}", self.remote.url, causes(why)))
    }

    async fn refused(&self, response: Response) -> Fail {
        let status = response.status();
        let url = &self.remote.url;
        let retry_after_ms = response.headers().get(RETRY_AFTER).and_then(|value| wait_ms(value.to_str().ok()?));
        if status.is_redirection() {
            let to = response.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or("elsewhere").to_owned();
            return Fail::Forbidden(format!("{url} sends us to {to}; `warroom connect` to the address itself"));
        }
        let problem = self.body(response).await.ok().and_then(|body| Problem::read(&body));
        let Some(Problem { code, detail, .. }) = problem.filter(|problem| problem.code != BODY_BROKEN) else {
            return self.not_ours(status, retry_after_ms);
        };
        match status {
            StatusCode::CONFLICT if code == "resync" => Fail::Resync,
            StatusCode::UNAUTHORIZED if matches!(code.as_str(), "token_revoked" | "token_expired") => {
                Fail::LockedOut(format!("{detail}, then `warroom connect {url}` with it"))
            }
            StatusCode::UNAUTHORIZED => {
                Fail::Forbidden(format!("{url} does not accept this token ({detail}); ask for a new one, then `warroom connect {url}`"))
            }
            StatusCode::FORBIDDEN => Fail::Scope(format!("{url} does not permit it: {detail}")),
            StatusCode::NOT_FOUND => Fail::Forbidden(format!("{url} does not know what this program asks for ({detail})")),
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::BAD_REQUEST => Fail::TooLarge(detail),
            _ => Fail::Busy { why: format!("{url}: {detail}"), retry_after_ms },
        }
    }

    /// An answer of something between us and the server, or of somebody else: the link is out of order, and nothing of ours was judged.
    fn not_ours(&self, status: StatusCode, retry_after_ms: Option<u64>) -> Fail {
        let why = format!(
            "answer {} from {} is not this server's: the address is wrong, or something between is out of order",
            status.as_u16(),
            self.remote.url
        );
        match status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            true => Fail::Busy { why, retry_after_ms },
            false => Fail::Unreachable(why),
        }
    }
}

fn place(position: &Place, limit: Option<usize>) -> Vec<(&'static str, String)> {
    let mut query = vec![("after", position.seq.to_string()), ("log", position.log.to_string()), ("epoch", position.epoch.to_string())];
    query.extend(position.root.map(|root| ("root", root.to_string())));
    query.extend(limit.map(|limit| ("limit", limit.to_string())));
    query
}

fn item(event: &str, data: &str) -> Result<Option<StreamItem>, serde_json::Error> {
    Ok(match event {
        "record" => Some(StreamItem::Record(serde_json::from_str(data)?)),
        "head" => serde_json::from_str(data).ok().map(StreamItem::Head),
        "presence" => serde_json::from_str(data).ok().map(StreamItem::Presence),
        "resync" => Some(StreamItem::Resync),
        "leaving" => Some(StreamItem::Leaving),
        // What a newer server adds is passed over.
        _ => None,
    })
}

/// `Retry-After` in seconds or as a date (RFC 9110).
fn wait_ms(value: &str) -> Option<u64> {
    let wait_ms = match value.trim().parse::<u64>() {
        Ok(seconds) => seconds.saturating_mul(1_000),
        Err(_) => {
            let until = DateTime::parse_from_rfc2822(value.trim()).ok()?;
            u64::try_from(until.timestamp_millis() - now().millis()).ok()?
        }
    };
    Some(wait_ms.min(RETRY_AFTER_MAX_MS))
}

/// An error with what caused it: the outermost alone never says.
fn causes(why: &dyn std::error::Error) -> String {
    let mut words = Vec::new();
    let mut next = why.source();
    while let Some(cause) = next {
        words.push(cause.to_string());
        next = cause.source();
    }
    // The innermost says it best: "Connection refused".
    words.pop().unwrap_or_else(|| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_before_a_token_goes_there() {
        assert!(Remote::new("https://ops.example.org/war", "wr_abc").is_ok());
        assert!(Remote::new("http://127.0.0.1:7766", "wr_abc\n").is_ok() && Remote::new("http://[::1]:7766", "wr_abc").is_ok());
        for (address, token, why) in [
            ("http://ops.example.org", "wr_abc", "use https"),
            ("ops", "wr_abc", "not an address"),
            ("ftp://ops", "wr_abc", "not spoken"),
            ("https://ops.example.org", "abc", "begins with `wr_`"),
            ("https://ops.example.org", "wr_a b", "no spaces"),
        ] {
            assert!(Remote::new(address, token).unwrap_err().contains(why), "{address}");
        }
        let remote = Remote::new("https://ops.example.org/war/", "wr_secret").unwrap();
        assert_eq!(remote.at("/v1/me").as_str(), "https://ops.example.org/war/v1/me");
        assert!(!format!("{remote:?}").contains("secret"));
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        assert_eq!(wait_ms("7"), Some(7_000));
        assert_eq!(wait_ms("soon"), None);
        assert_eq!(wait_ms("Fri, 31 Dec 2100 23:59:59 GMT"), Some(RETRY_AFTER_MAX_MS), "nobody waits for a century");
        assert_eq!(wait_ms("18446744073709551615"), Some(RETRY_AFTER_MAX_MS));
    }
}
