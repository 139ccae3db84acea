//! How many rows of a JPEG are really there.
//!
//! A page that was cut says nothing of where; its end marker says nothing of what is missing before it.
//! Its compressed data is read here symbol by symbol, without making pixels of it, while the bytes pass
//! by: what counts are the complete rows of MCUs. Damage that decoders go over is gone over here as
//! well. The bytes are untrusted; the worst they can do is to give a wrong number.

mod huffman;

use std::io::{self, Read};
use std::sync::Arc;

use huffman::{Bits, Kind, Reader, Stop, Table};

/// Segments before the compressed data, all together.
const LARGEST_HEADER: usize = 4 << 20;
/// Bytes of one MCU, with bytes stuffed and filled in between; real ones have some hundred.
const LARGEST_MCU: usize = 64 << 10;
/// Bytes between two restart markers that are waited for before they are looked at; real ones are a row of MCUs.
const LARGEST_INTERVAL: usize = 256 << 10;
/// Bytes read at once.
const PIECE: usize = 64 << 10;

/// Counts the rows of a JPEG stream whose bytes come in pieces of any size.
#[derive(Default)]
pub struct JpegExtent {
    bits: Bits,
    state: State,
    /// Bytes eaten.
    eaten: u64,
    broken_at: Option<u64>,
}

#[derive(Default)]
enum State {
    /// Before the first scan's compressed data.
    #[default]
    Start,
    Header(Box<Header>),
    Scan(Box<Scan>),
    /// Nothing more is counted; what was, unless that could not be.
    Over(Option<Rows>),
}

/// Complete rows of MCUs.
#[derive(Clone, Copy, Default)]
struct Rows {
    complete: u32,
    /// Rows of the picture in one of them.
    height: u32,
    /// Some of the next one is there.
    begun: bool,
    /// Some of the data that was read is nothing that an encoder writes.
    damaged: bool,
}

impl JpegExtent {
    /// At the start of a stream.
    pub fn new() -> JpegExtent {
        JpegExtent::default()
    }

    /// Eats the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        if matches!(self.state, State::Over(_)) {
            return;
        }
        self.bits.add(bytes);
        self.eaten += bytes.len() as u64;
        if let State::Start = self.state {
            match self.bits.rest() {
                [0xff, 0xd8, ..] => {
                    self.bits.pass(2);
                    self.state = State::Header(Box::default());
                }
                [0xff] | [] => return,
                _ => return self.end(None),
            }
        }
        if let State::Header(header) = &mut self.state {
            match header.read(&mut self.bits) {
                Parsed::More => return,
                Parsed::Nothing => return self.end(Some(Rows::default())),
                Parsed::Unknown => return self.end(None),
                Parsed::Scan(scan) => self.state = State::Scan(Box::new(scan)),
            }
        }
        if let State::Scan(scan) = &mut self.state
            && scan.count(&mut self.bits) == Stop::Marker
        {
            let rows = scan.rows(&self.bits);
            if let [0xff, code, ..] = self.bits.rest()
                && is_out_of_place(*code)
            {
                self.broken_at = Some(self.eaten - self.bits.rest().len() as u64);
            }
            self.end(Some(rows));
        }
    }

    /// Rows, in pixels, that the complete rows of MCUs of the first scan make. The last of them can reach
    /// below the picture's height. `None` for what cannot be counted: pictures that are not Huffman coded.
    pub fn complete_rows(&self) -> Option<u32> {
        self.rows().map(|rows| rows.complete * rows.height)
    }

    /// Whether a picture of this height lacks rows. One whose last row of MCUs has begun does not: some
    /// encoders lose a few bytes at the end.
    pub fn lacks_rows(&self, height: u32) -> bool {
        self.rows().is_some_and(|rows| {
            let there = rows.complete + u32::from(rows.begun);
            there < height.div_ceil(rows.height.max(1)).max(1)
        })
    }

    /// Offset of a marker that no picture has at this place: decoders end there, or give up.
    pub fn broken_at(&self) -> Option<u64> {
        self.broken_at
    }

    /// Whether data came that no encoder writes: rows that are not there were damaged then, and not cut off.
    pub fn is_damaged(&self) -> bool {
        self.broken_at.is_some() || self.rows().is_some_and(|rows| rows.damaged)
    }

    fn rows(&self) -> Option<Rows> {
        match &self.state {
            State::Start | State::Header(_) => Some(Rows::default()),
            State::Scan(scan) => Some(scan.rows(&self.bits)),
            State::Over(rows) => *rows,
        }
    }

    fn counted(&self) -> Counted {
        Counted { rows: self.complete_rows(), broken_at: self.broken_at }
    }

    fn end(&mut self, rows: Option<Rows>) {
        self.bits = Bits::default();
        self.state = State::Over(rows);
    }
}

