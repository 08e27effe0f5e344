//! The top of the screen: the incident in hand, then what is wrong, then the rest.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::Header;
use crate::domain::Rating;
use crate::domain::Timestamp;
use crate::replica::snapshot::Link;
use crate::text::Safe;
use crate::text::clock;
use crate::text::span;
use crate::text::width;
use crate::tui::callouts;
use crate::tui::glyphs::DOWN;
use crate::tui::glyphs::LIVE;
use crate::tui::glyphs::PENDING;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::layout::COLUMNS_MIN;
use crate::tui::layout::ROWS_MIN;
use crate::tui::layout::Shape;
use crate::tui::model::Model;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::presence;
use crate::tui::theme::Tone;
use crate::tui::words;

/// A clock that is off by more is said.
const SKEW_SHOWN_MS: i64 = 2_000;
/// Narrower, what waits to be sent is worth more than when the next try is.
const RETRY_SHOWN_COLUMNS: u16 = 120;

/// Said where nobody has command.
const NO_COMMANDER: &str = "no commander";
/// Of a status or a commander so much is left in any case.
const PIECE_CELLS_MIN: usize = 5;

/// Words of the header.
pub(super) type Piece = (String, Tone);

/// Draws the header line.
pub fn header(model: &Model, buffer: &mut Buffer, area: Rect) {
    let ground = model.look.style(Tone::Header);
    paint::clear(buffer, area, ground);
    let is_wide = model.areas().shape == Shape::Wide;
    let mut pen = Pen::new(buffer, area, 0);
    let mut right: Vec<Piece> = Vec::new();
    if is_wide {
        right.push((format!("{} help", model.look.keymap.key(model.place(), Intent::Help)), Tone::Dim));
        right.push((model.me().to_string(), Tone::Mine));
    }
    right.push((time(model), Tone::Text));
    if is_wide {
        right.push(link(model));
        right.extend(wrong(model).into_iter().rev());
    }
    let title_cells = if is_wide { 0 } else { area.width / 3 };
    let needed = in_hand_cells(model) + usize::from(title_cells).min(24);
    for (words, tone) in right {
        if pen.room() > needed + width::cells(&words) + 3 {
            pen.right(format!("{words} "), over(model, tone));
        }
    }
    in_hand(model, &mut pen, !is_wide);
    if is_wide && pen.room() > 12 {
        pen.put("   ", ground);
        let counts = counts(model);
        let cells: usize = counts.iter().map(|(words, _)| width::cells(words) + 1).sum();
        // Some of the priorities without the others would read as all there are.
        let shown = if pen.room() > cells { counts.len() } else { 1 };
        for (words, tone) in counts.into_iter().take(shown) {
            pen.put(words, over(model, tone)).put(" ", ground);
        }
        let (with, tone) = beside_me(model);
        if pen.room() > width::cells(&with) + 4 {
            pen.put("  ", ground).put(with, over(model, tone));
        }
    }
}

/// Draws the line about a new P1: it takes no keys and moves nothing.
pub fn alarm(model: &Model, buffer: &mut Buffer, area: Rect) {
    let Some(header) = model.new_p1s.first().and_then(|id| model.header(*id)) else {
        return callout(model, buffer, area);
    };
    let style = model.look.style(Tone::Alarm);
    paint::clear(buffer, area, style);
    let mut pen = Pen::new(buffer, area, 0);
    let key =
        model.look.keymap.binding(model.place(), Intent::NextIncident).and_then(|binding| binding.keys.get(1)).map(ToString::to_string);
    pen.right(format!("{} goes there ", key.unwrap_or_else(|| "]".into())), style);
    if area.width >= 60 {
        pen.right(header.commander.as_ref().map_or("no commander ".into(), |person| format!("IC {person} ")), style);
    }
    let more = match model.new_p1s.len() {
        1 => String::new(),
        number => format!("{number} "),
    };
    pen.put(format!(" {more}NEW P1 {} {}", header.code_text(), header.title), style);
}

/// The one honest line of a terminal that is too small.
pub fn tiny(model: &Model, buffer: &mut Buffer, area: Rect) {
    let mut pen = Pen::new(buffer, area, 0);
    // Why there is no more than this line is said even where little else fits.
    let needs = format!("needs {COLUMNS_MIN}x{ROWS_MIN}");
    pen.right(needs, model.look.style(Tone::Warn));
    in_hand(model, &mut pen, false);
    for (words, tone) in wrong(model) {
        pen.put(" ", Style::new()).put(words, model.look.style(tone));
    }
}

/// Draws what was called out, where no new P1 is.
fn callout(model: &Model, buffer: &mut Buffer, area: Rect) {
    let Some((line, others)) = callouts::shown(model) else {
        return;
    };
    let style = model.look.style(line.tone);
    paint::clear(buffer, area, model.look.style(Tone::Header).patch(style));
    let mut pen = Pen::new(buffer, area, 0);
    let key = model.look.keymap.key(model.place(), Intent::Attention);
    match others {
        _ if key.is_empty() => &mut pen,
        0 if line.is_listed && model.in_hand != Some(line.incident) => pen.right(format!("{key} goes there "), style),
        0 => &mut pen,
        _ => pen.right(format!("{others} more, {key} lists "), style),
    };
    pen.put(" ", style).put(&line.words, style);
}

