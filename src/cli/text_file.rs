//! Text that people name a file of: no longer than it can be, and what is no text is told by what it is.

use crate::cli::failure::Failure;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What people write themselves is no longer than this.
pub const WRITTEN_MAX_BYTES: u64 = 1 << 20;
const MARK: &[u8] = "\u{feff}".as_bytes();
/// How files begin that are no text in UTF-8, what they are, and what to do.
const OTHERS: [(&[u8], &str); 8] = [
    (b"\xff\xfe", "it is text in UTF-16; save it in UTF-8"),
    (b"\xfe\xff", "it is text in UTF-16; save it in UTF-8"),
    (b"\x1f\x8b", "it is packed (gzip); unpack it first"),
    (b"\x28\xb5\x2f\xfd", "it is packed (zstd); unpack it first"),
    (b"\xfd7zXZ", "it is packed (xz); unpack it first"),
    (b"BZh", "it is packed (bzip2); unpack it first"),
    (b"PK\x03\x04", "it is a zip archive or an office document; unpack it, or save it as text"),
    (b"%PDF-", "it is a PDF; save it as text"),
];

/// The text of a file of at most `most` bytes, without a mark of its byte order.
///
/// # Errors
/// Why it cannot be read, or what it is instead.
pub fn read(path: &Path, most: u64) -> Result<String, Failure> {
    let told = |why| Failure::of_file(path, "read", &why);
    let mut bytes = Vec::new();
    // Not by its size: what has none may never end.
    File::open(path).map_err(told)?.take(most + 1).read_to_end(&mut bytes).map_err(told)?;
    if let Some(other) = other(&bytes) {
        return Err(Failure::Usage(format!("{} cannot be read: {other}", path.display())));
    }
    if bytes.len() as u64 > most {
        return Err(Failure::Usage(format!("{} cannot be read: it has more than {}", path.display(), size(most))));
    }
    let bytes = bytes.strip_prefix(MARK).map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).map_err(|why| {
        let line = why.as_bytes()[..why.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::Usage(format!("{} cannot be read: it is no text in UTF-8, as line {line} shows", path.display()))
    })
}

/// What begins so and is no text in UTF-8, in words.
pub fn other(beginning: &[u8]) -> Option<&'static str> {
    OTHERS.iter().find(|(begins, _)| beginning.starts_with(begins)).map(|(_, words)| *words)
}

fn size(bytes: u64) -> String {
    if bytes < 1 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_told_by_what_it_is_and_what_never_ends_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let told = |bytes: &[u8]| {
            let path = folder.path().join("file");
            std::fs::write(&path, bytes).unwrap();
            read(&path, 2048).map_err(|why| why.to_string())
        };
        assert_eq!(told("\u{feff}zone = \"UTC\"".as_bytes()).unwrap(), "zone = \"UTC\"");
        for (bytes, words) in [
            (&b"\xff\xfe{\0}\0"[..], "UTF-16"),
            (b"\x1f\x8b\x08\0", "gzip"),
            (b"PK\x03\x04\x14", "office document"),
            (b"one\ntwo\xff", "no text in UTF-8, as line 2 shows"),
            (&[b'a'; 2049], "more than 2 KiB"),
        ] {
            let why = told(bytes).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
        assert!(read(Path::new("/dev/zero"), 1 << 20).unwrap_err().to_string().contains("more than 1 MiB"));
        assert_eq!(read(folder.path(), 9).unwrap_err().exit_code(), 1);
    }
}
