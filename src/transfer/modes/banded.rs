//! In-memory banded transfer: the image in portions of an agreed size (reference, part 6; for a legacy application
//! also part 13).
//!
//! ```text
//! STATUS*  DATA_HEADER  (STATUS | DATA)*  ( NEW_PAGE  (STATUS | DATA)* )*  TERMINATION
//! ```

use std::collections::VecDeque;
use std::io::SeekFrom;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::minidriver::property::{Format, ItemProperties, keys};
use crate::minidriver::{Code, DeviceFailure, ErrorHandler, HandlerAnswer, PageInfo, PageStream, StreamError};
use crate::units::Percent;

use super::super::broker::{Broker, Transfer};
use super::super::callback::{Answer, NextStream, TransferCallback, TransferMessage};
use super::super::format::MadeFormat;
use super::super::latch::Canceller;
use super::super::outcome::Outcome;
use super::delays::{StatusSource, told_as_status};

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
    /// What happened; the answer can end the job (reference, 9.8). After it, and after a cancel, only
    /// [`BandMessage::Termination`] comes.
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
        let mut bands = Banded {
            callback,
            format: request.format,
            queue: shared,
            canceller: transfer.canceller(),
            percent: Percent::ZERO,
            begun: false,
            stopped: false,
            complete: false,
        };
        self.download(transfer.made(made), &mut bands)
    }
}

/// The stream model's application that makes bands.
struct Banded<'a> {
    callback: &'a mut dyn BandCallback,
    format: Format,
    queue: Arc<Mutex<Queue>>,
    canceller: Canceller,
    /// What was last said of the page; its bands say the same.
    percent: Percent,
    begun: bool,
    /// The application answered that the job is to end.
    stopped: bool,
    complete: bool,
}

impl Banded<'_> {
    fn tell(&mut self, message: BandMessage) -> Answer {
        let answer = self.callback.message(message);
        self.stopped |= answer.stop().is_some();
        answer
    }

    /// Whether nothing but the end may reach the application any more (R6; reference, 7.1, rows 9 and 10). Trouble at
    /// the device is no such thing: what came before it was written while all was well, and is handed over.
    fn is_over(&self) -> bool {
        self.stopped || self.canceller.is_cancelled()
    }

    /// Hands over what is full; with `all` also what is not.
    fn flush(&mut self, all: bool) -> Answer {
        while !self.is_over() {
            let Some(band) = lock(&self.queue).next(all, self.percent) else { break };
            let answer = self.tell(BandMessage::Data(band));
            if answer.stop().is_some() {
                return answer;
            }
        }
        Answer::Continue
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
        self.percent = Percent::ZERO;
        // A skip has no meaning here, the older model has none: it counts as any other success.
        match self.tell(message).stop() {
            None => {
                lock(&self.queue).begin_page();
                NextStream::Stream(Box::new(BandStream { queue: Arc::clone(&self.queue), position: 0 }))
            }
            Some(stop) => stop.into(),
        }
    }

    fn message(&mut self, message: &TransferMessage) -> Answer {
        match *message {
            TransferMessage::Status { percent, .. } => {
                self.percent = percent;
                let answer = self.flush(percent == Percent::DONE);
                if self.is_over() {
                    return answer;
                }
                self.tell(BandMessage::Status { percent, from: StatusSource::ToClient })
            }
            // Within one stream pages cannot be told apart here (reference, part 13: dropped).
            TransferMessage::NewPage => {
                let answer = self.flush(true);
                self.percent = Percent::ZERO;
                answer
            }
            TransferMessage::EndOfStream { complete } => {
                // Of a page that broke off all rows that came are handed over.
                let answer = self.flush(true);
                // An application that ended the job before the last band does not have all of the page.
                self.complete = complete && lock(&self.queue).waiting.is_empty();
                answer
            }
            TransferMessage::EndOfTransfer => self.tell(BandMessage::Termination { complete: self.complete }),
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
    fn report_status(&mut self, failure: &DeviceFailure, percent: Percent) -> HandlerAnswer {
        told_as_status(failure, || self.tell(BandMessage::Status { percent, from: StatusSource::FromDevice }))
    }
}

/// Bytes between the stream that is written and the callback that takes bands: what a driver writes between
/// two messages, a tenth of a page or less.
struct Queue {
    band_size: usize,
    /// What was written and not handed over; no run is empty.
    waiting: VecDeque<Run>,
    /// Bytes of all runs together.
    held: usize,
    buffers: Vec<Arc<Vec<u8>>>,
    active: usize,
    /// Bytes of the page so far.
    length: u64,
}

/// Bytes that follow one another.
struct Run {
    /// Where the first of them belongs in the image.
    offset: u64,
    bytes: VecDeque<u8>,
}

impl Run {
    /// Moves the first bytes into `filling`, at a cost that does not depend on how many wait behind them.
    fn take(&mut self, count: usize, filling: &mut Vec<u8>) {
        let (front, back) = self.bytes.as_slices();
        let (front, rest) = (&front[..count.min(front.len())], count.saturating_sub(front.len()));
        filling.extend_from_slice(front);
        filling.extend_from_slice(&back[..rest]);
        self.bytes.drain(..count);
        self.offset += count as u64;
    }
}

impl Queue {
    fn new(band_size: usize, buffers: usize) -> Queue {
        let buffers = (0..buffers).map(|_| Arc::new(Vec::with_capacity(band_size))).collect();
        Queue { band_size, waiting: VecDeque::new(), held: 0, buffers, active: 0, length: 0 }
    }

    fn begin_page(&mut self) {
        self.waiting.clear();
        self.held = 0;
        self.length = 0;
    }

    fn write(&mut self, position: u64, bytes: &[u8]) -> Result<(), StreamError> {
        let end = position.checked_add(bytes.len() as u64).ok_or(StreamError(Code::E_INVALIDARG))?;
        if self.held + bytes.len() > MOST_WAITING {
            return Err(StreamError(Code::E_OUTOFMEMORY));
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.held += bytes.len();
        self.length = self.length.max(end);
        match self.waiting.back_mut() {
            Some(run) if run.offset + run.bytes.len() as u64 == position => run.bytes.extend(bytes),
            _ => self.waiting.push_back(Run { offset: position, bytes: bytes.iter().copied().collect() }),
        }
        Ok(())
    }

    /// The next band; with `all` also one that is not full.
    fn next(&mut self, all: bool, percent: Percent) -> Option<Band> {
        // What another run follows cannot grow any more.
        let closed = all || self.waiting.len() > 1;
        let run = self.waiting.front_mut().filter(|run| closed || run.bytes.len() >= self.band_size)?;
        let (offset, count) = (run.offset, run.bytes.len().min(self.band_size));
        let buffer = self.active;
        self.active = (self.active + 1) % self.buffers.len();
        let slot = &mut self.buffers[buffer];
        // An application that still holds the last filling gets a new buffer beside it.
        let mut filling = Arc::get_mut(slot).map(std::mem::take).unwrap_or_default();
        filling.clear();
        run.take(count, &mut filling);
        if run.bytes.is_empty() {
            self.waiting.pop_front();
        }
        self.held -= count;
        *slot = Arc::new(filling);
        Some(Band { offset, bytes: Arc::clone(slot), buffer, percent })
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
