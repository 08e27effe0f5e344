//! What was typed before the incident it is about was there: held in its order, and done once it is.
//!
//! The first frame is drawn from the heads of incidents; the one in hand follows in full a moment later. A key that needs it is not refused
//! meanwhile, and not lost.

use std::collections::VecDeque;

use crate::domain::IncidentId;
use crate::tui::chord::Chord;
use crate::tui::chord::Key;
use crate::tui::effect::Effect;
use crate::tui::input::Input;
use crate::tui::keys;
use crate::tui::model::Model;
use crate::tui::mouse;
use crate::tui::seen;

/// An incident that takes longer is not waited for any more.
const PATIENCE_MS: u64 = 5_000;

/// What is held, and for which incident.
#[derive(Debug, Default)]
pub struct Ahead {
    /// Asked for, and not here in full yet.
    coming: Option<IncidentId>,
    held: VecDeque<Input>,
    /// A verb looked for the incident in hand and did not find it.
    is_missed: bool,
    /// When holding ends, on the monotonic clock.
    pub due_ms: Option<u64>,
}

impl Ahead {
    /// Whether keys wait.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }
}

/// An incident was asked for, or the one in hand is there.
pub fn comes(model: &mut Model, id: Option<IncidentId>) {
    model.ahead.coming = id;
}

/// The incident in hand was needed and is not there.
pub fn missed(model: &mut Model) {
    model.ahead.is_missed = true;
}

/// Takes what was typed: at once, or once the incident in hand is there.
pub fn typed(model: &mut Model, input: Input) -> Vec<Effect> {
    if !model.ahead.held.is_empty() {
        model.ahead.held.push_back(input);
        return Vec::new();
    }
    model.ahead.is_missed = false;
    // A box left open by the last run takes words at once; what is done with them has to know the incident.
    let submits =
        matches!(input, Input::Key(Chord { key: Key::Enter | Key::Up, .. })) && model.write.is_some() && model.overlays.is_empty();
    let effects = match &input {
        Input::Key(_) if submits && is_coming(model) => {
            missed(model);
            Vec::new()
        }
        Input::Key(chord) => {
            let effects = keys::key(model, *chord);
            seen::looked(model);
            effects
        }
        Input::Paste(text) => keys::paste(model, text),
        Input::Mouse(touch) => mouse::touched(model, *touch),
        Input::Resize(..) => Vec::new(),
    };
    if model.ahead.is_missed && is_coming(model) {
        model.notice = None;
        model.ahead.held.push_back(input);
        model.ahead.due_ms = Some(model.moment.mono_ms + PATIENCE_MS);
    }
    effects
}

/// Does what was held, where nothing keeps it any more; called after every message.
pub fn resume(model: &mut Model) -> Vec<Effect> {
    if model.ahead.held.is_empty() || is_coming(model) {
        return Vec::new();
    }
    model.ahead.due_ms = None;
    let held = std::mem::take(&mut model.ahead.held);
    held.into_iter().flat_map(|input| typed(model, input)).collect()
}

/// The incident does not come: what was typed for it is not done to another.
pub fn give_up(model: &mut Model, why: &str) {
    let keys = std::mem::take(&mut model.ahead.held).len();
    (model.ahead.coming, model.ahead.due_ms) = (None, None);
    let lost = if keys > 0 { "; what was typed for it was not done" } else { "" };
    model.say_no(format!("{why}{lost}"));
}

fn is_coming(model: &Model) -> bool {
    model.ahead.coming.is_some() && model.ahead.coming == model.in_hand && model.current().is_none()
}
