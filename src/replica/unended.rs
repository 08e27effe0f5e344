//! A stream whose events do not end is noticed before it fills the memory.

/// How much of a stream came since an event of it ended last, which an empty line does.
#[derive(Default)]
pub(super) struct Unended {
    bytes: usize,
    after_line: bool,
}

impl Unended {
    /// Takes a piece; answers how much there is of the event that has not ended.
    pub fn add(&mut self, chunk: &[u8]) -> usize {
        let ended = chunk.windows(2).rposition(|two| two == b"\n\n").map(|at| at + 2);
        let ended = ended.or((self.after_line && chunk.starts_with(b"\n")).then_some(1));
        self.bytes = ended.map_or(self.bytes + chunk.len(), |at| chunk.len() - at);
        self.after_line = if chunk.is_empty() { self.after_line } else { chunk.ends_with(b"\n") };
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_ends_with_an_empty_line_however_it_is_cut() {
        for (chunks, left) in [
            (&["data: 1"][..], 7),
            (&["data: 1\n", "\nda"], 2),
            (&["data: 1\n", "", "\n"], 0),
            (&["data: 1\n\ndata: 2\n\nxyz", "x"], 4),
            (&["a\n", "b\n"], 4),
            (&["\n\n"], 0),
        ] {
            let mut unended = Unended::default();
            let last = chunks.iter().map(|chunk| unended.add(chunk.as_bytes())).last();
            assert_eq!(last, Some(left), "{chunks:?}");
        }
    }
}
