//! In-memory banded transfer: the image in portions of an agreed size (reference, part 6; for a legacy application
//! also part 13).
//!
//! ```text
//! STATUS*  DATA_HEADER  (STATUS | DATA)*  ( NEW_PAGE  (STATUS | DATA)* )*  TERMINATION
//! ```

use std::io::SeekFrom;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::minidriver::property::{Format, ItemProperties, keys};
use crate::minidriver::{
    Code, Condition, DeviceFailure, ErrorHandler, HandlerAnswer, PageInfo, PageStream, StreamError,
};
use crate::units::Percent;

use super::super::broker::{Broker, Transfer};
use super::super::callback::{Answer, NextStream, TransferCallback, TransferMessage};
use super::super::format::MadeFormat;
use super::super::outcome::Outcome;

/// What an application wants its bands to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BandRequest {
    /// MEMORYBMP or RAW; any other format comes as the device sends it.
    pub format: Format,
    /// Bytes of the buffer; the item's BUFFER_SIZE is the least (R58).
    pub buffer_size: usize,
    /// Two halves that are filled in turn, so that the application may still use one while the other is filled.
    pub double_buffer: bool,
}

/// The largest buffer that is given, in bytes.
const LARGEST_BUFFER: usize = 64 << 20;

/// The most that a driver may write without a message, in bytes.
const MOST_WAITING: usize = 256 << 20;

impl BandRequest {
    /// Bytes of the whole buffer for an item, and of one of its parts: no request goes below BUFFER_SIZE (R58).
    pub fn negotiate(&self, item: &ItemProperties) -> (usize, usize) {
        let least = usize::try_from(item.get(keys::BUFFER_SIZE).unwrap_or(0)).unwrap_or(0).max(2);
        let whole = self.buffer_size.clamp(least, LARGEST_BUFFER.max(least));
        (whole, if self.double_buffer { whole / 2 } else { whole })
    }
}

/// The application during a banded transfer.
#[doc(alias = "IWiaDataCallback")]
pub trait BandCallback {
    /// What happened; the answer can end the job (reference, 9.8).
    #[doc(alias = "BandedDataCallback")]
    fn message(&mut self, message: BandMessage) -> Answer;

    /// Who is asked about delays and problems. Without one, a delay is told as
    /// [`BandMessage::Status`] from the device, and the rest is left to the other handlers.
    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        None
    }
}

/// A message of a banded transfer.
#[derive(Clone, Debug)]
pub enum BandMessage {
    /// Before any data (`IT_MSG_DATA_HEADER`).
    DataHeader {
        /// Of all bands.
        format: Format,
        /// Bytes of a page; `None` while nobody knows.
        size: Option<u64>,
        /// Bytes of the largest band.
        band_size: usize,
        /// What is known of the first page.
        page: PageInfo,
    },
    /// A portion of the image (`IT_MSG_DATA`).
    Data(Band),
    /// Progress only (`IT_MSG_STATUS`).
    Status {
        /// Of the page, or of the delay.
        percent: Percent,
        /// Who says it.
        from: StatusSource,
    },
    /// The page is finished and another follows (`IT_MSG_NEW_PAGE`).
    NewPage {
        /// What is known of it.
        page: PageInfo,
    },
    /// The end (`IT_MSG_TERMINATION`). The answer changes nothing.
    Termination {
        /// Whether the last page is complete.
        complete: bool,
    },
}

/// Who a status is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusSource {
    /// Data are on their way (`TO_CLIENT`).
    ToClient,
    /// The device is busy with itself (`FROM_DEVICE`).
    FromDevice,
}

/// One band. A copy of it is another hold on the same buffer, which is not filled again as long as somebody holds it.
#[derive(Clone, Debug)]
pub struct Band {
    /// Where it belongs in the image, in bytes from its start. The start itself comes again at the
    /// end of an image whose height was not known before (R28).
    pub offset: u64,
    /// Its bytes.
    pub bytes: Arc<Vec<u8>>,
    /// Which of the buffers, from 0.
    pub buffer: usize,
    /// How far the page is.
    pub percent: Percent,
}

impl Broker {
    /// Runs a transfer whose pages arrive in bands. See [`Broker::download`] for waiting, cancelling and settling.
    ///
    /// # Errors
    /// See [`super::super::TransferError`].
    #[doc(alias = "idtGetBandedData")]
    pub fn read_bands(
        &self,
        item: &ItemProperties,
        transfer: Transfer,
        request: &BandRequest,
        callback: &mut dyn BandCallback,
    ) -> Outcome {
        let (_, band_size) = request.negotiate(item);
        let buffers = if request.double_buffer { 2 } else { 1 };
        let made = MadeFormat::of(request.format);
        let shared = Arc::new(Mutex::new(Queue::new(band_size, buffers)));
        let mut bands = Banded { callback, format: request.format, queue: shared, begun: false, complete: false };
        self.download(transfer.made(made), &mut bands)
    }
}

/// The stream model's application that makes bands.
struct Banded<'a> {
    callback: &'a mut dyn BandCallback,
    format: Format,
    queue: Arc<Mutex<Queue>>,
    begun: bool,
    complete: bool,
}

impl Banded<'_> {
    /// Hands over what is full; with `all` also what is not.
    fn flush(&mut self, all: bool, percent: Percent) -> Answer {
        loop {
            let band = lock(&self.queue).next(all, percent);
            let Some(band) = band else { return Answer::Continue };
            let answer = self.callback.message(BandMessage::Data(band));
            if answer != Answer::Continue {
                return answer;
            }
        }
    }
}

