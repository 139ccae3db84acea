//! The new file beside the target: without a name until it is whole, where the file system can do that, so that a process
//! that is killed leaves nothing behind. Elsewhere it has a name that says that it is no document.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

use super::ExportError;
use super::nameless;
use super::permissions::{OWNER_ALONE, Rights};
use super::target::folder_of;

/// Small writes are gathered up to this size; a band of a page goes out as it is.
pub(super) const WRITE_BUFFER: usize = 16 << 10;
/// Names tried for the new file.
const PART_ATTEMPTS: u32 = 100;
/// Of a name that leaves no room for an ending, the new file has so many bytes at most: enough to know it by.
const BEGINNING: usize = 64;

/// The new file. Dropped before it was put in place, it disappears.
pub(super) struct Part {
    /// Open while it is written; without a name, until it has one.
    file: Option<File>,
    /// What it is called meanwhile; `None`: nothing.
    name: Option<OwnName>,
    /// Those of the file whose place it is to take, as they were when this one was begun.
    rights: Option<Rights>,
}

impl Part {
    /// Creates a file without a name, where it can have one later; else as [`Part::named`]. It is for its owner's eyes,
    /// unless it takes the place of a file that others may see.
    pub(super) fn create(target: &Path) -> Result<Part, ExportError> {
        if target.file_name().is_none() {
            return Err(ExportError::NotAFile(target.to_path_buf()));
        }
        match nameless::create(folder_of(target)).map_err(|error| ExportError::at(target, error))? {
            Some(file) if nameless::can_be_named(&file) => {
                Ok(Part { file: Some(file), name: None, rights: Rights::of(target) })
            }
            _ => Part::named(target),
        }
    }

