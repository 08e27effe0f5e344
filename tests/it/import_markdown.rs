//! Post-mortems in the forms people write them, imported by the real program.

use crate::stage::Home;
use serde_json::Value;

const TABLE: &str = "# Signer outage

## Issue Summary

The signer stopped.

## Timeline (all times PT)

| Day | Date (2023) | Time (PT) | Event |
|-----|-------------|-----------|-------|
| Tue | Mar 7 | 21:33 | First alarm |
| Wed | Mar 8 | 7:05 | Found a stuck queue
| Wed | Mar 8 | soon | Somebody went to look |
| Fri | Mar 8 | 8:00 | A weekday that is not that day's |

## Root Cause

A queue without a limit.
";

const LIST: &str = "## Summary

It broke.

## Timeline (UTC)

- 23:50: alarms fire
- ~23:58 (19:58 EDT): we look
- 00:10: found
- 00:20-01:00 we mend
more about mending
- 00:30 (6:00 PDT): contradicts itself
";

const DAYS: &str = "# Leak

## Timeline (all times PST) 7/5/2023-7/6/2023

_7/5/2023_

12:11 PM: mail arrives

13:06 PM: answered

_7/6/23_

07:05 AM: clean

08:30: neither am nor pm

## Resolution

Gone.
";

const LINES: &str = "# Stall

### Timeline (all times PST). Approximate
---
**June 14th, 2022, 10:00 AM:** reported

12:45 PM EST Saturday Jan 7th 2023: wave

February 15, 2024: 7:56am UTC
An email came

01-31-2024 - fix merged

11/03/202 - a year that is none

10/20/2022 - 15:38 CST - which CST

2021-05-09T23:02:01.463+09:00 from a log

```
12:00 UTC in code is code
```
";

fn import(home: &Home, name: &str, text: &str, more: &[&str]) -> Value {
    let path = home.file(name, text);
    home.json(&[&["import", "markdown"], more, &[path.to_str().expect("a plain path")]].concat()).remove(0)
}

/// `line at` of each entry, a day alone with a `~`.
fn entries(done: &Value) -> Vec<String> {
    let entries = done["documents"][0]["entries"].as_array().expect("entries");
    entries
        .iter()
        .map(|entry| {
            format!(
                "{} {}{}",
                entry["line"],
                entry["at"].as_str().expect("a time").replace(".000Z", "Z"),
                if entry["only_day"] == true { "~" } else { "" }
            )
        })
        .collect()
}

