//! The list in columns with a head, where one line holds all of an incident.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::width;
use crate::tui::glyphs::FRESH;
use crate::tui::paint::Pen;
use crate::tui::panes::incidents::model::Model;
use crate::tui::panes::incidents::row::Row;
use crate::tui::panes::incidents::sort::Sort;
use crate::tui::panes::incidents::view;
use crate::tui::panes::incidents::view::Scene;
use crate::tui::theme::Tone;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Status,
    Age,
    Commander,
    LastEntry,
    Tasks,
    Alerts,
    Unsent,
    News,
}

/// Every column from left to right: its head, its cells, and how soon it goes where there is no room (1 last).
const COLUMNS: [(Column, &str, usize, u8); 8] = [
    (Column::Status, "STATUS", 13, 1),
    (Column::Age, "AGE", 6, 2),
    (Column::Commander, "COMMANDER", 12, 1),
    (Column::LastEntry, "LAST ENTRY", 12, 3),
    (Column::Tasks, "TASKS", 6, 5),
    (Column::Alerts, "ALERTS", 6, 6),
    (Column::Unsent, "UNSENT", 6, 4),
    (Column::News, "NEWS", 14, 4),
];
/// A title narrower than this says too little.
const TITLE_CELLS_MIN: usize = 24;
/// Sign, priority, mark and the blank after the code.
const BEGIN_CELLS: usize = 5;

/// Cells of the codes, and the columns there is room for.
fn fitting(model: &Model, cells: usize) -> (usize, Vec<(Column, &'static str, usize)>) {
    let code_cells = model.listed.iter().take(200).map(|row| width::cells(&row.header.code_text())).max().unwrap_or(0).max(4);
    let mut kept = COLUMNS.to_vec();
    let taken = |kept: &[(Column, &str, usize, u8)]| kept.iter().map(|(_, _, cells, _)| cells + 1).sum::<usize>();
    while taken(&kept) + code_cells + BEGIN_CELLS + TITLE_CELLS_MIN > cells && kept.len() > 1 {
        let last = kept.iter().map(|column| column.3).max().unwrap_or(0);
        kept.retain(|column| column.3 < last || last == 1);
        if last == 1 {
            break;
        }
    }
    (code_cells, kept.into_iter().map(|(column, head, cells, _)| (column, head, cells)).collect())
}

/// Cells of the title between the code and the columns.
fn title_cells(room: usize, columns: &[(Column, &str, usize)]) -> usize {
    room.saturating_sub(columns.iter().map(|(_, _, cells)| cells + 1).sum())
}

/// Draws the head; the column the list is ordered by is marked.
pub fn head(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, area: Rect) {
    let (code_cells, columns) = fitting(model, usize::from(area.width));
    let (dim, sorted) = (scene.look.style(Tone::Dim), scene.look.style(Tone::Info));
    let mut pen = Pen::new(buffer, area, 0);
    let by = |sort: Sort, head: &str| if model.sort == sort { (format!("{head}▾"), sorted) } else { (head.to_owned(), dim) };
    let (priority, style) = by(Sort::Priority, " P");
    pen.column(priority, BEGIN_CELLS - 1, style);
    let (code, style) = by(Sort::Code, "CODE");
    pen.column(code, code_cells + 1, style);
    let title = if scene.has_frame { "TITLE".to_owned() } else { format!("TITLE  {}", model.title()) };
    let cells = title_cells(pen.room(), &columns);
    pen.column(title, cells, dim);
    for (column, head, cells) in columns {
        let sort = match column {
            Column::Status => Sort::Status,
            Column::Age => Sort::Age,
            Column::Commander => Sort::Commander,
            Column::LastEntry => Sort::LastEntry,
            _ => {
                pen.put(" ", Style::new()).column(head, cells, dim);
                continue;
            }
        };
        let (head, style) = by(sort, head);
        pen.put(" ", Style::new()).column(head, cells, style);
    }
}

/// Draws one incident.
pub fn row(model: &Model, scene: &Scene<'_>, buffer: &mut Buffer, place: Rect, row: &Row) {
    let (code_cells, columns) = fitting(model, usize::from(place.width));
    let ground = scene.ground(row);
    let mut pen = Pen::new(buffer, place, 0);
    view::begin(model, scene, &mut pen, row, code_cells);
    let cells = title_cells(pen.room(), &columns);
    let at = Rect { x: pen.column_at(), width: u16::try_from(cells).unwrap_or(0), ..place };
    let style = scene.over(if row.is_urgent() { Tone::Strong } else { Tone::Text }, row);
    pen.skip(cells);
    for (column, _, cells) in columns {
        let (words, tone) = cell(model, scene, column, row);
        pen.put(" ", ground).column(words, cells, scene.over(tone, row));
    }
    pen.fill(" ", ground);
    let mut pen = Pen::new(buffer, at, 0);
    view::title(&mut pen, &row.header.title, style, &view::sought(model));
    pen.fill(" ", ground);
}

fn cell(model: &Model, scene: &Scene<'_>, column: Column, row: &Row) -> (String, Tone) {
    let header = &row.header;
    let number = |count: usize, tone: Tone| if count > 0 { (count.to_string(), tone) } else { (String::new(), Tone::Dim) };
    match column {
        Column::Status => (header.status.to_string(), Tone::Text),
        Column::Age => (row.age(scene.now), Tone::Dim),
        Column::Commander => row.commander(scene.is_alone),
        Column::LastEntry => match row.quiet_ms(scene.now, model.quiet_p1_ms) {
            Some(_) => (format!("quiet {}", row.last_entry(scene.now)), Tone::Loud),
            None => (row.last_entry(scene.now), Tone::Dim),
        },
        Column::Tasks => match row.late(scene.board.get(header.id).map(|held| &**held), scene.now) {
            0 => number(header.tasks_open, Tone::Text),
            late => (format!("{late} late"), Tone::Loud),
        },
        Column::Alerts => number(header.alerts_firing, Tone::KindAlert),
        Column::Unsent => number(scene.unsent.get(&header.id).copied().unwrap_or(0), Tone::Local),
        Column::News => {
            let news = model.news(row).filter(|_| scene.in_hand != Some(header.id));
            (news.map(|news| format!("{FRESH} {}", news.words(true))).unwrap_or_default(), Tone::Fresh)
        }
    }
}
