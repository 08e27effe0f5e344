//! The orders a list can have. Closed incidents always come last.

use std::cmp::Reverse;

use crate::tui::panes::incidents::row::Row;

/// What the list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// P1 first, then what nobody rated, the oldest of each first.
    #[default]
    Priority,
    /// The oldest first.
    Age,
    /// Where somebody wrote last comes first.
    LastEntry,
    /// The newest code first; those without one before all.
    Code,
    /// From triage on.
    Status,
    /// By name; those without a commander first.
    Commander,
}

impl Sort {
    /// Every order, in the order they are walked.
    pub const ALL: [Sort; 6] = [Sort::Priority, Sort::Age, Sort::LastEntry, Sort::Code, Sort::Status, Sort::Commander];

    /// What stands behind "by".
    pub fn word(self) -> &'static str {
        ["priority", "age", "last entry", "code", "status", "commander"][self as usize]
    }

    /// The order of this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.word() == word)
    }

    /// The next one.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// Orders rows; equal ones by priority, then age, so that nothing moves without a reason.
    pub fn order(self, rows: &mut [Row]) {
        let usual = |row: &Row| (!row.header.status.is_open(), row.rating.rank(), row.header.opened_at, row.header.id);
        rows.sort_by_key(usual);
        let is_closed = |row: &Row| !row.header.status.is_open();
        match self {
            Sort::Priority => {}
            Sort::Age => rows.sort_by_key(|row| (is_closed(row), row.header.opened_at)),
            Sort::LastEntry => rows.sort_by_key(|row| (is_closed(row), Reverse(row.header.last_entry_at))),
            Sort::Code => rows.sort_by_key(|row| (is_closed(row), Reverse(row.header.code.map_or(u32::MAX, |code| code.0)))),
            Sort::Status => rows.sort_by_key(|row| (is_closed(row), row.header.status)),
            Sort::Commander => {
                rows.sort_by(|one, other| (is_closed(one), &one.header.commander).cmp(&(is_closed(other), &other.header.commander)))
            }
        }
    }
}
