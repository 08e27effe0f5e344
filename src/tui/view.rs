//! Draws a frame of the model. Reads only.

use std::collections::BTreeMap;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::buffer::Cell;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::IncidentId;
use crate::query;
use crate::replica::snapshot::Link;
use crate::text::span;
use crate::tui::glyphs;
use crate::tui::glyphs::GlyphSet;
use crate::tui::guard;
use crate::tui::header;
use crate::tui::keymap::Binding;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::layout::Areas;
use crate::tui::layout::Pane;
use crate::tui::layout::Shape;
use crate::tui::model::Model;
use crate::tui::overlays::Overlay;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::panes::incidents;
use crate::tui::panes::matrix;
use crate::tui::panes::matrix::model::Assess;
use crate::tui::panes::roster;
use crate::tui::panes::timeline;
use crate::tui::tabs;
use crate::tui::theme::Tone;
use crate::tui::verbs;
use crate::tui::words;
use crate::tui::write;

/// Draws into the last frame what a letter for the box changed, while the panes are still; answers where the cursor stands, and the rows drawn.
pub fn draw_typed(model: &Model, buffer: &mut Buffer) -> (Option<Position>, [Range<u16>; 2]) {
    let areas = model.areas();
    let ground = blank(model);
    let (top, bottom) = (areas.header.top()..areas.body.top(), areas.write.top()..areas.screen.bottom());
    for place in [areas.header, areas.tabs, areas.write, areas.footer] {
        for row in place.intersection(buffer.area).rows() {
            let start = buffer.index_of(row.x, row.y);
            buffer.content[start..][..usize::from(row.width)].fill(ground.clone());
        }
    }
    header_lines(model, &areas, buffer);
    let cursor = write_box(model, &areas, buffer);
    footer(model, buffer, areas.footer);
    if model.look.glyphs == GlyphSet::Ascii {
        glyphs::plain(buffer);
    }
    (cursor.filter(|at| buffer.area.contains(*at)), [top, bottom])
}

fn blank(model: &Model) -> Cell {
    let mut blank = Cell::default();
    blank.set_style(model.look.style(Tone::Ground).patch(model.look.style(Tone::Text)));
    blank
}

/// Draws everything into a buffer; answers where the cursor stands.
pub fn draw(model: &Model, buffer: &mut Buffer) -> Option<Position> {
    let areas = model.areas();
    buffer.content.fill(blank(model));
    let cursor = if areas.shape == Shape::Tiny {
        let screen = areas.screen;
        header::tiny(model, buffer, screen);
        None
    } else {
        screen(model, &areas, buffer)
    };
    if model.look.glyphs == GlyphSet::Ascii {
        glyphs::plain(buffer);
    }
    cursor.filter(|at| buffer.area.contains(*at))
}

fn header_lines(model: &Model, areas: &Areas, buffer: &mut Buffer) {
    header::header(model, buffer, areas.header);
    if areas.tabs.height > 0 {
        tabs::draw(model, buffer, areas.tabs);
    }
}

fn write_box(model: &Model, areas: &Areas, buffer: &mut Buffer) -> Option<Position> {
    let editor = model.write.as_ref()?;
    let here = verbs::writing::here(model, &model.look);
    let cursor = write::view(editor, areas.write, buffer, &model.look.theme, &here);
    write::popup(editor, areas.write, areas.body, cursor, buffer, &model.look);
    cursor
}

/// The place of the box while it is closed: where it would write, and by which key.
fn closed_box(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (look, Some(id)) = (&model.look, model.in_hand) else { return };
    let title = look.style(Tone::Title);
    let mut left = vec![("Write to ".to_owned(), title)];
    left.extend(marks(model, id));
    left.extend(model.rating(id).map(|rating| (format!("{} ", rating.label()), look.style(words::priority_tone(rating.priority)))));
    left.push((model.code_of(id), title));
    let inside = paint::frame(buffer, area, &left, ("", title), look.style(Tone::Border));
    let says = if verbs::drafts::waits(model, id) { " goes on with your draft" } else { " writes what happens" };
    let key = look.keymap.key(Place::Timeline, Intent::Write);
    Pen::new(buffer, inside, 0).put(" ", title).put(key, look.style(Tone::KeyName)).put(says, look.style(Tone::Dim));
}

fn screen(model: &Model, areas: &Areas, buffer: &mut Buffer) -> Option<Position> {
    header_lines(model, areas, buffer);
    let mut cursor = None;
    for pane in Pane::ALL {
        if areas.pane(pane).height == 0 {
            continue;
        }
        if areas.has_frames {
            frame_of(model, pane, buffer, areas.pane(pane));
        }
        if let Some((x, y)) = inside(model, pane, buffer, areas.inside(pane)) {
            cursor = Some(Position { x, y });
        }
    }
    if areas.alarm.height > 0 {
        header::alarm(model, buffer, areas.alarm);
    }
    if model.write.is_some() {
        cursor = write_box(model, areas, buffer);
    } else if areas.write.height > 0 {
        closed_box(model, areas.write, buffer);
    }
    footer(model, buffer, areas.footer);
    for overlay in &model.overlays {
        let scene = match overlay {
            Overlay::Assess(assess) => assess_scene(model, assess),
            _ => None,
        };
        cursor = overlay.draw(buffer, &model.look, areas.body, scene.as_ref()).map(|(x, y)| Position { x, y });
    }
    cursor
}

