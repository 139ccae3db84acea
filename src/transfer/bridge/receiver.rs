//! One page of a driver of the older model, while its acquire call runs: what it says, and what that is for a
//! stream application (reference, 13).
//!
//! | driver | application |
//! |---|---|
//! | IT_MSG_DATA | `next_stream` when the header is there; then write and STATUS |
//! | IT_MSG_STATUS | STATUS; of a warming or calibrating device DEVICE_STATUS |
//! | IT_MSG_NEW_PAGE, IT_MSG_FILE_PREVIEW_* | nothing |

use crate::minidriver::legacy::{LegacyCallback, LegacyMedium, LegacyMessage, LegacyStatus};
use crate::minidriver::{Code, Condition, PageFormat, PageInfo};
use crate::units::Percent;

use super::memory_bitmap::{Header, MemoryBitmap};
use super::outlet::{Outlet, Stop};

/// The most that is kept of an image whose last line comes first, in bytes.
const MOST_KEPT: usize = 512 << 20;
/// Bytes of such an image that are written at a time.
const PORTION: usize = 1 << 20;

/// See the module.
pub(super) struct Receiver<'o, 'a> {
    outlet: &'o mut Outlet<'a>,
    /// What is known of the page; the image itself knows better.
    info: PageInfo,
    medium: LegacyMedium,
    buffer_size: usize,
    /// Bytes of bands so far.
    received: u64,
    image: Image,
}

/// The image as far as it has come.
enum Image {
    Header(Vec<u8>),
    Lines(Lines),
}

struct Lines {
    bitmap: MemoryBitmap,
    /// The beginning of a line whose end has not come.
    begun: Vec<u8>,
    /// Complete ones.
    count: u32,
    /// Rows that wait for the first one, when the last one comes first.
    kept: Option<Vec<u8>>,
}

impl<'o, 'a> Receiver<'o, 'a> {
    pub(super) fn new(
        outlet: &'o mut Outlet<'a>,
        info: PageInfo,
        medium: LegacyMedium,
        buffer_size: usize,
    ) -> Receiver<'o, 'a> {
        Receiver { outlet, info, medium, buffer_size, received: 0, image: Image::Header(Vec::new()) }
    }

    /// Whether anything of an image has come.
    pub(super) fn has_data(&self) -> bool {
        self.received > 0
    }

    /// Why the job is over, if it is.
    pub(super) fn stop(&mut self) -> Option<Stop> {
        self.outlet.stop()
    }

    /// The call returned before the page was complete: what came of it stays. Of a file that is so as long as
    /// its stream can be asked for, which after a cancel it cannot.
    pub(super) fn break_off(mut self, file: &[u8]) {
        let is_over = self.stop().is_some();
        // What a cancelled or failed transfer refuses is refused.
        let _ = match self.medium {
            LegacyMedium::Callback => self.write_kept(),
            LegacyMedium::File if file.is_empty() || is_over => Ok(()),
            LegacyMedium::File => self.copy_file(file),
        };
    }

    /// The driver said that the page is complete.
    ///
    /// # Errors
    /// It is not, or the application ended the job.
    pub(super) fn complete(mut self, file: Vec<u8>) -> Result<(), Stop> {
        match self.medium {
            LegacyMedium::File => {
                self.info.expected_bytes = Some(file.len() as u64);
                self.copy_file(&file)?;
            }
            LegacyMedium::Callback => self.finish_lines()?,
        }
        self.outlet.end_page()
    }

    /// The whole file in one write (reference, 13).
    fn copy_file(&mut self, file: &[u8]) -> Result<(), Stop> {
        if file.is_empty() {
            return Err(self.outlet.broken("a file without a byte"));
        }
        self.outlet.begin(&self.info)?;
        self.outlet.write(file)
    }

    fn finish_lines(&mut self) -> Result<(), Stop> {
        let Image::Lines(lines) = &self.image else { return Err(self.outlet.broken("an image without a header")) };
        let all = lines.bitmap.lines.unwrap_or(lines.count);
        let whole = lines.count > 0 && lines.count == all && lines.begun.is_empty();
        self.write_kept()?;
        if whole { Ok(()) } else { Err(self.outlet.broken("an image of the wrong length")) }
    }

