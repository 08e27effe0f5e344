//! The timeline pane: what happened, newest at the bottom, followed unless one scrolls.

pub mod model;
pub mod row;
pub mod update;
pub mod view;
pub mod window;
