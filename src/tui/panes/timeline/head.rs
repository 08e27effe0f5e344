//! The first row of the pane: the filter, the greeting after a gap, or the day with how busy it was, and whether it follows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::Entry;
use crate::text::Safe;
use crate::text::clock;
use crate::text::width;
use crate::tui::glyphs::DOT;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::paint::Pen;
use crate::tui::panes::timeline::model::Model;
use crate::tui::panes::timeline::spark;
use crate::tui::panes::timeline::view::Scene;
use crate::tui::theme::Tone;

/// What of the timeline is on screen.
#[derive(Debug, Clone, Copy)]
pub struct Window<'a> {
    /// The entry at the top.
    pub first: Option<&'a Entry>,
    /// How many entries are shown in all.
    pub shown: usize,
    /// How many are below the screen.
    pub below: usize,
}

/// Draws the row; answers where the cursor stands while the filter is typed.
pub fn draw(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, area: Rect, window: &Window<'_>) -> Option<(u16, u16)> {
    let mut pen = Pen::new(buffer, area, 0);
    if model.filter.line.is_some() {
        return filter(model, scene, &mut pen, window).map(|column| (column, area.y));
    }
    let key = |intent| scene.look.keymap.key(Place::Timeline, intent);
    let (fresh, dim) = (scene.look.style(Tone::Fresh), scene.look.style(Tone::Dim));
    if let Some(news) = model.news.as_ref().filter(|news| news.is_greeting()) {
        let (words, open) = (news.words(scene.now), key(Intent::Open));
        let hints = [format!("{open} reads from there"), format!("{open} reads")];
        // What happened comes before the hint where there is no room for both.
        let room = pen.room().saturating_sub(width::cells(&words) + 2);
        if let Some(hint) = hints.iter().find(|hint| width::cells(hint) < room) {
            pen.right(hint, dim);
        }
        pen.put(" ", fresh).put(words, fresh);
        return None;
    }
    if !model.follows() && window.shown > 0 {
        let follow = key(Intent::Bottom);
        let below = match window.below {
            0 => "held here".to_owned(),
            below => format!("{below} newer below"),
        };
        pen.right(format!("{below} {DOT} {follow} follows"), scene.look.style(Tone::Info));
    }
    match window.first {
        Some(entry) => day(scene, &mut pen, entry, model.follows()),
        None => {
            pen.put(" no entries yet", dim);
        }
    }
    None
}

/// The line between days, with the zone of the times below it.
pub fn day(scene: &Scene<'_>, pen: &mut Pen<'_>, entry: &Entry, has_spark: bool) {
    let (faint, dim) = (scene.look.style(Tone::Faint), scene.look.style(Tone::Dim));
    let ground = &scene.ground;
    let day = clock::day(entry.at.millis(), ground.zone());
    let name = ground.clockface.name(entry.at, ground.local);
    let times = if pen.room() < 60 { "" } else { "times " };
    let taken = width::cells(&day) + width::cells(&name) + times.len() + 7;
    let room = pen.room().saturating_sub(taken + 2);
    // What is over is not quieter for lying back longer.
    let end = ground.incident.resolved_at.unwrap_or(scene.now);
    if let Some(spark) = spark::spark(&ground.incident.timeline, end, room).filter(|_| has_spark) {
        if !spark.says.is_empty() {
            pen.right(spark.says, faint);
        }
        pen.right(spark.bars, dim);
    }
    pen.put("─ ", faint).put(day, dim).put(" ─ ", faint).put(times, faint).put(name, dim).put(" ", faint);
    pen.fill("─", faint);
}

/// The line that is typed into, how many it lets through, and what is wrong with it.
fn filter(model: &Model, scene: &Scene<'_>, pen: &mut Pen<'_>, window: &Window<'_>) -> Option<u16> {
    let (Some(line), look) = (&model.filter.line, scene.look) else { return None };
    let style = look.style(if model.filter.is_typing { Tone::FieldFocus } else { Tone::Field });
    let sieve = model.sieve.as_ref();
    let total = scene.ground.incident.timeline.len();
    let more = if sieve.is_some_and(|sieve| !sieve.is_whole()) { "+" } else { "" };
    pen.right(format!("{}{more} of {total}", window.shown), look.style(Tone::Dim));
    let error = sieve.and_then(|sieve| sieve.query.problems.last()).map_or("", |problem| problem.says.as_str());
    pen.put("/", look.style(Tone::KeyName));
    if !error.is_empty() && !model.filter.is_typing {
        // What was typed stays readable: the sentence gets what is left of the row.
        let room = pen.room().saturating_sub(width::cells(line.text()) + 3).min(pen.room() * 2 / 3);
        pen.right(Safe::clipped(error, room).as_str(), look.style(Tone::Warn));
    } else if window.shown == 0 && !more.is_empty() {
        pen.right("looking", look.style(Tone::Dim));
    } else if window.shown == 0 {
        pen.right("nothing fits", look.style(Tone::Warn));
    }
    let column = pen.typed(line, style);
    model.filter.is_typing.then_some(column)
}
