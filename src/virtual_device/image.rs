//! The image of a side of a sheet as the device sends it: in pieces that do not depend on each other.
//!
//! A piece is sixteen rows. JPEG pieces are encoded one by one and joined by restart markers, so a
//! page never has to be in memory as a whole, breaks off cleanly at any piece, and pieces that are
//! the same on every sheet are encoded once.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::paper::{Face, Raster, Tone};
use super::scanner::ImageFormat;
use crate::raster::{PixelFormat, RowLayout};

/// Rows of a piece: two rows of blocks in gray, one in colour.
pub(super) const PIECE_ROWS: u32 = 16;
/// Bytes of pieces that are kept for the next sheet that looks the same.
const CACHE_LIMIT: usize = 16 * 1024 * 1024;
/// What a frame header says when the height is not known yet (eSCL reference, 6.6).
const UNKNOWN_HEIGHT: u16 = 65_535;

/// Everything the bytes of an image depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ImageSpec {
    pub(super) face: Face,
    pub(super) raster: Raster,
    pub(super) pixels: PixelFormat,
    pub(super) format: ImageFormat,
    pub(super) tone: Tone,
    /// JPEG quality, 1 to 100.
    pub(super) quality: u8,
    /// Raw rows are padded to a multiple of this many bytes.
    pub(super) row_alignment: usize,
    /// Announce an unknown height first and the true one at the end.
    pub(super) height_at_the_end: bool,
}

impl ImageSpec {
    /// How the rows lie in a raw image.
    pub(super) fn layout(&self) -> RowLayout {
        let packed = RowLayout::packed(self.raster.width, self.pixels);
        RowLayout { stride: packed.stride.next_multiple_of(self.row_alignment.max(1)), ..packed }
    }

    /// What stands behind the last row.
    pub(super) fn end_marker(&self) -> &'static [u8] {
        match self.format {
            ImageFormat::Jpeg => &[0xff, 0xd9],
            ImageFormat::Raw => &[],
        }
    }

    /// Pieces of sixteen rows or less.
    pub(super) fn pieces(&self) -> u32 {
        self.raster.height.div_ceil(PIECE_ROWS)
    }

    /// The same image as far as a piece of it goes: the number of the sheet is left out where it is not printed.
    fn key_of(&self, piece: u32) -> (ImageSpec, u32) {
        let mut key = *self;
        if !key.face.is_numbered_at(&key.raster, piece * PIECE_ROWS, PIECE_ROWS) {
            key.face = key.face.without_number();
        }
        (key, piece)
    }
}

/// Makes pieces and keeps those that will be wanted again, within a limit.
#[derive(Debug, Default)]
pub(super) struct Imager {
    kept: HashMap<(ImageSpec, u32), Arc<[u8]>>,
    kept_bytes: usize,
}

impl Imager {
    /// The bytes of a piece, header and end of the image included where they belong.
    pub(super) fn piece(&mut self, spec: &ImageSpec, piece: u32) -> Arc<[u8]> {
        let key = spec.key_of(piece);
        if let Some(kept) = self.kept.get(&key) {
            return kept.clone();
        }
        let bytes: Arc<[u8]> = make_piece(spec, piece).into();
        if self.kept_bytes + bytes.len() > CACHE_LIMIT {
            self.kept.clear();
            self.kept_bytes = 0;
        }
        // What carries a number is wanted once.
        if key.0.face.number().is_none() {
            self.kept_bytes += bytes.len();
            self.kept.insert(key, bytes.clone());
        }
        bytes
    }
}

