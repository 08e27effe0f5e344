//! The command line without a server: every command that writes, in words and as JSON, and what is said when it cannot be.

use crate::stage::Home;
use std::os::unix::fs::PermissionsExt;

#[test]
fn an_incident_is_run_from_the_command_line_without_a_server() {
    let home = Home::new();
    let declared = home.run(&["declare", "Withdrawals", "suspended", "--service", "btc", "--severity", "2"]);
    assert_eq!(declared.code, 0, "{declared:?}");
    assert!(declared.out.starts_with("NEW-") && declared.out.contains("Withdrawals suspended"), "{declared:?}");
    assert!(declared.err.contains("saved here, not sent"), "{declared:?}");

    let entry = &home.json(&["log", "Suspend", "everything", "-k", "decision", "--at", "-5m", "--component", "btc"])[0];
    assert_eq!((&entry["kind"], &entry["text"], &entry["state"]), (&"decision".into(), &"Suspend everything".into(), &"local".into()));
    assert_eq!((&entry["components"][0], &entry["by"]), (&"btc".into(), &"ana".into()));

    let out = home.ok(&["status", "contained", "--reason", "closed"]);
    assert!(out.contains("NEW-") && out.contains("triage → contained: closed"), "{out}");
    assert_eq!(home.json(&["severity", "1"])[0]["priority"], "P1");
    let assessed = &home.json(&["assess", "money_at_risk=$250k", "cust=3", "spread=-"])[0];
    assert!(assessed["priority_reason"].as_str().unwrap().contains("2 of"), "{assessed}");
    assert_eq!(home.json(&["take"])[0]["commander"], "ana");
    assert!(home.ok(&["assign", "ops", "chi"]).contains("operations → chi"));
    assert!(home.ok(&["release", "Ops"]).contains("chi is relieved of operations"));
    assert!(home.ok(&["offer", "bo"]).contains("offered to bo"));
    assert!(home.ok(&["offer", "--withdraw"]).contains("withdrawn"));
    assert_eq!(home.json(&["override", "P4", "--reason", "a test wallet"])[0]["priority"], "P4");
    assert!(home.ok(&["override", "none", "--reason", "the real one"]).contains("priority left to the matrix: the real one"));
    home.fails(2, &["override", "P9", "--reason", "x"]);
    let moved = home.json(&["ratings"]);
    assert_eq!((&moved[1]["was"], &moved[1]["priority"], &moved[1]["what"]), (&"P2".into(), &"P1".into(), &"severity 1".into()));
    assert!(home.ok(&["ratings"]).contains("set to P4 against the matrix"));
    let turns = home.json(&["handovers"]);
    assert_eq!(
        turns.iter().map(|turn| turn["turn"].as_str().unwrap()).collect::<Vec<_>>(),
        ["assigned", "assigned", "released", "offered", "withdrawn"]
    );
    assert!(home.ok(&["handovers"]).contains("ana takes command"));
    let export = &home.json(&["export", "--format", "json"])[0];
    for (command, lines) in [("ratings", &moved), ("handovers", &turns)] {
        let mut lines = lines.clone();
        for line in &mut lines {
            let code = line.as_object_mut().unwrap().remove("incident").expect("the incident it is of");
            assert_eq!(code, export["incident"]["code"]);
        }
        assert_eq!(export[command], serde_json::Value::from(lines), "`{command}` and the export say it in the same shape");
    }
    home.fails(4, &["ack", "scribe"]);
    assert!(home.json(&["task", "me", "call back", "--by", "23:59"])[0]["due_at"].is_string());
    home.ok(&["done", "last"]);

    let task = &home.json(&["task", "me", "check", "signer-3", "--in", "10m"])[0];
    assert_eq!((&task["person"], &task["text"]), (&"ana".into(), &"check signer-3".into()));
    assert!(task["due_at"].is_string());
    let suffix = &task["id"].as_str().unwrap()[28..];
    assert!(home.json(&["understood", suffix])[0]["understood_at"].is_string());
    assert_eq!(home.json(&["done", "last", "it", "leaked"])[0]["result"], "it leaked");

    assert_eq!(home.json(&["amend", "last", "Suspend all", "--at", "-6m"])[0]["amended"], true);
    assert_eq!(home.json(&["strike", "last", "--reason", "wrong incident"])[0]["struck"], true);
    assert!(home.ok(&["edit", "--title", "Hot wallet drain", "--service", "eth"]).contains("Hot wallet drain"));
    assert!(home.ok(&["undo"]).contains("Withdrawals suspended"));
    home.ok(&["log", "balances agree", "--kind", "validation", "--outcome", "ok"]);
    assert_eq!(home.json(&["status", "resolved"])[0]["status"], "resolved");
    assert!(home.json(&["list"]).is_empty());
    let told = home.fails(3, &["export"]);
    assert!(told.contains("closed, newest first") && told.contains("Withdrawals suspended"), "{told}");
    assert_eq!(home.json(&["list", "--all"])[0]["status"], "resolved");
    assert_eq!(home.json(&["list", "is:closed"]).len(), 1, "a query that names closed ones lists them");
    assert!(home.json(&["list", "is:closed", "--", "-status:resolved"]).is_empty());
    assert!(home.fails(2, &["list", "svc:x"]).contains("svc: is nothing to filter by; use one of p, status"));
    home.ok(&["-i", declared.out.split(' ').next().unwrap(), "reopen", "--reason", "it came back"]);

    let link = format!("warroom://{}/any-entry", declared.out.split(' ').next().unwrap());
    assert!(home.ok(&["show", &link]).contains("Withdrawals suspended"), "a link as the war room copies it");
    let shown = home.ok(&["show", "--lines", "0"]);
    assert!(
        shown.contains("Incident commander  ")
            && shown.contains("  ana  since ")
            && shown.contains("Suspend all")
            && shown.contains("STRUCK: wrong incident"),
        "{shown}"
    );
    assert!(home.ok(&["brief"]).contains("Decisions"));
    assert!(home.ok(&["search", "balances"]).contains("balances agree"));
    assert!(home.ok(&["export"]).contains("## Timeline"));
    let export = &home.json(&["export", "--format", "json"])[0];
    assert!(["incident", "roles", "entries", "tasks", "alerts"].iter().all(|part| export.get(part).is_some()), "{export}");
    let told: Vec<_> = home.json(&["doctor"]).iter().map(|check| check["check"].as_str().unwrap().to_owned()).collect();
    assert!(["home", "server", "store", "unsent"].iter().all(|check| told.iter().any(|told| told == check)), "{told:?}");
}

