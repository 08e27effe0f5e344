//! What must become of hostile text, by example and by property.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::*;
use crate::text::wrap;

#[test]
fn escapes_are_shown_and_do_nothing() {
    assert_eq!(Safe::line("\u{1b}]52;c;aGk=\u{7}"), "␛]52;c;aGk=␇");
    assert_eq!(Safe::line("\u{9b}31m\u{0}\u{7f}"), "<U+009B>31m␀␡");
    assert_eq!(Safe::line("pay \u{202e}evil\u{2066}"), "pay <U+202E>evil<U+2066>");
    assert_eq!(Safe::line("a\u{200b}b\u{feff}c\u{2028}"), "a<U+200B>b<U+FEFF>c<U+2028>");
    assert_eq!(Safe::line("x\u{e0041}\u{e007f}"), "x<U+E0041><U+E007F>");
}

#[test]
fn plain_text_is_borrowed_unchanged() {
    for text in [
        "",
        "Suspend withdrawals on BTC and ETH",
        "Überweisungen ausgesetzt",
        "出金停止",
        "e\u{301}",
        "→ ● ◌",
        "🚨 🇩🇪 한국어",
        "Tiếng Việt",
        "नमस्ते",
        "עִבְרִית",
    ] {
        let safe = Safe::line(text);
        assert_eq!(safe, text);
        assert!(matches!(safe.0, Cow::Borrowed(_)), "{text} was copied");
    }
}

#[test]
fn line_breaks_and_tabs() {
    assert_eq!(Safe::line("a\r\nb\nc\td\re"), "a⏎b⏎c d␍e");
    assert_eq!(Safe::lines("a\r\nb\nc\td\re"), "a\nb\nc   d␍e");
    assert_eq!(Safe::lines("12345\tx"), "12345   x");
}

#[test]
fn zalgo_keeps_four_marks_and_counts_the_rest() {
    let zalgo = format!("Z{}", "\u{335}".repeat(30));
    assert_eq!(Safe::line(&zalgo), format!("Z{}<+26 marks>", "\u{335}".repeat(4)).as_str());
    assert_eq!(Safe::line("\u{301}x"), "◌\u{301}x", "a mark without a base gets one");
}

#[test]
fn emoji_are_made_plain_where_terminals_disagree() {
    assert_eq!(Safe::line("👩\u{200d}🚒"), "👩🚒");
    assert_eq!(Safe::line("👍🏽 ❤\u{fe0f} 1\u{fe0f}\u{20e3}"), "👍 ❤ 1\u{20e3}");
    assert_eq!(Safe::line("🇩 x"), "<U+1F1E9> x", "half a flag");
    assert_eq!(Safe::line("a\u{200d}b\u{fe0f}"), "a<U+200D>b<U+FE0F>", "nothing to join, nothing to select");
    assert_eq!(Safe::line("葛\u{e0100}"), "葛\u{e0100}", "a variant of an ideograph is part of a name");
}

#[test]
fn a_hostile_megabyte_is_walked_once_and_clipped_without_walking_it() {
    // Quadratic work on these lengths would take hours, so that the test ends is what it asserts.
    let hostile = ["\u{202e}", "Z\u{335}\u{335}\u{335}\u{335}\u{335}", "\u{200d}", "👩\u{200d}", "\u{301}"];
    for part in hostile {
        let text = part.repeat(1_000_000 / part.len());
        assert!(Safe::line(&text).cells() > 0);
        for _ in 0..100 {
            assert!(Safe::clipped(&text, 80).cells() <= 80);
        }
    }
}

/// Text rich in what hurts.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        3 => "[ -~]{1,6}",
        2 => prop::sample::select(vec![
            "\u{1b}[2J", "\u{9b}", "\u{202e}", "\u{2069}", "\u{200d}", "\u{200b}", "\u{fe0f}", "\u{301}", "\u{335}\u{336}", "👩", "🏽",
            "🇩", "🇪", "한", "\u{1100}", "\u{1161}", "क\u{94d}", "\u{e0041}", "\r\n", "\n", "\t", "取", "\u{ff9e}", "\u{600}", "ل", "ا", "\u{903}",
        ]).prop_map(String::from),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}'..='\u{200F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{61C}'
            | '\u{E0000}'..='\u{E007F}' | '\u{2060}'..='\u{2064}' | '\u{FE0E}' | '\u{FE0F}')
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_forbidden_survives(text in hostile()) {
        prop_assert!(!Safe::line(&text).as_str().chars().any(is_forbidden));
        prop_assert!(!Safe::lines(&text).as_str().chars().any(|c| c != '\n' && is_forbidden(c)));
    }

    #[test]
    fn safe_text_is_already_safe(text in hostile()) {
        let once = Safe::line(&text).into_owned();
        prop_assert_eq!(Safe::line(once.as_str()), once.clone());
        let once = Safe::lines(&text).into_owned();
        prop_assert_eq!(Safe::lines(once.as_str()), once.clone());
    }

    #[test]
    fn every_cluster_takes_a_cell(text in hostile()) {
        for cluster in Safe::line(&text).as_str().graphemes(true) {
            prop_assert!(width::grapheme_cells(cluster) > 0, "{:?}", cluster);
        }
    }

    #[test]
    fn clipping_keeps_to_the_limit_and_to_the_start(text in hostile(), limit in 0usize..30) {
        let whole = Safe::line(&text).into_owned();
        let clipped = Safe::clipped(&text, limit);
        prop_assert!(clipped.cells() <= limit);
        prop_assert_eq!(&clipped, &whole.clone().into_clipped(limit));
        prop_assert!(whole.as_str().starts_with(clipped.as_str().trim_end_matches('…')));
        prop_assert_eq!(width::cells(&width::fit(whole.as_str(), limit)), limit);
    }

    #[test]
    fn wrapping_loses_nothing(text in hostile(), limit in 1usize..30) {
        let safe = Safe::lines(&text).into_owned();
        let joined: String = wrap::rows(safe.as_str(), limit).map(|row| &safe.as_str()[row]).collect();
        prop_assert_eq!(joined, safe.as_str().replace('\n', ""));
        for row in wrap::wrap(safe.as_str(), limit) {
            prop_assert!(width::cells(row) <= limit || row.graphemes(true).count() == 1, "{:?}", row);
        }
    }
}
