//! One entry: detail, amend, strike, reply, re-time.

use std::sync::Arc;

use ratatui::layout::Rect;

use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::replica::request::Request;
use crate::text::Safe;
use crate::text::clock;
use crate::tui::asked;
use crate::tui::asked::Asked;
use crate::tui::effect::Effect;
use crate::tui::guard;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::page::Page;
use crate::tui::overlays::page::PageOf;
use crate::tui::overlays::pick::FormOf;
use crate::tui::panes::timeline;
use crate::tui::panes::timeline::detail;
use crate::tui::panes::timeline::detail::Subject;
use crate::tui::panes::timeline::update::Ground;
use crate::tui::panes::timeline::window::Shown;
use crate::tui::prose::Para;
use crate::tui::theme::Tone;
use crate::tui::update;
use crate::tui::verbs;
use crate::tui::verbs::redaction;

/// Does what a key means for the selected entry.
pub fn perform_selected(model: &mut Model, intent: Intent) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else {
        return Vec::new();
    };
    match model.timeline.selected_entry(&incident).map(|entry| entry.id) {
        Some(entry) => perform(model, intent, incident.id, entry),
        None => {
            let hint = model.look.keymap.hint(Intent::Write, "writes one");
            model.say(format!("there is no entry yet; {hint}"), Tone::Dim);
            Vec::new()
        }
    }
}

/// Does what a key means for an entry.
pub fn perform(model: &mut Model, intent: Intent, id: IncidentId, entry: EventId) -> Vec<Effect> {
    let Some(incident) = model.incident(id).map(std::sync::Arc::clone) else {
        return Vec::new();
    };
    let Some(found) = incident.timeline.find(entry) else {
        return Vec::new();
    };
    let is_merging = matches!(intent, Intent::MergeVersions | Intent::KeepVersion | Intent::TakeVersion);
    let is_changing = is_merging || matches!(intent, Intent::Amend | Intent::Strike | Intent::Retime);
    let writes = is_changing || matches!(intent, Intent::Reply | Intent::Redact);
    if let Some(refusal) = guard::bar(model).filter(|_| writes) {
        model.say_no(refusal.reason);
        return Vec::new();
    }
    if is_changing && !found.kind.is_written() {
        let undo = model.look.keymap.hint(Intent::Undo, "takes back my last change");
        model.say_no(format!("a line of {} is drawn from an event; only what people wrote is changed here, and {undo}", found.kind));
        return Vec::new();
    }
    if is_changing && !found.stands() {
        model.say_no("this entry is struck already");
        return Vec::new();
    }
    match intent {
        Intent::Amend => verbs::opening::amend(model, &incident, found),
        Intent::Reply => verbs::opening::reply(model, &incident, found),
        Intent::Strike => {
            let form = Form::new(FormOf::StrikeReason(id, entry), "Strike an entry", vec![Field::new("Reason", reason_hint(model, found))]);
            model.open(Overlay::Form(form.says(quoted(found), Tone::Dim)))
        }
        Intent::Redact => redaction::begin(model, id, found),
        Intent::Retime => {
            let zone = model.clockface.zone(model.look.local);
            let now = clock::clock_ms(found.at.millis(), zone);
            let hint = format!("14:02, 14:02:30 or -5m, in {}", clock::zone_name(found.at.millis(), zone));
            let form = Form::new(FormOf::Retime(id, entry), "When did it happen?", vec![Field::new("Time", hint)]);
            let words = format!("at {now}: {}", quoted(found));
            model.open(Overlay::Form(form.says(words, Tone::Dim)))
        }
        _ if is_merging => verbs::versions::perform(model, intent, &incident, found),
        _ => show(model, &incident, found),
    }
}

fn reason_hint(model: &Model, entry: &Entry) -> &'static str {
    if entry.by() == model.me() { "may stay empty: it is yours" } else { "why; needed, as another wrote it" }
}

pub(super) fn quoted(entry: &Entry) -> String {
    format!("{} {}: {}", entry.by(), entry.kind, Safe::clipped(&entry.text, 160))
}

/// Shows the selected entry with all it knows.
pub fn open(model: &mut Model) -> Vec<Effect> {
    perform_selected(model, Intent::History)
}

fn show(model: &mut Model, incident: &Arc<Incident>, entry: &Entry) -> Vec<Effect> {
    let Some((title, paras)) = written(model, incident, entry.id) else { return Vec::new() };
    let mut page = Page::prose(PageOf::Entry(incident.id, entry.id), title, paras);
    page.lay(model.areas().body);
    let mut effects = model.open(Overlay::Page(page));
    if model.hash.as_ref().is_none_or(|(known, _)| *known != entry.id) {
        effects.push(asked::ask(model, Request::Hash(entry.id), Asked::Hash(entry.id)));
    }
    effects
}

