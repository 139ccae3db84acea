//! Why a file could not be imported.

use std::io;

use crate::document::{FolderError, PageFileError};
use crate::minidriver::{Code, StreamError};
use crate::raster::DecodeError;

use super::Foreign;

/// Why a file could not be imported. The document is as it was before. Pages count from 1 within the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened or read. Helps: looking whether it is there, and whether it may be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(io::ErrorKind),
    /// It is a folder, a device or a pipe.
    #[error("not a file")]
    NotAFile,
    /// Nothing that is imported; what it seems to be instead, when that can be told.
    #[error("neither PDF nor TIFF, PNG or JPEG")]
    NotAPicture(Option<Foreign>),
    /// A kind of picture that is not read. Helps: saving it as something plainer.
    #[error("page {page}: {what} is not supported")]
    Unsupported {
        /// The page.
        page: u32,
        /// What it is.
        what: String,
    },
    /// The bytes make no picture, or no PDF.
    #[error("broken file (page {page:?})")]
    Broken {
        /// The page, when the damage is in one.
        page: Option<u32>,
    },
    /// More than a file may ask for.
    #[error("too large (page {page:?}): {limit:?}")]
    TooLarge {
        /// The page, when it is one.
        page: Option<u32>,
        /// The limit.
        limit: Limit,
    },
    /// A few bytes unpack to more than the page says it has. Nobody makes such files by accident.
    #[error("page {page:?} unpacks to more than it says")]
    Bomb {
        /// The page, when it is one.
        page: Option<u32>,
    },
    /// Reading took more time than a page may take, or more memory than there is for it.
    #[error("page {page:?} needs too much {what:?}")]
    TooDemanding {
        /// The page, when it is one.
        page: Option<u32>,
        /// What ran out.
        what: Demand,
    },
    /// The PDF opens with a password only, and none was given. Helps: giving it.
    #[error("a password is needed")]
    NeedsPassword,
    /// The password that was given does not open the PDF. Helps: another one.
    #[error("the password is wrong")]
    WrongPassword,
    /// The PDF has no page, or the TIFF no picture.
    #[error("no page")]
    NoPages,
    /// The disk is full. Helps: space.
    #[error("the disk is full")]
    Full,
    /// A page could not be written.
    #[error("the page cannot be written: {0:?}")]
    NotKept(Code),
    /// The system gives no thread or no process to read the file with.
    #[error("nobody can read the file: {0}")]
    NoReader(io::ErrorKind),
    /// The person cancelled.
    #[error("cancelled")]
    Cancelled,
}

/// A limit that a file goes beyond; see [`super::limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Limit {
    /// Bytes of a file of this kind.
    FileBytes(u64),
    /// Pages.
    Pages(u32),
    /// Pixels in a row.
    Width(u32),
    /// Rows.
    Height(u32),
    /// Pixels of a page.
    Pixels(u64),
    /// Bytes that must be held at once.
    Memory(u64),
}

/// What a file can need too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Demand {
    /// Time.
    Time,
    /// Memory.
    Memory,
}

impl ImportError {
    /// What a decoder said of a page.
    pub(super) fn decoding(page: u32, error: DecodeError) -> ImportError {
        match error {
            DecodeError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                ImportError::Unreadable(error.kind())
            }
            DecodeError::Io(_) => ImportError::Broken { page: Some(page) },
            DecodeError::Broken(detail) => {
                tracing::info!(page, detail, "a broken picture");
                ImportError::Broken { page: Some(page) }
            }
            DecodeError::TooLarge { .. } => {
                ImportError::TooLarge { page: Some(page), limit: Limit::Pixels(super::limits::MAX_PIXELS_AT_ONCE) }
            }
            DecodeError::Unsupported(what) => ImportError::Unsupported { page, what: what.to_owned() },
        }
    }
}

impl From<FolderError> for ImportError {
    fn from(error: FolderError) -> ImportError {
        tracing::error!(%error, "a page cannot be begun");
        not_kept(error.code())
    }
}

impl From<PageFileError> for ImportError {
    fn from(error: PageFileError) -> ImportError {
        tracing::error!(%error, "a page cannot be kept");
        not_kept(error.code())
    }
}

impl From<StreamError> for ImportError {
    fn from(error: StreamError) -> ImportError {
        not_kept(error.0)
    }
}

fn not_kept(code: Code) -> ImportError {
    if code == Code::STG_E_MEDIUMFULL { ImportError::Full } else { ImportError::NotKept(code) }
}
