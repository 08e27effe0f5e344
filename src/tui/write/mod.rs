//! The write box: one text for one incident, from the first key to the durable line.
//!
//! To embed it: make a [`WriteBox`] (`new`, `amend` or `restore` from a [`DraftState`]), tell it its width (`set_width`)
//! whenever the layout changes, feed every key and paste to [`update()`] while it has the hands, do what the
//! [`WriteEffect`]s say, and draw it with [`view()`] (it answers where the cursor goes) in a height of [`height`].
//!
//! Promises: it is bound to its incident, nothing moves it. Only typed marks are marks. After `Submit` the text stays,
//! locked, until `Recorded` or `Refused` comes back, and what is typed meanwhile is not lost: after `Recorded` a box for
//! entries is empty and open again and takes those keys; every other box answers `Closed` with them. `DraftChanged`
//! carries nothing, so that a key costs the same in a long text: call [`WriteBox::draft`] when the draft is journalled.
//!
//! Absent by intent: I/O, and a clock (`now_ms` is the server-corrected time).

mod click;
mod complete;
mod keys;
mod layout;
mod mark;
mod model;
mod msg;
mod popup;
mod recall;
mod update;
mod view;

pub use click::click;
pub use complete::Topic;
pub use complete::Word;
pub use model::DraftState;
pub use model::Earlier;
pub use model::Here;
pub use model::Phase;
pub use model::Purpose;
pub use model::Stamp;
pub use model::Target;
pub use model::Vocabulary;
pub use model::WriteBox;
pub use msg::Submission;
pub use msg::WriteEffect;
pub use msg::WriteInput;
pub use popup::popup;
pub use update::update;
pub use view::ROWS_MIN;
pub use view::height;
pub use view::view;

#[cfg(test)]
mod tests;
