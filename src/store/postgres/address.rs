//! What a `postgres://` address says, and what is taken where it is silent.

use crate::store::StoreError;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::BuilderVerifierExt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::config::SslMode;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres_rustls::MakeRustlsConnect;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// After how long a silent peer is asked whether it lives, and given up.
const KEEPALIVE: Duration = Duration::from_secs(5);

/// How to reach the database: its hosts in order, and what TLS proves of them.
pub(super) struct Address {
    /// For people: hosts and database, without who and how.
    pub(super) name: String,
    pub(super) hosts: Vec<Config>,
    pub(super) tls: Option<MakeRustlsConnect>,
}

impl Address {
    /// Reads `postgres://USER@HOST[:PORT],…/DATABASE?sslmode=…&sslrootcert=FILE`. A password that is not in it is taken from
    /// `PGPASSWORD`. `sslmode` is `disable` or `verify-full`; `require` and `verify-ca` mean the latter too, and so does silence,
    /// unless every host is a socket or on loopback.
    ///
    /// # Errors
    /// A sentence, when it cannot be read, or a certificate cannot.
    pub(super) fn read(url: &str) -> Result<Self, StoreError> {
        let refused = |what: String| StoreError::Address { what };
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut sslmode, mut root, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", mode)) => sslmode = Some(mode),
                Some(("sslrootcert", file)) => root = Some(file),
                _ => rest.push(pair),
            }
        }
        let config: Config = format!("{base}?{}", rest.join("&")).parse().map_err(|why: tokio_postgres::Error| refused(words(&why)))?;
        let hosts = one_by_one(&config).map_err(refused)?;
        let is_near = hosts.iter().all(is_near);
        let is_tls = match sslmode {
            None => !is_near,
            Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(other) => {
                let what = format!("sslmode={other} protects nothing for certain; use verify-full with sslrootcert=FILE, or disable");
                return Err(refused(what));
            }
        };
        let tls = if is_tls { Some(MakeRustlsConnect::new(client_config(root)?)) } else { None };
        let mode = if is_tls { SslMode::Require } else { SslMode::Disable };
        let hosts: Vec<_> = hosts.into_iter().map(|mut host| host.ssl_mode(mode).clone()).collect();
        Ok(Self { name: name(&config), hosts, tls })
    }
}

/// A configuration for each host, so that one that hangs costs no more than its own time.
fn one_by_one(config: &Config) -> Result<Vec<Config>, String> {
    let (hosts, ports) = (config.get_hosts(), config.get_ports());
    if hosts.is_empty() {
        return Err("it names no host; expected postgres://USER@HOST/DATABASE".into());
    }
    if ports.len() > 1 && ports.len() != hosts.len() {
        return Err("it names another number of ports than of hosts".into());
    }
    let each = hosts.iter().zip(0..).map(|(host, place)| {
        let mut one = Config::new();
        match host {
            Host::Tcp(name) => one.host(name),
            Host::Unix(folder) => one.host_path(folder),
        };
        if let Some(address) = config.get_hostaddrs().get(place) {
            one.hostaddr(*address);
        }
        one.port(ports.get(place).or(ports.first()).copied().unwrap_or(5432));
        one.user(config.get_user().unwrap_or("warroom")).dbname(config.get_dbname().or(config.get_user()).unwrap_or("warroom"));
        match (config.get_password(), std::env::var_os("PGPASSWORD")) {
            (Some(password), _) => drop(one.password(password)),
            (None, Some(password)) => drop(one.password(std::os::unix::ffi::OsStringExt::into_vec(password))),
            (None, None) => {}
        }
        if let Some(options) = config.get_options() {
            one.options(options);
        }
        one.application_name(config.get_application_name().unwrap_or("warroom"));
        one.connect_timeout(config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT));
        one.keepalives(true)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE)
            .keepalives_retries(2)
            .tcp_user_timeout(2 * KEEPALIVE);
        // A standby takes no events; in a list of hosts the one that does is looked for.
        one.target_session_attrs(TargetSessionAttrs::ReadWrite);
        one
    });
    Ok(each.collect())
}

fn is_near(host: &Config) -> bool {
    host.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    })
}

fn client_config(root: Option<&str>) -> Result<ClientConfig, StoreError> {
    let refused = |what: String| StoreError::Address { what };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|why| refused(format!("TLS cannot be had here: {why}")))?;
    let Some(root) = root else {
        let verified = builder.with_platform_verifier().map_err(|why| refused(format!("this machine trusts no certificates: {why}")))?;
        return Ok(verified.with_no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    let unreadable = |why: &dyn std::fmt::Display| refused(format!("sslrootcert={root} cannot be read: {why}"));
    for certificate in CertificateDer::pem_file_iter(Path::new(root)).map_err(|why| unreadable(&why))? {
        roots.add(certificate.map_err(|why| unreadable(&why))?).map_err(|why| unreadable(&why))?;
    }
    if roots.is_empty() {
        return Err(unreadable(&"it holds no certificate"));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn name(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().zip(0..).map(|(host, place)| {
        let port = ports.get(place).or(ports.first()).map_or(String::new(), |port| format!(":{port}"));
        match host {
            Host::Tcp(name) => format!("{name}{port}"),
            Host::Unix(folder) => format!("{}{port}", folder.display()),
        }
    });
    format!("postgres://{}/{}", hosts.collect::<Vec<_>>().join(","), config.get_dbname().unwrap_or_default())
}

/// What the driver says, with its cause.
pub(super) fn words(why: &tokio_postgres::Error) -> String {
    if let Some(said) = why.as_db_error() {
        return said.message().to_owned();
    }
    let mut words = why.to_string();
    let mut cause = std::error::Error::source(why);
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = inner.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<(String, usize, bool), String> {
        let address = Address::read(url).map_err(|why| why.to_string())?;
        Ok((address.name, address.hosts.len(), address.tls.is_some()))
    }

    #[test]
    fn silence_means_tls_unless_it_stays_on_this_machine() {
        assert_eq!(read("postgres://ana:secret@db.example/log").unwrap(), ("postgres://db.example:5432/log".into(), 1, true));
        assert!(!read("postgres://ana@127.0.0.1:5433/log").unwrap().2);
        assert!(!read("postgres:///log?host=/run/postgresql").unwrap().2);
        assert!(!read("postgres://ana@db.example/log?sslmode=disable").unwrap().2);
        let (name, hosts, tls) = read("postgresql://ana@localhost:1,db.example:2/log?target_session_attrs=any").unwrap();
        assert_eq!((name.as_str(), hosts, tls), ("postgres://localhost:1,db.example:2/log", 2, true));
    }

    #[test]
    fn what_cannot_protect_is_refused_in_words() {
        for (url, expected) in [
            ("postgres://ana@db.example/log?sslmode=prefer", "sslmode=prefer protects nothing"),
            ("postgres://ana@db.example/log?sslmode=require&sslrootcert=/no/such.pem", "sslrootcert=/no/such.pem cannot be read"),
            ("postgres:///log", "names no host"),
            ("postgres://ana@db.example/log?sslmod=disable", "sslmod"),
        ] {
            let why = read(url).expect_err(url);
            assert!(why.contains(expected) && !why.contains("secret"), "{url}: {why}");
        }
    }
}