#[test]
fn which_incident_is_meant_is_never_guessed() {
    let home = Home::new();
    assert!(home.fails(3, &["log", "hello"]).contains("no incident is open"));
    let one = home.json(&["declare", "one"])[0]["code"].as_str().unwrap().to_owned();
    home.ok(&["log", "to the only one"]);
    home.ok(&["declare", "two"]);
    let told = home.fails(2, &["log", "to which?"]);
    assert!(told.contains("2 incidents are open") && told.contains(&one) && told.contains("two"), "{told}");
    assert!(home.ok(&["use", &one]).contains("is the current incident"));
    assert!(home.ok(&["log", "to the current one"]).contains("one"));
    assert!(home.ok(&["-i", &one.to_lowercase(), "log", "by its name"]).contains(&one));
    assert!(home.fails(3, &["-i", "INC-99", "log", "x"]).contains("`INC-99`"));
    assert!(home.fails(3, &["assign", "captain", "bo"]).contains("roles are commander"));
    assert!(home.fails(3, &["amend", "ffffffff", "x"]).contains("no entry"));
    let moved = home.ok(&["move", "last", home.json(&["list"])[1]["code"].as_str().unwrap()]);
    assert!(moved.contains("two") && moved.contains("by its name"), "{moved}");
}

#[test]
fn what_cannot_be_is_said_with_its_exit_code_and_as_json() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    assert!(home.fails(2, &["severity", "9"]).contains("1 (worst) to 5"));
    assert!(home.fails(2, &["log", "x", "--at", "25:00"]).contains("hours go from 00 to 23"));
    assert!(home.fails(2, &["log", "x", "--outcome", "ok"]).contains("--kind validation"));
    assert!(home.fails(2, &["assess", "custody=7"]).contains("0 to 4"));
    assert!(home.fails(2, &["task", "bo", "x", "--in", "soon"]).contains("10m"));
    assert!(home.fails(4, &["status", "resolved"]).contains("validation"));
    assert!(home.fails(4, &["--read-only", "log", "x"]).contains("--read-only"));
    let refused: serde_json::Value = serde_json::from_str(&home.fails(4, &["accept", "--json"])).unwrap();
    assert_eq!((&refused["error"]["exit"], &refused["error"]["code"]), (&4.into(), &"no_offer".into()));
    let usage: serde_json::Value = serde_json::from_str(&home.fails(2, &["lgo", "--json"])).unwrap();
    assert_eq!(usage["error"]["exit"], 2);
    home.fails(2, &["log", "x", "--kind", "\u{1b}[31m"]);
    assert!(home.fails(2, &[]).len() > 10, "without a terminal there is no war room");
}

