//! How many rows of a JPEG are really there.
//!
//! A page that was cut says nothing of where. Its compressed data is read here symbol by symbol,
//! without making pixels of it, until it ends: what counts are the complete rows of MCUs. The bytes
//! are untrusted; the worst they can do is to give a small number.

mod huffman;

use std::io::{self, Read};

use huffman::{Bits, Stop, Table};

use super::JpegFrame;

/// Segments before the compressed data, all together.
const LARGEST_HEADER: usize = 4 << 20;

/// Counts the rows, in pixels, that the complete rows of MCUs of the first scan make. The last of them can
/// reach below the picture's height.
///
/// Only Huffman coded pictures can be counted; for arithmetic coding the answer is `None`.
///
/// # Errors
/// The reader's.
pub fn complete_rows(bytes: impl Read, frame: &JpegFrame) -> io::Result<Option<u32>> {
    let mut bits = Bits::new(bytes);
    let Some(header) = Header::read(&mut bits)? else { return Ok(None) };
    let Some(scan) = header.scan() else { return Ok(None) };
    let mcus_in_row = scan.mcus_in_row(frame.width.max(1));
    // More rows than a frame header can hold are not counted.
    let most = u64::from(u16::MAX).div_ceil(u64::from(scan.rows_of_an_mcu())) * u64::from(mcus_in_row);
    let mut complete = 0;
    while complete < most {
        if scan.restart_interval > 0 && complete > 0 && complete % u64::from(scan.restart_interval) == 0 {
            match bits.restart() {
                Ok(()) => {}
                Err(Stop::End) => break,
                Err(Stop::Io(error)) => return Err(error),
            }
        }
        match scan.pass_mcu(&mut bits) {
            Ok(()) => complete += 1,
            Err(Stop::End) => break,
            Err(Stop::Io(error)) => return Err(error),
        }
    }
    Ok(Some((complete / u64::from(mcus_in_row)) as u32 * scan.rows_of_an_mcu()))
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
    dc: [Option<Box<Table>>; 4],
    ac: [Option<Box<Table>>; 4],
    components: Vec<Component>,
    progressive: bool,
    restart_interval: u16,
    /// The scan header's content.
    scan: Vec<u8>,
}

impl Header {
    /// Reads up to the first byte of compressed data; `None` for what cannot be counted.
    fn read(bits: &mut Bits<impl Read>) -> io::Result<Option<Header>> {
        let mut header = Header::default();
        let mut left = LARGEST_HEADER;
        if bits.bytes(2)?.as_deref() != Some(&[0xff, 0xd8]) {
            return Ok(None);
        }
        loop {
            let Some(marker) = bits.bytes(2)? else { return Ok(None) };
            let [0xff, mut code] = marker[..] else { return Ok(None) };
            while code == 0xff {
                let Some(next) = bits.bytes(1)? else { return Ok(None) };
                code = next[0];
            }
            let Some(length) = bits.bytes(2)? else { return Ok(None) };
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            if length < 2 || length > left {
                return Ok(None);
            }
            left -= length;
            let Some(content) = bits.bytes(length - 2)? else { return Ok(None) };
            match code {
                0xc0..=0xc2 => {
                    header.progressive = code == 0xc2;
                    header.components = components(&content);
                }
                0xc4 if header.add_tables(&content).is_none() => return Ok(None),
                0xc4 => {}
                // Arithmetic coding, lossless and hierarchical pictures.
                0xc3 | 0xc5..=0xcf => return Ok(None),
                0xdd if content.len() >= 2 => {
                    header.restart_interval = u16::from_be_bytes([content[0], content[1]]);
                }
                0xda => {
                    header.scan = content;
                    return Ok(Some(header));
                }
                _ => {}
            }
        }
    }

    /// A DHT segment: any number of tables.
    fn add_tables(&mut self, mut content: &[u8]) -> Option<()> {
        while let Some((class_and_place, rest)) = content.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let symbols: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(symbols)?;
            let table = Table::new(counts, symbols)?;
            let tables = if class_and_place >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(class_and_place & 0x0f))? = Some(Box::new(table));
            content = rest;
        }
        Some(())
    }

    fn scan(&self) -> Option<Scan<'_>> {
        let (count, rest) = self.scan.split_first()?;
        let count = usize::from(*count);
        let (selectors, spectrum) = rest.split_at_checked(2 * count)?;
        let [start, end, approximation] = spectrum[..3.min(spectrum.len())] else { return None };
        let dc_only = self.progressive && start == 0 && end == 0 && approximation >> 4 == 0;
        if self.progressive && !dc_only {
            return None;
        }
        let mut parts = Vec::new();
        for selector in selectors.chunks_exact(2) {
            let component = *self.components.iter().find(|component| component.id == selector[0])?;
            let dc = self.dc.get(usize::from(selector[1] >> 4))?.as_deref()?;
            let ac = if dc_only { None } else { Some(self.ac.get(usize::from(selector[1] & 0x0f))?.as_deref()?) };
            parts.push(Part { component, dc, ac });
        }
        let largest_horizontal = self.components.iter().map(|component| component.horizontal).max()?;
        let largest_vertical = self.components.iter().map(|component| component.vertical).max()?;
        let restart_interval = self.restart_interval;
        (!parts.is_empty()).then_some(Scan { parts, largest_horizontal, largest_vertical, restart_interval })
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
struct Part<'a> {
    component: Component,
    dc: &'a Table,
    /// `None` in a scan of DC values alone.
    ac: Option<&'a Table>,
}

struct Scan<'a> {
    parts: Vec<Part<'a>>,
    largest_horizontal: u8,
    largest_vertical: u8,
    restart_interval: u16,
}

impl Scan<'_> {
    /// Rows of the picture that one MCU covers.
    fn rows_of_an_mcu(&self) -> u32 {
        match &self.parts[..] {
            [part] => 8 * u32::from(self.largest_vertical) / u32::from(part.component.vertical),
            _ => 8 * u32::from(self.largest_vertical),
        }
    }

    fn mcus_in_row(&self, width: u16) -> u32 {
        let width = u32::from(width);
        match &self.parts[..] {
            // A component that comes alone is not interleaved: its MCU is one block.
            [part] => {
                let own = (width * u32::from(part.component.horizontal)).div_ceil(u32::from(self.largest_horizontal));
                own.div_ceil(8)
            }
            _ => width.div_ceil(8 * u32::from(self.largest_horizontal)),
        }
    }

    /// Reads over one MCU.
    fn pass_mcu(&self, bits: &mut Bits<impl Read>) -> Result<(), Stop> {
        for part in &self.parts {
            let blocks = if self.parts.len() == 1 { 1 } else { part.component.horizontal * part.component.vertical };
            for _ in 0..blocks {
                part.pass_block(bits)?;
            }
        }
        Ok(())
    }
}

impl Part<'_> {
    fn pass_block(&self, bits: &mut Bits<impl Read>) -> Result<(), Stop> {
        let size = bits.symbol(self.dc)?;
        bits.skip(u32::from(size.min(16)))?;
        let Some(ac) = self.ac else { return Ok(()) };
        let mut coefficient = 1;
        while coefficient < 64 {
            let symbol = bits.symbol(ac)?;
            let (run, size) = (symbol >> 4, symbol & 0x0f);
            match (run, size) {
                (15, 0) => coefficient += 16,
                (_, 0) => break,
                _ => {
                    bits.skip(u32::from(size))?;
                    coefficient += usize::from(run) + 1;
                }
            }
        }
        Ok(())
    }
}
