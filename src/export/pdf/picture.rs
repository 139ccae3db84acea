//! What becomes of a page's picture: its bytes as they came, or encoded.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::document::{Look, PageFacts, PictureFacts};
use crate::export::g4::G4;
use crate::export::jpeg::encode_jpeg;
use crate::export::opened::{is_untouched_jpeg, without_idle_crop};
use crate::export::rows::{RowEncoder, encode_rows};
use crate::export::spill::{Scratch, Spill, Spilled};
use crate::export::workers::GoOn;
use crate::export::{ExportError, JpegQuality, OpenedPage, PdfOptions, PdfPictures, QualityLevel};
use crate::raster::{EightBits, LARGEST_SIDE, PixelFormat, RowLayout, Samples};

/// How hard Flate tries. Higher levels gain a few per cent on scans and take several times as long.
const LEVEL: Compression = Compression::new(3);
/// The tag of a PNG row that holds differences to the row above.
const UP: u8 = 2;

/// How a page's picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::export) enum Coding {
    /// The device's JPEG.
    AsItCame,
    /// As JPEG. `or_as_it_came`: the device's own, when that is no larger.
    Jpeg { quality: u8, most_dpi: Option<u32>, or_as_it_came: bool },
    /// G4.
    Fax,
    /// Flate.
    Flate,
}

impl Coding {
    /// What is done with a page; `None`: nothing of it can be in a PDF file.
    pub(in crate::export) fn of(facts: &PageFacts, look: &Look, options: &PdfOptions) -> Option<Coding> {
        let look = without_idle_crop(*look, facts);
        let layout = look.layout(facts)?;
        let jpeg = match &facts.picture {
            PictureFacts::Jpeg(jpeg) if jpeg.frame.precision != 8 => return None,
            PictureFacts::Jpeg(jpeg) => Some(jpeg),
            _ => None,
        };
        if layout.format == PixelFormat::Bw1 {
            return Some(Coding::Fax);
        }
        let is_ink = layout.format == PixelFormat::Cmyk8;
        let can_stay = is_untouched_jpeg(facts, &look) && !(is_ink && options.archive);
        let window = look.window(facts.width, facts.height);
        let fits_jpeg = window.width.max(window.height) <= u32::from(LARGEST_SIDE);
        Some(match options.pictures {
            PdfPictures::Original | PdfPictures::Lossless if can_stay => Coding::AsItCame,
            PdfPictures::Quality(level) if fits_jpeg => Coding::at(level, can_stay),
            PdfPictures::Quality(_) if can_stay => Coding::AsItCame,
            PdfPictures::Original if jpeg.is_some() && fits_jpeg => {
                Coding::Jpeg { quality: JpegQuality::USUAL.number(), most_dpi: None, or_as_it_came: false }
            }
            _ => Coding::Flate,
        })
    }

    const fn at(level: QualityLevel, or_as_it_came: bool) -> Coding {
        Coding::Jpeg { quality: level.jpeg_quality(), most_dpi: level.most_dpi(), or_as_it_came }
    }
}

/// A picture that was encoded.
pub(super) struct EncodedPicture {
    pub(super) bytes: Spilled,
    pub(super) length: u64,
    pub(super) size: (u32, u32),
    pub(super) filter: Filter,
}

/// What its bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Jpeg(Samples),
    Fax,
    /// Rows of this format, as differences to the row above.
    Flate(PixelFormat),
}

/// Encodes a page's picture; `None` when it is better left as it came.
pub(super) fn encode(
    page: &OpenedPage,
    coding: Coding,
    ink_becomes_light: bool,
    scratch: Scratch<'_>,
    go_on: &mut GoOn<'_>,
) -> Result<Option<EncodedPicture>, ExportError> {
    let shown = &page.shown;
    let layout = shown.layout().ok_or(ExportError::NotPossible(shown.page))?;
    let own_size = shown.size();
    let mut spill = Spill::new(scratch);
    let (size, filter) = match coding {
        Coding::AsItCame => return Ok(None),
        Coding::Jpeg { quality, most_dpi, or_as_it_came } => {
            let size = reduced(own_size, shown.dpi, most_dpi);
            encode_jpeg(page, quality, size, &mut spill, go_on)?;
            if or_as_it_came && size == own_size && spill.length() >= shown.facts.bytes {
                return Ok(None);
            }
            (size, Filter::Jpeg(EightBits::from(layout).samples()))
        }
        Coding::Fax => {
            let mut encoder = Bilevel(G4::new(&mut spill, own_size.0));
            encode_rows(page, go_on, &mut encoder)?;
            encoder.0.finish()?;
            (own_size, Filter::Fax)
        }
        Coding::Flate => {
            let turn = (ink_becomes_light && layout.format == PixelFormat::Cmyk8).then(|| EightBits::from(layout));
            let format = if turn.is_some() { PixelFormat::Rgb8 } else { layout.format };
            let above = vec![0; format.row_bytes(layout.width)];
            let flate = ZlibEncoder::new(&mut spill, LEVEL);
            let mut encoder = Predicted { flate, turn, above, row: Vec::new() };
            encode_rows(page, go_on, &mut encoder)?;
            encoder.flate.finish()?;
            (own_size, Filter::Flate(format))
        }
    };
    let length = spill.length();
    Ok(Some(EncodedPicture { bytes: spill.whole()?, length, size, filter }))
}

/// The size of a picture that may have so many dots per inch.
pub(super) fn reduced(size: (u32, u32), dpi: f64, most: Option<u32>) -> (u32, u32) {
    let Some(most) = most.map(f64::from).filter(|most| dpi > *most) else { return size };
    let side = |pixels: u32| ((f64::from(pixels) * most / dpi).round() as u32).clamp(1, pixels.max(1));
    (side(size.0), side(size.1))
}

/// Rows on their way through G4.
struct Bilevel<W>(G4<W>);

impl<W: Write> RowEncoder for Bilevel<W> {
    fn begin(&mut self, _: RowLayout, _: u32) -> Result<(), ExportError> {
        Ok(())
    }

    fn row(&mut self, row: &[u8]) -> Result<(), ExportError> {
        Ok(self.0.row(row)?)
    }
}

/// Rows on their way through Flate, each as its difference to the one above.
struct Predicted<W: Write> {
    flate: ZlibEncoder<W>,
    turn: Option<EightBits>,
    above: Vec<u8>,
    row: Vec<u8>,
}

impl<W: Write> RowEncoder for Predicted<W> {
    fn begin(&mut self, _: RowLayout, _: u32) -> Result<(), ExportError> {
        Ok(())
    }

    fn row(&mut self, row: &[u8]) -> Result<(), ExportError> {
        let row = match &mut self.turn {
            Some(turn) => turn.turn(row),
            None => row,
        };
        self.row.clear();
        self.row.push(UP);
        self.row.extend(row.iter().zip(&self.above).map(|(sample, above)| sample.wrapping_sub(*above)));
        self.above.copy_from_slice(row);
        Ok(self.flate.write_all(&self.row)?)
    }
}
