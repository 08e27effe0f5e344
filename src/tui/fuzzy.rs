//! Finding a line by a few letters of it: whole words first, then letters in order.

/// The least score of a text that holds a word of the query as it is.
pub const WORD: u32 = 40;

/// How well `query` fits `text`; higher is better, `None` is not at all. An empty query fits everything alike.
pub fn fit(query: &str, text: &str) -> Option<u32> {
    let text = text.to_lowercase();
    let mut score = 0;
    for word in query.to_lowercase().split_whitespace() {
        score += fit_word(word, &text)?;
    }
    Some(score)
}

fn fit_word(word: &str, text: &str) -> Option<u32> {
    if let Some(at) = text.find(word) {
        let starts_word = at == 0 || !text[..at].ends_with(|before: char| before.is_alphanumeric());
        return Some(if starts_word { 100 } else { 60 } - (at.min(40) / 2) as u32);
    }
    let mut rest = text.chars();
    let in_order = word.chars().all(|wanted| rest.any(|c| c == wanted));
    (in_order && word.chars().count() > 1).then_some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_beat_letters_and_starts_beat_middles() {
        let start = fit("sta", "change the status").unwrap();
        let middle = fit("tat", "change the status").unwrap();
        let letters = fit("chst", "change the status").unwrap();
        assert!(start > middle && middle > letters);
        assert_eq!(fit("zzz", "change the status"), None);
        assert_eq!(fit("", "anything"), Some(0));
        assert!(fit("status change", "change the status").is_some());
    }
}
