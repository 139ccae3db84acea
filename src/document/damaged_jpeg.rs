//! Drawing a JPEG page of which the disk has lost something: as far as decoders go, and as tall as it was.

use std::io::{self, Read};
use std::ops::ControlFlow;

use crate::raster::{
    DecodeError, DecodeOptions, Decoded, Encoding, JpegFrame, MendedJpeg, PictureInfo, RowSink, decode,
};

use super::{PageFacts, PageFile};

/// The largest page that is mended, in bytes: it is in memory as a whole. A larger one has nothing that can be read.
const MENDED_AT_MOST: u64 = 256 << 20;

/// The bytes of a damaged JPEG page as decoders take them; `known` is the frame header that it had. `None`: too large.
///
/// # Errors
/// The file system's.
pub(super) fn mended(page: &PageFile, known: Option<&JpegFrame>) -> io::Result<Option<MendedJpeg>> {
    if page.length() > MENDED_AT_MOST {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(page.length() as usize);
    page.bytes().read_to_end(&mut bytes)?;
    Ok(Some(MendedJpeg::of(bytes, known)))
}

/// Decodes such a page: all of its rows come, white where nothing can be read any more.
///
/// # Errors
/// [`DecodeError`], when not even its beginning can be read.
pub(super) fn decode_damaged(
    page: &PageFile,
    facts: &PageFacts,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Decoded, DecodeError> {
    let too_large = || DecodeError::TooLarge { width: facts.width, height: facts.height };
    let mended = mended(page, facts.jpeg_frame())?.ok_or_else(too_large)?;
    let mut filled = Filled { sink, height: facts.height, left: 0, white: Vec::new(), over: false };
    let decoded = decode(&*mended.bytes, Encoding::Jpeg, options, &mut filled);
    if filled.white.is_empty() {
        return decoded;
    }
    filled.fill();
    Ok(Decoded { rows: facts.height, whole: false })
}

/// Passes on exactly as many rows as the page had.
struct Filled<'a> {
    sink: &'a mut dyn RowSink,
    /// Rows of the page.
    height: u32,
    /// Rows that are still to come, as they are delivered.
    left: u32,
    white: Vec<u8>,
    /// No more rows are wanted.
    over: bool,
}

impl Filled<'_> {
    fn fill(&mut self) {
        let white = std::mem::take(&mut self.white);
        while !self.over && self.left > 0 {
            let _ = self.row(&white);
        }
    }
}

impl RowSink for Filled<'_> {
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        let (height, rows) = (u64::from(picture.height.max(1)), u64::from(picture.rows));
        self.left = u32::try_from((u64::from(self.height) * rows).div_ceil(height)).unwrap_or(u32::MAX);
        self.white = vec![picture.layout.format.white(); picture.layout.stride.max(1)];
        let flow = self.sink.begin(&PictureInfo { height: self.height, rows: self.left, ..*picture });
        self.over = flow.is_break();
        flow
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        if self.over || self.left == 0 {
            return ControlFlow::Break(());
        }
        self.left -= 1;
        let flow = self.sink.row(row);
        self.over = flow.is_break();
        flow
    }
}
