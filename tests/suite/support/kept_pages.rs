//! Pages on disk, ready to be saved.

use std::fs;
use std::path::PathBuf;

use lightbar::document::{DocumentFolder, Origin, Rotation};
use lightbar::export::{ExportDocument, ExportPage};
use lightbar::minidriver::{PageFormat, PageInfo, PageStream, Side};
use lightbar::units::{Area, Dpi, Length};

/// A document in a folder of its own, and an empty folder to save to.
pub(crate) struct KeptPages {
    folder: tempfile::TempDir,
    document: DocumentFolder,
    pub(crate) export: ExportDocument,
}

/// An A4 page at 100 dpi.
pub(crate) fn page_info(format: PageFormat) -> PageInfo {
    PageInfo {
        item: "Feeder".into(),
        full_name: "Root/Feeder".into(),
        number: 1,
        side: Side::Front,
        format,
        dpi: Dpi(100),
        area: Area::of_size(Length::from_mm(210), Length::from_mm(297)),
        expected_width: 827,
        expected_rows: Some(1169),
        expected_bytes: None,
    }
}

impl KeptPages {
    pub(crate) fn new() -> KeptPages {
        let folder = tempfile::tempdir().expect("a folder");
        let document = DocumentFolder::unborn(&folder.path().join("data"));
        fs::create_dir(folder.path().join("out")).expect("created");
        let title = Some("Rechnung – März".to_owned());
        KeptPages { folder, document, export: ExportDocument { pages: Vec::new(), title, created: 1_767_322_645 } }
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
        let file = self.document.page_path(id).expect("it exists");
        self.export.pages.push(ExportPage { file, facts: None, rotation: Rotation::None });
        self.export.pages.last_mut().expect("just added")
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
