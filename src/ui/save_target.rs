//! Looks at the disk for the save dialog. All of it may wait, so it runs on a thread of its own and
//! never on the window's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many names are tried for a proposal.
const NAMES_TRIED: u32 = 1000;

/// What is at the place where a file is to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TargetState {
    /// Nothing: it can be written.
    Free,
    /// A file, which would be replaced.
    Exists,
    /// It cannot be written there.
    Impossible(Obstacle),
}

/// Why a file cannot be written somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// There is no such folder.
    NoFolder,
    /// The name belongs to a folder.
    IsFolder,
    /// The folder may not be written.
    NotWritable,
    /// There is no name.
    NoName,
}

impl Obstacle {
    /// In words, for under the field.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Obstacle::NoFolder => "There is no such folder.",
            Obstacle::IsFolder => "There is a folder with this name. Choose another name.",
            Obstacle::NotWritable => "You may not write in this folder. Choose another one.",
            Obstacle::NoName => "Enter a name for the file.",
        }
    }
}

/// A path in a folder that is not taken: `Scan.pdf`, `Scan 2.pdf` …
pub(super) fn propose(folder: Option<PathBuf>) -> PathBuf {
    let folder = folder.filter(|folder| folder.is_dir()).unwrap_or_else(documents);
    let name = |number: u32| match number {
        1 => "Scan.pdf".to_owned(),
        number => format!("Scan {number}.pdf"),
    };
    let free = (1..NAMES_TRIED).map(|number| folder.join(name(number))).find(|path| !path.exists());
    free.unwrap_or_else(|| folder.join(name(1)))
}

/// Where documents of this person are: `Documents`, else the home folder.
fn documents() -> PathBuf {
    let home = etcetera::home_dir().unwrap_or_else(|_| PathBuf::from("."));
    let documents = home.join("Documents");
    if documents.is_dir() { documents } else { home }
}

/// The file a person means: `~` is the home folder, and a missing `.pdf` is added.
pub(super) fn meant(folder: &str, name: &str) -> PathBuf {
    let folder = folder.trim();
    let folder = match folder.strip_prefix('~').map(|rest| rest.trim_start_matches('/')) {
        Some(rest) => etcetera::home_dir().map_or_else(|_| PathBuf::from(folder), |home| home.join(rest)),
        None => PathBuf::from(folder),
    };
    with_extension(folder.join(name.trim()))
}

/// The path with `.pdf` when it does not end so.
pub(super) fn with_extension(path: PathBuf) -> PathBuf {
    let has = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("pdf"));
    if has || path.file_name().is_none() {
        return path;
    }
    let mut name = path.into_os_string();
    name.push(".pdf");
    PathBuf::from(name)
}

/// Looks whether a file can be written.
pub(super) fn look_at(target: &Path) -> TargetState {
    let Some(name) = target.file_name() else { return TargetState::Impossible(Obstacle::NoName) };
    if name == ".pdf" {
        return TargetState::Impossible(Obstacle::NoName);
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match fs::metadata(folder) {
        Ok(facts) if facts.is_dir() => {}
        Ok(_) => return TargetState::Impossible(Obstacle::NoFolder),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return TargetState::Impossible(Obstacle::NotWritable);
        }
        Err(_) => return TargetState::Impossible(Obstacle::NoFolder),
    }
    if rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err() {
        return TargetState::Impossible(Obstacle::NotWritable);
    }
    match fs::symlink_metadata(target) {
        Ok(facts) if facts.is_dir() => TargetState::Impossible(Obstacle::IsFolder),
        Ok(_) => TargetState::Exists,
        Err(_) => TargetState::Free,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposals_avoid_names_that_are_taken() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let here = || Some(folder.path().to_owned());
        assert_eq!(propose(here()), folder.path().join("Scan.pdf"));
        fs::write(folder.path().join("Scan.pdf"), b"x").expect("written");
        fs::write(folder.path().join("Scan 2.pdf"), b"x").expect("written");
        assert_eq!(propose(here()), folder.path().join("Scan 3.pdf"));
    }

    #[test]
    fn a_target_is_free_taken_or_impossible() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| look_at(&folder.path().join(name));
        fs::write(folder.path().join("old.pdf"), b"x").expect("written");
        fs::create_dir(folder.path().join("folder.pdf")).expect("made");
        assert_eq!(at("new.pdf"), TargetState::Free);
        assert_eq!(at("old.pdf"), TargetState::Exists);
        assert_eq!(at("folder.pdf"), TargetState::Impossible(Obstacle::IsFolder));
        assert_eq!(at("none/new.pdf"), TargetState::Impossible(Obstacle::NoFolder));
        assert_eq!(at("old.pdf/new.pdf"), TargetState::Impossible(Obstacle::NoFolder));
        assert_eq!(look_at(&meant(&folder.path().to_string_lossy(), " ")), TargetState::Impossible(Obstacle::NoName));
    }

    #[test]
    fn the_ending_is_added_where_it_is_missing() {
        assert_eq!(meant("/tmp ", "letter"), PathBuf::from("/tmp/letter.pdf"));
        assert_eq!(meant("/tmp", "letter.PDF"), PathBuf::from("/tmp/letter.PDF"));
        assert_eq!(meant("/tmp", "v1.2"), PathBuf::from("/tmp/v1.2.pdf"));
    }
}
