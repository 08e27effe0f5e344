//! `warroom serve`: the API server in this process, until a signal ends it.

use crate::cli::database;
use crate::cli::descriptors;
use crate::cli::failure::Failure;
use crate::cli::failure::io_words;
use crate::cli::home;
use crate::cli::logging;
use crate::cli::logging::Shape;
use crate::cli::session::Session;
use crate::server;
use crate::server::StartError;
use crate::store::Database;
use clap::Args;
use serde_json::json;
use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;

/// Where a server listens if nothing else is said.
pub const LISTEN: &str = "127.0.0.1:7766";

/// Far more than a few secrets.
const SECRETS_MAX_BYTES: u64 = 64 * 1024;

/// Run the server.
#[derive(Args, Debug)]
pub struct Serve {
    /// Host and port; port 0 picks a free one [default: 127.0.0.1:7766]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Where the log is kept: sqlite:PATH or postgres://USER@HOST/DATABASE [default: server.db in the home folder]
    #[arg(long, value_name = "DB", env = "WARROOM_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// The key that signs the log, made at the first start [default: server.key in the home folder]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Replace that key by a new one, for which the old one vouches; then serve
    #[arg(long)]
    new_key: bool,
    /// The certificate chain for TLS, in PEM; read again when it changes, or on SIGHUP
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy in front ends TLS, so plain HTTP off loopback is meant
    #[arg(long)]
    behind_proxy: bool,
    /// How the log on stderr is written [default: text]
    #[arg(long, value_name = "SHAPE")]
    log: Option<Shape>,
    /// The database was restored from an older copy on purpose: begin a new epoch and tell every replica
    #[arg(long)]
    accept_restored: bool,
}

impl Serve {
    pub(super) fn run(self, session: &Session) -> Result<(), Failure> {
        let configured = session.config.serve.clone().unwrap_or_default();
        let shape = self.log.or(configured.log).unwrap_or_default();
        logging::to_stderr(session.global.verbose, shape);
        let database = database::named(session, self.database.as_deref())?;
        if let (Ok(root), Database::Sqlite(path)) = (session.root(), &database)
            && path.parent() == Some(&root)
        {
            home::make_private(&root)?;
        }
        let listen = self.listen.or(configured.listen).unwrap_or_else(|| LISTEN.into());
        let mut config = server::Config::new(listen, database.address());
        config.behind_proxy = self.behind_proxy || configured.behind_proxy.unwrap_or(false);
        config.tls = match (self.tls_cert.or(configured.tls_cert), self.tls_key.or(configured.tls_key)) {
            (Some(certificate), Some(key)) => Some(server::TlsFiles { certificate, key }),
            (None, None) => None,
            _ => return Err(Failure::Usage("TLS needs both a certificate and its key: `tls_cert` and `tls_key`".into())),
        };
        for (source, path) in &configured.webhook_secrets {
            config
                .webhook_secrets
                .require(source.name(), &secrets_in(path)?)
                .map_err(|why| Failure::Usage(format!("{}: {why}", path.display())))?;
        }
        let limits = &mut config.limits;
        limits.connections = configured.connections.unwrap_or(limits.connections);
        limits.connections_of_address = configured.connections_of_address.unwrap_or(limits.connections_of_address);
        descriptors::make_room(&mut limits.connections);
        config.accept_restored = self.accept_restored;
        config.new_key = self.new_key;
        config.key_file =
            Some(self.key_file.or(configured.key_file).map_or_else(|| session.root().map(|root| root.join("server.key")), Ok)?);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|why| Failure::Failed(format!("this machine gives no threads to work with: {}", io_words(&why))))?;
        let said = RefCell::new(Ok(()));
        let served = runtime.block_on(server::serve_until_signal(config, |running| {
            let (url, key) = (running.url(), running.key.fingerprint());
            *said.borrow_mut() = if session.output.json {
                session.output.object(&json!({"listening": url, "database": database.to_string(), "key": key}))
            } else {
                match shape {
                    Shape::Text => session.output.note(&format!("signs its record with the key {key}; people who connect compare it")),
                    // Whoever reads stderr reads objects alone.
                    Shape::Json => tracing::info!(key, "signs its record with this key; people who connect compare it"),
                }
                session.output.line(format!("listening on {url}"))
            };
        }));
        served.map_err(failure)?;
        said.into_inner()
    }
}

/// The lines of a file that only its owner and group may read.
fn secrets_in(path: &Path) -> Result<String, Failure> {
    let failed = |why: std::io::Error| Failure::of_file(path, "read", &why);
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.mode() & 0o007 != 0 {
        let name = path.display();
        return Err(Failure::Usage(format!("everybody on this machine can read the secret in {name}; make it private: chmod 640 {name}")));
    }
    std::io::read_to_string(file.take(SECRETS_MAX_BYTES)).map_err(failed)
}

/// Why a server does not start, with its exit code.
pub fn failure(why: StartError) -> Failure {
    match why {
        StartError::Store(store) => database::failure(store),
        StartError::Config(words) => Failure::Usage(words),
        StartError::PlainHttp(_) => Failure::Usage(why.to_string()),
        StartError::Listen { address, source } => {
            let what = format!("cannot listen on {address}: {}", io_words(&source));
            Failure::Failed(format!("{what}; stop what uses that address, or name another with --listen"))
        }
        StartError::System(_) => Failure::Failed(why.to_string()),
    }
}
