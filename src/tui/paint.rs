//! Drawing words into cells: the one door between text and the frame, and it lets only [`Safe`] text through.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::style::Modifier;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::Safe;
use crate::text::width;
use crate::text::wrap;
use crate::tui::edit::LineEdit;
use crate::tui::glyphs::FRAME;

/// A pen that writes one row from left to right and never leaves it.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    x: u16,
    y: u16,
    end: u16,
}

impl<'a> Pen<'a> {
    /// A pen at the start of a row of `area`; rows outside of it take no ink.
    pub fn new(buffer: &'a mut Buffer, area: Rect, row: u16) -> Self {
        let area = area.intersection(buffer.area);
        let y = area.y.saturating_add(row);
        let end = if row < area.height { area.right() } else { area.x };
        Self { buffer, x: area.x, y, end }
    }

    /// Paints the whole row, so that no gap between words shows another ground.
    pub fn ground(&mut self, style: Style) -> &mut Self {
        if self.x < self.end {
            self.buffer.set_style(Rect::new(self.x, self.y, self.end - self.x, 1), style);
        }
        self
    }

    /// Cells left on the row.
    pub fn room(&self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }

    /// Writes text, clipped with an ellipsis to what is left.
    pub fn put(&mut self, text: impl AsRef<str>, style: Style) -> &mut Self {
        let room = self.room();
        if room == 0 {
            return self;
        }
        let safe = Safe::clipped(text.as_ref(), room);
        self.x = write(self.buffer, (self.x, self.y), safe.as_str(), room, style);
        self
    }

    /// Writes text like [`Pen::put`] and underlines these of its letters: what a query found.
    pub fn put_with(&mut self, text: &str, style: Style, letters: &[u32]) -> &mut Self {
        let start = self.x;
        self.put(text, style);
        self.underline(start, text, letters)
    }

    /// Writes text like [`Pen::column`] and underlines these of its letters.
    pub fn column_with(&mut self, text: &str, cells: usize, style: Style, letters: &[u32]) -> &mut Self {
        let start = self.x;
        self.column(text, cells, style);
        self.underline(start, text, letters)
    }

    fn underline(&mut self, start: u16, text: &str, letters: &[u32]) -> &mut Self {
        let mut x = start;
        // Nearly every row has none.
        let clusters = text.graphemes(true).take(letters.last().map_or(0, |last| *last as usize + 1));
        for (at, cluster) in (0u32..).zip(clusters) {
            let cells = u16::try_from(width::cells(cluster)).unwrap_or(0);
            if x + cells > self.x {
                break;
            }
            if letters.binary_search(&at).is_ok() {
                self.buffer.set_style(Rect::new(x, self.y, cells, 1), Style::new().add_modifier(Modifier::UNDERLINED));
            }
            x += cells;
        }
        self
    }

    /// Writes text into exactly `cells` cells, clipped or followed by blanks of the same style.
    pub fn column(&mut self, text: impl AsRef<str>, cells: usize, style: Style) -> &mut Self {
        let cells = cells.min(self.room());
        let safe = Safe::clipped(text.as_ref(), cells);
        let fitted = width::fit(safe.as_str(), cells);
        self.x = write(self.buffer, (self.x, self.y), &fitted, cells, style);
        self
    }

    /// Leaves `cells` cells as they are.
    pub fn skip(&mut self, cells: usize) -> &mut Self {
        let cells = cells.min(self.room());
        self.x += u16::try_from(cells).unwrap_or(0);
        self
    }

    /// Writes text at the right edge, when it fits behind what is there with a blank between; the row ends before it.
    pub fn right(&mut self, text: impl AsRef<str>, style: Style) -> &mut Self {
        let safe = Safe::line(text.as_ref());
        let cells = safe.cells();
        if cells == 0 || cells + 1 > self.room() {
            return self;
        }
        let at = self.end - u16::try_from(cells).unwrap_or(0);
        write(self.buffer, (at, self.y), safe.as_str(), cells, style);
        self.end = at - 1;
        self
    }

