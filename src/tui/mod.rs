//! The war room on a terminal: a model, messages that change it, and a view that draws it.
//!
//! Keys become [`Input`](input::Input), everything that can wake the program becomes one `Msg`, `update` answers with
//! effects as data, and `view` draws a frame. Neither does I/O: the [`runtime`] reads the terminal, runs the effects and
//! draws once a batch. This is the only room that names ratatui or crossterm.

pub mod chord;
pub mod colour;
pub mod edit;
pub mod glyphs;
pub mod input;
pub mod keymap;
pub mod paint;
pub mod terminal;
pub mod theme;
pub mod watchdog;
pub mod write;
