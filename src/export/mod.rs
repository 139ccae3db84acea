//! The `export` module deals with *files people want*: one format per file, streamed from page files
//! to a new file that takes its place only when it is whole and checked (design, section 5).
//!
//! It never changes a page file, needs no more memory for a thousand pages than for one, and knows
//! no session and no window.

mod batch_names;
mod error;
mod estimate;
mod file_names;
mod g4;
mod jpeg;
mod name_template;
mod nameless;
mod opened;
mod options;
mod orientation;
mod output;
mod page_size;
mod part;
mod pdf;
mod permissions;
mod png;
mod pnm;
mod ready;
mod rows;
mod save;
mod send;
mod spill;
mod target;
mod tiff;
mod turned;
mod workers;

use std::ops::ControlFlow;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::document::{About, KeptDocument, Look, Page, PageFacts, PageId};

pub use batch_names::{BatchNameError, BatchNames, MOST_DIGITS};
pub use error::ExportError;
pub use estimate::{Estimate, estimate};
pub use file_names::{Naming, numbered, planned_names};
pub use name_template::{Field, NameTemplate, TemplateError, TemplateValues};
use opened::{OpenedPage, ShownPage};
pub use options::{
    Impossible, JpegQuality, PdfAbout, PdfOptions, PdfPassword, PdfPictures, QualityLevel, SaveOptions, TiffCompression,
};
pub use pnm::{Netpbm, PnmTarget, PnmWriter};
pub use save::{Saved, save};
pub use send::send;
pub use target::{check_numbered, check_target, is_special};

/// What is to be saved.
#[derive(Clone, Debug, Default)]
pub struct ExportDocument {
    /// The document's folder.
    pub folder: PathBuf,
    /// The pages in order; only such as have ended.
    pub pages: Vec<ExportPage>,
    /// The title in the file's properties.
    pub title: Option<String>,
    /// What it is called: its title, or else the first file it came from. Only names of files have it.
    pub called: Option<String>,
    /// When the document began, in seconds since 1970. The same document gives the same bytes.
    pub created: u64,
    /// What its first page came from, in words for people. Only names of files have it.
    pub device: Option<String>,
}

impl ExportDocument {
    /// All that is true of the document beside its pages.
    fn without_pages(&self) -> ExportDocument {
        let ExportDocument { folder, title, called, created, device, .. } = self;
        let (folder, title, called, device) = (folder.clone(), title.clone(), called.clone(), device.clone());
        ExportDocument { folder, pages: Vec::new(), title, called, created: *created, device }
    }

    /// Why there was no page to save: perhaps they had something once.
    fn why_nothing(&self, error: ExportError) -> ExportError {
        let has_lost = self.pages.iter().any(ExportPage::had_something);
        if matches!(error, ExportError::NoPages) && has_lost { ExportError::NothingLeft } else { error }
    }

    /// These pages of a document, as far as they have ended.
    pub fn of<'a>(kept: &KeptDocument, pages: impl Iterator<Item = &'a Page>) -> ExportDocument {
        let document = kept.document();
        let pages = pages.filter_map(|page| {
            let facts = Some(*page.facts()?);
            Some(ExportPage { page: page.id, file: page.file, facts, look: page.look })
        });
        let mut kept_pages = Vec::with_capacity(document.pages().len());
        kept_pages.extend(pages);
        let folder = kept.folder().path().unwrap_or_else(|| kept.folder().documents().to_path_buf());
        let About { title, device, came_from, .. } = document.about().clone();
        let called = title.clone().or(came_from.map(|files| files.first));
        let created = document.began().unwrap_or_default();
        ExportDocument { folder, pages: kept_pages, title, called, created, device }
    }
}

/// A page that is to be saved.
#[derive(Clone, Debug)]
pub struct ExportPage {
    /// Its name in the document.
    pub page: PageId,
    /// The page whose file has its pixels.
    pub file: PageId,
    /// What is known of it; looked up in its file when `None`.
    pub facts: Option<PageFacts>,
    /// What was done to it.
    pub look: Look,
}

