//! The strips of one page: some rows each, every one compressed for itself.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use weezl::BitOrder;

use crate::export::g4::G4;
use crate::export::rows::RowEncoder;
use crate::export::spill::{Scratch, Spill, Spilled};
use crate::export::turned::encode_turned;
use crate::export::workers::GoOn;
use crate::export::{ExportError, OpenedPage, TiffCompression};
use crate::raster::{PixelFormat, RowLayout};

/// Bytes of a strip before it is compressed, about.
const STRIP: usize = 256 << 10;
const LEVEL: Compression = Compression::new(3);
/// Bits of the smallest LZW code without the two special ones.
const LZW_BITS: u8 = 8;

/// How strips are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    G4,
    Lzw,
    Deflate,
    None,
}

impl Method {
    /// For rows of this format. G4 for more than black and white was refused before.
    const fn of(compression: TiffCompression, format: PixelFormat) -> Method {
        match (compression, format) {
            (TiffCompression::Auto | TiffCompression::G4, PixelFormat::Bw1) => Method::G4,
            (TiffCompression::Auto | TiffCompression::G4 | TiffCompression::Deflate, _) => Method::Deflate,
            (TiffCompression::Lzw, _) => Method::Lzw,
            (TiffCompression::None, _) => Method::None,
        }
    }
}

/// All strips of a page.
pub(super) struct Packed {
    pub(super) layout: RowLayout,
    pub(super) method: Method,
    pub(super) rows: u32,
    pub(super) rows_per_strip: u32,
    /// Of each strip, in order.
    pub(super) lengths: Vec<u64>,
    pub(super) bytes: Spilled,
}

/// The strips of a page that is being compressed.
pub(super) struct Strips<'a> {
    layout: RowLayout,
    method: Method,
    rows: u32,
    rows_per_strip: u32,
    /// Raw rows of the strip under way.
    strip: Vec<u8>,
    lengths: Vec<u64>,
    out: Spill<'a>,
}

impl Strips<'_> {
    /// Compresses a page.
    pub(super) fn packed(
        page: &OpenedPage,
        compression: TiffCompression,
        scratch: Scratch<'_>,
        go_on: &mut GoOn<'_>,
    ) -> Result<Packed, ExportError> {
        let layout = page.shown.seen_layout().ok_or(ExportError::NotPossible(page.shown.page))?;
        let (_, rows) = page.shown.seen_size();
        let mut strips = Strips {
            layout,
            method: Method::of(compression, layout.format),
            rows,
            rows_per_strip: (STRIP / layout.stride.max(1)).clamp(1, rows.max(1) as usize) as u32,
            strip: Vec::new(),
            lengths: Vec::new(),
            out: Spill::new(scratch),
        };
        encode_turned(page, scratch, go_on, &mut strips)?;
        strips.end_strip()?;
        let Strips { layout, method, rows, rows_per_strip, lengths, out, .. } = strips;
        Ok(Packed { layout, method, rows, rows_per_strip, lengths, bytes: out.whole()? })
    }

    fn end_strip(&mut self) -> Result<(), ExportError> {
        if self.strip.is_empty() {
            return Ok(());
        }
        let before = self.out.length();
        match self.method {
            Method::G4 => {
                let mut g4 = G4::new(&mut self.out, self.layout.width);
                self.strip.chunks_exact(self.layout.stride).try_for_each(|row| g4.row(row))?;
                g4.finish()?;
            }
            Method::Lzw => {
                prepare(&mut self.strip, self.layout, true);
                // Codes grow one earlier than their table is full: what libtiff reads and writes.
                let mut lzw = weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, LZW_BITS);
                lzw.into_stream(&mut self.out).encode_all(&self.strip[..]).status?;
            }
            Method::Deflate => {
                prepare(&mut self.strip, self.layout, true);
                let mut flate = ZlibEncoder::new(&mut self.out, LEVEL);
                flate.write_all(&self.strip)?;
                flate.finish()?;
            }
            Method::None => {
                prepare(&mut self.strip, self.layout, false);
                self.out.write_all(&self.strip)?;
            }
        }
        self.strip.clear();
        self.lengths.push(self.out.length() - before);
        Ok(())
    }
}

impl RowEncoder for Strips<'_> {
    fn begin(&mut self, layout: RowLayout, rows: u32) -> Result<(), ExportError> {
        if (layout, rows) == (self.layout, self.rows) {
            Ok(())
        } else {
            Err(ExportError::CheckFailed("a page changed while it was saved"))
        }
    }

    fn row(&mut self, row: &[u8]) -> Result<(), ExportError> {
        self.strip.extend_from_slice(row);
        if self.strip.len() >= row.len() * self.rows_per_strip as usize { self.end_strip() } else { Ok(()) }
    }
}

/// Makes rows what the directory says: samples of eight bits as differences to their left neighbours when they are
/// `predicted`, or sixteen bits in this machine's order, which is the file's.
fn prepare(strip: &mut [u8], layout: RowLayout, predicted: bool) {
    let samples = match layout.format {
        PixelFormat::Gray16 | PixelFormat::Rgb16 => {
            strip.chunks_exact_mut(2).for_each(|sample| {
                let value = u16::from_be_bytes([sample[0], sample[1]]);
                sample.copy_from_slice(&value.to_ne_bytes());
            });
            return;
        }
        PixelFormat::Rgb8 => 3,
        PixelFormat::Cmyk8 => 4,
        PixelFormat::Gray8 => 1,
        PixelFormat::Bw1 => return,
    };
    if !predicted {
        return;
    }
    for row in strip.chunks_exact_mut(layout.stride) {
        for at in (samples..row.len()).rev() {
            row[at] = row[at].wrapping_sub(row[at - samples]);
        }
    }
}
