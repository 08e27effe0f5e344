//! The bytes: how an event and its record are written once, read, hashed, chained into a Merkle tree, signed and proved. Pure.
//!
//! - `event_bytes`, `shape`, `record`: what is written once, and what it must be
//! - `tree`, `proof`: the tree over the records (RFC 6962), and what is proved by it
//! - `key`, `note`, `checkpoint`, `position`: the server's signature under where its log stands (C2SP)

mod checkpoint;
mod event_bytes;
mod key;
mod note;
mod position;
pub mod proof;
mod record;
mod shape;
mod tree;

pub use checkpoint::Checkpoint;
pub use checkpoint::Unsigned;
pub use event_bytes::EVENT_MAX_BYTES;
pub use event_bytes::EventBytes;
pub use event_bytes::Malformed;
pub use key::PublicKey;
pub use key::SecretKey;
pub use note::note_text;
pub use note::open_note;
pub use note::sign_note;
pub use position::Position;
pub use record::Record;
pub use record::RecordBytes;
pub use shape::DEPTH_MAX;
pub use shape::check_shape;
pub use tree::Frontier;
pub use tree::Hash;
pub use tree::leaf_hash;
pub use tree::sha256_hex;
