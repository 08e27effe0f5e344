//! Changed cells that are written in one go, and the order that costs the fewest colours and moves.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::buffer::Cell;
use ratatui::style::Color;

use crate::tui::ink::cells::columns;
use crate::tui::ink::cells::is_blank;
use crate::tui::ink::cells::is_one_column;
use crate::tui::ink::cells::is_same;
use crate::tui::ink::pen::Look;
use crate::tui::ink::pen::ON_BLANK;
use crate::tui::ink::shift::Shift;

/// Unchanged cells between two changed ones up to this many are written again: a move costs as much.
const GAP_MAX: u16 = 3;
/// Fewer blanks than these are written; more are erased, where the terminal can.
pub(super) const ERASED_FROM: u16 = 9;
/// Fewer blanks than these between two words are written; more are a run of their own.
const PARTED_FROM: u16 = 16;
/// A run that begins this near to where the last one left the pen, one row further down, comes next.
const NEAR: u16 = 4;

/// Neighbouring cells of one row that are written in one go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub y: u16,
    pub x: u16,
    /// The column behind it.
    pub end: u16,
    /// `None` for blanks.
    pub look: Option<Look>,
    pub ground: Color,
}

/// The cells in these rows of `next` that differ from what is shown, once that was shifted; row by row.
pub(super) fn runs(shown: &Buffer, shift: Option<Shift>, next: &Buffer, rows: &[Range<u16>], has_wide: bool) -> Vec<Run> {
    let width = usize::from(next.area.width);
    let wide = |cell: &Cell| if has_wide { usize::from(columns(cell)) } else { 1 };
    let mut runs: Vec<Run> = Vec::new();
    for y in rows.iter().cloned().flatten() {
        let new = &next.content[usize::from(y) * width..][..width];
        let from = shift.map_or(Some(y), |shift| shift.source(y)).map(usize::from);
        let old = from.map(|from| &shown.content[from * width..][..width]);
        // What a terminal puts where half of a wide sign was is its own affair: up to here, cells are written anew.
        let mut torn = 0;
        let mut is_open = false;
        let mut x = 0;
        while x < width {
            let (cell, end) = (&new[x], x + wide(&new[x]));
            if x < torn || old.is_none_or(|old| !is_same(&old[x], cell)) {
                if let Some(old) = old.filter(|_| has_wide) {
                    torn = (x..end.min(width)).map(|at| at + wide(&old[at])).fold(torn, usize::max);
                }
                take(&mut runs, next, is_open, (x as u16, y), cell);
                // Behind a wide or joined sign terminals may disagree; what follows is placed anew.
                is_open = is_one_column(cell);
            }
            x = end;
        }
    }
    runs
}

fn take(runs: &mut Vec<Run>, next: &Buffer, is_open: bool, (x, y): (u16, u16), cell: &Cell) {
    let joins = is_open && runs.last_mut().is_some_and(|run| joined(run, next, x, y, cell));
    if !joins {
        runs.push(Run { y, x, end: x + 1, look: (!is_blank(cell)).then(|| Look::of(cell)), ground: cell.bg });
    }
}

/// What a cell needs of the pen: nothing but the ground, where it is blank.
fn fits(cell: &Cell, look: Look) -> bool {
    if is_blank(cell) { cell.bg == look.bg && !look.modifier.intersects(ON_BLANK) } else { Look::of(cell) == look }
}

/// Lets the run go on to a cell, over a gap that is cheaper to write than to jump. A blank run takes the look of the first sign in it.
fn joined(run: &mut Run, next: &Buffer, x: u16, y: u16, cell: &Cell) -> bool {
    if run.y != y || x < run.end {
        return false;
    }
    let cells = || (run.end..=x).map(|x| &next[(x, y)]);
    let ground = run.ground;
    let are_blank = run.look.is_none() && cells().all(|cell| is_blank(cell) && cell.bg == ground);
    // Erasing goes over any gap.
    if x - run.end > GAP_MAX && !are_blank {
        return false;
    }
    let look = match run.look {
        None if are_blank => None,
        // Many blanks are erased, so they stay a run of their own.
        None if x - run.x >= ERASED_FROM => return false,
        Some(look) if fits(cell, look) => Some(look),
        Some(_) => return false,
        None => Some(Look::of(cell)),
    };
    if !cells().take(usize::from(x - run.end)).all(|cell| is_one_column(cell) && look.is_none_or(|look| fits(cell, look))) {
        return false;
    }
    // What stands in the run was held against its look when it came in; only blanks that take one now were not.
    if let (None, Some(look)) = (run.look, look)
        && !(run.x..run.end).all(|x| fits(&next[(x, y)], look))
    {
        return false;
    }
    (run.end, run.look) = (x + 1, look);
    true
}

/// The same runs, the long blanks in them on their own, to be erased.
pub(super) fn parted(runs: Vec<Run>, next: &Buffer, can_erase: impl Fn(Color) -> bool) -> Vec<Run> {
    let mut parts = Vec::with_capacity(runs.len());
    for run in runs {
        let mut rest = run;
        if run.look.is_some() && run.end - run.x > ERASED_FROM && can_erase(run.ground) {
            let mut blanks = 0;
            for x in run.x..=run.end {
                if x < run.end && is_blank(&next[(x, run.y)]) {
                    blanks += 1;
                    continue;
                }
                let is_long = blanks >= if x == run.end { ERASED_FROM } else { PARTED_FROM };
                if is_long {
                    let start = x - blanks;
                    if start > rest.x {
                        parts.push(Run { end: start, ..rest });
                    }
                    parts.push(Run { x: start, end: x, look: None, ..rest });
                    rest.x = x;
                }
                blanks = 0;
            }
        }
        if rest.x < rest.end {
            parts.push(rest);
        }
    }
    parts
}

/// The same runs, those that look alike together, beginning with how the pen looks; and one below the other where they stand in columns.
pub(super) fn gathered(runs: &[Run], pen: Look) -> Vec<Run> {
    let mut looks: Vec<(Option<Look>, Color)> = vec![(Some(pen), pen.bg), (None, pen.bg)];
    let mut placed: Vec<(usize, Run)> = Vec::with_capacity(runs.len());
    for run in runs {
        let look = (run.look, run.look.map_or(run.ground, |look| look.bg));
        let place = looks.iter().position(|known| *known == look).unwrap_or_else(|| {
            looks.push(look);
            looks.len() - 1
        });
        placed.push((place, *run));
    }
    placed.sort_by_key(|(place, _)| *place);
    let mut ordered = Vec::with_capacity(runs.len());
    for alike in placed.chunk_by(|(one, _), (other, _)| one == other) {
        chained(alike, &mut ordered);
    }
    ordered
}

fn chained(alike: &[(usize, Run)], ordered: &mut Vec<Run>) {
    let mut is_taken = vec![false; alike.len()];
    for first in 0..alike.len() {
        let mut next = (!is_taken[first]).then_some(first);
        while let Some(place) = next {
            let run = alike[place].1;
            is_taken[place] = true;
            ordered.push(run);
            let pen = if run.look.is_none() && run.end - run.x >= ERASED_FROM { run.x } else { run.end };
            let below = place + alike[place..].partition_point(|(_, other)| other.y <= run.y);
            next = (below..alike.len())
                .take_while(|at| alike[*at].1.y == run.y + 1)
                .filter(|at| !is_taken[*at] && alike[*at].1.x.abs_diff(pen) <= NEAR)
                .min_by_key(|at| alike[*at].1.x.abs_diff(pen));
        }
    }
}
