//! JPEG, row by row, while the bytes come.
//!
//! The decoder reports broken data by unwinding; that is caught here, once, and nowhere else. For
//! truncated data it reports nothing at all and makes rows up: [`Source`] notes the moment when the
//! data ended, and rows that were not complete then are neither delivered nor counted.

mod source;

use std::any::Any;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mozjpeg::{ColorSpace, Decompress};

use super::decode::{DecodeError, DecodeOptions, Decoded, PictureInfo, RowSink};
use super::{JpegFrame, PixelFormat, RowLayout, is_placeholder_height};
use source::{DataEnd, Noted, Source};

/// Pixels of a picture that must be held in memory as a whole: progressive, or its colours apart.
const MOST_PIXELS_IN_MEMORY: u64 = 100_000_000;

/// See [`super::decode::decode`].
pub(super) fn decode(
    bytes: impl Read,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Decoded, DecodeError> {
    let source = Source::open(bytes, options.expected_rows)?;
    let Some(frame) = source.facts().frame else {
        return Err(DecodeError::Broken("no frame header".to_owned()));
    };
    let (width, height) = (u32::from(frame.width), u32::from(source.height()));
    if frame.precision != 8 {
        return Err(DecodeError::Unsupported("a JPEG with samples of other than 8 bits"));
    }
    if source.has_several_scans() && u64::from(width) * u64::from(height) > MOST_PIXELS_IN_MEMORY {
        return Err(DecodeError::TooLarge { width, height });
    }
    let noted = source.noted();
    match catch_unwind(AssertUnwindSafe(|| run(source, &frame, options, sink))) {
        Ok(decoded) => decoded,
        Err(panic) => Err(match noted.take_failure() {
            Some(error) => error.into(),
            None => DecodeError::Broken(said_by(&*panic)),
        }),
    }
}

fn said_by(panic: &(dyn Any + Send)) -> String {
    panic.downcast_ref::<String>().map_or_else(|| "the decoder gave up".to_owned(), Clone::clone)
}

fn run(
    source: Source<impl Read>,
    frame: &JpegFrame,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Decoded, DecodeError> {
    let noted = source.noted();
    let inverted = source.facts().adobe_transform.is_some();
    let at_once = source.has_several_scans();
    let mut decoder = Decompress::new_reader(source)?;
    let (width, height) = (decoder.width() as u32, decoder.height() as u32);
    let eighths = reduction(width.max(height), options.enough);
    if eighths < 8 {
        decoder.scale(eighths);
        decoder.do_fancy_upsampling(false);
    }
    let (space, format) = match decoder.color_space() {
        ColorSpace::JCS_GRAYSCALE => (ColorSpace::JCS_GRAYSCALE, PixelFormat::Gray8),
        ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK => (ColorSpace::JCS_CMYK, PixelFormat::Cmyk8),
        _ => (ColorSpace::JCS_RGB, PixelFormat::Rgb8),
    };
    let mut started = decoder.to_colorspace(space)?;
    let layout = RowLayout::packed(started.width() as u32, format);
    let rows = started.height() as u32;
    if sink.begin(&PictureInfo { width, height, layout, rows }).is_break() {
        return Ok(Decoded::default());
    }
    let announced = frame.height.rows;
    let truth = Truth {
        announced: (!is_placeholder_height(announced)).then_some(u32::from(announced)),
        band: u32::from(frame.mcu_rows),
        at_once,
        noted: &noted,
    };
    let full_size = |rows: u32| rows * 8 / u32::from(eighths);
    let mut row = vec![0; layout.stride];
    let mut delivered = 0;
    // Set once, at the moment when the data ended.
    let mut limit = None;
    while delivered < rows {
        started.read_scanlines_into(&mut row)?;
        if limit.is_none() {
            limit = truth.limit_after(full_size(delivered));
        }
        if limit.is_some_and(|limit| full_size(delivered) >= limit) {
            break;
        }
        if format == PixelFormat::Cmyk8 && inverted {
            row.iter_mut().for_each(|ink| *ink = 255 - *ink);
        }
        delivered += 1;
        if sink.row(&row).is_break() {
            return Ok(Decoded { rows: full_size(delivered).min(height), whole: false });
        }
    }
    let all = limit.or(truth.height()).unwrap_or(height);
    let there = (delivered * 8).div_ceil(u32::from(eighths)).min(all).min(height);
    Ok(Decoded { rows: there, whole: truth.height() == Some(there) })
}

/// How many rows of a picture are true.
struct Truth<'a> {
    /// The frame header's height, unless it is a placeholder.
    announced: Option<u32>,
    /// Rows of one row of MCUs.
    band: u32,
    /// The picture was decoded as a whole before its first row.
    at_once: bool,
    noted: &'a Noted,
}

impl Truth<'_> {
    /// The height, as far as it is known by now.
    fn height(&self) -> Option<u32> {
        self.noted.dnl().map(u32::from).filter(|rows| *rows > 0).or(self.announced)
    }

    /// To be asked after the decoder gave this row, until it answers: how many rows are true, if the
    /// data has ended. Rows of the MCU row under way are then not complete, unless it is the last one
    /// and ended with a marker as it should: the decoder reads a few bytes ahead, so that at the very
    /// end it always seems to miss some.
    fn limit_after(&self, row: u32) -> Option<u32> {
        let end = self.noted.end()?;
        if self.at_once {
            let something = end == DataEnd::Marker || self.noted.first_scan_over();
            return Some(if something { u32::MAX } else { 0 });
        }
        let complete = row.div_ceil(self.band) * self.band;
        match self.height() {
            Some(height) if end == DataEnd::Marker && complete + self.band >= height => Some(height),
            _ => Some(complete),
        }
    }
}

/// Eighths of its size in which a picture is decoded.
fn reduction(longer_side: u32, enough: Option<u32>) -> u8 {
    let Some(enough) = enough else { return 8 };
    let is_enough = |eighths: &u8| u64::from(longer_side) * u64::from(*eighths) / 8 >= u64::from(enough);
    [1, 2, 4].into_iter().find(is_enough).unwrap_or(8)
}
