//! What the samples of a TIFF page are, and what becomes of them.

use tiff::ColorType;
use tiff::tags::{CompressionMethod, Tag};

use crate::import::ImportError;
use crate::raster::PixelFormat;

use super::{Reader, failure, number, source};

const PALETTE: u16 = 3;
const PLANES: u16 = 2;
const UNSIGNED: u16 = 1;
const LAST_BIT_FIRST: u16 = 2;
/// What a sample beyond the colours is: transparency that was multiplied in already, or not.
const ASSOCIATED: u16 = 1;
const UNASSOCIATED: u16 = 2;

/// The samples of one page.
pub(super) struct Form {
    pub(super) samples: Samples,
    /// Of strips or tiles that are JPEG: where they lie, and how long they are.
    pub(super) jpegs: Option<Vec<(u64, u64)>>,
}

/// How samples lie.
pub(super) enum Samples {
    /// One bit, 1 is white.
    Bits,
    /// Two, four or eight bits of gray.
    Gray(u8),
    /// Two, four or eight bits that name a colour; the colours.
    Palette(u8, Vec<[u8; 3]>),
    /// So many samples of one or two bytes; the transparency behind them.
    Colours {
        /// Samples that are kept.
        kept: u8,
        /// Samples there are.
        of: u8,
        /// Bytes of a sample.
        bytes: u8,
        alpha: Alpha,
    },
    /// Brightness and two differences of colour, eight bits each.
    YCbCr,
}

/// What a sample behind the colours says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    /// Nothing, or there is none.
    None,
    /// How much there is of the colours, which are as dark already as that makes them.
    Associated,
    /// How much there is of the colours.
    Unassociated,
}

impl Form {
    /// Looks at the directory that is at hand; `index` is its place in the file.
    pub(super) fn of(tiff: &mut Reader<'_>, index: usize, page: u32) -> Result<Form, ImportError> {
        let unless_broken = |error| failure(page, error);
        let unsupported = |what: &str| ImportError::Unsupported { page, what: format!("a TIFF {what}") };
        let compression =
            CompressionMethod::from_u16_exhaustive(number(tiff, Tag::Compression, 1u16).map_err(unless_broken)?);
        match compression {
            CompressionMethod::Huffman | CompressionMethod::Fax3 => {
                return Err(unsupported("with fax compression of group 3"));
            }
            CompressionMethod::JPEG => return Err(unsupported("with old-style JPEG")),
            _ => {}
        }
        if number(tiff, Tag::FillOrder, 1u16).map_err(unless_broken)? == LAST_BIT_FIRST {
            return Err(unsupported("with the last bit first"));
        }
        let samples_per_pixel = number(tiff, Tag::SamplesPerPixel, 1u16).map_err(unless_broken)?;
        if number(tiff, Tag::PlanarConfiguration, 1u16).map_err(unless_broken)? == PLANES && samples_per_pixel > 1 {
            return Err(unsupported("with colours in planes"));
        }
        let formats = tiff.find_tag_unsigned_vec::<u16>(Tag::SampleFormat).map_err(unless_broken)?.unwrap_or_default();
        if formats.iter().any(|format| *format != UNSIGNED) {
            return Err(unsupported("with samples that are no whole numbers"));
        }
        let photometric = number(tiff, Tag::PhotometricInterpretation, 1u16).map_err(unless_broken)?;
        let samples = if photometric == PALETTE {
            palette(tiff, index, page)?
        } else {
            let alpha = alpha(tiff).map_err(unless_broken)?;
            let colours = tiff.colortype().map_err(unless_broken)?;
            of_colours(colours, alpha).ok_or_else(|| unsupported("of this kind of samples"))?
        };
        let is_jpeg = compression == CompressionMethod::ModernJPEG;
        let jpegs = if is_jpeg { Some(source::places(tiff, page)?) } else { None };
        Ok(Form { samples, jpegs })
    }

