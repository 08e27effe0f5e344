//! Where everything stands, from the size alone and what is open: asked by the view and by the update alike.

use ratatui::layout::Rect;

/// From here on all four panes are on screen at once.
const WIDE_COLUMNS: u16 = 100;
const WIDE_ROWS: u16 = 24;
/// From here on the write box has its place also while it is closed.
const WRITE_BOX_STAYS_ROWS: u16 = 44;
/// Below this there is one honest line.
pub const COLUMNS_MIN: u16 = 40;
pub const ROWS_MIN: u16 = 10;

/// The four panes, in the order of their digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    Incidents,
    Timeline,
    Matrix,
    Roles,
}

impl Pane {
    /// All four.
    pub const ALL: [Pane; 4] = [Pane::Incidents, Pane::Timeline, Pane::Matrix, Pane::Roles];

    /// The pane after this one.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % 4]
    }

    /// The pane before this one.
    pub fn previous(self) -> Self {
        Self::ALL[(self as usize + 3) % 4]
    }

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        ["Incidents", "Timeline", "Matrix", "Roles"][self as usize]
    }
}

/// What the layout depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub columns: u16,
    pub rows: u16,
    pub focus: Pane,
    pub is_zoomed: bool,
    /// A line under the header is needed (`NEW P1 …`).
    pub has_alarm: bool,
    /// Rows the write box asks for, its frame included; 0 when it is closed.
    pub write_rows: u16,
}

/// How much fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One honest line.
    Tiny,
    /// One pane at a time, named in a line of tabs.
    Narrow,
    /// All four panes.
    Wide,
}

/// The places on screen. What is not shown has no area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    pub shape: Shape,
    pub screen: Rect,
    pub header: Rect,
    pub tabs: Rect,
    pub alarm: Rect,
    /// By [`Pane`] as index: the whole pane with its frame.
    pub panes: [Rect; 4],
    /// By [`Pane`] as index: what is inside of the frame, if it has one.
    pub insides: [Rect; 4],
    /// Whether panes have frames.
    pub has_frames: bool,
    pub write: Rect,
    pub footer: Rect,
    /// Where lists, forms and pages may lie.
    pub body: Rect,
}

impl Areas {
    /// The rows and columns of a pane's inside.
    pub fn inside(&self, pane: Pane) -> Rect {
        self.insides[pane as usize]
    }

    /// A pane with its frame.
    pub fn pane(&self, pane: Pane) -> Rect {
        self.panes[pane as usize]
    }
}

/// Columns of the panes at the left, when all four are on screen.
fn left_columns(columns: u16) -> u16 {
    (columns * 30 / 100).clamp(34, 56)
}

/// Whether all four panes are on screen at once.
pub fn is_wide(columns: u16, rows: u16) -> bool {
    columns >= WIDE_COLUMNS && rows >= WIDE_ROWS
}

/// Whether a closed write box keeps its place, so that opening it moves nothing one reads: where there are rows enough for both.
pub fn keeps_write_box(columns: u16, rows: u16, is_zoomed: bool) -> bool {
    is_wide(columns, rows) && rows >= WRITE_BOX_STAYS_ROWS && !is_zoomed
}

/// The width the write box has, before its height is known.
pub fn write_columns(columns: u16, rows: u16, is_zoomed: bool) -> u16 {
    if is_wide(columns, rows) && !is_zoomed { columns - left_columns(columns) } else { columns }
}

