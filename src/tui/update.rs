//! What each message changes, and what it asks the world to do. No I/O.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::IncidentId;
use crate::query::About;
use crate::replica::snapshot::Link;
use crate::replica::snapshot::Snapshot;
use crate::tui::ahead;
use crate::tui::answers;
use crate::tui::attention;
use crate::tui::callouts;
use crate::tui::calls;
use crate::tui::effect::Effect;
use crate::tui::effect::Ending;
use crate::tui::guard;
use crate::tui::input::Input;
use crate::tui::layout;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::model::Moment;
use crate::tui::msg::Msg;
use crate::tui::panes::incidents::lay::Lay;
use crate::tui::panes::incidents::model as incidents;
use crate::tui::panes::timeline;
use crate::tui::panes::timeline::sieve;
use crate::tui::panes::timeline::sieve::Sieve;
use crate::tui::panes::timeline::update::Ground;
use crate::tui::presence;
use crate::tui::presenting;
use crate::tui::reopen;
use crate::tui::scroll::Scroll;
use crate::tui::seen;
use crate::tui::still::Still;
use crate::tui::theme::Tone;
use crate::tui::timers;
use crate::tui::timers::Timer;
use crate::tui::verbs;
use crate::tui::wardrobe::Dress;
use crate::tui::watchdog::Outside;

/// Changes the model at a moment. Answers what is to be done, in order.
pub fn update(model: &mut Model, msg: Msg, moment: Moment) -> Vec<Effect> {
    model.moment = moment;
    let still = Still::before(model, &msg);
    if matches!(&msg, Msg::Input(input) if !matches!(input, Input::Resize(..))) || matches!(msg, Msg::Edited(_)) {
        model.last_key_ms = moment.mono_ms;
    }
    let mut effects = match msg {
        Msg::Input(input @ (Input::Key(_) | Input::Paste(_) | Input::Mouse(_))) => ahead::typed(model, input),
        Msg::Input(Input::Resize(columns, rows)) => {
            model.size = (columns, rows);
            settle(model);
            Vec::new()
        }
        Msg::Snapshot(snapshot) => take_snapshot(model, snapshot),
        Msg::Answered(ticket, answer) => answers::answered(model, ticket, answer),
        Msg::Rang(timer) => rang(model, timer),
        Msg::Outside(Outside::Suspends) => vec![Effect::Suspend],
        Msg::Outside(Outside::Ends(signal)) => quit(model, Ending::Signal(signal)),
        Msg::Edited(Ok(text)) => verbs::writing::edited(model, text),
        Msg::Edited(Err(why)) => {
            model.say_no(why);
            vec![Effect::Redraw]
        }
        Msg::Dressed(dress) => dressed(model, dress),
        Msg::Saved(saved) => verbs::copying::saved(model, saved),
        Msg::Logged(line) => {
            model.note(line);
            Vec::new()
        }
        Msg::ReplicaGone => {
            model.say_no("the local copy stopped answering; quit and start again, nothing that was recorded is lost");
            Vec::new()
        }
    };
    effects.extend(ahead::resume(model));
    effects = guard::pass(model, effects);
    effects.extend(presence::tell(model));
    verbs::drafts::attend(model);
    effects.extend(timers::rearm(model));
    model.are_panes_still &= still.is_some() && still == Still::of(model);
    effects
}

/// The first look at what the replica holds: nothing is new, the most pressing incident comes to hand.
pub fn begin(model: &mut Model) -> Vec<Effect> {
    refresh(model);
    let headers: Vec<_> = model.incidents.open.iter().map(|row| Arc::clone(&row.header)).collect();
    for header in &headers {
        let priority = model.rating(header.id).and_then(|rating| rating.priority);
        model.incidents.see(header, priority);
    }
    model.known_p1 = open_p1s(model);
    let first = callouts::overdue(model, true);
    debug_assert!(first.is_empty(), "nothing is new at the start");
    verbs::views::restore(model);
    reopen::restore(model);
    callouts::listen(model);
    refresh(model);
    let mut effects = callouts::alarm(model);
    effects.extend(verbs::go::to_hand(model, model.in_hand.or_else(|| model.incidents.beside(None, true))));
    effects.extend(presence::tell(model));
    effects.extend(model.custom.has_mouse.then_some(Effect::Mouse(true)));
    effects.extend(timers::rearm(model));
    effects
}

/// Ends, the words in the box kept first.
pub fn quit(model: &mut Model, ending: Ending) -> Vec<Effect> {
    let mut effects = verbs::drafts::keep_now(model);
    effects.extend(reopen::keep(model));
    effects.push(Effect::Quit(ending));
    effects
}

