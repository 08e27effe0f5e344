//! What crosses the network: bodies, problems, and the built-in settings both ends start from.

mod exchange;
mod history;
mod org;
mod presence;
mod problem;
mod proofs;

pub use exchange::EventsPage;
pub use exchange::Head;
pub use exchange::Me;
pub use exchange::Outcome;
pub use exchange::OutcomeWord;
pub use exchange::Pair;
pub use exchange::Push;
pub use exchange::Pushed;
pub use history::Base;
pub use history::HeadsPage;
pub use org::OrgBody;
pub use org::builtin_org;
pub use org::read_matrix;
pub use org::read_people;
pub use org::read_roles;
pub use org::read_services;
pub use presence::PRESENCE_LASTS_SECONDS;
pub use presence::PresenceNews;
pub use presence::PresenceOf;
pub use presence::PresenceReport;
pub use problem::Problem;
pub use proofs::ConsistencyProof;
pub use proofs::InclusionProof;
pub use proofs::Witness;
pub use proofs::Witnessed;

/// The version of what is spoken here; a newer server says so in `/v1/me`.
pub const PROTOCOL: u32 = 1;
/// The most events in one push.
pub const PUSH_MAX_EVENTS: usize = 500;
/// The most bytes in one push.
pub const PUSH_MAX_BYTES: usize = 4 * 1024 * 1024;
/// The most records in one page.
pub const PAGE_MAX_RECORDS: usize = 1000;
/// The most records that are asked for by their places.
pub const ONLY_MAX_RECORDS: usize = 500;
/// The most heads in one page.
pub const HEADS_MAX: usize = 1000;
/// How often a stream shows that it lives, in seconds.
pub const HEARTBEAT_SECONDS: u64 = 15;
