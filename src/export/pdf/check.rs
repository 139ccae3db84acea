//! Looks at a finished PDF: is everything where its table says, and are all pages there?

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::export::ExportError;

/// The file's end that holds `startxref`.
const TAIL: u64 = 64;
/// Longest beginning of an object that is looked at.
const HEAD: usize = 4096;

/// Checks header, table, every object's place, and the number of pages.
pub(in crate::export) fn check(file: &File, pages: u32) -> Result<(), ExportError> {
    let length = file.metadata()?.len();
    let mut header = [0; 8];
    read(file, &mut header, 0)?;
    if &header != b"%PDF-1.7" {
        return Err(ExportError::CheckFailed("no header"));
    }
    let mut tail = vec![0; TAIL.min(length) as usize];
    read(file, &mut tail, length - TAIL.min(length))?;
    let table = table_offset(&tail).filter(|table| *table < length).ok_or(ExportError::CheckFailed("no table"))?;
    let offsets = read_table(file, table, length)?;
    for (number, offset) in (1u64..).zip(&offsets) {
        let name = format!("{number} 0 obj");
        let mut there = vec![0; name.len()];
        read(file, &mut there, *offset)?;
        if there != name.as_bytes() {
            return Err(ExportError::CheckFailed("an object is not where it should be"));
        }
    }
    let tree = *offsets.get(1).ok_or(ExportError::CheckFailed("no page tree"))?;
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

/// The offsets of objects 1, 2, 3 ….
fn read_table(file: &File, table: u64, length: u64) -> Result<Vec<u64>, ExportError> {
    let mut head = vec![0; HEAD.min((length - table) as usize)];
    read(file, &mut head, table)?;
    if head.starts_with(b"xref\n0 ") {
        let line_end = head[7..].iter().position(|byte| *byte == b'\n').map(|at| at + 7);
        let line_end = line_end.ok_or(ExportError::CheckFailed("no table"))?;
        let size = number(&head[7..line_end]).ok_or(ExportError::CheckFailed("no table"))?;
        let mut entries = entries(file, table + line_end as u64 + 1, size, 20, length)?;
        entries.drain(..20);
        let parsed: Option<Vec<u64>> = entries.chunks_exact(20).map(|entry| number(&entry[..10])).collect();
        return parsed.ok_or(ExportError::CheckFailed("no table"));
    }
    let size = value(&head, b"/Size ").ok_or(ExportError::CheckFailed("no table"))?;
    let data = head.windows(8).position(|window| window == b"\nstream\n");
    let data = data.ok_or(ExportError::CheckFailed("no table"))? as u64 + 8;
    let entries = entries(file, table + data, size, 10, length)?;
    Ok(entries.chunks_exact(10).skip(1).map(|entry| offset_of(&entry[1..9])).collect())
}

fn entries(file: &File, at: u64, size: u64, entry: u64, length: u64) -> Result<Vec<u8>, ExportError> {
    let bytes = size.checked_mul(entry).filter(|bytes| *bytes >= entry && at + bytes <= length);
    let mut entries = vec![0; bytes.ok_or(ExportError::CheckFailed("no table"))? as usize];
    read(file, &mut entries, at)?;
    Ok(entries)
}

fn page_count(file: &File, tree: u64, length: u64) -> Result<Option<u64>, ExportError> {
    // The count stands behind the list of pages, which can be long; it is at the object's end.
    let mut object = Vec::new();
    let mut at = tree;
    while at < length {
        let mut piece = vec![0; HEAD.min((length - at) as usize)];
        read(file, &mut piece, at)?;
        at += piece.len() as u64;
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

fn offset_of(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte))
}
