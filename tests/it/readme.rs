//! The README's tables are made from the program's own data. After a change: `WARROOM_WRITE_README=1 cargo test readme`.

use std::fmt::Write;
use std::path::Path;
use warroom::tui::keymap::Keymap;

/// The keys of every place, as a Markdown table.
fn key_table() -> String {
    let keymap = Keymap::standard().expect("the built-in keys");
    let mut table = String::from("| where | key | does |\n|---|---|---|\n");
    for binding in keymap.bindings().iter().filter(|binding| !binding.keys.is_empty()) {
        let keys = binding.keys_text().replace('|', "\\|");
        writeln!(table, "| {} | `{keys}` | {} |", binding.place.name(), binding.says).expect("text");
    }
    table
}

#[test]
fn the_key_table_is_the_keymap() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).expect("the README");
    let (before, rest) = text.split_once("## Keys\n").expect("a section `## Keys`");
    let (_, after) = rest.split_once("## Facts\n").expect("a section `## Facts`");
    let wanted = format!("{before}## Keys\n\nAll of them can be changed; see `assets/keymap.toml`.\n\n{}\n## Facts\n{after}", key_table());
    if std::env::var_os("WARROOM_WRITE_README").is_some() {
        std::fs::write(&path, &wanted).expect("the README written");
        return;
    }
    assert!(text == wanted, "the README's keys are not the keymap's; run `WARROOM_WRITE_README=1 cargo test readme`");
}
