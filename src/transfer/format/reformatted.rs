//! The filter between driver and application (reference, part 6): the driver writes what the device
//! sends, the application's stream gets the format it asked for.
//!
//! It accepts writes of any size, forwards every message unchanged in kind, and corrects the number
//! of bytes. The page's end is held back until every row is written.

use std::io::SeekFrom;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::minidriver::{Code, ErrorHandler, PageFormat, PageInfo, PageStream, StreamError};
use crate::raster::Encoding;
use crate::units::{Dpi, Percent};

use super::super::callback::{Answer, NextStream, TransferCallback, TransferMessage};
use super::image_writer::{ImageWriter, MadeFormat};
use super::row_pump::{Pumped, RowPump};

/// An application that gets its pages in a format made here.
pub(in super::super) struct Reformatted<'a> {
    application: &'a mut dyn TransferCallback,
    format: MadeFormat,
    page: Option<Arc<Mutex<Page>>>,
}

impl<'a> Reformatted<'a> {
    /// The application, and what it wants.
    pub(in super::super) fn new(application: &'a mut dyn TransferCallback, format: MadeFormat) -> Reformatted<'a> {
        Reformatted { application, format, page: None }
    }

    /// Ends the image under way and says how the answer to the driver is to be, when it failed.
    fn finish_page(&mut self) -> Option<Answer> {
        let page = self.page.as_ref()?;
        lock(page).finish().err().map(|error| Answer::Code(error.0))
    }
}

impl TransferCallback for Reformatted<'_> {
    fn next_stream(&mut self, page: &PageInfo) -> NextStream {
        match self.application.next_stream(page) {
            NextStream::Stream(target) => match Page::new(page, self.format, target) {
                Ok(page) => {
                    let page = Arc::new(Mutex::new(page));
                    self.page = Some(Arc::clone(&page));
                    NextStream::Stream(Box::new(Converting { page, position: Position::End }))
                }
                Err(error) => {
                    tracing::error!(%error, "no thread to make a format on");
                    NextStream::Code(Code::E_OUTOFMEMORY)
                }
            },
            other => other,
        }
    }

    fn message(&mut self, message: &TransferMessage) -> Answer {
        match *message {
            TransferMessage::Status { percent, .. } => {
                // One hundred says that all bytes are written (R33).
                if percent == Percent::DONE
                    && let Some(answer) = self.finish_page()
                {
                    return answer;
                }
                let transferred = self.page.as_ref().map_or(0, |page| lock(page).written);
                self.application.message(&TransferMessage::Status { percent, transferred })
            }
            TransferMessage::NewPage => {
                if let Some(answer) = self.finish_page() {
                    return answer;
                }
                let begun = self.page.as_ref().map_or(Ok(()), |page| lock(page).next_image());
                match begun {
                    Ok(()) => self.application.message(message),
                    Err(error) => Answer::Code(error.0),
                }
            }
            TransferMessage::EndOfStream { .. } => {
                // Also a page that broke off becomes an image of the rows it has.
                let failed = self.finish_page();
                self.page = None;
                let answer = self.application.message(message);
                failed.unwrap_or(answer)
            }
            TransferMessage::EndOfTransfer => self.application.message(message),
        }
    }

    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        self.application.error_handler()
    }

    fn waiting_for_device(&mut self) {
        self.application.waiting_for_device();
    }
}

/// One stream of the application while images are written to it.
struct Page {
    encoding: Encoding,
    expected_rows: Option<u32>,
    dpi: Dpi,
    format: MadeFormat,
    target: Box<dyn PageStream>,
    pump: Option<RowPump>,
    image: Image,
    /// Bytes that came from the driver.
    received: u64,
    /// Bytes written to the application's stream (R34).
    written: u64,
    /// What ended the page; the driver hears it at every further call.
    failed: Option<StreamError>,
}

/// The image under way.
#[derive(Default)]
struct Image {
    writer: Option<Box<dyn ImageWriter>>,
    /// Where in the stream it begins.
    start: u64,
    /// Bytes of a row as the decoder delivers it.
    row_bytes: usize,
    /// Rows its header says it has.
    announced: u32,
    /// Rows that were written.
    rows: u32,
}

impl Page {
    fn new(info: &PageInfo, format: MadeFormat, target: Box<dyn PageStream>) -> std::io::Result<Page> {
        let encoding = match info.format {
            PageFormat::Jpeg => Encoding::Jpeg,
            PageFormat::Png => Encoding::Png,
            PageFormat::Tiff => Encoding::Tiff,
            PageFormat::Rows(layout) => Encoding::Rows(layout),
            PageFormat::Unknown => Encoding::Unknown,
        };
        let pump = Some(RowPump::start(encoding, info.expected_rows)?);
        Ok(Page {
            encoding,
            expected_rows: info.expected_rows,
            dpi: info.dpi,
            format,
            target,
            pump,
            image: Image::default(),
            received: 0,
            written: 0,
            failed: None,
        })
    }

