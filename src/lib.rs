//! warroom

pub mod cli;
pub mod domain;
pub mod drill;
pub mod ledger;
pub mod replica;
pub mod report;
pub mod server;
pub mod store;
pub mod text;
pub mod tui;
pub mod wire;
