//! What a server is started with.

use crate::domain::Org;
use crate::server::intake::WebhookSecrets;
use crate::server::tls::TlsFiles;
use crate::store::Database;
use crate::wire::HEARTBEAT_SECONDS;
use crate::wire::builtin_org;
use std::path::PathBuf;
use std::time::Duration;

/// How to serve.
#[derive(Clone, Debug)]
pub struct Config {
    /// Host and port, `127.0.0.1:7766`; port 0 picks a free one.
    pub listen: String,
    /// `sqlite:PATH` or `postgres://…`.
    pub database: String,
    /// A proxy in front terminates TLS, so plain HTTP off loopback is meant, and a peer on loopback is the proxy.
    pub behind_proxy: bool,
    /// TLS of the server's own; without it only this machine, or a proxy, is served.
    pub tls: Option<TlsFiles>,
    /// Accept that the database was restored from an older copy, and begin a new epoch.
    pub accept_restored: bool,
    /// The file of the key that signs the log; made at the first start. By default `server.key` beside an SQLite database.
    pub key_file: Option<PathBuf>,
    /// Replace the key by a new one, which the old one signs.
    pub new_key: bool,
    /// The settings that hold until some are published into the log.
    pub org: Org,
    /// What the bodies of webhooks are signed with.
    pub webhook_secrets: WebhookSecrets,
    /// What nobody may exceed.
    pub limits: Limits,
}

/// What nobody may exceed. The defaults let every honest client through.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections.
    pub connections: usize,
    /// Open connections of one address, or of one /64 network of IPv6. Behind a proxy it does not count.
    pub connections_of_address: usize,
    /// How long the head of a request may take, and how long an idle connection is kept.
    pub header_timeout: Duration,
    /// How long a body may send nothing, and a reader take nothing.
    pub stall_timeout: Duration,
    /// The slowest a body may come in, and an answer be taken, in bytes a second, measured after `stall_timeout`.
    pub body_rate_min: u64,
    /// All bodies being read or waiting to be written, in bytes.
    pub bodies_bytes: usize,
    /// Requests a second of one token, in the long run.
    pub requests_per_second: u32,
    /// Requests of one token at once.
    pub requests_burst: u32,
    /// Requests a second of one address, in the long run.
    pub address_requests_per_second: u32,
    /// Requests of one address at once.
    pub address_requests_burst: u32,
    /// Requests waiting for the log.
    pub queue: usize,
    /// Records kept in memory for streams.
    pub tail_records: usize,
    /// How often a stream shows that it lives.
    pub heartbeat: Duration,
    /// How long those in flight may take to finish at the end.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_of_address: 1024,
            header_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(10),
            body_rate_min: 8 * 1024,
            bodies_bytes: 256 * 1024 * 1024,
            requests_per_second: 20_000,
            requests_burst: 40_000,
            address_requests_per_second: 40_000,
            address_requests_burst: 80_000,
            queue: 4096,
            tail_records: 16_384,
            heartbeat: Duration::from_secs(HEARTBEAT_SECONDS),
            shutdown: Duration::from_secs(3),
        }
    }
}

impl Config {
    /// The defaults, on a database.
    pub fn new(listen: impl Into<String>, database: impl Into<String>) -> Self {
        Self {
            listen: listen.into(),
            database: database.into(),
            behind_proxy: false,
            tls: None,
            accept_restored: false,
            key_file: None,
            new_key: false,
            org: builtin_org(),
            webhook_secrets: WebhookSecrets::default(),
            limits: Limits::default(),
        }
    }
}

/// Where the server's key lies.
///
/// # Errors
/// A sentence, when nobody said it and the database is not a file.
pub(super) fn key_path(config: &Config) -> Result<PathBuf, String> {
    match &config.key_file {
        Some(path) => Ok(path.clone()),
        None => match config.database.parse()? {
            Database::Sqlite(path) => Ok(path.with_file_name("server.key")),
            Database::Postgres(_) => Err("name the key that all servers of this database share, with --key-file".into()),
        },
    }
}
