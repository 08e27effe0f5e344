//! Audit logs of ServiceNow, imported by the real program: everything once, whoever does it, whatever stops it.

use crate::stage::Home;
use crate::stage::Server;
use crate::stage::audit_log::audit_log;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A home with the matrix of such logs in force.
fn with_matrix(home: Home) -> Home {
    let folder = home.file("matrix.toml", include_str!("../../assets/matrix-servicenow.toml"));
    home.ok(&["settings", "publish", folder.parent().expect("a folder").to_str().expect("a plain path")]);
    home
}

fn import(home: &Home, log: &Path) -> Value {
    home.json(&["import", "servicenow-csv", log.to_str().expect("a plain path")]).remove(0)
}

/// Ids of all incidents, and of the lines of some of them.
fn held(home: &Home) -> BTreeSet<String> {
    let listed = home.json(&["list", "--all"]);
    let shown = listed.iter().step_by(400).flat_map(|incident| {
        let id = incident["id"].as_str().expect("an id");
        let export = home.json(&["export", id, "--format", "json"]).remove(0);
        export["entries"]
            .as_array()
            .expect("entries")
            .iter()
            .map(|entry| format!("{} {} {}", entry["id"], entry["at"], entry["text"]))
            .collect::<Vec<_>>()
    });
    listed.iter().map(|incident| format!("{} {} {}", incident["id"], incident["priority"], incident["status"])).chain(shown).collect()
}

#[test]
fn a_log_becomes_past_incidents_once_with_and_without_its_labels() {
    let home = with_matrix(Home::new());
    let (labelled, plain) = (home.file("labelled.csv", audit_log(180, 1_000, true)), home.file("plain.csv", audit_log(180, 1_000, false)));
    let done = import(&home, &labelled);
    assert_eq!((&done["incidents"], &done["rows"], &done["left_out"]), (&180.into(), &1_000.into(), &0.into()), "{done}");
    assert_eq!((&done["priorities"]["recorded"], &done["priorities"]["unequal"]), (&180.into(), &Value::Array(vec![])), "{done}");
    let events = done["events"].as_u64().expect("a number");
    for again in [&labelled, &plain] {
        let done = import(&home, again);
        assert_eq!((&done["events"], &done["known"], &done["differing"]), (&0.into(), &events.into(), &0.into()), "{done}");
    }
    assert!(home.json(&["list"]).is_empty(), "what is over is not in the list of what is open");
    let listed = home.json(&["list", "is:past"]);
    assert!(listed.len() == 180 && listed.iter().all(|incident| incident["retrospective"] == true && incident["status"] == "closed"));
    // The eighth incident of the log was reopened once, and reassigned.
    let reopened =
        listed.iter().find(|incident| incident["title"].as_str().is_some_and(|title| title.starts_with("INC0000066"))).expect("it");
    let document = home.ok(&["export", reopened["id"].as_str().expect("an id")]);
    for words in [
        "RETROSPECTIVE. Told afterwards, from servicenow-csv INC0000066",
        "resolved → investigating: Active, reopened (count 1)",
        "Group-8",
        "Group-9",
    ] {
        assert!(document.contains(words), "{words}: {document}");
    }
    assert_eq!(reopened["opened_at"], "2016-01-08T00:07:00.000Z");
    assert!(home.ok(&["list", "--all"]).contains("PAST INC0000066"));
    assert!(home.ok(&["search", "Category-is-not-there"]).is_empty() && home.ok(&["search", "\"Category 7\""]).contains("INC0000066"));
}

#[test]
fn times_are_those_of_the_zone_that_was_given_and_what_another_zone_says_is_told() {
    let home = Home::new();
    let log = home.file("log.csv", audit_log(5, 25, true));
    let path = log.to_str().expect("a plain path");
    home.ok(&["import", "servicenow-csv", "--zone", "America/New_York", path]);
    assert_eq!(home.json(&["list", "--all"])[0]["opened_at"].as_str().map(|at| &at[10..16]), Some("T05:00"));
    let again = home.run(&["import", "servicenow-csv", path]);
    assert!(again.code == 0 && again.err.contains("held here with other words") && again.out.contains("0 events"), "{again:?}");
    assert!(home.fails(2, &["import", "servicenow-csv", "--zone", "Atlantis/Poseidonis", path]).contains("Atlantis"));
}

