//! Bytes on their way to the JPEG decoder.
//!
//! The decoder reads a few bytes ahead and never says where the compressed data ended. So it is given
//! the data up to the marker that ends it and not a byte more; when it asks for more, the moment is noted.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use crate::raster::{JpegFacts, JpegMarkers, is_placeholder_height};

/// Bytes read at once.
const PIECE: usize = 64 << 10;
/// Segments before the compressed data, all together; profiles and thumbnails of real devices stay far below.
const LARGEST_HEADER: usize = 4 << 20;
/// Height given to the decoder when nobody knows one: the largest it takes.
const TALLEST: u32 = 65_500;
/// A DNL segment: marker, length, height.
const DNL_LENGTH: usize = 6;

/// How the compressed data ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DataEnd {
    /// The stream ended in the middle.
    Cut,
    /// A marker came, as it should.
    Marker,
}

/// What the decoder's side wants to know while the decoder has the source.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// Set when the decoder asked for more than the data of the scan.
    end: Cell<Option<DataEnd>>,
    /// The height in a DNL segment.
    dnl: Cell<Option<u16>>,
    /// Whether the first scan came to its end.
    first_scan_over: Cell<bool>,
    failure: RefCell<Option<io::Error>>,
}

impl Noted {
    pub(super) fn end(&self) -> Option<DataEnd> {
        self.end.get()
    }

    pub(super) fn dnl(&self) -> Option<u16> {
        self.dnl.get()
    }

    pub(super) fn first_scan_over(&self) -> bool {
        self.first_scan_over.get()
    }

    /// The reader's failure, if that is why the decoder gave up.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        self.failure.borrow_mut().take()
    }
}

/// The bytes of a JPEG stream for the decoder. A placeholder height is replaced on the way.
pub(super) struct Source<R> {
    reader: R,
    noted: Rc<Noted>,
    facts: JpegFacts,
    height: u16,
    several_scans: bool,
    buffer: Vec<u8>,
    /// What the decoder has taken of the buffer, and what it may take.
    taken: usize,
    ready: usize,
    /// The marker that ends the scan was found: it is at `ready`.
    at_marker: bool,
    /// Nothing is looked for any more.
    passing: bool,
}

impl<R: Read> Source<R> {
    /// Reads up to the first byte of compressed data.
    pub(super) fn open(mut reader: R, expected_rows: Option<u32>) -> io::Result<Source<R>> {
        let mut markers = JpegMarkers::new();
        let mut buffer = Vec::new();
        while markers.facts().first_scan.is_none() && !markers.facts().broken && buffer.len() < LARGEST_HEADER {
            let before = buffer.len();
            if read_more(&mut reader, &mut buffer)? == 0 {
                break;
            }
            markers.feed(&buffer[before..]);
        }
        let facts = *markers.facts();
        let expected = expected_rows.filter(|rows| (1..=TALLEST).contains(rows)).unwrap_or(TALLEST) as u16;
        let mut height = expected;
        if let Some(frame) = facts.frame {
            let place = frame.height.offset as usize;
            if !is_placeholder_height(frame.height.rows) {
                height = frame.height.rows;
            } else if let Some(bytes) = buffer.get_mut(place..place + 2) {
                bytes.copy_from_slice(&expected.to_be_bytes());
            }
        }
        let data = facts.first_scan.map_or(buffer.len(), |at| (at as usize).min(buffer.len()));
        let several_scans = facts.frame.is_some_and(|frame| components_in_scan(&buffer[..data]) < frame.components);
        let noted = Rc::new(Noted::default());
        let mut source = Source {
            reader,
            noted,
            facts,
            height,
            several_scans,
            buffer,
            taken: 0,
            ready: data,
            at_marker: false,
            passing: false,
        };
        source.look_for_marker(data);
        Ok(source)
    }

    /// Markers before the compressed data.
    pub(super) fn facts(&self) -> &JpegFacts {
        &self.facts
    }

    /// The height the decoder is told.
    pub(super) fn height(&self) -> u16 {
        self.height
    }