/// `line: words` of each finding.
fn findings(done: &Value) -> Vec<String> {
    done["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| format!("{}: {}", finding["line"], finding["says"].as_str().expect("words")))
        .collect()
}

fn check_found(done: &Value, wanted: &[&str]) {
    let found = findings(done);
    for words in wanted {
        assert!(found.iter().any(|finding| finding.contains(words)), "{words}: {found:#?}");
    }
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
}

#[test]
fn a_table_with_days_and_a_zone_in_its_columns_is_read() {
    let home = Home::new();
    let done = import(&home, "2023-03-07-signer.md", TABLE, &[]);
    assert_eq!(entries(&done), ["11 2023-03-08T05:33:00Z", "12 2023-03-08T15:05:00Z", "14 2023-03-08T16:00:00Z"]);
    check_found(&done, &["13: `Mar 8 soon` is not a time; kept as words", "14: 2023-03-08 was no Friday"]);
    let shown = home.ok(&["export", done["documents"][0]["incident"].as_str().expect("an id")]);
    for words in [
        "Signer outage",
        "The signer stopped.",
        "A queue without a limit.",
        "root-cause",
        "Somebody went to look",
        "RETROSPECTIVE",
        "First alarm",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let listed = home.json(&["list", "--all"]).remove(0);
    assert_eq!(
        (&listed["status"], &listed["opened_at"], &listed["resolved_at"]),
        (&"closed".into(), &"2023-03-08T05:33:00.000Z".into(), &"2023-03-08T16:00:00.000Z".into())
    );
    let again = import(&home, "2023-03-07-signer.md", TABLE, &[]);
    assert_eq!((&again["events"], &again["known"], &again["differing"]), (&0.into(), &done["events"], &0.into()));
}

#[test]
fn a_list_without_days_takes_them_from_its_name_and_says_so() {
    let home = Home::new();
    let done = import(&home, "2024-06-30-queue-full.md", LIST, &[]);
    let at = [
        "7 2024-06-30T23:50:00Z",
        "8 2024-06-30T23:58:00Z",
        "9 2024-07-01T00:10:00Z",
        "10 2024-07-01T00:20:00Z",
        "12 2024-07-01T00:30:00Z",
    ];
    assert_eq!(entries(&done), at);
    check_found(
        &done,
        &[
            "1: it has no title: called after its name, `queue full`",
            "7: no day is named",
            "9: it goes back",
            "12: its two times, 00:30 and 6:00 PDT, are not the same",
        ],
    );
    let shown = home.ok(&["export", done["documents"][0]["incident"].as_str().expect("an id")]);
    assert!(
        shown.contains("more about mending") && shown.contains("(00:20-01:00) we mend") && shown.contains("(~23:58)")
            || shown.contains("23:58"),
        "{shown}"
    );
}

#[test]
fn days_in_headings_and_zones_in_the_wrong_season_are_read_and_told() {
    let home = Home::new();
    let done = import(&home, "2023-07-05-leak.md", DAYS, &[]);
    assert_eq!(entries(&done), ["7 2023-07-05T19:11:00Z", "9 2023-07-05T20:06:00Z", "13 2023-07-06T14:05:00Z", "15 2023-07-06T15:30:00Z"]);
    check_found(
        &done,
        &[
            "1: in days such as 3/4/2021 the month is read first",
            "7: PST is written",
            "9: PST is written",
            "13: PST is written",
            "15: PST is written",
        ],
    );
}

#[test]
fn lines_of_every_form_are_read_and_what_is_ambiguous_is_kept_as_words() {
    let home = Home::new();
    let done = import(&home, "stall.md", LINES, &["--zone", "America/Chicago"]);
    let at = [
        "5 2022-06-14T17:00:00Z",
        "7 2023-01-07T17:45:00Z",
        "9 2024-02-15T07:56:00Z",
        "12 2024-01-31T08:00:00Z~",
        "16 2022-10-20T20:38:00Z",
        "18 2021-05-09T14:02:01.463Z",
    ];
    assert_eq!(entries(&done), at);
    // Without a decision the one name that several zones have decides nothing.
    let undecided = import(&Home::new(), "stall.md", LINES, &[]);
    assert!(
        entries(&undecided).len() == 5
            && findings(&undecided).iter().any(|finding| finding.starts_with("16: CST may be central North America"))
    );
    assert!(
        findings(&done).iter().any(|finding| finding.starts_with("14: `11/03/202` is not a day; kept as words")),
        "{:?}",
        findings(&done)
    );
    let shown = home.ok(&["export", done["documents"][0]["incident"].as_str().expect("an id")]);
    assert!(shown.contains("11/03/202 - a year that is none") && shown.contains("An email came"), "{shown}");
}

#[test]
fn times_without_a_zone_are_kept_as_words_until_somebody_decides() {
    let text = "# Drift\n\n## Timeline\n\n- 2024-05-01 10:00 it began\n- 2024-05-01 11:00 it ended\n";
    let home = Home::new();
    let ran = home.run(&["import", "markdown", home.file("drift-2024-05-01.md", text).to_str().expect("a plain path")]);
    assert!(ran.code == 0 && ran.err.contains("lines 5, 6: it names no zone, nor does the timeline: --zone decides"), "{ran:?}");
    assert!(ran.out.contains("0 entries with their times, 2 lines kept as words"), "{ran:?}");
    let decided = import(&Home::new(), "drift-2024-05-01.md", text, &["--zone", "Asia/Tokyo"]);
    assert_eq!(entries(&decided), ["5 2024-05-01T01:00:00Z", "6 2024-05-01T02:00:00Z"]);
    let doubtful = "# Drift\n\n## Timeline (UTC)\n\n- 3/4/2024 10:00 which month\n";
    let done = import(&Home::new(), "drift.md", doubtful, &["--day-first"]);
    assert_eq!(entries(&done), ["5 2024-04-03T10:00:00Z"]);
    let told = Home::new();
    let path = told.file("drift.md", doubtful);
    let told = told.fails(1, &["import", "markdown", path.to_str().expect("a plain path")]);
    assert!(told.contains("nothing in it, nor its name, says when it was") && told.contains("nothing was imported"), "{told}");
}

#[test]
fn what_is_no_document_is_refused_and_hostile_ones_do_no_harm() {
    let home = Home::new();
    let path = |name: &str, bytes: &[u8]| home.file(name, bytes).to_str().expect("a plain path").to_owned();
    assert!(home.fails(2, &["import", "markdown", &path("x.md", b"\xff\xfe\0\x01")]).contains("it is text in UTF-16; save it in UTF-8"));
    assert!(home.fails(2, &["import", "markdown", &path("x.md", b"# x\n\xff")]).contains("is no text in UTF-8, as line 2 shows"));
    assert!(home.fails(2, &["import", "markdown", "/dev/zero"]).contains("it has more than 64 MiB"));
    assert!(home.fails(1, &["import", "markdown", &path("y.md", b"")]).contains("it is empty"));
    assert!(home.fails(3, &["import", "markdown", "/nowhere/z.md"]).contains("does not exist"));
    let deep = format!(
        "# \u{1b}[2J2024-01-01 {}\n\n## Timeline (UTC)\n\n- 10:00 {}\n{}",
        "x".repeat(5_000),
        "Mon ".repeat(50_000),
        "> ".repeat(5_000)
    );
    let ran = home.run(&["import", "markdown", &path("2024-01-01-hostile.md", deep.as_bytes())]);
    assert!(ran.code == 0 && !ran.out.contains('\u{1b}'), "{ran:?}");
}

#[test]
fn secrets_in_a_document_are_masked_and_counted_and_the_same_again_adds_nothing() {
    let home = Home::new();
    let token = format!("ghp_{}", "q7Zk2PvX9m".repeat(4));
    let text = LIST.replace("we look", &format!("we look with {token}"));
    let done = import(&home, "2023-05-01-leak.md", &text, &[]);
    assert_eq!(done["masked"], 1, "{done}");
    let incident = done["documents"][0]["incident"].as_str().expect("an incident");
    let shown = home.ok(&["export", "--format", "json", "-i", incident]);
    assert!(!shown.contains(&token) && shown.contains("we look with [access token masked]"), "{shown}");
    let again = import(&home, "2023-05-01-leak.md", &text, &[]);
    assert_eq!(again["events"], 0, "{again}");
}
