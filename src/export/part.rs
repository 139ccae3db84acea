//! The new file beside the target, and where that is when the target is a link.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};

use super::ExportError;
use super::permissions::{OWNER_ALONE, Rights};

/// Small writes are gathered up to this size; a band of a page goes out as it is.
pub(super) const WRITE_BUFFER: usize = 16 << 10;
/// Names tried for the new file.
const PART_ATTEMPTS: u32 = 100;
/// Of a name that leaves no room for an ending, the new file has so many bytes at most: enough to know it by.
const BEGINNING: usize = 64;

/// So many names of a batch are looked at before paper moves; nobody has a feeder for more.
const MOST_LOOKED_AT: u32 = 999;

/// Whether a target can be written, to be asked before paper moves. Where files will be numbered, ask
/// with the first of their names ([`super::numbered`]).
///
/// # Errors
/// What [`super::save`] would say.
pub fn check_target(target: &Path, overwrite: bool) -> Result<(), ExportError> {
    let ends_in_a_slash = target.as_os_str().as_encoded_bytes().ends_with(b"/");
    if target.file_name().is_none() || ends_in_a_slash {
        return Err(ExportError::NotAFile(target.to_path_buf()));
    }
    let place = place_of(target, overwrite)?;
    let folder = folder_of(&place);
    match fs::metadata(folder) {
        Ok(there) if !there.is_dir() => return Err(ExportError::NoFolder(folder.to_path_buf())),
        Ok(_) => {}
        Err(error) => return Err(ExportError::at(&place, error)),
    }
    // Permissions, quotas and read-only mounts have one judge: a file that is really created.
    let part = Part::create(&place)?;
    drop(part);
    Ok(())
}

/// Whether something of this name is there and is neither a file nor a folder: a device, a pipe or a socket, which takes
/// bytes as they come and cannot be replaced.
pub fn is_special(target: &Path) -> bool {
    fs::metadata(target).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// As [`check_target`] for files that will be numbered, by their names from 1 on: also a later one must not be in
/// the way, because its sheet would have passed by then.
///
/// # Errors
/// As [`check_target`], for the first name that cannot be written.
pub fn check_numbered(name: &dyn Fn(u32) -> PathBuf, overwrite: bool) -> Result<(), ExportError> {
    check_target(&name(1), overwrite)?;
    (2..=MOST_LOOKED_AT).try_for_each(|number| place_of(&name(number), overwrite).map(drop))
}

/// The file that a save to this name writes: itself, or what the link of this name leads to. The link
/// stays what it is.
///
/// # Errors
/// [`ExportError::Exists`], [`ExportError::NotAFile`], and what is wrong with a link.
pub(super) fn place_of(target: &Path, overwrite: bool) -> Result<PathBuf, ExportError> {
    let named = match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(target.to_path_buf()),
        named => named.map_err(|error| ExportError::at(target, error))?,
    };
    let there = match fs::metadata(target) {
        Ok(there) => there,
        Err(error) if named.is_symlink() => return Err(broken_link(target, error)),
        Err(error) => return Err(ExportError::at(target, error)),
    };
    // Also a device or a pipe: a save never takes its place.
    if !there.is_file() {
        return Err(ExportError::NotAFile(target.to_path_buf()));
    }
    if !overwrite {
        return Err(ExportError::Exists(target.to_path_buf()));
    }
    if !named.is_symlink() {
        return Ok(target.to_path_buf());
    }
    fs::canonicalize(target).map_err(|error| ExportError::at(target, error))
}

fn broken_link(link: &Path, error: io::Error) -> ExportError {
    let link = link.to_path_buf();
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let to = fs::read_link(&link).unwrap_or_default();
            ExportError::DanglingLink { link, to }
        }
        _ if rustix::io::Errno::from_io_error(&error) == Some(rustix::io::Errno::LOOP) => ExportError::LinkLoop(link),
        _ => ExportError::at(&link, error),
    }
}

