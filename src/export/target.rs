//! Where a file goes: whether it can be written, and where that is when the target is a link.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ExportError;
use super::part::Part;

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
/// As [`check_target`], for the first name that cannot be written; [`ExportError::SameFile`].
pub fn check_numbered(name: &dyn Fn(u32) -> PathBuf, overwrite: bool) -> Result<(), ExportError> {
    check_target(&name(1), overwrite)?;
    let names: Vec<PathBuf> = (1..=MOST_LOOKED_AT).map(name).collect();
    names.iter().skip(1).try_for_each(|name| place_of(name, overwrite).map(drop))?;
    refuse_one_file_twice(&names)
}

/// Refuses names of which two are one file, because a link leads from the one to the other or both to a third: what is
/// written last would be all that is left. Nobody need be asked about them.
///
/// # Errors
/// [`ExportError::SameFile`].
pub(super) fn refuse_one_file_twice(names: &[PathBuf]) -> Result<(), ExportError> {
    let is_link = |name: &PathBuf| fs::symlink_metadata(name).is_ok_and(|there| there.is_symlink());
    if names.len() < 2 || !names.iter().any(is_link) {
        return Ok(());
    }
    let mut places = HashMap::new();
    for name in names {
        if let Some(first) = places.insert(real_place(name), name) {
            return Err(ExportError::SameFile { first: first.clone(), second: name.clone() });
        }
    }
    Ok(())
}

/// Where a name leads in the end; of a file that is not there yet, where its folder is.
fn real_place(name: &Path) -> PathBuf {
    let in_its_folder = || Some(fs::canonicalize(folder_of(name)).ok()?.join(name.file_name()?));
    fs::canonicalize(name).ok().or_else(in_its_folder).unwrap_or_else(|| name.to_path_buf())
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
