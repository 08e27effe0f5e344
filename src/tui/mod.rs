//! The war room on a terminal: a model, messages that change it, and a view that draws it.
//!
//! Keys become [`Input`](input::Input), everything that can wake the program becomes one `Msg`, `update` answers with
//! effects as data, and `view` draws a frame. Neither does I/O: the [`runtime`] reads the terminal, runs the effects and
//! draws once a batch. This is the only room that names ratatui or crossterm.
//!
//! | for | look in |
//! |---|---|
//! | the loop | `runtime` waits; `msg` woke it; `update` changes the `model`; `effect` is to be done; `timers` wake it again |
//! | a key | `input` reads it, `chord` spells it, `keymap` says what it means where, `keys` who gets it, `verbs` do it (one file a subject) |
//! | a request | `asked` sends it with what it is for, `guard` lets it out or refuses it, `answers` takes what came back |
//! | a frame | `layout` says where, `view` draws `header`, `tabs`, `panes`, `write` and `overlays` with `paint`; `ink` sends what changed |
//! | looks | `theme` and `glyphs` in a `look`; `wardrobe` reads a person's own files, also when they change |
//! | typed text | `edit` (a line, a buffer), `filter` (a line over a list), `write` (the box), `overlays::form`; `verbs::drafts` keeps it |
//! | what others do | `callouts` say it under the header, `calls` ring, `attention` lists what stays, `presence` says who is there |
//! | coming back | `ahead` holds keys until their incident is there, `seen` knows what is new, `reopen` where one was |
//! | what is not shown | `presenting` hides words where a snapshot comes in; read-only is refused in `guard` |
//! | the doors to the machine | `terminal` and `input` to the terminal; `watchdog`, `editor`, `wardrobe` and `runtime` to the rest; nothing else does I/O |

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
pub mod still;
mod tabs;
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

pub use runtime::Wiring;
pub use runtime::run;
pub use verbs::drafts::is_words;
