//! The timeline pane: what happened, newest at the bottom, followed unless one scrolls.

pub mod detail;
pub mod head;
pub mod history;
pub mod model;
pub mod news;
pub mod row;
pub mod sieve;
pub mod spark;
pub mod update;
pub mod view;
pub mod window;
