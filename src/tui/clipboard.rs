//! OSC 52: text for the clipboard of whatever terminal the person sits at, wrapped for what stands between.

/// Terminals and multiplexers drop longer escapes.
const BYTES_MAX: usize = 74_000;

/// The bytes that send `text`. `env` looks one variable up: tmux and screen pass escapes on only when wrapped.
pub fn escape(text: &str, env: impl Fn(&str) -> Option<String>) -> Vec<u8> {
    let text = &text[..text.floor_char_boundary(BYTES_MAX)];
    let plain = format!("\x1b]52;c;{}\x07", base64(text.as_bytes()));
    let term = env("TERM").unwrap_or_default();
    if env("TMUX").is_some() {
        return format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")).into_bytes();
    }
    if term.starts_with("screen") {
        // GNU screen passes at most 768 bytes at a time.
        let pieces = plain.as_bytes().chunks(700).map(|piece| [b"\x1bP".as_slice(), piece, b"\x1b\\"].concat());
        return pieces.collect::<Vec<_>>().concat();
    }
    plain.into_bytes()
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for piece in bytes.chunks(3) {
        let number = piece.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - piece.len()));
        for place in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= piece.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_sent_as_osc_52_and_wrapped_for_tmux_and_screen() {
        let none = |_: &str| None;
        assert_eq!(escape("foobar", none), b"\x1b]52;c;Zm9vYmFy\x07");
        assert_eq!(escape("fooba", none), b"\x1b]52;c;Zm9vYmE=\x07");
        let tmux = |name: &str| (name == "TMUX").then(|| "x".to_owned());
        assert!(escape("f", tmux).starts_with(b"\x1bPtmux;\x1b\x1b]52"));
        let screen = |name: &str| (name == "TERM").then(|| "screen".to_owned());
        assert!(escape(&"x".repeat(2000), screen).windows(2).filter(|pair| pair == b"\x1bP").count() > 2);
    }
}
