//! The war room on a terminal: a model, messages that change it, and a view that draws it.
//!
//! Keys become [`Input`](input::Input), everything that can wake the program becomes one `Msg`, `update` answers with
//! effects as data, and `view` draws a frame. Neither does I/O: the [`runtime`] reads the terminal, runs the effects and
//! draws once a batch. This is the only room that names ratatui or crossterm.

pub mod ahead;
mod answers;
mod asked;
mod attention;
pub mod callouts;
pub mod calls;
pub mod chord;
pub mod clipboard;
pub mod clockface;
pub mod colour;
pub mod custom;
pub mod edit;
mod editor;
pub mod effect;
pub mod filter;
mod fuzzy;
pub mod glyphs;
mod guard;
pub mod header;
pub mod ink;
pub mod input;
pub mod keymap;
mod keys;
pub mod layout;
pub mod look;
pub mod model;
pub mod mouse;
pub mod msg;
pub mod overlays;
pub mod paint;
pub mod panes;
pub mod presence;
pub mod presenting;
pub mod prose;
mod reopen;
pub mod runtime;
mod scroll;
mod seen;
pub mod terminal;
pub mod theme;
pub mod timers;
pub mod update;
mod verbs;
pub mod view;
pub mod wardrobe;
pub mod watchdog;
mod words;
pub mod write;

pub use header::title as window_title;
pub use reopen::KEY as VIEW_KEY;
pub use runtime::Wiring;
pub use runtime::run;
pub use verbs::views::KEY as VIEWS_KEY;