    /// Whether the picture can only be put together from several scans.
    pub(super) fn has_several_scans(&self) -> bool {
        self.several_scans || self.facts.frame.is_some_and(|frame| frame.progressive)
    }

    /// What is noted while the decoder has the source.
    pub(super) fn noted(&self) -> Rc<Noted> {
        self.noted.clone()
    }

    /// Looks from here for the marker that ends the scan; what comes before it is ready.
    fn look_for_marker(&mut self, from: usize) {
        if self.passing {
            self.ready = self.buffer.len();
            return;
        }
        let mut at = from;
        while let Some(found) = self.buffer[at..].iter().position(|byte| *byte == 0xff) {
            let marker = at + found;
            match self.buffer.get(marker + 1) {
                // Undecided: the byte waits for the next one.
                None => {
                    self.ready = marker;
                    return;
                }
                // A stuffed byte, or a restart marker: the data goes on.
                Some(0x00 | 0xd0..=0xd7) => at = marker + 2,
                Some(0xff) => at = marker + 1,
                Some(_) => {
                    self.noted.first_scan_over.set(true);
                    // Later scans are not looked at: such a picture is decoded as a whole.
                    self.at_marker = !self.has_several_scans();
                    self.passing = self.has_several_scans();
                    self.ready = if self.at_marker { marker } else { self.buffer.len() };
                    return;
                }
            }
        }
        self.ready = self.buffer.len();
    }

    /// Makes more ready; nothing is ready afterwards only at the end of the stream.
    fn refill(&mut self) -> io::Result<()> {
        if self.at_marker {
            self.pass_marker()?;
        }
        while self.taken == self.ready {
            self.buffer.drain(..self.taken);
            self.taken = 0;
            self.ready = 0;
            if read_more(&mut self.reader, &mut self.buffer)? == 0 {
                // A lone FF at the end goes out with the rest.
                self.ready = self.buffer.len();
                if self.ready == 0 && self.noted.end.get().is_none() {
                    self.noted.end.set(Some(DataEnd::Cut));
                }
                return Ok(());
            }
            self.look_for_marker(0);
            if self.at_marker && self.ready == 0 {
                self.pass_marker()?;
            }
        }
        Ok(())
    }

    /// The decoder wants more than the scan's data: notes it, and lets everything through from now on.
    fn pass_marker(&mut self) -> io::Result<()> {
        while self.buffer.len() < self.ready + DNL_LENGTH {
            if read_more(&mut self.reader, &mut self.buffer)? == 0 {
                break;
            }
        }
        if let Some([0xff, 0xdc, 0, 4, high, low]) = self.buffer.get(self.ready..self.ready + DNL_LENGTH) {
            self.noted.dnl.set(Some(u16::from_be_bytes([*high, *low])));
        }
        self.noted.end.set(Some(DataEnd::Marker));
        self.at_marker = false;
        self.passing = true;
        self.ready = self.buffer.len();
        Ok(())
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let taken = there.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&there[..taken]);
        self.consume(taken);
        Ok(taken)
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.ready
            && let Err(error) = self.refill()
        {
            let kind = error.kind();
            *self.noted.failure.borrow_mut() = Some(error);
            return Err(kind.into());
        }
        Ok(&self.buffer[self.taken..self.ready])
    }

    fn consume(&mut self, bytes: usize) {
        self.taken = (self.taken + bytes).min(self.ready);
    }
}

/// Reads one piece behind what is in the buffer; zero at the end.
fn read_more(reader: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let before = buffer.len();
    buffer.resize(before + PIECE, 0);
    let read = loop {
        match reader.read(&mut buffer[before..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read,
        }
    };
    buffer.truncate(before + read.as_ref().map_or(0, |read| *read));
    read
}

/// How many components the scan header at the end of these bytes has.
fn components_in_scan(header: &[u8]) -> u8 {
    (1..=4u8)
        .find(|components| {
            let length = 6 + 2 * usize::from(*components);
            let Some(start) = header.len().checked_sub(length + 2) else { return false };
            header[start..start + 5] == [0xff, 0xda, 0, length as u8, *components]
        })
        .unwrap_or(u8::MAX)
}
