//! Two texts beside each other, word by word: what was taken out and put in, and three texts made one.

/// What became of a run of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Kept,
    /// Only in the text before.
    Out,
    /// Only in the text after.
    In,
}

/// Texts with more words than this, multiplied, are not compared word by word: the middle of them counts as changed.
const PAIRS_MAX: usize = 1_000_000;

/// What changed from one text to another, as runs; joined, what is kept and put in is `after`.
pub fn words<'a>(before: &'a str, after: &'a str) -> Vec<(Change, &'a str)> {
    let (old, new) = (split(before), split(after));
    let pairs = pairs(&old, &new);
    let mut runs: Vec<(Change, &'a str)> = Vec::new();
    let (mut from, mut to) = (0, 0);
    let ends = pairs.iter().copied().chain([(old.len(), new.len())]);
    for (i, j) in ends {
        run(&mut runs, Change::Out, before, &old[from..i]);
        run(&mut runs, Change::In, after, &new[to..j]);
        if let Some(word) = new.get(j) {
            run(&mut runs, Change::Kept, after, std::slice::from_ref(word));
        }
        (from, to) = (i + 1, j + 1);
    }
    runs
}

/// Three texts made one: what only one side changed is taken from it; where both changed the same words, both stand, `mine` first.
/// Answers the text, and whether the sides disagreed anywhere.
pub fn merge(base: &str, mine: &str, theirs: &str) -> (String, bool) {
    let (root, left, right) = (split(base), split(mine), split(theirs));
    let (in_left, in_right) = (pairs(&root, &left), pairs(&root, &right));
    // Words that both sides kept hold the three texts together.
    let mut held = Vec::new();
    let mut other = in_right.iter().peekable();
    for (i, j) in &in_left {
        while other.next_if(|(at, _)| at < i).is_some() {}
        if let Some((_, k)) = other.next_if(|(at, _)| at == i) {
            held.push((*i, *j, *k));
        }
    }
    held.push((root.len(), left.len(), right.len()));
    let (mut text, mut disagrees) = (String::new(), false);
    let (mut b, mut m, mut t) = (0, 0, 0);
    for (i, j, k) in held {
        let (old, ours, others) = (joined(&root[b..i]), joined(&left[m..j]), joined(&right[t..k]));
        if ours == others || others == old {
            text.push_str(&ours);
        } else if ours == old {
            text.push_str(&others);
        } else {
            disagrees = true;
            text.push_str(&both(&ours, &others));
        }
        text.push_str(left.get(j).map_or("", |word| word));
        (b, m, t) = (i + 1, j + 1, k + 1);
    }
    (text, disagrees)
}

/// Both sides with a stroke between, the blanks around them once.
fn both(mine: &str, theirs: &str) -> String {
    let (ours, others) = (mine.trim(), theirs.trim());
    match (ours.is_empty(), others.is_empty()) {
        (true, _) => theirs.to_owned(),
        (_, true) => mine.to_owned(),
        _ => {
            let before = &mine[..mine.len() - mine.trim_start().len()];
            let after = &theirs[theirs.trim_end().len()..];
            format!("{before}{ours} / {others}{after}")
        }
    }
}

fn joined(words: &[&str]) -> String {
    words.concat()
}

/// Words and the blanks between them, each a piece of its own; together they are the text.
fn split(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let kind = if c.is_alphanumeric() || c == '_' {
            0
        } else if c.is_whitespace() {
            1
        } else {
            2
        };
        // A mark stands alone, so that a comma that comes or goes does not change the word before it.
        if before.is_some_and(|before| before != kind || kind == 2) {
            pieces.push(&text[start..at]);
            start = at;
        }
        before = Some(kind);
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

/// Places of equal pieces in two texts, rising in both: the longest such row, by dynamic programming between equal ends.
fn pairs(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut found: Vec<(usize, usize)> = (0..head).map(|at| (at, at)).collect();
    if a.len().saturating_mul(b.len()) <= PAIRS_MAX {
        let columns = b.len() + 1;
        let mut longest = vec![0_u32; (a.len() + 1) * columns];
        for i in (0..a.len()).rev() {
            for j in (0..b.len()).rev() {
                longest[i * columns + j] = if a[i] == b[j] {
                    longest[(i + 1) * columns + j + 1] + 1
                } else {
                    longest[(i + 1) * columns + j].max(longest[i * columns + j + 1])
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < a.len() && j < b.len() {
            if a[i] == b[j] {
                found.push((head + i, head + j));
                (i, j) = (i + 1, j + 1);
            } else if longest[(i + 1) * columns + j] >= longest[i * columns + j + 1] {
                i += 1;
            } else {
                j += 1;
            }
        }
    }
    found.extend((0..tail).map(|at| (old.len() - tail + at, new.len() - tail + at)));
    found
}

/// Adds pieces that follow each other in `text`, to the run before where it is of the same change.
fn run<'a>(runs: &mut Vec<(Change, &'a str)>, change: Change, text: &'a str, pieces: &[&'a str]) {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return };
    let offset = |piece: &str| piece.as_ptr() as usize - text.as_ptr() as usize;
    let (start, end) = (offset(first), offset(last) + last.len());
    match runs.last_mut() {
        Some((known, before)) if *known == change && offset(before) + before.len() == start => *before = &text[offset(before)..end],
        _ => runs.push((change, &text[start..end])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(before: &str, after: &str) -> String {
        let mark = |(change, run): &(Change, &str)| match change {
            Change::Kept => (*run).to_owned(),
            Change::Out => format!("[-{run}-]"),
            Change::In => format!("{{+{run}+}}"),
        };
        words(before, after).iter().map(mark).collect()
    }

    #[test]
    fn changes_are_told_by_the_word() {
        assert_eq!(marked("wrong wrods here", "wrong words here"), "wrong [-wrods-]{+words+} here");
        assert_eq!(marked("same", "same"), "same");
        assert_eq!(marked("", "new"), "{+new+}");
        assert_eq!(marked("old", ""), "[-old-]");
        assert_eq!(marked("drained 12 ETH", "drained 12.4 ETH, paused"), "drained 12{+.4+} ETH{+, paused+}");
    }

    #[test]
    fn two_sides_become_one_text() {
        let base = "Key of signer-3 leaked through the build cache";
        let mine = "Key of signer-3 leaked through the CI build cache";
        let theirs = "Keys of signer-3 leaked through the build cache, not proven";
        assert_eq!(merge(base, mine, theirs), ("Keys of signer-3 leaked through the CI build cache, not proven".into(), false));
        assert_eq!(merge("12 ETH gone", "13 ETH gone", "14 ETH gone"), ("13 / 14 ETH gone".into(), true));
        assert_eq!(merge("a b", "a b", "a c"), ("a c".into(), false));
        assert_eq!(merge("a b", "a c", "a c"), ("a c".into(), false));
        assert_eq!(merge("", "mine", "theirs"), ("mine / theirs".into(), true));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn runs_hold_both_texts(before in "[ab ,取\n]{0,40}", after in "[ab ,取\n]{0,40}") {
            let runs = words(&before, &after);
            let side = |skipped: Change| runs.iter().filter(|(change, _)| *change != skipped).map(|(_, run)| *run).collect::<String>();
            prop_assert_eq!(side(Change::In), before.as_str());
            prop_assert_eq!(side(Change::Out), after.as_str());
        }

        #[test]
        fn what_one_side_changed_is_taken(base in "[abc ,]{0,30}", mine in "[abc ,]{0,30}") {
            prop_assert_eq!(merge(&base, &mine, &base), (mine.clone(), false));
            prop_assert_eq!(merge(&base, &base, &mine), (mine.clone(), false));
            prop_assert_eq!(merge(&base, &mine, &mine), (mine, false));
        }
    }
}