#[test]
fn what_another_person_imported_before_with_another_zone_stands_and_whose_words_gave_way_is_told() {
    let server = Server::start();
    let (ana, bo) = (server.home_of("ana", "commander"), server.home_of("bo", "commander"));
    let log = ana.file("log.csv", audit_log(5, 25, true));
    let path = log.to_str().expect("a plain path");
    bo.ok(&["sync"]);
    let nowhere = ["--remote", "http://127.0.0.1:9"];
    let told = bo.run(&[&nowhere[..], &["import", "servicenow-csv", "--zone", "Europe/Berlin", path]].concat());
    assert_eq!(told.code, 0, "{told:?}");
    let events = import(&ana, &log)["events"].as_u64().expect("a number");
    assert_eq!(ana.json(&["sync", "--wait"])[0]["waiting"], 0);
    let ran = bo.run(&["sync", "--wait", "--json"]);
    let done: Value = serde_json::from_str(&ran.out).expect("an object");
    let differing = done["differing"].as_u64().expect("a number");
    assert!(differing > 0 && differing <= events && done["waiting"] == 0 && done["refused"] == 0, "{ran:?}");
    assert!(ran.err.contains("were on the server already with other words: the same record, imported with another --zone"), "{ran:?}");
    assert_eq!(bo.json(&["list", "--all"]), ana.json(&["list", "--all"]));
    assert!(bo.json(&["doctor"]).iter().any(|check| check["check"] == "imported" && check["state"] == "note"));
    assert!(ana.json(&["doctor"]).iter().all(|check| check["check"] != "imported"));
}

#[test]
fn what_was_masked_leaves_no_trace_by_which_it_could_be_guessed() {
    let events = |password: &str| {
        let home = Home::new();
        let log = audit_log(1, 5, true).replace(",Phone,", &format!(",password={password},"));
        assert!(import(&home, &home.file("log.csv", log))["masked"].as_u64() > Some(0));
        let id = home.json(&["list", "--all"])[0]["id"].as_str().expect("an id").to_owned();
        home.json(&["export", &id, "--format", "json"]).remove(0)["events"].clone()
    };
    let (one, other) = (events("hunter2"), events("hunter3"));
    assert!(one.as_array().is_some_and(|events| events.len() > 4) && !one.to_string().contains("hunter"));
    // Nothing of the log depends on it, not even a salt.
    assert_eq!(one, other);
}

