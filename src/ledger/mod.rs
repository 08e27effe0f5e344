//! The bytes: how an event and its record are written once, read, hashed, and chained into a Merkle tree. Pure.

mod event_bytes;
mod position;
mod record;
mod shape;
mod tree;

pub use event_bytes::EVENT_MAX_BYTES;
pub use event_bytes::EventBytes;
pub use event_bytes::Malformed;
pub use position::Position;
pub use record::Record;
pub use record::RecordBytes;
pub use shape::DEPTH_MAX;
pub use shape::check_shape;
pub use tree::Frontier;
pub use tree::Hash;
pub use tree::leaf_hash;
pub use tree::sha256_hex;
