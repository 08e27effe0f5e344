//! Draws every open incident on impact × urgency, why the one in hand stands where it does, and how its priority moved.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;

use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Matrix;
use crate::domain::Rating;
use crate::domain::Timestamp;
use crate::text::money;
use crate::text::span;
use crate::tui::clockface::Clockface;
use crate::tui::keymap::Intent;
use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::panes::incidents::row::Row;
use crate::tui::panes::matrix::board;
use crate::tui::panes::matrix::board::Board;
use crate::tui::panes::matrix::chart;
use crate::tui::panes::matrix::chart::Chart;
use crate::tui::panes::matrix::grid;
use crate::tui::panes::matrix::grid::Grid;
use crate::tui::theme::Tone;
use crate::tui::words;

/// What the matrix is drawn with.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub look: &'a Look,
    pub matrix: &'a Matrix,
    /// Open incidents, by priority.
    pub rows: &'a [Row],
    pub in_hand: Option<IncidentId>,
    /// The one in hand, where it is held in full.
    pub incident: Option<&'a Incident>,
    pub now: Timestamp,
    pub clockface: Clockface,
    pub has_focus: bool,
}

type Words = (String, Tone);

/// The incident a click is on: of several in a cell the one in hand, else the first.
pub fn under(scene: &Scene<'_>, area: Rect, at: Position) -> Option<IncidentId> {
    let board = Board::of(scene.matrix, scene.rows);
    let columns = usize::from(area.width.saturating_sub(2));
    let place = grid_over(scene, &board, &reason(scene, columns), &shelf(scene, &board, columns), area).place_under(area, at)?;
    let here = board.at(Some(place));
    let in_hand = here.iter().find(|row| Some(row.header.id) == scene.in_hand);
    in_hand.or(here.first()).map(|row| row.header.id)
}

/// The grid where reason and shelf keep their rows: it grows only into what is left.
fn grid_over<'a>(scene: &Scene<'_>, board: &'a Board<'a>, why: &[Words], shelf: &[Words], area: Rect) -> Grid<'a> {
    let kept = u16::try_from(why.len() + shelf.len()).unwrap_or(0) + 1;
    Grid::fit(scene, board, area.width, area.height.saturating_sub(kept))
}

/// Draws the pane's inside.
pub fn view(scene: &Scene<'_>, buffer: &mut Buffer, area: Rect) {
    let board = Board::of(scene.matrix, scene.rows);
    let columns = usize::from(area.width.saturating_sub(2));
    let mut why = reason(scene, columns);
    let shelf = shelf(scene, &board, columns);
    let grid = grid_over(scene, &board, &why, &shelf, area);
    grid.draw(scene, buffer, area);
    shorten(&mut why, usize::from(area.height.saturating_sub(grid.height())).saturating_sub(shelf.len()));
    why.extend(beside(scene, &board, &grid, columns));
    let has_guess = scene.rows.iter().any(|row| board::is_guess(row) && row.rating.priority.is_some());
    if has_guess && usize::from(area.height.saturating_sub(grid.height())) > why.len() + shelf.len() + 1 {
        why.push(("? stands by severity alone".into(), Tone::Dim));
    }
    let mut number = grid.height();
    let mut put = |number: u16, (words, tone): &Words| {
        Pen::new(buffer, area, number).put(" ", scene.look.style(*tone)).put(words, scene.look.style(*tone));
    };
    for line in &shelf {
        put(number, line);
        number += 1;
    }
    let is_roomy = usize::from(area.height.saturating_sub(number)) > why.len();
    number += u16::from(is_roomy && !why.is_empty());
    for line in &why {
        put(number, line);
        number += 1;
    }
    let others = others(scene);
    let rest = area.height.saturating_sub(number);
    let chart = scene.incident.filter(|incident| incident.ratings.len() > 1 && rest > chart::ROWS);
    // Where both have room, the others stand above the chart.
    let others_room = if chart.is_some() { rest.saturating_sub(chart::ROWS + 2) } else { rest.saturating_sub(1) };
    for (row, line) in others.iter().take(usize::from(others_room)).enumerate() {
        line_of(scene, &mut Pen::new(buffer, area, number + 1 + row as u16), line);
    }
    if let Some(incident) = chart {
        let clock = |at| scene.clockface.write(at, incident.opened_at, scene.look.local, 5);
        let place = Rect { x: area.x + 1, y: area.bottom() - chart::ROWS, width: area.width.saturating_sub(2), height: chart::ROWS };
        Chart::of(incident, scene.matrix, scene.now, clock).draw(buffer, scene.look, place, Tone::Ground);
    }
}

