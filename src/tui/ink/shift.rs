//! Rows that moved up or down as they are: a terminal moves them itself for a dozen bytes.

use std::hash::Hash;
use std::hash::Hasher;

use ratatui::buffer::Buffer;
use ratatui::buffer::Cell;

use crate::tui::ink::pen::Pen;

/// Cells that are held against others together.
const BLOCK: usize = 8;

/// Rows that move together within a part of the screen; those they leave behind are of no known look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    top: u16,
    /// The row behind it.
    bottom: u16,
    /// Downwards; upwards below zero.
    by: i32,
}

impl Shift {
    /// The shift that brings most of what is shown to where it stands next.
    pub fn between(shown: &Buffer, next: &Buffer) -> Option<Self> {
        let (old, new) = (Marks::of(shown), Marks::of(next));
        let rows = i32::from(next.area.height);
        // Words that are where they were as well count for neither.
        let moved = |by: i32, y: i32| -> usize {
            let blocks = old.row(y - by).iter().zip(new.row(y)).zip(old.row(y));
            blocks.filter(|((from, to), stood)| from == to && **to != BLANK && to != stood).count()
        };
        let lost = |by: i32, y: i32| -> usize {
            let blocks = old.row(y - by).iter().zip(new.row(y)).zip(old.row(y));
            blocks.filter(|((from, to), stood)| stood == to && from != to).count()
        };
        let all = |by: &i32| -> usize { (0..rows).map(|y| moved(*by, y)).sum() };
        let by = (1 - rows..rows).filter(|by| *by != 0).max_by_key(all)?;
        // The rows among which the most is won.
        let (mut best, mut sum, mut start, mut place) = (0, 0, by.max(0), None);
        for y in by.max(0)..rows + by.min(0) {
            sum += moved(by, y) as i32 - lost(by, y) as i32;
            if sum <= 0 {
                (sum, start) = (0, y + 1);
            } else if sum > best {
                (best, place) = (sum, Some((start, y + 1)));
            }
        }
        let (start, end) = place?;
        let (top, bottom) = (start.min(start - by), end.max(end - by));
        Some(Self { top: u16::try_from(top).ok()?, bottom: u16::try_from(bottom).ok()?, by })
    }

    /// Where the row that now stands here was.
    pub fn source(self, y: u16) -> Option<u16> {
        if !(self.top..self.bottom).contains(&y) {
            return Some(y);
        }
        let source = u16::try_from(i32::from(y) - self.by).ok()?;
        (self.top..self.bottom).contains(&source).then_some(source)
    }

    /// Lets the terminal do it by taking lines out at one end and putting as many in at the other, so that no margins stay behind.
    pub fn write(self, pen: &mut Pen, rows: u16) {
        let lines = u16::try_from(self.by.unsigned_abs()).unwrap_or(u16::MAX);
        let (taken, put) = if self.by < 0 { (self.top, self.bottom - lines) } else { (self.bottom - lines, self.top) };
        // What moves beyond the last row is gone by itself.
        if self.by < 0 || self.bottom < rows {
            pen.go(0, taken);
            pen.take_lines(lines);
        }
        if self.by > 0 || self.bottom < rows {
            pen.go(0, put);
            pen.put_lines(lines);
        }
    }
}

/// The mark of blanks.
const BLANK: u64 = 0;

/// What stands in each row, a number for each of its blocks.
struct Marks {
    blocks: usize,
    all: Vec<u64>,
}

impl Marks {
    fn of(buffer: &Buffer) -> Self {
        let width = usize::from(buffer.area.width).max(1);
        let all = buffer.content.chunks(width).flat_map(|row| row.chunks(BLOCK).map(mark)).collect();
        Self { blocks: width.div_ceil(BLOCK), all }
    }

    /// Nothing beyond the screen.
    fn row(&self, y: i32) -> &[u64] {
        let start = usize::try_from(y).map_or(self.all.len(), |y| y * self.blocks);
        self.all.get(start..start + self.blocks).unwrap_or_default()
    }
}

fn mark(cells: &[Cell]) -> u64 {
    if cells.iter().all(|cell| cell.symbol() == " ") {
        return BLANK;
    }
    let mut sum = Sum::default();
    let mut last = None;
    for cell in cells {
        sum.write(cell.symbol().as_bytes());
        let look = Some((cell.fg, cell.modifier));
        if last != look {
            look.hash(&mut sum);
            last = look;
        }
    }
    sum.finish() | 1
}

/// FNV-1a by numbers rather than bytes: each cell of both screens goes through it.
#[derive(Default)]
struct Sum(u64);

impl Hasher for Sum {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x0000_0100_0000_01B3);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
