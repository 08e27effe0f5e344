//! Which field of a row is what.

use csv::ByteRecord;

/// A column that is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Column {
    Number,
    State,
    UpdatedAt,
    UpdatedBy,
    Modified,
    OpenedAt,
    OpenedBy,
    Reassigned,
    Reopened,
    Impact,
    Urgency,
    Priority,
    Group,
    Assignee,
    Title,
    Caller,
    Contact,
    Category,
    Subcategory,
    Symptom,
    Location,
    Item,
    MadeSla,
    Problem,
    Change,
    Vendor,
    CausedBy,
}

use crate::import::servicenow::columns::Column::*;

/// Each with the names it goes by, and the word its values begin with, which some copies of a log leave out.
const NAMES: &[(Column, &[&str], &str)] = &[
    (Number, &["number"], ""),
    (State, &["incident_state", "ident_state", "state"], ""),
    (UpdatedAt, &["sys_updated_at", "sys_updated_on"], ""),
    (UpdatedBy, &["sys_updated_by"], "Updated by"),
    (Modified, &["sys_mod_count"], ""),
    (OpenedAt, &["opened_at"], ""),
    (OpenedBy, &["opened_by"], "Opened by"),
    (Reassigned, &["reassignment_count"], ""),
    (Reopened, &["reopen_count"], ""),
    (Impact, &["impact"], ""),
    (Urgency, &["urgency"], ""),
    (Priority, &["priority"], ""),
    (Group, &["assignment_group"], "Group"),
    (Assignee, &["assigned_to"], "Resolver"),
    (Title, &["short_description"], ""),
    (Caller, &["caller_id"], "Caller"),
    (Contact, &["contact_type"], ""),
    (Category, &["category"], "Category"),
    (Subcategory, &["subcategory"], "Subcategory"),
    (Symptom, &["u_symptom", "symptom"], "Symptom"),
    (Location, &["location"], "Location"),
    (Item, &["cmdb_ci"], "cmdb_ci"),
    (MadeSla, &["made_sla"], ""),
    (Problem, &["problem_id"], ""),
    (Change, &["rfc"], ""),
    (Vendor, &["vendor"], ""),
    (CausedBy, &["caused_by"], ""),
];

/// Without these a table is no such log.
const NEEDED: &[Column] = &[Number, State, UpdatedAt, Impact, Urgency, Priority];

/// Where each column stands.
#[derive(Clone, Debug)]
pub struct Columns {
    places: Vec<Option<usize>>,
    fields: usize,
}

impl Columns {
    /// Reads the header. A second `category` is the subcategory.
    ///
    /// # Errors
    /// What is missing of an audit log, in a sentence.
    pub fn read(header: &ByteRecord) -> Result<Self, String> {
        let mut names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase()).collect();
        if let Some(first) = names.first_mut() {
            *first = first.trim_start_matches('\u{feff}').to_owned();
        }
        let second = names.iter().enumerate().filter(|(_, name)| *name == "category").map(|(place, _)| place).nth(1);
        if let Some(place) = second.filter(|_| !names.iter().any(|name| name == "subcategory")) {
            names[place] = "subcategory".into();
        }
        let place = |known: &&[&str]| known.iter().find_map(|known| names.iter().position(|name| name == known));
        let places = NAMES.iter().map(|(_, known, _)| place(known)).collect();
        let columns = Self { places, fields: names.len() };
        let missing: Vec<&str> = NAMES
            .iter()
            .filter(|(column, ..)| NEEDED.contains(column) && columns.place(*column).is_none())
            .map(|(_, names, _)| names[0])
            .collect();
        if missing.is_empty() {
            return Ok(columns);
        }
        Err(format!("its first line names no column {}; expected is the header of a ServiceNow audit log", missing.join(", ")))
    }

    /// How many fields a row has.
    pub fn fields(&self) -> usize {
        self.fields
    }

    /// What a row says in a column, as every copy of the log says it; `?` and nothing are nothing.
    ///
    /// # Errors
    /// Bytes that are no UTF-8.
    pub(super) fn value(&self, record: &ByteRecord, column: Column) -> Result<Option<String>, String> {
        let Some(bytes) = self.place(column).and_then(|place| record.get(place)) else { return Ok(None) };
        let text = std::str::from_utf8(bytes).map_err(|_| format!("column {} is not UTF-8", column.name()))?.trim();
        if text.is_empty() || text == "?" {
            return Ok(None);
        }
        let word = NAMES[column as usize].2;
        let number = text.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word)).map_or(text, |head| text[head.len()..].trim());
        let is_number = !word.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty();
        Ok(Some(if is_number { format!("{word} {number}") } else { text.to_owned() }))
    }

    fn place(&self, column: Column) -> Option<usize> {
        self.places[column as usize]
    }
}

impl Column {
    /// What it is called in the log.
    pub(super) fn name(self) -> &'static str {
        NAMES[self as usize].1[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_order_of_the_columns() {
        assert!(NAMES.iter().enumerate().all(|(place, (column, ..))| *column as usize == place));
    }

    #[test]
    fn what_is_no_such_log_is_told_by_its_header() {
        let told = Columns::read(&ByteRecord::from(vec!["name", "number"])).unwrap_err();
        assert!(told.contains("no column incident_state, sys_updated_at, impact, urgency, priority"), "{told}");
    }
}
