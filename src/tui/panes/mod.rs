//! The four panes, each with its own model, update and view.

pub mod incidents;
pub mod matrix;
pub mod roster;
pub mod timeline;
