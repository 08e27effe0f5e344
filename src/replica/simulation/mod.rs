//! Sync under fire: everything that can go wrong between several devices and several server nodes, from one seed.
//!
//! The devices run the real local copy (SQLite, two processes a home), the real sync machine and the real checks of signed checkpoints; the server
//! nodes ask the real rules and sign the real tree. Network, clocks and time are made here. `WARROOM_SEED=17 cargo test simulation` plays one seed
//! again and tells what happens in it; `WARROOM_SIMULATION_SECONDS=600` goes on through seeds that were never played, for so long, with
//! `WARROOM_SEED=5000` from that one on.

mod converge;
mod device;
pub(super) mod dice;
#[path = "../../../tests/it/failing_disk.rs"]
mod failing_disk;
mod history;
mod keys;
mod log;
mod network;
mod node;
mod past;
mod people;
mod runner;
mod tamper;
mod trouble;
mod world;
