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
    runs: Box<[Run; 1 << RUN]>,
}

/// Symbols of a block, one after the other: bits of all of them with what follows each (0: not even one is
/// whole), the coefficients they pass over, and whether the last of them ends the block.
#[derive(Clone, Copy, Default)]
struct Run(u16);

impl Run {
    fn new(bits: u32, coefficients: u32, ends: bool) -> Run {
        Run((bits | coefficients << 4 | u32::from(ends) << 10) as u16)
    }

    fn bits(self) -> u32 {
        u32::from(self.0) & 0x0f
    }

    fn coefficients(self) -> u32 {
        u32::from(self.0) >> 4 & 0x3f
    }

    fn ends(self) -> bool {
        self.0 >> 10 != 0
    }
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
            runs: Box::new([Run::default(); 1 << RUN]),
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
            table.runs = Box::new(std::array::from_fn(|bits| table.run(bits as u32)));
        }
        Some(table)
    }

    /// The symbols at the beginning of these [`RUN`] bits.
    fn run(&self, bits: u32) -> Run {
        let (mut used, mut passed) = (0, 0);
        loop {
            let next = (bits << used) & ((1 << RUN) - 1);
            let (length, symbol) = self.quick[(next >> (RUN - QUICK)) as usize];
            let length = u32::from(length);
            if length == 0 || used + length > RUN {
                return Run::new(used, passed, false);
            }
            match coefficients(symbol) {
                None => return Run::new(used + length, passed, true),
                Some(further) if passed + further > COEFFICIENTS => return Run::new(used, passed, false),
                Some(further) => (used, passed) = (used + length, passed + further),
            }
        }
    }
}

/// The bytes of a picture, and from its scan on the bits in them: without stuffed bytes, up to the next marker.
#[derive(Default)]
pub(super) struct Bits {
    /// As they came; what is before `taken` has been passed over, or is in `clean`.
    raw: Vec<u8>,
    taken: usize,
    /// Compressed data.
    clean: Vec<u8>,
    place: Place,
    in_scan: bool,
    /// A marker was met: it is at `taken`.
    marker: bool,
}

/// How far the compressed data is read.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    at: usize,
    /// The next bits, from the highest on.
    bits: u64,
    /// How many of them count; others are there again when they do.
    count: u32,
}

impl Bits {
    /// Adds bytes behind those that are there; those that were read go.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.raw.drain(..self.taken);
        self.taken = 0;
        self.raw.extend_from_slice(bytes);
        self.clean.drain(..self.place.at);
        self.place.at = 0;
        self.clean_up();
    }

    /// The bytes that were not read yet. For what stands before the scan.
    pub(super) fn rest(&self) -> &[u8] {
        &self.raw[self.taken..]
    }

    /// Passes over bytes, before the scan.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.taken = (self.taken + bytes).min(self.raw.len());
    }

    /// The scan begins here.
    pub(super) fn begin_scan(&mut self) {
        self.in_scan = true;
        self.clean_up();
    }

    /// Takes stuffed bytes out of what came, up to the next marker.
    fn clean_up(&mut self) {
        while self.in_scan && !self.marker {
            let rest = &self.raw[self.taken..];
            let plain = memchr::memchr(0xff, rest).unwrap_or(rest.len());
            self.clean.extend_from_slice(&rest[..plain]);
            self.taken += plain;
            match rest[plain..] {
                [0xff, 0x00, ..] => {
                    self.clean.push(0xff);
                    self.taken += 2;
                }
                // Any number of them may stand before a marker.
                [0xff, 0xff, ..] => self.taken += 1,
                [0xff, _, ..] => self.marker = true,
                // Whether it is stuffed or a marker the next byte will tell.
                _ => return,
            }
        }
    }

    /// Bytes of compressed data that were not read yet.
    pub(super) fn unread(&self) -> usize {
        self.clean.len() - self.place.at
    }

    /// Reads on from where reading is.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { clean: &self.clean, place: self.place, marker: self.marker, damaged: false }
    }

    /// Reading goes on from here.
    pub(super) fn go_on_at(&mut self, place: Place) {
        self.place = place;
    }

    /// Passes over everything up to the next marker, and over it when it is a restart marker. What was
    /// passed over stays so when more bytes are needed.
    pub(super) fn pass_restart(&mut self) -> Result<(), Stop> {
        self.place = Place::default();
        self.clean.clear();
        if self.is_at_restart() {
            self.marker = false;
            self.taken += 2;
            self.clean_up();
            return Ok(());
        }
        Err(if self.marker { Stop::Marker } else { Stop::Starved })
    }

    /// Whether a marker was met.
    pub(super) fn is_at_marker(&self) -> bool {
        self.marker
    }

    /// Whether the marker that was met is a restart marker.
    pub(super) fn is_at_restart(&self) -> bool {
        self.marker && matches!(self.rest(), [0xff, 0xd0..=0xd7, ..])
    }
}

/// Reads symbols.
pub(super) struct Reader<'a> {
    clean: &'a [u8],
    place: Place,
    /// The data ends with what is there.
    marker: bool,
    /// A block went on beyond its last coefficient, or bits were no code.
    damaged: bool,
}

impl Reader<'_> {
    /// Where reading is.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Whether something was passed over that no encoder writes.
    pub(super) fn is_damaged(&self) -> bool {
        self.damaged
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
        let next = (self.place.bits >> (64 - LONGEST)) as u32;
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
        self.damaged = true;
        Ok(0)
    }

    /// Passes over the AC symbols of a block.
    pub(super) fn pass_coefficients(&mut self, table: &Table) -> Result<(), Stop> {
        let mut left = COEFFICIENTS;
        while left > 0 {
            if self.place.count < RUN {
                self.fill();
            }
            let run = table.runs[(self.place.bits >> (64 - RUN)) as usize];
            let (bits, passed) = (run.bits(), run.coefficients());
            // Where the block has room for more, each symbol of a run is one of its own.
            if bits > 0 && passed < left && bits <= self.place.count {
                self.place.bits <<= bits;
                self.place.count -= bits;
                if run.ends() {
                    return Ok(());
                }
                left -= passed;
                continue;
            }
            match coefficients(self.symbol(table)?) {
                Some(further) => {
                    self.damaged |= further > left;
                    left = left.saturating_sub(further);
                }
                None => return Ok(()),
            }
        }
        Ok(())
    }

    fn take(&mut self, count: u32) -> Result<(), Stop> {
        let missing = if self.marker { Stop::Marker } else { Stop::Starved };
        self.place.count = self.place.count.checked_sub(count).ok_or(missing)?;
        self.place.bits <<= count;
        Ok(())
    }

    /// Fills up to at least 32 bits, a code and what follows it, unless the end is near.
    fn fill(&mut self) {
        let place = &mut self.place;
        if place.count >= 2 * LONGEST {
            return;
        }
        if let Some(eight) = self.clean.get(place.at..).and_then(|rest| rest.first_chunk::<8>()) {
            place.bits |= u64::from_be_bytes(*eight) >> place.count;
            let bytes = (63 - place.count) / 8;
            place.at += bytes as usize;
            place.count += 8 * bytes;
            return;
        }
        while place.count < 2 * LONGEST
            && let Some(byte) = self.clean.get(place.at)
        {
            place.bits |= u64::from(*byte) << (56 - place.count);
            place.at += 1;
            place.count += 8;
        }
    }
}
