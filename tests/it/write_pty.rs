//! Writing on a real terminal: `$EDITOR`, pastes, and words that outlive the program.

use crate::stage::Home;
use crate::stage::Screen;

const ESC: &str = "\u{1b}";

/// The war room of an incident, with the box open and some words in it; `editor` is the script `$EDITOR` runs.
fn writing(editor: &str, words: &str) -> (Home, Screen) {
    let home = Home::new();
    let script = home.file("editor.sh", editor);
    let home = home.with("EDITOR", &format!("sh '{}'", script.display()));
    home.ok(&["declare", "one"]);
    let mut screen = Screen::open(&home, &[]);
    screen.wait_for(&["NEW-", "one"]);
    screen.press("i");
    screen.wait_for(&["Write to"]);
    screen.type_words(words);
    screen.wait_for(&[words]);
    (home, screen)
}

fn open_editor(screen: &mut Screen) {
    screen.press("\u{18}");
    std::thread::sleep(std::time::Duration::from_millis(20));
    screen.press("\u{5}");
}

#[test]
fn the_editor_has_the_keys_while_it_runs_and_the_words_come_back() {
    // It reads what the person types, so it proves that nobody else takes the keys meanwhile.
    let editor = "printf 'EDITING %s' \"$(cat \"$1\")\"\nIFS= read -r line\nprintf '%s\\nsecond line\\n' \"$line\" > \"$1\"\n";
    let (home, mut screen) = writing(editor, "half a thought");
    open_editor(&mut screen);
    screen.wait_for(&["EDITING half a thought"]);
    screen.type_words("typed in the editor, every key of it");
    screen.press("\r");
    screen.wait_for(&["typed in the editor, every key of it", "second line", "Write to", "1 Incidents"]);
    screen.type_words(" and after it");
    screen.wait_for(&["second line and after it"]);
    screen.press("\u{1a}\u{1a}");
    screen.wait("the text as it was before", |text| text.contains("half a thought") || !text.contains("and after it"));
    open_editor(&mut screen);
    screen.wait_for(&["EDITING"]);
    screen.type_words("again");
    screen.press("\r");
    screen.wait_for(&["again", "second line", "Write to"]);
    screen.press("\r");
    screen.wait("the entry recorded", |text| text.lines().any(|line| line.contains("note  ") && line.contains("again")));
    assert!(home.ok(&["show"]).contains("again"));
}

#[test]
fn an_editor_that_gives_up_or_leaves_no_file_changes_nothing() {
    let (_home, mut screen) = writing("echo thrown away > \"$1\"\nexit 3\n", "words that stay");
    open_editor(&mut screen);
    screen.wait_for(&["ended with exit status: 3; the text is as it was", "words that stay"]);
    let (_home, mut screen) = writing("rm \"$1\"\n", "words that stay");
    open_editor(&mut screen);
    screen.wait_for(&["the editor left no file; the text is as it was", "words that stay"]);
    let (home, mut screen) = writing("printf 'latin \\351' > \"$1\"\n", "words that stay");
    open_editor(&mut screen);
    screen.wait_for(&["not UTF-8 text; the text is as it was; what was written there is in", "words that stay"]);
    screen.press("\r");
    screen.press(ESC);
    screen.wait("the entry", |text| !text.contains("Write to") && text.contains("words that stay"));
    assert!(home.ok(&["show"]).contains("words that stay"));
}

#[test]
fn a_megabyte_from_the_editor_is_kept_and_told_to_be_too_long() {
    let editor = "i=0; while [ $i -lt 1024 ]; do printf '%01023d\\n' $i; i=$((i+1)); done > \"$1\"\n";
    let (_home, mut screen) = writing(editor, "short");
    open_editor(&mut screen);
    screen.wait_for(&["0000001023", "Write to"]);
    screen.press("\r");
    screen.wait_for(&["too long for one entry", "0000001023"]);
    screen.type_words(" goes on");
    screen.wait_for(&["0000001023 goes on"]);
}

#[test]
fn a_half_written_form_outlives_the_program() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    let mut screen = Screen::open(&home, &[]);
    screen.wait_for(&["NEW-", "one"]);
    screen.press("E");
    screen.wait_for(&["Edit NEW-", "Summary"]);
    screen.press("\t");
    screen.type_words("it began with a stolen");
    screen.wait_for(&["it began with a stolen"]);
    std::thread::sleep(std::time::Duration::from_millis(1_000));
    screen.kill();

    let mut screen = Screen::open(&home, &[]);
    screen.wait_for(&["NEW-", "one"]);
    screen.press("E");
    screen.wait_for(&["Edit NEW-", "it began with a stolen", "Your words of an earlier time"]);
    screen.press("\t");
    screen.type_words(" laptop");
    screen.press("\r\r");
    screen.wait("the form done", |text| !text.contains("Edit NEW-"));
    assert!(home.ok(&["show"]).contains("it began with a stolen laptop"));
    screen.press("E");
    screen.wait_for(&["Edit NEW-", "it began with a stolen laptop"]);
    assert!(!screen.text().contains("Your words of an earlier time"), "what is recorded is no draft\n{}", screen.text());
}

#[test]
fn words_are_kept_however_the_terminal_goes() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    for (round, signal) in ["HUP", "TERM", "KILL"].into_iter().enumerate() {
        let mut screen = Screen::open(&home, &[]);
        screen.wait_for(&["NEW-", "one"]);
        if !screen.text().contains("Write to") {
            screen.press("i");
        }
        screen.wait_for(&["Write to"]);
        screen.type_words(&format!("word{round} "));
        screen.wait_for(&[&format!("word{round}")]);
        if signal == "KILL" {
            std::thread::sleep(std::time::Duration::from_millis(1_000));
        }
        screen.signal(signal);
        screen.ended();
    }
    let screen = Screen::open(&home, &[]);
    screen.wait_for(&["Write to", "word0 word1 word2"]);
}

#[test]
fn a_megabyte_is_pasted_in_one_step() {
    let home = Home::new();
    home.ok(&["declare", "one"]);
    let mut screen = Screen::open(&home, &[]);
    screen.wait_for(&["NEW-", "one"]);
    // Outside of a box: none of it is a command.
    let long = "q! D a line of a log, pasted\r".repeat(36_000);
    screen.press(&format!("\u{1b}[200~{long}the end of it\u{1b}[201~"));
    screen.wait_for(&["Write to", "the end of it"]);
    screen.type_words(" and more");
    screen.wait_for(&["the end of it and more"]);
    screen.press("\r");
    screen.wait_for(&["too long for one entry", "the end of it and more"]);
    // The blank, each of the two words, then the whole of the paste.
    screen.press("\u{1a}\u{1a}\u{1a}\u{1a}");
    screen.wait("an empty box", |text| text.contains("Write to") && !text.contains("the end of it"));
}
