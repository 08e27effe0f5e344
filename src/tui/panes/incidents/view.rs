//! Draws the list of incidents: two lines each, one line in a low pane, or columns where there is room.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::style::Style;

use crate::domain::Board;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::query::Query;
use crate::text::span;
use crate::text::width;
use crate::tui::glyphs::FRESH;
use crate::tui::glyphs::MARK;
use crate::tui::glyphs::PENDING;
use crate::tui::glyphs::SELECTED;
use crate::tui::look::Look;
use crate::tui::paint::Pen;
use crate::tui::panes::incidents::columns;
use crate::tui::panes::incidents::lay::Lay;
use crate::tui::panes::incidents::model::Model;
use crate::tui::panes::incidents::row::Row;
use crate::tui::theme::Tone;
use crate::tui::words;

/// What the list is drawn with.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub look: &'a Look,
    pub in_hand: Option<IncidentId>,
    pub now: Timestamp,
    pub has_focus: bool,
    /// The frame around says which view it is.
    pub has_frame: bool,
    /// No server is configured.
    pub is_alone: bool,
    /// How many events of an incident wait for the server.
    pub unsent: &'a BTreeMap<IncidentId, usize>,
    /// Incidents in full, where more is known of tasks.
    pub board: &'a Board,
    /// What to write about the incident in hand where it is not in the list.
    pub code_in_hand: &'a str,
}

impl Scene<'_> {
    /// The style of a tone on a row: the selected one keeps its ground.
    pub fn over(&self, tone: Tone, row: &Row) -> Style {
        let is_loud = matches!(tone, Tone::Loud | Tone::Warn | Tone::Local | Tone::KindAlert);
        match is_loud {
            // Words that are loud stay loud on a selected row.
            true => self.ground(row).patch(self.look.style(tone)),
            false => self.look.style(tone).patch(self.ground(row)),
        }
    }

    /// The ground of a row.
    pub fn ground(&self, row: &Row) -> Style {
        match (self.in_hand == Some(row.header.id), self.has_focus) {
            (true, true) => self.look.style(Tone::Selection),
            (true, false) => self.look.style(Tone::SelectionAway),
            _ => Style::new(),
        }
    }
}

/// Draws the pane's inside; answers where the cursor stands while the filter is typed.
pub fn view(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let lay = Lay::of(area, model, scene.in_hand, scene.has_frame);
    let cursor = filter(model, scene, buffer, &lay);
    head(model, scene, buffer, &lay);
    if model.listed.is_empty() {
        Pen::new(buffer, lay.rows, 0).put(format!(" {}", empty(model)), scene.look.style(Tone::Dim));
        return cursor;
    }
    for (row, number) in model.listed.iter().skip(model.top).take(lay.fitting()).zip(0u16..) {
        let place = Rect { y: lay.rows.y + number * lay.each, height: lay.each, ..lay.rows }.intersection(lay.rows);
        match lay.has_columns {
            true => columns::row(model, scene, buffer, place, row),
            false => incident(model, scene, buffer, place, row),
        }
    }
    if lay.foot.height > 0 {
        let (loud, dim) = (scene.look.style(Tone::Warn), scene.look.style(Tone::Dim));
        let mut pen = Pen::new(buffer, lay.foot, 0);
        if model.place(scene.in_hand).is_none() && scene.in_hand.is_some() {
            pen.put(SELECTED, scene.look.style(Tone::BorderFocus)).put(scene.code_in_hand, loud).put(" in hand, not listed", dim);
        } else {
            pen.put(" older ones by code or search", dim);
        }
    }
    cursor
}

/// Why there is no row.
fn empty(model: &Model) -> String {
    let view = &model.views.shown.name;
    match (model.filter.line.is_some(), model.in_view, model.open.is_empty()) {
        (true, 1.., _) => "nothing fits: Esc takes it back".into(),
        (false, _, true) if model.is_usual() => "no open incident: D declares one".into(),
        _ => format!("nothing in `{view}`: v changes it"),
    }
}

fn filter(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, lay: &Lay) -> Option<(u16, u16)> {
    let area = lay.filter;
    let line = model.filter.line.as_ref().filter(|_| area.height > 0)?;
    let is_typing = model.filter.is_typing;
    let style = scene.look.style(if is_typing { Tone::FieldFocus } else { Tone::Field });
    let mut pen = Pen::new(buffer, area, 0);
    if !scene.has_frame && !lay.has_columns {
        pen.right(format!("{} of {}", model.listed.len(), model.in_view), scene.look.style(Tone::Dim));
    }
    let without = model.query.problems.len();
    if !is_typing && without > 0 {
        pen.right(format!("{} ignored", words::count(without, "term", "terms")), scene.look.style(Tone::Warn));
    }
    pen.put("/", scene.look.style(Tone::KeyName));
    let column = pen.typed(line, style);
    is_typing.then_some((column, area.y))
}

fn head(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, lay: &Lay) {
    if lay.head.height == 0 {
        return;
    }
    if lay.has_columns {
        return columns::head(model, scene, buffer, lay.head);
    }
    Pen::new(buffer, lay.head, 0).put(" ", Style::new()).put(model.title(), scene.look.style(Tone::Info));
}

/// Puts a title with the letters underlined that the filter found.
pub fn title(pen: &mut Pen<'_>, text: &str, style: Style, query: &Query) {
    let start = pen.column_at();
    pen.put(text, style).mark(start, text, &query.highlights(text), Style::new().add_modifier(Modifier::UNDERLINED));
}

