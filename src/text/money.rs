//! Money as people type it and as a screen says it: whole US dollars.

/// Reads `$250k`, `1.2M`, `5000`, `$40k/min` in whole US dollars; `None` if it is not an amount.
pub fn read(typed: &str) -> Option<u64> {
    let text = typed.trim().trim_start_matches('$').replace(['_', ',', ' '], "").to_ascii_lowercase();
    let text = ["/minute", "/min"].iter().find_map(|each| text.strip_suffix(each)).unwrap_or(&text);
    let (number, factor) = match text.char_indices().next_back()? {
        (at, 'k') => (&text[..at], 1_000),
        (at, 'm') => (&text[..at], 1_000_000),
        (at, 'b') => (&text[..at], 1_000_000_000),
        _ => (text, 1_u64),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || (!part.is_empty() && !digits(part)) || part.len() > 9 || number.ends_with('.') {
        return None;
    }
    let below = if part.is_empty() { 0 } else { part.parse::<u64>().ok()?.checked_mul(factor)? / 10_u64.pow(part.len() as u32) };
    whole.parse::<u64>().ok()?.checked_mul(factor)?.checked_add(below)
}

/// `$950`, `$1.2k`, `$340k`, `$1.2M`: cut rather than rounded, so that it never exaggerates.
pub fn words(amount_usd: u64) -> String {
    let (unit, sign) = match amount_usd {
        0..=999 => return format!("${amount_usd}"),
        1_000..=999_999 => (1_000, "k"),
        1_000_000..=999_999_999 => (1_000_000, "M"),
        _ => (1_000_000_000, "B"),
    };
    let (whole, tenth) = (amount_usd / unit, amount_usd % unit / (unit / 10));
    if tenth == 0 || whole >= 100 { format!("${whole}{sign}") } else { format!("${whole}.{tenth}{sign}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (typed, amount) in [
            ("$250k", 250_000),
            ("1.2M", 1_200_000),
            ("5000", 5_000),
            ("$40k/min", 40_000),
            ("12,000", 12_000),
            ("0", 0),
            ("1.25M", 1_250_000),
            ("3b", 3_000_000_000),
        ] {
            assert_eq!(read(typed), Some(amount), "{typed}");
        }
        for bad in ["", "$", "k", "-3", "1.", "é", "1.2.3", "99999999999999999999", "1x", "/min", "12/h"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn amounts_are_said_short_and_never_too_high() {
        let said = [950, 1_000, 1_250, 12_500, 340_900, 1_000_000, 1_580_000, 250_000_000, 7_210_000_000].map(words);
        assert_eq!(said, ["$950", "$1k", "$1.2k", "$12.5k", "$340k", "$1M", "$1.5M", "$250M", "$7.2B"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_said_reads_back_as_no_more_than_it_was(amount in 0u64..9_000_000_000_000) {
            let back = read(&words(amount)).unwrap();
            prop_assert!(back <= amount && amount - back <= amount / 10);
        }

        #[test]
        fn reading_never_panics(typed in any::<String>()) {
            let _ = read(&typed);
        }
    }
}
