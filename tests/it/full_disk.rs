//! A disk of three megabytes that is full: the real programs on a file system of their own, which nobody else sees.

use crate::stage::Home;
use crate::stage::Screen;
use crate::stage::Server;
use crate::stage::eventually;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

/// A process that ends with the test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        // An error says that it ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether this machine lets us mount; says so where it does not.
fn may_mount() -> bool {
    let tried = Command::new("unshare").args(["-m", "true"]).status();
    let may = tried.is_ok_and(|status| status.success());
    if !may {
        eprintln!("SKIPPED: this machine lets nobody mount a small disk");
    }
    may
}

/// A script that goes on as `then` with a small disk at `folder`.
fn on_small_disk(folder: &Path, then: &str) -> String {
    let folder = folder.display();
    format!("mkdir -p '{folder}' && mount -t tmpfs -o size=3m,mode=0700 tmpfs '{folder}' && {then}")
}

/// A command that goes on as `then` in the environment of a home, with a small disk at `folder`.
fn beside_small_disk(home: &Home, folder: &Path, then: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", &on_small_disk(folder, then)]).env_clear().envs(home.environment()).stdin(Stdio::null());
    command
}

/// A war room on a home that is a small disk and holds one incident.
fn war_room(home: &Home) -> Screen {
    let program = env!("CARGO_BIN_EXE_warroom");
    let script = on_small_disk(&home.folder(), &format!("'{program}' declare one >/dev/null && exec '{program}'"));
    Screen::run(home, "unshare", &["-m", "sh", "-c", &script])
}

/// The folder as a process sees it.
fn seen_by(process: u32, folder: &Path) -> PathBuf {
    Path::new(&format!("/proc/{process}/root")).join(folder.strip_prefix("/").expect("a whole path"))
}

/// Takes all room that is left.
fn fill(folder: &Path) -> PathBuf {
    let file = folder.join("something-else");
    // It ends when nothing more fits.
    let mut big = std::fs::OpenOptions::new().create(true).append(true).open(&file).expect("a file");
    for size in [64 * 1024, 4096, 1] {
        while std::io::Write::write_all(&mut big, &vec![b'x'; size]).is_ok() {}
    }
    file
}

#[test]
fn a_war_room_on_a_full_disk_keeps_the_words_in_sight_and_saves_them_once_there_is_room() {
    if !may_mount() {
        return;
    }
    let home = Home::new();
    let folder = home.folder();
    let mut screen = war_room(&home);
    screen.wait_for(&["NEW-", "one", "1 Incidents"]);
    let big = fill(&seen_by(screen.id(), &folder));
    screen.press("i");
    screen.wait_for(&["Write to"]);
    // Longer than what the files have room for inside.
    let words = format!("words that matter {}", "and more of them ".repeat(400));
    screen.press(&format!("\u{1b}[200~{words}\u{1b}[201~"));
    screen.wait_for(&["and more of them"]);
    screen.press("\r");
    screen.wait_for(&["NOT SAVED", "the disk is full", "and more of them"]);
    // What is held is read as before.
    screen.press("\u{1b}");
    std::thread::sleep(std::time::Duration::from_millis(400));
    screen.press("2");
    screen.wait_for(&["declared: one", "NOT SAVED"]);
    std::fs::remove_file(&big).expect("room again");
    screen.wait("it notices by itself", |text| !text.contains("NOT SAVED"));
    screen.press("i");
    screen.wait_for(&["Write to", "and more of them"]);
    screen.press("\r");
    screen.wait("the entry", |text| text.contains("words that matter") && !text.contains("Write to NEW"));
    let copy = Home::new();
    std::fs::create_dir_all(copy.folder()).expect("a folder");
    for entry in std::fs::read_dir(seen_by(screen.id(), &folder)).expect("the home").flatten() {
        if entry.path().is_file() {
            std::fs::copy(entry.path(), copy.folder().join(entry.file_name())).expect("a copy");
        }
    }
    assert_eq!(copy.ok(&["show"]).matches("words that matter").count(), 1);
}

#[test]
fn words_that_a_full_disk_does_not_take_go_to_the_server_by_one_key() {
    if !may_mount() {
        return;
    }
    let mut server = Server::start();
    let ana = server.home_of("ana", "commander");
    let folder = ana.folder();
    let mut screen = war_room(&ana);
    screen.wait_for(&["INC-1", "one", "live"]);
    screen.press("i");
    screen.wait_for(&["Write to"]);
    // An earlier state of the words is on disk, and is not to come back.
    screen.press("\u{1b}[200~words that\u{1b}[201~");
    screen.wait_for(&["words that", "kept"]);
    let big = fill(&seen_by(screen.id(), &folder));
    screen.press(&format!("\u{1b}[200~ matter {}\u{1b}[201~", "and more of them ".repeat(400)));
    screen.wait_for(&["and more of them"]);
    server.kill();
    screen.press("\r");
    screen.wait_for(&["NOT SAVED: Ctrl-s sends it straight to the server", "the disk is full", "and more of them"]);
    screen.press("\u{13}");
    screen.wait_for(&["no answer from the server", "Ctrl-s sends it straight to the server", "and more of them"]);
    server.start_again();
    screen.press("\u{13}");
    screen.wait("the server has it", |text| {
        text.contains("recorded by the server as record 2, not held here")
            && !text.contains("and more of them")
            && text.contains("NOT SAVED")
    });
    let bo = server.viewer();
    assert_eq!(bo.ok(&["show", "INC-1"]).matches("words that matter").count(), 1);
    std::fs::remove_file(&big).expect("room again");
    screen.wait("it goes on by itself", |text| !text.contains("NOT SAVED") && text.contains("words that matter") && text.contains("live"));
    assert!(screen.lines_with("words that matter").iter().all(|line| !line.contains("not sent")));
    screen.press("\u{1b}");
    std::thread::sleep(std::time::Duration::from_millis(400));
    screen.press("i");
    screen.wait("an empty box", |text| text.contains("Write to") && !text.contains(" kept "));
    assert_eq!(bo.ok(&["show", "INC-1"]).matches("words that matter").count(), 1, "once");
}