#[test]
fn a_broken_configuration_names_file_line_and_what_is_expected() {
    let home = Home::new();
    for (text, expected) in [
        ("person = \"ana\"\nremot = \"x\"\n", "line 2: unknown field `remot`, expected one of `remote`"),
        ("\nread_only = \"yes\"", "line 2: "),
        ("zone = \"Mars/Base\"", "Europe/Berlin"),
        ("person = ana", "line 1: "),
    ] {
        let file = home.file("config.toml", text);
        let told = home.fails(2, &["--config", file.to_str().unwrap(), "list"]);
        assert!(told.contains("config.toml") || told.contains("configuration"), "{told}");
        assert!(told.contains(expected), "{told}");
    }
    assert!(home.fails(3, &["--config", "/nowhere.toml", "list"]).contains("does not exist"));
}

#[test]
fn every_setting_says_where_it_comes_from() {
    let home = Home::new();
    let file = home.file("config.toml", "zone = \"Europe/Berlin\"\n[serve]\ndatabase = \"postgres://w:s3cret@db.example/warroom\"\n[views]\n\"hot wallet v1.2\" = \"p:1\"\n");
    let shown = home.json(&["--config", file.to_str().unwrap(), "--read-only", "--remote", "http://127.0.0.1:9", "config", "show"]);
    let of = |key: &str| shown.iter().find(|line| line["key"] == key).unwrap_or_else(|| panic!("{key} of {shown:?}"));
    assert_eq!((&of("zone")["value"], &of("read_only")["from"]), (&"Europe/Berlin".into(), &"--read-only".into()));
    assert!(of("zone")["from"].as_str().unwrap().ends_with("config.toml, line 1"), "{shown:?}");
    assert_eq!((&of("remote")["value"], &of("remote")["from"]), (&"http://127.0.0.1:9".into(), &"--remote".into()));
    assert_eq!((&of("theme")["value"], &of("theme")["from"]), (&"dark".into(), &"built in".into()));
    assert_eq!(of("views.hot wallet v1.2")["value"], "p:1");
    assert!(!shown.iter().any(|line| line.to_string().contains("s3cret")), "{shown:?}");
    // What it prints can be read again, and so can the sample.
    for words in [&["config", "show"][..], &["config", "sample"]] {
        let again = home.file("again.toml", home.ok(&[&["--config", file.to_str().unwrap()], words].concat()));
        home.ok(&["--config", again.to_str().unwrap(), "config", "show"]);
    }
}

#[test]
fn a_first_run_says_what_to_do() {
    let home = Home::new();
    let first = home.run(&["list"]);
    assert_eq!((first.code, first.out.as_str()), (0, ""), "{first:?}");
    assert_eq!(first.err.lines().skip(1).filter(|line| line.trim_start().starts_with("warroom")).count(), 5, "{first:?}");
    home.ok(&["declare", "Now"]);
    home.ok(&["status", "resolved", "--reason", "nothing"]);
    assert!(!home.run(&["list"]).err.contains("warroom demo"));
}

