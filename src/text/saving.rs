//! What a save would come to, in words, and what the parts of a file's name stand for.

use std::path::{Path, PathBuf};

use crate::export::{Estimate, Field, FileFormat};
use crate::session::AutoSave;

use super::numbers::bytes;

/// How large a file would be: `about 3.2 MB`, and without *about* where everything is copied.
pub fn size_before(size: &Estimate) -> String {
    let words = bytes(size.bytes as f64);
    if size.exact { words } else { format!("about {words}") }
}

/// What the files of a save are called: `Scan-001.pdf to Scan-003.pdf, 3 files`.
pub fn file_names(names: &[PathBuf]) -> String {
    match names {
        [] => String::new(),
        [only] => file_name(only),
        [first, second] => format!("{} and {}", file_name(first), file_name(second)),
        [first, .., last] => format!("{} to {}, {} files", file_name(first), file_name(last), names.len()),
    }
}

/// So many files are named where many are meant.
const NAMED_AT_MOST: usize = 3;

/// The first names of a list, and how many more there are: `a, b, c and 10 more`.
pub(super) fn some_of(names: &[String]) -> String {
    match names {
        [before @ .., last] if !before.is_empty() && names.len() <= NAMED_AT_MOST => {
            format!("{} and {last}", before.join(", "))
        }
        _ if names.len() <= NAMED_AT_MOST => names.concat(),
        _ => {
            let named = names.iter().take(NAMED_AT_MOST).cloned().collect::<Vec<_>>();
            format!("{} and {} more", named.join(", "), names.len() - NAMED_AT_MOST)
        }
    }
}

/// Where every scan is saved, as shortly as it can be said: `Papers · PDF`.
pub fn auto_save_facts(wish: &AutoSave) -> String {
    let folder = wish.folder.file_name().unwrap_or(wish.folder.as_os_str()).to_string_lossy();
    let format = match wish.format {
        FileFormat::Pdf => "PDF",
        FileFormat::Tiff => "TIFF",
        FileFormat::Png => "PNG",
        FileFormat::Jpeg => "JPEG",
    };
    format!("{folder} · {format}")
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What a field of a template stands for.
pub const fn field(field: Field) -> &'static str {
    match field {
        Field::Date => "Date",
        Field::Time => "Time",
        Field::Page => "Number of the page",
        Field::Pages => "How many pages",
        Field::Counter => "Counter, up to a free name",
        Field::Device => "Name of the scanner",
        Field::Title => "Title of the document",
    }
}

/// A file that was saved with a password is about to be replaced by one without.
pub const LOSES_PASSWORD: &str = "The file there has a password; this one will have none. To keep one, type it again.";
