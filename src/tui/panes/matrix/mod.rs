//! The matrix pane: every open incident on impact × urgency, and the form that says how bad one is.

pub mod assess;
pub mod model;
pub mod view;
