//! Bits of a scan and the codes in them.

use std::io::{self, Read};

/// Bytes read at once.
const PIECE: usize = 64 << 10;
/// Codes up to this many bits are found in one step.
const QUICK: u32 = 9;

/// Why reading stops.
pub(super) enum Stop {
    /// The data ends here: cut, a marker, or bits that are no code.
    End,
    /// The reader failed.
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Io(error)
    }
}

/// A Huffman table.
pub(super) struct Table {
    /// By the next [`QUICK`] bits: length of the code (0: longer) and symbol.
    quick: [(u8, u8); 1 << QUICK],
    /// By code length: the largest code of that length, left aligned to 16 bits and one more; the
    /// distance from a code to its symbol's place.
    limits: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// From the counts per code length and the symbols; `None` when these are no codes.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Table> {
        let mut table = Table { quick: [(0, 0); 1 << QUICK], limits: [(0, 0); 17], symbols: symbols.to_vec() };
        let (mut code, mut place) = (0u32, 0usize);
        for (length, count) in (1u32..).zip(counts) {
            let count = u32::from(*count);
            table.limits[length as usize] = ((code + count) << (16 - length), place as i32 - code as i32);
            for _ in 0..count {
                if code >= 1 << length {
                    return None;
                }
                if length <= QUICK {
                    let first = (code << (QUICK - length)) as usize;
                    let entries = table.quick.get_mut(first..first + (1 << (QUICK - length)))?;
                    entries.fill((length as u8, *symbols.get(place)?));
                }
                code += 1;
                place += 1;
            }
            code <<= 1;
        }
        Some(table)
    }
}

/// The bits of a scan, with stuffed bytes taken out. Ends at the first marker.
pub(super) struct Bits<R> {
    reader: R,
    buffer: Vec<u8>,
    at: usize,
    bits: u64,
    count: u32,
    /// A marker or the end of the bytes was met.
    ended: bool,
}

impl<R: Read> Bits<R> {
    pub(super) fn new(reader: R) -> Bits<R> {
        Bits { reader, buffer: Vec::new(), at: 0, bits: 0, count: 0, ended: false }
    }

    /// Plain bytes, before the first bit; `None` when there are not so many.
    pub(super) fn bytes(&mut self, count: usize) -> io::Result<Option<Vec<u8>>> {
        while self.buffer.len() - self.at < count {
            if !self.read_more()? {
                return Ok(None);
            }
        }
        let bytes = self.buffer[self.at..self.at + count].to_vec();
        self.at += count;
        Ok(Some(bytes))
    }

    /// The next symbol.
    pub(super) fn symbol(&mut self, table: &Table) -> Result<u8, Stop> {
        self.fill()?;
        // Missing bits read as zeros; that they are missing shows when they are taken.
        let next = self.peek(16);
        let (length, symbol) = table.quick[(next >> (16 - QUICK)) as usize];
        if length > 0 {
            self.take(u32::from(length))?;
            return Ok(symbol);
        }
        for length in QUICK + 1..=16 {
            let (limit, distance) = table.limits[length as usize];
            if next < limit {
                let place = (next >> (16 - length)) as i32 + distance;
                let symbol = usize::try_from(place).ok().and_then(|place| table.symbols.get(place)).ok_or(Stop::End)?;
                self.take(length)?;
                return Ok(*symbol);
            }
        }
        Err(Stop::End)
    }

    /// Passes over bits, 16 at most.
    pub(super) fn skip(&mut self, count: u32) -> Result<(), Stop> {
        self.fill()?;
        self.take(count)
    }

    /// Passes over the rest of the byte and the restart marker that must follow.
    pub(super) fn restart(&mut self) -> Result<(), Stop> {
        self.fill()?;
        if self.count >= 8 || !self.ended {
            return Err(Stop::End);
        }
        match self.bytes(2)?.as_deref() {
            Some([0xff, 0xd0..=0xd7]) => {
                (self.bits, self.count, self.ended) = (0, 0, false);
                Ok(())
            }
            _ => Err(Stop::End),
        }
    }

    fn peek(&self, count: u32) -> u32 {
        if self.count >= count {
            (self.bits >> (self.count - count)) as u32 & ((1 << count) - 1)
        } else {
            (self.bits << (count - self.count)) as u32 & ((1 << count) - 1)
        }
    }

    fn take(&mut self, count: u32) -> Result<(), Stop> {
        self.count = self.count.checked_sub(count).ok_or(Stop::End)?;
        self.bits &= (1 << self.count) - 1;
        Ok(())
    }

    /// Fills up to at least 32 bits, unless a marker or the end is near.
    fn fill(&mut self) -> io::Result<()> {
        while self.count < 32 && !self.ended {
            if self.buffer.len() - self.at < 2 && !self.read_more()? && self.buffer.len() == self.at {
                self.ended = true;
                return Ok(());
            }
            let byte = self.buffer[self.at];
            match (byte, self.buffer.get(self.at + 1)) {
                (0xff, Some(0)) => self.at += 2,
                (0xff, Some(0xff)) => {
                    self.at += 1;
                    continue;
                }
                (0xff, _) => {
                    self.ended = true;
                    return Ok(());
                }
                _ => self.at += 1,
            }
            self.bits = self.bits << 8 | u64::from(byte);
            self.count += 8;
        }
        Ok(())
    }

    /// Reads another piece; `false` at the end.
    fn read_more(&mut self) -> io::Result<bool> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let before = self.buffer.len();
        self.buffer.resize(before + PIECE, 0);
        let read = loop {
            match self.reader.read(&mut self.buffer[before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(before + read.as_ref().map_or(0, |read| *read));
        Ok(read? > 0)
    }
}
