//! The local copy of the log: reads, writes and drafts without a server, and brings both sides together when there is one.

mod audit;
mod damage;
mod database;
mod drafts;
mod exchange;
mod fault;
mod fold;
mod heads;
mod home;
mod local;
mod mint;
mod outbox;
mod records;
mod remote;
pub mod request;
mod resolve;
mod search;
#[cfg(test)]
mod simulation;
pub mod snapshot;
mod standing;
pub mod sync;
mod thread;
mod words;

pub use audit::walk;
pub use exchange::Exchanged;
pub use exchange::greet;
pub use fault::Fault;
pub use local::Closed;
pub use local::Config;
pub use local::Mend;
pub use local::NAME;
pub use local::Signatures;
pub use local::Verified;
pub use remote::Remote;
pub use resolve::Resolved;
pub use resolve::resolve;
pub use standing::Claimed;
pub use standing::HistoryAsk;
pub use standing::Lost;
pub use standing::Standing;
pub use thread::Replica;
pub use thread::Requests;
pub use thread::open;
pub use thread::open_mending;
pub use thread::open_repaired;
