//! Names of the files of one save.

use std::path::{Path, PathBuf};

/// How the files of a save are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// Exactly the name given, as long as there is one file; further ones are numbered.
    #[default]
    Exact,
    /// `FILE-001.png`, `FILE-002.png` …, also when there is only one.
    Numbered,
}

/// Digits of a page's number in a file name, at least.
const DIGITS: usize = 3;

/// `FILE-001.png` for `FILE.png` and 1. All names of one save have the same number of digits.
pub fn numbered(target: &Path, number: u32, of: u32) -> PathBuf {
    let digits = of.to_string().len().max(DIGITS);
    let mut name = target.file_stem().unwrap_or_default().to_os_string();
    name.push(format!("-{number:0digits$}"));
    if let Some(extension) = target.extension() {
        name.push(".");
        name.push(extension);
    }
    target.with_file_name(name)
}

/// The names for this many files.
pub(super) fn names(target: &Path, files: u32, naming: Naming) -> Vec<PathBuf> {
    if files == 1 && naming == Naming::Exact {
        return vec![target.to_path_buf()];
    }
    (1..=files).map(|number| numbered(target, number, files)).collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn files_are_numbered_beside_the_target() {
        let target = Path::new("/a.b/scan.of x.png");
        assert_eq!(names(target, 1, Naming::Exact), [target]);
        assert_eq!(names(target, 1, Naming::Numbered), [Path::new("/a.b/scan.of x-001.png")]);
        assert_eq!(names(target, 2, Naming::Exact)[1], Path::new("/a.b/scan.of x-002.png"));
        assert_eq!(numbered(Path::new("x"), 7, 1000), Path::new("x-0007"));
        let bytes = |name: &'static [u8]| Path::new(OsStr::from_bytes(name));
        assert_eq!(numbered(bytes(b"sc\xe4n.p\xfcg"), 7, 1), bytes(b"sc\xe4n-007.p\xfcg"), "whatever its bytes are");
    }
}