fn take_snapshot(model: &mut Model, snapshot: Arc<Snapshot>) -> Vec<Effect> {
    with_ground(model, timeline::update::hold);
    if !Arc::ptr_eq(&model.snapshot.board.org, &snapshot.board.org) {
        model.incidents.rerate();
    }
    if let Link::Live { skew_ms, .. } = snapshot.link {
        model.skew_ms = skew_ms;
    }
    tell_link(model, &snapshot.link);
    let admitted = presenting::admit(model, snapshot);
    let before = std::mem::replace(&mut model.snapshot, admitted);
    refresh(model);
    seen::own(model, &before);
    with_ground(model, timeline::update::steady);
    seen::arrived(model);
    if model.in_hand.and_then(|id| before.board.get(id)).map(Arc::as_ptr) != model.current().map(Arc::as_ptr) {
        verbs::entries::refresh(model);
    }
    let mut effects = callouts::changes(model, &before);
    effects.extend(callouts::overdue(model, false));
    if model.awaited.is_some_and(|id| model.header(id).is_some()) {
        model.awaited = None;
    }
    tell_withheld(model, &before);
    effects.extend(leave_what_is_gone(model));
    effects.extend(alarm(model));
    verbs::opening::relabel(model);
    verbs::lists::refresh(model);
    effects
}

/// Says that the incident in hand was taken away by a restriction.
fn tell_withheld(model: &mut Model, before: &Snapshot) {
    let whole = model.presented.as_ref().unwrap_or(&model.snapshot);
    let Some(gone) =
        model.in_hand.filter(|id| !whole.headers.contains_key(id) && !whole.older.holds(*id)).and_then(|id| before.headers.get(&id))
    else {
        return;
    };
    // What no server took vanishes when its author lets go of it.
    if gone.code.is_some() {
        let code = gone.code_text();
        model.say_no(format!("{code} was restricted, and you are not among those who may see it: what was held of it here is gone"));
    }
}

/// Takes another incident in hand where the one in hand is not held, or not shown, any more.
pub fn leave_what_is_gone(model: &mut Model) -> Vec<Effect> {
    // A declaration comes to hand before it is in a snapshot; it is not let go for being unknown.
    let is_awaited = model.in_hand.is_some() && model.in_hand == model.awaited;
    if is_awaited || model.in_hand.is_some_and(|id| model.is_held(id)) {
        return Vec::new();
    }
    verbs::go::to_hand(model, model.incidents.beside(None, true))
}

/// The log says when the link comes and goes, and why.
fn tell_link(model: &mut Model, new: &Link) {
    let said = match (&model.snapshot.link, new) {
        (Link::Live { .. }, Link::Live { .. }) => None,
        (Link::Offline { why: known, .. }, Link::Offline { why, .. }) if known == why => None,
        (old, new) if std::mem::discriminant(old) == std::mem::discriminant(new) && !matches!(new, Link::Offline { .. }) => None,
        (_, Link::Live { round_trip_ms, .. }) => Some(format!("server: live, {round_trip_ms} ms")),
        (_, Link::Offline { why, .. }) => Some(format!("server: out of reach: {why}; what is written here is kept and sent later")),
        (_, Link::Unstored { why }) => Some(format!("server: it answers, and what it sends cannot be stored here: {why}")),
        (_, Link::Refused { why }) => Some(format!("server: refused: {why}")),
        (_, Link::LockedOut { why }) => Some(format!("server: locked out: {why}; nothing is recorded until then, and drafts are kept")),
        (_, Link::Connecting { .. }) => Some("server: connecting".into()),
        (_, Link::Alone) => Some("server: none is configured".into()),
        (_, Link::Elsewhere) => Some("server: another warroom of this home keeps the link".into()),
    };
    if let Some(line) = said {
        model.note(line);
    }
}

/// Brings what is derived from the snapshot and the time up to them.
pub fn refresh(model: &mut Model) {
    let (snapshot, now) = (Arc::clone(&model.snapshot), model.now());
    let view = model.read_query(&model.incidents.views.shown.query, About::Incidents);
    let filter = model.incidents.filter.text().map(|text| model.read_query(text, About::Incidents));
    let (in_hand, matrix) = (model.in_hand, &snapshot.board.org.matrix);
    let ground = incidents::Ground { matrix, now, unsent: &snapshot.unsent, in_hand };
    model.incidents.has_older = !snapshot.older.is_empty();
    model.incidents.refresh(snapshot.headers.values(), view, filter, &ground);
    look_at(model);
    model.attention = attention::items(model);
}