#[test]
fn a_command_on_a_full_disk_records_at_the_server_or_gives_the_words_back() {
    if !may_mount() {
        return;
    }
    let mut server = Server::start();
    let ana = server.home_of("ana", "commander");
    let folder = ana.folder();
    let program = env!("CARGO_BIN_EXE_warroom");
    // What holds the small disk, and fills it.
    let full = format!(
        "'{program}' declare one >/dev/null && {{ cat /dev/zero > '{}/something-else' 2>/dev/null; exec \"$@\"; }}",
        folder.display()
    );
    let run =
        |arguments: &[&str]| beside_small_disk(&ana, &folder, &full).args(["sh", program]).args(arguments).output().expect("the command");
    let told = run(&["log", "words that matter", "--json", "-i", "INC-1"]);
    let (out, err) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert_eq!(told.status.code(), Some(0), "{out} {err}");
    let entry: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|why| panic!("{why}: {out} {err}"));
    assert_eq!((&entry["text"], &entry["state"]), (&"words that matter".into(), &"accepted".into()), "{out}");
    assert!(err.contains("recorded by the server, not held here") && err.contains("the disk is full"), "{err}");
    assert_eq!(server.viewer().ok(&["show", "INC-1"]).matches("words that matter").count(), 1);

    let listed = run(&["list"]);
    assert!(listed.status.success() && String::from_utf8_lossy(&listed.stdout).contains("one"), "{listed:?}");

    server.kill();
    let told = run(&["log", "other words"]);
    let err = String::from_utf8_lossy(&told.stderr);
    assert_eq!((told.status.code(), told.stdout.len()), (Some(1), 0), "{told:?}");
    for words in ["NOT SAVED", "the disk is full", "the server does not have it", "other words"] {
        assert!(err.contains(words), "{words}: {err}");
    }
}

#[test]
fn a_server_on_a_full_disk_takes_nothing_reads_on_and_takes_it_once_there_is_room() {
    if !may_mount() {
        return;
    }
    let server = Home::new();
    let folder = server.folder();
    let program = env!("CARGO_BIN_EXE_warroom");
    let token = server.file("token", "");
    let then = format!(
        "'{program}' token create ana --scope commander > '{}' && exec '{program}' serve --listen 127.0.0.1:0 2>/dev/null",
        token.display()
    );
    let mut child = Ends(beside_small_disk(&server, &folder, &then).stdout(Stdio::piped()).spawn().expect("a server"));
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("it said {line:?}")).to_owned();
    let token = std::fs::read_to_string(&token).expect("a token");
    let ana = Home::at(&address, token.trim());
    ana.ok(&["declare", "one"]);

    let big = fill(&seen_by(child.0.id(), &folder));
    let long = "words that matter ".repeat(3_000);
    let mut kept = 0;
    eventually("the server is full", || {
        kept += 1;
        let told = ana.run(&["log", &format!("{kept}. {long}"), "--json"]);
        assert_eq!(told.code, 0, "it is saved here in any case: {told:?}");
        told.err.contains("the disk is full").then_some(())
    });
    assert!(ana.json(&["list"])[0]["title"] == "one", "reading goes on");
    let fresh = Home::at(&address, token.trim());
    assert!(fresh.ok(&["list"]).contains("one"), "also for those who come now");
    std::fs::remove_file(&big).expect("room again");
    eventually("everything sent", || (ana.json(&["sync"]).first()?["waiting"] == 0).then_some(()));
    let document = fresh.ok(&["export", "-i", "INC-1"]);
    for number in 1..=kept {
        assert_eq!(document.matches(&format!("{number}. words that matter")).count(), 1);
    }
}

#[test]
fn a_full_folder_for_temporary_files_hinders_nothing() {
    if !may_mount() {
        return;
    }
    let home = Home::new();
    let folder = home.file("x", "").with_file_name("tmp");
    let home = home.with("TMPDIR", folder.to_str().expect("a plain path")).with("SQLITE_TMPDIR", folder.to_str().expect("a plain path"));
    let program = env!("CARGO_BIN_EXE_warroom");
    let work = format!(
        "{{ head -c 9000000 /dev/zero > '{0}/full' 2>/dev/null; '{program}' declare one && '{program}' log words && '{program}' search words && \
         '{program}' export -o '{1}' && '{program}' token create ana --scope admin >/dev/null && '{program}' backup '{2}' && '{program}' verify '{2}' && \
         '{program}' doctor; }}",
        folder.display(),
        folder.with_file_name("one.md").display(),
        folder.with_file_name("copy.db").display()
    );
    let ran = beside_small_disk(&home, &folder, &work).output().expect("the commands");
    assert!(ran.status.success(), "{ran:?}");
    assert!(std::fs::read_to_string(folder.with_file_name("one.md")).expect("a document").contains("words"));
    assert!(home.ok(&["show"]).contains("words"));
}