impl TransferCallback for Banded<'_> {
    fn next_stream(&mut self, page: &PageInfo) -> NextStream {
        let message = if self.begun {
            BandMessage::NewPage { page: page.clone() }
        } else {
            self.begun = true;
            let band_size = lock(&self.queue).band_size;
            BandMessage::DataHeader { format: self.format, size: page.expected_bytes, band_size, page: page.clone() }
        };
        match self.callback.message(message) {
            Answer::Continue | Answer::Code(Code::S_OK) => {
                lock(&self.queue).begin_page();
                NextStream::Stream(Box::new(BandStream { queue: Arc::clone(&self.queue), position: 0 }))
            }
            Answer::Cancel => NextStream::Cancel,
            // A skip has no meaning here: the older model has none.
            Answer::Code(Code::STATUS_SKIP_ITEM) => NextStream::Code(Code::E_UNEXPECTED),
            Answer::Code(code) => NextStream::Code(code),
        }
    }

    fn message(&mut self, message: &TransferMessage) -> Answer {
        match *message {
            TransferMessage::Status { percent, .. } => {
                let answer = self.flush(percent == Percent::DONE, percent);
                if answer != Answer::Continue {
                    return answer;
                }
                self.callback.message(BandMessage::Status { percent, from: StatusSource::ToClient })
            }
            // Within one stream pages cannot be told apart here (reference, part 13: dropped).
            TransferMessage::NewPage => self.flush(true, Percent::DONE),
            TransferMessage::EndOfStream { complete } => {
                self.complete = complete;
                // Of a page that broke off all rows that came are handed over.
                self.flush(true, if complete { Percent::DONE } else { Percent::ZERO })
            }
            TransferMessage::EndOfTransfer => {
                self.callback.message(BandMessage::Termination { complete: self.complete })
            }
        }
    }

    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        if self.callback.error_handler().is_some() {
            // Asked twice, because a loan that was returned early cannot be had otherwise.
            return self.callback.error_handler();
        }
        Some(self)
    }
}

impl ErrorHandler for Banded<'_> {
    /// Of all that a device says, the older model knows delays alone (reference, part 13).
    fn report_status(&mut self, failure: &DeviceFailure, percent: Percent) -> HandlerAnswer {
        if !matches!(failure.condition, Condition::WarmingUp | Condition::Calibrating) {
            return HandlerAnswer::NotHandled;
        }
        match self.callback.message(BandMessage::Status { percent, from: StatusSource::FromDevice }) {
            Answer::Continue => HandlerAnswer::Handled,
            Answer::Cancel => HandlerAnswer::Cancel,
            Answer::Code(code) => code.into(),
        }
    }
}

/// Bytes between the stream that is written and the callback that takes bands: what a driver writes between
/// two messages, a tenth of a page or less.
struct Queue {
    band_size: usize,
    /// What was written and not handed over: where it belongs, and the bytes.
    waiting: Vec<(u64, Vec<u8>)>,
    buffers: Vec<Arc<Vec<u8>>>,
    active: usize,
    /// Bytes of the page so far.
    length: u64,
}

impl Queue {
    fn new(band_size: usize, buffers: usize) -> Queue {
        let buffers = (0..buffers).map(|_| Arc::new(Vec::with_capacity(band_size))).collect();
        Queue { band_size, waiting: Vec::new(), buffers, active: 0, length: 0 }
    }

    fn begin_page(&mut self) {
        self.waiting.clear();
        self.length = 0;
    }

    fn write(&mut self, position: u64, bytes: &[u8]) -> Result<(), StreamError> {
        let waiting: usize = self.waiting.iter().map(|(_, bytes)| bytes.len()).sum();
        if waiting + bytes.len() > MOST_WAITING {
            return Err(StreamError(Code::E_OUTOFMEMORY));
        }
        self.length = self.length.max(position + bytes.len() as u64);
        match self.waiting.last_mut() {
            Some((offset, waiting)) if *offset + waiting.len() as u64 == position => waiting.extend_from_slice(bytes),
            _ => self.waiting.push((position, bytes.to_vec())),
        }
        Ok(())
    }

    /// The next band; with `all` also one that is not full.
    fn next(&mut self, all: bool, percent: Percent) -> Option<Band> {
        let run = self.waiting.iter().position(|(_, bytes)| !bytes.is_empty())?;
        // What another run follows cannot grow any more.
        let closed = all || run + 1 < self.waiting.len();
        let (offset, bytes) = &mut self.waiting[run];
        if bytes.len() < self.band_size && !closed {
            return None;
        }
        let count = bytes.len().min(self.band_size);
        let at = *offset;
        let buffer = self.active;
        self.active = (self.active + 1) % self.buffers.len();
        let slot = &mut self.buffers[buffer];
        // An application that still holds the last filling gets a new buffer beside it.
        let mut filling = Arc::get_mut(slot).map(std::mem::take).unwrap_or_default();
        filling.clear();
        filling.extend_from_slice(&bytes[..count]);
        bytes.drain(..count);
        *offset += count as u64;
        self.waiting.drain(..run);
        if self.waiting.first().is_some_and(|(_, bytes)| bytes.is_empty()) && self.waiting.len() > 1 {
            self.waiting.remove(0);
        }
        *slot = Arc::new(filling);
        Some(Band { offset: at, bytes: Arc::clone(slot), buffer, percent })
    }
}

/// What the driver, or the format before it, writes to.
struct BandStream {
    queue: Arc<Mutex<Queue>>,
    position: u64,
}

impl PageStream for BandStream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        lock(&self.queue).write(self.position, bytes)?;
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, StreamError> {
        let end = lock(&self.queue).length;
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => end.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or(StreamError(Code::E_INVALIDARG))?;
        Ok(self.position)
    }

    fn set_len(&mut self, _length: u64) -> Result<(), StreamError> {
        Ok(())
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
