//! One grapheme cluster at a time: what of it may be shown, and what stands in for the rest.
//!
//! The rule: a cluster passes unchanged when every terminal agrees on its width and a reader can see all of it. What
//! acts on a terminal or hides becomes visible; what is harmless but drawn differently from terminal to terminal (joined
//! emoji, presentation selectors, skin tones) is made plain.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use super::width::grapheme_cells;

/// Combining marks kept on one base; the scripts of the world need four at most, zalgo needs hundreds.
const MARKS_MAX: usize = 4;
/// Characters kept in one cluster, marks included: bounds the width of what can never be split.
const CLUSTER_MAX: usize = 12;
/// Tab stops of multi-line text, in cells.
const TAB_CELLS: usize = 4;

const ZERO_WIDTH_JOINER: char = '\u{200D}';
const DOTTED_CIRCLE: char = '\u{25CC}';

/// Whether line breaks are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Line,
    Lines,
}

/// The cluster as it may be shown; `column` is the cell it starts in, for tab stops.
pub(super) fn tame(cluster: &str, column: usize, shape: Shape) -> Cow<'_, str> {
    let mut chars = cluster.chars();
    let Some(first) = chars.next() else {
        return Cow::Borrowed(cluster);
    };
    if first.is_control() {
        return tame_control(cluster, first, column, shape);
    }
    let alone = chars.next().is_none();
    if alone && (first.is_ascii() || (!is_hidden(first) && !is_skin_tone(first) && !is_flag_half(first) && first.width().unwrap_or(0) > 0))
    {
        return Cow::Borrowed(cluster);
    }
    let plain = rebuild(cluster);
    if plain == cluster { Cow::Borrowed(cluster) } else { Cow::Owned(plain) }
}

fn tame_control(cluster: &str, first: char, column: usize, shape: Shape) -> Cow<'static, str> {
    match (cluster, shape) {
        ("\n" | "\r\n", Shape::Line) => Cow::Borrowed("⏎"),
        ("\n" | "\r\n", Shape::Lines) => Cow::Borrowed("\n"),
        ("\t", Shape::Line) => Cow::Borrowed(" "),
        ("\t", Shape::Lines) => Cow::Borrowed(&"    "[..TAB_CELLS - column % TAB_CELLS]),
        _ => Cow::Owned(picture(first)),
    }
}

/// The control picture of a C0 control or DEL; the code point of a C1 control, which has no picture.
fn picture(control: char) -> String {
    match control {
        '\0'..='\u{1F}' => char::from_u32(0x2400 + control as u32).map(String::from).unwrap_or_default(),
        '\u{7F}' => "␡".to_string(),
        _ => code_point(control),
    }
}

fn code_point(hidden: char) -> String {
    format!("<U+{:04X}>", hidden as u32)
}

/// Takes a cluster apart and puts together what may be shown of it.
fn rebuild(cluster: &str) -> String {
    let chars: Vec<char> = cluster.chars().take(CLUSTER_MAX * 4).collect();
    let mut plain = String::with_capacity(cluster.len());
    let mut base: Option<char> = None;
    let (mut marks, mut kept, mut dropped) = (0, 0, 0);
    let is_flag = chars.len() == 2 && chars.iter().all(|&c| is_flag_half(c));
    for (position, &c) in chars.iter().enumerate() {
        let after_emoji = base.is_some_and(may_be_emoji);
        let next = chars.get(position + 1).copied();
        if c == ZERO_WIDTH_JOINER && after_emoji && next.is_some_and(may_be_emoji) {
            // Terminals draw a joined sequence in two cells, in four or in eight; its parts side by side are the same everywhere.
            (base, marks, kept) = (None, 0, 0);
        } else if (matches!(c, '\u{FE0E}' | '\u{FE0F}') || is_skin_tone(c)) && after_emoji {
            // Dropped: whether it changes the width is what terminals disagree about.
        } else if is_ideograph_variant(c) && base.is_some_and(is_ideograph) && marks == 0 {
            marks += 1;
            plain.push(c);
        } else if c.is_control() {
            plain.push_str(&picture(c));
        } else if is_hidden(c) || (is_flag_half(c) && !is_flag) || is_skin_tone(c) {
            plain.push_str(&code_point(c));
        } else if c.width().unwrap_or(0) == 0 {
            if base.is_none() {
                if !joins_a_base(c) {
                    plain.push_str(&code_point(c));
                    continue;
                }
                plain.push(DOTTED_CIRCLE);
                base = Some(DOTTED_CIRCLE);
            }
            if marks < MARKS_MAX && kept < CLUSTER_MAX {
                plain.push(c);
                marks += 1;
                kept += 1;
            } else {
                dropped += 1;
            }
        } else if kept < CLUSTER_MAX {
            base = Some(c);
            marks = 0;
            kept += 1;
            plain.push(c);
        } else {
            dropped += 1;
        }
    }
    dropped += cluster.chars().count() - chars.len();
    if dropped > 0 {
        // Writing to a String cannot fail.
        let _ = write!(plain, "<+{dropped} marks>");
    }
    if grapheme_cells(&plain) == 0 {
        return cluster.chars().map(code_point).collect();
    }
    plain
}

/// Whether a character acts on a terminal or has no shape of its own to be seen by.
pub fn acts_or_hides(c: char) -> bool {
    c.is_control() || is_hidden(c)
}

/// Characters without a shape of their own: bidi controls, zero-width and tag characters, invisible separators and
/// fillers, noncharacters (Unicode's Default_Ignorable_Code_Point, line separators and annotation marks).
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{FDD0}'..='\u{FDEF}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
        || (c as u32) & 0xFFFE == 0xFFFE
}

/// Whether a character without width forms one cluster with a base put before it; a lone Hangul vowel does not.
fn joins_a_base(mark: char) -> bool {
    let joined: String = [DOTTED_CIRCLE, mark].iter().collect();
    joined.graphemes(true).count() == 1
}

fn is_flag_half(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

fn is_ideograph_variant(c: char) -> bool {
    matches!(c, '\u{E0100}'..='\u{E01EF}' | '\u{FE00}'..='\u{FE02}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFD}')
}

/// The blocks that hold emoji and the signs that a selector can turn into one; a generous net, since what it catches
/// only loses a selector, a joiner or a skin tone.
fn may_be_emoji(c: char) -> bool {
    !is_flag_half(c)
        && matches!(c,
            '#' | '*' | '0'..='9' | '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{23FF}'
            | '\u{2460}'..='\u{24FF}' | '\u{25A0}'..='\u{27BF}' | '\u{2900}'..='\u{297F}' | '\u{2B00}'..='\u{2BFF}'
            | '〰' | '〽' | '㊗' | '㊙' | '\u{1F000}'..='\u{1FAFF}')
}
