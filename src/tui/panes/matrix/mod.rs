//! The matrix pane: every open incident on impact × urgency, how a priority moved, and the form that says how bad one is.

pub mod assess;
pub mod board;
pub mod chart;
pub mod grid;
pub mod keys;
pub mod left;
pub mod model;
pub mod view;
