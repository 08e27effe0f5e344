//! Whatever a pane can do, the command line can: every command the panes' sources give is given by a subcommand here, on a real server.

use crate::stage::Home;
use crate::stage::Server;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use syn::visit::Visit;

/// The command line of each command, in an order in which each makes sense; `…` stands for the id the line before it answered.
const TWINS: &[(&str, &str, &[&str])] = &[
    ("Declare", "ana", &["declare", "one"]),
    ("Declare", "ana", &["declare", "two"]),
    ("Edit", "ana", &["edit", "--title", "Withdrawals suspended"]),
    ("SetStatus", "ana", &["status", "investigating"]),
    ("SetSeverity", "ana", &["severity", "2"]),
    ("Assess", "ana", &["assess", "custody=3"]),
    ("OverridePriority", "ana", &["override", "P1", "--reason", "it spreads"]),
    ("TakeBack", "ana", &["undo"]),
    ("AssignRole", "ana", &["assign", "scribe", "bo"]),
    ("AcknowledgeRole", "bo", &["ack", "scribe"]),
    ("ReleaseRole", "ana", &["release", "scribe"]),
    ("TakeCommand", "ana", &["take"]),
    ("OfferCommand", "ana", &["offer", "bo"]),
    ("WithdrawOffer", "ana", &["offer", "--withdraw"]),
    ("OfferCommand", "ana", &["offer", "bo"]),
    ("DeclineCommand", "bo", &["decline"]),
    ("OfferCommand", "ana", &["offer", "bo"]),
    ("AcceptCommand", "bo", &["accept"]),
    ("GiveTask", "ana", &["task", "bo", "check signer-3"]),
    ("UnderstandTask", "bo", &["understood", "…"]),
    ("FinishTask", "bo", &["done", "…", "it leaked"]),
    ("GiveTask", "ana", &["task", "bo", "check signer-4"]),
    ("WithdrawTask", "ana", &["done", "…", "--withdraw"]),
    ("AddEntry", "ana", &["log", "balances fall"]),
    ("AmendEntry", "ana", &["amend", "…", "balances agree"]),
    ("StrikeEntry", "ana", &["strike", "…", "--reason", "of another day"]),
    ("AddEntry", "ana", &["log", "of the second"]),
    ("MoveEntry", "ana", &["move", "…", "INC-2"]),
    ("AddEntry", "ana", &["log", "a name nobody should read"]),
    ("RedactEntry", "ana", &["redact", "…", "--reason", "a customer's name"]),
    ("Restrict", "ana", &["restrict", "me", "bo"]),
    ("LiftRestriction", "ana", &["unrestrict"]),
    ("Merge", "ana", &["merge", "INC-2"]),
    ("Split", "ana", &["split"]),
];

/// What no pane gives by itself: what a copy makes of a redaction, what several marks are given at once (each alone has its twin), and files.
const NOT_OF_PANES: &[&str] = &["Redact", "Together", "PublishSettings"];

/// The variants of `Command` that stand in a piece of source, or in the type itself.
#[derive(Default)]
struct Variants(BTreeSet<String>);

impl<'ast> Visit<'ast> for Variants {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let [.., of, variant] = words.as_slice()
            && of == "Command"
        {
            self.0.insert(variant.clone());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        if item.ident == "Command" {
            self.0.extend(item.variants.iter().map(|variant| variant.ident.to_string()));
        }
    }
}

fn variants_in(path: &Path) -> BTreeSet<String> {
    let mut all = Variants::default();
    let mut left: Vec<PathBuf> = vec![path.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            all.visit_file(&syn::parse_file(&text).expect("a source that parses"));
        }
    }
    all.0
}

#[test]
fn every_command_of_a_pane_has_its_twin_on_the_command_line() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let known = variants_in(&src.join("domain/command.rs"));
    let (panes, shell) = (&variants_in(&src.join("tui")) & &known, &variants_in(&src.join("cli")) & &known);
    let twins: BTreeSet<String> = TWINS.iter().map(|(variant, ..)| (*variant).to_owned()).collect();
    let apart: BTreeSet<String> = NOT_OF_PANES.iter().map(|variant| (*variant).to_owned()).collect();
    assert!(panes.len() > 20, "the walk found {panes:?}");
    assert_eq!(&panes - &(&twins | &apart), BTreeSet::new(), "a pane gives these, and no command line here does");
    assert_eq!(&twins - &shell, BTreeSet::new(), "no subcommand makes these");
    assert_eq!(&known - &(&twins | &apart), BTreeSet::new(), "commands that are neither");
}

#[test]
fn every_twin_works_on_a_real_server() {
    let server = Server::start();
    let homes: [(&str, Home); 2] = [("ana", server.home_of("ana", "admin")), ("bo", server.home_of("bo", "commander"))];
    let mut id = String::new();
    for (variant, who, line) in TWINS {
        let home = &homes.iter().find(|(name, _)| name == who).expect("a person").1;
        let line: Vec<&str> = line.iter().map(|word| if *word == "…" { id.as_str() } else { word }).collect();
        let incident: &[&str] = if *variant == "Declare" { &[] } else { &["-i", "INC-1"] };
        let answer = home.json(&[&line[..], incident].concat());
        assert_eq!(answer[0]["state"], "accepted", "{variant}: {line:?}: {answer:?}");
        // What is answered, corrected or moved next is named by what was just made.
        if let ("GiveTask" | "AddEntry", Some(made)) = (*variant, answer[0]["id"].as_str()) {
            id = made.to_owned();
        }
    }
}
