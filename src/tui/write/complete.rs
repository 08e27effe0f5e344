//! Completion: what the word before the cursor may go on as.

use crate::text::mention;
use crate::tui::write::Vocabulary;

/// The rest of the first word that fits, or `None`. `head` is the text up to the cursor.
///
/// `/word` and `>audience` complete at the start of the text only, `@person` and `^service` everywhere.
pub fn rest<'v>(head: &str, vocabulary: &'v Vocabulary) -> Option<&'v str> {
    let start = head.rfind(char::is_whitespace).map_or(0, |space| space + head[space..].chars().next().map_or(1, char::len_utf8));
    let word = &head[start..];
    let sigil = word.chars().next()?;
    let known = match sigil {
        '/' if start == 0 => &vocabulary.commands,
        '>' if start == 0 => &vocabulary.audiences,
        '@' => &vocabulary.people,
        '^' => &vocabulary.services,
        _ => return None,
    };
    let begun = &word[sigil.len_utf8()..];
    let fitting = known.iter().find(|name| name.len() > begun.len() && name.starts_with(begun))?;
    (!begun.is_empty()).then(|| &fitting[begun.len()..])
}

/// The `^service` words of a text, each once, in order.
pub fn components(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, name) in mention::named(text, '^') {
        if !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    found
}

/// The command of a text, if its first word is one: the word and the rest of the text.
pub fn command<'t>(text: &'t str, vocabulary: &Vocabulary) -> Option<(&'t str, &'t str)> {
    let body = text.strip_prefix('/')?;
    let (word, args) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
    vocabulary.commands.iter().any(|known| known == word).then(|| (word, args.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        Vocabulary {
            commands: words(&["status", "assign", "task", "move"]),
            people: words(&["ana", "andrew", "bo"]),
            services: words(&["withdrawals", "hot-wallet"]),
            audiences: words(&["customers", "regulator"]),
        }
    }

    #[test]
    fn words_go_on_after_their_sigil() {
        for (head, expected) in [
            ("/st", Some("atus")),
            ("ask @an", Some("a")),
            ("ask @ana", None),
            ("down: ^with", Some("drawals")),
            (">cu", Some("stomers")),
            ("x >cu", None),
            ("x /st", None),
            ("@", None),
            ("st", None),
            ("", None),
            ("@é", None),
        ] {
            assert_eq!(rest(head, &vocabulary()), expected, "{head}");
        }
    }

    #[test]
    fn components_and_commands_are_read_from_the_text() {
        assert_eq!(components("^withdrawals and ^hot-wallet, again ^withdrawals. ^ ^é!"), ["withdrawals", "hot-wallet", "é"]);
        assert_eq!(command("/status contained", &vocabulary()), Some(("status", "contained")));
        assert_eq!(command("/move", &vocabulary()), Some(("move", "")));
        assert_eq!(command("/etc/passwd was read", &vocabulary()), None);
    }
}
