//! Looks at a finished PDF: is everything where its table says, and are all pages there?

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::export::ExportError;

/// The file's end that holds `startxref`.
const TAIL: u64 = 64;
/// Longest beginning of an object that is looked at.
const HEAD: usize = 4096;
/// What may have to be kept of one piece to read `/Count 1234567890 >> endobj` across two.
const OVERLAP: usize = 64;
/// Entries of the table that are read at once.
const ENTRIES: u64 = 256;
/// `18446744073709551615 0 obj`.
const LONGEST_NAME: usize = 26;
/// The object with the list of pages.
const PAGE_TREE: u64 = 2;
const NO_TABLE: ExportError = ExportError::CheckFailed("no table");

/// Checks header, table, every object's place, and the number of pages.
pub(in crate::export) fn check(file: &File, pages: u32) -> Result<(), ExportError> {
    let length = file.metadata()?.len();
    let mut header = [0; 8];
    read(file, &mut header, 0)?;
    if &header != b"%PDF-1.7" && &header != b"%PDF-2.0" {
        return Err(ExportError::CheckFailed("no header"));
    }
    let mut tail = vec![0; TAIL.min(length) as usize];
    read(file, &mut tail, length - TAIL.min(length))?;
    let table = table_offset(&tail).filter(|table| *table < length).ok_or(NO_TABLE)?;
    let mut tree = None;
    Table::of(file, table, length)?.each(|number, offset| {
        let name = format!("{number} 0 obj");
        let mut there = [0; LONGEST_NAME];
        let there = &mut there[..name.len()];
        read(file, there, offset)?;
        if there != name.as_bytes() {
            return Err(ExportError::CheckFailed("an object is not where it should be"));
        }
        if number == PAGE_TREE {
            tree = Some(offset);
        }
        Ok(())
    })?;
    let tree = tree.ok_or(ExportError::CheckFailed("no page tree"))?;
    if page_count(file, tree, length)? != Some(u64::from(pages)) {
        return Err(ExportError::CheckFailed("wrong number of pages"));
    }
    Ok(())
}

fn read(file: &File, buffer: &mut [u8], at: u64) -> Result<(), ExportError> {
    file.read_exact_at(buffer, at).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => ExportError::CheckFailed("too short"),
        _ => error.into(),
    })
}

fn table_offset(tail: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(&tail[tail.len().checked_sub(tail.len().min(48))?..]).ok()?;
    let (_, rest) = text.rsplit_once("startxref\n")?;
    rest.strip_suffix("\n%%EOF\n")?.parse().ok()
}

/// The table of objects: entries of one length, the first of which says nothing.
struct Table<'a> {
    file: &'a File,
    /// Where object 1's entry stands.
    at: u64,
    objects: u64,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Ten digits and more.
    Classic,
    /// A byte for the kind, eight for the offset, one more.
    Stream,
}

impl Kind {
    const fn entry(self) -> u64 {
        match self {
            Kind::Classic => 20,
            Kind::Stream => 10,
        }
    }

    fn offset(self, entry: &[u8]) -> Option<u64> {
        match self {
            Kind::Classic => number(&entry[..10]),
            Kind::Stream => Some(entry[1..9].iter().fold(0, |value, byte| (value << 8) | u64::from(*byte))),
        }
    }
}