impl ExportPage {
    /// Whether it is known that there was something to be seen of it when it came. One that is in no file is damaged then.
    pub fn had_something(&self) -> bool {
        self.facts.is_some_and(|facts| facts.height > 0 || facts.damaged.is_some_and(|had| had > 0))
    }
}

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// All pages in one file, device JPEG untouched.
    Pdf,
    /// All pages in one file.
    Tiff,
    /// A file per page.
    Png,
    /// A file per page.
    Jpeg,
}

impl FileFormat {
    /// All of them.
    pub const ALL: [FileFormat; 4] = [FileFormat::Pdf, FileFormat::Tiff, FileFormat::Png, FileFormat::Jpeg];

    /// The format a file name's extension stands for.
    pub fn from_extension(extension: &str) -> Option<FileFormat> {
        match extension.to_ascii_lowercase().as_str() {
            "pdf" => Some(FileFormat::Pdf),
            "tif" | "tiff" => Some(FileFormat::Tiff),
            "png" => Some(FileFormat::Png),
            "jpg" | "jpeg" => Some(FileFormat::Jpeg),
            _ => None,
        }
    }

    /// Whether all pages go into one file.
    pub const fn holds_many_pages(self) -> bool {
        matches!(self, FileFormat::Pdf | FileFormat::Tiff)
    }
}

/// How far a save is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaveProgress {
    /// Pages written.
    pub done: u32,
    /// Pages in all.
    pub pages: u32,
}

/// Hears how far a save is, several times per page, and says whether to go on.
pub type OnProgress<'a> = dyn FnMut(SaveProgress) -> ControlFlow<()> + 'a;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Pages in the file.
    pub pages: u32,
    /// Those of them that came in part.
    pub partial: u32,
    /// Those of them whose files have lost something since they came: they are there as far as they can be read.
    pub damaged: Vec<DamagedPage>,
    /// Pages of which there is nothing that could be written.
    pub left_out: Vec<PageId>,
    /// Sound pages in the file that came as JPEG and are another JPEG there: they lost a little once more, because they
    /// were changed or because that was wished for.
    pub encoded_anew: Vec<PageId>,
}

/// A page that is in a file without what its own file has lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DamagedPage {
    /// Its name in the document.
    pub page: PageId,
    /// Rows of it that are there.
    pub rows: u32,
    /// Rows that it had.
    pub had: u32,
}

/// The same as a person knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberedDamage {
    /// The page's number in the document, from 1.
    pub number: u32,
    /// Rows of it that are there.
    pub rows: u32,
    /// Rows that it had.
    pub had: u32,
}

impl Written {
    /// The damaged pages by their numbers, in a document that has these.
    pub fn numbered_damage(&self, pages: &[PageId]) -> Vec<NumberedDamage> {
        let damage = |(number, page): (u32, &PageId)| {
            let damaged = self.damaged.iter().find(|damaged| damaged.page == *page)?;
            Some(NumberedDamage { number, rows: damaged.rows, had: damaged.had })
        };
        (1..).zip(pages).filter_map(damage).collect()
    }

    /// Pages by their numbers, from 1, in a document that has these.
    pub fn numbers(of: &[PageId], pages: &[PageId]) -> Vec<u32> {
        (1..).zip(pages).filter(|(_, page)| of.contains(page)).map(|(number, _)| number).collect()
    }

    /// What was written into another file of the same save.
    fn and(&mut self, other: Written) {
        self.pages += other.pages;
        self.partial += other.partial;
        self.damaged.extend(other.damaged);
        self.left_out.extend(other.left_out);
        self.encoded_anew.extend(other.encoded_anew);
    }

    /// Notes a page that is in the file.
    fn has(&mut self, page: &ShownPage, encoded_anew: bool) {
        self.pages += 1;
        if let Some(had) = page.facts.damaged {
            self.damaged.push(DamagedPage { page: page.page, rows: page.facts.readable(), had });
            return;
        }
        self.partial += u32::from(!page.facts.complete);
        if encoded_anew {
            self.encoded_anew.push(page.page);
        }
    }
}
