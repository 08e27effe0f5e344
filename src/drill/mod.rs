//! Drills: a scenario of an incident, written down as data, played into a real server by whoever drives it.
//!
//! [`Scenario::read`] reads a file (errors name file, line and what is expected), [`schedule()`] turns it into timed steps for
//! a seed and a speed, and [`Names`] turns each step into a command of the domain or the body of an alert once the ids of
//! what came before are known.
//!
//! Absent by intent: clock, randomness (a seed is an argument), I/O, HTTP. The one who plays decides each command on a
//! board of their own (`Board::decide`), pushes the events as the step's person, posts the alerts as a real sender would,
//! and tells [`Names`] what came of it. Everything a drill declares is marked a drill; its alerts carry the label
//! `drill = "true"`, and all alerts of one incident share one group.

mod alert;
mod names;
mod read;
mod rows;
mod scenario;
mod schedule;

pub use alert::AlertStep;
pub use names::Deed;
pub use names::Names;
pub use names::UnknownName;
pub use read::ScenarioError;
pub use scenario::Act;
pub use scenario::Cast;
pub use scenario::SHIPPED;
pub use scenario::Scenario;
pub use scenario::Step;
pub use schedule::Timed;
pub use schedule::schedule;
