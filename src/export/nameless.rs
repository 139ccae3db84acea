//! Files without a name, which are gone when their process is, however it ends; whole, they are given one. Linux has them, on
//! nearly all of its file systems.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::io::Errno;

/// What a system says that does not let a file without a name have one.
pub(super) const REFUSALS: [Errno; 8] =
    [Errno::PERM, Errno::ACCESS, Errno::NOENT, Errno::XDEV, Errno::OPNOTSUPP, Errno::INVAL, Errno::NOSYS, Errno::MLINK];

#[cfg(target_os = "linux")]
mod system {
    use std::fmt::Write;
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use super::{Errno, File, Path, io};
    use crate::export::permissions::OWNER_ALONE;

    /// Files that all else in the program may have open.
    const OTHERS: u64 = 512;

    pub(super) fn create(folder: &Path) -> io::Result<Option<File>> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match openat(CWD, folder, flags, Mode::from_raw_mode(OWNER_ALONE)) {
            Ok(file) => Ok(Some(file.into())),
            // Old systems take it for the folder itself.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Where the system lists an open file.
    pub(super) fn listed(file: &File) -> String {
        let mut path = "/proc/self/fd/".to_owned();
        let _ = write!(path, "{}", file.as_raw_fd());
        path
    }

    pub(super) fn link(file: &File, to: &Path) -> Result<(), Errno> {
        linkat(CWD, listed(file), CWD, to, AtFlags::SYMLINK_FOLLOW)
    }

    pub(super) fn room_for(files: usize) -> usize {
        let files = files as u64;
        let limit = getrlimit(Resource::Nofile);
        let most = limit.maximum.unwrap_or(u64::MAX);
        let wanted = files.saturating_add(OTHERS).min(most);
        if limit.current.is_some_and(|now| now < wanted) {
            let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
            let _ = setrlimit(Resource::Nofile, raised);
        }
        let now = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        usize::try_from(now.saturating_sub(OTHERS).min(files)).unwrap_or(0)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Errno, File, Path, io};

    pub(super) fn create(_: &Path) -> io::Result<Option<File>> {
        Ok(None)
    }

    pub(super) fn listed(_: &File) -> String {
        String::new()
    }

    pub(super) fn link(_: &File, _: &Path) -> Result<(), Errno> {
        Err(Errno::NOSYS)
    }

    pub(super) fn room_for(_: usize) -> usize {
        0
    }
}

/// Makes a file without a name in a folder, for its owner's eyes; `None` where there are none.
pub(super) fn create(folder: &Path) -> io::Result<Option<File>> {
    system::create(folder)
}

/// Whether it can have a name later: that goes through the system's list of open files.
pub(super) fn can_be_named(file: &File) -> bool {
    std::fs::symlink_metadata(system::listed(file)).is_ok()
}

/// Gives a file its name; never another file's.
pub(super) fn link(file: &File, to: &Path) -> Result<(), Errno> {
    system::link(file, to)
}

/// The file opened once more, to be read.
pub(super) fn reopened(file: &File) -> io::Result<File> {
    File::open(system::listed(file))
}

/// How many of so many files may be without a name at a time: each must stay open. The system is asked for more open files
/// where it takes that.
pub(super) fn room_for(files: usize) -> usize {
    system::room_for(files)
}
