//! Draws the list of incidents: two lines each where there is room, one where there is not.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::Header;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::text::span;
use crate::text::width;
use crate::tui::glyphs::FRESH;
use crate::tui::glyphs::MARK;
use crate::tui::glyphs::PENDING;
use crate::tui::glyphs::SELECTED;
use crate::tui::look::Look;
use crate::tui::paint::Pen;
use crate::tui::panes::incidents::model::Model;
use crate::tui::panes::incidents::model::Row;
use crate::tui::theme::Tone;
use crate::tui::words;

/// What the list is drawn with.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub look: &'a Look,
    pub in_hand: Option<IncidentId>,
    pub now: Timestamp,
    pub has_focus: bool,
    /// How many events of an incident wait for the server.
    pub unsent: &'a BTreeMap<IncidentId, usize>,
}

/// Rows an incident takes in a pane of this size: two, unless the pane is low or so wide that one holds all.
fn rows_each(area: Rect) -> u16 {
    if area.height >= 6 && area.width < 90 { 2 } else { 1 }
}

/// How many incidents are on screen at once.
pub fn fitting(area: Rect, model: &Model) -> usize {
    let head = u16::from(model.filter.is_some());
    usize::from(area.height.saturating_sub(head) / rows_each(area)).max(1)
}

/// The incident on a row of the pane's inside.
pub fn at_row(model: &Model, area: Rect, row: u16) -> Option<IncidentId> {
    let row = row.checked_sub(u16::from(model.filter.is_some()))?;
    let place = usize::from(row / rows_each(area));
    let place = Some(place).filter(|place| *place < fitting(area, model))?;
    model.listed.get(model.top + place).map(|row| row.header.id)
}

/// Draws the pane's inside; answers where the cursor stands while the filter is typed.
pub fn view(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let each = rows_each(area);
    let fitting = fitting(area, model);
    let mut area = area;
    let cursor = filter(model, scene, buffer, &mut area);
    if model.listed.is_empty() {
        let says = match (&model.filter, model.open.is_empty()) {
            (Some(_), _) => "nothing fits the filter",
            (None, true) => "no open incident: D declares one",
            (None, false) => "nothing in this view: v changes it",
        };
        Pen::new(buffer, area, 0).put(format!(" {says}"), scene.look.style(Tone::Dim));
        return cursor;
    }
    for (row, number) in model.listed.iter().skip(model.top).take(fitting).zip(0u16..) {
        incident(model, scene, buffer, area, (number * each, each), row);
    }
    cursor
}

fn filter(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, area: &mut Rect) -> Option<(u16, u16)> {
    let filter = model.filter.as_ref().filter(|_| area.height > 0)?;
    let style = scene.look.style(if model.is_typing { Tone::FieldFocus } else { Tone::Field });
    let mut pen = Pen::new(buffer, *area, 0);
    pen.put("/", scene.look.style(Tone::KeyName));
    let (text, column) = filter.window(pen.room());
    let at = (pen.column_at() + u16::try_from(column).unwrap_or(0), area.y);
    pen.put(text, style).fill(" ", style);
    area.y += 1;
    area.height -= 1;
    model.is_typing.then_some(at)
}

