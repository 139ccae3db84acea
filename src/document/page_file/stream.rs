//! A page file as the stream a driver writes to.

use std::io::SeekFrom;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::minidriver::{Code, PageStream, StreamError};

use super::{PageFileError, PageFileWriter, PageHead, PageTail, SyncHandle};

/// A page that is arriving, held by those who follow, sync and end it. The driver has its stream.
#[derive(Clone, Debug)]
pub struct OpenPage(Arc<Mutex<PageFileWriter>>);

impl OpenPage {
    /// Shares a writer.
    pub fn new(writer: PageFileWriter) -> OpenPage {
        OpenPage(Arc::new(Mutex::new(writer)))
    }

    /// A stream at the start of the page.
    pub fn stream(&self) -> PageFileStream {
        PageFileStream { page: self.clone(), position: 0 }
    }

    /// What the page is.
    pub fn head(&self) -> PageHead {
        self.lock().head().clone()
    }

    /// See [`super::PageFile::mark`].
    pub fn mark(&self) -> u32 {
        self.lock().mark()
    }

    /// Bytes of the page so far.
    pub fn length(&self) -> u64 {
        self.lock().length()
    }

    /// See [`PageFileWriter::sync_handle`].
    pub fn sync_handle(&self) -> SyncHandle {
        self.lock().sync_handle()
    }

    /// See [`PageFileWriter::tail`].
    pub fn tail(&self) -> PageTail {
        self.lock().tail()
    }

    /// See [`PageFileWriter::end`]. Streams of the page take nothing more.
    ///
    /// # Errors
    /// As there.
    pub fn end(&self, complete: bool, rows: Option<u32>) -> Result<(), PageFileError> {
        self.lock().end(complete, rows)
    }

    fn lock(&self) -> MutexGuard<'_, PageFileWriter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a driver writes a page. Every write is on disk, though not synced, when it returns.
#[derive(Debug)]
pub struct PageFileStream {
    page: OpenPage,
    position: u64,
}

impl PageStream for PageFileStream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        self.page.lock().write_at(self.position, bytes).map_err(|error| stream_error(&error))?;
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, StreamError> {
        let (from, by) = match to {
            SeekFrom::Start(offset) => (offset, 0),
            SeekFrom::Current(by) => (self.position, by),
            SeekFrom::End(by) => (self.page.length(), by),
        };
        self.position = from.checked_add_signed(by).ok_or(StreamError(Code::E_INVALIDARG))?;
        Ok(self.position)
    }

    fn set_len(&mut self, length: u64) -> Result<(), StreamError> {
        self.page.lock().set_len(length).map_err(|error| stream_error(&error))
    }
}

fn stream_error(error: &PageFileError) -> StreamError {
    tracing::error!(%error, "the page cannot be written");
    StreamError(error.code())
}

impl PageFileError {
    /// The code under which a failure travels through driver and broker (R14, R16).
    pub fn code(&self) -> Code {
        match self {
            PageFileError::TooLarge => Code::STG_E_MEDIUMFULL,
            PageFileError::Ended => Code::E_UNEXPECTED,
            PageFileError::Io(error) => io_code(error),
            _ => Code::ERROR_DESTINATION,
        }
    }
}

/// The code of a file system's failure.
pub(in crate::document) fn io_code(error: &std::io::Error) -> Code {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge | ErrorKind::WriteZero => {
            Code::STG_E_MEDIUMFULL
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::E_ACCESSDENIED,
        ErrorKind::OutOfMemory => Code::E_OUTOFMEMORY,
        _ => Code::ERROR_DESTINATION,
    }
}
