//! What is found on a disk afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use hayro_syntax::Pdf;
use lightbar::document::{DocumentFolder, PageFile};

/// A page as its file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundPage {
    pub(super) complete: bool,
    pub(super) bytes: Vec<u8>,
}

impl FoundPage {
    /// Of a page's file; `None` when it says nothing of a page.
    pub(super) fn in_file(path: &Path) -> Option<FoundPage> {
        let file = PageFile::open(path).ok()?;
        let mut bytes = Vec::new();
        file.bytes().read_to_end(&mut bytes).expect("what was replayed can be read");
        Some(FoundPage { complete: file.is_complete(), bytes })
    }
}

/// The pages of all documents, by document and number, and the files that say nothing of a page.
#[derive(Debug, Default)]
pub(super) struct FoundPages {
    pub(super) pages: BTreeMap<(String, u64), FoundPage>,
    pub(super) unreadable: Vec<PathBuf>,
}

/// Opens every document of a data directory, as the next start of the program does.
pub(super) fn pages_below(data: &Path) -> FoundPages {
    let mut found = FoundPages::default();
    for id in DocumentFolder::list(data).expect("readable") {
        let folder = DocumentFolder::open(data, &id).unwrap_or_else(|error| panic!("{id}: {error}"));
        let recovered = folder.recover().expect("readable");
        for (page, _) in recovered.pages {
            let path = folder.page_path(page).expect("it has a place");
            let page_found = FoundPage::in_file(&path).expect("it was just read");
            found.pages.insert((id.as_str().to_owned(), page.0), page_found);
        }
        found.unreadable.extend(recovered.unreadable.into_iter().map(|(path, _)| path));
    }
    found
}

/// The number of pages of a PDF; `None` when it is none or not whole.
pub(super) fn pages_of_pdf(bytes: &[u8]) -> Option<usize> {
    // A file that was cut is repaired by those who read it, but not by one who looks for its end.
    let whole = bytes.trim_ascii_end().ends_with(b"%%EOF");
    whole.then(|| Pdf::new(bytes.to_vec()).ok().map(|pdf| pdf.pages().len())).flatten()
}

/// Whether bytes lie in others.
pub(super) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

/// The files in a folder, with their bytes.
pub(super) fn files_in(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable"));
    entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("readable")))
        .collect()
}
