//! Looks at the disk for the save dialog. All of it may wait, so it runs on a thread of its own and
//! never on the window's.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::export::{ExportError, FileFormat, check_target};

/// How many names are tried for a proposal.
const NAMES_TRIED: u32 = 1000;
/// Longest part of a title that becomes a file's name, in characters: with its ending it has room on every disk.
const TITLE_IN_NAME: usize = 60;
/// The longest list of a desktop's folders that is read, in bytes.
const LARGEST_LIST: u64 = 64 << 10;

/// What a proposal is made from.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The file that the document was saved to last.
    pub(super) saved_to: Option<PathBuf>,
    /// The folder that was used last.
    pub(super) folder: Option<PathBuf>,
    /// What the document is called.
    pub(super) title: Option<String>,
    /// The template that the last file was named from.
    pub(super) template: Option<String>,
}

/// Where the document was saved, for it is to be saved there again; else a name that is not taken: `Scan.pdf`,
/// `Scan 2.pdf` …, or the document's title.
pub(super) fn propose(known: &Known, format: FileFormat) -> PathBuf {
    let saved_to = known.saved_to.as_deref().filter(|file| file.parent().is_some_and(Path::is_dir));
    if let Some(file) = saved_to {
        return without_number(file).with_extension(ending(format));
    }
    let folder = folder_or_documents(known.folder.clone());
    if let Some(template) = &known.template {
        return folder.join(ending_in(template, format));
    }
    let title = known.title.as_deref();
    let stem = title.map(as_name).filter(|stem| !stem.is_empty()).unwrap_or_else(|| "Scan".to_owned());
    let ending = ending(format);
    let name = |number: u32| match number {
        1 => format!("{stem}.{ending}"),
        number => format!("{stem} {number}.{ending}"),
    };
    let free = (1..NAMES_TRIED).map(|number| folder.join(name(number))).find(|path| !path.exists());
    free.unwrap_or_else(|| folder.join(name(1)))
}

/// The name that the first of several files was numbered from.
fn without_number(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    match stem.strip_suffix("-001").filter(|stem| !stem.is_empty()) {
        // The dots of a name are no ending.
        Some(stem) => file.with_file_name(format!("{stem}.x")),
        None => file.to_path_buf(),
    }
}

/// The folder, if it is one; else where documents are.
pub(super) fn folder_or_documents(folder: Option<PathBuf>) -> PathBuf {
    folder.filter(|folder| folder.is_dir()).unwrap_or_else(documents)
}

/// The folder that a path names, or lies in; `None` when there is none.
pub(super) fn folder_in(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|part| part.is_dir()).filter(|part| !part.as_os_str().is_empty()).map(Path::to_path_buf)
}

/// A title as the name of a file: no part of it is a folder or hidden.
fn as_name(title: &str) -> String {
    let plain = title.chars().map(|sign| if sign.is_control() || "/\\:*?\"<>|".contains(sign) { ' ' } else { sign });
    let name: String = plain.take(TITLE_IN_NAME).collect();
    name.trim_start_matches(|sign: char| sign == '.' || sign.is_whitespace()).trim_end().to_owned()
}

/// Where documents of this person are: the folder that the desktop calls so, `Documents`, else the home folder.
fn documents() -> PathBuf {
    let home = etcetera::home_dir().unwrap_or_else(|_| PathBuf::from("."));
    let named = std::env::var_os("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
    let mut text = String::new();
    let read =
        File::open(named.join("user-dirs.dirs")).and_then(|file| file.take(LARGEST_LIST).read_to_string(&mut text));
    let named = read.ok().and_then(|_| documents_in(&text, &home));
    let is_there = |folder: &PathBuf| folder.is_dir();
    named.filter(is_there).or(Some(home.join("Documents")).filter(is_there)).unwrap_or(home)
}

/// What the desktop's list of folders (`user-dirs.dirs`) calls the documents' folder, which has another name in every
/// language.
fn documents_in(list: &str, home: &Path) -> Option<PathBuf> {
    let value = list.lines().find_map(|line| line.trim().strip_prefix("XDG_DOCUMENTS_DIR="))?;
    let value = value.trim().trim_matches('"');
    match value.strip_prefix("$HOME") {
        Some(below) => Some(home.join(below.trim_start_matches('/'))),
        None => Some(PathBuf::from(value)).filter(|folder| folder.is_absolute()),
    }
}

/// How the names of a kind of file end.
pub(super) const fn ending(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Pdf => "pdf",
        FileFormat::Tiff => "tif",
        FileFormat::Png => "png",
        FileFormat::Jpeg => "jpg",
    }
}