#[test]
fn services_and_people_of_the_organisation_are_known_where_they_are_typed() {
    let home = Home::new();
    let folder = home.file("services.toml", "[[services]]\nid = \"withdrawals\"\nowner = \"payments\"\n");
    home.file("people.toml", "[[people]]\nid = \"bo\"\nname = \"Bo Ek\"\nroles = [\"scribe\"]\n");
    let folder = folder.parent().unwrap().to_str().unwrap();
    assert!(home.ok(&["settings", "publish", folder]).contains("services, people"));
    let declared = home.run(&["declare", "Odd", "--service", "withdrawls"]);
    assert!(
        declared.code == 0 && declared.err.contains("`withdrawls` is none of the organisation's services (withdrawals)"),
        "{declared:?}"
    );
    home.file("people.toml", "[[people]]\nid = \"bo\"\n[[people]]\nid = \"bo\"\n");
    assert!(home.fails(2, &["settings", "publish", folder]).contains("people.toml: `bo` stands there twice"));
    home.file("people.toml", "[[people]]\nid = \"bo\"\nrole = 7\n");
    assert!(home.fails(2, &["settings", "publish", folder]).contains("people.toml"));
}

#[test]
fn long_and_hostile_words_do_no_harm() {
    let home = Home::new();
    let title = "\u{1b}]0;owned\u{7}\u{1b}[2J a\u{202e}b\u{9b}31m \u{e0041} z\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}";
    let id = home.json(&["declare", title])[0]["id"].as_str().unwrap().to_owned();
    let tame = |text: &str| text.chars().all(|c| c == '\n' || !c.is_control()) && !text.contains('\u{202e}') && !text.contains('\u{e0041}');
    for arguments in [&["list"][..], &["show"], &["brief"], &["export"], &["search", "owned"], &["list", "--json"], &["use", &id]] {
        let out = home.ok(arguments);
        assert!(tame(&out), "{arguments:?}: {out:?}");
    }
    assert_eq!(home.json(&["list"])[0]["title"], title, "the bytes are kept exactly");

    let megabyte = "x".repeat(1 << 20);
    let told = home.run_with(&["log", "-"], megabyte.as_bytes());
    assert_eq!(told.code, 4, "{told:?}");
    assert!(told.err.contains("too long") && told.err.contains("split it"), "{told:?}");
    assert_eq!(home.run_with(&["log", "-"], b"\xff\xfe").code, 2);
    let lines = home.run_with(&["log", "-", "--json"], "first\nsecond\n".as_bytes());
    assert!(lines.out.contains("first\\nsecond\""), "{lines:?}");
}

#[test]
fn each_person_of_a_shared_login_has_a_folder_of_their_own() {
    let home = Home::new();
    home.ok(&["--as", "ana", "declare", "one"]);
    home.ok(&["--as", "bo", "declare", "two"]);
    assert!(home.fails(2, &["list"]).contains("ana, bo"));
    assert_eq!(home.json(&["--as", "bo", "list"])[0]["title"], "two");
    assert_eq!(home.json(&["--as", "ana", "log", "x"])[0]["by"], "ana");
    let mode = |path: std::path::PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = home.folder().join("people/ana");
    assert_eq!(mode(folder.clone()), 0o700);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(path.clone()) & 0o077, 0, "{}", path.display());
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = Home::new();
    for number in 0..30 {
        home.ok(&["declare", &format!("incident {number}"), "--no-wait"]);
    }
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_warroom"));
    command.args(["list", "--json"]).env_clear().envs(home.environment());
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_token_is_made_without_one_and_shown_once() {
    let home = Home::new();
    let token = home.ok(&["token", "create", "ana-laptop", "--scope", "commander", "--person", "ana", "--expires", "30"]);
    assert!(token.starts_with("wr_") && token.trim().len() >= 35 && token.lines().count() == 1, "{token}");
    let listed = &home.json(&["token", "list"])[0];
    assert_eq!((&listed["name"], &listed["person"], &listed["scope"]), (&"ana-laptop".into(), &"ana".into(), &"commander".into()));
    assert!(!home.ok(&["token", "list"]).contains(token.trim()));
    assert!(home.fails(4, &["token", "create", "ana-laptop", "--scope", "viewer"]).contains("exists already"));
    assert!(home.fails(2, &["token", "create", "x", "--scope", "king"]).contains("viewer, responder"));
    home.ok(&["token", "revoke", "ana-laptop"]);
    assert_eq!(home.json(&["token", "list"])[0]["state"], "revoked");
    assert!(home.fails(3, &["token", "revoke", "nobody"]).contains("nobody"));
    assert!(home.fails(3, &["token", "list", "--database", "sqlite:/nowhere/x.db"]).contains("no database"));
    assert!(home.fails(2, &["token", "list", "--database", "mysql://x"]).contains("sqlite:PATH"));
}

