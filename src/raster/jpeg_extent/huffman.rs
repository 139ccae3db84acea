//! Bits of a scan and the codes in them, as far as the bytes have come.

/// Codes up to this many bits are found in one step.
const QUICK: u32 = 9;
/// As many symbols of a block as fit into so many bits are passed over in one step.
const RUN: u32 = 12;
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
    /// By the next [`RUN`] bits: the AC symbols that are whole within them.
    runs: Vec<Run>,
}

/// Symbols of a block, one after the other.
#[derive(Clone, Copy, Default)]
struct Run {
    /// Bits of all of them with what follows each; 0: not even one is whole.
    bits: u8,
    /// Coefficients they pass over.
    coefficients: u8,
    /// The last of them ends the block.
    ends: bool,
}

/// Coefficients of a block besides the first.
const COEFFICIENTS: u32 = 63;

/// How far an AC symbol goes in its block; `None`: it is the last.
pub(super) fn coefficients(symbol: u8) -> Option<u32> {
    match (symbol >> 4, symbol & 0x0f) {
        (15, 0) => Some(16),
        (_, 0) => None,
        (zeros, _) => Some(u32::from(zeros) + 1),
    }
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
        let mut table = Table {
            kind,
            quick: [(0, 0); 1 << QUICK],
            limits: [(0, 0); 17],
            symbols: symbols.to_vec(),
            runs: Vec::new(),
        };
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
        if kind == Kind::Ac {
            table.runs = (0..1 << RUN).map(|bits| table.run(bits)).collect();
        }
        Some(table)
    }

    /// The symbols at the beginning of these [`RUN`] bits.
    fn run(&self, bits: u32) -> Run {
        let mut run = Run::default();
        loop {
            let used = u32::from(run.bits);
            let next = (bits << used) & ((1 << RUN) - 1);
            let (length, symbol) = self.quick[(next >> (RUN - QUICK)) as usize];
            if length == 0 || used + u32::from(length) > RUN {
                return run;
            }
            let Some(further) = coefficients(symbol) else {
                return Run { bits: run.bits + length, ends: true, ..run };
            };
            if u32::from(run.coefficients) + further > COEFFICIENTS {
                return run;
            }
            run.bits += length;
            run.coefficients += further as u8;
        }
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
        self.place.fill(&self.buffer);
        // Missing bits read as zeros; that they are missing shows when they are taken.
        let next = self.place.peek_longest();
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

    /// Passes over the AC symbols of a block.
    pub(super) fn pass_coefficients(&mut self, table: &Table) -> Result<(), Stop> {
        let mut left = COEFFICIENTS;
        while left > 0 {
            left = self.pass_runs(table, left);
            if left > 0 {
                match coefficients(self.symbol(table)?) {
                    Some(further) => left = left.saturating_sub(further),
                    None => return Ok(()),
                }
            }
        }
        Ok(())
    }

    /// Passes over symbols of a block in runs, as far as that is sure to come to the same as one by one; the
    /// coefficients that are left then.
    fn pass_runs(&mut self, table: &Table, mut left: u32) -> u32 {
        // A copy, so that it need not be written back after each run.
        let mut place = self.place;
        while left > 0 {
            place.fill(&self.buffer);
            let next = place.peek_longest() >> (LONGEST - RUN);
            let Some(run) = table.runs.get(next as usize) else { break };
            let coefficients = u32::from(run.coefficients);
            // Nothing whole, no room for all of them, or bits that are not there.
            if run.bits == 0 || coefficients >= left || place.count < u32::from(run.bits) {
                break;
            }
            place.count -= u32::from(run.bits);
            left = if run.ends { 0 } else { left - coefficients };
        }
        self.place = place;
        left
    }

    /// Passes over everything up to the next marker, and over it when it is a restart marker. What was
    /// passed over stays so when more bytes are needed.
    pub(super) fn pass_restart(&mut self) -> Result<(), Stop> {
        loop {
            (self.place.bits, self.place.count) = (0, 0);
            let before = self.place.at;
            self.place.fill(&self.buffer);
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

    fn take(&mut self, count: u32) -> Result<(), Stop> {
        let missing = if self.place.marker { Stop::Marker } else { Stop::Starved };
        self.place.count = self.place.count.checked_sub(count).ok_or(missing)?;
        Ok(())
    }
}

impl Place {
    fn peek_longest(&self) -> u32 {
        let Place { bits, count, .. } = *self;
        let shifted = if count >= LONGEST { bits >> (count - LONGEST) } else { bits << (LONGEST - count) };
        shifted as u32 & 0xffff
    }

    /// Fills up to at least 32 bits, a code and what follows it, unless a marker or the end is near.
    fn fill(&mut self, buffer: &[u8]) {
        if self.count >= 2 * LONGEST || self.marker {
            return;
        }
        if let Some(four) = buffer.get(self.at..).and_then(|rest| rest.first_chunk::<4>())
            && !four.contains(&0xff)
        {
            self.bits = self.bits << 32 | u64::from(u32::from_be_bytes(*four));
            self.count += 32;
            self.at += 4;
            return;
        }
        while self.count < 2 * LONGEST {
            match buffer.get(self.at..) {
                Some([0xff, 0x00, ..]) => {
                    self.bits = self.bits << 8 | 0xff;
                    self.at += 2;
                }
                // Any number of them may stand before a marker.
                Some([0xff, 0xff, ..]) => {
                    self.at += 1;
                    continue;
                }
                Some([0xff, _, ..]) => {
                    self.marker = true;
                    return;
                }
                // Whether it is stuffed or a marker the next byte will tell.
                Some([0xff] | []) | None => return,
                Some([byte, ..]) => {
                    self.bits = self.bits << 8 | u64::from(*byte);
                    self.at += 1;
                }
            }
            self.count += 8;
        }
    }
}
