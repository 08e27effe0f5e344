//! The incidents pane: what is live, by priority, then age. The selected incident is the one in hand everywhere.

pub mod model;
pub mod view;
