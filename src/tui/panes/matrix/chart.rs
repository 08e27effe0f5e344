//! The priority over time as a step chart, as wide as there is room.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::domain::Incident;
use crate::domain::Matrix;
use crate::domain::Priority;
use crate::domain::Timestamp;
use crate::report;
use crate::text::glyphs::BARS;
use crate::text::width;
use crate::tui::glyphs::FRAME;
use crate::tui::look::Look;
use crate::tui::paint::Pen;
use crate::tui::theme::Tone;
use crate::tui::words;

/// A row for each priority, and the times under them.
pub const ROWS: u16 = 6;
/// The bar that stands for each priority where there is one line: the worse, the higher.
const BAR_OF_LEVEL: [usize; 5] = [7, 5, 3, 1, 0];
/// Columns the labels take.
const LABEL: usize = 3;

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Every moment at which the priority moved, oldest first.
    steps: Vec<(Timestamp, Option<Priority>)>,
    from: Timestamp,
    until: Timestamp,
    /// What stands under the left and the right end.
    ends: (String, String),
}

impl Chart {
    /// How the priority of an incident moved until now, or until it was over. `clock` writes a time.
    pub fn of(incident: &Incident, matrix: &Matrix, now: Timestamp, clock: impl Fn(Timestamp) -> String) -> Self {
        let steps: Vec<_> = report::ratings(incident, matrix, now).iter().map(|step| (step.at, step.priority)).collect();
        let until = incident.resolved_at.unwrap_or(now).max(steps.last().map_or(now, |(at, _)| *at));
        let end = if incident.resolved_at.is_some() { incident.status.value.word() } else { "now" };
        let ends = (clock(incident.opened_at), format!("{} {end}", clock(until)));
        Self { steps, from: incident.opened_at, until, ends }
    }

    /// Draws it into an area: the full chart, or one line of bars where there are too few rows for it.
    pub fn draw(&self, buffer: &mut Buffer, look: &Look, area: Rect, ground: Tone) {
        let ground = look.style(ground);
        let over = |tone: Tone| ground.patch(look.style(tone));
        if area.height < ROWS {
            let mut pen = Pen::new(buffer, area, 0);
            pen.put(&self.ends.0, over(Tone::Dim)).put(" ", ground);
            let columns = pen.room().saturating_sub(width::cells(&self.ends.1) + 1);
            for priority in self.columns(columns) {
                let bar = priority.map_or(" ", |priority| BARS[BAR_OF_LEVEL[usize::from(priority.level()) - 1]]);
                pen.put(bar, over(priority.map_or(Tone::Dim, |priority| line_tone(priority.level()))));
            }
            pen.put(" ", ground).put(&self.ends.1, over(Tone::Dim));
            return;
        }
        for level in 1..=5 {
            let priority = Some(Priority::clamped(level));
            let is_reached = self.steps.iter().any(|(_, reached)| *reached == priority);
            let tone = if is_reached { words::priority_tone(priority) } else { Tone::Faint };
            Pen::new(buffer, area, u16::from(level) - 1).put(format!("P{level}"), over(tone));
        }
        let columns = usize::from(area.width).saturating_sub(LABEL);
        let mut before: Option<u8> = None;
        for (column, priority) in self.columns(columns).into_iter().enumerate() {
            let mut put = |level: u8, sign: &str| {
                let style = over(line_tone(level));
                Pen::new(buffer, area, u16::from(level) - 1).skip(LABEL + column).put(sign, style);
            };
            let [top_left, top_right, bottom_right, bottom_left, across, down] = FRAME;
            match (before, priority.map(Priority::level)) {
                (Some(from), Some(to)) if from != to => {
                    // Towards P1 is up.
                    let (upper, lower) = (from.min(to), from.max(to));
                    let (at_upper, at_lower) = if to < from { (top_left, bottom_right) } else { (top_right, bottom_left) };
                    put(upper, at_upper);
                    (upper + 1..lower).for_each(|level| put(level, down));
                    put(lower, at_lower);
                }
                (_, Some(to)) => put(to, across),
                (_, None) => {}
            }
            before = priority.map(Priority::level);
        }
        let mut pen = Pen::new(buffer, area, ROWS - 1);
        pen.skip(LABEL).right(&self.ends.1, over(Tone::Dim)).put(&self.ends.0, over(Tone::Dim));
    }

    /// The priority at the end of each of so many equal stretches of time.
    fn columns(&self, columns: usize) -> Vec<Option<Priority>> {
        let span_ms = i128::from(self.until.since_ms(self.from).max(1));
        let mut at = self.steps.iter().peekable();
        let mut priority = None;
        let mut drawn = Vec::with_capacity(columns);
        for column in 1..=columns {
            let end_ms = span_ms * column as i128 / columns as i128;
            while let Some((_, to)) = at.next_if(|(moment, _)| i128::from(moment.since_ms(self.from)) <= end_ms) {
                priority = *to;
            }
            drawn.push(priority);
        }
        drawn
    }
}

/// The tone of a line at a level: priorities have a ground of their own in labels, a line has none.
fn line_tone(level: u8) -> Tone {
    match level {
        1 => Tone::Loud,
        2 => Tone::Warn,
        level => words::priority_tone(Some(Priority::clamped(level))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::colour::Depth;
    use crate::tui::glyphs;
    use crate::tui::glyphs::GlyphSet;
    use crate::tui::keymap::Keymap;
    use crate::tui::theme::Theme;

    fn drawn(steps: &[(i64, u8)], width: u16, height: u16) -> Vec<String> {
        let look = Look {
            theme: Theme::shipped("mono", Depth::None).unwrap(),
            keymap: Keymap::standard().unwrap(),
            glyphs: GlyphSet::Unicode,
            local: chrono_tz::Tz::UTC,
        };
        let at = Timestamp::from_millis;
        let steps = steps.iter().map(|(ms, level)| (at(*ms), Some(Priority::clamped(*level)))).collect();
        let chart = Chart { steps, from: at(0), until: at(100), ends: ("15:04".into(), "now".into()) };
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let area = buffer.area;
        chart.draw(&mut buffer, &look, area, Tone::Text);
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>().trim_end().to_owned();
        let rows = (0..height).map(row).collect();
        glyphs::plain(&mut buffer);
        assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
        rows
    }

    #[test]
    fn steps_go_up_towards_the_worst_and_fill_the_width() {
        let rows = drawn(&[(20, 4), (50, 2), (90, 3)], 23, 6);
        assert_eq!(rows, ["P1", "P2          ╭───────╮", "P3          │       ╰──", "P4    ──────╯", "P5", "   15:04            now"]);
    }

    #[test]
    fn few_rows_still_show_how_it_moved() {
        assert_eq!(drawn(&[(10, 4), (50, 1)], 21, 1), ["15:04  ▂▂▂▂██████ now"]);
        for (width, height) in [(0, 0), (1, 1), (3, 6), (4, 9)] {
            drawn(&[(10, 4), (50, 1)], width, height);
        }
    }
}
