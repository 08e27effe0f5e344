//! The rows of a table in a file: with the separator it uses, bounded in memory, and going on behind a quote that is never closed.

use crate::cli::failure::Failure;
use crate::cli::text_file;
use csv::ByteRecord;
use csv::Position;
use csv::Reader;
use csv::ReaderBuilder;
use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::path::Path;

/// A row is no longer than this; what never ends is no row.
const ROW_MAX_BYTES: u64 = 64 << 20;

/// A file of which no more is read than one row may have, until it is let go on.
struct Bounded {
    file: File,
    left: u64,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(format!("one row has more than {} MiB", ROW_MAX_BYTES >> 20)));
        }
        let count = self.file.read(into)?;
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Reads a table row by row.
pub(super) struct Rows<'a> {
    path: &'a Path,
    reader: Reader<BufReader<Bounded>>,
    separator: u8,
    /// What has an end and can be read again from somewhere.
    is_file: bool,
}

impl<'a> Rows<'a> {
    /// Opens a file, whose first line says what separates its fields.
    ///
    /// # Errors
    /// Why it cannot be read, or what it is instead of a table.
    pub fn open(path: &'a Path) -> Result<Self, Failure> {
        let told = |why| Failure::of_file(path, "read", &why);
        let file = File::open(path).map_err(told)?;
        let is_file = file.metadata().map_err(told)?.is_file();
        let mut bytes = BufReader::new(Bounded { file, left: ROW_MAX_BYTES });
        let beginning = bytes.fill_buf().map_err(told)?;
        if let Some(other) = text_file::other(beginning) {
            return Err(Failure::Usage(format!("{} is no table: {other}", path.display())));
        }
        let head = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let separator = b"\t;,".iter().copied().max_by_key(|sign| head.iter().filter(|byte| *byte == sign).count()).unwrap_or(b',');
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(bytes);
        Ok(Self { path, reader, separator, is_file })
    }

    /// The next row; false behind the last.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn next(&mut self, row: &mut ByteRecord) -> Result<bool, Failure> {
        self.reader.get_mut().get_mut().left = ROW_MAX_BYTES;
        self.reader.read_byte_record(row).map_err(|why| Failure::of_file(self.path, "read", &io::Error::from(why)))
    }

    /// What is wrong with a row in whose first line a quote opens that is closed some rows further down, if at all: that line is left out, and reading
    /// goes on behind it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open_quote(&mut self, row: &ByteRecord, fields: usize) -> Result<Option<&'static str>, Failure> {
        let Some(begin) = row.position().filter(|begin| self.reader.position().line() > begin.line() + 1).cloned() else { return Ok(None) };
        // A value of several lines is no row; one with all the separators of the rows it goes over took them in.
        let count = |field: &[u8], sign: u8| field.iter().filter(|byte| **byte == sign).count();
        let takes_in = |field: &[u8]| match count(field, b'\n') {
            0 => false,
            lines => count(field, self.separator) >= lines * (fields - 1),
        };
        if row.len() == fields && !row.iter().any(takes_in) {
            return Ok(None);
        }
        if !self.is_file {
            return Ok(Some("a quote opens in it and takes in the lines below, which are left out, too; name a file, not a pipe"));
        }
        let of_file = |why| Failure::of_file(self.path, "read", &why);
        let mut file = File::open(self.path).map_err(of_file)?;
        file.seek(SeekFrom::Start(begin.byte())).map_err(of_file)?;
        let bytes = BufReader::new(file.take(ROW_MAX_BYTES)).read_until(b'\n', &mut Vec::new()).map_err(of_file)?;
        let mut next = Position::new();
        next.set_byte(begin.byte() + bytes as u64).set_line(begin.line() + 1).set_record(begin.record() + 1);
        self.reader.seek(next).map_err(|why| of_file(why.into()))?;
        Ok(Some("a quote opens in it and is not closed before the next row"))
    }
}