#[test]
fn a_row_that_cannot_be_read_is_told_with_its_line_and_the_rest_goes_in() {
    let home = Home::new();
    let mut rows: Vec<String> = audit_log(4, 20, true).lines().map(str::to_owned).collect();
    rows[2] = rows[2].replace("1/1/2016", "31/2/2016");
    rows[7] = rows[7].split(',').take(9).collect::<Vec<_>>().join(",");
    rows[12] = rows[12].replace(" - High", " - Hot").replace("3 - Low", "9 - Low");
    rows[13] = rows[13].replace(",Active,", ",Pondering,").replace(",Awaiting User Info,", ",Pondering,");
    let log = home.file("log.csv", rows.join("\n"));
    let done = import(&home, &log);
    assert_eq!((&done["incidents"], &done["left_out"]), (&4.into(), &3.into()), "{done}");
    let lines: Vec<_> =
        done["findings"].as_array().expect("findings").iter().map(|finding| finding["line"].as_u64().expect("a line")).collect();
    assert_eq!(lines, [3, 8, 13, 14], "{done}");
    let says: String = done["findings"].as_array().expect("findings").iter().map(|finding| format!("{} ", finding["says"])).collect();
    for words in ["`31/2/2016 04:00` in column sys_updated_at", "9 fields, and the header 36", "`9 - Low`", "`Pondering` is no state"] {
        assert!(says.contains(words), "{words}: {says}");
    }
    // Mended, only what was missing is added.
    let mended = home.file("log.csv", audit_log(4, 20, true));
    let done = import(&home, &mended);
    assert!(done["events"].as_u64().is_some_and(|events| (1..12).contains(&events)) && done["incidents"] == 0, "{done}");
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_line_and_no_other() {
    let text = audit_log(20, 120, true);
    let rows: Vec<&str> = text.lines().collect();
    let quoted = |at: &[usize]| {
        let quote =
            |(place, row): (usize, &&str)| if at.contains(&place) { row.replacen(",Caller", ",\"Caller", 1) } else { (*row).to_owned() };
        rows.iter().enumerate().map(quote).collect::<Vec<_>>().join("\n")
    };
    // Open to the end of the file; closed by another one that opens in the same field, so that all fields are there; and both.
    for at in [&[8][..], &[8, 60], &[8, 60, 61, 100]] {
        let home = Home::new();
        let done = import(&home, &home.file("log.csv", quoted(at)));
        let told = done["findings"].as_array().expect("findings");
        let lines: Vec<u64> = told.iter().filter_map(|finding| finding["line"].as_u64()).collect();
        assert_eq!(lines, at.iter().map(|place| *place as u64 + 1).collect::<Vec<_>>(), "{done}");
        assert!(told.iter().all(|finding| finding["says"].as_str().is_some_and(|says| says.contains("a quote opens in it"))), "{done}");
        assert_eq!((&done["incidents"], &done["left_out"], &done["rows"]), (&20.into(), &at.len().into(), &120.into()), "{done}");
    }
    // Words that go over several lines are words.
    let home = Home::new();
    let words = text.replacen(",Phone,", ",\"Phone, then\n\"\"mail\"\", as they said\",", 1);
    let done = import(&home, &home.file("log.csv", words));
    assert_eq!((&done["rows"], &done["left_out"]), (&120.into(), &0.into()), "{done}");
    assert!(home.ok(&["show", home.json(&["list", "--all", "INC0000045"])[0]["id"].as_str().expect("an id")]).contains("as they said"));
}

#[test]
fn a_log_is_read_with_the_separators_of_its_header_and_through_a_pipe() {
    let text = audit_log(4, 20, true);
    for other in [text.replace(',', ";"), text.replace(',', "\t"), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
        let home = Home::new();
        let done = import(&home, &home.file("log.csv", &other));
        assert_eq!((&done["incidents"], &done["left_out"]), (&4.into(), &0.into()), "{done}");
    }
    let home = Home::new();
    let log = home.file("log.csv", text.replacen(",Caller", ",\"Caller", 1));
    let script = format!("cat '{}' | '{}' import servicenow-csv /dev/stdin", log.display(), env!("CARGO_BIN_EXE_warroom"));
    let ran = Command::new("sh").args(["-c", &script]).env_clear().envs(home.environment()).output().expect("a shell");
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(told.contains("takes in the lines below, which are left out, too; name a file, not a pipe"), "{told}");
}

#[test]
fn what_is_no_such_log_is_refused_in_a_sentence_and_nothing_is_written() {
    let home = Home::new();
    let path = |name: &str, bytes: &[u8]| home.file(name, bytes).to_str().expect("a plain path").to_owned();
    let files = [
        (path("picture.png", b"\x89PNG\r\n\x1a\n\0\0\xff\xfe\0binary"), 2, "is no ServiceNow audit log"),
        (path("empty.csv", b""), 2, "names no column number"),
        (path("sheet.xlsx", b"PK\x03\x04\x14\0\x06\0"), 2, "it is a zip archive or an office document"),
        (path("wide.csv", b"\xff\xfen\0u\0m\0"), 2, "it is text in UTF-16; save it in UTF-8"),
        ("/dev/zero".into(), 1, "one row has more than 64 MiB"),
        (path("other.csv", b"date,amount\n1/1/2020,5\n"), 2, "names no column number"),
        (path("head.csv", audit_log(1, 5, true).lines().next().expect("a header").as_bytes()), 1, "holds no incident that could be read"),
        (home.folder().join("nowhere.csv").to_str().expect("a plain path").to_owned(), 3, "it does not exist"),
        ("/".into(), 1, "cannot be read"),
    ];
    for (file, code, words) in files {
        let told = home.fails(code, &["import", "servicenow-csv", &file]);
        assert!(told.contains(words), "{file}: {told}");
    }
    assert!(home.json(&["list", "--all"]).is_empty());
    assert_eq!(home.run(&["--read-only", "import", "servicenow-csv", "/dev/null"]).code, 4);
}

#[test]
fn of_several_files_nothing_is_kept_where_one_is_missing_and_what_is_kept_is_told_where_one_breaks_off() {
    let home = Home::new();
    let log = home.file("log.csv", audit_log(500, 3_000, true));
    let all = |other: &str| home.run(&["import", "servicenow-csv", log.to_str().expect("a plain path"), other]);
    for (other, code, words) in [("/nowhere.csv", 3, "it does not exist"), ("/", 1, "it is a folder; name the files in it")] {
        let ran = all(other);
        assert!(ran.code == code && ran.err.contains(words) && home.json(&["list", "--all"]).is_empty(), "{ran:?}");
    }
    let ran = all("/dev/zero");
    assert!(
        ran.code == 1 && ran.err.contains("one row has more than 64 MiB") && ran.err.contains("were saved before that and stay"),
        "{ran:?}"
    );
    let done = import(&home, &log);
    assert!(done["known"].as_u64() > Some(0) && done["events"].as_u64() > Some(0), "{done}");
}

#[test]
fn two_people_who_import_one_log_to_one_server_tell_it_once() {
    let server = Server::start();
    let (ana, bo) = (Home::new().with("WARROOM_AS", "ana"), server.home_of("bo", "commander"));
    let log = ana.file("log.csv", audit_log(900, 5_000, true));
    let alone = import(&ana, &log);
    let theirs = import(&bo, &bo.file("same.csv", audit_log(900, 5_000, false)));
    assert_eq!(alone["events"], theirs["events"], "{alone} {theirs}");
    assert!(bo.json(&["sync", "--wait"])[0]["refused"] == 0);
    let token = ana.file("token", server.token("ana", "commander"));
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a mode");
    // It waits ten seconds for all of it to go; on a busy machine the rest goes with the exchange that follows.
    let connected = ana.run(&["connect", &server.address, "--token-file", token.to_str().expect("a plain path")]);
    assert!(matches!(connected.code, 0 | 5), "{connected:?}");
    let done = ana.json(&["sync", "--wait"]).remove(0);
    assert_eq!((&done["refused"], &done["waiting"]), (&0.into(), &0.into()), "{done}");
    assert_eq!(done["position"]["seq"], alone["events"], "each event once: {done}");
    let (ana_holds, bo_holds) = (ana.json(&["list", "--all"]), bo.json(&["list", "--all"]));
    assert!(ana_holds.len() == 900 && ana_holds == bo_holds);
    assert!(ana.json(&["doctor"]).iter().all(|check| check["state"] != "problem"));
    // Whoever may not lead may not tell a past.
    let eve = server.home_of("eve", "responder");
    assert!(eve.fails(4, &["import", "servicenow-csv", log.to_str().expect("a plain path")]).contains("takes a commander's"));
}

#[test]
fn a_killed_import_is_ended_by_doing_it_again() {
    let (home, whole) = (Home::new(), Home::new());
    let text = audit_log(2_500, 14_000, true);
    let log = home.file("log.csv", &text);
    for pause_ms in [150, 400, 900] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warroom"));
        command.args(["import", "servicenow-csv"]).arg(&log).env_clear().envs(home.environment());
        let mut child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().expect("the program");
        std::thread::sleep(Duration::from_millis(pause_ms));
        // An error says that it ended by itself.
        let _ = child.kill();
        child.wait().expect("an end");
    }
    import(&home, &log);
    let (again, once) = (import(&home, &log), import(&whole, &whole.file("log.csv", &text)));
    assert_eq!((&again["events"], &again["known"]), (&0.into(), &once["events"]));
    let (home, whole) = (held(&home), held(&whole));
    assert!(home == whole, "{} and {} differ", home.len(), whole.len());
}

