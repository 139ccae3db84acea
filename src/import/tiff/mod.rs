//! TIFF: a page for each directory that is one. Strips and rows of tiles are decoded one after the other, so
//! that no page is in memory as a whole unless the file keeps it in one piece.

mod form;
mod samples;
mod source;

use std::fs::File;

use tiff::decoder::{ChunkType, Decoder, Limits, ifd::Value};
use tiff::tags::Tag;
use tiff::{TiffError, TiffFormatError, TiffUnsupportedError};

use crate::document::Look;
use crate::raster::RowLayout;

use super::desk::{Desk, check_size, resolution, rows_page};
use super::limits::{MAX_DIRECTORIES, MAX_LIST_BYTES, MAX_PAGES, MAX_STRIP_BYTES};
use super::orientation::{Orientation, mirror};
use super::{ImportError, Limit, Remark};
use form::Form;
use samples::Turned;
use source::Source;

/// A reduced picture of another one, and a mask for one: no pages of their own.
const NO_PAGE: u32 = 0b101;
const CM_PER_INCH: f64 = 2.54;
const UNIT_NONE: u16 = 1;
const UNIT_CM: u16 = 3;
/// Rows of fax pages are as much as this times as far apart as their columns.
const MOST_REPEATED: u32 = 4;

type Reader<'a> = Decoder<Source<'a>>;

/// Reads a file.
pub(super) fn read(file: File, desk: &mut Desk<'_, '_>) -> Result<(), ImportError> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MAX_STRIP_BYTES;
    limits.intermediate_buffer_size = MAX_STRIP_BYTES;
    limits.ifd_value_size = MAX_LIST_BYTES;
    let first = desk.number();
    let mut tiff = Decoder::new(Source::new(&file)).map_err(|error| failure(first, error))?.with_limits(limits);
    for directory in 0..MAX_DIRECTORIES {
        desk.look()?;
        read_directory(&mut tiff, directory as usize, desk)?;
        if !tiff.more_images() {
            return Ok(());
        }
        let page = desk.number();
        tiff.next_image().map_err(|error| failure(page, error))?;
    }
    Err(ImportError::TooLarge { page: None, limit: Limit::Pages(MAX_PAGES) })
}

fn read_directory(tiff: &mut Reader<'_>, directory: usize, desk: &mut Desk<'_, '_>) -> Result<(), ImportError> {
    let page = desk.number();
    let unless_broken = |error| failure(page, error);
    if number(tiff, Tag::NewSubfileType, 0u32).map_err(unless_broken)? & NO_PAGE != 0 {
        return Ok(());
    }
    let (width, height) = tiff.dimensions().map_err(unless_broken)?;
    check_size(page, width, height)?;
    let form = Form::of(tiff, directory, page)?;
    let (across, down) = dots(tiff).map_err(unless_broken)?.unzip();
    let (dpi, uneven) = resolution(across, down);
    let repeat = match (across, down) {
        (Some(across), Some(down)) if uneven => ((across / down).round() as u32).clamp(1, MOST_REPEATED),
        _ => 1,
    };
    let height = height.checked_mul(repeat).ok_or(ImportError::Broken { page: Some(page) })?;
    let orientation = Orientation::from_number(number(tiff, Tag::Orientation, 1u16).map_err(unless_broken)?);
    desk.begin(rows_page(width, height, form.format(), dpi))?;
    let mut out = Out { desk, form: &form, width, repeat, mirrored: orientation.mirrored, turned: Turned::default() };
    let complete = match tiff.get_chunk_type() {
        ChunkType::Strip => strips(tiff, &form, page, &mut out)?,
        ChunkType::Tile => tiles(tiff, &form, page, &mut out)?,
    };
    if repeat > 1 {
        desk.remark(Remark::RowsRepeated(page));
    } else if uneven {
        desk.remark(Remark::UnevenDots(page));
    }
    // A mirrored picture is put right here, where rows are decoded anyway: nothing of it is lost.
    desk.end(complete, Look { rotation: orientation.rotation, ..Look::default() })
}

/// Decodes strip after strip; says whether all of them are there.
fn strips(tiff: &mut Reader<'_>, form: &Form, page: u32, out: &mut Out<'_, '_, '_>) -> Result<bool, ImportError> {
    let (width, height) = tiff.dimensions().map_err(|error| failure(page, error))?;
    let stride = form.raw_row_bytes(width);
    let mut there = 0;
    for strip in 0..tiff.strip_count().map_err(|error| failure(page, error))? {
        let Some(bytes) = chunk(tiff, form, strip, page, there > 0)? else { return Ok(false) };
        for row in bytes.chunks_exact(stride).take((height - there) as usize) {
            out.row(row)?;
            there += 1;
        }
    }
    Ok(there == height)
}

