//! The PostgreSQL clusters of the tests, where it is installed.

// A bench needs only a part of what tests do with them.
#[allow(dead_code)]
#[path = "../../tests/it/stage/postgres.rs"]
pub mod postgres;

/// A log as an organisation has it after a long time.
#[allow(dead_code)]
#[path = "../../tests/it/stage/past.rs"]
pub mod past;

/// A server on a database, with a key that goes with the process.
pub fn config(database: &str) -> warroom::server::Config {
    static KEYS: std::sync::LazyLock<tempfile::TempDir> = std::sync::LazyLock::new(|| tempfile::tempdir().expect("a folder"));
    let key_file = Some(KEYS.path().join("server.key"));
    warroom::server::Config { key_file, ..warroom::server::Config::new("127.0.0.1:0", database) }
}

/// A token of ana's for a server on a database.
pub fn token(database: &str, scope: warroom::domain::Scope) -> String {
    let person = Some("ana".into());
    let new = warroom::server::NewToken { name: "bench".into(), scope, person, expires_at: None };
    warroom::server::create_token(database, new).expect("a token")
}

/// Looks until there is something to see.
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    let looks = std::iter::repeat_with(look).inspect(|_| std::thread::sleep(std::time::Duration::from_millis(50)));
    looks.take(800).flatten().next().unwrap_or_else(|| panic!("never came: {what}"))
}

/// What an incident table looked like in a year.
#[path = "../../tests/it/stage/audit_log.rs"]
pub mod audit_log;