/// Sign, priority, mark and code: how every row begins.
pub fn begin(model: &Model, scene: &Scene<'_>, pen: &mut Pen<'_>, row: &Row, code_cells: usize) {
    let (look, header, ground) = (scene.look, &row.header, scene.ground(row));
    let is_marked = model.marked.contains(&header.id);
    pen.ground(ground);
    pen.put(if scene.in_hand == Some(header.id) { SELECTED } else { " " }, look.style(Tone::BorderFocus).patch(ground));
    pen.put(row.rating.label(), look.style(words::priority_tone(row.rating.priority)));
    // The mark has a cell of its own, so that marking moves nothing.
    pen.put(if is_marked { MARK } else { " " }, scene.over(Tone::Fresh, row));
    let code = scene.over(if header.code.is_some() { Tone::Strong } else { Tone::Local }, row);
    pen.column(header.code_text(), code_cells.max(width::cells(&header.code_text())), code).put(" ", ground);
    if header.drill {
        pen.put("DRILL", look.style(Tone::Drill)).put(" ", ground);
    }
    if header.retrospective {
        pen.put("PAST", look.style(Tone::Local)).put(" ", ground);
    }
    if header.restricted {
        pen.put("RESTRICTED", look.style(Tone::Warn)).put(" ", ground);
    }
}

/// The query whose words are underlined.
pub fn sought(model: &Model) -> Query {
    if model.filter.line.is_some() { model.query.clone() } else { Query::default() }
}

fn incident(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, place: Rect, row: &Row) {
    let ground = scene.ground(row);
    let mut pen = Pen::new(buffer, Rect { height: place.height.min(1), ..place }, 0);
    begin(model, scene, &mut pen, row, 0);
    if place.height == 1 {
        let (age, is_quiet) = age(model, scene, row);
        pen.right(age, scene.over(if is_quiet { Tone::Loud } else { Tone::Dim }, row));
    }
    let is_in_hand = scene.in_hand == Some(row.header.id);
    if let Some(news) = model.news(row).filter(|_| !is_in_hand) {
        let is_short = place.width < 60;
        pen.right(format!("{FRESH} {}", news.words(is_short)), scene.over(Tone::Fresh, row));
    }
    if place.height == 1 && place.width >= 60 {
        let (who, tone) = row.commander(scene.is_alone);
        pen.right(who, scene.over(tone, row)).right(row.header.status.word(), scene.over(Tone::Dim, row));
    }
    title(&mut pen, &row.header.title, scene.over(if row.is_urgent() { Tone::Strong } else { Tone::Text }, row), &sought(model));
    pen.fill(" ", ground);
    if place.height > 1 {
        second(model, scene, &mut Pen::new(buffer, place, 1), row);
    }
}

fn second(model: &Model, scene: &Scene<'_>, pen: &mut Pen<'_>, row: &Row) {
    let (header, ground) = (&row.header, scene.ground(row));
    let over = |tone: Tone| scene.over(tone, row);
    let is_in_hand = scene.in_hand == Some(header.id);
    pen.ground(ground);
    pen.put(if is_in_hand { SELECTED } else { " " }, scene.look.style(Tone::BorderFocus).patch(ground)).put("   ", ground);
    pen.put(header.status.word(), over(Tone::Dim)).put("  ", ground);
    let (age, is_quiet) = age(model, scene, row);
    pen.put(age, over(if is_quiet { Tone::Loud } else { Tone::Dim })).put("  ", ground);
    let waiting = scene.unsent.get(&header.id).filter(|waiting| **waiting > 0);
    let waiting = waiting.map(|waiting| if pen.room() > 50 { format!("{waiting} unsent") } else { format!("{waiting}{PENDING}") });
    let firing = (header.alerts_firing > 0).then(|| format!("{} firing", header.alerts_firing));
    let late = match row.late(scene.board.get(header.id).map(|held| &**held), scene.now) {
        0 => None,
        1 => Some("task late".to_owned()),
        late => Some(format!("{late} tasks late")),
    };
    let (who, tone) = row.commander(scene.is_alone);
    let beside: usize = waiting.iter().chain(&firing).chain(&late).map(|words| width::cells(words) + 1).sum();
    // Where both do not fit, the shorter word leaves room for what waits and fires.
    let is_tight = header.commander.is_none() && header.status.is_open() && pen.room() < width::cells(&who) + beside;
    pen.put(if is_tight { "no IC" } else { who.as_str() }, over(tone));
    pen.right(waiting.unwrap_or_default(), over(Tone::Local));
    pen.right(firing.unwrap_or_default(), over(Tone::KindAlert));
    pen.right(late.unwrap_or_default(), over(Tone::Loud));
    if pen.room() >= 24 && !is_quiet {
        pen.right(format!("last entry {} ago", row.last_entry(scene.now)), over(Tone::Faint));
    }
    pen.fill(" ", ground);
}

/// How old it is; for a P1 that went quiet, how long nobody wrote.
fn age(model: &Model, scene: &Scene<'_>, row: &Row) -> (String, bool) {
    match row.quiet_ms(scene.now, model.quiet_p1_ms) {
        Some(silent_ms) => (format!("quiet {}", span::words(silent_ms)), true),
        None => (row.age(scene.now), false),
    }
}