    /// Creates `<name>.part` for a target; another process's file of that name is left alone.
    pub(super) fn named(target: &Path) -> Result<Part, ExportError> {
        let (name, file) = OwnName::created(target)?;
        Ok(Part { file: Some(file), name: Some(name), rights: Rights::of(target) })
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

    /// The same until it is put in place. One that has a name is closed: a save of a thousand files must not hold
    /// them all open.
    pub(super) fn closed(mut self) -> Part {
        if self.name.is_some() {
            self.take_over();
            self.file = None;
        }
        self
    }

    /// What was allowed with the file that is replaced is allowed with this one. Not before it was looked at once more:
    /// there are files that their own owner may not read.
    fn take_over(&self) {
        if let (Some(file), Some(rights)) = (&self.file, &self.rights) {
            take_over(file, rights);
        }
    }

    /// Another hold on the open file.
    pub(super) fn writable(&self) -> io::Result<File> {
        self.file.as_ref().ok_or(io::ErrorKind::NotFound)?.try_clone()
    }

    /// The file as somebody else would see it.
    pub(super) fn reopened(&self) -> io::Result<File> {
        match (&self.name, &self.file) {
            (Some(name), _) => File::open(&name.path),
            (None, Some(file)) => nameless::reopened(file),
            (None, None) => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Gives the file its name. Without `overwrite` nothing is replaced, whatever appeared meanwhile.
    pub(super) fn put_in_place(mut self, target: &Path, overwrite: bool) -> Result<(), ExportError> {
        self.take_over();
        match (self.name.take(), self.file.take()) {
            (Some(name), _) => name.put_in_place(target, overwrite)?,
            (None, Some(file)) => name_it(&file, self.rights.as_ref(), target, overwrite)?,
            (None, None) => return Err(io::Error::from(io::ErrorKind::NotFound).into()),
        }
        match File::open(folder_of(target)).and_then(|folder| folder.sync_all()) {
            Ok(()) => Ok(()),
            // The file is there; whether its name is still there after a power cut, nobody knows. The document stays.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::IO) => Err(error.into()),
            Err(error) => {
                // Not every file system can do it, and not every folder may be read.
                tracing::warn!(%error, "the target folder cannot be synced");
                Ok(())
            }
        }
    }
}

/// A file for this program alone, without a name: whatever happens to this process, nothing of it stays. Where there are no
/// such files it has this name for a moment.
pub(super) fn scratch(folder: &Path, name: &str) -> Result<File, ExportError> {
    let target = folder.join(name);
    match nameless::create(folder).map_err(|error| ExportError::at(&target, error))? {
        Some(file) => Ok(file),
        None => OwnName::created(&target).map(|(_, file)| file),
    }
}

fn take_over(file: &File, rights: &Rights) {
    if let Err(error) = rights.give(file) {
        tracing::warn!(%error, "the rights of the old file cannot be kept");
    }
}

/// Gives a whole file that has no name its target's. To replace another file it needs a name of its own first, for a moment.
fn name_it(file: &File, rights: Option<&Rights>, target: &Path, overwrite: bool) -> Result<(), ExportError> {
    let refused = match nameless::link(file, target) {
        Ok(()) => return Ok(()),
        Err(Errno::EXIST) if !overwrite => return Err(ExportError::Exists(target.to_path_buf())),
        Err(Errno::EXIST) => match OwnName::linked(file, target) {
            Ok(name) => return name.put_in_place(target, true),
            Err(error) => error,
        },
        Err(error) => error.into(),
    };
    // There are systems that let a file be made without a name and do not let it have one.
    if Errno::from_io_error(&refused).is_none_or(|errno| !nameless::REFUSALS.contains(&errno)) {
        return Err(ExportError::at(target, refused));
    }
    tracing::warn!(%refused, "a file without a name cannot be given one");
    let (name, mut copy) = OwnName::created(target)?;
    let mut file = file;
    file.rewind()?;
    io::copy(&mut file, &mut copy)?;
    copy.sync_all()?;
    if let Some(rights) = rights {
        take_over(&copy, rights);
    }
    name.put_in_place(target, overwrite)
}

/// A name beside a target that this program gave to a file. Dropped, the file of this name is removed, unless it is
/// another one by now.
struct OwnName {
    path: PathBuf,
    /// The device and the inode.
    file: (u64, u64),
}

impl OwnName {
    /// Makes a new file.
    fn created(target: &Path) -> Result<(OwnName, File), ExportError> {
        let (path, file) = free_name(target, |path| {
            OpenOptions::new().read(true).write(true).create_new(true).mode(OWNER_ALONE).open(path)
        })
        .map_err(|error| ExportError::at(target, error))?;
        Ok((OwnName { path, file: identity(&file)? }, file))
    }

    /// Names a file that has no name.
    fn linked(file: &File, target: &Path) -> io::Result<OwnName> {
        let identity = identity(file)?;
        let (path, ()) = free_name(target, |path| Ok(nameless::link(file, path)?))?;
        Ok(OwnName { path, file: identity })
    }

    /// Renames it. Without `overwrite` nothing is replaced.
    fn put_in_place(self, target: &Path, overwrite: bool) -> Result<(), ExportError> {
        if overwrite {
            fs::rename(&self.path, target).map_err(|error| match error.kind() {
                io::ErrorKind::IsADirectory => ExportError::NotAFile(target.to_path_buf()),
                _ => ExportError::at(target, error),
            })?;
        } else {
            self.rename_to_new(target)?;
        }
        // Nothing has this name any more.
        std::mem::forget(self);
        Ok(())
    }

    fn rename_to_new(&self, target: &Path) -> Result<(), ExportError> {
        let exists = || ExportError::Exists(target.to_path_buf());
        match rustix::fs::renameat_with(CWD, &self.path, CWD, target, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(exists()),
            // File systems that cannot do it in one step (some network and FUSE ones): a hard link
            // replaces nothing either; where there are none, look and rename.
            Err(Errno::INVAL | Errno::NOSYS) => match fs::hard_link(&self.path, target) {
                Ok(()) => Ok(fs::remove_file(&self.path)?),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists()),
                Err(_) if fs::symlink_metadata(target).is_ok() => Err(exists()),
                Err(_) => fs::rename(&self.path, target).map_err(|error| ExportError::at(target, error)),
            },
            Err(error) => Err(ExportError::at(target, error.into())),
        }
    }
}

impl Drop for OwnName {
    fn drop(&mut self) {
        let there = fs::symlink_metadata(&self.path);
        if there.is_ok_and(|there| (there.dev(), there.ino()) == self.file)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "an unfinished file stays");
        }
    }
}

fn identity(file: &File) -> io::Result<(u64, u64)> {
    let there = file.metadata()?;
    Ok((there.dev(), there.ino()))
}

/// Takes the first name for a new file beside a target that nothing has.
fn free_name<T>(target: &Path, mut take: impl FnMut(&Path) -> io::Result<T>) -> io::Result<(PathBuf, T)> {
    let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    match first_free(target, name, &mut take) {
        Err(error) if error.kind() == io::ErrorKind::InvalidFilename => first_free(target, beginning(name), &mut take),
        taken => taken,
    }
}

