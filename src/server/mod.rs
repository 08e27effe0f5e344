//! The API server: one appender thread owns the log and the board, everything else asks it or reads what it has published.
//!
//! ```text
//!  HTTP ─ listen ─ connection ─▶ router ─▶ gate (token, policy, rate) ─▶ one file per resource
//!                                        │ jobs                          ▲ reads
//!                                        ▼                               │
//!                                    appender ── batch ──▶ LogStore    shelf (board)   tail (new records) ─▶ stream
//! ```
//!
//! - `config`, `running`, `listen`, `places`, `connection`, `tls`, `guard`: start and stop, connections and their limits
//! - `router`, `description`, `gate`, `policy`, `tokens`, `token_book`, `rate`, `addresses`: who may do what, and how often
//! - `appender`, `batch`, `fold`, `heads`, `job`, `shelf`, `tail`, `health`, `figures`: the one writer, and what it publishes after each commit
//! - `recheck`: what lies on the disk, read once behind everything else
//! - `shown`: records as they go to one reader, without the events of what they may not see
//! - `key_file`, `proofs`: what the server signs, and what it proves by that
//! - `events`, `history`, `stream`, `presence`, `incidents`, `plain`, `me`, `vitals`: one file per resource; `body`, `query`, `failure`: how they read and refuse
//! - `intake`: alerts, one file per source
//!
//! What is absent: nobody but the appender writes records, no handler holds a lock while it waits, and nothing is answered before
//! it is on disk.

mod addresses;
mod appender;
mod batch;
mod body;
mod clock;
mod config;
mod connection;
mod description;
mod events;
mod failure;
mod figures;
mod fold;
mod gate;
mod guard;
mod heads;
mod health;
mod history;
mod incidents;
mod intake;
mod job;
mod key_file;
mod listen;
mod me;
mod one_key;
mod places;
mod plain;
mod policy;
mod position;
mod presence;
mod proofs;
mod query;
mod rate;
mod recheck;
mod router;
mod running;
mod shelf;
mod shown;
mod state;
mod stream;
mod tail;
mod tls;
mod token_book;
mod tokens;
mod vitals;

pub use config::Config;
pub use config::Limits;
pub use intake::WebhookSecrets;
pub use running::Running;
pub use running::StartError;
pub use running::serve_until_signal;
pub use running::start;
pub use running::start_on;
pub use tls::TlsFiles;
pub use tokens::NewToken;
pub use tokens::create_token;
pub use tokens::list_tokens;
pub use tokens::revoke_token;
