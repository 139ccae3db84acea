//! Looks at the disk for the save dialog. All of it may wait, so it runs on a thread of its own and
//! never on the window's.

use std::path::{Path, PathBuf};

use crate::export::{ExportError, check_target};

/// How many names are tried for a proposal.
const NAMES_TRIED: u32 = 1000;

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
///
/// # Errors
/// Why not; [`ExportError::Exists`] when it would have to replace one.
pub(super) fn look_at(target: &Path) -> Result<(), ExportError> {
    // The ending alone is no name.
    if target.file_name().is_none_or(|name| name == ".pdf") {
        return Err(ExportError::NotAFile(target.to_path_buf()));
    }
    check_target(target, false)
}

#[cfg(test)]
mod tests {
    use std::fs;

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
        let path = |name: &str| folder.path().join(name);
        let at = |name: &str| look_at(&path(name));
        fs::write(folder.path().join("old.pdf"), b"x").expect("written");
        fs::create_dir(folder.path().join("folder.pdf")).expect("made");
        assert_eq!(at("new.pdf"), Ok(()));
        assert_eq!(at("old.pdf"), Err(ExportError::Exists(path("old.pdf"))));
        assert_eq!(at("folder.pdf"), Err(ExportError::NotAFile(path("folder.pdf"))));
        assert_eq!(at("none/new.pdf"), Err(ExportError::NoFolder(path("none"))));
        assert_eq!(at("old.pdf/new.pdf"), Err(ExportError::NoFolder(path("old.pdf"))));
        let nameless = meant(&folder.path().to_string_lossy(), " ");
        assert_eq!(look_at(&nameless), Err(ExportError::NotAFile(nameless.clone())));
        assert_eq!(fs::read_dir(folder.path()).map(Iterator::count).ok(), Some(2), "a look leaves nothing behind");
    }

    #[test]
    fn the_ending_is_added_where_it_is_missing() {
        assert_eq!(meant("/tmp ", "letter"), PathBuf::from("/tmp/letter.pdf"));
        assert_eq!(meant("/tmp", "letter.PDF"), PathBuf::from("/tmp/letter.PDF"));
        assert_eq!(meant("/tmp", "v1.2"), PathBuf::from("/tmp/v1.2.pdf"));
    }
}
