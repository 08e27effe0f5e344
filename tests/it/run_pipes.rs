//! `warroom run` through pipes: bytes, exit codes and signals untouched, one entry, nothing secret in it, nothing lost when killed.

use crate::stage::Home;
use serde_json::Value;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

fn home() -> Home {
    let home = Home::new().with("WARROOM_AS", "ana");
    home.ok(&["declare", "Withdrawals suspended"]);
    home
}

/// The program, to be run in a home, with everything piped.
fn program(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_warroom"));
    command.args(arguments).env_clear().envs(home.environment());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The entries about commands, oldest first.
fn commands(home: &Home) -> Vec<Value> {
    let out: Value = serde_json::from_str(&home.ok(&["export", "--format", "json"])).expect("a record");
    let entries = out["entries"].as_array().expect("entries").clone();
    entries.into_iter().filter(|entry| entry["kind"] == "command").collect()
}

fn last(home: &Home) -> (String, Value) {
    let entry = commands(home).pop().expect("an entry about a command");
    (entry["text"].as_str().expect("a text").to_owned(), entry["outcome"].clone())
}

#[test]
fn one_entry_says_what_ran_where_when_and_how_it_ended() {
    let home = home();
    let ran = home.run_with(&["run", "--", "sh", "-c", "read a; echo out $a; echo err >&2; exit 3"], b"word\n");
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (3, "out word\n", "err\n"), "untouched, and apart");
    let (text, outcome) = last(&home);
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a host name");
    assert!(text.starts_with("sh -c 'read a; echo out $a; echo err >&2; exit 3'\n"), "{text}");
    for word in [host.trim(), " in /", "started 20", "exit 3 after 0.", "out word", "err"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert_eq!((outcome.as_str(), commands(&home).len()), (Some("fail"), 1));
    let ran = home.run(&["run", "--json", "--", "true"]);
    let entry: Value = serde_json::from_str(&ran.err).expect("the entry on stderr");
    assert_eq!((ran.code, ran.out.as_str(), &entry["outcome"], &entry["kind"]), (0, "", &"ok".into(), &"command".into()));
}

#[test]
fn exit_codes_are_those_of_a_shell() {
    let home = home();
    let plain = home.file("plain", "no program");
    for (command, code, words) in [
        (vec!["sh", "-c", "exit 42"], 42, "exit 42"),
        (vec!["sh", "-c", "kill -9 $$"], 137, "ended by signal 9"),
        (vec!["no-such-program"], 127, "not found (exit 127)"),
        (vec![plain.to_str().expect("a path")], 126, "not started (exit 126)"),
    ] {
        let ran = home.run(&[&["run", "--"], &command[..]].concat());
        assert_eq!(ran.code, code, "{command:?}: {ran:?}");
        assert!(last(&home).0.contains(words), "{command:?}: {}", last(&home).0);
    }
    let began = Instant::now();
    let ran = home.run(&["run", "--timeout", "1", "--", "sh", "-c", "echo first; sleep 60; echo last"]);
    assert_eq!((ran.code, ran.out.as_str()), (124, "first\n"));
    assert!(began.elapsed() < Duration::from_secs(20) && last(&home).0.contains("ended by --timeout"), "{:?}", last(&home));
    home.fails(2, &["run"]);
    home.fails(4, &["--read-only", "run", "--", "true"]);
}

#[test]
fn bytes_pass_untouched_and_memory_stays_bounded() {
    let home = home();
    let bytes: Vec<u8> = (0..10_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let file = home.file("bytes", &bytes);
    let script = format!("cat {}; ps -o rss= -p $PPID >&2", file.display());
    let ended = program(&home, &["run", "--", "sh", "-c", &script]).output().expect("an end");
    assert!(ended.status.success() && ended.stdout == bytes, "ten megabytes, byte for byte");
    let resident: u64 = String::from_utf8_lossy(&ended.stderr).trim().parse().expect("kilobytes");
    assert!(resident < 150_000, "{resident} KB");
    let (text, _) = last(&home);
    assert!(text.len() < 80_000 && text.contains(" lines before"), "{}", text.len());
}

#[test]
fn what_the_record_holds_is_masked_and_what_passes_is_not() {
    let home = home();
    let token = format!("ghp_{}", "q7Zk2PvX9m".repeat(4));
    let script = format!("printf 'token \\033[31m{token}\\033[0m used\\n'");
    let ran = home.run(&["run", "--", "sh", "-c", &script, "--password", "hunter2hunter2"]);
    assert!(ran.code == 0 && ran.out == format!("token \u{1b}[31m{token}\u{1b}[0m used\n"), "{ran:?}");
    assert!(ran.err.contains("masked in the record"), "{ran:?}");
    let (text, _) = last(&home);
    assert!(text.contains("token [access token masked] used") && text.contains("--password [password masked]"), "{text}");
    let state = program(&home, &["export", "--format", "json"]).output().expect("an end").stdout;
    assert!(!String::from_utf8_lossy(&state).contains("hunter2hunter2"));
    let folder = std::fs::read_dir(home.folder().join("people/ana")).expect("the home");
    for file in folder.flatten().filter(|file| file.path().is_file()) {
        let bytes = std::fs::read(file.path()).expect("a file");
        for secret in [token.as_str(), "hunter2hunter2"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{:?} holds {secret}", file.path());
        }
    }
}

#[test]
fn killed_at_any_moment_it_leaves_what_was_seen() {
    let home = home();
    for (round, after_ms) in [30, 150, 400, 900, 1_600, 2_300].into_iter().enumerate() {
        let script = format!("n=0; while :; do echo round {round} line $n; n=$((n+1)); sleep 0.05; done");
        let mut child = program(&home, &["run", "--", "sh", "-c", &script]).spawn().expect("a start");
        let mut out = child.stdout.take().expect("a pipe");
        // The first line says that the command runs, and that its draft was on disk before.
        let mut first = [0; 7];
        out.read_exact(&mut first).expect("a line");
        std::thread::sleep(Duration::from_millis(after_ms));
        child.kill().expect("a kill");
        let ended = child.wait().expect("an end");
        assert_eq!(ended.signal(), Some(9));
        let mut rest = Vec::new();
        drop(out.read_to_end(&mut rest));
        // Any command of this home brings it into the timeline.
        home.ok(&["list"]);
        let (text, outcome) = last(&home);
        assert_eq!((commands(&home).len(), &outcome), (round + 1, &Value::Null), "once each: {text}");
        assert!(text.contains("started, and no end was seen") && text.contains("while :; do"), "{text}");
        let seen = text.lines().rev().find_map(|line| line.strip_prefix(&format!("round {round} line "))?.parse::<u64>().ok());
        let seen_ms = seen.map_or(0, |line| line * 50);
        assert!(seen_ms + 1_000 + 500 >= after_ms, "of {after_ms} ms the record has {seen_ms}: {text}");
    }
}

#[test]
fn a_signal_reaches_the_command_and_is_recorded() {
    let home = home();
    let mut child = program(&home, &["run", "--", "sh", "-c", "trap 'echo told; exit 9' TERM; echo ready; while :; do sleep 0.05; done"])
        .spawn()
        .expect("a start");
    let mut out = child.stdout.take().expect("a pipe");
    let mut ready = [0; 6];
    out.read_exact(&mut ready).expect("a line");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill").success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("words");
    assert_eq!((child.wait().expect("an end").code(), rest.as_str()), (Some(9), "told\n"));
    assert!(last(&home).0.contains("exit 9"));
}

#[test]
fn what_cannot_be_recorded_changes_nothing_of_the_command() {
    let home = Home::new().with("WARROOM_AS", "ana");
    let ran = home.run(&["run", "--", "sh", "-c", "echo out; exit 5"]);
    assert_eq!((ran.code, ran.out.as_str()), (5, "out\n"), "no incident is open");
    assert!(ran.err.contains("kept as a draft"), "{ran:?}");
    let blocked = home.file("blocked", "a file where the home should be");
    let ran = Home::new().with("WARROOM_HOME", blocked.to_str().expect("a path")).run(&["run", "--", "sh", "-c", "echo out; exit 6"]);
    assert_eq!((ran.code, ran.out.as_str()), (6, "out\n"));
    assert!(ran.err.contains("not recorded"), "{ran:?}");
}

#[test]
fn what_is_left_in_the_background_is_not_waited_for() {
    let home = home();
    let began = Instant::now();
    let ran = home.run(&["run", "--", "sh", "-c", "echo done; sleep 30 &"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "done\n"));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}
