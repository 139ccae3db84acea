//! TIFF: all pages in one file, in strips of our own: G4 for one bit per pixel, Deflate for the rest.
//! (The library's own strips of compressed data are labelled wrongly.) BigTIFF when it might not fit.

use std::fs::File;
use std::io::{self, BufReader, Seek, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use tiff::TiffError;
use tiff::encoder::{DirectoryEncoder, Rational, TiffEncoder, TiffKind, TiffKindBig, TiffKindStandard};
use tiff::tags::{CompressionMethod, PhotometricInterpretation, Predictor, Tag};

use crate::document::PageFacts;
use crate::raster::{PixelFormat, RowLayout};

use super::g4::G4;
use super::orientation::orientation;
use super::output::Watch;
use super::page_size::whole_dpi;
use super::rows::{RowEncoder, encode_rows, layout_of};
use super::{ExportDocument, ExportError, OpenedPage, Written};

/// Bytes of a strip before it is compressed, about.
const STRIP: usize = 256 << 10;
/// Pages of more raw bytes than this, all together, are written as BigTIFF: offsets of the classic
/// kind end at 4 GB, and noise does not become smaller.
const CLASSIC: u64 = 3_900_000_000;
const LEVEL: Compression = Compression::new(3);
/// TIFF's resolution unit *inch*, its ink set *CMYK*.
const INCH: u16 = 2;
const CMYK_INKS: u16 = 1;

/// Writes a document.
pub(super) fn write(
    document: &ExportDocument,
    sink: &mut (impl Write + Seek),
    watch: &mut Watch<'_, '_>,
) -> Result<Written, ExportError> {
    let mut raw_bytes = 0u64;
    for page in &document.pages {
        watch.look()?;
        raw_bytes = raw_bytes.saturating_add(raw_size(&OpenedPage::open(document, page)?.facts));
    }
    if raw_bytes > CLASSIC {
        write_kind::<TiffKindBig>(document, sink, watch)
    } else {
        write_kind::<TiffKindStandard>(document, sink, watch)
    }
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

fn raw_size(facts: &PageFacts) -> u64 {
    let row = layout_of(facts).map_or(0, |layout| layout.format.row_bytes(layout.width) as u64);
    row.saturating_mul(u64::from(facts.height))
}

fn write_kind<K: TiffKind>(
    document: &ExportDocument,
    sink: &mut (impl Write + Seek),
    watch: &mut Watch<'_, '_>,
) -> Result<Written, ExportError> {
    let mut tiff = TiffEncoder::<_, K>::new_generic(sink).map_err(failure)?;
    let mut written = Written::default();
    for page in &document.pages {
        let page = OpenedPage::open(document, page)?;
        if !page.is_empty() {
            let directory = tiff.image_directory().map_err(failure)?;
            write_page(directory, &page, watch)?;
        }
        written.note(&page, !page.is_empty());
        watch.page_done()?;
    }
    if written.pages == 0 { Err(ExportError::NoPages) } else { Ok(written) }
}

fn write_page<W: Write + Seek, K: TiffKind>(
    directory: DirectoryEncoder<'_, W, K>,
    page: &OpenedPage,
    watch: &mut Watch<'_, '_>,
) -> Result<(), ExportError> {
    let mut strips = Strips {
        directory,
        layout: None,
        rows: 0,
        strip: Vec::new(),
        rows_per_strip: 1,
        offsets: Vec::new(),
        lengths: Vec::new(),
    };
    encode_rows(page, watch, &mut strips)?;
    strips.end_strip()?;
    let dpi = Rational { n: whole_dpi(page).0, d: 1 };
    strips.finish(dpi, orientation(page.look.rotation)).map_err(failure)
}

/// The strips of one page.
struct Strips<'a, W: Write + Seek, K: TiffKind> {
    directory: DirectoryEncoder<'a, W, K>,
    layout: Option<RowLayout>,
    rows: u32,
    /// Raw rows of the strip under way.
    strip: Vec<u8>,
    rows_per_strip: u32,
    offsets: Vec<K::OffsetType>,
    lengths: Vec<K::OffsetType>,
}

impl<W: Write + Seek, K: TiffKind> RowEncoder for Strips<'_, W, K> {
    fn begin(&mut self, layout: RowLayout, rows: u32) -> Result<(), ExportError> {
        self.layout = Some(layout);
        self.rows = rows;
        self.rows_per_strip = (STRIP / layout.stride.max(1)).clamp(1, rows as usize) as u32;
        Ok(())
    }

    fn row(&mut self, row: &[u8]) -> Result<(), ExportError> {
        self.strip.extend_from_slice(row);
        if self.strip.len() >= row.len() * self.rows_per_strip as usize { self.end_strip() } else { Ok(()) }
    }
}

