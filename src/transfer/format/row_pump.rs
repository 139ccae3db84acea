//! A decoder on a thread of its own, with a bounded channel before and behind it.
//!
//! Decoders pull and drivers push. Between them stands this pump: bytes go in while rows come out, and
//! whoever pushes takes the rows at the same time, so neither side can wait for the other for ever.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Select, Sender, bounded};

use crate::raster::{DecodeError, DecodeOptions, Decoded, Encoding, PictureInfo, RowSink, decode};

/// Portions that may wait before the decoder, and behind it.
const WAITING: usize = 4;
/// Bytes of rows that are handed over at once; at least one row.
const PORTION: usize = 64 << 10;

/// What the decoder says.
pub(super) enum Pumped {
    /// The picture begins.
    Begin(PictureInfo),
    /// Whole rows, one after the other, as the picture has them.
    Rows(Vec<u8>),
    /// No more comes.
    Ended(Result<Decoded, DecodeError>),
}

/// See the module.
pub(super) struct RowPump {
    bytes: Option<Sender<Vec<u8>>>,
    rows: Receiver<Pumped>,
    thread: Option<JoinHandle<()>>,
}

impl RowPump {
    /// Starts a decoder.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn start(encoding: Encoding, expected_rows: Option<u32>) -> io::Result<RowPump> {
        let (bytes, incoming) = bounded(WAITING);
        let (outgoing, rows) = bounded(WAITING);
        let thread = thread::Builder::new().name("format".to_owned()).spawn(move || {
            let options = DecodeOptions { expected_rows, enough: None };
            let mut sink = Portions { outgoing: &outgoing, rows: Vec::new(), portion: PORTION };
            let decoded = decode(Incoming { incoming, portion: Vec::new(), read: 0 }, encoding, &options, &mut sink);
            let _ = sink.hand_over();
            // Nobody listens any more when the transfer has ended meanwhile.
            let _ = outgoing.send(Pumped::Ended(decoded));
        })?;
        Ok(RowPump { bytes: Some(bytes), rows, thread: Some(thread) })
    }

    /// Gives bytes to the decoder and takes what it has ready.
    ///
    /// # Errors
    /// The first error of `take`; the pump is of no use then.
    pub(super) fn push<E>(&mut self, bytes: &[u8], mut take: impl FnMut(Pumped) -> Result<(), E>) -> Result<(), E> {
        let Some(sender) = &self.bytes else { return Ok(()) };
        loop {
            let mut ways = Select::new();
            let giving = ways.send(sender);
            ways.recv(&self.rows);
            let way = ways.select();
            if way.index() == giving {
                // A decoder that has ended takes nothing more; its last word is among the rows.
                drop(way.send(sender, bytes.to_vec()));
                break;
            }
            match way.recv(&self.rows) {
                Ok(pumped) => take(pumped)?,
                Err(_) => return Ok(()),
            }
        }
        while let Ok(pumped) = self.rows.try_recv() {
            take(pumped)?;
        }
        Ok(())
    }

    /// No more bytes come: takes all that is still to be had of them.
    ///
    /// # Errors
    /// The first error of `take`.
    pub(super) fn finish<E>(&mut self, mut take: impl FnMut(Pumped) -> Result<(), E>) -> Result<(), E> {
        self.bytes = None;
        while let Ok(pumped) = self.rows.recv() {
            take(pumped)?;
        }
        Ok(())
    }
}

impl Drop for RowPump {
    /// The decoder finds both its channels closed and ends with the portion it has.
    fn drop(&mut self) {
        self.bytes = None;
        let (_, closed) = bounded(0);
        self.rows = closed;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that makes a format panicked");
        }
    }
}

/// The bytes as a decoder reads them.
struct Incoming {
    incoming: Receiver<Vec<u8>>,
    portion: Vec<u8>,
    read: usize,
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.portion.len() {
            let Ok(portion) = self.incoming.recv() else { return Ok(0) };
            (self.portion, self.read) = (portion, 0);
        }
        let count = buffer.len().min(self.portion.len() - self.read);
        buffer[..count].copy_from_slice(&self.portion[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}

/// Rows on their way out.
struct Portions<'a> {
    outgoing: &'a Sender<Pumped>,
    rows: Vec<u8>,
    portion: usize,
}

impl Portions<'_> {
    fn hand_over(&mut self) -> ControlFlow<()> {
        if self.rows.is_empty() {
            return ControlFlow::Continue(());
        }
        let rows = std::mem::replace(&mut self.rows, Vec::with_capacity(self.portion));
        self.send(Pumped::Rows(rows))
    }

    fn send(&self, pumped: Pumped) -> ControlFlow<()> {
        if self.outgoing.send(pumped).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

impl RowSink for Portions<'_> {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        self.send(Pumped::Begin(*picture))
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        self.rows.extend_from_slice(row);
        if self.rows.len() >= self.portion { self.hand_over() } else { ControlFlow::Continue(()) }
    }
}