/// The kind of file that a name stands for by its ending.
pub(super) fn format_of(name: &str) -> Option<FileFormat> {
    FileFormat::from_extension(&Path::new(name.trim()).extension()?.to_string_lossy())
}

/// The name with the ending of this kind of file in the place of another kind's.
pub(super) fn ending_in(name: &str, format: FileFormat) -> String {
    match format_of(name) {
        Some(had) if had == format => name.to_owned(),
        Some(_) => Path::new(name.trim()).with_extension(ending(format)).to_string_lossy().into_owned(),
        None => name.to_owned(),
    }
}

/// Puts a field of a template into a name, at the end of what stands before its ending.
pub(super) fn add_field(name: &mut String, field: &str) {
    let (stem, ending) = match (format_of(name), name.rfind('.')) {
        (Some(_), Some(at)) => name.split_at(at),
        _ => (name.as_str(), ""),
    };
    let between = if stem.is_empty() || stem.ends_with([' ', '-', '_']) { "" } else { " " };
    *name = format!("{stem}{between}{{{field}}}{ending}");
}

/// A path as a person writes it: `~` is the home folder.
pub(super) fn from_home(path: &str) -> PathBuf {
    let path = path.trim();
    match path.strip_prefix('~').map(|rest| rest.trim_start_matches('/')) {
        Some(rest) => etcetera::home_dir().map_or_else(|_| PathBuf::from(path), |home| home.join(rest)),
        None => PathBuf::from(path),
    }
}

/// The file a person means: `~` is the home folder, and a missing ending is added.
pub(super) fn meant(folder: &str, name: &str, format: FileFormat) -> PathBuf {
    with_extension(from_home(folder).join(name.trim()), format)
}

/// The path with the ending of this kind of file when it does not end so.
pub(super) fn with_extension(path: PathBuf, format: FileFormat) -> PathBuf {
    let had = path.extension().and_then(|extension| FileFormat::from_extension(&extension.to_string_lossy()));
    if had == Some(format) || path.file_name().is_none() {
        return path;
    }
    let mut name = path.into_os_string();
    name.push(".");
    name.push(ending(format));
    PathBuf::from(name)
}