    fn write_kept(&mut self) -> Result<(), Stop> {
        let Image::Lines(Lines { bitmap, kept, .. }) = &mut self.image else { return Ok(()) };
        let (Some(kept), row) = (kept.take(), bitmap.layout().stride.max(1)) else { return Ok(()) };
        let rows_at_once = (PORTION / row).max(1);
        let mut portion = Vec::with_capacity(rows_at_once * row);
        for rows in kept.rchunks(rows_at_once * row) {
            portion.clear();
            rows.rchunks_exact(row).for_each(|row| portion.extend_from_slice(row));
            self.outlet.write(&portion)?;
            self.outlet.report(Percent::ZERO)?;
        }
        Ok(())
    }

    fn take(&mut self, message: LegacyMessage<'_>) -> Result<(), Stop> {
        if let Some(stop) = self.outlet.stop() {
            return Err(stop);
        }
        match message {
            LegacyMessage::Data { offset, bytes, percent } => self.take_band(offset, bytes, percent),
            LegacyMessage::Status { status: LegacyStatus::Result(code), percent } => match Condition::of(code) {
                delay @ (Condition::WarmingUp | Condition::Calibrating) => self.outlet.delay(delay, percent),
                _ => self.outlet.report(percent),
            },
            LegacyMessage::Status { percent, .. } => self.outlet.report(percent),
            LegacyMessage::NewPage | LegacyMessage::FilePreviewHeader | LegacyMessage::FilePreviewData { .. } => Ok(()),
        }
    }

    fn take_band(&mut self, offset: u64, bytes: &[u8], percent: Percent) -> Result<(), Stop> {
        if self.medium != LegacyMedium::Callback {
            return Err(self.outlet.broken("a band in a file transfer"));
        }
        if offset != self.received {
            return Err(self.outlet.broken("a band that does not follow the one before"));
        }
        if bytes.len() > self.buffer_size {
            return Err(self.outlet.broken("a band larger than the buffer"));
        }
        self.received += bytes.len() as u64;
        let rest = self.take_header(bytes)?;
        self.take_lines(&rest)?;
        self.outlet.report(percent)
    }

    /// Takes what is still header; what is left are lines.
    fn take_header<'b>(&mut self, bytes: &'b [u8]) -> Result<std::borrow::Cow<'b, [u8]>, Stop> {
        let Image::Header(header) = &mut self.image else { return Ok(bytes.into()) };
        header.extend_from_slice(bytes);
        let (bitmap, length) = match MemoryBitmap::parse(header) {
            Ok(Header::Incomplete) => return Ok(Vec::new().into()),
            Ok(Header::Complete(bitmap, length)) => (bitmap, length),
            Err(what) => return Err(self.outlet.broken(what)),
        };
        let rest = header.split_off(length);
        let layout = bitmap.layout();
        let expected = bitmap.lines.map(|lines| u64::from(lines) * layout.stride as u64);
        if bitmap.from_the_bottom && expected.is_some_and(|bytes| bytes > MOST_KEPT as u64) {
            tracing::warn!(?expected, "an image from the bottom is too large to be turned over");
            return Err(self.outlet.broken("an image from the bottom that is too large"));
        }
        self.info.format = PageFormat::Rows(layout);
        self.info.expected_width = layout.width;
        self.info.expected_rows = bitmap.lines;
        self.info.expected_bytes = expected;
        let kept = bitmap.from_the_bottom.then(Vec::new);
        self.image = Image::Lines(Lines { bitmap, begun: Vec::new(), count: 0, kept });
        self.outlet.begin(&self.info)?;
        Ok(rest.into())
    }

    fn take_lines(&mut self, mut bytes: &[u8]) -> Result<(), Stop> {
        let Image::Lines(lines) = &mut self.image else { return Ok(()) };
        let size = lines.bitmap.line_bytes();
        let mut rows = Vec::with_capacity(bytes.len());
        while !bytes.is_empty() {
            if lines.bitmap.lines == Some(lines.count) {
                return Err(self.outlet.broken("a band beyond the image"));
            }
            let taken = (size - lines.begun.len()).min(bytes.len());
            lines.begun.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if lines.begun.len() == size {
                lines.bitmap.turn(&lines.begun, &mut rows);
                lines.begun.clear();
                lines.count = lines.count.saturating_add(1);
            }
        }
        match &mut lines.kept {
            Some(kept) => kept.append(&mut rows),
            None => self.outlet.write(&rows)?,
        }
        Ok(())
    }
}

impl LegacyCallback for Receiver<'_, '_> {
    fn message(&mut self, message: LegacyMessage<'_>) -> Code {
        match self.take(message) {
            Ok(()) => Code::S_OK,
            Err(stop) => stop.answer(),
        }
    }
}