/// The incident in hand is looked at: it is seen, and its filter looks at it.
pub fn look_at(model: &mut Model) {
    if let Some(header) = model.in_hand.and_then(|id| model.header(id)).map(Arc::clone) {
        let priority = model.rating(header.id).and_then(|rating| rating.priority);
        model.incidents.see(&header, priority);
    }
    let current = model.current().map(Arc::clone);
    // What is typed is read once, so that "an hour ago" stays what it was.
    let is_known = |typed: &str| model.timeline.sieve.as_ref().is_some_and(|sieve| sieve.typed == typed);
    let typed = model.timeline.filter.text().filter(|typed| !is_known(typed));
    if let Some(sieve) = typed.map(|typed| Sieve::new(typed, model.read_query(typed, About::Entries))) {
        model.timeline.sieve = Some(sieve);
    }
    model.timeline.sift(current.as_deref(), sieve::AT_ONCE);
    settle(model);
}

/// Keeps selections and scrolls within what is there and on screen.
pub fn settle(model: &mut Model) {
    let areas = model.areas();
    let inside = areas.inside(Pane::Incidents);
    let height = Lay::of(inside, &model.incidents, model.in_hand, areas.has_frames).fitting();
    // Where nothing of the list is in hand, the list stays as it stands.
    let selected = model.incidents.place(model.in_hand).unwrap_or(model.incidents.top);
    let mut scroll = Scroll { selected, top: model.incidents.top };
    scroll.keep(model.incidents.listed.len(), height);
    model.incidents.top = scroll.top;
    if let Some(editor) = &mut model.write {
        editor.set_width(layout::write_columns(model.size.0, model.size.1, model.is_zoomed));
    }
}

/// Does something with the timeline pane and what it stands on, if an incident is in hand.
pub fn with_ground<T>(model: &mut Model, act: impl FnOnce(&mut timeline::model::Model, &Ground<'_>) -> T) -> Option<T> {
    let Some(incident) = model.current().map(Arc::clone) else {
        ahead::missed(model);
        return None;
    };
    let org = Arc::clone(model.org());
    let (clockface, local, is_alone) = (model.clockface, model.look.local, model.is_alone());
    let areas = model.areas();
    let area = areas.inside(Pane::Timeline);
    let area = if area.height == 0 { areas.body } else { area };
    Some(act(&mut model.timeline, &Ground { incident: &incident, org: &org, clockface, local, is_alone, area }))
}

fn open_p1s(model: &Model) -> BTreeSet<IncidentId> {
    // What is told afterwards is over, whatever it looks like until the rest of it has come.
    model.incidents.open.iter().filter(|row| row.is_p1() && !row.header.retrospective).map(|row| row.header.id).collect()
}

/// A new P1 is said in a line that takes no keys and moves nothing else.
fn alarm(model: &mut Model) -> Vec<Effect> {
    let now = open_p1s(model);
    let new: Vec<IncidentId> = now.difference(&model.known_p1).copied().filter(|id| Some(*id) != model.in_hand).collect();
    model.new_p1s.retain(|id| now.contains(id) && Some(*id) != model.in_hand);
    model.known_p1 = now;
    match new.last() {
        Some(id) => {
            model.new_p1s.extend(&new);
            let words = format!("NEW P1 {}", model.name_of(*id));
            model.note(words.clone());
            calls::call(model, words)
        }
        None => Vec::new(),
    }
}

/// Puts on what was read anew; with a mistake in it the old stays on, and the mistake is told.
fn dressed(model: &mut Model, dress: Result<Dress, String>) -> Vec<Effect> {
    match dress {
        Ok(Dress::Theme(theme)) => Arc::make_mut(&mut model.look).theme = theme,
        Ok(Dress::Keymap(keymap)) if keymap.bindings() == model.look.keymap.bindings() => {}
        Ok(Dress::Keymap(keymap)) => {
            Arc::make_mut(&mut model.look).keymap = keymap;
            model.say("keys read anew", Tone::Info);
        }
        Err(why) => model.say_no(format!("{why}; all stays as it was")),
    }
    Vec::new()
}

fn rang(model: &mut Model, timer: Timer) -> Vec<Effect> {
    timers::rang(model, timer);
    match timer {
        Timer::Clock => {
            if model.incidents.moves_with_time() {
                refresh(model);
            }
            model.attention = attention::items(model);
            verbs::lists::refresh(model);
            callouts::expire(model);
            let mut effects = callouts::overdue(model, false);
            effects.extend(reopen::keep_seen(model));
            effects
        }
        Timer::Priority => {
            refresh(model);
            alarm(model)
        }
        Timer::Draft => verbs::drafts::keep_now(model),
        Timer::Sift => {
            let current = model.current().map(Arc::clone);
            model.timeline.sift(current.as_deref(), sieve::IN_THE_BACKGROUND);
            Vec::new()
        }
        Timer::Notice => {
            model.notice = None;
            Vec::new()
        }
        Timer::Ahead => {
            ahead::give_up(model, "this incident is still not loaded");
            Vec::new()
        }
        // Every message ends with telling what is due.
        Timer::Presence => Vec::new(),
    }
}
