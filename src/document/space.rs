//! Room on the disk, looked at before paper moves.

use std::io;
use std::path::Path;

/// Bytes a page takes when nothing is known of it.
const UNKNOWN_PAGE: u64 = 32 << 20;
/// Bytes that must stay free beside the pages: the document's own files, and the rest of the system.
const RESERVE: u64 = 64 << 20;

/// Whether there is room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// There is.
    Enough,
    /// There is not.
    Short {
        /// Bytes that are free.
        free: u64,
        /// Bytes that are needed.
        needed: u64,
    },
}

/// Bytes that this user can write to the file system of an existing folder.
///
/// # Errors
/// The file system's.
pub fn free_space(folder: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(folder)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Whether a folder, or the nearest one above it that exists, has room for this many pages.
///
/// # Errors
/// The file system's.
pub fn space_for(folder: &Path, pages: u32, bytes_of_a_page: Option<u64>) -> io::Result<Space> {
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder);
    let free = free_space(existing)?;
    let needed = u64::from(pages).saturating_mul(bytes_of_a_page.unwrap_or(UNKNOWN_PAGE)).saturating_add(RESERVE);
    Ok(if free >= needed { Space::Enough } else { Space::Short { free, needed } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_does_not_exist_yet_has_the_space_of_the_one_above() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("a/b");
        assert_eq!(space_for(&missing, 0, None).ok(), Some(Space::Enough));
        assert!(matches!(space_for(&missing, u32::MAX, Some(1 << 40)), Ok(Space::Short { .. })));
    }
}
