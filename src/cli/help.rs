//! How the program explains itself: its commands by what they are for, since fifty names in one list tell a newcomer nothing.

use clap::Command;
use std::fmt::Write;

/// Every command once, under what it is for. A test holds this to the commands there are.
pub const GROUPS: [(&str, &[&str]); 7] = [
    ("Begin", &["demo", "connect", "declare", "list", "show", "search", "use"]),
    ("Write the timeline", &["log", "run", "amend", "strike", "move", "undo", "redact"]),
    ("Say where it stands and how bad it is", &["status", "severity", "assess", "override", "ratings", "edit"]),
    (
        "Command, roles and tasks",
        &["take", "offer", "accept", "decline", "brief", "assign", "ack", "release", "handovers", "task", "understood", "done"],
    ),
    ("Incidents as a whole", &["merge", "split", "reopen", "restrict", "unrestrict", "export", "import"]),
    ("This copy", &["sync", "verify", "doctor", "config", "completions", "man"]),
    ("The server", &["serve", "token", "settings", "backup", "restore", "migrate-database"]),
];

/// What a script may rely on.
pub const EXIT_CODES: &str = "\
0 done, also when it was saved here and not sent yet; 1 failed; 2 wrong usage; 3 no such incident, role, person or file; \
4 refused by a rule or by the server; 5 the server is needed and out of reach; 6 the store is damaged.";

/// The program's arguments with its commands in groups.
pub fn grouped(command: Command) -> Command {
    let (heading, name) = (*command.get_styles().get_header(), *command.get_styles().get_literal());
    let wide = command.get_subcommands().map(|each| each.get_name().len()).max().unwrap_or(0);
    let mut commands = String::new();
    for (group, names) in GROUPS {
        // Nothing fails that writes into text.
        let _ = writeln!(commands, "{heading}{group}:{heading:#}");
        for each in names {
            let about = command.find_subcommand(each).and_then(Command::get_about).map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(commands, "  {name}{each:wide$}{name:#}  {about}");
        }
        commands.push('\n');
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{commands}{heading}Options of every command:{heading:#}\n{{options}}{{after-help}}"
    );
    command.help_template(template).after_help(format!("{heading}Exit codes:{heading:#} {EXIT_CODES}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::arguments::Arguments;
    use clap::CommandFactory;

    #[test]
    fn every_command_stands_in_one_group_and_fits_a_line() {
        let command = Arguments::command();
        let mut there: Vec<_> = command.get_subcommands().filter(|each| !each.is_hide_set()).map(Command::get_name).collect();
        let mut grouped_ones: Vec<_> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        there.sort_unstable();
        grouped_ones.sort_unstable();
        assert_eq!(grouped_ones, there);
        let help = grouped(command).render_help().to_string();
        let commands = help.lines().skip_while(|line| !line.starts_with("Begin:")).take_while(|line| !line.starts_with("Options"));
        assert_eq!(
            commands.filter(|line| line.len() > 80).collect::<Vec<_>>(),
            Vec::<&str>::new(),
            "lines that do not fit a terminal of 80"
        );
    }
}
