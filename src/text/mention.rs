//! Names in running text: `@ana` speaks to a person, `^withdrawals` names a component.

/// The people a text speaks to: each `@name` that begins a word, without its sign, once, in order. Compare without case.
///
/// A time such as `@14:02`, an address such as `ana@example.org` and a lone sign speak to nobody.
pub fn mentions(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (_, name) in named(text, '@') {
        if !name.bytes().all(|byte| byte.is_ascii_digit()) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Each name that begins a word behind `sign`, with the byte offset of the sign.
pub fn named(text: &str, sign: char) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices(sign).filter_map(move |(at, found)| {
        let before = text[..at].chars().next_back();
        let begins_word =
            before.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '[' | '{' | '"' | '\'' | ',' | ';' | ':' | '/' | '—' | '→'));
        let tail = &text[at + found.len()..];
        let end = tail.find(|c| !is_of_name(c)).unwrap_or(tail.len());
        let name = tail[..end].trim_end_matches(['.', '-', '/']);
        let is_name = name.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        (begins_word && is_name).then_some((at, name))
    })
}

/// Letters of the names of people, audiences and components.
pub fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_spoken_to_by_name() {
        for (text, names) in [
            ("@ana looks, then @bo.", &["ana", "bo"][..]),
            ("ask @chi-2 (or @dee_x): @ana, @ana", &["chi-2", "dee_x", "ana"]),
            ("@zoë\n@取引", &["zoë", "取引"]),
            ("mail ana@example.org at @14:02 or @-5m, @ and @@ and @.", &[]),
            ("", &[]),
        ] {
            assert_eq!(mentions(text), names, "{text}");
        }
    }

    #[test]
    fn components_stand_behind_their_sign() {
        let found: Vec<_> = named("^withdrawals and ^hot-wallet, 2^10, x ^ y, ^^^, ^api/v1/", '^').collect();
        assert_eq!(found, [(0, "withdrawals"), (17, "hot-wallet"), (48, "api/v1")]);
    }
}