fn make_piece(spec: &ImageSpec, piece: u32) -> Vec<u8> {
    let first = piece * PIECE_ROWS;
    let rows = PIECE_ROWS.min(spec.raster.height.saturating_sub(first));
    match spec.format {
        ImageFormat::Raw => {
            let layout = spec.layout();
            let packed = layout.format.row_bytes(layout.width);
            let pixels = spec.face.render(&spec.raster, first, rows, spec.pixels, &spec.tone);
            let mut bytes = Vec::with_capacity(layout.stride * rows as usize);
            for row in pixels.chunks_exact(packed) {
                bytes.extend_from_slice(row);
                bytes.resize(bytes.len() + layout.stride - packed, 0);
            }
            bytes
        }
        ImageFormat::Jpeg => {
            let pixels = spec.face.render(&spec.raster, first, rows, spec.pixels, &spec.tone);
            let encoded = encode(spec, rows, &pixels).unwrap_or_default();
            let Some(parts) = split(&encoded) else { return Vec::new() };
            let mut bytes = Vec::with_capacity(encoded.len());
            if piece == 0 {
                bytes.extend_from_slice(&header(spec, parts.header));
            }
            bytes.extend_from_slice(parts.entropy);
            if piece + 1 < spec.pieces() {
                bytes.extend_from_slice(&[0xff, 0xd0 | (piece % 8) as u8]);
            } else {
                if spec.height_at_the_end {
                    let height = (spec.raster.height as u16).to_be_bytes();
                    bytes.extend_from_slice(&[0xff, 0xdc, 0, 4, height[0], height[1]]);
                }
                bytes.extend_from_slice(spec.end_marker());
            }
            bytes
        }
    }
}

/// A JPEG of some rows. `None` when the encoder gives up, which it reports by unwinding.
fn encode(spec: &ImageSpec, rows: u32, pixels: &[u8]) -> Option<Vec<u8>> {
    let color = spec.pixels == PixelFormat::Rgb8;
    let encode = || -> std::io::Result<Vec<u8>> {
        let space = if color { mozjpeg::ColorSpace::JCS_RGB } else { mozjpeg::ColorSpace::JCS_GRAYSCALE };
        let mut encoder = mozjpeg::Compress::new(space);
        encoder.set_fastest_defaults();
        encoder.set_size(spec.raster.width as usize, rows as usize);
        encoder.set_quality(f32::from(spec.quality));
        if color {
            encoder.set_chroma_sampling_pixel_sizes((2, 2), (2, 2));
        }
        let dpi = u16::try_from(spec.raster.dpi).unwrap_or(u16::MAX);
        encoder.set_pixel_density(mozjpeg::PixelDensity { unit: mozjpeg::PixelDensityUnit::Inches, x: dpi, y: dpi });
        let mut started = encoder.start_compress(Vec::with_capacity(pixels.len() / 8))?;
        started.write_scanlines(pixels)?;
        started.finish()
    };
    catch_unwind(AssertUnwindSafe(encode)).ok()?.ok()
}

struct Parts<'a> {
    /// From the start of the image to the end of the scan header.
    header: &'a [u8],
    entropy: &'a [u8],
}

fn split(jpeg: &[u8]) -> Option<Parts<'_>> {
    let mut at = 2;
    loop {
        let marker = *jpeg.get(at + 1)?;
        let length = usize::from(u16::from_be_bytes([*jpeg.get(at + 2)?, *jpeg.get(at + 3)?]));
        at += 2 + length;
        if marker == 0xda {
            let entropy = jpeg.get(at..jpeg.len().checked_sub(2)?)?;
            return Some(Parts { header: &jpeg[..at], entropy });
        }
    }
}

/// The header of the whole image: its height, and a restart after each piece.
fn header(spec: &ImageSpec, of_piece: &[u8]) -> Vec<u8> {
    let height = if spec.height_at_the_end { UNKNOWN_HEIGHT } else { spec.raster.height as u16 };
    let restart = if spec.pixels == PixelFormat::Rgb8 {
        spec.raster.width.div_ceil(16)
    } else {
        spec.raster.width.div_ceil(8) * (PIECE_ROWS / 8)
    };
    let mut bytes = of_piece[..2].to_vec();
    let mut at = 2;
    while at + 4 <= of_piece.len() {
        let marker = of_piece[at + 1];
        let end = at + 2 + usize::from(u16::from_be_bytes([of_piece[at + 2], of_piece[at + 3]]));
        let mut segment = of_piece[at..end.min(of_piece.len())].to_vec();
        if marker == 0xc0 {
            segment[5..7].copy_from_slice(&height.to_be_bytes());
        }
        if marker == 0xda {
            let restart = (restart as u16).to_be_bytes();
            bytes.extend_from_slice(&[0xff, 0xdd, 0, 4, restart[0], restart[1]]);
        }
        bytes.extend_from_slice(&segment);
        at = end;
    }
    bytes
}
