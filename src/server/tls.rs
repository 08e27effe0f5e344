//! TLS of the server's own: a certificate and its key from two files, read again when they change or on SIGHUP. Connections that are
//! open keep what they began with; a pair of files that does not fit leaves the one before in place.

use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::time::Duration;
use std::time::SystemTime;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where the certificate chain and its key are, in PEM.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsFiles {
    /// The server's certificate first, then those between it and the root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What new connections are served with.
pub(super) struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
}

/// When both files were last changed, and how long they are.
type Seen = [Option<(SystemTime, u64)>; 2];

impl Tls {
    /// Reads both files.
    ///
    /// # Errors
    /// Which file, what is wrong with it, and what to do.
    pub(super) fn open(files: TlsFiles) -> Result<Self, String> {
        let current = RwLock::new(Arc::new(read(&files)?));
        Ok(Self { files, current })
    }

    /// For one new connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Reads the files again whenever they change or the process is told to (SIGHUP), for ever.
    pub(super) async fn keep_fresh(&self) {
        let mut hangup = signal(SignalKind::hangup()).ok();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = self.look();
        loop {
            let is_told = tokio::select! {
                _ = look.tick() => false,
                Some(()) = async { hangup.as_mut()?.recv().await } => true,
            };
            let now = self.look();
            if is_told || now != seen {
                seen = now;
                self.reload();
            }
        }
    }

    fn look(&self) -> Seen {
        let of = |path: &Path| {
            let file = std::fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        };
        [of(&self.files.certificate), of(&self.files.key)]
    }

    fn reload(&self) {
        match read(&self.files) {
            Ok(new) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
                tracing::info!(certificate = %self.files.certificate.display(), "the certificate was read again");
            }
            // Whoever renews writes one file after the other: between the two they do not fit, and the next look finds them whole.
            Err(why) => tracing::warn!(%why, "the certificate was not taken; the one before goes on"),
        }
    }
}

fn read(files: &TlsFiles) -> Result<ServerConfig, String> {
    let TlsFiles { certificate, key } = files;
    let bad = |path: &Path, why: &dyn std::fmt::Display| {
        format!("{} is not what TLS needs: {why}; give --tls-cert a certificate chain and --tls-key its key, both in PEM", path.display())
    };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|why| bad(certificate, &why))?;
    if chain.is_empty() {
        return Err(bad(certificate, &"it holds no certificate"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|why| bad(key, &why))?;
    let fitting = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private);
    let mut config = fitting.map_err(|why| bad(key, &format!("it does not fit {} ({why})", certificate.display())))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