fn incident(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, area: Rect, (at, each): (u16, u16), row: &Row) {
    if at >= area.height {
        return;
    }
    let (look, header) = (scene.look, &row.header);
    let is_in_hand = scene.in_hand == Some(header.id);
    let ground = ground(scene, is_in_hand);
    let over = |tone: Tone| look.style(tone).patch(ground);
    let first = Rect { y: area.y + at, height: 1, ..area };
    let mut pen = Pen::new(buffer, first, 0);
    pen.ground(ground);
    pen.put(if is_in_hand { SELECTED } else { " " }, look.style(Tone::BorderFocus).patch(ground));
    pen.put(row.rating.label(), look.style(words::priority_tone(row.rating.priority))).put(" ", ground);
    if header.drill {
        pen.put("DRILL", look.style(Tone::Drill)).put(" ", ground);
    }
    if model.marked.contains(&header.id) {
        pen.put(MARK, over(Tone::Fresh)).put(" ", ground);
    }
    pen.put(header.code_text(), over(if header.code.is_some() { Tone::Strong } else { Tone::Local })).put(" ", ground);
    if model.is_fresh(header) && !is_in_hand {
        pen.right(FRESH, over(Tone::Fresh));
    }
    if each == 1 {
        let (age, is_quiet) = age(scene, row);
        pen.right(age, over(if is_quiet { Tone::Loud } else { Tone::Dim }));
        if area.width >= 60 {
            let (who, tone) = commander(header);
            pen.right(who, over(tone)).right(header.status.word(), over(Tone::Dim));
        }
    }
    let is_urgent = row.rating.priority.is_some_and(|priority| priority.level() <= 2);
    pen.put(&header.title, over(if is_urgent { Tone::Strong } else { Tone::Text })).fill(" ", ground);
    if each == 2 {
        second(scene, &mut Pen::new(buffer, Rect { y: first.y + 1, ..first }, 0), row, is_in_hand);
    }
}

fn ground(scene: &Scene<'_>, is_in_hand: bool) -> Style {
    match (is_in_hand, scene.has_focus) {
        (true, true) => scene.look.style(Tone::Selection),
        (true, false) => scene.look.style(Tone::SelectionAway),
        _ => Style::new(),
    }
}

fn second(scene: &Scene<'_>, pen: &mut Pen<'_>, row: &Row, is_in_hand: bool) {
    let header = &row.header;
    let ground = ground(scene, is_in_hand);
    // Words that are loud stay loud on a selected row.
    let over = |tone: Tone| ground.patch(scene.look.style(tone));
    pen.ground(ground);
    pen.put(if is_in_hand { SELECTED } else { " " }, scene.look.style(Tone::BorderFocus).patch(ground)).put("   ", ground);
    pen.put(header.status.word(), over(Tone::Dim)).put("  ", ground);
    let (age, is_quiet) = age(scene, row);
    pen.put(age, over(if is_quiet { Tone::Loud } else { Tone::Dim })).put("  ", ground);
    let waiting = scene.unsent.get(&header.id).filter(|waiting| **waiting > 0).map(|waiting| format!("{waiting}{PENDING}"));
    let firing = (header.alerts_firing > 0).then(|| format!("{} firing", header.alerts_firing));
    let (who, tone) = commander(header);
    let beside: usize = waiting.iter().chain(&firing).map(|words| width::cells(words) + 1).sum();
    // Where both do not fit, the shorter word leaves room for what waits and fires.
    let is_tight = header.commander.is_none() && pen.room() < width::cells(&who) + beside;
    pen.put(if is_tight { "no IC" } else { who.as_str() }, over(tone));
    pen.right(waiting.unwrap_or_default(), over(Tone::Local));
    pen.right(firing.unwrap_or_default(), over(Tone::KindAlert));
    pen.fill(" ", ground);
}

/// How old it is; for a P1 that went quiet, how long nobody wrote.
fn age(scene: &Scene<'_>, row: &Row) -> (String, bool) {
    let header = &row.header;
    if let Some(silent_ms) = row.quiet_ms(scene.now) {
        return (format!("quiet {}", span::words(silent_ms)), true);
    }
    let end = header.resolved_at.unwrap_or(scene.now);
    (span::age(end.since_ms(header.opened_at)), false)
}

fn commander(header: &Header) -> (String, Tone) {
    match (&header.commander, header.status.is_open()) {
        (Some(person), _) if header.commander_pending => (format!("{person} {PENDING}"), Tone::Local),
        (Some(person), _) => (person.to_string(), Tone::Text),
        (None, true) => ("no commander".into(), Tone::Warn),
        (None, false) => (String::new(), Tone::Dim),
    }
}
