//! The local copy of the log: reads, writes and drafts without a server, and brings both sides together when there is one.

pub mod request;
pub mod snapshot;
