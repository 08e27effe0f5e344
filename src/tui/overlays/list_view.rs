//! Draws a list: its chart, the line one types in, and the rows that fit, each with its digit, its columns and the letters that were found.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::text::width;
use crate::tui::glyphs::SELECTED;
use crate::tui::keymap::Place;
use crate::tui::look::Look;
use crate::tui::overlays::list::List;
use crate::tui::overlays::list::Row;
use crate::tui::overlays::panel;
use crate::tui::paint::Pen;
use crate::tui::theme::Tone;

impl List {
    /// Draws it; answers where the cursor stands, if one types.
    pub fn draw(&self, buffer: &mut Buffer, look: &Look, body: Rect) -> Option<(u16, u16)> {
        let area = self.area(body);
        let hints: Vec<(String, String)> = look
            .keymap
            .of_place(Place::List)
            .filter(|binding| !binding.short.is_empty())
            .map(|binding| (binding.key_text(), binding.short.clone()))
            .collect();
        let shown = self.shown();
        let room = usize::from(area.height).saturating_sub(2 + self.query_rows() + self.chart_rows(body));
        let mut scroll = self.scroll;
        scroll.keep(shown.len(), room);
        let count = match (shown.len(), self.rows.len()) {
            (fitting, _) if fitting > room => format!("{}–{} of {fitting}", scroll.top + 1, scroll.top + room),
            (fitting, all) if fitting < all => format!("{fitting} of {all}"),
            _ => String::new(),
        };
        let mut inside = panel::draw(buffer, look, area, &self.title, &count, &hints);
        if let Some(chart) = &self.chart {
            let rows = u16::try_from(self.chart_rows(body)).unwrap_or(0).min(inside.height);
            chart.draw(buffer, look, Rect { height: rows, ..inside }, Tone::Overlay);
            inside = Rect { y: inside.y + rows, height: inside.height - rows, ..inside };
        }
        let cursor = self.draw_query(buffer, look, &mut inside);
        if shown.is_empty() {
            let says = if self.rows.is_empty() { self.empty.as_str() } else { "nothing fits what you typed" };
            Pen::new(buffer, inside, 0).put(says, look.style(Tone::Overlay).patch(look.style(Tone::Dim)));
            return cursor;
        }
        let lead = self.rows.iter().map(|row| width::cells(&row.lead)).max().unwrap_or(0).min(24).min(usize::from(inside.width) * 2 / 5);
        for (line, place) in (0..inside.height).zip(shown.iter().enumerate().skip(scroll.top)) {
            let (at, (row, letters)) = (place.0, place.1);
            self.draw_row(buffer, look, inside, (line, at), (&self.rows[*row], letters), (at == scroll.selected, lead));
        }
        cursor
    }

    fn draw_query(&self, buffer: &mut Buffer, look: &Look, inside: &mut Rect) -> Option<(u16, u16)> {
        let query = self.query.as_ref().filter(|_| inside.height > 0)?;
        let style = look.style(Tone::FieldFocus);
        let mut pen = Pen::new(buffer, *inside, 0);
        pen.put("> ", style);
        let at = (pen.typed(query, style), inside.y);
        inside.y += 1;
        inside.height -= 1;
        Some(at)
    }

    fn draw_row(
        &self,
        buffer: &mut Buffer,
        look: &Look,
        inside: Rect,
        (line, at): (u16, usize),
        (row, letters): (&Row, &[u32]),
        (is_selected, lead): (bool, usize),
    ) {
        let ground = look.style(Tone::Overlay);
        let is_selected = is_selected && row.pick.is_some();
        let over = if is_selected { ground.patch(look.style(Tone::Selection)) } else { ground };
        let text = if is_selected { over } else { ground.patch(look.style(row.tone)) };
        if is_selected {
            let edge = Rect { x: inside.x.saturating_sub(1), width: 1, ..inside };
            Pen::new(buffer, edge, line).put(SELECTED, over.patch(look.style(Tone::BorderFocus)));
        }
        let mut pen = Pen::new(buffer, inside, line);
        pen.ground(over);
        if self.digits_choose() && row.pick.is_some() && at < 9 && self.rows.len() > 1 {
            pen.put((at + 1).to_string(), over.patch(look.style(Tone::KeyName))).put(" ", over);
        } else if self.is_numbered && self.rows.len() > 1 {
            pen.put("  ", over);
        }
        if lead > 0 {
            let style = if is_selected { over } else { ground.patch(look.style(Tone::KeyName)) };
            pen.column_with(&row.lead, lead, style, letters).put("  ", over);
        }
        if pen.room() > width::cells(&row.label) + width::cells(&row.note) + 1 {
            let dim = if is_selected { over } else { ground.patch(look.style(Tone::Dim)) };
            pen.right(&row.note, dim);
        }
        let label_at = u32::try_from(width::clusters(&row.lead) + 1).unwrap_or(u32::MAX);
        let own: Vec<u32> = letters.iter().filter_map(|letter| letter.checked_sub(label_at)).collect();
        pen.put_with(&row.label, text, &own);
        if is_selected {
            pen.fill(" ", over);
        }
    }
}
