//! An audit log of an incident table as ServiceNow writes it, of any size and always the same.

use std::fmt::Write;

/// The columns of such a log, in its order.
const COLUMNS: &str = "number,incident_state,active,reassignment_count,reopen_count,sys_mod_count,made_sla,caller_id,opened_by,opened_at,\
sys_created_by,sys_created_at,sys_updated_by,sys_updated_at,contact_type,location,category,subcategory,u_symptom,cmdb_ci,impact,urgency,priority,\
assignment_group,assigned_to,knowledge,u_priority_confirmation,notify,problem_id,rfc,vendor,caused_by,closed_code,resolved_by,resolved_at,closed_at";

/// The priority of each impact (outer) and urgency, both from 1, high.
const PRIORITIES: [[u8; 3]; 3] = [[1, 2, 3], [2, 3, 4], [3, 4, 4]];
const LEVELS: [&str; 3] = ["High", "Medium", "Low"];
const WORDS: [&str; 4] = ["Critical", "High", "Moderate", "Low"];
const STATES: [&str; 6] = ["New", "Active", "Awaiting User Info", "Active", "Resolved", "Closed"];
const REOPENED: [&str; 6] = ["New", "Active", "Resolved", "Active", "Resolved", "Closed"];

/// A log of so many incidents in so many rows. With labels a value reads `3 - Moderate` and `Group 56`, without them `3` and `56`, and the header
/// names the subcategory `category`, too.
pub fn audit_log(incidents: usize, rows: usize, has_labels: bool) -> String {
    let mut text = if has_labels { COLUMNS.to_owned() } else { COLUMNS.replace("subcategory", "category") };
    text.push('\n');
    let (each, more) = (rows / incidents, rows % incidents);
    let level = |level: usize, words: &[&str]| if has_labels { format!("{level} - {}", words[level - 1]) } else { level.to_string() };
    let named = |word: &str, number: usize| if has_labels { format!("{word} {number}") } else { number.to_string() };
    for incident in 0..incidents {
        let count = each + usize::from(incident < more);
        let states = if incident % 50 == 7 { REOPENED } else { STATES };
        for row in 0..count {
            // The last rows of any log are the last states; what is too many changes nothing.
            let step = if row + 2 >= count { 6 - (count - row) } else { row.min(3) };
            let (impact, mut urgency) = (1 + incident % 3, 1 + incident / 3 % 3);
            if incident % 10 == 3 && step >= 2 {
                urgency = 3;
            }
            let priority = usize::from(PRIORITIES[impact - 1][urgency - 1]);
            let reopened = usize::from(incident % 50 == 7 && step >= 3);
            let moved = usize::from(step >= 2);
            let (day, hour) = (1 + incident % 28, 1 + step * 3);
            let at = |hour: usize| format!("{day}/{}/2016 {hour:02}:{:02}", 1 + incident / 28 % 12, incident % 60);
            writeln!(
                text,
                "INC{:07},{},{},{moved},{reopened},{row},TRUE,{},{},{},{},{},{},{},Phone,{},{},{},{},?,{},{},{},{},{},TRUE,FALSE,Do Not Notify,?,?,?,?,{},{},{},{}",
                45 + 3 * incident,
                states[step],
                if step == 5 { "FALSE" } else { "TRUE" },
                named("Caller", incident % 5_000),
                named("Opened by ", 8 + incident % 200),
                at(0),
                named("Created by", 6),
                at(0),
                named("Updated by", 21 + (incident + step) % 800),
                at(hour),
                named("Location", incident % 200),
                named("Category", incident % 58),
                named("Subcategory", incident % 250),
                named("Symptom", incident % 500),
                level(impact, &LEVELS),
                level(urgency, &LEVELS),
                level(priority, &WORDS),
                named("Group", 1 + (incident + moved) % 78),
                if step == 0 { "?".to_owned() } else { named("Resolver", 1 + (incident + moved) % 230) },
                named("code", 1 + incident % 15),
                named("Resolved by", 149),
                at(13),
                at(16),
            )
            .expect("text");
        }
    }
    text
}
