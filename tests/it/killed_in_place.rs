//! Killed wherever one is, and opened again: nothing typed more than a second ago is lost, and the program stands where it can go on.

use crate::stage::Home;
use crate::stage::Screen;
use crate::stage::Tty;
use std::time::Duration;

/// Longer than what is typed may take to reach the disk.
const KEPT_AFTER: Duration = Duration::from_millis(1_200);

fn opened(home: &Home) -> Screen {
    let screen = Screen::open(home, &[]);
    screen.wait_for(&["NEW-", "one", "1 Incidents"]);
    screen
}

fn killed(screen: Screen) {
    std::thread::sleep(KEPT_AFTER);
    screen.kill();
}

#[test]
fn in_a_picker_nothing_was_chosen_and_every_key_works() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    for (keys, title) in [("s", "Status of"), ("a", "Assign which role"), (":", "Commands"), ("F", "Search every entry")] {
        let mut screen = opened(&home);
        screen.press(keys);
        screen.wait(title, |text| text.contains(title) || text.contains('>'));
        screen.type_words("x");
        killed(screen);
        let screen = opened(&home);
        assert!(!screen.text().contains(title), "{}", screen.text());
    }
    let mut screen = opened(&home);
    screen.press("s");
    screen.wait_for(&["Status of"]);
    screen.press("2");
    screen.wait_for(&["triage → investigating"]);
}

#[test]
fn in_the_assessment_what_was_chosen_and_why_is_there_again() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    let mut screen = opened(&home);
    screen.press("p");
    screen.wait_for(&["Assess NEW-"]);
    screen.type_words("jj3O2half a reason");
    screen.wait_for(&["half a reason"]);
    killed(screen);
    let mut screen = opened(&home);
    screen.press("p");
    screen.wait_for(&["Assess NEW-", "what you left unrecorded is here again", "half a reason", "P2, against the matrix"]);
    screen.press("\r");
    screen.wait("the assessment recorded", |text| !text.contains("Assess NEW-"));
    assert!(home.ok(&["show"]).contains("half a reason"));
}

#[test]
fn while_presenting_it_presents_again_and_the_hidden_words_stay_hidden() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    home.ok(&["log", "--kind", "evidence", "qxsecret heap dump"]);
    let mut screen = opened(&home);
    screen.wait_for(&["qxsecret"]);
    screen.press(":");
    screen.type_words("present\r");
    screen.wait_for(&["PRESENTING", "[hidden while presenting]"]);
    screen.press("i");
    screen.wait_for(&["Write to"]);
    screen.type_words("# qxhalf of a key");
    screen.wait_for(&["qxhalf of a key", "Onlookers see this evidence"]);
    killed(screen);
    let mut screen = opened(&home);
    screen.wait_for(&["PRESENTING", "[hidden while presenting]", "your words are kept, and hidden"]);
    assert!(!screen.text().contains("qx"), "{}", screen.text());
    screen.press("i");
    screen.wait_for(&["Show the evidence you are writing"]);
    std::thread::sleep(Duration::from_millis(400));
    screen.press("y");
    screen.wait_for(&["qxhalf of a key"]);
}

#[test]
fn inside_the_editor_the_words_that_went_into_it_are_there() {
    let home = Home::new();
    let script = home.file("editor.sh", "printf 'EDITING'\nexec sleep 60\n");
    let home = home.with("EDITOR", &format!("sh '{}'", script.display()));
    home.ok(&["declare", "one"]);
    let mut screen = opened(&home);
    screen.press("i");
    screen.wait_for(&["Write to"]);
    screen.type_words("words for the editor");
    screen.wait_for(&["words for the editor"]);
    screen.press("\u{18}");
    std::thread::sleep(Duration::from_millis(20));
    screen.press("\u{5}");
    screen.wait_for(&["EDITING"]);
    killed(screen);
    let screen = opened(&home);
    screen.wait_for(&["Write to", "words for the editor"]);
}

#[test]
fn stopped_inside_the_editor_both_stop_and_come_back_with_the_words() {
    let home = Home::new();
    let script = home.file("editor.sh", "printf 'EDITING\\n'\nIFS= read -r line\nprintf '%s\\n' \"$line\" > \"$1\"\n");
    let home = home.with("EDITOR", &format!("sh '{}'", script.display()));
    home.ok(&["declare", "one"]);
    let mut tty = Tty::open(&home, &["/bin/bash", "--norc", "--noprofile", "-i"], "bash");
    tty.press(&format!("{}\n", env!("CARGO_BIN_EXE_warroom")));
    tty.wait_for("1 INCIDENTS");
    tty.press("i");
    tty.wait_for("Write to");
    tty.type_words("before");
    tty.wait_for("before");
    tty.press("\u{18}");
    std::thread::sleep(Duration::from_millis(50));
    tty.press("\u{5}");
    tty.wait_for("EDITING");
    tty.press("\u{1a}");
    tty.wait_for("Stopped");
    tty.press("echo sh\"\"ell has it\n");
    tty.wait_for("shell has it");
    tty.press("fg\n");
    std::thread::sleep(Duration::from_millis(300));
    tty.type_words("from the editor");
    tty.press("\r");
    tty.wait("the words in the box", |text| text.contains("Write to") && text.contains("from the editor"));
    assert!(tty.seen().screen().alternate_screen() && tty.seen().screen().bracketed_paste());
}
