//! What is found on a disk afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use hayro_syntax::Pdf;
use lightbar::document::{Document, DocumentFolder, DocumentId, KeptDocument, Look, PageFile, Trouble};
use serde::{Deserialize, Serialize};

/// The pages of a document in order, with what was done to each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StateOfPages(pub(super) Vec<(u64, Look)>);

impl StateOfPages {
    /// Of a document.
    pub(super) fn of(document: &Document) -> StateOfPages {
        StateOfPages(document.pages().iter().map(|page| (page.id.0, page.look)).collect())
    }

    /// The same without pages that have a higher number than this.
    pub(super) fn up_to(&self, last: u64) -> StateOfPages {
        StateOfPages(self.0.iter().copied().filter(|(id, _)| *id <= last).collect())
    }
}

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

/// A document as the next start of the program finds it.
pub(super) struct FoundDocument {
    pub(super) kept: KeptDocument,
    pub(super) troubles: Vec<Trouble>,
    /// By the numbers of their files.
    pub(super) pages: BTreeMap<u64, FoundPage>,
}

impl FoundDocument {
    /// Opens a document.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub(super) fn open(data: &Path, id: &DocumentId) -> Result<FoundDocument, String> {
        let (kept, troubles) = KeptDocument::open(data, id).map_err(|error| format!("{id} does not open: {error}"))?;
        let files = kept.folder().path().expect("it is there").join("pages");
        let mut pages = BTreeMap::new();
        // Where the folder itself is gone no page is there.
        let entries = match fs::read_dir(files) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            entries => Some(entries.expect("readable")),
        };
        for entry in entries.into_iter().flatten() {
            let path = entry.expect("readable").path();
            let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
            if let Some((number, page)) = number.zip(FoundPage::in_file(&path)) {
                pages.insert(number, page);
            }
        }
        Ok(FoundDocument { kept, troubles, pages })
    }

    /// Whether a page is in the document, or within reach of undo.
    pub(super) fn knows(&self, page: u64) -> bool {
        let document = self.kept.document();
        document.pages().iter().chain(document.put_aside()).any(|known| known.id.0 == page || known.file.0 == page)
    }

    /// What of it is not as it was left, but for pages that came back from their files.
    pub(super) fn damage(&self) -> Vec<&Trouble> {
        self.troubles.iter().filter(|trouble| !matches!(trouble, Trouble::PagesFound(_))).collect()
    }
}

/// All documents of a data directory.
///
/// # Errors
/// Why one of them cannot be opened.
pub(super) fn documents_below(data: &Path) -> Result<Vec<FoundDocument>, String> {
    let ids = DocumentFolder::list(data).map_err(|error| error.to_string())?;
    ids.iter().map(|id| FoundDocument::open(data, id)).collect()
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

/// The names of the files in a folder.
pub(super) fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable"));
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
