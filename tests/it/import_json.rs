//! What this program exported comes back: everything that happened, as it happened, marked as told afterwards.

use crate::stage::Home;
use crate::stage::Server;
use serde_json::Value;

/// Runs an incident with something of everything, and closes it.
fn eventful(ana: &Home) -> String {
    let declared = ana.json(&["declare", "Withdrawals", "suspended", "--service", "btc", "--severity", "2", "--at", "-3h"]).remove(0);
    let code = declared["code"].as_str().expect("a code").to_owned();
    ana.ok(&["edit", "--summary", "Outflow without a ticket", "--title", "Hot wallet drain"]);
    ana.ok(&["log", "Suspend everything", "-k", "decision", "--at", "-2h", "--component", "btc"]);
    ana.ok(&["amend", "last", "Suspend all of it", "--at", "-1h"]);
    ana.ok(&["log", "wrong place", "-k", "note"]);
    ana.ok(&["strike", "last", "--reason", "wrong incident"]);
    ana.ok(&["log", "told them", "-k", "communication", "--audience", "customers", "--by", "chi"]);
    ana.ok(&["assess", "money_at_risk=$250k", "cust=3"]);
    ana.ok(&["override", "P2", "--reason", "half of it is ours"]);
    ana.ok(&["take"]);
    ana.ok(&["assign", "ops", "chi"]);
    ana.ok(&["offer", "bo"]);
    ana.ok(&["offer", "--withdraw"]);
    ana.ok(&["release", "ops"]);
    ana.ok(&["task", "me", "check", "signer-3", "--in", "10m"]);
    ana.ok(&["understood", "last"]);
    ana.ok(&["done", "last", "it leaked"]);
    ana.ok(&["status", "contained", "--reason", "keys rotated"]);
    ana.ok(&["log", "balances agree", "-k", "validation", "--outcome", "ok"]);
    ana.ok(&["status", "resolved"]);
    code
}

/// An export without what is of its log alone: ids, codes, places, proof, and the mark.
fn bare(export: &Value) -> Value {
    const OF_THE_LOG: &[&str] =
        &["id", "incident_id", "code", "seq", "state", "log", "proof", "events", "retrospective", "reply_to", "event", "recorded_by"];
    match export {
        Value::Object(fields) => {
            let kept =
                fields.iter().filter(|(name, value)| !(OF_THE_LOG.contains(&name.as_str()) || *name == "incident" && value.is_string()));
            Value::Object(kept.map(|(name, value)| (name.clone(), bare(value))).collect())
        }
        Value::Array(all) => Value::Array(all.iter().map(bare).collect()),
        Value::String(text) => Value::String(text.split(" · told afterwards").next().unwrap_or_default().to_owned()),
        other => other.clone(),
    }
}

fn export(home: &Home, named: &str) -> Value {
    home.json(&["export", named, "--format", "json"]).remove(0)
}

fn taken_back(home: &Home, export: &Value) -> Value {
    let file = home.file("export.json", export.to_string());
    home.json(&["import", "json", file.to_str().expect("a plain path")]).remove(0)
}

#[test]
fn an_export_is_taken_back_whole_and_once() {
    let server = Server::start();
    let ana = server.home_of("ana", "commander");
    for (home, is_alone) in [(Home::new(), true), (ana, false)] {
        let code = eventful(&home);
        let original = export(&home, &code);
        let (other, again) = (Home::new(), Home::new());
        let done = taken_back(&other, &original);
        assert_eq!(
            (&done["incidents"], &done["left_out"], &done["differing"]),
            (&1.into(), &0.into(), &0.into()),
            "alone {is_alone}: {done}"
        );
        let listed = other.json(&["list", "--all"]).remove(0);
        assert!(listed["retrospective"] == true && listed["status"] == "resolved" && other.json(&["list"]).is_empty(), "{listed}");
        let back = export(&other, listed["id"].as_str().expect("an id"));
        assert_eq!(bare(&back), bare(&original), "alone {is_alone}");
        let twice = taken_back(&other, &original);
        assert_eq!((&twice["events"], &twice["known"]), (&0.into(), &done["events"]));
        // Where it comes from it is held already, under its own id.
        let here = taken_back(&home, &original);
        assert!(here["events"] == 0 && here["findings"].to_string().contains("is held here itself"), "{here}");
        // Another person's copy says the same bytes.
        taken_back(&again, &original);
        let events = |home: &Home| export(home, listed["id"].as_str().expect("an id"))["events"].clone();
        assert_eq!(events(&other), events(&again));
    }
}

