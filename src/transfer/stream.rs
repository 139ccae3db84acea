//! The stream that a driver holds: the application's, until the broker takes it back.

use std::io::SeekFrom;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::minidriver::{PageStream, StreamError};

use super::latch::Latch;

/// The broker's end of a stream given to a driver.
pub(super) struct OpenStream {
    slot: Arc<Slot>,
}

struct Slot {
    latch: Arc<Latch>,
    inner: Mutex<Inner>,
}

struct Inner {
    /// The application's stream; gone when the stream has ended.
    stream: Option<Box<dyn PageStream>>,
    /// The driver said that all bytes are written, and has not touched the stream since.
    complete: bool,
}

impl OpenStream {
    pub(super) fn new(stream: Box<dyn PageStream>, latch: Arc<Latch>) -> OpenStream {
        let inner = Mutex::new(Inner { stream: Some(stream), complete: false });
        OpenStream { slot: Arc::new(Slot { latch, inner }) }
    }

    /// What the driver gets: write, seek and set-size (R26), for as long as the stream is open.
    pub(super) fn for_driver(&self) -> Box<dyn PageStream> {
        Box::new(DriverStream(Arc::clone(&self.slot)))
    }

    /// The driver said that all bytes of the page are written (R33).
    pub(super) fn set_complete(&self) {
        self.slot.lock().complete = true;
    }

    /// Another page follows in this stream.
    pub(super) fn set_incomplete(&self) {
        self.slot.lock().complete = false;
    }

    /// Takes the stream away from the driver, whether it let go of it or not (R25, R30), and says
    /// whether its page is complete.
    pub(super) fn end(self) -> (Option<Box<dyn PageStream>>, bool) {
        let mut inner = self.slot.lock();
        (inner.stream.take(), inner.complete)
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_stream<T>(
        &self,
        call: impl FnOnce(&mut dyn PageStream) -> Result<T, StreamError>,
    ) -> Result<T, StreamError> {
        let mut inner = self.lock();
        let Some(stream) = inner.stream.as_mut() else {
            return Err(StreamError(self.latch.code_of_dead_stream()));
        };
        match self.latch.refusal() {
            Some(code) => Err(StreamError(code)),
            None => call(stream.as_mut()),
        }
    }
}

struct DriverStream(Arc<Slot>);

impl PageStream for DriverStream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        let taken = self.0.with_stream(|stream| stream.write(bytes))?;
        if taken > 0 {
            self.0.lock().complete = false;
        }
        Ok(taken)
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, StreamError> {
        self.0.with_stream(|stream| stream.seek(to))
    }

    fn set_len(&mut self, length: u64) -> Result<(), StreamError> {
        self.0.with_stream(|stream| stream.set_len(length))?;
        self.0.lock().complete = false;
        Ok(())
    }
}
