//! PNG: a file per page. One bit, eight and sixteen stay what they are. Its pixels are turned: many viewers would not.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;

use png::{BitDepth, ColorType, Compression, Encoder, PixelDimensions, StreamWriter, Unit};

use crate::raster::{EightBits, PixelFormat, RowLayout};

use super::output::Watch;
use super::page_size::whole_dpi;
use super::ready::{OnePageFormat, Ready};
use super::rows::RowEncoder;
use super::spill::Spill;
use super::turned::encode_turned;
use super::workers::GoOn;
use super::{ExportError, OpenedPage, SaveOptions};

const METRES_PER_INCH: f64 = 0.0254;
/// The last chunk of every PNG file.
const LAST_CHUNK: [u8; 12] = [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82];

/// A PNG file.
pub(super) const ONE_PAGE: OnePageFormat = OnePageFormat { copies: |_, _| false, encode, put, check, is_lossy: false };

fn encode(page: &OpenedPage, _: &SaveOptions, sink: &mut Spill<'_>, go_on: &mut GoOn<'_>) -> Result<(), ExportError> {
    let shown = &page.shown;
    let layout = shown.seen_layout().ok_or(ExportError::NotPossible(shown.page))?;
    let (color, depth) = match layout.format {
        PixelFormat::Bw1 => (ColorType::Grayscale, BitDepth::One),
        PixelFormat::Gray8 => (ColorType::Grayscale, BitDepth::Eight),
        PixelFormat::Gray16 => (ColorType::Grayscale, BitDepth::Sixteen),
        PixelFormat::Rgb8 | PixelFormat::Cmyk8 => (ColorType::Rgb, BitDepth::Eight),
        PixelFormat::Rgb16 => (ColorType::Rgb, BitDepth::Sixteen),
    };
    let per_metre = (f64::from(whole_dpi(shown).0) / METRES_PER_INCH).round() as u32;
    let (width, height) = shown.seen_size();
    let mut info = png::Info::with_size(width, height);
    info.color_type = color;
    info.bit_depth = depth;
    info.pixel_dims = Some(PixelDimensions { xppu: per_metre, yppu: per_metre, unit: Unit::Meter });
    let scratch = sink.scratch();
    let mut encoder = Encoder::with_info(sink, info).map_err(failure)?;
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header().map_err(failure)?;
    // Ink becomes light: PNG knows no CMYK.
    let turn = (layout.format == PixelFormat::Cmyk8).then(|| EightBits::from(layout));
    {
        let mut rows = Png { rows: writer.stream_writer().map_err(failure)?, layout, turn };
        encode_turned(page, scratch, go_on, &mut rows)?;
        rows.rows.finish().map_err(failure)?;
    }
    writer.finish().map_err(failure)
}

fn put(page: Ready, mut sink: &mut dyn Write, watch: &mut Watch<'_, '_>) -> Result<(), ExportError> {
    match page {
        Ready::Encoded(_, bytes) => bytes.copy_to(&mut sink, watch),
        Ready::AsItCame(page) => Err(ExportError::NotPossible(page.shown.page)),
    }
}

/// Looks whether a finished file has its end.
fn check(file: &File) -> Result<(), ExportError> {
    let length = file.metadata()?.len();
    let mut last = [0; LAST_CHUNK.len()];
    let at = length.checked_sub(last.len() as u64).ok_or(ExportError::CheckFailed("too short"))?;
    file.read_exact_at(&mut last, at)?;
    if last == LAST_CHUNK { Ok(()) } else { Err(ExportError::CheckFailed("no end")) }
}

struct Png<'a, W: Write> {
    rows: StreamWriter<'a, W>,
    /// What the rows must be.
    layout: RowLayout,
    turn: Option<EightBits>,
}

impl<W: Write> RowEncoder for Png<'_, W> {
    fn begin(&mut self, layout: RowLayout, _: u32) -> Result<(), ExportError> {
        let expected = RowLayout::packed(self.layout.width, self.layout.format);
        if layout == expected { Ok(()) } else { Err(ExportError::CheckFailed("a page changed while it was saved")) }
    }

    fn row(&mut self, row: &[u8]) -> Result<(), ExportError> {
        let row = match &mut self.turn {
            Some(turn) => turn.turn(row),
            None => row,
        };
        Ok(self.rows.write_all(row)?)
    }
}

fn failure(error: png::EncodingError) -> ExportError {
    match error {
        png::EncodingError::IoError(error) => error.into(),
        other => {
            tracing::error!(%other, "PNG");
            ExportError::CheckFailed("the encoder gave up")
        }
    }
}