    /// What the rows become.
    pub(super) fn format(&self) -> PixelFormat {
        match &self.samples {
            Samples::Bits => PixelFormat::Bw1,
            Samples::Gray(_) => PixelFormat::Gray8,
            Samples::Palette(..) | Samples::YCbCr => PixelFormat::Rgb8,
            Samples::Colours { kept, bytes, .. } => match (kept, bytes) {
                (1, 1) => PixelFormat::Gray8,
                (1, _) => PixelFormat::Gray16,
                (3, 1) => PixelFormat::Rgb8,
                (3, _) => PixelFormat::Rgb16,
                _ => PixelFormat::Cmyk8,
            },
        }
    }

    /// Bytes of a row as it comes from the decoder. Never zero for a row of pixels.
    pub(super) fn raw_row_bytes(&self, width: u32) -> usize {
        let bits = match &self.samples {
            Samples::Bits => 1,
            Samples::Gray(bits) | Samples::Palette(bits, _) => usize::from(*bits),
            Samples::YCbCr => 24,
            Samples::Colours { of, bytes, .. } => 8 * usize::from(*of) * usize::from(*bytes),
        };
        (width as usize * bits).div_ceil(8).max(1)
    }
}

fn alpha(tiff: &mut Reader<'_>) -> Result<Alpha, tiff::TiffError> {
    let extra = tiff.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples)?.unwrap_or_default();
    Ok(match extra.first() {
        Some(&ASSOCIATED) => Alpha::Associated,
        Some(&UNASSOCIATED) => Alpha::Unassociated,
        _ => Alpha::None,
    })
}

fn of_colours(colours: ColorType, alpha: Alpha) -> Option<Samples> {
    let several = |kept, of, bits, alpha| Samples::Colours { kept, of, bytes: bits / 8, alpha };
    Some(match colours {
        ColorType::Gray(1) => Samples::Bits,
        ColorType::Gray(bits @ (2 | 4 | 8)) => Samples::Gray(bits),
        ColorType::Gray(16) => several(1, 1, 16, Alpha::None),
        ColorType::GrayA(bits @ (8 | 16)) => several(1, 2, bits, alpha),
        ColorType::Multiband { bit_depth: bits @ (8 | 16), num_samples: 2 } => several(1, 2, bits, alpha),
        ColorType::RGB(bits @ (8 | 16)) => several(3, 3, bits, Alpha::None),
        ColorType::RGBA(bits @ (8 | 16)) => several(3, 4, bits, alpha),
        ColorType::CMYK(8) => several(4, 4, 8, Alpha::None),
        ColorType::YCbCr(8) => Samples::YCbCr,
        _ => return None,
    })
}

/// The library does not decode palettes: to it the page is one of gray, whose shades are the numbers of colours.
fn palette(tiff: &mut Reader<'_>, index: usize, page: u32) -> Result<Samples, ImportError> {
    let unless_broken = |error| failure(page, error);
    let broken = ImportError::Broken { page: Some(page) };
    let map = tiff.find_tag_unsigned_vec::<u16>(Tag::ColorMap).map_err(unless_broken)?.unwrap_or_default();
    source::call_it_gray(tiff, index, page)?;
    let bits = match tiff.colortype().map_err(unless_broken)? {
        ColorType::Gray(bits @ (1 | 2 | 4 | 8)) => bits,
        _ => return Err(ImportError::Unsupported { page, what: "a TIFF with a palette of this kind".to_owned() }),
    };
    let colours = 1usize << bits;
    let (Some(red), Some(green), Some(blue)) =
        (map.get(..colours), map.get(colours..2 * colours), map.get(2 * colours..3 * colours))
    else {
        return Err(broken);
    };
    // Maps of 16 bits, of which some programs fill the lower half alone.
    let shift = if map.iter().all(|value| *value < 256) { 0 } else { 8 };
    let eight = |value: &u16| (value >> shift) as u8;
    let colours = red.iter().zip(green).zip(blue).map(|((red, green), blue)| [eight(red), eight(green), eight(blue)]);
    Ok(Samples::Palette(bits, colours.collect()))
}
