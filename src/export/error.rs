//! Why something could not be saved.

use std::io;
use std::path::{Path, PathBuf};

use crate::document::PageId;

use super::Impossible;

/// Why something could not be saved. The old target is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// There is no page to save.
    #[error("there is no page to save")]
    NoPages,
    /// The pages had something once, and nothing of them can be read any more: their files are damaged or gone. Helps: a copy
    /// of them.
    #[error("nothing is left of the pages")]
    NothingLeft,
    /// A file of this name is there. Helps: another name, or allowing to replace it.
    #[error("{0} exists")]
    Exists(PathBuf),
    /// Several of the files are there. Helps: as before.
    #[error("{} files exist", .0.len())]
    SeveralExist(Vec<PathBuf>),
    /// Two of the files are one, because of a link: the second would take the first one's place. Helps: another name.
    #[error("{first} and {second} are the same file")]
    SameFile {
        /// One name.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// The folder is not there. Helps: creating it, or another one.
    #[error("there is no folder {0}")]
    NoFolder(PathBuf),
    /// The target is a folder or something else that cannot be a file.
    #[error("{0} is not a file")]
    NotAFile(PathBuf),
    /// The file system takes no name as long as this one. Helps: a shorter one.
    #[error("the name {0} is too long")]
    NameTooLong(PathBuf),
    /// The target is a link that leads nowhere. Helps: taking it away, or another name.
    #[error("{link} is a link to {to}, which is not there")]
    DanglingLink {
        /// The link.
        link: PathBuf,
        /// What it points to.
        to: PathBuf,
    },
    /// The target is a link that leads back to itself. Helps: as before.
    #[error("{0} is a link that leads in a circle")]
    LinkLoop(PathBuf),
    /// The folder cannot be written to.
    #[error("{path} cannot be written: {kind}")]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        kind: io::ErrorKind,
    },
    /// The disk is full. Helps: space, or another disk.
    #[error("the disk is full")]
    Full,
    /// No room for a file that must be whole before it can be passed on. Helps: space there, or a
    /// format that is passed on as it is made.
    #[error("no room in {0}")]
    ScratchFull(PathBuf),
    /// Whoever reads along takes no more.
    #[error("nobody takes the rest: {0}")]
    NotTaken(io::ErrorKind),
    /// Several pages were to be passed on in a format that holds one.
    #[error("several pages for a format of one")]
    SeveralPages,
    /// The person cancelled.
    #[error("cancelled")]
    Cancelled,
    /// A page's file cannot be read.
    #[error("the page file {0} cannot be read")]
    PageUnreadable(PathBuf),
    /// The format cannot hold this page.
    #[error("page {0:?} does not fit into this format")]
    NotPossible(PageId),
    /// Wishes that cannot be had, or not together. Nothing was written.
    #[error("impossible: {0:?}")]
    Impossible(Impossible),
    /// The finished file is not what was written. Helps: another disk.
    #[error("the saved file is not right: {0}")]
    CheckFailed(&'static str),
    /// The name is a template that gives no name. Helps: see there.
    #[error("file name: {0}")]
    Name(#[from] super::TemplateError),
    /// Another save is under way.
    #[error("another save is under way")]
    Busy,
    /// The disk does not do what it should. Helps: another disk.
    #[error("the disk reports an error")]
    DiskFailing,
    /// The file system said no in the middle.
    #[error("saving: {0}")]
    Io(io::ErrorKind),
}

impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> ExportError {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                ExportError::Full
            }
            kind => {
                tracing::error!(%error, "saving failed");
                // The system's own word for it is that it has none.
                if rustix::io::Errno::from_io_error(&error) == Some(rustix::io::Errno::IO) {
                    return ExportError::DiskFailing;
                }
                ExportError::Io(kind)
            }
        }
    }
}

impl ExportError {
    /// The files that would have to be replaced, when that is why.
    pub fn existing(&self) -> Option<&[PathBuf]> {
        match self {
            ExportError::Exists(path) => Some(std::slice::from_ref(path)),
            ExportError::SeveralExist(paths) => Some(paths),
            _ => None,
        }
    }

    /// A failure that happened to a target.
    pub(super) fn at(path: &Path, error: io::Error) -> ExportError {
        use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
        match error.kind() {
            NotFound if path.parent().is_some_and(Path::is_dir) => {
                ExportError::NotWritable { path: path.to_path_buf(), kind: error.kind() }
            }
            InvalidFilename => ExportError::NameTooLong(path.to_path_buf()),
            NotFound | NotADirectory => ExportError::NoFolder(path.parent().unwrap_or(path).to_path_buf()),
            PermissionDenied | ReadOnlyFilesystem => {
                ExportError::NotWritable { path: path.to_path_buf(), kind: error.kind() }
            }
            _ => error.into(),
        }
    }
}
