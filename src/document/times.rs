//! When a document was changed last: the newest time of its files. Whoever only notes something puts them back.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};

/// Files whose times say nothing: opening a document to read it touches them.
const UNTOLD: [&str; 2] = ["lock", "document.sqlite-shm"];

/// When something of a document changed last; the beginning of 1970 for one that has nothing.
pub(super) fn changed(document: &Path) -> SystemTime {
    files(document).map(|(_, time)| time).max().unwrap_or(UNIX_EPOCH)
}

/// A time in seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    since_1970(time).as_secs()
}

/// Does something that is no change for whoever looks when the document changed last: what was found of it is noted, or
/// what nobody sees is removed.
pub(super) fn not_as_a_change<Done>(document: &Path, act: impl FnOnce() -> Done) -> Done {
    let before = changed(document);
    let done = act();
    for (file, _) in files(document).filter(|(_, time)| *time > before) {
        let since = since_1970(before);
        let last_modification = Timespec {
            tv_sec: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(since.subsec_nanos()),
        };
        let times = Timestamps { last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT }, last_modification };
        if let Err(error) = utimensat(CWD, &file, &times, AtFlags::SYMLINK_NOFOLLOW) {
            tracing::debug!(%error, file = %file.display(), "what was noted looks like a change");
        }
    }
    done
}

fn files(document: &Path) -> impl Iterator<Item = (PathBuf, SystemTime)> {
    let entries = fs::read_dir(document).into_iter().flatten().flatten();
    let files = entries.filter(|entry| !UNTOLD.iter().any(|untold| entry.file_name() == *untold));
    files.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.modified().ok()?)))
}

fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}
