//! Who may read and write a file that takes another one's place: those who could before.

use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

/// A file for its owner's eyes: every new one (design, section 10).
pub(super) const OWNER_ALONE: u32 = 0o600;

/// Who owns a file, and who may do what with it.
pub(super) struct Rights {
    owner: u32,
    group: u32,
    mode: u32,
}

impl Rights {
    /// Those of the file of this name, if there is one.
    pub(super) fn of(file: &Path) -> Option<Rights> {
        let there = fs::metadata(file).ok().filter(Metadata::is_file)?;
        Some(Rights { owner: there.uid(), group: there.gid(), mode: there.mode() & 0o777 })
    }

    /// Gives them to a file of this user, as far as the system permits. A group that cannot be kept leaves no right to
    /// the one that stands there instead but what anybody has.
    pub(super) fn give(&self, file: &File) -> io::Result<()> {
        let kept = fchown(file, Some(self.owner), Some(self.group)).is_ok()
            || fchown(file, None, Some(self.group)).is_ok()
            || file.metadata()?.gid() == self.group;
        let mode = if kept { self.mode } else { as_anybody(self.mode) };
        file.set_permissions(Permissions::from_mode(mode))
    }
}

/// The mode with the rights of anybody for the group.
const fn as_anybody(mode: u32) -> u32 {
    (mode & !0o070) | ((mode & 0o007) << 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_group_may_what_anybody_may() {
        assert_eq!((as_anybody(0o660), as_anybody(0o664), as_anybody(0o604)), (0o600, 0o644, 0o644));
    }
}
