//! What every event's bytes must be before anything else is asked of them: one pass, no recursion, no allocation but a small stack.

/// The deepest nesting of an event.
pub const DEPTH_MAX: usize = 32;

/// Checks that bytes are one line of printable JSON text: UTF-8, no byte below 0x20, no deeper than `DEPTH_MAX`, every escape valid and
/// every surrogate paired. Whether it is JSON at all is left to the parser.
///
/// # Errors
/// What is wrong and at which byte.
pub fn check_shape(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|why| format!("not UTF-8 at byte {}", why.valid_up_to()))?;
    let (mut depth, mut quoted, mut place) = (0_usize, false, 0);
    while let Some(&byte) = bytes.get(place) {
        match byte {
            0..0x20 => return Err(format!("control byte 0x{byte:02x} at byte {place}; an event is one line of compact JSON")),
            b'"' => quoted = !quoted,
            b'\\' if quoted => {
                place += escape(bytes, place)?;
                continue;
            }
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(format!("nested deeper than {DEPTH_MAX} at byte {place}"));
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        place += 1;
    }
    Ok(text)
}

/// How many bytes an escape takes, a surrogate pair counted as one.
fn escape(bytes: &[u8], place: usize) -> Result<usize, String> {
    match bytes.get(place + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') => match code_unit(bytes, place) {
            Some(0xD800..=0xDBFF) => match code_unit(bytes, place + 6) {
                Some(0xDC00..=0xDFFF) => Ok(12),
                _ => Err(format!("lone surrogate at byte {place}")),
            },
            Some(0xDC00..=0xDFFF) => Err(format!("lone surrogate at byte {place}")),
            Some(_) => Ok(6),
            None => Err(format!("broken Unicode escape at byte {place}")),
        },
        _ => Err(format!("broken escape at byte {place}")),
    }
}

fn code_unit(bytes: &[u8], place: usize) -> Option<u16> {
    let digits = bytes.get(place..place + 6)?.strip_prefix(b"\\u")?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_and_where() {
        assert!(check_shape(br#"{"a":"\ud83d\ude00 \\ \" [[["}"#).is_ok());
        for (bytes, why) in [
            (&b"{\"a\":1}\r"[..], "control byte 0x0d at byte 7"),
            (br#"{"a":"\ud83d"}"#, "lone surrogate at byte 6"),
            (br#"{"a":"\ude00"}"#, "lone surrogate"),
            (br#"{"a":"\ud83d\u0041"}"#, "lone surrogate"),
            (br#"{"a":"\u12g4"}"#, "broken Unicode escape"),
            (br#"{"a":"\x"}"#, "broken escape"),
            (b"\xff", "not UTF-8 at byte 0"),
        ] {
            assert!(check_shape(bytes).unwrap_err().contains(why), "{why}");
        }
        assert!(check_shape(&[b'['; 32]).is_ok());
        assert!(check_shape(&[b'['; 10_000]).unwrap_err().contains("deeper than 32"));
    }
}