#[test]
fn a_token_sent_into_a_file_is_for_its_owner_alone() {
    let home = Home::new();
    let path = home.file("bo.token", "");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_warroom"));
    command.args(["token", "create", "bo", "--scope", "responder"]).env_clear().envs(home.environment());
    assert!(command.stdout(std::fs::File::create(&path).unwrap()).status().unwrap().success());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("wr_"));
}

#[test]
fn shells_and_man_are_told_from_the_arguments() {
    let home = Home::new();
    let help = home.ok(&["help"]);
    let commands =
        help.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|name| name.starts_with(char::is_alphabetic));
    let commands: Vec<&str> = commands.collect();
    assert!(commands.len() > 40 && home.ok(&["--version"]).starts_with("warroom 0."), "{help}");
    let page = home.ok(&["man"]);
    assert!(page.contains(".TH warroom"));
    for command in commands {
        let usage = format!("warroom {command} ");
        assert!(page.lines().any(|line| line.starts_with(".SS ") && line.contains(&usage)), "the manual lacks `{command}`");
        assert!(home.ok(&["help", command]).contains(&format!("Usage: warroom {command}")));
    }
    assert!(page.contains("EXIT STATUS"), "{page}");
    let one = home.ok(&["man", "token", "create"]);
    assert!(one.contains(".TH warroom-token-create") && one.contains("\\-\\-scope"), "{one}");
    home.fails(3, &["man", "nothing"]);
    assert!(home.ok(&["backup", "--help"]).contains("keep it as safe as the server"), "all that is said of a command is shown");
}

#[test]
fn a_shell_completes_words_of_closed_lists_and_files_only_where_a_file_is_meant() {
    let home = Home::new();
    let script = home.file("completions.bash", home.ok(&["completions", "bash"]));
    home.file("some-file", "");
    let offered = |words: &str| {
        let ask = "source \"$0\"; COMP_WORDS=(warroom \"$@\"); COMP_CWORD=$#; _warroom warroom \"${!#}\" \"${COMP_WORDS[$# - 1]}\"; echo \"${COMPREPLY[@]}\"";
        let mut bash = std::process::Command::new("bash");
        bash.args(["-c", ask]).arg(&script).args(words.split(' ')).current_dir(script.parent().unwrap());
        String::from_utf8(bash.output().expect("bash").stdout).unwrap().trim().to_owned()
    };
    assert_eq!(offered("dec"), "declare decline");
    assert_eq!(offered("log --kind dec"), "decision");
    assert_eq!(offered("status cl"), "closed");
    assert_eq!(offered("token create --scope "), "viewer responder commander admin intake");
    assert!(!offered("log --component some").contains("some-file"));
    assert!(offered("export --output some").contains("some-file"));
}

#[test]
fn what_came_down_a_pipe_and_is_not_recorded_is_kept_in_a_file() {
    let home = Home::new();
    let kept = |code: i32, arguments: &[&str], stdin: &[u8]| {
        let told = home.run_with(arguments, stdin);
        assert_eq!(told.code, code, "{told:?}");
        let file = told.err.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(told.err.contains(&format!("; what came down the pipe is kept in {file}")), "{told:?}");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::read_to_string(file).unwrap()
    };
    assert_eq!(kept(3, &["log", "-"], b"the only copy\n"), "the only copy\n");
    home.ok(&["declare", "Withdrawals suspended"]);
    let long = "a line of a log\n".repeat(20_000);
    assert_eq!(kept(4, &["log", "-"], long.as_bytes()), long);
    assert_eq!(kept(2, &["amend", "last", "-"], b"half \xff of it"), "half \u{fffd} of it");
    assert_eq!(kept(2, &["log", "-"], &b"a line\n".repeat(2_500_000)).len(), 16 * 1024 * 1024);
    let hidden = kept(2, &["log", "-", "--audience", "all"], b"password=hunter2hunter2");
    assert!(!hidden.contains("hunter2") && hidden.contains("masked"), "{hidden}");
    assert_eq!(home.run_with(&["log", "-"], b"recorded").code, 0);
}