/// Where not all of it fits, what the money does stays in sight, and the reason says that it goes on.
fn shorten(why: &mut Vec<Words>, rows: usize) {
    let money: Vec<Words> = why.iter().filter(|(_, tone)| *tone == Tone::Warn).cloned().collect();
    let kept = rows.saturating_sub(money.len()).max(1);
    if why.len() > rows && kept < why.len() {
        why.truncate(kept);
        why.last_mut().into_iter().for_each(|(words, _)| words.push('…'));
        why.extend(money);
    }
}

/// Those nobody has rated stand in no cell: they are named under the grid.
fn shelf(scene: &Scene<'_>, board: &Board<'_>, columns: usize) -> Vec<Words> {
    let unrated = board.at(None);
    if unrated.is_empty() {
        return Vec::new();
    }
    let name =
        |row: &&Row| if Some(row.header.id) == scene.in_hand { format!("[{}]", row.header.code_text()) } else { row.header.code_text() };
    let names = unrated.iter().map(name).collect::<Vec<_>>().join(" ");
    let key = scene.look.keymap.key(Place::Matrix, Intent::Assess);
    let words = format!("not rated: {names}");
    let words = if words.len() + 10 <= columns { format!("{words}  {key} rates") } else { words };
    vec![(words, Tone::Warn)]
}

/// Why the incident in hand stands where it does.
fn reason(scene: &Scene<'_>, columns: usize) -> Vec<Words> {
    let Some(row) = scene.rows.iter().find(|row| Some(row.header.id) == scene.in_hand) else {
        return Vec::new();
    };
    // Money grows by the second, and is said as of now.
    let rating = scene.matrix.rate(&row.header.assessment, scene.now);
    let clock = |at| scene.clockface.write(at, row.header.opened_at, scene.look.local, 5);
    why(&rating, columns, scene.now, clock)
}

/// What a cell holds beside what it shows.
fn beside(scene: &Scene<'_>, board: &Board<'_>, grid: &Grid<'_>, columns: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    let open = scene.look.keymap.key(Place::Matrix, Intent::Open);
    if let Some((place @ Some(_), _)) = board.find(scene.in_hand) {
        let others = board.at(place).iter().filter(|row| Some(row.header.id) != scene.in_hand);
        let codes: Vec<String> = others.map(|row| grid::code(row, false)).collect();
        if !codes.is_empty() {
            let words = format!("beside it: {}; {open} lists", codes.join(" "));
            let fits = words.len() <= columns;
            lines.push((if fits { words } else { format!("{} more in this cell; {open} lists", codes.len()) }, Tone::Dim));
        }
    }
    if grid.has_more && lines.is_empty() {
        lines.push((format!("+2: two more in that cell; {open} there lists"), Tone::Dim));
    }
    lines
}

/// Why the others stand where they do.
fn others<'a>(scene: &Scene<'a>) -> Vec<&'a Row> {
    scene.rows.iter().filter(|row| Some(row.header.id) != scene.in_hand).collect()
}

fn line_of(scene: &Scene<'_>, pen: &mut Pen<'_>, row: &Row) {
    let look = scene.look;
    pen.put(" ", look.style(Tone::Text)).put(row.rating.label(), look.style(words::priority_tone(row.rating.priority)));
    pen.put(format!(" {} ", row.header.code_text()), look.style(Tone::Text));
    let why = row.rating.reason.split_once(": ").map_or(row.rating.reason.as_str(), |(_, why)| why);
    pen.put(why, look.style(Tone::Dim));
}

/// The reason of a rating in lines of a width, and what its money does. `clock` writes a time.
pub fn why(rating: &Rating, columns: usize, now: Timestamp, clock: impl Fn(Timestamp) -> String) -> Vec<Words> {
    let reason = paint::wrapped(&rating.reason, columns.max(8));
    let mut lines: Vec<Words> = reason.into_iter().map(|line| (line, Tone::Text)).collect();
    let money = growth(rating, now, clock);
    lines.extend(money.into_iter().flat_map(|words| paint::wrapped(&words, columns.max(8))).map(|line| (line, Tone::Warn)));
    lines
}

/// A loss that takes longer than this to move a priority is said in days, not by the clock.
const CLOCK_AHEAD_MS: i64 = 12 * 3_600_000;

/// `$1.5M by now, growing $12k/min, P1 at 16:58`.
fn growth(rating: &Rating, now: Timestamp, clock: impl Fn(Timestamp) -> String) -> Option<String> {
    let loss = rating.loss_usd.filter(|loss| *loss > 0 || rating.usd_per_minute.is_some())?;
    let Some(each) = rating.usd_per_minute else {
        return Some(format!("{} at stake", money::words(loss)));
    };
    let next = rating.next_priority.map_or_else(String::new, |(at, to)| match at.since_ms(now) {
        ahead if ahead < CLOCK_AHEAD_MS => format!(", {to} at {}", clock(at)),
        _ => format!(", {to} {}", span::ago(at.millis(), now.millis())),
    });
    Some(format!("{} by now, growing {}/min{next}", money::words(loss), money::words(each)))
}