/// The title and the words of an entry's page.
fn written(model: &Model, incident: &Arc<Incident>, id: EventId) -> Option<(String, Vec<Para>)> {
    let place = incident.timeline.position(id)?;
    let entry = incident.timeline.get(place)?;
    let (clockface, local, is_alone) = (model.clockface, model.look.local, model.is_alone());
    let key = |intent| model.look.keymap.key(Place::Page, intent);
    let subject = Subject {
        ground: Ground { incident, org: model.org(), clockface, local, is_alone, area: Rect::default() },
        entry,
        place,
        now: model.now(),
        sha256: model.hash.as_ref().filter(|(known, _)| *known == id).map(|(_, sha256)| sha256.as_str()),
        parked: model.snapshot.parked.iter().find(|parked| parked.event == id),
        signed: model.snapshot.signed.as_ref().map_or(0, |signed| signed.seq),
        name_of: &|id| model.name_of(id),
        merge_keys: &[key(Intent::MergeVersions), key(Intent::KeepVersion), key(Intent::TakeVersion)],
    };
    let kind = if entry.kind == EntryKind::Unknown { "event of a newer program" } else { entry.kind.word() };
    let states = [
        (entry.conflict, "two versions"),
        (!entry.stands(), if entry.struck.as_ref().is_some_and(|strike| strike.moved_to.is_some()) { "moved" } else { "struck" }),
        (entry.stands() && !entry.history.is_empty(), "amended"),
    ];
    let said: String = states.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| format!(", {word}")).collect();
    let title = format!("{} {kind} by {}{said} ─ {} of {}", incident.code_text(), entry.by(), place + 1, incident.timeline.len());
    Some((title, detail::page(&subject)))
}

/// Brings the pages of entries up to what is there now.
pub fn refresh(model: &mut Model) {
    let body = model.areas().body;
    for at in 0..model.overlays.len() {
        let Some(Overlay::Page(Page { of: PageOf::Entry(incident, entry), .. })) = model.overlays.get(at) else { continue };
        let (of, entry) = (*incident, *entry);
        let fresh = model.incident(of).and_then(|incident| written(model, incident, entry));
        if let (Some((title, paras)), Some(Overlay::Page(page))) = (fresh, model.overlays.get_mut(at)) {
            page.title = title;
            page.rewrite(paras);
            page.lay(body);
        }
    }
}

/// Does what a key means on the page of an entry.
pub fn on_page(model: &mut Model, intent: Intent, id: IncidentId, entry: EventId) -> Vec<Effect> {
    match intent {
        Intent::NextEntry => beside(model, id, entry, true),
        Intent::PreviousEntry => beside(model, id, entry, false),
        Intent::Follow => follow(model, id, entry),
        Intent::Amend | Intent::Reply | Intent::MergeVersions => {
            // The box opens below; a refusal leaves the page where it is.
            let pages = std::mem::take(&mut model.overlays);
            let effects = perform(model, intent, id, entry);
            if model.write.is_none() && model.overlays.is_empty() {
                model.overlays = pages;
            }
            effects
        }
        _ => perform(model, intent, id, entry),
    }
}

/// The entry before or after, on the same page; the pane behind it goes along.
fn beside(model: &mut Model, id: IncidentId, entry: EventId, is_forward: bool) -> Vec<Effect> {
    let Some(incident) = model.incident(id).map(Arc::clone) else { return Vec::new() };
    let is_in_hand = model.in_hand == Some(id);
    let whole = Shown { timeline: &incident.timeline, places: None };
    let shown = if is_in_hand { model.timeline.shown(&incident) } else { whole };
    let next = incident.timeline.position(entry).and_then(|here| match (shown.places, is_forward) {
        (None, true) => here.checked_add(1),
        (None, false) => here.checked_sub(1),
        (Some(places), true) => places.get(places.partition_point(|place| *place <= here)).copied(),
        (Some(places), false) => places.partition_point(|place| *place < here).checked_sub(1).map(|before| places[before]),
    });
    let Some(next) = next.and_then(|place| incident.timeline.get(place)).map(|entry| entry.id) else {
        model.say(if is_forward { "this is the newest entry" } else { "this is the oldest entry" }, Tone::Dim);
        return Vec::new();
    };
    if is_in_hand {
        update::with_ground(model, |timeline, ground| timeline::update::reveal(timeline, next, ground));
    }
    model.overlays.pop();
    perform(model, Intent::History, id, next)
}

/// To the entry the selected one is tied to.
pub fn follow_selected(model: &mut Model) -> Vec<Effect> {
    let Some(incident) = verbs::in_hand(model) else { return Vec::new() };
    match model.timeline.selected_entry(&incident).map(|entry| entry.id) {
        Some(entry) => follow(model, incident.id, entry),
        None => Vec::new(),
    }
}

/// To where an entry was moved, where it came from, or what it answers: a page over this one, or the other incident's timeline.
fn follow(model: &mut Model, id: IncidentId, entry: EventId) -> Vec<Effect> {
    let Some(incident) = model.incident(id).map(Arc::clone) else { return Vec::new() };
    let Some(found) = incident.timeline.find(entry) else { return Vec::new() };
    let moved = found.struck.as_ref().and_then(|strike| strike.moved_to).or(found.moved_from);
    match (moved, found.reply_to) {
        (Some(place), _) => verbs::go::to_entry(model, place.incident, place.entry),
        (None, Some(answered)) if incident.timeline.find(answered).is_some() => perform(model, Intent::History, id, answered),
        _ => {
            model.say("it answers nothing and was not moved", Tone::Dim);
            Vec::new()
        }
    }
}
