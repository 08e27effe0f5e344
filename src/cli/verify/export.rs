//! An exported incident: its records are in the signed log, and what the file tells people is what they say.

use crate::cli::failure::Failure;
use crate::cli::verify::Found;
use crate::cli::verify::Known;
use crate::cli::verify::bad;
use crate::domain::Board;
use crate::domain::Body;
use crate::domain::Event;
use crate::domain::Incident;
use crate::domain::IncidentId;
use crate::domain::Timestamp;
use crate::ledger::EventBytes;
use crate::ledger::Evidence;
use crate::ledger::Record;
use crate::ledger::audit::Bad;
use crate::report;
use crate::report::Subject;
use crate::wire::builtin_org;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What a file tells of an incident that does not depend on an organisation's settings.
const TOLD: &[&str] = &["id", "code", "title", "status", "severity", "services", "drill", "opened_at", "resolved_at", "commander"];

/// Checks an exported file.
pub(super) fn verify(path: &Path, known: &Known) -> Result<Found, Failure> {
    let text = std::fs::read_to_string(path).map_err(|why| Failure::of_file(path, "read", &why))?;
    let unknown = |why: &str| {
        let expected = "expected what `warroom export --format json` writes, or a server's database";
        Failure::Usage(format!("{} cannot be checked: {why}; {expected}", path.display()))
    };
    let file: Value = serde_json::from_str(&text).map_err(|why| unknown(&why.to_string()))?;
    let proof = file.get("proof").filter(|proof| !proof.is_null()).ok_or_else(|| unknown("it holds no proof"))?;
    let evidence: Evidence = serde_json::from_value(proof.clone()).map_err(|why| unknown(&why.to_string()))?;
    let key = evidence.key;
    let is_known = known.relies_on(&key);
    let other = !known.told.is_empty() || known.here.as_ref().is_some_and(|here| here.key.is_some() && is_of(here.position, &evidence));
    if !is_known && other {
        let reason = format!("it is signed by {}, which is not the key known for this log", key.fingerprint());
        return Err(bad(&path.display(), &Bad::at(0, reason)));
    }
    let proved = evidence.check(&key).map_err(|found| bad(&path.display(), &found))?;
    let id: IncidentId = serde_json::from_value(file["incident"]["id"].clone()).map_err(|_| unknown("it names no incident"))?;
    let folded = refold(&evidence, &proved.records, id).map_err(|found| bad(&path.display(), &found))?;
    let subject = Subject { incident: &folded, org: &builtin_org(), now: Timestamp::default(), position: None };
    let again = report::export_json(&subject, &events_of(&evidence), None);
    let again: Value = serde_json::from_str(&again).map_err(|why| unknown(&why.to_string()))?;
    compare(&file, &again).map_err(|found| bad(&path.display(), &found))?;

    let last = proved.records.last().map_or(0, |record| record.seq);
    let mut notes = vec![format!(
        "{} of {}, a checkpoint over {} records",
        folded.code_text(),
        proved.checkpoint.position.origin(),
        proved.checkpoint.position.seq
    )];
    notes.push(if proved.is_chained {
        format!("no record of the incident up to {last} was left out; what was recorded after it only the log can say")
    } else {
        "records of an older server are not chained: one that was left out would not be noticed".into()
    });
    if proved.later > 0 {
        notes.push(format!("{} of its records came after the checkpoint, and nothing proves them yet", proved.later));
    }
    if !evidence.unsent.is_empty() {
        notes.push(format!("{} of its events were in no log yet when it was written: nothing proves them", evidence.unsent.len()));
    }
    let redacted = evidence.records.iter().filter(|exhibit| exhibit.event.is_none()).count();
    Ok(Found {
        what: "export",
        records: evidence.records.len() as u64,
        redacted: redacted as u64,
        signed: proved.checkpoint.position.seq.min(last),
        key: Some(key.fingerprint()),
        key_known: is_known,
        base: 0,
        old: 0,
        heads_alone: 0,
        damaged: Vec::new(),
        notes,
    })
}

fn is_of(position: Option<crate::ledger::Position>, evidence: &Evidence) -> bool {
    let claimed = crate::ledger::Checkpoint::claimed(&evidence.checkpoint);
    claimed.is_ok_and(|claimed| position.is_some_and(|position| position.log == claimed.log))
}

