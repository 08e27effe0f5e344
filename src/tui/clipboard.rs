//! Text for the clipboard of whatever terminal the person sits at (OSC 52), and notifications (OSC 9), wrapped for what stands between.

use crate::text::Safe;

/// Terminals and multiplexers drop longer escapes.
pub const BYTES_MAX: usize = 74_000;
/// Longer text also goes to a file: a clipboard that silently cut it off would be believed.
pub const LONG_BYTES: usize = 4_000;

/// What stands between the program and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Route {
    #[default]
    Direct,
    Tmux,
    Screen,
    /// A console that knows no clipboard and may print what it does not know.
    Nowhere,
}

/// Decides by `TMUX`, `STY` and `TERM`. `env` looks one variable up.
pub fn route(env: impl Fn(&str) -> Option<String>) -> Route {
    let term = env("TERM").unwrap_or_default();
    if env("TMUX").is_some() {
        Route::Tmux
    } else if env("STY").is_some() || term.starts_with("screen") {
        Route::Screen
    } else if is_plain(&term) {
        Route::Nowhere
    } else {
        Route::Direct
    }
}

/// Whether a terminal of this name is no emulator: it prints the escapes it does not know.
pub fn is_plain(term: &str) -> bool {
    matches!(term, "" | "dumb" | "linux" | "vt100" | "vt102" | "vt220")
}

/// The bytes that send `text` to the clipboard, its first [`BYTES_MAX`] bytes.
pub fn escape(text: &str, route: Route) -> Vec<u8> {
    let text = &text[..text.floor_char_boundary(BYTES_MAX)];
    wrapped(&format!("\x1b]52;c;{}\x07", base64(text.as_bytes())), route)
}

/// The bytes that show `words` as a notification; nothing in them acts on the terminal.
pub fn notification(words: &str, route: Route) -> Vec<u8> {
    let safe = Safe::clipped(words, 120);
    wrapped(&format!("\x1b]9;{safe}\x07"), route)
}

/// tmux and screen pass an escape on to the terminal only inside a device control string of theirs.
fn wrapped(plain: &str, route: Route) -> Vec<u8> {
    match route {
        Route::Direct => plain.as_bytes().to_vec(),
        Route::Nowhere => Vec::new(),
        Route::Tmux => format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")).into_bytes(),
        Route::Screen => {
            // GNU screen passes at most 768 bytes at a time.
            let pieces = plain.as_bytes().chunks(700).map(|piece| [b"\x1bP".as_slice(), piece, b"\x1b\\"].concat());
            pieces.collect::<Vec<_>>().concat()
        }
    }
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
        assert_eq!(escape("foobar", Route::Direct), b"\x1b]52;c;Zm9vYmFy\x07");
        assert_eq!(escape("fooba", Route::Direct), b"\x1b]52;c;Zm9vYmE=\x07");
        assert!(escape("f", Route::Tmux).starts_with(b"\x1bPtmux;\x1b\x1b]52"));
        assert!(escape(&"x".repeat(2000), Route::Screen).windows(2).filter(|pair| pair == b"\x1bP").count() > 2);
        assert!(escape("f", Route::Nowhere).is_empty());
    }

    #[test]
    fn nothing_in_a_notification_ends_it_or_acts() {
        let bytes = notification("a\x07\x1b]52;c;ZXZpbA==\x1b\\\u{9c}\nb", Route::Direct);
        let inner = bytes.strip_prefix(b"\x1b]9;").and_then(|rest| rest.strip_suffix(b"\x07")).expect("one escape");
        let inner = std::str::from_utf8(inner).expect("text");
        assert!(!inner.chars().any(char::is_control), "{inner:?}");
    }

    #[test]
    fn the_way_is_read_from_the_environment() {
        let with = |vars: &'static [(&str, &str)]| {
            route(move |name| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(with(&[("TERM", "xterm-256color")]), Route::Direct);
        assert_eq!(with(&[("TERM", "tmux-256color"), ("TMUX", "/tmp/x,1,0")]), Route::Tmux);
        assert_eq!(with(&[("TERM", "screen.xterm-256color")]), Route::Screen);
        assert_eq!(with(&[("TERM", "linux")]), Route::Nowhere);
        assert_eq!(with(&[]), Route::Nowhere);
    }
}
