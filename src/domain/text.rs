//! Words of many lines in one buffer: a hundred thousand short texts are held in memory at once, and a buffer for each costs as much as its words.

use serde::Serialize;
use serde::Serializer;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A text that never changes, alone or as a stretch of a buffer that others share. A clone is cheap; it reads as a `str`.
#[derive(Clone, Default)]
pub struct Text {
    buffer: Arc<String>,
    /// In bytes of the buffer. Four bytes each: an event has at most 256 KiB, and a buffer holds a chunk of them.
    from: u32,
    to: u32,
}

impl Text {
    /// Lays texts into one buffer. Each reads as before; what shared the old ones keeps them.
    pub(super) fn pack(texts: &mut [&mut Text]) {
        let len = texts.iter().map(|text| text.len()).sum();
        if u32::try_from(len).is_err() {
            return;
        }
        let mut whole = String::with_capacity(len);
        texts.iter().for_each(|text| whole.push_str(text));
        let (buffer, mut from) = (Arc::new(whole), 0);
        for text in texts {
            let to = from + (text.to - text.from);
            **text = Self { buffer: Arc::clone(&buffer), from, to };
            from = to;
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        // No event is so long; if one were, its end would be left out here, not in the log.
        let to = text.floor_char_boundary(u32::MAX as usize);
        Self { buffer: Arc::new(text[..to].to_owned()), from: 0, to: to as u32 }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.buffer[self.from as usize..self.to as usize]
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(out)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(out)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_texts_read_as_before() {
        let words = ["", "né", "a longer one", "", "≠ ascii"];
        let mut texts: Vec<Text> = words.map(Text::from).into();
        let kept = texts[2].clone();
        for _ in 0..2 {
            Text::pack(&mut texts.iter_mut().collect::<Vec<_>>());
            assert!(texts.iter().map(|text| &**text).eq(words), "{texts:?}");
        }
        assert!(texts.iter().all(|text| Arc::ptr_eq(&text.buffer, &texts[0].buffer)));
        assert!(kept == texts[2] && !Arc::ptr_eq(&kept.buffer, &texts[2].buffer));
        Text::pack(&mut []);
    }
}
