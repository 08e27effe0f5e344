//! warroom: a terminal war room for incident commanders.

pub mod cli;
pub mod domain;
pub mod drill;
pub mod ledger;
pub mod replica;
pub mod report;
pub mod server;
pub mod store;
pub mod text;
pub mod tui;
pub mod wire;

/// Chooses the cryptography that TLS uses. Called first thing in `main`, and in every test that builds an HTTP client; calling it again is harmless.
pub fn install_crypto() {
    // An error only says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
