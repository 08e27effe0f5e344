//! `warroom export`: formats, files that are whole or as they were, templates of a person's own and the mistakes in them. All without a server.

use crate::stage::Home;
use std::path::Path;

/// A home with an incident in it.
fn home() -> Home {
    let home = Home::new();
    home.ok(&["declare", "Withdrawals", "suspended", "--severity", "2", "--summary", "Outflow without a ticket"]);
    home.ok(&["take"]);
    home.ok(&["log", "Suspend BTC and ETH", "--kind", "decision"]);
    home.ok(&["log", "=HYPERLINK(\"http://x\")", "--kind", "note"]);
    home
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn every_format_is_written_and_the_end_of_a_name_tells_which() {
    let home = home();
    let begins = |out: &str, with: &str| assert!(out.starts_with(with), "{out:.80}");
    begins(&home.ok(&["export"]), "# NEW-");
    begins(&home.ok(&["export", "--format", "html"]), "<!DOCTYPE html>");
    begins(&home.ok(&["export", "--format", "json"]), "{\"incident\":");
    let table = home.ok(&["export", "--format", "csv"]);
    begins(&table, "incident,id,seq,at,kind,by,");
    assert_eq!(table.lines().count(), 5, "heads and four lines: {table}");
    assert!(
        table.contains(",\"'=HYPERLINK(\"\"http://x\"\")\",") && table.contains(",decision,ana,Incident commander,Suspend BTC and ETH,"),
        "{table}"
    );
    for (name, with) in
        [("a.md", "# NEW-"), ("a.HTML", "<!DOCTYPE html>"), ("a.json", "{\"incident\":"), ("a.csv", "incident,"), ("a", "# NEW-")]
    {
        let path = home.file("x", "").with_file_name(name);
        let ran = home.run(&["export", "-o", text(&path)]);
        assert!(ran.code == 0 && ran.out.is_empty() && ran.err.contains("is written to"), "{ran:?}");
        begins(&std::fs::read_to_string(&path).expect("the document"), with);
    }
    let path = home.file("b.csv", "old");
    home.ok(&["export", "--format", "markdown", "-o", text(&path)]);
    begins(&std::fs::read_to_string(&path).expect("the document"), "# NEW-");
}

#[test]
fn a_template_of_ones_own_writes_the_document() {
    let home = home();
    let mine =
        home.file("mine.md.j2", "{{ incident.title }} by {{ incident.declared_by }}: {{ decisions|length }}\n{% include \"part.j2\" %}\n");
    home.file("part.j2", "{% for line in decisions %}{{ line.at|day }} {{ line.text }} ({{ line.roles|join }}){% endfor %}");
    let out = home.ok(&["export", "--template", text(&mine)]);
    assert!(out.starts_with("Withdrawals suspended by ana: 1\n") && out.contains(" Suspend BTC and ETH (Incident commander)"), "{out}");
    // A page that is the shipped one but for a part, found by its name in the configured folder, and words that stay words.
    let page =
        "{% extends \"shipped/incident.html.j2\" %}{% block footer %}<p>Ours: {{ incident.title }} & {{ \"<b>\" }}</p>{% endblock %}";
    let folder = home.file("templates", "").with_file_name("own");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("incident.html.j2"), page).expect("a template");
    let config = home.file("c.toml", format!("templates = {folder:?}\n"));
    let out = home.ok(&["--config", text(&config), "export", "--format", "html"]);
    assert!(out.contains("<h2>Decisions</h2>") && out.contains("<p>Ours: Withdrawals suspended & &lt;b&gt;</p>"), "{out}");
    assert!(home.ok(&["--config", text(&config), "export"]).contains("## Timeline"), "the other format is as shipped");
    // What is printed to begin with writes what the program writes.
    for (format, name) in [("markdown", "again.md.j2"), ("html", "again.html.j2")] {
        let printed = home.ok(&["export", "--print-template", format]);
        let again = home.file(name, &printed);
        let out = home.ok(&["export", "--template", text(&again)]);
        assert!(out.contains("Suspend BTC and ETH") && out.starts_with(["# NEW-", "<!DOCTYPE html>"][usize::from(format == "html")]));
    }
    home.fails(2, &["export", "--print-template", "csv"]);
}

#[test]
fn a_mistake_in_a_template_is_told_by_file_and_line_and_nothing_is_lost() {
    let home = home();
    let kept = home.file("kept.md", "as it was");
    for (template, says) in [
        ("one\n{% if incident %}\n", ["line 2", "unexpected end of input"]),
        ("one\ntwo\n{{ incident.colour }}", ["line 3", "undefined"]),
        ("{{ incident.title|shout }}", ["line 1", "filter shout is unknown"]),
        ("\n{{ incident.title|moment }}", ["line 2", "is not a time"]),
        ("{% include \"gone.j2\" %}", ["line 1", "gone.j2"]),
        ("{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}", ["line 1", "does not come to an end"]),
        ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", ["line 1", "recursion"]),
        ("{{ \"x\" * 90000000 }}", ["line 1", "writes more than 64 MiB"]),
        ("{% include \"self.md.j2\" %}", ["line 1", "recursion"]),
    ] {
        let mine = home.file("self.md.j2", template);
        let told = home.fails(2, &["export", "--template", text(&mine), "-o", text(&kept)]);
        assert!(told.contains("self.md.j2, ") && says.iter().all(|part| told.contains(part)), "{template}: {told}");
        assert!(told.contains(';'), "and what to do: {told}");
        assert_eq!(std::fs::read_to_string(&kept).expect("the old one"), "as it was");
    }
    let included = home.file("outer.md.j2", "\n{% include \"inner.j2\" %}");
    home.file("inner.j2", "\n\n\n{{ nothing.at.all }}");
    let told = home.fails(2, &["export", "--template", text(&included)]);
    assert!(told.contains("inner.j2, line 4"), "{told}");
    home.fails(3, &["export", "--template", "/nowhere/mine.md.j2"]);
    home.fails(2, &["export", "--template", text(&included), "--format", "csv"]);
    let bytes = home.file("bytes.md.j2", [b'x', 0xff]);
    assert!(home.fails(2, &["export", "--template", text(&bytes)]).contains("no text in UTF-8"));
    let config = home.file("c.toml", "person = \"ana\"\ntemplates = \"/nowhere\"\n");
    let told = home.fails(2, &["--config", text(&config), "export"]);
    assert!(told.contains("c.toml, line 2: templates: /nowhere cannot be read"), "{told}");
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let home = home();
    let path = home.file("x", "").with_file_name("none").join("a.md");
    assert!(home.fails(3, &["export", "-o", text(&path)]).contains("there is no folder"));
    assert!(home.fails(1, &["export", "-o", text(&home.folder())]).contains("is a folder"));
    home.ok(&["export", "-o", "/dev/null"]);
    assert!(!std::fs::metadata("/dev/null").expect("still there").is_file());
    let left: Vec<_> = std::fs::read_dir(home.file("x", "").parent().expect("its folder")).expect("a folder").flatten().collect();
    assert!(left.iter().all(|entry| !entry.file_name().to_string_lossy().contains(".new-")), "{left:?}");
}
