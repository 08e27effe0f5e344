//! The roles pane: who holds what and since when, vacancies as loud as the priority, tasks with their time left.

pub mod card;
pub mod model;
pub mod view;
