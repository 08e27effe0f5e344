//! What the program may say to a terminal, and nothing beside: words, and the few sequences it means.

/// What was found in bytes that a terminal would have been sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    pub titles: Vec<String>,
    pub notifications: Vec<String>,
    pub clipboards: usize,
    pub bells: usize,
    /// Whether any colour was set.
    pub has_colour: bool,
    /// Words between the sequences.
    pub words: String,
}

/// Reads the bytes by the grammar.
///
/// # Errors
/// The first thing in them that the program never means, with what stands around it.
pub fn read(bytes: &[u8]) -> Result<Spoken, String> {
    let text = std::str::from_utf8(bytes).map_err(|why| format!("not UTF-8: {why}"))?;
    let mut spoken = Spoken::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let fail = |why: &str| Err(format!("{why} at {:?}", rest.chars().take(60).collect::<String>()));
        let behind = &rest[c.len_utf8()..];
        rest = match c {
            '\x1b' if behind.starts_with('[') => {
                let body = &behind[1..];
                let Some(end) = body.find(|c: char| ('@'..='~').contains(&c)) else { return fail("a sequence without an end") };
                let (parameters, last) = (&body[..end], &body[end..=end]);
                if !is_meant(parameters, last) {
                    return fail("a sequence that is not ours");
                }
                let mut codes = parameters.split(';').filter_map(|code| code.parse::<u16>().ok());
                spoken.has_colour |= last == "m" && codes.any(|code| matches!(code, 30..=38 | 40..=48 | 90..=97 | 100..=107));
                &body[end + 1..]
            }
            '\x1b' if behind.starts_with(']') => {
                let Some(end) = behind.find('\x07') else { return fail("a string without an end") };
                let body = &behind[1..end];
                if body.chars().any(warroom::text::acts_or_hides) {
                    return fail("a string with something in it that acts or hides");
                }
                match body.split_once(';') {
                    Some(("0", title)) => spoken.titles.push(title.to_owned()),
                    Some(("9", words)) => spoken.notifications.push(words.to_owned()),
                    Some(("52", text))
                        if text
                            .strip_prefix("c;")
                            .is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))) =>
                    {
                        spoken.clipboards += 1;
                    }
                    _ => return fail("a string that is not ours"),
                }
                &behind[end + 1..]
            }
            '\x07' => {
                spoken.bells += 1;
                behind
            }
            // The shortest moves there are. That no word holds them is asked of the cells, before they become bytes.
            '\r' | '\n' | '\x08' => behind,
            c if warroom::text::acts_or_hides(c) => return fail("something that acts or hides"),
            c => {
                spoken.words.push(c);
                behind
            }
        };
    }
    Ok(spoken)
}

fn is_meant(parameters: &str, last: &str) -> bool {
    let is_numbers = parameters.bytes().all(|byte| byte.is_ascii_digit() || byte == b';');
    match last {
        // Colours and attributes; moves; erasing; lines put in and taken out.
        "m" | "H" | "A" | "B" | "C" | "D" | "G" | "d" | "J" | "K" | "X" | "L" | "M" => is_numbers,
        "h" | "l" => matches!(parameters, "?25" | "?1049" | "?2004" | "?2026" | "?1000" | "?1006"),
        // Keyboard flags pushed and popped; the window's title put aside and brought back.
        "u" => matches!(parameters, ">1" | "<1"),
        "t" => matches!(parameters, "22;0" | "23;0"),
        _ => false,
    }
}

#[test]
fn the_grammar_knows_ours_from_others() {
    for ours in ["a\x1b[1;38;2;1;2;3mb\x1b[0m", "\x1b[?2026h\x1b[3;4H\x1b[?25l", "\x1b]0;P1 INC-4\x07", "\x1b]52;c;Zm9v\x07", "\x07"] {
        assert!(read(ours.as_bytes()).is_ok(), "{ours:?}");
    }
    for others in [
        "\x1b]52;c;?\x07",
        "\x1b]8;;http://x\x07",
        "\x1b[6n",
        "\x1b[c",
        "\x1b[?1003h",
        "\x1bc",
        "\u{9b}31m",
        "\x1bPq",
        "\x1b[5i",
        "\u{202e}x",
        "\x7f",
        "\x0e",
        "\x1b]0;a\x1b\\\x07",
        "\x1b]0;never ends",
        "\u{e0041}",
    ] {
        assert!(read(others.as_bytes()).is_err(), "{others:?}");
    }
    assert!(read(b"\xff").is_err());
}
