//! One row of the log, read.

use crate::domain::Person;
use crate::domain::Status;
use crate::import::servicenow::columns::Column;
use crate::import::servicenow::columns::Columns;
use crate::import::telling::person;
use chrono::NaiveDateTime;
use csv::ByteRecord;

/// What an incident is about: a change of one of these is told in words.
pub(super) const KEPT: &[(Column, &str)] = &[
    (Column::Category, "category"),
    (Column::Subcategory, "subcategory"),
    (Column::Symptom, "symptom"),
    (Column::Location, "location"),
    (Column::Item, "configuration item"),
    (Column::MadeSla, "made SLA"),
    (Column::Problem, "problem"),
    (Column::Change, "change"),
    (Column::Vendor, "vendor"),
    (Column::CausedBy, "caused by"),
];

/// An incident as it stood after it was saved.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Row {
    pub number: String,
    pub state: State,
    pub updated_at: NaiveDateTime,
    pub updated_by: Option<Person>,
    pub modified: u64,
    pub opened_at: Option<NaiveDateTime>,
    pub opened_by: Option<Person>,
    pub title: Option<String>,
    pub caller: Option<String>,
    pub contact: Option<String>,
    pub reassigned: u64,
    pub reopened: u64,
    /// 1 is high.
    pub impact: Option<u8>,
    pub urgency: Option<u8>,
    pub priority: Option<u8>,
    pub group: Option<Person>,
    pub assignee: Option<Person>,
    pub kept: Vec<Option<String>>,
}

/// The state as the log has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct State {
    /// Its word.
    pub label: String,
    /// What that is here; none for a word that is not known.
    pub status: Option<Status>,
}

impl State {
    fn read(text: &str) -> Self {
        // ServiceNow writes the word or its number.
        let (label, status) = match text.to_ascii_lowercase().as_str() {
            "1" | "new" => ("New", Status::Triage),
            "2" | "active" | "in progress" => ("Active", Status::Investigating),
            "3" | "awaiting problem" => ("Awaiting Problem", Status::Investigating),
            "on hold" => ("On Hold", Status::Investigating),
            "4" | "awaiting user info" => ("Awaiting User Info", Status::Investigating),
            "5" | "awaiting evidence" => ("Awaiting Evidence", Status::Investigating),
            "awaiting vendor" => ("Awaiting Vendor", Status::Investigating),
            "6" | "resolved" => ("Resolved", Status::Resolved),
            "7" | "closed" => ("Closed", Status::Closed),
            "8" | "canceled" | "cancelled" => ("Canceled", Status::Declined),
            _ => return Self { label: text.to_owned(), status: None },
        };
        Self { label: label.to_owned(), status: Some(status) }
    }
}

impl Row {
    /// The incident a row is of, if as much can be read of it.
    pub fn number_of(columns: &Columns, record: &ByteRecord) -> Option<String> {
        columns.value(record, Column::Number).ok().flatten()
    }

    /// Reads a row.
    ///
    /// # Errors
    /// What cannot be read, in words.
    pub fn read(columns: &Columns, record: &ByteRecord) -> Result<Self, String> {
        if record.len() != columns.fields() {
            return Err(format!("it has {} fields, and the header {}", record.len(), columns.fields()));
        }
        let value = |column| columns.value(record, column);
        let needed = |column: Column| value(column)?.ok_or_else(|| format!("column {} is empty", column.name()));
        let person_of = |column| Ok::<_, String>(value(column)?.as_deref().and_then(person));
        let moment_of = |column: Column| value(column)?.map(|text| read_moment(&text, column)).transpose();
        let level = |column: Column| value(column)?.map(|text| read_level(&text, column)).transpose();
        let count = |column: Column| {
            let text = value(column)?.unwrap_or_else(|| "0".into());
            text.parse::<u64>().map_err(|_| format!("`{text}` in column {} is not a count", column.name()))
        };
        Ok(Self {
            number: needed(Column::Number)?,
            state: State::read(&needed(Column::State)?),
            updated_at: read_moment(&needed(Column::UpdatedAt)?, Column::UpdatedAt)?,
            updated_by: person_of(Column::UpdatedBy)?,
            modified: count(Column::Modified)?,
            opened_at: moment_of(Column::OpenedAt)?,
            opened_by: person_of(Column::OpenedBy)?,
            title: value(Column::Title)?,
            caller: value(Column::Caller)?,
            contact: value(Column::Contact)?,
            reassigned: count(Column::Reassigned)?,
            reopened: count(Column::Reopened)?,
            impact: level(Column::Impact)?,
            urgency: level(Column::Urgency)?,
            priority: level(Column::Priority)?,
            group: person_of(Column::Group)?,
            assignee: person_of(Column::Assignee)?,
            kept: KEPT.iter().map(|(column, _)| value(*column)).collect::<Result<_, _>>()?,
        })
    }

    /// Everything it says, for a salt.
    pub fn words(&self) -> String {
        format!("{self:?}")
    }
}

/// `29/2/2016 01:16`, `29-02-2016 01:16:30`, `2016-02-29 01:16:30`: the day before the month, unless the year comes first.
fn read_moment(text: &str, column: Column) -> Result<NaiveDateTime, String> {
    let plain = text.replace('/', "-");
    let formats =
        if plain.find('-') == Some(4) { ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"] } else { ["%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M"] };
    let read = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(&plain, format).ok());
    read.ok_or_else(|| format!("`{text}` in column {} is not a time such as 29/2/2016 01:16", column.name()))
}

/// `3 - Moderate` or `3`.
fn read_level(text: &str, column: Column) -> Result<u8, String> {
    let digits = text.split(['-', ' ']).next().unwrap_or_default();
    let highest = if column == Column::Priority { 5 } else { 3 };
    let level = digits.parse().ok().filter(|level| (1..=highest).contains(level));
    level.ok_or_else(|| format!("`{text}` in column {} is not a level from 1 to {highest}", column.name()))
}
