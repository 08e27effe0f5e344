//! What happens when things break: each promise stands beside the tests that hold it, and the README is made from here.

mod rows;

use crate::readme::section;
use rows::ROWS;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::path::PathBuf;
use syn::Item;

/// One thing that goes wrong.
struct Row {
    when: &'static str,
    promises: &'static [Promise],
}

/// What a person sees then, in one sentence, and the tests of it by the names `cargo test` gives them.
struct Promise(&'static str, &'static [&'static str]);

/// The names of all tests below a folder, as `cargo test` prints them.
fn tests_below(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![(folder.to_owned(), Vec::new())];
    while let Some((folder, path)) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the sources") {
            let file: PathBuf = entry.expect("an entry of it").path();
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            let mut inner = path.clone();
            if file.is_dir() || !matches!(&*name, "mod" | "main" | "lib") {
                inner.push(name);
            }
            if file.is_dir() {
                folders.push((file, inner));
            } else if file.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&file).expect("a source");
                collect(&syn::parse_file(&text).expect("sources parse").items, &inner.join("::"), &mut found);
            }
        }
    }
    found
}

fn collect(items: &[Item], path: &str, found: &mut BTreeSet<String>) {
    for item in items {
        match item {
            Item::Fn(function) => {
                let is = |name: &str| function.attrs.iter().any(|attr| attr.path().segments.last().is_some_and(|last| last.ident == name));
                if is("test") && !is("ignore") {
                    found.insert(format!("{path}::{}", function.sig.ident));
                }
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    collect(items, &format!("{path}::{}", module.ident), found);
                }
            }
            // What proptest makes tests of is no function yet.
            Item::Macro(made) if made.mac.path.is_ident("proptest") => {
                let tokens = made.mac.tokens.to_string();
                let names = tokens.split("fn ").skip(1).filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
                found.extend(names.map(|name| format!("{path}::{name}")));
            }
            _ => {}
        }
    }
}

#[test]
fn every_promise_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut there = tests_below(&root.join("tests/it"));
    there.extend(tests_below(&root.join("src")));
    assert!(there.contains("fault_table::every_promise_names_tests_that_exist"), "{there:?}");
    assert!(!there.contains("terminal_manners::panics_on_a_terminal"), "a test that does not run proves nothing");
    for Row { when, promises } in ROWS {
        for Promise(words, tests) in *promises {
            assert!(!tests.is_empty(), "{when}: nothing proves `{words}`");
            for test in *tests {
                assert!(there.contains(*test), "{when}: `{test}` is no test of the sources");
            }
        }
    }
}

#[test]
fn the_readme_says_what_happens_when_things_break() {
    let mut made = String::from("Each sentence is held by the tests named under the table.\n\n| when | what you see |\n|---|---|\n");
    for Row { when, promises } in ROWS {
        let words: Vec<_> = promises.iter().map(|Promise(words, _)| *words).collect();
        writeln!(made, "| {when} | {} |", words.join(" ")).expect("text");
    }
    made.push_str("\n<details><summary>The tests, sentence by sentence (<code>cargo test NAME</code> runs one)</summary>\n\n");
    for Row { when, promises } in ROWS {
        writeln!(made, "- **{when}**").expect("text");
        for Promise(words, tests) in *promises {
            let tests: Vec<_> = tests.iter().map(|test| format!("`{test}`")).collect();
            writeln!(made, "  - {words} {}", tests.join(", ")).expect("text");
        }
    }
    made.push_str("\n</details>\n");
    section("## What happens when things break", "## Screens", &made);
}