/// The marks of an incident as the beginning of a title, each a block of its own.
fn marks(model: &Model, id: IncidentId) -> Vec<(String, Style)> {
    let gap = (" ".to_owned(), model.look.style(Tone::Title));
    let marks = model.marks(model.header(id).map(|header| &**header)).into_iter();
    marks.flat_map(|(mark, tone)| [(mark.to_owned(), model.look.style(tone)), gap.clone()]).collect()
}

/// What the assessment form is drawn with, where its incident is held.
pub fn assess_scene<'a>(model: &'a Model, assess: &Assess) -> Option<matrix::assess::Scene<'a>> {
    Some(matrix::assess::Scene {
        incident: model.incident(assess.incident)?,
        matrix: &model.org().matrix,
        me: model.me(),
        now: model.now(),
        clockface: model.clockface,
        look: &model.look,
    })
}

/// What the matrix is drawn with.
pub fn matrix_scene(model: &Model) -> matrix::view::Scene<'_> {
    matrix::view::Scene {
        look: &model.look,
        matrix: &model.org().matrix,
        rows: &model.incidents.open,
        in_hand: model.in_hand,
        incident: model.current().map(|held| &**held),
        now: model.now(),
        clockface: model.clockface,
        has_focus: has_focus(model, Pane::Matrix),
    }
}

fn has_focus(model: &Model, pane: Pane) -> bool {
    model.focus == pane
}

fn frame_of(model: &Model, pane: Pane, buffer: &mut Buffer, area: Rect) {
    let look = &model.look;
    let is_here = has_focus(model, pane) && model.write.is_none();
    // The line of the title says where the hands are. The sides stay as they are: recolouring them would cost a slow link 2 KB a step.
    let top = look.style(if is_here { Tone::BorderFocus } else { Tone::Border });
    let title = look.style(if is_here { Tone::TitleFocus } else { Tone::Title });
    let key = look.style(Tone::KeyName);
    let digit = (pane as usize + 1).to_string();
    let mut left = vec![(digit, key), (format!(" {}", pane.name()), title)];
    let mut right = (String::new(), look.style(Tone::Dim));
    match pane {
        Pane::Incidents => right.0 = model.incidents.title(),
        Pane::Timeline => {
            if let Some(header) = model.in_hand.and_then(|id| model.header(id)) {
                left.push((" ─ ".into(), top));
                left.extend(marks(model, header.id));
                left.push((
                    format!("{} {}", header.code_text(), header.title),
                    look.style(if is_here { Tone::Strong } else { Tone::Text }),
                ));
                let end = header.resolved_at.unwrap_or(model.now());
                right.0 = format!("{} ─ {}", header.status, span::since_start(header.opened_at.millis(), end.millis()));
            }
        }
        Pane::Matrix => right.0 = "urgency ▴ impact ▸".into(),
        Pane::Roles => right.0 = model.in_hand.map(|id| model.code_of(id)).unwrap_or_default(),
    }
    paint::frame_under(buffer, area, &left, (&right.0, right.1), top, look.style(Tone::Border));
}

fn inside(model: &Model, pane: Pane, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let look = &model.look;
    let is_here = has_focus(model, pane);
    match pane {
        Pane::Incidents => {
            let nothing_waits = BTreeMap::new();
            let (is_alone, unsent) = (model.is_alone(), if model.is_alone() { &nothing_waits } else { &*model.snapshot.unsent });
            let is_first_run = model.incidents.open.is_empty() && model.in_hand.is_none() && model.incidents.filter.line.is_none();
            if is_first_run && !model.areas().has_frames {
                nothing(model, buffer, area);
                return None;
            }
            let (has_frame, board) = (model.areas().has_frames, model.board());
            let code_in_hand = &model.in_hand.map(|id| model.code_of(id)).unwrap_or_default();
            let (in_hand, now) = (model.in_hand, model.now());
            let scene = incidents::view::Scene { look, in_hand, now, has_focus: is_here, has_frame, is_alone, unsent, board, code_in_hand };
            return incidents::view::view(&model.incidents, &scene, buffer, area);
        }
        Pane::Matrix => {
            matrix::view::view(&matrix_scene(model), buffer, area);
        }
        Pane::Timeline => match model.current() {
            Some(incident) => {
                let (clockface, local, is_alone) = (model.clockface, look.local, model.is_alone());
                let ground = timeline::update::Ground { incident, org: model.org(), clockface, local, is_alone, area };
                let scene = timeline::view::Scene { ground, look, now: model.now(), has_focus: is_here };
                return timeline::view::view(&model.timeline, &scene, buffer);
            }
            None => nothing(model, buffer, area),
        },
        Pane::Roles => match model.current() {
            Some(incident) => {
                let scene = roster::view::Scene::of(model, incident, is_here);
                roster::view::view(&model.roster, &scene, buffer, area);
            }
            // The first steps stand in the timeline; once is enough.
            None if model.areas().has_frames => {}
            None => nothing(model, buffer, area),
        },
    }
    None
}

