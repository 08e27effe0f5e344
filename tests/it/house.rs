//! The house rules, read off the sources: who may use whom, which room names which library, and how long a file gets.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use syn::visit::Visit;

/// Each room, the rooms it may use, and nothing else.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("text", &[]),
    ("secret", &[]),
    ("query", &["domain", "text"]),
    ("ledger", &["domain"]),
    ("report", &["domain", "text"]),
    ("drill", &["domain"]),
    ("import", &["domain", "ledger", "text"]),
    ("wire", &["domain", "ledger"]),
    ("store", &["domain", "ledger"]),
    ("server", &["domain", "ledger", "report", "text", "wire", "store"]),
    ("replica", &["domain", "ledger", "query", "wire"]),
    ("tui", &["domain", "query", "report", "secret", "text", "replica"]),
    ("cli", &["domain", "query", "secret", "text", "ledger", "report", "drill", "import", "wire", "store", "server", "replica", "tui"]),
];

/// Libraries that only some rooms may name.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("rusqlite", &["store", "replica"]),
    ("tokio_postgres", &["store"]),
    ("rustix", &["store", "cli"]),
    ("ratatui", &["tui"]),
    ("tui_textarea", &["tui"]),
    ("crossterm", &["tui"]),
    ("axum", &["server"]),
    ("hyper", &["server"]),
    ("utoipa", &["server", "wire"]),
    ("reqwest", &["replica", "cli"]),
    ("clap", &["cli"]),
    ("minijinja", &["report"]),
];

/// Rooms without a clock, input, output or randomness, and the libraries they may name.
const PURE: &[(&str, &[&str])] = &[
    ("domain", &["std", "core", "serde", "chrono", "uuid"]),
    ("text", &["std", "core", "chrono", "chrono_tz", "unicode_width", "unicode_segmentation", "proptest"]),
    ("secret", &["std", "core", "sha2"]),
    ("query", &["std", "core", "chrono", "chrono_tz", "uuid", "proptest"]),
    ("ledger", &["std", "core", "serde", "serde_json", "sha2", "tlog_tiles", "signed_note", "ed25519_dalek"]),
    ("report", &["std", "core", "serde", "serde_json", "chrono", "chrono_tz", "minijinja"]),
    ("drill", &["std", "core", "serde", "serde_json", "toml", "chrono", "thiserror"]),
    ("import", &["std", "core", "serde", "serde_json", "sha2", "uuid", "chrono", "chrono_tz", "csv", "pulldown_cmark"]),
];

/// What nothing pure may reach for, even within the libraries it may name.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::io",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "chrono::Local",
    "chrono::Utc::now",
    "Utc::now",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "tokio",
    "rand",
    "getrandom",
];

const FILE_MAX_LINES: usize = 450;
const BAD_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "misc"];

/// Every path a file names, in `use` trees and in code, as `a::b::c`.
#[derive(Default)]
struct Paths(BTreeSet<String>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.walk(&item.tree, String::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.0.insert(words.join("::"));
        syn::visit::visit_path(self, path);
    }
}

