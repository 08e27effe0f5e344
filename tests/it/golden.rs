//! Frozen bytes. If one of these fails, logs that exist can no longer be read or proved: change the program, not the vector.

use warroom::domain::*;
use warroom::ledger::*;

const ENTRY: &str = r#"{"v":1,"id":"0190a6f0-1234-7abc-8def-0123456789ab","incident":"0190a6f0-0000-7abc-8def-000000000001","kind":"entry.added","at":"2026-11-21T14:02:51.300Z","by":"ana","device":"0190a6f0-0000-7abc-8def-0000000000dd","index":7,"salt":"00112233445566778899aabbccddeeff","data":{"kind":"validation","text":"Balances agree: \"21 934 877\" ✓","outcome":"ok","components":["btc"]}}"#;
const STATUS: &str = r#"{"v":1,"id":"0190a6f0-1234-7abc-8def-0123456789ac","incident":"0190a6f0-0000-7abc-8def-000000000001","kind":"status.changed","at":"2026-11-21T14:03:00.000Z","by":"bo","device":"0190a6f0-0000-7abc-8def-0000000000dd","index":8,"salt":"00112233445566778899aabbccddeeff","replaces":"0190a6f0-0000-7abc-8def-000000000001","data":{"status":"contained"}}"#;
const RECORD: &str = r#"{"v":1,"seq":42,"epoch":1,"received_at":"2026-11-21T14:02:51.412Z","person":"ana","event_sha256":"b12ca1ea4bd4ae8cd0ffffa81d6ba6ea42c2ae24ce6ac7a90c56b9ff0ba8e6b8","code":"INC-3"}"#;

#[test]
fn event_bytes_are_frozen() {
    for golden in [ENTRY, STATUS] {
        let (taken, event) = EventBytes::take(golden.as_bytes()).expect("an event");
        assert_eq!(taken.as_str(), golden, "taken as they are");
        assert_eq!(EventBytes::write(&event).expect("bytes").as_str(), golden, "written as they were");
    }
    assert_eq!(EventBytes::stored(ENTRY).sha256_hex(), sha256_hex(ENTRY.as_bytes()));
}

#[test]
fn record_bytes_and_the_tree_over_them_are_frozen() {
    let (taken, record) = RecordBytes::take(RECORD.as_bytes()).expect("a record");
    assert_eq!(record.write().expect("bytes").as_str(), RECORD);
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for _ in 0..3 {
        frontier.push(taken.leaf());
    }
    insta::assert_snapshot!(format!("{} {}", taken.leaf(), frontier.root()));
}

#[test]
fn every_kind_is_written_and_read_as_it_was() {
    insta::assert_snapshot!(Body::KINDS.join("\n"));
}

#[test]
fn unknown_kinds_and_fields_are_kept_and_bad_bytes_say_why() {
    let newer = ENTRY.replace("entry.added", "orbit.reached");
    let (taken, event) = EventBytes::take(newer.as_bytes()).expect("kept");
    assert_eq!((event.body.kind(), taken.as_str()), ("orbit.reached", newer.as_str()));
    let extended = ENTRY.replace(r#""v":1,"#, r#""v":1,"mood":{"calm":true},"#);
    assert_eq!(EventBytes::take(extended.as_bytes()).expect("kept").0.as_str(), extended);
    for (bad, why) in [
        (ENTRY.replace(r#""v":1"#, r#""v":2"#), "newer"),
        (ENTRY.replace("✓", "\r"), "control byte"),
        (ENTRY.replace("✓", r"\ud800"), "lone surrogate"),
        (ENTRY.replace(r#""text""#, r#""words""#), "missing field `text`"),
        (ENTRY.replace("validation", "status"), "not a kind of entry"),
        (ENTRY.replace("2026-11-21T14:02:51.300Z", "yesterday"), "RFC 3339"),
        ("[]".into(), "invalid"),
        ("x".repeat(EVENT_MAX_BYTES + 1), "at most"),
    ] {
        let said = EventBytes::take(bad.as_bytes()).expect_err(why).to_string();
        assert!(said.contains(why), "{said}");
    }
}
