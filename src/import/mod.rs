//! The `import` module deals with *files that become pages*: PDF, TIFF, PNG and JPEG, known by what is in
//! them and not by their name. A picture that can be kept as it is goes into a page file byte for byte.
//!
//! Every file is somebody else's: sizes, counts and dimensions have limits (`limits.rs`), and no bytes cause
//! a panic. All pages of a file come in, or none does: what was begun of a file that is refused is taken
//! away again. This module knows no session and no window.

mod desk;
mod error;
mod jpeg;
mod kind;
pub mod limits;
mod orientation;
mod password;
pub mod pdf;
mod png;
mod tiff;

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::document::{DocumentFolder, Look, PageFacts, PageHead, PageId, SyncHandle};

use desk::Desk;
pub use error::{Demand, ImportError, Limit};
pub use kind::{Foreign, Kind};
use limits::MAX_FILE_BYTES;
pub use password::Password;
use pdf::PdfReader;

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The job that the pages belong to, counted within the document: pages of one file stay together.
    pub job: u64,
    /// Who reads PDF files.
    pub pdf_reader: PdfReader,
    /// What opens a PDF that needs a password.
    pub password: Option<Password>,
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// Its pages in order; at least one.
    pub pages: Vec<ImportedPage>,
    /// What is not quite as it was in the file.
    pub remarks: Vec<Remark>,
}

/// A page that is on disk, and over.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedPage {
    /// What it is.
    pub head: PageHead,
    /// What is true of it.
    pub facts: PageFacts,
    /// How it is turned and cut in the file it comes from.
    pub look: Look,
}

/// Something to be said of a file that was imported. Pages count from 1 within the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Remark {
    /// The file breaks off: of this page only the rows that are there came.
    Partial(u32),
    /// The page is mirrored in the file, so that it had to be decoded.
    Mirrored(u32),
    /// The page was drawn with this many dots per inch, fewer than usual, because it is so large.
    DrawnCoarsely(u32, u32),
    /// A font, a picture or a part of what is drawn on the page could not be read, and is missing or was replaced.
    SomethingMissing(u32),
    /// The page's own colour profile was left out.
    ProfileLeftOut(u32),
    /// Each row came twice or more often, because the page has fewer rows than columns per inch.
    RowsRepeated(u32),
    /// The page has other dots per inch across than down, and looks stretched.
    UnevenDots(u32),
    /// Text behind the picture, as recognition programs put it there, was left out.
    HiddenTextLeftOut(u32),
    /// A form field that is filled in, or a remark, says nothing of its look, and was not drawn.
    NotesLeftOut(u32),
    /// The file is a moving picture of this many; only the first came.
    FirstPictureOnly(u32),
    /// The file names this many pages more, which are not in it.
    PagesNotThere(u32),
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pages that are there.
    pub done: u32,
    /// Pages of the file, when it says how many it has.
    pub pages: Option<u32>,
}

/// What an import tells while it runs.
#[derive(Debug)]
pub enum Step<'a> {
    /// It is under way; this comes several times per page.
    Working(Progress),
    /// A page is there. Its file is written, and not synced yet.
    Page {
        /// The page.
        page: &'a ImportedPage,
        /// What its file is synced with.
        sync: SyncHandle,
    },
    /// The file is refused after all. The files of these pages go when this returns.
    Withdrawn(&'a [PageId]),
}

/// Hears what an import does, and says whether to go on.
pub type OnStep<'a> = dyn FnMut(Step<'_>) -> ControlFlow<()> + 'a;

/// Turns a file into pages of a document. The pages are in its folder then, and in no order yet.
///
/// # Errors
/// [`ImportError`]; the page files that were made of this file are gone again.
pub fn import(
    path: &Path,
    folder: &DocumentFolder,
    options: &ImportOptions,
    on_step: &mut OnStep<'_>,
) -> Result<Imported, ImportError> {
    let file = open(path)?;
    let kind = Kind::of(&file)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut desk = Desk::new(folder, &name, options.job, on_step);
    // The libraries that decode do not panic as far as anybody knows, and their authors look for it.
    // What nobody knows yet is a broken file, and no more.
    let read = catch_unwind(AssertUnwindSafe(|| match kind {
        Kind::Jpeg => jpeg::read(file, &mut desk),
        Kind::Png => png::read(file, &mut desk),
        Kind::Tiff => tiff::read(file, &mut desk),
        Kind::Pdf => pdf::read(file, options, &mut desk),
    }));
    let read = read.unwrap_or_else(|_| Err(ImportError::Broken { page: desk.under_way() }));
    match read {
        Ok(()) => desk.finish(),
        Err(error) => {
            desk.clear_away();
            Err(error)
        }
    }
}

/// Opens a file that is one: reading a device or a pipe might never end.
fn open(path: &Path) -> Result<File, ImportError> {
    let refused = |error: io::Error| ImportError::Unreadable(error.kind());
    let metadata = std::fs::metadata(path).map_err(refused)?;
    if !metadata.is_file() {
        return Err(ImportError::NotAFile);
    }
    let file = File::open(path).map_err(refused)?;
    let bytes = file.metadata().map_err(refused)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(ImportError::TooLarge { page: None, limit: Limit::FileBytes(MAX_FILE_BYTES) });
    }
    Ok(file)
}