pub(super) fn folder_of(target: &Path) -> &Path {
    match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The new file beside the target. Dropped before it was put in place, it disappears.
pub(super) struct Part {
    path: PathBuf,
    /// Open while it is written.
    file: Option<File>,
    /// Those of the file whose place it is to take, as they were when this one was begun.
    rights: Option<Rights>,
    placed: bool,
}

impl Part {
    /// Creates `<name>.part` for a target; another process's file of that name is left alone. It is for its
    /// owner's eyes, unless it takes the place of a file that others may see.
    pub(super) fn create(target: &Path) -> Result<Part, ExportError> {
        let mut part = Part::scratch(target)?;
        part.rights = Rights::of(target);
        Ok(part)
    }

    /// Creates a file like that for this program alone.
    pub(super) fn scratch(target: &Path) -> Result<Part, ExportError> {
        let name = target.file_name().ok_or_else(|| ExportError::NotAFile(target.to_path_buf()))?;
        match Part::named(target, name) {
            Err(ExportError::NameTooLong(_)) => Part::named(target, beginning(name)),
            created => created,
        }
    }

    fn named(target: &Path, name: &OsStr) -> Result<Part, ExportError> {
        for attempt in 0..PART_ATTEMPTS {
            let mut part_name = name.to_os_string();
            part_name.push(if attempt == 0 { ".part".to_owned() } else { format!(".{attempt}.part") });
            let path = folder_of(target).join(part_name);
            match OpenOptions::new().read(true).write(true).create_new(true).mode(OWNER_ALONE).open(&path) {
                Ok(file) => return Ok(Part { path, file: Some(file), rights: None, placed: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(ExportError::at(target, error)),
            }
        }
        Err(ExportError::at(target, io::ErrorKind::AlreadyExists.into()))
    }

    /// Writes the file and brings it to the disk.
    pub(super) fn fill<T>(
        &self,
        write: impl FnOnce(&mut BufWriter<&File>) -> Result<T, ExportError>,
    ) -> Result<T, ExportError> {
        let Some(file) = &self.file else { return Err(io::Error::from(io::ErrorKind::NotFound).into()) };
        let mut sink = BufWriter::with_capacity(WRITE_BUFFER, file);
        let written = write(&mut sink)?;
        sink.flush()?;
        drop(sink);
        file.sync_all()?;
        Ok(written)
    }

    /// The same without an open file: a save of a thousand files must not hold them all open.
    pub(super) fn closed(mut self) -> Part {
        self.take_over();
        self.file = None;
        self
    }

    /// What was allowed with the file that is replaced is allowed with this one. Not before it was looked at once more:
    /// there are files that their own owner may not read.
    fn take_over(&self) {
        if let (Some(file), Some(rights)) = (&self.file, &self.rights)
            && let Err(error) = rights.give(file)
        {
            tracing::warn!(%error, path = %self.path.display(), "the rights of the old file cannot be kept");
        }
    }

    /// Another hold on the open file.
    pub(super) fn writable(&self) -> io::Result<File> {
        self.file.as_ref().ok_or(io::ErrorKind::NotFound)?.try_clone()
    }

    /// The file as somebody else would see it.
    pub(super) fn reopened(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    /// The open file alone, without a name: whatever happens to this process, nothing of it stays.
    pub(super) fn unnamed(mut self) -> io::Result<File> {
        let file = self.file.take().ok_or(io::ErrorKind::NotFound)?;
        fs::remove_file(&self.path)?;
        self.placed = true;
        Ok(file)
    }

    /// Gives the file its name. Without `overwrite` nothing is replaced, whatever appeared meanwhile.
    pub(super) fn put_in_place(mut self, target: &Path, overwrite: bool) -> Result<(), ExportError> {
        self.take_over();
        if overwrite {
            fs::rename(&self.path, target).map_err(|error| match error.kind() {
                io::ErrorKind::IsADirectory => ExportError::NotAFile(target.to_path_buf()),
                _ => ExportError::at(target, error),
            })?;
        } else {
            self.rename_to_new(target)?;
        }
        self.placed = true;
        match File::open(folder_of(target)).and_then(|folder| folder.sync_all()) {
            Ok(()) => Ok(()),
            // The file is there; whether its name is still there after a power cut, nobody knows. The document stays.
            Err(error) if rustix::io::Errno::from_io_error(&error) == Some(rustix::io::Errno::IO) => Err(error.into()),
            Err(error) => {
                // Not every file system can do it, and not every folder may be read.
                tracing::warn!(%error, "the target folder cannot be synced");
                Ok(())
            }
        }
    }

    fn rename_to_new(&self, target: &Path) -> Result<(), ExportError> {
        let exists = || ExportError::Exists(target.to_path_buf());
        match rustix::fs::renameat_with(CWD, &self.path, CWD, target, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            Err(rustix::io::Errno::EXIST) => Err(exists()),
            // File systems that cannot do it in one step (some network and FUSE ones): a hard link
            // replaces nothing either; where there are none, look and rename.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => match fs::hard_link(&self.path, target) {
                Ok(()) => Ok(fs::remove_file(&self.path)?),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists()),
                Err(_) if fs::symlink_metadata(target).is_ok() => Err(exists()),
                Err(_) => fs::rename(&self.path, target).map_err(|error| ExportError::at(target, error)),
            },
            Err(error) => Err(ExportError::at(target, error.into())),
        }
    }
}

/// The beginning of a name, whole letters of it.
fn beginning(name: &OsStr) -> &OsStr {
    let bytes = name.as_bytes();
    let mut end = bytes.len().min(BEGINNING);
    while end > 0 && bytes.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1;
    }
    OsStr::from_bytes(&bytes[..end])
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.placed
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "an unfinished file stays");
        }
    }
}
