//! Draws every open incident on impact × urgency, and why the one in hand stands where it does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::domain::IncidentId;
use crate::domain::Matrix;
use crate::domain::Rating;
use crate::tui::glyphs::DOT;
use crate::tui::look::Look;
use crate::tui::paint;
use crate::tui::paint::Pen;
use crate::tui::panes::incidents::model::Row;
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
}

/// Draws the pane's inside.
pub fn view(scene: &Scene<'_>, buffer: &mut Buffer, area: Rect) {
    let (look, matrix) = (scene.look, scene.matrix);
    let label = matrix.rows.iter().map(|band| band.name.len()).max().unwrap_or(0).clamp(4, 8);
    let columns = matrix.columns.len().max(1);
    let cells = (usize::from(area.width).saturating_sub(label + 2) / columns).clamp(4, 16);
    let dim = look.style(Tone::Dim);
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(label + 2);
    for band in &matrix.columns {
        pen.put(centred(&band.name, cells), dim);
    }
    let places: Vec<(Option<(usize, usize)>, &Row)> = scene.rows.iter().map(|row| (placed(matrix, row), row)).collect();
    let mut number = 1;
    for (row, band) in matrix.rows.iter().enumerate().rev() {
        let mut pen = Pen::new(buffer, area, number);
        pen.put(" ", dim).column(&band.name, label + 1, dim);
        for column in 0..columns {
            let here: Vec<&Row> = places.iter().filter(|(place, _)| *place == Some((column, row))).map(|(_, row)| *row).collect();
            cell(scene, &mut pen, &here, cells);
        }
        number += 1;
    }
    let number = number.min(area.height);
    reason(scene, buffer, Rect { y: area.y + number, height: area.height - number, ..area });
}

fn cell(scene: &Scene<'_>, pen: &mut Pen<'_>, here: &[&Row], cells: usize) {
    let in_hand = here.iter().find(|row| Some(row.header.id) == scene.in_hand);
    let Some(first) = in_hand.or(here.first()) else {
        pen.put(centred(DOT, cells), scene.look.style(Tone::Faint));
        return;
    };
    let code = first.header.code_text();
    let number = code.strip_prefix("INC-").unwrap_or(&code);
    let words = match here.len() {
        1 if code.len() < cells => code.clone(),
        1 if number.len() < cells => number.to_owned(),
        many if number.len() + 4 < cells => format!("{number} +{}", many - 1),
        many => format!("{many}"),
    };
    let left = cells.saturating_sub(words.len()) / 2;
    let style = scene.look.style(words::priority_tone(first.rating.priority));
    let style = if in_hand.is_some() { style.add_modifier(Modifier::UNDERLINED) } else { style };
    pen.skip(left).put(&words, style).skip(cells.saturating_sub(words.len() + left));
}

/// The column and row of an incident; by its severity while nothing of its impact was scored.
fn placed(matrix: &Matrix, row: &Row) -> Option<(usize, usize)> {
    let severity = row.header.assessment.severity.as_ref().map(|field| field.value);
    let impact = row.rating.impact.as_ref().map(|level| level.value).or_else(|| severity.map(|severity| matrix.impact_of(severity)))?;
    let urgency = row.rating.urgency.as_ref().map_or(matrix.unknown_urgency, |level| level.value);
    matrix.place(impact, urgency)
}

fn reason(scene: &Scene<'_>, buffer: &mut Buffer, area: Rect) {
    let look = scene.look;
    let mut lines = Vec::new();
    if let Some(row) = scene.rows.iter().find(|row| Some(row.header.id) == scene.in_hand) {
        lines = why(&row.rating, usize::from(area.width.saturating_sub(2)));
    }
    let unplaced = scene.rows.iter().filter(|row| placed(scene.matrix, row).is_none()).count();
    if unplaced > 0 {
        lines.push((format!("{unplaced} without a rating: p rates"), Tone::Warn));
    }
    let gap = u16::from(usize::from(area.height) > lines.len());
    let mut number = gap;
    for (words, tone) in lines {
        Pen::new(buffer, area, number).put(" ", look.style(tone)).put(words, look.style(tone));
        number += 1;
    }
    // What is left of a tall pane says why the others stand where they do.
    for row in scene.rows.iter().filter(|row| Some(row.header.id) != scene.in_hand) {
        number += 1;
        if number >= area.height {
            return;
        }
        let mut pen = Pen::new(buffer, area, number);
        pen.put(" ", look.style(Tone::Text)).put(row.rating.label(), look.style(words::priority_tone(row.rating.priority)));
        pen.put(format!(" {} ", row.header.code_text()), look.style(Tone::Text));
        let why = row.rating.reason.split_once(": ").map_or(row.rating.reason.as_str(), |(_, why)| why);
        pen.put(why, look.style(Tone::Dim));
    }
}

/// The reason of a rating in lines of a width.
pub fn why(rating: &Rating, columns: usize) -> Vec<(String, Tone)> {
    let reason = paint::wrapped(&rating.reason, columns.max(8));
    let mut lines: Vec<(String, Tone)> = reason.into_iter().map(|line| (line, Tone::Text)).collect();
    if let Some(loss) = rating.loss_usd.filter(|loss| *loss > 0) {
        let grows = if rating.next_change.is_some() { ", and growing" } else { "" };
        lines.push((format!("{} by now{grows}", dollars(loss)), Tone::Warn));
    }
    lines
}

/// `$1.2M`, `$340k`, `$950`.
fn dollars(amount: u64) -> String {
    match amount {
        0..=999 => format!("${amount}"),
        1_000..=999_999 => format!("${}k", amount / 1_000),
        1_000_000..=999_999_999 => {
            format!("${}.{}M", amount / 1_000_000, amount % 1_000_000 / 100_000)
        }
        _ => format!("${}.{}B", amount / 1_000_000_000, amount % 1_000_000_000 / 100_000_000),
    }
}

fn centred(words: &str, cells: usize) -> String {
    format!("{words:^cells$}")
}