impl std::fmt::Debug for JpegExtent {
    /// The rows; tables would fill a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JpegExtent({:?} rows)", self.complete_rows())
    }
}

/// Whether a marker cannot end a scan's data: reserved ones, and a restart marker where none is due.
fn is_out_of_place(code: u8) -> bool {
    matches!(code, 0x01..=0xbf | 0xd0..=0xd7)
}

/// What was counted of a stream that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// See [`JpegExtent::complete_rows`].
    pub rows: Option<u32>,
    /// See [`JpegExtent::broken_at`].
    pub broken_at: Option<u64>,
}

/// [`JpegExtent::complete_rows`] of a stream that is there.
///
/// # Errors
/// The reader's.
pub fn complete_rows(bytes: impl Read) -> io::Result<Option<u32>> {
    Ok(counted_rows(bytes)?.rows)
}

/// Counts a stream that is there.
///
/// # Errors
/// The reader's.
pub fn counted_rows(mut bytes: impl Read) -> io::Result<Counted> {
    let mut extent = JpegExtent::new();
    let mut piece = vec![0; PIECE];
    loop {
        match bytes.read(&mut piece) {
            Ok(0) => return Ok(extent.counted()),
            Ok(read) => extent.feed(&piece[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if matches!(extent.state, State::Over(_)) {
            return Ok(extent.counted());
        }
    }
}

/// A component of the frame.
#[derive(Clone, Copy, Debug, Default)]
struct Component {
    id: u8,
    horizontal: u8,
    vertical: u8,
}

/// What the segments before the first scan say.
#[derive(Default)]
struct Header {
    dc: [Option<Arc<Table>>; 4],
    ac: [Option<Arc<Table>>; 4],
    width: u16,
    components: Vec<Component>,
    progressive: bool,
    restart_interval: u16,
    /// Bytes of segments so far.
    length: usize,
}

/// What came of reading the segments that are there.
enum Parsed {
    /// The rest has not come yet.
    More,
    /// The first scan's compressed data follows.
    Scan(Scan),
    /// There is no scan.
    Nothing,
    /// There is something that cannot be counted.
    Unknown,
}

impl Header {
    /// Reads segments up to the first byte of compressed data.
    fn read(&mut self, bits: &mut Bits) -> Parsed {
        loop {
            let (code, length) = match bits.rest() {
                [0xff, 0xff, ..] => {
                    bits.pass(1);
                    continue;
                }
                // They stand alone.
                [0xff, 0x01 | 0xd0..=0xd7, ..] => {
                    bits.pass(2);
                    continue;
                }
                [0xff, 0xd9, ..] => return Parsed::Nothing,
                [0xff, code, high, low, ..] => (*code, usize::from(u16::from_be_bytes([*high, *low]))),
                [] | [0xff, ..] => return Parsed::More,
                _ => return Parsed::Unknown,
            };
            if length < 2 || self.length + length > LARGEST_HEADER {
                return Parsed::Unknown;
            }
            let Some(content) = bits.rest().get(4..2 + length) else { return Parsed::More };
            if code == 0xda {
                let scan = self.scan(content);
                bits.pass(2 + length);
                bits.begin_scan();
                return scan.map_or(Parsed::Unknown, Parsed::Scan);
            }
            if self.take(code, content).is_none() {
                return Parsed::Unknown;
            }
            self.length += length;
            bits.pass(2 + length);
        }
    }

    /// Notes a segment; `None` when nothing can be counted after it.
    fn take(&mut self, code: u8, content: &[u8]) -> Option<()> {
        match code {
            0xc0..=0xc2 => {
                self.progressive = code == 0xc2;
                self.width = u16::from_be_bytes([*content.get(3)?, *content.get(4)?]);
                self.components = components(content);
            }
            0xc4 => self.add_tables(content)?,
            // Arithmetic coding, lossless and hierarchical pictures.
            0xc3 | 0xc5..=0xcf => return None,
            0xdd => self.restart_interval = u16::from_be_bytes([*content.first()?, *content.get(1)?]),
            _ => {}
        }
        Some(())
    }

    /// A DHT segment: any number of tables.
    fn add_tables(&mut self, mut content: &[u8]) -> Option<()> {
        while let Some((class_and_place, rest)) = content.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let symbols: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(symbols)?;
            let (kind, tables) =
                if class_and_place >> 4 == 0 { (Kind::Dc, &mut self.dc) } else { (Kind::Ac, &mut self.ac) };
            let table = Table::new(kind, counts, symbols)?;
            *tables.get_mut(usize::from(class_and_place & 0x0f))? = Some(Arc::new(table));
            content = rest;
        }
        Some(())
    }

    /// The first scan, from its header's content.
    fn scan(&self, content: &[u8]) -> Option<Scan> {
        let (count, rest) = content.split_first()?;
        let (selectors, spectrum) = rest.split_at_checked(2 * usize::from(*count))?;
        let [start, end, approximation] = spectrum[..3.min(spectrum.len())] else { return None };
        let dc_only = self.progressive && start == 0 && end == 0 && approximation >> 4 == 0;
        if self.progressive && !dc_only {
            return None;
        }
        let mut parts = Vec::new();
        for selector in selectors.chunks_exact(2) {
            let component = *self.components.iter().find(|component| component.id == selector[0])?;
            let dc = self.dc.get(usize::from(selector[1] >> 4))?.clone()?;
            let ac = if dc_only { None } else { Some(self.ac.get(usize::from(selector[1] & 0x0f))?.clone()?) };
            let blocks = if *count == 1 { 1 } else { component.horizontal * component.vertical };
            parts.push(Part { component, blocks, dc, ac });
        }
        let largest_horizontal = self.components.iter().map(|component| component.horizontal).max()?;
        let largest_vertical = self.components.iter().map(|component| component.vertical).max()?;
        let width = u32::from(self.width.max(1));
        let (rows_of_an_mcu, mcus_in_row) = match &parts[..] {
            [] => return None,
            // A component that comes alone is not interleaved: its MCU is one block.
            [part] => {
                let own = (width * u32::from(part.component.horizontal)).div_ceil(u32::from(largest_horizontal));
                (8 * u32::from(largest_vertical) / u32::from(part.component.vertical), own.div_ceil(8))
            }
            _ => (8 * u32::from(largest_vertical), width.div_ceil(8 * u32::from(largest_horizontal))),
        };
        // More rows than a frame header can hold are not counted.
        let most = u64::from(u32::from(u16::MAX).div_ceil(rows_of_an_mcu)) * u64::from(mcus_in_row);
        let restart_interval = u64::from(self.restart_interval);
        Some(Scan {
            parts,
            rows_of_an_mcu,
            mcus_in_row,
            restart_interval,
            most,
            complete: 0,
            restarts: false,
            damaged: false,
        })
    }
}

fn components(frame: &[u8]) -> Vec<Component> {
    let parts = frame.get(6..).unwrap_or_default().chunks_exact(3).take(4);
    parts
        .map(|part| Component {
            id: part[0],
            horizontal: (part[1] >> 4).clamp(1, 4),
            vertical: (part[1] & 15).clamp(1, 4),
        })
        .collect()
}

/// One component of a scan with its tables.
struct Part {
    component: Component,
    /// Blocks of an MCU.
    blocks: u8,
    dc: Arc<Table>,
    /// `None` in a scan of DC values alone.
    ac: Option<Arc<Table>>,
}

/// The first scan, as far as it was read.
struct Scan {
    parts: Vec<Part>,
    /// Rows of the picture that one MCU covers.
    rows_of_an_mcu: u32,
    mcus_in_row: u32,
    /// MCUs between two restart markers; zero without.
    restart_interval: u64,
    /// MCUs after which nothing more is counted.
    most: u64,
    complete: u64,
    /// A restart marker is due.
    restarts: bool,
    /// See [`Rows::damaged`].
    damaged: bool,
}

impl Scan {
    /// Counts what is there; says why it stopped.
    fn count(&mut self, bits: &mut Bits) -> Stop {
        while self.complete < self.most {
            if self.restarts {
                match bits.pass_restart() {
                    Ok(()) => self.restarts = false,
                    Err(stop) => return stop,
                }
            }
            let ended = match self.restart_interval {
                // Its marker ends an interval: it is there, whatever is missing in it.
                1.. if bits.is_at_restart() => Err(Stop::Marker),
                // As long as the marker may come the interval need not be read.
                1.. if !bits.is_at_marker() && bits.unread() <= LARGEST_INTERVAL => return Stop::Starved,
                _ => self.count_up_to_restart(bits),
            };
            match ended {
                Ok(()) => {}
                Err(Stop::Marker) if self.restart_interval > 0 && bits.is_at_restart() => {
                    self.complete = (self.complete + 1).next_multiple_of(self.restart_interval);
                }
                Err(Stop::Starved) if bits.unread() <= LARGEST_MCU => return Stop::Starved,
                Err(_) => return Stop::Marker,
            }
            self.restarts = self.restart_interval > 0 && self.complete.is_multiple_of(self.restart_interval);
        }
        Stop::Marker
    }

    fn count_up_to_restart(&mut self, bits: &mut Bits) -> Result<(), Stop> {
        let mut reader = bits.reader();
        let (mcus, ended) = self.pass_mcus(&mut reader);
        let (place, damaged) = (reader.place(), reader.is_damaged());
        bits.go_on_at(place);
        self.complete += mcus;
        self.damaged |= damaged;
        ended
    }

    /// What was counted, and what is there of an interval whose marker has not come.
    fn rows(&self, bits: &Bits) -> Rows {
        let begun = if self.restart_interval > 0 && !self.restarts { self.pass_mcus(&mut bits.reader()).0 } else { 0 };
        let complete = (self.complete + begun).min(self.most);
        let in_row = u64::from(self.mcus_in_row.max(1));
        Rows {
            complete: (complete / in_row) as u32,
            height: self.rows_of_an_mcu,
            begun: !complete.is_multiple_of(in_row),
            damaged: self.damaged,
        }
    }

    /// Reads over MCUs until a restart marker is due or there are enough. Of one that is not all there, its
    /// beginning is not passed over.
    fn pass_mcus(&self, reader: &mut Reader<'_>) -> (u64, Result<(), Stop>) {
        let due = match self.restart_interval {
            0 => self.most,
            interval => (self.complete + 1).next_multiple_of(interval).min(self.most),
        };
        for mcus in 0..due.saturating_sub(self.complete) {
            let before = reader.place();
            if let Err(stop) = self.pass_mcu(reader) {
                reader.go_back(before);
                return (mcus, Err(stop));
            }
        }
        (due.saturating_sub(self.complete), Ok(()))
    }

    /// Reads over one MCU.
    fn pass_mcu(&self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        for part in &self.parts {
            for _ in 0..part.blocks {
                part.pass_block(reader)?;
            }
        }
        Ok(())
    }
}

impl Part {
    fn pass_block(&self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        reader.symbol(&self.dc)?;
        match self.ac.as_deref() {
            Some(ac) => reader.pass_coefficients(ac),
            None => Ok(()),
        }
    }
}
