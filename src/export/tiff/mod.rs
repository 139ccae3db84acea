//! TIFF: all pages in one file, in strips of our own. (The library's own strips of compressed data are
//! labelled wrongly.) BigTIFF when it might not fit. Pixels are turned: many viewers would not.

mod strips;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};

use tiff::TiffError;
use tiff::encoder::{DirectoryEncoder, Rational, TiffEncoder, TiffKind, TiffKindBig, TiffKindStandard};
use tiff::tags::{CompressionMethod, PhotometricInterpretation, Predictor, Tag};

use crate::raster::PixelFormat;

use super::opened::has_nothing;
use super::output::Watch;
use super::page_size::whole_dpi;
use super::spill::Scratch;
use super::workers::{GoOn, in_order};
use super::{ExportDocument, ExportError, Impossible, OpenedPage, SaveOptions, ShownPage, TiffCompression, Written};
use strips::{Method, Strips};

/// What a classic TIFF holds; the rest is written as BigTIFF.
#[derive(Clone, Copy, Debug)]
struct Classic {
    /// Pages of more raw bytes than this, all together, are not even tried: noise does not become smaller.
    raw: u64,
    /// Offsets of the classic kind end here.
    file: u64,
}

const CLASSIC: Classic = Classic { raw: 3_900_000_000, file: u32::MAX as u64 };
/// What happens to pages that became larger by being compressed: all is written once more, as BigTIFF.
const NOT_CLASSIC: ExportError = ExportError::CheckFailed("more than a classic TIFF holds");
/// TIFF's resolution unit *inch*, its orientation *as it lies there*, its ink set *CMYK*.
const UPRIGHT: u16 = 1;
const INCH: u16 = 2;
const CMYK_INKS: u16 = 1;

/// Writes a document.
pub(super) fn write(
    document: &ExportDocument,
    options: &SaveOptions,
    scratch: Scratch<'_>,
    sink: &mut (impl Write + Seek),
    watch: &mut Watch<'_, '_>,
) -> Result<Written, ExportError> {
    write_up_to(CLASSIC, document, options.tiff, scratch, sink, watch)
}

fn write_up_to(
    classic: Classic,
    document: &ExportDocument,
    compression: TiffCompression,
    scratch: Scratch<'_>,
    sink: &mut (impl Write + Seek),
    watch: &mut Watch<'_, '_>,
) -> Result<Written, ExportError> {
    if raw_bytes(document, compression, watch)? <= classic.raw {
        match write_kind::<TiffKindStandard>(document, compression, scratch, sink, watch, classic.file) {
            Err(NOT_CLASSIC) => {
                watch.begin_again();
                sink.rewind()?;
            }
            written => return written,
        }
    }
    write_kind::<TiffKindBig>(document, compression, scratch, sink, watch, u64::MAX)
}

/// Bytes that a page takes, without what stands around it.
pub(super) fn encoded_length(
    page: &OpenedPage,
    compression: TiffCompression,
    go_on: &mut GoOn<'_>,
) -> Result<u64, ExportError> {
    Ok(Strips::packed(page, compression, Scratch::NOWHERE, go_on)?.lengths.iter().sum())
}

/// Counts the pages of a finished file.
pub(super) fn check(file: &File, pages: u32) -> Result<(), ExportError> {
    let wrong = |_| ExportError::CheckFailed("a page cannot be found");
    let mut decoder = tiff::decoder::Decoder::new(BufReader::new(file)).map_err(wrong)?;
    let mut found = 1;
    while decoder.more_images() && found <= pages {
        decoder.next_image().map_err(wrong)?;
        found += 1;
    }
    if found == pages { Ok(()) } else { Err(ExportError::CheckFailed("wrong number of pages")) }
}

/// The size of all pages before they are compressed, which can all be compressed like that.
fn raw_bytes(
    document: &ExportDocument,
    compression: TiffCompression,
    watch: &mut Watch<'_, '_>,
) -> Result<u64, ExportError> {
    let mut sum = 0u64;
    for page in &document.pages {
        watch.look()?;
        let opened;
        let (facts, look) = match &page.facts {
            Some(facts) => (facts, &page.look),
            None => {
                opened = OpenedPage::open(document, page)?;
                let Some(page) = &opened else { continue };
                (&page.shown.facts, &page.shown.look)
            }
        };
        let Some(layout) = look.layout(facts) else { continue };
        if compression == TiffCompression::G4 && layout.format != PixelFormat::Bw1 {
            return Err(ExportError::Impossible(Impossible::GroupFourOfMoreThanBlackAndWhite(page.page)));
        }
        let (width, rows) = look.size(facts.width, facts.height);
        let row = layout.format.row_bytes(width) as u64;
        sum = sum.saturating_add(row.saturating_mul(u64::from(rows)));
    }
    Ok(sum)
}

/// A page that was compressed.
struct Packed {
    shown: ShownPage,
    strips: strips::Packed,
}