/// Decodes one row of tiles after the other; says whether all of them are there.
fn tiles(tiff: &mut Reader<'_>, form: &Form, page: u32, out: &mut Out<'_, '_, '_>) -> Result<bool, ImportError> {
    let (width, height) = tiff.dimensions().map_err(|error| failure(page, error))?;
    let (tile_width, tile_height) = tiff.chunk_dimensions();
    if tile_width == 0 || tile_height == 0 {
        return Err(ImportError::Broken { page: Some(page) });
    }
    let across = width.div_ceil(tile_width);
    let (stride, tile_stride) = (form.raw_row_bytes(width), form.raw_row_bytes(tile_width));
    let rows = tile_height.min(height) as usize;
    if rows.saturating_mul(stride) > MAX_STRIP_BYTES {
        return Err(ImportError::TooLarge { page: Some(page), limit: Limit::Memory(MAX_STRIP_BYTES as u64) });
    }
    let mut band = vec![0; rows * stride];
    let mut there = 0;
    while there < height {
        let rows = tile_height.min(height - there);
        for column in 0..across {
            let index = (there / tile_height).saturating_mul(across).saturating_add(column);
            let Some(bytes) = chunk(tiff, form, index, page, there > 0)? else { return Ok(false) };
            let columns = tile_width.min(width - column * tile_width);
            let of_tile = form.raw_row_bytes(columns);
            let left = column as usize * tile_stride;
            for (row, tile) in band.chunks_exact_mut(stride).zip(bytes.chunks_exact(of_tile)).take(rows as usize) {
                if let Some(place) = row.get_mut(left..left + of_tile) {
                    place.copy_from_slice(tile);
                }
            }
        }
        for row in band.chunks_exact(stride).take(rows as usize) {
            out.row(row)?;
        }
        there += rows;
    }
    Ok(true)
}

/// The bytes of a strip or tile, samples of more than eight bits in this machine's order. `None` for one that
/// is not there when something of the page is: it was cut.
fn chunk(
    tiff: &mut Reader<'_>,
    form: &Form,
    index: u32,
    page: u32,
    something: bool,
) -> Result<Option<Vec<u8>>, ImportError> {
    if let Some(jpegs) = &form.jpegs {
        match jpegs.get(index as usize) {
            Some(place) => source::check_jpeg(tiff, *place, page)?,
            None => return Err(ImportError::Broken { page: Some(page) }),
        }
    }
    match tiff.read_chunk(index) {
        Ok(mut samples) => Ok(Some(samples.as_buffer(0).as_bytes().to_vec())),
        Err(error) => match failure(page, error) {
            ImportError::Broken { .. } if something => Ok(None),
            other => Err(other),
        },
    }
}

/// Where decoded rows go.
struct Out<'a, 'b, 'c> {
    desk: &'a mut Desk<'b, 'c>,
    form: &'a Form,
    width: u32,
    repeat: u32,
    mirrored: bool,
    turned: Turned,
}

impl Out<'_, '_, '_> {
    fn row(&mut self, row: &[u8]) -> Result<(), ImportError> {
        let layout = RowLayout::packed(self.width, self.form.format());
        let row = self.turned.row(self.form, row, layout);
        if self.mirrored {
            mirror(row, layout);
        }
        (0..self.repeat).try_for_each(|_| self.desk.write(row))
    }
}

/// A tag's number, or what it is when the tag is not there.
fn number<T: TryFrom<u64>>(tiff: &mut Reader<'_>, tag: Tag, otherwise: T) -> Result<T, TiffError> {
    Ok(tiff.find_tag_unsigned(tag)?.unwrap_or(otherwise))
}

/// Dots per inch across and down.
fn dots(tiff: &mut Reader<'_>) -> Result<Option<(f64, f64)>, TiffError> {
    let scale = match number(tiff, Tag::ResolutionUnit, 2u16)? {
        UNIT_NONE => return Ok(None),
        UNIT_CM => CM_PER_INCH,
        _ => 1.0,
    };
    let mut rational = |tag| match tiff.find_tag(tag) {
        Ok(Some(Value::Rational(above, below))) if above > 0 && below > 0 => {
            Ok(Some(f64::from(above) / f64::from(below)))
        }
        Err(error) => Err(error),
        _ => Ok(None),
    };
    let across = rational(Tag::XResolution)?;
    let down = rational(Tag::YResolution)?;
    Ok(across.map(|across| (across * scale, down.unwrap_or(across) * scale)))
}

/// What the library does not read, in words that say something to whoever made the file.
fn unsupported(what: &TiffUnsupportedError) -> &'static str {
    use TiffUnsupportedError as Kind;
    match what {
        Kind::UnknownCompressionMethod | Kind::UnsupportedCompressionMethod(_) => "a TIFF compressed in an unusual way",
        Kind::FloatingPointPredictor(_) | Kind::HorizontalPredictor(_) => {
            "a TIFF whose compression goes with other colours"
        }
        Kind::InconsistentBitsPerSample(_)
        | Kind::UnsupportedSampleDepth(_)
        | Kind::UnsupportedSampleFormat(_)
        | Kind::UnsupportedBitsPerChannel(_)
        | Kind::UnsupportedDataType => "a TIFF with numbers of an unusual size for its colours",
        Kind::UnsupportedPlanarConfig(_) => "a TIFF with colours in planes",
        _ => "a TIFF with colours of an unusual kind",
    }
}

fn failure(page: u32, error: TiffError) -> ImportError {
    match error {
        TiffError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            // Compressed data that makes no sense comes as an error of the reader, too.
            match error.raw_os_error() {
                Some(_) => ImportError::Unreadable(error.kind()),
                None => ImportError::Broken { page: Some(page) },
            }
        }
        TiffError::LimitsExceeded => {
            ImportError::TooLarge { page: Some(page), limit: Limit::Memory(MAX_STRIP_BYTES as u64) }
        }
        TiffError::UnsupportedError(what) => {
            tracing::info!(page, %what, "a TIFF that is not read");
            ImportError::Unsupported { page, what: unsupported(&what).to_owned() }
        }
        TiffError::FormatError(TiffFormatError::ImageFileDirectoryNotFound) => ImportError::NoPages,
        other => {
            tracing::info!(page, %other, "a broken TIFF");
            ImportError::Broken { page: Some(page) }
        }
    }
}
