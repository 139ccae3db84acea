//! Bits of a scan and the codes in them, as far as the bytes have come.

/// Codes up to this many bits are found in one step.
const QUICK: u32 = 9;
/// Longest code, and most bits that can follow one.
const LONGEST: u32 = 16;

/// Why reading stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// More bytes are needed.
    Starved,
    /// The data ends here: a marker comes before the bits that are missing.
    Marker,
}

/// What a table is for: how many bits follow a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As many as the symbol says.
    Dc,
    /// As many as the symbol's lower half says.
    Ac,
}

/// A Huffman table.
pub(super) struct Table {
    kind: Kind,
    /// By the next [`QUICK`] bits: bits of the code and of what follows it (0: a longer code), and the symbol.
    quick: [(u8, u8); 1 << QUICK],
    /// By code length: the largest code of that length, left aligned to 16 bits and one more; the
    /// distance from a code to its symbol's place.
    limits: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Kind {
    fn following(self, symbol: u8) -> u32 {
        match self {
            Kind::Dc => u32::from(symbol).min(LONGEST),
            Kind::Ac => u32::from(symbol & 0x0f),
        }
    }
}

impl Table {
    /// From the counts per code length and the symbols; `None` when these are no codes.
    pub(super) fn new(kind: Kind, counts: &[u8; 16], symbols: &[u8]) -> Option<Table> {
        let mut table = Table { kind, quick: [(0, 0); 1 << QUICK], limits: [(0, 0); 17], symbols: symbols.to_vec() };
        let (mut code, mut place) = (0u32, 0usize);
        for (length, count) in (1u32..).zip(counts) {
            let count = u32::from(*count);
            table.limits[length as usize] = ((code + count) << (16 - length), place as i32 - code as i32);
            for _ in 0..count {
                if code >= 1 << length {
                    return None;
                }
                if length <= QUICK {
                    let symbol = *symbols.get(place)?;
                    let first = (code << (QUICK - length)) as usize;
                    let entries = table.quick.get_mut(first..first + (1 << (QUICK - length)))?;
                    entries.fill(((length + kind.following(symbol)) as u8, symbol));
                }
                code += 1;
                place += 1;
            }
            code <<= 1;
        }
        Some(table)
    }
}

/// The bits of a scan, with stuffed bytes taken out. Ends at a marker.
#[derive(Default)]
pub(super) struct Bits {
    buffer: Vec<u8>,
    place: Place,
}

/// How far the bits are read.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    at: usize,
    bits: u64,
    count: u32,
    /// A marker was met: it is at `at`.
    marker: bool,
}

impl Bits {
    /// Adds bytes behind those that are there; those that were read go.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.place.at);
        self.place.at = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The bytes that were not read yet. For what stands before the first bit.
    pub(super) fn rest(&self) -> &[u8] {
        &self.buffer[self.place.at..]
    }

    /// Passes over bytes, before the first bit.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.place.at = (self.place.at + bytes).min(self.buffer.len());
    }

    /// Where reading is, to come back to before further bytes are added.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Goes back to a place.
    pub(super) fn go_back(&mut self, place: Place) {
        self.place = place;
    }

    /// Reads the next symbol and passes over the bits that follow it. Bits that are no code count as the
    /// symbol zero, as decoders have it.
    pub(super) fn symbol(&mut self, table: &Table) -> Result<u8, Stop> {
        self.fill();
        // Missing bits read as zeros; that they are missing shows when they are taken.
        let next = self.peek_longest();
        let (length, symbol) = table.quick[(next >> (LONGEST - QUICK)) as usize];
        if length > 0 {
            self.take(u32::from(length))?;
            return Ok(symbol);
        }
        for length in QUICK + 1..=LONGEST {
            let (limit, distance) = table.limits[length as usize];
            if next < limit {
                let place = (next >> (LONGEST - length)) as i32 + distance;
                let symbol = usize::try_from(place).ok().and_then(|place| table.symbols.get(place)).copied();
                let symbol = symbol.unwrap_or(0);
                self.take(length + table.kind.following(symbol))?;
                return Ok(symbol);
            }
        }
        self.take(LONGEST)?;
        Ok(0)
    }

    /// Passes over everything up to the next marker, and over it when it is a restart marker. What was
    /// passed over stays so when more bytes are needed.
    pub(super) fn pass_restart(&mut self) -> Result<(), Stop> {
        loop {
            (self.place.bits, self.place.count) = (0, 0);
            let before = self.place.at;
            self.fill();
            if self.is_at_restart() {
                self.place = Place { at: self.place.at + 2, ..Place::default() };
                return Ok(());
            }
            if self.place.marker {
                return Err(Stop::Marker);
            }
            if self.place.at == before {
                return Err(Stop::Starved);
            }
        }
    }

    /// Whether the marker that was met is a restart marker.
    pub(super) fn is_at_restart(&self) -> bool {
        self.place.marker && matches!(self.rest(), [0xff, 0xd0..=0xd7, ..])
    }

    fn peek_longest(&self) -> u32 {
        let Place { bits, count, .. } = self.place;
        let shifted = if count >= LONGEST { bits >> (count - LONGEST) } else { bits << (LONGEST - count) };
        shifted as u32 & 0xffff
    }

    fn take(&mut self, count: u32) -> Result<(), Stop> {
        let missing = if self.place.marker { Stop::Marker } else { Stop::Starved };
        self.place.count = self.place.count.checked_sub(count).ok_or(missing)?;
        Ok(())
    }

    /// Fills up to at least 32 bits, a code and what follows it, unless a marker or the end is near.
    fn fill(&mut self) {
        let place = &mut self.place;
        if place.count >= 2 * LONGEST || place.marker {
            return;
        }
        if let Some(four) = self.buffer.get(place.at..).and_then(|rest| rest.first_chunk::<4>())
            && !four.contains(&0xff)
        {
            place.bits = place.bits << 32 | u64::from(u32::from_be_bytes(*four));
            place.count += 32;
            place.at += 4;
            return;
        }
        while place.count < 2 * LONGEST {
            match self.buffer.get(place.at..) {
                Some([0xff, 0x00, ..]) => {
                    place.bits = place.bits << 8 | 0xff;
                    place.at += 2;
                }
                // Any number of them may stand before a marker.
                Some([0xff, 0xff, ..]) => {
                    place.at += 1;
                    continue;
                }
                Some([0xff, _, ..]) => {
                    place.marker = true;
                    return;
                }
                // Whether it is stuffed or a marker the next byte will tell.
                Some([0xff] | []) | None => return,
                Some([byte, ..]) => {
                    place.bits = place.bits << 8 | u64::from(*byte);
                    place.at += 1;
                }
            }
            place.count += 8;
        }
    }
}
