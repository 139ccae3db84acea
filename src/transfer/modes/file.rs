//! File transfer: the broker opens the file, the driver never touches it (reference, part 6).

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::minidriver::{Code, ErrorHandler, PageInfo, PageStream, StreamError};
use crate::units::Percent;

use super::super::broker::{Broker, Transfer};
use super::super::callback::{Answer, NextStream, TransferCallback, TransferMessage};
use super::super::outcome::{Outcome, outcome_code};

/// What a file transfer asks of its application.
pub trait FileRequest {
    /// The file of a page, or in a multipage format of all pages. It must not exist: no file is overwritten.
    fn path(&mut self, page: &PageInfo) -> PathBuf;

    /// Progress of the page; the answer can end the job.
    fn status(&mut self, percent: Percent, transferred: u64) -> Answer;

    /// Who is asked about delays and problems.
    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        None
    }
}

/// What came of a file transfer.
#[derive(Debug)]
pub struct FileReport {
    /// How it ended.
    pub outcome: Outcome,
    /// The files that were kept, and whether the last page of each is complete.
    pub files: Vec<(PathBuf, bool)>,
}

impl Broker {
    /// Runs a transfer into files. After a failure the file under way is deleted, except when it
    /// has several pages and paper was the trouble: jam, none left, not taken (reference, part 6).
    #[doc(alias = "idtGetData")]
    pub fn download_to_file(&self, transfer: Transfer, request: &mut dyn FileRequest) -> FileReport {
        let multipage = transfer.job().streams == crate::minidriver::Streams::OneForAll;
        let mut files = Files { request, kept: Vec::new(), open: None };
        let outcome = self.download(transfer, &mut files);
        let Files { kept: mut files, open, .. } = files;
        // The stream model always ends a stream; this is for a broker that panicked in between.
        drop(open);
        let code = outcome_code(&outcome);
        let paper = matches!(code, Code::ERROR_PAPER_JAM | Code::ERROR_PAPER_EMPTY | Code::ERROR_PAPER_PROBLEM);
        let keeps_partial = !code.is_failure() || (multipage && paper);
        if !keeps_partial && let Some((path, _)) = files.pop_if(|(_, complete)| !*complete) {
            remove(&path);
        }
        FileReport { outcome, files }
    }
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(%error, path = %path.display(), "a file that is not wanted stays");
    }
}

struct Files<'a> {
    request: &'a mut dyn FileRequest,
    kept: Vec<(PathBuf, bool)>,
    open: Option<PathBuf>,
}

impl TransferCallback for Files<'_> {
    fn next_stream(&mut self, page: &PageInfo) -> NextStream {
        let path = self.request.path(page);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => {
                self.open = Some(path);
                NextStream::Stream(Box::new(FileStream(file)))
            }
            Err(error) => NextStream::Code(code_of(&error)),
        }
    }

    fn message(&mut self, message: &TransferMessage) -> Answer {
        match *message {
            TransferMessage::Status { percent, transferred } => self.request.status(percent, transferred),
            TransferMessage::EndOfStream { complete } => {
                self.kept.extend(self.open.take().map(|path| (path, complete)));
                Answer::Continue
            }
            TransferMessage::NewPage | TransferMessage::EndOfTransfer => Answer::Continue,
        }
    }

    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        self.request.error_handler()
    }
}

struct FileStream(File);

impl PageStream for FileStream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        self.0.write(bytes).map_err(|error| StreamError(code_of(&error)))
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, StreamError> {
        self.0.seek(to).map_err(|error| StreamError(code_of(&error)))
    }

    fn set_len(&mut self, length: u64) -> Result<(), StreamError> {
        self.0.set_len(length).map_err(|error| StreamError(code_of(&error)))
    }
}

/// The code that a failure of a file travels as.
fn code_of(error: &io::Error) -> Code {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Code::STG_E_MEDIUMFULL
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Code::E_ACCESSDENIED,
        _ => Code::E_FAIL,
    }
}