impl Paths {
    fn walk(&mut self, tree: &syn::UseTree, before: String) {
        let join = |name: &str| if before.is_empty() { name.to_owned() } else { format!("{before}::{name}") };
        match tree {
            syn::UseTree::Path(path) => self.walk(&path.tree, join(&path.ident.to_string())),
            syn::UseTree::Name(name) => drop(self.0.insert(join(&name.ident.to_string()))),
            syn::UseTree::Rename(name) => drop(self.0.insert(join(&name.ident.to_string()))),
            syn::UseTree::Glob(_) => drop(self.0.insert(join("*"))),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.walk(tree, before.clone())),
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn paths_in(text: &str) -> BTreeSet<String> {
    let mut paths = Paths::default();
    paths.visit_file(&syn::parse_file(text).expect("sources parse"));
    paths.0
}

/// What is wrong with the paths a file of a room names.
fn offences(room: &str, paths: &BTreeSet<String>) -> Vec<String> {
    let rooms: Vec<_> = ROOMS.iter().map(|(name, _)| *name).collect();
    let allowed = ROOMS.iter().find(|(name, _)| *name == room).map_or(&[][..], |(_, allowed)| allowed);
    let mut found = Vec::new();
    for path in paths {
        let words: Vec<_> = path.split("::").collect();
        if words[0] == "crate" && words.len() > 1 && rooms.contains(&words[1]) && words[1] != room && !allowed.contains(&words[1]) {
            found.push(format!("`{room}` may not use `{}` ({path})", words[1]));
        }
        if room == "tui" && words.starts_with(&["crate", "replica"]) && !matches!(words.get(2), Some(&"snapshot" | &"request")) {
            found.push(format!("`tui` sees of the replica only `snapshot` and `request` ({path})"));
        }
        if let Some((library, rooms)) = LIBRARIES.iter().find(|(library, _)| *library == words[0])
            && !rooms.contains(&room)
        {
            found.push(format!("`{room}` may not name `{library}` ({path})"));
        }
        if PURE.iter().any(|(name, _)| *name == room) && IMPURE.iter().any(|bad| path == bad || path.starts_with(&format!("{bad}::"))) {
            found.push(format!("`{room}` is pure and may not name `{path}`"));
        }
    }
    found
}

#[test]
fn rooms_use_only_what_the_table_allows() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for (room, _) in ROOMS {
        for file in sources(&src.join(room)) {
            let text = std::fs::read_to_string(&file).expect("a source");
            let paths = paths_in(&text);
            found.extend(offences(room, &paths).into_iter().map(|what| format!("{}: {what}", file.display())));
            if let Some((_, libraries)) = PURE.iter().find(|(name, _)| name == room) {
                let uses = text.lines().filter_map(|line| line.strip_prefix("use ").or(line.strip_prefix("pub use ")));
                let heads =
                    uses.filter_map(|line| line.split([':', ';', ' ']).next()).filter(|head| !matches!(*head, "crate" | "super" | "self"));
                let local = |head: &str| text.contains(&format!("mod {head};"));
                found.extend(
                    heads
                        .filter(|head| !libraries.contains(head) && !local(head))
                        .map(|head| format!("{}: `{room}` may not name the library `{head}`", file.display())),
                );
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_rule_would_notice() {
    let upward = paths_in("use crate::server::start; fn f() { crate::replica::open(); rusqlite::Connection::open(p); Utc::now(); }");
    assert_eq!(offences("domain", &upward).len(), 4, "{:?}", offences("domain", &upward));
    let grouped = paths_in("use crate::{domain::Board, replica::{database::X, snapshot::Y}};");
    assert_eq!(offences("tui", &grouped).len(), 1);
    assert!(offences("cli", &upward).iter().all(|what| what.contains("rusqlite")));
}

#[test]
fn files_stay_readable_and_have_honest_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for file in sources(&root.join("src")).into_iter().chain(sources(&root.join("tests"))) {
        let lines = std::fs::read_to_string(&file).expect("a source").lines().count();
        if lines > FILE_MAX_LINES {
            found.push(format!("{}: {lines} lines, at most {FILE_MAX_LINES}", file.display()));
        }
        let names = file.components().filter_map(|part| Path::new(part.as_os_str()).file_stem()?.to_str().map(str::to_owned));
        found.extend(
            names.filter(|name| BAD_NAMES.contains(&name.as_str())).map(|name| format!("{}: `{name}` says nothing", file.display())),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_screen_does_no_io() {
    // The terminal itself, the editor it lends the terminal to, and the loop that runs effects.
    const DOORS: &[&str] = &["terminal.rs", "watchdog.rs", "editor.rs", "runtime.rs", "wardrobe.rs"];
    const IO: &[&str] =
        &["std::fs", "std::net", "std::process", "std::io", "std::env", "tokio::fs", "tokio::net", "std::thread::sleep", "thread::sleep"];
    let tui = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui");
    let mut found = Vec::new();
    for file in sources(&tui).into_iter().filter(|file| !DOORS.iter().any(|door| file.ends_with(door))) {
        let paths = paths_in(&std::fs::read_to_string(&file).expect("a source"));
        let named = paths.iter().filter(|path| IO.iter().any(|io| path == io || path.starts_with(&format!("{io}::"))));
        found.extend(named.map(|path| format!("{}: `{path}`", file.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = std::fs::read_to_string(root.join("src/lib.rs")).expect("the map");
    let all: String = sources(&root.join("src"))
        .into_iter()
        .chain(sources(&root.join("tests")))
        .map(|file| std::fs::read_to_string(file).expect("a source"))
        .collect();
    let named: Vec<_> = map.lines().filter_map(|line| line.split("Test: `").nth(1)).filter_map(|rest| rest.split('`').next()).collect();
    assert_eq!(named.len(), 10, "ten invariants, each with its test: {named:?}");
    for name in named {
        let function = name.rsplit("::").next().unwrap_or(name);
        assert!(all.contains(&format!("fn {function}(")), "`{name}` stands in the map and nowhere else");
    }
}
