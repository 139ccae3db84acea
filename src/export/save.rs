//! Saving: a new file beside the target, synced, checked, and only then put in its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};

use super::file_names::names;
use super::output::Watch;
use super::{ExportDocument, ExportError, FileFormat, Naming, OnProgress, Written, jpeg, opened, pdf, png, tiff};

/// Small writes are gathered up to this size; a band of a page goes out as it is.
const WRITE_BUFFER: usize = 16 << 10;
/// Names tried for the new file beside the target.
const PART_ATTEMPTS: u32 = 100;

/// How to save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaveOptions {
    /// The kind of file.
    pub format: FileFormat,
    /// Whether an existing target may be replaced. The question was asked before.
    pub overwrite: bool,
    /// How the files are named.
    pub naming: Naming,
}

/// What was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The files, in order of their pages.
    pub files: Vec<PathBuf>,
    /// What is in them, all together.
    pub written: Written,
}

/// Whether a target can be written, to be asked before paper moves. Where files will be numbered, ask
/// with the first of their names ([`super::numbered`]).
///
/// # Errors
/// What [`save`] would say.
pub fn check_target(target: &Path, overwrite: bool) -> Result<(), ExportError> {
    let folder = folder_of(target);
    if target.file_name().is_none() {
        return Err(ExportError::NotAFile(target.to_path_buf()));
    }
    match fs::symlink_metadata(target) {
        Ok(there) if there.is_dir() => return Err(ExportError::NotAFile(target.to_path_buf())),
        Ok(_) if !overwrite => return Err(ExportError::Exists(target.to_path_buf())),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(ExportError::at(target, error)),
    }
    match fs::metadata(folder) {
        Ok(there) if !there.is_dir() => return Err(ExportError::NoFolder(folder.to_path_buf())),
        Ok(_) => {}
        Err(error) => return Err(ExportError::at(target, error)),
    }
    // Permissions, quotas and read-only mounts have one judge: a file that is really created.
    let part = Part::create(target)?;
    drop(part);
    Ok(())
}

/// Saves a document.
///
/// # Errors
/// [`ExportError`]; an existing target is then as it was, and nothing is left beside it.
pub fn save(
    document: &ExportDocument,
    target: &Path,
    options: SaveOptions,
    on_progress: &mut OnProgress<'_>,
) -> Result<Saved, ExportError> {
    if document.pages.is_empty() {
        return Err(ExportError::NoPages);
    }
    if options.format.holds_many_pages() {
        save_together(document, target, options, on_progress)
    } else {
        save_apart(document, target, options, on_progress)
    }
}

/// All pages in one file.
fn save_together(
    document: &ExportDocument,
    target: &Path,
    options: SaveOptions,
    on_progress: &mut OnProgress<'_>,
) -> Result<Saved, ExportError> {
    let part = Part::create(target)?;
    let written = if options.format == FileFormat::Tiff {
        let mut watch = Watch::new(document.pages.len(), on_progress);
        let written = part.fill(|sink| tiff::write(document, sink, &mut watch))?;
        tiff::check(&part.reopened()?, written.pages)?;
        written
    } else {
        let written = part.fill(|sink| pdf::write(document, sink, on_progress))?;
        pdf::check(&part.reopened()?, written.pages)?;
        written
    };
    part.put_in_place(target, options.overwrite)?;
    Ok(Saved { files: vec![target.to_path_buf()], written })
}

/// A file per page. All are written and checked before the first takes its place.
fn save_apart(
    document: &ExportDocument,
    target: &Path,
    options: SaveOptions,
    on_progress: &mut OnProgress<'_>,
) -> Result<Saved, ExportError> {
    let files = u32::try_from(document.pages.len()).unwrap_or(u32::MAX);
    let mut watch = Watch::new(document.pages.len(), on_progress);
    let mut saved = Saved::default();
    let mut parts = Vec::new();
    for (page, name) in document.pages.iter().zip(names(target, files, options.naming)) {
        let (file, facts) = opened(page)?;
        if facts.height == 0 || facts.width == 0 {
            saved.written.left_out.push(file.head().page);
        } else {
            if !options.overwrite && fs::symlink_metadata(&name).is_ok() {
                return Err(ExportError::Exists(name));
            }
            let part = Part::create(&name)?;
            if options.format == FileFormat::Png {
                part.fill(|sink| png::write(&file, &facts, page.rotation, sink, &mut watch))?;
                png::check(&part.reopened()?)?;
            } else {
                part.fill(|sink| jpeg::write(&file, &facts, page.rotation, sink, &mut watch))?;
                jpeg::check(&part.reopened()?)?;
            }
            parts.push((part.closed(), name));
            saved.written.pages += 1;
            saved.written.partial += u32::from(!facts.complete);
        }
        watch.page_done()?;
    }
    if parts.is_empty() {
        return Err(ExportError::NoPages);
    }
    for (part, name) in parts {
        part.put_in_place(&name, options.overwrite)?;
        saved.files.push(name);
    }
    Ok(saved)
}

fn folder_of(target: &Path) -> &Path {
    match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The new file beside the target. Dropped before it was put in place, it disappears.
struct Part {
    path: PathBuf,
    /// Open while it is written.
    file: Option<File>,
    placed: bool,
}

impl Part {
    /// Creates `<name>.part`, private to the user; another process's file of that name is left alone.
    fn create(target: &Path) -> Result<Part, ExportError> {
        let name = target.file_name().ok_or_else(|| ExportError::NotAFile(target.to_path_buf()))?;
        for attempt in 0..PART_ATTEMPTS {
            let mut part_name = name.to_os_string();
            part_name.push(if attempt == 0 { ".part".to_owned() } else { format!(".{attempt}.part") });
            let path = folder_of(target).join(part_name);
            match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => return Ok(Part { path, file: Some(file), placed: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(ExportError::at(target, error)),
            }
        }
        Err(ExportError::at(target, io::ErrorKind::AlreadyExists.into()))
    }

    /// Writes the file and brings it to the disk.
    fn fill<T>(&self, write: impl FnOnce(&mut BufWriter<&File>) -> Result<T, ExportError>) -> Result<T, ExportError> {
        let Some(file) = &self.file else { return Err(io::Error::from(io::ErrorKind::NotFound).into()) };
        let mut sink = BufWriter::with_capacity(WRITE_BUFFER, file);
        let written = write(&mut sink)?;
        sink.flush()?;
        drop(sink);
        file.sync_all()?;
        Ok(written)
    }

    /// The same without an open file: a save of a thousand files must not hold them all open.
    fn closed(mut self) -> Part {
        self.file = None;
        self
    }

    /// The file as somebody else would see it.
    fn reopened(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    /// Gives the file its name. Without `overwrite` nothing is replaced, whatever appeared meanwhile.
    fn put_in_place(mut self, target: &Path, overwrite: bool) -> Result<(), ExportError> {
        if overwrite {
            fs::rename(&self.path, target).map_err(|error| match error.kind() {
                io::ErrorKind::IsADirectory => ExportError::NotAFile(target.to_path_buf()),
                _ => ExportError::at(target, error),
            })?;
        } else {
            self.rename_to_new(target)?;
        }
        self.placed = true;
        // The name is there; a folder that cannot be synced only delays its safety against a power cut.
        if let Err(error) = File::open(folder_of(target)).and_then(|folder| folder.sync_all()) {
            tracing::warn!(%error, "the target folder cannot be synced");
        }
        Ok(())
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

impl Drop for Part {
    fn drop(&mut self) {
        if !self.placed
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "an unfinished file stays");
        }
    }
}