/// Places everything.
pub fn layout(asked: &Asked) -> Areas {
    let screen = Rect::new(0, 0, asked.columns, asked.rows);
    let nowhere = Rect::new(0, 0, 0, 0);
    let mut areas = Areas {
        shape: Shape::Tiny,
        screen,
        header: nowhere,
        tabs: nowhere,
        alarm: nowhere,
        panes: [nowhere; 4],
        insides: [nowhere; 4],
        has_frames: false,
        write: nowhere,
        footer: nowhere,
        body: nowhere,
    };
    if asked.columns < COLUMNS_MIN || asked.rows < ROWS_MIN {
        return areas;
    }
    let is_wide = is_wide(asked.columns, asked.rows);
    areas.shape = if is_wide { Shape::Wide } else { Shape::Narrow };
    let mut rest = screen;
    areas.header = cut_top(&mut rest, 1);
    if !is_wide {
        areas.tabs = cut_top(&mut rest, 1);
    }
    if asked.has_alarm && is_wide && !asked.is_zoomed {
        // It lies over the titles of the frames, so that no row of a pane moves.
        areas.alarm = Rect { height: 1, ..rest };
    } else if asked.has_alarm {
        areas.alarm = cut_top(&mut rest, 1);
    }
    areas.footer = cut_bottom(&mut rest, 1);
    areas.body = rest;
    if is_wide && !asked.is_zoomed {
        wide(&mut areas, rest, asked);
    } else {
        areas.write = cut_write(&mut rest, asked.write_rows);
        areas.panes[asked.focus as usize] = rest;
        areas.insides[asked.focus as usize] = rest;
    }
    areas
}

fn wide(areas: &mut Areas, body: Rect, asked: &Asked) {
    areas.has_frames = true;
    let left_columns = left_columns(asked.columns);
    let mut left = Rect { width: left_columns, ..body };
    let mut right = Rect { x: body.x + left_columns, width: body.width - left_columns, ..body };
    areas.write = cut_write(&mut right, asked.write_rows);
    let matrix_rows = match body.height {
        50.. => 20,
        40.. => 14,
        30.. => 11,
        26.. => 10,
        _ => 8,
    };
    let incident_rows = (body.height - matrix_rows) * 9 / 20;
    areas.panes[Pane::Timeline as usize] = right;
    areas.panes[Pane::Incidents as usize] = cut_top(&mut left, incident_rows);
    areas.panes[Pane::Matrix as usize] = cut_top(&mut left, matrix_rows);
    areas.panes[Pane::Roles as usize] = left;
    for (inside, pane) in areas.insides.iter_mut().zip(areas.panes) {
        *inside = Rect::new(pane.x + 1, pane.y + 1, pane.width.saturating_sub(2), pane.height.saturating_sub(2));
    }
}

fn cut_top(rest: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(rest.height);
    let cut = Rect { height: rows, ..*rest };
    rest.y += rows;
    rest.height -= rows;
    cut
}

fn cut_bottom(rest: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(rest.height);
    rest.height -= rows;
    Rect { y: rest.y + rest.height, height: rows, ..*rest }
}

/// The write box may take what it asks for, but leaves three rows to read.
fn cut_write(rest: &mut Rect, rows: u16) -> Rect {
    if rows == 0 {
        return Rect::new(0, 0, 0, 0);
    }
    let most = (rest.height / 2).max(rest.height.saturating_sub(12)).max(3).min(rest.height.saturating_sub(3));
    cut_bottom(rest, rows.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(columns: u16, rows: u16) -> Asked {
        Asked { columns, rows, focus: Pane::Timeline, is_zoomed: false, has_alarm: true, write_rows: 4 }
    }

    #[test]
    fn every_size_keeps_every_area_on_screen() {
        for columns in (0..320).step_by(7) {
            for rows in 0..120 {
                for is_zoomed in [false, true] {
                    let areas = layout(&Asked { is_zoomed, ..asked(columns, rows) });
                    let all = areas.panes.iter().chain(&areas.insides).chain([&areas.header, &areas.write, &areas.footer, &areas.body]);
                    for area in all {
                        assert_eq!(area.intersection(areas.screen).area(), area.area(), "{columns}×{rows} {area:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn shapes_follow_the_size() {
        assert_eq!(layout(&asked(120, 36)).shape, Shape::Wide);
        assert_eq!(layout(&asked(80, 24)).shape, Shape::Narrow);
        assert_eq!(layout(&asked(40, 12)).shape, Shape::Narrow);
        assert_eq!(layout(&asked(39, 12)).shape, Shape::Tiny);
    }

    #[test]
    fn zooming_takes_the_frames_away() {
        let areas = layout(&Asked { is_zoomed: true, ..asked(120, 36) });
        assert!(!areas.has_frames);
        assert_eq!(areas.inside(Pane::Timeline).width, 120);
    }
}