/// Looks whether a file can be written; `may_be_there`: that it would replace one is no reason.
///
/// # Errors
/// Why not; [`ExportError::Exists`] when it would have to replace one.
pub(super) fn look_at(target: &Path, may_be_there: bool) -> Result<(), ExportError> {
    // The ending alone is no name.
    if target
        .file_name()
        .is_none_or(|name| FileFormat::ALL.iter().any(|format| *name == *format!(".{}", ending(*format))))
    {
        return Err(ExportError::NotAFile(target.to_path_buf()));
    }
    check_target(target, may_be_there)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const PDF: FileFormat = FileFormat::Pdf;

    #[test]
    fn proposals_avoid_names_that_are_taken() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        let proposed = |title: Option<&str>, format: FileFormat| {
            let (folder, title) = (Some(folder.path().to_owned()), title.map(str::to_owned));
            propose(&Known { folder, title, ..Known::default() }, format)
        };
        assert_eq!(proposed(None, PDF), path("Scan.pdf"));
        fs::write(path("Scan.pdf"), b"x").expect("written");
        fs::write(path("Scan 2.pdf"), b"x").expect("written");
        assert_eq!(proposed(None, PDF), path("Scan 3.pdf"));
        assert_eq!(proposed(None, FileFormat::Jpeg), path("Scan.jpg"));
        assert_eq!(proposed(Some("Minutes of May"), PDF), path("Minutes of May.pdf"));
        assert_eq!(proposed(Some("../../etc/passwd"), PDF), path("etc passwd.pdf"), "no title is a path");
        assert_eq!(proposed(Some(" / "), PDF), path("Scan 3.pdf"));
    }

    #[test]
    fn a_document_is_saved_again_where_it_was_saved() {
        let (folder, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let known = |file: &Path| Known {
            saved_to: Some(file.to_owned()),
            folder: Some(other.path().to_owned()),
            title: Some("Another name".to_owned()),
            template: Some("{date}.pdf".to_owned()),
        };
        let at = |name: &str| folder.path().join(name);
        fs::write(at("Letter v1.2.pdf"), b"x").expect("written");
        assert_eq!(propose(&known(&at("Letter v1.2.pdf")), PDF), at("Letter v1.2.pdf"));
        assert_eq!(propose(&known(&at("Letter v1.2-001.pdf")), PDF), at("Letter v1.2.pdf"), "the first of several");
        assert_eq!(propose(&known(&at("Letter.pdf")), FileFormat::Jpeg), at("Letter.jpg"));
        // The disk is not connected any more.
        assert_eq!(propose(&known(Path::new("/no/such/folder/Letter.pdf")), PDF), other.path().join("{date}.pdf"));
    }

    #[test]
    fn the_folder_of_documents_has_the_name_that_the_desktop_gave_it() {
        let home = Path::new("/home/ada");
        let list = "# a list\nXDG_MUSIC_DIR=\"$HOME/Musik\"\nXDG_DOCUMENTS_DIR=\"$HOME/Dokumente\"\n";
        assert_eq!(documents_in(list, home), Some("/home/ada/Dokumente".into()));
        assert_eq!(documents_in("XDG_DOCUMENTS_DIR=\"/data/papers\"", home), Some("/data/papers".into()));
        assert_eq!(documents_in("XDG_DOCUMENTS_DIR=\"papers\"", home), None);
        assert_eq!(documents_in("", home), None);
    }

    #[test]
    fn a_target_is_free_taken_or_impossible() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        let at = |name: &str| look_at(&path(name), false);
        fs::write(folder.path().join("old.pdf"), b"x").expect("written");
        fs::create_dir(folder.path().join("folder.pdf")).expect("made");
        assert_eq!(at("new.pdf"), Ok(()));
        assert_eq!(at("old.pdf"), Err(ExportError::Exists(path("old.pdf"))));
        assert_eq!(look_at(&path("old.pdf"), true), Ok(()));
        assert_eq!(at("folder.pdf"), Err(ExportError::NotAFile(path("folder.pdf"))));
        assert_eq!(at("none/new.pdf"), Err(ExportError::NoFolder(path("none"))));
        assert_eq!(at("old.pdf/new.pdf"), Err(ExportError::NoFolder(path("old.pdf"))));
        let nameless = meant(&folder.path().to_string_lossy(), " ", PDF);
        assert_eq!(look_at(&nameless, false), Err(ExportError::NotAFile(nameless.clone())));
        assert_eq!(fs::read_dir(folder.path()).map(Iterator::count).ok(), Some(2), "a look leaves nothing behind");
    }

    #[test]
    fn the_ending_is_added_where_it_is_missing_and_changed_with_the_format() {
        assert_eq!(meant("/tmp ", "letter", PDF), PathBuf::from("/tmp/letter.pdf"));
        assert_eq!(meant("/tmp", "letter.PDF", PDF), PathBuf::from("/tmp/letter.PDF"));
        assert_eq!(meant("/tmp", "v1.2", PDF), PathBuf::from("/tmp/v1.2.pdf"));
        assert_eq!(meant("/tmp", "letter.tiff", FileFormat::Tiff), PathBuf::from("/tmp/letter.tiff"));
        assert_eq!(ending_in("letter.pdf", FileFormat::Png), "letter.png");
        assert_eq!(ending_in("v1.2", FileFormat::Png), "v1.2");
        assert_eq!(format_of(" a.JPEG "), Some(FileFormat::Jpeg));
    }
}
