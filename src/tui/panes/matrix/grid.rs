//! Draws the grid: urgency up, impact to the right, in each cell the codes of what stands there.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::style::Style;

use crate::text::width;
use crate::tui::glyphs::DOT;
use crate::tui::glyphs::SELECTED;
use crate::tui::paint::Pen;
use crate::tui::panes::incidents::row::Row;
use crate::tui::panes::matrix::board;
use crate::tui::panes::matrix::board::Board;
use crate::tui::panes::matrix::view::Scene;
use crate::tui::theme::Tone;
use crate::tui::words;

const CELLS_MIN: usize = 4;
const CELLS_MAX: usize = 34;
/// From so many cells on a cell also says what its incident is.
const TITLE_CELLS: usize = 16;

/// The grid as it fits into an area.
pub struct Grid<'a> {
    board: &'a Board<'a>,
    label: usize,
    /// Blanks before the names of rows.
    indent: usize,
    cells: usize,
    /// Lines of each row, from the lowest row.
    lines: Vec<u16>,
    /// Whether codes stand without what all of them begin with.
    is_short: bool,
    /// Whether some cell holds more than it shows.
    pub has_more: bool,
}

impl<'a> Grid<'a> {
    /// The grid in so many columns, in at most `rows` rows, its head included.
    pub fn fit(scene: &Scene<'_>, board: &'a Board<'a>, columns: u16, rows: u16) -> Self {
        let matrix = scene.matrix;
        let name = matrix.rows.iter().map(|band| width::cells(&band.name)).max().unwrap_or(0).clamp(3, 10);
        let across = matrix.columns.len().max(1);
        let cells_beside = |label: usize| (usize::from(columns).saturating_sub(label) / across).clamp(CELLS_MIN, CELLS_MAX);
        // A cell begins with the mark of its code, and ends with a blank: codes do not touch the marks of their neighbours.
        let widest = board.all().map(|row| width::cells(&code(row, false))).max().unwrap_or(0);
        let fits = |cells: usize| widest + 2 <= cells;
        // The blank at the left edge is given for whole codes.
        let indent = usize::from(fits(cells_beside(name + 2)) || !fits(cells_beside(name + 1)));
        let label = name + 1 + indent;
        let cells = cells_beside(label);
        let count = |row: usize| (0..across).map(|column| board.at(Some((column, row))).len()).max().unwrap_or(0);
        let wanted: Vec<usize> = (0..matrix.rows.len()).map(count).collect();
        let mut lines = vec![1_u16; wanted.len()];
        let mut spare = usize::from(rows).saturating_sub(1 + wanted.len());
        while spare > 0 {
            // One line at a time to the row that lacks most.
            let lack = |row: &usize| wanted[*row].saturating_sub(usize::from(lines[*row]));
            let Some(row) = (0..wanted.len()).filter(|row| lack(row) > 0).max_by_key(lack) else { break };
            lines[row] += 1;
            spare -= 1;
        }
        let is_short = !fits(cells);
        let has_more = (0..wanted.len()).any(|row| wanted[row] > usize::from(lines[row]));
        Self { board, label, indent, cells, lines, is_short, has_more }
    }

    /// Rows it takes.
    pub fn height(&self) -> u16 {
        1 + self.lines.iter().sum::<u16>()
    }

    /// The column and row, both from the lowest, that a point of `area` is in.
    pub fn place_under(&self, area: Rect, at: Position) -> Option<(usize, usize)> {
        let across = usize::from(at.x.checked_sub(area.x)?).checked_sub(self.label)? / self.cells;
        let mut line = at.y.checked_sub(area.y + 1)?;
        for row in (0..self.lines.len()).rev() {
            match line.checked_sub(self.lines[row]) {
                Some(below) => line = below,
                None => return Some((across, row)),
            }
        }
        None
    }

    /// Draws it.
    pub fn draw(&self, scene: &Scene<'_>, buffer: &mut Buffer, area: Rect) {
        let dim = scene.look.style(Tone::Dim);
        let mut pen = Pen::new(buffer, area, 0);
        pen.skip(self.label);
        for band in &scene.matrix.columns {
            pen.skip(1).column(&band.name, self.cells - 1, dim);
        }
        let mut top = 1;
        for (row, band) in scene.matrix.rows.iter().enumerate().rev() {
            for line in 0..self.lines[row] {
                let mut pen = Pen::new(buffer, area, top + line);
                pen.skip(self.indent).column(if line == 0 { band.name.as_str() } else { "" }, self.label - self.indent, dim);
                for column in 0..scene.matrix.columns.len() {
                    self.cell(scene, &mut pen, self.board.at(Some((column, row))), (usize::from(line), usize::from(self.lines[row])));
                }
            }
            top += self.lines[row];
        }
    }

    /// One line of a cell.
    fn cell(&self, scene: &Scene<'_>, pen: &mut Pen<'_>, here: &[&Row], (line, lines): (usize, usize)) {
        let look = scene.look;
        let is_in_hand = |row: &Row| Some(row.header.id) == scene.in_hand;
        // What is in hand is shown in any case.
        let hidden = here.iter().position(|row| is_in_hand(row)).filter(|at| *at >= lines || (lines == 1 && here.len() > 1));
        let order: Vec<&Row> =
            hidden.map(|at| here[at]).into_iter().chain(here.iter().copied().filter(|row| hidden.is_none() || !is_in_hand(row))).collect();
        if here.is_empty() {
            pen.skip(1).column(if line == 0 { DOT } else { "" }, self.cells - 1, look.style(Tone::Faint));
            return;
        }
        let is_last = line + 1 == lines;
        if lines > 1 && is_last && here.len() > lines {
            let more = here.len() + 1 - lines;
            let words = Some(format!("{more} more")).filter(|words| words.len() < self.cells);
            pen.skip(1).column(words.unwrap_or_else(|| format!("+{more}")), self.cells - 1, look.style(Tone::Warn));
            return;
        }
        let Some(row) = order.get(line) else {
            pen.skip(self.cells);
            return;
        };
        let is_here = is_in_hand(row);
        let ground = match is_here {
            true => look.style(if scene.has_focus { Tone::Selection } else { Tone::SelectionAway }).add_modifier(Modifier::BOLD),
            false => Style::new(),
        };
        let is_guess = board::is_guess(row);
        match (is_here, is_guess) {
            (true, _) => pen.put(SELECTED, look.style(Tone::BorderFocus).patch(ground)),
            (false, true) => pen.put("?", look.style(Tone::Dim)),
            (false, false) => pen.put(" ", ground),
        };
        let style = ground.patch(look.style(words::priority_tone(row.rating.priority)));
        let room = self.cells - 1;
        let mut text = code(row, self.is_short);
        if lines == 1 && here.len() > 1 {
            let codes: Vec<String> = order.iter().map(|row| code(row, true)).collect();
            // Of several in one line only the first has a place for its mark.
            let all = codes.join(" ");
            text = if width::cells(&all) < room { all } else { format!("{} +{}", codes[0], here.len() - 1) };
        }
        let used = width::cells(&text).min(room);
        pen.column(&text, used.max(1), style);
        let left = room - used.max(1);
        if left >= TITLE_CELLS && here.len() <= lines {
            pen.put(" ", ground).column(&row.header.title, left - 2, look.style(Tone::Dim).patch(ground)).skip(1);
        } else {
            pen.skip(left);
        }
    }
}

/// `INC-42`, or `42` where there is no room.
pub fn code(row: &Row, is_short: bool) -> String {
    let code = row.header.code_text();
    code.split_once('-').map_or(code.as_str(), |(_, number)| if is_short { number } else { &code }).to_owned()
}