/// What a pane says while nothing is in hand: the first steps, where there is room for them.
fn nothing(model: &Model, buffer: &mut Buffer, area: Rect) {
    let dim = model.look.style(Tone::Dim);
    if let Some(id) = model.in_hand {
        let away = model.header(id).filter(|header| model.snapshot.held_since.is_some_and(|since| header.last_entry_at < since));
        let Some(header) = away else {
            Pen::new(buffer, area, 0).put(" loading", dim);
            return;
        };
        let then = match model.snapshot.link {
            Link::Live { .. } | Link::Elsewhere => "It is being fetched.",
            _ => "It comes as soon as the server is reached; until then this is all there is here.",
        };
        let lines = words::count(header.entries, "line", "lines");
        Pen::new(buffer, area, 0).put(format!(" {} · {} · {lines}", header.code_text(), header.status), model.look.style(Tone::Strong));
        Pen::new(buffer, area, 2).put(" Its history is older than what is held here.", dim);
        Pen::new(buffer, area, 3).put(format!(" {then}"), dim);
        return;
    }
    let steps = [
        (Intent::Declare, "declare an incident: a title, then Enter"),
        (Intent::TakeCommand, "take command of it"),
        (Intent::Assess, "say how bad it is: one digit"),
        (Intent::Write, "write what happens"),
        (Intent::Help, "every key, wherever you are"),
    ];
    Pen::new(buffer, area, 0).put(" No incident is open.", model.look.style(Tone::Strong));
    for ((intent, says), row) in steps.into_iter().zip(2..area.height) {
        let key = model.look.keymap.hint(intent, "");
        Pen::new(buffer, area, row).put("  ", dim).put(key.trim_end(), model.look.style(Tone::KeyName)).put(format!("  {says}"), dim);
    }
}

fn footer(model: &Model, buffer: &mut Buffer, area: Rect) {
    let look = &model.look;
    let ground = look.style(Tone::Footer);
    let mut pen = Pen::new(buffer, area, 0);
    if let Some(notice) = &model.notice {
        pen.put(" ", ground).put(&notice.words, look.style(notice.tone));
        return;
    }
    let place = model.place();
    if let Some((query, text, about)) = verbs::filtering::typed(model).filter(|_| place.is_pane()) {
        match query.problems.last() {
            Some(problem) => pen.put(" ", ground).put(&problem.says, look.style(Tone::Warn)),
            None => pen.put(" ", ground).put(query::hint(text, about), ground),
        };
        return;
    }
    if !place.is_pane() {
        // Boxes name their keys in their own border.
        return;
    }
    if !model.incidents.marked.is_empty() {
        pen.right(words::count(model.incidents.marked.len(), "marked", "marked"), look.style(Tone::Info));
    }
    let own = look.keymap.of_place(place);
    let shared = look.keymap.of_place(Place::Everywhere).filter(|_| place.is_pane());
    let help = look.keymap.binding(place, Intent::Help).filter(|_| place.is_pane());
    if let Some(help) = help {
        pen.right(format!("{} {} ", help.key_text(), help.short), ground);
    }
    if model.in_hand.is_some_and(|id| !model.is_read_only && verbs::drafts::waits(model, id)) {
        let key = look.keymap.key(place, Intent::Write);
        pen.right(format!("{key} goes on with your draft "), look.style(Tone::Local));
    }
    // What a newcomer needs comes first, wherever one is and on the narrowest screen: to write, and to have something to write to.
    let first = if model.in_hand.is_none() && model.incidents.open.is_empty() { Intent::Declare } else { Intent::Write };
    let (firsts, shared): (Vec<_>, Vec<_>) = shared.partition(|binding| binding.intent == first);
    let is_barred = guard::bar(model).is_some();
    let offered = |binding: &&Binding| {
        let is_refused = is_barred && verbs::is_writing(binding.intent);
        !binding.short.is_empty() && !binding.keys.is_empty() && !is_refused
    };
    for binding in firsts.into_iter().chain(own).chain(shared).filter(offered) {
        let key = binding.key_text();
        if Some(binding.intent) == help.map(|help| help.intent) {
            continue;
        }
        if pen.room() < key.len() + binding.short.len() + 3 {
            break;
        }
        pen.put(" ", ground).put(key, look.style(Tone::KeyName)).put(format!(" {} ", binding.short), ground);
    }
}
