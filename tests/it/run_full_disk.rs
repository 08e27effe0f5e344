//! `warroom run` on a disk that is full before, or becomes full while the command runs: the command is as it would be, and what was seen is kept.

use crate::stage::Home;
use std::process::Command;

/// A home on a small disk, a command before which the disk fills up, and one that fills it itself; then there is room again.
const SCRIPT: &str = r#"
mkdir -p "$WARROOM_HOME" && mount -t tmpfs -o size=3m,mode=0700 tmpfs "$WARROOM_HOME" || exit 99
cd "$WARROOM_HOME"
fill() { dd if=/dev/zero of=big bs=4k; dd if=/dev/zero of=rest bs=1; } 2>/dev/null
"$PROGRAM" declare one >/dev/null
fill
"$PROGRAM" run -- sh -c 'echo out; exit 5'; echo code $?
rm big rest
"$PROGRAM" run -- sh -c 'dd if=/dev/zero of=big bs=4k 2>/dev/null; echo out; exit 6'; echo code $?
rm big
"$PROGRAM" export --format json
"#;

#[test]
fn a_full_disk_changes_nothing_of_the_command_and_what_was_seen_is_recorded_once_there_is_room() {
    let home = Home::new().with("WARROOM_AS", "ana").with("PROGRAM", env!("CARGO_BIN_EXE_warroom"));
    let mut shell = Command::new("unshare");
    shell.args(["-m", "sh", "-c", SCRIPT]).env_clear().envs(home.environment());
    let ended = shell.output();
    let may_mount = Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|status| status.success());
    let Some(ended) = ended.ok().filter(|ended| may_mount && ended.status.code() != Some(99)) else {
        eprintln!("SKIPPED: this machine lets nobody mount a small disk");
        return;
    };
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    let (passed, record) = out.split_once('{').expect("a record");
    assert_eq!(passed, "out\ncode 5\nout\ncode 6\n", "{err}");
    assert_eq!(err.matches("warroom: not recorded: NOT SAVED: the disk is full").count(), 2, "{err}");
    // The words of the first are given back, those of the second were a draft from before it began.
    assert!(err.contains("sh -c 'echo out; exit 5'") && err.contains("exit 5 after"), "{err}");
    assert!(record.contains("of=big") && record.contains("started, and no end was seen"), "{record}");
}
