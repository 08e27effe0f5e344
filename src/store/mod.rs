//! The server's side of the log on disk. `LogStore` is what the appender needs, `LogReader` what everyone else may ask, and `sqlite`
//! keeps both in one file. What lies here is bytes, hashes and tokens; what an event means is decided elsewhere.
//!
//! - `log_store`: the two traits and the plain data that crosses them
//! - `token`: tokens as they are kept, by their hash
//! - `error`: what can go wrong, in sentences
//! - `sqlite`: the embedded database (`open`, `migrate`, `backup`, `append`, `read`, `tokens`, `head_file`, `verify`)

mod error;
mod log_store;
mod sqlite;
mod token;

pub use error::StoreError;
pub use log_store::Answer;
pub use log_store::AnswerKey;
pub use log_store::Head;
pub use log_store::Known;
pub use log_store::Locked;
pub use log_store::LogReader;
pub use log_store::LogStore;
pub use log_store::NewRecord;
pub use log_store::Plan;
pub use log_store::RawBody;
pub use log_store::Stored;
pub use log_store::Write;
pub use sqlite::Restored;
pub use sqlite::SqliteStore;
pub use sqlite::accept_restored;
pub use sqlite::backup;
pub use sqlite::create_token;
pub use sqlite::list_tokens;
pub use sqlite::restore;
pub use sqlite::revoke_token;
pub use token::TOKEN_PREFIX;
pub use token::Token;
pub use token::TokenHash;