fn write_kind<K: TiffKind>(
    document: &ExportDocument,
    compression: TiffCompression,
    scratch: Scratch<'_>,
    sink: &mut (impl Write + Seek),
    watch: &mut Watch<'_, '_>,
    most: u64,
) -> Result<Written, ExportError> {
    let mut tiff = TiffEncoder::<_, K>::new_generic(sink).map_err(failure)?;
    let mut written = Written::default();
    let make = |index: usize, go_on: &mut GoOn<'_>| {
        let Some(page) = document.pages.get(index).filter(|page| !has_nothing(page)) else { return Ok(None) };
        let Some(page) = OpenedPage::open(document, page)? else { return Ok(None) };
        let strips = Strips::packed(&page, compression, scratch, go_on)?;
        Ok(Some(Packed { shown: page.shown, strips }))
    };
    in_order(document.pages.len(), make, watch, |index, packed, watch| {
        watch.look()?;
        match packed {
            Some(page) => {
                written.has(&page.shown, false);
                put_page(tiff.image_directory().map_err(failure)?, page, watch, most)?;
            }
            None => written.left_out.extend(document.pages.get(index).map(|page| page.page)),
        }
        watch.page_done()
    })?;
    if written.pages == 0 { Err(ExportError::NoPages) } else { Ok(written) }
}

fn put_page<W: Write + Seek, K: TiffKind>(
    mut out: DirectoryEncoder<'_, W, K>,
    page: Packed,
    watch: &mut Watch<'_, '_>,
    most: u64,
) -> Result<(), ExportError> {
    let Packed { shown, strips } = page;
    let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
    let mut bytes = strips.bytes.reader();
    let mut strip = Vec::new();
    for length in strips.lengths {
        watch.look()?;
        strip.clear();
        (&mut *bytes).take(length).read_to_end(&mut strip)?;
        let offset = out.write_data(&strip[..]).map_err(failure)?;
        if offset.saturating_add(strip.len() as u64) > most {
            return Err(NOT_CLASSIC);
        }
        offsets.push(K::convert_offset(offset).map_err(failure)?);
        lengths.push(K::convert_offset(strip.len() as u64).map_err(failure)?);
    }
    let (layout, method) = (strips.layout, strips.method);
    let (photometric, samples, bits) = match layout.format {
        // G4's own way: what it calls white is 0.
        PixelFormat::Bw1 if method == Method::G4 => (PhotometricInterpretation::WhiteIsZero, 1, 1u16),
        PixelFormat::Bw1 => (PhotometricInterpretation::BlackIsZero, 1, 1),
        PixelFormat::Gray8 => (PhotometricInterpretation::BlackIsZero, 1, 8),
        PixelFormat::Gray16 => (PhotometricInterpretation::BlackIsZero, 1, 16),
        PixelFormat::Rgb8 => (PhotometricInterpretation::RGB, 3, 8),
        PixelFormat::Rgb16 => (PhotometricInterpretation::RGB, 3, 16),
        PixelFormat::Cmyk8 => (PhotometricInterpretation::CMYK, 4, 8),
    };
    let tags = |out: &mut DirectoryEncoder<'_, W, K>| -> Result<(), TiffError> {
        out.write_tag(Tag::ImageWidth, layout.width)?;
        out.write_tag(Tag::ImageLength, strips.rows)?;
        out.write_tag(Tag::BitsPerSample, &[bits; 4][..samples])?;
        out.write_tag(Tag::PhotometricInterpretation, photometric.to_u16())?;
        out.write_tag(Tag::SamplesPerPixel, samples as u16)?;
        out.write_tag(Tag::Compression, compression_tag(method).to_u16())?;
        if matches!(method, Method::Deflate | Method::Lzw) {
            let predictor = if bits == 8 { Predictor::Horizontal } else { Predictor::None };
            out.write_tag(Tag::Predictor, predictor.to_u16())?;
        }
        if layout.format == PixelFormat::Cmyk8 {
            out.write_tag(Tag::Unknown(332), CMYK_INKS)?;
        }
        let dpi = Rational { n: whole_dpi(&shown).0, d: 1 };
        out.write_tag(Tag::Orientation, UPRIGHT)?;
        out.write_tag(Tag::RowsPerStrip, strips.rows_per_strip)?;
        out.write_tag(Tag::StripOffsets, K::convert_slice(&offsets))?;
        out.write_tag(Tag::StripByteCounts, K::convert_slice(&lengths))?;
        out.write_tag(Tag::XResolution, dpi.clone())?;
        out.write_tag(Tag::YResolution, dpi)?;
        out.write_tag(Tag::ResolutionUnit, INCH)
    };
    tags(&mut out).and_then(|()| out.finish()).map_err(failure)
}

const fn compression_tag(method: Method) -> CompressionMethod {
    match method {
        Method::G4 => CompressionMethod::Fax4,
        Method::Lzw => CompressionMethod::LZW,
        Method::Deflate => CompressionMethod::Deflate,
        Method::None => CompressionMethod::None,
    }
}

fn failure(error: TiffError) -> ExportError {
    match error {
        TiffError::IoError(error) => error.into(),
        TiffError::IntSizeError => NOT_CLASSIC,
        other => {
            tracing::error!(%other, "TIFF");
            ExportError::Io(io::ErrorKind::Other)
        }
    }
}
