//! A file system of its own that is soon full.

use std::path::Path;
use std::process::{Command, Stdio};

/// A small file system, until dropped.
pub(crate) struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// With room for this many kilobytes; `None`, said in a visible line, when nobody but root may make one.
    pub(crate) fn of(kilobytes: u32) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "tmpfs"]).arg(folder.path());
        if mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            return Some(SmallDisk { folder });
        }
        println!("SKIPPED: no small file system can be mounted here");
        None
    }

    /// Its root.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A test that failed may have left something open.
        let _ = Command::new("umount").args(["--lazy".as_ref(), self.folder.path().as_os_str()]).status();
    }
}