    /// Fills the rest of the row with one sign of one cell.
    pub fn fill(&mut self, sign: &str, style: Style) -> &mut Self {
        while self.x < self.end {
            self.buffer[(self.x, self.y)].set_symbol(sign).set_style(style);
            self.x += 1;
        }
        self
    }

    /// Styles places (bytes, as a query finds them) of a text that was just written from a column of the screen on.
    pub fn mark(&mut self, start: u16, text: &str, places: &[Range<usize>], style: Style) -> &mut Self {
        for place in places {
            let cells = |part: &str| u16::try_from(width::cells(part)).unwrap_or(u16::MAX);
            let column = start.saturating_add(cells(&text[..place.start]));
            let wide = cells(&text[place.clone()]).min(self.x.saturating_sub(column));
            self.buffer.set_style(Rect::new(column, self.y, wide, 1), style);
        }
        self
    }

    /// Writes the part of a typed line that holds its cursor over what is left of the row; answers the cursor's column.
    pub fn typed(&mut self, line: &LineEdit, style: Style) -> u16 {
        let (text, column) = line.window(self.room());
        let at = self.x + u16::try_from(column).unwrap_or(0);
        self.put(text, style).fill(" ", style);
        at
    }

    /// The column the next cell goes to.
    pub fn column_at(&self) -> u16 {
        self.x
    }
}

/// Writes safe text into at most `most` cells from a place on; answers the column behind it.
fn write(buffer: &mut Buffer, (mut x, y): (u16, u16), safe: &str, most: usize, style: Style) -> u16 {
    // A pen on a row outside of the buffer has no room, and no cell to begin at.
    if most == 0 {
        return x;
    }
    let end = usize::from(buffer.area.right()).min(usize::from(x) + most);
    if safe.is_ascii() {
        let cells = safe.len().min(end.saturating_sub(usize::from(x)));
        let start = buffer.index_of(x.min(buffer.area.right() - 1), y);
        for (cell, at) in buffer.content[start..].iter_mut().zip(0..cells) {
            cell.set_symbol(&safe[at..=at]).set_style(style);
        }
        return x + u16::try_from(cells).unwrap_or(0);
    }
    for (_, cluster) in width::each_cluster(safe) {
        let cells = width::grapheme_cells(cluster);
        if usize::from(x) + cells > end {
            break;
        }
        // The cells a wide cluster covers are its own, and blank.
        for (place, at) in (x..).take(cells).enumerate() {
            let cell = &mut buffer[(at, y)];
            if place == 0 {
                cell.set_symbol(cluster).set_style(style);
            } else {
                cell.reset();
            }
        }
        x += u16::try_from(cells).unwrap_or(0);
    }
    x
}

/// Text from anywhere as safe lines of at most `columns` cells.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let safe = Safe::lines(text);
    wrap::wrap(safe.as_str(), columns).into_iter().map(str::to_owned).collect()
}

/// Gives every cell of an area a style and a blank.
pub fn clear(buffer: &mut Buffer, area: Rect, style: Style) {
    let area = area.intersection(buffer.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_symbol(" ");
                cell.modifier = Modifier::empty();
                cell.fg = Color::Reset;
                // What lies behind shows through a style without a ground of its own.
                cell.set_style(style);
            }
        }
    }
}

/// A frame with a title at the left of its top line and words at the right; answers the area inside.
pub fn frame(buffer: &mut Buffer, area: Rect, title: &[(String, Style)], right: (&str, Style), border: Style) -> Rect {
    frame_under(buffer, area, title, right, border, border)
}