impl<W: Write + Seek, K: TiffKind> Strips<'_, W, K> {
    fn end_strip(&mut self) -> Result<(), ExportError> {
        let Some(layout) = self.layout.filter(|_| !self.strip.is_empty()) else { return Ok(()) };
        let mut packed = Vec::new();
        if layout.format == PixelFormat::Bw1 {
            let mut g4 = G4::new(&mut packed, layout.width);
            self.strip.chunks_exact(layout.stride).try_for_each(|row| g4.row(row))?;
            g4.finish()?;
        } else {
            prepare(&mut self.strip, layout);
            let mut flate = ZlibEncoder::new(&mut packed, LEVEL);
            flate.write_all(&self.strip)?;
            flate.finish()?;
        }
        self.strip.clear();
        let offset = self.directory.write_data(&packed[..]).map_err(failure)?;
        self.offsets.push(K::convert_offset(offset).map_err(failure)?);
        self.lengths.push(K::convert_offset(packed.len() as u64).map_err(failure)?);
        Ok(())
    }

    fn finish(mut self, dpi: Rational, orientation: u16) -> Result<(), TiffError> {
        let Some(layout) = self.layout else { return Ok(()) };
        let (photometric, samples, bits) = match layout.format {
            // G4's own way: what it calls white is 0.
            PixelFormat::Bw1 => (PhotometricInterpretation::WhiteIsZero, 1, 1u16),
            PixelFormat::Gray8 => (PhotometricInterpretation::BlackIsZero, 1, 8),
            PixelFormat::Gray16 => (PhotometricInterpretation::BlackIsZero, 1, 16),
            PixelFormat::Rgb8 => (PhotometricInterpretation::RGB, 3, 8),
            PixelFormat::Rgb16 => (PhotometricInterpretation::RGB, 3, 16),
            PixelFormat::Cmyk8 => (PhotometricInterpretation::CMYK, 4, 8),
        };
        let out = &mut self.directory;
        out.write_tag(Tag::ImageWidth, layout.width)?;
        out.write_tag(Tag::ImageLength, self.rows)?;
        out.write_tag(Tag::BitsPerSample, &[bits; 4][..samples])?;
        out.write_tag(Tag::PhotometricInterpretation, photometric.to_u16())?;
        out.write_tag(Tag::SamplesPerPixel, samples as u16)?;
        if layout.format == PixelFormat::Bw1 {
            out.write_tag(Tag::Compression, CompressionMethod::Fax4.to_u16())?;
        } else {
            out.write_tag(Tag::Compression, CompressionMethod::Deflate.to_u16())?;
            let predictor = if bits == 8 { Predictor::Horizontal } else { Predictor::None };
            out.write_tag(Tag::Predictor, predictor.to_u16())?;
        }
        if layout.format == PixelFormat::Cmyk8 {
            out.write_tag(Tag::Unknown(332), CMYK_INKS)?;
        }
        out.write_tag(Tag::Orientation, orientation)?;
        out.write_tag(Tag::RowsPerStrip, self.rows_per_strip)?;
        out.write_tag(Tag::StripOffsets, K::convert_slice(&self.offsets))?;
        out.write_tag(Tag::StripByteCounts, K::convert_slice(&self.lengths))?;
        out.write_tag(Tag::XResolution, dpi.clone())?;
        out.write_tag(Tag::YResolution, dpi)?;
        out.write_tag(Tag::ResolutionUnit, INCH)?;
        self.directory.finish()
    }
}

/// Makes rows what the directory says: samples as differences to their left neighbours, or sixteen
/// bits in this machine's order, which is the file's.
fn prepare(strip: &mut [u8], layout: RowLayout) {
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
        PixelFormat::Gray8 | PixelFormat::Bw1 => 1,
    };
    for row in strip.chunks_exact_mut(layout.stride) {
        for at in (samples..row.len()).rev() {
            row[at] = row[at].wrapping_sub(row[at - samples]);
        }
    }
}

fn failure(error: TiffError) -> ExportError {
    match error {
        TiffError::IoError(error) => error.into(),
        other => {
            tracing::error!(%other, "TIFF");
            ExportError::Io(io::ErrorKind::Other)
        }
    }
}