fn first_free<T>(
    target: &Path,
    name: &OsStr,
    take: &mut impl FnMut(&Path) -> io::Result<T>,
) -> io::Result<(PathBuf, T)> {
    for attempt in 0..PART_ATTEMPTS {
        let mut part_name = name.to_os_string();
        part_name.push(if attempt == 0 { ".part".to_owned() } else { format!(".{attempt}.part") });
        let path = folder_of(target).join(part_name);
        match take(&path) {
            Ok(taken) => return Ok((path, taken)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn filled(part: Part) -> Part {
        part.fill(|sink| Ok(sink.write_all(b"new")?)).unwrap();
        assert_eq!(io::read_to_string(part.reopened().unwrap()).unwrap(), "new");
        part.closed()
    }

    /// Makes a new file.
    type Kind = fn(&Path) -> Result<Part, ExportError>;

    /// Both kinds.
    const KINDS: [Kind; 2] = [Part::create, Part::named];

    #[test]
    fn a_file_has_its_name_when_it_is_whole_and_replaces_nothing_unasked() {
        for kind in KINDS {
            let folder = tempfile::tempdir().unwrap();
            let target = folder.path().join("x.pdf");
            filled(kind(&target).unwrap()).put_in_place(&target, false).unwrap();
            assert_eq!(fs::read(&target).unwrap(), b"new");
            assert_eq!(target.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            fs::write(&target, b"old").unwrap();
            let refused = filled(kind(&target).unwrap()).put_in_place(&target, false);
            assert_eq!(refused, Err(ExportError::Exists(target.clone())));
            assert_eq!((fs::read(&target).unwrap(), names(folder.path())), (b"old".to_vec(), vec!["x.pdf".to_owned()]));
            fs::write(folder.path().join("x.pdf.part"), b"theirs").unwrap();
            filled(kind(&target).unwrap()).put_in_place(&target, true).unwrap();
            assert_eq!(fs::read(&target).unwrap(), b"new");
            assert_eq!(names(folder.path()), ["x.pdf", "x.pdf.part"]);
            assert_eq!(fs::read(folder.path().join("x.pdf.part")).unwrap(), b"theirs");
        }
    }

    #[test]
    fn a_file_with_a_name_goes_by_itself_and_takes_nobody_else_s_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x.pdf");
        let part = Part::named(&target).unwrap();
        let there = folder.path().join("x.pdf.part");
        assert_eq!(there.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        drop(part);
        assert!(names(folder.path()).is_empty());
        let part = filled(Part::named(&target).unwrap());
        fs::write(folder.path().join("theirs"), b"theirs").unwrap();
        fs::rename(folder.path().join("theirs"), &there).unwrap();
        drop(part);
        assert_eq!(fs::read(&there).unwrap(), b"theirs");
    }

    /// The longest name that a file system takes has no room for an ending.
    #[test]
    fn the_longest_name_has_a_short_one_until_it_is_whole() {
        // Letters of two bytes, so that a cut after any number of bytes may be in the middle of one.
        for length in [250, 251, 255] {
            let folder = tempfile::tempdir().unwrap();
            let name = format!("{}{}", "x".repeat(length % 2), "ä".repeat(length / 2));
            let target = folder.path().join(&name);
            let part = filled(Part::named(&target).unwrap());
            let there = names(folder.path());
            assert!(there.len() == 1 && there[0].ends_with(".part") && !there[0].contains('\u{fffd}'), "{there:?}");
            part.put_in_place(&target, false).unwrap();
            filled(Part::create(&target).unwrap()).put_in_place(&target, true).unwrap();
            assert_eq!(names(folder.path()), [name]);
        }
    }

    #[test]
    fn nothing_is_to_be_seen_of_a_file_without_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x.pdf");
        if nameless::create(folder.path()).unwrap().is_none() {
            println!("SKIPPED: the file system of {} has no files without names", folder.path().display());
            return;
        }
        let part = filled(Part::create(&target).unwrap());
        assert!(names(folder.path()).is_empty());
        drop(part);
        let mut kept = scratch(folder.path(), "kept").unwrap();
        kept.write_all(b"for a while").unwrap();
        assert!(names(folder.path()).is_empty());
    }
}
