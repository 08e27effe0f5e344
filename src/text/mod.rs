//! Words made fit to be shown: the one door between text from outside and a terminal or a document.
//!
//! * [`Safe`]: text with everything taken out that could move a cursor, reorder a line or hide from a reader. What is
//!   shown of the outside world has passed through it; the exact bytes stay in the log.
//! * [`width`] and [`wrap`]: cells on a screen, counted by grapheme cluster exactly as ratatui counts them.
//! * [`clock`] and [`span`]: points in time and stretches of time in the words of the screens; [`moment`] reads them back.
//! * [`mention`]: names in running text: the people it speaks to, the components it names.
//! * [`money`]: amounts as people type them, and as a screen says them.
//! * [`diff`]: two texts compared word by word, and three made one.
//! * [`glyphs`]: the product's own signs for terminals that only have ASCII.
//!
//! Absent by intent: a clock (`now` is an argument), I/O, colours, and every other room. Times are `i64` milliseconds
//! since the Unix epoch, UTC; zones are `chrono_tz::Tz`.

pub mod clock;
pub mod diff;
mod escape;
pub mod glyphs;
pub mod mention;
pub mod moment;
pub mod money;
mod safe;
pub mod span;
pub mod width;
pub mod wrap;

pub use escape::acts_or_hides;
pub use moment::TimeError;
pub use safe::Safe;
