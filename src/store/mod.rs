//! The server's side of the log on disk. `LogStore` is what the appender needs, `LogReader` what everyone else may ask; `sqlite` keeps
//! both in one file for one server, `postgres` in a database for several. What lies here is bytes, hashes and tokens; what an event
//! means is decided elsewhere.
//!
//! - `log_store`: the two traits and the plain data that crosses them
//! - `token`: tokens as they are kept, by their hash
//! - `audit`: the log as a whole walk wants it
//! - `error`: what can go wrong, in sentences
//! - `database`: which of the two, by its address
//! - `sqlite`: the embedded database (`open`, `migrate`, `backup`, `append`, `read`, `tokens`, `head_file`, `verify`)
//! - `postgres`: PostgreSQL (`address`, `link`, `open`, `append`, `read`, `tokens`, `listen`)

mod audit;
mod database;
mod error;
mod log_store;
mod postgres;
mod sqlite;
mod token;

pub use audit::audit_rows;
pub use database::Database;
pub use error::StoreError;
pub use log_store::Answer;
pub use log_store::AnswerKey;
pub use log_store::Ask;
pub use log_store::CHECKPOINT_EVERY;
pub use log_store::Follow;
pub use log_store::Head;
pub use log_store::KeptHead;
pub use log_store::KeptHeads;
pub use log_store::Known;
pub use log_store::Locked;
pub use log_store::LogReader;
pub use log_store::LogStore;
pub use log_store::NewRecord;
pub use log_store::Plan;
pub use log_store::RawBody;
pub use log_store::Redaction;
pub use log_store::Room;
pub use log_store::Stored;
pub use log_store::Wake;
pub use log_store::Write;
pub use postgres::PostgresStore;
pub use sqlite::Restored;
pub use sqlite::SqliteStore;
pub use sqlite::backup;
pub use sqlite::restore;
pub use token::TOKEN_PREFIX;
pub use token::Token;
pub use token::TokenHash;
