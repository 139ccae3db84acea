//! Pages on disk, ready to be saved.

use std::fs;
use std::path::PathBuf;

use lightbar::document::{DocumentFolder, Look, Origin, page_path};
use lightbar::export::{ExportDocument, ExportPage};
use lightbar::minidriver::{PageFormat, PageInfo, PageStream};

use super::page_info::a4_page;

/// A document in a folder of its own, and an empty folder to save to.
pub(crate) struct KeptPages {
    folder: tempfile::TempDir,
    document: DocumentFolder,
    pub(crate) export: ExportDocument,
}

/// An A4 page at 100 dpi.
pub(crate) fn page_info(format: PageFormat) -> PageInfo {
    a4_page(format, 100)
}

impl KeptPages {
    pub(crate) fn new() -> KeptPages {
        let folder = tempfile::tempdir().expect("a folder");
        let document = DocumentFolder::unborn(&folder.path().join("data"));
        fs::create_dir(folder.path().join("out")).expect("created");
        let title = Some("Rechnung – März".to_owned());
        let export = ExportDocument { title, created: 1_767_322_645, ..ExportDocument::default() };
        KeptPages { folder, document, export }
    }

    pub(crate) fn with(format: PageFormat, bytes: &[u8], complete: bool) -> KeptPages {
        let mut pages = KeptPages::new();
        pages.add(page_info(format), bytes, complete);
        pages
    }

    /// Adds a page that arrived in bands.
    pub(crate) fn add(&mut self, info: PageInfo, bytes: &[u8], complete: bool) -> &mut ExportPage {
        let (id, page) = self.document.begin_page(info, Origin::default()).expect("a page");
        let mut stream = page.stream();
        for band in bytes.chunks(16_000) {
            assert_eq!(stream.write(band), Ok(band.len()));
        }
        page.end(complete, None).expect("the end is written");
        self.export.folder = self.document.path().expect("it exists");
        self.export.pages.push(ExportPage { page: id, file: id, facts: None, look: Look::default() });
        self.export.pages.last_mut().expect("just added")
    }

    /// The file of a page, counted from 0.
    pub(crate) fn file(&self, index: usize) -> PathBuf {
        page_path(&self.export.folder, self.export.pages[index].page)
    }

    /// A file in the folder to save to.
    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join("out").join(name)
    }

    /// Names in the folder to save to.
    pub(crate) fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path().join("out")).expect("readable");
        let mut names: Vec<String> =
            names.map(|name| name.expect("readable").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}