#[test]
fn a_disk_that_fills_during_an_import_is_told_and_what_is_missing_goes_in_afterwards() {
    let home = Home::new();
    let folder = home.folder();
    let log = home.file("log.csv", audit_log(4_000, 22_500, true));
    let (program, folder, log) = (env!("CARGO_BIN_EXE_warroom"), folder.display(), log.display());
    let script = format!(
        "mkdir -p '{folder}' && mount -t tmpfs -o size=20m,mode=0700 tmpfs '{folder}' || exit 77
         '{program}' import servicenow-csv '{log}'; echo \"first $?\"
         mount -o remount,size=96m '{folder}'
         '{program}' import servicenow-csv '{log}' --json; echo \"then $?\"
         '{program}' import servicenow-csv '{log}' --json; '{program}' verify; echo \"verified $?\""
    );
    let mut command = Command::new("unshare");
    let ran = command.args(["-m", "sh", "-c", &script]).env_clear().envs(home.environment()).output();
    let Some(ran) = ran.ok().filter(|ran| ran.status.code() == Some(0)) else {
        return eprintln!("SKIPPED: this machine lets nobody mount a small disk");
    };
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(out.contains("first 1") && out.contains("then 0") && out.contains("verified 0"), "{out} {err}");
    assert!(err.contains("the disk is full") && err.contains("were saved before that and stay; import again"), "{err}");
    let objects: Vec<Value> = out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let (first, again) = (&objects[0], &objects[1]);
    assert!(first["events"].as_u64() > Some(0) && first["known"].as_u64() > Some(0), "{first}");
    assert_eq!(
        (again["events"].as_u64(), again["known"].as_u64()),
        (Some(0), first["known"].as_u64().map(|known| known + first["events"].as_u64().unwrap_or(0)))
    );
}
