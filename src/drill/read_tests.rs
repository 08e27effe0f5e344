//! What a scenario file may say, and what is said about one that says something else.

use super::*;
use crate::drill::SHIPPED;

const HEAD: &str = "name = \"x\"\ntitle = \"X\"\n[[people]]\nname = \"ana\"\nscope = \"commander\"\n";

fn told(steps: &str) -> String {
    Scenario::read("x.toml", &format!("{HEAD}{steps}")).expect_err("a mistake").to_string()
}

fn declared(step: &str) -> String {
    format!("[[steps]]\nafter = \"0s\"\nincident = \"a\"\nby = \"ana\"\ndeclare = {{ title = \"A\" }}\n[[steps]]\n{step}")
}

#[test]
fn shipped_scenarios_read_and_have_what_a_drill_needs() {
    for (name, _) in SHIPPED.iter() {
        let scenario = Scenario::shipped(name).unwrap();
        assert_eq!(scenario.name, *name);
        assert!(scenario.steps.len() >= 40 && scenario.people.len() >= 5);
        assert!(scenario.live_from_ms < scenario.length_ms());
    }
    let error = Scenario::shipped("nope").unwrap_err().to_string();
    assert!(error.contains("expected one of hot-wallet-drain"), "{error}");
}

#[test]
fn mistakes_are_told_with_line_and_expectation() {
    for (step, line, expected) in [
        ("after = \"5x\"\nby = \"ana\"\ntake = true", 11, "`5x` is not a span of time; expected one such as 40s"),
        ("after = \"1s\"\nby = \"ann\"\ntake = true", 11, "`ann` is not in [[people]]; expected one of ana"),
        ("after = \"1s\"\ntake = true", 11, "`by` is missing; expected one of ana"),
        ("after = \"1s\"\nby = \"ana\"", 11, "the step does nothing; expected one of alert"),
        ("after = \"1s\"\nby = \"ana\"\ntake = true\naccept = true", 11, "two things at once"),
        ("after = \"1s\"\nby = \"ana\"\nseverity = 9", 11, "9 is not a severity; expected 1 to 5"),
        ("after = \"1s\"\nby = \"ana\"\nunderstood = \"t\"", 11, "no step before this one has the label `t`"),
        ("after = \"1s\"\nby = \"ana\"\nincident = \"b\"\ntake = true", 11, "begins the incident `b`"),
        ("after = \"1s\"\nby = \"ana\"\nassess = { users = \"many\" }", 11, "expected a level such as 3 or an amount"),
        ("after = \"1s\"\nby = \"ana\"\nalert = { key = \"k\", title = \"t\" }", 11, "leave `by` out"),
        ("after = \"1s\"\nby = \"ana\"\nentry = { kind = \"alert\", text = \"t\" }", 11, "expected one of observation, action"),
    ] {
        let error = told(&declared(step));
        assert!(error.starts_with(&format!("x.toml:{line}: ")) && error.contains(expected), "{error}");
    }
}

#[test]
fn what_is_no_scenario_at_all_is_told_by_the_line_it_fails_in() {
    let error = told("[[steps]]\nafter = \"0s\"\nwho = \"ana\"\n");
    assert!(error.starts_with("x.toml:8: ") && error.contains("unknown field `who`"), "{error}");
    let error = told("[[steps]\n");
    assert!(error.starts_with("x.toml:6: "), "{error}");
    let error = told(&declared("after = \"1s\"\nby = \"ana\"\nstatus = \"sideways\""));
    assert!(error.starts_with("x.toml:14: ") && error.contains("expected one of"), "{error}");
    let empty = Scenario::read("x.toml", "name = \"x\"\ntitle = \"X\"\npeople = []\nsteps = []\n").unwrap_err().to_string();
    assert!(empty.contains("at least one [[steps]]"), "{empty}");
}
