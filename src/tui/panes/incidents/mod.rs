//! The incidents pane: what is live, by priority, then age. The selected incident is the one in hand everywhere.

pub mod columns;
pub mod lay;
pub mod model;
pub mod news;
pub mod row;
pub mod sort;
pub mod view;
pub mod views;