/// What the window is called.
pub fn title(model: &Model) -> String {
    let mut words = Vec::new();
    words.extend(model.calls.unseen.as_ref().map(|called| format!("* {called} -")));
    words.extend(marks(model).into_iter().map(|(words, _)| words));
    match current(model) {
        Some((header, rating)) => {
            words.push(format!("{} {} {}", rating.label(), header.code_text(), header.status));
        }
        None => words.push("no incident".into()),
    }
    words.push("warroom".into());
    Safe::clipped(&words.join(" "), 80).into()
}

/// A tone on the ground of the header.
pub(super) fn over(model: &Model, tone: Tone) -> Style {
    model.look.style(Tone::Header).patch(model.look.style(tone))
}

fn current(model: &Model) -> Option<(&Header, Arc<Rating>)> {
    let id = model.in_hand?;
    Some((model.header(id)?, model.rating(id)?))
}

fn marks(model: &Model) -> Vec<Piece> {
    let current = current(model);
    model.marks(current.as_ref().map(|(header, _)| *header)).into_iter().map(|(words, tone)| (words.to_owned(), tone)).collect()
}

fn in_hand_pieces(model: &Model) -> (Vec<Piece>, String, Vec<Piece>) {
    let Some((header, rating)) = current(model) else {
        return (vec![("no incident".into(), Tone::Dim)], String::new(), Vec::new());
    };
    let before = vec![
        (rating.label(), words::priority_tone(rating.priority)),
        (header.code_text(), if header.code.is_some() { Tone::Strong } else { Tone::Local }),
    ];
    let mut after = vec![(header.status.to_string(), Tone::Text)];
    after.push(match &header.commander {
        Some(person) if header.commander_pending && !model.is_alone() => (format!("IC {person} {PENDING}"), Tone::Local),
        // An offer to me stands where I look first, until I answer it.
        Some(person) if header.offered_to.as_ref() == Some(model.me()) => (format!("IC {person} offers you"), Tone::Loud),
        Some(person) => (format!("IC {person}"), if *person == *model.me() { Tone::Mine } else { Tone::Text }),
        None if header.status.is_open() => (NO_COMMANDER.into(), Tone::Loud),
        None => (String::new(), Tone::Dim),
    });
    let end = header.resolved_at.unwrap_or(model.now());
    after.push((span::since_start(header.opened_at.millis(), end.millis()), Tone::Text));
    after.retain(|(words, _)| !words.is_empty());
    (before, header.title.clone(), after)
}

fn in_hand_cells(model: &Model) -> usize {
    let (before, _, after) = in_hand_pieces(model);
    before.iter().chain(&after).chain(&marks(model)).map(|(words, _)| width::cells(words) + 2).sum()
}

fn in_hand(model: &Model, pen: &mut Pen<'_>, with_title: bool) {
    let ground = over(model, Tone::Text);
    for (words, tone) in marks(model) {
        pen.put(" ", ground).put(words, over(model, tone));
    }
    let (before, title, after) = in_hand_pieces(model);
    for (words, tone) in before {
        pen.put(" ", ground).put(words, over(model, tone));
    }
    // Where there is one line for everything, what stands first is worth more.
    let after = if model.areas().shape == Shape::Tiny { after } else { narrowed(after, pen.room()) };
    let cells: usize = after.iter().map(|(words, _)| width::cells(words) + 2).sum();
    if with_title && pen.room() > cells + 10 {
        let room = pen.room() - cells - 1;
        pen.put(" ", ground).put(width::clip(Safe::line(&title).as_str(), room - 1), over(model, Tone::Strong)).put(" ", ground);
    }
    let gap = if pen.room() >= cells + 2 { "  " } else { " " };
    for (number, (words, tone)) in after.into_iter().enumerate() {
        pen.put(if number == 0 && !with_title { " " } else { gap }, ground).put(words, over(model, tone));
    }
}

/// Status, commander and time in so many cells, a blank before each: the time is not cut, the others lose their ends, the status first.
fn narrowed(mut after: Vec<Piece>, room: usize) -> Vec<Piece> {
    let needed = |after: &[Piece]| after.iter().map(|(words, _)| width::cells(words) + 1).sum::<usize>();
    if needed(&after) > room {
        after.iter_mut().filter(|(words, _)| words == NO_COMMANDER).for_each(|(words, _)| *words = "no IC".into());
    }
    let mut excess = needed(&after).saturating_sub(room);
    let last = after.len().saturating_sub(1);
    for (words, _) in after.iter_mut().take(last) {
        let cells = width::cells(words);
        let kept = cells.saturating_sub(excess).max(PIECE_CELLS_MIN.min(cells));
        *words = width::clip(words, kept).into_owned();
        excess -= cells - width::cells(words).min(cells);
    }
    after
}