/// The incident as its records, and what was not in the log yet, fold.
fn refold(evidence: &Evidence, records: &[Record], id: IncidentId) -> Result<Arc<Incident>, Bad> {
    let mut events: BTreeMap<u64, Event> = BTreeMap::new();
    let mut stubs: BTreeMap<u64, Event> = BTreeMap::new();
    for exhibit in &evidence.records {
        let Some(text) = &exhibit.event else { continue };
        let event = EventBytes::take(text.as_bytes()).map_err(|why| Bad::at(exhibit.seq, why.to_string()))?.1;
        if event.incident != id {
            return Err(Bad::at(exhibit.seq, "it is of another incident"));
        }
        if let Body::EventRedacted(redacted) = &event.body
            && let Ok((_, stub)) = EventBytes::take(redacted.stub.as_bytes())
            && (stub.id, stub.incident) == (redacted.event, id)
        {
            stubs.insert(redacted.seq, stub);
        }
        events.insert(exhibit.seq, event);
    }
    let mut board = Board::new(Arc::new(builtin_org()));
    for record in records {
        if let Some(event) = stubs.get(&record.seq).or_else(|| events.get(&record.seq)) {
            board.apply(event, Some(&record.acceptance()));
        }
    }
    for text in &evidence.unsent {
        if let Ok((_, event)) = EventBytes::take(text.as_bytes()) {
            board.apply(&event, None);
        }
    }
    board.get(id).cloned().ok_or_else(|| Bad::at(records.first().map_or(0, |record| record.seq), "no record declares the incident"))
}

/// The events as a file holds them beside its proof: of what was redacted what is left.
fn events_of(evidence: &Evidence) -> Vec<String> {
    let texts = || evidence.records.iter().filter_map(|exhibit| exhibit.event.as_ref());
    let events = texts().filter_map(|text| Some(EventBytes::take(text.as_bytes()).ok()?.1));
    let stubs: BTreeMap<u64, String> = events
        .filter_map(|event| match event.body {
            Body::EventRedacted(redacted) => Some((redacted.seq, redacted.stub)),
            _ => None,
        })
        .collect();
    let recorded = evidence.records.iter().filter_map(|exhibit| stubs.get(&exhibit.seq).or(exhibit.event.as_ref()));
    recorded.chain(&evidence.unsent).cloned().collect()
}

/// Whether the file tells people what the records say.
fn compare(file: &Value, again: &Value) -> Result<(), Bad> {
    let by_id = |entries: &Value| -> BTreeMap<String, Value> {
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.into_iter().map(|entry| (entry["id"].as_str().unwrap_or_default().to_owned(), entry)).collect()
    };
    let seq = |entry: &Value| entry["seq"].as_u64().unwrap_or(0);
    let (told, said) = (by_id(&file["entries"]), by_id(&again["entries"]));
    let mut found = Vec::new();
    for (id, entry) in &told {
        match said.get(id) {
            // What a server refused is in no log: the state beside it says so.
            None if entry["state"] == "refused" => {}
            None => found.push(Bad::at(seq(entry), "the file tells of a line that no record draws")),
            Some(line) if line != entry => found.push(Bad::at(seq(line), "the file tells something else than the record says")),
            Some(_) => {}
        }
    }
    found.extend(
        said.iter().filter(|(id, _)| !told.contains_key(*id)).map(|(_, line)| Bad::at(seq(line), "the file leaves out what it says")),
    );
    if let Some(first) = found.into_iter().min_by_key(|bad| bad.seq) {
        return Err(first);
    }
    let fields = TOLD.iter().map(|name| (*name, &file["incident"][*name], &again["incident"][*name]));
    let parts = ["summary", "tasks", "alerts"].map(|name| (name, &file[name], &again[name]));
    // Older programs wrote no events beside the proof.
    let events = file.get("events").map(|events| ("events", events, &again["events"]));
    match fields.chain(parts).chain(events).find(|(_, told, said)| told != said) {
        Some((name, ..)) => {
            let last = said.values().map(seq).max().unwrap_or(0);
            Err(Bad { seq: 1, up_to: last, what: format!("the file's `{name}` is not what they say") })
        }
        None => Ok(()),
    }
}