    /// Another image begins in the same stream.
    fn next_image(&mut self) -> Result<(), StreamError> {
        self.image = Image { start: self.written, ..Image::default() };
        self.pump =
            Some(RowPump::start(self.encoding, self.expected_rows).map_err(|_| StreamError(Code::E_OUTOFMEMORY))?);
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.received += bytes.len() as u64;
        let Some(mut pump) = self.pump.take() else { return Ok(()) };
        let pushed = pump.push(bytes, |pumped| self.put(pumped));
        self.pump = Some(pump);
        self.remember(pushed)
    }

    /// Every row that is to be had is written, and the header tells their number (R28).
    fn finish(&mut self) -> Result<(), StreamError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let Some(mut pump) = self.pump.take() else { return Ok(()) };
        let finished = pump.finish(|pumped| self.put(pumped)).and_then(|()| self.correct_header());
        self.remember(finished)
    }

    fn remember(&mut self, result: Result<(), StreamError>) -> Result<(), StreamError> {
        self.failed = self.failed.or(result.err());
        result
    }

    fn put(&mut self, pumped: Pumped) -> Result<(), StreamError> {
        match pumped {
            Pumped::Begin(picture) => {
                let writer = self.format.begin(&picture, self.dpi);
                let header = writer.header(picture.rows);
                self.image.announced = picture.rows;
                self.image.row_bytes = picture.layout.stride.max(1);
                self.image.writer = Some(writer);
                self.append(&header)
            }
            Pumped::Rows(rows) => {
                let Some(writer) = &mut self.image.writer else { return Ok(()) };
                let mut image = Vec::with_capacity(rows.len() + rows.len() / 8);
                for row in rows.chunks_exact(self.image.row_bytes) {
                    writer.row(row, &mut image);
                    self.image.rows = self.image.rows.saturating_add(1);
                }
                self.append(&image)
            }
            Pumped::Ended(Ok(_)) => Ok(()),
            Pumped::Ended(Err(error)) => {
                tracing::warn!(%error, "what the device sent is no image");
                Err(StreamError(Code::ERROR_DEVICE_COMMUNICATION))
            }
        }
    }

    /// Appends at the end, wherever the application left the position (R27).
    fn append(&mut self, mut bytes: &[u8]) -> Result<(), StreamError> {
        self.target.seek(SeekFrom::End(0))?;
        while !bytes.is_empty() {
            let taken = self.target.write(bytes)?.min(bytes.len());
            if taken == 0 {
                return Err(StreamError(Code::STG_E_MEDIUMFULL));
            }
            self.written += taken as u64;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    fn correct_header(&mut self) -> Result<(), StreamError> {
        let Image { writer: Some(writer), start, announced, rows, .. } = &self.image else { return Ok(()) };
        if announced == rows {
            return Ok(());
        }
        let header = writer.header(*rows);
        self.target.seek(SeekFrom::Start(*start))?;
        let mut bytes = &header[..];
        while !bytes.is_empty() {
            let taken = self.target.write(bytes)?.min(bytes.len());
            if taken == 0 {
                return Err(StreamError(Code::STG_E_MEDIUMFULL));
            }
            bytes = &bytes[taken..];
        }
        self.target.seek(SeekFrom::End(0)).map(drop)
    }
}

/// Where the driver's next byte would go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    End,
    Elsewhere(u64),
}

/// What the driver writes to. It can append, which is all that a driver of this program does.
struct Converting {
    page: Arc<Mutex<Page>>,
    position: Position,
}

impl PageStream for Converting {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        if self.position != Position::End {
            return Err(StreamError(Code::E_NOTIMPL));
        }
        lock(&self.page).take(bytes)?;
        Ok(bytes.len())
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, StreamError> {
        let end = lock(&self.page).received;
        let now = match self.position {
            Position::End => end,
            Position::Elsewhere(at) => at,
        };
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => end.checked_add_signed(by),
            SeekFrom::Current(by) => now.checked_add_signed(by),
        };
        let at = target.ok_or(StreamError(Code::E_INVALIDARG))?;
        self.position = if at == end { Position::End } else { Position::Elsewhere(at) };
        Ok(at)
    }

    fn set_len(&mut self, _length: u64) -> Result<(), StreamError> {
        // How large the image becomes is known when its rows are.
        Ok(())
    }
}

fn lock(page: &Mutex<Page>) -> MutexGuard<'_, Page> {
    page.lock().unwrap_or_else(PoisonError::into_inner)
}