impl<'a> Table<'a> {
    fn of(file: &'a File, table: u64, length: u64) -> Result<Table<'a>, ExportError> {
        let mut head = vec![0; HEAD.min((length - table) as usize)];
        read(file, &mut head, table)?;
        let (kind, size, begin) = if head.starts_with(b"xref\n0 ") {
            let line_end = head[7..].iter().position(|byte| *byte == b'\n').ok_or(NO_TABLE)? + 7;
            (Kind::Classic, number(&head[7..line_end]), line_end + 1)
        } else {
            let data = head.windows(8).position(|window| window == b"\nstream\n").ok_or(NO_TABLE)?;
            (Kind::Stream, value(&head, b"/Size "), data + 8)
        };
        let objects = size.and_then(|size| size.checked_sub(1)).ok_or(NO_TABLE)?;
        let at = table + begin as u64 + kind.entry();
        let end = objects.checked_mul(kind.entry()).and_then(|bytes| bytes.checked_add(at));
        match end {
            Some(end) if end <= length => Ok(Table { file, at, objects, kind }),
            _ => Err(NO_TABLE),
        }
    }

    /// Gives the number and offset of every object, reading a piece of the table at a time.
    fn each(&self, mut object: impl FnMut(u64, u64) -> Result<(), ExportError>) -> Result<(), ExportError> {
        let entry = self.kind.entry();
        let mut piece = Vec::new();
        let mut number = 1;
        while number <= self.objects {
            let entries = (self.objects - number + 1).min(ENTRIES);
            piece.resize((entries * entry) as usize, 0);
            read(self.file, &mut piece, self.at + (number - 1) * entry)?;
            for entry in piece.chunks_exact(entry as usize) {
                object(number, self.kind.offset(entry).ok_or(NO_TABLE)?)?;
                number += 1;
            }
        }
        Ok(())
    }
}

fn page_count(file: &File, tree: u64, length: u64) -> Result<Option<u64>, ExportError> {
    // The count stands at the object's end, behind the list of pages, which can be long: only as much
    // is kept of what was read as the count and the end may take.
    let mut object = Vec::new();
    let mut at = tree;
    while at < length {
        let mut piece = vec![0; HEAD.min((length - at) as usize)];
        read(file, &mut piece, at)?;
        at += piece.len() as u64;
        object.drain(..object.len().saturating_sub(OVERLAP));
        object.extend_from_slice(&piece);
        if let Some(end) = object.windows(6).position(|window| window == b"endobj") {
            return Ok(value(&object[..end], b"/Count "));
        }
    }
    Ok(None)
}

fn value(bytes: &[u8], name: &[u8]) -> Option<u64> {
    let at = bytes.windows(name.len()).position(|window| window == name)? + name.len();
    let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    number(&bytes[at..at + digits])
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// More objects than are read at once, and a list of pages longer than is kept of it.
    const OBJECTS: usize = 3 * ENTRIES as usize + 7;

    /// The bones of a PDF file with so many objects, and where its table's entries begin.
    fn bones(kind: Kind) -> (Vec<u8>, usize) {
        let mut pdf = b"%PDF-1.7\n".to_vec();
        let mut offsets = Vec::new();
        for number in 1..=OBJECTS {
            offsets.push(pdf.len());
            let kids = if number == 2 {
                format!("/Kids [{}] /Count {OBJECTS}", "9 0 R ".repeat(OBJECTS))
            } else {
                String::new()
            };
            pdf.extend(format!("{number} 0 obj\n<< {kids} >>\nendobj\n").into_bytes());
        }
        let table = pdf.len();
        let size = OBJECTS + 1;
        match kind {
            Kind::Classic => {
                pdf.extend(format!("xref\n0 {size}\n").into_bytes());
                let entries = pdf.len();
                pdf.extend(b"0000000000 65535 f\r\n");
                pdf.extend(offsets.iter().flat_map(|offset| format!("{offset:010} 00000 n\r\n").into_bytes()));
                pdf.extend(format!("startxref\n{table}\n%%EOF\n").into_bytes());
                (pdf, entries)
            }
            Kind::Stream => {
                pdf.extend(format!("{size} 0 obj\n<< /Type /XRef /Size {size} >>\nstream\n").into_bytes());
                let entries = pdf.len();
                pdf.extend([0; 10]);
                pdf.extend(
                    offsets.iter().flat_map(|offset| [&[1][..], &(*offset as u64).to_be_bytes(), &[0]].concat()),
                );
                pdf.extend(format!("\nendstream\nendobj\nstartxref\n{table}\n%%EOF\n").into_bytes());
                (pdf, entries)
            }
        }
    }

    fn checked(pdf: &[u8], pages: usize) -> Result<(), ExportError> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(pdf).expect("written");
        check(&file, pages as u32)
    }

    #[test]
    fn every_object_is_looked_for_where_the_table_says() {
        for kind in [Kind::Classic, Kind::Stream] {
            let (pdf, entries) = bones(kind);
            assert_eq!(checked(&pdf, OBJECTS), Ok(()));
            assert_eq!(checked(&pdf, OBJECTS - 1), Err(ExportError::CheckFailed("wrong number of pages")));
            for object in [1, ENTRIES as usize, ENTRIES as usize + 1, OBJECTS] {
                let mut wrong = pdf.clone();
                // The last digit or byte of the offset.
                let last = match kind {
                    Kind::Classic => 9,
                    Kind::Stream => 8,
                };
                wrong[entries + object * kind.entry() as usize + last] ^= 1;
                let missed = Err(ExportError::CheckFailed("an object is not where it should be"));
                assert_eq!(checked(&wrong, OBJECTS), missed, "object {object}");
            }
        }
    }

    #[test]
    fn a_table_larger_than_its_file_is_none() {
        for size in [u64::MAX, u64::MAX / 20, 1 << 40, 0] {
            let pdf = format!("%PDF-1.7\nxref\n0 {size}\n0000000000 65535 f\r\nstartxref\n9\n%%EOF\n");
            assert_eq!(checked(pdf.as_bytes(), 1), Err(NO_TABLE), "{size}");
        }
    }
}
