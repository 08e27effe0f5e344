//! What a terminal shows, read the way a person reads it.

use crate::tty::COLUMNS;

/// A screen to be asked.
#[derive(Clone, Copy)]
pub struct Seen<'a>(pub &'a vt100::Screen);

impl Seen<'_> {
    /// The rows as text.
    pub fn rows(self) -> Vec<String> {
        self.0.rows(0, COLUMNS).collect()
    }

    /// Whether these words stand somewhere.
    pub fn has(self, words: &str) -> bool {
        self.rows().iter().any(|row| row.contains(words))
    }

    /// Where the corners of boxes are.
    pub fn corners(self) -> Vec<(usize, usize)> {
        let corners = |row: &String| row.chars().zip(0..).filter(|(sign, _)| "╭╮╰╯".contains(*sign)).map(|(_, x)| x).collect::<Vec<_>>();
        self.rows().iter().zip(0..).flat_map(|(row, y)| corners(row).into_iter().map(move |x| (y, x))).collect()
    }

    /// The incident in hand, as the header calls it.
    pub fn in_hand(self) -> Option<String> {
        let header = self.rows().into_iter().next()?;
        header.split_whitespace().find(|word| word.starts_with("INC-")).map(str::to_owned)
    }

    /// The selected line of the timeline, without its end: states and counts that news changes stand there.
    pub fn selected(self) -> Option<String> {
        self.rows().into_iter().find_map(|row| {
            let (_, line) = row.split_once("││▌")?;
            Some(line.chars().take(COLUMNS as usize / 2).collect())
        })
    }

    /// Which pane has the hands: the one whose title is drawn unlike the three others.
    pub fn focus(self) -> Option<&'static str> {
        let looks: Vec<_> =
            ["Incidents", "Timeline", "Matrix", "Roles"].iter().zip(1..).filter_map(|(name, digit)| self.look(name, digit)).collect();
        let (_, name) = looks.iter().find(|(look, _)| looks.iter().filter(|(other, _)| other == look).count() == 1)?;
        Some(name)
    }

    fn look(self, name: &'static str, digit: usize) -> Option<((vt100::Color, bool), &'static str)> {
        let title = format!("{digit} {name}");
        let (row, column) = self.rows().iter().enumerate().find_map(|(number, row)| {
            let at = row.find(&title)?;
            Some((number, row[..at].chars().count() + 2))
        })?;
        let cell = self.0.cell(u16::try_from(row).ok()?, u16::try_from(column).ok()?)?;
        Some(((cell.fgcolor(), cell.bold()), name))
    }

    /// What stands left of the cursor, when one can be seen.
    pub fn typed(self) -> Option<String> {
        let (row, column) = self.0.cursor_position();
        let text = self.0.rows(0, column).nth(usize::from(row))?;
        // Cells that were erased are no part of a row's text.
        let width = usize::from(column);
        (!self.0.hide_cursor()).then(|| format!("{text:<width$}"))
    }
}
