//! What a program did to its disk, in order. The record is a row of entries as `tests/disk/disk.c` writes them:
//! a header of fixed length, two paths, and the data.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of an entry before its paths and data.
const HEADER: usize = 48;

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// When, on a clock that only goes forward.
    pub(crate) at: Duration,
    /// 0, or the number of the error with which it failed: then nothing was done.
    pub(crate) error: i32,
    /// What was wanted.
    pub(crate) operation: Operation,
}

/// What can be done to a disk. Files are named by their inode: its number is another file's when one was
/// opened as new after it.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Opened {
        path: PathBuf,
        file: u64,
        is_new: bool,
    },
    /// A file without a name was made; the path is what the system calls it.
    Nameless {
        path: PathBuf,
        file: u64,
    },
    Wrote {
        file: u64,
        at: u64,
        data: Vec<u8>,
    },
    Length {
        file: u64,
        length: u64,
    },
    SyncBegins {
        file: u64,
        path: PathBuf,
    },
    SyncEnds {
        file: u64,
        path: PathBuf,
    },
    Renamed {
        from: PathBuf,
        to: PathBuf,
    },
    /// `file` is the one without a name that has one now, or 0: then `from` is another name of it.
    Linked {
        from: PathBuf,
        to: PathBuf,
        file: u64,
    },
    Unlinked {
        path: PathBuf,
    },
    FolderMade {
        path: PathBuf,
    },
    FolderGone {
        path: PathBuf,
    },
    Mapped {
        path: PathBuf,
    },
    Mark(String),
}

/// All entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record(pub(crate) Vec<Entry>);

impl Record {
    /// Reads a record; one whose program was killed may end in the middle of an entry.
    pub(super) fn read(path: &Path) -> Record {
        let bytes = fs::read(path).expect("there is a record");
        let mut rest = bytes.as_slice();
        let mut entries = Vec::new();
        while let Some((entry, behind)) = entry(rest) {
            entries.push(entry);
            rest = behind;
        }
        Record(entries)
    }

    /// The words of all marks.
    pub(crate) fn marks(&self) -> String {
        let marks = self.0.iter().filter_map(|entry| match &entry.operation {
            Operation::Mark(words) => Some(words.as_str()),
            _ => None,
        });
        marks.collect()
    }
}

fn entry(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let (header, rest) = bytes.split_at_checked(HEADER)?;
    let half = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
    let word = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("eight bytes"));
    let (kind, error, nanos, file, at) = (half(0), half(4) as i32, word(8), word(16), word(24));
    let (path, rest) = rest.split_at_checked(half(32) as usize)?;
    let (other, rest) = rest.split_at_checked(half(36) as usize)?;
    let (data, rest) = rest.split_at_checked(usize::try_from(word(40)).ok()?)?;
    let named = |path: &[u8]| PathBuf::from(String::from_utf8(path.to_vec()).expect("the tests' names are text"));
    let (path, other) = (named(path), named(other));
    let operation = match kind {
        1 => Operation::Opened { path, file, is_new: at != 0 },
        2 => Operation::Wrote { file, at, data: data.to_vec() },
        3 => Operation::Length { file, length: at },
        4 => Operation::SyncBegins { file, path },
        5 => Operation::SyncEnds { file, path },
        6 => {
            assert!(at & 2 == 0, "names that change places are not foreseen");
            Operation::Renamed { from: path, to: other }
        }
        7 => Operation::Linked { from: path, to: other, file },
        8 => Operation::Unlinked { path },
        9 => Operation::FolderMade { path },
        10 => Operation::FolderGone { path },
        11 => Operation::Mapped { path },
        12 => Operation::Mark(String::from_utf8_lossy(data).into_owned()),
        13 => Operation::Nameless { path, file },
        other => panic!("an entry of kind {other}"),
    };
    Some((Entry { at: Duration::from_nanos(nanos), error, operation }, rest))
}
