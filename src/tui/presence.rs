//! Who is there: what is known of others as words beside a name, and what the server is told of the person here.

use crate::domain::IncidentId;
use crate::domain::Person;
use crate::domain::Timestamp;
use crate::replica::request::Request;
use crate::replica::snapshot::Presence;
use crate::replica::snapshot::Snapshot;
use crate::text::span;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::theme::Tone;

/// Hands that were still for longer are called quiet.
const QUIET_MS: i64 = 2 * 60_000;
/// Whoever left longer ago left on another shift: the hour alone would mislead.
const AWAY_MAX_MS: i64 = 12 * 3_600_000;

/// `here`, `writing`, `in INC-41`, `quiet 12 min` or `away since 14:02`, as `about` is what one looks at; nothing where it is not known. `clock` writes a time.
pub fn words(
    snapshot: &Snapshot,
    person: &Person,
    about: IncidentId,
    now: Timestamp,
    clock: impl Fn(Timestamp) -> String,
) -> Option<(String, Tone)> {
    let seen = snapshot.presence.get(person)?;
    if let Some(left_at) = seen.left_at {
        let is_today = now.since_ms(left_at) < AWAY_MAX_MS;
        return Some((if is_today { format!("away since {}", clock(left_at)) } else { "away".into() }, Tone::Dim));
    }
    let still_ms = now.since_ms(seen.last_key_at);
    Some(match seen.incident {
        _ if still_ms >= QUIET_MS => (format!("quiet {}", span::words(still_ms)), Tone::Warn),
        Some(incident) if incident == about => (if seen.is_writing { "writing" } else { "here" }.into(), Tone::Good),
        // An incident that is not held here has no code to say.
        Some(incident) => {
            (snapshot.headers.get(&incident).map_or("elsewhere".into(), |header| format!("in {}", header.code_text())), Tone::Dim)
        }
        None => ("online".into(), Tone::Dim),
    })
}

/// Who else has this incident in hand with their hands on the keys, by name.
pub fn others(snapshot: &Snapshot, incident: IncidentId, now: Timestamp) -> impl Iterator<Item = (&Person, &Presence)> {
    let is_here =
        move |seen: &Presence| seen.left_at.is_none() && seen.incident == Some(incident) && now.since_ms(seen.last_key_at) < QUIET_MS;
    snapshot.presence.iter().filter(move |(person, seen)| **person != snapshot.me.person && is_here(seen))
}

/// The server is told at most so often.
const TELL_EVERY_MS: u64 = 15_000;

/// What the server was told last, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub at_ms: u64,
    key_ms: u64,
    incident: Option<IncidentId>,
    is_writing: bool,
}

/// Tells of the keys pressed here, unless that was done just before; then a timer does it.
pub fn tell(model: &mut Model) -> Option<Effect> {
    let due_ms = due_ms(model)?;
    let now_ms = model.moment.mono_ms;
    if now_ms < due_ms {
        return None;
    }
    let told = current(model);
    model.told = Some(told);
    let key_age_ms = now_ms.saturating_sub(told.key_ms);
    let request = Request::Here { incident: told.incident, key_age_ms, is_writing: told.is_writing };
    Some(asked::ask(model, request, Asked::Quiet))
}

/// When there will be something to tell; never while the hands are still.
pub fn due_ms(model: &Model) -> Option<u64> {
    let now = current(model);
    match model.told {
        None => Some(now.at_ms),
        Some(told) if (told.key_ms, told.incident, told.is_writing) == (now.key_ms, now.incident, now.is_writing) => None,
        Some(told) => Some(told.at_ms + TELL_EVERY_MS),
    }
}

fn current(model: &Model) -> Told {
    Told { at_ms: model.moment.mono_ms, key_ms: model.last_key_ms, incident: model.in_hand, is_writing: model.write.is_some() }
}