/// A frame like [`frame`] whose top line has a look of its own.
pub fn frame_under(buffer: &mut Buffer, area: Rect, title: &[(String, Style)], right: (&str, Style), top: Style, border: Style) -> Rect {
    let area = area.intersection(buffer.area);
    if area.width < 2 || area.height < 2 {
        return Rect::new(area.x, area.y, 0, 0);
    }
    let [top_left, top_right, bottom_right, bottom_left, across, down] = FRAME;
    for x in area.left() + 1..area.right() - 1 {
        buffer[(x, area.top())].set_symbol(across).set_style(top);
        buffer[(x, area.bottom() - 1)].set_symbol(across).set_style(border);
    }
    for y in area.top() + 1..area.bottom() - 1 {
        buffer[(area.left(), y)].set_symbol(down).set_style(border);
        buffer[(area.right() - 1, y)].set_symbol(down).set_style(border);
    }
    for (x, y, sign, style) in [
        (area.left(), area.top(), top_left, top),
        (area.right() - 1, area.top(), top_right, top),
        (area.right() - 1, area.bottom() - 1, bottom_right, border),
        (area.left(), area.bottom() - 1, bottom_left, border),
    ] {
        buffer[(x, y)].set_symbol(sign).set_style(style);
    }
    write_edge(buffer, area, 0, title, right);
    Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
}

/// Writes words into the line `row` of a frame, the right ones only where the left ones keep half of it.
pub fn write_edge(buffer: &mut Buffer, area: Rect, row: u16, left: &[(String, Style)], right: (&str, Style)) {
    if area.width < 6 {
        return;
    }
    let mut inside = Rect::new(area.x + 1, area.y, area.width - 2, area.height);
    let left_cells: usize = left.iter().map(|(words, _)| Safe::line(words).cells()).sum();
    let right_words = format!(" {} ", Safe::line(right.0));
    let right_cells = width::cells(&right_words);
    let kept = (left_cells + 2).min(usize::from(inside.width) / 2);
    if !right.0.is_empty() && kept + right_cells <= usize::from(inside.width) {
        let cells = u16::try_from(right_cells).unwrap_or(inside.width);
        let place = Rect::new(inside.right() - cells, inside.y, cells, inside.height);
        Pen::new(buffer, place, row).put(right_words, right.1);
        inside.width -= cells;
    }
    if left_cells > 0 {
        let mut pen = Pen::new(buffer, inside, row);
        pen.put(" ", Style::new());
        for (words, style) in left {
            pen.put(words, *style);
        }
        pen.put(" ", Style::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row_text(buffer: &Buffer, y: u16) -> String {
        (0..buffer.area.width).map(|x| buffer[(x, y)].symbol().to_owned()).collect()
    }

    #[test]
    fn a_pen_stays_on_its_row_and_lets_nothing_harmful_through() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 2));
        let area = buffer.area;
        Pen::new(&mut buffer, area, 0).put("a\u{1b}[2Jb and much more", Style::new());
        assert_eq!(row_text(&buffer, 0), "a␛[2Jb and …");
        assert_eq!(row_text(&buffer, 1).trim(), "");
        Pen::new(&mut buffer, area, 7).put("nowhere", Style::new());
    }

    #[test]
    fn right_words_keep_to_the_edge_and_shorten_the_row() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        let area = buffer.area;
        Pen::new(&mut buffer, area, 0).right("now", Style::new()).put("something long", Style::new());
        assert_eq!(row_text(&buffer, 0), "somethi… now");
    }

    #[test]
    fn a_frame_names_what_it_holds() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 3));
        let area = buffer.area;
        let inside = frame(&mut buffer, area, &[("Roles".into(), Style::new())], ("INC-4", Style::new()), Style::new());
        assert_eq!(row_text(&buffer, 0), "╭ Roles ──── INC-4 ╮");
        assert_eq!(inside, Rect::new(1, 1, 18, 1));
        for size in 0..5 {
            frame(&mut buffer, Rect::new(0, 0, size, size), &[("x".into(), Style::new())], ("y", Style::new()), Style::new());
        }
    }
}