/// What is wrong, the worst first.
pub(super) fn wrong(model: &Model) -> Vec<Piece> {
    let mut wrong = Vec::new();
    let snapshot = &model.snapshot;
    if snapshot.trouble.is_some() {
        wrong.push(("NOT SAVED".into(), Tone::Alarm));
    }
    if let Some(silent_ms) = model.stale_ms() {
        wrong.push((format!("stale {}", span::words(silent_ms)), Tone::Stale));
    }
    if snapshot.unsent_total > 0 {
        // Without a server there is nobody to send to, and nothing is wrong.
        match snapshot.link {
            Link::Alone => wrong.push((format!("{} kept here", snapshot.unsent_total), Tone::Dim)),
            _ => wrong.push((format!("{} unsent", snapshot.unsent_total), Tone::Local)),
        }
    }
    if let Link::Live { skew_ms, .. } = snapshot.link
        && skew_ms.abs() > SKEW_SHOWN_MS
    {
        let side = if skew_ms > 0 { "slow" } else { "fast" };
        wrong.push((format!("clock {} {side}", span::words(skew_ms.abs())), Tone::Warn));
    }
    if !model.attention.is_empty() {
        let is_loud = model.attention.iter().any(|item| matches!(item.tone, Tone::Alarm | Tone::Loud | Tone::Refused));
        let key = model.look.keymap.key(Place::Everywhere, Intent::Attention);
        wrong.push((format!("{key} {}", model.attention.len()), if is_loud { Tone::Loud } else { Tone::Warn }));
    }
    wrong
}

/// How the server is reached.
pub(super) fn link(model: &Model) -> Piece {
    match &model.snapshot.link {
        Link::Alone => (format!("{DOWN} no server"), Tone::Dim),
        Link::Connecting { behind: Some(behind) } if *behind > 0 => (format!("{PENDING} {behind} to come"), Tone::Warn),
        Link::Connecting { .. } => (format!("{PENDING} connecting"), Tone::Warn),
        Link::Live { .. } if model.stale_ms().is_some() => (format!("{PENDING} link silent"), Tone::Stale),
        Link::Live { round_trip_ms, .. } => (format!("{LIVE} live {round_trip_ms} ms"), Tone::Live),
        Link::Offline { since, retry_at, .. } => {
            let next =
                if model.shows_seconds() && model.size.0 >= RETRY_SHOWN_COLUMNS { next_try(model, *retry_at) } else { String::new() };
            (format!("{DOWN} offline {}{next}", span::words(model.moment.wall.since_ms(*since))), Tone::Stale)
        }
        Link::Unstored { .. } => (format!("{DOWN} news not stored"), Tone::Loud),
        Link::Refused { .. } => (format!("{DOWN} refused"), Tone::Loud),
        Link::LockedOut { .. } => (format!("{DOWN} locked out"), Tone::Loud),
        Link::Elsewhere => (format!("{LIVE} shared link"), Tone::Live),
    }
}

/// `, retry in 8 s`: only where the clock beside it counts seconds anyway.
fn next_try(model: &Model, retry_at: Timestamp) -> String {
    match retry_at.since_ms(model.moment.wall) {
        left_ms @ 1.. => format!(", retry in {}", span::words(left_ms + 999)),
        _ => ", trying".into(),
    }
}

fn time(model: &Model) -> String {
    let (zone, now_ms) = (model.clockface.zone(model.look.local), model.now().millis());
    let time = if model.areas().shape == Shape::Wide { clock::clock_s(now_ms, zone) } else { clock::clock_min(now_ms, zone) };
    format!("{time} {}", clock::zone_name(now_ms, zone))
}

/// Who else has the incident in hand.
fn beside_me(model: &Model) -> Piece {
    let others = model.in_hand.into_iter().flat_map(|id| presence::others(&model.snapshot, id, model.now()));
    let names: Vec<String> = others.map(|(person, seen)| format!("{person}{}", if seen.is_writing { " writing" } else { "" })).collect();
    match names.as_slice() {
        [] => (String::new(), Tone::Dim),
        [first, second, rest @ ..] if !rest.is_empty() => (format!("with {first}, {second}, {} more", rest.len()), Tone::Good),
        names => (format!("with {}", names.join(", ")), Tone::Good),
    }
}

fn counts(model: &Model) -> Vec<Piece> {
    let open = &model.incidents.open;
    let mut counts = vec![(format!("{} open", open.len()), Tone::Dim)];
    for level in [Some(1), None, Some(2), Some(3), Some(4), Some(5)] {
        let number = open.iter().filter(|row| row.rating.priority.map(|priority| priority.level()) == level).count();
        if number > 0 {
            let label = level.map_or("P?".into(), |level| format!("P{level}"));
            counts.push((format!("{number}×{label}"), if level == Some(1) { Tone::Loud } else { Tone::Dim }));
        }
    }
    counts
}
