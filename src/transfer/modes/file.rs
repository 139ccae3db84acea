//! File transfer: the broker opens the file, the driver never touches it (reference, part 6; for a legacy application
//! also part 13).
//!
//! ```text
//! STATUS*  ( PREVIEW_DATA_HEADER  (STATUS | NEW_PAGE)* )?  TERMINATION
//! ```

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crate::minidriver::{Code, DeviceFailure, ErrorHandler, HandlerAnswer, PageInfo, PageStream, StreamError, Streams};
use crate::units::Percent;

use super::super::broker::{Broker, Transfer};
use super::super::callback::{Answer, NextStream, TransferCallback, TransferMessage};
use super::super::outcome::{Outcome, TransferError, outcome_code};
use super::delays::{StatusSource, told_as_status};

/// The application during a file transfer.
#[doc(alias = "IWiaDataCallback")]
pub trait FileCallback {
    /// What happened; the answer can end the job (reference, 9.8). After it only
    /// [`FileMessage::Termination`] comes.
    fn message(&mut self, message: FileMessage) -> Answer;

    /// Who is asked about delays and problems. Without one, a delay is told as
    /// [`FileMessage::Status`] from the device, and the rest is left to the other handlers.
    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        None
    }
}

/// A message of a file transfer.
#[derive(Clone, Debug)]
pub enum FileMessage {
    /// Before any data (`IT_MSG_FILE_PREVIEW_DATA_HEADER`).
    PreviewDataHeader {
        /// Bytes of a page; `None` while nobody knows.
        size: Option<u64>,
        /// What is known of the first page.
        page: PageInfo,
    },
    /// Progress (`IT_MSG_STATUS`).
    Status {
        /// Of the page, or of the delay.
        percent: Percent,
        /// Who says it.
        from: StatusSource,
    },
    /// In a file of several pages: the page is finished and another follows (`IT_MSG_NEW_PAGE`).
    NewPage,
    /// The end (`IT_MSG_TERMINATION`). The answer changes nothing.
    Termination {
        /// Whether the last page is complete.
        complete: bool,
    },
}

/// What came of a file transfer.
#[derive(Debug)]
pub struct FileReport {
    /// How it ended.
    pub outcome: Outcome,
    /// What is in the file.
    pub kept: Kept,
}

/// What is left of a file when its transfer is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// There is no file.
    Nothing,
    /// The last page is not complete.
    Partial,
    /// The last page is complete.
    Complete,
}

impl Broker {
    /// Runs a transfer into one file, which must not exist: no file is overwritten. A job whose pages come one to a
    /// stream (`TYMED_FILE`) is for one page; any further stream is refused with
    /// `WIA_ERROR_GENERAL_ERROR` (reference, part 13).
    ///
    /// After a failure the file is deleted, unless its page is complete, or it has several pages and paper was the
    /// trouble: jam, none left, not taken, fed again (reference, part 6).
    ///
    /// # Errors
    /// In the report; see [`TransferError`]. [`TransferError::OnePageFile`] before the device is touched, when
    /// more pages are asked for than one file takes.
    #[doc(alias = "idtGetData")]
    pub fn download_to_file(&self, transfer: Transfer, path: &Path, callback: &mut dyn FileCallback) -> FileReport {
        let multipage = transfer.job().streams == Streams::OneForAll;
        if !multipage && !transfer.job().limit().is_reached_by(1) {
            return FileReport { outcome: Err(TransferError::OnePageFile), kept: Kept::Nothing };
        }
        let mut one = OneFile { callback, path, begun: false, opened: false, asked_again: false, complete: false };
        let outcome = self.download(transfer, &mut one);
        let OneFile { opened, asked_again, complete, .. } = one;
        let code = outcome_code(&outcome);
        let paper = matches!(code, Code::ERROR_PAPER_JAM | Code::ERROR_PAPER_EMPTY | Code::ERROR_PAPER_PROBLEM);
        // Several pages ask for a stream again when a sheet is fed again after a jam: the pages before it are good.
        let keeps_partial = !code.is_failure() || (multipage && (paper || asked_again));
        let kept = match (opened, complete) {
            (true, true) => Kept::Complete,
            (true, false) if keeps_partial => Kept::Partial,
            (true, false) => {
                remove(path);
                Kept::Nothing
            }
            (false, _) => Kept::Nothing,
        };
        FileReport { outcome, kept }
    }
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(%error, path = %path.display(), "a file that is not wanted stays");
    }
}

/// The stream model's application that has one file and one stream for it.
struct OneFile<'a> {
    callback: &'a mut dyn FileCallback,
    path: &'a Path,
    /// The stream was asked for.
    begun: bool,
    opened: bool,
    /// A second stream was asked for, and refused.
    asked_again: bool,
    complete: bool,
}

impl TransferCallback for OneFile<'_> {
    fn next_stream(&mut self, page: &PageInfo) -> NextStream {
        if std::mem::replace(&mut self.begun, true) {
            self.asked_again = true;
            return NextStream::Code(Code::ERROR_GENERAL_ERROR);
        }
        let header = FileMessage::PreviewDataHeader { size: page.expected_bytes, page: page.clone() };
        if let Some(stop) = self.callback.message(header).stop() {
            return stop.into();
        }
        match OpenOptions::new().write(true).create_new(true).open(self.path) {
            Ok(file) => {
                self.opened = true;
                NextStream::Stream(Box::new(FileStream(file)))
            }
            Err(error) => NextStream::Code(code_of(&error)),
        }
    }

    fn message(&mut self, message: &TransferMessage) -> Answer {
        self.callback.message(match *message {
            TransferMessage::Status { percent, .. } => FileMessage::Status { percent, from: StatusSource::ToClient },
            TransferMessage::NewPage => FileMessage::NewPage,
            TransferMessage::EndOfStream { complete } => {
                self.complete = complete;
                return Answer::Continue;
            }
            TransferMessage::EndOfTransfer => FileMessage::Termination { complete: self.complete },
        })
    }

    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        if self.callback.error_handler().is_some() {
            // Asked twice, because a loan that was returned early cannot be had otherwise.
            return self.callback.error_handler();
        }
        Some(self)
    }
}

impl ErrorHandler for OneFile<'_> {
    fn report_status(&mut self, failure: &DeviceFailure, percent: Percent) -> HandlerAnswer {
        told_as_status(failure, || {
            self.callback.message(FileMessage::Status { percent, from: StatusSource::FromDevice })
        })
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
