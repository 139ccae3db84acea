//! A document that files are imported into.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lightbar::document::{DocumentFolder, PageFile, encoding_of};
use lightbar::import::pdf::PdfReader;
use lightbar::import::{ImportError, ImportOptions, Imported, ImportedPage, Remark, import};
use lightbar::raster::{DecodeOptions, PictureInfo, RowSink, decode};

/// A data directory with a document, and a folder with files.
pub(super) struct Bench {
    folder: tempfile::TempDir,
    pub(super) document: DocumentFolder,
    pub(super) options: ImportOptions,
}

/// The program that reads PDF.
pub(super) fn program() -> PdfReader {
    PdfReader::Process(PathBuf::from(env!("CARGO_BIN_EXE_lightbar")))
}

impl Bench {
    pub(super) fn new() -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let document = DocumentFolder::unborn(&folder.path().join("data"));
        Bench { folder, document, options: ImportOptions { job: 7, pdf_reader: program(), password: None } }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    pub(super) fn import_file(&self, path: &Path) -> Result<Imported, ImportError> {
        import(path, &self.document, &self.options, &mut |_| ControlFlow::Continue(()))
    }

    /// Imports bytes; the file's name says nothing.
    pub(super) fn import(&self, bytes: &[u8]) -> Result<Imported, ImportError> {
        self.import_file(&self.write("file.bin", bytes))
    }

    /// The only page of these bytes.
    pub(super) fn page_of(&self, bytes: &[u8]) -> (ImportedPage, Vec<Remark>) {
        let imported = self.import(bytes).expect("imported");
        assert_eq!(imported.pages.len(), 1);
        let page = imported.pages.into_iter().next().expect("a page");
        (page, imported.remarks)
    }

    pub(super) fn file(&self, page: &ImportedPage) -> PageFile {
        PageFile::open(&self.document.page_path(page.head.page).expect("a document")).expect("it can be read")
    }

    /// The bytes of a page.
    pub(super) fn bytes(&self, page: &ImportedPage) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.file(page).bytes().read_to_end(&mut bytes).expect("they can be read");
        bytes
    }

    /// The pixels of a page as it came.
    pub(super) fn pixels(&self, page: &ImportedPage) -> Picture {
        let mut picture = Picture::default();
        let file = self.file(page);
        let options = DecodeOptions { expected_rows: Some(page.facts.height), enough: None };
        decode(file.bytes(), encoding_of(file.head()), &options, &mut picture).expect("it can be decoded");
        picture
    }

    /// How many page files there are.
    pub(super) fn page_files(&self) -> usize {
        let Some(path) = self.document.path() else { return 0 };
        std::fs::read_dir(path.join("pages")).expect("readable").count()
    }
}

/// Decoded rows.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Picture {
    pub(super) info: Option<PictureInfo>,
    pub(super) rows: Vec<Vec<u8>>,
}

impl Picture {
    pub(super) fn samples(&self) -> Vec<u8> {
        self.rows.concat()
    }
}

impl RowSink for Picture {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        self.info = Some(*picture);
        ControlFlow::Continue(())
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        self.rows.push(row.to_vec());
        ControlFlow::Continue(())
    }
}

/// Numbers that are the same every time.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % below.max(1)
    }
}
