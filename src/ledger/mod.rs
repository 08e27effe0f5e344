//! The bytes: how an event and its record are written once, read, hashed, chained into a Merkle tree, signed and proved. Pure.
//!
//! - `event_bytes`, `shape`, `record`: what is written once, and what it must be
//! - `tree`, `proof`: the tree over the records (RFC 6962), and what is proved by it
//! - `audit`, `evidence`: checking a whole log, and an incident by itself, against what was signed
//! - `key`, `note`, `checkpoint`, `position`, `succession`: the server's signature under where its log stands (C2SP)

pub mod audit;
mod checkpoint;
mod event_bytes;
mod evidence;
mod key;
mod note;
mod position;
pub mod proof;
mod record;
mod shape;
pub mod succession;
mod tree;

pub use checkpoint::Checkpoint;
pub use checkpoint::Unsigned;
pub use event_bytes::EVENT_MAX_BYTES;
pub use event_bytes::EventBytes;
pub use event_bytes::Malformed;
pub use evidence::Evidence;
pub use evidence::Exhibit;
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
pub use tree::sha256;
pub use tree::sha256_hex;
