//! The timeline as a table for spreadsheets and pipes: RFC 4180, one record a line of the timeline, columns that stay.

use crate::report::Document;
use crate::report::lines::Line;

/// The columns. They stay as they are and in this order; new ones come at the end.
pub const COLUMNS: &[&str] = &[
    "incident",
    "id",
    "seq",
    "at",
    "kind",
    "by",
    "roles",
    "text",
    "outcome",
    "audience",
    "components",
    "recorded_by",
    "reply_to",
    "amended",
    "amended_at",
    "amended_by",
    "struck",
    "struck_reason",
    "state",
    "status",
];

impl Document {
    /// Its timeline as CSV, heads first. What a spreadsheet would take for a formula begins with an apostrophe.
    pub fn csv(&self) -> String {
        let mut text = record(COLUMNS.iter().map(|column| (*column).to_owned()));
        let mut phases = self.phases.iter().peekable();
        let mut status = "";
        for line in self.days.iter().flat_map(|day| &day.lines) {
            while let Some(phase) = phases.next_if(|phase| phase.from <= line.at) {
                status = phase.status.word();
            }
            text.push_str(&record(self.cells(line, status).into_iter()));
        }
        text
    }

    fn cells(&self, line: &Line, status: &str) -> [String; 20] {
        let last = line.amendments.last();
        let word = |is: bool| if is { "true" } else { "false" }.to_owned();
        let maybe = |words: Option<&String>| words.cloned().unwrap_or_default();
        [
            self.incident.code.clone(),
            line.id.to_string(),
            line.seq.map_or_else(String::new, |seq| seq.to_string()),
            line.at.to_string(),
            line.kind.to_owned(),
            line.by.clone(),
            line.roles.join("; "),
            line.text.clone(),
            line.outcome.map_or_else(String::new, |outcome| outcome.to_string()),
            maybe(line.audience.as_ref()),
            line.components.join("; "),
            maybe(line.recorded_by.as_ref()),
            line.reply_to.as_ref().map_or_else(String::new, |reply| reply.id.to_string()),
            word(last.is_some()),
            last.map_or_else(String::new, |amendment| amendment.at.to_string()),
            last.map_or_else(String::new, |amendment| amendment.by.clone()),
            word(line.struck.is_some()),
            line.struck.as_ref().map_or_else(String::new, |struck| struck.reason.clone()),
            line.state.to_owned(),
            status.to_owned(),
        ]
    }
}

fn record(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| quoted(harmless(cell))).collect();
    cells.join(",") + "\r\n"
}

/// A cell that a spreadsheet shows and does not compute: `=`, `+`, `-` and `@` begin formulas, in their full width too, and blanks before them do not help.
fn harmless(cell: String) -> String {
    const BEGIN_FORMULAS: &[char] = &['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    if cell.trim_start().starts_with(BEGIN_FORMULAS) { format!("'{cell}") } else { cell }
}

fn quoted(cell: String) -> String {
    let is_plain = !cell.contains(['"', ',', '\n', '\r']) && cell.trim() == cell;
    if is_plain { cell } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_never_computed() {
        let cells = ["a", "b,c", "say \"x\"", "one\ntwo", " lead", "=1+1", "  @sum", "-5m later", "＝1", "a=b", ""];
        let line = record(cells.into_iter().map(str::to_owned));
        assert_eq!(line, "a,\"b,c\",\"say \"\"x\"\"\",\"one\ntwo\",\" lead\",'=1+1,'  @sum,'-5m later,'＝1,a=b,\r\n");
    }
}
