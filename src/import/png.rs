//! PNG: one page, its bytes untouched where rows can be had from it one after the other. A picture with
//! transparency is laid on white paper, and an interlaced one put in order; both without loss.

use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};

use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Transformations};

use crate::document::Look;
use crate::minidriver::PageFormat;
use crate::raster::PixelFormat;
use crate::units::Dpi;

use super::desk::{Desk, NewPage, check_size, resolution, rows_page};
use super::jpeg::copy;
use super::limits::MAX_PIXELS_AT_ONCE;
use super::{ImportError, Limit, Remark};

/// Memory that the decoder may take beside the picture: rows and chunks.
const DECODER_MEMORY: usize = 32 << 20;
const METRES_PER_INCH: f64 = 0.0254;

/// Reads a file.
pub(super) fn read(mut file: File, desk: &mut Desk<'_, '_>) -> Result<(), ImportError> {
    let unreadable = |error: io::Error| ImportError::Unreadable(error.kind());
    desk.expect(1)?;
    let page = desk.number();
    let bytes = file.metadata().map_err(unreadable)?.len();
    let reader = decoder(&file, false).read_info().map_err(|error| failure(page, error))?;
    let info = reader.info();
    let (width, height) = (info.width, info.height);
    check_size(page, width, height)?;
    let metres = info.pixel_dims.filter(|dims| dims.unit == png::Unit::Meter);
    let inches = |dots: u32| f64::from(dots) * METRES_PER_INCH;
    let (dpi, uneven) = resolution(metres.map(|dims| inches(dims.xppu)), metres.map(|dims| inches(dims.yppu)));
    let has_alpha = info.trns.is_some() || matches!(info.color_type, ColorType::GrayscaleAlpha | ColorType::Rgba);
    let interlaced = info.interlaced;
    let pictures = info.animation_control.map_or(1, |animation| animation.num_frames);
    drop(reader);
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if pictures > 1 {
        desk.remark(Remark::FirstPictureOnly(pictures));
    }
    if uneven {
        desk.remark(Remark::UnevenDots(page));
    }
    if has_alpha || interlaced {
        return decoded(&file, interlaced, dpi, desk);
    }
    desk.begin(NewPage { format: PageFormat::Png, width, height, dpi, bytes: Some(bytes) })?;
    copy(&mut file, desk)?;
    desk.end(true, Look::default())
}

fn decoder(file: &File, expand: bool) -> Decoder<BufReader<&File>> {
    let mut decoder = Decoder::new_with_limits(BufReader::new(file), Limits { bytes: DECODER_MEMORY });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    if expand {
        decoder.set_transformations(Transformations::EXPAND);
    }
    decoder
}

fn decoded(file: &File, interlaced: bool, dpi: Dpi, desk: &mut Desk<'_, '_>) -> Result<(), ImportError> {
    let page = desk.number();
    let mut reader = decoder(file, true).read_info().map_err(|error| failure(page, error))?;
    let (width, height) = (reader.info().width, reader.info().height);
    let Some(samples) = Samples::of(reader.output_color_type()) else {
        return Err(ImportError::Broken { page: Some(page) });
    };
    let mut rows = Rows { samples, row: Vec::new() };
    if !interlaced {
        desk.begin(rows_page(width, height, samples.format, dpi))?;
        let mut there = 0;
        while there < height {
            match reader.next_row() {
                Ok(Some(row)) => desk.write(rows.on_paper(row.data()))?,
                Ok(None) => break,
                // The rows before are good.
                Err(_) if there > 0 => break,
                Err(error) => return Err(failure(page, error)),
            }
            there += 1;
        }
        return desk.end(there == height, Look::default());
    }
    // Its rows are not in order before the last one came.
    if u64::from(width) * u64::from(height) > MAX_PIXELS_AT_ONCE {
        return Err(ImportError::TooLarge { page: Some(page), limit: Limit::Pixels(MAX_PIXELS_AT_ONCE) });
    }
    let size = reader.output_buffer_size().ok_or(ImportError::Broken { page: Some(page) })?;
    let mut picture = vec![0; size];
    let frame = reader.next_frame(&mut picture).map_err(|error| failure(page, error))?;
    desk.begin(rows_page(width, height, samples.format, dpi))?;
    for row in picture.chunks_exact(frame.line_size).take(height as usize) {
        desk.write(rows.on_paper(row))?;
    }
    desk.end(true, Look::default())
}

/// How the decoder's samples lie.
#[derive(Clone, Copy)]
struct Samples {
    /// What they become.
    format: PixelFormat,
    /// Bytes of a sample.
    bytes: usize,
    /// Samples of a pixel beside its transparency.
    colours: usize,
    alpha: bool,
}

impl Samples {
    fn of((colour, depth): (ColorType, BitDepth)) -> Option<Samples> {
        let wide = depth == BitDepth::Sixteen;
        let (colours, alpha) = match colour {
            ColorType::Grayscale => (1, false),
            ColorType::GrayscaleAlpha => (1, true),
            ColorType::Rgb => (3, false),
            ColorType::Rgba => (3, true),
            ColorType::Indexed => return None,
        };
        let format = match (colours, wide) {
            (1, false) => PixelFormat::Gray8,
            (1, true) => PixelFormat::Gray16,
            (_, false) => PixelFormat::Rgb8,
            (_, true) => PixelFormat::Rgb16,
        };
        Some(Samples { format, bytes: if wide { 2 } else { 1 }, colours, alpha })
    }
}

struct Rows {
    samples: Samples,
    row: Vec<u8>,
}

impl Rows {
    /// A row as it looks on white paper.
    fn on_paper<'a>(&'a mut self, row: &'a [u8]) -> &'a [u8] {
        let Samples { bytes, colours, alpha, .. } = self.samples;
        if !alpha {
            return row;
        }
        self.row.clear();
        for pixel in row.chunks_exact((colours + 1) * bytes) {
            let (colour, alpha) = pixel.split_at(colours * bytes);
            for sample in colour.chunks_exact(bytes) {
                match (sample, alpha) {
                    ([sample], [alpha]) => self.row.push(over_white(*sample, *alpha)),
                    ([sample, low], [alpha, alpha_low]) => {
                        let sample = over_white_16(u16::from_be_bytes([*sample, *low]), [*alpha, *alpha_low]);
                        self.row.extend(sample.to_be_bytes());
                    }
                    _ => {}
                }
            }
        }
        &self.row
    }
}

/// A sample that lets so much of the white below it through.
pub(super) fn over_white(sample: u8, alpha: u8) -> u8 {
    let (sample, alpha) = (u32::from(sample), u32::from(alpha));
    ((sample * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

pub(super) fn over_white_16(sample: u16, alpha: [u8; 2]) -> u16 {
    let (sample, alpha) = (u64::from(sample), u64::from(u16::from_be_bytes(alpha)));
    ((sample * alpha + 65_535 * (65_535 - alpha) + 32_767) / 65_535) as u16
}

fn failure(page: u32, error: DecodingError) -> ImportError {
    match error {
        DecodingError::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            ImportError::Unreadable(error.kind())
        }
        DecodingError::LimitsExceeded => {
            ImportError::TooLarge { page: Some(page), limit: Limit::Memory(DECODER_MEMORY as u64) }
        }
        other => {
            tracing::info!(page, %other, "a broken PNG");
            ImportError::Broken { page: Some(page) }
        }
    }
}