#[test]
fn what_was_open_is_closed_where_its_record_ends_and_what_is_no_export_is_refused() {
    let home = Home::new();
    let code = home.json(&["declare", "still", "open"]).remove(0)["code"].as_str().expect("a code").to_owned();
    home.ok(&["log", "not over"]);
    let other = Home::new();
    taken_back(&other, &export(&home, &code));
    let listed = other.json(&["list", "--all"]).remove(0);
    assert_eq!(listed["status"], "closed");
    assert!(other.ok(&["show", listed["id"].as_str().expect("an id")]).contains("the record ends here, in the status triage"));
    let path = |name: &str, text: &str| home.file(name, text).to_str().expect("a plain path").to_owned();
    for (file, words) in [
        (path("a.json", "{"), "is not what `warroom export --format json` writes"),
        (path("b.json", "{\"incident\": {\"id\": \"0190a6f0-1234-7abc-8def-0123456789ab\", \"code\": \"INC-1\"}}"), "it holds no events"),
        (path("c.json", "[1, 2]"), "is not what"),
    ] {
        let told = home.fails(1, &["import", "json", &file]);
        assert!(told.contains(words) && told.contains("nothing was imported"), "{told}");
    }
}

#[test]
fn what_only_some_may_see_is_not_opened_by_taking_it_back() {
    let server = Server::start();
    let (root, ana) = (server.home_of("root", "admin"), server.home_of("ana", "commander"));
    root.ok(&["declare", "quiet"]);
    root.ok(&["restrict", "root", "--reason", "an insider"]);
    let secret = export(&root, "INC-1");
    let other = Server::start();
    let bo = other.home_of("bo", "commander");
    let file = bo.file("export.json", secret.to_string());
    let told = bo.fails(4, &["import", "json", file.to_str().expect("a plain path")]);
    assert!(told.contains("admin"), "{told}");
    assert!(bo.json(&["list", "--all"]).is_empty() && ana.json(&["list", "--all"]).is_empty());
}

#[test]
fn an_export_that_was_edited_by_hand_adds_nothing_twice_and_nothing_of_others() {
    let home = Home::new();
    let code = home.json(&["declare", "edited"]).remove(0)["code"].as_str().expect("a code").to_owned();
    home.ok(&["log", "one"]);
    home.ok(&["log", "two"]);
    let original = export(&home, &code);
    let edited = |edit: &dyn Fn(&mut Vec<Value>)| {
        let mut export = original.clone();
        edit(export["events"].as_array_mut().expect("events"));
        export
    };
    let plain = taken_back(&Home::new(), &original);
    let again = edited(&|events| {
        events.push(events[1].clone());
        events.push(events[1].as_str().expect("an event").replace("one", "other words").into());
    });
    let done = taken_back(&Home::new(), &again);
    assert_eq!(done["events"], plain["events"], "{done}");
    assert!(done["findings"].to_string().contains("2 stand in it under an id that came before"), "{done}");
    let told = |export: Value| {
        let other = Home::new();
        let file = other.file("edited.json", export.to_string());
        let ran = other.run(&["import", "json", file.to_str().expect("a plain path")]);
        assert!(ran.code != 0 && other.json(&["list", "--all"]).is_empty(), "{ran:?}");
        ran.err
    };
    let (its_own, stranger) = (original["incident"]["id"].as_str().expect("an id"), "0190a6f0-1234-7abc-8def-0123456789ab");
    let foreign = edited(&|events| events.push(events[1].as_str().expect("an event").replace(its_own, stranger).into()));
    assert!(told(foreign).contains(&format!("its event 4 is of another incident, {stranger}")));
    assert!(told(edited(&|events| events[2] = "{".into())).contains("its event 3 is not a warroom event"));
    let early = edited(&|events| {
        let text = events[1].as_str().expect("an event");
        let at = text.split("\"at\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a time");
        events[1] = text.replace(at, "1969-12-31T23:59:59.999Z").into();
    });
    assert!(told(early).contains(&format!("{code} is not imported: its time, 1969")), "it is named");
}
