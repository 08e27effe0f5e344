//! One entry: detail, amend, strike, reply, re-time.

use crate::domain::Entry;
use crate::domain::EntryKind;
use crate::domain::EntryState;
use crate::domain::EventId;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::text::clock;
use crate::text::span;
use crate::tui::effect::Effect;
use crate::tui::keymap::Intent;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::overlays::form::Field;
use crate::tui::overlays::form::Form;
use crate::tui::overlays::page::Page;
use crate::tui::overlays::page::PageOf;
use crate::tui::overlays::pick::FormOf;
use crate::tui::theme::Tone;
use crate::tui::verbs;

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
    let is_changing = matches!(intent, Intent::Amend | Intent::Strike | Intent::Retime);
    if model.is_read_only && (is_changing || intent == Intent::Reply) {
        model.say_no("this is a read-only session; start without --read-only to write");
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
        Intent::Amend => verbs::writing::amend(model, &incident, found),
        Intent::Reply => verbs::writing::reply(model, &incident, found),
        Intent::Strike => {
            let form = Form::new(FormOf::StrikeReason(id, entry), "Strike an entry", vec![Field::new("Reason", reason_hint(model, found))]);
            model.overlays.push(Overlay::Form(form.says(quoted(found), Tone::Dim)));
            Vec::new()
        }
        Intent::Retime => {
            let zone = model.clockface.zone(model.look.local);
            let now = clock::clock_ms(found.at.millis(), zone);
            let hint = format!("14:02, 14:02:30 or -5m, in {}", clock::zone_name(found.at.millis(), zone));
            let form = Form::new(FormOf::Retime(id, entry), "When did it happen?", vec![Field::new("Time", hint)]);
            let words = format!("at {now}: {}", quoted(found));
            model.overlays.push(Overlay::Form(form.says(words, Tone::Dim)));
            Vec::new()
        }
        _ => show(model, &incident, found),
    }
}

fn reason_hint(model: &Model, entry: &Entry) -> &'static str {
    if entry.by == *model.me() { "may stay empty: it is yours" } else { "why; needed, as another wrote it" }
}

fn quoted(entry: &Entry) -> String {
    format!("{} {}: {}", entry.by, entry.kind, crate::text::Safe::clipped(&entry.text, 160))
}

/// Shows the selected entry with all it knows.
pub fn detail(model: &mut Model) -> Vec<Effect> {
    perform_selected(model, Intent::History)
}

fn show(model: &mut Model, incident: &Incident, entry: &Entry) -> Vec<Effect> {
    let zone = model.clockface.zone(model.look.local);
    let at = |moment: crate::domain::Timestamp| {
        format!("{} {}", clock::clock_ms(moment.millis(), zone), clock::zone_name(moment.millis(), zone))
    };
    let mut lines: Vec<(String, Tone)> = entry.text.lines().map(|line| (line.to_owned(), Tone::Text)).collect();
    lines.push((String::new(), Tone::Text));
    let mut fact = |name: &str, words: String, tone: Tone| lines.push((format!("{name:<10} {words}"), tone));
    let moment = entry.at.millis();
    let day = clock::day(moment, zone);
    fact(
        "when",
        format!(
            "{day} {}, {}, {}",
            at(entry.at),
            span::since_start(incident.opened_at.millis(), moment),
            span::ago(moment, model.now().millis())
        ),
        Tone::Dim,
    );
    let roles: Vec<&str> = entry.roles.iter().map(|role| model.org().role_name(role)).collect();
    let who = if roles.is_empty() { entry.by.to_string() } else { format!("{}, {}", entry.by, roles.join(", ")) };
    let recorder = entry.recorded_by.as_ref().map(|person| format!(", recorded by {person}")).unwrap_or_default();
    fact("who", format!("{who}{recorder}"), Tone::Dim);
    if let Some(audience) = &entry.audience {
        fact("to", audience.to_string(), Tone::Dim);
    }
    if let Some(outcome) = entry.outcome {
        fact("outcome", outcome.to_string(), Tone::Dim);
    }
    if !entry.components.is_empty() {
        fact("about", entry.components.join(", "), Tone::Dim);
    }
    if let Some(answered) = entry.reply_to.and_then(|id| incident.timeline.find(id)) {
        fact("answers", quoted(answered), Tone::Dim);
    }
    match entry.state {
        EntryState::Accepted { seq, received_at } => fact("record", format!("{seq}, received {}", at(received_at)), Tone::Dim),
        EntryState::Local => fact("record", "not sent yet; safe on this machine".into(), Tone::Local),
        EntryState::Refused => fact("record", "refused by the server; ! shows why and what can be done".into(), Tone::Refused),
    }
    if let Some(strike) = &entry.struck {
        let verb = if strike.moved_to.is_some() { "moved" } else { "struck" };
        fact(verb, format!("by {} at {}: {}", strike.by, at(strike.at), strike.reason), Tone::Struck);
    }
    fact("id", entry.id.to_string(), Tone::Faint);
    history(entry, &mut lines, at);
    let kind = if entry.kind == EntryKind::Unknown { "event of a newer program" } else { entry.kind.word() };
    let title = format!("{} {kind}", incident.code_text());
    model.overlays.push(Overlay::Page(Page::new(PageOf::Entry(incident.id, entry.id), title, lines)));
    Vec::new()
}

fn history(entry: &Entry, lines: &mut Vec<(String, Tone)>, at: impl Fn(crate::domain::Timestamp) -> String) {
    for revision in entry.history.iter().rev() {
        lines.push((String::new(), Tone::Text));
        let crossed = if revision.conflict { ", without having seen the version before" } else { "" };
        let reason = if revision.reason.is_empty() { String::new() } else { format!(": {}", revision.reason) };
        lines.push((
            format!("amended by {} at {}{crossed}{reason}; before that, {}:", revision.by, at(revision.amended_at), revision.kind),
            Tone::Amended,
        ));
        lines.extend(revision.text.lines().map(|line| (format!("  {line}"), Tone::Dim)));
    }
}
